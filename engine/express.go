package engine

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// # Express executions
//
// An Express execution lives in the memory of its owner and nowhere else: what a step says is done at once, and when it
// ends nothing is left of it. Its id, and so its owner, is drawn at random.
//
// One that StartExecution starts runs at least once: before the answer a row is stored, a message to itself in its inbox,
// which goes some time after its end. Rows that a crash leaves behind are read at the next start, and run again. One that
// StartSyncExecution starts runs at most once, for there is no row.

// expressStart is an Express execution to start.
type expressStart struct {
	// record says what it is called; it is Express, Running, and its ID is a new one (see Engine.expressID). It belongs to
	// the execution from then on.
	record  *statelark.Execution
	program *program
	seed    uint64 // of its random numbers; 0: any
	input   value.Value
	fork    *forking // nil: it begins at the beginning
	sync    bool     // StartSyncExecution has started it
	// ended is called exactly once, by the owner's goroutine: it is not to wait for anything. nil: nobody wants to know.
	ended func(*expressEnd)

	row    []byte      // to be stored before it begins; nil: none
	stored func(error) // told once that row is stored, or why it is not, by the finisher or the owner
}

// tell calls ended, if there is one.
func (s *expressStart) tell(e *expressEnd) {
	if s.ended != nil {
		s.ended(e)
	}
}

// expressEnd is how an Express execution ended.
type expressEnd struct {
	// err is set, and nothing else, when the engine closed before it ended.
	err error

	statelark.ExecutionDetail // Input is "" : whoever started it knows it

	output value.Value // of which Output is the text; absent unless it succeeded
	peak   int         // the most memory that it held, in bytes
}

// express is what a live one has that is an Express execution.
type express struct {
	*expressStart

	again  bool              // a row makes it run again
	alarms map[uint64]*alarm // that are set, by their Seq; nil: none was yet
	bytes  int               // of memory, as counted in Engine.express
	peak   int               // the most of that
	last   int64             // id of its last history event

	shown      []history.Event // for those who look later
	shownBytes int             // of memory that those hold
}

// expressUse counts Express executions that are under way, and the memory that they hold.
type expressUse struct{ count, bytes atomic.Int64 }

func (u *expressUse) add(count, bytes int64) { u.count.Add(count); u.bytes.Add(bytes) }

// expressRoom counts all those of an engine.
type expressRoom struct {
	max, maxBytes int64
	expressUse
	refused atomic.Uint64
}

// greed is how many times as much as is free a state machine may have and be given more: one alone comes to three quarters
// of the room, and there always is something left for one that has nothing.
const greed = 3

// ownBytes is about how much memory an execution takes beside what the interpreter counts.
const ownBytes = 2 << 10

// enter takes a place for an execution of u with so many bytes of input, false when there is none. leave gives it back.
func (r *expressRoom) enter(u *use, input int) bool {
	size := int64(ownBytes + input)
	count, bytes := r.count.Add(1), r.bytes.Add(size)
	own, held := u.express.count.Add(1), u.express.bytes.Add(size)
	if count > r.max || bytes > r.maxBytes || own-1 >= greed*(r.max-count+1) || held-size >= greed*(r.maxBytes-bytes+size) {
		r.leave(u, input)
		r.refused.Add(1)
		return false
	}
	return true
}

func (r *expressRoom) leave(u *use, input int) {
	r.add(-1, -int64(ownBytes+input))
	u.express.add(-1, -int64(ownBytes+input))
}

// errNoRoom answers a start for which an engine has no room.
var errNoRoom = statelark.Errorf(statelark.CodeThrottling, "Rate exceeded")

// expressID draws the id of an Express execution, in a shard of this node's if it has any.
func (e *Engine) expressID(now time.Time) statelark.ExecID {
	shard := rand.N[statelark.ShardID](statelark.Shards)
	for range statelark.Shards {
		if e.shards.epoch(shard) != 0 {
			break
		}
		shard = (shard + 1) % statelark.Shards
	}
	return statelark.NewExecID(now, shard, rand.Uint64())
}

// startExpress starts an Express execution of which nothing is stored. It never waits: when there is no room it is
// ThrottlingException, and when the engine is closing ServiceUnavailable; ended is not called then.
func (e *Engine) startExpress(s *expressStart) error {
	if e.isClosing() {
		return errClosing
	}
	size := s.input.Size()
	if !e.express.enter(s.program.use, size) {
		return errNoRoom
	}
	if !e.ownerOf(s.record.ID).offer(message{express: &expressMessage{kind: expressBegin, start: s}}) {
		e.express.leave(s.program.use, size)
		return errNoRoom
	}
	return nil
}

