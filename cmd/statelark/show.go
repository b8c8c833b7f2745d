package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// showOptions are the flags of show.
type showOptions struct {
	remote
	definition bool
}

func newShow() *cobra.Command {
	var o showOptions
	c := &cobra.Command{
		Use:   "show MACHINE|EXECUTION|ARN",
		Short: "Show a state machine, an execution or what else has an ARN",
		Long: `Shows what a server knows of a state machine (its version, its alias), an execution, an activity or a Map Run. A name is
looked for among the state machines first, then among the executions.

` + executionWords + `

--definition prints the definition alone, of a state machine or of what an execution runs.`,
		Example: `  statelark show order
  statelark show monday-7 --json | jq .output
  statelark show order --definition > order.asl.json`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return show(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, func(ctx context.Context, s *session) []string {
		return append(machineNames(ctx, s), executionNames(ctx, s)...)
	})
	c.Flags().BoolVar(&o.definition, "definition", false, "print the definition alone")
	addRemoteFlags(c, &o.remote)
	return c
}

func show(ctx context.Context, s *session, what string, o *showOptions) error {
	found, err := s.anyARN(ctx, what)
	if err != nil {
		return err
	}
	kind := kindOf(found)
	if o.definition {
		return showDefinition(ctx, s, found, kind)
	}
	do := shows[kind]
	if do == nil {
		return usage(fmt.Errorf("%s is no state machine, execution, activity or Map Run", what))
	}
	return do(ctx, s, found)
}

// shows are what show shows, by the kind that the ARN names.
var shows = map[string]func(context.Context, *session, string) error{
	"stateMachine": showMachine, "alias": showAlias, "execution": showExecution, "express": showExecution,
	"activity": showActivity, "mapRun": showMapRun,
}

// kindOf is the kind of resource of an ARN; "alias" when it ends with the name of one.
func kindOf(text string) string {
	a, _ := arn.Parse(text)
	kind, _ := a.Cut()
	if _, qualifier := splitMachine(text); kind == "stateMachine" && strings.Trim(qualifier, "0123456789") != "" {
		return "alias"
	}
	return kind
}

// anyARN returns the ARN of a state machine or an execution.
func (s *session) anyARN(ctx context.Context, what string) (string, error) {
	found, err := s.machineARN(ctx, what)
	if statelark.ErrorCode(err) != statelark.CodeStateMachineDoesNotExist {
		if machine, name, ok := strings.Cut(what, ":"); err == nil && ok && !strings.HasPrefix(what, "arn:") {
			return s.versionOrExecution(ctx, found, machine, name)
		}
		return found, err
	}
	found, err = s.executionARN(ctx, what)
	if statelark.ErrorCode(err) == statelark.CodeExecutionDoesNotExist {
		return "", statelark.Errorf(statelark.CodeResourceNotFound, "there is no state machine %s at %s, nor does any of the newest %d executions of each end so", what, s.URL(), newest)
	}
	return found, err
}

// versionOrExecution tells what MACHINE:NAME names: the version, the alias or the execution.
func (s *session) versionOrExecution(ctx context.Context, qualified, machine, name string) (string, error) {
	execution := arn.Execution(strings.TrimSuffix(qualified, ":"+name), name)
	_, err := s.Describe(ctx, execution)
	switch code := statelark.ErrorCode(err); {
	case err == nil:
		return execution, nil
	case code == statelark.CodeExecutionDoesNotExist, code == statelark.CodeInvalidArn:
		return qualified, nil
	}
	return "", fmt.Errorf("looking for %s:%s: %w", machine, name, err)
}

func showMachine(ctx context.Context, s *session, found string) error {
	v, err := s.Call(ctx, "DescribeStateMachine", client.Text("stateMachineArn", found))
	if err != nil {
		return err
	}
	return s.print(v, func(w io.Writer) {
		fields(w, "name", client.Str(v, "name"), "arn", client.Str(v, "stateMachineArn"), "type", client.Str(v, "type"),
			"status", client.Str(v, "status"), "description", client.Str(v, "description"), "revision", client.Str(v, "revisionId"),
			"created", when(v, "creationDate"), "role", client.Str(v, "roleArn"))
		say(w, "\n%s\n", client.Str(v, "definition"))
	})
}

func showExecution(ctx context.Context, s *session, found string) error {
	v, err := s.Describe(ctx, found)
	if err != nil {
		return err
	}
	return s.print(v, func(w io.Writer) {
		redrive := client.Str(v, "redriveStatus")
		if reason := client.Str(v, "redriveStatusReason"); reason != "" {
			redrive += ": " + reason
		}
		ended := when(v, "stopDate")
		if ended != "" {
			ended += " (after " + took(v) + ")"
		}
		fields(w, "name", client.Str(v, "name"), "arn", client.Str(v, "executionArn"), "machine", client.Str(v, "stateMachineArn"),
			"version", client.Str(v, "stateMachineVersionArn"), "alias", client.Str(v, "stateMachineAliasArn"), "map run", client.Str(v, "mapRunArn"),
			"status", client.Str(v, "status"), "started", when(v, "startDate"), "ended", ended, "redrives", redrives(v), "redriven", when(v, "redriveDate"),
			"redrive", redrive, "trace", client.Str(v, "traceHeader"), "input", client.Str(v, "input"), "output", client.Str(v, "output"),
			"error", client.Str(v, "error"), "cause", client.Str(v, "cause"))
	})
}

func showActivity(ctx context.Context, s *session, found string) error {
	v, err := s.Call(ctx, "DescribeActivity", client.Text("activityArn", found))
	if err != nil {
		return err
	}
	return s.print(v, func(w io.Writer) {
		fields(w, "name", client.Str(v, "name"), "arn", client.Str(v, "activityArn"), "created", when(v, "creationDate"))
	})
}

// showDefinition prints the definition of a state machine, or of what an execution runs.
func showDefinition(ctx context.Context, s *session, found, kind string) error {
	var v value.Value
	var err error
	switch kind {
	case "stateMachine", "alias":
		v, err = s.Call(ctx, "DescribeStateMachine", client.Text("stateMachineArn", found))
	case "execution":
		v, err = s.Call(ctx, "DescribeStateMachineForExecution", client.Text("executionArn", found))
	default:
		return usage(errors.New("--definition is of state machines and executions"))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.c.OutOrStdout(), client.Str(v, "definition"))
	return err
}
