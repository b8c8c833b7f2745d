package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/node"
)

// runOptions are the flags of run.
type runOptions struct {
	input    string
	name     string
	testCase string
	endpoint string
	local    bool
	timeout  time.Duration
	quiet    bool
	asJSON   bool
	color    string
}

func newRun() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run FILE|NAME|ARN",
		Short: "Run a workflow and print its output",
		Long: `Runs a state machine, shows on standard error how it goes on, and prints its output alone on standard output.

FILE is a definition in JSON or YAML ("-": standard input). It runs on the server that --endpoint,
AWS_ENDPOINT_URL_SFN or AWS_ENDPOINT_URL names or, when none does, on one at ` + defaultListen + `; when there is none
either, inside this process; with --local or --function always inside. NAME or ARN is that of a state machine of
the server.

The exit code tells how it ended: 0 SUCCEEDED, 1 FAILED, 5 TIMED_OUT, 6 ABORTED. An interrupt stops the execution.`,
		Example: `  statelark run hello.asl.json --input '{"name": "world"}'
  statelark run order.asl.yaml --input @order.json --subst-file values.yaml --function charge='python3 charge.py'
  statelark run order.asl.json --local --test-case HappyPath --mock-config mocks.json --wait-time-scale 0
  statelark run order --endpoint http://127.0.0.1:8083 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return run(c, args[0], o) },
	}
	f := c.Flags()
	f.StringVar(&o.input, "input", "{}", "the input: `JSON`, @FILE, or - for standard input")
	f.StringVar(&o.name, "name", "", "`NAME` of the execution (default: a new one)")
	f.StringVar(&o.testCase, "test-case", "", "`NAME` of a test case in the mock configuration; of a FILE, the state machine there is called as the file is")
	f.StringVar(&o.endpoint, "endpoint", "", "`URL` of the server")
	f.BoolVar(&o.local, "local", false, "run inside this process, whatever servers there are")
	f.DurationVar(&o.timeout, "timeout", 0, "stop the execution after this `TIME`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "show no progress")
	f.BoolVar(&o.asJSON, "json", false, "print the execution as one JSON document")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	addSubstFlags(c)
	addConfigFlags(c)
	return c
}

// workflow is what there is to run: a definition, or the name or ARN of a state machine.
type workflow struct {
	name       string // of the state machine
	arn        string // "" until it is known
	definition *definition
}

func run(c *cobra.Command, what string, o runOptions) error {
	if o.input == "-" && what == "-" {
		return usage(errors.New("the definition and --input cannot both come from standard input"))
	}
	style, err := newStyle(o.color, c.ErrOrStderr(), os.Getenv)
	if err != nil {
		return err
	}
	input, err := readJSON("--input", o.input, c.InOrStdin())
	if err != nil {
		return err
	}
	w, err := readWorkflow(c, what)
	if err != nil {
		return err
	}
	ctx, release := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	api, closeServer, err := o.server(ctx, c, w)
	if err != nil {
		return err
	}
	x := &runner{client: api, timeout: o.timeout, painter: newPainter(c.ErrOrStderr(), w.name, style)}
	if o.quiet {
		x.painter = noPainter{}
	}
	x.testCase = o.testCase
	result, err := x.run(ctx, w, input.Text(), o.name)
	release() // the next signal ends the process at once
	err = errors.Join(explain(err, api.URL()), closeServer())
	if err != nil {
		return err
	}
	return report(c, result, o.asJSON)
}

// readWorkflow tells files from names and reads the definition of a file.
func readWorkflow(c *cobra.Command, what string) (*workflow, error) {
	if strings.HasPrefix(what, "arn:") {
		return &workflow{name: what[strings.LastIndexByte(what, ':')+1:], arn: what}, nil
	}
	info, err := os.Stat(what)
	isFile := err == nil && !info.IsDir()
	looksLikeFile := filepath.Ext(what) != "" || strings.ContainsRune(what, filepath.Separator)
	if what != "-" && !isFile && !looksLikeFile {
		return &workflow{name: what}, nil
	}
	values, err := substitutions(c)
	if err != nil {
		return nil, err
	}
	d, err := readDefinition(what, c.InOrStdin(), values, asl.Options{})
	if err != nil {
		return nil, err
	}
	d.print(c.ErrOrStderr())
	if d.invalid() {
		return nil, hint(exitInvalid, fmt.Errorf("%s is not a valid definition", what), "mend what is listed above; statelark validate %s checks it again", what)
	}
	return &workflow{name: machineName(what), definition: d}, nil
}

var (
	definitionSuffix = regexp.MustCompile(`(\.asl)?\.(json|ya?ml|asl)$`)
	notInName        = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
)

// machineName makes the name of a state machine of a path: "samples/order.asl.json" is "order".
func machineName(path string) string {
	name := definitionSuffix.ReplaceAllString(filepath.Base(path), "")
	name = strings.Trim(notInName.ReplaceAllString(name, "-"), "-")
	if name == "" {
		return "stdin"
	}
	return name[:min(len(name), 80)]
}

// server returns the server to use and what ends it.
func (o *runOptions) server(ctx context.Context, c *cobra.Command, w *workflow) (*client.Client, func() error, error) {
	on := func(url string) (*client.Client, func() error, error) {
		r := remote{endpoint: url}
		if c.Flags().Changed("region") {
			r.region, _ = c.Flags().GetString("region")
		}
		api, err := r.connect(ctx)
		return api, func() error { return nil }, err
	}
	named := o.endpoint
	for _, variable := range []string{"AWS_ENDPOINT_URL_SFN", "AWS_ENDPOINT_URL"} {
		if named == "" {
			named = os.Getenv(variable)
		}
	}
	functions := c.Flags().Changed("function")
	switch {
	case o.local && o.endpoint != "":
		return nil, nil, usage(errors.New("--local and --endpoint exclude each other"))
	case functions && o.endpoint != "":
		return nil, nil, usage(errors.New("--function declares a function for this process; a server has its own"))
	case o.local || functions:
	case named != "":
		return on(named)
	case isStatelark(ctx, defaultURL):
		if !o.quiet {
			say(c.ErrOrStderr(), "on the server at %s; --local runs in this process\n", defaultURL)
		}
		return on(defaultURL)
	}
	if w.definition == nil && (o.local || functions) {
		return nil, nil, hint(exitUsage, fmt.Errorf("%s is no file, and this process has no state machines of its own", w.name),
			"name the file of a definition, or leave out --local and --function to run one of a server")
	}
	if w.definition == nil {
		return nil, nil, hint(exitUnreachable, fmt.Errorf("%s is no file, and there is no server that could have a state machine of that name", w.name),
			"name a file, or start a server (statelark dev), or name one with --endpoint")
	}
	return startLocal(ctx, c)
}

// isStatelark reports whether a Statelark server answers at a URL.
func isStatelark(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	start := make([]byte, len(node.WelcomeStart))
	_, err = io.ReadFull(answer.Body, start)
	return err == nil && string(start) == node.WelcomeStart
}

// startLocal starts a node in this process, in memory and on a port of its own: functions and activity workers
// reach it as they would reach a server.
func startLocal(ctx context.Context, c *cobra.Command) (*client.Client, func() error, error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return nil, nil, err
	}
	cfg.Data, cfg.Listen = "", "127.0.0.1:0"
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelError}))
	n, err := startNode(ctx, cfg, log)
	if err != nil {
		return nil, nil, err
	}
	return client.New(n.URL(), cfg.node().Place), func() error {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return n.Close(last)
	}, nil
}

// explain adds to an error of the API what to do about it.
func explain(err error, url string) error {
	switch {
	case errors.Is(err, context.Canceled):
		return &failure{code: exitInterrupted, err: errInterrupted}
	case errors.Is(err, client.ErrUnreachable):
		return hint(exitUnreachable, err, "start a server (statelark dev), or name another one than %s with --endpoint", url)
	case errors.Is(err, client.ErrNoConsole):
		return hint(exitUsage, err, "queries and forks take a Statelark server whose console is on; name one with --endpoint")
	case errors.Is(err, client.ErrNotAllowed):
		return hint(exitDenied, err, "name a token of the console with --token or STATELARK_TOKEN, whose role is enough")
	case errors.Is(err, client.ErrCredentials), slices.Contains(denied, statelark.ErrorCode(err)):
		return hint(exitDenied, err, "name credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile (then aws sso login may be due)")
	}
	var f *failure
	next := nextOf[statelark.ErrorCode(err)]
	if isOfExpress(err) {
		next = nextOf[statelark.CodeStateMachineTypeNotSupported]
	}
	if next != "" && !errors.As(err, &f) {
		return hint(exitFailed, err, "%s", next)
	}
	return err
}

// isOfExpress reports whether an operation was refused because it knows no Express executions.
func isOfExpress(err error) bool {
	return statelark.ErrorCode(err) == statelark.CodeInvalidArn && strings.HasSuffix(err.Error(), "context: express'")
}
