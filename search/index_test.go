package search

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/search/query"
)

const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:"

var epoch = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// world is a store with executions, an index of it, and what tells the index of them. Its clock stands until it is moved.
type world struct {
	t       failer
	ctx     context.Context
	store   *memstore.Store
	index   *Index
	now     time.Time
	dropped int64
	fences  []statelark.Fence
	there   map[statelark.ExecID]*statelark.ExecutionDetail
	ids     []statelark.ExecID // of there, from the first on
	express []*engine.ExpressSeen
}

// failer is a test.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newWorld(t failer) *world {
	w := &world{t: t, ctx: context.Background(), store: memstore.New(), now: epoch, there: map[statelark.ExecID]*statelark.ExecutionDetail{}}
	leases, err := w.store.Acquire(w.ctx, "node", statelark.Shards)
	w.ok(err)
	for _, l := range leases {
		w.fences = append(w.fences, statelark.Fence{Shard: l.Shard, Epoch: l.Epoch})
	}
	w.open()
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open opens an index, as after a start. Its goroutine is the test's.
func (w *world) open() {
	w.t.Helper()
	x, err := Open(w.ctx, w.store, Options{Now: func() time.Time { return w.now }, Dropped: func() int64 { return w.dropped }, PayloadBytes: 64})
	w.ok(err)
	x.source, x.fill = w, x.newFill()
	w.index = x
}

func (w *world) Detail(_ context.Context, id statelark.ExecID) (*statelark.ExecutionDetail, error) {
	if d := w.there[id]; d != nil {
		return d, nil
	}
	return nil, statelark.ErrNotFound
}

func (w *world) ExpressExecutions(string, int) []*engine.ExpressSeen { return w.express }

// commit stores what an execution is now.
func (w *world) commit(d *statelark.ExecutionDetail, start bool) {
	w.t.Helper()
	record := d.Execution
	w.ok(w.store.Commit(w.ctx, &statelark.Batch{Fences: w.fences, Changes: []*statelark.Change{{Exec: d.ID, Start: start, Execution: &record}}}))
	w.there[d.ID] = d
}

// tell tells the index of an execution; drop: the tap drops it.
func (w *world) tell(d *statelark.ExecutionDetail, began, ended, drop bool) {
	if drop {
		w.dropped++
		return
	}
	e := history.Event{ID: 1, At: w.now.UnixMilli(), Type: history.ExecutionStarted}
	if ended {
		e = history.Event{ID: d.Events, At: w.now.UnixMilli(), Type: history.ExecutionSucceeded, Data: d.Output, Error: d.Error, Cause: d.Cause}
	} else if !began {
		e.Type = history.ExecutionRedriven
	}
	record := d.Execution
	n := engine.NewNews(&record, nil, []history.Event{e})
	n.Began, n.Ended, n.Input = began, ended, d.Input
	w.index.Read(n)
}

func (w *world) start(n int, input string) *statelark.ExecutionDetail {
	w.t.Helper()
	d := &statelark.ExecutionDetail{Input: input}
	d.Execution = statelark.Execution{
		ID: statelark.NewExecID(w.now, statelark.ShardID(n%7), uint64(n)), Machine: fmt.Sprint(machine, "m", n%3),
		Name: fmt.Sprint("x", n), Status: statelark.Running, Start: w.now.Truncate(time.Millisecond),
	}
	w.commit(d, true)
	w.ids = append(w.ids, d.ID)
	return d
}

// end returns d as it ended.
func (w *world) end(d *statelark.ExecutionDetail, status statelark.Status, output string) *statelark.ExecutionDetail {
	w.t.Helper()
	after := *d
	after.Status, after.Stop, after.Events = status, w.now.Truncate(time.Millisecond), 9
	if after.Output = output; status == statelark.Failed {
		why, cause := "Broken", "the cause "+output
		after.Output, after.Error, after.Cause = "", &why, &cause
	}
	w.commit(&after, false)
	return &after
}

func (w *world) redrive(d *statelark.ExecutionDetail) *statelark.ExecutionDetail {
	w.t.Helper()
	after := *d
	after.Status, after.Stop, after.Redrives, after.Redriven = statelark.Running, time.Time{}, d.Redrives+1, w.now
	after.Output, after.Error, after.Cause = "", nil, nil
	w.commit(&after, false)
	return &after
}

// filled lets the index read all that it is to read from the store.
func (w *world) filled() {
	w.t.Helper()
	for w.index.fill != nil {
		w.ok(w.index.fillStep(w.ctx))
	}
}

