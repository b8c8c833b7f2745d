package interp

import (
	"container/heap"
	"slices"
)

// dueHeap holds the threads whose waits have a timer, the one that is due first at the top; of those due at once, the
// oldest thread.
//
// Invariant: between steps, a thread is in the heap exactly when its wait has a due time; wait.place is its place there,
// from 1.
type dueHeap []*Thread

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	return a.wait.due < b.wait.due || a.wait.due == b.wait.due && a.id < b.id
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].wait.place, h[j].wait.place = int32(i+1), int32(j+1)
}

// Push is for package heap; see set.
func (h *dueHeap) Push(v any) {
	t := v.(*Thread)
	*h = append(*h, t)
	t.wait.place = int32(len(*h))
}

// Pop is for package heap; see remove.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.wait.place = 0
	return t
}

// set puts t to where the due time of its wait belongs.
func (h *dueHeap) set(t *Thread) {
	switch {
	case t.wait.due == 0:
		h.remove(t)
	case t.wait.place == 0:
		heap.Push(h, t)
	default:
		heap.Fix(h, int(t.wait.place-1))
	}
}

func (h *dueHeap) remove(t *Thread) {
	if t.wait.place != 0 {
		heap.Remove(h, int(t.wait.place-1))
	}
}

// takeExpired takes the waits that are over out of the heap, that of own among them, and returns their threads, oldest
// first. There are no more than a step can deal with: the timers of the others fire, too.
func (x *Exec) takeExpired(own *Thread) []*Thread {
	expired := x.expired[:0]
	take := func(t *Thread) {
		x.due.remove(t)
		expired = append(expired, t)
	}
	if own.wait.due != 0 && own.wait.due <= x.now {
		take(own)
	}
	for len(x.due) > 0 && x.due[0].wait.due <= x.now && len(expired) < StepBudget {
		take(x.due[0])
	}
	slices.SortFunc(expired, byID)
	x.expired = expired
	return expired
}
