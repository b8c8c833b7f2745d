package trace

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
)

// trail is an execution that is being followed: what of it is open, and where in that each event stands, since an event
// names the one before it. The history says nowhere in which branch an event happened.
type trail struct {
	id        statelark.ExecID
	trace     trace.TraceID
	root      *frame
	places    map[int64]place // by the id of an event that another one may refer to
	open      []*frame        // but for root
	silent    bool            // nothing is exported: it was not sampled
	blind     bool            // the states are not followed, for there are too many
	execution *statelark.Execution
	machine   *statelark.StateMachine
	out       func(span)
}

// frame is what a span will tell.
type frame struct {
	kind     kind
	name     string
	index    int64 // of an iteration
	state    string
	event    int64 // that began it
	from     int64 // Unix ms
	parent   *frame
	children int     // open ones
	at       int     // its place in trail.open
	ids      []int64 // of the events that stand in it
	span     trace.SpanID
	remote   trace.SpanID
}

type kind uint8

const (
	execution kind = iota
	state
	iteration
	attempt
)

// place is where the event after one stands.
type place struct {
	in   *frame
	exit bool // the event left a state, and one event at most goes on from it
}

// maxPlaces is how many events of an execution are remembered; beyond, its states are followed no more.
const maxPlaces = 50_000

func newTrail(x *statelark.Execution) *trail {
	h := parseHeader(x.TraceHeader)
	t := &trail{id: x.ID, trace: h.trace, silent: h.dropped, places: map[int64]place{}}
	if !t.trace.IsValid() {
		t.trace, h.parent = traceID(x.ID), trace.SpanID{} // a parent is one of a trace
	}
	t.root = &frame{kind: execution, name: x.Name, from: x.Start.UnixMilli(), remote: h.parent, event: -x.Redrives}
	if x.Redrives > 0 {
		t.root.from = x.Redriven.UnixMilli()
	}
	t.root.span = spanID(t.id, t.root.event)
	return t
}

// event takes an event up.
func (t *trail) event(e *history.Event) {
	if t.silent {
		return
	}
	switch e.Type {
	case history.ExecutionSucceeded:
		t.end(e, "", "")
		return
	case history.ExecutionFailed, history.ExecutionTimedOut, history.ExecutionAborted:
		name := strings.TrimPrefix(e.Type.String(), "Execution")
		if e.Error != nil {
			name = *e.Error
		}
		t.end(e, name, text(e.Cause))
		return
	}
	if t.blind {
		return
	}
	t.follow(e)
	if len(t.places) > maxPlaces {
		t.blind, t.places, t.open = true, nil, nil
	}
}

// follow moves on with an event within the execution.
func (t *trail) follow(e *history.Event) {
	from := t.places[e.Previous]
	in := from.in
	if in == nil {
		in = t.root
	}
	switch name := e.Type.String(); {
	case strings.HasSuffix(name, "StateEntered"):
		if from.exit {
			delete(t.places, e.Previous)
		}
		in = t.begin(&frame{kind: state, name: e.Name, state: strings.TrimSuffix(name, "StateEntered"), parent: in}, e)
	case strings.HasSuffix(name, "StateExited"):
		if f := t.find(in, state, e.Name, 0); f != nil {
			t.close(f, e.At, "", "")
			in = f.parent
		}
		t.stand(e.ID, place{in: in, exit: true})
		return
	case e.Type == history.MapIterationStarted:
		if f := t.find(in, state, e.Name, 0); f != nil {
			in = f
		}
		in = t.begin(&frame{kind: iteration, name: e.Name, index: e.Index, parent: in}, e)
	case e.Type == history.MapIterationSucceeded, e.Type == history.MapIterationFailed, e.Type == history.MapIterationAborted:
		in = t.leave(t.find(in, iteration, e.Name, e.Index), in, e)
	case e.Type == history.ActivityScheduled, e.Type == history.LambdaFunctionScheduled, e.Type == history.TaskScheduled:
		in = t.begin(&frame{kind: attempt, name: resourceOf(e), parent: in}, e)
	case in.kind == attempt && (e.Type.Severity() != history.Routine || strings.HasSuffix(name, "Succeeded")):
		in = t.leave(in, in, e)
	}
	t.stand(e.ID, place{in: in})
}

