// Command statelark runs Amazon States Language workflows behind the AWS Step Functions API. It is the server
// and its command line in one program.
//
// Each command is a file of this package. What a server is made of is put together by package node, its settings
// come from config.go, and what a command says when it fails is told in failure.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	f := asFailure(err, command)
	f.print(stderr)
	return f.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "statelark",
		Short: "Run Amazon States Language workflows behind the AWS Step Functions API",
		Long: `Statelark runs Amazon States Language workflows. It speaks the AWS Step Functions API, so AWS SDKs, the AWS
CLI and the tools on top of them work unchanged, and it keeps executions going through crashes.

The commands on a server call the one that --endpoint, AWS_ENDPOINT_URL_SFN or AWS_ENDPOINT_URL names, else
` + defaultURL + `. With --profile NAME or --endpoint aws they call AWS itself, as you.

Exit codes: 0 ok or SUCCEEDED, 1 FAILED, 2 usage, 3 definition invalid, 4 credentials, 5 TIMED_OUT, 6 ABORTED,
7 server unreachable, 124 time to wait is up, 130 interrupted.`,
		Example: `  statelark dev                                     # a server in memory, for development
  statelark server --data ./statelark-data          # a server whose executions survive it
  statelark run order.asl.json --input @order.json  # run a workflow and print its output
  statelark validate *.asl.json                     # what is wrong with definitions
  statelark start order --input @order.json --wait  # an execution on a server
  statelark ls executions order --status FAILED     # and what became of others`,
		Version:       buildVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	plain := root.UsageFunc()
	root.SetUsageFunc(func(c *cobra.Command) error { return commandUsage(c, plain) })
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(flagError(err)) })
	root.AddGroup(&cobra.Group{ID: localGroup, Title: "Here:"}, &cobra.Group{ID: remoteGroup, Title: "On a server, or on AWS:"})
	for _, c := range []*cobra.Command{newDev(), newServer(), newRun(), newSamples(), newValidate(), newGraph(), newEval(), newVersion()} {
		c.GroupID = localGroup
		root.AddCommand(wordArgs(c))
	}
	for _, c := range []*cobra.Command{newDeploy(), newStart(), newStop(), newRedrive(), newFork(), newList(), newShow(), newHistory(), newWatch(), newWait(),
		newTask(), newState(), newVersions(), newAlias(), newMapRun()} {
		c.GroupID = remoteGroup
		root.AddCommand(wordArgs(c))
	}
	return root
}

// commandUsage prints how a command is used. One that has others below it is not used by itself, though it runs: to say what is
// missing. (A template of cobra's could say so; with package text/template the linker keeps every method of the program.)
func commandUsage(c *cobra.Command, plain func(*cobra.Command) error) error {
	if !c.Runnable() || !c.HasAvailableSubCommands() {
		return plain(c)
	}
	var text strings.Builder
	out := c.OutOrStderr()
	c.SetOut(&text)
	err := plain(c)
	c.SetOut(out)
	say(out, "%s", strings.Replace(text.String(), "\n  "+c.UseLine()+"\n", "\n", 1))
	return err
}

// The groups of commands in the help.
const (
	localGroup  = "local"
	remoteGroup = "remote"
)

// wordArgs makes a command, and those below it, tell how it is used when its arguments are wrong.
func wordArgs(c *cobra.Command) *cobra.Command {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage(fmt.Errorf("%w; it is used as: %s", err, c.UseLine()))
		}
		return nil
	}
	for _, sub := range c.Commands() {
		wordArgs(sub)
	}
	return c
}
