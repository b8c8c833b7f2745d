package engine

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "000000000000"}

const role = "arn:aws:iam::000000000000:role/r"

// rig is an engine on a store in memory, inside of a bubble of synctest: time passes only when everything waits,
// and the test fails when a goroutine outlives it.
type rig struct {
	*Engine
	t        *testing.T
	store    *frail
	options  Options
	targets  *task.Registry
	function function
	mocks    *fakeMocks // nil: there are none
	extra    func(*task.Registry)
}

// function is a Lambda function in the process.
type function func(ctx context.Context, c *task.Call) (task.Outcome, error)

func (f function) Start(ctx context.Context, c *task.Call) (task.Outcome, error) { return f(ctx, c) }

func echo(_ context.Context, c *task.Call) (task.Outcome, error) {
	return task.Outcome{Output: c.Input}, nil
}

// forever runs until it is given up.
func forever(ctx context.Context, _ *task.Call) (task.Outcome, error) {
	<-ctx.Done()
	return task.Outcome{}, ctx.Err()
}

// inBubble runs test with an engine whose functions are f.
func inBubble(t *testing.T, f function, test func(r *rig)) {
	t.Helper()
	inBubbleWith(t, Options{Owners: 2}, f, test)
}

func inBubbleWith(t *testing.T, o Options, f function, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, store: newFrail(), options: o, function: f}
		r.open()
		defer r.shut()
		test(r)
	})
}

func (r *rig) open() {
	r.t.Helper()
	r.targets, r.options.Nesting = &task.Registry{}, aws.Nesting{}
	r.Engine = New(r.store, r.targets, r.options)
	r.targets.SetFunctions(r.function)
	if r.mocks != nil {
		r.targets.SetMocks(r.mocks)
	}
	r.targets.Set("lambda:invoke", r.function)
	r.targets.Set("states:startExecution", aws.NewStates(r.Engine))
	if r.extra != nil {
		r.extra(r.targets)
	}
	if err := r.Start(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

// shut closes the engine, which must not take long however much is under way.
func (r *rig) shut() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) restart() {
	r.t.Helper()
	r.shut()
	r.open()
}

// machine makes a state machine and returns its ARN.
func (r *rig) machine(name, definition string) string {
	r.t.Helper()
	m, err := r.CreateStateMachine(context.Background(), &statelark.StateMachine{
		ARN: here.StateMachineARN(name), Name: name, Type: statelark.Standard, Definition: definition, RoleARN: role,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return m.ARN
}

func (r *rig) activity(name string) string {
	r.t.Helper()
	a, err := r.CreateActivity(context.Background(), &statelark.Activity{ARN: here.ActivityARN(name), Name: name})
	if err != nil {
		r.t.Fatal(err)
	}
	return a.ARN
}

// start starts an execution and returns its ARN.
func (r *rig) start(machine, name, input string) string {
	r.t.Helper()
	x, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: machine, Name: name, Input: input})
	if err != nil {
		r.t.Fatal(err)
	}
	return x.ARN()
}

// startBeside starts an execution while the test goes on.
func (r *rig) startBeside(machine, name, input string) {
	go func() {
		if _, err := r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: machine, Name: name, Input: input}); err != nil {
			r.t.Errorf("starting %s: %v", name, err)
		}
	}()
}

// run starts an execution and waits for its end.
func (r *rig) run(machine, name, input string) *statelark.ExecutionDetail {
	r.t.Helper()
	return r.ended(r.start(machine, name, input))
}

// ended waits until an execution has ended.
func (r *rig) ended(arn string) *statelark.ExecutionDetail {
	r.t.Helper()
	for range 100_000 {
		synctest.Wait()
		if d := r.describe(arn); d.Status != statelark.Running {
			return d
		}
		time.Sleep(100 * time.Millisecond) // of the bubble's time
	}
	r.t.Fatalf("%s does not end\n%s", arn, r.trace(arn))
	return nil
}

func (r *rig) describe(arn string) *statelark.ExecutionDetail {
	r.t.Helper()
	d, err := r.Execution(context.Background(), arn)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// trace prints the types of an execution's events.
func (r *rig) trace(arn string) string {
	r.t.Helper()
	events, err := r.History(context.Background(), arn, 0, 1000, false)
	if err != nil {
		r.t.Fatal(err)
	}
	var b strings.Builder
	for _, ev := range events {
		fmt.Fprintf(&b, "%d<%d %v\n", ev.ID, ev.Previous, ev.Type)
	}
	return b.String()
}

// count returns how many events of a type an execution has.
func (r *rig) count(arn string, typ history.Type) int {
	return strings.Count(r.trace(arn), " "+typ.String()+"\n")
}

// code fails the test unless err is the refusal of that code.
func code(t *testing.T, err error, want string) {
	t.Helper()
	if got := statelark.ErrorCode(err); got != want {
		t.Errorf("the answer is %q (%v), want %s", got, err, want)
	}
}

// is fails the test unless got is want.
func is[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func text(s *string) string {
	if s == nil {
		return "<none>"
	}
	return *s
}

// Definitions that several tests use.
const (
	lambda   = `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"`
	taskOnly = `{"StartAt":"T","States":{"T":{` + lambda + `,"End":true}}}`
	passOnly = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	endless  = `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"B"},
		"B":{"Type":"Pass","Next":"A"},"E":{"Type":"Succeed"}}}`
	waitHour = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`
)

func activityTask(more string) string {
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + here.ActivityARN("a") + `"` + more + `,"End":true}}}`
}

func TestRunsToTheEnd(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		d := r.run(r.machine("M", taskOnly), "e", `{"a": 1}`)
		is(t, "status", d.Status, statelark.Succeeded)
		is(t, "output", d.Output, `{"a": 1}`)
	})
}

func TestNothingIsLeftOfAnEndedExecution(t *testing.T) {
	var calls atomic.Int32
	fails := func(context.Context, *task.Call) (task.Outcome, error) {
		if calls.Add(1) == 1 {
			return task.Outcome{}, task.Errorf("Busy", "once")
		}
		return task.Outcome{Output: value.True}, nil
	}
	inBubble(t, fails, func(r *rig) {
		m := r.machine("M", `{"TimeoutSeconds":60,"StartAt":"T","States":{"T":{`+lambda+`,"TimeoutSeconds":30,
			"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":5}],"End":true}}}`)
		d := r.run(m, "e", `{}`)
		is(t, "output", d.Output, "true")
		is(t, "executions with rows", len(r.store.kept), 0)
		timers, err := r.store.Timers(context.Background(), d.ID.Shard(), time.Now().Add(time.Hour), statelark.Timer{}, 10)
		if err != nil || len(timers) > 0 {
			t.Errorf("timers are left: %v, %v", timers, err)
		}
		work, err := r.store.Work(context.Background(), d.ID.Shard(), statelark.MessageKey{}, 10)
		if err != nil || len(work) > 0 {
			t.Errorf("work is left: %v, %v", work, err)
		}
	})
}
