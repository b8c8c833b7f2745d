package engine

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/interp"
)

// message is something for an owner to do with an execution.
type message struct {
	exec  statelark.ExecID
	event interp.Event
	// due is, of a timer, the time that it was set to.
	due time.Time
	// must: the event has to find its wait, else reply gets errNoWait.
	must bool
	// goesOn: the target of the task has more to say, so that the task has to be dispatched again after a crash.
	goesOn bool
	// from is the inbox row that brought the event.
	from *statelark.MessageKey
	// orphan is sent when nothing waits for the event.
	orphan *statelark.Message
	// redrive asks for a redrive instead; redriven: the event begins it.
	redrive  *redriving
	redriven bool
	// job is, of a TaskSubmitted, what goes on; nil: nothing that is watched.
	job *jobRow
	// child: the message is from the Map Run of the execution.
	child *childMessage
	// begin starts a new execution instead.
	begin *beginning
	// express is about an Express execution of the owner's, beside its events.
	express *expressMessage
	// computed brings back a step that went on beside its owner.
	computed *computation
	// reply is called once, when what follows from the event is durable, or with why it is not. May be nil.
	reply func(error)
}

// answer calls reply, if there is one.
func (m *message) answer(err error) {
	if m.reply != nil {
		m.reply(err)
	}
}

// errNoWait: the event answers nothing that the execution waits for.
var errNoWait = errors.New("nothing waits for this")

// owner owns a part of the shards, and with them the memory of their executions. One goroutine at a time is the owner's
// and may touch what is below; which one changes when a step takes long (see aside.go).
//
// Invariants: live holds every execution of which something is known that the store may not show yet. An execution
// is in more exactly when its more is set.
type owner struct {
	e      *Engine
	number int // among the engine's owners; it owns the shards with that remainder
	in     chan message
	wake   chan struct{} // of one: a change of an execution in unsettled has landed, the committer has caught up, or there is a post
	quit   chan struct{}
	timers *timers
	inbox  *inbox

	generation uint64
	live       map[statelark.ExecID]*live
	idle       *list.List // of *live, the longest idle first
	bytes      int        // of memory that the executions in idle hold, by their own estimate
	names      map[nameKey]*live
	more       []*live   // whose last step ran out of budget
	ended      []*live   // whose end may not be durable yet, in that order
	unsettled  []*live   // whose step was given up, and changes of which are under way
	resumed    []message // that waited for a step, to be handled before others
	express    expresses // the Express executions
	passed     int       // turns since one of more had a step, because the committer was behind

	computing *computation // of the step under way
	encoder   history.Encoder
}

type nameKey struct{ machine, name string }

func newOwner(e *Engine, number int) *owner {
	o := &owner{
		e: e, number: number, in: make(chan message, mailboxSize), wake: make(chan struct{}, 1), quit: make(chan struct{}),
		generation: e.generation.Load(), live: make(map[statelark.ExecID]*live), idle: list.New(), names: make(map[nameKey]*live),
		express: expresses{live: make(map[statelark.ExecID]*live), rows: expressRows{known: make(map[statelark.ExecID]struct{})}},
	}
	o.timers, o.inbox = newTimers(o), newInbox(o)
	o.computing = newComputation(o)
	return o
}

// nudge makes the owner look at what it waits for.
func (o *owner) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// shards returns the shards of the owner that this node has.
func (o *owner) shards() []statelark.ShardID {
	var own []statelark.ShardID
	for s := o.number; s < statelark.Shards; s += len(o.e.owners) {
		if id := statelark.ShardID(s); o.e.shards.epoch(id) != 0 {
			own = append(own, id)
		}
	}
	return own
}

// send queues a message, waiting for room; false when the engine is closing or ctx ends.
func (o *owner) send(ctx context.Context, m message) bool {
	select {
	case o.in <- m:
		return true
	default:
	}
	select {
	case o.in <- m:
		return true
	case <-o.e.closing:
		return false
	case <-ctx.Done():
		return false
	}
}

// offer queues a message if there is room.
func (o *owner) offer(m message) bool {
	select {
	case o.in <- m:
		return true
	default:
		return false
	}
}

func (o *owner) close() { close(o.quit) }

// run is the owner until it ends, or until a step is set aside: another goroutine has run it on from then.
func (o *owner) run() {
	for o.turn() {
	}
}

