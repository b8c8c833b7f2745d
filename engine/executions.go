package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
)

// StartExecution starts an execution and returns when that is durable; see api.Engine. When the owner of its
// shard has more to do than it can take, the answer is ThrottlingException.
func (e *Engine) StartExecution(ctx context.Context, s statelark.ExecutionStart) (*statelark.Execution, error) {
	return e.startExecution(ctx, s, nil)
}

func (e *Engine) startExecution(ctx context.Context, s statelark.ExecutionStart, parent *parentWait) (*statelark.Execution, error) {
	b, err := e.beginning(ctx, s, parent)
	if err != nil {
		return nil, err
	}
	defer e.leave(b.machine)
	if b.machine.record.Type == statelark.Express {
		if parent != nil && parent.tells != tellsNothing {
			return nil, statelark.TypeNotSupported()
		}
		return e.startStored(ctx, e.newExpress(b), b.start.Input, parent)
	}
	if there, err := e.opened(ctx, b); there != nil || err != nil {
		return there, err
	}
	record, err := e.begin(ctx, b)
	if err != nil {
		e.unopened(b)
	}
	switch {
	case errors.Is(err, statelark.ErrExists):
		return durably(ctx, e, func() (*statelark.Execution, error) { return e.existing(ctx, b) })
	case err != nil && !statelark.Refused(err) && ctx.Err() == nil:
		return nil, unavailable(err)
	}
	return record, err
}

// beginning returns what is to begin when s may start. Its machine is to be given to leave.
func (e *Engine) beginning(ctx context.Context, s statelark.ExecutionStart, parent *parentWait) (*beginning, error) {
	seed := rand.Uint64()
	a, err := e.admit(ctx, s.Machine, drawOf(seed))
	if err != nil {
		return nil, err
	}
	s.Machine = a.route.machine
	return &beginning{start: s, machine: a.program, route: a.route, seed: seed, parent: parent}, nil
}

// begin hands b to the owner of its shard and waits for the answer.
func (e *Engine) begin(ctx context.Context, b *beginning) (*statelark.Execution, error) {
	type answer struct {
		record *statelark.Execution
		err    error
	}
	answers := make(chan answer, 1)
	b.answer = func(r *statelark.Execution, err error) { answers <- answer{r, err} }
	o := e.ownerOfShard(statelark.ShardOf(b.start.Machine, b.start.Name))
	switch {
	case o.offer(message{begin: b}):
	case b.parent == nil:
		return nil, statelark.Errorf(statelark.CodeThrottling, "Rate exceeded")
	case !o.send(ctx, message{begin: b}): // a Task does not fail because this server is busy
		return nil, cmp.Or(ctx.Err(), error(errClosing))
	}
	select {
	case a := <-answers:
		return a.record, a.err
	case <-e.closed:
		return nil, errClosing
	}
}

// existing returns the execution that has the name b asks for, if it is what b asks for: a running one with the same
// input.
func (e *Engine) existing(ctx context.Context, b *beginning) (*statelark.Execution, error) {
	id, err := e.store.Lookup(ctx, b.start.Machine, b.start.Name)
	if err != nil {
		return nil, unavailable(err)
	}
	ends, err := e.store.Ends(ctx, id)
	if err != nil {
		return nil, unavailable(err)
	}
	record := ends.Execution
	same, err := e.sameStart(&ends, b)
	switch {
	case err != nil:
		return nil, unavailable(err)
	case !same:
		return nil, statelark.Errorf(statelark.CodeExecutionAlreadyExists, "Execution Already Exists: '%s'", record.ARN())
	}
	return record, nil
}

// sameStart reports whether an execution is what b asks for: a running one with the same input, or the one that
// the same attempt of a Task started before a crash.
func (e *Engine) sameStart(ends *statelark.Ends, b *beginning) (bool, error) {
	record := ends.Execution
	if p := b.parent; p != nil {
		same := record.Parent == p.exec && record.ParentWait == p.stored()
		if same || p.tells != tellsNothing {
			return same, nil
		}
	}
	if record.Status != statelark.Running || record.Fork != nil || b.fork != nil {
		return false, nil
	}
	first, err := eventIn(ends.First, 1, newPayloads(e.store, record.ID))
	if err != nil {
		return false, err
	}
	return first.Data == b.start.Input && record.TestCase == b.start.TestCase, nil
}

