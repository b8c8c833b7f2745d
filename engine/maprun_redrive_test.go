package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/task"
)

// choosy is a function that takes a time and fails for what it is told to. It counts what succeeded, by the input.
type choosy struct {
	mu    sync.Mutex
	takes time.Duration
	fails func(input string) bool
	well  map[string]int
}

func (f *choosy) start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	f.mu.Lock()
	takes := f.takes
	f.mu.Unlock()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return task.Outcome{}, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails(c.Input.Text()) {
		return task.Outcome{}, task.Errorf("No", "as it was told")
	}
	if f.well == nil {
		f.well = make(map[string]int)
	}
	f.well[c.Input.Text()]++
	return task.Outcome{Output: c.Input}, nil
}

func (f *choosy) set(fails func(string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = fails
}

// keeps checks that do runs no child again that has succeeded.
func (f *choosy) keeps(r *rig, run string, do func()) {
	r.t.Helper()
	before := make(map[string]int)
	for _, c := range r.children(run, statelark.Succeeded) {
		input := r.describe(c.ARN()).Input
		f.mu.Lock()
		before[input] = f.well[input]
		f.mu.Unlock()
	}
	do()
	f.mu.Lock()
	defer f.mu.Unlock()
	for input, times := range before {
		if f.well[input] != times {
			r.t.Errorf("%s was run again", input)
		}
	}
}

func none(string) bool  { return false }
func every(string) bool { return true }

// endsIn fails inputs by their last digit.
func endsIn(digits string) func(string) bool {
	return func(input string) bool { return strings.ContainsAny(input[len(input)-1:], digits) }
}

// again redrives an execution and waits for its end.
func (r *rig) again(arn string) *statelark.ExecutionDetail {
	r.t.Helper()
	if _, err := r.RedriveExecution(context.Background(), arn, ""); err != nil {
		r.t.Fatal(err)
	}
	return r.ended(arn)
}

func (r *rig) runOf(execution string) *statelark.MapRun {
	r.t.Helper()
	list, _, err := r.MapRuns(context.Background(), execution, 0, 10)
	if err != nil || len(list) != 1 {
		r.t.Fatalf("MapRuns: %d, %v", len(list), err)
	}
	return list[0]
}

func TestRedriveOfAMapRun(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: endsIn("37")}
			inBubble(t, f.start, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"ToleratedFailureCount":150`))
				x := r.run(m, "e", numbers(1000))
				is(t, "error", text(x.Error), "States.ExceedToleratedFailureThreshold")
				before := r.runOf(x.ARN())
				is(t, "status", before.Status, statelark.Failed)
				failed := before.Items.Failed
				old := r.children(before.ARN, statelark.Failed)
				is(t, "failed children", int64(len(old)), failed)

				f.set(endsIn("3"))
				time.Sleep(time.Minute)
				f.keeps(r, before.ARN, func() { x = r.again(x.ARN()) })
				is(t, "output", x.Output, tens(1000, "3"))
				run := r.runOf(x.ARN())
				is(t, "run", run.ARN, before.ARN)
				is(t, "status", run.Status, statelark.Succeeded)
				is(t, "redrives", run.Redrives, 1)
				is(t, "redriven", run.Redriven.After(before.Stop), true)
				is(t, "counts", run.Items, statelark.MapRunCounts{Succeeded: 900, Failed: 100, Total: 1000, ResultsWritten: 1000})
				is(t, "counts", run.Executions, run.Items)
				is(t, "children", len(r.children(run.ARN, 0)), 1000)
				is(t, "failed children", len(r.children(run.ARN, statelark.Failed)), 100)
				is(t, "pending children", len(r.children(run.ARN, statelark.PendingRedrive)), 0)
				is(t, "events", r.count(x.ARN(), history.MapRunRedriven), 1)
				if kind == "EXPRESS" {
					return
				}
				for _, c := range old {
					d := r.describe(c.ARN())
					is(t, "redrives", d.Redrives, 1)
					is(t, "redriven", r.count(c.ARN(), history.ExecutionRedriven), 1)
				}
				for _, c := range r.children(run.ARN, statelark.Succeeded) {
					if c.Redrives > 1 {
						t.Errorf("%d redrives", c.Redrives)
					}
				}
			})
		})
	}
}

// tens is the array of the numbers below n that do not end in some digits.
func tens(n int, but string) string {
	var list []string
	for i := range n {
		if s := fmt.Sprint(i); !strings.ContainsAny(s[len(s)-1:], but) {
			list = append(list, s)
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

// TestRedriveOfARedrive: each redrive takes up what is left of those before.
func TestRedriveOfARedrive(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: every}
			inBubble(t, f.start, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":20`))
				x := r.run(m, "e", numbers(1500))
				for n, digits := range []string{"0123456789", "12345679", "1359", "9", "7", ""} {
					if digits != "" {
						f.set(endsIn(digits))
					} else {
						f.set(none)
					}
					f.keeps(r, r.runOf(x.ARN()).ARN, func() { x = r.again(x.ARN()) })
					run := r.runOf(x.ARN())
					is(t, "redrives", run.Redrives, int64(n+1))
					c := run.Items
					is(t, "sum", c.Pending+c.Succeeded+c.Failed+c.Aborted, 1500)
					is(t, "children", int64(len(r.children(run.ARN, 0))), 1500-c.Pending)
					is(t, "failed children", int64(len(r.children(run.ARN, statelark.Failed))), c.Failed)
					is(t, "aborted children", int64(len(r.children(run.ARN, statelark.Aborted))), c.Aborted)
					is(t, "successes", int64(len(r.children(run.ARN, statelark.Succeeded))), c.Succeeded)
				}
				is(t, "output", x.Output, numbers(1500))
			})
		})
	}
}

