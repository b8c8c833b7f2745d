package engine

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A callQueue does what a slice does that everything is copied in.
func TestCallQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q callQueue
		var model []uint64
		wanted := make(map[taskKey]bool)
		isWanted := func(key taskKey) bool { return wanted[key] }
		var last uint64
		add := func(put func(call)) uint64 {
			last++
			k := testCall(last)
			wanted[k.taskKey] = true
			put(k)
			return last
		}
		t.Repeat(map[string]func(*rapid.T){
			"back":  func(*rapid.T) { model = append(model, add(q.pushBack)) },
			"front": func(*rapid.T) { model = slices.Insert(model, 0, add(q.pushFront)) },
			"next": func(t *rapid.T) {
				k, _, ok := q.next(isWanted)
				if ok != (len(model) > 0) || ok && k.seq != model[0] {
					t.Fatalf("got %d, %v of %v", k.seq, ok, model)
				}
				if ok {
					delete(wanted, k.taskKey)
					model = model[1:]
				}
			},
			"give up": func(t *rapid.T) {
				if len(model) == 0 {
					return
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				delete(wanted, taskKey{seq: model[i]})
				model = slices.Delete(slices.Clone(model), i, i+1)
				q.giveUp(isWanted)
			},
			"": func(t *rapid.T) {
				if q.n-q.dead != len(model) {
					t.Fatalf("%d calls, %d of them dead, for %v", q.n, q.dead, model)
				}
			},
		})
	})
}
