package engine

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// met notes which limits were hit.
type met struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (m *met) hit(limit, _ string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[limit] = true
}

func (m *met) has(limit string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[limit]
}

// limited returns options with one limit as it is given.
func limited(t *testing.T, settings ...string) (Options, *met) {
	l, m := limits.AWS(), &met{seen: map[string]bool{}}
	for i := 0; i < len(settings); i += 2 {
		if err := l.Set(settings[i], settings[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return Options{Owners: 2, Limits: &l, Hit: m.hit}, m
}

func TestMapRunChildrenLimit(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			o, met := limited(t, "map-run-children", "3")
			inBubbleWith(t, o, forever, func(r *rig) {
				x := r.start(r.machine("M", mapped(kind, lambda, "")), "e", numbers(10))
				synctest.Wait()
				list, _, err := r.MapRuns(context.Background(), x, 0, 10)
				if err != nil || len(list) != 1 {
					t.Fatalf("MapRuns: %v, %v", list, err)
				}
				is(t, "counts", list[0].Items, statelark.MapRunCounts{Pending: 7, Running: 3, Total: 10})
				is(t, "told", met.has("map-run-children"), true)
				if _, err := r.StopExecution(context.Background(), x, nil, nil); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestMapRunItemsLimit(t *testing.T) {
	o, met := limited(t, "map-run-items", "3")
	inBubbleWith(t, o, echo, func(r *rig) {
		is(t, "output", r.run(r.machine("M", mapped("STANDARD", pass, "")), "e", numbers(3)).Output, "[0,1,2]")
		is(t, "told", met.has("map-run-items"), false)
		d := r.run(r.machine("M", mapped("STANDARD", pass, "")), "f", numbers(10))
		is(t, "output", d.Output, "[0,1,2]")
		is(t, "told", met.has("map-run-items"), true)
		list, _, err := r.MapRuns(context.Background(), d.ARN(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "items", list[0].Items.Total, 3)
	})
}

// slowly answers after a second.
func slowly(ctx context.Context, c *task.Call) (task.Outcome, error) {
	select {
	case <-time.After(time.Second):
		return task.Outcome{Output: c.Input}, nil
	case <-ctx.Done():
		return task.Outcome{}, ctx.Err()
	}
}

func TestOpenMapRunsLimit(t *testing.T) {
	o, met := limited(t, "open-map-runs", "2")
	inBubbleWith(t, o, slowly, func(r *rig) {
		m := r.machine("M", mapped("STANDARD", lambda, ""))
		var all []string
		for i := range 5 {
			all = append(all, r.start(m, fmt.Sprint(i), "[1]"))
		}
		begun := func() (n int) {
			for _, x := range all {
				list, _, err := r.MapRuns(context.Background(), x, 0, 10)
				if err != nil || len(list) != 1 {
					t.Fatalf("MapRuns: %v, %v", list, err)
				}
				n += int(list[0].Items.Running + list[0].Items.Succeeded + list[0].Items.Aborted)
			}
			return n
		}
		synctest.Wait()
		is(t, "begun", begun(), 2)
		is(t, "told", met.has("open-map-runs"), true)
		is(t, "stats", [2]int64{r.Stats().OpenMapRuns, r.Stats().MapRunBacklog}, [2]int64{2, 3})
		r.restart()
		synctest.Wait()
		is(t, "begun after a restart", begun(), 2)
		time.Sleep(1500 * time.Millisecond)
		is(t, "begun when two have ended", begun(), 4)
		for i := range all { // one of those waits still
			if _, err := r.StopExecution(context.Background(), all[i], nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Second)
		is(t, "stats", [2]int64{r.Stats().OpenMapRuns, r.Stats().MapRunBacklog}, [2]int64{})
		is(t, "output", r.run(m, "last", "[2]").Output, "[2]")
	})
}

// Runs of children do not wait for the run that waits for them.
func TestOpenMapRunsLimitOfNestedRuns(t *testing.T) {
	o, _ := limited(t, "open-map-runs", "1")
	inBubbleWith(t, o, echo, func(r *rig) {
		inner := `"Type":"Map","Label":"I","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
			"StartAt":"S","States":{"S":{` + lambda + `,"End":true}}}`
		d := r.run(r.machine("M", mapped("STANDARD", inner, "")), "e", `[[1,2],[3]]`)
		is(t, "output", d.Output, `[[1,2],[3]]`)
	})
}

// A batch, and a result, may be as large as the limits say.
func TestMapRunPayloadLimit(t *testing.T) {
	o, met := limited(t, "payload-bytes", "1KiB")
	inBubbleWith(t, o, func(context.Context, *task.Call) (task.Outcome, error) {
		return task.Outcome{Output: value.Checked(`"` + strings.Repeat("x", 200) + `"`)}, nil
	}, func(r *rig) {
		m := r.machine("M", mapped("STANDARD", lambda, ""))
		is(t, "status", r.run(m, "e", numbers(4)).Status, statelark.Succeeded)
		is(t, "told", met.has("payload-bytes"), false)
		is(t, "error", text(r.run(m, "f", numbers(6)).Error), "States.DataLimitExceeded")
		is(t, "told", met.has("payload-bytes"), true)
	})
}

func TestMapRunFileLimits(t *testing.T) {
	read := `,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},
		"Parameters":{"Bucket":"data","Key":"in.csv"}}`
	for limit, test := range map[string]struct{ value, cause string }{
		"map-run-source-bytes": {"1KiB", "The object s3://data/in.csv is larger than 1024 bytes."},
		"csv-header-bytes":     {"10", "CSV headers cannot be larger than 10 bytes."},
		"map-run-items":        {"2", ""},
	} {
		t.Run(limit, func(t *testing.T) {
			o, met := limited(t, limit, test.value)
			o.Objects = buckets(t, "in.csv", "number,and other things\n"+strings.Repeat("1,2\n", 300))
			inBubbleWith(t, o, echo, func(r *rig) {
				d := r.run(r.machine("M", mapped("STANDARD", pass, read)), "e", "{}")
				is(t, "cause", text(d.Cause), cmp.Or(test.cause, "<none>"))
				is(t, "told", met.has(limit), true)
			})
		})
	}
}

// buckets is an object store with one bucket, data, and an object in it.
func buckets(t *testing.T, key, content string) *directory.Directory {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "data", key), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	store, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// A file of results is as large as the limits say.
func TestMapRunResultLimit(t *testing.T) {
	o, _ := limited(t, "map-run-result-bytes", "1KiB")
	store := buckets(t, "x", "")
	o.Objects = store
	inBubbleWith(t, o, echo, func(r *rig) {
		d := r.run(r.machine("M", mapped("STANDARD", pass, `,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",
			"Parameters":{"Bucket":"data","Prefix":"out"}}`)), "e", numbers(5))
		is(t, "status", d.Status, statelark.Succeeded)
		got, err := store.List(context.Background(), s3.ListRequest{Bucket: "data", Prefix: "out/"})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got.Objects); n < 4 {
			t.Errorf("there are %d objects, the manifest with them", n)
		}
	})
}
