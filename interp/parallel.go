package interp

import (
	"strings"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// startBranches begins the branches of a Parallel state, each with the same input.
func (x *Exec) startBranches(f *frame) *failure {
	input, fail := f.lang.arguments(f)
	if fail != nil {
		return fail
	}
	if f.x.overPayload(input) {
		return f.tooMuch()
	}
	if x.test != nil {
		return x.joinMocked(f)
	}
	t, branches := f.t, f.s.Parallel.Branches
	x.emit(t, history.ParallelStateStarted)
	x.joinWith(t, &join{length: len(branches), limit: len(branches), children: make([]*Thread, len(branches))})
	for i, b := range branches {
		c := x.newThread(t.id, i, b)
		t.join.children[i] = c
		t.join.started++
		x.goTo(c, b.StartAt, input)
	}
	return nil
}

// joined notes that child, a thread of parent's Parallel or Map state, has its result.
func (x *Exec) joined(parent, child *Thread) {
	j := parent.join
	j.ended++
	j.count(parent.state, child)
	x.touch(parent)
	if parent.state.Type == asl.Map {
		x.itemDone(parent, child)
		return
	}
	if j.ended < j.length {
		if x.joinOver(j) {
			x.joinTooLarge(parent, child)
		}
		return
	}
	parent.follow(child)
	result := value.Join(parent.join.results())
	x.aside(parent, history.ParallelStateSucceeded)
	x.joinExit(parent, result)
}

// joinOver reports whether the results of a join are larger than a payload may be.
func (x *Exec) joinOver(j *join) bool {
	if !x.limits.PayloadBytes.Exceeded(int64(j.bytes)) {
		return false
	}
	x.d.Hit = "payload-bytes"
	return true
}

// count adds the result of a child, as it will stand in that of the state: a Map prints it compact.
func (j *join) count(s *asl.State, child *Thread) {
	j.bytes += child.input.Size() + 1
	if s.Type == asl.Map && compacts(child.input) {
		j.bytes += len(child.input.Compact()) - child.input.Size()
	}
}

// compacts reports whether the compact text of v may be shorter than its text.
func compacts(v value.Value) bool {
	switch v.Kind() {
	case value.Array, value.Object:
		return true
	}
	return strings.Contains(v.Text(), `\`)
}

// joinTooLarge fails a Parallel or Map state whose results, of which child has brought the last, are too large already.
// The other threads are cut.
func (x *Exec) joinTooLarge(parent, child *Thread) {
	fail := tooLarge(parent.state.Name)
	parent.follow(child)
	x.writeCut(parent, nil)
	x.forgetJoin(parent)
	x.touch(parent)
	x.failTask(parent, fail)
}

// results returns the results of the children in order.
func (j *join) results() []value.Value {
	results := make([]value.Value, 0, j.length)
	for _, c := range j.children {
		results = append(results, c.input)
	}
	return results
}

// joinExit leaves a Parallel or Map state whose threads are all done.
func (x *Exec) joinExit(t *Thread, result value.Value) {
	x.forgetJoin(t)
	t.before = t.prev // the event before …StateSucceeded, which is aside
	f, fail := x.reframe(t)
	if fail == nil && f.x.overPayload(result) {
		fail = tooLarge(f.s.Name)
	}
	if fail == nil {
		fail = x.exit(f, result)
	}
	if fail != nil {
		x.failState(f, fail)
	}
}

// failJoin fails the Parallel or Map state of parent because its thread child failed. The other threads are cut:
// for each that was in the middle of a state, history shows the state's end, linked to child's last event.
func (x *Exec) failJoin(parent, child *Thread, fail *failure) {
	isMap := parent.state.Type == asl.Map
	parent.follow(child)
	if isMap {
		x.writeIteration(parent, history.MapIterationFailed, int(child.index))
		x.writeAborted(parent, child)
	}
	failed := child
	if !isMap {
		failed = nil
	}
	x.writeCut(parent, failed)
	if child.phase == entering {
		child.phase = stopped
	}
	x.dropJoin(parent)
	x.touch(parent)
	x.failTask(parent, fail)
}

// writeCut writes the end of the threads of parent that did not come to one; that of the child failed is written.
func (x *Exec) writeCut(parent, failed *Thread) {
	for _, c := range parent.join.children {
		if c == nil || c == failed || c.phase == done {
			continue
		}
		if parent.state.Type == asl.Map {
			x.writeIteration(parent, history.MapIterationAborted, int(c.index))
		}
		x.writeAborted(parent, c)
	}
}

// writeAborted writes the end of the state that a cut thread was in.
func (x *Exec) writeAborted(parent, cut *Thread) {
	if cut.phase == entering {
		return
	}
	if int(cut.state.Type) < len(abortedEvent) && abortedEvent[cut.state.Type] != 0 {
		x.aside(parent, abortedEvent[cut.state.Type])
	}
}

func (x *Exec) writeIteration(t *Thread, typ history.Type, index int) *history.Event {
	ev := x.aside(t, typ)
	ev.Name, ev.Index = t.state.Name, int64(index)
	return ev
}
