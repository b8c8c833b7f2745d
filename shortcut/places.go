package shortcut

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A server with a bound has a place for so many connections, those that package net/http has among them. When all are
// taken, the connection that has waited longest for a request gives its place to the next one. Where none waits, the
// next one does, until the first of the others has had its answer.

// makeRoom waits until there is a place for one more connection. False: the server is stopped.
func (s *Server) makeRoom() bool {
	for told := false; ; told = true {
		if s.isStopped() {
			return false
		}
		select {
		case <-s.left: // who left before is not among those that are counted
		default:
		}
		if s.MaxConns == 0 || s.taken() < s.MaxConns {
			s.crowded.Store(false)
			return true
		}
		if !told && s.Full != nil {
			s.Full()
		}
		if !s.closeLongestIdle() {
			s.crowded.Store(true) // before it is looked again, so that none that comes to rest is missed
			s.closeLongestIdle()
		}
		select {
		case <-s.left:
		case <-s.stopped:
		}
	}
}

// taken returns the number of places that are taken.
func (s *Server) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns) + len(s.others)
}

// leave tells makeRoom that a connection has gone.
func (s *Server) leave() {
	select {
	case s.left <- struct{}{}:
	default:
	}
}

// closeLongestIdle closes the connection that has waited longest for a request, and reports whether there was one.
func (s *Server) closeLongestIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var longest interface{ closeIdle() bool }
	var since int64
	for c := range s.conns {
		if at := c.since.Load(); c.state.Load() == idle && (longest == nil || at < since) {
			longest, since = c, at
		}
	}
	for c := range s.others {
		if at := c.since.Load(); at != 0 && (longest == nil || at < since) {
			longest, since = c, at
		}
	}
	return longest != nil && longest.closeIdle()
}

// guest is a connection that package net/http has, a part of which was read already.
type guest struct {
	net.Conn
	server *Server
	read   []byte
	since  atomic.Int64 // when it came to rest, in Unix nanoseconds; 0: it is busy
	once   sync.Once
}

// Read reads what was read before, and then from the connection.
func (g *guest) Read(p []byte) (int, error) {
	if len(g.read) == 0 {
		return g.Conn.Read(p)
	}
	n := copy(p, g.read)
	if g.read = g.read[n:]; len(g.read) == 0 {
		g.read = nil
	}
	return n, nil
}

// CloseWrite ends the answers. Package net/http looks for it, so that the last one arrives.
func (g *guest) CloseWrite() error {
	if half, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection and gives its place back.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.once.Do(func() {
		g.server.mu.Lock()
		delete(g.server.others, g)
		g.server.mu.Unlock()
		g.server.leave()
	})
	return err
}

// closeIdle closes a connection at rest: package net/http finds that it has ended, and gives its place back.
func (g *guest) closeIdle() bool {
	if g.since.Swap(0) == 0 {
		return false
	}
	_ = g.Conn.Close() // nothing is lost
	return true
}

// follow notes when the connections that package net/http has come to rest.
func (s *Server) follow(c net.Conn, state http.ConnState) {
	g, ok := c.(*guest)
	switch {
	case !ok:
	case state != http.StateIdle:
		g.since.Store(0)
	default:
		g.since.Store(time.Now().UnixNano())
		if s.crowded.Load() {
			g.closeIdle()
		}
	}
}
