package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// stateTestOptions are the flags of state test.
type stateTestOptions struct {
	remote
	state, input, variables, context, role string
	inspect                                string
	secrets                                bool
	result, failure, cause, check          string // of the mock
	retries, failures                      int
	causedBy, items                        string
}

func newState() *cobra.Command {
	return group("state", "Test one state", `Runs one state by itself, without a state machine.`, newStateTest())
}

func newStateTest() *cobra.Command {
	var o stateTestOptions
	c := &cobra.Command{
		Use:   "test FILE",
		Short: "Run one state with an input, and with a mock in place of its task",
		Long: `Runs one state (TestState) and prints its output. FILE is JSON or YAML ("-": standard input): a state, or a whole
definition with --state to choose one of its states.

--mock-result or --mock-error stands for what the state calls. Activities, .sync, .waitForTaskToken, Map and Parallel states
need one. --inspect debug shows how the data goes through the state. Where there is no server, the state runs inside this
process.

The exit code is 0 when the state SUCCEEDED, and 1 when it FAILED, would be tried again (RETRIABLE) or was caught
(CAUGHT_ERROR); standard error says which, and which state comes next.`,
		Example: `  statelark state test order.asl.json --state 'Charge card' --input @order.json --mock-result '{"paid": true}'
  statelark state test order.asl.json --state 'Charge card' --mock-error Declined --retries 2
  statelark state test price.json --input '{"net": 100}' --inspect debug`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return testState(ctx, s, args[0], &o) })
	f := c.Flags()
	f.StringVar(&o.state, "state", "", "`NAME` of the state, in a whole definition")
	f.StringVar(&o.input, "input", "{}", "the input: `JSON`, @FILE, or - for standard input")
	f.StringVar(&o.variables, "variables", "", "variables that are set: a `JSON` object, @FILE or -")
	f.StringVar(&o.context, "context", "", "the context object: a `JSON` object, @FILE or -")
	f.StringVar(&o.role, "role", "", "`ARN` of the role to call as; a Task without a mock needs one, of which this server asks only the form")
	f.StringVar(&o.inspect, "inspect", "info", "`LEVEL` of what is told: info, debug or trace")
	f.BoolVar(&o.secrets, "reveal-secrets", false, "show secrets of an HTTP task in the trace")
	f.StringVar(&o.result, "mock-result", "", "what the task answers: `JSON`, @FILE or -")
	f.StringVar(&o.failure, "mock-error", "", "`NAME` of the error with which the task fails")
	f.StringVar(&o.cause, "mock-cause", "", "`TEXT` of the cause of that error")
	f.StringVar(&o.check, "mock-check", "", "how --mock-result is held against the service's API, a `MODE`: strict, present or none")
	f.IntVar(&o.retries, "retries", 0, "the `NUMBER` of times that the state was tried again already")
	f.IntVar(&o.failures, "failed-iterations", 0, "the `NUMBER` of iterations of a Map that failed")
	f.StringVar(&o.causedBy, "caused-by", "", "the state inside a Map or Parallel state, its `NAME`, that --mock-error comes from")
	f.StringVar(&o.items, "items", "", "what the ItemReader of a Map reads: `TEXT`, @FILE or -")
	addRemoteFlags(c, &o.remote)
	complete(c, "inspect", "info", "debug", "trace")
	complete(c, "mock-check", "strict", "present", "none")
	addSubstFlags(c)
	return c
}

// noRole is the end of AWS's answer where a Task without a mock has no role.
const noRole = "RoleArn must be specified when testing a Task state"

func testState(ctx context.Context, s *session, file string, o *stateTestOptions) error {
	in, err := o.request(s, file)
	if err != nil {
		return err
	}
	v, err := o.call(ctx, s, in)
	if err != nil && strings.HasSuffix(err.Error(), noRole) {
		return hint(exitFailed, fmt.Errorf("testing the state: %w", err),
			"name a role with --role, such as arn:aws:iam::%s:role/any, or an answer with --mock-result", defaultAccount)
	}
	if err != nil {
		return fmt.Errorf("testing the state: %w", err)
	}
	return o.report(s, v)
}

