package awswire

import (
	"context"
	"net/http"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// Find returns the operation of that name, nil when the service has none.
func (s *Service) Find(name string) *Operation {
	s.once.Do(s.index)
	return s.byName[name]
}

// Invoke carries out an operation within the process, for a caller in a place: the input is checked and the errors are
// worded as if it had come over the wire.
func (s *Service) Invoke(ctx context.Context, op *Operation, place arn.Place, in value.Value) (value.Value, *Error) {
	if err := check(in, op.Input); err != nil {
		s.tell(err, op.Name)
		return value.Value{}, err
	}
	c := &Call{Input: Input{in}, Place: place, Out: Writer{[]byte{'{'}}}
	if err := s.do(ctx, op, c); err != nil {
		s.tell(err, op.Name)
		return value.Value{}, err
	}
	c.Out.Close('}')
	return value.Checked(string(c.Out.buf)), nil
}

// Call carries out an operation within the process, as Invoke does: the service is a Caller for whoever knows services as such.
// What the body of a Plain operation is, only the service knows: those are not for Call.
func (s *Service) Call(ctx context.Context, r *Request) (*Reply, error) {
	op := s.Find(r.Operation)
	if op == nil || op.Plain {
		e := unknownOperation("The operation " + r.Operation + " is not offered here.")
		e.Status = http.StatusNotImplemented
		return nil, e
	}
	in := r.Input
	if !in.Exists() {
		in = value.EmptyObj
	}
	if err := check(in, op.Input); err != nil {
		s.tell(err, op.Name)
		return nil, err
	}
	c := &Call{Input: Input{in}, Header: r.Header, Place: r.Place, RequestID: r.ID, Head: http.Header{}, Out: Writer{[]byte{'{'}}}
	if err := s.do(ctx, op, c); err != nil {
		s.tell(err, op.Name)
		return nil, err
	}
	reply := &Reply{Status: max(c.Status, op.Status), Header: c.Head}
	if c.Raw == nil {
		c.Out.Close('}')
		reply.Output = value.Checked(string(c.Out.buf))
	} else if len(c.Raw) > 0 {
		reply.Output = value.Checked(string(c.Raw))
	}
	return reply, nil
}
