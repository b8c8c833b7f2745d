package crash

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// auditors is how many executions are looked at at once.
const auditors = 8

// finding is what the server says of an execution at the end.
type finding struct {
	kind   *kind
	d      *sfn.DescribeExecutionOutput
	events []types.HistoryEvent
}

// audit holds everything that the server says now against what must be true. Nothing runs any more.
func (w *world) audit(ctx context.Context) (audited int) {
	listed := make(map[string]types.ExecutionListItem)
	families := make(map[string]int) // children, by the name of the parent
	var mu sync.Mutex                // guards families
	var group sync.WaitGroup
	turns := make(chan struct{}, auditors)
	for _, k := range slices.Concat(kinds, children) {
		items, err := list(ctx, w.client, k.name, "")
		if err != nil {
			w.wrong("listing %s: %v", k.name, err)
			return 0
		}
		for _, item := range items {
			if _, twice := listed[*item.ExecutionArn]; twice {
				w.wrong("%s is on the list twice", *item.ExecutionArn)
			}
			listed[*item.ExecutionArn] = item
			turns <- struct{}{}
			group.Go(func() {
				if parent := w.auditOne(ctx, k, item); parent != "" {
					mu.Lock()
					families[parent]++
					mu.Unlock()
				}
				<-turns
			})
		}
	}
	group.Wait()
	w.auditLedger(listed, families)
	return len(listed)
}

// auditLog looks for what the program says of faults of its own, which its clients may not have noticed.
func (w *world) auditLog() {
	log, err := os.ReadFile(w.server.logFile())
	if err != nil {
		w.wrong("reading the log: %v", err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "please report it") || strings.HasPrefix(line, "panic:") {
			w.wrong("the program told a fault of its own: %s", line)
		}
	}
}

// auditLedger looks for executions that are missing, and for families of the wrong size.
func (w *world) auditLedger(listed map[string]types.ExecutionListItem, families map[string]int) {
	for _, x := range w.executions {
		item, exists := listed[x.arn]
		if !exists {
			if !x.start.IsZero() {
				w.wrong("%s was acknowledged and is on no list", x.name)
			}
			continue
		}
		if x.kind.child == "" {
			continue
		}
		n := families[x.name]
		if n > 1 || n == 0 && item.Status != types.ExecutionStatusAborted {
			w.wrong("%s ended %s and has started %d executions", x.name, item.Status, n)
		}
	}
}

// auditOne looks at one execution. It returns the name of the execution that started it, if one did.
func (w *world) auditOne(ctx context.Context, k *kind, item types.ExecutionListItem) (parent string) {
	d, err := w.describe(ctx, *item.ExecutionArn)
	if err != nil {
		w.wrong("%s is on the list, and then: %v", *item.ExecutionArn, err)
		return ""
	}
	f := &finding{kind: k, d: d}
	if f.events, err = history(ctx, w.client, *d.ExecutionArn); err != nil {
		w.wrong("the history of %s: %v", *d.ExecutionArn, err)
		return ""
	}
	if item.Status != d.Status || !item.StartDate.Equal(*d.StartDate) || item.StopDate == nil || !item.StopDate.Equal(aws.ToTime(d.StopDate)) {
		w.wrong("%s is listed as %+v and described as %+v", *d.ExecutionArn, item, d)
	}
	w.auditHistory(f)
	if slices.Contains(children, k) {
		return w.auditChild(f)
	}
	x := w.find(*d.Name)
	if x == nil || x.arn != *d.ExecutionArn {
		w.wrong("%s was never asked for", *d.ExecutionArn)
		return ""
	}
	w.auditEnd(x, f)
	w.auditAnswers(x, f)
	w.compareHistory(x, f.events)
	return ""
}

// wrongIn notes a failure about an execution, and tells its history.
func (w *world) wrongIn(f *finding, format string, a ...any) {
	w.wrong("%s: "+format+"\n%s", append(append([]any{*f.d.Name}, a...), tell(f.events))...)
}

