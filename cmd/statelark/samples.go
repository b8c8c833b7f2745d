package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/samples"
	"github.com/statelark/statelark/samples/stack"
)

func newSamples() *cobra.Command {
	list := &cobra.Command{
		Use:   "ls",
		Short: "List the samples",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return listSamples(c.OutOrStdout()) },
	}
	show := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a sample: what it needs, its files and its README",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return showSample(c.OutOrStdout(), args[0]) },
	}
	files := &cobra.Command{
		Use:     "copy NAME FOLDER",
		Short:   "Write the files of a sample to a folder",
		Example: `  statelark samples copy poller ./poller`,
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := findSample(args[0])
			if err != nil {
				return err
			}
			return copySample(s, args[1])
		},
	}
	for _, c := range []*cobra.Command{show, files} {
		c.ValidArgsFunction = sampleNames
	}
	all := group("samples", "Workflows to look at and run", `Workflows that come with statelark, and run with no AWS account. "statelark samples ls" lists them.`,
		list, show, files, newSampleRun())
	all.RunE = func(c *cobra.Command, _ []string) error { return listSamples(c.OutOrStdout()) }
	return all
}

// sampleNames completes the name of a sample.
func sampleNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, err := samples.List()
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func listSamples(w io.Writer) error {
	all, err := samples.List()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range all {
		rows = append(rows, []string{s.Name, s.Summary})
	}
	table(w, rows)
	return nil
}

func findSample(name string) (*samples.Sample, error) {
	s, err := samples.Read(name)
	if err != nil {
		return nil, hint(exitUsage, err, `"statelark samples ls" lists them`)
	}
	return s, nil
}

func showSample(w io.Writer, name string) error {
	s, err := findSample(name)
	if err != nil {
		return err
	}
	var names []string
	err = fs.WalkDir(s.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("listing the files of %s: %w", name, err)
	}
	fields(w, "sample", s.Name, "shows", s.Summary, "needs", strings.Join(s.Needs, ", "), "files", strings.Join(names, "\n        "))
	if readme, err := fs.ReadFile(s.Files(), "README.md"); err == nil {
		say(w, "\n%s", readme)
	}
	return nil
}

// copySample writes the files of a sample to a folder, none over one that is there.
func copySample(s *samples.Sample, folder string) error {
	if err := os.CopyFS(folder, s.Files()); err != nil {
		return fmt.Errorf("writing the sample %s: %w", s.Name, err)
	}
	return nil
}

// sampleOptions are the flags of samples run.
type sampleOptions struct {
	runOptions
	parameters []string
}

