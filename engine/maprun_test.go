package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

// mapped is a machine with a distributed Map, of children of a type with one state and more members of the Map.
func mapped(kind, state, more string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L"` + more + `,"ItemProcessor":{
		"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind + `"},"StartAt":"S","States":{"S":{` + state + `,"End":true}}},"End":true}}}`
}

const pass = `"Type":"Pass"`

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",%d", i)
	}
	return "[" + b.String()[1:] + "]"
}

var kinds = []string{"STANDARD", "EXPRESS"}

func TestMapRunGivesTheOutputsInOrder(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				d := r.run(r.machine("M", mapped(kind, pass, "")), "e", numbers(1700))
				is(t, "status", d.Status, statelark.Succeeded)
				is(t, "output", d.Output, numbers(1700))
				is(t, "executions with rows", len(r.store.kept), 0)
			})
		})
	}
}

func TestMapRunOfTasks(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(ctx context.Context, c *task.Call) (task.Outcome, error) {
				if c.Input.Text() == "3" {
					return task.Outcome{}, task.Errorf("No", "three")
				}
				return task.Outcome{Output: c.Input}, nil
			}, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"ToleratedFailureCount":1`))
				is(t, "output", r.run(m, "e", numbers(10)).Output, "[0,1,2,4,5,6,7,8,9]")
				m = r.machine("N", mapped(kind, lambda, ""))
				d := r.run(m, "e", numbers(10))
				is(t, "error", text(d.Error), "States.ExceedToleratedFailureThreshold")
				is(t, "cause", text(d.Cause), "The specified tolerated failure threshold was exceeded")
			})
		})
	}
}

func TestMapRunOfNothing(t *testing.T) {
	for _, kind := range kinds {
		inBubble(t, echo, func(r *rig) {
			is(t, "output", r.run(r.machine("M", mapped(kind, pass, "")), "e", "[]").Output, "[]")
		})
	}
}

func TestMapRunIsDescribed(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, forever, func(r *rig) {
				ctx := context.Background()
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":3`))
				x := r.start(m, "e", numbers(10))
				synctest.Wait()
				time.Sleep(time.Second)
				list, next, err := r.MapRuns(ctx, x, 0, 10)
				if err != nil || len(list) != 1 || next != 0 {
					t.Fatalf("MapRuns: %v, %d, %v", list, next, err)
				}
				d := list[0]
				is(t, "counts", d.Items, statelark.MapRunCounts{Pending: 7, Running: 3, Total: 10})
				is(t, "counts", d.Executions, d.Items)
				is(t, "execution", d.Execution, x)
				is(t, "machine", d.Machine, m+"/L")
				is(t, "concurrency", d.Concurrency, 3)
				running := r.children(d.ARN, statelark.Running)
				is(t, "running children", len(running), 3)
				is(t, "children", len(r.children(d.ARN, 0)), 3)
				c := r.describe(running[0].ARN())
				is(t, "map run", c.MapRun, d.ARN)
				if c.Input != "0" && c.Input != "1" && c.Input != "2" {
					t.Errorf("input is %s", c.Input)
				}

				more := int64(5)
				if err := r.UpdateMapRun(ctx, d.ARN, statelark.MapRunUpdate{Concurrency: &more}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				is(t, "running children", len(r.children(d.ARN, statelark.Running)), 5)

				if _, err := r.StopExecution(ctx, x, nil, nil); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				d, err = r.MapRun(ctx, d.ARN)
				if err != nil {
					t.Fatal(err)
				}
				is(t, "status", d.Status, statelark.Aborted)
				is(t, "counts", d.Items, statelark.MapRunCounts{Pending: 5, Aborted: 5, Total: 10})
				is(t, "aborted children", len(r.children(d.ARN, statelark.Aborted)), 5)
				is(t, "status", r.describe(running[0].ARN()).Status, statelark.Aborted)
				code(t, r.UpdateMapRun(ctx, d.ARN, statelark.MapRunUpdate{Concurrency: &more}), statelark.CodeValidation)
				_, err = r.MapRun(ctx, d.ARN+"0")
				code(t, err, statelark.CodeResourceNotFound)
			})
		})
	}
}

