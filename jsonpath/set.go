package jsonpath

import (
	"errors"
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// Reference returns nil when the path is a reference path: names and single indexes counted from the start, so
// that it can be written through. What looks like a function is a name in other paths, but not in these. Else
// the error says which step stands in the way.
func (p *Path) Reference() error {
	for i := range p.steps {
		switch s := &p.steps[i]; {
		case s.kind == stepName && !s.bracket && strings.HasSuffix(s.name, "()"):
			return errors.New("a reference path cannot call '" + s.name + "'")
		case s.kind == stepName, s.kind == stepIndex && s.index >= 0:
		case s.bracket && s.kind != stepNames && !isDigit(s.fragment()[1]):
			return errors.New(badBracket)
		default:
			return errors.New("a reference path cannot hold '" + s.fragment() + "'")
		}
	}
	return nil
}

// Set returns root with v at the place that the path leads to. It copies the objects and arrays on the way and
// creates the objects that are missing; an array must exist and be long enough. The path must be a reference
// path. The error is a *SetError.
func (p *Path) Set(root, v value.Value) (value.Value, error) {
	if p.Reference() == nil {
		if out, ok := set(root, p.steps, v); ok {
			return out, nil
		}
	}
	return value.Value{}, &SetError{Path: p.text, Input: root.Compact()}
}

func set(old value.Value, steps []step, v value.Value) (value.Value, bool) {
	if len(steps) == 0 {
		return v, true
	}
	s := &steps[0]
	if s.kind == stepIndex {
		child, ok := old.Index(s.index)
		if !ok {
			return value.Value{}, false
		}
		if child, ok = set(child, steps[1:], v); !ok {
			return value.Value{}, false
		}
		elems := slices.Clone(old.Elems())
		elems[s.index] = child
		return value.NewArray(elems), true
	}
	if old.Exists() && old.Kind() != value.Object {
		return value.Value{}, false
	}
	child, _ := old.Get(s.name)
	child, ok := set(child, steps[1:], v)
	if !ok {
		return value.Value{}, false
	}
	return old.With(s.name, child), true
}
