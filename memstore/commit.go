package memstore

import (
	"bytes"
	"context"
	"fmt"

	"github.com/statelark/statelark"
)

// A Commit goes over its batch twice: check finds every reason to refuse it and changes nothing, apply cannot
// fail. What earlier changes of the same batch will have written is kept in pending meanwhile.

// pending is what the part of a batch that was checked already will have changed.
type pending struct {
	names     map[name]statelark.ExecID
	last      map[statelark.ExecID]int64 // id of the last event
	revisions map[string]int64           // of meta records; 0: deleted
}

func newPending() pending {
	return pending{make(map[name]statelark.ExecID), make(map[statelark.ExecID]int64), make(map[string]int64)}
}

func (p *pending) clear() {
	clear(p.names)
	clear(p.last)
	clear(p.revisions)
}

// Commit writes b whole or not at all.
func (s *Store) Commit(ctx context.Context, b *statelark.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.pending.clear()
	if err := s.check(b); err != nil {
		return err
	}
	for _, c := range b.Changes {
		s.apply(c)
	}
	for _, op := range b.Meta {
		s.applyMeta(op)
	}
	for _, op := range b.Index {
		if op.Data == nil {
			s.index.remove(op.Key)
		} else {
			s.index.put(op.Key, bytes.Clone(op.Data))
		}
	}
	s.makeRoom()
	return nil
}

func (s *Store) check(b *statelark.Batch) error {
	var fenced [statelark.Shards]bool
	for _, f := range b.Fences {
		if f.Shard >= statelark.Shards || f.Epoch == 0 || s.leases[f.Shard].epoch != f.Epoch {
			return fmt.Errorf("shard %d, epoch %d: %w", f.Shard, f.Epoch, statelark.ErrFenced)
		}
		fenced[f.Shard] = true
	}
	for _, c := range b.Changes {
		if shard := c.Exec.Shard(); shard >= statelark.Shards || !fenced[shard] {
			return fmt.Errorf("execution %s, shard %d: no fence: %w", c.Exec, shard, statelark.ErrFenced)
		}
		if err := s.checkChange(c); err != nil {
			return fmt.Errorf("execution %s: %w", c.Exec, err)
		}
	}
	for _, op := range b.Meta {
		if err := s.checkMeta(op); err != nil {
			return fmt.Errorf("record %s: %w", op.Key, err)
		}
	}
	return nil
}

func (s *Store) checkChange(c *statelark.Change) error {
	if c.OnlyMessages() {
		return nil
	}
	last, known := s.lastEvent(c.Exec)
	if c.Start {
		if err := s.checkStart(c, known); err != nil {
			return err
		}
	} else if !known {
		return fmt.Errorf("it is not there: %w", statelark.ErrConflict)
	}
	if c.Block != nil {
		if c.First != last+1 || c.Last < c.First {
			return fmt.Errorf("events %d to %d after %d: %w", c.First, c.Last, last, statelark.ErrConflict)
		}
		last = c.Last
	}
	s.pending.last[c.Exec] = last
	return nil
}

func (s *Store) checkStart(c *statelark.Change, known bool) error {
	if c.Execution == nil {
		return fmt.Errorf("it starts without a record: %w", statelark.ErrConflict)
	}
	n := name{c.Execution.Machine, c.Execution.Name}
	holder, taken := s.names[n]
	if !taken {
		holder, taken = s.pending.names[n]
	}
	if !taken && known { // the id is taken, and so its name is
		holder, taken = c.Exec, true
	}
	if taken {
		return &statelark.TakenError{Exec: c.Exec, Name: n.name, Holder: holder}
	}
	s.pending.names[n] = c.Exec
	return nil
}

// lastEvent returns the id of the last event of an execution, false when there is no such execution.
func (s *Store) lastEvent(exec statelark.ExecID) (int64, bool) {
	if last, ok := s.pending.last[exec]; ok {
		return last, true
	}
	if x := s.executions[exec]; x != nil {
		return x.last(), true
	}
	return 0, false
}

func (s *Store) checkMeta(op statelark.MetaOp) error {
	revision, ok := s.pending.revisions[op.Key]
	if !ok {
		record, _ := s.meta.get(op.Key)
		revision = record.Revision
	}
	if op.Expect != statelark.AnyRevision && op.Expect != revision {
		return fmt.Errorf("revision %d, expected %d: %w", revision, op.Expect, statelark.ErrConflict)
	}
	if op.Value == nil {
		revision = -1
	}
	s.pending.revisions[op.Key] = revision + 1
	return nil
}