// children lists the children of a run, page by page.
func (r *rig) children(run string, status statelark.Status) (all []*statelark.Execution) {
	r.t.Helper()
	for next := ""; ; {
		list, after, err := r.MapRunExecutions(context.Background(), run, status, next, 4)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, list...)
		if next = after; next == "" {
			return all
		}
	}
}

func TestMapRunGoesOnAfterARestart(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			slow := func(ctx context.Context, c *task.Call) (task.Outcome, error) {
				select {
				case <-time.After(time.Second):
					return task.Outcome{Output: c.Input}, nil
				case <-ctx.Done():
					return task.Outcome{}, ctx.Err()
				}
			}
			inBubble(t, slow, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":100`))
				x := r.start(m, "e", numbers(2000))
				for range 7 {
					time.Sleep(2500 * time.Millisecond)
					r.restart()
				}
				is(t, "output", r.ended(x).Output, numbers(2000))
				list, _, err := r.MapRuns(context.Background(), x, 0, 10)
				if err != nil {
					t.Fatal(err)
				}
				is(t, "counts", list[0].Items, statelark.MapRunCounts{Succeeded: 2000, Total: 2000, ResultsWritten: 2000})
				is(t, "children", len(r.children(list[0].ARN, 0)), 2000)
			})
		})
	}
}

func TestMapRunSurvivesAStoreThatFails(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":10`))
				commits := 0
				r.store.set(func(s *frail) {
					s.after = func(*statelark.Batch) error {
						if commits++; commits%13 == 0 { // made, and nobody hears of it
							return statelark.ErrUnavailable
						}
						return nil
					}
				})
				x := r.start(m, "e", numbers(700))
				is(t, "output", r.ended(x).Output, numbers(700))
			})
		})
	}
}

func TestMapRunsNested(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				inner := `"Type":"Map","Label":"I","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind +
					`"},"StartAt":"S","States":{"S":{` + lambda + `,"End":true}}}`
				d := r.run(r.machine("M", mapped("STANDARD", inner, "")), "e", `[[1,2],[3],[],[4,5]]`)
				is(t, "output", d.Output, `[[1,2],[3],[],[4,5]]`)
			})
		})
	}
}

func TestMapRunEndsWithItsStateMachine(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(ctx context.Context, c *task.Call) (task.Outcome, error) {
				select {
				case <-time.After(time.Second):
					return task.Outcome{Output: c.Input}, nil
				case <-ctx.Done():
					return task.Outcome{}, ctx.Err()
				}
			}, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":10`))
				x := r.start(m, "e", numbers(1000))
				time.Sleep(1500 * time.Millisecond)
				if err := r.DeleteStateMachine(context.Background(), m); err != nil {
					t.Fatal(err)
				}
				is(t, "status", r.ended(x).Status, statelark.Aborted)
				time.Sleep(10 * time.Second)
				_, err := r.StateMachine(context.Background(), m)
				code(t, err, statelark.CodeStateMachineDoesNotExist)
			})
		})
	}
}

func TestStateMachineOfChildren(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		m := r.machine("M", mapped("STANDARD", pass, ""))
		x := r.run(m, "e", "[1]")
		list, _, err := r.MapRuns(ctx, x.ARN(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		c := r.children(list[0].ARN, 0)[0]
		found, err := r.StateMachineOf(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "ARN", found.ARN, m+"/L")
		is(t, "name", found.Name, "M/L")
		if !strings.Contains(found.Definition, `"StartAt":"S"`) || strings.Contains(found.Definition, `"StartAt":"M"`) {
			t.Errorf("definition is %s", found.Definition)
		}
		labelled, err := r.StateMachine(ctx, m+"/L")
		if err != nil {
			t.Fatal(err)
		}
		is(t, "definition", labelled.Definition, found.Definition)
		_, err = r.StateMachine(ctx, m+"/No")
		code(t, err, statelark.CodeStateMachineDoesNotExist)
	})
}
