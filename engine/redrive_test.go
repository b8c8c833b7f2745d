package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
)

// failing is a function that fails as long as it is told to, and echoes after that. It counts its calls.
type failing struct {
	broken bool
	calls  int
}

func (f *failing) start(_ context.Context, c *task.Call) (task.Outcome, error) {
	f.calls++
	if f.broken {
		return task.Outcome{}, &task.Error{Name: "Broken", Cause: "as it was told"}
	}
	return task.Outcome{Output: c.Input}, nil
}

// redrive redrives an execution and waits for its end.
func (r *rig) redrive(arn string) *statelark.ExecutionDetail {
	r.t.Helper()
	if _, err := r.RedriveExecution(context.Background(), arn, ""); err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(time.Minute)
	return r.describe(arn)
}

const (
	failsAfterAPass = `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"n":1},"ResultPath":"$.p","Next":"T"},"T":` + functionState + `}}`
	functionState   = `{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}`
)

func TestRedrive(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		arn := r.start(r.machine("M", failsAfterAPass), "e", `{"a":1}`)
		time.Sleep(time.Minute)
		d := r.describe(arn)
		is(t, "status", d.Status, statelark.Failed)
		is(t, "redrive status", d.RedriveStatus, statelark.Redrivable)
		began := d.Start
		d = r.redrive(arn)
		is(t, "status", d.Status, statelark.Failed)
		is(t, "redrives", d.Redrives, 1)
		f.broken = false
		d = r.redrive(arn)
		is(t, "status", d.Status, statelark.Succeeded)
		is(t, "output", d.Output, `{"a":1,"p":{"n":1}}`)
		is(t, "error", text(d.Error), "<none>")
		is(t, "start", d.Start, began)
		is(t, "redrives", d.Redrives, 2)
		is(t, "calls", f.calls, 3)
		is(t, "executions with rows", len(r.store.kept), 0)
		_, err := r.RedriveExecution(context.Background(), arn, "")
		code(t, err, "ExecutionNotRedrivable")
		events, err := r.History(context.Background(), arn, 1, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		for i, ev := range events {
			is(t, "id", ev.ID, int64(i+1))
		}
		is(t, "last event", events[len(events)-1].Type, history.ExecutionSucceeded)
	})
}

// TestRedriveAfterRestart: the memory of an execution that ended is in the store.
func TestRedriveAfterRestart(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		large := `"` + strings.Repeat("x", 100_000) + `"`
		arn := r.start(r.machine("M", failsAfterAPass), "e", fmt.Sprintf(`{"a":%s}`, large))
		time.Sleep(time.Minute)
		r.restart()
		f.broken = false
		d := r.redrive(arn)
		is(t, "status", d.Status, statelark.Succeeded)
		is(t, "output", d.Output, fmt.Sprintf(`{"a":%s,"p":{"n":1}}`, large))
		r.restart()
		is(t, "status", r.describe(arn).Status, statelark.Succeeded)
		is(t, "calls", f.calls, 2)
	})
}

// TestRedriveTokens: the same token asks for the same redrive for a quarter of an hour.
func TestRedriveTokens(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		arn := r.start(r.machine("M", failsAfterAPass), "e", `{}`)
		time.Sleep(time.Second)
		redrive := func(token string) time.Time {
			at, err := r.RedriveExecution(context.Background(), arn, token)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			return at
		}
		first := redrive("a")
		is(t, "redriven at", redrive("b").Equal(first), false)
		is(t, "redriven at", redrive("a"), first)
		r.restart()
		is(t, "redriven at", redrive("a"), first)
		is(t, "redrives", r.describe(arn).Redrives, 2)
		time.Sleep(15 * time.Minute)
		is(t, "redriven at", redrive("a").Equal(first), false)
		is(t, "redrives", r.describe(arn).Redrives, 3)
	})
}

// TestRedriveTokenOfOneThatRuns: whoever heard no answer asks again, and the execution runs by then.
func TestRedriveTokenOfOneThatRuns(t *testing.T) {
	var mended atomic.Bool
	inBubble(t, func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		if !mended.Load() {
			return task.Outcome{}, &task.Error{Name: "Broken"}
		}
		return forever(ctx, c)
	}, func(r *rig) {
		arn := r.start(r.machine("M", failsAfterAPass), "e", `{}`)
		time.Sleep(time.Second)
		mended.Store(true)
		redrive := func(token string) (time.Time, error) {
			return r.RedriveExecution(context.Background(), arn, token)
		}
		first, err := redrive("a")
		is(t, "error", err, nil)
		for range 2 {
			time.Sleep(time.Second)
			is(t, "status", r.describe(arn).Status, statelark.Running)
			again, err := redrive("a")
			is(t, "error", err, nil)
			is(t, "redriven at", again, first)
			_, err = redrive("b")
			code(t, err, "ExecutionNotRedrivable")
			r.restart()
		}
		is(t, "redrives", r.describe(arn).Redrives, 1)
	})
}