// search returns the names that a query finds, by pages of n.
func (w *world) search(text string, n int) (names []string) {
	w.t.Helper()
	q := parse(w.t, text)
	for r := (Request{Query: q, Limit: n}); ; {
		page, err := w.index.Search(w.ctx, r)
		w.ok(err)
		for _, f := range page.Found {
			names = append(names, f.Name)
		}
		if r.Before = page.Next; page.Next == (statelark.ExecID{}) {
			return names
		}
	}
}

func parse(t failer, text string) *query.Query {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// want returns the names that a query should find.
func (w *world) want(text string) (names []string) {
	q := parse(w.t, text)
	slices.SortFunc(w.ids, func(a, b statelark.ExecID) int { return bytes.Compare(b[:], a[:]) })
	for _, id := range w.ids {
		if d := w.there[id]; d != nil && q.Matches(documentOfDetail(d, 64).query(), w.now) {
			names = append(names, d.Name)
		}
	}
	return names
}

// questions are asked of the index after each step of the model.
var questions = []string{
	"", "status:RUNNING", "status:FAILED,ABORTED", "machine:m1", "input.n=3", "-input.n=3 status:SUCCEEDED", "output.r:*", "started>1m", "duration>30s",
	"error:Broken", `"the cause 4"`, "name:x1*", "redrives>0", "input.n=1 OR output.r=2", "stopped<1m",
}

func (w *world) compare() {
	w.t.Helper()
	for i, text := range questions {
		want := w.want(text)
		if diff := cmp.Diff(want, w.search(text, 1+i%5)); diff != "" {
			w.t.Fatalf("%q (-want +got):\n%s", text, diff)
		}
		c, err := w.index.Count(w.ctx, Request{Query: parse(w.t, text)})
		w.ok(err)
		if c.N != len(want) {
			w.t.Fatalf("%q: counts %d, want %d", text, c.N, len(want))
		}
	}
}

// TestModel does all that executions, crashes and dropped news can do to an index, and asks it.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt)
		n := 0
		draw := func(of int) int { return rapid.IntRange(0, of-1).Draw(rt, "n") }
		some := func(status ...statelark.Status) *statelark.ExecutionDetail {
			var list []*statelark.ExecutionDetail
			for _, id := range w.ids {
				if d := w.there[id]; d != nil && slices.Contains(status, d.Status) {
					list = append(list, d)
				}
			}
			if len(list) == 0 {
				rt.Skip("there is none")
			}
			return list[draw(len(list))]
		}
		rt.Repeat(map[string]func(*rapid.T){
			"start": func(*rapid.T) {
				n++
				d := w.start(n, fmt.Sprintf(`{"n": %d}`, draw(5)))
				w.tell(d, true, false, draw(8) == 0)
			},
			"short": func(*rapid.T) {
				n++
				d := w.end(w.start(n, fmt.Sprintf(`{"n": %d}`, draw(5))), statelark.Succeeded, fmt.Sprintf(`{"r": %d}`, draw(5)))
				w.tell(d, true, true, draw(8) == 0)
			},
			"end": func(*rapid.T) {
				status := []statelark.Status{statelark.Succeeded, statelark.Failed, statelark.Aborted}[draw(3)]
				d := w.end(some(statelark.Running), status, fmt.Sprint(draw(5)))
				w.tell(d, false, true, draw(8) == 0)
			},
			"redrive": func(*rapid.T) {
				w.tell(w.redrive(some(statelark.Failed, statelark.Aborted)), false, false, draw(8) == 0)
			},
			"time":  func(*rapid.T) { w.now = w.now.Add(time.Duration(1+draw(40)) * time.Second) },
			"flush": func(*rapid.T) { w.ok(w.index.flush(w.ctx, draw(2) == 0)) },
			"tend":  func(*rapid.T) { w.ok(w.index.tend(w.ctx)) },
			"fill": func(*rapid.T) {
				if w.index.fill != nil {
					w.ok(w.index.fillStep(w.ctx))
				}
			},
			"expire": func(*rapid.T) {
				_, err := w.store.Expire(w.ctx, w.now.Add(-2*time.Minute), 1000)
				w.ok(err)
				for id := range w.there {
					if _, err := w.store.Execution(w.ctx, id); err != nil {
						delete(w.there, id)
					}
				}
			},
			"crash": func(*rapid.T) {
				w.ok(w.index.Close(w.ctx))
				w.open()
			},
			"compare": func(*rapid.T) {
				w.ok(w.index.flush(w.ctx, false)) // notices what was dropped
				w.filled()
				w.compare()
			},
		})
	})
}
