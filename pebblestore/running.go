package pebblestore

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/statelark/statelark"
)

// running is what every commit of an execution has to know of it. Row 'r' keeps it as long as the execution is
// not closed; of a closed one the record says as much.
type running struct {
	last    int64 // id of the last event
	status  statelark.Status
	stopped bool
	stop    int64 // Unix milliseconds, when stopped

	// noted are rows that a close has to remove. more: there are or were others, too.
	noted []note
	more  bool
	// header is thread row 0, packed; nil: there is none.
	header []byte

	// What follows is not stored.

	stored bool   // there is a row 'r' as of before the batch
	closed bool   // the record as of now says all, and row 'r' goes
	memory []byte // holds header; used again
}

// forget makes x that of an execution of which nothing is known.
func (x *running) forget() { *x = running{noted: x.noted[:0], memory: x.memory} }

// setHeader sets thread row 0 to what was appended to x.memory[:0].
func (x *running) setHeader(header []byte) { x.header, x.memory = header, header }

// maxNoted bounds what is written again with every change of an execution. It is a variable for tests.
var maxNoted = 24

// note names a row of a running execution.
type note struct {
	kind byte // rowThread, rowTimer or rowWork
	due  int64
	seq  uint64 // of a thread row, the thread
}

// add notes a row that is put, when there is room. fresh: its row under the execution has to be put as well.
func (x *running) add(n note) (fresh bool) {
	if slices.Contains(x.noted, n) {
		return false
	}
	if len(x.noted) < maxNoted {
		x.noted = append(x.noted, n)
		return false
	}
	x.more = true
	return true
}

// drop forgets a row that goes. known: it was noted; it may be there all the same when there are more.
func (x *running) drop(n note) (known bool) {
	i := slices.Index(x.noted, n)
	if i < 0 {
		return false
	}
	x.noted = slices.Delete(x.noted, i, i+1)
	return true
}

// Flags of a running row.
const (
	runningStopped = 1 // it has a stop time
	runningMore    = 2
	runningHeader  = 4 // thread row 0 is in it
)

// appendRunning appends flags, status, last event, stop time, what is noted with its number before it, and thread
// row 0. Times of timers count from the start time in the id.
func appendRunning(dst []byte, id statelark.ExecID, x *running) []byte {
	var flags byte
	if x.stopped {
		flags |= runningStopped
	}
	if x.more {
		flags |= runningMore
	}
	if x.header != nil {
		flags |= runningHeader
	}
	dst = append(dst, flags, byte(x.status))
	dst = binary.AppendUvarint(dst, uint64(x.last))
	if x.stopped {
		dst = binary.AppendVarint(dst, x.stop)
	}
	dst = binary.AppendUvarint(dst, uint64(len(x.noted)))
	start := id.Start().UnixMilli()
	for _, n := range x.noted {
		dst = append(dst, n.kind)
		if n.kind == rowTimer {
			dst = binary.AppendVarint(dst, n.due-start)
		}
		dst = binary.AppendUvarint(dst, n.seq)
	}
	return append(dst, x.header...)
}

// parse reads a value of appendRunning into x, whose memory it uses again. The header is a part of data.
func (x *running) parse(data []byte, id statelark.ExecID) error {
	r := reader{data: data}
	flags := r.byte()
	x.forget()
	x.status, x.more = statelark.Status(r.byte()), flags&runningMore != 0
	x.last = int64(r.uvarint())
	if x.stopped = flags&runningStopped != 0; x.stopped {
		x.stop = r.varint()
	}
	start := id.Start().UnixMilli()
	for n := r.uvarint(); n > 0 && !r.broken; n-- {
		row := note{kind: r.byte()}
		switch row.kind {
		case rowTimer:
			row.due = start + r.varint()
		case rowThread, rowWork:
		default:
			return fmt.Errorf("%w: it notes a row of the kind %q", errBroken, row.kind)
		}
		row.seq = r.uvarint()
		x.noted = append(x.noted, row)
	}
	if flags&runningHeader == 0 {
		return r.done()
	}
	if len(r.data) == 0 {
		r.broken = true
	}
	x.header, r.data = r.data, nil
	return r.done()
}

// parseClosed reads what the record of an execution says into x. Its row 'r' is gone.
func (x *running) parseClosed(data []byte, id statelark.ExecID) error {
	last, data, err := parseNumbered(data)
	if err != nil {
		return err
	}
	r := reader{data: data}
	flags := r.byte()
	x.forget()
	x.last, x.status = last, statelark.Status(r.byte())
	r.varint() // start
	if x.stopped = flags&recordStopped != 0; x.stopped {
		x.stop = r.varint()
	}
	if r.broken {
		return fmt.Errorf("record of %s: %w", id, errBroken)
	}
	return nil
}
