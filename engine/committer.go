package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
)

// Bounds of a batch.
const (
	maxBatchChanges = 1000
	maxBatchRows    = 3000
	maxBatchBytes   = 2 << 20
)

// maxBacklog is how many bytes of changes wait for a batch before executions in the middle of a long way wait, too: else
// their changes would pile up before those of everybody else.
const maxBacklog = 2 * maxBatchBytes

// commit is a change on its way to the store, and who wants to know.
type commit struct {
	change     *statelark.Change
	generation uint64
	// fate is that of the execution as in memory, nil when the change does not rest on that.
	fate *fate
	// tell is called once, by the finisher, when the change is durable (nil) or refused.
	tell func(error)

	rows, bytes int // what the change adds to a batch
}

// committer writes everything that is queued in one batch, again and again. Batches fill while the one before
// them is being synced; nothing waits for more to come.
type committer struct {
	store      statelark.Store
	shards     *shards
	generation *atomic.Uint64
	failed     func(error) // told why a batch failed whose outcome is not known
	tallies    *tallies
	caughtUp   func() // called when there is room again after behind said that there is none

	in       chan commit
	first    *commit      // taken from in, and too much for the batch before it
	backlog  atomic.Int64 // bytes that were submitted and are in no batch yet
	asked    atomic.Bool  // behind said true, and caughtUp was not called since
	finished chan outcome
	flying   atomic.Pointer[chan struct{}] // closed when the store's Commit returns; nil when none is under way
	running  sync.WaitGroup
}

// outcome is a part of a batch that met the same fate.
type outcome struct {
	commits []commit
	err     error
}

func newCommitter(store statelark.Store, shards *shards, generation *atomic.Uint64, failed func(error), caughtUp func()) *committer {
	return &committer{
		store: store, shards: shards, generation: generation, failed: failed, caughtUp: caughtUp, tallies: newTallies(),
		in: make(chan commit, commitQueue), finished: make(chan outcome, 4),
	}
}

func (c *committer) start() {
	c.running.Go(c.run)
	c.running.Go(c.tell)
}

// close returns when all who submitted something are told. Nothing may be submitted any more.
func (c *committer) close() {
	close(c.in)
	c.running.Wait()
}

// submit queues a change. Changes of one execution must be submitted by one goroutine.
func (c *committer) submit(m commit) {
	m.rows, m.bytes = cost(m.change)
	c.backlog.Add(int64(m.bytes))
	c.in <- m
}

// behind reports whether so much waits for a batch that what can wait should; caughtUp is called when that is over.
func (c *committer) behind() bool {
	if c.backlog.Load() < maxBacklog {
		return false
	}
	c.asked.Store(true) // before the backlog is looked at again: see taken
	return c.backlog.Load() >= maxBacklog
}

// taken notes that a change is in a batch.
func (c *committer) taken(m *commit) {
	if c.backlog.Add(-int64(m.bytes)) < maxBacklog && c.asked.Load() {
		c.asked.Store(false)
		c.caughtUp()
	}
}

func (c *committer) run() {
	defer close(c.finished)
	for {
		if c.first == nil {
			m, ok := <-c.in
			if !ok {
				return
			}
			c.first = &m
		}
		c.write(c.fill())
	}
}

// stale reports whether a change rests on what was never stored: it is of an old generation, or a change of the
// execution before it was refused.
func (m *commit) stale(generation uint64) bool {
	return m.generation != generation || m.fate != nil && m.fate.dead.Load()
}

// sift refuses the changes of a batch that are stale in a generation and returns the others.
func (c *committer) sift(batch []commit, generation uint64) []commit {
	first := slices.IndexFunc(batch, func(m commit) bool { return m.stale(generation) })
	if first < 0 {
		return batch
	}
	var stale []commit
	current := slices.Clone(batch[:first])
	for _, m := range batch[first:] {
		if m.stale(generation) {
			stale = append(stale, m)
		} else {
			current = append(current, m)
		}
	}
	c.finished <- outcome{stale, statelark.ErrUnavailable}
	return current
}

