// Package interp runs a machine. It decides and does nothing: an event comes in, and a Decision comes out that
// says all that follows from it, which history to write, which rows changed, which tasks to run, which timers
// to set. It performs no I/O, reads no clock and starts no goroutine, so the same events give the same bytes.
//
// # Threads
//
// The memory of an execution is a tree of threads. A thread is one sequential flow: the top level, a branch of
// a Parallel state, an item of a Map state. Threads take turns in the order in which they became ready, one
// state a turn, until each of them waits for something or the step's budget is used up.
//
// # Waits
//
// What a thread waits for has a number, its Seq, used once. An event that answers no wait is not an error: it
// came late, or twice, and the Decision is empty.
//
// # Failures
//
// A failure of a state is looked for in its Retry, then in its Catch; then it is the failure of the thread, and
// so of the Parallel or Map state the thread belongs to, whose other threads are cut. A failure that AWS calls
// States.Runtime skips all of that and ends the execution.
package interp

import (
	"math"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

// MaxEvents is the largest id of an event that there is room for, whatever the limits say.
const MaxEvents = math.MaxInt32

// maxAge is how long an execution may run where limits have no bound, in ms.
const maxAge = 100 * 365 * 24 * 3600 * 1000

// Identity is what an execution is called: it never changes from its start, or a redrive, to its end.
type Identity struct {
	ARN         string
	Name        string
	RoleARN     string
	MachineARN  string
	MachineName string
	Version     string // ARN it was started through, "" when none
	Alias       string
	Region      string
	StartedAt   time.Time
	// Express: it is an Express execution; Sync, with Express: StartSyncExecution started it.
	Express, Sync bool
	Redrives      int64     // how often it was redriven
	Redriven      time.Time // when it last was
}

// Host is what an execution needs from outside and may not reach for itself.
type Host struct {
	// Token returns the task token of a wait, always the same.
	Token func(seq uint64) string
	// Interrupted is asked while a step computes: each time that another unit of work (some 50 µs of an expression)
	// is done, and every few turns. When it says true the step is abandoned. It may block for a while. nil: never.
	Interrupted func() bool
	// HasActivity reports whether there is an activity of an ARN; nil: there always is. It is asked before each
	// attempt of a Task.
	HasActivity func(arn string) bool
	// Limits are what the execution is held to; nil: AWS's. They may differ from one Load to the next.
	Limits *limits.Limits
	// Delay is how long Wait states wait, and attempts for the one after them, that are to take so many ms; nil: as long.
	Delay func(ms int64) int64
}

// delay is how long a delay of ms takes here.
func (h *Host) delay(ms int64) int64 {
	if h.Delay == nil {
		return ms
	}
	return h.Delay(ms)
}

// Exec is the memory of one execution. One goroutine at a time may use it.
//
// Invariants between steps:
//   - Rows hold all of it but what Identity, Host and the machine say: Load gives an Exec that decides the same.
//   - A parent's id is smaller than those of its children, and no id and no Seq is ever used again.
//   - waits holds exactly the threads that wait; each thread that is ready is in turns.pending, and gets its turn when
//     the host steps with Continue.
type Exec struct {
	id      Identity
	host    Host
	machine *asl.Machine
	limits  *limits.Limits
	bounds  bounds
	input   value.Value // of the execution
	first   *Beginning  // of one that has not started and does not begin at StartAt; nil: it does

	status     Status
	lastEvent  int64
	lastSeq    uint64
	lastThread uint32
	seed       uint64 // of the execution's random numbers
	draws      uint64 // how many have been drawn
	deadline   int64  // Unix ms at which the execution times out, 0: it has not started
	timeoutSeq uint64 // the timer's wait
	test       *test  // nil unless this is a test of a single state
	stale      uint64 // waits up to this Seq are of before the last redrive, and void
	redriven   eventID

	threads map[uint32]*Thread
	waits   map[uint64]*Thread // by Seq
	due     dueHeap
	turns   turns
	held    int // bytes of the payloads that threads and joins hold. Invariant: what a sum over all of them gives
	vars    int // bytes of all variables. Invariant: as held

	outdated []*Thread // distributed Maps as older builds had them; see renew

	// Of the step under way:
	now     int64     // Unix ms
	used    int       // turns of the budget that are used up
	asked   int       // how many were when the host was asked last
	cut     bool      // threads, or joins, were removed
	frames  []*frame  // of the turn under way
	touched []*Thread // each once
	removed []uint32
	expired []*Thread // whose waits the step's time ended
	d       *Decision
	own     Decision      // of Step
	spare   history.Event // where events after the end go
}

// Status tells how far an execution is.
type Status uint8

// The statuses. The zero Status is New: no step was made.
const (
	New Status = iota
	Running
	Succeeded
	Failed
	TimedOut
	Aborted
)

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of event.
const (
	// Started is the first event of an execution.
	Started EventKind = iota + 1
	// Continue goes on after a Decision with More.
	Continue
	// TaskPickedUp: a worker (Worker) has taken the activity task.
	TaskPickedUp
	// TaskSubmitted: the target took the request of a Task that waits for more; Output is its answer.
	TaskSubmitted
	// TaskSucceeded: the task's result is Output.
	TaskSucceeded
	// TaskFailed: the task ended with Error and Cause. Kind of the failure: see Phase.
	TaskFailed
	// TaskHeartbeat: the worker is alive.
	TaskHeartbeat
	// TimerFired: the timer of Seq came due.
	TimerFired
	// Stopped: StopExecution was called, with Error and Cause or neither.
	Stopped
	// MapRunSucceeded: the Map Run's result is Output.
	MapRunSucceeded
	// MapRunFailed: it ended with Error and Cause; see Fatal.
	MapRunFailed
	// Redriven takes up an execution that ended without success.
	Redriven
)

// Event is something that happened to an execution.
type Event struct {
	At     time.Time
	Kind   EventKind
	Seq    uint64 // the wait it answers; not of Started, Continue, Stopped and Redriven
	Output value.Value
	Error  *string
	Cause  *string
	Worker string
	Handle string // of TaskSubmitted: what the host needs to cancel the task
	// Fatal says, of TaskFailed and MapRunFailed, that the failure can neither be retried nor caught.
	Fatal bool
	// Phase says how far a failed task had come; the zero Phase: it ran.
	Phase Phase
	// Up is, of a TimerFired, since when the node could have heard a heartbeat. A heartbeat that is overdue
	// by less than a full interval since then is not held against the worker.
	Up time.Time
	// Spent is how many turns of StepBudget the step may not use. When that is all of them no state is entered, and
	// the Decision of a Started says More.
	Spent int
}

// Phase is how far a task had come when it failed.
type Phase uint8

// The phases. Each has an event type of its own in the history.
const (
	Ran      Phase = iota
	Schedule       // the task could not be scheduled: ActivityScheduleFailed, LambdaFunctionScheduleFailed
	Start          // the request could not be made: TaskStartFailed, LambdaFunctionStartFailed
	Submit         // the request of a task that waits was refused: TaskSubmitFailed
)

// Decision is everything that one Step says. Its slices are valid until it is stepped into again.
type Decision struct {
	History []history.Event // to append, ids dense
	Dirty   []*Thread       // rows to write, besides row 0, which is written whenever the Decision is not empty
	Removed []uint32        // rows to delete
	Run     []RunTask       // to dispatch once History is durable
	MapRuns []StartMapRun   // to begin with that change
	Cancel  []CancelTask    // tasks and Map Runs nobody waits for any more
	Arm     []TimerSet
	Disarm  []TimerSet
	// End: the execution is over; every timer and task of it that is left goes, and every row when it succeeded. What is
	// left of the rows otherwise, together with Dirty, Removed and row 0, is what a redrive goes on from.
	End  *End
	More bool // the budget is used up: step again with Continue
	// Hit is the limit, by its name as a setting, that something in the step failed of; "": none.
	Hit string

	changed bool // a thread was touched
}

// Empty reports whether the event changed nothing.
func (d *Decision) Empty() bool {
	return len(d.History) == 0 && !d.changed && len(d.Arm) == 0 && d.End == nil
}

// RunTask asks for one attempt of a Task.
type RunTask struct {
	Seq      uint64
	Resource *asl.Resource
	Input    value.Value // effective parameters
	Token    string      // "" unless the pattern has one
	Role     string      // of the state's Credentials
	Deadline int64       // Unix ms, 0: none
	State    string      // name of the state
}

// CancelTask gives a task or a Map Run up. Handle is what the task's TaskSubmitted brought, or the ARN of the run.
type CancelTask struct {
	Seq    uint64
	Handle string
}

// TimerSet names a timer: the wait it belongs to and when it is due (Unix ms).
type TimerSet struct {
	Seq uint64
	Due int64
}

// End tells how an execution ended.
type End struct {
	Status       Status
	Output       value.Value
	Error, Cause *string
}

// NewExec returns the memory of an execution that has not started. Its first event must be Started.
func NewExec(id Identity, host Host, m *asl.Machine, input value.Value, seed uint64) *Exec {
	return &Exec{
		id: id, host: host, machine: m, limits: limits.Or(host.Limits), bounds: workBounds, input: input, seed: seed,
		threads: make(map[uint32]*Thread, 1), waits: make(map[uint64]*Thread, 1),
	}
}

// Beginning is where an execution begins that does not begin at StartAt.
type Beginning struct {
	State     string // of the top level
	Input     value.Value
	Variables []value.Member
}

// BeginAt has an execution that has not started begin elsewhere. Its own input stays what it is.
func (x *Exec) BeginAt(b *Beginning) { x.first = b }

// Status returns how far the execution is.
func (x *Exec) Status() Status { return x.status }

// Input returns the input of the execution.
func (x *Exec) Input() value.Value { return x.input }

// LastEvent returns the id of the last history event decided so far.
func (x *Exec) LastEvent() int64 { return x.lastEvent }

// Awaits reports whether ev answers a wait that is open. A task that a worker has is taken by no other one.
func (x *Exec) Awaits(ev Event) bool {
	t := x.waits[ev.Seq]
	return t != nil && x.status == Running && !(ev.Kind == TaskPickedUp && t.wait.picked)
}

// threadBytes is about what a thread takes in memory besides its payloads.
const threadBytes = 256

// Size returns about how many bytes the execution holds in memory. A payload that several threads hold counts for each.
func (x *Exec) Size() int {
	return x.input.Size() + x.held + x.vars + threadBytes*(len(x.threads)+len(x.waits)+1)
}

// Step takes one event in and returns what follows from it. It is for hosts that never interrupt.
func (x *Exec) Step(ev Event) Decision {
	if err := x.StepInto(&x.own, ev); err != nil {
		panic(err)
	}
	return x.own
}

// StepInto is Step into a Decision of the caller's. What was in it is overwritten and its slices are used again: a
// host that deals with one decision at a time needs one for all its executions.
//
// Its one error is ErrInterrupted: the step was abandoned, x and d hold half of it and are of no more use. What the
// execution is can be read again from its rows.
func (x *Exec) StepInto(d *Decision, ev Event) (err error) {
	defer abandoned(&err)
	d.reset()
	x.d, x.now, x.used, x.asked, x.cut = d, ev.At.UnixMilli(), ev.Spent, ev.Spent, false
	renewed := x.renew()
	meant := x.accept(ev) || renewed
	x.releaseFrames()
	if meant {
		x.run()
		x.collect()
	}
	x.d = nil
	return nil
}

func (d *Decision) reset() {
	*d = Decision{
		History: emptied(d.History), Dirty: emptied(d.Dirty), Removed: emptied(d.Removed), Run: emptied(d.Run), MapRuns: emptied(d.MapRuns),
		Cancel: emptied(d.Cancel), Arm: emptied(d.Arm), Disarm: emptied(d.Disarm),
	}
}

// keptOfDecision is how many things of a kind a Decision keeps room for from one step to the next.
const keptOfDecision = 4 * StepBudget

// emptied returns the slice without what is in it, for other things.
func emptied[T any](s []T) []T {
	if cap(s) > keptOfDecision {
		return nil
	}
	clear(s)
	return s[:0]
}

// accept applies the event itself and reports whether it meant anything.
func (x *Exec) accept(ev Event) bool {
	if ev.Kind == Redriven {
		if x.status <= Succeeded {
			return false
		}
		x.redrive()
		return true
	}
	if x.status > Running || (x.status == New) != (ev.Kind == Started) {
		return false
	}
	if x.deadline != 0 && x.now >= x.deadline { // whatever came: at that very time the execution ended
		x.now = x.deadline
		x.endTimedOut()
		return true
	}
	switch ev.Kind {
	case Started:
		x.start()
	case Continue:
		return x.resume()
	case Stopped:
		x.endAborted(ev.Error, ev.Cause)
	case TimerFired:
		return x.timerFired(ev)
	case MapRunSucceeded, MapRunFailed:
		t := x.waits[ev.Seq]
		if t == nil || t.wait.kind != waitRun {
			return false
		}
		x.runEvent(t, ev)
	default:
		t := x.waits[ev.Seq]
		if t == nil || t.wait.kind != waitTask {
			return false
		}
		x.taskEvent(t, ev)
	}
	return true
}

// start writes the first event and makes the top thread ready.
func (x *Exec) start() {
	x.status = Running
	t := x.newThread(0, 0, &x.machine.Block)
	ev := x.emit(t, history.ExecutionStarted)
	ev.Data, ev.RoleARN, ev.Version, ev.Alias = x.input.Text(), x.id.RoleARN, x.id.Version, x.id.Alias
	t.prev = 0 // the first state's event has no predecessor either, as AWS has it
	x.limitTime(x.now)
	if b := x.first; b != nil {
		x.first = nil
		x.assign(t, b.Variables)
		x.goTo(t, b.State, b.Input)
		return
	}
	x.goTo(t, x.machine.StartAt, x.input)
}

// limitTime sets the time at which the execution times out, when it began at a time in Unix ms.
func (x *Exec) limitTime(began int64) {
	x.deadline, x.timeoutSeq = began+x.maxAge(), 0
	if s := x.machine.TimeoutSeconds; s > 0 {
		x.deadline = min(x.deadline, x.now+s*1000)
	}
	if x.id.Express || x.machine.TimeoutSeconds > 0 {
		x.timeoutSeq = x.nextSeq()
		x.d.Arm = append(x.d.Arm, TimerSet{x.timeoutSeq, x.deadline})
	}
}

// maxAge is how long the execution may run, in ms. There is no timer for it where a machine has no TimeoutSeconds: what
// comes later than that ends the execution instead, and no wait is longer. Those of Express have a timer always.
func (x *Exec) maxAge() int64 {
	if _, t := x.timeLimit(); t > 0 {
		return min(t.Milliseconds(), maxAge)
	}
	return maxAge
}

// timeLimit is how long executions of the kind may run, 0: without a bound, and the setting that says so.
func (x *Exec) timeLimit() (setting string, t time.Duration) {
	if x.id.Express {
		return "express-time", x.limits.ExpressTime
	}
	return "execution-time", x.limits.ExecutionTime
}

// lastEventAllowed is the largest id that an event may have. AWS limits the histories that it keeps.
func (x *Exec) lastEventAllowed() int64 {
	if x.id.Express {
		return MaxEvents
	}
	return min(x.limits.Events.Or(MaxEvents), MaxEvents)
}

// collect turns the threads the step touched into rows to write and rows to delete.
func (x *Exec) collect() {
	x.d.changed = len(x.touched) > 0
	if x.status > Succeeded {
		x.standStill()
	}
	for _, t := range x.touched {
		t.touched = false
		switch {
		case t.phase == gone:
			if t.stored {
				x.removed = append(x.removed, t.id)
			}
		case x.status > Succeeded && t.clean:
		case x.status != Succeeded && !t.inHeader():
			t.stored = true
			x.d.Dirty = append(x.d.Dirty, t)
		}
	}
	if x.status != Succeeded {
		x.d.Removed = append(x.d.Removed, x.removed...)
	}
	if x.d.End != nil { // nothing is left to do
		x.d.Arm, x.d.Run, x.d.MapRuns = x.d.Arm[:0], x.d.Run[:0], x.d.MapRuns[:0]
	}
	clear(x.touched)
	x.touched, x.removed = x.touched[:0], x.removed[:0]
}

func (x *Exec) nextSeq() uint64 {
	x.lastSeq++
	return x.lastSeq
}

// emit appends an event that follows from the last one of t, and moves t's chain on to it.
func (x *Exec) emit(t *Thread, typ history.Type) *history.Event {
	ev := x.aside(t, typ)
	t.before, t.prev = t.prev, eventID(ev.ID)
	return ev
}

// aside appends an event that follows from the last one of t and leaves the chain where it is.
func (x *Exec) aside(t *Thread, typ history.Type) *history.Event {
	return x.appendEvent(int64(t.prev), typ)
}

func (x *Exec) appendEvent(previous int64, typ history.Type) *history.Event {
	if x.lastEvent >= x.lastEventAllowed()-1 && !isTerminal(typ) && x.status == Running {
		x.outOfEvents(previous)
	}
	if x.status > Running { // nothing is written after the end
		x.spare = history.Event{ID: x.lastEvent, Previous: previous, Type: typ}
		return &x.spare
	}
	x.lastEvent++
	x.d.History = append(x.d.History, history.Event{ID: x.lastEvent, Previous: previous, At: x.now, Type: typ})
	return &x.d.History[len(x.d.History)-1]
}

func isTerminal(t history.Type) bool {
	switch t {
	case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionAborted, history.ExecutionTimedOut:
		return true
	}
	return false
}

// random returns the next 64 bits of the execution's own random sequence (splitmix64).
func (x *Exec) random() uint64 {
	x.draws++
	z := x.seed + x.draws*0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
