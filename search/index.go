package search

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
)

// Bounds of an Index.
const (
	segmentDocuments = 4096 // of a segment that is written at once
	maxTailDocuments = 16 << 10
	maxTailBytes     = 32 << 20
)

// Options say how an Index works. The zero value will do.
type Options struct {
	Log *slog.Logger // nil: nobody is told
	Now func() time.Time
	// PayloadBytes is how much of each payload can be looked into; 0: DefaultPayloadBytes; below 0: nothing.
	PayloadBytes int
	// CacheBytes bound what is kept of segments; 0: DefaultCacheBytes.
	CacheBytes int
	// Node tells the rows of this node from those of others in a store; "": "n".
	Node string
	// Dropped returns how many news of executions did not reach the index so far; nil: all did.
	Dropped func() int64
	// FlushEvery is how long documents are in memory alone; 0: a second.
	FlushEvery time.Duration
}

// Defaults of Options, in bytes.
const (
	DefaultPayloadBytes = 4 << 10
	DefaultCacheBytes   = 32 << 20
)

// Source is what an index reads of an engine.
type Source interface {
	// Detail returns an execution with its payloads by its id.
	Detail(ctx context.Context, id statelark.ExecID) (*statelark.ExecutionDetail, error)
	// ExpressExecutions returns the Express executions that ended last, the latest first, n at most.
	ExpressExecutions(machine string, n int) []*engine.ExpressSeen
}

// Index is the index of the executions of a store. It hears of them at the engine's tap (Read), keeps what is new in
// memory, the tail, and one goroutine writes that into segments. What was not heard, because the process was killed or the
// tap had too much to tell, is read from the store (catchUp).
type Index struct {
	store  statelark.Store
	source Source // set by Start
	opts   Options
	cache  *cache

	mu        sync.Mutex // guards all below
	segments  []*segment // those with the latest ids first; the slice itself is never changed
	tail      map[statelark.ExecID]*document
	tailBytes int
	ready     int   // documents of the tail of executions that have ended
	lost      bool  // the tail was full: some have to be read from the store
	heard     int64 // Unix ms: when what was heard last happened
	partial   bool
	readUntil int64 // Unix ms: executions that began until then may have been read from the store

	// Of the goroutine alone.
	next    uint64 // number of the next segment
	state   checkpoint
	dropped int64
	fill    *fill // nil: nothing is to be read from the store

	full    chan struct{} // the tail has a segment's worth
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{}
	started bool
}

// Open reads what there is of the index. Read may be called from now on; Start must be called once the engine runs.
func Open(ctx context.Context, store statelark.Store, o Options) (*Index, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PayloadBytes == 0 {
		o.PayloadBytes = DefaultPayloadBytes
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.Node == "" {
		o.Node = "n"
	}
	if o.Dropped == nil {
		o.Dropped = func() int64 { return 0 }
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = time.Second
	}
	x := &Index{
		store: store, opts: o, cache: newCache(o.CacheBytes), tail: map[statelark.ExecID]*document{},
		partial: true, full: make(chan struct{}, 1), done: make(chan struct{}),
	}
	x.ctx, x.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := x.load(ctx); err != nil {
		return nil, fmt.Errorf("opening the index of executions: %w", err)
	}
	return x, nil
}

// Start lets the index write, and read what it has not heard of.
func (x *Index) Start(source Source) {
	x.source, x.started = source, true
	x.fill = x.newFill()
	go x.run()
}

// Close writes what is new. Whoever tells the index something must have ended.
func (x *Index) Close(ctx context.Context) error {
	x.cancel()
	if !x.started {
		return nil
	}
	select {
	case <-x.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("writing the index of executions: %w", ctx.Err())
	}
}

// Read takes the news of executions; see telemetry.Reader.
func (x *Index) Read(n *engine.News) {
	d := documentOfNews(n, x.opts.PayloadBytes)
	if d == nil {
		return
	}
	at := n.Events[len(n.Events)-1].At
	x.mu.Lock()
	x.heard = at
	x.add(d)
	full := x.ready >= segmentDocuments
	x.mu.Unlock()
	if full {
		select {
		case x.full <- struct{}{}:
		default:
		}
	}
}

// add puts a document in the tail. The lock is held.
func (x *Index) add(d *document) {
	if d.start <= x.readUntil {
		d.replaces, d.filled = true, true
	}
	old := x.tail[d.id]
	switch {
	case old == nil && (len(x.tail) >= maxTailDocuments || x.tailBytes > maxTailBytes):
		x.lost = true
		return
	case old != nil && old.age() > d.age():
		return
	case old != nil:
		d.replaces, d.filled = old.replaces || old.flushing || d.filled, old.filled || d.filled
		x.drop(old)
	}
	x.keep(d)
}

// keep and drop change what is in the tail. The lock is held.
func (x *Index) keep(d *document) {
	x.tail[d.id] = d
	x.tailBytes += d.bytes()
	if d.stop != 0 {
		x.ready++
	}
}

func (x *Index) drop(d *document) {
	delete(x.tail, d.id)
	x.tailBytes -= d.bytes()
	if d.stop != 0 {
		x.ready--
	}
}

// run writes until the index is closed.
func (x *Index) run() {
	defer close(x.done)
	tick := time.NewTicker(x.opts.FlushEvery)
	defer tick.Stop()
	failing := false
	for {
		var filling <-chan time.Time
		if x.fill != nil {
			filling = time.After(x.fill.pause)
		}
		var err error
		select {
		case <-x.ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), 10*time.Second)
			defer cancel()
			if err := x.flush(ctx, true); err != nil {
				x.opts.Log.Warn("the end of the index of executions was not written; it is made anew at the next start", "error", err)
			}
			return
		case <-x.full:
			err = x.flush(x.ctx, false)
		case <-tick.C:
			if err = x.flush(x.ctx, false); err == nil {
				err = x.tend(x.ctx)
			}
		case <-filling:
			err = x.fillStep(x.ctx)
		}
		if err != nil && !failing && x.ctx.Err() == nil {
			x.opts.Log.Warn("the index of executions could not be written; it is tried again", "error", err)
		}
		failing = err != nil
	}
}

