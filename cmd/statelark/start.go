package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// startOptions are the flags of start.
type startOptions struct {
	remote
	input, name, trace string
	sync, wait, quiet  bool
	color              string
}

func newStart() *cobra.Command {
	var o startOptions
	c := &cobra.Command{
		Use:   "start MACHINE",
		Short: "Start an execution",
		Long: `Starts an execution of a state machine of a server and prints its ARN. MACHINE is a name or an ARN, and may end with
the version or the alias to go through (order:3, order:live) or with a test case of the mock file (order#HappyPath).

With --wait it goes on as "statelark run" does: progress on standard error, the output on standard output, and the exit
code tells the end. --sync runs an EXPRESS state machine and waits for its answer (StartSyncExecution).`,
		Example: `  statelark start order --input @order.json
  statelark start order:live --name monday-7 --wait
  statelark start price --sync --input '{"item": 7}'`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return startExecution(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, machineNames)
	f := c.Flags()
	f.StringVar(&o.input, "input", "{}", "the input: `JSON`, @FILE, or - for standard input")
	f.StringVar(&o.name, "name", "", "`NAME` of the execution (default: a new one)")
	f.StringVar(&o.trace, "trace-header", "", "X-Ray trace `HEADER`")
	f.BoolVar(&o.sync, "sync", false, "run an EXPRESS state machine and wait for its answer")
	f.BoolVar(&o.wait, "wait", false, "follow the execution to its end")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "show no progress")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	addRemoteFlags(c, &o.remote)
	return c
}

func startExecution(ctx context.Context, s *session, machine string, o *startOptions) error {
	if o.sync && o.wait {
		return usage(errors.New("--sync waits by itself; --wait is for STANDARD state machines"))
	}
	style, err := newStyle(o.color, s.c.ErrOrStderr(), os.Getenv)
	if err != nil {
		return err
	}
	input, err := readJSON("--input", o.input, s.c.InOrStdin())
	if err != nil {
		return err
	}
	machine, testCase, mocked := strings.Cut(machine, "#")
	found, err := s.machineARN(ctx, machine)
	if err != nil {
		return err
	}
	if mocked {
		found += "#" + testCase
	}
	in := []value.Member{client.Text("stateMachineArn", found), client.Text("input", input.Text())}
	in = given(in, "name", o.name)
	in = given(in, "traceHeader", o.trace)
	if o.sync {
		return startSync(ctx, s, in)
	}
	started, err := s.Call(ctx, "StartExecution", in...)
	if err != nil {
		return withoutMocks(fmt.Errorf("starting an execution of %s: %w", found, err), mocked)
	}
	execution := client.Str(started, "executionArn")
	if !o.wait {
		return s.print(started, func(w io.Writer) { say(w, "%s\n", execution) })
	}
	return watchExecution(ctx, s, execution, newPainter(s.c.ErrOrStderr(), machine, style), o.quiet)
}

// withoutMocks explains why there is no state machine of a name with a test case: a server without a mock configuration
// takes the case for a part of the name, as AWS does.
func withoutMocks(err error, mocked bool) error {
	if mocked && statelark.ErrorCode(err) == statelark.CodeStateMachineDoesNotExist {
		return hint(exitFailed, err, "the server knows no test cases: start it with --mock-config FILE or SFN_MOCK_CONFIG")
	}
	return err
}

// given adds a text that is not "".
func given(in []value.Member, key, text string) []value.Member {
	if text == "" {
		return in
	}
	return append(in, client.Text(key, text))
}

// startSync runs an Express state machine. Its answer has what DescribeExecution has of others.
func startSync(ctx context.Context, s *session, in []value.Member) error {
	answer, err := s.Call(ctx, "StartSyncExecution", in...)
	if err != nil {
		return fmt.Errorf("starting an execution: %w", err)
	}
	return report(s.c, readResult(answer), s.asJSON)
}

// followOptions are the flags of watch and wait.
type followOptions struct {
	remote
	color   string
	timeout time.Duration
}

