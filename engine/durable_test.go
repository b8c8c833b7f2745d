package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/task"
)

// later calls f, which must not return before release is called.
func (r *rig) later(what string, release func(), f func()) {
	r.t.Helper()
	over := make(chan struct{})
	go func() {
		defer close(over)
		f()
	}()
	synctest.Wait()
	select {
	case <-over:
		r.t.Errorf("%s did not wait until it was durable", what)
	default:
	}
	release()
	<-over
}

// What can be seen in the store before it is durable is not told to anybody.
func TestNothingIsToldBeforeItIsDurable(t *testing.T) {
	for what, read := range map[string]func(*Engine, string) error{
		"DescribeExecution": func(e *Engine, arn string) error {
			d, err := e.Execution(context.Background(), arn)
			if err == nil && d.Output != "2" {
				err = fmt.Errorf("the output is %q", d.Output)
			}
			return err
		},
		"GetExecutionHistory": func(e *Engine, arn string) error {
			_, err := e.History(context.Background(), arn, 0, 10, true)
			return err
		},
		"ListExecutions": func(e *Engine, _ string) error {
			_, err := e.Executions(context.Background(), statelark.ExecutionQuery{Machine: here.StateMachineARN("M"), Limit: 1})
			return err
		},
		"StopExecution": func(e *Engine, arn string) error {
			_, err := e.StopExecution(context.Background(), arn, nil, nil)
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				r.activity("a")
				arn := r.start(r.machine("M", activityTask("")), "e", `1`)
				token := r.poll("w").Token
				release := r.store.holdAnswers()
				go func() {
					if err := r.TaskSucceeded(context.Background(), token, "2"); err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()
				is(t, "what the store shows", r.describeStored(arn), statelark.Succeeded)
				r.later(what, release, func() {
					if err := read(r.Engine, arn); err != nil {
						t.Error(err)
					}
				})
			})
		})
	}
}

// What was shown before a batch failed may be gone.
func TestReadDuringABatchThatFails(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", waitHour)
		arn := r.start(m, "e", `{}`)
		gate := make(chan struct{})
		r.store.set(func(s *frail) {
			s.after = func(*statelark.Batch) error {
				<-gate
				return fmt.Errorf("connection lost: %w", statelark.ErrUnavailable)
			}
		})
		go func() { _, _ = r.StopExecution(context.Background(), arn, nil, nil) }()
		synctest.Wait()
		release := func() {
			r.store.set(func(s *frail) { s.after = nil })
			close(gate)
		}
		r.later("DescribeExecution", release, func() {
			if d, err := r.Execution(context.Background(), arn); err == nil {
				t.Errorf("the answer is %v", d.Status)
			}
		})
		is(t, "status", r.describe(arn).Status, statelark.Aborted)
	})
}

// A scan that sees a task before it is durable does not dispatch it.
func TestScanWaitsForTheBatchThatItSees(t *testing.T) {
	var calls atomic.Int32
	counted := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		calls.Add(1)
		return echo(ctx, c)
	}
	inBubble(t, counted, func(r *rig) {
		m := r.machine("M", taskOnly)
		synctest.Wait()
		release := r.store.holdAnswers()
		go func() {
			_, _ = r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: m, Name: "e", Input: "1"})
		}()
		synctest.Wait()
		r.store.set(func(s *frail) { s.after = nil }) // for what the scan itself asks
		scanned := make(chan error, 1)
		go func() { scanned <- r.recover(context.Background()) }()
		synctest.Wait()
		is(t, "calls before the task is durable", calls.Load(), 0)
		release()
		if err := <-scanned; err != nil {
			t.Error(err)
		}
		is(t, "output", r.ended(arn.Execution(m, "e")).Output, "1")
		is(t, "calls", calls.Load(), 1)
	})
}

// A store that takes no batch may show what it never made durable.
func TestScanOfAStoreThatTakesNoBatch(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.store.set(func(s *frail) {
			s.before = func(*statelark.Batch) error { return statelark.ErrUnavailable }
		})
		if err := r.recover(context.Background()); err == nil {
			t.Error("it was scanned")
		}
		r.store.set(func(s *frail) { s.before = nil })
	})
}

// A task that ends between a scan's look at its work row and what the scan makes of that is not run again.
func TestScanDoesNotRepeatATaskThatEndsMeanwhile(t *testing.T) {
	var calls atomic.Int32
	goOn := make(chan struct{})
	gated := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		calls.Add(1)
		select {
		case <-goOn:
		case <-ctx.Done():
			return task.Outcome{}, ctx.Err()
		}
		return echo(ctx, c)
	}
	for _, end := range []string{"by itself", "with its execution"} {
		t.Run(end, func(t *testing.T) {
			inBubble(t, gated, func(r *rig) {
				goOn = make(chan struct{})
				calls.Store(0)
				arn := r.start(r.machine("M", taskOnly), "e", `1`)
				synctest.Wait()
				r.store.set(func(s *frail) {
					s.worked = func() {
						s.set(func(s *frail) { s.worked = nil })
						if end == "by itself" {
							close(goOn)
						} else if _, err := r.StopExecution(context.Background(), arn, nil, nil); err != nil {
							t.Error(err)
						}
						r.ended(arn)
						synctest.Wait()
					}
				})
				if err := r.recover(context.Background()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				is(t, "calls", calls.Load(), 1)
				is(t, "scans that are remembered", len(r.dispatcher.over)+r.dispatcher.scans, 0)
			})
		})
	}
}
