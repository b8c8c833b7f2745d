package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// # Redrive of a Map Run
//
// A redriven execution whose state waits for a Map Run writes so into the run's inbox. The run, which has ended, takes it up:
// it goes back to RUNNING with its ARN and its counts, and what had not succeeded waits to go again (PENDING_REDRIVE).
//
// What goes again is found in the segments of children that ended otherwise than well. They are walked, a segment at a
// time: a segment is marked, and becomes a chunk whose children are those of the segment, in the same change. So 100,000
// children that failed are as many changes as they were when they failed, and a crash finds each of them either in a segment
// that is not marked or in a chunk. Chunks that had been read and not begun are there as they were, and the data set is read
// on from where its reader stood.
//
// A STANDARD child is redriven by a message, as it was begun by one; an EXPRESS child begins anew with its old input.
//
// An attempt of a child is told from others by the number of the run's redrive in which it began: the wait that a child has
// of its run, and every message between them, holds it. A message that comes late means nothing to a later attempt.

// The Seq of messages that begin a redrive, and of those that stop, is this and the wait of the execution, or the redrive of
// the child: they are in the order in which they were sent, and no message of others has their keys.
const (
	redriveBits = 2 << 62
	stopBits    = 3 << 62
)

// Bounds of what goes again, of a run.
const (
	maxRedoChunks   = maxChunks
	maxRedoChildren = 32_000
)

// indexBits is how many bits of a wait are the index of a child; those above are the redrive of the run.
const indexBits = 40

// attempt is the wait of a child that begins, or goes again, now.
func (r *mapRun) attempt(index int64) uint64 {
	return uint64(r.state.redrives)<<indexBits | uint64(index)
}

func splitAttempt(seq uint64) (redrive, index int64) {
	return int64(seq >> indexBits), int64(seq & (1<<indexBits - 1))
}

// attemptOf is the redrive of its run in which a child last began, or was asked to.
func attemptOf(child *statelark.Execution) uint64 {
	w, _ := waitOf(child)
	return w.seq >> indexBits
}

// walk is where a run stands in its segments.
type walk struct {
	row  uint32 // the next row of segments to be looked at
	rows uint32 // how many there were when the redrive began; those from here on are of the redrive
}

// redo is what a run has in memory of a redrive.
type redo struct {
	chunks []*chunk
	places map[int64]place // of the STANDARD children that run, by index
	// running are the children of chunks that have begun and not ended, items those of them.
	running, items int64

	walked []segment             // of the row at walk.row; nil: it is to be read
	rows   []statelark.ThreadRow // of segments that were marked, for the next change
	held   []*statelark.Message  // for when the run has ended
}

// place is where a child is.
type place struct {
	c *chunk
	i int
}

// note counts n children at i that go again.
func (d *redo) note(c *chunk, i int, n int64) {
	if c.blob == 0 {
		return
	}
	d.running += n
	d.items += n * c.itemsOf(i)
	switch {
	case c.again == nil: // it is read later
	case n < 0:
		delete(d.places, c.index(i))
	default:
		d.put(c, i)
	}
}

func (d *redo) put(c *chunk, i int) {
	if d.places == nil {
		d.places = make(map[int64]place)
	}
	d.places[c.index(i)] = place{c, i}
}

