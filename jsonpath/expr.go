package jsonpath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/statelark/statelark/value"
)

// Expr is what the value of a field "name.$" holds: a path or a call of an intrinsic function. It is immutable
// and may be shared by goroutines.
type Expr struct {
	text string
	path *Path
	call *call
}

// call is a function and its arguments.
type call struct {
	function *function
	args     []arg
}

// arg is an argument: one of a path, a call and a literal.
type arg struct {
	path    *Path
	call    *call
	literal value.Value
	source  string // a string literal as written between its quotes, for the slots of States.Format
}

// maxNesting is how deep calls may stand inside calls, the outermost counted.
const maxNesting = 10

// ParseExpr reads a path or a call such as "States.Format('{}', $.x)". The error is a *SyntaxError.
func ParseExpr(text string) (*Expr, error) {
	if strings.HasPrefix(text, "$") {
		p, err := Parse(text)
		if err != nil {
			return nil, err
		}
		return &Expr{text: text, path: p}, nil
	}
	r := &reader{text: text}
	c, err := r.call()
	if err != nil {
		return nil, err
	}
	if r.space(); r.pos < len(text) {
		return nil, r.fail("nothing may follow the call")
	}
	return &Expr{text: text, call: c}, nil
}

// String returns the expression as written.
func (e *Expr) String() string { return e.text }

// Path returns the path, nil when the expression is a call.
func (e *Expr) Path() *Path { return e.path }

// Call returns the name of the function, "" when the expression is a path.
func (e *Expr) Call() string {
	if e.call == nil {
		return ""
	}
	return e.call.function.name
}

// Paths returns every path inside the expression, from left to right.
func (e *Expr) Paths() []*Path {
	if e.path != nil {
		return []*Path{e.path}
	}
	return e.call.paths(nil)
}

func (c *call) paths(found []*Path) []*Path {
	for _, a := range c.args {
		switch {
		case a.path != nil:
			found = append(found, a.path)
		case a.call != nil:
			found = a.call.paths(found)
		}
	}
	return found
}

// Eval returns the value of the expression. The error is a *NotFoundError when it is a path, a *CallError when
// it is a call, and ErrWork or ErrMemory for both. A path that ends in an index past the end yields null, as on AWS.
func (e *Expr) Eval(env *Env) (value.Value, error) {
	if e.path != nil {
		v, err := e.path.Eval(env)
		if err != nil && isPastEnd(err) {
			return value.NullValue, nil
		}
		return v, err
	}
	v, err := e.call.eval(env, nil)
	if err != nil {
		return value.Value{}, e.failure(err, env)
	}
	return v, nil
}

func isPastEnd(err error) bool {
	var miss *NotFoundError
	return errors.As(err, &miss) && miss.IndexPastEnd
}

// failure makes the error of a call out of what stopped it.
func (e *Expr) failure(err error, env *Env) error {
	for _, bound := range []error{ErrWork, ErrMemory} {
		if errors.Is(err, bound) {
			return bound
		}
	}
	var miss *NotFoundError
	if errors.As(err, &miss) {
		return &CallError{Expr: e.text, Name: ErrorRuntime, Msg: argumentMiss(miss, env)}
	}
	return &CallError{Expr: e.text, Name: ErrorIntrinsicFailure, Msg: err.Error()}
}

// argumentMiss words a miss as AWS does: a path into the context object is shown as if it started at '$', and
// what is quoted is the input even then.
func argumentMiss(miss *NotFoundError, env *Env) string {
	if miss.Misapplied {
		return miss.Detail
	}
	path := miss.Path
	if strings.HasPrefix(path, "$$") {
		path = path[1:]
	}
	return fmt.Sprintf("The JsonPath argument for the field '%s' could not be found in the input '%s'", path, env.Input.Text())
}

// eval runs the call; outer is the meter of the call that it is an argument of, nil for the outermost one.
func (c *call) eval(env *Env, outer *meter) (value.Value, error) {
	in := &invocation{env: env, call: c, args: make([]value.Value, len(c.args)), meter: outer}
	if outer == nil {
		in.own.work = env.Work
		in.meter = &in.own
	}
	if err := in.meter.spend(1 + len(c.args)); err != nil {
		return value.Value{}, err
	}
	for i := range c.args {
		v, err := c.args[i].eval(env, in.meter)
		if err != nil {
			return value.Value{}, err
		}
		in.args[i] = v
	}
	v, err := c.function.run(in)
	if err != nil {
		return value.Value{}, fmt.Errorf("%s: %w", c.function.name, err)
	}
	if outer == nil {
		err = in.own.close()
	}
	return v, err
}

