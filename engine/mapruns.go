package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
)

// # Map Runs
//
// A Map Run is an execution of its own kind: it has an id, a record, rows and an inbox, and what it and its execution, and
// it and its children, have to tell each other they write into each other's inboxes in the very changes by which it comes
// about, as nested executions do. So each item gets its child, and each child is counted, once and whatever crashes.
//
//	execution ── begin ─→ Map Run ── begin child ─→ child (STANDARD: an execution, with a record)
//	          ←─ ended ──         ←─ child ended ──
//	                              ── startExpress ─→ child (EXPRESS: in memory; what crashes is run again)
//
// One goroutine, that of mapRuns, has the memory of all runs that are under way. It never waits but for the committer. What
// may take long, reading a page of the data set, writing results, reading a run from the store, is a job: a few goroutines
// do those, and hand back what is then done with it.
//
// A data set is read in chunks. A chunk remembers where in the data set it began, so that after a crash those of its
// children that had not begun, or (EXPRESS) not ended, are read again.

// Bounds.
const (
	maxJobs      = 8        // under way at once
	maxChunks    = 256      // of a run, that have been read and have not ended
	chunkLength  = 500      // children of a chunk
	chunkBytes   = 1 << 20  // of inputs in a chunk
	maxReadBytes = 64 << 20 // of inputs that wait, of all runs; beyond, a run reads little at a time
	maxBegins    = 256      // messages that begin children and have not been dealt with, of all runs
	beginsTurn   = 128      // children that a run begins before others have their turn
	maxSends     = 500      // messages in one change
	maxStandard  = 100_000  // STANDARD children of a run that run at once, where there is no other limit
	maxExpress   = 1_000    // EXPRESS children of a run that run at once
	linger       = 50 * time.Millisecond
	retry        = 2 * time.Millisecond
)

// Bounds of a segment.
const (
	segmentLength = 1000
	segmentBytes  = 512 << 10
)

// runMessage is something for mapRuns to do with a Map Run.
type runMessage struct {
	id  statelark.ExecID
	row *statelark.Message // that brought it; nil: a caller did
	// do is what a caller wants done: with the run, or with nil when it is not under way.
	do func(*mapRun)
	// fail is called in place of do when the run cannot be read; nil: do is, with nil.
	fail func(error)
}

// mapRuns has the Map Runs that are under way. Its fields below mu belong to its goroutine.
type mapRuns struct {
	e    *Engine
	ctx  context.Context // of jobs; it ends when the engine closes
	in   chan runMessage
	wake chan struct{} // of one

	begins atomic.Int64 // messages that began children and were not dealt with
	// How many runs work, and how many wait for others to end.
	workingRuns, heldRuns atomic.Int64
	resuming              atomic.Int64 // messages that resume runs and were not dealt with

	mu    sync.Mutex
	posts []func() // what came back: of jobs, changes, children

	generation uint64
	runs       map[statelark.ExecID]*mapRun
	opening    map[statelark.ExecID][]runMessage // what waits for a run that is read
	ready      []*mapRun                         // that have something to do
	starved    []*mapRun                         // that wait until others need less
	looked     time.Time                         // when starved was looked at
	lingers    time.Time                         // when a run has lingered long enough; zero: none does
	jobs       []func() func()                   // that wait for their turn
	working    int
	reading    int64 // bytes of inputs that wait
	express    int   // EXPRESS children that run
	slots      openRuns
}

func newMapRuns(e *Engine) *mapRuns {
	return &mapRuns{
		e: e, in: make(chan runMessage, mailboxSize), wake: make(chan struct{}, 1), generation: e.generation.Load(),
		runs: make(map[statelark.ExecID]*mapRun), opening: make(map[statelark.ExecID][]runMessage),
		slots: newOpenRuns(),
	}
}

// forRun reports whether a message is for a Map Run.
func forRun(m *statelark.Message) bool {
	if len(m.Data) == 0 {
		return false
	}
	switch m.Data[0] {
	case messageBeginRun, messageRedriveRun, messageStopRun, messageChildEnded:
		return true
	}
	return false
}

// isMapRun reports whether a work row says that a Map Run is under way.
func isMapRun(w *statelark.Work) bool { return len(w.Data) > 0 && w.Data[0] == workMapRun }

// send queues a message, waiting for room; false when the engine is closing or ctx ends.
func (s *mapRuns) send(ctx context.Context, m runMessage) bool {
	select {
	case s.in <- m:
		return true
	case <-s.e.closing:
		return false
	case <-ctx.Done():
		return false
	}
}

// resume takes up a run that the store has as under way.
func (s *mapRuns) resume(ctx context.Context, id statelark.ExecID) {
	s.resuming.Add(1)
	m := runMessage{id: id, do: func(*mapRun) {
		s.resuming.Add(-1)
		s.settle()
	}}
	if !s.send(ctx, m) {
		s.resuming.Add(-1)
	}
}

