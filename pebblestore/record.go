package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/golang/snappy"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
)

// The values of rows, as format 5 of the directory has them. Numbers are varints.
//
//	x exec 'a'    the last event's id, then appendRecord
//	x exec 'r'    appendRunning; thread row 0 in it is packed
//	x exec 'h'    the number of events before the last one, then the block, packed
//	m key         the revision, then the value
//	s key         the row: what is in it is packed already
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
	recordStopped  = 1 // it has a stop time
	recordParent   = 2 // it has a parent
	recordChild    = 4 // of a Map Run
	recordRedriven = 8
	recordTestCase = 16
	recordKept     = 32
	recordFork     = 64
	recordFlags    = 128 - 1 // all of them
)

// appendRecord appends the stored form of an execution's record: flags, status, start time against that in
// the id, stop time, events, its texts with their lengths before them, and what the flags name. The id is in the key.
func appendRecord(dst []byte, id statelark.ExecID, x *statelark.Execution) []byte {
	flags := flagsOf(x)
	w := row.NewWriter(dst, nil)
	w.Byte(flags)
	w.Byte(byte(x.Status))
	w.Int(x.Start.UnixMilli() - id.Start().UnixMilli())
	if flags&recordStopped != 0 {
		w.Int(x.Stop.UnixMilli())
	}
	w.Uint(uint64(x.Events))
	if flags&recordParent != 0 {
		w.Raw(string(x.Parent[:]))
		w.Uint(x.ParentWait)
	}
	for _, text := range [...]string{x.Machine, x.Revision, x.Name, x.Version, x.Alias, x.TraceHeader} {
		w.Text(text)
	}
	if flags&recordChild != 0 {
		w.Text(x.MapRun)
		w.Uint(uint64(x.Items))
	}
	if flags&recordRedriven != 0 {
		w.Uint(uint64(x.Redrives))
		w.Int(x.Redriven.UnixMilli())
		w.Uint(uint64(len(x.RedriveTokens)))
		for _, t := range x.RedriveTokens {
			w.Text(t.Token)
			w.Int(t.At.UnixMilli())
		}
	}
	if flags&recordTestCase != 0 {
		w.Text(x.TestCase)
	}
	if f := x.Fork; f != nil {
		w.Text(f.ARN)
		w.Text(f.State)
		w.Uint(uint64(f.Event))
		w.Uint(uint64(f.Variables))
	}
	return w.Row()
}

func flagsOf(x *statelark.Execution) (flags byte) {
	set := func(flag byte, there bool) {
		if there {
			flags |= flag
		}
	}
	set(recordStopped, !x.Stop.IsZero())
	set(recordParent, x.Parent != statelark.ExecID{})
	set(recordChild, x.MapRun != "")
	set(recordRedriven, x.Redrives > 0)
	set(recordTestCase, x.TestCase != "")
	set(recordKept, x.Kept)
	set(recordFork, x.Fork != nil)
	return flags
}

func parseRecord(data []byte, id statelark.ExecID) (*statelark.Execution, error) {
	r := row.NewReader(data, nil)
	flags := r.Byte()
	if flags > recordFlags {
		r.Fail(fmt.Errorf("it has the flags %b", flags))
	}
	x := &statelark.Execution{ID: id, Status: statelark.Status(r.Byte()), Kept: flags&recordKept != 0}
	x.Start = time.UnixMilli(id.Start().UnixMilli() + r.Int()).UTC()
	if flags&recordStopped != 0 {
		x.Stop = time.UnixMilli(r.Int()).UTC()
	}
	x.Events = int64(r.Uint())
	if flags&recordParent != 0 {
		copy(x.Parent[:], r.Raw(uint64(idLen)))
		x.ParentWait = r.Uint()
	}
	for _, text := range [...]*string{&x.Machine, &x.Revision, &x.Name, &x.Version, &x.Alias, &x.TraceHeader} {
		*text = r.Text()
	}
	if flags&recordChild != 0 {
		x.MapRun, x.Items = r.Text(), int64(r.Uint())
	}
	if flags&recordRedriven != 0 {
		x.Redrives, x.Redriven = int64(r.Uint()), time.UnixMilli(r.Int()).UTC()
		for n := r.Count(); n > 0; n-- {
			x.RedriveTokens = append(x.RedriveTokens, statelark.RedriveToken{Token: r.Text(), At: time.UnixMilli(r.Int()).UTC()})
		}
	}
	if flags&recordTestCase != 0 {
		x.TestCase = r.Text()
	}
	if flags&recordFork != 0 {
		x.Fork = &statelark.Origin{ARN: r.Text(), State: r.Text(), Event: int64(r.Uint()), Variables: uint32(r.Uint())}
	}
	return x, whole(&r)
}

// appendNumbered appends a number and then data.
func appendNumbered(dst []byte, n int64, data []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(n)), data...)
}

// parseNumbered takes a value of appendNumbered apart. The data is a part of value.
func parseNumbered(value []byte) (int64, []byte, error) {
	n, size := binary.Uvarint(value)
	if size <= 0 {
		return 0, nil, errBroken
	}
	return int64(n), value[size:], nil
}

var errBroken = errors.New("a stored row is broken")

// whole returns the error of a row that was read to its end.
func whole(r *row.Reader) error {
	if err := r.Done(); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return nil
}
