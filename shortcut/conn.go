package shortcut

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// Bounds of what the loop takes, in bytes: of the head of a request, which is also what a connection at rest holds, and of
// a request in all.
const (
	maxHead    = 4 << 10
	maxRequest = 64 << 10
)

// The states of a connection, which Shutdown goes by.
const (
	idle int32 = iota // it waits for a request
	busy
	closed
)

// conn is a connection that the loop serves. One goroutine runs it; see watch for the other.
type conn struct {
	server *Server
	net    net.Conn
	state  atomic.Int32
	since  atomic.Int64 // when it came to rest, in Unix nanoseconds
	// ctx ends when the client has left or the server is closed. All requests of the connection have it.
	ctx   context.Context
	leave context.CancelFunc

	buf   []byte // what was read and not yet used is buf[:n]
	n     int
	small []byte // the buffer of a connection at rest
	host  string // that was asked for last, and is known
	// The place of the last request, and the credential that it was found by.
	credential string
	place      arn.Place

	watch watch
	// When the deadlines of reading between requests and of writing were set; the zero time: they are not.
	readFrom, writeFrom time.Time
}

func newConn(s *Server, n net.Conn) *conn {
	c := &conn{server: s, net: n, small: make([]byte, maxHead)}
	c.buf = c.small
	c.ctx, c.leave = context.WithCancel(context.Background())
	c.place = s.Service.Places.Of("")
	c.watch.init(c)
	return c
}

// closeIdle closes a connection that waits for a request, and reports whether it was one.
func (c *conn) closeIdle() bool {
	if !c.state.CompareAndSwap(idle, closed) {
		return false
	}
	_ = c.net.Close() // nothing is lost
	return true
}

func (c *conn) close() {
	c.state.Store(closed)
	c.leave()
	_ = c.net.Close() // whatever is lost was to be
}

// serve answers requests until the connection ends or goes to package net/http.
func (c *conn) serve() {
	given := false
	defer func() {
		if p := recover(); p != nil {
			c.server.logf("serving %v: %v\n%s", c.net.RemoteAddr(), p, debug.Stack())
		}
		c.leave()
		if !given {
			_ = c.net.Close() // what was to be written is
		}
		c.server.forget(c)
	}()
	_ = c.net.SetReadDeadline(time.Now().Add(c.server.HTTP.ReadHeaderTimeout)) // of the first request; a failure comes again
	for first := true; ; first = false {
		h, next := c.receive(first)
		if next == ours {
			next = c.answer(h)
		}
		switch next {
		case incomplete: // and it stays so
			return
		case other:
			given = true
			c.handOver()
			return
		}
	}
}

func (c *conn) handOver() {
	_ = c.net.SetDeadline(time.Time{}) // a failure comes again
	g := &guest{Conn: c.net, server: c.server, read: c.buf[:c.n]}
	c.server.mu.Lock()
	c.server.others[g] = struct{}{}
	c.server.mu.Unlock()
	c.server.handed.give(g)
}

// receive reads the next request whole. Incomplete: the connection is over.
func (c *conn) receive(first bool) (head, verdict) {
	if c.n == 0 && !c.rest(first) {
		return head{}, incomplete
	}
	for bounded := first; ; bounded = true {
		h, v := parseHead(c.buf[:c.n])
		switch {
		case v == ours:
			return h, c.receiveBody(h)
		case v == other || c.n == len(c.buf):
			return head{}, other
		}
		if !bounded {
			c.bound(c.server.HTTP.ReadHeaderTimeout)
		}
		if !c.read() {
			return head{}, incomplete
		}
	}
}

// receiveBody reads the rest of a request.
func (c *conn) receiveBody(h head) verdict {
	size := h.size + h.length
	if c.n >= size {
		return ours
	}
	if size > maxRequest {
		return other
	}
	if size > len(c.buf) {
		larger := make([]byte, size)
		copy(larger, c.buf[:c.n])
		c.buf = larger // h keeps the old one
	}
	c.bound(c.server.BodyTimeout)
	for c.n < size {
		if !c.read() {
			return incomplete
		}
	}
	return ours
}