// fill takes what is queued after first, up to the bounds of a batch. A change that goes past them is the first of the
// next batch; one that does so alone is a batch of its own.
func (c *committer) fill() []commit {
	batch := append(make([]commit, 0, 64), *c.first)
	rows, bytes := c.first.rows, c.first.bytes
	c.taken(c.first)
	c.first = nil
	for len(batch) < maxBatchChanges {
		select {
		case m, ok := <-c.in:
			if !ok {
				return batch
			}
			if rows, bytes = rows+m.rows, bytes+m.bytes; rows > maxBatchRows || bytes > maxBatchBytes {
				c.first = &m
				return batch
			}
			c.taken(&m)
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

// cost returns the rows and bytes that a change adds to a batch.
func cost(ch *statelark.Change) (rows, bytes int) {
	bytes = len(ch.Block)
	for _, t := range ch.Threads {
		bytes += len(t.Data)
	}
	for _, b := range ch.Blobs {
		bytes += len(b.Data)
	}
	for _, w := range ch.Work {
		bytes += len(w.Data)
	}
	for _, s := range ch.Sends {
		bytes += len(s.Data)
	}
	return 2 + len(ch.Threads) + len(ch.Blobs) + len(ch.Timers) + len(ch.Work) + len(ch.Sends) + len(ch.Consumed), bytes
}

// write commits a batch. A conflict is one change's: the batch is halved until it stands alone, so that the
// others are written. Every other error is the store's, and all changes' alike.
func (c *committer) write(batch []commit) {
	batch, fences := c.fenced(batch)
	if len(batch) == 0 {
		return
	}
	b := statelark.Batch{Changes: make([]*statelark.Change, len(batch)), Fences: fences}
	for i, m := range batch {
		b.Changes[i] = m.change
	}
	ownFault, err := c.commit(&b)
	if ownFault && len(batch) > 1 {
		c.write(batch[:len(batch)/2])
		c.write(batch[len(batch)/2:])
		return
	}
	if ownFault && batch[0].fate != nil {
		batch[0].fate.dead.Store(true)
	}
	c.finished <- outcome{batch, err}
}

// commit hands a batch to the store, and reports whether one of its changes is to blame for the error.
func (c *committer) commit(b *statelark.Batch) (ownFault bool, err error) {
	over, began := make(chan struct{}), time.Now()
	c.flying.Store(&over)
	err = c.store.Commit(context.Background(), b)
	ownFault = errors.Is(err, statelark.ErrExists) || errors.Is(err, statelark.ErrConflict)
	c.tallies.committed(len(b.Changes), time.Since(began), err, ownFault)
	if err != nil && !ownFault {
		c.failed(err)
	}
	c.flying.Store(nil)
	close(over)
	return ownFault, err
}

// landed returns when everything is durable that a read could see which ended before the call and began in the
// given generation. A store may show a batch while it is still being synced.
func (c *committer) landed(ctx context.Context, generation uint64) error {
	if over := c.flying.Load(); over != nil {
		select {
		case <-*over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if c.generation.Load() != generation {
		return fmt.Errorf("a batch failed meanwhile: %w", statelark.ErrUnavailable)
	}
	return nil
}

// durably returns what read finds, once that is durable: nobody is to see what a crash may take away again.
func durably[T any](ctx context.Context, e *Engine, read func() (T, error)) (T, error) {
	generation := e.generation.Load()
	found, err := read()
	if err == nil {
		err = e.committer.landed(ctx, generation)
	}
	return found, err
}

// fenced sifts a batch and returns its fences. A shard that was lost and won again has another epoch, and what was
// decided before that is stale: so no fence may be newer than the generation.
func (c *committer) fenced(batch []commit) (current []commit, fences []statelark.Fence) {
	for {
		generation := c.generation.Load()
		batch = c.sift(batch, generation)
		fences = c.fences(batch)
		if c.generation.Load() == generation {
			return batch, fences
		}
	}
}

// fences names the epoch of every shard that the batch writes to.
func (c *committer) fences(batch []commit) []statelark.Fence {
	var seen [statelark.Shards]bool
	fences := make([]statelark.Fence, 0, min(len(batch), statelark.Shards))
	for _, m := range batch {
		s := m.change.Exec.Shard()
		if !seen[s] {
			seen[s] = true
			fences = append(fences, statelark.Fence{Shard: s, Epoch: c.shards.epoch(s)})
		}
	}
	return fences
}

// tell is the finisher: it tells those who wait for a change that it is durable, in the order of the changes, while
// the next batch is being written.
func (c *committer) tell() {
	for o := range c.finished {
		for _, m := range o.commits {
			m.tell(o.err)
		}
	}
}
