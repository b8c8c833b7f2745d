package main

import (
	"strings"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// Progress is what the events of an execution, read in order, say about its states. It knows no terminal: see
// paint.go.

// event is what progress needs of a HistoryEvent.
type event struct {
	id, previous int64
	at           time.Time
	kind         string // "TaskStateEntered"
	name         string // of the state
	err, cause   string
	length       int64 // items, of MapStateStarted
}

// readEvent reads a HistoryEvent of the API.
func readEvent(v value.Value) event {
	number := func(v value.Value, key string) int64 {
		n, _ := v.Get(key)
		i, _ := n.Int()
		return i
	}
	seconds, _ := v.Get("timestamp")
	e := event{id: number(v, "id"), previous: number(v, "previousEventId"), kind: client.Str(v, "type"),
		at: time.UnixMilli(int64(seconds.Float()*1000 + 0.5))}
	for _, m := range v.Members() {
		if strings.HasSuffix(m.Key, "EventDetails") {
			e.name, e.err, e.cause = client.Str(m.Value, "name"), client.Str(m.Value, "error"), client.Str(m.Value, "cause")
			if e.kind == "EvaluationFailed" {
				e.name = client.Str(m.Value, "state")
			}
			e.length = number(m.Value, "length")
		}
	}
	return e
}

// terminal reports whether the event is the last of its execution, and with which status it ended.
func (e *event) terminal() (status string, ok bool) {
	switch e.kind {
	case "ExecutionSucceeded":
		return "SUCCEEDED", true
	case "ExecutionFailed":
		return "FAILED", true
	case "ExecutionTimedOut":
		return "TIMED_OUT", true
	case "ExecutionAborted":
		return "ABORTED", true
	}
	return "", false
}

// isOfState reports whether the event tells the name of its state. That of any other event is its predecessor's.
func (e *event) isOfState() bool {
	return strings.HasSuffix(e.kind, "StateEntered") || strings.HasSuffix(e.kind, "StateExited") ||
		strings.HasPrefix(e.kind, "MapIteration") || e.kind == "EvaluationFailed"
}

// row is one state: all its entries together, since a loop or a Map enters it many times.
type row struct {
	name            string
	depth           int // how many Parallel and Map states it stands in
	entered, exited int
	started         time.Time // of the last entry
	took            time.Duration
	attempts        int    // of the last entry's task
	err             string // what went wrong last
	cause           string
	items, done     int64 // of a Map
}

// progress is the sum of the events so far.
type progress struct {
	begun, now time.Time // of the first and the last event
	last       int64     // id of the last event
	status     string
	rows       []*row
	byName     map[string]*row
	owner      map[int64]*row    // of each event, by its id: the state that it is about
	depth      map[string]int    // of the machine's states
	around     map[string]string // the Parallel or Map state that a state stands in
	left       map[int64]bool    // events by which a state was left
	failed     *row              // the state whose failure ended the execution, nil: none
	failedBy   string            // the kind of the event before that end
	kind       string            // of the last event
}

func newProgress(m *asl.Machine) *progress {
	p := &progress{status: "RUNNING", byName: map[string]*row{}, owner: map[int64]*row{}, depth: map[string]int{}, around: map[string]string{}, left: map[int64]bool{}}
	if m != nil {
		p.measure(&m.Block, 0, "")
	}
	return p
}

// measure notes how deep the states of b stand, and in what.
func (p *progress) measure(b *asl.Block, depth int, around string) {
	for _, s := range b.States {
		p.depth[s.Name], p.around[s.Name] = depth, around
		if s.Map != nil {
			p.measure(s.Map.Processor, depth+1, s.Name)
		}
		if s.Parallel != nil {
			for _, branch := range s.Parallel.Branches {
				p.measure(branch, depth+1, s.Name)
			}
		}
	}
}

// add takes the next event up and returns the state that it is about, nil when it is about the execution.
func (p *progress) add(e *event) *row {
	if p.begun.IsZero() {
		p.begun = e.at
	}
	before := p.kind
	p.now, p.last, p.kind = e.at, e.id, e.kind
	if status, ok := e.terminal(); ok {
		p.status, p.failed, p.failedBy = status, nil, before
		if status == "FAILED" {
			p.failed = p.owner[e.previous]
		}
		if r := p.owner[e.previous]; r != nil && r.running() {
			r.add(e) // it is where the execution failed
		}
		return nil
	}
	if e.kind == "ExecutionRedriven" {
		p.status = "RUNNING" // again
		return nil
	}
	r := p.owner[e.previous]
	switch {
	case before == "ExecutionRedriven" && !e.isOfState():
		r = p.redriven(e)
	case e.isOfState():
		r = p.row(e.name)
		p.left[e.id] = strings.HasSuffix(e.kind, "StateExited")
	case r != nil && p.left[e.previous] && p.around[r.name] != "":
		r = p.row(p.around[r.name]) // a branch has ended, and with it what it stands in
	}
	if r == nil {
		return nil
	}
	r.add(e)
	p.owner[e.id] = r
	return r
}

func (p *progress) row(name string) *row {
	r := p.byName[name]
	if r == nil {
		r = &row{name: name, depth: p.depth[name]}
		p.byName[name] = r
		p.rows = append(p.rows, r)
	}
	return r
}

// redriven returns the state that goes on with e, the first event after a redrive: the one that failed, unless it is a Parallel
// or Map state whose states go on instead. Those are not named by their events, and stay unknown.
func (p *progress) redriven(e *event) *row {
	around := p.failedBy == "ParallelStateFailed" || p.failedBy == "MapStateFailed"
	if around && e.kind != "MapRunRedriven" {
		return nil
	}
	return p.failed
}

// add takes up an event of the state.
func (r *row) add(e *event) {
	switch {
	case strings.HasSuffix(e.kind, "StateEntered"):
		r.entered++
		r.started, r.attempts = e.at, 0
	case strings.HasSuffix(e.kind, "StateExited"):
		r.exited++
		r.took = e.at.Sub(r.started)
	case e.kind == "MapStateStarted":
		r.items += e.length
	case e.kind == "MapIterationSucceeded":
		r.done++
	case strings.HasSuffix(e.kind, "Scheduled"):
		r.attempts++
	}
	if e.err != "" || e.cause != "" {
		r.err, r.cause = e.err, e.cause
	}
}

// running reports whether the state was entered and not left.
func (r *row) running() bool { return r.entered > r.exited }
