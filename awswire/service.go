// Package awswire speaks the protocols of AWS's services. What a service offers is a table: operations, the
// shapes of their inputs and a function each. Everything between the socket and that function is here:
// finding the operation, reading and checking the input, wording what is wrong with it, writing the answer.
//
// It speaks AWS JSON 1.0 and REST-JSON, as a server.
package awswire

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/statelark/statelark/arn"
)

// MaxBody is the number of bytes that the body of a request may have, where its operation says nothing else.
const MaxBody = 1 << 20

// Operation is one operation of a service.
type Operation struct {
	Name  string
	Input *Shape // a structure
	// Method, Path and Status are those of REST-JSON: the path as package net/http has patterns, and the status of the
	// answer, 0: 200.
	Method, Path string
	Status       int
	// MaxBody bounds the body of a request (REST-JSON), in bytes; 0: MaxBody.
	MaxBody int64
	// Plain says that the body of the request is no object but the payload itself (REST-JSON).
	Plain bool
	// Do carries it out. The answer is an empty object when it writes nothing. A returned *Error is the
	// answer; any other error is a fault.
	Do func(ctx context.Context, c *Call) error
}

// Call is one request on its way through. It is valid until Do returns.
type Call struct {
	Input
	Header http.Header // of the request
	Place  arn.Place   // that the request is sent to, and comes from
	// Out is the object of the answer, open for its members.
	Out Writer

	// In REST-JSON:

	RequestID string      // of the answer
	Payload   []byte      // the body of the request of a Plain operation
	Status    int         // of the answer; set it to answer with another than the operation's
	Head      http.Header // of the answer
	Raw       []byte      // the body of the answer in place of Out, when it is not nil
}

// Protocol is how the requests and answers of a service are put into HTTP.
type Protocol interface {
	handler(s *Service) http.Handler
}

// Service answers the operations of a table. It is an http.Handler, on any host.
type Service struct {
	// Protocol is what the service speaks; nil: JSON10.
	Protocol Protocol
	// Target stands before the name of the operation in X-Amz-Target.
	Target string
	// Namespace stands before the names of the service's own errors.
	Namespace  string
	Operations []Operation
	// MaxBody is the number of bytes that the body of a request may have (JSON 1.0); 0: MaxBody.
	MaxBody int64
	// Hit is called when a request was refused because of a limit: the limit's name as a setting, and X-Amz-Target (JSON
	// 1.0). It must not wait. nil: nobody is told.
	Hit func(limit, target string)
	// Places says where the caller of a request is.
	Places Places
	// Convert turns an error of an operation into the answer, nil when the error is a fault.
	Convert func(error) *Error
	// Log gets the faults; nil: nobody does.
	Log *slog.Logger

	once    sync.Once
	byName  map[string]*Operation
	handler http.Handler
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
	s.handler.ServeHTTP(w, r)
}

func (s *Service) index() {
	s.byName = make(map[string]*Operation, len(s.Operations))
	for i := range s.Operations {
		s.byName[s.Operations[i].Name] = &s.Operations[i]
	}
	if s.Protocol == nil {
		s.Protocol = JSON10
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.handler = s.Protocol.handler(s)
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
	if own := s.convert(err); own != nil {
		return own
	}
	if ctx.Err() == nil { // else the client has left, and err is likely no more than that
		s.Log.Error("operation failed", "operation", op.Name, "error", err)
	}
	return internalFailure()
}

func (s *Service) convert(err error) *Error {
	if s.Convert == nil {
		return nil
	}
	return s.Convert(err)
}

// requestID returns a new id of a request.
func requestID() string {
	id := newRequestID()
	return string(id[:])
}

// newRequestID makes the UUID (version 4) that names an answer. It is no secret, so a fast generator will do.
func newRequestID() (id [36]byte) {
	var raw [16]byte
	binary.NativeEndian.PutUint64(raw[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(raw[8:], rand.Uint64())
	raw[6] = raw[6]&0x0F | 0x40
	raw[8] = raw[8]&0x3F | 0x80
	copy(id[:], "........-....-....-....-............")
	hex.Encode(id[0:], raw[0:4])
	hex.Encode(id[9:], raw[4:6])
	hex.Encode(id[14:], raw[6:8])
	hex.Encode(id[19:], raw[8:10])
	hex.Encode(id[24:], raw[10:16])
	return id
}
