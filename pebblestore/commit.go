package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark"
)

// write makes one Pebble batch out of a Batch. It checks and writes in one pass: a batch that turns out to be
// refused is dropped. Pebble answers reads as of before the batch, so what earlier changes of the same batch
// do is kept beside: heads, names, revisions and messages.
type write struct {
	store *Store
	stuck bool // Pebble panicked: it must not be called again

	batch     *pebble.Batch
	rows      *pebble.Iterator // over the rows as of before the batch; made when first needed
	heads     map[statelark.ExecID]head
	names     map[name]struct{}
	revisions map[string]int64
	inbox     map[statelark.MessageKey]bool // messages put (true) or removed
	key, val  []byte
}

// name is the name of an execution within its state machine.
type name struct{ machine, name string }

func newWrite(s *Store) write {
	return write{
		store:     s,
		heads:     make(map[statelark.ExecID]head),
		names:     make(map[name]struct{}),
		revisions: make(map[string]int64),
		inbox:     make(map[statelark.MessageKey]bool),
	}
}

// Commit writes b atomically and durably.
func (s *Store) Commit(ctx context.Context, b *statelark.Batch) error {
	return s.update(ctx, true, func(w *write) error { return w.all(b) })
}

// Send puts messages into inboxes without a fence.
func (s *Store) Send(ctx context.Context, messages []statelark.Message) error {
	return s.update(ctx, true, func(w *write) error {
		for _, m := range messages {
			if err := w.send(m); err != nil {
				return err
			}
		}
		return nil
	})
}

// update commits the batch that fill fills and waits until it is synced. spend: the batch takes up space, and
// is refused when there is too little.
func (s *Store) update(ctx context.Context, spend bool, fill func(*write) error) error {
	s.open.RLock()
	defer s.open.RUnlock()
	batch, err := s.apply(ctx, spend, fill)
	if batch == nil || err != nil {
		return err
	}
	if err = batch.SyncWait(); err == nil {
		// What Pebble takes for synced is not, when the disk failed.
		err = s.disk.failed()
	}
	err = errors.Join(err, batch.Close())
	if err != nil {
		s.disk.fail(err)
		return unavailable(err)
	}
	return nil
}

// apply fills a batch and makes it visible. The batch that it returns is still to be synced, nil when it was
// empty.
func (s *Store) apply(ctx context.Context, spend bool, fill func(*write) error) (*pebble.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	if err := s.disk.refuses(); err != nil {
		return nil, unavailable(err)
	}
	w := &s.write
	w.batch = s.db.NewBatch()
	err := errors.Join(fill(w), w.reset())
	if err == nil && spend && !w.batch.Empty() {
		if full := s.space.check(s.disk, w.batch.Len()); full != nil {
			err = unavailable(full)
		}
	}
	if err != nil || w.batch.Empty() {
		return nil, errors.Join(err, w.batch.Close())
	}
	if err := w.apply(); err != nil {
		return nil, unavailable(err)
	}
	return w.batch, nil
}

// apply hands the batch to Pebble. A panic there becomes the failure of the store.
func (w *write) apply() (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.stuck = true
			w.store.disk.fail(fmt.Errorf("pebble: %v", p))
			err = w.store.disk.failed()
		}
	}()
	return w.store.db.ApplyNoSyncWait(w.batch, pebble.Sync)
}

