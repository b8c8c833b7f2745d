package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// cpuOf returns the CPU time that processes have used, user and system.
func cpuOf(pids ...int) time.Duration {
	var ticks int64
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		// The fields after the command's name, which ends with the last parenthesis: utime is the 12th, stime the 13th.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		for _, f := range fields[11:13] {
			n, _ := strconv.ParseInt(f, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100
}

// rssOf returns the resident memory of processes in bytes.
func rssOf(pids ...int) int64 {
	var pages int64
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			continue
		}
		n, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
		pages += n
	}
	return pages * int64(os.Getpagesize())
}

// peakOf returns the most resident memory that a process had, in bytes.
func peakOf(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, text, _ = bytes.Cut(text, []byte("VmHWM:"))
	var kilobytes int64
	_, _ = fmt.Sscan(string(text), &kilobytes)
	return kilobytes << 10
}

// freeAddr returns an address of this machine that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// kill ends processes that were started, and waits for them.
func kill(cmds ...*exec.Cmd) {
	for _, cmd := range cmds {
		if cmd != nil && cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
}

// eventually tries until it goes well.
func eventually(d time.Duration, try func() error) error {
	from := time.Now()
	for {
		err := try()
		if err == nil || time.Since(from) > d {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}
