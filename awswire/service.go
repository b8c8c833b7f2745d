// Package awswire speaks the protocols of AWS's services. What a service offers is a table: operations, the
// shapes of their inputs and a function each. Everything between the socket and that function is here:
// finding the operation, reading and checking the input, wording what is wrong with it, writing the answer.
//
// So far it speaks AWS JSON 1.0, as a server.
package awswire

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/statelark/statelark/value"
)

// MaxBody is the number of bytes that the body of a request may have.
const MaxBody = 1 << 20

// contentType of the protocol's requests and answers.
const contentType = "application/x-amz-json-1.0"

// Operation is one operation of a service.
type Operation struct {
	Name  string
	Input *Shape // a structure
	// Do carries it out. The answer is an empty object when it writes nothing. A returned *Error is the
	// answer; any other error is a fault.
	Do func(ctx context.Context, c *Call) error
}

// Call is one request on its way through. It is valid until Do returns.
type Call struct {
	Input
	Header http.Header // of the request
	// Out is the object of the answer, open for its members.
	Out Writer
}

// Service answers the operations of a table. It is an http.Handler for POST / on any host: which service a
// request is meant for is told by its X-Amz-Target alone, so that requests for the host "sync-…" and requests
// in absolute form (through HTTP_PROXY) are served as well.
type Service struct {
	// Target stands before the name of the operation in X-Amz-Target.
	Target string
	// Namespace stands before the names of the service's own errors.
	Namespace  string
	Operations []Operation
	// Convert turns an error of an operation into the answer, nil when the error is a fault.
	Convert func(error) *Error
	// Log gets the faults.
	Log *slog.Logger

	once   sync.Once
	byName map[string]*Operation
}

// buffers are those of bodies, both ways; bodies larger than keepBuffer are not kept.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

const keepBuffer = 64 << 10

func recycle(buf *[]byte, b []byte) {
	if cap(b) <= keepBuffer {
		*buf = b[:0]
		buffers.Put(buf)
	}
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.index)
	out := buffers.Get().(*[]byte)
	body, err := s.answer(r, *out)
	status := http.StatusOK
	if err != nil {
		body = err.appendBody(body[:0], s.Namespace)
		status = err.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
	}
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Amzn-Requestid"] = []string{requestID()}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: there is nobody to tell
	recycle(out, body)
}

func (s *Service) index() {
	s.byName = make(map[string]*Operation, len(s.Operations))
	for i := range s.Operations {
		s.byName[s.Operations[i].Name] = &s.Operations[i]
	}
}

// answer carries a request out and appends the body of the answer to dst.
func (s *Service) answer(r *http.Request, dst []byte) (body []byte, failure *Error) {
	op, err := s.find(r)
	if err != nil {
		return dst, err
	}
	in, err := read(r, op.Input)
	if err != nil {
		return dst, err
	}
	c := &Call{Input: Input{in}, Header: r.Header, Out: Writer{append(dst, '{')}}
	if err := s.do(r.Context(), op, c); err != nil {
		return dst, err
	}
	c.Out.Close('}')
	return c.Out.buf, nil
}

// do runs the operation. A panic in it is a fault of this request alone.
func (s *Service) do(ctx context.Context, op *Operation, c *Call) (failure *Error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("operation panicked", "operation", op.Name, "panic", p, "stack", string(debug.Stack()))
			failure = internalFailure()
		}
	}()
	err := op.Do(ctx, c)
	if err == nil {
		return nil
	}
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if own := s.Convert(err); own != nil {
		return own
	}
	if ctx.Err() == nil { // else the client has left, and err is likely no more than that
		s.Log.Error("operation failed", "operation", op.Name, "error", err)
	}
	return internalFailure()
}

// find returns the operation that the request names.
func (s *Service) find(r *http.Request) (*Operation, *Error) {
	if r.Method != http.MethodPost || r.URL.Path != "/" && r.URL.Path != "" {
		e := unknownOperation(r.Method + " " + r.URL.Path + " is no operation of this service: they are POST / with X-Amz-Target")
		e.Status = http.StatusNotFound
		return nil, e
	}
	target := r.Header.Get("X-Amz-Target")
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

// read returns the body of a request as the checked input of shape s. An empty body is an empty input.
func read(r *http.Request, s *Shape) (value.Value, *Error) {
	if r.ContentLength > MaxBody {
		return value.Value{}, tooLarge()
	}
	text, err := readBody(r.Body)
	if err != nil {
		return value.Value{}, err
	}
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

func readBody(r io.Reader) (string, *Error) {
	pooled := buffers.Get().(*[]byte)
	b := *pooled
	defer func() { recycle(pooled, b) }()
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > MaxBody:
			return "", tooLarge()
		case err == io.EOF:
			return string(b), nil
		case err != nil:
			return "", serialization("The body could not be read: " + err.Error())
		}
	}
}

// requestID makes the UUID (version 4) that names an answer. It is no secret, so a fast generator will do.
func requestID() string {
	var raw [16]byte
	binary.NativeEndian.PutUint64(raw[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(raw[8:], rand.Uint64())
	raw[6] = raw[6]&0x0F | 0x40
	raw[8] = raw[8]&0x3F | 0x80
	id := []byte("........-....-....-....-............")
	hex.Encode(id[0:], raw[0:4])
	hex.Encode(id[9:], raw[4:6])
	hex.Encode(id[14:], raw[6:8])
	hex.Encode(id[19:], raw[8:10])
	hex.Encode(id[24:], raw[10:16])
	return string(id)
}
