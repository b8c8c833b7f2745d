package engine

import (
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
)

// moreSeq is the Seq of the timer that stands for a Decision with More: it makes a restarted engine go on with
// an execution that was in the middle of its way. It is never set in memory.
const moreSeq = 0

// change is a Change and what has to be done once it is durable.
type change struct {
	*statelark.Change
	generation uint64
	run        []call
	job        *jobRow // to be watched; nil: none
	taken      uint64  // the wait of the Task that somebody has from now on, 0: none
	over       uint64  // the wait of the Task whose answer it is, 0: none
	cancel     []interp.CancelTask
	arm        []interp.TimerSet
	disarm     []interp.TimerSet
	end        *interp.End
	news       *News  // for the tap; nil: none
	arena      []byte // what the rows are written into; given back once they are stored
}

// arenas are used again and again: the store keeps nothing of a change when its commit returns. One that grew large
// is let go.
var arenas = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

const keepArena = 64 << 10

// row returns what write appends to the arena, as a slice of its own.
func (c *change) row(write func([]byte) []byte) []byte {
	from := len(c.arena)
	c.arena = write(c.arena)
	return c.arena[from:len(c.arena):len(c.arena)]
}

// recycle gives the arena back. Nothing may look at the rows any more.
func (c *change) recycle() {
	if cap(c.arena) <= keepArena {
		b := c.arena[:0]
		arenas.Put(&b)
	}
	c.arena, c.Change = nil, nil
}

// newChange turns what one step says into rows and effects. It keeps nothing of d.
func (o *owner) newChange(l *live, d *interp.Decision, m message) *change {
	e, id := o.e, l.record.ID
	ch := &statelark.Change{Exec: id}
	c := &change{Change: ch, generation: o.generation, end: d.End, arena: *arenas.Get().(*[]byte)}
	if m.from != nil {
		ch.Consumed = append(ch.Consumed, *m.from)
	}
	if m.begin != nil {
		ch.Start, ch.Free, ch.Execution = true, true, l.record // begin has looked
		e.tellBegan(ch, l.record)
	}
	if m.redriven {
		ch.Execution = l.record
	}
	if d.End != nil {
		e.endChange(l, c, d)
	} else {
		e.goOnChange(l, c, d, m)
	}
	if n := len(d.History); n > 0 { // after the rows: the payloads they refer to are not repeated in the block
		ch.First, ch.Last = d.History[0].ID, d.History[n-1].ID
		ch.Block = c.row(func(dst []byte) []byte { return o.encoder.Encode(dst, d.History, l.payloads) })
	}
	if d.End == nil || ch.Keep { // last, for it holds the number of the last payload
		ch.Threads = append(ch.Threads, statelark.ThreadRow{Data: c.row(l.appendHeader)})
	}
	c.cancel = append(c.cancel, d.Cancel...)
	c.disarm = append(c.disarm, d.Disarm...)
	sendStops(ch, l, d.Cancel)
	ch.Blobs = l.payloads.takeNew()
	c.tasks(&m.event)
	c.news = e.newsOf(l, d, m.begin != nil)
	return c
}

// endChange is the part of a change that ends an execution.
func (e *Engine) endChange(l *live, c *change, d *interp.Decision) {
	record := *l.record
	record.Status = statuses[d.End.Status]
	record.Stop = time.UnixMilli(d.History[len(d.History)-1].At).UTC()
	record.Events = l.x.LastEvent()
	record.Kept = record.Status != statelark.Succeeded && !e.opts.Limits.Events.Reached(record.Events+1)
	l.record = &record
	c.Execution, c.Close, c.Keep = &record, true, record.Kept
	if c.Keep {
		c.threads(l, d)
	}
	e.tellEnded(c.Change, &record, l, d.End)
}

var statuses = map[interp.Status]statelark.Status{
	interp.Running: statelark.Running, interp.Succeeded: statelark.Succeeded, interp.Failed: statelark.Failed,
	interp.TimedOut: statelark.TimedOut, interp.Aborted: statelark.Aborted,
}

// goOnChange is the part of a change that an execution goes on from.
func (e *Engine) goOnChange(l *live, c *change, d *interp.Decision, m message) {
	c.threads(l, d)
	for _, t := range d.Disarm {
		c.Timers = append(c.Timers, timerOp(t, true))
	}
	for _, t := range d.Arm {
		c.Timers = append(c.Timers, timerOp(t, false))
	}
	c.arm = append(c.arm, d.Arm...)
	l.noteMore(c, d)
	for i := range d.Run {
		k := newCall(l, &d.Run[i])
		c.Work = append(c.Work, statelark.WorkOp{Seq: k.seq, Data: c.row(func(dst []byte) []byte { return k.appendWork(dst, l.payloads) })})
		c.run = append(c.run, k)
	}
	for i := range d.MapRuns {
		if start := &d.MapRuns[i]; start.Run != nil {
			c.Sends = append(c.Sends, beginRunMessage(l, start))
		} else {
			c.Sends = append(c.Sends, redriveRunMessage(l, start))
		}
	}
	if workEnds(m.event.Kind) && !m.goesOn {
		c.workEnds(e, m)
	}
	for _, t := range d.Cancel {
		c.Work = append(c.Work, statelark.WorkOp{Seq: t.Seq})
	}
}

