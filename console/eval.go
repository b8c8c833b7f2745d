package console

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

const (
	// maxEvaluation is how long one evaluation may take: a second is what AWS gives it.
	maxEvaluation = 2 * time.Second
	// maxEvaluations is how many run at once.
	maxEvaluations = 2
)

// evaluations has a place for each that runs.
var evaluations = make(chan struct{}, maxEvaluations)

// eval is POST /api/eval. What is wrong with the expression is in the result; what is wrong with the rest is an error.
func (s *Server) eval(c *call) (any, error) {
	var r EvalRequest
	if err := c.read(&r); err != nil {
		return nil, err
	}
	if err := s.fits(r.Expression); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), maxEvaluation)
	defer cancel()
	select {
	case evaluations <- struct{}{}:
		defer func() { <-evaluations }()
	case <-ctx.Done():
		return nil, statelark.Errorf(statelark.CodeThrottling, "Other evaluations are under way; try again")
	}
	scope, err := newEvalScope(ctx, &r, limits.Or(s.opts.Limits))
	if err != nil {
		return nil, err
	}
	evaluate, ok := evaluators[r.Language]
	if !ok {
		return nil, statelark.Errorf(statelark.CodeValidation, "The language is jsonata, jsonpath or template, and not '%s'", r.Language)
	}
	start := time.Now()
	result, err := evaluate(scope, r.Expression)
	out := &EvalResult{Took: float64(time.Since(start).Microseconds()) / 1e3}
	return out, out.fill(result, err, scope.maxBytes)
}

// evaluators compute an expression each. An absent value is undefined; an error is an *evalError.
var evaluators = map[string]func(*evalScope, string) (value.Value, error){
	"jsonata":  evalJSONata,
	"jsonpath": evalPath,
	"template": evalTemplate,
}

// evalError is what is wrong with an expression.
type evalError struct {
	name, message string
	start         int // UTF-16 units, -1: unknown
}

func (e *evalError) Error() string { return e.name + ": " + e.message }

// fill notes a result. Results longer than a payload may be are an error of the expression, as in a state.
func (r *EvalResult) fill(v value.Value, err error, maxBytes int) error {
	var failed *evalError
	switch {
	case errors.As(err, &failed):
		r.Error, r.Message = failed.name, failed.message
		if failed.start >= 0 {
			r.Start = &failed.start
		}
		return nil
	case err != nil:
		return err
	case !v.Exists():
		return nil
	case v.SizeWithin(maxBytes) > maxBytes:
		r.Error, r.Message = "States.DataLimitExceeded", "The result is larger than a payload may be."
		return nil
	}
	text := v.Text()
	r.Result = &text
	return nil
}

// evalScope is what an expression sees.
type evalScope struct {
	ctx       context.Context
	input     value.Value
	result    value.Value // $states.result; absent: there is none
	context   value.Value
	variables value.Value
	limits    *limits.Limits
	maxBytes  int
	units     int // of work that were done
}

func newEvalScope(ctx context.Context, r *EvalRequest, l *limits.Limits) (*evalScope, error) {
	s := &evalScope{ctx: ctx, limits: l, maxBytes: int(l.PayloadBytes)}
	var err error
	if s.input, err = evalJSON("input", r.Input, "{}"); err != nil {
		return nil, err
	}
	if r.Result != "" {
		if s.result, err = evalJSON("result", r.Result, ""); err != nil {
			return nil, err
		}
	}
	if s.context, err = evalJSON("context", r.Context, exampleContext(s.input)); err != nil {
		return nil, err
	}
	if s.variables, err = evalJSON("variables", r.Variables, "{}"); err != nil {
		return nil, err
	}
	if s.variables.Kind() != value.Object || s.context.Kind() != value.Object {
		return nil, statelark.Errorf(statelark.CodeValidation, "The context and the variables are objects")
	}
	return s, nil
}

func evalJSON(field, text, otherwise string) (value.Value, error) {
	if strings.TrimSpace(text) == "" {
		text = otherwise
	}
	v, err := value.Parse(text)
	if err != nil {
		return v, statelark.Errorf(statelark.CodeValidation, "The %s is not JSON: %s", field, err)
	}
	return v.Compacted(), nil
}

