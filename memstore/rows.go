package memstore

import (
	"iter"
	"slices"
	"sort"
)

// chunkMax is the number of rows from which a chunk is cut in two.
const chunkMax = 256

// rows is an ordered map. It keeps its rows in sorted chunks, each below the next, so that an insertion moves
// at most one chunk; keys that only grow make full chunks.
//
// Invariant: no chunk is empty.
type rows[K, V any] struct {
	compare func(a, b K) int
	chunks  [][]row[K, V]
}

type row[K, V any] struct {
	key   K
	value V
}

// find returns the place of the first row whose key is not below key (c == len(r.chunks): there is none), and
// whether it is key's own.
func (r *rows[K, V]) find(key K) (c, i int, found bool) {
	c = sort.Search(len(r.chunks), func(c int) bool {
		chunk := r.chunks[c]
		return r.compare(chunk[len(chunk)-1].key, key) >= 0
	})
	if c == len(r.chunks) {
		return c, 0, false
	}
	chunk := r.chunks[c]
	i = sort.Search(len(chunk), func(i int) bool { return r.compare(chunk[i].key, key) >= 0 })
	return c, i, r.compare(chunk[i].key, key) == 0
}

func (r *rows[K, V]) get(key K) (V, bool) {
	c, i, found := r.find(key)
	if !found {
		var none V
		return none, false
	}
	return r.chunks[c][i].value, true
}

func (r *rows[K, V]) has(key K) bool {
	_, _, found := r.find(key)
	return found
}

func (r *rows[K, V]) put(key K, value V) {
	c, i, found := r.find(key)
	switch {
	case found:
		r.chunks[c][i].value = value
		return
	case c == len(r.chunks) && c > 0 && len(r.chunks[c-1]) < chunkMax:
		c, i = c-1, len(r.chunks[c-1])
	case c == len(r.chunks):
		r.chunks = append(r.chunks, nil)
	case len(r.chunks[c]) >= chunkMax:
		r.cut(c)
		if half := len(r.chunks[c]); i > half {
			c, i = c+1, i-half
		}
	}
	r.chunks[c] = slices.Insert(r.chunks[c], i, row[K, V]{key, value})
}

// cut makes two chunks of chunk c.
func (r *rows[K, V]) cut(c int) {
	half := len(r.chunks[c]) / 2
	upper := slices.Clone(r.chunks[c][half:])
	r.chunks[c] = slices.Delete(r.chunks[c], half, len(r.chunks[c]))
	r.chunks = slices.Insert(r.chunks, c+1, upper)
}

func (r *rows[K, V]) remove(key K) {
	c, i, found := r.find(key)
	if !found {
		return
	}
	r.chunks[c] = slices.Delete(r.chunks[c], i, i+1)
	if len(r.chunks[c]) == 0 {
		r.chunks = slices.Delete(r.chunks, c, c+1)
	}
}

// from yields the row of key and those after it, in order. The rows must not be changed meanwhile.
func (r *rows[K, V]) from(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		c, i, _ := r.find(key)
		for ; c < len(r.chunks); c, i = c+1, 0 {
			for _, e := range r.chunks[c][i:] {
				if !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// below yields the rows whose keys are below key, downwards. The rows must not be changed meanwhile.
func (r *rows[K, V]) below(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		c, i, _ := r.find(key)
		for {
			for i--; i >= 0; i-- {
				if e := r.chunks[c][i]; !yield(e.key, e.value) {
					return
				}
			}
			if c--; c < 0 {
				return
			}
			i = len(r.chunks[c])
		}
	}
}

// removeRange removes the rows from the key first to the key last, both included.
func (r *rows[K, V]) removeRange(first, last K) {
	var gone []K
	for key := range r.from(first) {
		if r.compare(key, last) > 0 {
			break
		}
		gone = append(gone, key)
	}
	for _, key := range gone {
		r.remove(key)
	}
}
