package asl

// Templates are JSON values with something computed in them. What holds nothing of the kind stays one constant,
// however large it is.

import (
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

func (s *stateCompiler) templateField(name string) *Template {
	n := s.field(name)
	if n == nil {
		return nil
	}
	return s.template(n)
}

// template compiles the template that n holds as a whole.
func (s *stateCompiler) template(n *node) *Template {
	if t := s.computed(n, n); t != nil {
		return t
	}
	return &Template{Const: n.value()}
}

// computed compiles n, which is field or inside of it, into a template; nil when nothing in n is computed, so
// that every constant is one value and not a tree of templates.
func (s *stateCompiler) computed(n, field *node) *Template {
	switch {
	case field.key == "ItemReader" && n.key == "CSVHeaders" && n.parent.key == "ReaderConfig":
		return nil // names of columns, whatever they look like
	case n.kind == value.Object:
		return s.object(n, field)
	case n.kind == value.Array:
		return s.array(n, field)
	case n.kind == value.String && s.state.Language == JSONata && marked(n.str()):
		return &Template{Expr: s.query(n)}
	}
	return nil
}

func (s *stateCompiler) object(n, field *node) *Template {
	members := make([]TemplateMember, len(n.children))
	constant := true
	for i, m := range n.children {
		members[i] = s.member(m, field)
		constant = constant && members[i].Value == nil
	}
	if s.state.Language == JSONPath {
		s.sameKeys(members, field)
	}
	if constant {
		return nil
	}
	for i, m := range n.children {
		if members[i].Value == nil {
			members[i].Value = &Template{Const: m.value()}
		}
	}
	return &Template{Members: members}
}

func (s *stateCompiler) array(n, field *node) *Template {
	elems := make([]*Template, len(n.children))
	constant := true
	for i, e := range n.children {
		elems[i] = s.computed(e, field)
		constant = constant && elems[i] == nil
	}
	if constant {
		return nil
	}
	for i, e := range n.children {
		if elems[i] == nil {
			elems[i] = &Template{Const: e.value()}
		}
	}
	return &Template{Elems: elems}
}

// member compiles one member of an object, its Value nil when that is constant.
func (s *stateCompiler) member(n, field *node) TemplateMember {
	if s.state.Language == JSONPath {
		return s.pathMember(n, field)
	}
	return TemplateMember{Key: n.key, Source: n.key, Value: s.computed(n, field)}
}

// pathMember is member for JSONPath. Beside names that end in ".$", the limits of a reader and a batcher are read
// from a path when their names end in "Path". What is wrong with a path is located at field, as AWS does.
func (s *stateCompiler) pathMember(n, field *node) TemplateMember {
	key, dynamic := strings.CutSuffix(n.key, ".$")
	if dynamic {
		e := s.pathExpr(n)
		if e == nil {
			s.invalidIn(field, n.offset, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", n.key)
		}
		return TemplateMember{Key: key, Source: n.key, Value: &Template{Expr: e}}
	}
	if limit, ok := limitPath(n, field); ok {
		return TemplateMember{Key: limit, Source: n.key, Value: &Template{Expr: s.limitExpr(n)}}
	}
	if text := n.str(); looksDynamic(text) {
		s.warn(n, CodeNoDollar, "The value of field '%s' looks like a path or a call, but the name of the field does not end with '.$'", n.key)
	}
	return TemplateMember{Key: n.key, Source: n.key, Value: s.computed(n, field)}
}

// limitPath returns the name of the limit that n takes from a path: MaxItems of a ReaderConfig,
// MaxItemsPerBatch and MaxInputBytesPerBatch of an ItemBatcher.
func limitPath(n, field *node) (string, bool) {
	name, ok := strings.CutSuffix(n.key, "Path")
	if !ok {
		return "", false
	}
	switch name {
	case "MaxItems":
		return name, field.key == "ItemReader" && n.parent.key == "ReaderConfig" && n.parent.parent == field
	case "MaxItemsPerBatch", "MaxInputBytesPerBatch":
		return name, field.key == "ItemBatcher" && n.parent == field
	}
	return "", false
}

// sameKeys reports names that are the same without the suffix ".$".
func (s *stateCompiler) sameKeys(members []TemplateMember, field *node) {
	if !slices.ContainsFunc(members, func(m TemplateMember) bool { return m.Source != m.Key }) {
		return
	}
	seen := make(map[string]string, len(members))
	for _, m := range members {
		key := strings.TrimSuffix(m.Source, ".$")
		if first, ok := seen[key]; ok {
			s.invalid(field, "There should only be one of the following fields: [%s, %s]", first, m.Source)
		}
		seen[key] = m.Source
	}
}
