package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// historyOptions are the flags of history.
type historyOptions struct {
	remote
	color string
	data  bool
	limit int
	last  int
}

func newHistory() *cobra.Command {
	var o historyOptions
	c := &cobra.Command{
		Use:   "history EXECUTION",
		Short: "Print the history of an execution",
		Long: `Prints the events of an execution: number, time since the start, type, state, and what went wrong. --data adds inputs
and outputs. --json prints AWS's own events as one document, with their data.

` + executionWords,
		Example: `  statelark history monday-7
  statelark history order:monday-7 --last 20 --data
  statelark history monday-7 --json | jq '.events[] | select(.type == "TaskFailed")'`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return printHistory(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, executionNames)
	f := c.Flags()
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.BoolVar(&o.data, "data", false, "print inputs and outputs")
	f.IntVar(&o.limit, "limit", 0, "print only the first `NUMBER` of events")
	f.IntVar(&o.last, "last", 0, "print only the last `NUMBER` of events")
	addRemoteFlags(c, &o.remote)
	return c
}

func printHistory(ctx context.Context, s *session, what string, o *historyOptions) error {
	style, err := newStyle(o.color, s.c.OutOrStdout(), os.Getenv)
	if err != nil {
		return err
	}
	if o.limit < 0 || o.last < 0 || o.limit > 0 && o.last > 0 {
		return usage(fmt.Errorf("--limit is %d and --last is %d; one of them may be given, 1 or more", o.limit, o.last))
	}
	execution, err := s.executionARN(ctx, what)
	if err != nil {
		return err
	}
	in := []value.Member{client.Text("executionArn", execution), client.Number("maxResults", 1000),
		{Key: "includeExecutionData", Value: value.FromBool(o.data || s.asJSON)}}
	// What is read is all up to the end, for an event alone does not tell its state.
	events, err := collect(s.List(ctx, "GetExecutionHistory", "events", in...), o.limit)
	if err != nil {
		return fmt.Errorf("reading the history of %s: %w", execution, err)
	}
	first := 0
	if o.last > 0 {
		first = max(len(events)-o.last, 0)
	}
	document := value.NewObject([]value.Member{{Key: "events", Value: value.NewArray(events[first:])}})
	return s.print(document, func(w io.Writer) { writeHistory(w, events, first, o.data, style) })
}

// writeHistory prints events for people, from the one at first on.
func writeHistory(w io.Writer, events []value.Value, first int, data bool, s style) {
	p := newProgress(nil)
	lines := make([]historyLine, 0, len(events))
	digits, widest := len(strconv.Itoa(len(events))), 0
	for i, v := range events {
		e := readEvent(v)
		r := p.add(&e)
		line := historyLine{id: e.id, at: clock(e.at.Sub(p.begun)), kind: e.kind, what: s.in(red, oneLine(e.err, e.cause))}
		if r != nil {
			line.state = r.name
		}
		if data {
			line.data = eventData(v)
		}
		if i >= first {
			lines = append(lines, line)
			widest = max(widest, utf8.RuneCountInString(e.kind))
		}
	}
	for _, l := range lines {
		text := fmt.Sprintf("%*d  %s  %-*s  %s", digits, l.id, l.at, widest, l.kind, l.state)
		say(w, "%s\n", strings.TrimRight(strings.TrimRight(text, " ")+"  "+l.what, " "))
		for _, d := range l.data {
			say(w, "%*s%s\n", digits+2, "", s.in(faint, d))
		}
	}
}

// historyLine is an event as people read it.
type historyLine struct {
	id                    int64
	at, kind, state, what string
	data                  []string
}

// eventData are the payloads of an event, a line each.
func eventData(v value.Value) (lines []string) {
	for _, details := range v.Members() {
		if !strings.HasSuffix(details.Key, "EventDetails") {
			continue
		}
		for _, m := range details.Value.Members() {
			switch {
			case m.Value.Kind() == value.String && (m.Key == "input" || m.Key == "output" || m.Key == "parameters"):
				lines = append(lines, m.Key+" "+m.Value.Str())
			case m.Key == "assignedVariables":
				for _, variable := range m.Value.Members() {
					lines = append(lines, "$"+variable.Key+" "+variable.Value.Str())
				}
			}
		}
	}
	return lines
}
