package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/statelark/statelark"
)

// faulty is a store with faults, as one engine sees it. A commit may be refused, written with its answer lost, or
// late; a read may be refused or late. After crash nothing passes any more: the engine that holds it is a dead process.
type faulty struct {
	statelark.Store
	mu      sync.Mutex
	rnd     *rand.Rand
	commits float64 // part of the commits that go wrong
	reads   float64 // part of the reads of single things that go wrong
	scans   float64 // part of the reads of a shard that go wrong; a scan makes hundreds of them
	crashed bool
}

func (f *faulty) crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crashed = true
}

// calm ends the faults.
func (f *faulty) calm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commits, f.reads, f.scans = 0, 0, 0
}

type fault uint8

const (
	none fault = iota
	refused
	late
	answerLost // of commits only
)

// lateness is how late a late answer is.
const lateness = 20 * time.Millisecond

// draw draws one of the first n faults, at the rate given.
func (f *faulty) draw(rate *float64, n int) (fate fault, dead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rnd.Float64() < *rate {
		return fault(1 + f.rnd.IntN(n)), f.crashed
	}
	return none, f.crashed
}

func (f *faulty) dead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crashed
}

var (
	errRefused = fmt.Errorf("refused by the simulation: %w", statelark.ErrUnavailable)
	errLost    = fmt.Errorf("answer lost by the simulation: %w", statelark.ErrUnavailable)
	errDead    = fmt.Errorf("the process is dead: %w", statelark.ErrUnavailable)
)

func (f *faulty) Commit(ctx context.Context, b *statelark.Batch) error {
	fate, dead := f.draw(&f.commits, 3)
	switch {
	case dead:
		return errDead
	case fate == refused:
		return errRefused
	case fate == late:
		time.Sleep(lateness)
		if f.dead() {
			return errDead
		}
	}
	if err := f.Store.Commit(ctx, b); err != nil {
		return err
	}
	if fate == answerLost {
		return errLost
	}
	return nil
}

// reading makes a read go wrong, perhaps.
func reading[T any](f *faulty, rate *float64, read func() (T, error)) (T, error) {
	var none T
	switch fate, dead := f.draw(rate, 2); {
	case dead:
		return none, errDead
	case fate == refused:
		return none, errRefused
	case fate == late:
		found, err := read() // what it finds may be old by the time it is told
		time.Sleep(lateness)
		return found, err
	}
	return read()
}

func (f *faulty) Inbox(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Message, error) {
	return reading(f, &f.scans, func() ([]statelark.Message, error) { return f.Store.Inbox(ctx, shard, after, n) })
}

func (f *faulty) Timers(ctx context.Context, shard statelark.ShardID, until time.Time, after statelark.Timer, n int) ([]statelark.Timer, error) {
	return reading(f, &f.scans, func() ([]statelark.Timer, error) { return f.Store.Timers(ctx, shard, until, after, n) })
}

func (f *faulty) Work(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Work, error) {
	return reading(f, &f.scans, func() ([]statelark.Work, error) { return f.Store.Work(ctx, shard, after, n) })
}

func (f *faulty) Execution(ctx context.Context, id statelark.ExecID) (*statelark.Execution, error) {
	return reading(f, &f.reads, func() (*statelark.Execution, error) { return f.Store.Execution(ctx, id) })
}

func (f *faulty) Lookup(ctx context.Context, machineARN, name string) (statelark.ExecID, error) {
	return reading(f, &f.reads, func() (statelark.ExecID, error) { return f.Store.Lookup(ctx, machineARN, name) })
}

func (f *faulty) Threads(ctx context.Context, id statelark.ExecID) ([]statelark.ThreadRow, error) {
	return reading(f, &f.reads, func() ([]statelark.ThreadRow, error) { return f.Store.Threads(ctx, id) })
}

func (f *faulty) Blob(ctx context.Context, id statelark.ExecID, blob uint32) ([]byte, error) {
	return reading(f, &f.reads, func() ([]byte, error) { return f.Store.Blob(ctx, id, blob) })
}

func (f *faulty) Ends(ctx context.Context, id statelark.ExecID) (statelark.Ends, error) {
	return reading(f, &f.reads, func() (statelark.Ends, error) { return f.Store.Ends(ctx, id) })
}

func (f *faulty) History(ctx context.Context, id statelark.ExecID, first int64, n int, reverse bool) ([]statelark.HistoryBlock, error) {
	return reading(f, &f.reads, func() ([]statelark.HistoryBlock, error) { return f.Store.History(ctx, id, first, n, reverse) })
}

func (f *faulty) Executions(ctx context.Context, q statelark.ExecutionQuery) ([]*statelark.Execution, error) {
	return reading(f, &f.reads, func() ([]*statelark.Execution, error) { return f.Store.Executions(ctx, q) })
}

func (f *faulty) Meta(ctx context.Context, key string) (statelark.MetaRecord, error) {
	return reading(f, &f.reads, func() (statelark.MetaRecord, error) { return f.Store.Meta(ctx, key) })
}

func (f *faulty) MetaList(ctx context.Context, prefix, after string, n int) ([]statelark.MetaRecord, error) {
	return reading(f, &f.reads, func() ([]statelark.MetaRecord, error) { return f.Store.MetaList(ctx, prefix, after, n) })
}

// Release leaves the leases to run out, as a crash does.
func (f *faulty) Release(context.Context, string, []statelark.Lease) error { return nil }
