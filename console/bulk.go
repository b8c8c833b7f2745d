package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/search"
)

// Actions are what is done to executions in bulk; *engine.Engine has them.
type Actions interface {
	StopExecution(ctx context.Context, arn string, errorName, cause *string) (time.Time, error)
	RedriveExecution(ctx context.Context, arn, token string) (time.Time, error)
	// Redrivable reports whether an execution of a record can be redriven by itself.
	Redrivable(ctx context.Context, x *statelark.Execution) (bool, error)
}

const (
	// bulkAtOnce is how many executions are acted on at a time, bulkPage how many are read.
	bulkAtOnce = 16
	bulkPage   = 500
	// maxBulkFailures bounds the failures that an answer names.
	maxBulkFailures = 100
	// maxStopError and maxStopCause are AWS's bounds, in bytes.
	maxStopError = 256
	maxStopCause = 32768
)

// bulkRun is one run of an action over all that a query finds.
type bulkRun struct {
	server  *Server
	request BulkRequest
	find    search.Request

	mu     sync.Mutex // guards result
	result BulkResult
}

// bulk answers POST /api/bulk.
func (s *Server) bulk(c *call) (any, error) {
	b := &bulkRun{server: s}
	if err := c.read(&b.request); err != nil {
		return nil, err
	}
	c.resource = b.request.Action + " " + b.request.Query
	if b.request.Dry {
		c.resource = "(dry run) " + c.resource
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	var err error
	if b.find, err = s.request(c.person, b.request.Query); err != nil {
		return nil, err
	}
	if err := b.each(c.Context(), func(*statelark.Execution) {}); err != nil || b.request.Dry {
		return &b.result, err
	}
	if matched, expect := b.result.Matched, b.request.Expect; matched > expect+expect/10 {
		return nil, invalid("%d executions match now, and %d were expected. Nothing was done; count them again.", matched, expect)
	}
	b.result = BulkResult{}
	if err := b.act(c.Context()); err != nil {
		return nil, err
	}
	c.resource = fmt.Sprintf("%s: %d done, %d failed", c.resource, b.result.Done, b.result.Eligible-b.result.Done)
	return &b.result, nil
}

func (b *bulkRun) check() error {
	switch r := &b.request; {
	case r.Action != "stop" && r.Action != "redrive":
		return invalid("action is %q; it has to be stop or redrive.", r.Action)
	case r.Action != "stop" && (r.Error != "" || r.Cause != ""):
		return invalid("error and cause are of the action stop.")
	case len(r.Error) > maxStopError || len(r.Cause) > maxStopCause:
		return invalid("error may have %d bytes, and cause %d.", maxStopError, maxStopCause)
	case b.server.opts.Actions == nil:
		return &statelark.Error{Code: codeNotFound, Message: "This server does nothing in bulk."}
	}
	return nil
}

// each counts all that the query finds, page by page, and calls f for those that the action is for.
func (b *bulkRun) each(ctx context.Context, f func(*statelark.Execution)) error {
	r := b.find
	r.Limit = bulkPage
	for {
		page, err := b.server.opts.Search.Search(ctx, r)
		if err != nil {
			return err
		}
		for _, found := range page.Found {
			eligible, err := b.eligible(ctx, found.Execution)
			if err != nil {
				return err
			}
			b.mu.Lock()
			if b.result.Matched++; eligible {
				b.result.Eligible++
			}
			b.mu.Unlock()
			if eligible {
				f(found.Execution)
			}
		}
		if r.Before = page.Next; page.Next == (statelark.ExecID{}) {
			return nil
		}
	}
}

func (b *bulkRun) eligible(ctx context.Context, x *statelark.Execution) (bool, error) {
	if b.request.Action == "redrive" {
		return b.server.opts.Actions.Redrivable(ctx, x)
	}
	return x.Status == statelark.Running && !x.Express, nil
}

// act does it to all. One that fails keeps no other from being done; when the caller leaves, what is under way is the last.
func (b *bulkRun) act(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(bulkAtOnce)
	err := b.each(ctx, func(x *statelark.Execution) {
		group.Go(func() error {
			b.note(x, b.one(ctx, x))
			return nil
		})
	})
	_ = group.Wait() // its functions return nil
	if err == nil {
		err = ctx.Err()
	}
	return err
}

func (b *bulkRun) one(ctx context.Context, x *statelark.Execution) error {
	actions := b.server.opts.Actions
	if b.request.Action == "redrive" {
		_, err := actions.RedriveExecution(ctx, x.ARN(), uuid.NewString())
		return err
	}
	_, err := actions.StopExecution(ctx, x.ARN(), optional(b.request.Error), optional(b.request.Cause))
	return err
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// note counts what became of one.
func (b *bulkRun) note(x *statelark.Execution, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.result.Done++
	case len(b.result.Failed) < maxBulkFailures:
		b.result.Failed = append(b.result.Failed, BulkFailure{ARN: x.ARN(), Message: err.Error()})
	}
}
