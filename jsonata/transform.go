package jsonata

import (
	"math"
	"strconv"
)

// transformer makes the function that |pattern|update|delete| stands for: it clones its argument and changes
// in the clone every object that the pattern finds.
func (ev *evaluator) transformer(n *node, env *frame) *function {
	return &function{sig: transformSignature, arity: 1, takes: 1, native: func(c *call) (val, *Error) {
		return c.ev.transform(n, c.arg(0), env)
	}}
}

var transformSignature = mustSignature("<(oa):o>")

func (ev *evaluator) transform(n *node, input val, env *frame) (val, *Error) {
	if !input.defined() {
		return undefined, nil
	}
	clone, err := ev.cloneWith(input, n, env)
	if err != nil {
		return undefined, err
	}
	matches, err := ev.eval(n.lhs, clone, env)
	if err != nil || !matches.defined() {
		return clone, err
	}
	l := matches.items(ev.dialect)
	for i := range l.len() {
		match := l.at(i)
		if match.tag == tagFunction && match.function().host {
			e := fail("D1010").at(n.pos)
			e.Message = "Attempted to access the Javascript object prototype"
			return undefined, e
		}
		if err := ev.update(n.rhs, match, env); err != nil {
			return undefined, err
		}
		if n.alt == nil {
			continue
		}
		if err := ev.remove(n.alt, match, env); err != nil {
			return undefined, err
		}
	}
	return clone, nil
}

// cloneWith clones input with $clone, which an expression may have replaced by a function of its own.
func (ev *evaluator) cloneWith(input val, n *node, env *frame) (val, *Error) {
	clone := ev.lookup("clone", env)
	if _, bound := env.lookup("clone"); !bound && !clone.defined() {
		return ev.clone(input)
	}
	if clone.tag != tagFunction {
		return undefined, fail("T2013").at(n.pos)
	}
	return ev.invoke(clone, []val{input}, nullVal, env)
}

// update sets the members that the update clause gives.
func (ev *evaluator) update(clause *node, match val, env *frame) *Error {
	change, err := ev.eval(clause, match, env)
	if err != nil || !change.defined() {
		return err
	}
	if change.tag != tagObject {
		return failValue("T2011", change).at(clause.pos)
	}
	for _, m := range change.members(ev.dialect) {
		switch target := match.ref.(type) {
		case *object:
			if inside, err := ev.reaches(m.val, target, map[any]bool{}); err != nil {
				return err
			} else if inside {
				return fail("T2011").at(clause.pos).cyclic()
			}
			target.set(m.key, m.val)
		case *array:
			if inside, err := ev.reaches(m.val, target, map[any]bool{}); err != nil {
				return err
			} else if inside {
				return fail("T2011").at(clause.pos).cyclic()
			}
			target.set(m.key, m.val)
		}
	}
	return nil
}

// maxIndex bounds the indexes at which an update may set elements of an array.
const maxIndex = 10000

// set sets the element whose index is key, as JavaScript does; an array has no other members.
func (a *array) set(key string, v val) {
	if !isIndexKey(key) || a.ints.count > 0 {
		return
	}
	i, err := strconv.Atoi(key)
	if err != nil || i > maxIndex {
		return
	}
	for len(a.elems) <= i {
		a.elems = append(a.elems, undefined)
		a.bytes += elementBytes
	}
	a.elems[i] = v
	a.size = min(a.size+sizeOf(v), maxSize)
	a.bytes = min(a.bytes+bytesOf(v), maxSize)
	a.depth = max(a.depth, depthOf(v))
}

// cyclic words the refusal of an update that would put an object inside itself.
func (e *Error) cyclic() *Error {
	e.Message = "The insert/update clause of the transform expression must not put an object inside itself"
	return e
}

// reaches reports whether target, a container, is v or a part of it.
func (ev *evaluator) reaches(v val, target any, seen map[any]bool) (bool, *Error) {
	if v.ref != nil && v.ref == target {
		return true, nil
	}
	if err := ev.spend(1); err != nil || seen[v.ref] {
		return false, err
	}
	switch c := v.ref.(type) {
	case *object:
		seen[c] = true
		for _, m := range c.members {
			if found, err := ev.reaches(m.val, target, seen); err != nil || found {
				return found, err
			}
		}
	case *array:
		seen[c] = true
		for _, e := range c.elems {
			if found, err := ev.reaches(e, target, seen); err != nil || found {
				return found, err
			}
		}
	}
	return false, nil
}

// remove deletes the members that the delete clause names.
func (ev *evaluator) remove(clause *node, match val, env *frame) *Error {
	names, err := ev.eval(clause, match, env)
	if err != nil || !names.defined() {
		return err
	}
	l := names.items(ev.dialect)
	for i := range l.len() {
		if name := l.at(i); name.tag != tagString {
			return failValue("T2012", names).at(clause.pos)
		}
	}
	for i := range l.len() {
		name := l.at(i).text()
		switch target := match.ref.(type) {
		case *object:
			if err := ev.spend(len(target.members)); err != nil { // the others move up
				return err
			}
			target.remove(name)
		case *array:
			if at, err := strconv.Atoi(name); err == nil && isIndexKey(name) && at < len(target.elems) {
				target.elems[at] = undefined
			}
		}
	}
	return nil
}

// clone copies a value so that every container in it can be changed. As the reference clones through JSON
// text, numbers lose what $string does not print, functions become "" and what is no number becomes null.
func (ev *evaluator) clone(v val) (val, *Error) {
	switch v.tag {
	case tagNumber:
		if ev.dialect == AWS {
			return v, nil
		}
		if math.IsInf(v.num, 0) {
			return undefined, failValue("D1001", v)
		}
		return finiteOrNull(round15(v.num)), nil
	case tagFunction:
		return stringVal(""), nil
	case tagUndefined:
		return nullVal, nil
	case tagArray:
		if v.isOuterWrapper() {
			return ev.clone(v.built().elems[0])
		}
		l := v.list(ev.dialect)
		if err := ev.spend(l.len() / compared); err != nil {
			return undefined, err
		}
		out := &array{elems: make([]val, 0, l.len())}
		for i := range l.len() {
			e, err := ev.clone(l.at(i))
			if err != nil {
				return undefined, err
			}
			out.push(e)
		}
		return arrayVal(out), nil
	case tagObject:
		return ev.cloneObject(v)
	}
	return v, nil
}

func (ev *evaluator) cloneObject(v val) (val, *Error) {
	members := v.members(ev.dialect)
	if err := ev.spend(1 + 2*len(members)); err != nil {
		return undefined, err
	}
	out := &object{members: make([]member, 0, len(members))}
	for _, m := range members {
		if !m.val.defined() {
			continue
		}
		c, err := ev.clone(m.val)
		if err != nil {
			return undefined, err
		}
		out.set(m.key, c)
	}
	return objectVal(out), nil
}
