package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/statelark/statelark"
)

func compareThreads(a, b uint32) int { return cmp.Compare(a, b) }

// read takes the lock for a read; a call of done gives it back. On an error there is nothing to give back.
func (s *Store) read(ctx context.Context) (done func(), err error) {
	s.mu.RLock()
	if err := s.usable(ctx); err != nil {
		s.mu.RUnlock()
		return nil, err
	}
	return s.mu.RUnlock, nil
}

// Inbox lists the messages of a shard in key order, those after the key `after`.
func (s *Store) Inbox(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Message, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var messages []statelark.Message
	for _, r := range page(&s.inbox, shard, after, n) {
		messages = append(messages, statelark.Message{MessageKey: r.key, Data: bytes.Clone(r.value)})
	}
	return messages, nil
}

// Work lists the outstanding work of a shard in key order, those after the key `after`.
func (s *Store) Work(ctx context.Context, shard statelark.ShardID, after statelark.MessageKey, n int) ([]statelark.Work, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var outstanding []statelark.Work
	for _, r := range page(&s.work, shard, after, n) {
		outstanding = append(outstanding, statelark.Work{Exec: r.key.To, Seq: r.key.Seq, Data: bytes.Clone(r.value)})
	}
	return outstanding, nil
}

// page returns up to n rows of a shard after the key `after`.
func page(queue *rows[statelark.MessageKey, []byte], shard statelark.ShardID, after statelark.MessageKey, n int) []row[statelark.MessageKey, []byte] {
	start := after
	if after == (statelark.MessageKey{}) {
		start.To = firstID(shard)
	}
	var found []row[statelark.MessageKey, []byte]
	for key, data := range queue.from(start) {
		if len(found) >= n || key.To.Shard() != shard {
			break
		}
		if key != after {
			found = append(found, row[statelark.MessageKey, []byte]{key, data})
		}
	}
	return found
}

// Timers lists the timers of a shard that are due at or before until, soonest first, those after `after`.
func (s *Store) Timers(ctx context.Context, shard statelark.ShardID, until time.Time, after statelark.Timer, n int) ([]statelark.Timer, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	start := timer{moment{after.Due.UnixMilli(), after.Exec}, after.Seq}
	fresh := after == statelark.Timer{}
	if fresh {
		start = timer{moment: moment{math.MinInt64, firstID(shard)}}
	}
	var due []statelark.Timer
	for t := range s.timers.from(start) {
		if len(due) >= n || t.exec.Shard() != shard || t.at > until.UnixMilli() {
			break
		}
		if fresh || t != start {
			due = append(due, statelark.Timer{Due: time.UnixMilli(t.at).UTC(), Exec: t.exec, Seq: t.seq})
		}
	}
	return due, nil
}

// Execution returns the record of an execution.
func (s *Store) Execution(ctx context.Context, id statelark.ExecID) (*statelark.Execution, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	x := s.executions[id]
	if x == nil {
		return nil, fmt.Errorf("execution %s: %w", id, statelark.ErrNotFound)
	}
	record := x.record
	return &record, nil
}

// Lookup finds an execution by its name.
func (s *Store) Lookup(ctx context.Context, machineARN, executionName string) (statelark.ExecID, error) {
	done, err := s.read(ctx)
	if err != nil {
		return statelark.ExecID{}, err
	}
	defer done()
	id, ok := s.names[name{machineARN, executionName}]
	if !ok {
		return id, fmt.Errorf("execution %s of %s: %w", executionName, machineARN, statelark.ErrNotFound)
	}
	return id, nil
}

// Threads returns the thread rows of an execution by number.
func (s *Store) Threads(ctx context.Context, id statelark.ExecID) ([]statelark.ThreadRow, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	x := s.executions[id]
	if x == nil {
		return nil, nil
	}
	var threads []statelark.ThreadRow
	for thread, data := range x.threads.from(0) {
		threads = append(threads, statelark.ThreadRow{Thread: thread, Data: bytes.Clone(data)})
	}
	return threads, nil
}