// exampleContext is a context object that an expression may be tried with.
func exampleContext(input value.Value) string {
	return `{"Execution":{"Id":"arn:aws:states:us-east-1:123456789012:execution:Example:5b1c5a3e-7a6e-4a0e-9d0b-2f4a4c1f6a11",` +
		`"Input":` + input.Compact() + `,"StartTime":"2026-01-31T12:00:00.000Z","Name":"5b1c5a3e-7a6e-4a0e-9d0b-2f4a4c1f6a11",` +
		`"RoleArn":"arn:aws:iam::123456789012:role/Example","RedriveCount":0},` +
		`"StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:Example","Name":"Example"},` +
		`"State":{"Name":"Example","EnteredTime":"2026-01-31T12:00:01.000Z","RetryCount":0}}`
}

// maxUnits bounds the work of one evaluation: AWS's second, as in a state.
const maxUnits = 20_000

// work reports whether the evaluation may go on.
func (s *evalScope) work() bool {
	s.units++
	return s.units <= maxUnits && s.ctx.Err() == nil
}

func (s *evalScope) variable(name string) (value.Value, bool) { return s.variables.Get(name) }

// evalJSONata computes JSONata as AWS does: it sees $states and the variables, and no input of its own. The expression
// may have its delimiters.
func evalJSONata(s *evalScope, text string) (value.Value, error) {
	source := strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(source, "{%"); ok && strings.HasSuffix(inner, "%}") {
		source = strings.TrimSpace(strings.TrimSuffix(inner, "%}"))
	}
	before := utf16Length(text[:max(strings.Index(text, source), 0)])
	e, err := jsonata.Parse(source, jsonata.AWS)
	if err != nil {
		return value.Value{}, queryError(err, before)
	}
	if unbound, _, _ := e.References(); len(unbound) > 0 {
		return value.Value{}, &evalError{name: asl.CodeUnsupportedJSONataExpression, start: -1, message: "Reference to '" + unbound[0] +
			"' at the top level is not supported: in Step Functions an expression has no input of its own, and reads $states.input."}
	}
	v, defined, err := e.Eval(&jsonata.Env{
		Lookup: func(name string) (value.Value, bool) {
			if name == "states" {
				return s.states(), true
			}
			return s.variable(name)
		},
		Now: time.Now, Random: rand.Float64, UUID: uuid.NewString, Work: s.work,
	}, value.Value{})
	switch {
	case errors.Is(err, jsonata.ErrFunction):
		return value.Value{}, &evalError{"States.QueryEvaluationError", "The expression returned a function, which is no JSON.", -1}
	case err != nil && (s.units > maxUnits || s.ctx.Err() != nil):
		return value.Value{}, &evalError{"States.QueryEvaluationError", "The expression takes too much work.", -1}
	case err != nil:
		return value.Value{}, queryError(err, before)
	case !defined:
		return value.Value{}, nil
	}
	return v, nil
}

// states is $states.
func (s *evalScope) states() value.Value {
	members := []value.Member{{Key: "input", Value: s.input}}
	if s.result.Exists() {
		members = append(members, value.Member{Key: "result", Value: s.result})
	}
	return value.NewObject(append(members, value.Member{Key: "context", Value: s.context}))
}

// queryError tells an error of JSONata; before are the units before the expression.
func queryError(err error, before int) error {
	var e *jsonata.Error
	if !errors.As(err, &e) {
		return &evalError{"States.QueryEvaluationError", err.Error(), -1}
	}
	name := e.Code
	if name == "" {
		name = "States.QueryEvaluationError"
	}
	token := e.Token
	var unquoted string
	if json.Unmarshal([]byte(token), &unquoted) == nil {
		token = unquoted
	}
	return &evalError{name, e.Message, before + max(0, e.Position-utf16Length(token))}
}

