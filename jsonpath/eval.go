package jsonpath

import (
	"cmp"
	"strings"

	"github.com/statelark/statelark/value"
)

// Evaluation has two forms. A definite path is followed step by step, and the first step that finds nothing
// ends it with an error in Jayway's words. Any other path is walked depth first; every branch that finds
// nothing is left out, so that its result is an array that may be empty. In both a step that makes no sense for
// the value it meets (an index into an object) is an error, except after "..", which offers each step only
// the values that it fits.

// Eval returns what the path leads to: one value when it is definite, else the array of all matches in source
// order. The error is a *NotFoundError, ErrWork or ErrMemory.
func (p *Path) Eval(env *Env) (value.Value, error) {
	if p.definite && len(p.steps) < UnitSteps/2 {
		root, err := p.rootOf(env)
		if err != nil {
			return value.Value{}, err
		}
		return p.follow(root)
	}
	w := walk{path: p}
	w.meter.work = env.Work
	v, err := p.eval(env, &w)
	if err == nil {
		err = w.meter.close()
	}
	return v, err
}

// evalWithin is Eval as a part of what m measures.
func (p *Path) evalWithin(env *Env, m *meter) (value.Value, error) {
	w := walk{path: p, meter: *m}
	v, err := p.eval(env, &w)
	*m = w.meter
	return v, err
}

func (p *Path) eval(env *Env, w *walk) (value.Value, error) {
	var err error
	if w.root, err = p.rootOf(env); err != nil {
		return value.Value{}, err
	}
	return w.all(w.root)
}