func (a *arg) eval(env *Env, m *meter) (value.Value, error) {
	switch {
	case a.path != nil:
		return a.path.evalWithin(env, m)
	case a.call != nil:
		return a.call.eval(env, m)
	}
	return a.literal, nil
}

// call reads a call, which begins with the function's name.
func (r *reader) call() (*call, error) {
	from := r.pos
	open := strings.IndexByte(r.text[r.pos:], '(')
	if open < 0 {
		return nil, r.fail("expected a path or a call of an intrinsic function")
	}
	f := functions[r.text[from:from+open]]
	if f == nil {
		return nil, r.fail("%q is not an intrinsic function", r.text[from:from+open])
	}
	if r.depth++; r.depth > maxNesting {
		return nil, r.fail("calls are nested more than %d deep", maxNesting)
	}
	defer func() { r.depth-- }()
	r.pos += open + 1
	args, err := r.args()
	if err != nil {
		return nil, err
	}
	if len(args) < f.least || f.most >= 0 && len(args) > f.most {
		r.pos = from
		return nil, r.fail("%s takes %s", f.name, f.arity())
	}
	return &call{function: f, args: args}, nil
}

// args reads arguments up to and with the closing parenthesis.
func (r *reader) args() ([]arg, error) {
	var args []arg
	if r.space(); r.take(")") {
		return nil, nil
	}
	for {
		r.space()
		a, err := r.arg()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		r.space()
		if r.take(")") {
			return args, nil
		}
		if !r.take(",") {
			return nil, r.fail("expected ',' or ')'")
		}
	}
}

func (r *reader) arg() (arg, error) {
	switch c := r.peek(); {
	case c == '\'':
		return r.stringLiteral()
	case c == '$':
		p, err := r.pathArgument()
		return arg{path: p}, err
	case c == '-' || isDigit(c):
		return r.plainLiteral()
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(r.text[r.pos:], word) {
			return r.plainLiteral()
		}
	}
	c, err := r.call()
	return arg{call: c}, err
}

// plainLiteral reads a number, true, false or null.
func (r *reader) plainLiteral() (arg, error) {
	from := r.pos
	for c := r.peek(); c != 0 && c != ',' && c != ')' && c != ' '; c = r.peek() {
		r.pos++
	}
	text := r.text[from:r.pos]
	v, err := value.Parse(text)
	if err != nil {
		r.pos = from
		return arg{}, r.fail("%q is not a number, true, false or null", text)
	}
	return arg{literal: v}, nil
}

// stringLiteral reads a text in single quotes, where a backslash stands before ' { } and \ only.
func (r *reader) stringLiteral() (arg, error) {
	start := r.pos
	r.pos++
	from := r.pos
	var b strings.Builder
	for r.pos < len(r.text) {
		c := r.text[r.pos]
		switch c {
		case '\'':
			source := r.text[from:r.pos]
			r.pos++
			return arg{literal: value.FromString(b.String()), source: source}, nil
		case '\\':
			r.pos++
			if c = r.peek(); !isEscapable(c) {
				return arg{}, r.fail("a backslash may stand before ', {, } and \\ only")
			}
		}
		b.WriteByte(c)
		r.pos++
	}
	r.pos = start
	return arg{}, r.fail("the quote is not closed")
}

func isEscapable(c byte) bool { return c == '\'' || c == '{' || c == '}' || c == '\\' }

// pathArgument reads a path that ends at the comma or parenthesis after it.
func (r *reader) pathArgument() (*Path, error) {
	from := r.pos
	r.skipPath()
	text := strings.TrimRight(r.text[from:r.pos], " ")
	p, err := Parse(text)
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return nil, syntaxErrorf(r.text, from+syntax.Offset, "%s", syntax.Msg)
	}
	return p, err
}

// skipPath steps to the first ',' or ')' that no bracket, quote or parenthesis of the path encloses.
func (r *reader) skipPath() {
	depth := 0
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case '\'':
			end := strings.IndexByte(r.text[r.pos+1:], '\'')
			if end < 0 {
				r.pos = len(r.text)
				return
			}
			r.pos += end + 1
		case '(', '[':
			depth++
		case ']':
			depth--
		case ',', ')':
			if depth <= 0 {
				return
			}
			if c == ')' {
				depth--
			}
		}
		r.pos++
	}
}
