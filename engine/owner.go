package engine

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
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
	// from is the inbox row that brought the event.
	from *statelark.MessageKey
	// orphan is sent when nothing waits for the event.
	orphan *statelark.Message
	// begin starts a new execution instead.
	begin *beginning
	// reply is called when what follows from the event is durable, or with why it is not. May be nil.
	reply func(error)
}

// beginning is an execution to start.
type beginning struct {
	start   statelark.ExecutionStart
	machine *program
	parent  *parentWait
	answer  func(*statelark.Execution, error)
}

// errNoWait: the event answers nothing that the execution waits for.
var errNoWait = errors.New("nothing waits for this")

// owner is the goroutine that owns a part of the shards.
type owner struct {
	e    *Engine
	in   chan message
	quit chan struct{}

	generation uint64
	live       map[statelark.ExecID]*live
	idle       *list.List // of *live, the longest idle first
	names      map[nameKey]*live
	more       []*live // whose last step ran out of budget
	ended      []*live // whose end may not be durable yet, in that order

	decision interp.Decision // of the step under way
	encoder  history.Encoder
}

type nameKey struct{ machine, name string }

// live is an execution in memory.
type live struct {
	record   *statelark.Execution
	program  *program
	x        *interp.Exec
	payloads *payloads
	again    int64        // due time (Unix ms) of the stored timer that says More, 0: none
	latest   int64        // time (Unix ms) of the last event that was given to it
	pending  atomic.Int32 // changes submitted and not finished
	dead     atomic.Bool  // a change was refused: memory and store differ
	place    *list.Element
}

func newOwner(e *Engine) *owner {
	return &owner{
		e: e, in: make(chan message, mailboxSize), quit: make(chan struct{}), generation: e.generation.Load(),
		live: make(map[statelark.ExecID]*live), idle: list.New(), names: make(map[nameKey]*live),
	}
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

func (o *owner) run() {
	for {
		if len(o.more) == 0 {
			select {
			case m := <-o.in:
				o.handle(m)
			case <-o.quit:
				return
			}
			continue
		}
		select {
		case m := <-o.in:
			o.handle(m)
		case <-o.quit:
			return
		default:
		}
		o.goOn()
	}
}

// submit hands a change to the committer. It rests on l as in memory; nil: on nothing.
func (o *owner) submit(ch *statelark.Change, l *live, finish func(error)) {
	o.e.committer.submit(commit{ch, o.generation, l, finish})
}

// goOn gives one more step to the execution that has waited longest for it.
func (o *owner) goOn() {
	o.checkGeneration()
	if len(o.more) == 0 {
		return
	}
	l := o.more[0]
	o.more = o.more[1:]
	switch {
	case l.dead.Load():
		l.again = 0 // it may leave the memory
	case o.live[l.record.ID] == l:
		o.step(l, message{exec: l.record.ID, event: interp.Event{Kind: interp.Continue}})
	}
}

// checkGeneration forgets everything when the store failed since the last look.
func (o *owner) checkGeneration() {
	if g := o.e.generation.Load(); g != o.generation {
		o.generation = g
		clear(o.live)
		clear(o.names)
		o.idle.Init()
		o.more, o.ended = nil, nil
	}
}

// forgetEnded lets go of the executions whose end is durable: the store knows of it now.
func (o *owner) forgetEnded() {
	for len(o.ended) > 0 && o.ended[0].pending.Load() == 0 {
		if l := o.ended[0]; o.live[l.record.ID] == l {
			delete(o.live, l.record.ID)
		}
		o.ended[0] = nil
		o.ended = o.ended[1:]
	}
}

func (o *owner) handle(m message) {
	o.checkGeneration()
	o.forgetEnded()
	if m.begin != nil {
		o.begin(m.begin)
		return
	}
	l, err := o.load(m.exec)
	switch {
	case err != nil:
		o.e.log.Error("execution could not be read", "id", m.exec, "error", err)
		if errors.Is(err, statelark.ErrUnavailable) {
			o.e.lookAgain() // the event may be known to nobody else any more
		}
		if m.reply != nil {
			m.reply(err)
		}
	case l == nil || l.x.Status() > interp.Running:
		o.refuse(m)
	case m.must && !l.x.Awaits(m.event):
		o.refuse(m)
	default:
		o.step(l, m)
	}
}

// refuse answers a message that no execution takes, once what made it so is durable: an empty change comes behind all
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
		if m.reply != nil {
			m.reply(cmp.Or(refused, errNoWait))
		}
	})
}

