package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Options is what the targets are made with that call services.
type Options struct {
	Caller awswire.Caller
	// BuiltIn reports whether a service, by the name of its model, is in this process; nil: none is.
	BuiltIn func(service string) bool
	// MaxResult bounds what is read of a streamed answer, in bytes; 0: 262,144.
	MaxResult int64
}

const maxResult = 262_144

func (o *Options) builtIn(service string) bool { return o.BuiltIn != nil && o.BuiltIn(service) }

// question is one operation that a Task asks a service for.
type question struct {
	call    *task.Call
	service *model.Service
	op      *model.Operation
	tongue  *tongue
	id      string // of the request
}

// answer is what came of a question.
type answer struct {
	*awswire.Reply
	result value.Value // in the tongue of the question
}

// ask asks with parameters in the tongue of the question. A refusal is an *awswire.Error, no answer an *awswire.Unanswered.
func (o *Options) ask(ctx context.Context, q *question, parameters value.Value) (*answer, error) {
	r := &awswire.Request{
		Service: q.service.Name, Operation: q.op.Name, Place: q.call.Place(), ID: q.id, Role: q.call.Role,
		Owner: machineOf(q.call.Execution), Input: value.EmptyObj,
	}
	if q.op.Input != nil {
		doc, err := q.tongue.document(parameters, q.op.Input)
		if err != nil {
			return nil, err
		}
		r.Input = doc
		q.fillIn(r)
	}
	reply, err := o.Caller.Call(ctx, r)
	if err != nil {
		return nil, err
	}
	a := &answer{Reply: reply, result: value.EmptyObj}
	if reply.Output.Exists() {
		a.result = q.tongue.result(withMaps(reply.Output, q.op.Output), q.op.Output)
	}
	return a, o.readBody(q, a)
}

// withMaps has every member that is a map of fields of the header: to the SDK it is there when there are no such fields.
func withMaps(v value.Value, s *model.Shape) value.Value {
	if s == nil {
		return v
	}
	for i := range s.Members {
		if m := &s.Members[i]; m.Location == model.Headers {
			if _, has := v.Get(m.Name); !has {
				v = v.With(m.Name, value.EmptyObj)
			}
		}
	}
	return v
}

// fillIn gives the request its tokens, which follow from the attempt, and takes the member out of the document that is streamed.
func (q *question) fillIn(r *awswire.Request) {
	for i := range q.op.Input.Members {
		m := &q.op.Input.Members[i]
		if m.Token && m.Shape.Kind == model.String {
			if _, given := r.Input.Get(m.Name); !given {
				r.Input = r.Input.With(m.Name, value.FromString(q.call.UUID()))
			}
		}
	}
	if mode := q.op.Input.Member(checksumMode); mode != nil && streamed(q.op.Output) != nil { // what is read is checked, if it can be
		if _, given := r.Input.Get(checksumMode); !given {
			r.Input = r.Input.With(checksumMode, value.FromString("ENABLED"))
		}
	}
	body := streamed(q.op.Input)
	if body == nil {
		return
	}
	v, _ := r.Input.Get(body.Name)
	raw, err := base64.StdEncoding.DecodeString(v.Str())
	if v.Kind() != value.String || err != nil {
		return
	}
	r.Input = q.withChecksum(without(r.Input, body.Name), raw)
	r.Body, r.Length = bytes.NewReader(raw), int64(len(raw))
}

// withChecksum adds the checksum of the body, as the SDK does for operations that take one, unless there is one.
func (q *question) withChecksum(in value.Value, body []byte) value.Value {
	if q.op.ChecksumMember == "" {
		return in
	}
	for _, m := range in.Members() {
		if strings.HasPrefix(m.Key, "Checksum") && m.Key != q.op.ChecksumMember {
			return in
		}
	}
	algorithm := cmp.Or(at(in, q.op.ChecksumMember).Str(), "CRC32")
	hash, member := codec.NewChecksum(algorithm), q.op.Input.Member("Checksum"+algorithm)
	if hash == nil || member == nil {
		return in
	}
	_, _ = hash.Write(body) // a hash never fails
	in = in.With(q.op.ChecksumMember, value.FromString(algorithm))
	return in.With(member.Name, value.FromString(base64.StdEncoding.EncodeToString(hash.Sum(nil))))
}

// checksumMode is the member with which the SDK asks for the checksum of what it reads.
const checksumMode = "ChecksumMode"

// streamed is the member of an input or an output that is its body, as it is; nil: none is.
func streamed(s *model.Shape) *model.Member {
	if s == nil || s.Payload == "" {
		return nil
	}
	if m := s.Member(s.Payload); m != nil && (m.Streaming || m.Shape.Streaming) {
		return m
	}
	return nil
}

