package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/value"
)

// mapRun is a Map Run in memory. The goroutine of mapRuns has it, but for what says otherwise.
//
// Invariants: a child that ended is in done of its chunk and, until the change that stores it, in finished. running is how
// many children of chunks have begun and not ended, runningItems of how many items those are.
type mapRun struct {
	id         statelark.ExecID
	arn        string
	name       string // the last part of the ARN
	record     *statelark.Execution
	state      *runState
	program    *program // of the children
	generation uint64
	fate
	gone atomic.Bool // it is not in memory any more, or is not to be: jobs may look

	reader  *runReader // of the data set; a job has it while reading is set
	chunks  []*chunk   // in order
	redo    redo       // what goes again
	index   []segment  // of the last row of segments
	taken   map[uint64]struct{}
	running int64
	// runningItems are the items of those that run, waiting the inputs of those that do not yet, in bytes.
	runningItems, waiting int64

	isReading, isCollecting bool
	due, starved            bool
	admitted, held          bool // it works; it waits until others have ended

	// For the next change:
	isNew    bool // it begins the run
	redriven bool // it begins a redrive
	dirty    bool // row 0 changed
	indexed  bool // so did the last row of segments
	added    []statelark.Blob
	removed  []uint32 // rows of chunks
	finished []endedChild
	bytes    int // of finished
	flushNow bool
	sends    []statelark.Message
	consumed []statelark.MessageKey
}

// chunk is a part of the data set whose children are under way.
type chunk struct {
	number    uint32 // of its row
	first     int64  // index of its first child
	firstItem int64
	cursor    []byte    // where its first item is read
	at        time.Time // in the ids of its children
	count     int       // of children
	items     []uint32  // of each child; nil: one each
	begun     int       // children that have begun are the first ones
	done      bitmap
	left      int // of count, not done

	inputs  []value.Value // of those that have not begun; nil: they are to be read
	stopped int           // those up to here have been told to stop
	stored  bool          // its row is, or is about to be
	dirty   bool
	express []*expressStart // of the EXPRESS children that run

	// Of children that go again: the blob of the segment that they are, and what that says of them, without payloads.
	blob  uint32 // 0: they are new
	again []endedChild
}

func (c *chunk) itemsOf(i int) int64 {
	if c.items == nil {
		return 1
	}
	return int64(c.items[i])
}

func (r *mapRun) childName(c *chunk, i int) string { return childName(r.name, c.index(i)) }

func (r *mapRun) childID(c *chunk, i int) statelark.ExecID {
	return namedID(c.began(i), r.program.record.ARN, r.childName(c, i))
}

// openRun reads a run from the store or, when the message begins it, makes it. It is nil when there is none under way.
func (e *Engine) openRun(m runMessage) (*mapRun, error) {
	ctx := context.Background()
	record, err := e.store.Execution(ctx, m.id)
	switch {
	case err == nil && record.Status != statelark.Running:
		return e.openEnded(ctx, record, m.row)
	case err == nil:
		return e.readRun(ctx, record)
	case !errors.Is(err, statelark.ErrNotFound):
		return nil, fmt.Errorf("reading Map Run %s: %w", m.id, err)
	case m.row != nil && m.row.Data[0] == messageRedriveRun:
		e.refuseRedrive(m.row, "The Map Run does not exist any more.")
		return nil, nil
	case m.row == nil || m.row.Data[0] != messageBeginRun:
		return nil, nil
	}
	return e.newRun(ctx, m.row)
}

