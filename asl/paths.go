package asl

// Fields that hold one value: a path, or a constant of which there may be a …Path form or a JSONata expression.

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
