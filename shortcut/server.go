// Package shortcut serves an AWS JSON 1.0 service over HTTP/1.1 with little work a request. The requests that AWS's clients
// send all day (POST /, a Content-Length, a small body) are read and answered by a loop of its own; a connection on which
// anything else comes goes to package net/http, with what was read of it.
package shortcut

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/statelark/statelark/awswire"
)

// Server serves one service on one listener. Its fields are set before Serve and stay.
type Server struct {
	// Service answers what the loop takes.
	Service *awswire.Service
	// Knows reports whether a host, as requests name it, is this server. Requests for others go to HTTP.
	Knows func(host string) bool
	// HTTP answers everything else. Its ReadHeaderTimeout, IdleTimeout and WriteTimeout are the loop's too.
	HTTP *http.Server
	// BodyTimeout is the time in which a client has to send the body of a request.
	BodyTimeout time.Duration
	// MaxConns bounds the connections that there are at a time; 0: nothing does.
	MaxConns int
	// Full is called when the bound is reached, for each connection that comes then; it may be nil.
	Full func()

	once    sync.Once
	target  []byte // that X-Amz-Target begins with, of requests for Service
	handed  *handedOver
	stopped chan struct{} // closed when no connection is taken any more
	stop    func()        // closes stopped, once
	date    atomic.Pointer[date]
	crowded atomic.Bool   // a connection waits for a place, and no other is at rest
	left    chan struct{} // gets a message when a connection has left

	mu       sync.Mutex // guards what follows
	listener net.Listener
	conns    map[*conn]struct{}
	others   map[*guest]struct{} // that package net/http has
	empty    chan struct{}       // closed when the server is stopped and has no connection left
}

func (s *Server) init() {
	s.once.Do(func() {
		s.handed = &handedOver{conns: make(chan net.Conn), closed: make(chan struct{})}
		s.conns, s.others, s.empty = map[*conn]struct{}{}, map[*guest]struct{}{}, make(chan struct{})
		s.left = make(chan struct{}, 1)
		s.HTTP.ConnState = s.follow
		s.target = []byte(s.Service.Target + ".")
		s.stopped = make(chan struct{})
		s.stop = sync.OnceFunc(func() { close(s.stopped) })
	})
}

// Serve serves the connections of l until the server is shut down or closed, which is http.ErrServerClosed, or l fails.
func (s *Server) Serve(l net.Listener) error {
	s.init()
	s.mu.Lock()
	s.listener, s.handed.addr = l, l.Addr()
	s.mu.Unlock()
	go func() { _ = s.HTTP.Serve(s.handed) }() // it ends with Shutdown or Close
	var pause time.Duration
	for {
		if s.isStopped() {
			return errors.Join(http.ErrServerClosed, l.Close())
		}
		accepted, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.begin(accepted)
		case s.isStopped():
			return http.ErrServerClosed
		case !passing(err):
			return err
		default:
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.logf("accepting a connection: %v; trying again in %v", err, pause)
			s.wait(pause)
		}
	}
}

// passing reports whether an error of Accept says nothing about the listener: the process or the machine lacks something
// for now, or the client has left already.
func passing(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *Server) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.stopped:
	}
}

func (s *Server) isStopped() bool {
	select {
	case <-s.stopped:
		return true
	default:
		return false
	}
}

// begin serves a connection.
func (s *Server) begin(n net.Conn) {
	room := s.makeRoom()
	c := newConn(s, n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !room || s.isStopped() {
		_ = n.Close() // nothing was read from it
		return
	}
	s.conns[c] = struct{}{}
	go c.serve()
}

// forget ends the part that the loop has in a connection.
func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.leave()
	s.checkEmpty()
}

// checkEmpty is called with mu held.
func (s *Server) checkEmpty() {
	if len(s.conns) > 0 || !s.isStopped() {
		return
	}
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

// Shutdown ends the server in order, as http.Server has it: requests under way are answered, and it returns when that is
// done or ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.end(func(c *conn) { c.closeIdle() })
	rest := make(chan error, 1)
	go func() { rest <- s.HTTP.Shutdown(ctx) }()
	var err error
	select {
	case <-s.empty:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, <-rest)
}

// Close ends the server at once.
func (s *Server) Close() error {
	s.init()
	s.end((*conn).close)
	return s.HTTP.Close()
}

// end takes no connection any more and calls f for those that there are.
func (s *Server) end(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	if s.listener != nil {
		_ = s.listener.Close() // Serve sees that it is closed
	}
	for c := range s.conns {
		f(c)
	}
	s.checkEmpty()
}

func (s *Server) logf(format string, args ...any) {
	if s.HTTP.ErrorLog != nil {
		s.HTTP.ErrorLog.Printf(format, args...)
		return
	}
	log.Printf(format, args...)
}

// date is the time in the form of the header Date.
type date struct {
	second int64
	text   string
}

// dateOf returns the time for a header, which is made once a second.
func (s *Server) dateOf(now time.Time) string {
	second := now.Unix()
	d := s.date.Load()
	if d == nil || d.second != second {
		d = &date{second, now.UTC().Format(http.TimeFormat)}
		s.date.Store(d)
	}
	return d.text
}