// TestRedriveOfAnAbortedMapRun: what ran goes again, what had not begun begins.
func TestRedriveOfAnAbortedMapRun(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: none, takes: time.Second}
			inBubble(t, f.start, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":7`))
				x := r.start(m, "e", numbers(100))
				time.Sleep(2500 * time.Millisecond)
				if _, err := r.StopExecution(context.Background(), x, nil, nil); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				is(t, "counts", r.runOf(x).Items, statelark.MapRunCounts{Succeeded: 14, Aborted: 7, Pending: 79, Total: 100})
				r.restart()
				f.keeps(r, r.runOf(x).ARN, func() { is(t, "output", r.again(x).Output, numbers(100)) })
				is(t, "counts", r.runOf(x).Items, statelark.MapRunCounts{Succeeded: 100, Total: 100, ResultsWritten: 100})
			})
		})
	}
}

// TestRedriveWhileTheRunIsStopped: a redrive may come before all of its children have ended, and be stopped, too.
func TestRedriveWhileTheRunIsStopped(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: none, takes: time.Second}
			inBubble(t, f.start, func(r *rig) {
				ctx := context.Background()
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":50`))
				x := r.start(m, "e", numbers(200))
				time.Sleep(1500 * time.Millisecond)
				for range 3 {
					for range 3 {
						if _, err := r.StopExecution(ctx, x, nil, nil); err != nil {
							t.Fatal(err)
						}
						if _, err := r.RedriveExecution(ctx, x, ""); err != nil {
							t.Fatal(err)
						}
					}
					time.Sleep(500 * time.Millisecond)
				}
				if _, err := r.StopExecution(ctx, x, nil, nil); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				run := r.runOf(x)
				is(t, "status", run.Status, statelark.Aborted)
				is(t, "running", run.Items.Running+run.Items.PendingRedrive, 0)
				f.keeps(r, run.ARN, func() { is(t, "output", r.again(x).Output, numbers(200)) })
				is(t, "redrives", r.describe(x).Redrives, r.runOf(x).Redrives)
			})
		})
	}
}

// TestPendingRedrive looks at children that wait for their turn.
func TestPendingRedrive(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: every}
			inBubble(t, f.start, func(r *rig) {
				ctx := context.Background()
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":3,"ToleratedFailureCount":10`))
				x := r.run(m, "e", numbers(20))
				before := r.runOf(x.ARN()).Items
				f.mu.Lock()
				f.takes = time.Second
				f.mu.Unlock()
				f.set(none)
				if _, err := r.RedriveExecution(ctx, x.ARN(), ""); err != nil {
					t.Fatal(err)
				}
				time.Sleep(1500 * time.Millisecond)
				run := r.runOf(x.ARN())
				is(t, "status", run.Status, statelark.Running)
				unsuccessful := before.Failed + before.Aborted
				is(t, "counts", run.Executions, statelark.MapRunCounts{
					Succeeded: 3, Running: 3, PendingRedrive: unsuccessful - 6, Pending: 20 - unsuccessful, Total: 20,
				})
				is(t, "pending children", int64(len(r.children(run.ARN, statelark.PendingRedrive))), unsuccessful-6)
				is(t, "failed children", len(r.children(run.ARN, statelark.Failed)), 0)
				is(t, "running children", len(r.children(run.ARN, statelark.Running)), 3)
				is(t, "children", int64(len(r.children(run.ARN, 0))), unsuccessful)
				c := r.children(run.ARN, statelark.PendingRedrive)[0]
				is(t, "status", r.describe(c.ARN()).Status, statelark.PendingRedrive)
				more := int64(0)
				if err := r.UpdateMapRun(ctx, run.ARN, statelark.MapRunUpdate{Concurrency: &more}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(400 * time.Millisecond)
				is(t, "running children", len(r.children(run.ARN, statelark.Running)), 17)
				is(t, "output", r.ended(x.ARN()).Output, numbers(20))
			})
		})
	}
}

