package node

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// seldom is how far the heap may grow between two collections, in percent of what is in use, as long as the process stays
// within its memory: to collect seldom saves a tenth of the CPU.
const seldom = 400

// memoryEvery is how often it is looked how much is in use.
const memoryEvery = 250 * time.Millisecond

// restBytes is how little is allocated from one look to the next by a process that rests, and slackBytes how much memory
// that is free or garbage it may keep then.
const (
	restBytes  = 256 << 10
	slackBytes = 32 << 20
)

// KeepMemory makes the collector keep the process within a number of bytes, if it can, until ctx ends, and gives memory
// back when the process rests. Who has set GOGC knows better.
func KeepMemory(ctx context.Context, bytes int64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(seldom)
	limit := heap{}.limit(bytes)
	debug.SetMemoryLimit(limit)
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for before := readHeap(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := readHeap()
		if l := now.limit(bytes); l != limit {
			limit = l
			debug.SetMemoryLimit(limit)
		}
		if now.rests(before) {
			debug.FreeOSMemory()
			now = readHeap()
		}
		before = now
	}
}

// heap is what the runtime tells of its memory, in bytes.
type heap struct {
	live      int64 // found in use by the last collection
	held      int64 // taken from the system and not given back
	other     int64 // what the runtime holds beside the heap: stacks, its own tables
	allocated int64 // ever
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	n := func(i int) int64 { return int64(samples[i].Value.Uint64()) }
	held := n(1) + n(2) + n(3)
	return heap{live: n(0), held: held, other: n(5) - n(6) - held, allocated: n(4)}
}

// rests reports whether next to nothing was allocated since before, and more is held than the process has use for.
func (h heap) rests(before heap) bool {
	return h.allocated-before.allocated < restBytes && h.held > h.live+h.live/2+slackBytes
}

// limit returns what the runtime is to stay within: seven eighths of bytes, for the program's text is beside it, or a
// quarter more than is in use when that is more: a process that needs more than it should have is not to do nothing but
// collect.
func (h heap) limit(bytes int64) int64 { return max(bytes*7/8, h.live+h.live/4+h.other) }
