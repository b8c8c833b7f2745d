package engine

import (
	"strings"

	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/items"
)

// openRuns counts the Map Runs of each place that work, and keeps those that wait until others have ended: at
// MapRunStarted, in the order in which they came. It belongs to the goroutine of mapRuns.
//
// A run of a child of a Map Run never waits, since what it waited for might wait for it; it is counted.
type openRuns struct {
	open map[string]int64     // by the place, as ARNs begin with it
	held map[string][]*mapRun // some of them may have been given up meanwhile
	// None begins to work before those are known that did when the engine started, or its store came back.
	scanned, settled bool
}

func newOpenRuns() openRuns {
	return openRuns{open: make(map[string]int64), held: make(map[string][]*mapRun)}
}

// placeOf is the place of a run.
func (r *mapRun) placeOf() string { return placeIn(r.state.origin.machine) }

// worked reports whether the run has begun to work, or has nothing to do with that any more.
func (r *mapRun) worked() bool {
	return r.admitted || r.state.phase != mapping || r.state.lastChunk > 0 || r.state.readAll
}

// admit lets a run work, unless as many work as may.
func (s *mapRuns) admit(r *mapRun) bool {
	if r.admitted {
		return true
	}
	at, most := r.placeOf(), s.e.opts.Limits.OpenMapRuns
	nested := strings.Contains(r.state.origin.machine, "/")
	if full := most.Reached(s.slots.open[at]); !r.worked() && !nested && (full || most > 0 && !s.slots.settled) {
		if full {
			s.e.hit("open-map-runs", r.arn)
		}
		if !r.held {
			r.held = true
			s.slots.held[at] = append(s.slots.held[at], r)
			s.heldRuns.Add(1)
		}
		return false
	}
	s.unhold(r)
	r.admitted = true
	s.slots.open[at]++
	s.workingRuns.Add(1)
	return true
}

// unhold counts a run no more among those that wait.
func (s *mapRuns) unhold(r *mapRun) {
	if r.held {
		r.held = false
		s.heldRuns.Add(-1)
	}
}

// leave lets the next run work when one is in memory no more.
func (s *mapRuns) leave(r *mapRun) {
	s.unhold(r)
	if !r.admitted {
		return
	}
	r.admitted = false
	at := r.placeOf()
	s.workingRuns.Add(-1)
	if s.slots.open[at]--; s.slots.open[at] == 0 {
		delete(s.slots.open, at)
	}
	s.admitHeld(at)
}

// admitHeld lets as many of a place work as may.
func (s *mapRuns) admitHeld(at string) {
	held := s.slots.held[at]
	for len(held) > 0 && s.slots.settled && !s.e.opts.Limits.OpenMapRuns.Reached(s.slots.open[at]) {
		next := held[0]
		held[0], held = nil, held[1:]
		if next.held && s.admit(next) {
			s.due(next)
		}
	}
	if s.slots.held[at] = held; len(held) == 0 {
		delete(s.slots.held, at)
	}
}

// settle lets runs begin to work once those that work already are known.
func (s *mapRuns) settle() {
	if s.slots.settled || !s.slots.scanned || s.resuming.Load() > 0 {
		return
	}
	s.slots.settled = true
	for at := range s.slots.held {
		s.admitHeld(at)
	}
}

// scanned notes that all runs that are under way have been resumed. Anybody may call it.
func (s *mapRuns) scanned() {
	s.post(func() {
		s.slots.scanned = true
		s.settle()
	})
}

// hit tells which limit was met.
func (e *Engine) hit(limit, arn string) {
	if limit != "" && e.opts.Hit != nil {
		e.opts.Hit(limit, arn)
	}
}

// tooLarge is the failure of a Map whose result no state may have, or whose batch no child.
func (r *runReader) tooLarge() *interp.Failure {
	r.hit("payload-bytes")
	return failure("States.DataLimitExceeded", "The state/task '"+r.spec.State.Name+
		"' returned a result with a size exceeding the maximum number of bytes service limit.")
}

// tellCut tells that items were left out, as no run may have so many.
func (r *runReader) tellCut() {
	switch source := r.source.(type) {
	case *inner:
		if source.end < r.spec.Len() {
			r.hit("map-run-items")
		}
	case *items.Source:
		if source.Cut() {
			r.hit("map-run-items")
		}
	}
}
