package engine

import (
	"container/heap"
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
)

// # The horizon
//
// A million executions may wait for a day, so most timers are in the store alone. Memory holds those that are due before
// a time that moves on, until: the horizon's length from when they were last loaded. A timer that is set is either due
// before until, and goes into the heap, or later, and is found by the load that moves until past it. So the order
// matters: a load first moves until and then reads, so that what is set meanwhile is pushed by add; such a timer may
// be read as well, and fires twice, which does no harm: the second event finds no wait.
//
// Taking a timer out of the middle of a heap is dear, and most timers are time limits that never come due. So remove
// only notes the timer in gone, and it is dropped when it comes up.

// horizon is how far ahead timers are kept in memory.
const horizon = time.Minute

// lookEvery is how often the clock is looked at though no timer is due, for it may be set.
const lookEvery = 2 * time.Second

// timers fires the timers of one owner's executions. What it holds is a copy: the rows are in the store, and a timer
// that fires though it was taken away finds no wait.
type timers struct {
	o    *owner
	wake chan struct{} // of one

	mu   sync.Mutex
	heap timerHeap
	// gone holds timers in the heap that were taken away. Invariant: none is due before the last look at the clock,
	// but for those that were taken away while a load was under way, until the next load.
	gone   map[statelark.Timer]struct{}
	alarms alarmHeap // of Express executions: timers that no store has
	// until: all timers due up to here that are durable are in the heap, or are being loaded.
	until time.Time
}

func newTimers(o *owner) *timers {
	return &timers{o: o, wake: make(chan struct{}, 1), gone: make(map[statelark.Timer]struct{})}
}

func (t *timers) now() time.Time { return t.o.e.opts.Now() }

// add sets a timer that was made durable.
func (t *timers) add(timer statelark.Timer) {
	t.mu.Lock()
	if timer.Due.After(t.until) {
		t.mu.Unlock()
		if timer.Due.Sub(t.now()) < horizon/2 { // the clock was set forward: it is time for the next load
			t.nudge()
		}
		return
	}
	heap.Push(&t.heap, timer)
	first := t.heap[0] == timer
	t.mu.Unlock()
	if first {
		t.nudge()
	}
}

// remove takes a timer away, so that it does not wake an execution for nothing. One that is due by now has fired, or
// is about to.
func (t *timers) remove(timer statelark.Timer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !timer.Due.After(t.until) && timer.Due.After(t.now()) {
		t.gone[timer] = struct{}{}
	}
}

// dropGone forgets timers that are not in the heap any more, or never came to be there: they were taken away after a
// load had begun and before it read them.
func (t *timers) dropGone() {
	now := t.now()
	maps.DeleteFunc(t.gone, func(timer statelark.Timer, _ struct{}) bool {
		return t.heap == nil || !timer.Due.After(now)
	})
}

func (t *timers) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// load reads from the store the timers of the owner's shards that are due after from and within the horizon; all of them
// when from is zero.
func (t *timers) load(ctx context.Context, from time.Time) error {
	until := t.now().Add(horizon)
	t.mu.Lock()
	before := t.until
	t.until = until // before reading: what is set later comes through add
	if from.IsZero() {
		t.heap = nil
	}
	t.dropGone()
	t.mu.Unlock()
	for _, s := range t.o.shards() {
		if err := t.loadShard(ctx, s, from, until); err != nil {
			t.mu.Lock()
			t.until = before // what was not read is read next time
			t.mu.Unlock()
			return err
		}
	}
	t.nudge()
	return nil
}

func (t *timers) loadShard(ctx context.Context, shard statelark.ShardID, from, until time.Time) error {
	const page = 1000
	after := statelark.Timer{}
	if !from.IsZero() { // the last key that could be due then
		last := time.UnixMilli(1<<48 - 1)
		after = statelark.Timer{Due: from, Exec: statelark.NewExecID(last, shard, math.MaxUint64), Seq: math.MaxUint64}
	}
	for {
		rows, err := t.o.e.store.Timers(ctx, shard, until, after, page)
		if err != nil {
			return err
		}
		t.mu.Lock()
		for _, r := range rows {
			heap.Push(&t.heap, r)
		}
		t.mu.Unlock()
		if len(rows) < page {
			return nil
		}
		after = rows[len(rows)-1]
	}
}

// run fires timers until ctx ends.
func (t *timers) run(ctx context.Context) {
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		case <-clock.C:
		}
		next := t.fire(ctx)
		t.mu.Lock()
		until := t.until
		t.mu.Unlock()
		if !until.IsZero() {
			if ahead := until.Sub(t.now()); ahead < horizon/2 {
				if err := t.load(ctx, until); err != nil && ctx.Err() == nil {
					t.o.e.log.Error("timers could not be read; they are read again in a second", "error", err)
					next = min(next, time.Second)
				}
			}
		}
		clock.Reset(next)
	}
}

// fire delivers what is due and returns how long until the next timer, lookEvery at most.
func (t *timers) fire(ctx context.Context) time.Duration {
	for {
		timer, gone, wait := t.pop()
		if wait > 0 {
			return min(wait, lookEvery)
		}
		if gone {
			continue
		}
		if !t.o.send(ctx, timerMessage(timer)) {
			return lookEvery
		}
		if timer.Seq != moreSeq {
			t.o.e.tallies.late.add(max(0, t.now().Sub(timer.Due).Milliseconds()))
		}
	}
}

// pop takes a timer that is due, and says whether it was taken away before; or how long until the next one.
func (t *timers) pop() (timer statelark.Timer, gone bool, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	wait = lookEvery
	if len(t.alarms) > 0 {
		if wait = t.alarms[0].Due.Sub(now); wait <= 0 {
			return heap.Pop(&t.alarms).(*alarm).Timer, false, 0
		}
	}
	if len(t.heap) == 0 {
		return timer, false, wait
	}
	if until := t.heap[0].Due.Sub(now); until > 0 {
		return timer, false, min(wait, until)
	}
	timer = heap.Pop(&t.heap).(statelark.Timer)
	_, gone = t.gone[timer]
	delete(t.gone, timer)
	return timer, gone, 0
}

func timerMessage(t statelark.Timer) message {
	if t.Seq == moreSeq {
		return message{exec: t.Exec, event: interp.Event{Kind: interp.Continue}}
	}
	return message{exec: t.Exec, due: t.Due, event: interp.Event{Kind: interp.TimerFired, Seq: t.Seq}}
}

// timerHeap orders timers by when they are due.
type timerHeap []statelark.Timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].Due.Before(h[j].Due) }
func (h timerHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)        { *h = append(*h, x.(statelark.Timer)) }
func (h *timerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