// newExpress returns the execution that a start asks for.
func (e *Engine) newExpress(b *beginning) *expressStart {
	now, p, s := e.now(), b.machine, &b.start
	start := &expressStart{program: p, seed: b.seed, input: parsed(s.Input), fork: b.fork, record: &statelark.Execution{
		ID: e.expressID(now), Machine: p.record.ARN, Revision: revisionOf(p.record), Name: s.Name, Status: statelark.Running,
		Start: now, TraceHeader: s.TraceHeader, Version: b.route.version(), Alias: b.route.alias, TestCase: s.TestCase, Express: true,
	}}
	if b.fork != nil {
		start.record.Fork = b.fork.origin()
	}
	return start
}

// startStored starts an execution and returns when it is durable that it will run. Tasks wait for room.
func (e *Engine) startStored(ctx context.Context, s *expressStart, input string, parent *parentWait) (*statelark.Execution, error) {
	record := *s.record
	answer := make(chan error, 1)
	s.row, s.stored = appendExpress(nil, s.record, s.fork, input), func(err error) { answer <- err }
	m := message{express: &expressMessage{kind: expressStore, start: s}}
	o := e.ownerOf(record.ID)
	size := s.input.Size()
	if !e.express.enter(s.program.use, size) {
		return nil, errNoRoom
	}
	if !o.offer(m) && (parent == nil || !o.send(ctx, m)) {
		e.express.leave(s.program.use, size)
		return nil, cmp.Or(ctx.Err(), error(errNoRoom))
	}
	select {
	case err := <-answer:
		if err != nil && !statelark.Refused(err) {
			err = unavailable(err)
		}
		return &record, err
	case <-e.closed:
		return nil, errClosing
	}
}

