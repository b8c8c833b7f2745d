//go:build unix && !linux

package function

import "syscall"

// treeAttr puts a program in a process group of its own.
func treeAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killTree kills the process group. The system offers no way to find a child that left it.
func killTree(group int, _ string) {
	_ = syscall.Kill(-group, syscall.SIGKILL) // ESRCH: nobody left
}
