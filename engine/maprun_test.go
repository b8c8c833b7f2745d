package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/s3/directory"
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
				var commits atomic.Int64 // of the committer and of a recovery, which commits beside it
				r.store.set(func(s *frail) {
					s.after = func(*statelark.Batch) error {
						if commits.Add(1)%13 == 0 { // made, and nobody hears of it
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
		m := r.machine("M", strings.Replace(mapped("STANDARD", pass+`,"Assign":{"v":1},"Output":"{% $exists($v) %}"`, ""), "{", `{"QueryLanguage":"JSONata",`, 1))
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
		is(t, "variables", fmt.Sprint(labelled.Variables, found.Variables), "map[S:[v]] map[S:[v]]")
		_, err = r.StateMachine(ctx, m+"/No")
		code(t, err, statelark.CodeStateMachineDoesNotExist)
	})
}

// inBucket runs test with an engine that has an object store with a bucket "data", whose folder it gets.
func inBucket(t *testing.T, f function, test func(r *rig, bucket string)) {
	t.Helper()
	root := t.TempDir()
	bucket := filepath.Join(root, "data")
	if err := os.Mkdir(bucket, 0o755); err != nil {
		t.Fatal(err)
	}
	objects, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer objects.Close()
	inBubbleWith(t, Options{Owners: 2, Objects: objects}, f, func(r *rig) { test(r, bucket) })
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// csvReader reads a file of the bucket.
func csvReader(key, more string) string {
	return `,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"data","Key":"` + key +
		`"},"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"` + more + `}}`
}

func lines(n int) string {
	var b strings.Builder
	b.WriteString("id,name\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,\"name, %d\"\n", i, i)
	}
	return b.String()
}

func TestMapRunReadsAFile(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBucket(t, echo, func(r *rig, bucket string) {
				write(t, filepath.Join(bucket, "in.csv"), lines(1234))
				m := r.machine("M", mapped(kind, pass, csvReader("in.csv", "")+`,"ItemSelector":{"n.$":"$$.Map.Item.Value.id","i.$":"$$.Map.Item.Index"}`))
				x := r.run(m, "e", "{}")
				var out []struct {
					N string `json:"n"`
					I int    `json:"i"`
				}
				if err := json.Unmarshal([]byte(x.Output), &out); err != nil || len(out) != 1234 {
					t.Fatalf("%v, %d, %s %s", err, len(out), text(x.Error), text(x.Cause))
				}
				for i, o := range out {
					if o.I != i || o.N != strconv.Itoa(i) {
						t.Fatalf("item %d is %+v", i, o)
					}
				}
				x = r.run(r.machine("B", mapped(kind, pass, csvReader("in.csv", `,"MaxItems":7`)+`,"ItemBatcher":{"MaxItemsPerBatch":3,"BatchInput":{"x":1}}`)), "e", "{}")
				is(t, "output", x.Output, `[{"BatchInput":{"x":1},"Items":[{"id":"0","name":"name, 0"},{"id":"1","name":"name, 1"},{"id":"2","name":"name, 2"}]},`+
					`{"BatchInput":{"x":1},"Items":[{"id":"3","name":"name, 3"},{"id":"4","name":"name, 4"},{"id":"5","name":"name, 5"}]},`+
					`{"BatchInput":{"x":1},"Items":[{"id":"6","name":"name, 6"}]}]`)
				list, _, err := r.MapRuns(context.Background(), x.ARN(), 0, 10)
				if err != nil {
					t.Fatal(err)
				}
				is(t, "items", list[0].Items, statelark.MapRunCounts{Succeeded: 7, Total: 7, ResultsWritten: 7})
				is(t, "executions", list[0].Executions, statelark.MapRunCounts{Succeeded: 3, Total: 3, ResultsWritten: 3})
				for _, c := range r.children(list[0].ARN, 0) {
					if c.Items != 3 && c.Items != 1 {
						t.Errorf("a child has %d items", c.Items)
					}
				}
				x = r.run(r.machine("C", mapped(kind, pass, csvReader("none.csv", ""))), "e", "{}")
				is(t, "error", text(x.Error), "States.ItemReaderFailed")
			})
		})
	}
}

func TestMapRunWritesResults(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			inBucket(t, func(_ context.Context, c *task.Call) (task.Outcome, error) {
				if id, _ := c.Input.Get("id"); id.Str() == "5" {
					return task.Outcome{}, task.Errorf("No", "five")
				}
				return task.Outcome{Output: c.Input}, nil
			}, func(r *rig, bucket string) {
				write(t, filepath.Join(bucket, "in.csv"), lines(20))
				writer := `,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"data","Prefix":"out"}}`
				x := r.run(r.machine("M", mapped(kind, lambda, csvReader("in.csv", "")+writer+`,"ToleratedFailureCount":1`)), "e", "{}")
				var out struct {
					MapRunArn           string
					ResultWriterDetails struct{ Bucket, Key string }
				}
				if err := json.Unmarshal([]byte(x.Output), &out); err != nil {
					t.Fatal(err, x.Output, text(x.Error), text(x.Cause))
				}
				run := out.MapRunArn[strings.LastIndex(out.MapRunArn, ":")+1:]
				is(t, "key", out.ResultWriterDetails.Key, "out/"+run+"/manifest.json")
				var records []struct{ ExecutionArn, Output, Status, Error string }
				read := func(name string) {
					data, err := os.ReadFile(filepath.Join(bucket, "out", run, name))
					if err == nil {
						err = json.Unmarshal(data, &records)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				read("SUCCEEDED_0.json")
				is(t, "successes", len(records), 19)
				is(t, "described", r.describe(records[3].ExecutionArn).Output, records[3].Output)
				read("FAILED_0.json")
				is(t, "failures", len(records), 1)
				is(t, "error", records[0].Error, "No")
				is(t, "status", r.describe(records[0].ExecutionArn).Status, statelark.Failed)
			})
		})
	}
}