// newRun makes the run that a message begins.
func (e *Engine) newRun(ctx context.Context, m *statelark.Message) (*mapRun, error) {
	b, err := parseRunBeginning(m.Data[1:])
	if err != nil {
		return nil, fmt.Errorf("reading the beginning of a Map Run: %w", err)
	}
	parent, err := e.store.Execution(ctx, b.parent)
	if errors.Is(err, statelark.ErrNotFound) { // it has ended long ago
		parent, err = b.origin.record(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the execution of Map Run %s: %w", b.arn, err)
	}
	machine, name, _ := arn.SplitMapRun(b.arn)
	r := &mapRun{
		id: m.To, arn: b.arn, name: name, isNew: true, dirty: true, taken: make(map[uint64]struct{}),
		record: &statelark.Execution{
			ID: m.To, Machine: machine, Name: name, Revision: b.origin.revision, Status: statelark.Running,
			Start: later(e.now(), m.To.Start()), Parent: b.parent, ParentWait: b.seq, TestCase: parent.TestCase,
		},
		state: &runState{origin: b.origin},
	}
	spec, err := e.loadSpec(ctx, r, []byte(b.spec))
	if err != nil {
		return nil, err
	}
	r.state.spec = r.addBlob([]byte(b.spec))
	r.state.express = spec.State.Map.ExecutionType == string(statelark.Express)
	r.state.batched = spec.Batcher.Exists()
	if exports(spec.Writer) {
		r.state.export = exportFiles
	}
	r.state.concurrency, r.state.tolerated, r.state.percentage = spec.Concurrency, spec.Tolerated, spec.Percentage
	if r.state.bound = maxItems(spec, e.opts.Limits); !spec.Reader.Exists() {
		r.state.bound, r.state.known = min(r.state.bound, int64(spec.Len())), true
	}
	return r, e.equip(ctx, r, spec)
}

// later is the later one of two times. The clock may be set back, and nothing of a run is earlier than its beginning, by
// which the run of a child is found.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// readRun reads a run that is under way.
func (e *Engine) readRun(ctx context.Context, record *statelark.Execution) (*mapRun, error) {
	r := &mapRun{
		id: record.ID, arn: record.Machine + ":" + record.Name, name: record.Name, record: record,
		taken: make(map[uint64]struct{}),
	}
	if err := r.readRows(ctx, e.store); err != nil {
		return nil, fmt.Errorf("reading Map Run %s: %w", r.arn, err)
	}
	data, err := e.store.Blob(ctx, r.id, r.state.spec)
	if err != nil {
		return nil, fmt.Errorf("reading Map Run %s: %w", r.arn, err)
	}
	spec, err := e.loadSpec(ctx, r, data)
	if err != nil {
		return nil, err
	}
	return r, e.equip(ctx, r, spec)
}

// readRows reads what the thread rows of a run say.
func (r *mapRun) readRows(ctx context.Context, store statelark.Store) error {
	rows, err := store.Threads(ctx, r.id)
	if err != nil {
		return err
	}
	for _, stored := range rows {
		switch {
		case stored.Thread == 0:
			r.state, err = parseRunState(stored.Data)
		case stored.Thread >= segmentRow:
			r.index, err = parseIndex(stored.Data) // the last one is left
		default:
			var c *chunk
			c, err = parseChunk(stored.Thread, stored.Data)
			if err == nil && c.blob != 0 {
				r.redo.chunks = append(r.redo.chunks, c)
			} else {
				r.chunks = append(r.chunks, c)
			}
		}
		if err != nil {
			return err
		}
	}
	if r.state == nil {
		return row.ErrShort
	}
	slices.SortFunc(r.chunks, func(a, b *chunk) int { return cmp.Compare(a.first, b.first) })
	r.countRunning()
	return nil
}

// countRunning counts the children that run, as the rows have it.
func (r *mapRun) countRunning() {
	for c := range r.underWay() {
		if r.state.express {
			c.begun = 0 // what had not ended is run again
		}
		for i := range c.begun {
			if !c.done.has(i) {
				r.running++
				r.runningItems += c.itemsOf(i)
				r.redo.note(c, i, 1)
			}
		}
	}
}

// loadSpec reads what interp has of a run.
func (e *Engine) loadSpec(ctx context.Context, r *mapRun, data []byte) (*interp.MapRun, error) {
	from := r.state.origin.record()
	p, err := e.machines.revision(ctx, from.Machine, from.Revision)
	if err != nil {
		return nil, fmt.Errorf("reading the definition of %s: %w", r.arn, err)
	}
	if p.machine == nil {
		return nil, fmt.Errorf("reading the definition of %s: %w", r.arn, p.fault)
	}
	host := interp.Host{
		Token: func(uint64) string { return "" }, HasActivity: e.hasActivity, Limits: e.opts.Limits,
		Interrupted: func() bool { return r.gone.Load() || e.isClosing() },
	}
	spec, err := interp.LoadMapRun(e.identity(from, p), host, p.machine, data, nil)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.arn, err)
	}
	return spec, nil
}

// equip gives a run what it has beside its rows.
func (e *Engine) equip(ctx context.Context, r *mapRun, spec *interp.MapRun) (err error) {
	r.generation = e.generation.Load()
	if r.program, err = e.machines.revision(ctx, arn.Labelled(r.record.Machine), r.record.Revision); err != nil {
		return fmt.Errorf("reading the definition of the children of %s: %w", r.arn, err)
	}
	r.reader = newRunReader(e, spec, r.state)
	return e.readRedo(ctx, r)
}

