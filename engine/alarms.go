package engine

import (
	"container/heap"

	"github.com/statelark/statelark"
)

// alarm is a timer of an Express execution: it is in memory alone, however late it is due, and most are taken away before.
type alarm struct {
	statelark.Timer

	place int // in the heap, -1: it is not there
}

// set sets a timer that no store has.
func (t *timers) set(a *alarm) {
	t.mu.Lock()
	heap.Push(&t.alarms, a)
	first := a.place == 0
	t.mu.Unlock()
	if first {
		t.nudge()
	}
}

// unset takes a timer away. One that has fired is left alone.
func (t *timers) unset(a *alarm) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.place >= 0 {
		heap.Remove(&t.alarms, a.place)
	}
}

// alarmHeap orders alarms by when they are due.
type alarmHeap []*alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].Due.Before(h[j].Due) }
func (h alarmHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is for package heap.
func (h *alarmHeap) Push(x any) {
	a := x.(*alarm)
	a.place = len(*h)
	*h = append(*h, a)
}

// Pop is for package heap.
func (h *alarmHeap) Pop() any {
	old := *h
	a := old[len(old)-1]
	old[len(old)-1] = nil
	a.place = -1
	*h = old[:len(old)-1]
	return a
}
