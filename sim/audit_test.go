package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
)

// auditDispatch checks, when a function is called, that its call is in the store already.
func (w *world) auditDispatch(k task.Key) {
	if _, _, _, express := arn.SplitExpress(k.Execution); express { // of which no store knows
		return
	}
	machine, name, _ := arn.SplitExecution(k.Execution)
	id, err := w.store.Lookup(context.Background(), machine, name)
	if err != nil {
		w.errorf("%s calls a function, and is not in the store: %v", k.Execution, err)
		return
	}
	blocks, err := w.store.History(context.Background(), id, 1, math.MaxInt32, false)
	if err != nil || len(blocks) == 0 {
		w.errorf("%s calls a function and has no history: %v", k.Execution, err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.called[k.Execution] == nil {
		w.called[k.Execution] = make(map[uint64]bool)
	}
	w.called[k.Execution][k.Seq] = true
	least := 2 + 2*len(w.called[k.Execution]) // it started and entered a state; each attempt was scheduled and started
	if last := blocks[len(blocks)-1].Last; last < int64(least) {
		w.errorf("attempt %d of %s was dispatched after event %d", k.Seq, k.Execution, last)
	}
}

// audit holds every execution of the world, those started by others included, against what must be true.
func (w *world) audit() {
	all := make(map[statelark.ExecID]*statelark.Execution)
	for _, k := range kinds {
		list, err := w.store.Executions(context.Background(), statelark.ExecutionQuery{Machine: place.StateMachineARN(k.name), Limit: 1000})
		if err != nil {
			w.errorf("%v", err)
		}
		for _, x := range list {
			all[x.ID] = x
			w.auditHistory(x, k)
		}
	}
	badChildren := make(map[statelark.ExecID]bool)
	for _, x := range all {
		if x.Status == statelark.Aborted || x.Status == statelark.Failed {
			badChildren[x.Parent] = true
		}
		if x.Status == statelark.Aborted {
			_, nested := all[x.Parent]
			if !w.stops[x.ARN()] && !nested && !strings.Contains(x.Machine, doomed.name) { // and doomedMap's
				w.errorf("%s was stopped by nobody\n%s", x.ARN(), w.told(x.ARN()))
			}
		}
	}
	for _, k := range kinds {
		if k.maps() {
			w.auditMapRuns(k)
		}
	}
	for _, s := range w.started {
		w.auditEnd(s, badChildren)
	}
	w.auditExpress()
	w.auditRedrives()
	w.auditForks()
	w.auditJobs()
	w.auditRows()
	if w.deleted {
		_, err := w.now().StateMachine(context.Background(), place.StateMachineARN(doomed.name))
		if statelark.ErrorCode(err) != statelark.CodeStateMachineDoesNotExist {
			w.errorf("the state machine that was deleted is there: %v", err)
		}
	}
}

// auditEnd checks how an execution ended that was started from outside.
func (w *world) auditEnd(s started, badChildren map[statelark.ExecID]bool) {
	var d *statelark.ExecutionDetail
	w.must("describing "+s.arn, func(*engine.Engine) error {
		if d = w.look(s.arn); d == nil {
			return errRefused
		}
		return nil
	})
	if d == nil {
		return
	}
	want, right := s.kind.ends[d.Status]
	switch {
	case d.Status == statelark.Aborted && w.stops[s.arn]:
		return
	case d.Status == statelark.Failed && (badChildren[d.ID] || w.disturbed[s.arn]):
		return
	}
	if m := mappings[s.kind.name]; m != nil && d.Status == statelark.Succeeded && (m.exported || w.disturbed[s.arn]) {
		return // see auditMapRun
	}
	if answered := w.answers[s.arn]; answered != "" {
		want = answered
	}
	if s.kind.name == "token" && d.Output == `{"answered":"by another"}` && w.answers[s.arn] == "" {
		want = d.Output // its acknowledgement was lost
	}
	got := d.Output
	if d.Status == statelark.Failed && d.Error != nil {
		got = *d.Error
	}
	if !right || want != "" && got != want {
		w.errorf("%s ended %v with %s, not %s\n%s", s.arn, d.Status, got, want, w.told(s.arn))
	}
	if s.kind == changing {
		w.auditRevision(s, d)
	}
}

// auditRows wants nothing to be left of what only running executions have.
func (w *world) auditRows() {
	ctx := context.Background()
	for shard := range statelark.ShardID(statelark.Shards) {
		timers, err := w.store.Timers(ctx, shard, time.Now().AddDate(10, 0, 0), statelark.Timer{}, 10)
		work, err2 := w.store.Work(ctx, shard, statelark.MessageKey{}, 10)
		inbox, err3 := w.store.Inbox(ctx, shard, statelark.MessageKey{}, 10)
		if err := errors.Join(err, err2, err3); err != nil || len(timers)+len(work)+len(inbox) > 0 {
			w.errorf("shard %d: left are timers %v, work %v, messages %v, %v", shard, timers, work, inbox, err)
		}
	}
}

// tally is what a history holds.
type tally struct {
	entered, exited, ends, redrives int
	tasks                           map[string]int // how often each Task was left
}

func (t *tally) count(ev *history.Event) {
	if ev.Type == history.TaskStateExited {
		t.tasks[ev.Name]++
	}
	switch ev.Type {
	case history.ExecutionRedriven:
		t.redrives++
	case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionTimedOut, history.ExecutionAborted:
		t.ends++
	case history.TaskStateEntered, history.PassStateEntered, history.WaitStateEntered, history.ChoiceStateEntered,
		history.ParallelStateEntered, history.MapStateEntered, history.SucceedStateEntered:
		t.entered++
	case history.TaskStateExited, history.PassStateExited, history.WaitStateExited, history.ChoiceStateExited,
		history.ParallelStateExited, history.MapStateExited, history.SucceedStateExited:
		t.exited++
	}
}

// auditRevision checks that an execution of changing ran the revision of its version, when it has one.
func (w *world) auditRevision(s started, d *statelark.ExecutionDetail) {
	var ran struct{ A, B int }
	err := json.Unmarshal([]byte(d.Output), &ran)
	right := ran.A >= s.revision
	if d.Version != "" {
		right = ran.A == w.published[d.Version]
	}
	if err != nil || ran.A != ran.B || !right {
		w.errorf("%s was started on revision %d or later, or on version %q, and ended with %s, %v", s.arn, s.revision, d.Version, d.Output, err)
	}
}

// auditHistory checks what holds for every history.
func (w *world) auditHistory(x *statelark.Execution, k *kind) {
	wrong := func(format string, a ...any) {
		w.errorf("%s: %s\n%s", x.ARN(), fmt.Sprintf(format, a...), w.told(x.ARN()))
	}
	events, err := w.history(x.ARN())
	if err != nil {
		wrong("%v", err)
		return
	}
	t := tally{tasks: make(map[string]int)}
	for i, ev := range events {
		if ev.ID != int64(i+1) {
			wrong("event %d stands at place %d", ev.ID, i+1)
			return
		}
		if ev.Previous >= ev.ID {
			wrong("event %d follows from %d", ev.ID, ev.Previous)
		}
		if i > 0 && ev.At < events[i-1].At {
			wrong("event %d is earlier than the one before", ev.ID)
		}
		if t.ends > t.redrives && ev.Type != history.ExecutionRedriven || t.ends == t.redrives && ev.Type == history.ExecutionRedriven {
			wrong("event %d comes after %d ends and %d redrives", ev.ID, t.ends, t.redrives)
		}
		t.count(&ev)
	}
	switch {
	case x.Status == statelark.Running:
		wrong("it still runs")
	case t.ends != t.redrives+1 || int64(t.redrives) != x.Redrives:
		wrong("it has %d ends and %d redrives, and its record %d redrives", t.ends, t.redrives, x.Redrives)
	case x.Events != int64(len(events)):
		wrong("its record says %d events, there are %d", x.Events, len(events))
	case x.Stop.Before(x.Start) || x.Stop.UnixMilli() != events[len(events)-1].At:
		wrong("it started at %v and stopped at %v", x.Start, x.Stop)
	case t.exited > t.entered, x.Status == statelark.Succeeded && !k.cuts && t.redrives == 0 && t.exited < t.entered:
		wrong("%d states were entered and %d left", t.entered, t.exited)
	}
	if rows, err := w.store.Threads(context.Background(), x.ID); err != nil || x.Status == statelark.Succeeded && len(rows) > 0 {
		wrong("it has %d rows left, %v", len(rows), err)
	}
	for task, most := range onceEach[k.name] {
		if n := t.tasks[task]; n > most || n < most && x.Status == statelark.Succeeded {
			wrong("%s came to its end %d times, not %d", task, n, most)
		}
	}
}

// history reads all events of an execution.
func (w *world) history(arn string) ([]history.Event, error) {
	var events []history.Event
	for {
		page, err := w.now().History(context.Background(), arn, int64(len(events))+1, 1000, false)
		if err != nil || len(page) == 0 {
			return events, err
		}
		events = append(events, page...)
	}
}

// told prints the history of an execution.
func (w *world) told(arn string) string {
	events, err := w.history(arn)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, ev := range events {
		text, _ := json.Marshal(ev)
		fmt.Fprintf(&b, "%d<%d %s %s\n", ev.ID, ev.Previous, ev.Type, text)
	}
	return b.String()
}
