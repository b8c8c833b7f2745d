package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/statelark/statelark"
)

// Options say what a Server shows.
type Options struct {
	Auth Auth
	Log  *slog.Logger
}

// Auth tells who sends a request.
type Auth interface {
	// Who returns the sender. A *statelark.Error says why nobody may pass.
	Who(r *http.Request) (*Person, error)
}

// Person is who sends a request.
type Person struct {
	Name     string
	Role     Role
	Payloads bool // may see them
}

// Server answers what a browser asks for.
type Server struct {
	opts Options
	mux  *http.ServeMux
}

// New returns a Server.
func New(o Options) *Server {
	s := &Server{opts: o, mux: http.NewServeMux()}
	for _, r := range routes {
		s.mux.Handle(r.method+" /api/"+r.path, s.answer(r))
	}
	return s
}

// ServeHTTP answers a request whose path is of the console.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// route is an address under /api. What serve returns is sent as JSON; an error as a Failure.
type route struct {
	method, path string
	role         Role // that it takes at least
	serve        func(*Server, *call) (any, error)
}

// routes are all addresses, but for the stream and for those of AWS's operations.
var routes = []route{}

// call is one request for a route.
type call struct {
	*http.Request

	person *Person
}

// maxBody bounds the body of a request.
const maxBody = 34 << 20

// read decodes the body into v.
func (c *call) read(v any) error {
	text, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &statelark.Error{Code: "SerializationException", Message: err.Error()}
	}
	return nil
}

// answer makes a handler of a route.
func (s *Server) answer(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		person, err := s.opts.Auth.Who(req)
		if err != nil {
			s.fail(w, req, err)
			return
		}
		if !person.Role.atLeast(r.role) {
			s.fail(w, req, &statelark.Error{Code: "AccessDeniedException", Message: "A " + string(person.Role) + " may not do this."})
			return
		}
		v, err := r.serve(s, &call{Request: req, person: person})
		if err != nil {
			s.fail(w, req, err)
			return
		}
		s.write(w, http.StatusOK, v)
	})
}

func (s *Server) write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the browser is gone: there is nobody to tell
}

// fail answers with an error. What is no *statelark.Error is ours, and logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *statelark.Error
	switch {
	case errors.As(err, &refused):
		status := http.StatusBadRequest
		switch refused.Code {
		case "AccessDeniedException":
			status = http.StatusForbidden
		case "UnauthorizedException":
			status = http.StatusUnauthorized
		case "ResourceNotFound", "ExecutionDoesNotExist", "StateMachineDoesNotExist":
			status = http.StatusNotFound
		}
		s.write(w, status, Failure{Code: refused.Code, Message: refused.Message})
	case errors.Is(err, context.Canceled):
	default:
		s.opts.Log.Error("answering the console", "path", r.URL.Path, "error", err)
		s.write(w, http.StatusInternalServerError, Failure{Code: "InternalFailure", Message: "The server could not answer; its log says why."})
	}
}

// ranks orders the roles.
var ranks = map[Role]int{Viewer: 1, Operator: 2, Editor: 3, Admin: 4}

func (r Role) atLeast(other Role) bool { return ranks[r] >= ranks[other] }
