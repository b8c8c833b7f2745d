package interp

import (
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// tolerance is how many children of a distributed Map may fail. The zero tolerance is none.
type tolerance struct {
	count      int64   // -1: not given
	percentage float64 // -1: not given
}

// exceeded reports whether failed of total children are too many.
func (t tolerance) exceeded(failed, total int) bool {
	if t.count < 0 && t.percentage < 0 {
		return failed > 0
	}
	return t.count >= 0 && int64(failed) > t.count ||
		t.percentage >= 0 && float64(failed)*100 > t.percentage*float64(total)
}

// startItems begins the iterations of a Map state, as many as may run at once.
func (x *Exec) startItems(f *frame) *failure {
	if x.test != nil {
		return x.testItems(f)
	}
	t, m := f.t, f.s.Map
	if m.ItemReader != nil || m.ItemBatcher != nil || m.ResultWriter != nil {
		if !m.Distributed {
			return f.runtimeError("The ItemReader, ItemBatcher and ResultWriter fields are not supported for INLINE maps")
		}
		return f.runtimeError("ItemReader, ItemBatcher and ResultWriter are not supported by this server.")
	}
	limit, fail := f.concurrency()
	if fail != nil {
		return fail
	}
	items, fail := f.lang.items(f)
	if fail != nil {
		return fail
	}
	ev := x.emit(t, history.MapStateStarted)
	ev.Length = int64(items.Len())
	x.joinWith(t, &join{items: items, args: f.in, length: items.Len(), limit: limit, children: make([]*Thread, items.Len())})
	if m.Distributed {
		if t.join.tolerate, fail = f.tolerance(); fail != nil {
			return fail
		}
		x.emit(t, history.MapRunStarted).MapRun = x.mapRunARN(m.Label)
	}
	if t.join.length == 0 {
		x.mapDone(t)
		return nil
	}
	x.startMore(t, t.prev)
	return nil
}

// iterable reports whether the Map can go through v: an array, in distributed mode also the members of an object.
func (f *frame) iterable(v value.Value) bool {
	return v.Kind() == value.Array || v.Kind() == value.Object && f.s.Map.Distributed
}

// concurrency is how many iterations may run at once.
func (f *frame) concurrency() (int, *failure) {
	limit, fail := f.maxConcurrency()
	if limit == 0 || limit > 1<<20 {
		limit = f.x.limits.MapConcurrency.Or(1 << 20)
	}
	return int(limit), fail
}

// maxConcurrency computes MaxConcurrency; 0 means as many as AWS runs.
func (f *frame) maxConcurrency() (int64, *failure) {
	field := f.s.Map.MaxConcurrency
	if !field.Exists() {
		return 0, nil
	}
	n, fail := f.lang.integer(f, field)
	switch {
	case fail != nil:
		return 0, fail
	case n < 0:
		return 0, f.lang.outOfRange(f, field, "The %s field must be a non-negative integer but was: %d", field.Name, n)
	}
	return n, nil
}

// tolerance computes ToleratedFailureCount and ToleratedFailurePercentage.
func (f *frame) tolerance() (tolerance, *failure) {
	t := tolerance{count: -1, percentage: -1}
	if field := f.s.Map.ToleratedFailureCount; field.Exists() {
		n, fail := f.lang.integer(f, field)
		if fail != nil {
			return t, fail
		}
		if n < 0 {
			return t, f.lang.outOfRange(f, field, "ToleratedFailureCount cannot be negative.")
		}
		t.count = n
	}
	if field := f.s.Map.ToleratedFailurePercentage; field.Exists() {
		n, fail := f.lang.number(f, field)
		if fail != nil {
			return t, fail
		}
		if n < 0 || n > 100 {
			return t, f.lang.outOfRange(f, field, "ToleratedFailurePercentage must be between 0 and 100.")
		}
		t.percentage = n
	}
	return t, nil
}

// mapRunARN makes the name of a new map run.
func (x *Exec) mapRunARN(label string) string {
	if label == "" {
		label = x.uuid()
	}
	return arn.MapRun(x.id.MachineARN, label, x.uuid())
}

// startMore begins iterations until the limit is reached or the budget is used up; they follow from the event previous.
func (x *Exec) startMore(t *Thread, previous eventID) {
	for j := t.join; t.join == j && j.started < j.length && j.started-j.ended < j.limit && x.status == Running; {
		if x.used >= StepBudget {
			x.pause(t, previous)
			return
		}
		x.spend(1)
		x.startItem(t, previous)
	}
}

// startItem begins the next iteration.
func (x *Exec) startItem(t *Thread, previous eventID) {
	j, block := t.join, t.state.Map.Processor
	item := j.item(j.started)
	c := x.newThread(t.id, j.started, block)
	c.prev = previous
	j.children[j.started] = c
	j.started++
	x.touch(t)
	if t.state.Map.Distributed {
		c.hidden, c.prev = &hiddenLog{root: c, events: 1}, 0
	} else {
		ev := x.emit(c, history.MapIterationStarted)
		ev.Name, ev.Index = t.state.Name, int64(c.index)
	}
	f := x.newFrame(t)
	f.in, f.item = j.args, item
	input, fail := f.selectItem()
	if fail != nil {
		x.failState(f, fail)
		return
	}
	x.goTo(c, block.StartAt, input)
}

// selectItem computes the input of the iteration for the item of f.
func (f *frame) selectItem() (input value.Value, fail *failure) {
	input = f.item.input()
	if selector := f.s.Map.ItemSelector; selector != nil {
		input, fail = f.lang.template(f, selector, "ItemSelector")
	}
	if fail == nil && f.x.overPayload(input) {
		fail = f.tooMuch()
	}
	return input, fail
}

// item returns what iteration i is about: an element of an array, or a member of an object.
func (j *join) item(i int) *mapItem {
	if j.items.Kind() == value.Object {
		m := j.items.Members()[i]
		return &mapItem{index: i, key: m.Key, keyed: true, value: m.Value}
	}
	return &mapItem{index: i, value: j.items.Elems()[i]}
}

// itemDone goes on after an iteration that ended well: with the next ones, or with the end of the Map.
func (x *Exec) itemDone(t, child *Thread) {
	j, last := t.join, child.prev
	if !t.state.Map.Distributed {
		ev := x.aside(child, history.MapIterationSucceeded)
		ev.Name, ev.Index = t.state.Name, int64(child.index)
		if j.ended == j.length {
			t.prev = eventID(ev.ID)
		}
	}
	switch {
	case j.ended == j.length:
		x.mapDone(t)
	case x.joinOver(j):
		x.joinTooLarge(t, child)
	default:
		x.startMore(t, last)
	}
}

// mapDone ends a Map state whose iterations are all done.
func (x *Exec) mapDone(t *Thread) {
	result := value.NewArray(t.join.results())
	if t.state.Map.Distributed {
		x.emit(t, history.MapRunSucceeded)
	}
	x.aside(t, history.MapStateSucceeded)
	x.joinExit(t, result)
}

// childFailed notes the failure of a child of a distributed Map; when there are too many, the Map fails.
func (x *Exec) childFailed(t, child *Thread) {
	j := t.join
	j.failed++
	j.ended++
	j.children[child.index] = nil
	x.remove(child)
	x.touch(t)
	if j.tolerate.exceeded(j.failed, j.length) {
		fail := newFailure("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")
		fail.write(x.emit(t, history.MapRunFailed))
		x.dropJoin(t)
		x.failTask(t, fail)
		return
	}
	if j.ended == j.length {
		x.mapDone(t)
		return
	}
	x.startMore(t, 0)
}
