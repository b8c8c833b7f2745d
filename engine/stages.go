package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// Stages is what became of the data in one visit of a state. Values are JSON text, nil where there is none.
//
// The history has what goes in, what is sent, what comes back and what comes out. What lies between is computed again by the
// interpreter, as a test of the state is, with what came back as its mock.
type Stages struct {
	State         string
	Language      asl.Language
	Input         *string
	AfterInput    *string
	Arguments     *string
	Result        *string
	AfterSelector *string
	AfterResult   *string
	Output        *string
	Before        []value.Member // variables that the state could see
	Assigned      []value.Member
	Error, Cause  *string
	Note          string // why something is missing, or may differ
}

// Bounds of what is read of a history for the stages of one visit.
const (
	maxVisitEvents = 50_000 // from where the state was entered
	maxScopeEvents = 50_000 // before
)

// stagesTime bounds how long a visit is computed again.
const stagesTime = 5 * time.Second

// Stages returns the stages of the visit that began with that event.
func (e *Engine) Stages(ctx context.Context, text string, event int64) (*Stages, error) {
	p, err := e.past(ctx, text)
	if err != nil {
		return nil, err
	}
	v, err := p.readVisit(ctx, event)
	if err != nil {
		return nil, err
	}
	s := &Stages{
		State: v.state.Name, Language: v.state.Language, Input: &v.entered.Data, Arguments: v.arguments, Result: v.result,
		Error: v.err, Cause: v.cause,
	}
	if v.exited != nil {
		s.Output, s.Assigned = &v.exited.Data, v.exited.Assigned
	}
	if s.Before, err = p.scope(ctx, v, s); err != nil {
		return nil, err
	}
	v.note(s)
	p.computeAgain(ctx, v, s)
	return s, nil
}

// visit is what the history has of one visit of a state.
type visit struct {
	state     *asl.State
	block     *asl.Block // that the state stands in
	entered   history.Event
	exited    *history.Event // nil: it was not left
	arguments *string        // of the last attempt
	result    *string        // of the last attempt, nil: there is none
	err       *string        // of the last attempt, when that failed
	cause     *string
	attempts  int
	cut       bool // there is more of it than was read
	lost      bool // what came after a redrive cannot be told from what others did

	members map[int64]int     // the events of the visit, and of which child of the state they are; -1: of the state itself
	outputs map[int]outputOf  // of the children that have come to an end
	length  int               // of children
	ended   bool              // the execution is over
	blocks  map[string]*block // of the machine, by the names of the states in them
}

type outputOf struct {
	name, text string
}

// block is a block of a machine with the state around it.
type block struct {
	*asl.Block

	around *asl.State // nil: it is the top level
	outer  *block
}

// blocksOf returns the block of every state of a machine, by the name of the state.
func blocksOf(top *asl.Block) map[string]*block {
	all := map[string]*block{}
	var walk func(b *block)
	walk = func(b *block) {
		for _, s := range b.States {
			all[s.Name] = b
			switch {
			case s.Parallel != nil:
				for _, branch := range s.Parallel.Branches {
					walk(&block{branch, s, b})
				}
			case s.Map != nil && s.Map.Processor != nil && !s.Map.Distributed:
				walk(&block{s.Map.Processor, s, b})
			}
		}
	}
	walk(&block{Block: top})
	return all
}

// readVisit reads the events of the visit that began with that one.
func (p *past) readVisit(ctx context.Context, id int64) (*visit, error) {
	v := &visit{members: map[int64]int{}, outputs: map[int]outputOf{}, blocks: blocksOf(&p.program.machine.Block)}
	n := 0
	var wrong error
	err := p.on(ctx, id, func(ev *history.Event) bool {
		if v.state == nil {
			wrong = v.enter(ev, id)
			return wrong == nil
		}
		n++
		v.cut = n >= maxVisitEvents
		return v.take(ev) && !v.cut
	})
	switch {
	case err != nil:
		return nil, err
	case wrong != nil:
		return nil, wrong
	case v.state == nil:
		return nil, statelark.Errorf(statelark.CodeValidation, "The execution has no event %d.", id)
	}
	return v, nil
}

func (v *visit) enter(ev *history.Event, id int64) error {
	b := v.blocks[ev.Name]
	if ev.ID != id || !isEntered(ev.Type) || b == nil {
		return statelark.Errorf(statelark.CodeValidation, "Event %d is none with which a state was entered.", id)
	}
	v.entered, v.block, v.state = *ev, b.Block, b.State(ev.Name)
	v.members[ev.ID] = -1
	return nil
}