// TestNotRedrivable holds each refusal to AWS's words.
func TestNotRedrivable(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"T"},"T":`+functionState+`}}`)
		arn := r.start(m, "e", `{}`)
		refused := func(reason, limit string) {
			t.Helper()
			d := r.describe(arn)
			is(t, "status", d.RedriveStatus, statelark.NotRedrivable)
			is(t, "reason", d.RedriveReason, reason)
			_, err := r.RedriveExecution(context.Background(), arn, "")
			code(t, err, "ExecutionNotRedrivable")
			var e *statelark.Error
			if !errors.As(err, &e) || e.Message != reason || e.Limit != limit {
				t.Errorf("%v, want %s, of limit %q", err, reason, limit)
			}
		}
		time.Sleep(time.Second)
		refused("Execution is RUNNING and cannot be redriven", "")
		time.Sleep(2 * time.Minute)
		is(t, "status", r.describe(arn).Status, statelark.Failed)
		time.Sleep(14*24*time.Hour + time.Hour)
		refused("Execution redrivable period exceeded", "redrive-window")
		_, err := r.RedriveExecution(context.Background(), arn+"x", "")
		code(t, err, "ExecutionDoesNotExist")
	})
}

// TestRedriveInADeletedMachine: what is being deleted starts nothing any more.
func TestRedriveInADeletedMachine(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		m := r.machine("M", `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.w","IsPresent":true,"Next":"W"}],"Default":"T"},
			"W":{"Type":"Wait","Seconds":600,"End":true},"T":`+functionState+`}}`)
		r.start(m, "waits", `{"w":1}`)
		arn := r.start(m, "e", `{}`)
		time.Sleep(time.Second)
		release := r.store.hold()
		release()
		if err := r.DeleteStateMachine(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		_, err := r.RedriveExecution(context.Background(), arn, "")
		code(t, err, "ExecutionNotRedrivable")
	})
}

// TestStopOfARedrivenExecution aborts an execution that was redriven, and redrives it once more.
func TestStopOfARedrivenExecution(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		arn := r.start(r.machine("M", `{"TimeoutSeconds":100,"StartAt":"T","States":{"T":`+functionState+`}}`), "e", `{}`)
		time.Sleep(101 * time.Second)
		is(t, "status", r.describe(arn).Status, statelark.TimedOut)
		for n := range int64(3) {
			if _, err := r.RedriveExecution(context.Background(), arn, ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			is(t, "status", r.describe(arn).Status, statelark.Running)
			if _, err := r.StopExecution(context.Background(), arn, nil, nil); err != nil {
				t.Fatal(err)
			}
			d := r.describe(arn)
			is(t, "status", d.Status, statelark.Aborted)
			is(t, "redrives", d.Redrives, n+1)
		}
	})
}

// TestChildrenOfMapRunsAreRefused: the refusal says what can be redriven instead.
func TestChildrenOfMapRunsAreRefused(t *testing.T) {
	inBubble(t, (&failing{broken: true}).start, func(r *rig) {
		x := r.start(r.machine("M", mapped("STANDARD", lambda, "")), "e", `[1]`)
		is(t, "status", r.ended(x).Status, statelark.Failed)
		runs, _, err := r.MapRuns(context.Background(), x, 0, 1)
		if err != nil || len(runs) != 1 {
			t.Fatal(runs, err)
		}
		children, _, err := r.MapRunExecutions(context.Background(), runs[0].ARN, 0, "", 1)
		if err != nil || len(children) != 1 {
			t.Fatal(children, err)
		}
		_, err = r.RedriveExecution(context.Background(), children[0].ARN(), "")
		code(t, err, statelark.CodeExecutionNotRedrivable)
		if err == nil || !strings.Contains(err.Error(), "the execution that started its Map Run") {
			t.Errorf("it is refused with %v", err)
		}
	})
}
