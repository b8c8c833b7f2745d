package engine

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
)

// # Long steps
//
// A step takes some microseconds, but expressions may compute for seconds, and an owner has thousands of executions.
// So a step that takes long is set aside, as Go's scheduler hands its processor on when a thread blocks:
//
//	owner's goroutine   step ── Patience is over ── goes on computing ──────────┐ message: computed
//	another goroutine                 └ is the owner: handles messages … … … … … … … └ submits the decision
//
// The interpreter asks between pieces of its work whether it is interrupted (interp.Host.Interrupted); computation.poll
// answers, and it is there that ownership passes on. Steps that are set aside have a few seats, which they
// leave after each slice to whoever waits longest: so they share, and most processors are the owners'.
//
// What comes for the execution meanwhile waits (live.waiting). A step is given up when its execution is to stop, when its
// state machine is deleted, when the store failed, and when the engine closes; the memory is then of no more use, and is
// read again from the store, which knows nothing of the step.
//
// What has been set aside once goes aside at the first chance in its next steps, until one of them is short: of a hundred
// such executions each would hold the owner for its patience otherwise.
//
// The first step of an execution is not set aside: it is given up, and the execution begins briefly, without entering
// a state, so that whoever starts it has an answer at once. What took long is the next step then.

const (
	// slice is how long a step that is set aside computes before others have their turn.
	slice = time.Millisecond
	// maxWaiting is how many messages wait for one step; the callers of others are told to come again.
	maxWaiting = 4096
)

// computation is one step under way. It belongs to the owner's goroutine, and from setAside to takeBack to the
// goroutine that computes it.
type computation struct {
	o        *owner
	live     *live
	message  message
	decision *interp.Decision
	err      error
	from     time.Time     // when the step began or, once it is set aside, its slice
	long     bool          // it is the first of its execution, and takes long
	aside    bool          // another goroutine is the owner
	seated   bool          // it has a seat
	abandon  chan struct{} // closed by the owner, of a step that is set aside
	givenUp  bool          // abandon is closed; the owner's
}

func newComputation(o *owner) *computation {
	return &computation{o: o, decision: new(interp.Decision)}
}

func (c *computation) begin(l *live, m message) {
	c.live, c.message, c.err, c.long, c.from = l, m, nil, false, time.Now()
	l.computation = c
}

func (c *computation) run() {
	c.err = stepSafely(c.live.x, c.decision, c.message.event)
	if !c.aside {
		c.live.long = c.long
	}
}

// poll is asked while the step computes, and says whether it is to be given up.
func (c *computation) poll() bool {
	e := c.o.e
	if e.isClosing() || c.abandoned() || c.live.express == nil && c.live.program.deleting() && c.message.event.Kind != interp.Stopped {
		return true
	}
	switch took := time.Since(c.from); {
	case c.message.event.Spent == interp.StepBudget:
		return false
	case c.aside:
		if took >= slice {
			c.leave()
			runtime.Gosched()
			return c.enter()
		}
	case took < time.Duration(e.patience.Load()) && !c.live.long:
	case c.message.begin != nil:
		c.long = true
		return true
	default:
		c.setAside()
		return c.enter()
	}
	return false
}

// abandoned reports whether the owner gave the step up. Nobody does before it is set aside, and abandon is nil.
func (c *computation) abandoned() bool {
	select {
	case <-c.abandon:
		return true
	default:
		return false
	}
}

// setAside makes another goroutine the owner.
func (c *computation) setAside() {
	o := c.o
	c.aside, c.abandon = true, make(chan struct{})
	c.live.aside, c.live.long = c, true
	o.computing = newComputation(o)
	o.e.running.Go(o.run)
}

// enter waits for a seat, and says whether the step was given up meanwhile.
func (c *computation) enter() (givenUp bool) {
	select {
	case c.o.e.seats <- struct{}{}:
		c.seated, c.from = true, time.Now()
		return false
	case <-c.abandon:
	case <-c.o.e.closing:
	}
	return true
}

func (c *computation) leave() {
	if c.seated {
		<-c.o.e.seats
		c.seated = false
	}
}

// comeBack hands the step to the owner.
func (c *computation) comeBack() {
	c.leave()
	select {
	case c.o.in <- message{computed: c}:
	case <-c.o.quit:
		c.message.answer(errClosing)
	}
}

// giveUp makes the step end soon. The owner calls it.
func (c *computation) giveUp() {
	if !c.givenUp {
		c.givenUp = true
		close(c.abandon)
	}
}

// newSeats returns the seats for steps that are set aside: a channel that holds one thing for each that is taken.
// Who waits longest for it is served first, as channels do.
func newSeats() chan struct{} { return make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)) }

// errBusy is told to those who come when too many wait for one execution.
var errBusy = fmt.Errorf("the execution computes, and many wait for it: %w", statelark.ErrUnavailable)

// wait keeps a message until the step of its execution has come back. A stop goes first, and ends the step.
func (o *owner) wait(l *live, m message) {
	switch {
	case l.aside == nil && o.e.isClosing(): // it has come back, and nothing more is made of it
		m.answer(errClosing)
	case m.event.Kind == interp.Stopped:
		if l.aside != nil {
			l.aside.giveUp()
		}
		l.waiting = slices.Insert(l.waiting, 0, m)
	case len(l.waiting) < maxWaiting || m.from == nil && m.reply == nil: // timers are as many as the execution has
		l.waiting = append(l.waiting, m)
	default: // an inbox row is read again
		m.answer(errBusy)
	}
}

// takeBack goes on with a step that was set aside, and then with what waited for it.
func (o *owner) takeBack(c *computation) {
	l := c.live
	l.aside, l.computation = nil, nil // what it said is not to be held any longer
	if !o.has(l) {                    // a change was refused meanwhile: memory was read again, or is to be
		l.waiting = slices.Insert(l.waiting, 0, c.message)
		o.resume(l)
		return
	}
	if l.owed {
		l.owed = false
		o.oweMore(l)
	}
	o.decided(c)
	if !l.lost.Load() {
		o.resume(l)
	}
}

// resume has the messages handled that waited.
func (o *owner) resume(l *live) {
	o.resumed = append(o.resumed, l.waiting...)
	l.waiting = nil
}

// abandoned forgets an execution whose step was given up. What it was about, and what waited, is handled again once
// the store has all that was decided before.
func (o *owner) abandoned(l *live, m message) {
	if o.e.isClosing() {
		l.lost.Store(true)
		for _, m := range append(l.waiting, m) {
			m.answer(errClosing)
		}
		l.waiting = nil
		return
	}
	if m.begin != nil { // nothing of it is known to anybody
		l.dead.Store(true)
		o.forget(l)
		m.answer(errUnsettled)
		return
	}
	l.waiting = append(l.waiting, m)
	o.unsettled = append(o.unsettled, l)
	l.lost.Store(true) // before pending is looked at: see landed
	o.settleAll()
}

// settleAll takes up the executions whose step was given up and whose changes have landed.
func (o *owner) settleAll() {
	o.unsettled = slices.DeleteFunc(o.unsettled, func(l *live) bool {
		if l.pending.Load() > 0 {
			return false
		}
		if o.live[l.record.ID] == l {
			o.forget(l)
		}
		o.resume(l)
		return true
	})
}
