package awswire

import (
	"context"

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
