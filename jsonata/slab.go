package jsonata

// slab hands out parts of larger allocations, all of which live until the evaluation ends.
type slab[T any] struct {
	chunk []T
	used  int
}

// Chunks double from minChunk to maxChunk entries. What is larger than a chunk is allocated alone. maxChunk
// is small because one entry in use keeps the chunk.
const (
	minChunk = 8
	maxChunk = 32
)

// take returns n zero values.
func (s *slab[T]) take(n int) []T {
	if s.used+n > len(s.chunk) {
		if n > maxChunk/2 {
			return make([]T, n)
		}
		s.chunk, s.used = make([]T, max(minChunk, n, min(2*len(s.chunk), maxChunk))), 0
	}
	from := s.used
	s.used += n
	return s.chunk[from:s.used:s.used]
}

// reset takes back the last chunk for the next evaluation.
func (s *slab[T]) reset() {
	clear(s.chunk[:s.used])
	s.used = 0
}

// slabs are where an evaluation keeps the containers that it builds most.
type slabs struct {
	vals    slab[val]
	members slab[member]
	arrays  slab[array]
	objects slab[object]
}

func (s *slabs) reset() {
	s.vals.reset()
	s.members.reset()
	s.arrays.reset()
	s.objects.reset()
}

// sequence returns an empty sequence with room for n elements.
func (s *slabs) sequence(n int) *array {
	a := &s.arrays.take(1)[0]
	a.sequence = true
	if n > 0 {
		a.elems = s.vals.take(n)[:0]
	}
	return a
}

// object returns an empty object with room for n members.
func (s *slabs) object(n int) *object {
	o := &s.objects.take(1)[0]
	o.members = s.members.take(n)[:0]
	return o
}
