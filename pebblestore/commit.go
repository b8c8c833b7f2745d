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
// do is kept beside: running executions, names, revisions and messages.
type write struct {
	store *Store
	stuck bool // Pebble panicked: it must not be called again

	batch     *pebble.Batch
	rows      *pebble.Iterator // over the rows as of before the batch; made when first needed
	changed   map[statelark.ExecID]*running
	order     []statelark.ExecID            // of changed
	known     map[statelark.ExecID]*running // of executions that are not closed, as row 'r' has it
	free      []*running                    // to be used again
	names     map[name]statelark.ExecID
	revisions map[string]int64
	inbox     map[statelark.MessageKey]bool // messages put (true) or removed
	key, val  []byte
	scratch   []byte
}

// name is the name of an execution within its state machine.
type name struct{ machine, name string }

func newWrite(s *Store) write {
	return write{
		store:     s,
		changed:   make(map[statelark.ExecID]*running),
		known:     make(map[statelark.ExecID]*running),
		names:     make(map[name]statelark.ExecID),
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
	select {
	case s.dirty <- struct{}{}:
	default:
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
	err := errors.Join(fill(w), w.closeRows())
	if err == nil && spend && !w.batch.Empty() {
		if full := s.space.check(s.disk, w.batch.Len()); full != nil {
			err = unavailable(full)
		}
	}
	if err != nil || w.batch.Empty() {
		w.reset(false)
		return nil, errors.Join(err, w.batch.Close())
	}
	err = w.apply()
	w.reset(err == nil)
	if err != nil {
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

// reset forgets what belongs to one batch alone. What it says of executions is known for the next one, if it was
// applied.
func (w *write) reset(applied bool) {
	for exec, x := range w.changed {
		if applied && !x.closed {
			w.remember(exec, x)
		} else {
			w.free = append(w.free, x)
		}
	}
	clear(w.changed)
	w.order = w.order[:0]
	clear(w.names)
	clear(w.revisions)
	clear(w.inbox)
}

// closeRows ends the look at what was there before the batch.
func (w *write) closeRows() error {
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

// maxKnown is how many executions the next batches need not read.
const maxKnown = 4096

// remember keeps what is known of an execution whose row 'r' says the same now.
func (w *write) remember(exec statelark.ExecID, x *running) {
	for other, y := range w.known {
		if len(w.known) < maxKnown {
			break
		}
		delete(w.known, other)
		w.free = append(w.free, y)
	}
	x.stored = true
	w.known[exec] = x
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
	for _, op := range b.Index {
		if err := w.index(op); err != nil {
			return fmt.Errorf("row %s of the index: %w", op.Key, err)
		}
	}
	return w.settle()
}

// change adds the rows of c; before holds the changes of the batch that came before it.
func (w *write) change(c *statelark.Change, before []*statelark.Change) error {
	if c.OnlyMessages() {
		return w.messages(c)
	}
	x, again, err := w.running(c)
	if err != nil {
		return err
	}
	if err := w.lasting(c, x); err != nil {
		return err
	}
	if err := w.messages(c); err != nil {
		return err
	}
	x.closed = c.Close && c.Execution != nil && !c.Keep
	if !c.Close {
		return w.queues(c, x) // of a change that closes, these rows would go at once
	}
	if c.Keep {
		if err := w.threads(c, x); err != nil {
			return err
		}
	}
	if again && x.more {
		if err := w.removeAgain(c.Exec, before, c.Keep); err != nil {
			return err
		}
	}
	return w.close(c.Exec, x, c.Keep)
}

// running returns what is known of the execution that c changes, and whether a change of the same batch was about
// it, too.
func (w *write) running(c *statelark.Change) (x *running, again bool, err error) {
	x, again = w.changed[c.Exec]
	known := again
	if !again {
		x, known = w.take(c.Exec)
		w.changed[c.Exec] = x
		w.order = append(w.order, c.Exec)
	}
	if c.Start {
		x.forget()
		return x, again, w.claim(c)
	}
	if !known {
		err = w.read(x, c.Exec)
	}
	if errors.Is(err, statelark.ErrNotFound) {
		err = fmt.Errorf("it is not there: %w", statelark.ErrConflict)
	}
	return x, again, err
}

// take returns what is known of an execution, or memory for it.
func (w *write) take(exec statelark.ExecID) (x *running, known bool) {
	if x, known = w.known[exec]; known {
		delete(w.known, exec) // the batch may not be applied
		return x, true
	}
	if n := len(w.free); n > 0 {
		x, w.free = w.free[n-1], w.free[:n-1]
		return x, false
	}
	return new(running), false
}

// isHeader reports whether t is thread row 0, which stands in row 'r'.
func isHeader(t statelark.ThreadRow) bool { return t.Thread == 0 }

// read reads what is known of an execution as of before the batch.
func (w *write) read(x *running, exec statelark.ExecID) error {
	w.key = appendExec(w.key[:0], exec, rowRunning)
	err := w.store.view(w.key, func(value []byte) error {
		if err := x.parse(value, exec); err != nil {
			return err
		}
		x.stored = true
		return nil
	})
	if !errors.Is(err, statelark.ErrNotFound) {
		return err
	}
	w.key = appendExec(w.key[:0], exec, rowRecord)
	return w.store.view(w.key, func(value []byte) error { return x.parseClosed(value, exec) })
}

// settle writes row 'r' of the executions that were changed, or removes it from those that were closed.
func (w *write) settle() error {
	for _, exec := range w.order {
		x := w.changed[exec]
		w.key = appendExec(w.key[:0], exec, rowRunning)
		var err error
		switch {
		case !x.closed:
			w.val = appendRunning(w.val[:0], exec, x)
			err = w.set()
		case x.stored:
			err = w.remove()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lasting adds the rows of c that stay until the execution expires, and brings x up to date.
func (w *write) lasting(c *statelark.Change, x *running) error {
	if c.Block != nil {
		if err := w.block(c, x); err != nil {
			return err
		}
	}
	if c.Execution != nil {
		if err := w.record(c, x); err != nil {
			return err
		}
	}
	for _, b := range c.Blobs {
		w.key = appendBlob(w.key[:0], c.Exec, b.ID)
		if err := w.setPacked(b.Data); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) block(c *statelark.Change, x *running) error {
	if c.First != x.last+1 || c.Last < c.First {
		return fmt.Errorf("events %d to %d after %d: %w", c.First, c.Last, x.last, statelark.ErrConflict)
	}
	x.last = c.Last
	w.key = appendHistory(w.key[:0], c.Exec, c.Last)
	w.val = binary.AppendUvarint(w.val[:0], uint64(c.Last-c.First))
	w.val, w.scratch = appendPacked(w.val, c.Block, w.scratch)
	return w.set()
}

// claim takes the name of an execution that starts.
func (w *write) claim(c *statelark.Change) error {
	x := c.Execution
	if x == nil {
		return fmt.Errorf("it starts without a record: %w", statelark.ErrConflict)
	}
	n := name{x.Machine, x.Name}
	holder, taken := w.names[n]
	w.key = appendName(w.key[:0], x.Machine, x.Name)
	if !taken && !c.Free {
		var err error
		if holder, taken, err = w.store.holder(w.key); err != nil {
			return err
		}
	}
	if taken {
		return &statelark.TakenError{Exec: c.Exec, Name: x.Name, Holder: holder}
	}
	w.names[n] = c.Exec
	return w.batch.Set(w.key, c.Exec[:], nil)
}

// record writes the record of an execution and moves it from list to list as it says.
func (w *write) record(c *statelark.Change, x *running) error {
	r := c.Execution
	w.key = appendExec(w.key[:0], c.Exec, rowRecord)
	w.val = appendRecord(binary.AppendUvarint(w.val[:0], uint64(x.last)), c.Exec, r)
	if err := w.set(); err != nil {
		return err
	}
	if x.status != r.Status {
		if err := w.relist(c.Exec, r, x.status); err != nil {
			return err
		}
		x.status = r.Status
	}
	stopped, stop := !r.Stop.IsZero(), r.Stop.UnixMilli()
	if x.stopped && (!stopped || stop != x.stop) {
		w.key = appendClosed(w.key[:0], x.stop, c.Exec)
		if err := w.remove(); err != nil {
			return err
		}
	}
	if stopped && (!x.stopped || stop != x.stop) {
		w.key = appendClosed(w.key[:0], stop, c.Exec)
		if err := w.setPresent(); err != nil {
			return err
		}
	}
	x.stopped, x.stop = stopped, stop
	return nil
}

// relist moves an execution from its lists of the status old (0: none) to those of its record.
func (w *write) relist(exec statelark.ExecID, r *statelark.Execution, old statelark.Status) error {
	for of := range r.Lists() {
		if old != 0 {
			w.key = appendList(w.key[:0], of, old, exec)
			if err := w.remove(); err != nil {
				return err
			}
		}
		w.key = appendList(w.key[:0], of, r.Status, exec)
		if err := w.setPresent(); err != nil {
			return err
		}
	}
	return nil
}

// queues writes the rows that only a running execution has.
func (w *write) queues(c *statelark.Change, x *running) error {
	if err := w.threads(c, x); err != nil {
		return err
	}
	for _, op := range c.Work {
		if err := w.work(c.Exec, x, op); err != nil {
			return err
		}
	}
	for _, op := range c.Timers {
		if err := w.timer(c.Exec, x, op); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) threads(c *statelark.Change, x *running) error {
	for _, t := range c.Threads {
		if err := w.thread(c.Exec, x, t); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) thread(exec statelark.ExecID, x *running, t statelark.ThreadRow) error {
	if isHeader(t) {
		x.header = nil
		if t.Data != nil {
			var header []byte
			header, w.scratch = appendPacked(x.memory[:0], t.Data, w.scratch)
			x.setHeader(header)
		}
		return nil
	}
	n := note{kind: rowThread, seq: uint64(t.Thread)}
	w.key = appendThread(w.key[:0], exec, t.Thread)
	if t.Data != nil {
		x.add(n)
		return w.setPacked(t.Data)
	}
	if known := x.drop(n); known || x.more {
		return w.remove()
	}
	return nil
}

// work adds a work row, or removes it when there is no data.
func (w *write) work(exec statelark.ExecID, x *running, op statelark.WorkOp) error {
	n := note{kind: rowWork, seq: op.Seq}
	if op.Data == nil {
		return w.removeNoted(exec, x, n)
	}
	w.key = appendQueued(w.key[:0], exec, n)
	if err := w.setPacked(op.Data); err != nil {
		return err
	}
	return w.note(exec, x, n)
}

func (w *write) timer(exec statelark.ExecID, x *running, op statelark.TimerOp) error {
	n := note{kind: rowTimer, due: op.Due.UnixMilli(), seq: op.Seq}
	if op.Cancel {
		return w.removeNoted(exec, x, n)
	}
	w.key = appendQueued(w.key[:0], exec, n)
	if err := w.setPresent(); err != nil {
		return err
	}
	return w.note(exec, x, n)
}

// appendQueued appends the key of a timer or of a work row in the queue of its shard.
func appendQueued(dst []byte, exec statelark.ExecID, n note) []byte {
	if n.kind == rowTimer {
		return appendTimer(dst, exec, n.due, n.seq)
	}
	return appendQueue(dst, prefixWork, statelark.MessageKey{To: exec, Seq: n.seq})
}

// appendMark appends the key of the row that stands for a timer or a work row under its execution.
func appendMark(dst []byte, exec statelark.ExecID, n note) []byte {
	if n.kind == rowTimer {
		return appendExecTimer(dst, exec, n.due, n.seq)
	}
	return appendExecWork(dst, exec, n.seq)
}

// note makes a close know of a timer or a work row.
func (w *write) note(exec statelark.ExecID, x *running, n note) error {
	if fresh := x.add(n); !fresh {
		return nil
	}
	w.key = appendMark(w.key[:0], exec, n)
	return w.setPresent()
}

// removeNoted removes a timer or a work row, if it can be there.
func (w *write) removeNoted(exec statelark.ExecID, x *running, n note) error {
	if known := x.drop(n); !known && !x.more {
		return nil
	}
	w.key = appendQueued(w.key[:0], exec, n)
	if err := w.remove(); err != nil || !x.more {
		return err
	}
	w.key = appendMark(w.key[:0], exec, n)
	return w.remove()
}

// setPresent adds a row whose key says it all.
func (w *write) setPresent() error { return w.batch.Set(w.key, nil, nil) }

// setPacked adds a row with data.
func (w *write) setPacked(data []byte) error {
	w.val, w.scratch = appendPacked(w.val[:0], data, w.scratch)
	return w.set()
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
	return w.setPacked(m.Data)
}

// close removes the rows that only a running execution has; keep: but for its thread rows.
func (w *write) close(exec statelark.ExecID, x *running, keep bool) error {
	kept := x.noted[:0]
	for _, n := range x.noted {
		switch {
		case keep && n.kind == rowThread:
			kept = append(kept, n)
			continue
		case n.kind == rowThread:
			w.key = appendThread(w.key[:0], exec, uint32(n.seq))
		default:
			w.key = appendQueued(w.key[:0], exec, n)
		}
		if err := w.remove(); err != nil {
			return err
		}
	}
	more := x.more
	x.noted = kept
	if !keep {
		x.more, x.header = false, nil
	}
	if !more {
		return nil
	}
	return w.closeMore(exec, keep)
}

// closeMore removes the rows that are not noted, as they were before the batch.
func (w *write) closeMore(exec statelark.ExecID, keep bool) error {
	if w.rows == nil {
		var err error
		if w.rows, err = w.store.db.NewIter(nil); err != nil {
			return unavailable(err)
		}
	}
	first := byte(rowThread)
	if keep {
		first++
	}
	w.rows.SetBounds(appendExec(nil, exec, first), appendExec(nil, exec, rowsEnd))
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
	var n note
	switch row {
	case rowTimer:
		n = note{kind: row, due: momentOf(rest), seq: binary.BigEndian.Uint64(rest[8:])}
	case rowWork:
		n = note{kind: row, seq: binary.BigEndian.Uint64(rest)}
	default:
		return nil
	}
	w.key = appendQueued(w.key[:0], exec, n)
	return w.remove()
}

// removeAgain removes the rows that earlier changes of the same batch gave to an execution; keep: but for thread rows.
func (w *write) removeAgain(exec statelark.ExecID, before []*statelark.Change, keep bool) error {
	all := &running{more: true} // nothing is noted, anything may be there
	for _, c := range before {
		if c.Exec != exec || c.Close && !c.Keep {
			continue
		}
		undo := statelark.Change{Exec: exec}
		for _, t := range c.Threads {
			if keep {
				break
			}
			undo.Threads = append(undo.Threads, statelark.ThreadRow{Thread: t.Thread})
		}
		for _, op := range c.Work {
			undo.Work = append(undo.Work, statelark.WorkOp{Seq: op.Seq})
		}
		for _, op := range c.Timers {
			undo.Timers = append(undo.Timers, statelark.TimerOp{Seq: op.Seq, Due: op.Due, Cancel: true})
		}
		if err := w.queues(&undo, all); err != nil {
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
