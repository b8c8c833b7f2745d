package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// taskKey names an attempt of a task.
type taskKey struct {
	exec statelark.ExecID
	seq  uint64
}

// call is an attempt of a task that is to be dispatched.
type call struct {
	taskKey
	arn      string // of the execution
	resource *asl.Resource
	input    value.Value // absent: it is in the store
	token    string
	role     string
	deadline int64 // Unix ms, 0: none
}

func newCall(l *live, r *interp.RunTask) call {
	return call{
		taskKey: taskKey{l.record.ID, r.Seq}, arn: l.record.ARN(), resource: r.Resource, input: r.Input,
		token: r.Token, role: r.Role, deadline: r.Deadline,
	}
}

// workVersion is the first byte of a work row.
const workVersion = 1

// appendWork appends the work row of the call: what is needed to dispatch it again after a crash.
func (k *call) appendWork(dst []byte, p *payloads) []byte {
	dst = append(dst, workVersion)
	for _, s := range []string{k.arn, k.resource.ARN, k.role} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	dst = binary.AppendVarint(dst, k.deadline)
	text := k.input.Text()
	if len(text) > row.InlineMax {
		return binary.AppendUvarint(append(dst, 1), uint64(p.Put(text)))
	}
	return append(append(dst, 0), text...)
}

// readCall reads a work row.
func (e *Engine) readCall(w statelark.Work) (call, error) {
	k := call{taskKey: taskKey{w.Exec, w.Seq}}
	if len(w.Data) == 0 || w.Data[0] != workVersion {
		return k, fmt.Errorf("work row of execution %s is of a version that this release does not know", w.Exec)
	}
	rest := w.Data[1:]
	var arn string
	for _, into := range []*string{&k.arn, &arn, &k.role} {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return k, errShortWork
		}
		*into = string(rest[size : size+int(n)])
		rest = rest[size+int(n):]
	}
	deadline, size := binary.Varint(rest)
	if size <= 0 || size == len(rest) {
		return k, errShortWork
	}
	k.deadline = deadline
	text := string(rest[size+1:])
	if rest[size] == 1 {
		id, n := binary.Uvarint(rest[size+1:])
		if n <= 0 {
			return k, errShortWork
		}
		var err error
		if text, err = newPayloads(e.store, w.Exec).Get(uint32(id)); err != nil {
			return k, err
		}
	}
	k.input = value.Checked(text)
	res, err := asl.ParseResource(arn)
	if err != nil {
		return k, fmt.Errorf("reading a work row of execution %s: %w", w.Exec, err)
	}
	k.resource = &res
	if res.Activity != "" || res.Pattern == asl.WaitForTaskToken {
		k.token = e.token(w.Exec, w.Seq)
	}
	return k, nil
}

var errShortWork = errors.New("work row is cut short")

// refill returns the call with its input, read from the store when it was let go.
func (e *Engine) refill(k call) (call, error) {
	if k.input.Exists() {
		return k, nil
	}
	work, err := e.store.Work(context.Background(), k.exec.Shard(), statelark.MessageKey{To: k.exec, Seq: k.seq - 1}, 1)
	if err != nil {
		return k, fmt.Errorf("reading work of execution %s: %w", k.exec, err)
	}
	if len(work) == 0 || work[0].Exec != k.exec || work[0].Seq != k.seq {
		return k, errNoWait // it was given up meanwhile
	}
	return e.readCall(work[0])
}

// storeRetry is how long a task that needs the store waits before it asks again.
const storeRetry = 200 * time.Millisecond

// maxQueued is how many calls wait in memory with their input; those behind them read it again from the store.
const maxQueued = 4096

// dispatcher runs tasks on their targets, at most so many at a time.
type dispatcher struct {
	e       *Engine
	ctx     context.Context
	stop    context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	queue   []call
	known   map[taskKey]context.CancelFunc // queued (nil) and running
	scans   int                            // scans of the store that are under way
	over    map[taskKey]struct{}           // calls that were known since the oldest of them began
	active  int
	stopped bool
}

func newDispatcher(e *Engine) *dispatcher {
	d := &dispatcher{e: e, known: make(map[taskKey]context.CancelFunc)}
	d.ctx, d.stop = context.WithCancel(context.Background())
	return d
}

