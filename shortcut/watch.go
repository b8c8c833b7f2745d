package shortcut

import (
	"errors"
	"os"
	"sync"
	"time"
)

// watchAfter is how long a request is under way before anybody looks whether its client is still there. Few take so
// long, and a look costs about as much as a request.
const watchAfter = 50 * time.Millisecond

// watch notices that the client of a request has left: it reads ahead in a goroutine of its own, as package net/http does.
//
// Invariant: between begin and end, the watch alone reads from the connection, after end nobody but its own goroutine does.
type watch struct {
	c     *conn
	timer *time.Timer   // starts the reading
	ended chan struct{} // gets a message from each reading that was started, at its end
	n     int           // bytes that it has read

	mu   sync.Mutex // guards over
	over bool       // the request is
}

func (w *watch) init(c *conn) {
	w.c, w.ended = c, make(chan struct{}, 1)
	w.timer = time.AfterFunc(time.Hour, w.read)
	w.timer.Stop()
}

// begin is called when a request is whole, end when its answer is.
func (w *watch) begin() {
	w.over, w.n = false, 0
	w.timer.Reset(watchAfter)
}

var longAgo = time.Unix(1, 0)

func (w *watch) end() {
	if w.timer.Stop() {
		return
	}
	w.mu.Lock()
	w.over = true
	_ = w.c.net.SetReadDeadline(longAgo) // it fails on a closed connection, where nobody reads for long
	w.mu.Unlock()
	<-w.ended
	w.c.n += w.n
	w.c.readFrom = time.Time{}
}

func (w *watch) read() {
	defer func() { w.ended <- struct{}{} }()
	c := w.c
	if c.n == len(c.buf) || !w.unbound() {
		return
	}
	n, err := c.net.Read(c.buf[c.n:])
	w.n = n
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.leave()
	}
}

// unbound takes the deadline away, so that the reading may begin. It need not when the request is over.
func (w *watch) unbound() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return false
	}
	_ = w.c.net.SetReadDeadline(time.Time{}) // a failure comes again
	return true
}
