package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// The commands that act on executions and tasks which are under way.

func newStop() *cobra.Command {
	var r remote
	var errorName, cause string
	var many bulk
	c := &cobra.Command{
		Use:   "stop EXECUTION…",
		Short: "Stop executions",
		Long: `Stops executions: they end ABORTED, and their tasks are given up. One that has ended already stays as it is.

` + executionWords + bulkWords,
		Example: `  statelark stop monday-7 --error Cancelled --cause 'the customer called'
  statelark stop --query 'machine:import status:RUNNING started<1d' --yes`,
		Args: many.args(cobra.MinimumNArgs(1)),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		if many.query != "" {
			return many.run(ctx, s, "stop", client.Text("error", errorName), client.Text("cause", cause))
		}
		return s.each(args, func(what string) error {
			execution, err := s.executionARN(ctx, what)
			if err != nil {
				return err
			}
			in := []value.Member{client.Text("executionArn", execution)}
			in = given(in, "error", errorName)
			in = given(in, "cause", cause)
			answer, err := s.Call(ctx, "StopExecution", in...)
			if err != nil {
				return fmt.Errorf("stopping %s: %w", execution, err)
			}
			return s.print(answer, func(w io.Writer) { say(w, "%s\n", execution) })
		})
	})
	c.ValidArgsFunction = completing(&r, executionNames)
	c.Flags().StringVar(&errorName, "error", "", "`NAME` of the error to end with")
	c.Flags().StringVar(&cause, "cause", "", "`TEXT` that says why")
	addBulkFlags(c, &r, &many)
	addRemoteFlags(c, &r)
	return c
}

// each does something with each of several arguments, and goes on when one fails.
func (s *session) each(args []string, do func(what string) error) error {
	var failed []error
	for _, what := range args {
		if err := do(what); err != nil {
			failed = append(failed, err)
		}
		if len(failed) > 0 && s.c.Context().Err() != nil {
			break
		}
	}
	if len(failed) == 1 {
		return failed[0]
	}
	return errors.Join(failed...)
}

func newRedrive() *cobra.Command {
	var r remote
	var wait, quiet bool
	var color string
	var many bulk
	c := &cobra.Command{
		Use:   "redrive EXECUTION",
		Short: "Let an execution that failed go on from where it failed",
		Long: `Starts an execution again at the states that did not succeed (RedriveExecution). It may have FAILED, been ABORTED or
TIMED_OUT, no longer than 14 days ago; "statelark show EXECUTION" tells whether it can be redriven. What succeeded is not
done again, and the definition is the one it was started with.

` + executionWords + bulkWords,
		Example: `  statelark redrive monday-7 --wait
  statelark redrive --query 'status:FAILED error:Card.* started>1d' --yes`,
		Args: many.args(cobra.ExactArgs(1)),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		if many.query != "" && wait {
			return usage(errors.New("--wait follows one execution, and --query may find many"))
		}
		if many.query != "" {
			return many.run(ctx, s, "redrive")
		}
		style, err := newStyle(color, c.ErrOrStderr(), os.Getenv)
		if err != nil {
			return err
		}
		execution, err := s.executionARN(ctx, args[0])
		if err != nil {
			return err
		}
		answer, err := s.Call(ctx, "RedriveExecution", client.Text("executionArn", execution), client.Text("clientToken", uuid.NewString()))
		if err != nil {
			return fmt.Errorf("redriving %s: %w", execution, err)
		}
		if !wait {
			return s.print(answer, func(w io.Writer) { say(w, "%s\n", execution) })
		}
		return watchExecution(ctx, s, execution, newPainter(c.ErrOrStderr(), args[0], style), quiet)
	})
	c.ValidArgsFunction = completing(&r, executionNames)
	c.Flags().BoolVar(&wait, "wait", false, "follow the execution to its end")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "show no progress")
	addBulkFlags(c, &r, &many)
	c.Flags().StringVar(&color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	addRemoteFlags(c, &r)
	return c
}

func newTask() *cobra.Command {
	return group("task", "Answer a task that waits for its token",
		`Answers tasks whose token you have: those of activities and of .waitForTaskToken. TOKEN may be @FILE, or - for standard
input.`, newTaskSucceed(), newTaskFail(), newTaskHeartbeat())
}

func newTaskSucceed() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "succeed TOKEN [RESULT]",
		Short:   "Let a task succeed",
		Long:    `Lets the task with that token succeed (SendTaskSuccess). RESULT is JSON, @FILE, or - for standard input; default {}.`,
		Example: `  statelark task succeed "$TOKEN" '{"approved": true}'`,
		Args:    cobra.RangeArgs(1, 2),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		if len(args) == 2 && args[0] == "-" && args[1] == "-" {
			return usage(errors.New("TOKEN and RESULT cannot both come from standard input"))
		}
		token, err := readToken(args[0], c.InOrStdin())
		if err != nil {
			return err
		}
		result := "{}"
		if len(args) == 2 {
			v, err := readJSON("RESULT", args[1], c.InOrStdin())
			if err != nil {
				return err
			}
			result = v.Text()
		}
		return s.answer(ctx, "SendTaskSuccess", client.Text("taskToken", token), client.Text("output", result))
	})
	addRemoteFlags(c, &r)
	return c
}

func newTaskFail() *cobra.Command {
	var r remote
	var errorName, cause string
	c := &cobra.Command{
		Use:     "fail TOKEN",
		Short:   "Let a task fail",
		Long:    `Lets the task with that token fail (SendTaskFailure); Retry and Catch go by the name of the error.`,
		Example: `  statelark task fail "$TOKEN" --error Rejected --cause 'not in the budget'`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		token, err := readToken(args[0], c.InOrStdin())
		if err != nil {
			return err
		}
		in := []value.Member{client.Text("taskToken", token)}
		in = given(in, "error", errorName)
		in = given(in, "cause", cause)
		return s.answer(ctx, "SendTaskFailure", in...)
	})
	c.Flags().StringVar(&errorName, "error", "", "`NAME` of the error")
	c.Flags().StringVar(&cause, "cause", "", "`TEXT` that says why")
	addRemoteFlags(c, &r)
	return c
}

func newTaskHeartbeat() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "heartbeat TOKEN",
		Short:   "Tell that a task is being worked on",
		Long:    `Tells that the task with that token is being worked on, so that HeartbeatSeconds begin anew (SendTaskHeartbeat).`,
		Example: `  statelark task heartbeat "$TOKEN"`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		token, err := readToken(args[0], c.InOrStdin())
		if err != nil {
			return err
		}
		return s.answer(ctx, "SendTaskHeartbeat", client.Text("taskToken", token))
	})
	addRemoteFlags(c, &r)
	return c
}

// readToken reads a task token.
func readToken(text string, stdin io.Reader) (string, error) {
	file, ok := strings.CutPrefix(text, "@")
	if ok || text == "-" {
		if !ok {
			file = "-"
		}
		read, err := readText(file, stdin)
		if err != nil {
			return "", usage(fmt.Errorf("TOKEN: %w", err))
		}
		text = strings.TrimSpace(read)
	}
	if text == "" {
		return "", hint(exitUsage, errors.New("the task token is empty"), "the token is in the context object, $$.Task.Token, and in GetActivityTask's answer")
	}
	return text, nil
}

// answer calls an operation whose answer says nothing.
func (s *session) answer(ctx context.Context, operation string, in ...value.Member) error {
	answer, err := s.Call(ctx, operation, in...)
	if err != nil {
		return err
	}
	return s.print(answer, func(io.Writer) {})
}