// find returns what read reads of an execution, by its ARN.
func find[T any](ctx context.Context, e *Engine, text string, read func(context.Context, statelark.ExecID) (T, error)) (found T, err error) {
	machine, name, ok := arn.SplitExecution(text)
	if !ok {
		return found, missing(text)
	}
	id, err := e.store.Lookup(ctx, machine, name)
	if err == nil {
		found, err = read(ctx, id) // it may have expired meanwhile
	}
	switch {
	case errors.Is(err, statelark.ErrNotFound):
		return found, missing(text)
	case err != nil:
		return found, fmt.Errorf("reading execution %s: %w", text, err)
	}
	return found, nil
}

func missing(arn string) error {
	return statelark.Errorf(statelark.CodeExecutionDoesNotExist, "Execution Does Not Exist: '%s'", arn)
}

// record returns the record of an execution by its ARN.
func (e *Engine) record(ctx context.Context, arn string) (*statelark.Execution, error) {
	return find(ctx, e, arn, e.store.Execution)
}

// StopExecution aborts an execution and returns when it stopped; of one that had ended, when it ended.
//
// Invariant: an answer without an error is about an execution whose end is durable.
func (e *Engine) StopExecution(ctx context.Context, arn string, errorName, cause *string) (time.Time, error) {
	record, err := durably(ctx, e, func() (*statelark.Execution, error) { return e.record(ctx, arn) })
	if err != nil {
		return time.Time{}, err
	}
	if record.Status == statelark.Running {
		if record, err = e.abort(ctx, record.ID, interp.Event{Kind: interp.Stopped, Error: errorName, Cause: cause}); err != nil {
			return time.Time{}, fmt.Errorf("stopping execution %s: %w", arn, err)
		}
	}
	return record.Stop, nil
}

// errRuns: the owner took a stop, and the store has the execution as running.
var errRuns = fmt.Errorf("it runs although it was told to stop: %w", statelark.ErrUnavailable)

// abort gives an execution the event that ends it, and returns its record, which has ended. That nothing waits for the
// event means that it ended before. If the record does not bear that out, memory and store differ: the caller is to
// ask again, and all is read from the store before that is answered.
func (e *Engine) abort(ctx context.Context, id statelark.ExecID, ev interp.Event) (*statelark.Execution, error) {
	if err := e.ask(ctx, message{exec: id, event: ev}); err != nil && !errors.Is(err, errNoWait) {
		return nil, err
	}
	record, err := e.store.Execution(ctx, id) // what it says was durable before the answer
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading it: %w", err)
	case record.Status == statelark.Running:
		e.log.Error("an execution runs although it was told to stop; please report it", "execution", record.ARN())
		e.renew()
		return nil, errRuns
	}
	return record, nil
}

