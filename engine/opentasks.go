package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
)

// # Open tasks
//
// A Task is open that waits for its token or for a worker of its activity. All that are open are known in memory by their
// keys alone, a hundred bytes each; what there is to tell of one is read from the store when somebody looks.
//
// They come in with the change that schedules them and go with the one that ends them. A restarted engine finds them by its
// scan of the work rows: as long as nobody has the task its work row is that of the call, and from then on one that says no
// more than that it is open. Tasks that waited before a build knew this have none, and are not shown after a restart.

// OpenTask is a Task that waits for its token or for a worker.
type OpenTask struct {
	Execution *statelark.Execution
	State     string
	Resource  string
	Activity  bool   // it waits for a worker, or for the answer of one
	Token     string // whoever has it answers
	Worker    string // that has it, "" when none
	Taken     bool   // its target, or a worker, has it
	Since     time.Time
	TimesOut  time.Time // zero: it does not
	Heartbeat time.Time // by when the next one has to come; zero: none has to
	Input     string    // JSON
}

// OpenTaskQuery selects open tasks, those of earlier executions first.
type OpenTaskQuery struct {
	Place    arn.Place
	Machine  string // ARN of the state machine; "": any
	Resource string // ARN; "": any
	After    string // the Next of a page; "": from the first on
	Limit    int
}

// OpenTasks is a page of open tasks.
type OpenTasks struct {
	Tasks []OpenTask
	Total int    // that match, on this page and on others
	Next  string // "": there are no more
}

// openTask is what is kept of one.
type openTask struct {
	machine  unique.Handle[string] // ARN of the state machine
	resource unique.Handle[string]
	state    unique.Handle[string] // "": a restart came between its scheduling and now
	taken    bool
}

// openTasks are all that are known. Any goroutine may ask; only the finisher and the recovery change them.
type openTasks struct {
	mu    sync.Mutex
	tasks map[taskKey]openTask
}

func newOpenTasks() *openTasks { return &openTasks{tasks: make(map[taskKey]openTask)} }

// isOpen reports whether a Task with the resource waits for somebody outside to answer it.
func isOpen(r *asl.Resource) bool {
	return r.Activity != "" || r.Pattern == asl.WaitForTaskToken && r.Waits()
}

// add notes a call, unless it is none of those.
func (o *openTasks) add(k *call) {
	if k.unstored || !isOpen(k.resource) {
		return
	}
	machine, _, _ := arn.SplitExecution(k.arn)
	o.put(k.taskKey, openTask{machine: unique.Make(machine), resource: unique.Make(k.resource.ARN), state: unique.Make(k.state)})
}

func (o *openTasks) put(key taskKey, t openTask) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tasks[key] = t
}

// get returns a task, false when it is not known.
func (o *openTasks) get(key taskKey) (openTask, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t, ok := o.tasks[key]
	return t, ok
}

func (o *openTasks) remove(key taskKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.tasks, key)
}

// taken notes that somebody has a task.
func (o *openTasks) take(key taskKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t, ok := o.tasks[key]; ok {
		t.taken = true
		o.tasks[key] = t
	}
}

