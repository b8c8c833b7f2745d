package interp

import (
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// Types of the events that mark the visit of a state, by type of state; 0 where there is none.
var (
	enteredEvent = [...]history.Type{
		asl.Task: history.TaskStateEntered, asl.Parallel: history.ParallelStateEntered, asl.Map: history.MapStateEntered,
		asl.Pass: history.PassStateEntered, asl.Wait: history.WaitStateEntered, asl.Choice: history.ChoiceStateEntered,
		asl.Succeed: history.SucceedStateEntered, asl.Fail: history.FailStateEntered,
	}
	exitedEvent = [...]history.Type{
		asl.Task: history.TaskStateExited, asl.Parallel: history.ParallelStateExited, asl.Map: history.MapStateExited,
		asl.Pass: history.PassStateExited, asl.Wait: history.WaitStateExited, asl.Choice: history.ChoiceStateExited,
		asl.Succeed: history.SucceedStateExited, asl.Fail: 0,
	}
	abortedEvent = [...]history.Type{
		asl.Task: history.TaskStateAborted, asl.Parallel: history.ParallelStateAborted, asl.Map: history.MapStateAborted,
		asl.Wait: history.WaitStateAborted, asl.Fail: 0,
	}
)

// enter takes t into the state it is bound for, and as far in it as it goes without waiting.
func (x *Exec) enter(t *Thread) {
	t.retries, t.answered = nil, 0
	t.enteredAt = x.now
	ev := x.emit(t, enteredEvent[t.state.Type])
	ev.Name, ev.Data = t.state.Name, t.input.Text()
	t.entered = eventID(ev.ID)
	x.test.entered(x, t)
	f, fail := x.reframe(t)
	if fail == nil {
		fail = x.perform(f)
	}
	if fail != nil {
		x.failState(f, fail)
	}
}

// perform does the work of a state. A failure it returns is the state's.
func (x *Exec) perform(f *frame) *failure {
	switch f.s.Type {
	case asl.Task:
		return x.schedule(f)
	case asl.Parallel:
		return x.startBranches(f)
	case asl.Map:
		return x.startItems(f)
	case asl.Pass:
		return x.pass(f)
	case asl.Wait:
		return x.wait(f)
	case asl.Choice:
		return x.choose(f)
	case asl.Succeed:
		return x.exit(f, f.in)
	default:
		return x.fail(f)
	}
}

// pass: the result is Result, else Parameters or the effective input.
func (x *Exec) pass(f *frame) *failure {
	result := f.s.Pass.Result
	if !result.Exists() {
		var fail *failure
		if result, fail = f.lang.arguments(f); fail != nil {
			return fail
		}
	} else {
		f.note(InspectResult, result)
	}
	return x.exit(f, result)
}

// wait opens the wait of a Wait state; a time that is past does not wait.
func (x *Exec) wait(f *frame) *failure {
	until, fail := f.lang.until(f, f.s.Wait)
	if fail != nil {
		return fail
	}
	if until > x.now {
		until = x.now + x.host.delay(until-x.now)
	}
	if until <= x.now {
		return x.exit(f, f.in)
	}
	x.await(f.t, waitTime, until)
	return nil
}

// choose leaves a Choice state by the first rule that holds, else by Default.
func (x *Exec) choose(f *frame) *failure {
	rule, fail := f.lang.choose(f)
	if fail != nil {
		return fail
	}
	next := f.s.Choice.Default
	if rule != nil {
		next = rule.Next
	}
	if next == "" {
		return f.runtimeError("Failed to transition out of the state. The state does not point to a next state.")
	}
	out, assigned, fail := f.lang.chosen(f, rule)
	if fail != nil {
		return fail
	}
	return x.leave(f, out, assigned, next)
}

// fail ends the block with the error that a Fail state names.
func (x *Exec) fail(f *frame) *failure {
	fail := &failure{}
	for _, p := range []struct {
		field asl.Field
		into  **string
	}{{f.s.Fail.Error, &fail.name}, {f.s.Fail.Cause, &fail.cause}} {
		if !p.field.Exists() {
			continue
		}
		text, wrong := f.lang.text(f, p.field)
		if wrong != nil {
			return wrong
		}
		*p.into = &text
	}
	return fail
}

// exit computes the output of a state from the result of its work and goes on.
func (x *Exec) exit(f *frame, result value.Value) *failure {
	out, assigned, fail := f.lang.output(f, result)
	if fail != nil {
		return fail
	}
	return x.leave(f, out, assigned, f.s.Next)
}

// leave writes the exit of a state and takes the thread to next, or ends it.
func (x *Exec) leave(f *frame, out value.Value, assigned []value.Member, next string) *failure {
	if f.x.overPayload(out) || x.variablesTooLarge(f.t, assigned) {
		return f.tooMuch()
	}
	t := f.t
	ev := x.emit(t, exitedEvent[f.s.Type])
	ev.Name, ev.Data, ev.Assigned = f.s.Name, out.Text(), assigned
	x.assign(t, assigned)
	if x.test.leads(next) || next == "" {
		x.endThread(t, out)
		return nil
	}
	x.goTo(t, next, out)
	return nil
}

// endThread is the end of a thread that reached its last state.
func (x *Exec) endThread(t *Thread, out value.Value) {
	parent := x.threads[t.parent]
	if parent == nil {
		ev := x.appendEvent(int64(t.prev), history.ExecutionSucceeded)
		ev.Data = out.Text()
		x.end(Succeeded, out, nil, nil)
		return
	}
	t.phase, t.state, t.retries, t.fallen, t.run = done, nil, nil, nil, mapRun{}
	x.hold(t, out)
	x.dropVars(t)
	x.touch(t)
	x.joined(parent, t)
}

// end ends the execution. Everything that still waits is given up.
func (x *Exec) end(status Status, out value.Value, err, cause *string) {
	if x.status != Running {
		return // the last event was reached while another end was being written
	}
	x.status = status
	x.d.End = &End{Status: status, Output: out, Error: err, Cause: cause}
	for _, id := range x.threadIDs() {
		t := x.threads[id]
		if t.wait == nil {
			continue
		}
		if t.wait.cancels() {
			x.d.Cancel = append(x.d.Cancel, t.cancelled())
		}
		if t.wait.due != 0 {
			x.d.Disarm = append(x.d.Disarm, TimerSet{t.wait.seq, t.wait.due})
		}
	}
	if x.timeoutSeq != 0 {
		x.d.Disarm = append(x.d.Disarm, TimerSet{x.timeoutSeq, x.deadline})
	}
}

// endFailed ends the execution with a failure that follows from the last event of t.
func (x *Exec) endFailed(t *Thread, fail *failure) {
	fail.write(x.appendEvent(int64(t.prev), history.ExecutionFailed))
	if t.phase == entering {
		t.phase = stopped
	}
	x.touch(t)
	x.end(Failed, value.Value{}, fail.name, fail.cause)
}

func (x *Exec) endAborted(err, cause *string) {
	ev := x.appendEvent(0, history.ExecutionAborted)
	ev.Error, ev.Cause = err, cause
	x.end(Aborted, value.Value{}, err, cause)
}

// endTimedOut ends the execution at its own time limit. DescribeExecution shows no error then.
func (x *Exec) endTimedOut() {
	ev := x.appendEvent(0, history.ExecutionTimedOut)
	ev.Error = &errTimeout
	if name, limit := x.timeLimit(); limit > 0 && (x.machine.TimeoutSeconds == 0 || x.machine.TimeoutSeconds*1000 >= limit.Milliseconds()) {
		x.d.Hit = name
	}
	x.end(TimedOut, value.Value{}, nil, nil)
}

// outOfEvents makes the last event that a history can hold the failure of the execution.
func (x *Exec) outOfEvents(previous int64) {
	fail := x.tooManyEvents()
	x.lastEvent++
	x.d.History = append(x.d.History, history.Event{
		ID: x.lastEvent, Previous: max(previous, x.lastEvent-1), At: x.now, Type: history.ExecutionFailed,
		Error: fail.name, Cause: fail.cause,
	})
	x.end(Failed, value.Value{}, fail.name, fail.cause)
}

var errTimeout = "States.Timeout"
