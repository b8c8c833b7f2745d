package interp

import (
	"slices"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// schedule begins an attempt of a Task: its parameters and limits are computed, and it is written down to be
// run once that is durable.
func (x *Exec) schedule(f *frame) *failure {
	res := &f.s.Task.Resource
	input, fail := f.lang.arguments(f)
	if fail != nil {
		return fail
	}
	timeout, fail := f.seconds(f.s.Task.Timeout)
	if fail != nil {
		return fail
	}
	heartbeat, fail := f.seconds(f.s.Task.Heartbeat)
	if fail != nil {
		return fail
	}
	role, fail := f.role()
	if fail != nil {
		return fail
	}
	if f.x.overPayload(input) {
		return f.tooMuch()
	}
	if reason := res.Refuses(input); reason != "" {
		return f.runtimeError("The Parameters '%s' could not be used to start the Task: [%s]", input.Compact(), reason)
	}
	if res.Activity != "" && x.host.HasActivity != nil && !x.host.HasActivity(res.ARN) {
		return f.runtimeError("The activity %s does not exist.", res.ARN)
	}
	token := f.token()
	x.writeScheduled(f.t, res, input, timeout, heartbeat, role)
	x.await(f.t, waitTask, 0)
	w := f.t.wait
	w.heartbeat = heartbeat * 1000
	if timeout > 0 {
		w.deadline = x.now + timeout*1000
	}
	x.setTimer(f.t, w.deadline)
	x.d.Run = append(x.d.Run, RunTask{Seq: w.seq, Resource: res, Input: input, Token: token, Role: role, Deadline: w.deadline, State: f.s.Name})
	return nil
}

// seconds computes TimeoutSeconds or HeartbeatSeconds, 0 when absent.
func (f *frame) seconds(field asl.Field) (int64, *failure) {
	if !field.Exists() {
		return 0, nil
	}
	n, fail := f.lang.integer(f, field)
	switch {
	case fail != nil:
	case n <= 0:
		fail = f.lang.outOfRange(f, field, "The %s field must be a positive integer but was: %d", field.Name, n)
	case n > asl.MaxSeconds:
		fail = f.lang.outOfRange(f, field, "The %s field must not be greater than %d but was: %d", field.Name, asl.MaxSeconds, n)
	}
	return n, fail
}

// role computes the RoleArn of Credentials, "" when there are none.
func (f *frame) role() (string, *failure) {
	if f.s.Task.Credentials == nil {
		return "", nil
	}
	v, fail := f.lang.template(f, f.s.Task.Credentials, "Credentials")
	if fail != nil {
		return "", fail
	}
	arn, _ := v.Get("RoleArn")
	return arn.Str(), nil
}

// writeScheduled writes what history says of the beginning of an attempt. An activity is only scheduled: it
// starts when a worker takes it.
func (x *Exec) writeScheduled(t *Thread, res *asl.Resource, input value.Value, timeout, heartbeat int64, role string) {
	scheduled, started := history.TaskScheduled, history.TaskStarted
	switch {
	case res.Function != "":
		scheduled, started, heartbeat = history.LambdaFunctionScheduled, history.LambdaFunctionStarted, 0
	case res.Activity != "":
		scheduled, started = history.ActivityScheduled, 0
	}
	ev := x.emit(t, scheduled)
	ev.Data, ev.Timeout, ev.Heartbeat, ev.RoleARN = input.Text(), timeout, heartbeat, role
	x.writeResource(ev, res)
	if scheduled == history.TaskScheduled {
		ev.Region = x.id.Region
		// Built even where a path passed it on: AWS prints parameters of an integration compact.
		ev.Data = input.Compact()
	}
	if started != 0 {
		ev = x.emit(t, started)
		if started == history.TaskStarted {
			x.writeResource(ev, res)
		}
	}
}

func (x *Exec) writeResource(ev *history.Event, res *asl.Resource) {
	if res.Service == "" {
		ev.Resource = res.ARN
		return
	}
	ev.ResourceType, ev.Resource = res.Type(), res.Name()
}

// emitTask writes one of three types of event, by the kind of resource that t's Task names.
func (x *Exec) emitTask(t *Thread, service, function, activity history.Type) *history.Event {
	res := &t.state.Task.Resource
	switch {
	case res.Function != "":
		return x.emit(t, function)
	case res.Activity != "":
		return x.emit(t, activity)
	}
	ev := x.emit(t, service)
	x.writeResource(ev, res)
	return ev
}

// taskEvent applies an event that answers t's task.
func (x *Exec) taskEvent(t *Thread, ev Event) {
	w := t.wait
	switch ev.Kind {
	case TaskPickedUp:
		if w.picked {
			return
		}
		w.picked = true
		x.emit(t, history.ActivityStarted).Name = ev.Worker
		x.beat(t)
		x.touch(t)
	case TaskSubmitted:
		if w.submitted {
			return
		}
		w.submitted, w.handle = true, ev.Handle
		x.emitTask(t, history.TaskSubmitted, history.TaskSubmitted, history.TaskSubmitted).Data = ev.Output.Text()
		x.beat(t)
		x.touch(t)
	case TaskHeartbeat:
		x.heartbeat(t)
	case TaskSucceeded:
		x.succeeded(t, ev.Output)
	case TaskFailed:
		x.closeWait(t)
		fail := &failure{name: ev.Error, cause: ev.Cause, fatal: ev.Fatal}
		if fail.fatal {
			x.endFailed(t, fail)
			return
		}
		fail.write(x.emitFailed(t, ev.Phase))
		x.failTask(t, fail)
	}
}

func (x *Exec) emitFailed(t *Thread, p Phase) *history.Event {
	switch p {
	case Schedule:
		return x.emitTask(t, history.TaskFailed, history.LambdaFunctionScheduleFailed, history.ActivityScheduleFailed)
	case Start:
		return x.emitTask(t, history.TaskStartFailed, history.LambdaFunctionStartFailed, history.ActivityFailed)
	case Submit:
		return x.emitTask(t, history.TaskSubmitFailed, history.LambdaFunctionFailed, history.ActivityFailed)
	}
	return x.emitTask(t, history.TaskFailed, history.LambdaFunctionFailed, history.ActivityFailed)
}

// succeeded takes the result of t's task; one that is too large is a failure.
func (x *Exec) succeeded(t *Thread, result value.Value) {
	x.closeWait(t)
	res := &t.state.Task.Resource
	if x.overPayload(result) {
		what := res.Type()
		if res.Service == "" {
			what = res.ARN
		}
		fail := tooLarge(what)
		fail.write(x.emitFailed(t, Ran))
		x.failTask(t, fail)
		return
	}
	x.emitTask(t, history.TaskSucceeded, history.LambdaFunctionSucceeded, history.ActivitySucceeded).Data = result.Text()
	f, fail := x.reframe(t)
	f.note(InspectResult, result)
	if fail == nil {
		fail = x.exit(f, result)
	}
	if fail != nil {
		x.failState(f, fail)
	}
}

// failTask is failState for a failure that came from outside.
func (x *Exec) failTask(t *Thread, fail *failure) {
	f, wrong := x.reframe(t)
	if wrong != nil {
		fail = wrong
	}
	x.failState(f, fail)
}

// beat starts the heartbeat clock of t's task, or sets it back.
func (x *Exec) beat(t *Thread) {
	w := t.wait
	if w.heartbeat == 0 {
		return
	}
	w.beatBy = x.now + w.heartbeat
	x.setTimer(t, w.earliest())
}

// heartbeat notes that the worker is alive. The timer stays where it is and is looked at again when it fires.
func (x *Exec) heartbeat(t *Thread) {
	if w := t.wait; w.beatBy != 0 {
		w.beatBy = x.now + w.heartbeat
		x.touch(t)
	}
}

// earliest is when the task's timer has to fire: at its deadline or when its heartbeat is missed.
func (w *wait) earliest() int64 {
	if w.beatBy == 0 || w.deadline != 0 && w.deadline < w.beatBy {
		return w.deadline
	}
	return w.beatBy
}

// timerFired ends every wait that is over by now: those that fell due together end together, as far as the budget goes.
func (x *Exec) timerFired(ev Event) bool {
	own := x.waits[ev.Seq]
	if own == nil {
		return false
	}
	var timedOut []*Thread
	for _, t := range x.takeExpired(own) {
		if x.status > Running {
			return true
		}
		if t.wait == nil { // the one before has cut it
			continue
		}
		if x.used >= StepBudget && t != own { // its own timer fires as well
			x.due.set(t)
			continue
		}
		x.spend(1)
		switch t.wait.kind {
		case waitTask:
			if x.taskOverdue(t, ev) {
				timedOut = append(timedOut, t)
			}
		case waitTime:
			x.closeWait(t)
			x.afterWait(t)
		case waitRetry:
			x.closeWait(t)
			x.attempt(t)
		}
	}
	x.timeOutTasks(timedOut)
	clear(x.expired)
	return true
}

// taskOverdue reports whether t's task is over; if only its heartbeats had moved on, the timer is set again.
func (x *Exec) taskOverdue(t *Thread, ev Event) bool {
	w := t.wait
	if w.deadline != 0 && w.deadline <= x.now {
		return true
	}
	if !ev.Up.IsZero() {
		w.beatBy = max(w.beatBy, ev.Up.UnixMilli()+w.heartbeat)
	}
	if w.beatBy <= x.now {
		return true
	}
	x.setTimer(t, w.earliest())
	return false
}

// timeOutTasks writes the end of all the tasks before any of their states fails, as AWS does. A Wait state that
// ended with them may have cut some.
func (x *Exec) timeOutTasks(threads []*Thread) {
	threads = slices.DeleteFunc(threads, func(t *Thread) bool { return t.wait == nil })
	fails := make([]*failure, len(threads))
	for i, t := range threads {
		fails[i] = &failure{name: &errTimeout, heartbeat: t.wait.deadline == 0 || t.wait.deadline > x.now}
		x.giveUp(t)
		fails[i].write(x.emitTask(t, history.TaskTimedOut, history.LambdaFunctionTimedOut, history.ActivityTimedOut))
	}
	for i, t := range threads {
		if t.phase == waiting && x.status == Running { // the failure before may have cut this thread
			x.failTask(t, fails[i])
		}
	}
}

// afterWait leaves a Wait state whose time has come.
func (x *Exec) afterWait(t *Thread) {
	f, fail := x.reframe(t)
	if fail == nil {
		fail = x.exit(f, f.in)
	}
	if fail != nil {
		x.failState(f, fail)
	}
}

// TaskWait is how a Task waits for its answer.
type TaskWait struct {
	State     string
	Activity  bool
	Taken     bool  // its target, or a worker, has it
	Deadline  int64 // Unix ms, 0: none
	Heartbeat int64 // when the next one is due, Unix ms; 0: none is
	LastEvent int64 // id of the last event of its thread
}

// TaskWait tells of the wait of a Task, false when it is none or is over.
func (x *Exec) TaskWait(seq uint64) (TaskWait, bool) {
	t := x.waits[seq]
	if t == nil || t.wait.kind != waitTask {
		return TaskWait{}, false
	}
	w := t.wait
	return TaskWait{
		State: t.state.Name, Activity: t.state.Task.Resource.Activity != "", Taken: w.picked || w.submitted,
		Deadline: w.deadline, Heartbeat: w.beatBy, LastEvent: int64(t.prev),
	}, true
}
