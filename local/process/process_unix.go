//go:build unix && !linux

package process

import (
	"log/slog"
	"syscall"
)

// treeAttr puts a program in a process group of its own.
func treeAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killTree kills the process group. The system offers no way to find a child that left it.
func killTree(group int, _ string) {
	_ = syscall.Kill(-group, syscall.SIGKILL) // ESRCH: nobody left
}

// What follows is for systems on which orphans are adopted and marks can be read.

func adopt()                     {}
func reapOrphans()               {}
func KillLeftovers(*slog.Logger) {}
func ServerMark() string         { return "" }
