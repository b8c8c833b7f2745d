package interp

import (
	"math"
	"slices"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
)

// failState deals with the failure of a state: by Retry, by Catch, else by the failure of the thread.
func (x *Exec) failState(f *frame, fail *failure) {
	x.writeEvaluationFailed(f, fail)
	if f.t.join != nil { // it is the state's own failure, and none of its threads
		x.forgetJoin(f.t)
	}
	switch {
	case fail.fatal:
		x.endFailed(f.t, fail)
	case x.retry(f, fail):
	default:
		x.writeContainerFailed(f)
		if !x.catch(f, fail) {
			x.failThread(f.t, fail)
		}
	}
}

// writeEvaluationFailed writes the event that goes, once, before the failure of an expression. As recorded, it does
// not follow from the last event of the thread but from the one before that, except in a Wait state.
func (x *Exec) writeEvaluationFailed(f *frame, fail *failure) {
	if !fail.evaluation {
		return
	}
	fail.evaluation = false
	if f.s.Type != asl.Wait {
		f.t.prev = f.t.before
	}
	ev := x.emit(f.t, history.EvaluationFailed)
	fail.write(ev)
	ev.Name, ev.Location = f.s.Name, fail.location
}

// failThread is the end of a thread whose state failed for good.
func (x *Exec) failThread(t *Thread, fail *failure) {
	if parent := x.threads[t.parent]; parent != nil {
		x.failJoin(parent, t, fail)
		return
	}
	x.endFailed(t, fail)
}

// retry grants another attempt if a retrier matches and has one left.
func (x *Exec) retry(f *frame, fail *failure) bool {
	i := slices.IndexFunc(f.s.Retry, func(r asl.Retrier) bool { return fail.matches(r.ErrorEquals) })
	if i < 0 {
		return false
	}
	t, r := f.t, &f.s.Retry[i]
	if t.retries == nil {
		t.retries = &retries{by: make([]int, len(f.s.Retry))}
	}
	granted := &t.retries.by[i]
	if x.test != nil {
		*granted = x.test.Retries
	}
	if int64(*granted) >= r.MaxAttempts {
		return false
	}
	delay := x.backoff(r, *granted)
	*granted++
	t.retries.all++
	t.fallen, t.run = nil, mapRun{}
	if x.test != nil {
		x.endRetriable(f, fail, i, delay)
		return true
	}
	x.await(t, waitRetry, x.now+delay)
	return true
}

// backoff returns the delay in ms before the attempt that follows n earlier ones of the retrier.
func (x *Exec) backoff(r *asl.Retrier, n int) int64 {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(n))
	limit := float64(asl.MaxSeconds)
	if r.MaxDelaySeconds > 0 {
		limit = float64(r.MaxDelaySeconds)
	}
	ms := min(seconds, limit) * 1000
	if r.FullJitter {
		ms *= float64(x.random()>>11) / (1 << 53)
	}
	return max(1, x.host.delay(int64(ms))) // a delay of nothing would be no wait
}

// count returns how many attempts came after the first.
func (r *retries) count() int {
	if r == nil {
		return 0
	}
	return r.all
}

// attempt makes the attempt that a retrier granted.
func (x *Exec) attempt(t *Thread) {
	t.answered = 0
	f, fail := x.reframe(t)
	if fail == nil {
		fail = x.perform(f)
	}
	if fail != nil {
		x.failState(f, fail)
	}
}

// catch leaves the state through the first catcher that matches.
func (x *Exec) catch(f *frame, fail *failure) bool {
	i := slices.IndexFunc(f.s.Catch, func(c asl.Catcher) bool { return fail.matches(c.ErrorEquals) })
	if i < 0 {
		return false
	}
	c := &f.s.Catch[i]
	x.test.caught(i, c.Next, fail)
	out, assigned, wrong := f.lang.caught(f, c, fail.output())
	if wrong == nil {
		wrong = x.leave(f, out, assigned, c.Next)
	}
	if wrong != nil {
		x.failCaught(f, wrong)
	}
	return true
}

// failCaught fails a state whose catcher itself failed: no other catcher is asked.
func (x *Exec) failCaught(f *frame, fail *failure) {
	x.writeEvaluationFailed(f, fail)
	if fail.fatal {
		x.endFailed(f.t, fail)
		return
	}
	x.writeContainerFailed(f)
	x.failThread(f.t, fail)
}

// writeContainerFailed writes the failure of a Parallel or Map state; other states have no such event.
func (x *Exec) writeContainerFailed(f *frame) {
	switch f.s.Type {
	case asl.Parallel:
		x.emit(f.t, history.ParallelStateFailed)
	case asl.Map:
		x.emit(f.t, history.MapStateFailed)
	}
}

// matches reports whether an ErrorEquals names the failure. The names are compared as they are.
//
// States.ALL stands for every failure but States.Runtime, which never gets here; States.DataLimitExceeded of a
// task is among them, as recorded. States.TaskFailed stands for all but States.Timeout. The loss of a
// heartbeat goes by two names.
func (fail *failure) matches(names []string) bool {
	for _, name := range names {
		switch name {
		case "States.ALL":
			return true
		case "States.TaskFailed":
			if fail.name == nil || *fail.name != errTimeout {
				return true
			}
		case "States.HeartbeatTimeout":
			if fail.heartbeat {
				return true
			}
		}
		if fail.name != nil && *fail.name == name {
			return true
		}
	}
	return false
}
