package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

func newAlias() *cobra.Command {
	return group("alias", "List, set, show and remove aliases of state machines",
		`An alias is a name that leads to one version of a state machine, or to two by weight. It is MACHINE:NAME or its ARN.`,
		newAliasList(), newAliasShow(), newAliasSet(), newAliasRemove())
}

func newAliasList() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "ls MACHINE",
		Short:   "List the aliases of a state machine",
		Long:    `Lists the aliases of a state machine; of MACHINE:NUMBER, those that lead to that version.`,
		Example: `  statelark alias ls order`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		found, err := s.machineARN(ctx, args[0])
		if err != nil {
			return err
		}
		all, err := collect(s.List(ctx, "ListStateMachineAliases", "stateMachineAliases", client.Text("stateMachineArn", found)), 0)
		if err != nil {
			return fmt.Errorf("listing the aliases of %s: %w", found, err)
		}
		return new(listOptions).printList(s, "stateMachineAliases", "stateMachineAliasArn", all,
			column{"ALIAS", func(v value.Value) string { return qualifierOf(client.Str(v, "stateMachineAliasArn")) }}, timed("CREATED", "creationDate"))
	})
	c.ValidArgsFunction = completing(&r, machineNames)
	addRemoteFlags(c, &r)
	return c
}

func newAliasShow() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "show MACHINE:NAME",
		Short:   "Show where an alias leads",
		Long:    `Shows an alias and the versions that it leads to, with their weights.`,
		Example: `  statelark alias show order:live`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		found, err := s.qualifiedARN(ctx, args[0], "NAME")
		if err != nil {
			return err
		}
		return showAlias(ctx, s, found)
	})
	addRemoteFlags(c, &r)
	return c
}

func showAlias(ctx context.Context, s *session, found string) error {
	v, err := s.Call(ctx, "DescribeStateMachineAlias", client.Text("stateMachineAliasArn", found))
	if err != nil {
		return err
	}
	return s.print(v, func(w io.Writer) {
		fields(w, "name", client.Str(v, "name"), "arn", client.Str(v, "stateMachineAliasArn"), "description", client.Str(v, "description"),
			"leads to", routesText(v), "created", when(v, "creationDate"), "updated", when(v, "updateDate"))
	})
}

// routesText prints where an alias leads: "3" or "3=90 4=10".
func routesText(alias value.Value) string {
	routes, _ := alias.Get("routingConfiguration")
	var parts []string
	for _, route := range routes.Elems() {
		weight, _ := route.Get("weight")
		parts = append(parts, qualifierOf(client.Str(route, "stateMachineVersionArn"))+"="+weight.Text())
	}
	if len(parts) == 1 {
		return strings.TrimSuffix(parts[0], "=100")
	}
	return strings.Join(parts, " ")
}

func newAliasSet() *cobra.Command {
	var r remote
	var description string
	c := &cobra.Command{
		Use:   "set MACHINE:NAME VERSION[=WEIGHT] [VERSION=WEIGHT]",
		Short: "Let an alias lead to a version, or to two by weight",
		Long: `Lets an alias lead to a version, or to two of which each start draws one by weight: whole numbers that make 100 together.
The alias is made when there is none of that name.`,
		Example: `  statelark alias set order:live 3
  statelark alias set order:live 3=90 4=10 --description 'one in ten tries the new one'`,
		Args: cobra.RangeArgs(2, 3),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		return setAlias(ctx, s, args[0], args[1:], description)
	})
	c.Flags().StringVar(&description, "description", "", "`TEXT` that describes the alias")
	addRemoteFlags(c, &r)
	return c
}

func setAlias(ctx context.Context, s *session, alias string, to []string, description string) error {
	found, err := s.qualifiedARN(ctx, alias, "NAME")
	if err != nil {
		return err
	}
	machine, name := splitMachine(found)
	routes, err := readRoutes(machine, to)
	if err != nil {
		return err
	}
	in := given([]value.Member{{Key: "routingConfiguration", Value: routes}}, "description", description)
	v, missing := s.Call(ctx, "UpdateStateMachineAlias", append(in, client.Text("stateMachineAliasArn", found))...)
	err = missing
	if statelark.ErrorCode(missing) == statelark.CodeResourceNotFound { // the alias, or a version
		v, err = s.Call(ctx, "CreateStateMachineAlias", append(in, client.Text("name", name))...)
		if statelark.ErrorCode(err) == statelark.CodeConflict { // the alias is there
			err = missing
		}
	}
	if err != nil {
		err = fmt.Errorf("setting the alias %s: %w", found, err)
		if statelark.ErrorCode(err) == statelark.CodeResourceNotFound {
			return hint(exitFailed, err, `"statelark versions ls MACHINE" lists the versions`)
		}
		return err
	}
	return s.print(v, func(w io.Writer) { say(w, "%s\n", found) })
}

// readRoutes reads where an alias is to lead: versions of the machine with their weights.
func readRoutes(machine string, to []string) (value.Value, error) {
	var routes []value.Value
	for _, text := range to {
		version, weightText, weighted := strings.Cut(text, "=")
		weight := int64(100)
		if len(to) > 1 && !weighted {
			return value.Value{}, usage(fmt.Errorf("%q has no weight; of two versions each has one, such as 3=90 4=10", text))
		}
		if weighted {
			var err error
			if weight, err = strconv.ParseInt(weightText, 10, 32); err != nil {
				return value.Value{}, usage(fmt.Errorf("%q: the weight has to be a whole number from 0 to 100", text))
			}
		}
		if !strings.HasPrefix(version, "arn:") {
			if version == "" || strings.Trim(version, "0123456789") != "" {
				return value.Value{}, usage(fmt.Errorf("%q: the version has to be a number or an ARN", text))
			}
			version = machine + ":" + version
		}
		routes = append(routes, value.NewObject([]value.Member{client.Text("stateMachineVersionArn", version), client.Number("weight", weight)}))
	}
	return value.NewArray(routes), nil
}

func newAliasRemove() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "rm MACHINE:NAME…",
		Short:   "Remove aliases",
		Long:    `Removes aliases. The versions that they lead to stay.`,
		Example: `  statelark alias rm order:live`,
		Args:    cobra.MinimumNArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		return s.each(args, func(what string) error {
			found, err := s.qualifiedARN(ctx, what, "NAME")
			if err != nil {
				return err
			}
			return s.answer(ctx, "DeleteStateMachineAlias", client.Text("stateMachineAliasArn", found))
		})
	})
	addRemoteFlags(c, &r)
	return c
}
