package interp

import (
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
)

// A redrive takes an execution up where it failed, timed out or was aborted (AWS's guide, "Restarting state machine
// executions with redrive"). What has succeeded is not done again: not the states before, not the branches and the
// iterations that came to their end.
//
// So an execution that ends without success leaves its threads as they stood. A failure goes up from thread to thread, and
// each Parallel or Map state on its way drops the threads below; when nothing caught it in the end, they are put back.
// Rows that say where a thread waits are left as they are, for such a wait is void once Exec.stale has passed its Seq:
// the end of a Map of 40,000 iterations writes none of them.
//
// A thread that is to go on from its state is stopped. It gets its turn like one that enters a state, so a redrive gives
// way as everything else does.

// redrive begins a redrive.
func (x *Exec) redrive() {
	x.status, x.stale = Running, x.lastSeq
	ev := x.appendEvent(x.lastEvent, history.ExecutionRedriven)
	ev.RedriveCount = x.id.Redrives
	x.redriven = eventID(ev.ID)
	x.limitTime(x.id.StartedAt.UnixMilli())
	x.resume()
}

// restart takes t up in the state where it stood: a Task is scheduled again, a Map Run goes on with what failed, and any
// other state is entered once more. Retriers have all their attempts again.
func (x *Exec) restart(t *Thread) {
	t.prev, t.before = x.redriven, x.redriven
	t.retries = nil
	switch {
	case t.run.arn != "":
		x.redriveRun(t)
	case t.state.Type == asl.Task, t.state.Type == asl.Parallel, t.state.Type == asl.Map:
		x.attempt(t)
	default:
		x.enter(t)
	}
}

// redriveRun asks for another go of t's Map Run.
func (x *Exec) redriveRun(t *Thread) {
	t.run.redrives++
	ev := x.emit(t, history.MapRunRedriven)
	ev.MapRun, ev.RedriveCount = t.run.arn, t.run.redrives
	x.await(t, waitRun, 0)
	x.d.MapRuns = append(x.d.MapRuns, StartMapRun{Seq: t.wait.seq, Redrive: t.run.arn})
}

// standStill makes the threads of an execution that has ended without success what a redrive goes on from.
func (x *Exec) standStill() {
	for _, id := range x.threadIDs() {
		x.putBack(x.threads[id])
	}
}

// putBack takes t as it stood before the failure that ended the execution, and the threads below it.
func (x *Exec) putBack(t *Thread) {
	if t.fallen == nil {
		if t.phase == joining && t.join == nil || t.phase == waiting && t.wait == nil {
			t.phase = stopped
		}
		return
	}
	t.phase, t.join, t.fallen = joining, t.fallen, nil
	for _, c := range t.join.children {
		if c == nil || c.phase != gone {
			continue
		}
		c.phase = c.was
		x.threads[c.id] = c
		x.putBack(c)
	}
}