// StartSyncExecution runs an execution of an Express state machine to its end. When ctx ends it goes on alone.
func (e *Engine) StartSyncExecution(ctx context.Context, start statelark.ExecutionStart) (*statelark.SyncExecution, error) {
	b, err := e.beginning(ctx, start, nil)
	if err != nil {
		return nil, err
	}
	defer e.leave(b.machine)
	if b.machine.record.Type != statelark.Express {
		return nil, statelark.TypeNotSupported()
	}
	ends := make(chan *expressEnd, 1)
	s := e.newExpress(b)
	s.sync, s.ended = true, func(end *expressEnd) { ends <- end }
	if err := e.startExpress(s); err != nil {
		return nil, err
	}
	select {
	case end := <-ends:
		if end.err != nil {
			return nil, end.err
		}
		end.Input = start.Input
		return end.billed(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.closed:
		return nil, errClosing
	}
}

// Bill is what AWS would bill for an Express execution: memory in steps of 64 MB, of which an execution takes 50 beside its
// payloads, and time in steps of 100 ms.
type Bill struct{ UsedMB, BilledMB, BilledMS int64 }

const (
	billedBase   = 50
	billedMemory = 64
	billedTime   = 100
)

// billOf returns the bill of an execution that has ended and held so many bytes at most.
func billOf(x *statelark.Execution, peak int) Bill {
	const mb = 1 << 20
	used := billedBase + int64(peak+mb-1)/mb
	took := max(1, x.Stop.Sub(x.Start).Milliseconds())
	return Bill{
		UsedMB:   used,
		BilledMB: (used + billedMemory - 1) / billedMemory * billedMemory,
		BilledMS: (took + billedTime - 1) / billedTime * billedTime,
	}
}

// billed returns how the execution ended, with what AWS would bill for it.
func (end *expressEnd) billed() *statelark.SyncExecution {
	if end.Status == statelark.TimedOut {
		name := "States.Timeout"
		end.Error = &name
	}
	bill := billOf(&end.Execution, end.peak)
	return &statelark.SyncExecution{ExecutionDetail: end.ExecutionDetail, BilledMB: bill.BilledMB, BilledMS: bill.BilledMS}
}

// stopExpress ends an Express execution as aborted, unless it has ended. False when ctx ends, or the engine closes, before
// the owner could be told.
func (e *Engine) stopExpress(ctx context.Context, id statelark.ExecID, errorName, cause *string) bool {
	return e.deliver(ctx, message{exec: id, event: interp.Event{Kind: interp.Stopped, Error: errorName, Cause: cause}})
}

// expresses are the Express executions of an owner.
type expresses struct {
	live map[statelark.ExecID]*live
	rows expressRows

	mu     sync.Mutex
	posted []message // by those who must not wait for the owner
}

// post has the owner handle something soon. It never waits.
func (o *owner) post(m *expressMessage) {
	o.express.mu.Lock()
	o.express.posted = append(o.express.posted, message{express: m})
	o.express.mu.Unlock()
	o.nudge()
}

func (x *expresses) takePosted() []message {
	x.mu.Lock()
	defer x.mu.Unlock()
	posted := x.posted
	x.posted = nil
	return posted
}

// expressMessage is about an Express execution, or about the rows of those.
type expressMessage struct {
	kind  expressKind
	start *expressStart    // nil when the message is about rows alone
	id    statelark.ExecID // of the row that it is about
}

type expressKind uint8

const (
	expressBegin  expressKind = iota // start begins
	expressStore                     // start begins once its row is stored
	expressStored                    // start, whose row is stored, begins
	expressAgain                     // start, whose row was found in the inbox, begins unless it runs
	expressUnsure                    // the row of id could not be stored, or nobody knows
	expressGone                      // there is no row of id any more
	expressKept                      // the row of id could not be removed
	expressClear                     // it is time to remove the rows of those that ended
)

// handleExpress does what a message says, and reports whether this goroutine still is the owner.
func (o *owner) handleExpress(m *expressMessage) bool {
	switch m.kind {
	case expressBegin, expressStored:
		own := o.beginExpress(m.start, m.kind == expressStored)
		if m.start.record.MapRun != "" {
			runtime.Gosched() // there are many of them, and whoever else is here comes first
		}
		return own
	case expressStore:
		o.storeExpress(m.start)
	case expressAgain:
		return o.againExpress(m.start)
	case expressUnsure:
		delete(o.express.rows.known, m.id)
		o.inbox.hold(m.id.Shard())
	case expressGone:
		delete(o.express.rows.known, m.id)
	case expressKept:
		o.endRow(m.id)
	case expressClear:
		o.express.rows.timed = false
		o.clearRows()
		o.timeRows()
	}
	return true
}

// refuse tells of a start that did not come to its begin.
func (m *expressMessage) refuse(err error) {
	switch m.kind {
	case expressStore:
		m.start.stored(err)
	case expressBegin:
		m.start.tell(&expressEnd{err: err})
	}
}

// beginExpress takes the first step of an execution.
func (o *owner) beginExpress(s *expressStart, again bool) bool {
	x := &express{expressStart: s, again: again, bytes: s.input.Size()}
	l := &live{record: s.record, program: s.program, seed: cmp.Or(s.seed, rand.Uint64()), express: x}
	id := o.e.identity(s.record, s.program)
	id.Sync = s.sync
	l.x = interp.NewExec(id, o.e.host(l), s.program.machine, s.input, l.seed)
	if s.fork != nil {
		l.x.BeginAt(s.fork.beginning())
	}
	o.express.live[s.record.ID] = l
	return o.step(l, message{exec: s.record.ID, event: interp.Event{Kind: interp.Started}})
}

// decidedExpress does what a step of an Express execution said.
func (o *owner) decidedExpress(c *computation) {
	l, m, d := c.live, c.message, c.decision
	if c.err != nil {
		o.brokenExpress(l, m, c.err)
		return
	}
	o.effectExpress(l, d)
	if d.End == nil && d.More {
		o.oweMore(l)
	}
	m.answer(nil)
}

// effectExpress lets out of the node what a step said, at once.
func (o *owner) effectExpress(l *live, d *interp.Decision) {
	id := l.record.ID
	o.showExpress(l, d)
	for i := range d.Run {
		k := newCall(l, &d.Run[i])
		k.unstored = true
		o.e.dispatch(k)
	}
	for _, t := range d.Cancel {
		o.e.dispatcher.forget(taskKey{id, t.Seq})
	}
	for _, t := range d.Disarm {
		l.express.disarm(o.timers, t.Seq)
	}
	for _, t := range d.Arm {
		l.express.arm(o.timers, timerOf(id, t))
	}
	if d.End != nil {
		o.endExpress(l, d.End)
	}
}

// showExpress shows the history events of a step to whoever may look later and, once the execution is
// weighed, to the tap.
func (o *owner) showExpress(l *live, d *interp.Decision) {
	x := l.express
	began := x.last == 0
	if n := len(d.History); n > 0 {
		x.last = d.History[n-1].ID
	}
	if d.End != nil {
		record := *l.record
		record.Status, record.Stop, record.Events = statuses[d.End.Status], time.UnixMilli(l.latest).UTC(), x.last
		l.record = &record
	}
	o.e.seen.note(x, d.History)
	o.weighExpress(x, l.x.Size()+x.shownBytes)
	o.e.tell(o.e.newsOf(l, d, began))
}

func (x *express) arm(t *timers, timer statelark.Timer) {
	if x.alarms == nil {
		x.alarms = make(map[uint64]*alarm, 2)
	}
	a := &alarm{Timer: timer}
	x.alarms[timer.Seq] = a
	t.set(a)
}

func (x *express) disarm(t *timers, seq uint64) {
	if a := x.alarms[seq]; a != nil {
		t.unset(a)
		delete(x.alarms, seq)
	}
}

// weighExpress notes how much memory an execution holds.
func (o *owner) weighExpress(x *express, bytes int) {
	o.e.express.add(0, int64(bytes-x.bytes))
	x.program.use.express.add(0, int64(bytes-x.bytes))
	x.bytes = bytes
	x.peak = max(x.peak, bytes)
}

// endExpress lets go of an execution and tells how it ended.
func (o *owner) endExpress(l *live, end *interp.End) {
	x := l.express
	for _, a := range x.alarms {
		o.timers.unset(a)
	}
	delete(o.express.live, l.record.ID)
	l.x = nil
	o.weighExpress(x, 0)
	o.e.express.leave(l.program.use, 0)
	if x.again {
		o.endRow(l.record.ID)
	}

	e := &expressEnd{ExecutionDetail: statelark.ExecutionDetail{Execution: *l.record, Error: end.Error, Cause: end.Cause}, peak: x.peak}
	if end.Status == interp.Succeeded {
		e.output, e.Output = end.Output, end.Output.Text()
	}
	o.e.seen.keep(x, e)
	x.tell(e)
}

// brokenExpress ends an execution whose step gave no decision: no store knows it, so it cannot be read again.
func (o *owner) brokenExpress(l *live, m message, err error) {
	if o.e.isClosing() {
		l.lost.Store(true) // it is told when the owner quits
		for _, m := range append(l.waiting, m) {
			m.answer(errClosing)
		}
		l.waiting = nil
		return
	}
	l.latest = max(l.latest, o.e.now().UnixMilli())
	cut, ev := new(interp.End), history.Event{ID: l.express.last + 1, Previous: l.express.last, At: l.latest, Type: history.ExecutionAborted}
	switch {
	case errors.Is(err, interp.ErrInterrupted): // a stop waits, and is why
		cut.Status = interp.Aborted
		if i := slices.IndexFunc(l.waiting, func(m message) bool { return m.event.Kind == interp.Stopped }); i >= 0 {
			cut.Error, cut.Cause = l.waiting[i].event.Error, l.waiting[i].event.Cause
		}
	default:
		o.e.log.Error("an Express execution failed because of a fault in this server; please report it",
			"execution", l.record.ARN(), "error", err)
		name, cause := "States.Runtime", "Internal error of the server."
		cut.Status, cut.Error, cut.Cause, ev.Type = interp.Failed, &name, &cause, history.ExecutionFailed
	}
	ev.Error, ev.Cause = cut.Error, cut.Cause
	o.e.dispatcher.forgetAll(l.record.ID)
	o.effectExpress(l, &interp.Decision{History: []history.Event{ev}, End: cut})
	m.answer(nil)
}

// quitExpress tells of the executions that have not ended when the owner ends.
func (o *owner) quitExpress() {
	end := &expressEnd{err: errClosing}
	for _, l := range o.express.live {
		l.express.tell(end)
	}
	clear(o.express.live)
	o.clearRows()
	for _, m := range append(o.resumed, o.express.takePosted()...) {
		if m.express != nil {
			m.express.refuse(errClosing)
		}
	}
	for {
		select {
		case m := <-o.in:
			if m.express != nil {
				m.express.refuse(errClosing)
			}
		default:
			return
		}
	}
}