// addBlob numbers a blob that the next change stores.
func (r *mapRun) addBlob(data []byte) uint32 {
	r.state.blobs++
	r.added = append(r.added, statelark.Blob{ID: r.state.blobs, Data: data})
	return r.state.blobs
}

// take notes that a message is dealt with; false: it was before.
func (r *mapRun) take(key statelark.MessageKey) bool {
	if _, is := r.taken[key.Seq]; is {
		return false
	}
	r.taken[key.Seq] = struct{}{}
	r.consumed = append(r.consumed, key)
	return true
}

// fail makes the run fail, unless it does so already.
func (r *mapRun) fail(f *interp.Failure) {
	if r.state.phase > mapping || r.state.failure != nil || r.state.aborted {
		return
	}
	r.state.failure = f
	r.stop()
}

// stop has the run begin no more children, and stop those that run.
func (r *mapRun) stop() {
	if r.state.phase > mapping {
		return
	}
	r.state.phase, r.dirty, r.flushNow = stopping, true, true
	for c := range r.underWay() {
		c.inputs = nil
	}
}

// failure makes a Failure of a name and a cause.
func failure(name, cause string) *interp.Failure { return &interp.Failure{Error: &name, Cause: &cause} }

// atOnce is how many children of a run may run at once.
func (s *mapRuns) atOnce(r *mapRun) int64 {
	limit := s.e.opts.Limits.MapRunChildren.Or(maxStandard)
	if r.state.express {
		limit = min(limit, maxExpress)
	}
	if r.state.concurrency > 0 {
		limit = min(limit, r.state.concurrency)
	}
	return limit
}

// exceeded reports whether more items failed than are tolerated.
func (s *runState) exceeded() bool {
	return interp.Exceeded(s.tolerated, s.percentage, s.items.failed(), s.bound)
}

// advance does what there is to do for a run.
func (s *mapRuns) advance(r *mapRun) {
	if r.dead.Load() {
		s.reread(r)
		return
	}
	if r.program.deleting() && r.state.phase == mapping {
		r.state.aborted = true
		r.stop()
	}
	switch r.state.phase {
	case mapping:
		if !s.admit(r) {
			break
		}
		s.read(r)
		s.beginChildren(r)
		if r.state.readAll && len(r.chunks) == 0 && !r.goesAgain() && !r.isReading {
			r.state.phase, r.dirty, r.flushNow = collecting, true, true
		}
	case stopping:
		s.stopChildren(r)
		if r.running == 0 && !r.isReading {
			r.state.phase, r.dirty, r.flushNow = collecting, true, true
		}
	case collecting, over:
	}
	s.flush(r)
	if r.state.phase == collecting && r.pending.Load() == 0 && !r.hasChange() && !r.isCollecting {
		s.collect(r)
	}
}

// beginChildren begins as many children as may run.
func (s *mapRuns) beginChildren(r *mapRun) {
	if len(r.finished) > 2*segmentLength || r.bytes > 4*segmentBytes { // it is stored first
		return
	}
	budget := beginsTurn
	for c := range r.underWay() {
		for c.inputs != nil && c.begun < c.count {
			switch {
			case r.running >= s.atOnce(r):
				if s.e.opts.Limits.MapRunChildren.Reached(r.running) {
					s.e.hit("map-run-children", r.arn)
				}
				return
			case budget == 0:
				s.due(r)
				return
			case c.done.has(c.begun): // before a crash
				c.begun++
				continue
			case !s.beginChild(r, c):
				s.starve(r)
				return
			}
			budget--
		}
	}
}

// beginChild begins the next child of a chunk; false: it has to wait for others.
func (s *mapRuns) beginChild(r *mapRun, c *chunk) bool {
	i := c.begun
	if r.state.express {
		if !s.beginExpress(r, c, i) {
			return false
		}
	} else {
		if s.begins.Load() >= maxBegins || s.e.committer.behind() || len(r.sends) >= maxSends {
			return false
		}
		r.sends = append(r.sends, r.childMessage(c, i))
		s.begins.Add(1)
		c.dirty = true
	}
	s.noteWaiting(r, -int64(c.inputs[i].Size()))
	c.inputs[i] = value.Value{}
	c.begun++
	r.running++
	r.runningItems += c.itemsOf(i)
	r.redo.note(c, i, 1)
	return true
}

// noteWaiting counts bytes of inputs that wait.
func (s *mapRuns) noteWaiting(r *mapRun, bytes int64) {
	r.waiting += bytes
	s.reading += bytes
}

