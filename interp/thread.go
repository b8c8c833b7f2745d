package interp

import (
	"math"
	"slices"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// Thread is one sequential flow of an execution.
type Thread struct {
	id      uint32
	parent  uint32 // 0: this is the top thread
	index   int32  // which branch or item of the parent's state
	phase   phase
	touched bool // in Exec.touched
	stored  bool // a row of it was handed out

	block *asl.Block
	state *asl.State // the state it is in; of entering: the one it is bound for; of done: nil

	input value.Value // of the state, as it came; of done: the result of the thread. Set by hold alone
	vars  []value.Member

	prev      eventID // the last event of this thread's chain
	before    eventID // the one before it
	entered   eventID // the event that entered the state
	enteredAt int64   // Unix ms

	retries  *retries // nil: this is the first attempt
	wait     *wait    // what it waits for
	join     *join    // of a Parallel or Map state under way
	run      mapRun   // of a distributed Map, from its start until it has succeeded
	answered uint64   // the wait of the attempt that this step's event ended, 0: none; not in the row

	// Of the step under way; see redrive.go.
	fallen *join // that a failure which goes up has dropped
	was    phase // of gone: the one before
	clean  bool  // of gone: its row says what it was

	// Invariant: between steps, wait is there exactly when the thread is waiting, and join when it is joining.
}

// topThread is the id of the thread that every execution begins with.
const topThread = 1

// eventID is the id of an event: a history has 25,000 at most.
type eventID int32

// phase is where a thread stands between two turns.
type phase uint8

const (
	entering phase = iota + 1 // state is to be entered with input
	waiting                   // for what wait says
	joining                   // for its child threads
	done                      // ended; its result waits for the siblings, and nothing else is kept
	gone                      // no longer part of the execution
	stopped                   // state is to be taken up again, after a redrive
)

// waitKind is what a waiting thread waits for.
type waitKind uint8

const (
	waitTask  waitKind = iota + 1 // a task's result
	waitTime                      // the time of a Wait state
	waitRetry                     // the delay before the next attempt
	waitRun                       // the end of a Map Run
)

// retries counts the attempts after the first.
type retries struct {
	all int
	by  []int // attempts that each retrier has granted
}

type wait struct {
	seq uint64
	due int64 // Unix ms at which its timer is set, 0: none

	// Of waitTask:
	deadline  int64  // by TimeoutSeconds, 0: none
	heartbeat int64  // HeartbeatSeconds in ms, 0: none
	beatBy    int64  // when the next heartbeat is due, 0: the clock does not run yet
	handle    string // of a submitted task
	submitted bool
	picked    bool // an activity worker has it

	kind  waitKind
	place int32 // in Exec.due
}

// cancels reports whether w is for something outside, which has to learn that nobody waits for it any more.
func (w *wait) cancels() bool { return w.kind == waitTask || w.kind == waitRun }

// cancelled gives up what t waits for.
func (t *Thread) cancelled() CancelTask {
	if t.wait.kind == waitRun {
		return CancelTask{t.wait.seq, t.run.arn}
	}
	return CancelTask{t.wait.seq, t.wait.handle}
}

// join is the memory of a Parallel or Map state whose threads run.
//
// Invariant: ended <= started <= length; between steps limit threads run, or all are started, or it is paused.
type join struct {
	items    value.Value // of Map: the array
	args     value.Value // of Map: the effective input, which ItemSelector sees
	length   int
	limit    int       // how many may run at once
	started  int       // children begun; the next one has this index
	ended    int       // of them
	children []*Thread // by index; nil: not begun
	bytes    int       // of the results so far

	// paused is set while more iterations are to be started when the execution goes on; they follow from the event from.
	paused bool
	from   eventID
}

// newThread adds a thread. Its events follow those of its parent until it writes its own.
func (x *Exec) newThread(parent uint32, index int, block *asl.Block) *Thread {
	x.lastThread++
	t := &Thread{id: x.lastThread, parent: parent, index: int32(index), block: block}
	x.threads[t.id] = t
	if p := x.threads[parent]; p != nil {
		t.prev = p.prev
	}
	x.touch(t)
	return t
}

// follow takes t's chain on to the last event of child.
func (t *Thread) follow(child *Thread) { t.prev, t.before = child.prev, child.before }

// touch notes that the row of t has to be written.
func (x *Exec) touch(t *Thread) {
	if !t.touched {
		t.touched = true
		x.touched = append(x.touched, t)
	}
}

// mapRun is the last Map Run of a state.
type mapRun struct {
	arn      string // "": none
	redrives int64
}

// goTo makes t ready to enter a state.
func (x *Exec) goTo(t *Thread, state string, input value.Value) {
	t.phase, t.state, t.fallen, t.run = entering, t.block.State(state), nil, mapRun{}
	x.hold(t, input)
	x.touch(t)
	x.turns.ready = append(x.turns.ready, t)
}

// hold makes v the payload that t holds: its input, or its result.
func (x *Exec) hold(t *Thread, v value.Value) {
	x.held += v.Size() - t.input.Size()
	x.spend(v.Size() / bytesPerTurn)
	t.input = v
}

// remove takes t and all threads below it out of the execution. What they are is left in them: see putBack.
func (x *Exec) remove(t *Thread) {
	t.clean = t.stored && !t.touched
	x.giveUp(t)
	x.dropJoin(t)
	x.held -= t.input.Size()
	x.vars -= size(t.vars)
	t.was, t.phase, x.cut = t.phase, gone, true
	delete(x.threads, t.id)
	x.touch(t)
}

// dropJoin removes the threads below t.
func (x *Exec) dropJoin(t *Thread) {
	if t.join == nil {
		return
	}
	for _, c := range t.join.children {
		if c != nil && c.phase != gone {
			x.remove(c)
		}
	}
	x.held -= t.join.size()
	t.fallen, t.join, x.cut = t.join, nil, true
}

// forgetJoin is dropJoin for threads that a redrive has no use for.
func (x *Exec) forgetJoin(t *Thread) {
	x.dropJoin(t)
	t.fallen = nil
}

// joinWith makes t wait for child threads.
func (x *Exec) joinWith(t *Thread, j *join) {
	t.phase, t.join = joining, j
	x.held += j.size()
	x.touch(t)
}

// size is how many bytes j holds besides its threads.
func (j *join) size() int { return j.items.Size() + j.args.Size() + 32*j.length }

// await opens a wait of t and sets its timer, when due is not 0.
func (x *Exec) await(t *Thread, kind waitKind, due int64) {
	t.phase = waiting
	t.wait = &wait{seq: x.nextSeq(), kind: kind}
	x.waits[t.wait.seq] = t
	x.setTimer(t, due)
	x.touch(t)
}

// setTimer moves the timer of t's wait to due, or to the end of the execution when that is earlier; 0 takes it away.
func (x *Exec) setTimer(t *Thread, due int64) {
	due = min(due, x.deadline)
	if t.wait.due == due {
		return
	}
	if t.wait.due != 0 {
		x.d.Disarm = append(x.d.Disarm, TimerSet{t.wait.seq, t.wait.due})
	}
	if due != 0 {
		x.d.Arm = append(x.d.Arm, TimerSet{t.wait.seq, due})
	}
	t.wait.due = due
	x.due.set(t)
	x.touch(t)
}

// closeWait ends t's wait, whose event has come, and takes its timer away.
func (x *Exec) closeWait(t *Thread) {
	x.setTimer(t, 0)
	if t.wait.kind == waitTask {
		t.answered = t.wait.seq
	}
	delete(x.waits, t.wait.seq)
	t.wait = nil
	x.touch(t)
}

// giveUp ends t's wait before its event has come; a task is cancelled.
func (x *Exec) giveUp(t *Thread) {
	if t.wait == nil {
		return
	}
	if t.wait.cancels() {
		x.d.Cancel = append(x.d.Cancel, t.cancelled())
	}
	x.closeWait(t)
}

// lookup finds a variable: in the thread's own scope, then in those around it.
func (x *Exec) lookup(t *Thread, name string) (value.Value, bool) {
	for ; t != nil; t = x.threads[t.parent] {
		for i := range t.vars {
			if t.vars[i].Key == name {
				return t.vars[i].Value, true
			}
		}
	}
	return value.Value{}, false
}

// assign sets variables of t's scope. The old slice stays as it is: a row that is being written may hold it.
func (x *Exec) assign(t *Thread, assigned []value.Member) {
	if len(assigned) == 0 {
		return
	}
	x.vars += t.growth(assigned)
	vars := append(make([]value.Member, 0, len(t.vars)+len(assigned)), t.vars...)
	for _, a := range assigned {
		if i := variable(vars, a.Key); i >= 0 {
			vars[i].Value = a.Value
		} else {
			vars = append(vars, a)
		}
	}
	t.vars = vars
}

// dropVars ends t's scope.
func (x *Exec) dropVars(t *Thread) {
	x.vars -= size(t.vars)
	t.vars = nil
}

// variable returns the place of a variable, -1 when it is not there.
func variable(vars []value.Member, name string) int {
	return slices.IndexFunc(vars, func(v value.Member) bool { return v.Key == name })
}

// size is how many bytes the variables have.
func size(vars []value.Member) int { return sizeWithin(vars, math.MaxInt) }

// sizeWithin is size, or some number above limit once that is passed.
func sizeWithin(vars []value.Member, limit int) int {
	n := 0
	for i := 0; i < len(vars) && n <= limit; i++ {
		n += vars[i].Value.SizeWithin(limit - n)
	}
	return n
}

// growth is by how many bytes assigned, whose names differ, makes t's variables larger.
func (t *Thread) growth(assigned []value.Member) int {
	n := size(assigned)
	for i := range assigned {
		if at := variable(t.vars, assigned[i].Key); at >= 0 {
			n -= t.vars[at].Value.Size()
		}
	}
	return n
}

// variablesTooLarge reports whether assigned is more than one Assign may set, or than t's execution may hold.
func (x *Exec) variablesTooLarge(t *Thread, assigned []value.Member) bool {
	most := int(x.limits.AssignBytes)
	switch {
	case sizeWithin(assigned, most) > most:
		x.d.Hit = "assign-bytes"
	case x.limits.VariablesBytes.Exceeded(int64(x.vars + t.growth(assigned))):
		x.d.Hit = "variables-bytes"
	default:
		return false
	}
	return true
}
