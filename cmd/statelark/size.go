package main

import (
	"fmt"
	"strconv"
	"strings"
)

// minMemory is the least that the memory setting may be: an idle server takes about half of it.
const minMemory = 64e6

// sizes are the units of a number of bytes.
var sizes = []struct {
	unit  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// parseSize reads a number of bytes: "512MB", "1GiB", "1000000".
func parseSize(text string) (int64, error) {
	number, factor := text, int64(1)
	for _, s := range sizes {
		if before, ok := strings.CutSuffix(text, s.unit); ok {
			number, factor = strings.TrimSpace(before), s.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > 1<<50/factor {
		return 0, fmt.Errorf("%q is no size; say for example 512MB or 1GiB", text)
	}
	return n * factor, nil
}
