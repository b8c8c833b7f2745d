package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

// A directory has a format: the keys of keys.go and the values of record.go, as of some build. Every build opens
// every directory that an earlier one wrote, beginning with format 2, and goes with it step by step to its own. So a format
// that was in a build once is described here for good, its step stays, and testdata/golden keeps a directory of it.
//
//	2    the first
//	3    one row for what changes while an execution runs, lists by status alone, rows are packed
//	4    a record may say of which Map Run it is, how often it was redriven, and its test case; row 'r' of an execution
//	     that has ended may stay; what was started through a version or an alias is on its list as well
//	5    a record may say what it was forked from; what was forked is on the list of the forks of its origin as well
const formatNow = 5

// steps lead to a format from the one before it.
var steps = map[int]step{
	3: {
		{prefixExec, execTo3},
		{prefixWork, packedTo3},
		{prefixInbox, packedTo3},
		{prefixList, listTo3},
	},
	4: {}, // what format 3 has stands in format 4 as it is
	5: {}, // and what format 4 has in format 5
}

// A step is what has to be done with the rows, by their prefix, in order of their keys. It is done in batches, each
// of which notes how far it has come, so that what a kill interrupts goes on where it stopped.
//
// Invariant: the format in the directory is changed before its first row. So a build that does not know the new
// format never sees any of it.
type step []pass

type pass struct {
	prefix byte
	// row adds to the batch what changes in the row at it. key and value are only valid during the call. It also
	// comes by the rows that earlier batches of the pass have put after it.
	row func(c *conversion, key, value []byte) error
}

// conversion is a batch of a step.
type conversion struct {
	store        *Store
	batch        *pebble.Batch
	val, scratch []byte
}

// stepRows and stepBytes bound a batch of a step. They are variables for tests.
var (
	stepRows  = 4096
	stepBytes = 4 << 20
)

// checkFormat brings the directory to the present format, marks a new one, and notes the build.
func (s *Store) checkFormat(build string) error {
	value, err := s.get([]byte{prefixFormat})
	switch {
	case errors.Is(err, statelark.ErrNotFound):
		if empty, err := s.empty(); err != nil || !empty {
			return errors.Join(err, fmt.Errorf("%w: it says no format, so it is not a directory of this program: choose another one", ErrVersion))
		}
		err = s.db.Set([]byte{prefixFormat}, []byte(strconv.Itoa(formatNow)), pebble.Sync)
	case err == nil:
		err = s.upgrade(string(value))
	}
	if err != nil {
		return err
	}
	return s.db.Set([]byte{prefixBuild}, []byte(build), pebble.NoSync) // synced with the next write
}

// upgrade goes step by step to the present format.
func (s *Store) upgrade(stored string) error {
	format, err := strconv.Atoi(stored)
	if err != nil || format > formatNow || format < formatNow && steps[format+1] == nil {
		return s.unknownFormat(stored)
	}
	at, err := s.get([]byte{prefixStep})
	switch {
	case err == nil: // interrupted on the way to format
		if err := s.convert(format, at); err != nil {
			return err
		}
	case !errors.Is(err, statelark.ErrNotFound):
		return err
	}
	for format < formatNow {
		format++
		if err := s.begin(format); err != nil {
			return err
		}
		if err := s.convert(format, nil); err != nil {
			return err
		}
	}
	return nil
}

// unknownFormat says which build can open the directory.
func (s *Store) unknownFormat(stored string) error {
	build, err := s.get([]byte{prefixBuild})
	if err != nil && !errors.Is(err, statelark.ErrNotFound) {
		return err
	}
	by := "the build that wrote it, or a later one"
	if len(build) > 0 {
		by = fmt.Sprintf("%s, which opened it last, or a later one", build)
	}
	return fmt.Errorf("%w: its format is %q, and this build knows those up to %d: use %s, or choose another directory", ErrVersion, stored, formatNow, by)
}

// begin notes that the step to a format is under way.
func (s *Store) begin(format int) error {
	b := s.db.NewBatch()
	return errors.Join(
		b.Set([]byte{prefixFormat}, []byte(strconv.Itoa(format)), nil),
		b.Set([]byte{prefixStep}, nil, nil),
		b.Commit(pebble.Sync), b.Close())
}

// convert does the step to a format, or what is left of it: at is the number of its pass and the last key that it
// has come by, nothing when it has not begun.
func (s *Store) convert(format int, at []byte) error {
	s.disk.log.Info("the data directory is brought to a new format; this can take a while", "format", format)
	first, after := 0, []byte(nil)
	if len(at) > 0 {
		first, after = int(at[0]), at[1:]
	}
	for i, p := range steps[format] {
		if i < first {
			continue
		}
		for more := true; more; {
			var err error
			if after, more, err = s.convertSome(p, i, after); err != nil {
				return fmt.Errorf("bringing the directory to format %d, after the key %q: %w", format, after, err)
			}
		}
		after = nil
	}
	s.disk.log.Info("the data directory has the new format", "format", format)
	return s.db.Delete([]byte{prefixStep}, pebble.Sync)
}

// convertSome does one batch of pass i, with the rows after a key. It returns the last key it has come by, and
// whether there are more.
func (s *Store) convertSome(p pass, i int, after []byte) (last []byte, more bool, err error) {
	low := []byte{p.prefix}
	if after != nil {
		low = append(bytes.Clone(after), 0)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: []byte{p.prefix + 1}})
	if err != nil {
		return after, false, err
	}
	c := conversion{store: s, batch: s.db.NewBatch()}
	more = it.First()
	for n := 0; more && err == nil && n < stepRows && c.batch.Len() < stepBytes; n++ {
		var value []byte
		if value, err = it.ValueAndErr(); err == nil {
			err = p.row(&c, it.Key(), value)
		}
		last = append(last[:0], it.Key()...)
		more = it.Next()
	}
	if err = errors.Join(err, it.Error(), it.Close()); err == nil && last != nil {
		err = errors.Join(
			c.batch.Set([]byte{prefixStep}, append([]byte{byte(i)}, last...), nil),
			c.batch.Commit(pebble.Sync))
	}
	if err != nil {
		last = after
	}
	return last, more, errors.Join(err, c.batch.Close())
}
