package function

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// treeAttr puts a program in a process group of its own and has the kernel kill it when the server dies.
func treeAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// sweepRounds bounds the search for processes that fork while they are hunted.
const sweepRounds = 20

// killTree kills the process group and then every process that carries the cookie, until none is found: a
// child may have left the group.
func killTree(group int, cookie string) {
	_ = syscall.Kill(-group, syscall.SIGKILL) // ESRCH: nobody left
	for range sweepRounds {
		found := marked(cookie)
		if len(found) == 0 {
			return
		}
		for _, pid := range found {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// marked returns the living processes whose environment holds the cookie. Those of other users cannot be read
// and are none of ours.
func marked(cookie string) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	mark := []byte(cookieName + "=" + cookie)
	var pids []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if env, err := os.ReadFile("/proc/" + name + "/environ"); err == nil && bytes.Contains(env, mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}
