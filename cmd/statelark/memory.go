package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// How far the heap may grow between two collections, in percent of what is in use. Collecting seldom saves a tenth of the
// CPU while little is in use; the more is, the sooner the memory is collected, so that it stays within its setting as
// long as what is in use does.
const (
	seldom = 400
	often  = 50
)

// minMemory is the least that the setting may be: an idle server takes about half of it.
const minMemory = 64e6

// memoryEvery is how often it is looked how much is in use.
const memoryEvery = 250 * time.Millisecond

// keepMemory makes the collector keep the process within a number of bytes, if it can, until ctx ends. Who has set
// GOGC knows better.
func keepMemory(ctx context.Context, bytes int64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := seldom
	debug.SetGCPercent(percent)
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		if p := collectAt(int64(sample[0].Value.Uint64()), bytes); p != percent {
			percent = p
			debug.SetGCPercent(percent)
		}
	}
}

// collectAt returns by how many percent the heap may grow when so many bytes of it are in use.
func collectAt(live, bytes int64) int {
	if live == 0 {
		return seldom
	}
	return int(min(seldom, max(often, (bytes-live)*100/live)))
}

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
