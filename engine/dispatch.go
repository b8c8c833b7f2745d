package engine

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// # Who runs when
//
// Calls wait in lines, one a resource: a function, say. A line runs each of its calls in a slot. Its first slot is its
// own and needs nobody's leave; all others it shares with the other lines, which get them in turn when there are no
// more. So slow calls of one resource hold up none of another, and no number of calls that wait for each other can
// take the last slot. Calls that wait for nothing outside of this server share with nobody.
//
// Invariant: a line in which calls wait runs at least one call. So whoever ends a call, and nobody else, looks for the
// next one.

// maxQueued is how many calls wait in memory with their input; the input of the others is read again from the store.
const maxQueued = 4096

// maxLines is how many lines there are at most. Resources beyond share one.
const maxLines = 4096

// maxIdle is how many goroutines wait for calls.
const maxIdle = 64

// storeRetry is how long a task that needs the store waits before it asks again.
const storeRetry = 200 * time.Millisecond

// dispatcher runs tasks on their targets.
type dispatcher struct {
	targets *task.Registry
	rows    workRows
	deliver deliver
	log     *slog.Logger
	max     int // slots that the lines share
	each    int // slots of one line

	workers sync.WaitGroup

	mu      sync.Mutex
	lines   map[lineName]*line
	rest    line    // of the resources that are too many
	round   []*line // those that wait for a shared slot, the next one first. Invariant: empty while one is free
	shared  int     // slots in use that are not the first of their line
	waiting int     // calls in lines
	known   map[taskKey]attempt
	idle    []chan running // goroutines without a call, each of one
	scans   int            // scans of the store that are under way
	over    map[taskKey]struct{}
	stopped bool
}

// deliver sends a message to the owner of its execution and waits for room; false when the engine is closing or ctx ends.
type deliver func(ctx context.Context, m message) bool

type lineName struct {
	name  string
	quick bool
}

// line is the calls of one resource.
type line struct {
	calls    callQueue
	active   int  // calls that run
	quick    bool // shares slots with no other line
	standing bool // in the round
}

// attempt is a call that was pushed and is not over.
type attempt struct {
	line   *line
	cancel context.CancelFunc // nil: it waits in its line
}

// running is a call with its slot.
type running struct {
	call
	line *line
	ctx  context.Context
}

func newDispatcher(targets *task.Registry, rows workRows, deliver deliver, log *slog.Logger, maxTasks int) *dispatcher {
	return &dispatcher{
		targets: targets, rows: rows, deliver: deliver, log: log, max: maxTasks, each: max(1, maxTasks/4),
		lines: make(map[lineName]*line), known: make(map[taskKey]attempt),
	}
}

// close begins no more calls and gives up those that run.
func (d *dispatcher) close() {
	var cancel []context.CancelFunc
	d.mu.Lock()
	d.stopped = true
	for _, a := range d.known {
		if a.cancel != nil {
			cancel = append(cancel, a.cancel)
		}
	}
	for _, w := range d.idle {
		close(w)
	}
	d.idle = nil
	d.mu.Unlock()
	for _, c := range cancel {
		c()
	}
}

func (d *dispatcher) wait() { d.workers.Wait() }

// beginScan makes the dispatcher remember the calls that end: a scan may have read their work rows before, and is
// not to start them again. endScan must follow.
func (d *dispatcher) beginScan() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.scans++; d.scans == 1 {
		d.over = make(map[taskKey]struct{})
	}
}

func (d *dispatcher) endScan() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.scans--; d.scans == 0 {
		d.over = nil
	}
}

