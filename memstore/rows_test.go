package memstore

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestRows holds rows against a map, with enough keys to cut chunks and to empty them.
func TestRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rows[int, int]{compare: cmp.Compare[int]}
		model := make(map[int]int)
		span := rapid.SampledFrom([]int{10, 1000, 100_000}).Draw(t, "span")
		key := rapid.IntRange(0, span)
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			switch rapid.IntRange(0, 4).Draw(t, "round") {
			case 0: // a run of growing keys
				from := key.Draw(t, "from")
				for k := from; k < from+2*chunkMax; k++ {
					r.put(k, k)
					model[k] = k
				}
			case 1: // keys all over
				step := rapid.IntRange(1, span).Draw(t, "step")
				for i := range 2 * chunkMax {
					k := (i * step * 7919) % (span + 1)
					r.put(k, i)
					model[k] = i
				}
			case 2:
				for range rapid.IntRange(0, 50).Draw(t, "removals") {
					k := key.Draw(t, "key")
					r.remove(k)
					delete(model, k)
				}
			case 3:
				first := key.Draw(t, "first")
				last := first + rapid.IntRange(0, 3*chunkMax).Draw(t, "length")
				r.removeRange(first, last)
				maps.DeleteFunc(model, func(k, _ int) bool { return k >= first && k <= last })
			}
			checkRows(t, &r, model, key.Draw(t, "seek"))
		}
	})
}

func checkRows(t *rapid.T, r *rows[int, int], model map[int]int, seek int) {
	var upward, downward, wantUp, wantDown []int
	for k, v := range r.from(seek) {
		upward = append(upward, k)
		if v != model[k] {
			t.Fatalf("row %d holds %d, want %d", k, v, model[k])
		}
	}
	for k := range r.below(seek) {
		downward = append(downward, k)
	}
	for _, k := range slices.Sorted(maps.Keys(model)) {
		if k >= seek {
			wantUp = append(wantUp, k)
		} else {
			wantDown = append(wantDown, k)
		}
		if v, ok := r.get(k); !ok || v != model[k] || !r.has(k) {
			t.Fatalf("row %d: %d, %v, want %d", k, v, ok, model[k])
		}
	}
	slices.Reverse(wantDown)
	if !slices.Equal(upward, wantUp) || !slices.Equal(downward, wantDown) {
		t.Fatalf("from %d: %d up and %d down, want %d and %d", seek, len(upward), len(downward), len(wantUp), len(wantDown))
	}
	if _, there := model[seek]; r.has(seek) != there {
		t.Fatalf("row %d is there: %v, want %v", seek, !there, there)
	}
	for _, chunk := range r.chunks {
		if len(chunk) == 0 || len(chunk) > chunkMax {
			t.Fatalf("a chunk holds %d rows", len(chunk))
		}
	}
}
