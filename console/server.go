package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/search"
	"github.com/statelark/statelark/search/query"
)

// Options say what a Server shows.
type Options struct {
	Auth  Auth      // nil: Open
	Audit *AuditLog // nil: one in memory
	// Mask is what the stream hides, which is the same for all; nil: nothing. (Elsewhere it is the person's.)
	Mask   *Mask
	Log    *slog.Logger
	Server ServerInfo
	Engine Engine
	Hub    *Hub // nil: nothing is live, and nothing counted
	AWS    AWS
	// Search finds executions, Actions are what is done to them in bulk; nil: there is no such thing.
	Search  search.Finder
	Actions Actions
	Place   arn.Place // that is shown
	// Limits are what definitions and payloads are held to; nil: AWS's.
	Limits *limits.Limits
	Now    func() time.Time // nil: time.Now
	// Services are those that are built in; nil: there are none.
	Services Services
	// Settings are those in force, without secrets; nil: nobody knows.
	Settings func() []SettingSection
}

// Server answers what a browser asks for.
type Server struct {
	opts  Options
	mux   *http.ServeMux
	pages *pages

	rows    *machineRows
	columns columns
	seed    seed
	// turns bounds how many reads are under way, so that browsers leave processors to the engine.
	turns chan struct{}
}

func (s *Server) now() time.Time { return s.opts.Now() }

// New returns a Server.
func New(o Options) *Server {
	if o.Auth == nil {
		o.Auth = Open{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Audit == nil {
		o.Audit = &AuditLog{now: o.Now, log: o.Log}
	}
	s := &Server{opts: o, mux: http.NewServeMux(), pages: newPages(dist), rows: newMachineRows(), turns: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))}
	if o.Hub != nil {
		s.rows = o.Hub.machines
		o.Hub.mask.Store(o.Mask)
		s.mux.HandleFunc("GET /api/stream", s.serveStream)
	}
	for _, r := range routes {
		s.mux.Handle(r.method+" /api/"+r.path, s.answer(r))
	}
	s.mux.HandleFunc("POST /api/aws/{operation}", s.serveAWS)
	if h := o.Auth.Handler(); h != nil {
		s.mux.Handle("/api/auth/", h)
	}
	s.mux.HandleFunc("/api/", s.unknown)
	s.mux.Handle("GET "+Path, s.pages)
	return s
}

// Path is below which the pages are.
const Path = "/console/"

// Serves reports whether a path of a URL is of the console.
func Serves(path string) bool {
	return path+"/" == Path || strings.HasPrefix(path, Path) || strings.HasPrefix(path, "/api/")
}

// policy is the Content-Security-Policy of all that the console sends. Styles are set by its components as they are shown.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

// ServeHTTP answers a request whose path is of the console.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	if err := sameSite(r); err != nil {
		s.fail(w, r, err)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// sameSite refuses what pages of others ask of /api. (What they send that may change something is refused before, see
// node/hosts.go; here it is what they have loaded, if only to keep the server busy.)
func sameSite(r *http.Request) error {
	site := r.Header.Get("Sec-Fetch-Site")
	if site == "" || site == "same-origin" || site == "none" || !strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/api/auth/") {
		return nil
	}
	return &statelark.Error{Code: codeDenied, Message: "The pages of this server alone may ask for this."}
}

// route is an address under /api. What serve returns is sent as JSON; an error as a Failure.
type route struct {
	method, path string
	role         Role // that it takes at least
	serve        func(*Server, *call) (any, error)
}

// routes are all addresses, but for the stream and for those of AWS's operations. Each file has a table of its own.
var routes = slices.Concat(
	sessionRoutes, overviewRoutes, machineRoutes, executionRoutes, forkRoutes, taskRoutes, stageRoutes, eventRoutes, resolveRoutes,
	languageRoutes, layoutRoutes, sampleRoutes, serviceRoutes, auditRoutes, settingsRoutes, searchRoutes,
)

// call is one request for a route.
type call struct {
	*http.Request

	person *Person
	// resource is what the call is about, for the audit log; a handler sets it.
	resource string
	// keeps: what the body says is kept or sent on, so that it cannot be what was masked.
	keeps bool
}

// maxBody bounds the body of a request.
const maxBody = 34 << 20

// text reads the body.
func (c *call) text() ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &statelark.Error{Code: codeTooLarge, Message: fmt.Sprintf("The request is larger than %d bytes.", maxBody)}
	case err != nil:
		return nil, &statelark.Error{Code: codeSerialization, Message: "The body could not be read: " + err.Error()}
	case c.keeps && c.person.Mask != nil && bytes.Contains(text, []byte(Hidden)):
		return nil, &statelark.Error{Code: codeValidation, Message: "Values that are masked here, " + Hidden + ", would be taken for the values themselves. Put those in, or have the server use what it has: a fork without an input, a redrive."}
	}
	return text, nil
}

// read decodes the body into v.
func (c *call) read(v any) error {
	text, err := c.text()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &statelark.Error{Code: codeSerialization, Message: err.Error()}
	}
	return nil
}

