package jsonata

import "github.com/statelark/statelark/value"

// array is an array that evaluation built.
//
// The flags carry the language's sequence rules. A sequence is the result of a path step or of a function
// such as $map: when it leaves an expression it turns into nothing when it is empty and into its element when
// it holds one, unless keepSingleton asks for the array. An array that is no sequence stays as it is.
type array struct {
	elems []val
	ints  span // instead of elems: the integers of a range
	size  int  // see sizeOf
	bytes int  // see bytesOf
	depth int  // how deep containers that evaluation built nest below

	sequence      bool
	keepSingleton bool
	cons          bool // made by […] as a step: one item of the path, not spliced into it
	outer         bool // wraps an array that is the whole input, so that the first step sees it as one
	tuples        bool // its elements are objects of bindings, "@" being the value itself
}

// span is a run of integers that are not stored one by one.
type span struct {
	from  float64
	count int
}

func (a *array) push(v val) {
	a.elems = append(a.elems, v)
	a.bytes += elementBytes
	switch {
	case v.tag >= tagArray:
		a.bytes = min(a.bytes+bytesOf(v), maxSize)
		a.size = min(a.size+sizeOf(v), maxSize)
		a.depth = max(a.depth, depthOf(v))
	case v.tag == tagString:
		a.size += int(v.num)
		a.bytes += int(v.num)
	default:
		a.size += 8
	}
}

// pushAll appends the elements of l.
func (a *array) pushAll(l list) {
	n := l.len()
	if cap(a.elems)-len(a.elems) < n {
		grown := make([]val, len(a.elems), max(len(a.elems)+n, 2*len(a.elems)))
		copy(grown, a.elems)
		a.elems = grown
	}
	for i := range n {
		a.push(l.at(i))
	}
}

func (a *array) len() int {
	if a.ints.count > 0 {
		return a.ints.count
	}
	return len(a.elems)
}

func newSequence(elems ...val) *array {
	s := &array{sequence: true, elems: elems}
	for _, e := range elems {
		s.size = min(s.size+sizeOf(e), maxSize)
		s.bytes = min(s.bytes+elementBytes+bytesOf(e), maxSize)
		s.depth = max(s.depth, depthOf(e))
	}
	return s
}

// list is a view of the elements of any array, built or still closed in the input.
type list struct {
	elems   []val
	source  []value.Value
	ints    span
	dialect Dialect
}

// list opens an array.
func (v val) list(d Dialect) list {
	switch a := v.ref.(type) {
	case *array:
		return list{elems: a.elems, ints: a.ints}
	case *value.Value:
		return list{source: a.Elems(), dialect: d}
	}
	return list{}
}

// items returns the elements of an array, and of anything else that value alone.
func (v val) items(d Dialect) list {
	if v.tag == tagArray {
		return v.list(d)
	}
	return list{elems: []val{v}}
}

func (l *list) len() int {
	switch {
	case l.source != nil:
		return len(l.source)
	case l.ints.count > 0:
		return l.ints.count
	}
	return len(l.elems)
}

func (l *list) at(i int) val {
	switch {
	case l.source != nil:
		return fromValue(&l.source[i], l.dialect)
	case l.ints.count > 0:
		return numberVal(l.ints.from + float64(i))
	}
	return l.elems[i]
}

// all returns the elements as a slice that the caller must not change.
func (l *list) all() []val {
	if l.source == nil && l.ints.count == 0 {
		return l.elems
	}
	elems := make([]val, l.len())
	for i := range elems {
		elems[i] = l.at(i)
	}
	return elems
}

// appendVals joins two values into one array, as $append and the array constructor do: an array counts for
// its elements, undefined for nothing.
func appendVals(a, b val, d Dialect) val {
	if !a.defined() {
		return b
	}
	if !b.defined() {
		return a
	}
	joined := &array{}
	la, lb := a.items(d), b.items(d)
	joined.elems = make([]val, 0, la.len()+lb.len())
	joined.pushAll(la)
	joined.pushAll(lb)
	return arrayVal(joined)
}