// resourceOf is what an attempt calls.
func resourceOf(e *history.Event) string {
	if e.ResourceType != "" {
		return e.ResourceType + ":" + e.Resource
	}
	return e.Resource
}

func (t *trail) begin(f *frame, e *history.Event) *frame {
	f.event, f.from, f.at, f.span = e.ID, e.At, len(t.open), spanID(t.id, e.ID)
	f.parent.children++
	t.open = append(t.open, f)
	return f
}

// stand notes where an event stands.
func (t *trail) stand(id int64, p place) {
	t.places[id] = p
	if p.in != t.root { // all of that goes with the trail
		p.in.ids = append(p.in.ids, id)
	}
}

// find returns the frame of that kind and name around in, or any such that is open; nil when there is none: it was
// begun before the server started.
func (t *trail) find(in *frame, k kind, name string, index int64) *frame {
	is := func(f *frame) bool { return f.kind == k && f.name == name && f.index == index }
	for f := in; f != nil; f = f.parent {
		if is(f) {
			return f
		}
	}
	if i := slices.IndexFunc(t.open, is); i >= 0 {
		return t.open[i]
	}
	return nil
}

// leave closes a frame as an event says, and returns what is around it; in when there is no frame.
func (t *trail) leave(f, in *frame, e *history.Event) *frame {
	if f == nil {
		return in
	}
	failed := ""
	if e.Type.Severity() != history.Routine {
		if failed = text(e.Error); failed == "" {
			failed = e.Type.String()
		}
	}
	t.close(f, e.At, failed, text(e.Cause))
	return f.parent
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// close ends a frame, and what is still open in it: that was given up.
func (t *trail) close(f *frame, at int64, failed, cause string) {
	if f.children > 0 {
		for _, child := range slices.Clone(t.open) {
			if child.parent == f {
				t.close(child, at, "Aborted", "")
			}
		}
	}
	last := t.open[len(t.open)-1]
	t.open[f.at], last.at = last, f.at
	t.open = t.open[:len(t.open)-1]
	f.parent.children--
	for _, id := range f.ids {
		delete(t.places, id)
	}
	t.tell(f, at, failed, cause)
}

// end ends the execution. What of it is open failed with it.
func (t *trail) end(e *history.Event, failed, cause string) {
	for len(t.open) > 0 {
		f := t.open[0]
		for f.parent != t.root {
			f = f.parent
		}
		t.close(f, e.At, failed, cause)
	}
	t.tell(t.root, e.At, failed, cause)
	t.root.event, t.root.from = -t.execution.Redrives-1, e.At // of the next redrive, should one come in the same change
	t.root.span = spanID(t.id, t.root.event)
}

// tell makes the span of a frame.
func (t *trail) tell(f *frame, at int64, failed, cause string) {
	s := span{trace: t.trace, id: f.span, name: f.name, kind: trace.SpanKindInternal, from: f.from, to: at, failed: failed, cause: cause}
	if f.parent != nil {
		s.parent = f.parent.span
	}
	switch f.kind {
	case execution:
		s.parent, s.remote, s.kind, s.name = f.remote, true, trace.SpanKindServer, t.machine.Name
		s.attributes = append(s.attributes, attribute.String("aws.step_functions.execution.arn", t.execution.ARN()),
			attribute.String("aws.step_functions.state_machine.arn", t.execution.Machine), attribute.Int64("statelark.redrive_count", t.execution.Redrives))
		if t.execution.MapRun != "" {
			s.attributes = append(s.attributes, attribute.String("statelark.map_run.arn", t.execution.MapRun))
		}
	case state:
		s.attributes = append(s.attributes, attribute.String("statelark.state.type", f.state))
	case iteration:
		s.attributes = append(s.attributes, attribute.Int64("statelark.map.index", f.index))
	case attempt:
		s.kind = trace.SpanKindClient
	}
	t.out(s)
}