// TestRedriveKeepsTheTolerance: as it was updated.
func TestRedriveKeepsTheTolerance(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: every, takes: time.Second}
			inBubble(t, f.start, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":5`))
				x := r.start(m, "e", numbers(30))
				synctest.Wait()
				time.Sleep(500 * time.Millisecond)
				count, percentage := int64(12), float64(100)
				err := r.UpdateMapRun(context.Background(), r.runOf(x).ARN, statelark.MapRunUpdate{ToleratedCount: &count, ToleratedPercentage: &percentage})
				if err != nil {
					t.Fatal(err)
				}
				is(t, "status", r.ended(x).Status, statelark.Failed)
				if c := r.runOf(x).Items; c.Failed < 13 || c.Failed > 15 {
					t.Errorf("counts are %+v", c)
				}
				r.restart()
				f.set(endsIn("1234"))
				is(t, "output", r.again(x).Output, tens(30, "1234"))
				is(t, "counts", r.runOf(x).Items, statelark.MapRunCounts{Succeeded: 18, Failed: 12, Total: 30, ResultsWritten: 30})
			})
		})
	}
}

// TestRedriveOfManyGoesOnAfterCrashes: thousands of failures are redriven while the engine restarts and the store fails.
func TestRedriveOfManyGoesOnAfterCrashes(t *testing.T) {
	const n = 4000
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: every}
			inBubble(t, f.start, func(r *rig) {
				m := r.machine("M", mapped(kind, lambda, `,"MaxConcurrency":300,"ToleratedFailurePercentage":99.99`))
				x := r.run(m, "e", numbers(n))
				is(t, "status", x.Status, statelark.Failed)
				var largest, commits atomic.Int64
				r.store.set(func(s *frail) {
					s.before = func(b *statelark.Batch) error {
						for _, ch := range b.Changes {
							largest.Store(max(largest.Load(), int64(len(ch.Sends)), int64(len(ch.Threads))))
						}
						return nil
					}
					s.after = func(*statelark.Batch) error {
						if commits.Add(1)%41 == 0 {
							return statelark.ErrUnavailable
						}
						return nil
					}
				})
				f.set(none)
				f.mu.Lock()
				f.takes = time.Second
				f.mu.Unlock()
				if _, err := r.RedriveExecution(context.Background(), x.ARN(), ""); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					time.Sleep(2500 * time.Millisecond)
					r.restart()
				}
				time.Sleep(10 * time.Minute)
				is(t, "output", r.ended(x.ARN()).Output, numbers(n))
				is(t, "counts", r.runOf(x.ARN()).Items, statelark.MapRunCounts{Succeeded: n, Total: n, ResultsWritten: n})
				is(t, "children", len(r.children(r.runOf(x.ARN()).ARN, 0)), n)
				is(t, "redrives", r.runOf(x.ARN()).Redrives, 1)
				if n := largest.Load(); n > maxSends+50 {
					t.Errorf("a change has %d rows or messages", n)
				}
			})
		})
	}
}

// TestRedriveOfNestedMapRuns: a child that failed in a Map Run of its own.
func TestRedriveOfNestedMapRuns(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: endsIn("37")}
			inBubble(t, f.start, func(r *rig) {
				inner := `"Type":"Map","Label":"I","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind +
					`"},"StartAt":"S","States":{"S":{` + lambda + `,"End":true}}}`
				x := r.run(r.machine("M", mapped("STANDARD", inner, `,"ToleratedFailurePercentage":10`)), "e", `[[1,2,3],[4],[],[7,5]]`)
				is(t, "status", x.Status, statelark.Failed)
				f.set(none)
				x = r.again(x.ARN())
				is(t, "output", x.Output, `[[1,2,3],[4],[],[7,5]]`)
				for _, c := range r.children(r.runOf(x.ARN()).ARN, 0) {
					if c.Redrives > 0 {
						is(t, "redrives", r.runOf(c.ARN()).Redrives, c.Redrives)
					}
				}
			})
		})
	}
}

