package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// Output collects what a process prints into a pipe. It keeps the first bytes or the last ones, up to a limit,
// and never stops reading, so that a talkative program does not block.
type Output struct {
	limit int
	tail  bool         // keep the last bytes instead of the first
	line  func(string) // called with each whole line; may be nil

	writeEnd *os.File
	readEnd  *os.File
	ended    chan struct{}

	mu      sync.Mutex // guards what follows
	buf     []byte
	kept    []byte
	total   int64
	partial []byte // of the line that is not yet whole
}

// drainReads bounds one drain of a program that prints faster than it is read.
const drainReads = 64

// maxLine is the length at which a line is cut, in bytes: an event of a log is no longer.
const maxLine = 256 << 10

// NewOutput makes an output that keeps limit bytes: the last ones with tail, else the first. line, which may be nil, is called with
// each whole line.
func NewOutput(limit int, tail bool, line func(string)) (*Output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	return &Output{limit: limit, tail: tail, line: line, readEnd: r, writeEnd: w, ended: make(chan struct{})}, nil
}

// Started tells that the process holds the writing end, or that there is no process.
func (o *Output) Started(ok bool) {
	_ = o.writeEnd.Close()
	if !ok {
		_ = o.readEnd.Close()
		close(o.ended)
		return
	}
	go o.read()
}

func (o *Output) read() {
	defer close(o.ended)
	defer func() { _ = o.readEnd.Close() }()
	conn, err := o.readEnd.SyscallConn()
	if err != nil {
		return
	}
	for eof := false; !eof; {
		err := conn.Read(func(fd uintptr) bool {
			var empty bool
			eof, empty = o.drain(int(fd))
			return !empty
		})
		if err != nil { // the deadline that finish has set
			return
		}
	}
}

// drain reads what the pipe holds now. Reading and keeping happen under one lock: whoever drains next knows
// that nothing is on the way between the two.
func (o *Output) drain(fd int) (eof, empty bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf == nil {
		o.buf = make([]byte, 16<<10)
	}
	for i := range drainReads {
		n, err := syscall.Read(fd, o.buf)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false, i == 0
		case err != nil || n <= 0:
			return true, false
		}
		o.keep(o.buf[:n])
	}
	return false, false
}

func (o *Output) keep(p []byte) {
	o.total += int64(len(p))
	if o.line != nil {
		o.splitLines(p)
	}
	if !o.tail {
		o.kept = append(o.kept, p[:min(len(p), o.limit-len(o.kept))]...)
		return
	}
	o.kept = append(o.kept, p...)
	if over := len(o.kept) - o.limit; over > 0 {
		o.kept = append(o.kept[:0], o.kept[over:]...)
	}
}

func (o *Output) splitLines(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			o.partial = append(o.partial, p...)
			if len(o.partial) > maxLine {
				o.line(string(o.partial))
				o.partial = o.partial[:0]
			}
			return
		}
		o.line(string(append(o.partial, p[:i]...)))
		o.partial = o.partial[:0]
		p = p[i+1:]
	}
}

// Flush reads what the process has written so far.
func (o *Output) Flush() {
	conn, err := o.readEnd.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { o.drain(int(fd)) }) // an error means closed: all was read
}

// finish waits for the end of the output, until limit.
func (o *Output) finish(limit time.Time) {
	_ = o.readEnd.SetReadDeadline(limit) // an error means closed: all was read
	<-o.ended
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.line != nil && len(o.partial) > 0 {
		o.line(string(o.partial))
		o.partial = nil
	}
}

// Text returns a copy of what is kept, and how much there was in all.
func (o *Output) Text() (kept []byte, total int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.kept), o.total
}

// Reset forgets what is kept.
func (o *Output) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept, o.total = nil, 0
}

// Feed writes input into the standard input of a process and closes it. It gives up when the process is gone.
func Feed(w *os.File, input []byte, gone <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(w, bytes.NewReader(input)) // EPIPE: the program does not want it all
		_ = w.Close()
	}()
	select {
	case <-done:
	case <-gone:
		_ = w.SetWriteDeadline(time.Unix(1, 0))
		<-done
	}
}
