package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/golang/snappy"

	"github.com/statelark/statelark"
)

// The values of rows, as format 3 of the directory has them. Numbers are varints.
//
//	x exec 'a'    the last event's id, then appendRecord
//	x exec 'r'    appendRunning; thread row 0 in it is packed
//	x exec 'h'    the number of events before the last one, then the block, packed
//	m key         the revision, then the value
//	p s w q       packed
//	n             the id
//	t u i c, and t and u under x    nothing: their keys say it all
//
// Packed is a byte that says how, and the bytes.

// How bytes are packed.
const (
	packedNot    = 0
	packedSnappy = 1
)

// packFrom is the length from which it is tried to pack: below, there is little to win.
const packFrom = 128

// appendPacked appends data, compressed where that saves an eighth. scratch is used for it and returned.
func appendPacked(dst, data, scratch []byte) (packed, _ []byte) {
	if len(data) >= packFrom {
		small := snappy.Encode(scratch[:cap(scratch)], data)
		if cap(small) > cap(scratch) {
			scratch = small
		}
		if len(small) <= len(data)-len(data)/8 {
			return append(append(dst, packedSnappy), small...), scratch
		}
	}
	return append(append(dst, packedNot), data...), scratch
}

// unpack returns what appendPacked was given, never nil. It is a copy.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, errBroken
	}
	switch how, data := packed[0], packed[1:]; how {
	case packedNot:
		return append([]byte{}, data...), nil
	case packedSnappy:
		data, err := snappy.Decode(nil, data)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		return data, nil
	default:
		return nil, fmt.Errorf("%w: it is packed in the way %d", errBroken, how)
	}
}

// Flags of a record.
const (
	recordStopped = 1 // it has a stop time
	recordParent  = 2 // it has a parent
)

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

// appendNumbered appends a number and then data.
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
