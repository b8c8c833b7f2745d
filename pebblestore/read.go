package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

// view calls read with the value of a row, which is only valid during the call.
func (s *Store) view(key []byte, read func(value []byte) error) error {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return statelark.ErrNotFound
	}
	if err != nil {
		return unavailable(err)
	}
	if err := errors.Join(read(value), closer.Close()); err != nil {
		return unavailable(err)
	}
	return nil
}

// get returns the value of a row.
func (s *Store) get(key []byte) (data []byte, err error) {
	err = s.view(key, func(value []byte) error {
		data = append([]byte{}, value...)
		return nil
	})
	return data, err
}

// holder returns the execution that has the name of a key, taken false when there is none.
func (s *Store) holder(key []byte) (id statelark.ExecID, taken bool, err error) {
	err = s.view(key, func(value []byte) error {
		if copy(id[:], value) != idLen {
			return errBroken
		}
		return nil
	})
	if errors.Is(err, statelark.ErrNotFound) {
		return id, false, nil
	}
	return id, err == nil, err
}

func (s *Store) has(key []byte) (bool, error) {
	err := s.view(key, func([]byte) error { return nil })
	if errors.Is(err, statelark.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// record returns the record of an execution.
func (s *Store) record(id statelark.ExecID) (*statelark.Execution, error) {
	var x *statelark.Execution
	err := s.view(appendExec(nil, id, rowRecord), func(value []byte) error {
		_, data, err := parseNumbered(value)
		if err == nil {
			x, err = parseRecord(data, id)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("execution %s: %w", id, err)
	}
	return x, nil
}

// reading begins a call that reads; done ends it. On an error there is nothing to end.
func (s *Store) reading(ctx context.Context) (done func(), err error) {
	s.open.RLock()
	if err := s.usable(ctx); err != nil {
		s.open.RUnlock()
		return nil, err
	}
	return s.open.RUnlock, nil
}

// scan calls found for the rows from low up to high until it returns false. Key and value are only valid
// during the call.
func (s *Store) scan(ctx context.Context, low, high []byte, found func(key, value []byte) (more bool, err error)) error {
	done, err := s.reading(ctx)
	if err != nil {
		return err
	}
	defer done()
	if bytes.Compare(low, high) >= 0 {
		return nil
	}
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: low, UpperBound: high})
	if err != nil {
		return unavailable(err)
	}
	more := true
	for ok := it.First(); ok && more && err == nil; ok = it.Next() {
		var value []byte
		if value, err = it.ValueAndErr(); err == nil {
			more, err = found(it.Key(), value)
		}
	}
	if err := errors.Join(err, it.Error(), it.Close()); err != nil {
		return unavailable(err)
	}
	return nil
}

// Inbox lists the messages of a shard in key order, those after the key `after`.
func (s *Store) Inbox(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Message, error) {
	var messages []statelark.Message
	err := s.queue(ctx, prefixInbox, shard, after, n, func(key statelark.MessageKey, data []byte) {
		messages = append(messages, statelark.Message{MessageKey: key, Data: data})
	})
	return messages, err
}

// Work lists the outstanding work of a shard in key order, those after the key `after`.
func (s *Store) Work(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Work, error) {
	var outstanding []statelark.Work
	err := s.queue(ctx, prefixWork, shard, after, n, func(key statelark.MessageKey, data []byte) {
		outstanding = append(outstanding, statelark.Work{Exec: key.To, Seq: key.Seq, Data: data})
	})
	return outstanding, err
}

// queue calls found for up to n rows of a shard's queue, with data that is found's own.
func (s *Store) queue(ctx context.Context, prefix byte, shard statelark.ShardID, after statelark.MessageKey, n int, found func(statelark.MessageKey, []byte)) error {
	all := appendShard(nil, prefix, shard)
	low := all
	if after != (statelark.MessageKey{}) {
		low = append(appendQueue(nil, prefix, after), 0)
	}
	return s.scan(ctx, low, upperBound(all), func(key, value []byte) (bool, error) {
		if n--; n < 0 {
			return false, nil
		}
		data, err := unpack(value)
		if err == nil {
			found(queueKeyOf(key), data)
		}
		return n > 0, err
	})
}

// Timers lists the timers of a shard that are due at or before until, soonest first, those after `after`.
func (s *Store) Timers(ctx context.Context, shard statelark.ShardID, until time.Time, after statelark.Timer, n int) ([]statelark.Timer, error) {
	low := appendShard(nil, prefixTimer, shard)
	end := low
	if milli := until.UnixMilli(); milli < math.MaxInt64 {
		end = appendMoment(bytes.Clone(low), milli)
	}
	if after != (statelark.Timer{}) {
		low = append(appendTimer(nil, after.Exec, after.Due.UnixMilli(), after.Seq), 0)
	}
	var due []statelark.Timer
	err := s.scan(ctx, low, upperBound(end), func(key, _ []byte) (bool, error) {
		if n--; n < 0 {
			return false, nil
		}
		due = append(due, timerOf(key))
		return n > 0, nil
	})
	return due, err
}

// Execution returns the record of an execution.
func (s *Store) Execution(ctx context.Context, id statelark.ExecID) (*statelark.Execution, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.record(id)
}

// Lookup finds an execution by its name.
func (s *Store) Lookup(ctx context.Context, machineARN, name string) (statelark.ExecID, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return statelark.ExecID{}, err
	}
	defer done()
	id, taken, err := s.holder(appendName(nil, machineARN, name))
	if err == nil && !taken {
		err = statelark.ErrNotFound
	}
	if err != nil {
		return id, fmt.Errorf("execution %s of %s: %w", name, machineARN, err)
	}
	return id, nil
}

// Threads returns the thread rows of an execution by number.
func (s *Store) Threads(ctx context.Context, id statelark.ExecID) ([]statelark.ThreadRow, error) {
	var threads []statelark.ThreadRow
	low, high := appendExec(nil, id, rowRunning), appendExec(nil, id, rowThread+1)
	err := s.scan(ctx, low, high, func(key, value []byte) (bool, error) {
		var t statelark.ThreadRow
		if len(key) == len(low) { // row 'r', which comes first
			var x running
			if err := x.parse(value, id); err != nil || x.header == nil {
				return true, err
			}
			value = x.header
		} else {
			t.Thread = binary.BigEndian.Uint32(key[len(low):])
		}
		var err error
		t.Data, err = unpack(value)
		threads = append(threads, t)
		return true, err
	})
	return threads, err
}

// Blob returns a blob of an execution.
func (s *Store) Blob(ctx context.Context, id statelark.ExecID, blob uint32) ([]byte, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var data []byte
	err = s.view(appendBlob(nil, id, blob), func(value []byte) (err error) {
		data, err = unpack(value)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("execution %s, blob %d: %w", id, blob, err)
	}
	return data, nil
}

// Ends returns the record of an execution and the blocks that hold its first event and its last. Their rows stand
// together, so one iterator does.
func (s *Store) Ends(ctx context.Context, id statelark.ExecID) (statelark.Ends, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return statelark.Ends{}, err
	}
	defer done()
	low, high := appendExec(nil, id, rowRecord), appendExec(nil, id, rowHistory+1)
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: low, UpperBound: high})
	if err != nil {
		return statelark.Ends{}, unavailable(err)
	}
	ends, err := readEnds(it, id)
	if errors.Is(err, statelark.ErrNotFound) && it.Error() == nil {
		return statelark.Ends{}, errors.Join(fmt.Errorf("execution %s: %w", id, err), it.Close())
	}
	if err := errors.Join(err, it.Error(), it.Close()); err != nil {
		return statelark.Ends{}, unavailable(err)
	}
	return ends, nil
}