// stopChildren tells the children that run to stop.
func (s *mapRuns) stopChildren(r *mapRun) {
	s.noteWaiting(r, -r.waiting)
	if r.state.express {
		s.giveUpExpress(r)
		return
	}
	for c := range r.underWay() {
		for ; c.stopped < c.begun; c.stopped++ {
			if c.done.has(c.stopped) {
				continue
			}
			if len(r.sends) >= maxSends {
				return
			}
			r.sends = append(r.sends, stopChildMessage(r, r.childID(c, c.stopped)))
		}
	}
}

// childEnded takes in the end of a STANDARD child.
func (s *mapRuns) childEnded(r *mapRun, end childEnd) {
	c, i := r.place(end.index)
	if c == nil || c.done.has(i) || end.redrive != r.state.redrives {
		return
	}
	if end.fixed {
		r.state.fixed++
		r.state.fixedItems += c.itemsOf(i)
	}
	s.ended(r, c, i, endedChild{index: end.index, items: uint32(c.itemsOf(i)), status: end.status, at: c.began(i)}, end.output)
}

// chunkOf returns the chunk of a child, nil when it has ended.
func (r *mapRun) chunkOf(index int64) *chunk {
	i, ok := slices.BinarySearchFunc(r.chunks, index, func(c *chunk, index int64) int {
		switch {
		case c.first > index:
			return 1
		case c.first+int64(c.count) <= index:
			return -1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return r.chunks[i]
}

// ended takes in the end of a child. output is how large its output is.
func (s *mapRuns) ended(r *mapRun, c *chunk, i int, end endedChild, output int64) {
	items := c.itemsOf(i)
	c.done.set(i)
	c.left--
	c.dirty, r.dirty = true, true
	r.running--
	r.runningItems -= items
	r.wentAgain(c, i)
	r.state.children[end.status]++
	r.state.items[end.status] += items
	r.finished = append(r.finished, end)
	r.bytes += end.bytes()
	if c.left == 0 {
		if c.stored {
			r.removed = append(r.removed, c.number)
		}
		r.drop(c)
	}
	if end.status == statelark.Succeeded {
		r.state.outputs += output + 1
	}
	r.judge(s.e.opts.Limits)
	s.due(r)
}

// judge makes the run fail when it has to.
func (r *mapRun) judge(l *limits.Limits) {
	switch {
	case r.state.exceeded():
		r.fail(failure("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"))
	case r.state.export == exportNone && l.PayloadBytes.Exceeded(r.state.outputs):
		r.fail(r.reader.tooLarge())
	}
}

// counts returns how far the items and the children are.
func (r *mapRun) counts() (items, children statelark.MapRunCounts) {
	s := r.state
	items, children = countsOf(&s.items, r.runningItems), countsOf(&s.children, r.running)
	items.Total, children.Total = s.nextItem, s.nextChild
	if s.known {
		items.Total = s.bound
		if !s.batched {
			children.Total = s.bound
		}
	}
	items.FailuresNotRedrivable, children.FailuresNotRedrivable = s.fixedItems, s.fixed
	items.PendingRedrive, children.PendingRedrive = s.againItems.ended()-r.redo.items, s.again.ended()-r.redo.running
	for _, c := range []*statelark.MapRunCounts{&items, &children} {
		c.Pending = c.Total - c.Running - c.Succeeded - c.Failed - c.TimedOut - c.Aborted - c.PendingRedrive
		if r.record.Status == statelark.Succeeded {
			c.ResultsWritten = c.Total
		}
	}
	return items, children
}

func countsOf(t *endings, running int64) statelark.MapRunCounts {
	return statelark.MapRunCounts{
		Running: running, Succeeded: t[statelark.Succeeded], Failed: t[statelark.Failed],
		TimedOut: t[statelark.TimedOut], Aborted: t[statelark.Aborted],
	}
}

// hasChange reports whether there is something to store.
func (r *mapRun) hasChange() bool {
	return r.isNew || r.dirty || len(r.finished)+len(r.sends)+len(r.consumed)+len(r.removed)+len(r.added) > 0
}

// flush stores what has come about. Ends of EXPRESS children wait for each other: they may be run again.
func (s *mapRuns) flush(r *mapRun) {
	const maxPending = 2 // changes on their way; more is gathered meanwhile
	if !r.hasChange() || r.pending.Load() >= maxPending {
		return
	}
	if r.state.express && !r.flushNow && !r.idle() && !r.isNew && len(r.sends)+len(r.consumed) == 0 && r.state.phase == mapping &&
		len(r.finished) < segmentLength && r.bytes < segmentBytes {
		if len(r.finished) > 0 && s.lingers.IsZero() {
			s.lingers = time.Now().Add(linger)
		}
		return
	}
	s.submit(r, s.change(r), nil)
}

// idle reports whether nothing will end soon.
func (r *mapRun) idle() bool {
	return r.running == 0 && !r.isReading && !r.goesAgain() && !slices.ContainsFunc(r.chunks, func(c *chunk) bool { return c.begun < c.count })
}

// change makes the change of what has come about.
func (s *mapRuns) change(r *mapRun) *statelark.Change {
	r.segment()
	ch := &statelark.Change{Exec: r.id, Sends: r.sends, Consumed: r.consumed, Blobs: r.added, Threads: r.changedRows()}
	if r.isNew || r.redriven {
		ch.Start, ch.Free, ch.Execution = r.isNew, r.isNew, r.record
		ch.Work = []statelark.WorkOp{{Data: []byte{workMapRun}}}
	}
	r.isNew, r.redriven, r.flushNow = false, false, false
	r.sends, r.consumed, r.added = nil, nil, nil
	return ch
}

// changedRows returns the rows that the next change writes or removes.
func (r *mapRun) changedRows() (rows []statelark.ThreadRow) {
	for _, number := range r.removed {
		rows = append(rows, statelark.ThreadRow{Thread: number})
	}
	for c := range r.underWay() {
		if c.dirty {
			rows = append(rows, statelark.ThreadRow{Thread: c.number, Data: c.append(nil)})
			c.dirty, c.stored = false, true
		}
	}
	rows = append(rows, r.redo.rows...)
	if r.indexed {
		number := segmentRow | (r.state.indexes - 1)
		rows = append(rows, statelark.ThreadRow{Thread: number, Data: appendIndex(nil, r.index)})
	}
	r.removed, r.redo.rows, r.indexed, r.dirty = nil, nil, false, false
	return append(rows, statelark.ThreadRow{Data: r.state.append(nil)})
}

// segment makes segments of what is in finished.
func (r *mapRun) segment() {
	if len(r.finished) == 0 {
		return
	}
	var well, ill []endedChild
	for _, x := range r.finished {
		if x.status == statelark.Succeeded {
			well = append(well, x)
		} else {
			ill = append(ill, x)
		}
	}
	r.finished, r.bytes = nil, 0
	if len(r.index)+2 > maxIndexed || r.state.indexes == r.state.walk.rows {
		r.index = nil
		r.state.indexes++
	}
	r.indexed = true
	for _, list := range [][]endedChild{well, ill} {
		if len(list) == 0 {
			continue
		}
		blob := r.addBlob(appendSegment(nil, r.state.express, list))
		of := segment{blob: blob, count: uint32(len(list)), well: list[0].status == statelark.Succeeded, first: list[0].index, last: list[0].index}
		for i := range list {
			of.first, of.last = min(of.first, list[i].index), max(of.last, list[i].index)
		}
		r.index = append(r.index, of)
	}
}

// finish ends a run with the output of its state, or with why that fails.
func (s *mapRuns) finish(r *mapRun, output string) {
	record := *r.record
	record.Stop = later(s.e.now(), record.Start)
	f := r.state.failure
	switch {
	case r.state.aborted:
		record.Status = statelark.Aborted
	case f != nil:
		record.Status = statelark.Failed
	default:
		record.Status = statelark.Succeeded
	}
	r.record, r.state.phase = &record, over
	r.state.stayAsTheyWere()
	if r.state.aborted { // should its execution still wait, its state machine is being deleted
		f = &interp.Failure{}
	}
	ch := s.change(r)
	ch.Execution, ch.Close, ch.Keep = &record, true, true
	ch.Sends = append(ch.Sends, runEndedMessage(&record, output, f))
	s.submit(r, ch, func() {
		s.forget(r)
		for _, m := range r.redo.held {
			s.handle(runMessage{id: r.id, row: m})
		}
	})
}

// maxItems is how many items a run has at most.
func maxItems(spec *interp.MapRun, l *limits.Limits) int64 {
	most := l.MapRunItems.Or(math.MaxInt64)
	config, _ := spec.Reader.Get("ReaderConfig")
	limit, _ := config.Get("MaxItems")
	if n := wholeOf(limit); n > 0 {
		return min(n, most)
	}
	return most
}
