package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// runner starts one execution through the API and follows it to its end.
type runner struct {
	client  *client.Client
	timeout time.Duration // 0: none
	painter painter
}

// The time between two looks at the history: it grows while nothing happens.
const (
	firstLook   = 5 * time.Millisecond
	slowestLook = 200 * time.Millisecond
)

// Why an execution was stopped from here. errTimeout is the end of --timeout.
var (
	errTimeout     = errors.New("the time is up")
	errInterrupted = errors.New("interrupted")
)

// run starts w and returns how it ended.
func (r *runner) run(ctx context.Context, w *workflow, input, name string) (*result, error) {
	if err := r.settle(ctx, w); err != nil {
		return nil, err
	}
	arn, err := r.client.Start(ctx, w.arn, name, input)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.timeout > 0 {
		limited, cancel = context.WithTimeoutCause(ctx, r.timeout, errTimeout)
		defer cancel()
	}
	p := newProgress(w.machine())
	err = r.follow(limited, arn, p)
	if limited.Err() != nil && errors.Is(err, limited.Err()) {
		return r.stopped(ctx, arn, p)
	}
	if err != nil {
		return nil, fmt.Errorf("following %s: %w", arn, err)
	}
	v, err := r.client.Describe(ctx, arn)
	if err != nil {
		return nil, fmt.Errorf("reading the result of %s: %w", arn, err)
	}
	return readResult(v), nil
}

// settle finds the ARN of what is to run.
func (r *runner) settle(ctx context.Context, w *workflow) (err error) {
	switch {
	case w.arn != "":
	case w.definition != nil:
		w.arn, err = r.client.Deploy(ctx, w.name, w.definition.json)
	default:
		w.arn, err = r.client.Find(ctx, w.name)
	}
	return err
}

// machine returns the program, nil when it is not known here.
func (w *workflow) machine() *asl.Machine {
	if w.definition == nil {
		return nil
	}
	return w.definition.machine
}

// follow shows the events of an execution until it has ended.
func (r *runner) follow(ctx context.Context, arn string, p *progress) error {
	wait := firstLook
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		events, err := r.client.EventsAfter(ctx, arn, p.last)
		if err != nil {
			return err
		}
		r.show(p, events)
		if p.status != "RUNNING" {
			r.painter.finish(p)
			return nil
		}
		r.painter.refresh(p, time.Now())
		wait = min(wait*3/2, slowestLook)
		if len(events) > 0 {
			wait = firstLook
		}
		timer.Reset(wait)
	}
}

func (r *runner) show(p *progress, events []value.Value) {
	for _, v := range events {
		e := readEvent(v)
		r.painter.event(p, &e, p.add(&e))
	}
}

// stopped stops an execution, since ctx or the time has ended, and returns how it ended.
func (r *runner) stopped(ctx context.Context, arn string, p *progress) (*result, error) {
	why := errTimeout
	if ctx.Err() != nil {
		why = errInterrupted
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := r.client.Stop(last, arn, "Statelark.Run", why.Error()); err != nil {
		return nil, fmt.Errorf("stopping %s: %w", arn, err)
	}
	if err := r.follow(last, arn, p); err != nil {
		return nil, fmt.Errorf("following %s: %w", arn, err)
	}
	v, err := r.client.Describe(last, arn)
	if err != nil {
		return nil, fmt.Errorf("reading the result of %s: %w", arn, err)
	}
	x := readResult(v)
	switch {
	case x.status != "ABORTED": // it ended by itself meanwhile
	case why == errTimeout:
		x.status, x.err, x.cause = "TIMED_OUT", "", fmt.Sprintf("stopped after the %v of --timeout", r.timeout)
	default:
		x.interrupted = true
	}
	return x, nil
}
