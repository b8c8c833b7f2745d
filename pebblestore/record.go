package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/statelark/statelark"
)

// layoutVersion is the version of the keys and values of a store. Version 2: the engine's row 0 keeps the time of the
// last event.
const layoutVersion = 2

// head is what every commit of an execution has to know of it. It is stored as varints: last event, status
// and, when the execution has ended, its stop time.
type head struct {
	last    int64
	status  statelark.Status
	stopped bool
	stop    int64 // Unix milliseconds, when stopped
}

func appendHead(dst []byte, h head) []byte {
	dst = binary.AppendUvarint(dst, uint64(h.last))
	dst = append(dst, byte(h.status))
	if h.stopped {
		dst = binary.AppendVarint(dst, h.stop)
	}
	return dst
}

func parseHead(data []byte) (head, error) {
	r := reader{data: data}
	h := head{last: int64(r.uvarint()), status: statelark.Status(r.byte())}
	if h.stopped = len(r.data) > 0; h.stopped {
		h.stop = r.varint()
	}
	return h, r.done()
}

// recordStopped in the first byte of a record says that it has a stop time.
const recordStopped = 1

// recordParent says that it has a parent.
const recordParent = 2

// appendRecord appends the stored form of an execution's record: flags, status, start time against that in
// the id, stop time, events, and its texts with their lengths before them. The id is in the key.
func appendRecord(dst []byte, id statelark.ExecID, x *statelark.Execution) []byte {
	var flags byte
	if !x.Stop.IsZero() {
		flags |= recordStopped
	}
	if x.Parent != (statelark.ExecID{}) {
		flags |= recordParent
	}
	dst = append(dst, flags, byte(x.Status))
	dst = binary.AppendVarint(dst, x.Start.UnixMilli()-id.Start().UnixMilli())
	if flags&recordStopped != 0 {
		dst = binary.AppendVarint(dst, x.Stop.UnixMilli())
	}
	dst = binary.AppendUvarint(dst, uint64(x.Events))
	if flags&recordParent != 0 {
		dst = append(dst, x.Parent[:]...)
		dst = binary.AppendUvarint(dst, x.ParentWait)
	}
	for _, text := range [...]string{x.Machine, x.Revision, x.Name, x.Version, x.Alias, x.TraceHeader} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

func parseRecord(data []byte, id statelark.ExecID) (*statelark.Execution, error) {
	r := reader{data: data}
	flags := r.byte()
	x := &statelark.Execution{ID: id, Status: statelark.Status(r.byte())}
	x.Start = time.UnixMilli(id.Start().UnixMilli() + r.varint()).UTC()
	if flags&recordStopped != 0 {
		x.Stop = time.UnixMilli(r.varint()).UTC()
	}
	x.Events = int64(r.uvarint())
	if flags&recordParent != 0 {
		for i := range x.Parent {
			x.Parent[i] = r.byte()
		}
		x.ParentWait = r.uvarint()
	}
	for _, text := range [...]*string{&x.Machine, &x.Revision, &x.Name, &x.Version, &x.Alias, &x.TraceHeader} {
		*text = r.text()
	}
	return x, r.done()
}

// appendNumbered appends data behind a number: a history block behind its length in events, a meta value
// behind its revision.
func appendNumbered(dst []byte, n int64, data []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(n)), data...)
}

// parseNumbered takes a value of appendNumbered apart. The data is a part of value.
func parseNumbered(value []byte) (int64, []byte, error) {
	r := reader{data: value}
	n := int64(r.uvarint())
	if r.broken {
		return 0, nil, errBroken
	}
	return n, r.data, nil
}

var errBroken = errors.New("a stored row is broken")

// reader takes a stored value apart; what is wrong with it is told by done.
type reader struct {
	data   []byte
	broken bool
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.broken = true
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.data)
	return take(r, n, size)
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.data)
	return take(r, n, size)
}

// take steps over a number that was read from size bytes.
func take[N int64 | uint64](r *reader, n N, size int) N {
	if size <= 0 {
		r.broken = true
		return 0
	}
	r.data = r.data[size:]
	return n
}

func (r *reader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.broken = true
		return ""
	}
	text := string(r.data[:n])
	r.data = r.data[n:]
	return text
}

// done reports whether the value was whole and nothing is left of it.
func (r *reader) done() error {
	if r.broken {
		return errBroken
	}
	if len(r.data) > 0 {
		return fmt.Errorf("%w: %d bytes too many", errBroken, len(r.data))
	}
	return nil
}