// evalPath computes a path or a call of an intrinsic function.
func evalPath(s *evalScope, text string) (value.Value, error) {
	source := strings.TrimSpace(text)
	e, err := jsonpath.ParseExpr(source)
	if err != nil {
		before := text[:strings.Index(text, source)]
		return value.Value{}, pathError(err, before)
	}
	v, err := e.Eval(s.path())
	if err != nil {
		return value.Value{}, pathError(err, "")
	}
	return v, nil
}

func (s *evalScope) path() *jsonpath.Env {
	return &jsonpath.Env{
		Input: s.input, Context: s.context, Var: s.variable, Random: rand.Uint64, UUID: uuid.NewString,
		MaxRange: int(s.limits.RangeElements), Work: s.work,
	}
}

// pathError tells an error of JSONPath; before is the text before the expression.
func pathError(err error, before string) error {
	var syntax *jsonpath.SyntaxError
	var call *jsonpath.CallError
	switch {
	case errors.As(err, &syntax):
		return &evalError{asl.CodeSchemaValidationFailed, syntax.Msg, utf16Length(before) + utf16Length(syntax.Text[:min(syntax.Offset, len(syntax.Text))])}
	case errors.As(err, &call):
		return &evalError{call.Name, call.Error(), -1}
	case errors.Is(err, jsonpath.ErrMemory):
		return &evalError{"States.DataLimitExceeded", "The expression makes too much data.", -1}
	case errors.Is(err, jsonpath.ErrWork):
		return &evalError{jsonpath.ErrorRuntime, "The expression takes too much work.", -1}
	}
	return &evalError{jsonpath.ErrorRuntime, err.Error(), -1}
}

// templateBefore and templateAfter make a state of a template, which our own compiler reads then.
const (
	templateBefore = `{"Type":"Pass","End":true,"Parameters":`
	templateAfter  = `}`
)

// evalTemplate computes a template as Parameters and ResultSelector are.
func evalTemplate(s *evalScope, text string) (value.Value, error) {
	var syntax *value.SyntaxError
	if _, err := value.Parse(text); errors.As(err, &syntax) {
		return value.Value{}, &evalError{asl.CodeInvalidJSONDescription, err.Error(), utf16Length(text[:min(syntax.Offset, len(text))])}
	}
	state := templateBefore + text + templateAfter
	m, ds := asl.ParseState(state, "Template", asl.JSONPath, asl.Options{Limits: s.limits})
	for i := range ds {
		if ds[i].Severity != asl.SeverityError {
			continue
		}
		start, _ := newJSONText(state).extent(&ds[i])
		start = min(max(start-len(templateBefore), 0), len(text))
		return value.Value{}, &evalError{ds[i].Code, ds[i].Message, utf16Length(text[:start])}
	}
	t := m.States[0].Parameters
	made := 0
	return s.build(t, &made)
}

// build computes what a template holds; made counts the bytes that its expressions made.
func (s *evalScope) build(t *asl.Template, made *int) (value.Value, error) {
	switch {
	case t == nil:
		return value.EmptyObj, nil
	case t.Members != nil:
		members := make([]value.Member, 0, len(t.Members))
		for i := range t.Members {
			v, err := s.build(t.Members[i].Value, made)
			if err != nil {
				return v, err
			}
			members = append(members, value.Member{Key: t.Members[i].Key, Value: v})
		}
		return value.NewObject(members), nil
	case t.Elems != nil:
		elems := make([]value.Value, 0, len(t.Elems))
		for _, e := range t.Elems {
			v, err := s.build(e, made)
			if err != nil {
				return v, err
			}
			elems = append(elems, v)
		}
		return value.NewArray(elems), nil
	case t.Expr == nil:
		return t.Const, nil
	}
	v, err := t.Expr.Path.Eval(s.path())
	if err != nil {
		return value.Value{}, pathError(err, "")
	}
	most := 4 * s.maxBytes
	if *made += v.MemoryWithin(most - *made); *made > most {
		return value.Value{}, pathError(jsonpath.ErrMemory, "")
	}
	return v, nil
}

// utf16Length is how many UTF-16 units a text has.
func utf16Length(text string) int {
	n := 0
	for i := range len(text) {
		n += unitsOf(text[i])
	}
	return n
}