// TestMapRunRedrivesAreBounded: the state fails, and says why.
func TestMapRunRedrivesAreBounded(t *testing.T) {
	o, met := limited(t, "map-run-redrives", "2")
	f := &choosy{fails: every}
	inBubbleWith(t, o, f.start, func(r *rig) {
		x := r.run(r.machine("M", mapped("STANDARD", lambda, "")), "e", numbers(3))
		for range 2 {
			x = r.again(x.ARN())
			is(t, "error", text(x.Error), "States.ExceedToleratedFailureThreshold")
		}
		is(t, "told", met.has("map-run-redrives"), false)
		x = r.again(x.ARN())
		is(t, "error", text(x.Error), "States.Runtime")
		is(t, "told", met.has("map-run-redrives"), true)
		is(t, "redrives", r.runOf(x.ARN()).Redrives, 2)
	})
}

// TestChildrenThatCannotBeRedriven are counted as failed, and that they are so.
func TestChildrenThatCannotBeRedriven(t *testing.T) {
	l := limits.AWS()
	l.Events = 20
	f := &choosy{fails: every}
	inBubbleWith(t, Options{Owners: 2, Limits: &l}, f.start, func(r *rig) {
		loops := `"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":1,"Next":"P"}],"Default":"T"},"P":{"Type":"Pass","Next":"S"},"T":{` + lambda
		m := r.machine("M", strings.Replace(mapped("STANDARD", `@`, `,"ToleratedFailureCount":1`), `{@,"End":true}`, `{`+loops+`,"End":true}`, 1))
		x := r.run(m, "e", `[0,1,2]`)
		is(t, "status", x.Status, statelark.Failed)
		run := r.runOf(x.ARN())
		is(t, "not redrivable", run.Items.FailuresNotRedrivable, 1)
		f.set(none)
		x = r.again(x.ARN())
		is(t, "output", x.Output, `[0,2]`)
		run = r.runOf(x.ARN())
		is(t, "counts", run.Executions, statelark.MapRunCounts{Succeeded: 2, Failed: 1, FailuresNotRedrivable: 1, Total: 3, ResultsWritten: 3})
		x = r.describe(r.children(run.ARN, statelark.Failed)[0].ARN())
		is(t, "status", x.RedriveStatus, statelark.NotRedrivable)
		is(t, "redrives", x.Redrives, 0)
	})
}

// TestRedriveReadsAndWrites: a data set that was not there is read from the start, and results go where those of a redrive do.
func TestRedriveReadsAndWrites(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := &choosy{fails: func(input string) bool { return strings.Contains(input, `"5"`) }}
			inBucket(t, f.start, func(r *rig, bucket string) {
				writer := `,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"data","Prefix":"out"}}`
				x := r.run(r.machine("M", mapped(kind, lambda, csvReader("in.csv", "")+writer)), "e", "{}")
				is(t, "error", text(x.Error), "States.ItemReaderFailed")
				write(t, filepath.Join(bucket, "in.csv"), lines(20))
				x = r.again(x.ARN())
				is(t, "error", text(x.Error), "States.ExceedToleratedFailureThreshold")
				f.set(none)
				f.keeps(r, r.runOf(x.ARN()).ARN, func() { x = r.again(x.ARN()) })
				run := r.runOf(x.ARN()).ARN
				run = run[strings.LastIndex(run, ":")+1:]
				if want := `"Key":"out/` + run + `/Redrive-2/manifest.json"`; !strings.Contains(x.Output, want) {
					t.Errorf("output is %s, want %s", x.Output, want)
				}
				succeeded := 0
				for _, folder := range []string{"", "Redrive-1", "Redrive-2"} {
					data, err := os.ReadFile(filepath.Join(bucket, "out", run, folder, "SUCCEEDED_0.json"))
					if err == nil {
						succeeded += strings.Count(string(data), `"Status":"SUCCEEDED"`)
					}
				}
				is(t, "successes", succeeded, 20)
			})
		})
	}
}

