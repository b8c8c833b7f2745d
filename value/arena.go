package value

import "sync"

// arena hands out parts of larger allocations to the containers of one document that are opened one after the other: the
// rows of an array are what a document has many of. A part keeps the chunk that it is from, as it keeps the whole text.
//
// Invariant: what is handed out is never taken back, and the parts in use do not reach into what is free.
type arena struct {
	mu      sync.Mutex // whoever finds it locked does without the arena
	kids    []kids     // free
	members []Member   // free
	elems   []Value    // free
	boxes   []box      // free
	chunk   int        // size of the last chunk
}

// Chunks grow up to maxChunk entries. An arena begins with the container of that many others in one parent.
const (
	firstChunk = 16
	maxChunk   = 128
	manyBoxes  = 8
)

// grow returns a new chunk of at least as many entries as the ones before.
func grow[T any](a *arena) []T {
	a.chunk = min(max(2*a.chunk, firstChunk), maxChunk)
	return make([]T, a.chunk)
}

func (a *arena) newKids() *kids {
	if len(a.kids) == 0 {
		a.kids = grow[kids](a)
	}
	k := &a.kids[0]
	a.kids = a.kids[1:]
	return k
}

func (a *arena) newBox() *box {
	if len(a.boxes) == 0 {
		a.boxes = grow[box](a)
	}
	b := &a.boxes[0]
	a.boxes = a.boxes[1:]
	b.arena = a
	return b
}

// room returns an empty slice at the start of what is free, for some entries at least. More may be appended to it.
func room[T any](a *arena, free *[]T) []T {
	if len(*free) < firstChunk/2 {
		*free = grow[T](a)
	}
	return (*free)[:0]
}

// keep returns filled, which room gave and others appended to, as its own.
func keep[T any](free *[]T, filled []T) []T {
	n := len(filled)
	if n <= len(*free) {
		*free = (*free)[n:]
	}
	return filled[:n:n]
}