// page returns the first n keys after one that match, in order, and how many do in all.
func (o *openTasks) page(match func(*openTask) bool, after taskKey, n int) (first []taskKey, total int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, t := range o.tasks {
		if !match(&t) {
			continue
		}
		total++
		if compareTasks(key, after) <= 0 || len(first) == n && compareTasks(key, first[n-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(first, key, compareTasks)
		first = slices.Insert(first[:min(len(first), n-1)], min(at, n-1), key)
	}
	return first, total
}

func compareTasks(a, b taskKey) int {
	return cmp.Or(bytes.Compare(a.exec[:], b.exec[:]), cmp.Compare(a.seq, b.seq))
}

// effect notes what a durable change did to open tasks.
func (o *openTasks) effect(c *change) {
	for i := range c.run {
		o.add(&c.run[i])
	}
	for _, t := range c.cancel {
		o.remove(taskKey{c.Exec, t.Seq})
	}
	if c.taken != 0 {
		o.take(taskKey{c.Exec, c.taken})
	}
	if c.over != 0 {
		o.remove(taskKey{c.Exec, c.over})
	}
}

// tasks notes which Task the event of a change is about.
func (c *change) tasks(ev *interp.Event) {
	switch ev.Kind {
	case interp.TaskPickedUp, interp.TaskSubmitted:
		c.taken = ev.Seq
	case interp.TaskSucceeded, interp.TaskFailed:
		c.over = ev.Seq
	}
}

const (
	// workOpen is the first byte of the work row of an open task that somebody has, where others have a version.
	workOpen = 0xf2
	// openVersion is the second; each is read for ever.
	openVersion = 1
)

func isOpenRow(w *statelark.Work) bool { return len(w.Data) > 0 && w.Data[0] == workOpen }

// append appends the row. It has the name of the state; the rest follows from the record of the execution.
func (t *openTask) append(dst []byte) []byte {
	w := row.NewWriter(append(dst, workOpen, openVersion), nil)
	w.Text(t.state.Value())
	return w.Row()
}

// readOpen reads what follows the first byte: the name of the state.
func readOpen(data []byte) (state string, err error) {
	body, err := versioned(data, openVersion)
	if err != nil {
		return "", err
	}
	r := row.NewReader(body, nil)
	state = r.Text()
	return state, r.Done()
}

// foundOpen takes up a row that a scan has come across.
func (e *Engine) foundOpen(ctx context.Context, w *statelark.Work) {
	if _, known := e.open.get(taskKey{w.Exec, w.Seq}); known {
		return
	}
	t, err := e.readOpenTask(ctx, w)
	if err != nil {
		e.log.Error("a task that waits is not shown", "execution", w.Exec, "error", err)
		return
	}
	e.open.put(taskKey{w.Exec, w.Seq}, t)
}

func (e *Engine) readOpenTask(ctx context.Context, w *statelark.Work) (openTask, error) {
	name, err := readOpen(w.Data[1:])
	if err != nil {
		return openTask{}, err
	}
	record, err := e.store.Execution(ctx, w.Exec)
	if err != nil {
		return openTask{}, err
	}
	p, err := e.programOf(record)
	if err != nil {
		return openTask{}, err
	}
	if name == "" {
		l, err := e.readMemory(record, p)
		if err != nil {
			return openTask{}, err
		}
		wait, _ := l.x.TaskWait(w.Seq)
		name = wait.State
	}
	for s := range p.machine.All() {
		if s.Name == name && s.Task != nil {
			return openTask{unique.Make(record.Machine), unique.Make(s.Task.Resource.ARN), unique.Make(name), true}, nil
		}
	}
	return openTask{}, fmt.Errorf("the machine has no Task %q", name)
}

// OpenTasks returns a page of the Tasks that wait for their token or for a worker.
func (e *Engine) OpenTasks(ctx context.Context, q OpenTaskQuery) (*OpenTasks, error) {
	after, ok := parseTaskKey(q.After)
	if !ok {
		return nil, statelark.Errorf(statelark.CodeInvalidToken, "Invalid Token: '%s'", q.After)
	}
	at := q.Place.StateMachineARN("")
	keys, total := e.open.page(func(t *openTask) bool {
		machine := t.machine.Value()
		return strings.HasPrefix(machine, at) && (q.Resource == "" || t.resource.Value() == q.Resource) &&
			(q.Machine == "" || machine == q.Machine || strings.HasPrefix(machine, q.Machine+"/"))
	}, after, q.Limit+1)
	page := &OpenTasks{Total: total}
	if len(keys) > q.Limit {
		keys = keys[:q.Limit]
		page.Next = keys[q.Limit-1].String()
	}
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].exec == keys[0].exec {
			n++
		}
		tasks, err := e.describeOpen(ctx, keys[:n])
		if err != nil {
			return nil, err
		}
		page.Tasks, keys = append(page.Tasks, tasks...), keys[n:]
	}
	return page, nil
}

