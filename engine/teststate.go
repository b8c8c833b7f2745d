package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// A test of a state is an execution that leaves nothing: it runs on the goroutine of its caller, with the targets that
// executions have and without a store.

// maxTests is how many tests run at once; more are refused.
const maxTests = 50

// stateTest is a test under way.
type stateTest struct {
	e        *Engine
	x        *interp.Exec
	arn      string
	began    time.Time // of a visit that is computed again: when that was
	from     time.Time // when the slice of the step under way began
	seated   bool      // it has a seat of those for steps that are set aside
	ctx      context.Context
	trace    task.Trace
	timer    interp.TimerSet // Due 0: none is set
	decision interp.Decision
}

// TestState runs the state that t is about and returns how it ended; see api.Engine.
func (e *Engine) TestState(ctx context.Context, t *statelark.StateTest) (*statelark.StateTestResult, error) {
	select {
	case e.tests <- struct{}{}:
		defer func() { <-e.tests }()
	default:
		return nil, statelark.Errorf(statelark.CodeThrottling, "Rate exceeded")
	}
	limit := e.opts.Limits.TestStateTime
	if limit == 0 {
		limit = math.MaxInt64
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTestTimeout)
	defer cancel()
	go func() { // as the engine closes
		select {
		case <-e.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	test, err := e.newTest(ctx, t)
	if err != nil {
		return nil, err
	}
	end, err := test.run()
	switch {
	case e.isClosing():
		return nil, errClosing
	case err != nil && errors.Is(context.Cause(ctx), errTestTimeout):
		e.hit("test-state-time", test.arn)
		end = &interp.End{Status: interp.Failed, Error: &stateTimeout}
	case err != nil:
		return nil, fmt.Errorf("testing a state: %w", err)
	}
	return test.result(test.x.Tested(end)), nil
}

var (
	errTestTimeout = errors.New("the test of a state took too long")
	stateTimeout   = "States.Timeout"
)

// newTest makes the execution of a test.
func (e *Engine) newTest(ctx context.Context, t *statelark.StateTest) (*stateTest, error) {
	m, found := asl.ParseTested(t.Definition, t.StateName)
	if m == nil {
		return nil, fmt.Errorf("compiling the state: %s", asl.Message(found))
	}
	spec := specOf(t)
	spec.InMap = m.InMap
	now := e.now()
	machine, name := uuid.NewString(), uuid.NewString()
	test := &stateTest{e: e, ctx: ctx, arn: t.Place.ARN("states", "express:"+machine+":"+name), trace: task.Trace{Secrets: t.RevealSecrets}}
	id := interp.Identity{
		ARN: test.arn, Name: name, RoleARN: t.RoleARN, MachineARN: t.Place.StateMachineARN(machine), MachineName: machine,
		Region: t.Place.Region, StartedAt: now,
	}
	exec := statelark.ExecID(uuid.New())
	host := interp.Host{
		Limits:      e.opts.Limits,
		Token:       func(seq uint64) string { return e.tokens.token(exec, seq) },
		Interrupted: test.interrupted,
	}
	if t.ReaderData != nil {
		spec.Read = func(reader value.Value) (interp.ItemsRead, *interp.Failure) {
			return test.readGiven(*t.ReaderData, reader)
		}
	}
	spec.Batch = func(v value.Value, inputs []value.Value) ([]value.Value, *interp.Failure) {
		return newBatcher(v, e.opts.Limits.PayloadBytes).group(inputs)
	}
	test.x = interp.NewTest(id, host, m.Machine, value.Checked(t.Input), rand.Uint64(), spec)
	return test, nil
}

// specOf is t in the terms of the interpreter.
func specOf(t *statelark.StateTest) interp.Test {
	spec := interp.Test{Retries: int(t.Retries), Failed: int(t.Failed)}
	if t.Context != "" {
		spec.Context = value.Checked(t.Context)
	}
	if t.Variables != "" {
		spec.Variables = value.Checked(t.Variables).Members()
	}
	if m := t.Mock; m != nil {
		spec.Mock = &interp.Mock{Error: m.Error, Cause: m.Cause}
		if m.Result != nil {
			spec.Mock.Result = value.Checked(*m.Result)
		}
	}
	return spec
}

// run steps the execution to its end.
func (t *stateTest) run() (*interp.End, error) {
	for ev := (interp.Event{Kind: interp.Started}); ; {
		ev.At = t.e.now()
		if err := t.step(ev); err != nil {
			return nil, err
		}
		if t.decision.End != nil {
			return t.decision.End, nil
		}
		var err error
		if ev, err = t.next(); err != nil {
			return nil, err
		}
	}
}

// step makes one step. It computes in a seat of those that are set aside: tests take no more of the processors than
// steps of executions that take long.
func (t *stateTest) step(ev interp.Event) error {
	if !t.sit() {
		return t.ctx.Err()
	}
	defer t.rise()
	t.from = time.Now()
	if err := stepSafely(t.x, &t.decision, ev); err != nil {
		return err
	}
	for _, set := range t.decision.Disarm {
		if set.Seq == t.timer.Seq {
			t.timer = interp.TimerSet{}
		}
	}
	for _, set := range t.decision.Arm {
		t.timer = set
	}
	return nil
}

// interrupted gives the seat to whoever waits for one, after each slice, and says whether the test is to end.
func (t *stateTest) interrupted() bool {
	if time.Since(t.from) >= slice {
		t.rise()
		t.sit()
		t.from = time.Now()
	}
	return t.ctx.Err() != nil
}

// sit takes a seat, unless the test is to end before there is one.
func (t *stateTest) sit() bool {
	select {
	case t.e.seats <- struct{}{}:
		t.seated = true
	case <-t.ctx.Done():
	}
	return t.seated
}

// rise gives the seat back, if there is one.
func (t *stateTest) rise() {
	if t.seated {
		<-t.e.seats
		t.seated = false
	}
}

// next waits for the event that the execution waits for.
func (t *stateTest) next() (interp.Event, error) {
	if t.decision.More {
		return interp.Event{Kind: interp.Continue}, nil
	}
	ctx, cancel := t.ctx, context.CancelFunc(func() {})
	fired := interp.Event{Kind: interp.TimerFired, Seq: t.timer.Seq}
	if t.timer.Due != 0 {
		ctx, cancel = context.WithTimeout(ctx, time.UnixMilli(t.timer.Due).Sub(t.e.now()))
	}
	defer cancel()
	if len(t.decision.Run) > 0 {
		if ev, answered := t.answer(ctx, &t.decision.Run[0]); answered {
			return ev, nil
		}
	}
	<-ctx.Done() // the timer's, which is there when no task is
	return fired, t.ctx.Err()
}

// answer is the event by which the Task of the state ends: by the mock or by its target.
func (t *stateTest) answer(ctx context.Context, r *interp.RunTask) (interp.Event, bool) {
	if ev, mocked := t.x.MockAnswer(r.Seq); mocked {
		return ev, true
	}
	k := call{
		taskKey: taskKey{seq: r.Seq}, arn: t.arn, resource: r.Resource, input: r.Input, token: r.Token, role: r.Role,
		deadline: r.Deadline, target: t.e.dispatcher.targets.Find(r.Resource),
	}
	events := k.start(ctx, &t.trace).events
	if len(events) == 0 {
		return interp.Event{}, false
	}
	return events[0], true
}

// result puts what the interpreter says into the words of the API.
func (t *stateTest) result(r interp.TestResult) *statelark.StateTestResult {
	in := &r.Inspection
	out := &statelark.StateTestResult{
		Status: testStatuses[r.Status], Error: r.Error, Cause: r.Cause, Next: r.Next,
		Inspection: statelark.StateInspection{
			MaxConcurrency: in.MaxConcurrency, ToleratedFailureCount: in.ToleratedFailureCount,
			ToleratedFailurePercentage: in.ToleratedFailurePercentage,
			CatchIndex:                 in.CatchIndex, RetryIndex: in.RetryIndex, RetryBackoff: in.RetryBackoff / 1000,
			Request: (*statelark.HTTPRequest)(t.trace.Request), Response: (*statelark.HTTPResponse)(t.trace.Response),
		},
	}
	if r.Output.Exists() {
		text := r.Output.Text()
		out.Output = &text
	}
	for i, v := range in.Steps {
		if v.Exists() {
			out.Inspection.Steps = append(out.Inspection.Steps, statelark.InspectedStep{Name: interp.Inspected(i).String(), Value: v.Text()})
		}
	}
	return out
}

var testStatuses = map[interp.TestStatus]statelark.TestStatus{
	interp.TestSucceeded: statelark.TestSucceeded, interp.TestFailed: statelark.TestFailed,
	interp.TestRetriable: statelark.TestRetriable, interp.TestCaughtError: statelark.TestCaughtError,
}
