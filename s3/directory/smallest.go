package directory

import (
	"container/heap"
	"slices"
)

// smallest keeps the first few of many names.
type smallest struct {
	limit int
	names names
	more  bool // some were left out
}

func newSmallest(limit int) *smallest { return &smallest{limit: limit} }

func (s *smallest) add(name string) {
	if len(s.names) < s.limit {
		heap.Push(&s.names, name)
		return
	}
	s.more = true
	if name < s.names[0] {
		s.names[0] = name
		heap.Fix(&s.names, 0)
	}
}

// sorted returns the names in order, and whether there are more.
func (s *smallest) sorted() ([]string, bool) {
	slices.Sort(s.names)
	return s.names, s.more
}

// names is a heap with the largest on top.
type names []string

func (n names) Len() int           { return len(n) }
func (n names) Less(i, j int) bool { return n[i] > n[j] }
func (n names) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }
func (n *names) Push(e any)        { *n = append(*n, e.(string)) }
func (n *names) Pop() any {
	last := (*n)[len(*n)-1]
	*n = (*n)[:len(*n)-1]
	return last
}