// take adds an event when it is of the visit, and reports whether there may be more.
func (v *visit) take(ev *history.Event) bool {
	child, of := v.members[ev.Previous]
	switch ev.Type {
	case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionAborted, history.ExecutionTimedOut:
		v.ended = true
		v.endOf(ev)
		return true // it may have been redriven
	case history.ExecutionRedriven: // all threads go on from here, and at the top level there is but one
		v.ended, v.err, v.cause = false, nil, nil
		v.members[ev.ID] = -1
		v.lost = v.blocks[v.state.Name].around != nil
		return !v.lost
	}
	if !of {
		return true
	}
	if isEntered(ev.Type) && v.blocks[ev.Name] != nil && v.blocks[ev.Name].Block == v.block {
		return ev.Name == v.state.Name && ev.Previous == v.entered.ID // the one after it: this visit has failed, and a redrive entered it again
	}
	if isExited(ev.Type) && ev.Name == v.state.Name {
		exited := *ev
		v.exited = &exited
		return false
	}
	v.members[ev.ID] = v.childOf(ev, child)
	v.attempt(ev)
	return true
}

// endOf notes why an execution ended in which this visit was under way.
func (v *visit) endOf(ev *history.Event) {
	if v.err == nil {
		v.err, v.cause = ev.Error, ev.Cause
	}
}

// childOf tells of which child of the state an event is.
func (v *visit) childOf(ev *history.Event, child int) int {
	switch ev.Type {
	case history.MapStateStarted:
		if child < 0 {
			v.length = int(ev.Length)
		}
	case history.MapIterationStarted:
		if child < 0 && ev.Name == v.state.Name {
			return int(ev.Index)
		}
	case history.ParallelStateStarted:
		if child < 0 && v.state.Parallel != nil {
			v.length = len(v.state.Parallel.Branches)
		}
	}
	b := v.blocks[ev.Name]
	switch {
	case isEntered(ev.Type) && child < 0 && b != nil && b.around == v.state && v.state.Parallel != nil:
		return slices.Index(v.state.Parallel.Branches, b.Block)
	case isExited(ev.Type) && child >= 0 && b != nil && b.around == v.state:
		v.outputs[child] = outputOf{ev.Name, ev.Data}
	}
	return child
}

// attempt notes what an event tells of the work of a Task.
func (v *visit) attempt(ev *history.Event) {
	if v.state.Type != asl.Task {
		return
	}
	name := ev.Type.String()
	switch {
	case strings.HasSuffix(name, "Scheduled"):
		data := ev.Data
		v.arguments, v.result, v.err, v.cause = &data, nil, nil, nil
		v.attempts++
	case strings.HasSuffix(name, "Succeeded"):
		data := ev.Data
		v.result = &data
	case ev.Error != nil || ev.Cause != nil:
		v.err, v.cause = ev.Error, ev.Cause
	}
}

// joined is the result of a Map or a Parallel whose children have all come to their end, as far as the history has them.
func (v *visit) joined() *string {
	if v.exited == nil || v.state.Type == asl.Task || v.length != len(v.outputs) || v.cut || v.state.Map == nil && v.state.Parallel == nil {
		return nil
	}
	results := make([]value.Value, v.length)
	for i, out := range v.outputs {
		if i < 0 || i >= v.length {
			return nil
		}
		results[i] = parsed(out.text)
	}
	text := value.NewArray(results).Text()
	return &text
}

// note tells what cannot be known.
func (v *visit) note(s *Stages) {
	if s.Result == nil {
		s.Result = v.joined()
	}
	container := v.state.Map != nil || v.state.Parallel != nil
	switch {
	case v.cut:
		s.say("The visit has more events than are read for this.")
	case v.lost:
		s.say("What became of the visit after the redrive is not known: other branches or iterations went on with it.")
	case container && s.Result == nil && v.exited != nil:
		s.say("The history does not have the result of this %s state.", v.state.Type)
	case v.exited == nil && v.ended:
		s.say("The state was not left.")
	case v.exited == nil:
		s.say("The state has not been left yet.")
	}
}

// say adds to the note.
func (s *Stages) say(format string, a ...any) {
	s.Note = strings.TrimSpace(s.Note + " " + fmt.Sprintf(format, a...))
}