func newWatch() *cobra.Command {
	var o followOptions
	c := &cobra.Command{
		Use:   "watch EXECUTION",
		Short: "Follow an execution to its end",
		Long: `Follows an execution: its events on standard error as they happen, its output on standard output when it has ended.
With --json, standard output gets each event as a line of JSON instead. An interrupt ends the watching alone.

` + executionWords + `

The exit code tells how it ended: 0 SUCCEEDED, 1 FAILED, 5 TIMED_OUT, 6 ABORTED.`,
		Example: `  statelark watch monday-7
  statelark watch order:monday-7 --json | jq -c '[.id, .type]'`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return watch(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, executionNames)
	c.Flags().StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	addRemoteFlags(c, &o.remote)
	return c
}

// executionWords is how an execution is named, for the help of commands.
const executionWords = `EXECUTION is an ARN, MACHINE:NAME, a name, or the end of a name that no other execution ends with.`

func watch(ctx context.Context, s *session, what string, o *followOptions) error {
	style, err := newStyle(o.color, s.c.ErrOrStderr(), os.Getenv)
	if err != nil {
		return err
	}
	execution, err := s.executionARN(ctx, what)
	if err != nil {
		return err
	}
	if s.asJSON {
		return watchJSON(ctx, s, execution)
	}
	return watchExecution(ctx, s, execution, newPainter(s.c.ErrOrStderr(), what, style), false)
}

// watchExecution shows how an execution goes on, and reports its end.
func watchExecution(ctx context.Context, s *session, execution string, p painter, quiet bool) error {
	if quiet {
		p = noPainter{}
	}
	r := &runner{client: s.Client, painter: p}
	if err := r.follow(ctx, execution, newProgress(nil)); err != nil {
		return following(execution, err)
	}
	v, err := s.Describe(ctx, execution)
	if err != nil {
		return fmt.Errorf("reading the result of %s: %w", execution, err)
	}
	return report(s.c, readResult(v), s.asJSON)
}

// following words an error that ended the watching. The execution goes on.
func following(execution string, err error) error {
	if errors.Is(err, context.Canceled) {
		return &failure{code: exitInterrupted, err: fmt.Errorf("interrupted; the execution goes on (%q stops it)", "statelark stop "+execution)}
	}
	return fmt.Errorf("following %s: %w", execution, err)
}

// watchJSON prints each event as a line of JSON.
func watchJSON(ctx context.Context, s *session, execution string) error {
	p := &eventPrinter{session: s}
	r := &runner{client: s.Client, painter: noPainter{}, withData: true, each: p.print}
	if err := r.follow(ctx, execution, newProgress(nil)); err != nil {
		return following(execution, err)
	}
	if p.err != nil {
		return p.err
	}
	v, err := s.Describe(ctx, execution)
	if err != nil {
		return fmt.Errorf("reading the result of %s: %w", execution, err)
	}
	return readResult(v).failure()
}

// eventPrinter prints events and keeps the first error.
type eventPrinter struct {
	*session
	err error
}

func (p *eventPrinter) print(event value.Value) {
	if p.err == nil {
		p.err = p.printJSON(event)
	}
}

func newWait() *cobra.Command {
	var o followOptions
	c := &cobra.Command{
		Use:   "wait EXECUTION",
		Short: "Wait for the end of an execution",
		Long: `Waits until an execution has ended, and prints its output. The exit code tells how it ended: 0 SUCCEEDED, 1 FAILED,
5 TIMED_OUT, 6 ABORTED. With --timeout it is 124 when that time is up; the execution goes on.

` + executionWords,
		Example: `  statelark wait monday-7 && echo done
  statelark wait monday-7 --timeout 10m --json | jq .output`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return wait(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, executionNames)
	c.Flags().DurationVar(&o.timeout, "timeout", 0, "wait no longer than this `TIME`")
	addRemoteFlags(c, &o.remote)
	return c
}

// lookEvery is the longest time between two looks at an execution that is waited for.
const lookEvery = time.Second

// wait looks at the execution alone: its history is not needed.
func wait(ctx context.Context, s *session, what string, o *followOptions) error {
	execution, err := s.executionARN(ctx, what)
	if err != nil {
		return err
	}
	limited := ctx
	if o.timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	pace := paceOf(s.Client)
	for {
		v, err := s.Describe(limited, execution)
		if err == nil && client.Str(v, "status") != "RUNNING" {
			return report(s.c, readResult(v), s.asJSON)
		}
		if err == nil {
			err = pace.next(limited, lookEvery)
		}
		switch {
		case err == nil:
		case ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded):
			return &failure{code: exitWaited, err: fmt.Errorf("%s is still RUNNING after %v", execution, o.timeout)}
		default:
			return following(execution, err)
		}
	}
}
