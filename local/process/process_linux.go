package process

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// treeAttr puts a program in a process group of its own and has the kernel kill it when the server dies.
func treeAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// sweepRounds bounds the search for processes that fork while they are hunted, sweepPause is the time that one
// which is just being loaded gets to show what it is, and one that was killed to die.
const (
	sweepRounds = 20
	sweepPause  = time.Millisecond
)

// prSetChildSubreaper is the option of prctl(2) that gives a process the orphans among its descendants.
const prSetChildSubreaper = 36

// adopt makes this process the parent of whatever its programs leave behind: a child that left its process group stays a
// descendant of the server. Where the kernel refuses it, marks alone have to do.
var adopt = sync.OnceFunc(func() {
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0, 0, 0, 0)
})

// killTree kills what a program has started, until none of it is found: its process group, what carries its mark, and what
// descends from either.
func killTree(group int, cookie string) {
	for range sweepRounds {
		s := look()
		found, unsure := s.tree(group, cookie)
		_ = syscall.Kill(-group, syscall.SIGKILL) // ESRCH: nobody left
		for _, pid := range found {
			_ = syscall.Kill(pid, syscall.SIGKILL) // ESRCH: it ended by itself
		}
		s.reap()
		if len(found) == 0 && !unsure {
			return
		}
		time.Sleep(sweepPause)
	}
}

// proc is one process as /proc shows it.
type proc struct {
	pid, parent, group int
	zombie             bool
	start              string // when it began, in the kernel's count
}

// sight is what one look at /proc has shown.
type sight struct {
	procs    map[int]proc
	children map[int][]int
}

func look() *sight {
	s := &sight{procs: make(map[int]proc), children: make(map[int][]int)}
	dir, err := os.Open("/proc")
	if err != nil {
		return s
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := readProc(pid); ok {
				s.procs[pid] = p
				s.children[p.parent] = append(s.children[p.parent], pid)
			}
		}
	}
	return s
}

// readProc reads "PID (NAME) STATE PARENT GROUP …": the name may hold anything.
func readProc(pid int) (proc, bool) {
	const startField = 19 // of those after the name
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return proc{}, false
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) <= startField {
		return proc{}, false
	}
	parent, _ := strconv.Atoi(fields[1])
	group, _ := strconv.Atoi(fields[2])
	return proc{pid: pid, parent: parent, group: group, zombie: fields[0] == "Z" || fields[0] == "X", start: fields[startField]}, true
}

// below returns the processes that descend from any of roots, and these themselves.
func (s *sight) below(roots ...int) []int {
	var all []int
	seen := make(map[int]bool)
	for len(roots) > 0 {
		pid := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if !seen[pid] {
			seen[pid] = true
			all = append(all, pid)
			roots = append(roots, s.children[pid]...)
		}
	}
	return all
}

// tree returns the living processes of the tree of a program. unsure says that a process younger than the program has
// no environment yet: the kernel is about to load it.
func (s *sight) tree(group int, cookie string) (pids []int, unsure bool) {
	self := os.Getpid()
	mark := []byte(CookieName + "=" + cookie)
	var roots []int
	for _, pid := range s.below(self)[1:] {
		p := s.procs[pid]
		if p.zombie {
			continue
		}
		if p.group == group {
			roots = append(roots, pid)
			continue
		}
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		switch {
		case err != nil: // it is gone
		case bytes.Contains(env, mark), s.stray(p) && !bytes.Contains(env, []byte(CookieName+"=")):
			roots = append(roots, pid)
		case len(env) == 0 && pid > group && !started.has(pid):
			unsure = true
		}
	}
	for _, pid := range s.below(roots...) {
		if !s.procs[pid].zombie {
			pids = append(pids, pid)
		}
	}
	return pids, unsure
}

// stray reports whether a process is an orphan that this one has adopted: a child that nobody here has started. What else
// this program starts stays in its process group. The first process of a container adopts also what others leave.
func (s *sight) stray(p proc) bool {
	self := os.Getpid()
	return p.parent == self && self != 1 && p.group != syscall.Getpgrp() && !started.has(p.pid)
}

// reap takes leave of the orphans that have ended: nobody else waits for them.
func (s *sight) reap() {
	self := os.Getpid()
	for _, pid := range s.children[self] {
		if p := s.procs[pid]; p.zombie && p.group != syscall.Getpgrp() && !started.has(pid) {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // ECHILD: it was done already
		}
	}
}

// reapOrphans is done now and then while programs run: one that makes orphans again and again leaves none behind.
func reapOrphans() {
	if !started.empty() {
		look().reap()
	}
}

// ServerMark begins the marks of all processes that this one starts. It tells who that is, so that a later server can see
// that it is no more; process numbers mean something only in their namespace.
var ServerMark = sync.OnceValue(func() string {
	self, _ := readProc(os.Getpid())
	return fmt.Sprintf("%s.%d.%s.", namespace(), os.Getpid(), self.start)
})

func namespace() string {
	link, _ := os.Readlink("/proc/self/ns/pid") // "pid:[4026531836]"; where it cannot be read, in no process
	return strings.Trim(link, "pid:[]")
}

// KillLeftovers kills what servers that are no more have left running.
func KillLeftovers(log *slog.Logger) {
	s := look()
	for pid := range s.procs {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil { // another user's, or gone
			continue
		}
		for kv := range bytes.SplitSeq(env, []byte{0}) {
			mark, ok := bytes.CutPrefix(kv, []byte(CookieName+"="))
			if !ok || !s.orphaned(string(mark)) {
				continue
			}
			log.Warn("killing what a program of a killed server has left running", "process", pid)
			for _, below := range s.below(pid) {
				_ = syscall.Kill(below, syscall.SIGKILL) // ESRCH: it ended by itself
			}
		}
	}
}

// orphaned reports whether a mark is of a server that ran here and does so no more.
func (s *sight) orphaned(mark string) bool {
	parts := strings.Split(mark, ".")
	if len(parts) != 4 || parts[0] != namespace() {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	server, runs := s.procs[pid]
	return err == nil && !(runs && server.start == parts[2] && !server.zombie)
}