func (d *dispatcher) close() {
	d.mu.Lock()
	d.stopped = true
	d.mu.Unlock()
	d.stop()
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

// push queues a call. One that is known already is left as it is.
func (d *dispatcher) push(k call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.known[k.taskKey]
	if _, over := d.over[k.taskKey]; known || over || d.stopped {
		return
	}
	d.known[k.taskKey] = nil
	if len(d.queue) >= maxQueued {
		k.input = value.Value{}
	}
	d.queue = append(d.queue, k)
	if d.active < d.e.cfg.MaxTasks {
		d.active++
		d.workers.Go(d.work)
	}
}

// forget lets go of a call that has ended, or that is given up: its target is told if it runs.
func (d *dispatcher) forget(key taskKey) {
	d.mu.Lock()
	cancel := d.known[key]
	delete(d.known, key)
	if d.over != nil {
		d.over[key] = struct{}{}
	}
	d.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// work runs calls until none is queued.
func (d *dispatcher) work() {
	for {
		k, ctx, ok := d.next()
		if !ok {
			return
		}
		d.run(ctx, k)
	}
}

func (d *dispatcher) next() (call, context.Context, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) > 0 && !d.stopped {
		k := d.queue[0]
		d.queue[0] = call{}
		d.queue = d.queue[1:]
		if _, wanted := d.known[k.taskKey]; !wanted {
			continue
		}
		ctx, cancel := context.WithCancel(d.ctx)
		d.known[k.taskKey] = cancel
		return k, ctx, true
	}
	d.active--
	return call{}, nil, false
}

// run starts a call on its target and delivers the answer.
func (d *dispatcher) run(ctx context.Context, k call) {
	ev, answered := d.start(ctx, k)
	if !answered {
		d.forget(k.taskKey)
		return
	}
	d.deliver(ctx, k.taskKey, ev)
}

// start starts a call on its target and returns the event that its answer is, false when there is none to deliver.
func (d *dispatcher) start(ctx context.Context, k call) (ev interp.Event, answered bool) {
	err := insist(ctx, func() (err error) {
		k, err = d.e.refill(k)
		return err
	})
	if err != nil {
		if !errors.Is(err, errNoWait) && ctx.Err() == nil {
			d.e.log.Error("task could not be read; it is dispatched again at the next start", "execution", k.arn, "error", err)
		}
		return ev, false
	}
	target := d.e.cfg.Targets.Find(*k.resource)
	if target == nil {
		return failedEvent(k, task.Errorf("States.TaskFailed", "This server has no integration for %s.", k.resource.ARN)), true
	}
	c := &task.Call{
		Key: task.Key{Execution: k.arn, Seq: k.seq}, Resource: *k.resource, Input: k.input, Token: k.token, Role: k.role,
	}
	if k.deadline != 0 {
		c.Deadline = time.UnixMilli(k.deadline)
	}
	var out task.Outcome
	err = insist(ctx, func() (err error) {
		out, err = target.Start(ctx, c)
		return err
	})
	switch {
	case ctx.Err() != nil: // given up, or the engine closes: the work row is left for the next start
		return ev, false
	case err != nil:
		return failedEvent(k, err), true
	case out.Deferred:
		return ev, false
	case k.resource.Pattern == asl.RequestResponse || k.resource.Function != "":
		return interp.Event{Kind: interp.TaskSucceeded, Seq: k.seq, Output: out.Output}, true
	}
	return interp.Event{Kind: interp.TaskSubmitted, Seq: k.seq, Output: out.Output}, true
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

// deliver sends the answer of a target to the execution, as often as it takes until what follows from it is
// durable. Until then the call is known, so that no scan starts it again.
func (d *dispatcher) deliver(ctx context.Context, key taskKey, ev interp.Event) {
	m := message{exec: key.exec, event: ev}
	m.reply = func(err error) {
		if errors.Is(err, statelark.ErrUnavailable) || errors.Is(err, statelark.ErrConflict) {
			time.AfterFunc(storeRetry, func() { d.deliver(ctx, key, ev) })
			return
		}
		d.forget(key)
	}
	if !d.e.ownerOf(key.exec).send(ctx, m) {
		d.forget(key)
	}
}

// failedEvent is the event of a call that failed. An error that is not the language's is the server's own fault.
func failedEvent(k call, err error) interp.Event {
	ev := interp.Event{Kind: interp.TaskFailed, Seq: k.seq}
	var te *task.Error
	if !errors.As(err, &te) {
		te = &task.Error{Name: "States.TaskFailed", Cause: err.Error()}
	}
	ev.Error, ev.Cause, ev.Phase = &te.Name, &te.Cause, phases[te.Phase]
	return ev
}

var phases = map[task.Phase]interp.Phase{
	task.Ran: interp.Ran, task.Schedule: interp.Schedule, task.Start: interp.Start, task.Submit: interp.Submit,
}
