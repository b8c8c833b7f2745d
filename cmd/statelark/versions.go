package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

func newVersions() *cobra.Command {
	return group("versions", "List, publish and remove versions of state machines",
		`Versions are revisions of a state machine that were published under a number, and never change. MACHINE is a name or an ARN;
a version is MACHINE:NUMBER or its ARN.`, newVersionsList(), newVersionsPublish(), newVersionsRemove())
}

// qualifierOf is the version or the alias that an ARN ends with.
func qualifierOf(text string) string {
	_, qualifier := splitMachine(text)
	return qualifier
}

func newVersionsList() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "ls MACHINE",
		Short:   "List the versions of a state machine",
		Long:    `Lists the versions of a state machine, the newest first.`,
		Example: `  statelark versions ls order`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		found, err := s.machineARN(ctx, args[0])
		if err != nil {
			return err
		}
		all, err := collect(s.List(ctx, "ListStateMachineVersions", "stateMachineVersions", client.Text("stateMachineArn", found)), 0)
		if err != nil {
			return fmt.Errorf("listing the versions of %s: %w", found, err)
		}
		return new(listOptions).printList(s, "stateMachineVersions", "stateMachineVersionArn", all,
			column{"VERSION", func(v value.Value) string { return qualifierOf(client.Str(v, "stateMachineVersionArn")) }}, timed("PUBLISHED", "creationDate"))
	})
	c.ValidArgsFunction = completing(&r, machineNames)
	addRemoteFlags(c, &r)
	return c
}

func newVersionsPublish() *cobra.Command {
	var r remote
	var description, revision string
	c := &cobra.Command{
		Use:   "publish MACHINE",
		Short: "Publish the current revision of a state machine as a version",
		Long: `Publishes the current revision of a state machine as a version, and prints its ARN. When that revision was published
before, it stays the same version.`,
		Example: `  statelark versions publish order --description 'new prices'`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		found, err := s.machineARN(ctx, args[0])
		if err != nil {
			return err
		}
		in := []value.Member{client.Text("stateMachineArn", found)}
		in = given(in, "description", description)
		in = given(in, "revisionId", revision)
		v, err := s.Call(ctx, "PublishStateMachineVersion", in...)
		if err != nil {
			return fmt.Errorf("publishing a version of %s: %w", found, err)
		}
		return s.print(v, func(w io.Writer) { say(w, "%s\n", client.Str(v, "stateMachineVersionArn")) })
	})
	c.ValidArgsFunction = completing(&r, machineNames)
	c.Flags().StringVar(&description, "description", "", "`TEXT` that describes the version")
	c.Flags().StringVar(&revision, "revision", "", "publish only if this revision, an `ID`, is the current one")
	addRemoteFlags(c, &r)
	return c
}

func newVersionsRemove() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:     "rm MACHINE:NUMBER…",
		Short:   "Remove versions",
		Long:    `Removes versions that no alias leads to. Their numbers are not given again.`,
		Example: `  statelark versions rm order:3 order:4`,
		Args:    cobra.MinimumNArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		return s.each(args, func(what string) error {
			found, err := s.qualifiedARN(ctx, what, "NUMBER")
			if err != nil {
				return err
			}
			return s.answer(ctx, "DeleteStateMachineVersion", client.Text("stateMachineVersionArn", found))
		})
	})
	addRemoteFlags(c, &r)
	return c
}
