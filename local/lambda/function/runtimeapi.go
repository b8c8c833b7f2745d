package function

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/statelark/statelark/value"
)

// runtimePath is where the Lambda Runtime API begins.
const runtimePath = "/2018-06-01/runtime/"

// runtimeAPI is the Lambda Runtime API as one sandbox sees it: the runtime asks for the next invocation, answers
// it, and asks again. A listener on loopback for each sandbox keeps the invocations of sandboxes apart. Every program of
// this machine can reach it, the code of other functions and pages in a browser among them: so the paths begin with a
// secret, which runtimes take from their environment with the address.
type runtimeAPI struct {
	endpoint string // HOST:PORT/SECRET, for AWS_LAMBDA_RUNTIME_API
	secret   string // "/SECRET"

	server *http.Server
	served chan struct{} // closed when the server has ended

	work       chan *delivery
	ready      chan struct{} // closed when the runtime asks for its first invocation
	initFailed chan struct{} // closed when initError is set

	mu        sync.Mutex // guards what follows
	isReady   bool
	initError []byte
	current   *delivery // handed out and not answered
}

// delivery is an invocation on its way through a runtime.
type delivery struct {
	inv     *Invocation
	timeout time.Duration
	taken   chan bool    // true when the runtime got it, false when the runtime was gone
	answer  chan *Result // holds one
}

func newDelivery(inv *Invocation, timeout time.Duration) *delivery {
	return &delivery{inv: inv, timeout: timeout, taken: make(chan bool, 1), answer: make(chan *Result, 1)}
}

func newRuntimeAPI() (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for a runtime: %w", err)
	}
	secret := "/" + rand.Text()
	a := &runtimeAPI{
		endpoint:   l.Addr().String() + secret,
		secret:     secret,
		served:     make(chan struct{}),
		work:       make(chan *delivery),
		ready:      make(chan struct{}),
		initFailed: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimePath+"invocation/next", a.next)
	mux.HandleFunc("POST "+runtimePath+"invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+runtimePath+"invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+runtimePath+"init/error", a.failedInit)
	a.server = &http.Server{Handler: a.guard(mux), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(a.served)
		_ = a.server.Serve(l) // always ErrServerClosed or a listener that was lost: the sandbox is dead either way
	}()
	return a, nil
}

// guard lets pass who knows the secret.
func (a *runtimeAPI) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := min(len(a.secret), len(r.URL.Path))
		if subtle.ConstantTimeCompare([]byte(r.URL.Path[:n]), []byte(a.secret)) == 0 {
			refuse(w, http.StatusForbidden, "Forbidden", "the path has to begin as AWS_LAMBDA_RUNTIME_API ends")
			return
		}
		r.URL.Path = r.URL.Path[n:] // RawPath stays empty: no path of the API has an escape
		next.ServeHTTP(w, r)
	})
}

func (a *runtimeAPI) close() {
	_ = a.server.Close() // what it says about the listener is of no use
	<-a.served
}

// next hands the runtime an invocation, once there is one.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if !a.isReady {
		a.isReady = true
		close(a.ready)
	}
	a.mu.Unlock()
	select {
	case d := <-a.work:
		if r.Context().Err() != nil {
			d.taken <- false
			return
		}
		a.deliver(w, d)
	case <-r.Context().Done():
	}
}

func (a *runtimeAPI) deliver(w http.ResponseWriter, d *delivery) {
	a.mu.Lock()
	a.current = d
	a.mu.Unlock()
	d.taken <- true
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", d.inv.RequestID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(d.timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", d.inv.arn)
	h.Set("Lambda-Runtime-Trace-Id", TraceID(d.inv.RequestID))
	if d.inv.ClientContext != nil {
		h.Set("Lambda-Runtime-Client-Context", string(d.inv.ClientContext))
	}
	h.Set("Content-Length", strconv.Itoa(len(d.inv.Payload)))
	_, _ = w.Write(d.inv.Payload) // a runtime that has gone is noticed by its end
}

// take returns the invocation that an answer is for, once.
func (a *runtimeAPI) take(id string) *delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.current
	if d == nil || d.inv.RequestID != id {
		return nil
	}
	a.current = nil
	return d
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	a.answer(w, r, "")
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	a.answer(w, r, unhandled)
}

func (a *runtimeAPI) answer(w http.ResponseWriter, r *http.Request, functionError string) {
	body, err := readAnswer(r)
	if err != nil && !errors.Is(err, errTooLarge) {
		refuse(w, http.StatusBadRequest, "InvalidRequest", "reading the answer: "+err.Error())
		return
	}
	d := a.take(r.PathValue("id"))
	if d == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	if err != nil {
		d.answer <- tooLarge()
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size")
		return
	}
	d.answer <- &Result{Payload: body, FunctionError: functionError}
	accept(w)
}

func (a *runtimeAPI) failedInit(w http.ResponseWriter, r *http.Request) {
	body, err := readAnswer(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", "reading the error: "+err.Error())
		return
	}
	a.mu.Lock()
	if a.initError == nil && !a.isReady {
		a.initError = body
		close(a.initFailed)
	}
	a.mu.Unlock()
	accept(w)
}

var errTooLarge = errors.New("the answer is too large")

// readAnswer reads a body, but no more of it than a function may answer.
func readAnswer(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxResponse {
		return nil, errTooLarge
	}
	return body, nil
}

func accept(w http.ResponseWriter) { send(w, http.StatusAccepted, `{"status":"OK"}`) }

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	send(w, status, object("errorType", errorType, "errorMessage", message).Compact())
}

func send(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body))) // runtimes count on it
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a runtime that has gone is noticed by its end
}

// hand gives the runtime, whose process is there until exited is closed, an invocation. It returns errNotTaken
// when the runtime never saw it.
func (a *runtimeAPI) hand(ctx context.Context, d *delivery, exited <-chan struct{}) error {
	select {
	case a.work <- d:
		if !<-d.taken {
			return errNotTaken
		}
		return nil
	case <-exited:
		return errNotTaken
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errNotTaken says that a sandbox ended before it took an invocation; another one can have it.
var errNotTaken = errors.New("the sandbox ended before it took the invocation")

// object makes an object of pairs of name and text.
func object(pairs ...string) value.Value {
	var members []value.Member
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, value.Member{Key: pairs[i], Value: value.FromString(pairs[i+1])})
	}
	return value.NewObject(members)
}