// threads adds the thread rows that a step changed.
func (c *change) threads(l *live, d *interp.Decision) {
	for _, t := range d.Dirty {
		c.Threads = append(c.Threads, statelark.ThreadRow{Thread: t.ID(), Data: c.row(func(dst []byte) []byte { return t.AppendRow(dst, l.payloads) })})
	}
	for _, id := range d.Removed {
		c.Threads = append(c.Threads, statelark.ThreadRow{Thread: id})
	}
}

// workEnds takes away the work row of a task that need not be dispatched again. Where a job goes on, it leaves what tells
// a restarted engine to watch it; where somebody is to answer, that the task is open.
func (c *change) workEnds(e *Engine, m message) {
	op := statelark.WorkOp{Seq: m.event.Seq}
	if m.job != nil {
		c.job = m.job
		op.Data = c.row(m.job.append)
	} else if t, open := e.open.get(taskKey{c.Exec, m.event.Seq}); open && m.event.Kind != interp.TaskSucceeded && m.event.Kind != interp.TaskFailed {
		op.Data = c.row(t.append)
	}
	c.Work = append(c.Work, op)
}

// workEnds reports whether an event means that the task need not be dispatched again after a crash.
func workEnds(k interp.EventKind) bool {
	switch k {
	case interp.TaskPickedUp, interp.TaskSubmitted, interp.TaskSucceeded, interp.TaskFailed:
		return true
	}
	return false
}

func timerOf(id statelark.ExecID, t interp.TimerSet) statelark.Timer {
	return statelark.Timer{Due: time.UnixMilli(t.Due).UTC(), Exec: id, Seq: t.Seq}
}

func timerOp(t interp.TimerSet, cancel bool) statelark.TimerOp {
	return statelark.TimerOp{Seq: t.Seq, Due: time.UnixMilli(t.Due).UTC(), Cancel: cancel}
}

// noteMore keeps the stored timer that says More as long as the execution is in the middle of its way: the event of one
// thread leaves the others where they are.
func (l *live) noteMore(c *change, d *interp.Decision) {
	switch more := d.More || l.more; {
	case more && l.moreDue == 0:
		l.moreDue = l.latest
		c.Timers = append(c.Timers, timerOp(interp.TimerSet{Seq: moreSeq, Due: l.moreDue}, false))
	case !more && l.moreDue != 0:
		c.Timers = append(c.Timers, timerOp(interp.TimerSet{Seq: moreSeq, Due: l.moreDue}, true))
		l.moreDue = 0
	}
}

// landed does what a change said, now that it is durable; or tells that it was refused. The finisher calls it.
func (o *owner) landed(l *live, c *change, m message, err error) {
	if err != nil {
		l.dead.Store(true)                                           // before pending tells that nothing is under way
		if m.begin == nil && o.e.generation.Load() == c.generation { // else there is a recovery as it is
			o.e.recovery.request() // the event may be known to nobody else any more
		}
	}
	if l.pending.Add(-1) == 0 && l.lost.Load() {
		o.nudge()
	}
	defer c.recycle()
	if err == nil && c.end != nil { // before whoever stopped it begins another one
		o.e.openings.ended(l.record, l.program.record.Type)
	}
	m.answer(err)
	if err == nil {
		o.effect(l, c)
	}
}

// effect lets out of the node what a durable change said.
func (o *owner) effect(l *live, c *change) {
	e := o.e
	e.tell(c.news)
	e.open.effect(c)
	for _, k := range c.run {
		e.dispatch(k)
	}
	if c.job != nil {
		e.jobs.watch(taskKey{c.Exec, c.job.seq}, c.job.handle)
	}
	for _, t := range c.cancel {
		e.jobs.forget(taskKey{c.Exec, t.Seq})
		e.dispatcher.forget(taskKey{c.Exec, t.Seq})
		e.activities.cancel(taskKey{c.Exec, t.Seq})
	}
	for _, t := range c.disarm {
		o.timers.remove(timerOf(c.Exec, t))
	}
	for _, t := range c.arm {
		o.timers.add(timerOf(c.Exec, t))
	}
	e.hintSends(c.Change, nil)
	if c.end != nil && l.program.deleting() {
		e.deletions.look(l.record.Machine)
	}
}

// hintSends says which shards have messages now.
func (e *Engine) hintSends(ch *statelark.Change, err error) {
	if err != nil {
		return
	}
	for i := range ch.Sends {
		s := &ch.Sends[i]
		e.ownerOf(s.To).inbox.hint(s.To.Shard())
	}
}

// dispatch hands a task over: to the workers of its activity, or to its target.
func (e *Engine) dispatch(k call) {
	if k.resource.Activity != "" && e.dispatcher.targets.Mock(&k.mock) == nil {
		e.activities.push(k.resource.ARN, k)
		return
	}
	e.dispatcher.push(k)
}
