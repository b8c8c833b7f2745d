// Package create makes what a Task names and nobody has made: a table, a queue, a topic, a bucket. It stands between Tasks and the
// services that are built in; nothing is ever made at a service outside.
//
// A history has no event that could tell of it, and an execution is to read as it would at AWS. So it is told to a callback,
// for the log.
package create

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// Made is something that was made.
type Made struct {
	Place arn.Place
	// Service and Operation made it: "sqs", "CreateQueue". Name is what it is called.
	Service, Operation, Name string
}

// Options is how a Creator works.
type Options struct {
	// Caller has the services. BuiltIn reports whether a service is built in.
	Caller  awswire.Caller
	BuiltIn func(service string) bool
	// Declared returns the input with which something is to be made, as far as somebody has said it, such as the keys of a table;
	// nil: nobody has.
	Declared func(operation, name string) (value.Value, bool)
	// Tell is told of what was made. It must not wait.
	Tell func(Made)
}

// Creator is a Caller that makes what is missing for an operation, once, and asks again.
type Creator struct {
	o  Options
	mu sync.Mutex // one is made at a time, so that what many miss is made once
}

// New makes a Creator.
func New(o Options) *Creator { return &Creator{o: o} }

// Call carries out an operation.
func (c *Creator) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	reply, err := c.o.Caller.Call(ctx, r)
	if err == nil || r.Body != nil && !rewind(r) || !c.o.BuiltIn(r.Service) {
		return reply, err
	}
	// A request may miss two things, one after the other: a group of logs and a stream in it.
	for range 2 {
		missing, ok := c.missing(r, err)
		if !ok || c.make(ctx, r, missing) != nil {
			return nil, err
		}
		if r.Body != nil {
			rewind(r)
		}
		if reply, err = c.o.Caller.Call(ctx, r); err == nil {
			return reply, nil
		}
	}
	return nil, err
}

// rewind has the body of a request sent again from its beginning; false when that cannot be.
func rewind(r *awswire.Request) bool {
	body, ok := r.Body.(interface {
		Seek(offset int64, whence int) (int64, error)
	})
	if !ok {
		return false
	}
	_, err := body.Seek(0, 0)
	return err == nil
}

// missing finds what a request misses, of the error that says so.
func (c *Creator) missing(r *awswire.Request, err error) (missing, bool) {
	var no *awswire.Error
	if !errors.As(err, &no) {
		return missing{}, false
	}
	for _, k := range kinds {
		if k.service == r.Service && k.misses(r, no) {
			name := k.name(r)
			return missing{kind: k, name: name}, name != ""
		}
	}
	return missing{}, false
}

type missing struct {
	kind *kind
	name string
}

// make makes what is missing, and what that needs. That somebody else has made it meanwhile is as good.
func (c *Creator) make(ctx context.Context, r *awswire.Request, m missing) error {
	if m.kind.before != nil {
		if err := c.make(ctx, r, missing{m.kind.before, m.name}); err != nil {
			return err
		}
	}
	in, ok := c.input(r, m)
	if !ok {
		return errUnknown
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.o.Caller.Call(ctx, &awswire.Request{
		Service: r.Service, Operation: m.kind.operation, Place: r.Place, Input: in, ID: r.ID, Endpoint: r.Endpoint,
	})
	var no *awswire.Error
	if errors.As(err, &no) && exists(no) {
		return nil
	}
	if err == nil && c.o.Tell != nil {
		c.o.Tell(Made{Place: r.Place, Service: r.Service, Operation: m.kind.operation, Name: m.name})
	}
	return err
}

// input is what something is made with: as it was declared, and else as the request says.
func (c *Creator) input(r *awswire.Request, m missing) (value.Value, bool) {
	in, ok := m.kind.input(r, m.name)
	if c.o.Declared == nil {
		return in, ok
	}
	declared, said := c.o.Declared(m.kind.operation, m.name)
	if !said {
		return in, ok
	}
	if !ok {
		in = value.EmptyObj
	}
	for _, member := range declared.Members() {
		in = in.With(member.Key, member.Value)
	}
	return in, true
}

// errUnknown: what is missing cannot be made, for it is not known how.
var errUnknown = errors.New("what is missing cannot be made of what the request says")

// exists reports whether a refusal says that there is such a thing already.
func exists(no *awswire.Error) bool {
	for _, word := range []string{"InUse", "AlreadyExist", "AlreadyOwned", "NameExists"} {
		if strings.Contains(no.Code, word) {
			return true
		}
	}
	return no.Code == "ClientException" && strings.Contains(no.Message, "exists")
}