// underWay are the chunks of a run: those that go again, and then those of children that are new.
func (r *mapRun) underWay() iter.Seq[*chunk] {
	return func(yield func(*chunk) bool) {
		for _, list := range [][]*chunk{r.redo.chunks, r.chunks} {
			for _, c := range list {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// drop takes a chunk out that has ended.
func (r *mapRun) drop(c *chunk) {
	list := &r.chunks
	if c.blob != 0 {
		list = &r.redo.chunks
	}
	i := slices.Index(*list, c)
	*list = slices.Delete(*list, i, i+1)
}

// index is that of a child among all of the run's.
func (c *chunk) index(i int) int64 {
	if c.blob != 0 {
		return c.again[i].index
	}
	return c.first + int64(i)
}

// began is the time in the id of a STANDARD child.
func (c *chunk) began(i int) time.Time {
	if c.blob != 0 {
		return c.again[i].at
	}
	return c.at
}

// place returns where a STANDARD child is, nil when it has ended.
func (r *mapRun) place(index int64) (*chunk, int) {
	if p, ok := r.redo.places[index]; ok {
		return p.c, p.i
	}
	c := r.chunkOf(index)
	if c == nil {
		return nil, 0
	}
	return c, int(index - c.first)
}

// goesAgain reports whether something is still to go again, or does.
func (r *mapRun) goesAgain() bool {
	return len(r.redo.chunks) > 0 || r.state.walk.row < r.state.walk.rows
}

// openEnded takes a run up that has ended when the message redrives it; else it is nil.
func (e *Engine) openEnded(ctx context.Context, record *statelark.Execution, m *statelark.Message) (*mapRun, error) {
	switch {
	case m == nil:
		return nil, nil
	case m.Data[0] == messageStopRun && m.Seq&^stopBits > record.ParentWait:
		return nil, errTooEarly
	case m.Data[0] != messageRedriveRun || m.Seq&^redriveBits <= record.ParentWait:
		return nil, nil
	}
	r, err := e.readRun(ctx, record)
	if err != nil {
		return nil, err
	}
	if e.opts.Limits.MapRunRedrives.Reached(r.state.redrives) {
		e.hit("map-run-redrives", r.arn)
		e.refuseRedrive(m, fmt.Sprintf("The Map Run has been redriven %d times, which is the limit.", r.state.redrives))
		return nil, nil
	}
	r.redrive(m.Seq&^redriveBits, e.now())
	return r, nil
}

// errTooEarly: what a message follows on is not dealt with yet. It is read again.
var errTooEarly = errors.New("too early")

// refuseRedrive fails the state whose Map Run cannot be redriven.
func (e *Engine) refuseRedrive(m *statelark.Message, cause string) {
	if len(m.Data) != 1+len(statelark.ExecID{}) {
		return
	}
	waits := &statelark.Execution{Parent: statelark.ExecID(m.Data[1:]), ParentWait: m.Seq &^ redriveBits}
	f := failure("States.Runtime", cause)
	f.Fatal = true
	ch := &statelark.Change{
		Exec: m.To, Consumed: []statelark.MessageKey{m.MessageKey}, Sends: []statelark.Message{runEndedMessage(waits, "", f)},
	}
	e.committer.submit(commit{change: ch, generation: e.generation.Load(), tell: func(err error) { e.hintSends(ch, err) }})
}

// hold keeps a message for when the run has ended: it is about a redrive that is to come.
func (r *mapRun) hold(m *statelark.Message) bool {
	var seq uint64
	switch m.Data[0] {
	case messageRedriveRun:
		seq = m.Seq &^ redriveBits
	case messageStopRun:
		seq = m.Seq &^ stopBits
	}
	if seq <= r.record.ParentWait {
		return false
	}
	if !slices.ContainsFunc(r.redo.held, func(other *statelark.Message) bool { return other.Seq == m.Seq }) {
		r.redo.held = append(r.redo.held, m)
	}
	return true
}

// redrive makes a run that has ended one that runs.
func (r *mapRun) redrive(seq uint64, now time.Time) {
	record := *r.record
	record.Status, record.Stop, record.ParentWait = statelark.Running, time.Time{}, seq
	r.record = &record
	s := r.state
	s.redrives++
	s.redriven = now
	s.phase, s.failure, s.aborted = mapping, nil, false
	s.again.take(&s.children)
	s.againItems.take(&s.items)
	s.fixed, s.fixedItems = 0, 0
	s.walk = walk{rows: s.indexes}
	r.redriven, r.dirty = true, true
}

// take moves those that did not end well from another.
func (t *endings) take(from *endings) {
	for status := range from {
		if statelark.Status(status) != statelark.Succeeded {
			t[status] += from[status]
			from[status] = 0
		}
	}
}

// stayAsTheyWere counts the children that have not gone again as what they were: the run ends.
func (s *runState) stayAsTheyWere() {
	s.children.take(&s.again)
	s.items.take(&s.againItems)
}

// wentAgain notes that a child has ended once more.
func (r *mapRun) wentAgain(c *chunk, i int) {
	if c.blob == 0 {
		return
	}
	status := c.again[i].status
	r.state.again[status]--
	r.state.againItems[status] -= c.itemsOf(i)
	r.redo.note(c, i, -1)
}

// readUnsuccessful has children read that are to go again. It reports whether a job does that, or enough wait: nothing else
// is to be read then.
func (s *mapRuns) readUnsuccessful(r *mapRun) bool {
	waits, all := 0, 0
	for _, c := range r.redo.chunks {
		if c.inputs == nil && c.begun < c.count {
			s.readSegmentOf(r, c)
			return true
		}
		waits += c.count - c.begun
		all += c.left
	}
	switch {
	case r.state.walk.row >= r.state.walk.rows:
		return false
	case waits >= chunkLength/2, r.waiting >= chunkBytes, waits > 0 && s.reading >= maxReadBytes:
		return true
	case len(r.redo.chunks) >= maxRedoChunks, all >= maxRedoChildren:
		return false
	case r.redo.walked == nil:
		s.readWalked(r)
		return true
	}
	for i := range r.redo.walked {
		if x := &r.redo.walked[i]; !x.well && !x.again {
			s.goAgain(r, x)
			return true
		}
	}
	r.state.walk.row++
	r.redo.walked, r.dirty = nil, true
	s.due(r)
	return true
}

// readWalked reads the row of segments that is to be walked.
func (s *mapRuns) readWalked(r *mapRun) {
	number := r.state.walk.row
	readOf(s, r, func() ([]segment, error) {
		rows, err := r.indexRows(s.ctx, s.e.store)
		if err != nil || int(number) >= len(rows) {
			return nil, err
		}
		return rows[number], nil
	}, func(list []segment) {
		r.redo.walked = append([]segment{}, list...)
	})
}

// goAgain makes a chunk of a segment.
func (s *mapRuns) goAgain(r *mapRun, x *segment) {
	blob := x.blob
	readOf(s, r, func() ([]endedChild, error) { return readSegment(s.ctx, s.e.store, r.id, blob) }, func(list []endedChild) {
		x.again = true
		r.noteWalked()
		r.state.lastChunk++
		n := len(list)
		c := &chunk{number: r.state.lastChunk, count: n, done: newBitmap(n), left: n, dirty: true, blob: blob}
		if r.state.batched {
			for i := range list {
				c.items = append(c.items, list[i].items)
			}
		}
		r.redo.chunks = append(r.redo.chunks, c)
		s.fillAgain(r, c, list)
		r.dirty = true
	})
}

// noteWalked has the row that is walked stored.
func (r *mapRun) noteWalked() {
	changed := statelark.ThreadRow{Thread: segmentRow | r.state.walk.row, Data: appendIndex(nil, r.redo.walked)}
	if n := len(r.redo.rows); n > 0 && r.redo.rows[n-1].Thread == changed.Thread {
		r.redo.rows = r.redo.rows[:n-1]
	}
	r.redo.rows = append(r.redo.rows, changed)
}

// readSegmentOf reads the children of a chunk that was made before.
func (s *mapRuns) readSegmentOf(r *mapRun, c *chunk) {
	readOf(s, r, func() ([]endedChild, error) { return readSegment(s.ctx, s.e.store, r.id, c.blob) }, func(list []endedChild) {
		s.fillAgain(r, c, list)
	})
}

// readOf has a job read something of a run while it maps, and then does something with it.
func readOf[T any](s *mapRuns, r *mapRun, read func() (T, error), then func(T)) {
	r.isReading = true
	s.job(func() func() {
		v, err := read()
		if err != nil {
			pause(s.ctx, time.Second)
		}
		return func() {
			r.isReading = false
			if r.gone.Load() {
				return
			}
			s.due(r)
			switch {
			case err != nil && s.ctx.Err() == nil:
				s.e.log.Warn("children of a Map Run could not be read; it is tried again", "run", r.arn, "error", err)
			case err == nil && r.state.phase == mapping:
				then(v)
			}
		}
	})
}

// fillAgain gives a chunk the children of its segment.
func (s *mapRuns) fillAgain(r *mapRun, c *chunk, list []endedChild) {
	c.fill(list, r.state.express)
	for i := range c.begun {
		c.inputs[i] = value.Value{}
	}
	s.noteWaiting(r, sizes(c.inputs))
}

func (c *chunk) fill(list []endedChild, express bool) {
	c.inputs, c.again = make([]value.Value, len(list)), make([]endedChild, len(list))
	for i := range list {
		x := &list[i]
		if express {
			c.inputs[i] = value.Checked(x.input)
		}
		c.again[i] = endedChild{index: x.index, items: x.items, status: x.status, at: x.at}
	}
	if express {
		c.express = make([]*expressStart, len(list))
	}
}

// readRedo reads the STANDARD children that go again: they may end at any time.
func (e *Engine) readRedo(ctx context.Context, r *mapRun) error {
	if r.state.express {
		return nil
	}
	for _, c := range r.redo.chunks {
		list, err := readSegment(ctx, e.store, r.id, c.blob)
		if err != nil {
			return fmt.Errorf("reading Map Run %s: %w", r.arn, err)
		}
		c.fill(list, false)
		for i := range c.begun {
			if !c.done.has(i) {
				r.redo.put(c, i)
			}
		}
	}
	return nil
}

// readSegment reads those children of a segment that have not gone again.
func (r *mapRun) readSegment(ctx context.Context, store statelark.Store, x segment) ([]endedChild, error) {
	if x.again && r.chunkWith(x.blob) == nil {
		return nil, nil
	}
	list, err := readSegment(ctx, store, r.id, x.blob)
	if err != nil || !x.again {
		return list, err
	}
	left := list[:0]
	for i := range list {
		if !r.hasGone(x, i) {
			left = append(left, list[i])
		}
	}
	return left, nil
}

func (r *mapRun) chunkWith(blob uint32) *chunk {
	for _, c := range r.redo.chunks {
		if c.blob == blob {
			return c
		}
	}
	return nil
}

// hasGone reports whether a child of a segment has gone again, and ended.
func (r *mapRun) hasGone(x segment, i int) bool {
	if !x.again {
		return false
	}
	c := r.chunkWith(x.blob)
	return c == nil || c.done.has(i)
}

// childMessage begins a STANDARD child, or has it go again.
func (r *mapRun) childMessage(c *chunk, i int) statelark.Message {
	if c.blob == 0 {
		return beginChildMessage(r, c, i)
	}
	return statelark.Message{
		MessageKey: statelark.MessageKey{To: r.childID(c, i), Seq: redriveBits | uint64(r.state.redrives)},
		Data:       []byte{messageRedriveChild},
	}
}

// childMessage is what a Map Run tells a child that was begun before: to go on or to stop.
type childMessage struct {
	attempt uint64 // the redrive of the run
	redrive bool
}

// handleChild does what the Map Run of an execution says. l is nil when it does not run. It reports whether this goroutine
// still is the owner.
func (o *owner) handleChild(l *live, m message) bool {
	var record *statelark.Execution
	if l != nil {
		record = l.record
	} else {
		var err error
		record, err = o.e.store.Execution(context.Background(), m.exec)
		if err != nil && !errors.Is(err, statelark.ErrNotFound) {
			o.unread(m, err)
			return true
		}
	}
	runs := l != nil && l.x != nil
	switch {
	case record == nil || attemptOf(record) > m.child.attempt, m.child.redrive && attemptOf(record) == m.child.attempt:
		o.refuse(m) // it was done, or came too late
	case m.child.redrive && l != nil && (runs || l.pending.Load() > 0):
		o.submit(&statelark.Change{Exec: m.exec}, l, func(err error) {
			if err == nil && !runs {
				o.offer(m) // its end has landed; else the message is read again
			}
		})
	case m.child.redrive:
		return o.redriveChild(record, m)
	case attemptOf(record) < m.child.attempt: // it is to go again first; the message is read again
	case runs:
		m.child = nil
		return o.step(l, m)
	default:
		o.refuse(m)
	}
	return true
}

// redriveChild takes a child of a Map Run up that has ended, or tells the run that it cannot be. It reports whether this
// goroutine still is the owner.
func (o *owner) redriveChild(stored *statelark.Execution, m message) bool {
	e := o.e
	record, now := *stored, e.now()
	_, index := splitAttempt(stored.ParentWait >> 2)
	record.ParentWait = (&parentWait{seq: m.child.attempt<<indexBits | uint64(index), tells: tellsRun}).stored()
	p, err := e.programOf(&record)
	if err != nil {
		o.unread(m, err)
		return true
	}
	p.enter() // before the look whether the state machine is being deleted; see admit
	if status, _ := redrivability(stored, p.deleting(), now, e.opts.Limits); status == statelark.NotRedrivable {
		e.leave(p)
		o.stayEnded(&record, m)
		return true
	}
	record.Status, record.Stop = statelark.Running, time.Time{}
	record.Redrives++
	record.Redriven = now
	l, err := e.readMemory(&record, p)
	if err != nil {
		e.leave(p)
		o.unread(m, err)
		return true
	}
	l.moreDue = 0 // its timers went with its end
	o.keep(l)
	dealt := m.reply
	m.redriven, m.event = true, interp.Event{Kind: interp.Redriven} // and child stays: a step that is given up is made again
	m.reply = func(err error) {
		e.leave(p)
		dealt(err)
	}
	return o.step(l, m)
}

// stayEnded tells the Map Run of a child that it cannot be redriven.
func (o *owner) stayEnded(record *statelark.Execution, m message) {
	kept := *record
	kept.Kept = false
	w, _ := waitOf(record)
	ch := &statelark.Change{
		Exec: m.exec, Execution: record, Consumed: []statelark.MessageKey{*m.from},
		Sends: []statelark.Message{childEndedMessage(w, &kept, &interp.End{})},
	}
	o.submit(ch, nil, func(err error) {
		o.e.hintSends(ch, err)
		m.answer(err)
	})
}

// pendsRedrive reports whether a child of a row of segments, with that status, waits to go again.
func (r *mapRun) pendsRedrive(row int, status statelark.Status) bool {
	return r.record.Status == statelark.Running && row < int(r.state.walk.rows) && status != statelark.Succeeded
}

// shownChild is a STANDARD child as lists show it.
func (r *mapRun) shownChild(x *statelark.Execution) *statelark.Execution {
	if r.record.Status != statelark.Running || x.Status == statelark.Running || x.Status == statelark.Succeeded ||
		attemptOf(x) >= uint64(r.state.redrives) {
		return x
	}
	shown := *x
	shown.Status = statelark.PendingRedrive
	return &shown
}

// goAgainNow returns the indexes of the EXPRESS children that run once more: the store has them as they were before.
func (e *Engine) goAgainNow(ctx context.Context, r *mapRun) (map[int64]bool, error) {
	if r.record.Status != statelark.Running || r.state.redrives == 0 {
		return nil, nil
	}
	return askRun(ctx, e, r.id, func(r *mapRun, answer func(map[int64]bool, error)) {
		running := make(map[int64]bool)
		if r != nil {
			for _, c := range r.redo.chunks {
				for i, x := range c.express {
					if x != nil {
						running[c.index(i)] = true
					}
				}
			}
		}
		answer(running, nil)
	})
}

// showPending gives a STANDARD child the status that shownChild has.
func (e *Engine) showPending(ctx context.Context, x *statelark.Execution) error {
	if x.MapRun == "" || x.Express || x.Status == statelark.Running || x.Status == statelark.Succeeded {
		return nil
	}
	r, err := e.runOf(ctx, x.MapRun)
	if statelark.ErrorCode(err) == statelark.CodeResourceNotFound { // it has expired
		return nil
	}
	if err == nil {
		*x = *r.shownChild(x)
	}
	return err
}