// Codes of refusals that are the console's own.
const (
	codeDenied        = "AccessDeniedException"
	codeUnauthorized  = "UnauthorizedException"
	codeNotFound      = "ResourceNotFound"
	codeSerialization = "SerializationException"
	codeTooLarge      = "RequestEntityTooLarge"
	codeValidation    = "ValidationException"
)

// Header is one that each request has which may change something, so that no form and no simple request of another page is one.
const Header = "X-Statelark-Console"

// begin tells who sends a request, and refuses one that may not pass.
func (s *Server) begin(r *http.Request, least Role) (*Person, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" || r.Header.Get(Header) != "1" {
			return nil, &statelark.Error{Code: codeDenied, Message: "A request that may change something needs the headers Content-Type: application/json and " + Header + ": 1."}
		}
	}
	person, err := s.opts.Auth.Who(r)
	if err != nil {
		return nil, err
	}
	if !person.Role.AtLeast(least) {
		return person, &statelark.Error{Code: codeDenied, Message: "This takes the role " + string(least) + "; yours is " + string(person.Role) + "."}
	}
	return person, nil
}

// answer makes a handler of a route.
func (s *Server) answer(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c := &call{Request: req, keeps: r.method != http.MethodGet && r.role != Viewer}
		var v any
		var err error
		if c.person, err = s.begin(req, r.role); err == nil {
			v, err = s.carryOut(r, c)
		}
		if r.method != http.MethodGet && c.person != nil && r.role != Viewer {
			s.audit(c.Request, c.person, r.path, c.resource, codeOf(err))
		}
		if err != nil {
			s.fail(w, req, err)
			return
		}
		if d, ok := v.(*document); ok {
			s.sendDocument(w, req, d)
			return
		}
		s.write(w, req, http.StatusOK, v)
	})
}

// carryOut does what a route is for. A read waits its turn.
func (s *Server) carryOut(r route, c *call) (any, error) {
	if r.method == http.MethodGet {
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-c.Context().Done():
			return nil, c.Context().Err()
		}
	}
	return r.serve(s, c)
}

// audit notes a write that was carried out or refused.
func (s *Server) audit(r *http.Request, p *Person, operation, resource, outcome string) {
	address := p.Address
	if address == "" {
		address, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	s.opts.Audit.Add(AuditEntry{User: p.Name, Role: p.Role, Address: address, Operation: operation, Resource: resource, Outcome: outcome})
}

// ignoreRefusal is err, unless that says no more than that something is not there.
func ignoreRefusal(err error) error {
	if statelark.ErrorCode(err) != "" {
		return nil
	}
	return err
}

// codeOf is what an AuditEntry has of an error.
func codeOf(err error) string {
	var refused *statelark.Error
	var query *query.Failure
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &query):
		return codeValidation
	case errors.As(err, &refused):
		return refused.Code
	}
	return "InternalFailure"
}

func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, &statelark.Error{Code: codeNotFound, Message: r.Method + " " + r.URL.Path + " is nothing that this server has."})
}

// write sends v as JSON, packed where that pays and the browser takes it.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	whole(v)
	text, err := json.Marshal(v)
	if err != nil {
		s.opts.Log.Error("answering the console", "path", r.URL.Path, "error", err)
		status, text = http.StatusInternalServerError, []byte(`{"code":"InternalFailure","message":"The answer could not be written."}`)
	}
	s.send(w, r, status, text)
}

// send sends JSON text.
func (s *Server) send(w http.ResponseWriter, r *http.Request, status int, text []byte) {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	if len(text) >= minPacked && takesGzip(r) {
		var packed bytes.Buffer
		pack(&packed, text)
		text = packed.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", fmt.Sprint(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the browser is gone: there is nobody to tell
}

// Status is the status of HTTP for an error.
func statusOf(refused *statelark.Error) int {
	switch refused.Code {
	case codeDenied:
		return http.StatusForbidden
	case codeUnauthorized:
		return http.StatusUnauthorized
	case codeTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeNotFound, "ExecutionDoesNotExist", "StateMachineDoesNotExist", "ActivityDoesNotExist":
		return http.StatusNotFound
	case statelark.CodeServiceUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// fail answers with an error. What is no *statelark.Error is ours, and logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *statelark.Error
	switch {
	case s.failQuery(w, r, err):
	case errors.As(err, &refused):
		s.write(w, r, statusOf(refused), Failure{Code: refused.Code, Message: refused.Message})
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil: // the browser is gone
	case errors.Is(err, statelark.ErrUnavailable):
		s.write(w, r, http.StatusServiceUnavailable, Failure{Code: "ServiceUnavailable", Message: "The store does not answer. Try again later."})
	default:
		s.opts.Log.Error("answering the console", "path", r.URL.Path, "error", err)
		s.write(w, r, http.StatusInternalServerError, Failure{Code: "InternalFailure", Message: "The server could not answer; its log says why."})
	}
}
