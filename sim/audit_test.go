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
		if strings.Contains(k.definition, "DISTRIBUTED") {
			w.auditMapRuns(k)
		}
	}
	for _, s := range w.started {
		w.auditEnd(s, badChildren)
	}
	w.auditExpress()
	w.auditRows()
	if w.deleted {
		_, err := w.now().StateMachine(context.Background(), place.StateMachineARN(doomed.name))
		if statelark.ErrorCode(err) != statelark.CodeStateMachineDoesNotExist {
			w.errorf("the state machine that was deleted is there: %v", err)
		}
	}
}

// auditMapRuns checks the Map Runs of a kind: each item got one child and was counted once.
func (w *world) auditMapRuns(k *kind) {
	ctx := context.Background()
	for _, label := range []string{"/L", "/I"} {
		machine := strings.Replace(place.StateMachineARN(k.name), ":stateMachine:", ":mapRun:", 1) + label
		list, err := w.store.Executions(ctx, statelark.ExecutionQuery{Machine: machine, Limit: 1000})
		if err != nil {
			w.errorf("%v", err)
		}
		for _, x := range list {
			w.must("describing a Map Run", func(e *engine.Engine) error {
				r, err := e.MapRun(ctx, x.Machine+":"+x.Name)
				if err != nil {
					return err
				}
				children, err := w.children(e, r.ARN)
				if err == nil {
					w.auditMapRun(r, k, children)
				}
				return err
			})
		}
	}
}

func (w *world) children(e *engine.Engine, run string) (all []*statelark.Execution, err error) {
	for next := ""; ; {
		list, after, err := e.MapRunExecutions(context.Background(), run, 0, next, 5)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if next = after; next == "" {
			return all, nil
		}
	}
}

func (w *world) auditMapRun(r *statelark.MapRun, k *kind, children []*statelark.Execution) {
	wrong := func(format string, a ...any) { w.errorf("%s, %v: %s, %+v", r.ARN, r.Status, fmt.Sprintf(format, a...), r.Items) }
	n := r.Items
	switch {
	case r.Status == statelark.Running:
		wrong("it still runs")
	case n.Running != 0 || n.Pending < 0 || n.Pending+n.Succeeded+n.Failed+n.TimedOut+n.Aborted != n.Total:
		wrong("its counts are wrong")
	case r.Status == statelark.Succeeded && n.Succeeded != n.Total:
		wrong("it succeeded and not all of its children did")
	case int64(len(children)) != n.Total-n.Pending:
		wrong("it has %d children", len(children))
	}
	seen := make(map[string]bool)
	count := make(map[statelark.Status]int64)
	for _, x := range children {
		if seen[x.Name] {
			wrong("two of its children are %s", x.Name)
		}
		seen[x.Name] = true
		count[x.Status]++
		if !x.Express {
			w.auditHistory(x, &kind{cuts: true})
		}
	}
	if count[statelark.Succeeded] != n.Succeeded || count[statelark.Failed] != n.Failed || count[statelark.Aborted] != n.Aborted {
		wrong("its children are %v", count)
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
	case d.Status == statelark.Failed && badChildren[d.ID]:
		return
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
type tally struct{ entered, exited, ends int }

func (t *tally) count(typ history.Type) {
	switch typ {
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
	var t tally
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
		if t.ends > 0 {
			wrong("event %d comes after the end", ev.ID)
		}
		t.count(ev.Type)
	}
	switch {
	case x.Status == statelark.Running:
		wrong("it still runs")
	case t.ends != 1:
		wrong("it has %d ends", t.ends)
	case x.Events != int64(len(events)):
		wrong("its record says %d events, there are %d", x.Events, len(events))
	case x.Stop.Before(x.Start) || x.Stop.UnixMilli() != events[len(events)-1].At:
		wrong("it started at %v and stopped at %v", x.Start, x.Stop)
	case t.exited > t.entered, x.Status == statelark.Succeeded && !k.cuts && t.exited < t.entered:
		wrong("%d states were entered and %d left", t.entered, t.exited)
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
