// Package gateway serves the services that are built in over HTTP: it finds out which service a request is for, has package codec
// read it, calls the service, and has the answer written. Hosts and ports make no difference. Signatures tell service, region and
// account; they are not checked.
package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// Options is how a Gateway serves.
type Options struct {
	// Anonymous makes whatever is for no other service a request for S3: objects have no other mark when they are asked for
	// without a signature.
	Anonymous bool
	// MaxObject is how large a stream may be, an object of S3 or a part of one; 0: 5 GiB.
	MaxObject int64
	Log       *slog.Logger // gets the faults; nil: nobody does
	// Now is by which URLs expire; nil: time.Now.
	Now func() time.Time
}

// Gateway is an http.Handler for all services that are built in.
type Gateway struct {
	caller awswire.Caller
	has    func(service string) bool
	places awswire.Places
	o      Options
	names  func() *names // made when they are first asked for
	faults faults
}

// New makes a Gateway. caller carries out what is asked of the services that has knows, by their names in the model.
func New(caller awswire.Caller, has func(service string) bool, places awswire.Places, o Options) *Gateway {
	if o.MaxObject == 0 {
		o.MaxObject = 5 << 30
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gateway{caller: caller, has: has, places: places, o: o}
	g.names = sync.OnceValue(g.index)
	return g
}

// ServeHTTP answers one request. One that is for a service that is not built in is refused, in the words of that service.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		// Package net/http goes on without a word when there is nothing to come, and boto3 then takes the answer for that word,
		// and the answer to its next request for this one.
		w.WriteHeader(http.StatusContinue)
	}
	name := g.serviceOf(r)
	s := model.Load(name)
	if s == nil {
		http.Error(w, `{"__type":"UnknownOperationException","message":"The request is for no service that is built in."}`, http.StatusNotFound)
		return
	}
	if name == "s3" {
		r = headed(pathStyle(r))
	}
	if name == "sns" && isCertificate(r) {
		g.certificate(w, r)
		return
	}
	x, request, err := codec.Read(s, r, codec.Options{MaxBody: maxBody(name), MaxStream: g.o.MaxObject, Check: checks[name]})
	if !g.has(name) {
		x.WriteError(w, &awswire.Error{Code: "NotImplemented", Status: http.StatusNotImplemented,
			Message: "The service " + name + " is not built in. An endpoint that has it can be set for " + name + "."})
		return
	}
	if name == "s3" {
		if g.browser(w, r, x) {
			return
		}
		if err == nil {
			err = expired(r, g.o.Now())
		}
	}
	if err != nil {
		g.refuse(w, r, x, reworded(x, err))
		return
	}
	request.Place = g.places.Of(awswire.CredentialOf(r))
	request.Endpoint = endpointOf(r)
	reply, err := g.call(r.Context(), request)
	if err != nil {
		g.refuse(w, r, x, err)
		return
	}
	x.Write(w, reply)
}

// certificate answers with the certificate of SNS's signatures, which the service has in an operation beside AWS's.
func (g *Gateway) certificate(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	reply, err := g.call(r.Context(), &awswire.Request{Service: "sns", Operation: "SigningCertificate", Place: g.places.Home,
		Input: value.NewObject([]value.Member{{Key: "Name", Value: value.FromString(name)}})})
	if err != nil {
		http.NotFound(w, r)
		return
	}
	text, _ := reply.Output.Get("Certificate")
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = io.WriteString(w, text.Str()) // the client is gone: there is nobody to tell
}

// refuse answers with an error, and tells the log if it is a fault.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, x *codec.Exchange, err error) {
	var own *awswire.Error
	if !errors.As(err, &own) && r.Context().Err() == nil { // else the client has left, and err is likely no more than that
		operation := ""
		if x.Operation != nil {
			operation = x.Operation.Name
		}
		g.faults.tell(g.o.Log, g.o.Now(), x.Service.Name, operation, err)
	}
	x.WriteError(w, err)
}

// call carries out an operation. A panic in it is a fault of this request alone.
func (g *Gateway) call(ctx context.Context, request *awswire.Request) (reply *awswire.Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			g.o.Log.Error("operation panicked", "service", request.Service, "operation", request.Operation, "panic", p, "stack", string(debug.Stack()))
			reply, err = nil, errors.New("the operation panicked")
		}
	}()
	reply, err = g.caller.Call(ctx, request)
	if err == nil && reply == nil {
		reply = &awswire.Reply{}
	}
	return reply, err
}

func endpointOf(r *http.Request) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}