// post has f called by the goroutine of mapRuns. It never waits.
func (s *mapRuns) post(f func()) {
	s.mu.Lock()
	s.posts = append(s.posts, f)
	s.mu.Unlock()
	s.nudge()
}

func (s *mapRuns) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// began notes that a message that begins a child was dealt with. Anybody may call it.
func (s *mapRuns) began() {
	switch n := s.begins.Add(-1); {
	case n < 0: // one that was sent before the engine started
		s.begins.CompareAndSwap(n, 0)
	case n == maxBegins/2:
		s.nudge()
	}
}

// run is the goroutine, until ctx ends.
func (s *mapRuns) run(ctx context.Context) {
	s.ctx = ctx
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	for ctx.Err() == nil {
		s.takePosts()
		s.lookAround(time.Now())
		if len(s.ready) > 0 {
			select {
			case m := <-s.in:
				s.handle(m)
			default:
			}
			s.advanceNext()
			runtime.Gosched() // owners come first
			continue
		}
		clock.Reset(s.patience(time.Now()))
		select {
		case m := <-s.in:
			s.handle(m)
		case <-s.wake:
		case <-clock.C:
		case <-ctx.Done():
		}
	}
}

// lookAround sees after runs that wait for others or for more to store, now and then.
func (s *mapRuns) lookAround(now time.Time) {
	if len(s.starved) > 0 && !now.Before(s.looked.Add(retry)) {
		s.looked = now
		s.unstarve()
	}
	if !s.lingers.IsZero() && !now.Before(s.lingers) {
		s.lingers = time.Time{}
		s.stopLingering()
	}
}

// patience is how long there is nothing to do if nothing comes.
func (s *mapRuns) patience(now time.Time) time.Duration {
	switch {
	case len(s.starved) > 0:
		return retry
	case !s.lingers.IsZero():
		return s.lingers.Sub(now)
	}
	return time.Hour
}

func (s *mapRuns) takePosts() {
	s.mu.Lock()
	posts := s.posts
	s.posts = nil
	s.mu.Unlock()
	for _, f := range posts {
		f()
	}
	s.checkGeneration()
}

// checkGeneration forgets all runs when the store failed since the last look: they are read again.
func (s *mapRuns) checkGeneration() {
	g := s.e.generation.Load()
	if g == s.generation {
		return
	}
	s.generation = g
	s.slots.scanned, s.slots.settled = false, false
	for _, r := range s.runs {
		s.forget(r)
	}
	s.begins.Store(0)
}

// forget lets go of the memory of a run.
func (s *mapRuns) forget(r *mapRun) {
	r.gone.Store(true)
	s.leave(r)
	s.giveUpExpress(r)
	s.noteWaiting(r, -r.waiting)
	if !r.isReading {
		r.reader.close()
	}
	delete(s.runs, r.id)
}

// due notes that a run has something to do.
func (s *mapRuns) due(r *mapRun) {
	if !r.due && !r.gone.Load() {
		r.due = true
		s.ready = append(s.ready, r)
	}
}

// starve keeps a run until others need less.
func (s *mapRuns) starve(r *mapRun) {
	if !r.starved {
		r.starved = true
		s.starved = append(s.starved, r)
	}
}

// unstarve looks whether those that wait for others may go on.
func (s *mapRuns) unstarve() {
	if s.begins.Load() > maxBegins/2 || s.e.committer.behind() {
		return
	}
	for _, r := range s.starved {
		r.starved = false
		s.due(r)
	}
	s.starved = nil
}

func (s *mapRuns) stopLingering() {
	for _, r := range s.runs {
		if len(r.finished) > 0 {
			r.flushNow = true
			s.due(r)
		}
	}
}

func (s *mapRuns) advanceNext() {
	r := s.ready[0]
	s.ready[0] = nil
	s.ready = s.ready[1:]
	r.due = false
	if !r.gone.Load() {
		s.advance(r)
	}
}

// handle does what a message says.
func (s *mapRuns) handle(m runMessage) {
	s.checkGeneration()
	if waiting, opening := s.opening[m.id]; opening {
		s.opening[m.id] = append(waiting, m)
		return
	}
	r := s.runs[m.id]
	switch {
	case r == nil:
		s.open(m)
	case m.row == nil:
		m.do(r)
		s.due(r)
	default:
		s.receive(r, m.row)
	}
}

// open reads a run from the store, or makes it, and then does what the message says.
func (s *mapRuns) open(m runMessage) {
	if s.e.shards.epoch(m.id.Shard()) == 0 { // another node has it
		if m.do != nil {
			m.do(nil)
		}
		return
	}
	s.opening[m.id] = []runMessage{m}
	generation := s.generation
	s.job(func() func() {
		r, err := s.e.openRun(m)
		if err != nil {
			r = nil // as much of it as was read
		}
		return func() { s.opened(m.id, r, err, generation) }
	})
}