// Keys of rows: the node, a letter and, of segments, a number.
const (
	rowHeader     = "h"
	rowRecords    = "r"
	rowPayloads   = "p"
	rowFilter     = "f"
	rowCheckpoint = "c"
)

func (x *Index) key(row string, number uint64) string {
	return fmt.Sprintf("%s/%s/%016x", x.opts.Node, row, number)
}

// load reads the headers of all segments and the checkpoint.
func (x *Index) load(ctx context.Context) error {
	prefix := x.opts.Node + "/" + rowHeader + "/"
	for after := ""; ; {
		list, err := x.store.IndexList(ctx, prefix, after, 256)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		for _, r := range list {
			number, err := strconv.ParseUint(r.Key[len(prefix):], 16, 64)
			if err != nil {
				return fmt.Errorf("%w: key %s", errBroken, r.Key)
			}
			s, err := parseHeader(number, r.Data)
			if err != nil {
				return fmt.Errorf("row %s: %w", r.Key, err)
			}
			x.segments = append(x.segments, s)
			x.next = max(x.next, number+1)
		}
		after = list[len(list)-1].Key
	}
	sortSegments(x.segments)
	return x.loadCheckpoint(ctx)
}

func sortSegments(list []*segment) {
	slices.SortFunc(list, func(a, b *segment) int { return slices.Compare(b.last[:], a.last[:]) })
}

// readRecords, readPayloads and readFilter read the rows of a segment.
func (x *Index) readRecords(ctx context.Context, s *segment) (*records, error) {
	key := x.key(rowRecords, s.number)
	if v, ok := x.cache.get(key); ok {
		return v.(*records), nil
	}
	data, err := x.store.Index(ctx, key)
	if err != nil {
		return nil, err
	}
	r, err := parseRecords(data)
	if err == nil && len(r.list) != s.count {
		err = errBroken
	}
	if err != nil {
		return nil, fmt.Errorf("row %s: %w", key, err)
	}
	x.cache.put(key, r, r.bytes())
	return r, nil
}

func (x *Index) readFilter(ctx context.Context, s *segment) (filter, error) {
	key := x.key(rowFilter, s.number)
	if v, ok := x.cache.get(key); ok {
		return v.(filter), nil
	}
	data, err := x.store.Index(ctx, key)
	if err != nil {
		return nil, err
	}
	f, err := parseFilter(data)
	if err != nil {
		return nil, fmt.Errorf("row %s: %w", key, err)
	}
	x.cache.put(key, f, len(f))
	return f, nil
}
