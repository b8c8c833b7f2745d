package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/local/gateway"
	"github.com/statelark/statelark/local/lambda"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/shortcut"
)

// Times of the HTTP server. There is none for a whole request: a long poll waits 60 s, an invocation up to 15 min.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 60 * time.Second
	writeTimeout  = function.MaxTimeout + time.Minute
	idleTimeout   = 2 * time.Minute
)

// newFront returns the server of all that h answers. What h has for the Step Functions API is states, for the hosts in
// known: those requests take the short way there.
func newFront(h http.Handler, states *awswire.Service, known *hosts, log *slog.Logger) *shortcut.Server {
	return &shortcut.Server{
		Service:     states,
		Knows:       known.knows,
		BodyTimeout: bodyTimeout,
		HTTP: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: headerTimeout,
			WriteTimeout:      writeTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
	}
}

// router sends a request to what answers it. It goes by the path alone: clients reach the server under several
// names ("sync-…" included), and through proxies with requests in absolute form and an empty path.
type router struct {
	states    http.Handler // the Step Functions API
	functions http.Handler // the Lambda API
	services  *gateway.Gateway
	console   http.Handler // nil: there is none
	welcome   string
	healthy   func(context.Context) error
	ready     func(context.Context) error
	metrics   http.Handler
	// bodyTimeout is the time in which a client has to send the body of a request.
	bodyTimeout time.Duration
	bodies      *bodies
}

// ServeHTTP answers a request.
func (h *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := ""
	if h.isConsole(r) {
		service = pages
	} else {
		service = h.serviceOf(r)
	}
	streams := service == "s3" // those bodies are not held
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &timedBody{ReadCloser: r.Body, control: http.NewResponseController(w), timeout: h.bodyTimeout, each: streams}
	}
	if !streams {
		defer h.bodies.admit(r)()
	}
	isLink := service == "sns" // one in a message of SNS, which people follow
	if awswire.CredentialOf(r) == "" && !isLink && (r.Method == http.MethodGet || r.Method == http.MethodHead) && h.page(w, r) {
		return
	}
	switch service {
	case pages:
		h.console.ServeHTTP(w, r)
	case "lambda":
		h.functions.ServeHTTP(w, r)
	case "stepfunctions":
		h.states.ServeHTTP(w, r)
	default:
		h.services.ServeHTTP(w, r)
	}
}

// pages stands for the console where others are services.
const pages = "console"

// isConsole reports whether a request is for the console: no client of AWS's has sent it, and its host is not that of a bucket.
func (h *router) isConsole(r *http.Request) bool {
	return h.console != nil && console.Serves(r.URL.Path) && !strings.HasPrefix(r.Header.Get("Authorization"), "AWS") &&
		awswire.CredentialOf(r) == "" && r.Header.Get("X-Amz-Target") == "" && !gateway.NamesBucket(r.Host)
}

// serviceOf tells the service of a request. To the gateway what is not signed is S3's, where nothing else tells: of that, paths of
// Lambda's API are Lambda's, and what is sent to no path at all is for Step Functions.
func (h *router) serviceOf(r *http.Request) string {
	service, _ := h.services.Handles(r)
	path, signed := r.URL.Path, awswire.CredentialOf(r) != ""
	switch {
	case strings.HasPrefix(path, lambda.URLPrefix), !signed && isLambda(path):
		return "lambda"
	case service == "s3" && !signed && (path == "/" || path == ""):
		return "stepfunctions"
	}
	return service
}

// page answers if the request is for one of the server's own pages.
func (h *router) page(w http.ResponseWriter, r *http.Request) bool {
	switch r.URL.Path {
	case "/", "":
		w.Header().Set("Vary", "Accept")
		if h.console != nil && strings.Contains(r.Header.Get("Accept"), "text/html") { // a browser
			http.Redirect(w, r, console.Path, http.StatusFound)
			return true
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, h.welcome) // the client is gone: there is nobody to tell
	case "/health":
		answerHealth(w, h.healthy(r.Context()))
	case "/healthz": // it answers, so it lives
		answerHealth(w, nil)
	case "/readyz":
		answerHealth(w, h.ready(r.Context()))
	case "/metrics":
		h.metrics.ServeHTTP(w, r)
	default:
		return false
	}
	return true
}

func isLambda(path string) bool {
	for _, prefix := range lambda.Prefixes {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// answerHealth says that all is well, or what is not.
func answerHealth(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "ok"
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = err.Error()
	}
	_, _ = io.WriteString(w, text+"\n")
}

// timedBody bounds the time in which a client sends a body. The bound ends with the body, since the server
// goes on reading to notice that the client has left.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
	timeout time.Duration
	each    bool // it is for each part that is read, not for all
	timed   bool // the bound is set
}

// Read reads from the body.
func (b *timedBody) Read(p []byte) (int, error) {
	if !b.timed || b.each {
		b.timed = true
		if err := b.control.SetReadDeadline(time.Now().Add(b.timeout)); err != nil {
			return 0, fmt.Errorf("bounding the time of a body: %w", err)
		}
	}
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		if err := b.control.SetReadDeadline(time.Time{}); err != nil {
			return n, fmt.Errorf("bounding the time of a body: %w", err)
		}
	}
	return n, err
}
