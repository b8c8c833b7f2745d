// Package telemetry tells the outside what executions did: logs as AWS writes them, status changes as AWS tells them. It
// listens at the engine's tap.
//
//	finisher ── Tell ──> queue ── one goroutine ──> readers: log, changes, metrics, traces
//	                                                   └─ lines ──> outlet: queue ── goroutine ──> sink
//
// Nobody waits for anybody: every queue is bounded, in number and in bytes. Payloads that do not fit are left out, and what
// does not fit without them is dropped and counted.
package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/statelark/statelark/engine"
)

// Bounds of a Tap's queue.
const (
	maxNews      = 8192
	maxNewsBytes = 32 << 20         // of payloads; they are shared with the executions while those run
	maxCutBytes  = maxNewsBytes / 4 // beyond those, of what is left of news whose payloads are cut
)

// Reader reads the news of a Tap.
type Reader interface {
	// Read is called by one goroutine, with the news of each execution in order. It keeps nothing of the News but texts, and
	// waits for nothing outside of the process.
	Read(*engine.News)
}

// Tap is an engine.Tap that hands all news to some readers.
type Tap struct {
	readers []Reader
	in      chan news
	bytes   atomic.Int64 // of the payloads in the queue
	drops   *Drops
	closing chan struct{}
	closed  chan struct{}
}

type news struct {
	*engine.News
	bytes int64
}

// NewTap makes a Tap whose readers are called from now on. Close must follow.
func NewTap(log *slog.Logger, readers ...Reader) *Tap {
	t := &Tap{
		readers: readers, in: make(chan news, maxNews), drops: NewDrops(log, "news of executions"),
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	go t.run()
	return t
}

// Tell queues the news, or drops it. Payloads for which there is no room are cut.
func (t *Tap) Tell(n *engine.News) {
	size, full := payloadBytes(n), false
	if t.bytes.Add(size) > maxNewsBytes && (size <= maxNewsBytes || t.bytes.Load() != size) { // one alone is never too large
		t.bytes.Add(-size)
		n.CutPayloads()
		size = payloadBytes(n)
		full = t.bytes.Add(size) > maxNewsBytes+maxCutBytes
	}
	if !full {
		select {
		case t.in <- news{n, size}:
			return
		default:
		}
	}
	t.bytes.Add(-size)
	t.drops.Add(1)
	n.Release()
}

// payloadBytes is how much the payloads, variables, errors and causes of a News take. A payload that is handed from event to event counts once.
func payloadBytes(n *engine.News) int64 {
	size, last := len(n.Input), unsafe.StringData(n.Input)
	for i := range n.Events {
		if data := n.Events[i].Data; len(data) > 0 && unsafe.StringData(data) != last {
			size, last = size+len(data), unsafe.StringData(data)
		}
		for _, v := range n.Events[i].Assigned {
			size += v.Value.SizeWithin(maxNewsBytes)
		}
		for _, text := range []*string{n.Events[i].Error, n.Events[i].Cause} {
			if text != nil {
				size += len(*text)
			}
		}
	}
	return int64(size)
}

// Dropped returns how many changes were not told because the queue was full.
func (t *Tap) Dropped() int64 { return t.drops.Count() }

// Queued returns how many changes wait to be told.
func (t *Tap) Queued() int { return len(t.in) }

func (t *Tap) run() {
	defer close(t.closed)
	for {
		select {
		case n := <-t.in:
			t.read(n)
		case <-t.closing:
			t.drain()
			return
		}
	}
}

func (t *Tap) drain() {
	for {
		select {
		case n := <-t.in:
			t.read(n)
		default:
			return
		}
	}
}

func (t *Tap) read(n news) {
	for _, r := range t.readers {
		r.Read(n.News)
	}
	t.bytes.Add(-n.bytes)
	n.Release()
}

// Close hands on what is queued and returns when that is done. The engine must have ended; Close is called once.
func (t *Tap) Close(ctx context.Context) error {
	close(t.closing)
	select {
	case <-t.closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("telling what executions did: %w", ctx.Err())
	}
}

// Drops counts what was dropped, and warns of it once a minute at most.
type Drops struct {
	log   *slog.Logger
	what  string
	count atomic.Int64
	next  atomic.Int64 // Unix ms; no warning before
}

// NewDrops returns a counter of what, in the plural.
func NewDrops(log *slog.Logger, what string) *Drops { return &Drops{log: log, what: what} }

// Add counts n more.
func (d *Drops) Add(n int64) {
	total := d.count.Add(n)
	now, next := time.Now().UnixMilli(), d.next.Load()
	if now >= next && d.next.CompareAndSwap(next, now+time.Minute.Milliseconds()) {
		go d.log.Warn("telemetry was dropped, since it came too fast or could not be handed on; executions are not affected",
			"what", d.what, "dropped", total) // whoever drops must not wait for the log
	}
}

// Count returns how many were dropped so far.
func (d *Drops) Count() int64 { return d.count.Load() }
