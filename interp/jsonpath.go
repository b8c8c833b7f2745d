package interp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

// jsonPath is the JSONPath query language:
//
//	input → InputPath → Parameters → work → ResultSelector → ResultPath → OutputPath → output
type jsonPath struct{}

var _ language = jsonPath{}

// env is what an expression of f sees when $ is root. It is the frame's own and good until the next call.
func (f *frame) env(root value.Value, source string) *jsonpath.Env {
	f.path.Input = root
	if strings.Contains(source, "$$") {
		f.path.Context = f.context()
	}
	return &f.path
}

// uuid returns a version 4 UUID out of the execution's random numbers.
func (x *Exec) uuid() string {
	return uuidOf(x.random(), x.random())
}

// uuidOf makes a UUID of 128 bits.
func uuidOf(a, b uint64) string {
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

// path selects p from root; a path that finds nothing is a runtime error.
func (jsonPath) path(f *frame, p *jsonpath.Path, root value.Value) (value.Value, *failure) {
	v, err := p.Eval(f.env(root, p.String()))
	if err != nil {
		return value.Value{}, f.pathError(err)
	}
	return v, nil
}

func (l jsonPath) input(f *frame) (value.Value, *failure) {
	in, fail := l.selectPath(f, f.s.InputPath, f.t.input)
	if fail == nil {
		f.note(InspectInputPath, in)
	}
	return in, fail
}

// selectPath applies InputPath or OutputPath.
func (l jsonPath) selectPath(f *frame, p asl.PathField, root value.Value) (value.Value, *failure) {
	switch {
	case p.Null:
		return value.EmptyObj, nil
	case p.Whole():
		return root, nil
	}
	return l.path(f, p.Path, root)
}

func (l jsonPath) arguments(f *frame) (value.Value, *failure) {
	v := f.in
	if f.s.Parameters != nil {
		var fail *failure
		if v, fail = l.template(f, f.s.Parameters, "Parameters"); fail != nil {
			return value.Value{}, fail
		}
	}
	f.note(InspectParameters, v)
	return v, nil
}

func (l jsonPath) output(f *frame, result value.Value) (value.Value, []value.Member, *failure) {
	selected := result
	if f.s.ResultSelector != nil {
		v, fail := l.build(f, f.s.ResultSelector, result)
		if fail != nil {
			return value.Value{}, nil, fail
		}
		selected = v
	}
	f.note(InspectResultSelector, selected)
	joined, fail := l.resultPath(f, f.s.ResultPath, f.t.input, selected)
	if fail != nil {
		return value.Value{}, nil, fail
	}
	f.note(InspectResultPath, joined)
	return l.leave(f, joined, result, f.s.Assign)
}

// resultPath puts result into base as the field says.
func (l jsonPath) resultPath(f *frame, p asl.PathField, base, result value.Value) (value.Value, *failure) {
	switch {
	case p.Null:
		return base, nil
	case p.Whole():
		return result, nil
	}
	v, err := p.Path.Set(base, result)
	if err != nil {
		return value.Value{}, newFailure(jsonpath.ErrorReferencePathConflict, err.Error())
	}
	return v, nil
}

// leave computes what is left to do at the exit of a state: Assign, whose $ is root, and OutputPath.
func (l jsonPath) leave(f *frame, out, root value.Value, assign *asl.Template) (value.Value, []value.Member, *failure) {
	assigned, fail := l.assign(f, assign, root)
	if fail != nil {
		return value.Value{}, nil, fail
	}
	out, fail = l.selectPath(f, f.s.OutputPath, out)
	return out, assigned, fail
}

func (l jsonPath) assign(f *frame, t *asl.Template, root value.Value) ([]value.Member, *failure) {
	if t == nil {
		return nil, nil
	}
	v, fail := l.build(f, t, root)
	return v.Members(), fail
}

func (l jsonPath) caught(f *frame, c *asl.Catcher, errorOutput value.Value) (value.Value, []value.Member, *failure) {
	out, fail := l.resultPath(f, c.ResultPath, f.t.input, errorOutput)
	if fail != nil {
		return value.Value{}, nil, fail
	}
	assigned, fail := l.assign(f, c.Assign, errorOutput)
	return out, assigned, fail
}

func (l jsonPath) chosen(f *frame, rule *asl.Rule) (value.Value, []value.Member, *failure) {
	assign := f.s.Assign
	if rule != nil {
		assign = rule.Assign
	}
	return l.leave(f, f.in, f.in, assign)
}

func (l jsonPath) items(f *frame) (value.Value, *failure) {
	v, p := f.in, f.s.Map.ItemsPath
	if p.Path != nil {
		var err error
		if v, err = p.Path.Eval(f.env(f.in, p.Path.String())); err != nil {
			return value.Value{}, f.unreachable(p.Path, err)
		}
	}
	if !f.iterable(v) {
		name := "$"
		if p.Path != nil {
			name = strings.Replace(p.Path.String(), "$$", "$", 1)
		}
		return value.Value{}, f.runtimeError("Reference path %q must point to array.", name)
	}
	return v, nil
}

// unreachable is the failure of an ItemsPath that leads to nothing.
func (f *frame) unreachable(p *jsonpath.Path, err error) *failure {
	var missing *jsonpath.NotFoundError
	if !errors.As(err, &missing) || missing.Step == "" { // a variable that is not set
		return f.pathError(err)
	}
	input := f.in
	if p.Root() == "$$" {
		input = f.context()
	}
	return newFailure(jsonpath.ErrorReferencePathConflict,
		fmt.Sprintf("Unable to apply step \"%s\" to input %s", missing.Step, input.Compact()))
}

func (l jsonPath) template(f *frame, t *asl.Template, _ string) (value.Value, *failure) {
	return l.build(f, t, f.in)
}

// build computes a payload template, in which $ is root.
func (l jsonPath) build(f *frame, t *asl.Template, root value.Value) (value.Value, *failure) {
	return f.build(t, &place{}, func(e *asl.Expr, at *place) (value.Value, *failure) {
		return l.expr(f, e, at.source, root)
	})
}

// expr computes a path or a call of an intrinsic function that stands in the named field.
func (jsonPath) expr(f *frame, e *asl.Expr, field string, root value.Value) (value.Value, *failure) {
	v, err := e.Path.Eval(f.env(root, e.Source))
	if err == nil {
		return v, nil
	}
	var missing *jsonpath.NotFoundError
	var call *jsonpath.CallError
	switch {
	case jsonpath.Bounded(err):
	case errors.As(err, &call) && call.Name != jsonpath.ErrorRuntime:
		return value.Value{}, newFailure(call.Name, f.where()+call.Error())
	case errors.As(err, &missing) && missing.Misapplied:
		return value.Value{}, f.runtimeError("%s", missing.Detail)
	case errors.As(err, &missing) && e.Path.Path() != nil:
		if e.Path.Path().Root() == "$$" {
			root = f.context()
		}
		return value.Value{}, f.runtimeError("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
			e.Source, field, root.Text())
	}
	return value.Value{}, f.pathError(err)
}

// pathError is the failure of an expression that the error's own words tell.
func (f *frame) pathError(err error) *failure {
	if errors.Is(err, jsonpath.ErrMemory) {
		return f.tooMuch()
	}
	return f.runtimeError("%s", err)
}

// fieldValue computes a field that may hold a path; named says that a miss is told with the field's name.
func (l jsonPath) fieldValue(f *frame, field asl.Field, named bool) (value.Value, *failure) {
	if field.Expr == nil {
		return field.Const, nil
	}
	if p := field.Expr.Path.Path(); p != nil && !named {
		return l.path(f, p, f.in)
	}
	return l.expr(f, field.Expr, field.Name, f.in)
}

func (l jsonPath) integer(f *frame, field asl.Field) (int64, *failure) {
	v, fail := l.fieldValue(f, field, false)
	if fail != nil {
		return 0, fail
	}
	n, ok := whole(v)
	if !ok {
		return 0, f.runtimeError("The %s field refers to value \"%s\" which is not a valid integer: %s", field.Name, plain(v), field.Expr.Source)
	}
	return n, nil
}

func (l jsonPath) number(f *frame, field asl.Field) (float64, *failure) {
	v, fail := l.fieldValue(f, field, false)
	if fail != nil {
		return 0, fail
	}
	n, ok := float(v)
	if !ok {
		return 0, f.runtimeError("The %s field refers to value \"%s\" which is not a valid float: %s", field.Name, plain(v), field.Expr.Source)
	}
	return n, nil
}

// whole reads an integer, be it a number or a text of digits, as every Path of a numeric field may lead to either
// (recorded for MaxConcurrencyPath and ToleratedFailureCountPath).
func whole(v value.Value) (int64, bool) {
	if v.Kind() == value.String {
		n, err := strconv.ParseInt(v.Str(), 10, 64)
		return n, err == nil
	}
	return v.Int()
}

// float is whole for a number that may have a fraction (recorded for ToleratedFailurePercentagePath).
func float(v value.Value) (float64, bool) {
	if v.Kind() != value.String {
		return v.Float(), v.Kind() == value.Number
	}
	text := v.Str()
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && strings.Trim(text, "+-.0123456789eE") == ""
}

func (l jsonPath) text(f *frame, field asl.Field) (string, *failure) {
	v, fail := l.fieldValue(f, field, true)
	if fail != nil {
		return "", fail
	}
	if v.Kind() != value.String {
		return "", f.runtimeError("The JSONPath '%s' specified for the field '%s' must refer to a string but was: %s",
			field.Expr.Source, field.Name, v.Compact())
	}
	return v.Str(), nil
}

// plain prints v for a message: a string without quotes, anything else as JSON.
func plain(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.Compact()
}

func (jsonPath) outOfRange(f *frame, _ asl.Field, format string, a ...any) *failure {
	return f.runtimeError(format, a...)
}

const delayTooLong = "Wait state delay is too long."

func (l jsonPath) until(f *frame, w *asl.WaitFields) (int64, *failure) {
	if w.Seconds.Exists() {
		seconds, fail := l.waitSeconds(f, w.Seconds)
		return f.x.now + seconds*1000, fail
	}
	return l.waitTimestamp(f, w.Timestamp)
}

func (l jsonPath) waitSeconds(f *frame, field asl.Field) (int64, *failure) {
	v, source := field.Const, ""
	if field.Expr != nil {
		source = field.Expr.Source
		var err error
		if v, err = field.Expr.Path.Eval(f.env(f.in, source)); err != nil {
			return 0, f.runtimeError("The SecondsPath parameter does not reference an input value: %s", source)
		}
	}
	n, ok := whole(v)
	switch {
	case !ok:
		return 0, f.runtimeError("The SecondsPath parameter cannot be parsed as a long value: %s == %s", source, plain(v))
	case n < 0:
		return 0, f.runtimeError("The SecondsPath parameter references a negative value: %s == %d", source, n)
	case n > asl.MaxSeconds:
		return 0, f.runtimeError(delayTooLong)
	}
	return n, nil
}

func (l jsonPath) waitTimestamp(f *frame, field asl.Field) (int64, *failure) {
	v, source := field.Const, ""
	if field.Expr != nil {
		source = field.Expr.Source
		var err error
		if v, err = field.Expr.Path.Eval(f.env(f.in, source)); err != nil {
			return 0, f.runtimeError("The TimestampPath parameter does not reference an input value: %s", source)
		}
	}
	at, err := asl.ParseTimestamp(v.Str())
	if v.Kind() != value.String || err != nil {
		return 0, f.runtimeError("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", source, plain(v))
	}
	return f.untilTime(field, at)
}

// untilTime bounds the delay to at, the value of field, as AWS does, and drops what is below a second.
func (f *frame) untilTime(field asl.Field, at time.Time) (int64, *failure) {
	ms := at.Truncate(time.Second).UnixMilli()
	if ms-f.x.now > asl.MaxSeconds*1000 {
		return 0, f.lang.outOfRange(f, field, delayTooLong)
	}
	return ms, nil
}
