package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Entry is one line for a sink.
type Entry struct {
	Line []byte // JSON, without a line's end
	At   int64  // Unix ms of what it tells
	// Group is the ARN of the CloudWatch log group that the state machine names, "" of a status change.
	Group string

	piece *piece
}

// piece is memory that lines lie in; it is used again when all of them are written.
type piece struct {
	text  []byte
	lines int // not written yet
}

// pieceBytes is how large a piece is. A line that takes more than a quarter of it has memory of its own.
const pieceBytes = 64 << 10

var pieces = sync.Pool{New: func() any { return &piece{text: make([]byte, 0, pieceBytes)} }}

// Sink takes lines away. It is called by one goroutine.
type Sink interface {
	// Write returns when the entries are where they belong, or with how many of the first ones are and why not more: the
	// others are dropped. It keeps nothing of them. It may take its time, and gives up when ctx ends.
	Write(ctx context.Context, entries []Entry) (written int, err error)
	Close() error
}

// Bounds of an Outlet.
const (
	maxEntries    = 16384
	maxEntryBytes = 16 << 20
	maxWholeBytes = maxEntryBytes / 4 * 3 // the rest is for lines without payloads
	maxBatch      = 512
)

// Outlet is the way to a sink: a queue and a goroutine. Put never waits.
type Outlet struct {
	name  string
	sink  Sink
	log   *slog.Logger
	drops *Drops
	wake  chan struct{} // of one
	stop  context.CancelFunc
	done  chan struct{}

	written  atomic.Int64
	failures atomic.Int64

	mu     sync.Mutex
	queue  []Entry
	piece  *piece // that the next line goes into, nil: a new one
	bytes  int    // of queue and of what is being written
	busy   int    // entries that are being written
	closed bool
}

// NewOutlet makes the way to a sink. Close must follow; it closes the sink, too.
func NewOutlet(name string, sink Sink, log *slog.Logger) *Outlet {
	ctx, stop := context.WithCancel(context.Background())
	o := &Outlet{name: name, sink: sink, log: log, drops: NewDrops(log, name), wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go o.run(ctx)
	return o
}

// Put queues entries, those that there is room for. Their lines are copied. One that would take too many bytes is queued
// as short gives it, by its index: without payloads.
func (o *Outlet) Put(short func(int) []byte, entries ...Entry) {
	o.mu.Lock()
	n := 0
	for i, e := range entries {
		if o.closed || len(o.queue)+o.busy >= maxEntries {
			break
		}
		if o.bytes+len(e.Line) > maxWholeBytes {
			e.Line = short(i)
		}
		if o.bytes+len(e.Line) > maxEntryBytes {
			continue
		}
		o.queue = append(o.queue, o.held(e))
		o.bytes += len(e.Line)
		n++
	}
	o.mu.Unlock()
	if n < len(entries) {
		o.drops.Add(int64(len(entries) - n))
	}
	o.nudge()
}

func (o *Outlet) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take returns what is to be written next. Nothing: whether the outlet was closed.
func (o *Outlet) take() (batch []Entry, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.queue), maxBatch)
	batch, o.queue = o.queue[:n:n], o.queue[n:]
	if len(o.queue) == 0 {
		o.queue = nil
	}
	o.busy = n
	return batch, o.closed
}

// held returns an entry with a line that is ours.
func (o *Outlet) held(e Entry) Entry {
	if len(e.Line) > pieceBytes/4 {
		e.Line = slices.Clone(e.Line)
		return e
	}
	if o.piece == nil || len(o.piece.text)+len(e.Line) > cap(o.piece.text) {
		o.piece = pieces.Get().(*piece)
	}
	p, from := o.piece, len(o.piece.text)
	p.text = append(p.text, e.Line...)
	p.lines++
	e.Line, e.piece = p.text[from:], p
	return e
}

// wrote makes room for what was written, or dropped.
func (o *Outlet) wrote(batch []Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy = 0
	for _, e := range batch {
		o.bytes -= len(e.Line)
		if p := e.piece; p != nil {
			if p.lines--; p.lines == 0 {
				if o.piece == p {
					o.piece = nil
				}
				p.text = p.text[:0]
				pieces.Put(p)
			}
		}
	}
}

func (o *Outlet) run(ctx context.Context) {
	defer close(o.done)
	for {
		batch, closed := o.take()
		if len(batch) == 0 {
			if closed {
				return
			}
			<-o.wake
			continue
		}
		n, err := 0, ctx.Err() // once it has ended, what is left is dropped
		if err == nil {
			n, err = o.sink.Write(ctx, batch)
		}
		o.wrote(batch)
		o.written.Add(int64(n))
		if err != nil {
			o.failed(err)
		}
		if n < len(batch) {
			o.drops.Add(int64(len(batch) - n))
		}
	}
}

// failed tells of the first failure and then of every thousandth: what is dropped is told once a minute.
func (o *Outlet) failed(err error) {
	if o.failures.Add(1)%1000 == 1 {
		o.log.Warn("telemetry could not be handed on", "to", o.name, "error", err)
	}
}

// Name returns what the outlet was called.
func (o *Outlet) Name() string { return o.name }

// Counts returns how many entries were written, were dropped, and wait.
func (o *Outlet) Counts() (written, dropped, queued int64) {
	o.mu.Lock()
	queued = int64(len(o.queue) + o.busy)
	o.mu.Unlock()
	return o.written.Load(), o.drops.Count(), queued
}

// closeTime is how long a sink may take for what is queued when the outlet closes.
const closeTime = 3 * time.Second

// Close writes what is queued, for a few seconds at most, and closes the sink. A sink that is stuck is left behind.
func (o *Outlet) Close(ctx context.Context) error {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.nudge()
	defer o.stop()
	last := time.NewTimer(closeTime)
	defer last.Stop()
	select {
	case <-o.done:
	case <-last.C:
		o.stop()
	case <-ctx.Done():
		o.stop()
	}
	select {
	case <-o.done:
		return o.sink.Close()
	case <-time.After(closeTime / 10): // a sink that heeds its context ends at once
		return fmt.Errorf("closing %s: it is stuck, and what was queued for it is lost", o.name)
	}
}
