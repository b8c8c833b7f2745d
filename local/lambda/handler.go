// Package lambda is Lambda on this machine, for the functions of a catalogue: its own API over HTTP, to create, update,
// publish, list, delete and invoke them, with AWS's paths, answers and errors; and the target of Tasks that call them.
// Signatures are not checked.
//
//	h := lambda.New(catalog, lambda.Options{URL: "http://127.0.0.1:8083"})
//	for _, prefix := range lambda.Prefixes {
//		mux.Handle(prefix, h)
//	}
//
// What a function needs that this server has no part of (a network, layers, a role) is refused where the code
// could tell the difference, and otherwise taken and forgotten.
package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/value"
)

// Prefixes are the paths under which Lambda's API lies: one for each date of which it has operations.
var Prefixes = []string{
	"/2015-03-31/", "/2016-08-19/", "/2017-03-31/", "/2017-10-31/", "/2018-10-31/", "/2019-09-25/", "/2019-09-30/", "/2020-04-22/",
	"/2020-06-30/", "/2021-07-20/", "/2021-10-31/", "/2024-08-31/",
}

// Bounds of the body of a request, in bytes: of one that carries an archive, 50 MB in Base64 and the rest; and of one that
// carries a payload, with room to tell those that are somewhat too large what the limit is.
const (
	maxUpload     = 70_167_211
	maxInvocation = 2 * function.MaxPayload
)

// Options say how a Handler works. The zero value has no address and no S3.
type Options struct {
	// URL is where clients find the server, for what answers say of the code of functions.
	URL string
	// FetchObject reads the archive that a request names in S3; nil when there is no S3.
	FetchObject func(ctx context.Context, bucket, key, version string) ([]byte, error)
	// Store keeps what is no part of a function: layers, event source mappings, code signing configurations.
	Store kv.Store
	// Others are the services that event source mappings poll; nil: there are no mappings.
	Others awswire.Caller
	// AccountFromKey makes an access key id of 12 digits the account of its caller.
	AccountFromKey bool
	// Log gets the failures of the service itself; nil: nobody does.
	Log *slog.Logger
}

// Handler serves the API.
type Handler struct {
	opts    Options
	catalog *function.Catalog
	service *awswire.Service
	shelf   shelf
	layers  sync.Mutex // held while a version of a layer gets its number
	mapping sync.Mutex // held while an event source mapping changes
	pollers *pollers
}

// New makes the API of a catalogue.
func New(c *function.Catalog, o Options) *Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{opts: o, catalog: c, shelf: newShelf(o.Store)}
	h.pollers = newPollers(h)
	h.service = &awswire.Service{
		Protocol: awswire.REST{ErrorBody: errorBody}, Operations: h.operations(), Convert: h.convert, Log: o.Log,
		Places: awswire.Places{Home: c.Home(), FromKey: o.AccountFromKey},
	}
	return h
}

// ServeHTTP answers one call of the API, or of the URL of a function.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, URLPrefix) {
		h.serveURL(w, r)
		return
	}
	h.service.ServeHTTP(w, r)
}

// convert puts an error into the terms of the API. What the service does not refuse is its own failure.
func (h *Handler) convert(err error) *awswire.Error {
	var refused *function.Error
	if errors.As(err, &refused) {
		return wireError(refused)
	}
	if !errors.Is(err, context.Canceled) { // else the client has left
		h.opts.Log.Error("operation failed", "error", err)
	}
	return &awswire.Error{Code: "ServiceException", Message: err.Error(), Status: http.StatusInternalServerError}
}

// errorBody is the body of an answer that says no. Two exceptions spell their message with a capital letter.
func errorBody(e *awswire.Error) value.Value {
	kind := "User"
	if e.Status >= http.StatusInternalServerError {
		kind = "Service"
	}
	members := []value.Member{{Key: "Type", Value: value.FromString(kind)}, {Key: "message", Value: value.FromString(e.Message)}}
	if e.Code == "ResourceNotFoundException" || e.Code == "ServiceException" {
		members[0], members[1] = value.Member{Key: "Message", Value: members[1].Value}, members[0]
	}
	return value.NewObject(append(members, e.Extra...))
}

func wireError(e *function.Error) *awswire.Error {
	w := &awswire.Error{Code: e.Code, Message: e.Message, Status: e.Status}
	if e.Reason != "" {
		w.Extra = []value.Member{{Key: "Reason", Value: value.FromString(e.Reason)}}
	}
	return w
}

// answer makes v the body of the answer.
func answer(c *awswire.Call, v any) error {
	body, err := json.Marshal(v)
	c.Raw = body
	return err
}

// ref returns the function that a request is about. One of another place is not here.
func (h *Handler) ref(c *awswire.Call) (function.Ref, error) {
	r, err := function.ParseRef(c.Str("FunctionName"), c.Str("Qualifier"))
	if err == nil {
		err = h.local(c, &r)
	}
	return r, err
}

// local fills in what a name leaves open, and refuses a function of another region or account than the caller's.
func (h *Handler) local(c *awswire.Call, r *function.Ref) error {
	if r.Place.Account != "" && r.Place.Account != c.Place.Account {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "Function not found: %s", h.catalog.ARN(*r))
	}
	return reachable(c, r)
}

// reachable fills in what a name leaves open, and refuses a function of another region than the caller's.
func reachable(c *awswire.Call, r *function.Ref) error {
	if r.Place.Region != "" && r.Place.Region != c.Place.Region {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "Functions from '%s' are not reachable in this region ('%s')", r.Place.Region, c.Place.Region)
	}
	r.Place.Region = c.Place.Region
	r.Place.Account = cmp.Or(r.Place.Account, c.Place.Account)
	return nil
}

func invalid(format string, a ...any) *function.Error {
	return function.Errorf("InvalidParameterValueException", http.StatusBadRequest, format, a...)
}