// scope returns the variables that a visit could see: what the states before it have assigned in its block, and in those
// around it before that one was entered. They are found along the chain of events that leads to the visit.
func (p *past) scope(ctx context.Context, v *visit, s *Stages) ([]value.Member, error) {
	in := v.blocks[v.state.Name]
	if in.around == nil {
		return p.variablesBefore(ctx, v.entered.ID)
	}
	vars, next, n := newestOf{}, v.entered.Previous, 0
	err := p.back(ctx, v.entered.ID-1, func(ev *history.Event) bool {
		if n++; n > maxScopeEvents {
			s.say("The variables are those that were assigned in the %d events before.", maxScopeEvents)
			return false
		}
		if ev.ID != next {
			return true
		}
		next = ev.Previous
		switch {
		case ev.Type == history.ExecutionRedriven:
			s.say("Variables of the branch or the iteration from before the redrive are not known.")
			return false
		case isExited(ev.Type) && in.State(ev.Name) != nil:
			vars.add(ev.Assigned)
		case isEntered(ev.Type) && in.around != nil && ev.Name == in.around.Name:
			in = in.outer
			if in.around == nil { // what is left is told without the chain
				next = ev.ID
				return false
			}
		}
		return next > 0
	})
	if err != nil {
		return nil, err
	}
	if in.around != nil { // where it broke off: the top level is known all the same
		next = v.entered.ID
	}
	outer, err := p.variablesBefore(ctx, max(next, 1))
	vars.add(outer)
	return vars.list, err
}

// computeAgain fills in the stages that no event has.
func (p *past) computeAgain(ctx context.Context, v *visit, s *Stages) {
	ctx, cancel := context.WithTimeout(ctx, stagesTime)
	defer cancel()
	t := p.again(ctx, v, s)
	if t == nil {
		return
	}
	end, err := t.through()
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("it took too long")
		}
		s.say("The stages between could not be computed again: %s.", err)
		return
	}
	r := t.x.Tested(end)
	fill := func(into **string, from interp.Inspected) {
		if v := r.Inspection.Steps[from]; *into == nil && v.Exists() {
			text := v.Text()
			*into = &text
		}
	}
	fill(&s.AfterInput, interp.InspectInputPath)
	fill(&s.Arguments, interp.InspectArguments)
	fill(&s.Arguments, interp.InspectParameters)
	if v.exited != nil || v.result != nil {
		fill(&s.Result, interp.InspectResult)
		fill(&s.AfterSelector, interp.InspectResultSelector)
		fill(&s.AfterResult, interp.InspectResultPath)
	}
	if s.Output != nil && r.Output.Exists() && r.Status == interp.TestSucceeded && !sameJSON(r.Output.Text(), *s.Output) {
		s.say("Computed again, the output is another one: the state uses the time, random numbers or something else that is not kept. The stages between may have been others, too.")
	}
}

func sameJSON(a, b string) bool { return a == b || parsed(a).Compact() == parsed(b).Compact() }

// again makes the execution of the state alone, nil when there is none.
func (p *past) again(ctx context.Context, v *visit, s *Stages) *stateTest {
	m := p.program.machine.Alone(v.state.Name)
	if m == nil {
		return nil
	}
	t := &stateTest{e: p.e, ctx: ctx, arn: p.record.ARN()}
	host := interp.Host{Limits: p.e.opts.Limits, Token: func(uint64) string { return "" }, Interrupted: t.interrupted}
	t.x = interp.NewTest(p.e.identity(p.record, p.program), host, m, parsed(p.input), 0, interp.Test{
		Again: true, Mock: v.mock(s), Retries: max(v.attempts-1, 0),
		Batch: func(b value.Value, inputs []value.Value) ([]value.Value, *interp.Failure) {
			return newBatcher(b, p.e.opts.Limits.PayloadBytes).group(inputs)
		},
	})
	t.x.BeginAt(&interp.Beginning{State: v.state.Name, Input: parsed(v.entered.Data), Variables: s.Before})
	t.began = time.UnixMilli(v.entered.At)
	return t
}

// mock is the end of the work of the state: its result, or its failure. One that nobody knows fails as well: a Map and a
// Parallel need one, and of a Task what comes before is all that counts.
func (v *visit) mock(s *Stages) *interp.Mock {
	if s.Result != nil {
		return &interp.Mock{Result: parsed(*s.Result)}
	}
	unknown := "Unknown"
	if v.err == nil {
		return &interp.Mock{Error: &unknown}
	}
	return &interp.Mock{Error: v.err, Cause: v.cause}
}

// through steps the execution of a visit to its end. Nothing is called: what would be has the mock.
func (t *stateTest) through() (*interp.End, error) {
	ev := interp.Event{Kind: interp.Started}
	for at := t.began; ; {
		ev.At = at
		if err := t.step(ev); err != nil {
			return nil, err
		}
		switch d := &t.decision; {
		case d.End != nil:
			return d.End, nil
		case d.More:
			ev = interp.Event{Kind: interp.Continue}
		case len(d.Run) > 0:
			ev, _ = t.x.MockAnswer(d.Run[0].Seq)
		case t.timer.Due != 0:
			ev, at = interp.Event{Kind: interp.TimerFired, Seq: t.timer.Seq}, time.UnixMilli(min(t.timer.Due, math.MaxInt64/2))
		default:
			return nil, errors.New("it waits for something")
		}
	}
}
