package interp

import "slices"

// turns are the threads that are ready to enter a state, or to go on in one after a redrive.
//
// Within a step they take turns in the order in which they became ready. What is left when the step's budget is used up
// is pending: by id, for rows do not say in which order threads became ready. The next Continue goes on with it.
type turns struct {
	ready   []*Thread // of the step under way, in the order of their turns
	at      int       // the next of them
	resumed int       // how many of them were pending, and so are in order of their ids

	pending []*Thread // by id
	paused  []*Thread // Map states that were starting iterations
}

// next returns the thread whose turn it is, nil when none is left.
func (q *turns) next() *Thread {
	if q.at == len(q.ready) {
		return nil
	}
	t := q.ready[q.at]
	q.ready[q.at] = nil
	q.at++
	return t
}

// resume makes what is pending ready.
func (q *turns) resume() {
	q.ready, q.pending = q.pending, q.ready[:0]
	q.resumed = len(q.ready)
}

// keptTurns is how many turns a queue keeps memory for.
const keptTurns = 64

// postpone makes what is ready pending. cut says that threads among them may have gone.
func (q *turns) postpone(cut bool) {
	rest := q.ready[q.at:]
	sorted := max(0, q.resumed-q.at)
	slices.SortFunc(rest[sorted:], byID)
	q.pending = merge(merge(q.pending, rest[:sorted]), rest[sorted:])
	if cut {
		q.pending = slices.DeleteFunc(q.pending, func(t *Thread) bool { return t.phase != entering && t.phase != stopped })
		q.paused = slices.DeleteFunc(q.paused, func(t *Thread) bool { return !t.join.isPaused() })
	}
	clear(q.ready)
	q.ready, q.at, q.resumed = q.ready[:0], 0, 0
	if cap(q.ready) > keptTurns {
		q.ready = nil
	}
	if len(q.pending) == 0 && cap(q.pending) > keptTurns {
		q.pending = nil
	}
}

func byID(a, b *Thread) int { return int(a.id) - int(b.id) }

// merge merges b, which it does not keep, into a. Both are in order of their ids.
func merge(a, b []*Thread) []*Thread {
	i, k := len(a)-1, len(a)+len(b)-1
	a = append(a, b...)
	if i < 0 || len(b) == 0 || a[i].id < b[0].id {
		return a
	}
	for j := len(b) - 1; j >= 0; k-- {
		if i >= 0 && a[i].id > b[j].id {
			a[k] = a[i]
			i--
		} else {
			a[k] = b[j]
			j--
		}
	}
	return a
}

// run gives each ready thread its turn until none is left, the execution is over or the budget is used up.
func (x *Exec) run() {
	for x.status == Running && x.used < StepBudget {
		t := x.turns.next()
		if t == nil {
			break
		}
		switch t.phase { // it may have been cut since it became ready
		case entering:
			x.enter(t)
		case stopped:
			x.restart(t)
		}
		x.releaseFrames()
		x.spend(1)
	}
	x.turns.postpone(x.cut)
	x.d.More = x.status == Running && len(x.turns.pending)+len(x.turns.paused) > 0
}

// resume goes on where earlier steps gave way: Map states start the rest of their iterations, and every thread that is
// pending gets its turn.
func (x *Exec) resume() bool {
	paused := x.turns.paused
	x.turns.paused = nil
	x.turns.resume()
	slices.SortFunc(paused, byID)
	for _, t := range paused {
		if x.status == Running && t.join.isPaused() {
			t.join.paused = false
			x.startMore(t, t.join.from)
		}
	}
	return len(x.turns.ready)+len(paused) > 0
}

// pause notes that a Map state has to start more iterations, which follow from the event previous.
func (x *Exec) pause(t *Thread, previous eventID) {
	if !t.join.paused {
		t.join.paused, t.join.from = true, previous
		x.turns.paused = append(x.turns.paused, t)
	}
	x.touch(t)
}

func (j *join) isPaused() bool { return j != nil && j.paused }
