package function

import (
	"context"
	"sync/atomic"
)

// gate bounds how many invocations of a function run at once, and how many wait. Who came first runs first: a
// channel hands a place that is given up to the one that has waited longest.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newGate(concurrency, queue int) *gate {
	return &gate{slots: make(chan struct{}, concurrency), queue: int64(queue)}
}

// pass is a place in a gate's queue, and after wait the right to run.
type pass struct{ g *gate }

// reserve takes a place in the queue, without waiting. The caller has to wait on it or give it up.
func (g *gate) reserve() (pass, error) {
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		return pass{}, errTooMany()
	}
	return pass{g}, nil
}

// wait returns when the invocation may run; leave ends the right. An error means that ctx ended first.
func (p pass) wait(ctx context.Context) error {
	defer p.g.waiting.Add(-1)
	select {
	case p.g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p pass) giveUp() { p.g.waiting.Add(-1) }

func (p pass) leave() { <-p.g.slots }