// auditHistory checks what holds for the history of every execution that has ended.
func (w *world) auditHistory(f *finding) {
	if len(f.events) == 0 {
		w.wrongIn(f, "it has no history")
		return
	}
	var entered, exited int
	for i := range f.events {
		ev := &f.events[i]
		first, last := i == 0, i == len(f.events)-1
		name := string(ev.Type)
		switch {
		case ev.Id != int64(i+1):
			w.wrongIn(f, "event %d stands at place %d", ev.Id, i+1)
			return
		case ev.PreviousEventId < 0 || ev.PreviousEventId >= ev.Id:
			w.wrongIn(f, "event %d follows from %d", ev.Id, ev.PreviousEventId)
		case !first && ev.Timestamp.Before(*f.events[i-1].Timestamp):
			w.wrongIn(f, "event %d is earlier than the one before", ev.Id)
		case (ev.Type == types.HistoryEventTypeExecutionStarted) != first:
			w.wrongIn(f, "event %d is %s", ev.Id, name)
		case isEnd(ev.Type) != last:
			w.wrongIn(f, "event %d of %d is %s", ev.Id, len(f.events), name)
		}
		if strings.HasSuffix(name, "StateEntered") {
			entered++
		} else if strings.HasSuffix(name, "StateExited") {
			exited++
		}
	}
	w.auditFrame(f)
	if exited > entered {
		w.wrongIn(f, "%d states were entered and %d left", entered, exited)
	}
}

// auditFrame checks the first and the last event against the description.
func (w *world) auditFrame(f *finding) {
	last := f.events[len(f.events)-1]
	if want := endEvents[f.d.Status]; last.Type != want {
		w.wrongIn(f, "it is %s and its last event %s", f.d.Status, last.Type)
	}
	if !f.d.StartDate.Equal(*f.events[0].Timestamp) || f.d.StopDate == nil || !f.d.StopDate.Equal(*last.Timestamp) {
		w.wrongIn(f, "it ran from %v to %v", f.d.StartDate, f.d.StopDate)
	}
	if told := f.events[0].ExecutionStartedEventDetails; told == nil || aws.ToString(told.Input) != aws.ToString(f.d.Input) {
		w.wrongIn(f, "its input is %s and its history says otherwise", aws.ToString(f.d.Input))
	}
	if told := last.ExecutionSucceededEventDetails; told != nil && aws.ToString(told.Output) != aws.ToString(f.d.Output) {
		w.wrongIn(f, "its output is %s and its history says otherwise", aws.ToString(f.d.Output))
	}
}

// endEvents is the last event of each way to end.
var endEvents = map[types.ExecutionStatus]types.HistoryEventType{
	types.ExecutionStatusSucceeded: types.HistoryEventTypeExecutionSucceeded,
	types.ExecutionStatusFailed:    types.HistoryEventTypeExecutionFailed,
	types.ExecutionStatusTimedOut:  types.HistoryEventTypeExecutionTimedOut,
	types.ExecutionStatusAborted:   types.HistoryEventTypeExecutionAborted,
}

func isEnd(t types.HistoryEventType) bool {
	for _, end := range endEvents {
		if t == end {
			return true
		}
	}
	return false
}

// auditEnd checks how an execution ended.
func (w *world) auditEnd(x *execution, f *finding) {
	w.ended(x, endingOf(f.d))
	e := *x.end
	if !x.start.IsZero() && !x.start.Equal(*f.d.StartDate) {
		w.wrongIn(f, "it was acknowledged as of %v, and says %v", x.start, f.d.StartDate)
	}
	if got, want := aws.ToString(f.d.Input), fill(input, x.n, x.name, x.seconds); got != want {
		w.wrongIn(f, "its input is %s, want %s", got, want)
	}
	if x.stopping && e == x.aborted() || x.kind.stop && x.late && f.outslept() {
		return
	}
	if !slices.Contains(x.ends(), e) {
		w.wrongIn(f, "it ended as %v, want one of %v (stopping: %v)", e, x.ends(), x.stopping)
		return
	}
	failures := 0
	for i := range f.events {
		switch f.events[i].Type {
		case types.HistoryEventTypeTaskFailed, types.HistoryEventTypeLambdaFunctionFailed:
			failures++
		}
	}
	if !x.kind.answered && failures != x.kind.failures {
		w.wrongIn(f, "%d attempts failed, want %d", failures, x.kind.failures)
	}
	w.auditTimes(x, f)
}

// ends returns the ends that are right for an execution that is not stopped.
func (x *execution) ends() []ending {
	switch {
	case x.kind.stop:
		return nil
	case !x.kind.answered:
		e := x.kind.end
		e.output = fill(e.output, x.n, x.name, x.seconds)
		e.cause = fill(e.cause, x.n, x.name, x.seconds)
		return []ending{e}
	}
	var ends []ending
	if x.late {
		ends = append(ends, outOfTime)
	}
	for _, answers := range [][]ending{x.accepted, x.offered} {
		for _, e := range answers {
			if e.status == types.ExecutionStatusSucceeded || x.kind.name == "token" {
				ends = append(ends, e)
			}
		}
		if len(ends) > 0 && !x.late {
			break
		}
	}
	return ends
}