// Execution returns an execution with its payloads, which its first and its last event hold.
func (e *Engine) Execution(ctx context.Context, arn string) (*statelark.ExecutionDetail, error) {
	d, ok, err := e.expressChild(ctx, arn)
	if !ok {
		d, err = durably(ctx, e, func() (*statelark.ExecutionDetail, error) { return e.detail(ctx, arn) })
	}
	if err == nil {
		err = e.showPending(ctx, &d.Execution)
	}
	if err == nil {
		d.RedriveStatus, d.RedriveReason, err = e.redriveStatus(ctx, &d.Execution)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (e *Engine) detail(ctx context.Context, arn string) (*statelark.ExecutionDetail, error) {
	ends, err := find(ctx, e, arn, e.store.Ends)
	if err != nil {
		return nil, err
	}
	return e.detailOf(&ends)
}

// Detail returns an execution with its payloads by its id, as the store has it. ErrNotFound says that it is not there.
func (e *Engine) Detail(ctx context.Context, id statelark.ExecID) (*statelark.ExecutionDetail, error) {
	ends, err := e.store.Ends(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("reading execution %s: %w", id, err)
	}
	return e.detailOf(&ends)
}

// detailOf returns the execution of that record with its payloads.
func (e *Engine) detailOf(ends *statelark.Ends) (*statelark.ExecutionDetail, error) {
	record := ends.Execution
	d := &statelark.ExecutionDetail{Execution: *record}
	p := newPayloads(e.store, record.ID)
	first, err := eventIn(ends.First, 1, p)
	if err != nil {
		return nil, fmt.Errorf("reading the input of %s: %w", record.ARN(), err)
	}
	d.Input = first.Data
	if record.Status == statelark.Running {
		return d, nil
	}
	last, err := eventIn(ends.Last, record.Events, p)
	if err != nil {
		return nil, fmt.Errorf("reading the output of %s: %w", record.ARN(), err)
	}
	d.Output = last.Data
	if record.Status != statelark.TimedOut {
		d.Error, d.Cause = last.Error, last.Cause
	}
	return d, nil
}

// eventIn reads one event of a block.
func eventIn(b statelark.HistoryBlock, id int64, p *payloads) (*history.Event, error) {
	if id < b.First || id > b.Last {
		return nil, fmt.Errorf("event %d: %w", id, statelark.ErrNotFound)
	}
	d := history.NewDecoder(b.Data, p)
	for range id - b.First {
		d.Skip()
	}
	e := new(history.Event)
	if !d.Next(e) {
		return nil, cmp.Or(d.Err(), fmt.Errorf("event %d: %w", id, statelark.ErrNotFound))
	}
	return e, nil
}

// Executions lists the executions of a state machine, newest first, or those that were started through a version or an
// alias of it.
func (e *Engine) Executions(ctx context.Context, q statelark.ExecutionQuery) ([]*statelark.Execution, error) {
	if _, err := e.Target(ctx, q.Machine); err != nil {
		return nil, err
	}
	records, err := durably(ctx, e, func() ([]*statelark.Execution, error) { return e.store.Executions(ctx, q) })
	if err != nil {
		return nil, fmt.Errorf("listing the executions of %s: %w", q.Machine, err)
	}
	return records, nil
}

// History returns events of an execution; see api.Engine.
func (e *Engine) History(ctx context.Context, arn string, first int64, n int, reverse bool) ([]history.Event, error) {
	return durably(ctx, e, func() ([]history.Event, error) { return e.historyOf(ctx, arn, first, n, reverse) })
}

func (e *Engine) historyOf(ctx context.Context, arn string, first int64, n int, reverse bool) ([]history.Event, error) {
	record, err := e.record(ctx, arn)
	if err != nil {
		return nil, err
	}
	if first == 0 {
		first = 1
		if reverse {
			first = interp.MaxEvents
		}
	}
	events, err := e.events(ctx, record.ID, first, n, reverse)
	if err != nil {
		return nil, fmt.Errorf("reading the history of %s: %w", arn, err)
	}
	return events, nil
}

// events unpacks n events at most: first and those after it or, reverse, first and those before it.
func (e *Engine) events(ctx context.Context, id statelark.ExecID, first int64, n int, reverse bool) ([]history.Event, error) {
	blocks, err := e.store.History(ctx, id, first, n, reverse)
	if err != nil {
		return nil, err
	}
	p := newPayloads(e.store, id)
	var events []history.Event
	for _, b := range blocks {
		events, err = appendEvents(events, b, p, first, n, reverse)
		if err != nil {
			return nil, err
		}
	}
	return events, nil
}

// appendEvents appends the events of a block that are wanted, in the order wanted.
func appendEvents(events []history.Event, b statelark.HistoryBlock, p *payloads, first int64, n int, reverse bool) ([]history.Event, error) {
	d := history.NewDecoder(b.Data, p)
	from := len(events)
	var ev history.Event
	for d.Next(&ev) {
		switch {
		case !reverse && ev.ID >= first:
			if len(events) == n {
				return events, nil
			}
			events = append(events, ev)
		case reverse && ev.ID <= first:
			events = append(events, ev)
		}
	}
	if reverse {
		for i, j := from, len(events)-1; i < j; i, j = i+1, j-1 {
			events[i], events[j] = events[j], events[i]
		}
		events = events[:min(len(events), n)]
	}
	return events, d.Err()
}

// ExecutionARN returns the ARN of the execution with that id, "" when the store has none.
func (e *Engine) ExecutionARN(ctx context.Context, id statelark.ExecID) (string, error) {
	record, err := durably(ctx, e, func() (*statelark.Execution, error) { return e.store.Execution(ctx, id) })
	switch {
	case errors.Is(err, statelark.ErrNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading execution %s: %w", id.UUID(), err)
	}
	return record.ARN(), nil
}