func (p *Path) rootOf(env *Env) (value.Value, error) {
	root, ok := p.rootValue(env)
	if !ok {
		return root, &NotFoundError{Path: p.text, Detail: "No results for path: " + p.rootText()}
	}
	return root, nil
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

// all applies all steps to from.
func (w *walk) all(from value.Value) (value.Value, error) {
	if w.path.definite {
		if err := w.meter.spend(len(w.path.steps)); err != nil {
			return value.Value{}, err
		}
		return w.path.follow(from)
	}
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

// miss is the error of step i of a definite path that found nothing in v.
func (p *Path) miss(v value.Value, i int) error {
	err := p.reason(v, i)
	err.Step = p.steps[i].label()
	return err
}

// reason explains why step i of a definite path found nothing in v.
func (p *Path) reason(v value.Value, i int) *NotFoundError {
	s := &p.steps[i]
	last := i == len(p.steps)-1
	switch {
	case s.kind == stepName && v.Kind() == value.Object && last:
		return p.notFound("No results for path: " + p.normal(i+1))
	case s.kind == stepName && v.Kind() == value.Object:
		return p.notFound("Missing property in path " + p.normal(i+1))
	case s.kind == stepName || s.kind == stepNames:
		return p.noProperty(i)
	case v.IsNull() && i > 0:
		return p.isNull(i)
	case v.Kind() != value.Array:
		return p.misapplied(i, "only be applied to arrays", v)
	case last:
		err := p.notFound("No results for path: " + p.normal(i+1))
		err.IndexPastEnd = true
		return err
	case p.steps[i+1].kind == stepName || p.steps[i+1].kind == stepNames:
		return p.noProperty(i + 1)
	}
	return p.isNull(i + 1)
}

// label returns the name or the index of a step without what it is written in.
func (s *step) label() string {
	if s.kind == stepName {
		return s.name
	}
	return strings.Trim(s.fragment(), "[]")
}

func (p *Path) notFound(detail string) *NotFoundError {
	return &NotFoundError{Path: p.text, Detail: detail}
}

// isNull reports that step i, of an array, met null.
func (p *Path) isNull(i int) *NotFoundError {
	return p.notFound("The path " + p.normal(i) + " is null")
}

// noProperty reports that step i, a name, met what is no object.
func (p *Path) noProperty(i int) *NotFoundError {
	return p.notFound("Property " + p.steps[i].fragment() + " not found in path " + p.normal(i))
}

// misapplied reports that step i made no sense for v. Like Jayway it names all the rest of the path, and prints a
// string without its quotes, unless it is the whole input.
func (p *Path) misapplied(i int, restriction string, v value.Value) *NotFoundError {
	context := v.Compact()
	if i > 0 {
		context = display(v)
	}
	err := p.notFound("Filter: " + fragments(p.steps[i:]) + " can " + restriction + ". Current context is: " + context)
	err.Misapplied = true
	return err
}

// walk collects the matches of a path that is not definite.
type walk struct {
	path  *Path
	root  value.Value // what '$' means inside filters
	found []value.Value
	seen  int // values that some step was applied to
	meter meter
}

// maxSeen bounds how far one path goes: what "$..*..*..*" finds grows with a power of the document.
const maxSeen = 5_000_000

// find adds a match.
func (w *walk) find(v value.Value) error {
	if err := w.meter.holds(foundBytes); err != nil {
		return err
	}
	w.found = append(w.found, v)
	return nil
}

// pick adds the object of the members of v that names names.
func (w *walk) pick(v value.Value, names []string) error {
	if err := cmp.Or(w.meter.spend(len(names)), w.meter.holds(containerBytes+2*memberBytes*len(names))); err != nil {
		return err
	}
	return w.find(pick(v, names))
}

// from applies step i and those after it to v.
func (w *walk) from(v value.Value, i int) error {
	if i == len(w.path.steps) {
		return w.find(v)
	}
	if w.seen++; w.seen > maxSeen {
		return &NotFoundError{Path: w.path.text, Detail: "The path looks at too many values", Misapplied: true}
	}
	if err := w.meter.spend(1); err != nil {
		return err
	}
	s := &w.path.steps[i]
	switch s.kind {
	case stepName:
		if x, ok := v.Get(s.name); ok {
			return w.from(x, i+1)
		}
		if v.Kind() != value.Object && i < w.path.single {
			return w.path.noProperty(i)
		}
		return nil
	case stepNames:
		if v.Kind() == value.Object {
			return w.pick(v, s.names)
		}
		return nil
	case stepEach:
		return w.each(v, i)
	case stepDescend:
		return w.descend(v, i+1)
	case stepFilter:
		return w.filter(v, i)
	}
	switch {
	case v.Kind() == value.Array:
		return w.elements(v, i)
	case v.IsNull() && i > 0 && i <= w.path.single:
		return w.path.isNull(i)
	}
	return w.path.misapplied(i, "only be applied to arrays", v)
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
		return w.find(value.NullValue)
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
	if err := w.meter.spend(1); err != nil {
		return err
	}
	fits, err := w.fits(v, i)
	if err == nil && fits {
		err = w.from(v, i)
	}
	if err != nil {
		return err
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

// fits reports whether step i after ".." applies to v. Several names need an object that has them all. A filter is
// put to each object; and, where it ends the path, to the elements of each array that satisfies it itself.
func (w *walk) fits(v value.Value, i int) (bool, error) {
	s := &w.path.steps[i]
	switch s.kind {
	case stepName, stepEach:
		return true, nil
	case stepNames:
		if err := w.meter.spend(len(s.names)); err != nil {
			return false, err
		}
		for _, name := range s.names {
			if _, ok := v.Get(name); !ok {
				return false, nil
			}
		}
		return true, nil
	case stepFilter:
		if v.Kind() == value.Array && i == len(w.path.steps)-1 {
			return w.accepts(s, v)
		}
		return v.Kind() == value.Object, nil
	}
	return v.Kind() == value.Array, nil
}

// accepts reports whether v satisfies the condition of s.
func (w *walk) accepts(s *step, v value.Value) (bool, error) {
	ok, err := s.filter.accepts(v, w.root, &w.meter)
	if err != nil && !Bounded(err) {
		err = &NotFoundError{Path: w.path.text, Detail: err.Error(), Misapplied: true}
	}
	return ok, err
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
		return w.path.misapplied(i, "not be applied to primitives", v)
	}
	for _, c := range candidates {
		ok, err := w.accepts(s, c)
		if err == nil && ok {
			err = w.from(c, i+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
