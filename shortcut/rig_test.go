package shortcut

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
)

// Times of the servers under test.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = time.Minute
	idleTimeout   = 2 * time.Minute
	writeTimeout  = 16 * time.Minute
)

// pipes is a listener whose connections are pipes in memory, so that time can be a test's own.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// rig is a server with a service of two operations: Echo answers the text and the trace that it gets, Wait waits until it
// is released or the client leaves.
type rig struct {
	t       *testing.T
	server  *Server
	pipes   *pipes
	served  chan error
	release chan struct{}
	left    chan error   // gets the errors of the contexts that ended in Wait
	waiting atomic.Int32 // calls of Wait that have begun
	byHTTP  atomic.Int32 // requests that package net/http has answered
}

func newService(r *rig) *awswire.Service {
	return &awswire.Service{
		Target:  "Test",
		Convert: func(error) *awswire.Error { return nil },
		Operations: []awswire.Operation{
			{Name: "Echo", Input: awswire.Struct("", awswire.Req("text", awswire.Length(1, 1<<20))), Do: func(_ context.Context, c *awswire.Call) error {
				c.Out.Str("text", c.Str("text"))
				c.Out.StrIf("trace", c.Header.Get("X-Amzn-Trace-Id"))
				c.Out.StrIf("region", c.Place.Region)
				return nil
			}},
			{Name: "Wait", Input: awswire.Struct(""), Do: func(ctx context.Context, _ *awswire.Call) error {
				r.waiting.Add(1)
				select {
				case <-r.release:
				case <-ctx.Done():
					r.left <- ctx.Err()
				}
				return nil
			}},
		},
	}
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, pipes: newPipes(), served: make(chan error, 1), release: make(chan struct{}), left: make(chan error, 1)}
	service := newService(r)
	r.server = &Server{
		Service: service, BodyTimeout: bodyTimeout,
		Knows: func(host string) bool { return host == "known" },
		HTTP: &http.Server{ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, WriteTimeout: writeTimeout,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				r.byHTTP.Add(1)
				if q.Host != "known" {
					http.Error(w, "not known", http.StatusForbidden)
					return
				}
				service.ServeHTTP(w, q)
			})},
	}
	return r
}

func (r *rig) serve(l net.Listener) { go func() { r.served <- r.server.Serve(l) }() }

// end closes the server and waits for Serve.
func (r *rig) end() {
	r.t.Helper()
	if err := r.server.Close(); err != nil {
		r.t.Error(err)
	}
	if err := <-r.served; !errors.Is(err, http.ErrServerClosed) {
		r.t.Errorf("Serve ended with %v", err)
	}
}

// client is one end of a connection.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func (r *rig) dial() *client {
	r.t.Helper()
	here, there := net.Pipe()
	r.pipes.conns <- there
	return &client{r.t, here, bufio.NewReader(here)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if text == "" { // a pipe would carry it
		return
	}
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Error(err)
	}
}

// answer reads an answer and returns its status and body.
func (c *client) answer() string {
	c.t.Helper()
	a, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Error(err)
		return ""
	}
	body, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Error(err)
	}
	return strings.TrimSpace(fmt.Sprint(a.StatusCode, " ", string(body)))
}

// over waits until the server has closed the connection.
func (c *client) over() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Errorf("the connection has %q, %v", rest, err)
	}
}

// request returns a request of the usual form.
func request(operation, body string) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.%s\r\nContent-Length: %d\r\n\r\n%s", operation, len(body), body)
}