// call calls TestState: on the server or, when none is named and none is there, inside this process.
func (o *stateTestOptions) call(ctx context.Context, s *session, in []value.Member) (value.Value, error) {
	if o.named() || isStatelark(ctx, defaultURL) {
		return s.Call(ctx, "TestState", in...)
	}
	here, closeServer, err := startLocal(ctx, s.c)
	if err != nil {
		return value.Value{}, err
	}
	v, err := here.Call(ctx, "TestState", in...)
	return v, errors.Join(err, closeServer())
}

// request is what TestState is asked.
func (o *stateTestOptions) request(s *session, file string) ([]value.Member, error) {
	definition, err := readState(s.c, file)
	if err != nil {
		return nil, err
	}
	if names := statesOf(definition); o.state == "" && len(names) > 0 {
		return nil, usage(fmt.Errorf("%s is a whole state machine; choose one of its states with --state: %s", file, quoted(names)))
	}
	level := strings.ToUpper(o.inspect)
	if !slices.Contains([]string{"INFO", "DEBUG", "TRACE"}, level) {
		return nil, usage(fmt.Errorf("--inspect is %q; it has to be info, debug or trace", o.inspect))
	}
	in := []value.Member{client.Text("definition", definition), client.Text("inspectionLevel", level)}
	in = given(in, "stateName", o.state)
	in = given(in, "roleArn", o.role)
	for _, text := range []struct{ flag, key, text string }{
		{"--input", "input", o.input}, {"--variables", "variables", o.variables}, {"--context", "context", o.context},
	} {
		if text.text == "" {
			continue
		}
		v, err := readJSON(text.flag, text.text, s.c.InOrStdin())
		if err != nil {
			return nil, err
		}
		in = append(in, client.Text(text.key, v.Text()))
	}
	if o.secrets {
		in = append(in, value.Member{Key: "revealSecrets", Value: value.True})
	}
	mock, err := o.mock(s)
	if err != nil {
		return nil, err
	}
	configuration, err := o.configuration(s)
	if err != nil {
		return nil, err
	}
	for _, m := range []value.Member{{Key: "mock", Value: mock}, {Key: "stateConfiguration", Value: configuration}} {
		if m.Value.Len() > 0 {
			in = append(in, m)
		}
	}
	return in, nil
}

// statesOf returns the names of the states of a whole definition, those within Map and Parallel states as well; none when
// text is a state.
func statesOf(text string) []string {
	v, err := value.Parse(text)
	if _, typed := v.Get("Type"); err != nil || typed {
		return nil
	}
	return appendStates(nil, v)
}

func appendStates(names []string, block value.Value) []string {
	states, _ := block.Get("States")
	for _, s := range states.Members() {
		names = append(names, s.Key)
		for _, field := range []string{"ItemProcessor", "Iterator"} {
			inner, _ := s.Value.Get(field)
			names = appendStates(names, inner)
		}
		branches, _ := s.Value.Get("Branches")
		for _, branch := range branches.Elems() {
			names = appendStates(names, branch)
		}
	}
	return names
}

// maxListed is how many names an error lists.
const maxListed = 20

func quoted(names []string) string {
	more := ""
	if n := len(names) - maxListed; n > 0 {
		names, more = names[:maxListed], fmt.Sprintf(" and %d more", n)
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strconv.Quote(name)
	}
	return strings.Join(all, ", ") + more
}

