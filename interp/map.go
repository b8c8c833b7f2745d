package interp

import (
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// startItems begins the iterations of a Map state, as many as may run at once.
func (x *Exec) startItems(f *frame) *failure {
	if x.test != nil {
		return x.testItems(f)
	}
	t, m := f.t, f.s.Map
	if m.Distributed {
		return x.startMapRun(f)
	}
	if m.ItemReader != nil || m.ItemBatcher != nil || m.ResultWriter != nil {
		return f.runtimeError("The ItemReader, ItemBatcher and ResultWriter fields are not supported for INLINE maps")
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

// tolerance computes ToleratedFailureCount and ToleratedFailurePercentage; -1: not given.
func (f *frame) tolerance() (count int64, percentage float64, fail *failure) {
	count, percentage = -1, -1
	if field := f.s.Map.ToleratedFailureCount; field.Exists() {
		if count, fail = f.lang.integer(f, field); fail == nil && count < 0 {
			fail = f.lang.outOfRange(f, field, "ToleratedFailureCount cannot be negative.")
		}
		if fail != nil {
			return -1, -1, fail
		}
	}
	if field := f.s.Map.ToleratedFailurePercentage; field.Exists() {
		if percentage, fail = f.lang.number(f, field); fail == nil && (percentage < 0 || percentage > 100) {
			fail = f.lang.outOfRange(f, field, "ToleratedFailurePercentage must be between 0 and 100.")
		}
	}
	return count, percentage, fail
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
	ev := x.emit(c, history.MapIterationStarted)
	ev.Name, ev.Index = t.state.Name, int64(c.index)
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

// item returns what iteration i is about.
func (j *join) item(i int) *mapItem { return &mapItem{index: i, value: j.items.Elems()[i]} }

// itemDone goes on after an iteration that ended well: with the next ones, or with the end of the Map.
func (x *Exec) itemDone(t, child *Thread) {
	j, last := t.join, child.prev
	ev := x.aside(child, history.MapIterationSucceeded)
	ev.Name, ev.Index = t.state.Name, int64(child.index)
	if j.ended == j.length {
		t.prev = eventID(ev.ID)
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
	x.aside(t, history.MapStateSucceeded)
	x.joinExit(t, result)
}
