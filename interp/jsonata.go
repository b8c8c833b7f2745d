package interp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

// jsonataLang is the JSONata query language:
//
//	input → Arguments → work → Output
//
// Every expression sees the state's data as $states and the variables by their names. A failure of an expression
// is the state's, by the name of States.QueryEvaluationError, and told beforehand by an event of its own.
type jsonataLang struct{}

var _ language = jsonataLang{}

// scope is what $states shows to an expression besides the input and the context.
type scope struct {
	result      value.Value // of the work; absent where there is none yet
	errorOutput value.Value // of a failure that a catcher caught
}

func (jsonataLang) input(f *frame) (value.Value, *failure) { return f.t.input, nil }

func (l jsonataLang) arguments(f *frame) (value.Value, *failure) {
	if f.s.Arguments == nil {
		return f.in, nil
	}
	v, fail := l.build(f, f.s.Arguments, "Arguments", scope{})
	if fail == nil {
		f.note(InspectArguments, v)
	}
	return v, fail
}

func (l jsonataLang) output(f *frame, result value.Value) (value.Value, []value.Member, *failure) {
	s := scope{}
	switch f.s.Type {
	case asl.Task, asl.Parallel, asl.Map:
		s.result = result
	}
	return l.leave(f, f.s.Output, f.s.Assign, "", s, result)
}

func (l jsonataLang) caught(f *frame, c *asl.Catcher, errorOutput value.Value) (value.Value, []value.Member, *failure) {
	at := ""
	for i := range f.s.Catch {
		if c == &f.s.Catch[i] {
			at = fmt.Sprintf("Catch[%d]/", i)
		}
	}
	return l.leave(f, c.Output, c.Assign, at, scope{errorOutput: errorOutput}, errorOutput)
}

func (l jsonataLang) chosen(f *frame, rule *asl.Rule) (value.Value, []value.Member, *failure) {
	if rule == nil {
		return l.leave(f, f.s.Output, f.s.Assign, "", scope{}, f.in)
	}
	return l.leave(f, rule.Output, rule.Assign, l.ruleAt(f, rule)+"/", scope{}, f.in)
}

func (jsonataLang) ruleAt(f *frame, rule *asl.Rule) string {
	for i := range f.s.Choice.Rules {
		if rule == &f.s.Choice.Rules[i] {
			return fmt.Sprintf("Choices[%d]", i)
		}
	}
	return "Choices"
}

// leave computes Output, which is otherwise when absent, and Assign, which stand below at.
func (l jsonataLang) leave(f *frame, output, assign *asl.Template, at string, s scope, otherwise value.Value) (value.Value, []value.Member, *failure) {
	out := otherwise
	if output != nil {
		var fail *failure
		if out, fail = l.build(f, output, at+"Output", s); fail != nil {
			return value.Value{}, nil, fail
		}
	}
	if assign == nil {
		return out, nil, nil
	}
	assigned, fail := l.build(f, assign, at+"Assign", s)
	return out, assigned.Members(), fail
}

func (l jsonataLang) choose(f *frame) (*asl.Rule, *failure) {
	for i := range f.s.Choice.Rules {
		rule := &f.s.Choice.Rules[i]
		at := l.ruleAt(f, rule) + "/Condition"
		v, fail := l.field(f, rule.Condition, at)
		if fail != nil {
			return nil, fail
		}
		if v.Kind() != value.Bool {
			return nil, f.unexpected(rule.Condition.Expr, at, "boolean", v)
		}
		if v.Bool() {
			return rule, nil
		}
	}
	return nil, nil
}

func (l jsonataLang) items(f *frame) (value.Value, *failure) {
	if f.s.Map.Items == nil {
		if !f.iterable(f.in) {
			return value.Value{}, f.queryError("", "Map state input must be an array but was: %s", f.in.Compact())
		}
		return f.in, nil
	}
	v, fail := l.build(f, f.s.Map.Items, "Items", scope{})
	if fail != nil {
		return value.Value{}, fail
	}
	if !f.iterable(v) {
		return value.Value{}, f.unexpected(f.s.Map.Items.Expr, "Items", "array", v)
	}
	return v, nil
}

func (l jsonataLang) template(f *frame, t *asl.Template, field string) (value.Value, *failure) {
	return l.build(f, t, field, scope{})
}

// build computes a template that stands at the place at of the state.
func (l jsonataLang) build(f *frame, t *asl.Template, at string, s scope) (value.Value, *failure) {
	return f.build(t, &place{name: at}, func(e *asl.Expr, at *place) (value.Value, *failure) {
		return l.eval(f, e, at, s)
	})
}

// expression is an evaluation of JSONata that is under way.
type expression struct {
	source string
	scope  scope
	units  int // of work that were done
}

// lookup finds a variable of the expression.
func (f *frame) lookup(name string) (value.Value, bool) {
	if name == "states" {
		return f.states(f.expr.source, f.expr.scope), true
	}
	return f.x.lookup(f.t, name)
}

// workOnExpression is work for an expression, which has a bound of its own.
func (f *frame) workOnExpression() bool {
	f.expr.units++
	return f.work() && f.expr.units <= f.x.bounds.expression
}

