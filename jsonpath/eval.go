package jsonpath

import (
	"strings"

	"github.com/statelark/statelark/value"
)

// Evaluation has two forms. A definite path is followed step by step, and the first step that finds nothing
// ends it with an error in Jayway's words. Any other path is walked depth first; every branch that finds
// nothing is left out, so that its result is an array that may be empty. In both a step that makes no sense for
// the value it meets (an index into an object) is an error, except behind "..", which offers each step only
// the values that it fits.

// Eval returns what the path leads to: one value when it is definite, else the array of all matches in source
// order. The error is a *NotFoundError.
func (p *Path) Eval(env *Env) (value.Value, error) {
	root, ok := p.rootValue(env)
	if !ok {
		return value.Value{}, &NotFoundError{Path: p.text, Detail: "No results for path: " + p.rootText()}
	}
	return p.evalFrom(root, root)
}

func (p *Path) rootValue(env *Env) (value.Value, bool) {
	switch p.root {
	case "$":
		return env.Input, env.Input.Exists()
	case "$$":
		return env.Context, env.Context.Exists()
	}
	if env.Var == nil {
		return value.Value{}, false
	}
	return env.Var(p.root)
}

// evalFrom applies the steps to from; root is what '$' means inside filters.
func (p *Path) evalFrom(from, root value.Value) (value.Value, error) {
	if p.definite {
		return p.follow(from)
	}
	w := walk{path: p, root: root}
	if err := w.from(from, 0); err != nil {
		return value.Value{}, err
	}
	return value.NewArray(w.found), nil
}

// follow takes the steps of a definite path one after the other.
func (p *Path) follow(v value.Value) (value.Value, error) {
	for i := range p.steps {
		s := &p.steps[i]
		var next value.Value
		var ok bool
		switch s.kind {
		case stepName:
			next, ok = v.Get(s.name)
		case stepNames:
			next, ok = pick(v, s.names), v.Kind() == value.Object
		default:
			next, ok = v.Index(s.offset(v))
		}
		if !ok {
			return value.Value{}, p.miss(v, i)
		}
		v = next
	}
	return v, nil
}

// offset returns the place in array v that an index names; it may lie outside.
func (s *step) offset(v value.Value) int {
	switch {
	case s.kind == stepLast:
		return v.Len() - s.index
	case s.index < 0:
		return v.Len() + s.index
	}
	return s.index
}

// pick returns the object of the members of v that names names.
func pick(v value.Value, names []string) value.Value {
	var members []value.Member
	for _, name := range names {
		if x, ok := v.Get(name); ok {
			members = append(members, value.Member{Key: name, Value: x})
		}
	}
	return value.NewObject(members)
}

// miss explains why step i of a definite path found nothing in v.
func (p *Path) miss(v value.Value, i int) error {
	s := &p.steps[i]
	last := i == len(p.steps)-1
	err := &NotFoundError{Path: p.text, Step: s.label()}
	switch {
	case s.kind == stepName && v.Kind() == value.Object && last:
		err.Detail = "No results for path: " + p.normal(i+1)
	case s.kind == stepName && v.Kind() == value.Object:
		err.Detail = "Missing property in path " + p.normal(i+1)
	case s.kind == stepName || s.kind == stepNames:
		err.Detail = "Property " + s.fragment() + " not found in path " + p.normal(i)
	case v.Kind() != value.Array:
		refused := p.misapplied(s, "arrays", v)
		refused.Step = s.label()
		return refused
	case last:
		err.Detail = "No results for path: " + p.normal(i+1)
		err.IndexPastEnd = true
	case p.steps[i+1].kind == stepName || p.steps[i+1].kind == stepNames:
		err.Detail = "Property " + p.steps[i+1].fragment() + " not found in path " + p.normal(i+1)
	default:
		err.Detail = "The path " + p.normal(i+1) + " is null"
	}
	return err
}

// label returns the name or the index of a step without what it is written in.
func (s *step) label() string {
	if s.kind == stepName {
		return s.name
	}
	return strings.Trim(s.fragment(), "[]")
}

func (p *Path) misapplied(s *step, to string, v value.Value) *NotFoundError {
	return &NotFoundError{
		Path:       p.text,
		Detail:     "Filter: " + s.fragment() + " can only be applied to " + to + ". Current context is: " + v.Compact(),
		Misapplied: true,
	}
}

// walk collects the matches of a path that is not definite.
type walk struct {
	path  *Path
	root  value.Value
	found []value.Value
	seen  int // values that some step was applied to
}