// TestRedriveOfTooLargeAResult begins a new Map Run, as AWS's guide has it.
func TestRedriveOfTooLargeAResult(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", mapped("STANDARD", lambda, `,"ItemSelector":{"a.$":"$$.Map.Item.Value","b.$":"$$.Map.Item.Value"}`))
		x := r.run(m, "e", `["`+strings.Repeat("x", 100_000)+`","`+strings.Repeat("y", 100_000)+`"]`)
		is(t, "error", text(x.Error), "States.DataLimitExceeded")
		x = r.again(x.ARN())
		is(t, "error", text(x.Error), "States.DataLimitExceeded")
		list, _, err := r.MapRuns(context.Background(), x.ARN(), 0, 10)
		if err != nil || len(list) != 2 {
			t.Errorf("MapRuns: %d, %v", len(list), err)
		}
	})
}

// TestRedriveWhileTheRunIsLookedAt: who asks for a run that has ended has it looked for in the store, and its redrive comes
// in just then.
func TestRedriveWhileTheRunIsLookedAt(t *testing.T) {
	f := &choosy{fails: every}
	inBubble(t, f.start, func(r *rig) {
		ctx := context.Background()
		m := r.machine("M", mapped("STANDARD", lambda, ""))
		x := r.run(m, "e", numbers(3)).ARN()
		run, err := r.Engine.runOf(ctx, r.runOf(x).ARN)
		if err != nil {
			t.Fatal(err)
		}
		gate := make(chan struct{})
		r.store.set(func(s *frail) {
			s.asked = func(id statelark.ExecID) {
				if id == run.id {
					<-gate
				}
			}
		})
		looked := make(chan bool, 1)
		go func() {
			gone, err := askRun(ctx, r.Engine, run.id, func(r *mapRun, answer func(bool, error)) { answer(r == nil, nil) })
			looked <- gone && err == nil
		}()
		synctest.Wait()
		f.set(none)
		if _, err := r.RedriveExecution(ctx, x, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.store.set(func(s *frail) { s.asked = nil })
		close(gate)
		is(t, "gone", <-looked, true)
		is(t, "output", r.ended(x).Output, numbers(3))
	})
}

// TestStopOfARunThatCannotBeRead stops a run that goes on after a restart, when the children that go again cannot be read
// at first: no part of a run does anything.
func TestStopOfARunThatCannotBeRead(t *testing.T) {
	f := &choosy{fails: every}
	inBubble(t, f.start, func(r *rig) {
		ctx := context.Background()
		x := r.start(r.machine("M", mapped("STANDARD", lambda, "")), "e", numbers(5))
		is(t, "status", r.ended(x).Status, statelark.Failed)
		f.mu.Lock()
		f.takes = time.Hour
		f.mu.Unlock()
		if _, err := r.RedriveExecution(ctx, x, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		list, _, err := r.MapRuns(ctx, x, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "counts", list[0].Items.Running, 5)
		r.store.set(func(s *frail) { s.torn = func(_ statelark.ExecID, blob uint32) bool { return blob > 1 } })
		r.restart()
		more := int64(3)
		if err := r.UpdateMapRun(ctx, list[0].ARN, statelark.MapRunUpdate{Concurrency: &more}); err == nil || statelark.Refused(err) {
			t.Errorf("UpdateMapRun of a run that cannot be read: %v", err)
		}
		if _, err := r.StopExecution(ctx, x, nil, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		r.store.set(func(s *frail) { s.torn = nil })
		time.Sleep(time.Minute)
		run, err := r.MapRun(ctx, list[0].ARN)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "status", run.Status, statelark.Aborted)
		is(t, "counts", run.Items, statelark.MapRunCounts{Aborted: 5, Total: 5})
		is(t, "aborted children", len(r.children(run.ARN, statelark.Aborted)), 5)
	})
}

// TestStopOfALongRedrive: a child is stopped while it computes what its redrive begins with. The redrive is not lost, or the
// run would wait for the child for ever.
func TestStopOfALongRedrive(t *testing.T) {
	inBubbleOfOne(t, echo, func(r *rig) {
		ctx := context.Background()
		m := r.machine("M", `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","End":true,"ItemProcessor":{
			"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P0","States":{`+longWay()+`}}}}}`)
		var x string
		stop := func() {
			if _, err := r.StopExecution(ctx, x, nil, nil); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		goOn := r.stall(func() { x = r.start(m, "e", `[1]`) })
		stop()
		goOn()
		time.Sleep(time.Minute)
		is(t, "aborted", r.runOf(x).Items.Aborted, 1)
		goOn = r.stall(func() {
			if _, err := r.RedriveExecution(ctx, x, ""); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		})
		stop()
		goOn()
		time.Sleep(time.Minute)
		is(t, "status", r.runOf(x).Status, statelark.Aborted)
		is(t, "output", r.again(x).Output, "[1]")
	})
}
