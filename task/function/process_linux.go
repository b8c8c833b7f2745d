package function

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// treeAttr puts a program in a process group of its own and has the kernel kill it when the server dies.
func treeAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// sweepRounds bounds the search for processes that fork while they are hunted, sweepPause is the time that one
// which is just being loaded gets to show what it is.
const (
	sweepRounds = 20
	sweepPause  = time.Millisecond
)

// killTree kills the process group and then every process that carries the cookie, until none is found: a
// child may have left the group.
func killTree(group int, cookie string) {
	_ = syscall.Kill(-group, syscall.SIGKILL) // ESRCH: nobody left
	for range sweepRounds {
		found, unsure := marked(group, cookie)
		for _, pid := range found {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		switch {
		case len(found) == 0 && !unsure:
			return
		case len(found) == 0:
			time.Sleep(sweepPause)
		}
	}
}

// marked returns the living processes whose environment holds the cookie. Those of other users cannot be read
// and are none of ours. unsure says that a process younger than the group's first has no environment yet: the
// kernel is about to load it.
func marked(group int, cookie string) (pids []int, unsure bool) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, false
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	mark := []byte(cookieName + "=" + cookie)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		env, err := os.ReadFile("/proc/" + name + "/environ")
		switch {
		case err != nil:
		case bytes.Contains(env, mark):
			pids = append(pids, pid)
		case len(env) == 0 && pid > group && hasProgram(name):
			unsure = true
		}
	}
	return pids, unsure
}

// hasProgram tells a process from a zombie and from a thread of the kernel.
func hasProgram(pid string) bool {
	_, err := os.Readlink("/proc/" + pid + "/exe")
	return err == nil
}