// readEnds reads with an iterator over the record and the blocks of an execution.
func readEnds(it *pebble.Iterator, id statelark.ExecID) (ends statelark.Ends, err error) {
	if !it.First() || it.Key()[1+idLen] != rowRecord {
		return ends, statelark.ErrNotFound
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return ends, err
	}
	_, data, err := parseNumbered(value)
	if err != nil {
		return ends, err
	}
	x, err := parseRecord(data, id)
	ends.Execution = x
	if err != nil || !it.Next() {
		return ends, err
	}
	ends.First, err = blockAt(it)
	switch {
	case err != nil || x.Status == statelark.Running:
	case ends.First.Last >= x.Events:
		ends.Last = ends.First
	case it.SeekGE(appendHistory(nil, id, x.Events)):
		ends.Last, err = blockAt(it)
	}
	return ends, err
}

// History returns the blocks that hold n events: first and those after it, or first and those before it.
func (s *Store) History(ctx context.Context, id statelark.ExecID, first int64, n int, reverse bool) ([]statelark.HistoryBlock, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	low := appendExec(nil, id, rowHistory)
	it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: low, UpperBound: upperBound(low)})
	if err != nil {
		return nil, unavailable(err)
	}
	// Blocks sort by their last event, so this is the one that holds first.
	ok := it.SeekGE(appendHistory(nil, id, max(first, 0)))
	step := it.Next
	if reverse {
		step = it.Prev
		if !ok {
			ok = it.Last()
		}
	}
	var blocks []statelark.HistoryBlock
	for ; ok && n > 0 && err == nil; ok = step() {
		var b statelark.HistoryBlock
		if b, err = blockAt(it); err != nil {
			break
		}
		held := b.Last - max(b.First, first) + 1
		if reverse {
			held = min(b.Last, first) - b.First + 1
		}
		if held <= 0 {
			break
		}
		n -= int(held)
		blocks = append(blocks, b)
	}
	if err := errors.Join(err, it.Error(), it.Close()); err != nil {
		return nil, unavailable(err)
	}
	return blocks, nil
}