// maxSeen bounds the work of one path: "$..*..*..*" takes time that grows with a power of the document.
const maxSeen = 5_000_000

// from applies the steps from number i on to v.
func (w *walk) from(v value.Value, i int) error {
	if i == len(w.path.steps) {
		w.found = append(w.found, v)
		return nil
	}
	if w.seen++; w.seen > maxSeen {
		return &NotFoundError{Path: w.path.text, Detail: "The path looks at too many values", Misapplied: true}
	}
	s := &w.path.steps[i]
	switch s.kind {
	case stepName:
		if x, ok := v.Get(s.name); ok {
			return w.from(x, i+1)
		}
		return nil
	case stepNames:
		if v.Kind() == value.Object {
			w.found = append(w.found, pick(v, s.names))
		}
		return nil
	case stepEach:
		return w.each(v, i)
	case stepDescend:
		return w.descend(v, i+1)
	case stepFilter:
		return w.filter(v, i)
	}
	if v.Kind() != value.Array {
		return w.path.misapplied(s, "arrays", v)
	}
	return w.elements(v, i)
}

// each goes on with all elements or members of v.
func (w *walk) each(v value.Value, i int) error {
	for _, e := range v.Elems() {
		if err := w.from(e, i+1); err != nil {
			return err
		}
	}
	for _, m := range v.Members() {
		if err := w.from(m.Value, i+1); err != nil {
			return err
		}
	}
	return nil
}

// elements goes on with the elements of array v that an index, a union or a slice names.
func (w *walk) elements(v value.Value, i int) error {
	s := &w.path.steps[i]
	switch s.kind {
	case stepSlice:
		from, to := s.slice.within(v.Len())
		for at := from; at < to; at++ {
			if err := w.element(v, at, i); err != nil {
				return err
			}
		}
		return nil
	case stepIndexes:
		for _, at := range s.indexes {
			if at < 0 {
				at += v.Len()
			}
			if err := w.element(v, at, i); err != nil {
				return err
			}
		}
		return nil
	}
	return w.element(v, s.offset(v), i)
}

// element goes on with one element. One that is not there counts as null when no further step looks into it
// (measured on AWS: $.rows[*][0] has a null for an empty row).
func (w *walk) element(v value.Value, at, i int) error {
	if e, ok := v.Index(at); ok {
		return w.from(e, i+1)
	}
	if i == len(w.path.steps)-1 {
		w.found = append(w.found, value.NullValue)
	}
	return nil
}

// within returns the slice's range in an array of n elements.
func (b bounds) within(n int) (from, to int) {
	to = n
	if b.hasFrom {
		from = clamp(b.from, n)
	}
	if b.hasTo {
		to = clamp(b.to, n)
	}
	return from, to
}

func clamp(i, n int) int {
	if i < 0 {
		i += n
	}
	return max(0, min(i, n))
}

// descend offers v and all values below it, parents first, to step i.
func (w *walk) descend(v value.Value, i int) error {
	if fits(v, &w.path.steps[i]) {
		if err := w.from(v, i); err != nil {
			return err
		}
	}
	for _, e := range v.Elems() {
		if err := w.descend(e, i); err != nil {
			return err
		}
	}
	for _, m := range v.Members() {
		if err := w.descend(m.Value, i); err != nil {
			return err
		}
	}
	return nil
}

// fits reports whether a step behind ".." applies to v. Several names need an object that has them all; a
// filter is put to each object once, and not again as an element of its array.
func fits(v value.Value, s *step) bool {
	switch s.kind {
	case stepName, stepEach:
		return true
	case stepNames:
		for _, name := range s.names {
			if _, ok := v.Get(name); !ok {
				return false
			}
		}
		return true
	case stepFilter:
		return v.Kind() == value.Object
	}
	return v.Kind() == value.Array
}

// filter goes on with the elements of an array that satisfy the condition, or with an object that does.
func (w *walk) filter(v value.Value, i int) error {
	s := &w.path.steps[i]
	candidates := v.Elems()
	switch v.Kind() {
	case value.Array:
	case value.Object:
		candidates = []value.Value{v}
	default:
		return &NotFoundError{
			Path:       w.path.text,
			Detail:     "Filter: [?] can not be applied to primitives. Current context is: " + v.Compact(),
			Misapplied: true,
		}
	}
	for _, c := range candidates {
		ok, err := s.filter.accepts(c, w.root)
		if err != nil {
			return &NotFoundError{Path: w.path.text, Detail: err.Error(), Misapplied: true}
		}
		if !ok {
			continue
		}
		if err := w.from(c, i+1); err != nil {
			return err
		}
	}
	return nil
}
