package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// Commands that call a server, ours or AWS, share their flags, how they find what they are told the name of (named.go),
// and the two forms of what they print: text for people, JSON for programs.

// remote is what the flags of such a command say.
type remote struct {
	endpoint, region, profile string
	token                     string // of the console
	output                    string // "text" or "json"
	asJSON                    bool   // the same as output "json"
}

// addRemoteFlags gives a command the flags about the server and about what it prints.
func addRemoteFlags(c *cobra.Command, r *remote) {
	addEndpointFlags(c, r)
	c.Flags().StringVar(&r.output, "output", "text", "`FORM` of what is printed: text or json")
	c.Flags().BoolVar(&r.asJSON, "json", false, "the same as --output json")
	complete(c, "output", "text", "json")
}

// addEndpointFlags gives a command the flags about the server.
func addEndpointFlags(c *cobra.Command, r *remote) {
	c.Flags().StringVar(&r.endpoint, "endpoint", "", "`URL` of the server, or aws for AWS itself (default: AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL, "+defaultURL+")")
	c.Flags().StringVar(&r.region, "region", "", "`REGION` to call (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's)")
	c.Flags().StringVar(&r.profile, "profile", "", "`PROFILE` of ~/.aws/config to call as; without an endpoint, it calls AWS itself")
}

// complete names the words that a flag takes.
func complete(c *cobra.Command, flag string, words ...string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil { // there is no such flag
		panic(err)
	}
}

// named reports whether anything says which server to call.
func (r *remote) named() bool {
	return r.endpoint != "" || r.profile != "" || os.Getenv("AWS_ENDPOINT_URL_SFN") != "" || os.Getenv("AWS_ENDPOINT_URL") != ""
}

// connect makes the client that the flags ask for.
func (r *remote) connect(ctx context.Context) (*client.Client, error) {
	api, err := client.Connect(ctx, client.Settings{
		Endpoint: r.endpoint, Region: r.region, Profile: r.profile, Default: defaultURL, Place: home, Getenv: os.Getenv,
	})
	if err != nil {
		return nil, hint(exitUsage, err, "name a server with --endpoint, a region with --region, a profile of ~/.aws/config with --profile")
	}
	return api, nil
}

// session is one run of a command that calls a server.
type session struct {
	*client.Client
	c      *cobra.Command
	asJSON bool
}

// calling makes a command's RunE of what it does once it has a client. An interrupt ends its calls.
func calling(r *remote, do func(ctx context.Context, s *session, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if r.output != "" && r.output != "text" && r.output != "json" {
			return usage(fmt.Errorf("--output is %q; it has to be text or json", r.output))
		}
		ctx, release := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer release()
		context.AfterFunc(ctx, release) // the second signal ends the process at once
		c.SetIn(&interruptible{ctx, c.InOrStdin()})
		api, err := r.connect(ctx)
		if err != nil {
			return err
		}
		if api.Token = r.token; api.Token == "" {
			api.Token = os.Getenv(envPrefix + "TOKEN")
		}
		return explain(do(ctx, &session{api, c, r.asJSON || r.output == "json"}, args), api.URL())
	}
}

// interruptible is standard input, a read of which ends with ctx. What such a read gets later is lost.
type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	answers, text := make(chan answer, 1), make([]byte, len(p))
	go func() {
		n, err := r.in.Read(text)
		answers <- answer{n, err}
	}()
	select {
	case a := <-answers:
		return copy(p, text[:a.n]), a.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// nextOf says what to do about errors of the API, by their code.
var nextOf = map[string]string{
	statelark.CodeStateMachineDoesNotExist:     `"statelark ls" lists the state machines`,
	statelark.CodeExecutionDoesNotExist:        `"statelark ls executions" lists the executions`,
	statelark.CodeResourceNotFound:             `"statelark ls" lists what there is`,
	"UnknownOperationException":                "the server does not know the operation; a newer one may",
	statelark.CodeStateMachineTypeNotSupported: `"statelark show MACHINE" tells the type; EXPRESS ones are run by start --sync, and keep no executions to list or follow`,
	statelark.CodeExecutionNotRedrivable:       `"statelark show EXECUTION" tells whether it can be redriven, and why not`,
}

// denied are the codes by which AWS refuses who calls.
var denied = []string{
	statelark.CodeAccessDenied, "ExpiredTokenException", "IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException",
	"MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired", "UnrecognizedClientException",
}

// print prints a document, or the text when that is asked for.
func (s *session) print(document value.Value, text func(w io.Writer)) error {
	if s.asJSON {
		return s.printJSON(document)
	}
	var b strings.Builder
	text(&b)
	if _, err := io.WriteString(s.c.OutOrStdout(), b.String()); err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	return nil
}

func (s *session) printJSON(document value.Value) error {
	if _, err := fmt.Fprintln(s.c.OutOrStdout(), readable(document).Compact()); err != nil {
		return fmt.Errorf("printing the answer: %w", err)
	}
	return nil
}

// table writes rows with their columns one below the other.
func table(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		say(t, "%s\n", strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	if err := t.Flush(); err != nil {
		return // w is gone, or memory
	}
}

// fields writes names with their values; those without one are left out.
func fields(w io.Writer, pairs ...string) {
	widest := 0
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			widest = max(widest, len(pairs[i]))
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			say(w, "%-*s  %s\n", widest, pairs[i], pairs[i+1])
		}
	}
}

// group makes a command of several.
func group(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use + " COMMAND", Short: short, Long: long, Args: cobra.NoArgs}
	var names []string
	for _, sub := range commands {
		names = append(names, sub.Name())
		c.AddCommand(sub)
	}
	c.RunE = func(*cobra.Command, []string) error {
		return usage(fmt.Errorf("%s is several commands: %s", use, strings.Join(names, ", ")))
	}
	return c
}

// readable is a document of the API as programs that read JSON like it: its times are texts, and the payloads that the
// API has as text are JSON.
func readable(v value.Value) value.Value {
	switch v.Kind() {
	case value.Array:
		var elems []value.Value
		for _, e := range v.Elems() {
			elems = append(elems, readable(e))
		}
		return value.NewArray(elems)
	case value.Object:
		members := append([]value.Member(nil), v.Members()...)
		for i := range members {
			members[i].Value = readableMember(members[i])
		}
		return value.NewObject(members)
	}
	return v
}

// payloads are the members that hold JSON as text.
var payloads = []string{"input", "output", "definition", "parameters"}

func readableMember(m value.Member) value.Value {
	switch {
	case m.Value.Kind() == value.Number && (m.Key == "timestamp" || strings.HasSuffix(m.Key, "Date")):
		return value.FromString(timeOf(m.Value).Format(time.RFC3339Nano))
	case m.Value.Kind() == value.String && slices.Contains(payloads, m.Key):
		if v, err := value.Parse(m.Value.Str()); err == nil {
			return v
		}
		return m.Value // cut short, or none
	}
	return readable(m.Value)
}

// timeOf reads a time of the API: seconds since 1970.
func timeOf(seconds value.Value) time.Time {
	return time.UnixMilli(int64(seconds.Float()*1000 + 0.5)).UTC()
}

// when prints a time of a document for people, "" when it has none.
func when(v value.Value, key string) string {
	seconds, ok := v.Get(key)
	if !ok || seconds.Kind() != value.Number {
		return ""
	}
	return timeOf(seconds).Local().Format("2006-01-02 15:04:05")
}