// readState reads a state, or a whole definition; what is wrong with it, the server says.
func readState(c *cobra.Command, file string) (string, error) {
	values, err := substitutions(c)
	if err != nil {
		return "", err
	}
	text, err := readText(file, c.InOrStdin())
	if err != nil {
		return "", usage(fmt.Errorf("reading the state: %w", err))
	}
	text, left := asl.Substitute(text, values)
	for _, name := range left {
		d := noSubstitute(text, name)
		say(c.ErrOrStderr(), "%s:%d:%d: warning: %s\n", file, d.Line, d.Column, d.Message)
	}
	if !isYAML(file, text) {
		return text, nil
	}
	_, json, found := asl.ParseYAML(text, asl.Options{})
	if json == "" {
		(&definition{path: file, found: found}).print(c.ErrOrStderr())
		return "", hint(exitInvalid, fmt.Errorf("%s cannot be read", file), "mend what is listed above")
	}
	return json, nil
}

// mock is the member of that name, empty when there is to be none.
func (o *stateTestOptions) mock(s *session) (value.Value, error) {
	var members []value.Member
	if o.result != "" {
		v, err := readJSON("--mock-result", o.result, s.c.InOrStdin())
		if err != nil {
			return value.Value{}, err
		}
		members = append(members, client.Text("result", v.Text()))
	}
	if o.failure != "" || o.cause != "" {
		failure := given(given(nil, "error", o.failure), "cause", o.cause)
		members = append(members, value.Member{Key: "errorOutput", Value: value.NewObject(failure)})
	}
	mode := strings.ToUpper(o.check)
	switch {
	case len(members) > 1:
		return value.Value{}, usage(errors.New("--mock-result and --mock-error exclude each other"))
	case mode == "":
	case !slices.Contains([]string{"STRICT", "PRESENT", "NONE"}, mode):
		return value.Value{}, usage(fmt.Errorf("--mock-check is %q; it has to be strict, present or none", o.check))
	case len(members) == 0:
		return value.Value{}, usage(errors.New("--mock-check needs --mock-result or --mock-error"))
	default:
		members = append(members, client.Text("fieldValidationMode", mode))
	}
	return value.NewObject(members), nil
}

// configuration is the member stateConfiguration, empty when there is to be none.
func (o *stateTestOptions) configuration(s *session) (value.Value, error) {
	var members []value.Member
	if s.c.Flags().Changed("retries") {
		members = append(members, client.Number("retrierRetryCount", int64(o.retries)))
	}
	if s.c.Flags().Changed("failed-iterations") {
		members = append(members, client.Number("mapIterationFailureCount", int64(o.failures)))
	}
	members = given(members, "errorCausedByState", o.causedBy)
	if file, ok := strings.CutPrefix(o.items, "@"); ok || o.items == "-" {
		if !ok {
			file = "-"
		}
		text, err := readText(file, s.c.InOrStdin())
		if err != nil {
			return value.Value{}, usage(fmt.Errorf("--items: %w", err))
		}
		members = append(members, client.Text("mapItemReaderData", text))
	} else {
		members = given(members, "mapItemReaderData", o.items)
	}
	return value.NewObject(members), nil
}

// report prints what TestState answers.
func (o *stateTestOptions) report(s *session, v value.Value) error {
	if err := s.print(v, func(w io.Writer) {
		if output, ok := v.Get("output"); ok {
			say(w, "%s\n", output.Str())
		}
	}); err != nil {
		return err
	}
	status := client.Str(v, "status")
	if !s.asJSON {
		o.explain(s, v)
	}
	if status == "SUCCEEDED" {
		return nil
	}
	why := "the state ended " + status
	if text := oneLine(client.Str(v, "error"), client.Str(v, "cause")); text != "" {
		why += ": " + text
	}
	return &failure{code: exitFailed, err: errors.New(why)}
}

// explain tells on standard error what comes next and what was inspected.
func (o *stateTestOptions) explain(s *session, v value.Value) {
	if next := client.Str(v, "nextState"); next != "" {
		say(s.c.ErrOrStderr(), "next state  %s\n", next)
	}
	inspected, _ := v.Get("inspectionData")
	var pairs []string
	for _, m := range inspected.Members() {
		text := m.Value.Str()
		if m.Value.Kind() != value.String {
			text = m.Value.Compact()
		}
		pairs = append(pairs, m.Key, text)
	}
	fields(s.c.ErrOrStderr(), pairs...)
}
