package interp

import (
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
	t, branches := f.t, f.s.Parallel.Branches
	x.emit(t, history.ParallelStateStarted)
	t.phase = joining
	t.join = &join{length: len(branches), limit: len(branches), children: make([]*Thread, len(branches))}
	x.touch(t)
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
	parent.join.finished++
	x.touch(parent)
	if parent.state.Type == asl.Map {
		x.itemDone(parent, child)
		return
	}
	if parent.join.finished < parent.join.length {
		return
	}
	parent.follow(child)
	result := value.Join(parent.join.results())
	x.aside(parent, history.ParallelStateSucceeded)
	x.joinExit(parent, result)
}

// results returns the results of the children that have one, in order.
func (j *join) results() []value.Value {
	results := make([]value.Value, 0, j.length)
	for _, c := range j.children {
		if c != nil {
			results = append(results, c.input)
		}
	}
	return results
}

// joinExit leaves a Parallel or Map state whose threads are all done.
func (x *Exec) joinExit(t *Thread, result value.Value) {
	x.dropJoin(t)
	t.before = t.prev // the event before …StateSucceeded, which is aside
	f, fail := x.reframe(t)
	if fail == nil && result.Size() > asl.MaxPayload {
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
	j := parent.join
	isMap := parent.state.Type == asl.Map
	if isMap && parent.state.Map.Distributed {
		x.childFailed(parent, child)
		return
	}
	parent.follow(child)
	if isMap {
		x.writeIteration(parent, history.MapIterationFailed, int(child.index))
		x.writeAborted(parent, child)
	}
	for _, c := range j.children {
		if c == nil || isMap && c == child || c.phase == done {
			continue
		}
		if isMap {
			x.writeIteration(parent, history.MapIterationAborted, int(c.index))
		}
		x.writeAborted(parent, c)
	}
	x.dropJoin(parent)
	x.touch(parent)
	f, wrong := x.reframe(parent)
	if wrong != nil {
		fail = wrong
	}
	x.failState(f, fail)
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
