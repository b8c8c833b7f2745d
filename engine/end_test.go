package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
)

// What comes to an execution whose end is not durable yet is answered as if it came afterwards, and leaves no
// rows.
func TestBetweenTheEndAndItsCommit(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		ctx := context.Background()
		arn := r.start(r.machine("M", activityTask(`,"HeartbeatSeconds":60`)), "e", `1`)
		token := r.poll("w").Token
		release := r.store.hold()
		var callers sync.WaitGroup
		call := func(f func()) {
			callers.Go(f)
			synctest.Wait()
		}
		call(func() {
			if err := r.TaskSucceeded(ctx, token, `2`); err != nil {
				t.Error(err)
			}
		})
		call(func() { code(t, r.TaskHeartbeat(ctx, token), "TaskTimedOut") })
		call(func() { code(t, r.TaskFailed(ctx, token, nil, nil), "TaskTimedOut") })
		var stopped time.Time
		call(func() {
			var err error
			if stopped, err = r.StopExecution(ctx, arn, nil, nil); err != nil {
				t.Error(err)
			}
		})
		release()
		callers.Wait()
		d := r.describe(arn)
		is(t, "status", d.Status, statelark.Succeeded)
		is(t, "answer to StopExecution", stopped, d.Stop)
		is(t, "executions with rows", len(r.store.kept), 0)
	})
}

func TestStopOfARunningExecution(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		name, cause := "Halt", "because"
		arn := r.start(r.machine("M", taskOnly), "e", `1`)
		time.Sleep(3 * time.Second)
		stopped, err := r.StopExecution(context.Background(), arn, &name, &cause)
		if err != nil {
			t.Fatal(err)
		}
		d := r.describe(arn)
		is(t, "status", d.Status, statelark.Aborted)
		is(t, "error", text(d.Error), "Halt")
		is(t, "cause", text(d.Cause), "because")
		is(t, "stop", d.Stop, stopped)
		is(t, "duration", d.Stop.Sub(d.Start), 3*time.Second)
		again, err := r.StopExecution(context.Background(), arn, nil, nil)
		if err != nil || !again.Equal(stopped) {
			t.Errorf("stopped again: %v, %v; want %v", again, err, stopped)
		}
		is(t, "cause", text(r.describe(arn).Cause), "because")
	})
}

// A stop is acknowledged by what the store has, whatever memory says: here a store loses the end that it has taken.
// Asked again, the execution ends.
func TestStopWhoseEndIsLost(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		ctx := context.Background()
		arn := r.start(r.machine("M", taskOnly), "e", `1`)
		lost := 0
		r.store.set(func(s *frail) {
			s.before = func(b *statelark.Batch) error {
				for _, ch := range b.Changes {
					if ch.Close && lost == 0 {
						lost++
						*ch = statelark.Change{Exec: ch.Exec}
					}
				}
				return nil
			}
		})
		if stopped, err := r.StopExecution(ctx, arn, nil, nil); !errors.Is(err, statelark.ErrUnavailable) || lost != 1 {
			t.Errorf("%d ends were lost, and the answer is %v, %v", lost, stopped, err)
		}
		is(t, "status", r.describe(arn).Status, statelark.Running)
		stopped, err := r.StopExecution(ctx, arn, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := r.describe(arn)
		is(t, "status", d.Status, statelark.Aborted)
		is(t, "stop", d.Stop, stopped)
	})
}

// The same when it is memory that has an end which was never decided.
func TestStopOfWhatEndedInMemoryAlone(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		ctx := context.Background()
		arn := r.start(r.machine("M", taskOnly), "e", `1`)
		id := r.describe(arn).ID
		synctest.Wait() // the owner is idle, and its memory the test's
		r.ownerOf(id).live[id].x.Step(interp.Event{Kind: interp.Stopped, At: r.now()})
		if stopped, err := r.StopExecution(ctx, arn, nil, nil); !errors.Is(err, statelark.ErrUnavailable) {
			t.Errorf("the answer is %v, %v", stopped, err)
		}
		if _, err := r.StopExecution(ctx, arn, nil, nil); err != nil {
			t.Error(err)
		}
		is(t, "status", r.describe(arn).Status, statelark.Aborted)
	})
}

func TestStopWithoutReasons(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		arn := r.start(r.machine("M", taskOnly), "e", `1`)
		if _, err := r.StopExecution(context.Background(), arn, nil, nil); err != nil {
			t.Fatal(err)
		}
		d := r.describe(arn)
		is(t, "error", text(d.Error), "<none>")
		is(t, "cause", text(d.Cause), "<none>")
	})
}

func TestStopOfAnUnknownExecution(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", passOnly)
		for _, arn := range []string{arn.Execution(m, "none"), "no ARN at all"} {
			_, err := r.StopExecution(context.Background(), arn, nil, nil)
			code(t, err, "ExecutionDoesNotExist")
			_, err = r.Execution(context.Background(), arn)
			code(t, err, "ExecutionDoesNotExist")
			_, err = r.History(context.Background(), arn, 0, 10, false)
			code(t, err, "ExecutionDoesNotExist")
		}
	})
}