// turn does one thing, and reports whether this goroutine still is the owner.
func (o *owner) turn() bool {
	if len(o.resumed) > 0 {
		m := o.resumed[0]
		o.resumed[0] = message{}
		o.resumed = o.resumed[1:]
		return o.handle(m)
	}
	if len(o.more) > 0 && o.mayGoOn() {
		select {
		case m := <-o.in:
			if !o.handle(m) {
				return false
			}
		case <-o.wake:
			o.woken()
		case <-o.quit:
			o.quitExpress()
			return false
		default:
		}
		if !o.goOn() {
			return false
		}
		runtime.Gosched() // who has less to do than this comes first: the runtime takes 10 ms to see to that
		return true
	}
	select {
	case m := <-o.in:
		return o.handle(m)
	case <-o.wake:
		o.woken()
		return true
	case <-o.quit:
		o.quitExpress()
		return false
	}
}

// woken looks at what the owner waits for.
func (o *owner) woken() {
	o.settleAll()
	o.resumed = append(o.resumed, o.express.takePosted()...)
}

// maxPassed is how many turns others have before those in more while the committer is behind. It may never catch up.
const maxPassed = 64

// mayGoOn reports whether it is the turn of those in more.
func (o *owner) mayGoOn() bool {
	if o.passed < maxPassed && o.e.committer.behind() {
		o.passed++
		return false
	}
	o.passed = 0
	return true
}

// submit hands a change to the committer. It rests on l as in memory; nil: on nothing.
func (o *owner) submit(ch *statelark.Change, l *live, tell func(error)) {
	m := commit{change: ch, generation: o.generation, tell: tell}
	if l != nil {
		m.fate = &l.fate
	}
	o.e.committer.submit(m)
}

// goOn gives one more step to the execution that has waited longest for it.
func (o *owner) goOn() bool {
	o.checkGeneration()
	if len(o.more) == 0 {
		return true
	}
	l := o.more[0]
	o.more[0] = nil
	o.more = o.more[1:]
	l.more = false
	switch {
	case l.dead.Load():
		l.moreDue = 0 // it may leave the memory
	case l.x == nil: // something else ended it
	case l.aside != nil:
		l.owed = true
	case l.lost.Load(): // it is to end
	case o.has(l):
		return o.step(l, message{exec: l.record.ID, event: interp.Event{Kind: interp.Continue}})
	}
	return true
}

// oweMore notes that an execution is in the middle of its way.
func (o *owner) oweMore(l *live) {
	if !l.more {
		l.more = true
		o.more = append(o.more, l)
	}
}

// checkGeneration forgets everything when the store failed since the last look.
func (o *owner) checkGeneration() {
	g := o.e.generation.Load()
	if g == o.generation {
		return
	}
	o.generation = g
	for _, l := range o.live {
		if l.aside != nil {
			l.aside.giveUp()
		}
	}
	for _, l := range o.unsettled {
		o.resumed = append(o.resumed, l.waiting...)
	}
	clear(o.live)
	clear(o.names)
	o.idle.Init()
	o.bytes = 0
	o.ended, o.unsettled = nil, nil
	o.more = slices.DeleteFunc(o.more, func(l *live) bool { return l.express == nil }) // the store knows nothing of the others
}

// forgetEnded lets go of the executions whose end is durable: the store knows of it now.
func (o *owner) forgetEnded() {
	for len(o.ended) > 0 && o.ended[0].pending.Load() == 0 {
		if l := o.ended[0]; o.live[l.record.ID] == l {
			o.forget(l)
		}
		o.ended[0] = nil
		o.ended = o.ended[1:]
	}
}

// handle does what a message says, and reports whether this goroutine still is the owner.
func (o *owner) handle(m message) bool {
	o.checkGeneration()
	o.forgetEnded()
	switch {
	case m.begin != nil:
		return o.begin(m)
	case m.redrive != nil:
		return o.redriveExecution(m)
	case m.express != nil:
		return o.handleExpress(m.express)
	case m.computed != nil:
		o.takeBack(m.computed)
		return true
	}
	l, err := o.load(m.exec)
	switch {
	case err != nil:
		o.unread(m, err)
	case l != nil && (l.aside != nil || l.lost.Load()):
		o.wait(l, m)
	case m.child != nil:
		return o.handleChild(l, m)
	case l == nil || l.x == nil, m.must && !l.x.Awaits(m.event):
		o.refuse(m)
	default:
		return o.step(l, m)
	}
	return true
}

// unread answers a message for an execution that could not be read.
func (o *owner) unread(m message, err error) {
	if !errors.Is(err, statelark.ErrFenced) {
		o.e.log.Error("execution could not be read", "id", m.exec, "error", err)
	}
	if errors.Is(err, statelark.ErrUnavailable) {
		o.e.recovery.request() // the event may be known to nobody else any more
	}
	m.answer(err)
}