// outOfTime is the end of an execution whose task nobody answered in time.
var outOfTime = ending{status: types.ExecutionStatusFailed, error: "States.Timeout"}

// outslept reports whether an execution that waits for an hour, to be stopped, came to the end of that: nobody stops one
// of a golden directory that is older.
func (f *finding) outslept() bool {
	return f.d.Status == types.ExecutionStatusSucceeded && f.d.StopDate.Sub(*f.d.StartDate) >= time.Hour
}

// auditTimes checks that nothing was done before its time.
func (w *world) auditTimes(x *execution, f *finding) {
	least := time.Duration(0)
	switch x.kind.name {
	case "wait", "loop", "spawn", "parallel":
		least = time.Duration(x.seconds) * time.Second
	case "variables":
		least = time.Duration(x.seconds+1) * time.Second
	case "retry", "exhausted", "timeout", "map":
		least = 2 * time.Second
	case "limit":
		least = 3 * time.Second
	}
	if ran := f.d.StopDate.Sub(*f.d.StartDate); ran < least {
		w.wrongIn(f, "it ran for %v only, want %v at least", ran, least)
	}
}

// auditAnswers checks that each answer that was accepted is told in the history once, and no answer twice.
func (w *world) auditAnswers(x *execution, f *finding) {
	told := make(map[ending]int)
	for i := range f.events {
		switch ev := &f.events[i]; {
		case ev.ActivitySucceededEventDetails != nil:
			told[succeeded(aws.ToString(ev.ActivitySucceededEventDetails.Output))]++
		case ev.ActivityFailedEventDetails != nil:
			told[failed(aws.ToString(ev.ActivityFailedEventDetails.Error), aws.ToString(ev.ActivityFailedEventDetails.Cause))]++
		case ev.TaskSucceededEventDetails != nil:
			told[succeeded(aws.ToString(ev.TaskSucceededEventDetails.Output))]++
		case ev.TaskFailedEventDetails != nil:
			told[failed(aws.ToString(ev.TaskFailedEventDetails.Error), aws.ToString(ev.TaskFailedEventDetails.Cause))]++
		}
	}
	for _, e := range x.accepted {
		if told[e] != 1 {
			w.wrongIn(f, "the answer %v was accepted, and the history tells it %d times", e, told[e])
		}
	}
	for _, e := range x.offered {
		if told[e] > 1 {
			w.wrongIn(f, "the history tells the answer %v %d times", e, told[e])
		}
	}
	if !x.kind.answered {
		return
	}
	for e := range told {
		if !slices.Contains(x.offered, e) {
			w.wrongIn(f, "the history tells the answer %v, which nobody gave", e)
		}
	}
}

// auditChild checks an execution that another one started, and returns that one's name.
func (w *world) auditChild(f *finding) string {
	var in struct {
		N      int
		Parent string
	}
	if err := json.Unmarshal([]byte(aws.ToString(f.d.Input)), &in); err != nil {
		w.wrongIn(f, "its input is %q: %v", aws.ToString(f.d.Input), err)
		return ""
	}
	parent := w.find(in.Parent)
	if parent == nil || parent.n != in.N || parent.kind.child != f.kind.name {
		w.wrongIn(f, "its input is %s, and there is no such parent", *f.d.Input)
		return ""
	}
	want := f.kind.end
	want.output = fill(want.output, in.N, in.Parent, 0)
	e := endingOf(f.d)
	cut := e.status == types.ExecutionStatusAborted && parent.stopping && parent.kind.childStops &&
		e.cause == "The Task state in AWS Step Functions execution ["+parent.arn+"] which was managing this resource was aborted"
	if e != want && !cut && !(f.kind.name == "endless" && parent.late && f.outslept()) {
		w.wrongIn(f, "it ended as %v, want %v, or aborted with its parent (stopping: %v)", e, want, parent.stopping)
	}
	return in.Parent
}

// fingerprint returns a number that two events share only if they say the same.
func fingerprint(ev *types.HistoryEvent) uint64 {
	text, err := json.Marshal(ev)
	if err != nil {
		panic(err) // a structure of texts, numbers and times
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // it never fails
	return h.Sum64()
}