// errUnsettled: what the store has of an execution is not known before its changes are finished.
var errUnsettled = fmt.Errorf("a change of it was refused, and others are under way: %w", statelark.ErrUnavailable)

// load returns a running execution, from memory or from the store; nil when it is not running.
func (o *owner) load(id statelark.ExecID) (*live, error) {
	if l := o.live[id]; l != nil {
		if !l.dead.Load() {
			return l, nil
		}
		if l.pending.Load() > 0 {
			return nil, errUnsettled
		}
		o.forget(l)
	}
	l, err := o.e.readLive(id)
	if err != nil || l == nil {
		return nil, err
	}
	o.keep(l)
	return l, nil
}

// keep notes an execution as in memory, and lets the longest idle ones go when there are too many.
func (o *owner) keep(l *live) {
	o.live[l.record.ID] = l
	l.place = o.idle.PushBack(l)
	limit := o.e.cfg.MaxLive/len(o.e.owners) + 1
	at := o.idle.Front()
	for tries := 0; tries < 8 && at != nil && len(o.live) > limit; tries++ {
		old := at.Value.(*live)
		at = at.Next()
		if old != l && old.pending.Load() == 0 && old.again == 0 {
			o.forget(old)
		}
	}
}

func (o *owner) forget(l *live) {
	delete(o.live, l.record.ID)
	if l.place != nil {
		o.idle.Remove(l.place)
		l.place = nil
	}
}

// step gives an event to an execution and submits what follows.
func (o *owner) step(l *live, m message) {
	o.date(l, &m)
	if l.program.deleting() && m.event.Kind != interp.Started {
		m.event = interp.Event{Kind: interp.Stopped, At: m.event.At}
	}
	d := &o.decision
	if err := stepSafely(l.x, d, m.event); err != nil {
		o.poisoned(l, m, err)
		return
	}
	if d.Empty() && !d.More && m.from == nil {
		o.settle(l, m)
		return
	}
	c := o.newChange(l, d, m)
	l.pending.Add(1)
	o.submit(c.Change, l, func(err error) { o.e.finishChange(l, c, m, err) })
	switch {
	case d.Finish != nil:
		o.idle.Remove(l.place)
		l.place = nil
		o.ended = append(o.ended, l)
	default:
		o.idle.MoveToBack(l.place)
		if d.More {
			o.more = append(o.more, l)
		}
	}
}

// date gives an event its time: now, unless the clock was set back since a timer fired or since the event before.
func (o *owner) date(l *live, m *message) {
	at := o.e.now()
	switch {
	case m.begin != nil:
		at = l.record.Start
	case m.event.Kind == interp.TimerFired:
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
	if m.reply != nil {
		m.reply(err)
	}
}

// settle answers an event that changed nothing, when what was decided before is durable.
func (o *owner) settle(l *live, m message) {
	if m.reply != nil {
		o.submit(&statelark.Change{Exec: l.record.ID}, l, m.reply)
	}
}

// begin starts an execution unless its name is taken.
func (o *owner) begin(b *beginning) {
	key := nameKey{b.start.Machine, b.start.Name}
	if !b.start.MadeUp {
		if l := o.names[key]; l != nil && !l.dead.Load() && l.pending.Load() > 0 { // the store may not know it yet
			o.answerTaken(l, b)
			return
		}
		if taken, err := o.e.taken(b); taken || err != nil {
			return
		}
	}
	l := o.e.newLive(b, o.e.now(), rand.Uint64(), rand.Uint64())
	record := l.record
	if !b.start.MadeUp {
		o.names[key] = l
	}
	o.keep(l)
	reply := func(err error) {
		if errors.Is(err, statelark.ErrExists) {
			if _, err = o.e.taken(b); err == nil {
				return
			}
		}
		if err != nil {
			b.answer(nil, unavailable(err))
			return
		}
		b.answer(record, nil)
	}
	o.step(l, message{exec: record.ID, event: interp.Event{Kind: interp.Started}, begin: b, reply: reply})
	o.dropNames()
}

// answerTaken answers a start whose name an execution in memory has, once that one is durable.
func (o *owner) answerTaken(l *live, b *beginning) {
	o.submit(&statelark.Change{Exec: l.record.ID}, l, func(err error) {
		if err != nil {
			b.answer(nil, unavailable(err))
			return
		}
		if taken, err := o.e.taken(b); err == nil && !taken {
			b.answer(nil, unavailable(statelark.ErrUnavailable))
		}
	})
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