// refuse answers a message that no execution takes, once what made it so is durable: an empty change comes after all
// that was submitted, and is refused when the shard is another node's. An inbox row that brought the message is done
// with.
func (o *owner) refuse(m message) {
	if m.from == nil && m.reply == nil {
		return
	}
	ch := &statelark.Change{Exec: m.exec}
	if m.from != nil {
		ch.Consumed = append(ch.Consumed, *m.from)
	}
	if m.orphan != nil {
		ch.Sends = append(ch.Sends, *m.orphan)
	}
	o.submit(ch, o.live[m.exec], func(refused error) {
		o.e.hintSends(ch, refused)
		m.answer(cmp.Or(refused, errNoWait))
	})
}

// errUnsettled: what the store has of an execution is not known before its changes have landed.
var errUnsettled = fmt.Errorf("a change of it was refused, and others are under way: %w", statelark.ErrUnavailable)

// load returns a running execution, from memory or from the store; nil when it is not running. The live one of an
// execution that has ended has no x.
func (o *owner) load(id statelark.ExecID) (*live, error) {
	if l := o.express.live[id]; l != nil {
		return l, nil
	}
	if l := o.live[id]; l != nil {
		if !l.dead.Load() {
			return l, nil
		}
		if l.pending.Load() > 0 {
			return nil, errUnsettled
		}
		o.forget(l)
	}
	if o.e.shards.epoch(id.Shard()) == 0 {
		return nil, errNotOwned
	}
	l, err := o.e.readLive(id)
	if err != nil || l == nil {
		return nil, err
	}
	o.keep(l)
	return l, nil
}

// has reports whether l is what is known of its execution now.
func (o *owner) has(l *live) bool {
	if l.express != nil {
		return o.express.live[l.record.ID] == l
	}
	return o.live[l.record.ID] == l
}

// keep notes an execution as in memory.
func (o *owner) keep(l *live) {
	o.live[l.record.ID] = l
	l.place = o.idle.PushBack(l)
	o.weigh(l)
	o.spare(l)
}

// weigh notes how much memory an execution holds now.
func (o *owner) weigh(l *live) {
	now := 0
	if l.x != nil && l.place != nil {
		now = l.x.Size()
	}
	o.bytes += now - l.bytes
	l.bytes = now
}

// spare lets the longest idle executions go when there are too many, or too large ones, in memory; but not l.
func (o *owner) spare(l *live) {
	count, bytes := o.e.opts.MaxLive/len(o.e.owners)+1, o.e.opts.MaxLiveBytes/len(o.e.owners)
	at := o.idle.Front()
	for tries := 0; tries < 8 && at != nil && (o.idle.Len() > count || o.bytes > bytes); tries++ {
		old := at.Value.(*live)
		at = at.Next()
		if old != l && old.pending.Load() == 0 && old.moreDue == 0 && old.aside == nil {
			o.forget(old)
		} else { // not to be looked at again before the others
			o.idle.MoveToBack(old.place)
		}
	}
}

// forget lets go of the memory of an execution. A step of it that is under way is given up.
func (o *owner) forget(l *live) {
	delete(o.live, l.record.ID)
	if key := (nameKey{l.record.Machine, l.record.Name}); o.names[key] == l {
		delete(o.names, key)
	}
	if l.aside != nil {
		l.aside.giveUp()
	}
	o.unlist(l)
}

// unlist takes an execution out of those that may be let go.
func (o *owner) unlist(l *live) {
	if l.place != nil {
		o.idle.Remove(l.place)
		l.place = nil
	}
	o.weigh(l)
}

// hurriedBudget is how many turns a step has while messages wait for the owner: enough for most executions to come to
// their next wait, and little enough that a thousand messages are not long in coming.
const hurriedBudget = 64

// step gives an event to an execution and submits what follows. It reports whether this goroutine still is the owner.
func (o *owner) step(l *live, m message) bool {
	o.date(l, &m)
	if l.express == nil && l.program.deleting() && m.event.Kind != interp.Started {
		m.event = interp.Event{Kind: interp.Stopped, At: m.event.At}
	}
	switch {
	case m.event.Spent != 0:
	case m.event.Kind == interp.Started && l.record.MapRun != "" && l.express == nil && o.e.committer.behind():
		m.event.Spent = interp.StepBudget // it only begins: a Map Run takes what others leave
	case len(o.in) > 0:
		m.event.Spent = interp.StepBudget - hurriedBudget
	}
	c := o.computing
	c.begin(l, m)
	c.run()
	if c.aside {
		c.comeBack()
		return false
	}
	o.decided(c)
	return true
}

// tellHit tells which limit something in a step failed of.
func (o *owner) tellHit(l *live, d *interp.Decision) {
	if d.Hit != "" && o.e.opts.Hit != nil {
		o.e.opts.Hit(d.Hit, l.record.ARN())
	}
}

