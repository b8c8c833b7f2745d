package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/search/query"
	"github.com/statelark/statelark/value"
)

// Commands that take a query call the console's part of a server, which has an index of executions.

// addTokenFlag gives a command the flag about who calls the console.
func addTokenFlag(c *cobra.Command, r *remote) {
	c.Flags().StringVar(&r.token, "token", "", "`TOKEN` of the console, for --query, where people have to sign in (default: STATELARK_TOKEN)")
}

// checkQuery says what is wrong with a query, and where.
func checkQuery(text string) error {
	_, err := query.Parse(text)
	var f *query.Failure
	if !errors.As(err, &f) {
		return err
	}
	before, at := utf8.RuneCountInString(text[:f.Start]), utf8.RuneCountInString(text[f.Start:f.End])
	return usage(fmt.Errorf("--query: %s\n  %s\n  %s%s", f.Message, text, strings.Repeat(" ", before), strings.Repeat("^", max(at, 1))))
}

// queryPage is how many executions are asked for at once.
const queryPage = 500

// queryExecutions lists the executions that match o.query.
func queryExecutions(ctx context.Context, s *session, o *listOptions) error {
	if err := checkQuery(o.query); err != nil {
		return err
	}
	var all []value.Value
	partial := false
	for cursor := ""; ; {
		n := queryPage
		if o.limit > 0 {
			n = min(n, o.limit-len(all))
		}
		path := "executions?" + url.Values{"q": {o.query}, "n": {strconv.Itoa(n)}, "cursor": {cursor}}.Encode()
		answer, err := s.Console(ctx, path, "")
		if err != nil {
			return fmt.Errorf("searching executions: %w", err)
		}
		rows, _ := answer.Get("executions")
		for _, row := range rows.Elems() {
			all = append(all, executionOf(row))
		}
		if p, _ := answer.Get("partial"); p.Bool() {
			partial = true
		}
		if cursor = client.Str(answer, "next"); cursor == "" || len(all) == o.limit {
			break
		}
	}
	if partial {
		say(s.c.ErrOrStderr(), "The index of executions does not have everything yet; there may be more.\n")
	}
	return o.printExecutions(s, all, true)
}

// executionOf is a row of the console as ListExecutions has it.
func executionOf(row value.Value) value.Value {
	members := []value.Member{
		client.Text("executionArn", client.Str(row, "arn")), client.Text("stateMachineArn", client.Str(row, "machine")),
		client.Text("name", client.Str(row, "name")), client.Text("status", client.Str(row, "status")),
	}
	for _, m := range [...][2]string{{"start", "startDate"}, {"stop", "stopDate"}} {
		if at, err := time.Parse(time.RFC3339Nano, client.Str(row, m[0])); err == nil {
			seconds, _ := value.Parse(fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/1e6)) // it is a number
			members = append(members, value.Member{Key: m[1], Value: seconds})
		}
	}
	if why := client.Str(row, "error"); why != "" {
		members = append(members, client.Text("error", why))
	}
	if n, ok := row.Get("redrives"); ok {
		members = append(members, value.Member{Key: "redriveCount", Value: n})
	}
	return value.NewObject(members)
}

// bulkWords tell of --query in the help of a command.
const bulkWords = `

With --query it is done to all executions that match, see docs/search.md: without --yes they are counted and nothing is done.`

// bulk is what the flags of a command say that acts on all executions which match a query.
type bulk struct {
	query string
	yes   bool
}

func addBulkFlags(c *cobra.Command, r *remote, b *bulk) {
	c.Flags().StringVar(&b.query, "query", "", "all executions that match this `QUERY`, see docs/search.md")
	c.Flags().BoolVar(&b.yes, "yes", false, "with --query: do it, instead of counting")
	addTokenFlag(c, r)
}

// args takes the arguments of a command, of which there are none with --query.
func (b *bulk) args(without cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if b.query == "" {
			if b.yes {
				return errors.New("--yes goes with --query")
			}
			return without(c, args)
		}
		if len(args) > 0 {
			return errors.New("--query and EXECUTION exclude each other")
		}
		return nil
	}
}

// bulkDone are the words for an action that was done, and for those that it is for.
var bulkDone = map[string][2]string{"stop": {"stopped", "run"}, "redrive": {"redriven", "can be redriven"}}

// run counts what matches and, with --yes, acts on it.
func (b *bulk) run(ctx context.Context, s *session, action string, more ...value.Member) error {
	if err := checkQuery(b.query); err != nil {
		return err
	}
	in := []value.Member{client.Text("action", action), client.Text("query", b.query)}
	for _, m := range more {
		if m.Value.Str() != "" {
			in = append(in, m)
		}
	}
	dry, err := s.Console(ctx, "bulk", value.NewObject(append(in, value.Member{Key: "dry", Value: value.FromBool(true)})).Compact())
	if err != nil {
		return fmt.Errorf("counting executions: %w", err)
	}
	if !b.yes {
		return s.print(dry, func(w io.Writer) {
			say(w, "%d match, %d of them %s.\n", counted(dry, "matched"), counted(dry, "eligible"), bulkDone[action][1])
			if counted(dry, "eligible") > 0 {
				say(w, "Nothing was done. With --yes they are %s.\n", bulkDone[action][0])
			}
		})
	}
	result, err := s.Console(ctx, "bulk", value.NewObject(append(in, client.Number("expect", counted(dry, "matched")))).Compact())
	if err != nil {
		return fmt.Errorf("acting on executions: %w", err)
	}
	if err := s.print(result, func(w io.Writer) { say(w, "%d %s.\n", counted(result, "done"), bulkDone[action][0]) }); err != nil {
		return err
	}
	failed, _ := result.Get("failed")
	for _, f := range failed.Elems() {
		say(s.c.ErrOrStderr(), "%s: %s\n", client.Str(f, "arn"), client.Str(f, "message"))
	}
	if left := counted(result, "eligible") - counted(result, "done"); left > 0 {
		return fmt.Errorf("%d of %d were not %s", left, counted(result, "eligible"), bulkDone[action][0])
	}
	return nil
}

func counted(v value.Value, key string) int64 {
	m, _ := v.Get(key)
	n, _ := m.Int()
	return n
}
