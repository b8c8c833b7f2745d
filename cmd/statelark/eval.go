package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

func newEval() *cobra.Command {
	var language, data, context string
	var bindings []string
	var batch bool
	var limit time.Duration
	c := &cobra.Command{
		Use:   "eval [EXPRESSION]",
		Short: "Evaluate one expression in a language of the States Language",
		Long: `Evaluates an expression and prints its value. The languages are jsonpath (paths and intrinsic functions),
jsonata (as Step Functions speaks it) and jsonata-reference (as jsonata-js 2.0.6 does).

With --batch it reads JSON lines {"expr", "data", "bindings"} from standard input and answers each with a line
{"out": VALUE}, {"undef": true} or {"error": {"code", "message"}}, in order.`,
		Example: `  statelark eval '$.items[?(@.qty > 1)].sku' --data @order.json
  statelark eval "States.Format('{} items', States.ArrayLength(\$.items))" --data @order.json
  statelark eval --language jsonata '$sum(items.(qty * price))' --data @order.json --binding rate=1.2
  statelark eval --language jsonata '$states.input.qty * 2' --binding 'states={"input": {"qty": 3}}'
  statelark eval --language jsonata --batch < cases.jsonl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			parse, ok := languages[language]
			if !ok {
				return usage(fmt.Errorf("--language is %q; it has to be jsonpath, jsonata or jsonata-reference", language))
			}
			if batch {
				if len(args) > 0 || data != "" || len(bindings) > 0 || context != "" {
					return usage(errors.New("with --batch, expressions and data come from standard input"))
				}
				return evalBatch(c.InOrStdin(), c.OutOrStdout(), parse, limit)
			}
			if len(args) == 0 {
				return usage(errors.New("an expression is needed, or --batch"))
			}
			s, err := readScope(c, data, context, bindings)
			if err != nil {
				return err
			}
			s.deadline = time.Now().Add(limit)
			return evalOne(c, parse, args[0], s)
		},
	}
	f := c.Flags()
	f.StringVar(&language, "language", "jsonpath", "`LANGUAGE`: jsonpath, jsonata or jsonata-reference")
	f.StringVar(&data, "data", "", "the input: `JSON`, @FILE, or - for standard input")
	f.StringVar(&context, "context", "", "the context object ($$) of JSONPath: `JSON` or @FILE")
	f.StringArrayVar(&bindings, "binding", nil, "a variable as `NAME=JSON`; may be repeated")
	f.BoolVar(&batch, "batch", false, "evaluate JSON lines of standard input")
	f.DurationVar(&limit, "timeout", 30*time.Second, "the `TIME` that one evaluation may take")
	return c
}

// scope is what an expression sees.
type scope struct {
	input    value.Value // absent: there is none
	context  value.Value
	bindings map[string]value.Value // by name, without $
	deadline time.Time
}

// work reports whether there is time left.
func (s *scope) work() bool { return time.Now().Before(s.deadline) }

// expression is a parsed expression of any language. eval returns the absent value when the result is undefined.
type expression interface {
	eval(s *scope) (value.Value, error)
}

// languages parse an expression each.
var languages = map[string]func(text string) (expression, error){
	"jsonpath": func(text string) (expression, error) {
		x, err := jsonpath.ParseExpr(text)
		return pathExpression{x}, err
	},
	"jsonata":           func(text string) (expression, error) { return parseJSONata(text, jsonata.AWS) },
	"jsonata-reference": func(text string) (expression, error) { return parseJSONata(text, jsonata.Reference) },
}

type pathExpression struct{ x *jsonpath.Expr }

func (e pathExpression) eval(s *scope) (value.Value, error) {
	return e.x.Eval(&jsonpath.Env{
		Input:   s.input,
		Context: s.context,
		Var: func(name string) (value.Value, bool) {
			v, ok := s.bindings[name]
			return v, ok
		},
		Random: rand.Uint64,
		UUID:   uuid.NewString,
		Work:   s.work,
	})
}

type jsonataExpression struct{ x *jsonata.Expr }

func parseJSONata(text string, d jsonata.Dialect) (expression, error) {
	x, err := jsonata.Parse(text, d)
	return jsonataExpression{x}, err
}

func (e jsonataExpression) eval(s *scope) (value.Value, error) {
	v, _, err := e.x.Eval(&jsonata.Env{
		Bindings: s.bindings,
		Now:      time.Now,
		Random:   rand.Float64,
		UUID:     uuid.NewString,
		Work:     s.work,
	}, s.input)
	return v, err
}

// errorCode returns the code of what went wrong with an expression.
func errorCode(err error) string {
	var path *jsonpath.SyntaxError
	var missing *jsonpath.NotFoundError
	var call *jsonpath.CallError
	var query *jsonata.Error
	switch {
	case errors.As(err, &path):
		return asl.CodeSchemaValidationFailed
	case errors.As(err, &missing), errors.Is(err, jsonpath.ErrWork):
		return jsonpath.ErrorRuntime
	case errors.Is(err, jsonpath.ErrMemory):
		return "States.DataLimitExceeded"
	case errors.As(err, &call):
		return call.Name
	case errors.As(err, &query):
		return query.Code
	}
	return ""
}

// errorMessage returns the text of what went wrong, without its code.
func errorMessage(err error) string {
	var query *jsonata.Error
	if errors.As(err, &query) {
		return query.Message
	}
	return err.Error()
}

func evalOne(c *cobra.Command, parse func(string) (expression, error), text string, s *scope) error {
	e, err := parse(text)
	if err != nil {
		return usage(fmt.Errorf("the expression cannot be read: %w", err))
	}
	v, err := e.eval(s)
	if err != nil {
		if code := errorCode(err); code != "" {
			err = fmt.Errorf("%s: %s", code, errorMessage(err))
		}
		return err
	}
	if !v.Exists() {
		say(c.ErrOrStderr(), "undefined\n")
		return nil
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), v.Text())
	return err
}

func readScope(c *cobra.Command, data, context string, bindings []string) (*scope, error) {
	s := &scope{bindings: make(map[string]value.Value)}
	var err error
	if data != "" {
		if s.input, err = readJSON("--data", data, c.InOrStdin()); err != nil {
			return nil, err
		}
	}
	if context != "" {
		if s.context, err = readJSON("--context", context, c.InOrStdin()); err != nil {
			return nil, err
		}
	}
	for _, b := range bindings {
		name, text, ok := strings.Cut(b, "=")
		name = strings.TrimPrefix(name, "$")
		if !ok || name == "" {
			return nil, usage(fmt.Errorf("--binding %s: it has to be NAME=JSON", b))
		}
		if s.bindings[name], err = readJSON("--binding "+name, text, c.InOrStdin()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readJSON reads the value of a flag: JSON text, @FILE, or - for standard input.
func readJSON(flag, text string, stdin io.Reader) (value.Value, error) {
	from := flag
	if file, ok := strings.CutPrefix(text, "@"); ok || text == "-" {
		if !ok {
			file = "-"
		}
		var err error
		if text, err = readText(file, stdin); err != nil {
			return value.Value{}, usage(fmt.Errorf("%s: %w", flag, err))
		}
		from = file
	}
	v, err := value.Parse(text)
	if err != nil {
		return value.Value{}, hint(exitUsage, fmt.Errorf("%s is not JSON: %w", from, err), "give JSON, @FILE or - (standard input) with %s", flag)
	}
	return v, nil
}

// evalBatch answers the lines of in, in order.
func evalBatch(in io.Reader, out io.Writer, parse func(string) (expression, error), limit time.Duration) error {
	r, w := bufio.NewReader(in), bufio.NewWriter(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("reading standard input: %w", err)
		}
		if strings.TrimSpace(line) != "" {
			text := evalLine(line, parse, limit).AppendCompact(nil)
			if _, err := w.Write(append(text, '\n')); err != nil {
				return fmt.Errorf("writing an answer: %w", err)
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
		if r.Buffered() == 0 { // the other side may wait for this answer before it asks on
			if err := w.Flush(); err != nil {
				return fmt.Errorf("writing an answer: %w", err)
			}
		}
	}
}

// evalLine answers one line of a batch.
func evalLine(line string, parse func(string) (expression, error), limit time.Duration) value.Value {
	v, err := func() (value.Value, error) {
		asked, err := value.Parse(line)
		if err != nil {
			return value.Value{}, err
		}
		text, ok := asked.Get("expr")
		if !ok || text.Kind() != value.String {
			return value.Value{}, errors.New(`the line has to be an object with a string "expr"`)
		}
		e, err := parse(text.Str())
		if err != nil {
			return value.Value{}, err
		}
		return e.eval(lineScope(asked, limit))
	}()
	switch {
	case err != nil:
		return answer("error", value.NewObject([]value.Member{
			{Key: "code", Value: value.FromString(errorCode(err))},
			{Key: "message", Value: value.FromString(errorMessage(err))},
		}))
	case !v.Exists():
		return answer("undef", value.True)
	}
	return answer("out", v)
}

func answer(kind string, v value.Value) value.Value {
	return value.NewObject([]value.Member{{Key: kind, Value: v}})
}

func lineScope(asked value.Value, limit time.Duration) *scope {
	s := &scope{bindings: make(map[string]value.Value), deadline: time.Now().Add(limit)}
	s.input, _ = asked.Get("data")
	s.context, _ = asked.Get("context")
	bindings, _ := asked.Get("bindings")
	for _, b := range bindings.Members() {
		s.bindings[strings.TrimPrefix(b.Key, "$")] = b.Value
	}
	return s
}