// reset forgets what belongs to one batch alone.
func (w *write) reset() error {
	clear(w.heads)
	clear(w.names)
	clear(w.revisions)
	clear(w.inbox)
	if w.rows == nil {
		return nil
	}
	err := w.rows.Close()
	w.rows = nil
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// set adds a row: w.key holds its key, w.val its value.
func (w *write) set() error { return w.batch.Set(w.key, w.val, nil) }

// remove adds the removal of the row whose key w.key holds.
func (w *write) remove() error { return w.batch.Delete(w.key, nil) }

func (w *write) all(b *statelark.Batch) error {
	var fenced [statelark.Shards]bool
	for _, f := range b.Fences {
		if f.Shard >= statelark.Shards || w.store.leases[f.Shard].epoch != f.Epoch {
			return fmt.Errorf("shard %d, epoch %d: %w", f.Shard, f.Epoch, statelark.ErrFenced)
		}
		fenced[f.Shard] = true
	}
	for i, c := range b.Changes {
		if shard := c.Exec.Shard(); shard >= statelark.Shards || !fenced[shard] {
			return fmt.Errorf("execution %s, shard %d: no fence: %w", c.Exec, shard, statelark.ErrFenced)
		}
		if err := w.change(c, b.Changes[:i]); err != nil {
			return fmt.Errorf("execution %s: %w", c.Exec, err)
		}
	}
	for _, op := range b.Meta {
		if err := w.meta(op); err != nil {
			return fmt.Errorf("record %s: %w", op.Key, err)
		}
	}
	return nil
}

// change adds the rows of c; before holds the changes of the batch that came before it.
func (w *write) change(c *statelark.Change, before []*statelark.Change) error {
	if c.OnlyMessages() {
		return w.messages(c)
	}
	h, again, err := w.head(c)
	if err != nil {
		return err
	}
	if err := w.lasting(c, &h); err != nil {
		return err
	}
	w.heads[c.Exec] = h
	if err := w.messages(c); err != nil {
		return err
	}
	if !c.Close {
		return w.running(c) // of a change that closes, these rows would go at once
	}
	if again {
		if err := w.removeAgain(c.Exec, before); err != nil {
			return err
		}
	}
	return w.close(c.Exec)
}

// lasting adds the rows of c that stay until the execution expires, and brings h up to date.
func (w *write) lasting(c *statelark.Change, h *head) error {
	if c.Block != nil {
		if err := w.block(c, h); err != nil {
			return err
		}
	}
	if c.Execution != nil {
		if err := w.record(c, h); err != nil {
			return err
		}
	}
	if c.Block != nil || c.Execution != nil {
		w.key = appendExec(w.key[:0], c.Exec, rowHead)
		w.val = appendHead(w.val[:0], *h)
		if err := w.set(); err != nil {
			return err
		}
	}
	for _, b := range c.Blobs {
		w.key = appendBlob(w.key[:0], c.Exec, b.ID)
		if err := w.batch.Set(w.key, b.Data, nil); err != nil {
			return err
		}
	}
	return nil
}

// block adds a history block.
func (w *write) block(c *statelark.Change, h *head) error {
	if c.First != h.last+1 || c.Last < c.First {
		return fmt.Errorf("events %d to %d after %d: %w", c.First, c.Last, h.last, statelark.ErrConflict)
	}
	h.last = c.Last
	w.key = appendHistory(w.key[:0], c.Exec, c.Last)
	w.val = appendNumbered(w.val[:0], c.Last-c.First, c.Block)
	return w.set()
}

// head returns the head of the execution that c changes, and whether a change of the same batch wrote it.
func (w *write) head(c *statelark.Change) (h head, again bool, err error) {
	if h, again = w.heads[c.Exec]; again && !c.Start {
		return h, again, nil
	}
	if c.Start {
		return head{}, again, w.claim(c)
	}
	w.key = appendExec(w.key[:0], c.Exec, rowHead)
	err = w.store.view(w.key, func(value []byte) (err error) {
		h, err = parseHead(value)
		return err
	})
	if errors.Is(err, statelark.ErrNotFound) {
		err = fmt.Errorf("it is not there: %w", statelark.ErrConflict)
	}
	return h, false, err
}

// claim takes the name of an execution that starts.
func (w *write) claim(c *statelark.Change) error {
	x := c.Execution
	if x == nil {
		return fmt.Errorf("it starts without a record: %w", statelark.ErrConflict)
	}
	n := name{x.Machine, x.Name}
	w.key = appendName(w.key[:0], x.Machine, x.Name)
	taken := false
	if !c.MadeUp {
		var err error
		if taken, err = w.store.has(w.key); err != nil {
			return err
		}
	}
	if _, soon := w.names[n]; taken || soon {
		return fmt.Errorf("%s: %w", x.Name, statelark.ErrExists)
	}
	w.names[n] = struct{}{}
	if err := w.batch.Set(w.key, c.Exec[:], nil); err != nil {
		return err
	}
	w.key = appendList(w.key[:0], x.Machine, 0, c.Exec)
	return w.batch.Set(w.key, nil, nil)
}

// record writes the record of an execution and moves it from list to list as it says.
func (w *write) record(c *statelark.Change, h *head) error {
	x := c.Execution
	w.key = appendExec(w.key[:0], c.Exec, rowRecord)
	w.val = appendRecord(w.val[:0], c.Exec, x)
	if err := w.set(); err != nil {
		return err
	}
	if h.status != x.Status {
		if err := w.relist(c.Exec, x, h.status); err != nil {
			return err
		}
		h.status = x.Status
	}
	stopped, stop := !x.Stop.IsZero(), x.Stop.UnixMilli()
	if h.stopped && (!stopped || stop != h.stop) {
		w.key = appendClosed(w.key[:0], h.stop, c.Exec)
		if err := w.remove(); err != nil {
			return err
		}
	}
	if stopped && (!h.stopped || stop != h.stop) {
		w.key = appendClosed(w.key[:0], stop, c.Exec)
		if err := w.batch.Set(w.key, nil, nil); err != nil {
			return err
		}
	}
	h.stopped, h.stop = stopped, stop
	return nil
}

// relist moves an execution from the list of the status old (0: none) to that of its record.
func (w *write) relist(exec statelark.ExecID, x *statelark.Execution, old statelark.Status) error {
	if old != 0 {
		w.key = appendList(w.key[:0], x.Machine, old, exec)
		if err := w.remove(); err != nil {
			return err
		}
	}
	w.key = appendList(w.key[:0], x.Machine, x.Status, exec)
	return w.batch.Set(w.key, nil, nil)
}

// running writes the rows that only a running execution has.
func (w *write) running(c *statelark.Change) error {
	for _, t := range c.Threads {
		w.key = appendThread(w.key[:0], c.Exec, t.Thread)
		if err := w.put(t.Data); err != nil {
			return err
		}
	}
	for _, op := range c.Work {
		if err := w.work(c.Exec, op); err != nil {
			return err
		}
	}
	for _, op := range c.Timers {
		value := present
		if op.Cancel {
			value = nil
		}
		due := op.Due.UnixMilli()
		w.key = appendTimer(w.key[:0], c.Exec, due, op.Seq)
		if err := w.put(value); err != nil {
			return err
		}
		w.key = appendExecTimer(w.key[:0], c.Exec, due, op.Seq)
		if err := w.put(value); err != nil {
			return err
		}
	}
	return nil
}

// present is the value of a row whose key says it all.
var present = []byte{}

// put adds the row of w.key, or its removal when data is nil.
func (w *write) put(data []byte) error {
	if data == nil {
		return w.remove()
	}
	return w.batch.Set(w.key, data, nil)
}

// work adds a work row and the row that stands for it, or removes both when there is no data.
func (w *write) work(exec statelark.ExecID, op statelark.WorkOp) error {
	w.key = appendQueue(w.key[:0], prefixWork, statelark.MessageKey{To: exec, Seq: op.Seq})
	if err := w.put(op.Data); err != nil {
		return err
	}
	data := op.Data
	if data != nil {
		data = present
	}
	w.key = appendExecWork(w.key[:0], exec, op.Seq)
	return w.put(data)
}

// messages removes what c has dealt with and sends what it sends.
func (w *write) messages(c *statelark.Change) error {
	for _, key := range c.Consumed {
		w.inbox[key] = false
		w.key = appendQueue(w.key[:0], prefixInbox, key)
		if err := w.remove(); err != nil {
			return err
		}
	}
	for _, m := range c.Sends {
		if err := w.send(m); err != nil {
			return err
		}
	}
	return nil
}

// send adds a message unless its key is there.
func (w *write) send(m statelark.Message) error {
	w.key = appendQueue(w.key[:0], prefixInbox, m.MessageKey)
	there, noted := w.inbox[m.MessageKey]
	if !noted {
		var err error
		if there, err = w.store.has(w.key); err != nil {
			return err
		}
	}
	if there {
		return nil
	}
	w.inbox[m.MessageKey] = true
	return w.batch.Set(w.key, m.Data, nil)
}

// close removes the rows that only a running execution has, as they were before the batch.
func (w *write) close(exec statelark.ExecID) error {
	if w.rows == nil {
		var err error
		if w.rows, err = w.store.db.NewIter(nil); err != nil {
			return unavailable(err)
		}
	}
	w.rows.SetBounds(appendExec(nil, exec, rowThread), appendExec(nil, exec, rowsEnd))
	for ok := w.rows.First(); ok; ok = w.rows.Next() {
		if err := w.closeRow(exec, w.rows.Key()); err != nil {
			return err
		}
	}
	if err := w.rows.Error(); err != nil {
		return unavailable(err)
	}
	return nil
}

// closeRow removes a row of a running execution, and that for which it stands.
func (w *write) closeRow(exec statelark.ExecID, key []byte) error {
	if err := w.batch.Delete(key, nil); err != nil {
		return err
	}
	row, rest := key[1+idLen], key[1+idLen+1:]
	switch row {
	case rowTimer:
		w.key = appendTimer(w.key[:0], exec, momentOf(rest), binary.BigEndian.Uint64(rest[8:]))
	case rowWork:
		w.key = appendQueue(w.key[:0], prefixWork, statelark.MessageKey{To: exec, Seq: binary.BigEndian.Uint64(rest)})
	default:
		return nil
	}
	return w.remove()
}

// removeAgain removes the rows that earlier changes of the same batch gave to an execution.
func (w *write) removeAgain(exec statelark.ExecID, before []*statelark.Change) error {
	for _, c := range before {
		if c.Exec != exec || c.Close {
			continue
		}
		undo := statelark.Change{Exec: exec}
		for _, t := range c.Threads {
			undo.Threads = append(undo.Threads, statelark.ThreadRow{Thread: t.Thread})
		}
		for _, op := range c.Work {
			undo.Work = append(undo.Work, statelark.WorkOp{Seq: op.Seq})
		}
		for _, op := range c.Timers {
			undo.Timers = append(undo.Timers, statelark.TimerOp{Seq: op.Seq, Due: op.Due, Cancel: true})
		}
		if err := w.running(&undo); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) meta(op statelark.MetaOp) error {
	w.key = appendMeta(w.key[:0], op.Key)
	revision, ok := w.revisions[op.Key]
	if !ok {
		err := w.store.view(w.key, func(value []byte) (err error) {
			revision, _, err = parseNumbered(value)
			return err
		})
		if err != nil && !errors.Is(err, statelark.ErrNotFound) {
			return err
		}
	}
	if op.Expect != statelark.AnyRevision && op.Expect != revision {
		return fmt.Errorf("revision %d, expected %d: %w", revision, op.Expect, statelark.ErrConflict)
	}
	if op.Value == nil {
		w.revisions[op.Key] = 0
		return w.remove()
	}
	w.revisions[op.Key] = revision + 1
	w.val = appendNumbered(w.val[:0], revision+1, op.Value)
	return w.set()
}
