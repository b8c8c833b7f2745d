package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/limits"
)

// An execution that ends without success keeps its thread rows, from which a redrive goes on: see interp/redrive.go. Its
// record says whether it has them, for directories of earlier builds have executions without.

// How long a client token of a redrive is known, and how many of one execution are.
const (
	tokenLife = 15 * time.Minute
	maxTokens = 10
)

// redriving is a redrive that was asked for.
type redriving struct {
	token  string // "": the caller gave none
	answer func(time.Time, error)
}

// RedriveExecution takes an execution up where it failed, timed out or was aborted, and returns when it did so; see
// api.Engine.
func (e *Engine) RedriveExecution(ctx context.Context, arn, token string) (time.Time, error) {
	record, err := durably(ctx, e, func() (*statelark.Execution, error) { return e.record(ctx, arn) })
	if err != nil {
		return time.Time{}, err
	}
	type answer struct {
		at  time.Time
		err error
	}
	answers := make(chan answer, 1)
	r := &redriving{token: token, answer: func(at time.Time, err error) { answers <- answer{at, err} }}
	if !e.deliver(ctx, message{exec: record.ID, redrive: r}) {
		return time.Time{}, errors.Join(ctx.Err(), errClosing)
	}
	select {
	case a := <-answers:
		if a.err != nil && !statelark.Refused(a.err) {
			return a.at, fmt.Errorf("redriving execution %s: %w", arn, a.err)
		}
		return a.at, a.err
	case <-e.closed:
		return time.Time{}, errClosing
	}
}

// redriveExecution does what RedriveExecution asks for. It reports whether this goroutine still is the owner.
func (o *owner) redriveExecution(m message) bool {
	if l := o.live[m.exec]; l != nil && (l.x != nil || l.pending.Load() > 0) {
		o.redriveLater(l, m)
		return true
	}
	l, done, err := o.e.readEnded(m)
	if err != nil || l == nil {
		m.redrive.answer(done, err)
		return true
	}
	o.keep(l)
	at := l.record.Redriven
	r := m.redrive
	m.redrive = nil
	m.redriven, m.event = true, interp.Event{Kind: interp.Redriven}
	m.reply = func(err error) {
		o.e.leave(l.program)
		r.answer(at, err)
	}
	return o.step(l, m)
}

// redriveLater answers a redrive of an execution that runs, perhaps by the redrive that is asked for again, or whose end is
// only now becoming durable.
func (o *owner) redriveLater(l *live, m message) {
	running := l.x != nil
	at, done := m.redrive.known(l.record, o.e.now())
	o.submit(&statelark.Change{Exec: m.exec}, l, func(err error) {
		switch {
		case err != nil:
			m.redrive.answer(time.Time{}, err)
		case done:
			m.redrive.answer(at, nil)
		case running:
			m.redrive.answer(time.Time{}, notRedrivable(inStatus(statelark.Running)))
		case !o.offer(m): // its end has landed
			m.redrive.answer(time.Time{}, statelark.Errorf(statelark.CodeThrottling, "Rate exceeded"))
		}
	})
}

// readEnded reads the memory of an execution that is to be redriven, with a record that says so; its program is to be
// given to leave. Where a token says that this was done already, it returns when, and no execution.
func (e *Engine) readEnded(m message) (l *live, done time.Time, err error) {
	stored, err := e.store.Execution(context.Background(), m.exec)
	if err != nil {
		return nil, done, err
	}
	record, now := *stored, e.now()
	if at, is := m.redrive.known(&record, now); is {
		return nil, at, nil
	}
	p, err := e.programOf(&record)
	if err != nil {
		return nil, done, err
	}
	p.enter() // before the look whether the state machine is being deleted; see admit
	defer func() {
		if l == nil {
			e.leave(p)
		}
	}()
	if status, reason := redrivability(&record, p.deleting(), now, e.opts.Limits); status != statelark.Redrivable {
		return nil, done, notRedrivable(cmp.Or(reason, byMapRun))
	}
	record.Status, record.Stop = statelark.Running, time.Time{}
	record.Redrives++
	record.Redriven = now
	record.RedriveTokens = withToken(record.RedriveTokens, m.redrive.token, now)
	if l, err = e.readMemory(&record, p); err != nil {
		return nil, done, err
	}
	l.moreDue = 0 // its timers went with its end
	return l, done, nil
}