// opened goes on when a run was read; nil: there is none that is under way.
func (s *mapRuns) opened(id statelark.ExecID, r *mapRun, err error, generation uint64) {
	waiting := s.opening[id]
	delete(s.opening, id)
	s.checkGeneration()
	if generation != s.generation { // it may be out of date
		for _, m := range waiting {
			s.handle(m)
		}
		return
	}
	if err != nil && !errors.Is(err, errTooEarly) {
		s.e.log.Error("Map Run could not be read", "id", id, "error", err)
		if errors.Is(err, statelark.ErrUnavailable) {
			s.e.recovery.request()
		}
	}
	if r != nil {
		s.runs[id] = r
		if r.worked() {
			s.admit(r)
		}
		s.due(r)
	}
	for i, m := range waiting {
		switch {
		case err != nil && m.row != nil: // it is read again
		case err != nil && m.fail != nil && !errors.Is(err, errTooEarly):
			m.fail(err)
		case r != nil && m.row != nil:
			s.receive(r, m.row)
		case r == nil && err == nil && i > 0: // the first one began none; this one may
			s.handle(m)
		case m.row == nil:
			m.do(r)
		default:
			s.consume(m.row)
		}
	}
}

// consume puts away a message that no run takes.
func (s *mapRuns) consume(m *statelark.Message) {
	ch := &statelark.Change{Exec: m.To, Consumed: []statelark.MessageKey{m.MessageKey}}
	s.e.committer.submit(commit{change: ch, generation: s.generation, tell: func(error) {}})
}

// job has work done by another goroutine, and then what it returns by this one.
func (s *mapRuns) job(work func() func()) {
	if s.working == maxJobs {
		s.jobs = append(s.jobs, work)
		return
	}
	s.working++
	s.e.running.Go(func() {
		then := work()
		s.post(func() {
			s.working--
			if len(s.jobs) > 0 {
				next := s.jobs[0]
				s.jobs = s.jobs[1:]
				s.job(next)
			}
			then()
		})
	})
}

// receive does what a message from another execution says.
func (s *mapRuns) receive(r *mapRun, m *statelark.Message) {
	var end childEnd
	if m.Data[0] == messageChildEnded {
		var err error
		if end, err = parseChildEnd(m); err != nil {
			s.e.log.Error("message of a child cannot be read", "run", r.arn, "error", err)
			return
		}
	}
	if r.hold(m) || !r.take(m.MessageKey) { // it was taken, and that is not durable yet
		return
	}
	s.due(r)
	switch m.Data[0] {
	case messageStopRun:
		if m.Seq&^stopBits == r.record.ParentWait {
			r.state.aborted = true
			r.stop()
		}
	case messageChildEnded:
		s.childEnded(r, end)
	}
}

// submit hands a change of a run to the committer, and then has the run go on when it is durable.
func (s *mapRuns) submit(r *mapRun, ch *statelark.Change, then func()) {
	r.pending.Add(1)
	s.e.committer.submit(commit{change: ch, generation: r.generation, fate: &r.fate, tell: func(err error) {
		s.e.hintSends(ch, err)
		s.post(func() { s.landed(r, ch, then, err) })
	}})
}

// landed goes on when a change of a run is durable, or was refused.
func (s *mapRuns) landed(r *mapRun, ch *statelark.Change, then func(), err error) {
	r.pending.Add(-1)
	if err != nil {
		r.dead.Store(true)
	}
	if r.gone.Load() {
		return
	}
	if r.dead.Load() {
		s.reread(r)
		return
	}
	for _, k := range ch.Consumed {
		delete(r.taken, k.Seq)
	}
	if then != nil {
		then()
	}
	s.due(r)
}

// reread reads a run again of which a change was refused, once nothing of it is under way.
func (s *mapRuns) reread(r *mapRun) {
	if r.pending.Load() > 0 {
		return
	}
	s.forget(r)
	if s.generation == s.e.generation.Load() { // else there is a recovery as it is
		s.e.recovery.request()
	}
}

// askRun has mapRuns do something with a run, nil when it is not under way, and waits for the answer.
func askRun[T any](ctx context.Context, e *Engine, id statelark.ExecID, do func(r *mapRun, answer func(T, error))) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	m := runMessage{id: id, do: func(r *mapRun) { do(r, func(v T, err error) { answers <- answer{v, err} }) }}
	m.fail = func(err error) { answers <- answer{err: err} }
	var none T
	if !e.mapRuns.send(ctx, m) {
		return none, cmp.Or(ctx.Err(), error(errClosing))
	}
	select {
	case a := <-answers:
		return a.value, a.err
	case <-e.closing:
		return none, errClosing
	case <-ctx.Done():
		return none, fmt.Errorf("asking a Map Run: %w", ctx.Err())
	}
}