func newSampleRun() *cobra.Command {
	var o sampleOptions
	c := &cobra.Command{
		Use:   "run NAME",
		Short: "Run a sample",
		Long: `Creates what the sample needs and is not there (tables, queues, functions and so on), says what that was, runs its workflow
and prints the output.

It runs on the server that --endpoint, AWS_ENDPOINT_URL_SFN or AWS_ENDPOINT_URL names or, when none does, on one at
` + defaultListen + `; when there is none either, inside this process, in memory.

The exit code tells how it ended: 0 SUCCEEDED, 1 FAILED, 5 TIMED_OUT, 6 ABORTED.`,
		Example: `  statelark samples run transfer-data-records
  statelark samples run batch-job-notify --input '{"job": "print-nothing", "pages": 0}'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: sampleNames,
		RunE:              func(c *cobra.Command, args []string) error { return runSample(c, args[0], &o) },
	}
	f := c.Flags()
	f.StringVar(&o.input, "input", "", "the input: `JSON`, @FILE, or - for standard input (default: the sample's)")
	f.StringVar(&o.name, "name", "", "`NAME` of the execution (default: a new one)")
	f.StringVar(&o.endpoint, "endpoint", "", "`URL` of the server")
	f.BoolVar(&o.local, "local", false, "run inside this process, whatever servers there are")
	f.DurationVar(&o.timeout, "timeout", 0, "stop the execution after this `TIME`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "show no progress")
	f.BoolVar(&o.asJSON, "json", false, "print the execution as one JSON document")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.StringArrayVar(&o.parameters, "parameter", nil, "value of a parameter of its template, as `NAME=VALUE`; may be repeated")
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "server" { // as people say
			name = "endpoint"
		}
		return pflag.NormalizedName(name)
	})
	addConfigFlags(c)
	return c
}

func runSample(c *cobra.Command, name string, o *sampleOptions) error {
	s, err := findSample(name)
	if err != nil {
		return err
	}
	if s.Hand {
		return hint(exitUsage, fmt.Errorf("the sample %s is run by hand", name), `"statelark samples show %s" says how, and "statelark samples copy %s FOLDER" writes its files`, name, name)
	}
	if err := hasPrograms(s); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "statelark-sample-")
	if err != nil {
		return fmt.Errorf("making a folder for the sample: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is below the folder for temporary files
	if err := copySample(s, folder); err != nil {
		return err
	}
	if o.input == "" {
		o.input = "@" + filepath.Join(folder, "input.json")
	}
	if !s.Has("template.yaml") {
		return o.runAlone(c, s, folder)
	}
	ctx, release := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	return o.deployAndRun(ctx, release, c, s, folder)
}

// runAlone runs a sample that needs no services, as "statelark run" does.
func (o *sampleOptions) runAlone(c *cobra.Command, s *samples.Sample, folder string) error {
	for flag, file := range map[string]string{"config": "statelark.yaml", "subst-file": "values.yaml"} {
		if c.Flags().Lookup(flag) == nil {
			addSubstFlags(c)
		}
		if s.Has(file) {
			if err := c.Flags().Set(flag, filepath.Join(folder, file)); err != nil {
				return fmt.Errorf("setting --%s: %w", flag, err)
			}
		}
	}
	o.local = true // a server elsewhere does not have its functions
	o.endpoint = ""
	return run(c, filepath.Join(folder, s.Workflow()), o.runOptions)
}

// deployAndRun creates what the template of a sample names and runs its workflow.
func (o *sampleOptions) deployAndRun(ctx context.Context, release func(), c *cobra.Command, s *samples.Sample, folder string) error {
	style, err := newStyle(o.color, c.ErrOrStderr(), os.Getenv)
	if err != nil {
		return err
	}
	input, err := readJSON("--input", o.input, c.InOrStdin())
	if err != nil {
		return err
	}
	parameters, err := (&deployOptions{parameters: o.parameters}).values()
	if err != nil {
		return usage(err)
	}
	stopDatabase, err := startDatabase(ctx, s, folder, parameters)
	if err != nil {
		return err
	}
	defer stopDatabase()
	api, closeServer, err := o.server(ctx, c, &workflow{name: s.Name, definition: &definition{}})
	if err != nil {
		return err
	}
	x := &runner{client: api, timeout: o.timeout, painter: newPainter(c.ErrOrStderr(), s.Name, style)}
	if o.quiet {
		x.painter = noPainter{}
	}
	w, err := o.deploySample(ctx, c, api, s, folder, parameters)
	var ended *result
	if err == nil {
		ended, err = x.run(ctx, w, input.Text(), o.name)
	}
	release() // the next signal ends the process at once
	err = errors.Join(explain(err, api.URL()), closeServer())
	if err != nil {
		return err
	}
	return report(c, ended, o.asJSON)
}

// deploySample creates what the template names and is not there, and returns its workflow.
func (o *sampleOptions) deploySample(ctx context.Context, c *cobra.Command, api *client.Client, s *samples.Sample, folder string, parameters map[string]string) (*workflow, error) {
	services, place, err := api.Services(ctx)
	if err != nil {
		return nil, err
	}
	out := &planPrinter{w: c.ErrOrStderr()}
	if o.quiet {
		out.w = io.Discard
	}
	machine, err := (&stack.Maker{Caller: services, Place: place, Parameters: parameters}).Make(ctx, s, folder, out.done)
	if err != nil {
		return nil, err
	}
	return &workflow{name: s.Name, arn: machine}, nil
}
