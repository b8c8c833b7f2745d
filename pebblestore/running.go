package pebblestore

import (
	"fmt"
	"slices"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
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
	w := row.NewWriter(dst, nil)
	w.Byte(flags)
	w.Byte(byte(x.status))
	w.Uint(uint64(x.last))
	if x.stopped {
		w.Int(x.stop)
	}
	w.Uint(uint64(len(x.noted)))
	start := id.Start().UnixMilli()
	for _, n := range x.noted {
		w.Byte(n.kind)
		if n.kind == rowTimer {
			w.Int(n.due - start)
		}
		w.Uint(n.seq)
	}
	return append(w.Row(), x.header...)
}

// parse reads a value of appendRunning into x, whose memory it uses again.
func (x *running) parse(data []byte, id statelark.ExecID) error {
	r := row.NewReader(data, nil)
	flags := r.Byte()
	x.forget()
	x.status, x.more = statelark.Status(r.Byte()), flags&runningMore != 0
	x.last = int64(r.Uint())
	if x.stopped = flags&runningStopped != 0; x.stopped {
		x.stop = r.Int()
	}
	start := id.Start().UnixMilli()
	for n := r.Uint(); n > 0 && r.Err() == nil; n-- {
		noted := note{kind: r.Byte()}
		switch noted.kind {
		case rowTimer:
			noted.due = start + r.Int()
		case rowThread, rowWork:
		default:
			r.Fail(fmt.Errorf("it notes a row of the kind %q", noted.kind))
		}
		noted.seq = r.Uint()
		x.noted = append(x.noted, noted)
	}
	if flags&runningHeader != 0 && r.Err() == nil {
		header := r.Raw(max(1, uint64(r.Len()))) // it is never empty
		x.setHeader(append(x.memory[:0], header...))
	}
	return whole(&r)
}

// parseClosed reads what the record of an execution says into x. Its row 'r' is gone.
func (x *running) parseClosed(data []byte, id statelark.ExecID) error {
	last, data, err := parseNumbered(data)
	if err != nil {
		return err
	}
	record, err := parseRecord(data, id)
	if err != nil {
		return err
	}
	x.forget()
	x.last, x.status = last, record.Status
	if x.stopped = !record.Stop.IsZero(); x.stopped {
		x.stop = record.Stop.UnixMilli()
	}
	return nil
}
