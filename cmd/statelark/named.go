package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// What people name. A state machine is named by its name or its ARN; its versions and aliases by ":" and the number or the
// name behind that. An execution is named by its ARN, by MACHINE:NAME, by its name, or by the end of its name when no
// other of the newest executions ends so.

// newest is how many executions of each state machine are looked through for a name.
const newest = 1000

// machineARN returns the ARN of a state machine, or of its version or alias when text names one.
func (s *session) machineARN(ctx context.Context, text string) (string, error) {
	if strings.HasPrefix(text, "arn:") {
		return text, nil
	}
	name, qualifier, qualified := strings.Cut(text, ":")
	found, err := s.Find(ctx, name)
	if qualified {
		found += ":" + qualifier
	}
	return found, err
}

// qualifiedARN is machineARN of a text that has to name a version or an alias.
func (s *session) qualifiedARN(ctx context.Context, text, form string) (string, error) {
	if _, qualifier := splitMachine(text); qualifier == "" {
		return "", usage(fmt.Errorf("%q is no %s; it has to be MACHINE:%s or an ARN", text, strings.ToLower(form), form))
	}
	return s.machineARN(ctx, text)
}

// splitMachine cuts the version or alias off the name or ARN of a state machine.
func splitMachine(text string) (machine, qualifier string) {
	if a, ok := arn.Parse(text); ok {
		_, id := a.Cut()
		_, qualifier, _ = strings.Cut(id, ":")
		return strings.TrimSuffix(text, ":"+qualifier), qualifier
	}
	machine, qualifier, _ = strings.Cut(text, ":")
	return machine, qualifier
}

// isExecutionARN reports whether text is the ARN of an execution, Express ones too.
func isExecutionARN(text string) bool {
	a, ok := arn.Parse(text)
	kind, _ := a.Cut()
	return ok && (kind == "execution" || kind == "express")
}

// executionARN returns the ARN of an execution.
func (s *session) executionARN(ctx context.Context, text string) (string, error) {
	if strings.HasPrefix(text, "arn:") {
		if !isExecutionARN(text) {
			return "", usage(fmt.Errorf("%s is no execution", text))
		}
		return text, nil
	}
	if machine, name, ok := strings.Cut(text, ":"); ok {
		found, err := s.Find(ctx, machine)
		return arn.Execution(found, name), err
	}
	found, err := s.search(ctx, text)
	switch {
	case err != nil:
		return "", err
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", hint(exitUsage, fmt.Errorf("%q may be any of these executions:\n  %s", text, strings.Join(found[:min(len(found), 10)], "\n  ")),
			"name one by its ARN, or as MACHINE:NAME")
	}
	return "", statelark.Errorf(statelark.CodeExecutionDoesNotExist, "none of the newest %d executions of each state machine at %s is named %q or ends so",
		newest, s.URL(), text)
}

// search returns the executions of that name; if there is none, those whose names end so.
func (s *session) search(ctx context.Context, text string) ([]string, error) {
	var named, ending []string
	for m, err := range s.List(ctx, "ListStateMachines", "stateMachines") {
		if err != nil {
			return nil, fmt.Errorf("looking for execution %s: %w", text, err)
		}
		if client.Str(m, "type") == "EXPRESS" { // it lists none
			continue
		}
		for x, err := range s.executions(ctx, newest, client.Text("stateMachineArn", client.Str(m, "stateMachineArn"))) {
			if err != nil {
				return nil, fmt.Errorf("looking for execution %s: %w", text, err)
			}
			switch name := client.Str(x, "name"); {
			case name == text:
				named = append(named, client.Str(x, "executionArn"))
			case strings.HasSuffix(name, text):
				ending = append(ending, client.Str(x, "executionArn"))
			}
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	return ending, nil
}

// executions yields the newest executions that a call of ListExecutions gives, the newest first.
func (s *session) executions(ctx context.Context, limit int, in ...value.Member) func(func(value.Value, error) bool) {
	return func(yield func(value.Value, error) bool) {
		if limit < 1 {
			return
		}
		in = append(in, client.Number("maxResults", int64(min(limit, 1000))))
		n := 0
		for x, err := range s.List(ctx, "ListExecutions", "executions", in...) {
			if !yield(x, err) {
				return
			}
			if n++; n == limit {
				return
			}
		}
	}
}

// mapRunARN returns the ARN of a Map Run: text is it, or an execution that has one Map Run.
func (s *session) mapRunARN(ctx context.Context, text string) (string, error) {
	if strings.Contains(text, ":mapRun:") {
		return text, nil
	}
	execution, err := s.executionARN(ctx, text)
	if err != nil {
		return "", err
	}
	var found []string
	for m, err := range s.List(ctx, "ListMapRuns", "mapRuns", client.Text("executionArn", execution)) {
		if err != nil {
			return "", err
		}
		found = append(found, client.Str(m, "mapRunArn"))
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("execution %s has no Map Run", execution)
	case 1:
		return found[0], nil
	}
	return "", hint(exitUsage, fmt.Errorf("execution %s has %d Map Runs:\n  %s", execution, len(found), strings.Join(found, "\n  ")), "name one by its ARN")
}

// completeTime bounds what a shell waits for names.
const completeTime = 2 * time.Second

// completing completes the first argument of a command with names that a server has.
func completing(r *remote, names func(ctx context.Context, s *session) []string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completeTime)
		defer cancel()
		api, err := r.connect(ctx)
		if len(args) > 0 || err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found := slices.DeleteFunc(names(ctx, &session{Client: api, c: c}), func(name string) bool { return !strings.HasPrefix(name, typed) })
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// machineNames are the names of the state machines, as far as they can be had.
func machineNames(ctx context.Context, s *session) (names []string) {
	for m, err := range s.List(ctx, "ListStateMachines", "stateMachines", client.Number("maxResults", 1000)) {
		if err != nil {
			break
		}
		names = append(names, client.Str(m, "name"))
	}
	return names
}

// completedExecutions is how many executions of each state machine a shell is told.
const completedExecutions = 20

// executionNames are the names of the newest executions, as far as they can be had.
func executionNames(ctx context.Context, s *session) (names []string) {
	for m, err := range s.List(ctx, "ListStateMachines", "stateMachines") {
		if err != nil {
			break
		}
		for x, err := range s.executions(ctx, completedExecutions, client.Text("stateMachineArn", client.Str(m, "stateMachineArn"))) {
			if err != nil {
				break
			}
			names = append(names, client.Str(x, "name")+"\t"+client.Str(m, "name")+", "+strings.ToLower(client.Str(x, "status")))
		}
	}
	return names
}