// blockAt returns the history block that it stands on.
func blockAt(it *pebble.Iterator) (statelark.HistoryBlock, error) {
	value, err := it.ValueAndErr()
	if err != nil {
		return statelark.HistoryBlock{}, err
	}
	more, packed, err := parseNumbered(value)
	if err != nil {
		return statelark.HistoryBlock{}, err
	}
	data, err := unpack(packed)
	key := it.Key()
	last := int64(binary.BigEndian.Uint64(key[len(key)-8:]))
	return statelark.HistoryBlock{First: last - more, Last: last, Data: data}, err
}

// Meta returns a meta record.
func (s *Store) Meta(ctx context.Context, key string) (statelark.MetaRecord, error) {
	done, err := s.reading(ctx)
	if err != nil {
		return statelark.MetaRecord{}, err
	}
	defer done()
	var record statelark.MetaRecord
	err = s.view(appendMeta(nil, key), func(value []byte) (err error) {
		record, err = parseMeta(key, value)
		return err
	})
	if err != nil {
		return statelark.MetaRecord{}, fmt.Errorf("record %s: %w", key, err)
	}
	return record, nil
}

func parseMeta(key string, value []byte) (statelark.MetaRecord, error) {
	revision, data, err := parseNumbered(value)
	return statelark.MetaRecord{Key: key, Value: append([]byte{}, data...), Revision: revision}, err
}

// MetaList lists the meta records whose key begins with prefix, those after the key `after`.
func (s *Store) MetaList(ctx context.Context, prefix, after string, n int) ([]statelark.MetaRecord, error) {
	low := appendMeta(nil, prefix)
	end := upperBound(low)
	if after >= prefix && after != "" {
		low = append(appendMeta(nil, after), 0)
	}
	var records []statelark.MetaRecord
	err := s.scan(ctx, low, end, func(key, value []byte) (bool, error) {
		if n--; n < 0 {
			return false, nil
		}
		record, err := parseMeta(string(key[1:]), value)
		records = append(records, record)
		return n > 0, err
	})
	return records, err
}
