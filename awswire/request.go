package awswire

import (
	"context"
	"io"
	"net/http"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// Request is one operation asked of a service of AWS, whoever has the service and however it is reached.
//
// Input and Reply.Output are documents: objects with the names that the service's model has for its members, whatever the
// protocol makes of them. In a document bytes are Base64, and a time is a number of seconds since 1970, with a fraction.
type Request struct {
	Service   string    // by its name in the model: "dynamodb", "stepfunctions"
	Operation string    // "PutItem"
	Place     arn.Place // that the request is sent to, and comes from
	Input     value.Value
	// Body is the member of the input that is streamed, which Input does not have; nil: none. Length is -1 when it is not known.
	Body   io.Reader
	Length int64

	ID string // of the request and its answer
	// Role is the ARN of the role that the caller takes on, "": none. Services that are built in know no roles.
	Role string
	// Owner is the ARN of the state machine that the request is made for, "": none. A role may be taken on for it alone.
	Owner string

	// Of a request that came over HTTP:

	// Endpoint is where the client reached the server: http://127.0.0.1:8083. In process it is where clients on this machine do.
	Endpoint string
	Header   http.Header // nil in process
	// Trailer returns the fields that came after Body, once that has been read to its end; nil: there are none.
	Trailer func() http.Header
}

// Reply is the answer that says yes.
type Reply struct {
	Output value.Value // the zero Value: nothing but an empty object
	// Body is the member of the output that is streamed, which Output does not have; nil: none. Whoever has the Reply closes it.
	Body   io.ReadCloser
	Length int64       // of Body; -1: not known
	Status int         // of HTTP; 0: what the model says
	Header http.Header // of HTTP beside what the model puts there; may be nil
}

// Caller does operations of services: over HTTP with a signature, or in process. An answer that says no is an *Error; any other
// error says that there is no answer.
type Caller interface {
	Call(ctx context.Context, r *Request) (*Reply, error)
}
