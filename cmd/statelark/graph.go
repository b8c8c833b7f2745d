package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/graph"
	"github.com/statelark/statelark/value"
)

// graphOptions are the flags of graph.
type graphOptions struct {
	remote
	out    string
	format string
	theme  string
	color  string
	width  int
}

func newGraph() *cobra.Command {
	var o graphOptions
	c := &cobra.Command{
		Use:   "graph FILE|MACHINE|EXECUTION",
		Short: "Draw a state machine, or what became of an execution",
		Long: `Draws a definition in a file ("-": standard input), a state machine or an execution of a server: the states with their
transitions, and of an execution what became of each state, and the way that it went. A definition need not be valid:
what leads nowhere is left out.

The end of --out tells the format: .svg, .png, .mmd (Mermaid), .dot (Graphviz) or .txt. Without it the picture is printed
as text, and as a list where the terminal is too narrow for it. An SVG of the theme auto goes by what the reader's
system prefers; it stands by itself in a README.

` + executionWords,
		Example: `  statelark graph order.asl.json
  statelark graph order.asl.yaml -o order.svg
  statelark graph order:monday-7 -o monday.png --theme dark
  statelark graph order --format mmd`,
		Args: cobra.ExactArgs(1),
	}
	remotely := calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return graphRemote(ctx, s, args[0], &o) })
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		if !isFile(args[0]) {
			return remotely(c, args)
		}
		return graphFile(c, args[0], &o)
	}
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "`FILE` to write; \"-\": standard output")
	f.StringVar(&o.format, "format", "", "`FORM` in place of what the end of --out says: svg, png, mmd, dot or txt")
	f.StringVar(&o.theme, "theme", "", "`THEME` of an SVG or PNG: light, dark or auto (default auto; a PNG light)")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours in text: auto, always or never")
	f.IntVar(&o.width, "width", 0, "`COLUMNS` that text may have (default: those of the terminal)")
	complete(c, "format", formats...)
	complete(c, "theme", "light", "dark", "auto")
	addSubstFlags(c)
	addEndpointFlags(c, &o.remote)
	return c
}

// formats are those of pictures.
var formats = []string{"svg", "png", "mmd", "dot", "txt"}

// check fills in what the flags do not say.
func (o *graphOptions) check() error {
	if o.format == "" {
		o.format = strings.TrimPrefix(strings.ToLower(filepath.Ext(o.out)), ".")
		switch {
		case o.out == "" || o.out == "-":
			o.format = "txt"
		case o.format == "gv":
			o.format = "dot"
		case o.format == "mermaid":
			o.format = "mmd"
		}
	}
	if !slices.Contains(formats, o.format) {
		what := "--format is " + fmt.Sprintf("%q", o.format)
		if o.out != "" {
			what = fmt.Sprintf("--out is %q", o.out)
		}
		return usage(fmt.Errorf("%s; a picture is one of %s", what, strings.Join(formats, ", ")))
	}
	if o.theme != "" && !slices.Contains([]string{"light", "dark", "auto"}, o.theme) {
		return usage(fmt.Errorf("--theme is %q; it has to be light, dark or auto", o.theme))
	}
	if o.width < 0 {
		return usage(fmt.Errorf("--width is %d; it has to be 1 or more", o.width))
	}
	return nil
}

// isFile reports whether an argument is a definition in a file, and no name on a server.
func isFile(arg string) bool {
	switch filepath.Ext(arg) {
	case ".json", ".yaml", ".yml":
		return !strings.HasPrefix(arg, "arn:")
	}
	info, err := os.Stat(arg)
	return arg == "-" || err == nil && !info.IsDir()
}

