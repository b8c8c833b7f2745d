package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/limits"
)

// openings counts the executions of each place that this process began and that run. Those of earlier processes are not
// counted, for no start of an engine goes through all that is open; nor are children of Map Runs, EXPRESS executions, and
// what was redriven. So there may be more than the limit says, and never is one refused too early.
type openings struct {
	most limits.Bound

	mu    sync.Mutex
	since time.Time        // when the process began to count
	open  map[string]int64 // by the place, as ARNs begin with it
}

func newOpenings(most limits.Bound) *openings {
	return &openings{most: most, open: make(map[string]int64)}
}

// placeIn is the part of the ARN of a state machine that says where it is.
func placeIn(machine string) string {
	at, _, _ := strings.Cut(machine, ":stateMachine:")
	return at
}

// enter counts an execution that is about to begin, false when there are as many as may be.
func (o *openings) enter(machine string) bool {
	at := placeIn(machine)
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.open[at]
	if o.most.Reached(n) {
		return false
	}
	if n == 0 {
		at = strings.Clone(at)
	}
	o.open[at] = n + 1
	return true
}

// leave counts an execution no more: it did not begin, or has ended.
func (o *openings) leave(machine string) {
	at := placeIn(machine)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch n := o.open[at]; {
	case n > 1:
		o.open[at] = n - 1
	case n == 1:
		delete(o.open, at)
	}
}

// running returns how many run in all places together.
func (o *openings) running() (n int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.open {
		n += k
	}
	return n
}

// ended notes that an execution has ended.
func (o *openings) ended(x *statelark.Execution, t statelark.MachineType) {
	if t == statelark.Standard && x.MapRun == "" && x.Redrives == 0 && !x.Start.Before(o.since) {
		o.leave(x.Machine)
	}
}

// opened counts an execution in that is about to begin. Where there are as many as may be, one that is there already is
// told.
func (e *Engine) opened(ctx context.Context, b *beginning) (there *statelark.Execution, err error) {
	if b.machine.record.Type != statelark.Standard || e.openings.enter(b.start.Machine) {
		return nil, nil
	}
	there, err = durably(ctx, e, func() (*statelark.Execution, error) { return e.existing(ctx, b) })
	if errors.Is(err, statelark.ErrNotFound) {
		err = statelark.Errorf(statelark.CodeExecutionLimitExceeded,
			"The maximum number of running executions has been reached. Running executions must end or be stopped before a new execution can be started.").Over("open-executions")
	}
	return there, err
}

// unopened counts one no more that did not begin.
func (e *Engine) unopened(b *beginning) {
	if b.machine.record.Type == statelark.Standard {
		e.openings.leave(b.start.Machine)
	}
}