// rest waits for the first bytes of a request. False: there are none to come.
func (c *conn) rest(first bool) bool {
	now := time.Now()
	if !first {
		if limit := c.server.HTTP.IdleTimeout; now.Sub(c.readFrom) > limit/slack {
			_ = c.net.SetReadDeadline(now.Add(limit)) // a failure comes again
			c.readFrom = now
		}
	}
	c.since.Store(now.UnixNano())
	c.state.Store(idle)
	if !first && c.server.crowded.Load() {
		return false
	}
	return !c.server.isStopped() && c.read() && c.state.CompareAndSwap(idle, busy)
}

// slack is the part of a timeout by which it may come early: it is not set again for each request.
const slack = 8

// bound sets the time in which what is being read has to arrive.
func (c *conn) bound(d time.Duration) {
	_ = c.net.SetReadDeadline(time.Now().Add(d)) // a failure comes again
	c.readFrom = time.Time{}
}

// read reads what there is, at least a byte.
func (c *conn) read() bool {
	n, _ := c.net.Read(c.buf[c.n:]) // an error comes again
	c.n += n
	return n > 0
}

// consume drops the request, of that size, which comes first in the buffer.
func (c *conn) consume(size int) {
	left := c.buf[size:c.n]
	if len(c.buf) > maxHead && len(left) < maxHead {
		c.buf = c.small
	}
	c.n = copy(c.buf, left)
}

// answer answers the request whose head is h. Other: it is not for the loop after all.
func (c *conn) answer(h head) verdict {
	s := c.server
	if !bytes.HasPrefix(h.target, s.target) {
		return other // of another service
	}
	if string(h.host) != c.host {
		host := string(h.host)
		if !s.Knows(host) {
			return other
		}
		c.host = host
	}
	size := h.size + h.length
	target, body := string(h.target), string(c.buf[h.size:size])
	var header http.Header
	if h.trace != nil {
		header = http.Header{"X-Amzn-Trace-Id": {string(h.trace)}}
	}
	c.locate(h.signed)
	c.consume(size)
	out := buffers.Get().(*[]byte)
	c.watch.begin()
	status, text := s.Service.Answer(c.ctx, c.place, target, header, body, (*out)[:headRoom])
	c.watch.end()
	last := s.isStopped()
	ok := c.write(status, text, last)
	if cap(text) <= keepBuffer {
		*out = text
		buffers.Put(out)
	}
	if !ok || last {
		return incomplete
	}
	return ours
}

// locate finds the place of a request. The requests of a connection, as a rule, are all from one.
func (c *conn) locate(signed []byte) {
	if credential := awswire.Credential(signed); string(credential) != c.credential {
		c.credential = string(credential)
		c.place = c.server.Service.Places.Of(c.credential)
	}
}

// headRoom is the number of bytes kept free for the head of an answer.
const headRoom = 256

// buffers are those of answers; larger ones than keepBuffer are not kept.
var buffers = sync.Pool{New: func() any { b := make([]byte, headRoom, 4<<10); return &b }}

const keepBuffer = 64 << 10

// write writes an answer, whose body stands in text after the room for its head, at once.
func (c *conn) write(status int, text []byte, last bool) bool {
	now := time.Now()
	var room [headRoom]byte
	b := append(room[:0], "HTTP/1.1 "...)
	b = append(strconv.AppendInt(b, int64(status), 10), ' ')
	b = append(append(b, http.StatusText(status)...), "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(text)-headRoom), 10)
	b = append(b, "\r\nContent-Type: "+awswire.ContentType+"\r\nDate: "...)
	b = append(append(b, c.server.dateOf(now)...), "\r\nX-Amzn-Requestid: "...)
	b = awswire.AppendRequestID(b)
	if last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\n\r\n"...)
	text = text[headRoom-len(b):]
	copy(text, b)
	if limit := c.server.HTTP.WriteTimeout; now.Sub(c.writeFrom) > limit/slack {
		_ = c.net.SetWriteDeadline(now.Add(limit)) // a failure comes again
		c.writeFrom = now
	}
	_, err := c.net.Write(text)
	return err == nil
}
