package node

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How far the heap may grow between two collections, in percent of what is in use. Collecting seldom saves a tenth of the
// CPU while little is in use; the more is, the sooner the memory is collected, so that it stays within its setting as
// long as what is in use does.
const (
	seldom = 400
	often  = 50
)

// memoryEvery is how often it is looked how much is in use.
const memoryEvery = 250 * time.Millisecond

// KeepMemory makes the collector keep the process within a number of bytes, if it can, until ctx ends. Who has set
// GOGC knows better.
func KeepMemory(ctx context.Context, bytes int64) {
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

// collectAt returns by how many percent the heap may grow when so many bytes of it are in use. A quarter of all is left to
// stacks, to what was freed and is not given back, and to what is made while a collection runs.
func collectAt(live, bytes int64) int {
	if live == 0 {
		return seldom
	}
	return int(min(seldom, max(often, (bytes*3/4-live)*100/live)))
}