// graphFile draws a definition in a file.
func graphFile(c *cobra.Command, path string, o *graphOptions) error {
	values, err := substitutions(c)
	if err != nil {
		return err
	}
	d, err := readDefinition(path, c.InOrStdin(), values, asl.Options{})
	if err != nil {
		return err
	}
	title := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), ".asl")
	switch folder := filepath.Base(filepath.Dir(path)); {
	case path == "-":
		title = ""
	case title == "workflow" && folder != ".": // as a sample is called
		title = folder
	}
	err = errors.New("it is empty")
	if d.json != "" {
		err = o.draw(c, d.json, title, nil)
	}
	if d.json == "" || errors.As(err, new(*undrawn)) { // what is wrong is told as by validate
		d.print(c.ErrOrStderr())
		return &failure{code: exitInvalid}
	}
	return err
}

// undrawn says why a definition has no picture.
type undrawn struct{ error }

func (u *undrawn) Unwrap() error { return u.error }

// graphRemote draws a state machine or an execution.
func graphRemote(ctx context.Context, s *session, what string, o *graphOptions) error {
	found, err := s.anyARN(ctx, what)
	if err != nil {
		return err
	}
	switch kindOf(found) {
	case "stateMachine", "alias":
		v, err := s.Call(ctx, "DescribeStateMachine", client.Text("stateMachineArn", found))
		if err != nil {
			return err
		}
		return o.draw(s.c, client.Str(v, "definition"), client.Str(v, "name"), nil)
	case "execution", "express":
		return graphExecution(ctx, s, found, o)
	}
	return usage(fmt.Errorf("%s is no state machine and no execution", what))
}

func graphExecution(ctx context.Context, s *session, execution string, o *graphOptions) error {
	v, err := s.Call(ctx, "DescribeStateMachineForExecution", client.Text("executionArn", execution))
	if err != nil {
		return err
	}
	in := []value.Member{client.Text("executionArn", execution), client.Number("maxResults", 1000), {Key: "includeExecutionData", Value: value.False}}
	events, err := collect(s.List(ctx, "GetExecutionHistory", "events", in...), 0)
	if err != nil {
		return fmt.Errorf("reading the history of %s: %w", execution, err)
	}
	_, name := splitExecution(execution)
	return o.draw(s.c, client.Str(v, "definition"), name, events)
}

// splitExecution cuts the name off the ARN of an execution.
func splitExecution(execution string) (machine, name string) {
	i := strings.LastIndexByte(execution, ':')
	return execution[:i+1], execution[i+1:]
}

// draw writes a picture. events are those of an execution, nil for a state machine.
func (o *graphOptions) draw(c *cobra.Command, definition, title string, events []value.Value) error {
	l, err := graph.LayWith(definition, graph.Options{Terminal: o.format == "txt"})
	if err != nil {
		return &undrawn{err}
	}
	p := graph.Picture{Layout: l, Title: title, Theme: graph.Theme(o.theme)}
	if events != nil {
		t := graph.NewTrace(l)
		for _, e := range events {
			t.Add(graph.EventOf(e))
		}
		p.Statuses, p.Taken = t.Statuses(), t.Taken()
	}
	picture, err := o.picture(c, p)
	if err != nil {
		return err
	}
	if o.out == "" || o.out == "-" {
		_, err = c.OutOrStdout().Write(picture)
	} else {
		err = os.WriteFile(o.out, picture, 0o644) //nolint:gosec // a picture is for everybody to see
	}
	if err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}

// pixels are those of a PNG for each of the layout.
const pixels = 2

func (o *graphOptions) picture(c *cobra.Command, p graph.Picture) ([]byte, error) {
	switch o.format {
	case "svg":
		return []byte(graph.SVG(p)), nil
	case "png":
		return graph.PNG(p, pixels)
	case "mmd":
		return []byte(graph.Mermaid(p)), nil
	case "dot":
		return []byte(graph.DOT(p)), nil
	}
	width, coloured := o.width, false
	if o.out == "" || o.out == "-" {
		s, err := newStyle(o.color, c.OutOrStdout(), os.Getenv)
		if err != nil {
			return nil, err
		}
		coloured = s.coloured
		if f, ok := c.OutOrStdout().(*os.File); ok && width == 0 && term.IsTerminal(int(f.Fd())) {
			width, _, _ = term.GetSize(int(f.Fd())) // 0: as wide as it is
		}
	}
	return []byte(graph.Text(p, width, coloured)), nil
}
