package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// forkOptions are the flags of fork.
type forkOptions struct {
	remote
	from, input, variables string
	event                  int64
	machine, name, color   string
	latest, wait, quiet    bool
}

func newFork() *cobra.Command {
	var o forkOptions
	c := &cobra.Command{
		Use:   "fork EXECUTION",
		Short: "Start an execution at a state of another one",
		Long: `Starts a new execution that begins at a state of the top level of EXECUTION, with what the state got the last time that it was
entered there and with the variables of that moment, or with others. EXECUTION may run or have ended, and stays as it is.
Without --from it is the state that failed. The new one runs the same definition, unless --latest or --machine says otherwise,
and has its origin's input as its own: only the state gets another one. Its ARN is printed.

This is an operation of Statelark alone; AWS has none such. Where people have to sign in to the console, it takes a token.

` + executionWords,
		Example: `  statelark fork monday-7 --latest --wait
  statelark fork monday-7 --from 'Charge card' --input '{"amount": 12}' --variables '{"tries": 0}'`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return forkExecution(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, executionNames)
	f := c.Flags()
	f.StringVar(&o.from, "from", "", "`STATE` to begin at (default: the one that failed)")
	f.Int64Var(&o.event, "event", 0, "`ID` of the event with which the state was entered, where it was more than once (default: the last one)")
	f.StringVar(&o.input, "input", "", "what the state gets: `JSON`, @FILE, or - for standard input (default: what it got)")
	f.StringVar(&o.variables, "variables", "", "the variables: a `JSON` object, @FILE, or - for standard input (default: those of then)")
	f.StringVar(&o.machine, "machine", "", "`ARN` or name of the state machine, with a version or an alias, to run (default: the definition of the other one)")
	f.BoolVar(&o.latest, "latest", false, "run the state machine as it is now")
	f.StringVar(&o.name, "name", "", "`NAME` of the execution (default: a new one)")
	f.BoolVar(&o.wait, "wait", false, "follow the execution to its end")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "show no progress")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.StringVar(&o.token, "token", "", "`TOKEN` of the console, where people have to sign in (default: STATELARK_TOKEN)")
	addRemoteFlags(c, &o.remote)
	return c
}

func forkExecution(ctx context.Context, s *session, what string, o *forkOptions) error {
	switch {
	case o.latest && o.machine != "":
		return usage(errors.New("--latest and --machine both say what to run; give one of them"))
	case o.input == "-" && o.variables == "-":
		return usage(errors.New("--input and --variables cannot both come from standard input"))
	}
	style, err := newStyle(o.color, s.c.ErrOrStderr(), os.Getenv)
	if err != nil {
		return err
	}
	if s.IsAWS() {
		return hint(exitUsage, errors.New("AWS has no such operation: a fork takes a Statelark server"),
			"on AWS, start an execution anew (statelark start), or let this one go on (statelark redrive)")
	}
	execution, err := s.executionARN(ctx, what)
	if err != nil {
		return err
	}
	body, err := o.body(ctx, s, execution)
	if err != nil {
		return err
	}
	answer, err := s.Console(ctx, "execution/fork", body.Text())
	if err != nil {
		return fmt.Errorf("forking %s: %w", execution, err)
	}
	fork := client.Str(answer, "executionArn")
	if !o.wait {
		return s.print(answer, func(w io.Writer) { say(w, "%s\n", fork) })
	}
	return watchExecution(ctx, s, fork, newPainter(s.c.ErrOrStderr(), fork, style), o.quiet)
}

// body is what the server is asked for.
func (o *forkOptions) body(ctx context.Context, s *session, execution string) (value.Value, error) {
	in := []value.Member{client.Text("arn", execution)}
	in = given(in, "state", o.from)
	if o.event != 0 {
		in = append(in, value.Member{Key: "event", Value: value.FromInt(o.event)})
	}
	if o.input != "" {
		v, err := readJSON("--input", o.input, s.c.InOrStdin())
		if err != nil {
			return value.Value{}, err
		}
		in = append(in, client.Text("input", v.Text()))
	}
	if o.variables != "" {
		v, err := readJSON("--variables", o.variables, s.c.InOrStdin())
		if err != nil {
			return value.Value{}, err
		}
		if v.Kind() != value.Object {
			return value.Value{}, usage(errors.New("--variables has to be an object: a member for each variable, under its name without the $"))
		}
		in = append(in, value.Member{Key: "variables", Value: v})
	}
	machine := o.machine
	if o.latest {
		if machine, _, _ = arn.SplitExecution(execution); machine == "" {
			return value.Value{}, usage(errors.New("--latest is for STANDARD executions; name the state machine with --machine"))
		}
	} else if machine != "" {
		var err error
		if machine, err = s.machineARN(ctx, machine); err != nil {
			return value.Value{}, err
		}
	}
	in = given(in, "machine", machine)
	return value.NewObject(given(in, "name", o.name)), nil
}