// Blob returns a blob of an execution.
func (s *Store) Blob(ctx context.Context, id statelark.ExecID, blob uint32) ([]byte, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if x := s.executions[id]; x != nil {
		if data, ok := x.blobs[blob]; ok {
			return bytes.Clone(data), nil
		}
	}
	return nil, fmt.Errorf("execution %s, blob %d: %w", id, blob, statelark.ErrNotFound)
}

// Ends returns the record of an execution and the blocks that hold its first event and its last.
func (s *Store) Ends(ctx context.Context, id statelark.ExecID) (statelark.Ends, error) {
	done, err := s.read(ctx)
	if err != nil {
		return statelark.Ends{}, err
	}
	defer done()
	x := s.executions[id]
	if x == nil {
		return statelark.Ends{}, fmt.Errorf("execution %s: %w", id, statelark.ErrNotFound)
	}
	record := x.record
	ends := statelark.Ends{Execution: &record}
	if len(x.blocks) > 0 {
		ends.First = x.blocks[0]
		ends.First.Data = bytes.Clone(ends.First.Data)
	}
	switch {
	case record.Status == statelark.Running:
	case ends.First.Last >= record.Events:
		ends.Last = ends.First
	default:
		if i := x.holding(record.Events); i < len(x.blocks) {
			ends.Last = x.blocks[i]
			ends.Last.Data = bytes.Clone(ends.Last.Data)
		}
	}
	return ends, nil
}

// History returns the blocks that hold n events: first and those after it, or first and those before it.
func (s *Store) History(ctx context.Context, id statelark.ExecID, first int64, n int, reverse bool) ([]statelark.HistoryBlock, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	x := s.executions[id]
	if x == nil {
		return nil, nil
	}
	i, step := x.holding(first), 1
	if reverse {
		i, step = min(i, len(x.blocks)-1), -1
	}
	var blocks []statelark.HistoryBlock
	for ; i >= 0 && i < len(x.blocks) && n > 0; i += step {
		b := x.blocks[i]
		held := b.Last - max(b.First, first) + 1
		if reverse {
			held = min(b.Last, first) - b.First + 1
		}
		if held <= 0 {
			break
		}
		n -= int(held)
		b.Data = bytes.Clone(b.Data)
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// Executions lists the records that q selects, newest first.
func (s *Store) Executions(ctx context.Context, q statelark.ExecutionQuery) ([]*statelark.Execution, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	ids := s.lists[list{q.Machine, q.Status}]
	if ids == nil {
		return nil, nil
	}
	before := q.Before
	if before == (statelark.ExecID{}) {
		before = lastID
	}
	var records []*statelark.Execution
	for id := range ids.below(before) {
		if len(records) >= q.Limit {
			break
		}
		record := s.executions[id].record
		records = append(records, &record)
	}
	return records, nil
}

// Meta returns a meta record.
func (s *Store) Meta(ctx context.Context, key string) (statelark.MetaRecord, error) {
	done, err := s.read(ctx)
	if err != nil {
		return statelark.MetaRecord{}, err
	}
	defer done()
	record, ok := s.meta.get(key)
	if !ok {
		return record, fmt.Errorf("record %s: %w", key, statelark.ErrNotFound)
	}
	record.Value = bytes.Clone(record.Value)
	return record, nil
}

// MetaList lists the meta records whose key begins with prefix, those after the key `after`.
func (s *Store) MetaList(ctx context.Context, prefix, after string, n int) ([]statelark.MetaRecord, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var records []statelark.MetaRecord
	for key, record := range s.meta.from(max(prefix, after)) {
		if len(records) >= n || !strings.HasPrefix(key, prefix) {
			break
		}
		if key == after {
			continue
		}
		record.Value = bytes.Clone(record.Value)
		records = append(records, record)
	}
	return records, nil
}