// String is the key in a text that a page hands out.
func (k taskKey) String() string { return fmt.Sprintf("%s%x", k.exec, k.seq) }

func parseTaskKey(text string) (k taskKey, ok bool) {
	if text == "" {
		return k, true
	}
	n := 2 * len(k.exec)
	if len(text) <= n {
		return k, false
	}
	if _, err := hex.Decode(k.exec[:], []byte(text[:n])); err != nil {
		return k, false
	}
	_, err := fmt.Sscanf(text[n:], "%x", &k.seq)
	return k, err == nil
}

// describeOpen tells of open tasks of one execution. Those that are over meanwhile it leaves out, and forgets.
func (e *Engine) describeOpen(ctx context.Context, keys []taskKey) ([]OpenTask, error) {
	l, err := durably(ctx, e, func() (*live, error) { return e.readLive(keys[0].exec) })
	if err != nil {
		return nil, fmt.Errorf("reading open tasks: %w", err)
	}
	var tasks []OpenTask
	for _, key := range keys {
		kept, known := e.open.get(key)
		if !known {
			continue
		}
		var w interp.TaskWait
		if l != nil {
			w, known = l.x.TaskWait(key.seq)
		}
		if l == nil || !known {
			e.open.remove(key)
			continue
		}
		t := OpenTask{
			Execution: l.record, State: w.State, Resource: kept.resource.Value(), Activity: w.Activity, Token: e.tokens.token(key.exec, key.seq),
			Taken: w.Taken, TimesOut: timeOf(w.Deadline), Heartbeat: timeOf(w.Heartbeat),
		}
		if err := e.scheduled(ctx, key.exec, w.LastEvent, &t); err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// timeOf is the time of Unix milliseconds, zero for 0.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// scheduled fills in what the events of the attempt tell: those that lead to the last one of its thread.
func (e *Engine) scheduled(ctx context.Context, exec statelark.ExecID, id int64, t *OpenTask) error {
	for id > 0 {
		events, err := e.events(ctx, exec, id, 1, true)
		if err != nil && !errors.Is(err, statelark.ErrNotFound) {
			return fmt.Errorf("reading open tasks: %w", err)
		}
		if len(events) == 0 {
			return nil
		}
		switch ev := &events[0]; ev.Type {
		case history.ActivityStarted:
			t.Worker, id = ev.Name, ev.Previous
		case history.TaskScheduled, history.ActivityScheduled:
			t.Since, t.Input = time.UnixMilli(ev.At).UTC(), ev.Data
			return nil
		case history.TaskStarted, history.TaskSubmitted:
			id = ev.Previous
		default:
			return nil
		}
	}
	return nil
}

// ActivityUse is what an activity has to do.
type ActivityUse struct {
	Waiting int // tasks that no worker has
	Running int // tasks that workers have
	Workers int // that ask for a task now
}

// ActivityUses returns the use of activities, by ARN. Those that nobody uses are left out.
func (e *Engine) ActivityUses() map[string]ActivityUse {
	uses := map[string]ActivityUse{}
	e.open.mu.Lock()
	for _, t := range e.open.tasks {
		text := t.resource.Value()
		if !strings.Contains(text, ":activity:") {
			continue
		}
		u := uses[text]
		if t.taken {
			u.Running++
		} else {
			u.Waiting++
		}
		uses[text] = u
	}
	e.open.mu.Unlock()
	e.activities.mu.Lock()
	defer e.activities.mu.Unlock()
	for text, q := range e.activities.queues {
		if n := len(q.waiters); n > 0 {
			u := uses[text]
			u.Workers = n
			uses[text] = u
		}
	}
	return uses
}
