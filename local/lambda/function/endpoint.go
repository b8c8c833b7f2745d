package function

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// How long a connection that nobody uses is kept. A server that says how long it does so is taken at its word,
// less a second for the way there.
const maxIdle = 30 * time.Second

// writeWhole is the size up to which a payload is copied after the head of its request, to be sent with it.
const writeWhole = 16 << 10

// endpoint sends POST requests to one URL over HTTP/1.1 connections that it keeps. It does what net/http would, for a
// third of its CPU time and a tenth of its allocations (BenchmarkURL): a durable step is to cost little more than its call.
// It follows no redirect and goes through no proxy, whatever the environment of the server says.
type endpoint struct {
	url  *url.URL
	head []byte // of each request: its first line and the fields that are always the same
	addr string // HOST:PORT
	tls  *tls.Config

	mu     sync.Mutex // guards what follows
	idle   []*connection
	reaper *time.Timer // nil while nothing is idle
	closed bool
}

// connection is one connection of an endpoint. Whoever took it has it to himself.
type connection struct {
	net.Conn
	in   *bufio.Reader
	out  []byte // the request, kept for its memory
	peek func(fd uintptr) bool
	raw  syscall.RawConn
	dead bool      // set by peek
	till time.Time // while idle: when to close it
}

// parseURL reads the URL of a function.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("the URL %s has to be http://HOST… or https://HOST…", u.Redacted())
	}
	return u, nil
}

func newEndpoint(text string) (*endpoint, error) {
	u, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	e := &endpoint{url: u}
	port := "80"
	if u.Scheme == "https" {
		port = "443"
		e.tls = &tls.Config{ServerName: u.Hostname(), NextProtos: []string{"http/1.1"}}
	}
	if u.Port() != "" {
		port = u.Port()
	}
	e.addr = net.JoinHostPort(u.Hostname(), port)
	e.head = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: statelark\r\nContent-Type: application/json\r\n", u.RequestURI(), u.Host)
	if u.User != nil {
		password, _ := u.User.Password()
		e.head = fmt.Appendf(e.head, "Authorization: Basic %s\r\n",
			base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	return e, nil
}

// field is a header field of one request.
type field struct{ name, value string }

// call sends one request and reads its answer, up to limit bytes of the body. It ends at the deadline or with ctx.
func (e *endpoint) call(ctx context.Context, deadline time.Time, fields []field, payload []byte, limit int) (*reply, error) {
	c, err := e.take(ctx, deadline)
	if err != nil {
		return nil, err
	}
	if err := c.compose(e.head, fields, payload); err != nil {
		e.put(c, 0)
		return nil, err
	}
	if err := c.SetDeadline(deadline); err != nil {
		_ = c.Close() // it is of no use
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	a, err := c.exchange(payload, limit)
	if untouched := stop(); err != nil || !untouched {
		_ = c.Close() // nothing of it is of use any more
		return a, err
	}
	e.put(c, a.keep)
	return a, nil
}

// compose makes the request, and with it the payload when that is small.
func (c *connection) compose(head []byte, fields []field, payload []byte) error {
	b := append(c.out[:0], head...)
	for _, f := range fields {
		if hasControl(f.value) {
			return fmt.Errorf("the value of the header %s has a control character", f.name)
		}
		b = append(b, f.name...)
		b = append(b, ": "...)
		b = append(b, f.value...)
		b = append(b, "\r\n"...)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(payload)), 10)
	b = append(b, "\r\n\r\n"...)
	if len(payload) <= writeWhole {
		b = append(b, payload...)
	}
	c.out = b
	return nil
}

// exchange sends the request that was composed and reads its answer.
func (c *connection) exchange(payload []byte, limit int) (*reply, error) {
	_, sending := c.Write(c.out)
	if len(payload) > writeWhole && sending == nil {
		_, sending = c.Write(payload)
	}
	if sending != nil {
		// A server may refuse a request that it has not read to its end; then what it said is the answer.
		a, err := receive(c.in, limit)
		if err != nil {
			return nil, sending
		}
		a.keep = 0
		return a, nil
	}
	return receive(c.in, limit)
}

// take returns a connection that stands, or else a new one.
func (e *endpoint) take(ctx context.Context, deadline time.Time) (*connection, error) {
	for {
		c := e.pop()
		if c == nil {
			return e.dial(ctx, deadline)
		}
		if c.stands() {
			return c, nil
		}
		_ = c.Close() // the other side did
	}
}

func (e *endpoint) pop() *connection {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.idle)
	if n == 0 {
		return nil
	}
	c := e.idle[n-1]
	e.idle[n-1] = nil
	e.idle = e.idle[:n-1]
	return c
}

// put keeps a connection for that long at most.
func (e *endpoint) put(c *connection, keep time.Duration) {
	if keep > 0 {
		c.till = time.Now().Add(keep)
		e.mu.Lock()
		defer e.mu.Unlock()
		if !e.closed {
			e.idle = append(e.idle, c)
			if e.reaper == nil {
				e.reaper = time.AfterFunc(maxIdle, e.reap)
			}
			return
		}
	}
	_ = c.Close() // nothing is lost: its answers were read
}

// reap closes the connections that idle too long.
func (e *endpoint) reap() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	e.idle = slices.DeleteFunc(e.idle, func(c *connection) bool {
		if now.Before(c.till) {
			return false
		}
		_ = c.Close() // nothing is lost
		return true
	})
	if e.reaper = nil; len(e.idle) > 0 {
		e.reaper = time.AfterFunc(maxIdle, e.reap)
	}
}

// close closes what is idle. What is not is closed by its user.
func (e *endpoint) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.reaper != nil {
		e.reaper.Stop()
	}
	for _, c := range e.idle {
		_ = c.Close() // nothing is lost
	}
	e.idle = nil
}

func (e *endpoint) dial(ctx context.Context, deadline time.Time) (*connection, error) {
	conn, err := (&net.Dialer{Deadline: deadline}).DialContext(ctx, "tcp", e.addr)
	if err != nil {
		return nil, err
	}
	c := &connection{}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if c.raw, err = tcp.SyscallConn(); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	c.peek = c.look
	if e.tls != nil {
		secure := tls.Client(conn, e.tls)
		limited, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		if err := secure.HandshakeContext(limited); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		conn = secure
	}
	c.Conn, c.in = conn, bufio.NewReader(conn)
	return c, nil
}

// stands reports whether the other side has closed an idle connection, or said what nobody asked for: a request
// that was sent must not be sent again, so it is better to know before.
func (c *connection) stands() bool {
	if c.in.Buffered() > 0 || c.raw == nil {
		return false
	}
	c.dead = false
	return c.raw.Read(c.peek) == nil && !c.dead
}

// look reads nothing when all is well. Over TLS what comes between answers may be a ticket; it ends the connection too.
func (c *connection) look(fd uintptr) bool {
	var b [1]byte
	_, err := syscall.Read(int(fd), b[:])
	c.dead = err != syscall.EAGAIN
	return true // there is nothing to wait for
}
