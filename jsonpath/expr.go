package jsonpath

import "github.com/statelark/statelark/value"

// Expr is what the value of a field "name.$" holds: a path or a call of an intrinsic function. It is immutable
// and may be shared by goroutines.
type Expr struct {
	text string
	path *Path
}

// ParseExpr reads a path or a call such as "States.Format('{}', $.x)". The error is a *SyntaxError.
func ParseExpr(text string) (*Expr, error) {
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return &Expr{text: text, path: p}, nil
}

// String returns the expression as written.
func (e *Expr) String() string { return e.text }

// Path returns the path, nil when the expression is a call.
func (e *Expr) Path() *Path { return e.path }

// Call returns the name of the function, "" when the expression is a path.
func (e *Expr) Call() string { return "" }

// Paths returns every path inside the expression, from left to right.
func (e *Expr) Paths() []*Path { return []*Path{e.path} }

// Eval returns the value of the expression. The error is a *NotFoundError when it is a path, a *CallError when
// it is a call. A path that ends in an index past the end yields null, as on AWS.
func (e *Expr) Eval(env *Env) (value.Value, error) { return e.path.Eval(env) }
