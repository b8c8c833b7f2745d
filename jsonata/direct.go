package jsonata

import (
	"strings"

	"github.com/statelark/statelark/value"
)

// Most expressions of a state machine only name a place in the input, as $states.input.order.id does. Those
// are followed in the JSON value itself, without an evaluation.

// place is a path of names, maybe from a variable.
type place struct {
	variable string
	from     bool // starts at variable
	names    []string
}

// placeOf returns the place that the tree is nothing but the name of, nil for any other tree.
func placeOf(root *node) *place {
	if !root.plain || root.keepArray || root.predicates != nil {
		return nil
	}
	p := &place{}
	for _, s := range root.list {
		if s.kind == kindVariable {
			p.from, p.variable = true, s.text
			continue
		}
		p.names = append(p.names, s.text)
	}
	return p
}

// maxDirect is the longest string, in bytes, that direct returns: short of every limit on memory.
const maxDirect = 1 << 16

// direct follows p. settled is false where the evaluator has to answer: where the path meets an array, whose
// items it would spread, where the result is not spelt as the dialect spells it, and where the caller sets
// limits.
func (p *place) direct(env *Env, input value.Value, d Dialect) (v value.Value, ok, settled bool) {
	if env != nil && (env.Limits.Depth > 0 || env.Limits.Steps > 0 || env.Limits.Memory > 0) {
		return v, false, false
	}
	v = input
	if p.from && p.variable != "" && p.variable != "$" {
		if env == nil {
			return v, false, false
		}
		if v, ok = env.binding(p.variable); !ok {
			return v, false, false
		}
	}
	for _, name := range p.names {
		switch v.Kind() {
		case value.Object:
			v, _ = v.Get(name)
		case value.Array:
			return v, false, false
		default:
			return value.Value{}, false, true
		}
	}
	return spelt(v, d)
}

// spelt returns v where it is already spelt as the dialect spells results.
func spelt(v value.Value, d Dialect) (_ value.Value, ok, settled bool) {
	switch v.Kind() {
	case value.Absent:
		return value.Value{}, false, true
	case value.Null, value.Bool:
		return v, true, true
	case value.Number:
		return v, true, isCanonicalNumber(v.Text())
	case value.String:
		text := v.Text()
		plain := len(text) < maxDirect && strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, 0xED) < 0
		return v, true, plain
	}
	if isCanonical(v.Compact(), d) {
		return compact(&v), true, true
	}
	return v, false, false
}