func without(v value.Value, name string) value.Value {
	var members []value.Member
	for _, m := range v.Members() {
		if m.Key != name {
			members = append(members, m)
		}
	}
	return value.NewObject(members)
}

// readBody adds the body of an answer to the result: text where it is UTF-8, else Base64.
func (o *Options) readBody(q *question, a *answer) error {
	if a.Body == nil {
		return nil
	}
	defer func() { _ = a.Body.Close() }() // read as far as it is wanted
	limit := cmp.Or(o.MaxResult, maxResult)
	raw, err := io.ReadAll(io.LimitReader(a.Body, limit+1))
	switch {
	case err != nil:
		return &awswire.Unanswered{Message: "Unable to execute HTTP request: the answer broke off: " + err.Error()}
	case int64(len(raw)) > limit:
		return task.Errorf("States.DataLimitExceeded",
			"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", q.call.Resource.Service)
	}
	name := "Body"
	if m := streamed(q.op.Output); m != nil {
		name = q.tongue.name(m.Name)
	}
	text := string(raw)
	if !utf8.Valid(raw) {
		text = base64.StdEncoding.EncodeToString(raw)
	}
	members := append([]value.Member{{Key: name, Value: value.FromString(text)}}, a.result.Members()...)
	sortMembers(members)
	a.result = value.NewObject(members)
	return nil
}

// newQuestion makes a question with an id of its own.
func newQuestion(c *task.Call, s *model.Service, op *model.Operation, t *tongue) *question {
	return &question{call: c, service: s, op: op, tongue: t, id: uuid.NewString()}
}

// refusal words an answer of a service that says no.
type refusal func(q *question, err *awswire.Error) (name, cause string)

// failed is the failure of a Task whose question was not answered as it should be. prefix stands before the names of errors.
func (q *question) failed(err error, prefix string, says refusal) error {
	var (
		no       *awswire.Error
		silence  *awswire.Unanswered
		unknown  unknownField
		other    noText
		language *task.Error
	)
	switch {
	case errors.As(err, &language):
		return language
	case errors.As(err, &unknown), errors.As(err, &other):
		return task.Fatalf("The Parameters '%s' could not be used to start the Task: [%s]", q.call.Input.Compact(), err.Error())
	case errors.As(err, &silence):
		failed := task.Errorf(prefix+".SdkClientException", "%s", silence.Message)
		failed.Phase = refusedIn(q.call)
		return failed
	case errors.As(err, &no):
	case errors.Is(err, statelark.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default: // a fault of a service that is built in
		no = &awswire.Error{Code: "InternalFailure", Status: 500,
			Message: "The request processing has failed because of an unknown error, exception or failure."}
	}
	name, cause := says(q, no)
	return &task.Error{Name: prefix + "." + name, Cause: cause, Phase: refusedIn(q.call)}
}

// shapeOf is the shape of an error that the service's model has, by the code of an answer; nil: it has none.
func shapeOf(s *model.Service, op *model.Operation, code string) *model.Shape {
	match := func(op *model.Operation) *model.Shape {
		for _, e := range op.Errors {
			if e.Name == code || e.ErrorCode != "" && e.ErrorCode == code {
				return e
			}
		}
		return nil
	}
	if e := match(op); e != nil {
		return e
	}
	for _, other := range s.Operations {
		if e := match(other); e != nil {
			return e
		}
	}
	return nil
}

// requestID is what the service calls the request.
func (q *question) requestID(err *awswire.Error) string { return cmp.Or(err.RequestID, q.id) }

// sdkRefusal words a refusal as version 2 does.
func sdkRefusal(q *question, err *awswire.Error) (name, cause string) {
	prefix := q.service.ErrorPrefix()
	name = prefix + "Exception"
	if e := shapeOf(q.service, q.op, bareCode(q, err.Code)); e != nil {
		name = sdkException(e.Name)
	}
	host := err.HostID
	if host == "" && q.service.Name == "s3" {
		host = base64.StdEncoding.EncodeToString([]byte(q.call.UUID() + q.call.UUID()))
	}
	if host != "" {
		host = ", Extended Request ID: " + host
	}
	return name, fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s%s) (SDK Attempt Count: %d)",
		cmp.Or(err.Message, "null"), prefix, status(err), q.requestID(err), host, cmp.Or(err.Attempts, 1))
}

// bareCode is the code of a refusal without a body, which S3 gives to HEAD alone, as the SDK reads it.
func bareCode(q *question, code string) string {
	if q.service.Name == "s3" && (code == "NotFound" || code == "404") {
		switch q.op.Name {
		case "HeadBucket":
			return "NoSuchBucket"
		case "HeadObject":
			return "NoSuchKey"
		}
	}
	return code
}