// known reports whether an execution was redriven for the token already, and when.
func (r *redriving) known(record *statelark.Execution, now time.Time) (at time.Time, is bool) {
	for _, t := range record.RedriveTokens {
		if t.Token == r.token && now.Sub(t.At) < tokenLife {
			return t.At, true
		}
	}
	return time.Time{}, false
}

// withToken returns the tokens that are known when a redrive was asked for with one more.
func withToken(known []statelark.RedriveToken, token string, now time.Time) []statelark.RedriveToken {
	if token == "" {
		return known
	}
	known = append(known[:len(known):len(known)], statelark.RedriveToken{Token: token, At: now})
	return known[max(0, len(known)-maxTokens):]
}

// byMapRun is told to who redrives a child of a Map Run. Its description has no reason.
const byMapRun = "Execution is a child of a Map Run and is redriven with the execution that started its Map Run"

// Reasons that follow from limits, and which.
const (
	tooManyEvents = "Execution history event limit exceeded"
	tooOld        = "Execution has exceeded the max execution time"
	tooLate       = "Execution redrivable period exceeded"
)

var limitOfReason = map[string]string{tooManyEvents: "events", tooOld: "execution-time", tooLate: "redrive-window"}

func notRedrivable(reason string) error {
	return statelark.Errorf(statelark.CodeExecutionNotRedrivable, "%s", reason).Over(limitOfReason[reason])
}

func inStatus(s statelark.Status) string {
	return "Execution is " + s.String() + " and cannot be redriven"
}

// redrivability tells whether an execution can be redriven, and if not, why, in AWS's words.
func redrivability(x *statelark.Execution, deleting bool, now time.Time, l *limits.Limits) (status statelark.RedriveStatus, reason string) {
	switch {
	case x.Express: // a child of a Map Run; no other is described
		if x.Status == statelark.Succeeded {
			reason = inStatus(x.Status)
		}
		return statelark.RedrivableByMapRun, reason
	case x.Status == statelark.Running || x.Status == statelark.Succeeded:
		return statelark.NotRedrivable, inStatus(x.Status)
	case deleting:
		return statelark.NotRedrivable, "State machine is in DELETING status"
	case l.Events.Reached(x.Events + 1):
		return statelark.NotRedrivable, tooManyEvents
	case l.ExecutionTime > 0 && now.Sub(x.Start) > l.ExecutionTime:
		return statelark.NotRedrivable, tooOld
	case l.RedriveWindow > 0 && now.Sub(x.Stop) > l.RedriveWindow:
		return statelark.NotRedrivable, tooLate
	case !x.Kept:
		return statelark.NotRedrivable, "Execution was started before the launch of RedriveExecution"
	case x.MapRun != "":
		return statelark.RedrivableByMapRun, ""
	}
	return statelark.Redrivable, ""
}

// redriveStatus is redrivability for whoever describes an execution.
func (e *Engine) redriveStatus(ctx context.Context, x *statelark.Execution) (statelark.RedriveStatus, string, error) {
	machine, err := e.machines.head(ctx, x.Machine)
	if err != nil && statelark.ErrorCode(err) != statelark.CodeStateMachineDoesNotExist {
		return "", "", err
	}
	status, reason := redrivability(x, err != nil || machine.value.Deleting, e.now(), e.opts.Limits)
	return status, reason, nil
}

// Redrivable reports whether an execution of a record can be redriven by itself.
func (e *Engine) Redrivable(ctx context.Context, x *statelark.Execution) (bool, error) {
	status, _, err := e.redriveStatus(ctx, x)
	return status == statelark.Redrivable, err
}
