package jsonata

import (
	"strings"
	"time"

	"github.com/statelark/statelark/value"
)

// Dialect selects between the two implementations whose answers are reproduced.
type Dialect uint8

const (
	// Reference is jsonata-js 2.0.6 under Node: numbers are float64 and print as JavaScript prints them,
	// objects list integer-like keys first.
	Reference Dialect = iota
	// AWS is the dialect of AWS Step Functions: integers are exact up to a long, objects keep the order
	// written, $eval is missing and $partition, $range, $hash, $random(seed), $uuid and $parse are there.
	AWS
)

// Limits bound one evaluation. The zero value of a field means its default.
type Limits struct {
	Depth  int // evaluation levels; 500, in the AWS dialect 100
	Steps  int // nodes evaluated; no limit
	Memory int // size of any one value, 8 for a number and 1 for a character; 128 MiB, in the AWS dialect 6,990,256
}

// UnitSteps is the number of steps in a unit of work. A step is what takes some 50 ns: a node evaluated, or so much
// of the work inside a function. What an expression costs in steps depends on nothing but itself and what it sees.
const UnitSteps = 1024

// Env is what an evaluation may know of the world. It is read only; one Env may serve many evaluations at once.
// Work may panic to abandon an evaluation: no Expr and nothing that evaluations share is the worse for it.
type Env struct {
	Bindings map[string]value.Value                // variables by name, without the $
	Lookup   func(name string) (value.Value, bool) // asked for variables that Bindings does not hold; may be nil
	Now      func() time.Time                      // asked once an evaluation, when it needs the time; nil stands for 1970
	Random   func() float64                        // numbers in [0, 1); nil stands for always 0
	UUID     func() string                         // for $uuid of the AWS dialect; nil stands for the nil UUID
	Work     func() bool                           // called after each unit of work (see UnitSteps); false ends the evaluation with a timeout
	Limits   Limits
}

// Expr is a parsed expression. It never changes; goroutines may share it.
type Expr struct {
	src     string
	dialect Dialect
	root    *node
	place   *place // where the expression only names a place in the input
}

// Parse reads an expression. Its error is an *Error.
func Parse(src string, d Dialect) (*Expr, error) {
	text := strings.ToValidUTF8(src, "\uFFFD")
	raw, err := parseSource(text)
	if err == nil {
		raw, err = process(raw)
	}
	if err != nil {
		return nil, asError(err).finish(text)
	}
	analyse(raw, d)
	return &Expr{src: src, dialect: d, root: raw, place: placeOf(raw)}, nil
}

// asError returns the *Error that every error of the parser is.
func asError(err error) *Error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Message: err.Error()}
	}
	return e
}

// String returns the source of the expression.
func (e *Expr) String() string { return e.src }

// Eval evaluates the expression on input, which may be absent. It returns false when the result is undefined,
// ErrFunction when it is a function, and otherwise an *Error when the evaluation failed.
func (e *Expr) Eval(env *Env, input value.Value) (value.Value, bool, error) {
	if e.place != nil {
		if v, ok, settled := e.place.direct(env, input, e.dialect); settled {
			if n := len(v.Text()); n >= bytesRead*UnitSteps/2 && !env.affords(n/bytesRead) {
				return value.Value{}, false, e.dialect.failTimeout()
			}
			return v, ok, nil
		}
	}
	ev := newEvaluator(e, env)
	defer ev.release()
	result, err := ev.run(input)
	if err == nil && (result.tag >= tagString || ev.steps-ev.told >= UnitSteps/2) {
		var v value.Value
		if v, err = ev.measured(result); err == nil && result.tag < tagFunction {
			return v, v.Exists(), nil
		}
	}
	switch {
	case err != nil:
		return value.Value{}, false, err.finish(e.src)
	case result.tag == tagFunction:
		return value.Value{}, false, ErrFunction
	case !result.defined():
		return value.Value{}, false, nil
	}
	return ev.result(result), true, nil
}
