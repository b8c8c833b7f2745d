package asl

import (
	"errors"
	"slices"
	"strings"

	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

// pathField compiles InputPath or OutputPath.
func (s *stateCompiler) pathField(name string) PathField {
	n := s.field(name)
	if n == nil {
		return PathField{}
	}
	if n.kind == value.Null {
		return PathField{Null: true}
	}
	return PathField{Path: s.path(n)}
}

// resultPath compiles the ResultPath of a state or a catcher.
func (s *stateCompiler) resultPath(n *node) PathField {
	if n == nil {
		return PathField{}
	}
	if n.kind == value.Null {
		return PathField{Null: true}
	}
	p := s.referencePath(n)
	if p != nil && p.Root() != "$" {
		s.invalid(n, "Value is not a Reference Path: ResultPath must start at '$'")
	}
	return PathField{Path: p}
}

func (s *stateCompiler) itemsPath(n *node) PathField {
	if n == nil {
		return PathField{}
	}
	return PathField{Path: s.referencePath(n)}
}

// path reads any path, nil when there is none.
func (s *stateCompiler) path(n *node) *jsonpath.Path {
	text, ok := s.stringOf(n)
	if !ok {
		return nil
	}
	p, err := jsonpath.Parse(text)
	if err != nil {
		s.invalid(n, "Value must be a valid JSONPath.")
		return nil
	}
	return p
}

// referencePath reads a path that leads to one place.
func (s *stateCompiler) referencePath(n *node) *jsonpath.Path {
	text, ok := s.stringOf(n)
	if !ok {
		return nil
	}
	if !strings.HasPrefix(text, "$") {
		s.invalid(n, "Value is not a Reference Path: Reference path didn't start with '$'")
		return nil
	}
	p, err := jsonpath.Parse(text)
	if err == nil {
		err = p.Reference()
	}
	if err != nil {
		s.invalid(n, "Value is not a Reference Path: %s", reason(err))
		return nil
	}
	return p
}

// reason returns what is wrong with a path, without the path.
func reason(err error) string {
	var syntax *jsonpath.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Msg
	}
	return err.Error()
}

// numberField compiles a field that holds a constant, which constant checks, an expression, or (as name+"Path")
// a reference path.
func (s *stateCompiler) numberField(name string, constant func(*node)) Field {
	s.atMostOneForm(name)
	if n := s.field(name); n != nil {
		return s.constOrQuery(n, constant)
	}
	n := s.field(name + "Path")
	if n == nil {
		return Field{}
	}
	if s.state.Type == Map {
		return Field{Name: n.key, Expr: s.limitExpr(n)}
	}
	return Field{Name: n.key, Expr: s.referenceExpr(n)}
}

// atMostOneForm reports a field that is there as a value and as a path. Wait has its own rule for that.
func (s *stateCompiler) atMostOneForm(name string) {
	if s.state.Type != Wait {
		s.atMostOne(s.node, name, name+"Path")
	}
}

// constOrQuery compiles a field that may hold a JSONata expression.
func (s *stateCompiler) constOrQuery(n *node, constant func(*node)) Field {
	if s.state.Language == JSONata && n.kind == value.String && marked(n.str()) {
		return Field{Name: n.key, Expr: s.query(n)}
	}
	constant(n)
	s.warnPath(n)
	return Field{Name: n.key, Const: n.value()}
}

func (s *stateCompiler) integerConst(lo, hi int64) func(*node) {
	return func(n *node) { s.integer(n, lo, hi) }
}

func (s *stateCompiler) referenceExpr(n *node) *Expr {
	if s.referencePath(n) == nil {
		return nil
	}
	return s.pathExpr(n)
}

// limitExpr reads the path of a number of a Map state, which cannot come from the context object.
func (s *stateCompiler) limitExpr(n *node) *Expr {
	e := s.referenceExpr(n)
	if e != nil && e.Path.Path().Root() == "$$" {
		s.invalid(n, "Value is not a Reference Path: the context object is not supported here")
	}
	return e
}

// pathExpr reads a path or the call of an intrinsic function, nil when it is neither.
func (s *stateCompiler) pathExpr(n *node) *Expr {
	e, err := jsonpath.ParseExpr(n.str())
	if err != nil || n.kind != value.String {
		return nil
	}
	return &Expr{Source: n.str(), Path: e}
}

// textFunctions are the intrinsic functions that ErrorPath and CausePath may call: those that return a string.
var textFunctions = []string{"States.Format", "States.JsonToString", "States.ArrayGetItem", "States.Base64Encode",
	"States.Base64Decode", "States.Hash", "States.UUID"}

// textField compiles Error or Cause.
func (s *stateCompiler) textField(name string) Field {
	s.atMostOneForm(name)
	if n := s.field(name); n != nil {
		return s.constOrQuery(n, func(n *node) { s.stringOf(n) })
	}
	n := s.field(name + "Path")
	if n == nil {
		return Field{}
	}
	e := s.pathExpr(n)
	switch {
	case e == nil:
		s.invalid(n, "Value must be a valid JSONPath.")
	case e.Path.Path() == nil && !slices.Contains(textFunctions, e.Path.Call()):
		s.invalid(n, "Value must be a valid JSONPath.")
	}
	return Field{Name: n.key, Expr: e}
}

// warnPath warns of a constant that looks like a path.
func (s *stateCompiler) warnPath(n *node) {
	if s.state.Language == JSONPath && looksDynamic(n.str()) {
		s.warn(n, CodeNoPath, "The value of field '%s' looks like a path, but the name of the field does not end with 'Path'", n.key)
	}
}

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
	seen := make(map[string]string, len(members))
	for _, m := range members {
		key := strings.TrimSuffix(m.Source, ".$")
		if first, ok := seen[key]; ok {
			s.invalid(field, "There should only be one of the following fields: [%s, %s]", first, m.Source)
		}
		seen[key] = m.Source
	}
}

// looksDynamic reports whether text reads like a path or like the call of an intrinsic function.
func looksDynamic(text string) bool {
	switch {
	case text == "$" || text == "$$":
		return true
	case strings.HasPrefix(text, "$"), strings.HasPrefix(text, "States.") && strings.HasSuffix(text, ")"):
		_, err := jsonpath.ParseExpr(text)
		return err == nil
	}
	return false
}