// push runs a call, at once or in its turn. One that is known already is left as it is.
func (d *dispatcher) push(k call) {
	k.target = d.targets.Mock(&k.mock)
	name := lineName{k.resource.ARN, true} // mocks wait for nothing
	if k.target == nil {
		k.target = d.targets.Find(k.resource)
		name = lineOf(&k)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.known[k.taskKey]
	if _, over := d.over[k.taskKey]; known || over || d.stopped {
		return
	}
	l := d.line(name)
	if l.active == 0 || l.active < d.each && (l.quick || d.shared < d.max) {
		d.hand(d.begin(l, k))
		return
	}
	if d.waiting >= maxQueued && !k.unstored {
		k.input = value.Value{}
	}
	d.known[k.taskKey] = attempt{line: l}
	l.calls.pushBack(k)
	d.waiting++
	d.stand(l)
}

// lineOf names the line that a call waits in. Only with its input can that be told.
func lineOf(k *call) lineName {
	if t, several := k.target.(task.Lines); several {
		name, quick := t.Line(k.resource, k.input)
		return lineName{name, quick}
	}
	return lineName{k.resource.ARN, false}
}

// line returns the line of that name. When there are too many, those without calls are let go of.
func (d *dispatcher) line(name lineName) *line {
	l := d.lines[name]
	if l != nil {
		return l
	}
	if len(d.lines) >= maxLines {
		maps.DeleteFunc(d.lines, func(_ lineName, l *line) bool { return l.active == 0 })
	}
	if len(d.lines) >= maxLines {
		return &d.rest
	}
	name.name = strings.Clone(name.name) // it may be a part of a large input
	l = &line{quick: name.quick}
	d.lines[name] = l
	return l
}

// stand puts a line into the round if it could use one more slot.
func (d *dispatcher) stand(l *line) {
	if !l.quick && !l.standing && l.calls.n > 0 && l.active < d.each {
		l.standing = true
		d.round = append(d.round, l)
	}
}

// begin gives a call a slot of its line.
func (d *dispatcher) begin(l *line, k call) running {
	ctx, cancel := context.WithCancel(context.Background())
	d.known[k.taskKey] = attempt{l, cancel}
	if l.active++; l.active > 1 && !l.quick {
		d.shared++
	}
	return running{k, l, ctx}
}

// hand gives a call to a goroutine.
func (d *dispatcher) hand(r running) {
	n := len(d.idle)
	if n == 0 {
		d.workers.Go(func() { d.work(r) })
		return
	}
	w := d.idle[n-1]
	d.idle = d.idle[:n-1]
	w <- r
}

// work runs calls until there is none for it.
func (d *dispatcher) work(r running) {
	more := make(chan running, 1)
	for ok := true; ok; {
		d.run(r)
		if r, ok = d.next(r.line, more); !ok {
			r, ok = <-more
		}
	}
}

// next ends the call of a line and begins the one that gets the slot. If there is none, the goroutine is noted as idle:
// more will get a call, or be closed.
func (d *dispatcher) next(l *line, more chan running) (running, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r, ok := d.succeed(l); ok {
		return r, true
	}
	if d.stopped || len(d.idle) >= maxIdle {
		close(more)
	} else {
		d.idle = append(d.idle, more)
	}
	return running{}, false
}

// succeed frees a slot of a line and gives it to the call whose turn it is.
func (d *dispatcher) succeed(l *line) (running, bool) {
	l.active--
	if l.active == 0 || l.quick { // the slot is the line's own
		if k, ok := d.take(l); ok {
			return d.begin(l, k), true
		}
		return running{}, false
	}
	d.shared--
	d.stand(l)
	for len(d.round) > 0 {
		l := d.round[0]
		d.round[0] = nil
		d.round = d.round[1:]
		l.standing = false
		if k, ok := d.take(l); ok {
			r := d.begin(l, k)
			d.stand(l)
			return r, true
		}
	}
	return running{}, false
}

// take takes the next call of a line that is still wanted.
func (d *dispatcher) take(l *line) (call, bool) {
	if d.stopped {
		return call{}, false
	}
	k, n, ok := l.calls.next(d.wanted)
	d.waiting -= n
	return k, ok
}

// wanted reports whether a call in a line is still to be run.
func (d *dispatcher) wanted(key taskKey) bool {
	a, known := d.known[key]
	return known && a.cancel == nil
}

// forget lets go of a call that has ended, or that is given up: its target is told if it runs.
func (d *dispatcher) forget(key taskKey) {
	d.mu.Lock()
	a, known := d.known[key]
	delete(d.known, key)
	if d.over != nil {
		d.over[key] = struct{}{}
	}
	if known && a.cancel == nil {
		d.waiting -= a.line.calls.giveUp(d.wanted)
	}
	d.mu.Unlock()
	if a.cancel != nil {
		a.cancel()
	}
}

// forgetAll is forget for every call of an execution.
func (d *dispatcher) forgetAll(id statelark.ExecID) {
	d.mu.Lock()
	var keys []taskKey
	for key := range d.known {
		if key.exec == id {
			keys = append(keys, key)
		}
	}
	d.mu.Unlock()
	for _, key := range keys {
		d.forget(key)
	}
}

// run starts a call on its target and delivers the answer.
func (d *dispatcher) run(r running) {
	a := d.start(r.ctx, r.call)
	if len(a.events) == 0 {
		d.forget(r.taskKey)
		return
	}
	d.answer(r.ctx, r.taskKey, a)
}

// answer is what a target said, as events.
type answer struct {
	events []interp.Event // none: there is nothing to deliver
	job    *jobRow        // that goes on after the first of them; nil: none
}

// start is start of a call whose input may be in the store.
func (d *dispatcher) start(ctx context.Context, k call) answer {
	target := k.target
	err := insist(ctx, func() (err error) {
		k, err = d.rows.refill(k)
		return err
	})
	if err != nil {
		if !errors.Is(err, errNoWait) && ctx.Err() == nil {
			d.log.Error("task could not be read; it is dispatched again at the next start", "execution", k.arn, "error", err)
		}
		return answer{}
	}
	k.target = target
	return k.start(ctx, nil)
}

// start starts the call on its target. trace is of a call that is to be shown, else nil.
func (k call) start(ctx context.Context, trace *task.Trace) answer {
	if k.target == nil {
		return failedEvent(k, task.Errorf("States.TaskFailed", "This server has no integration for %s.", k.resource.ARN))
	}
	c := &task.Call{
		Key: task.Key{Execution: k.arn, Seq: k.seq}, Resource: *k.resource, Input: k.input, Token: k.token, Role: k.role, Trace: trace,
		Mock: k.mock, Deadline: deadline(k.deadline),
	}
	var out task.Outcome
	err := insist(ctx, func() (err error) {
		out, err = k.target.Start(ctx, c)
		return err
	})
	waits := k.resource.Waits() && !out.Final
	switch {
	case waits && err == nil && out.Job.Kind != "": // given up or not: there is a job now
		return k.submitted(&out)
	case ctx.Err() != nil: // given up, or the engine closes: the work row is left for the next start
		return answer{}
	case err != nil:
		return failedEvent(k, err)
	case out.Deferred:
		return answer{}
	}
	submitted := interp.Event{Kind: interp.TaskSubmitted, Seq: k.seq, Output: out.Output}
	succeeded := interp.Event{Kind: interp.TaskSucceeded, Seq: k.seq, Output: out.Output}
	switch {
	case waits:
		return answer{events: []interp.Event{submitted}}
	case k.resource.Waits():
		return answer{events: []interp.Event{submitted, succeeded}}
	}
	return answer{events: []interp.Event{succeeded}}
}

// insist calls until the store answers, or ctx ends: its trouble is this server's and not the task's.
func insist(ctx context.Context, call func() error) error {
	for {
		err := call()
		if !errors.Is(err, statelark.ErrUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(storeRetry):
		}
	}
}

// answer sends the answer of a target to the execution, an event after the other, as often as it takes until what follows
// from it is durable. Until then the call is known, so that no scan starts it again.
func (d *dispatcher) answer(ctx context.Context, key taskKey, a answer) {
	m := message{exec: key.exec, event: a.events[0], goesOn: len(a.events) > 1}
	if a.job != nil {
		m.submits(a.job)
		ctx = context.Background() // given up or not
	}
	m.reply = func(err error) {
		switch {
		case errors.Is(err, statelark.ErrUnavailable) || errors.Is(err, statelark.ErrConflict):
			time.AfterFunc(storeRetry, func() { d.answer(ctx, key, a) })
		case m.goesOn && err == nil:
			time.AfterFunc(0, func() { d.answer(ctx, key, answer{events: a.events[1:]}) }) // what replies waits for nobody
		default:
			d.forget(key)
		}
	}
	if !d.deliver(ctx, m) {
		d.forget(key)
	}
}

// failedEvent is the event of a call that failed. An error that is not the language's is the server's own fault.
func failedEvent(k call, err error) answer {
	ev := interp.Event{Kind: interp.TaskFailed, Seq: k.seq}
	var te *task.Error
	if !errors.As(err, &te) {
		te = &task.Error{Name: "States.TaskFailed", Cause: err.Error()}
	}
	ev.Error, ev.Cause, ev.Phase, ev.Fatal = &te.Name, &te.Cause, phases[te.Phase], te.Fatal
	return answer{events: []interp.Event{ev}}
}

var phases = map[task.Phase]interp.Phase{
	task.Ran: interp.Ran, task.Schedule: interp.Schedule, task.Start: interp.Start, task.Submit: interp.Submit,
}
