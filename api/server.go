// Package api answers the operations of the Step Functions API. Each is a row of the table in operations.go
// and a function that decodes its input, checks what the shape of the input cannot say, has the engine do it
// and encodes the answer.
package api

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

// Namespace of the errors that the Step Functions API declares.
const Namespace = "com.amazonaws.swf.service.v2.model"

// Options are what a Server may be lent. The zero value will do.
type Options struct {
	// Log gets what went wrong in the service itself; nil: nobody does.
	Log *slog.Logger
	Now func() time.Time // nil: time.Now
	// Limits are what requests are held to; nil: AWS's.
	Limits *limits.Limits
	// Hit is called when a request was refused because of a limit, by the limit's name as a setting, and by the operation;
	// nil: nobody is told.
	Hit func(limit, operation string)
	// AccountFromKey makes an access key id of 12 digits the account of its caller.
	AccountFromKey bool
	// Mocks is the mock configuration that test cases are of; nil: there is none.
	Mocks Mocks
}

// Server answers the API, for the state machines of all regions and accounts, apart from each other.
type Server struct {
	engine Engine
	places awswire.Places
	limits *limits.Limits
	hit    func(limit, operation string)
	now    func() time.Time
	log    *slog.Logger
	mocks  Mocks
}

// New makes the API of an engine. Calls that do not say where they are from are from home.
func New(e Engine, home arn.Place, o Options) *Server {
	s := &Server{engine: e, places: awswire.Places{Home: home, FromKey: o.AccountFromKey}, limits: limits.Or(o.Limits), hit: o.Hit, now: o.Now, log: o.Log, mocks: o.Mocks}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Service returns the API as a service, which is a handler of HTTP requests.
func (s *Server) Service() *awswire.Service {
	return &awswire.Service{
		Target:     "AWSStepFunctions",
		Namespace:  Namespace,
		Operations: s.throttled(s.operations()),
		MaxBody:    int64(s.limits.RequestBytes),
		Hit:        s.hit,
		Places:     s.places,
		Convert:    convert,
		Log:        s.log,
	}
}

// convert turns an error of the engine or of a check into the answer, nil when it is a fault.
func convert(err error) *awswire.Error {
	var refusal *statelark.Error
	switch {
	case errors.As(err, &refusal):
		e := &awswire.Error{Namespace: frameworkErrors[refusal.Code], Code: refusal.Code, Message: refusal.Message, Limit: refusal.Limit}
		if refusal.Code == statelark.CodeServiceUnavailable { // which clients try again
			e.Status = http.StatusServiceUnavailable
		}
		if refusal.Reason != "" {
			e.Extra = append(e.Extra, value.Member{Key: "reason", Value: value.FromString(refusal.Reason)})
		}
		if refusal.Resource != "" {
			e.Extra = append(e.Extra, value.Member{Key: "resourceName", Value: value.FromString(refusal.Resource)})
		}
		return e
	case errors.Is(err, statelark.ErrUnavailable):
		return &awswire.Error{Namespace: "com.amazon.coral.service", Code: "ServiceUnavailable",
			Message: "The store does not answer. Try again later.", Status: http.StatusServiceUnavailable}
	}
	return nil
}

// frameworkErrors are the namespaces of errors that not the service but the framework below it declares.
var frameworkErrors = map[string]string{
	"ThrottlingException":   "com.amazon.coral.availability",
	"AccessDeniedException": "com.amazon.coral.service",
}
