package awswire

import (
	"context"
	"net/http"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// Answer carries out a request that reached the service by another way than package net/http: POST / from that place (see
// Places), with that X-Amz-Target and that body. Header need hold no more of the request's headers than operations look at. It appends the
// body of the answer to dst and returns its status.
func (s *Service) Answer(ctx context.Context, place arn.Place, target string, header http.Header, text string, dst []byte) (status int, body []byte) {
	s.once.Do(s.index)
	op, err := s.operation(target)
	if err == nil {
		body, err = s.carryOut(ctx, op, place, header, text, dst)
	}
	if err != nil {
		return s.refusal(err, target, dst)
	}
	return http.StatusOK, body
}

// operation returns the operation that an X-Amz-Target names.
func (s *Service) operation(target string) (*Operation, *Error) {
	if name, ok := strings.CutPrefix(target, s.Target); ok && strings.HasPrefix(name, ".") {
		if op := s.byName[name[1:]]; op != nil {
			return op, nil
		}
	}
	if target == "" {
		return nil, unknownOperation("The request has no X-Amz-Target")
	}
	return nil, unknownOperation("The operation '" + target + "' is not known")
}

// carryOut carries out a request with the body text and appends the body of the answer to dst.
func (s *Service) carryOut(ctx context.Context, op *Operation, place arn.Place, header http.Header, text string, dst []byte) ([]byte, *Error) {
	in, err := parseInput(text, op.Input)
	if err != nil {
		return dst, err
	}
	c := &Call{Input: Input{in}, Place: place, Header: header, Out: Writer{append(dst, '{')}}
	if err := s.do(ctx, op, c); err != nil {
		return dst, err
	}
	c.Out.Close('}')
	return c.Out.buf, nil
}

// parseInput returns the body of a request as the checked input of shape s. An empty body is an empty input.
func parseInput(text string, s *Shape) (value.Value, *Error) {
	in := value.EmptyObj
	if text != "" {
		v, err := value.Parse(text)
		if err != nil {
			return value.Value{}, serialization(err.Error())
		}
		in = v
	}
	if err := check(in, s); err != nil {
		return value.Value{}, err
	}
	return in, nil
}

// refusal returns the status of an error, the answer to a request with that X-Amz-Target, and appends its body to dst.
func (s *Service) refusal(err *Error, target string, dst []byte) (status int, body []byte) {
	s.tell(err, target)
	if status = err.Status; status == 0 {
		status = http.StatusBadRequest
	}
	return status, err.appendBody(dst, s.Namespace)
}

// tell says which limit an answer is about, if it is about one.
func (s *Service) tell(err *Error, target string) {
	if err.Limit != "" && s.Hit != nil {
		s.Hit(err.Limit, target)
	}
}

// AppendRequestID appends a new id of a request, as the header X-Amzn-Requestid of an answer has it.
func AppendRequestID(dst []byte) []byte {
	id := newRequestID()
	return append(dst, id[:]...)
}