// eval computes an expression.
func (jsonataLang) eval(f *frame, e *asl.Expr, where *place, s scope) (value.Value, *failure) {
	f.expr = expression{source: e.Source, scope: s}
	v, defined, err := e.Query.Eval(&f.query, value.Value{})
	if err == nil && defined {
		return v, nil
	}
	at := where.String()
	about := fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' ", e.Source, at)
	var je *jsonata.Error
	switch {
	case err == nil:
		return value.Value{}, f.queryError(at, "%sreturned nothing (undefined).", about)
	case errors.Is(err, jsonata.ErrFunction):
		return value.Value{}, f.queryError(at, "%sreturned an unsupported result type.", about)
	case errors.As(err, &je) && je.Internal:
		return value.Value{}, f.queryError(at, "%sthrew an internal error during evaluation. %s", about, f.x.uuid())
	case je != nil && je.Code == "" && f.exhausted():
		return value.Value{}, f.queryError(at, "%sthrew an error during evaluation: "+exhaustedCause, about)
	case je != nil && je.Code != "":
		return value.Value{}, f.queryError(at, "%sthrew an error during evaluation. %s: %s", about, je.Code, je.Message)
	}
	return value.Value{}, f.queryError(at, "%sthrew an error during evaluation: %s", about, err)
}

// states is what $states shows. The context is left out when the expression cannot ask for it.
func (f *frame) states(source string, s scope) value.Value {
	members := []value.Member{{Key: "input", Value: f.in}}
	if s.result.Exists() {
		members = append(members, value.Member{Key: "result", Value: s.result})
	}
	if s.errorOutput.Exists() {
		members = append(members, value.Member{Key: "errorOutput", Value: s.errorOutput})
	}
	if strings.Contains(source, "context") || !strings.Contains(source, "$states.") {
		members = append(members, value.Member{Key: "context", Value: f.context()})
	}
	return value.NewObject(members)
}

// queryError is a failure of an expression at the place at of the state; "": at no place of its own.
func (f *frame) queryError(at, format string, a ...any) *failure {
	fail := newFailure("States.QueryEvaluationError", f.where()+fmt.Sprintf(format, a...))
	fail.evaluation, fail.location = true, at
	return fail
}

// unexpected is the failure of an expression at the place at whose value is of the wrong kind. A constant cannot
// be: the definition was held to the same.
func (f *frame) unexpected(e *asl.Expr, at, want string, v value.Value) *failure {
	return f.queryError(at, "The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		e.Source, at, want, v.Kind(), v.Compact())
}

// field computes a field that stands at the place at.
func (l jsonataLang) field(f *frame, field asl.Field, at string) (value.Value, *failure) {
	if field.Expr == nil {
		return field.Const, nil
	}
	return l.eval(f, field.Expr, &place{name: at}, scope{})
}

func (l jsonataLang) integer(f *frame, field asl.Field) (int64, *failure) {
	v, fail := l.field(f, field, field.Name)
	if fail != nil {
		return 0, fail
	}
	n, ok := v.Int()
	switch {
	case v.Kind() != value.Number:
		return 0, f.unexpected(field.Expr, field.Name, "number", v)
	case !ok:
		return 0, l.outOfRange(f, field, "The %s field cannot be parsed as an integer: %s", field.Name, v.Compact())
	case n < 0:
		return 0, l.outOfRange(f, field, "The %s field cannot be negative but was: %d", field.Name, n)
	}
	return n, nil
}

func (l jsonataLang) number(f *frame, field asl.Field) (float64, *failure) {
	v, fail := l.field(f, field, field.Name)
	if fail == nil && v.Kind() != value.Number {
		fail = f.unexpected(field.Expr, field.Name, "number", v)
	}
	return v.Float(), fail
}

func (l jsonataLang) text(f *frame, field asl.Field) (string, *failure) {
	v, fail := l.field(f, field, field.Name)
	if fail == nil && v.Kind() != value.String {
		fail = f.unexpected(field.Expr, field.Name, "string", v)
	}
	return v.Str(), fail
}

func (jsonataLang) outOfRange(f *frame, field asl.Field, format string, a ...any) *failure {
	return f.queryError(field.Name, format, a...)
}

func (l jsonataLang) until(f *frame, w *asl.WaitFields) (int64, *failure) {
	if w.Seconds.Exists() {
		seconds, fail := l.integer(f, w.Seconds)
		if fail == nil && seconds > asl.MaxSeconds {
			fail = l.outOfRange(f, w.Seconds, delayTooLong)
		}
		return f.x.now + seconds*1000, fail
	}
	v, fail := l.field(f, w.Timestamp, w.Timestamp.Name)
	if fail != nil {
		return 0, fail
	}
	at, err := asl.ParseTimestamp(v.Str())
	if v.Kind() != value.String || err != nil {
		return 0, l.outOfRange(f, w.Timestamp,
			"The %s field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", w.Timestamp.Name, plain(v))
	}
	return f.untilTime(w.Timestamp, at)
}