func (s *Store) apply(c *statelark.Change) {
	x := s.executions[c.Exec]
	if c.Start {
		x = &execution{threads: rows[uint32, []byte]{compare: compareThreads}}
		s.executions[c.Exec] = x
		s.ids.put(c.Exec, struct{}{})
		s.names[name{c.Execution.Machine, c.Execution.Name}] = c.Exec
		for of := range c.Execution.Lists() {
			s.list(of, 0).put(c.Exec, struct{}{})
		}
	}
	if c.Execution != nil {
		s.setRecord(c.Exec, x, c.Execution)
	}
	if c.Block != nil {
		x.blocks = append(x.blocks, statelark.HistoryBlock{First: c.First, Last: c.Last, Data: bytes.Clone(c.Block)})
		s.weigh(x, len(c.Block))
	}
	for _, t := range c.Threads {
		if t.Data == nil {
			x.threads.remove(t.Thread)
		} else {
			x.threads.put(t.Thread, bytes.Clone(t.Data))
		}
	}
	for _, b := range c.Blobs {
		if x.blobs == nil {
			x.blobs = make(map[uint32][]byte)
		}
		s.weigh(x, len(b.Data)-len(x.blobs[b.ID]))
		x.blobs[b.ID] = bytes.Clone(b.Data)
	}
	s.applyQueues(c, x)
	if c.Close {
		if !c.Keep {
			x.threads.chunks = nil
		}
		s.close(c.Exec, x)
	}
}

// applyQueues does the rows of a change that live in the queues of a shard.
func (s *Store) applyQueues(c *statelark.Change, x *execution) {
	for _, op := range c.Timers {
		t := timer{moment{op.Due.UnixMilli(), c.Exec}, op.Seq}
		if op.Cancel {
			delete(x.timers, t)
			s.timers.remove(t)
			continue
		}
		if x.timers == nil {
			x.timers = make(map[timer]struct{})
		}
		x.timers[t] = struct{}{}
		s.timers.put(t, struct{}{})
	}
	for _, op := range c.Work {
		key := statelark.MessageKey{To: c.Exec, Seq: op.Seq}
		if op.Data == nil {
			s.work.remove(key)
		} else {
			s.work.put(key, bytes.Clone(op.Data))
		}
	}
	for _, key := range c.Consumed {
		s.inbox.remove(key)
	}
	for _, m := range c.Sends {
		s.send(m)
	}
}

// setRecord stores a record and moves the execution from list to list as it says.
func (s *Store) setRecord(exec statelark.ExecID, x *execution, record *statelark.Execution) {
	if old := &x.record; old.Status != 0 {
		for of := range old.Lists() {
			s.unlist(of, old.Status, exec)
		}
		s.setEnded(exec, x, false)
	}
	x.record = *record
	x.record.ID = exec
	for of := range record.Lists() {
		s.list(of, record.Status).put(exec, struct{}{})
	}
	s.setEnded(exec, x, true)
}

// setEnded puts an execution that has a stop time among those that have ended, or takes it out.
func (s *Store) setEnded(exec statelark.ExecID, x *execution, in bool) {
	if x.record.Stop.IsZero() {
		return
	}
	at := moment{x.record.Stop.UnixMilli(), exec}
	if in {
		s.stopped.put(at, struct{}{})
		s.ended++
		s.endedBytes += x.bytes
	} else {
		s.stopped.remove(at)
		s.ended--
		s.endedBytes -= x.bytes
	}
}

// weigh notes that an execution has grown by n bytes.
func (s *Store) weigh(x *execution, n int) {
	x.bytes += n
	if !x.record.Stop.IsZero() {
		s.endedBytes += n
	}
}

// unlist takes an execution off a list, see Execution.Lists, of a status.
func (s *Store) unlist(of string, status statelark.Status, exec statelark.ExecID) {
	ids := s.list(of, status)
	if ids.remove(exec); len(ids.chunks) == 0 {
		delete(s.lists, list{of, status})
	}
}

// list returns the ids of the executions on a list that have a status, 0 for all.
func (s *Store) list(of string, status statelark.Status) *rows[statelark.ExecID, struct{}] {
	key := list{of, status}
	ids := s.lists[key]
	if ids == nil {
		ids = &rows[statelark.ExecID, struct{}]{compare: compareIDs}
		s.lists[key] = ids
	}
	return ids
}

// close removes the timers and the work rows of an execution.
func (s *Store) close(exec statelark.ExecID, x *execution) {
	for t := range x.timers {
		s.timers.remove(t)
	}
	x.timers = nil
	first, last := rowsOf(exec)
	s.work.removeRange(first, last)
}

func (s *Store) send(m statelark.Message) {
	if !s.inbox.has(m.MessageKey) {
		s.inbox.put(m.MessageKey, bytes.Clone(m.Data))
	}
}

func (s *Store) applyMeta(op statelark.MetaOp) {
	if op.Value == nil {
		s.meta.remove(op.Key)
		return
	}
	old, _ := s.meta.get(op.Key)
	s.meta.put(op.Key, statelark.MetaRecord{Key: op.Key, Value: bytes.Clone(op.Value), Revision: old.Revision + 1})
}

// Send puts messages into inboxes without a fence.
func (s *Store) Send(ctx context.Context, messages []statelark.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, m := range messages {
		s.send(m)
	}
	return nil
}
