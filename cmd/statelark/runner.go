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
	// testCase is the test case of the mock configuration to start with, "" for none.
	testCase string
	// each gets every event as the API has it; nil: nobody does. With withData events have their payloads.
	each     func(event value.Value)
	withData bool
}

// The time between two looks at an execution: it grows while nothing happens. AWS counts calls, and looks there are
// a second apart at least.
const (
	firstLook   = 5 * time.Millisecond
	slowestLook = 200 * time.Millisecond
	awsLook     = time.Second
	slowestAWS  = 4 * time.Second
)

// pace is the time between looks.
type pace struct{ first, now time.Duration }

// paceOf returns the pace of a look after look at a server.
func paceOf(api *client.Client) *pace {
	if api.IsAWS() {
		return &pace{awsLook, awsLook}
	}
	return &pace{firstLook, firstLook}
}

// next waits for the time of the next look, which is no longer than slowest apart, or AWS's own bound there.
func (p *pace) next(ctx context.Context, slowest time.Duration) error {
	timer := time.NewTimer(p.now)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	if p.first == awsLook {
		slowest = slowestAWS
	}
	p.now = min(p.now*3/2, slowest)
	return nil
}

// again starts from the shortest time, since something has happened.
func (p *pace) again() { p.now = p.first }

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
	machine := w.arn
	if r.testCase != "" {
		machine += "#" + r.testCase
	}
	arn, err := r.client.Start(ctx, machine, name, input)
	if err != nil {
		return nil, withoutMocks(err, r.testCase != "")
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
	pace := paceOf(r.client)
	for {
		events, err := r.client.EventsAfter(ctx, arn, p.last, r.withData)
		if err != nil {
			return err
		}
		r.show(p, events)
		if p.status != "RUNNING" {
			r.painter.finish(p)
			return nil
		}
		r.painter.refresh(p, time.Now())
		if len(events) > 0 {
			pace.again()
		}
		if err := pace.next(ctx, slowestLook); err != nil {
			return err
		}
	}
}

func (r *runner) show(p *progress, events []value.Value) {
	for _, v := range events {
		e := readEvent(v)
		r.painter.event(p, &e, p.add(&e))
		if r.each != nil {
			r.each(v)
		}
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
