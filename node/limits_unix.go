//go:build unix

package node

import (
	"fmt"
	"syscall"
)

// minFiles is how many files a server has to be allowed to have open: those of the store, connections, functions.
const minFiles = 256

// fileLimit returns how many files the process may have open; it refuses one that is too low to work with.
func fileLimit() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("reading the limit of open files: %w", err)
	}
	if limit.Cur < minFiles {
		return 0, fmt.Errorf("the limit of open files is %d, and a server needs %d", limit.Cur, minFiles)
	}
	return int(min(limit.Cur, 1<<20)), nil
}
