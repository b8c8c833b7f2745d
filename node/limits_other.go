//go:build !unix

package node

// fileLimit returns how many files the process may have open: here, nobody says.
func fileLimit() (int, error) { return 4096, nil }