// decided submits what a step said.
func (o *owner) decided(c *computation) {
	l, m, d := c.live, c.message, c.decision
	o.tellHit(l, d)
	switch {
	case l.express != nil:
		o.decidedExpress(c)
		return
	case c.err != nil:
		o.undecided(c)
		return
	case d.Empty() && !d.More && m.from == nil:
		o.settle(l, m)
		return
	}
	ch := o.newChange(l, d, m)
	l.pending.Add(1)
	o.submit(ch.Change, l, func(err error) { o.landed(l, ch, m, err) })
	if d.End != nil {
		l.x = nil // nothing more happens to it
		o.unlist(l)
		o.ended = append(o.ended, l)
		return
	}
	o.idle.MoveToBack(l.place)
	o.weigh(l)
	if d.More {
		o.oweMore(l)
	}
	o.spare(l)
}

// undecided deals with a step that gave no decision.
func (o *owner) undecided(c *computation) {
	switch {
	case !errors.Is(c.err, interp.ErrInterrupted):
		o.poisoned(c.live, c.message, c.err)
	case c.long:
		o.beginBriefly(c.live, c.message)
	default:
		o.abandoned(c.live, c.message)
	}
}

// date gives an event its time: now, unless the clock was set back since a timer fired or since the event before.
func (o *owner) date(l *live, m *message) {
	at := o.e.now()
	switch m.event.Kind {
	case interp.Started:
		at = l.record.Start
	case interp.TimerFired:
		m.event.Up = *o.e.since.Load()
		if m.due.After(at) {
			at = m.due
		}
	}
	l.latest = max(l.latest, at.UnixMilli())
	m.event.At = time.UnixMilli(l.latest)
}

// stepSafely turns a panic into an error: one execution that the interpreter cannot deal with must not take the
// others with it.
func stepSafely(x *interp.Exec, d *interp.Decision, ev interp.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("interpreter failed: %v\n%s", p, debug.Stack())
		}
	}()
	return x.StepInto(d, ev)
}

// poisoned leaves an execution as the store has it. It stands still until its next event, or for good.
func (o *owner) poisoned(l *live, m message, err error) {
	o.e.log.Error("execution stands still because of a fault in this server; please report it, and stop the execution",
		"execution", l.record.ARN(), "error", err)
	l.dead.Store(true)
	m.answer(err)
}

// settle answers an event that changed nothing, when what was decided before is durable.
func (o *owner) settle(l *live, m message) {
	if m.reply != nil {
		o.submit(&statelark.Change{Exec: l.record.ID}, l, m.reply)
	}
}

// begin starts an execution unless its name is taken, which is statelark.ErrExists.
func (o *owner) begin(m message) bool {
	b := m.begin
	if o.e.shards.epoch(statelark.ShardOf(b.start.Machine, b.start.Name)) == 0 {
		b.answer(nil, errNotOwned)
		return true
	}
	key := nameKey{b.start.Machine, b.start.Name}
	if !b.start.MadeUp && o.taken(key, b) {
		return true
	}
	l := o.e.newLive(b, o.e.opts.Now(), rand.Uint64(), b.seed)
	if !b.start.MadeUp {
		o.dropNames()
		o.names[key] = l
	}
	o.keep(l)
	record := l.record
	return o.step(l, message{
		exec: record.ID, event: interp.Event{Kind: interp.Started}, from: m.from, begin: b,
		reply: func(err error) { b.answer(record, err) },
	})
}

// taken answers a start whose name an execution has, in memory or in the store, and reports whether that is so.
func (o *owner) taken(key nameKey, b *beginning) bool {
	if l := o.names[key]; l != nil && !l.dead.Load() && l.pending.Load() > 0 { // the store may not know it yet
		o.submit(&statelark.Change{Exec: l.record.ID}, l, func(err error) { b.answer(nil, cmp.Or(err, statelark.ErrExists)) })
		return true
	}
	switch _, err := o.e.store.Lookup(context.Background(), key.machine, key.name); {
	case err == nil:
		b.answer(nil, statelark.ErrExists)
	case !errors.Is(err, statelark.ErrNotFound):
		b.answer(nil, err)
	default:
		return false
	}
	return true
}

// beginBriefly starts an execution again whose first step took long: it only begins, so that whoever started it has an
// answer at once, and goes on after that.
func (o *owner) beginBriefly(l *live, m message) {
	o.e.beginAnew(l, m.begin)
	m.event.Spent = interp.StepBudget
	o.step(l, m) // it is short, and so is not set aside
	l.long = true
}

// dropNames forgets names whose executions are durable: the store knows them now.
func (o *owner) dropNames() {
	if len(o.names) < 1024 {
		return
	}
	for key, l := range o.names {
		if l.pending.Load() == 0 {
			delete(o.names, key)
		}
	}
}