func TestDescribeOfEachEnd(t *testing.T) {
	for _, end := range []struct {
		name, definition     string
		status               statelark.Status
		output, error, cause string
		after                time.Duration
	}{
		{"succeeded", passOnly, statelark.Succeeded, `{"in":1}`, "<none>", "<none>", 0},
		{"failed", `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`, statelark.Failed, "", "E", "c", 0},
		{"failed without words", `{"StartAt":"F","States":{"F":{"Type":"Fail"}}}`, statelark.Failed, "", "<none>", "<none>", 0},
		{"its time is over", `{"TimeoutSeconds":5,` + waitHour[1:], statelark.TimedOut, "", "<none>", "<none>", 5 * time.Second},
		{"a task's time is over", `{"StartAt":"T","States":{"T":{` + lambda + `,"TimeoutSeconds":7,"End":true}}}`,
			statelark.Failed, "", "States.Timeout", "<none>", 7 * time.Second},
	} {
		t.Run(end.name, func(t *testing.T) {
			inBubble(t, forever, func(r *rig) {
				d := r.run(r.machine("M", end.definition), "e", `{"in":1}`)
				is(t, "status", d.Status, end.status)
				is(t, "input", d.Input, `{"in":1}`)
				is(t, "output", d.Output, end.output)
				is(t, "error", text(d.Error), end.error)
				is(t, "cause", text(d.Cause), end.cause)
				is(t, "duration", d.Stop.Sub(d.Start), end.after)
				events, err := r.History(context.Background(), d.ARN(), 0, 1, true)
				if err != nil || len(events) != 1 || events[0].ID != d.Events {
					t.Errorf("last event: %v, %v; the record says %d", events, err, d.Events)
				}
			})
		})
	}
}

// An execution in a loop gives way, and goes on where it was after a crash in the middle of it.
func TestALoopGoesOnAfterACrash(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", endless)
		var arn string
		goOn := r.stall(func() { arn = r.start(m, "e", `1`) }) // else the loop may end before the first batch is filled
		r.store.set(func(s *frail) {
			s.before = func(b *statelark.Batch) error {
				if len(b.Changes) > 0 {
					return fmt.Errorf("the process is dead: %w", statelark.ErrUnavailable)
				}
				return nil
			}
		})
		goOn()
		synctest.Wait()
		r.shut()
		r.store.set(func(s *frail) { s.before = nil })
		is(t, "status", r.describeStored(arn), statelark.Running)
		r.open()
		d := r.ended(arn)
		is(t, "status", d.Status, statelark.Failed)
		is(t, "error", text(d.Error), "States.Runtime")
		is(t, "events", d.Events, 25_000)
		is(t, "executions with rows", len(r.store.kept), 0)
	})
}

// describeStored returns the status that the store has.
func (r *rig) describeStored(text string) statelark.Status {
	r.t.Helper()
	machine, name, _ := arn.SplitExecution(text)
	id, err := r.store.Lookup(context.Background(), machine, name)
	if err != nil {
		r.t.Fatal(err)
	}
	x, err := r.store.Execution(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return x.Status
}

// A Task that starts an execution waits for its owner, and Close for the Task.
func TestCloseWhileATaskStartsAnExecution(t *testing.T) {
	for range 20 {
		inBubbleWith(t, Options{Owners: 1}, echo, func(r *rig) {
			child := r.machine("C", passOnly)
			parent := r.machine("P", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution",
				"Parameters":{"StateMachineArn":"`+child+`","Name":"child"},"End":true}}}`)
			looking, goOn := make(chan struct{}), make(chan struct{})
			arn := r.start(parent, "p", `{}`)
			var once sync.Once
			r.store.set(func(s *frail) {
				s.lookup = func() { // the owner is busy, and the start waits in its mailbox
					once.Do(func() { close(looking) })
					<-goOn
				}
			})
			var caller sync.WaitGroup
			caller.Go(func() {
				_, _ = r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: child, Name: "x", Input: "{}"})
			})
			<-looking
			synctest.Wait()
			caller.Go(r.shut)
			synctest.Wait()
			r.store.set(func(s *frail) { s.lookup = nil })
			close(goOn)
			caller.Wait()
			r.open()
			is(t, "status", r.ended(arn).Status, statelark.Succeeded)
		})
	}
}

func TestCloseWithEverythingUnderWay(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		r.activity("a")
		ctx := context.Background()
		machines := []string{r.machine("task", taskOnly), r.machine("wait", waitHour), r.machine("activity", activityTask("")), r.machine("pass", passOnly)}
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() { _, _ = r.ActivityTask(ctx, here.ActivityARN("a"), "w") })
		}
		synctest.Wait()
		release := r.store.hold()
		for i := range 100 {
			callers.Go(func() {
				_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: machines[i%4], Name: fmt.Sprint("e", i), Input: "{}"})
				if err != nil && !errors.Is(err, errClosing) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		callers.Go(r.shut)
		synctest.Wait()
		release()
		callers.Wait()
		_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: machines[3], Name: "late", Input: "{}"})
		code(t, err, "ServiceUnavailable")
		if err := r.Close(ctx); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		r.open()
		is(t, "an activity's task", r.poll("w") != nil, true)
	})
}

func TestTaskIsDispatchedAgainAfterARestart(t *testing.T) {
	var calls atomic.Int32
	slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		if calls.Add(1) == 1 {
			return forever(ctx, c)
		}
		return echo(ctx, c)
	}
	inBubble(t, slow, func(r *rig) {
		arn := r.start(r.machine("M", taskOnly), "e", `{"a":1}`)
		synctest.Wait()
		r.restart()
		is(t, "output", r.ended(arn).Output, `{"a":1}`)
		is(t, "calls", calls.Load(), 2)
		is(t, "scheduled", r.count(arn, history.LambdaFunctionScheduled), 1)
	})
}
