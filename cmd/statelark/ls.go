package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// listOptions are the flags of ls.
type listOptions struct {
	remote
	quiet            bool
	limit            int
	status, redriven string
	mapRun           string
	query            string
}

// statuses are the words of --status.
var statuses = []string{"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"}

func newList() *cobra.Command {
	var o listOptions
	c := &cobra.Command{
		Use:   "ls [machines|executions|activities|mapruns] [MACHINE|EXECUTION]",
		Short: "List state machines, executions, activities or Map Runs",
		Long: `Lists what a server has: state machines; executions, the newest first, of one state machine (its version or alias) or
of all; activities; the Map Runs of an execution.`,
		Example: `  statelark ls
  statelark ls executions order --status FAILED
  statelark ls executions --query 'status:FAILED input.customer.id=7'
  statelark ls executions --limit 20 --json | jq -r '.executions[].name'
  statelark ls mapruns monday-7`,
		Args: cobra.MaximumNArgs(2),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return list(ctx, s, args, &o) })
	c.ValidArgsFunction = completeList(&o)
	f := c.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the ARNs alone")
	f.IntVar(&o.limit, "limit", 100, "list at most this `NUMBER`; 0: all")
	f.StringVar(&o.status, "status", "", "executions with this `STATUS`: "+strings.Join(statuses, ", "))
	f.StringVar(&o.redriven, "redriven", "", "executions that were redriven, or were not: a `WORD`, yes or no")
	f.StringVar(&o.mapRun, "map-run", "", "executions of this Map Run, an `ARN`")
	f.StringVar(&o.query, "query", "", "executions of all state machines that match this `QUERY`, see docs/search.md")
	addTokenFlag(c, &o.remote)
	addRemoteFlags(c, &o.remote)
	complete(c, "status", statuses...)
	complete(c, "redriven", "yes", "no")
	return c
}

// lists are what ls lists.
var lists = map[string]func(context.Context, *session, string, *listOptions) error{
	"machines": listMachines, "executions": listExecutions, "activities": listActivities, "mapruns": listMapRuns,
}

func completeList(o *listOptions) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return []string{"machines", "executions", "activities", "mapruns"}, cobra.ShellCompDirectiveNoFileComp
		case args[0] == "executions":
			return completing(&o.remote, machineNames)(c, nil, typed)
		case args[0] == "mapruns":
			return completing(&o.remote, executionNames)(c, nil, typed)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

func list(ctx context.Context, s *session, args []string, o *listOptions) error {
	args = append(args, "machines")[:max(len(args), 1)]
	do := lists[args[0]]
	if do == nil {
		return usage(fmt.Errorf("%q is no list; there are machines, executions, activities and mapruns", args[0]))
	}
	if o.query != "" && (args[0] != "executions" || len(args) > 1 || o.status != "" || o.redriven != "" || o.mapRun != "") {
		return usage(errors.New("--query is of ls executions, and says by itself what others say by MACHINE, --status, --redriven and --map-run"))
	}
	if args[0] != "executions" && (o.status != "" || o.redriven != "" || o.mapRun != "") {
		return usage(errors.New("--status, --redriven and --map-run are of ls executions"))
	}
	if o.limit < 0 {
		return usage(fmt.Errorf("--limit is %d; it has to be 0 or more", o.limit))
	}
	of := ""
	if len(args) > 1 {
		of = args[1]
	}
	if of != "" && args[0] != "executions" && args[0] != "mapruns" {
		return usage(fmt.Errorf("ls %s takes no argument", args[0]))
	}
	return do(ctx, s, of, o)
}

// column is a column of a list: its head and its text for an element.
type column struct {
	head string
	text func(value.Value) string
}

// plain is a column of a text or a number of the element.
func plain(head, key string) column {
	return column{head, func(v value.Value) string {
		m, _ := v.Get(key)
		if m.Kind() == value.Number {
			return m.Text()
		}
		return m.Str()
	}}
}

// timed is a column of a time of the element.
func timed(head, key string) column {
	return column{head, func(v value.Value) string { return when(v, key) }}
}

// printList prints elements: as the document {key: [...]}, as a table, or their ARNs alone.
func (o *listOptions) printList(s *session, key, arnKey string, elems []value.Value, columns ...column) error {
	document := value.NewObject([]value.Member{{Key: key, Value: value.NewArray(elems)}})
	return s.print(document, func(w io.Writer) {
		if o.quiet {
			for _, v := range elems {
				say(w, "%s\n", client.Str(v, arnKey))
			}
			return
		}
		printTable(w, elems, columns)
	})
}

// printTable prints elements as a table, nothing when there are none.
func printTable(w io.Writer, elems []value.Value, columns []column) {
	if len(elems) == 0 {
		return
	}
	rows := make([][]string, 1, len(elems)+1)
	for _, c := range columns {
		rows[0] = append(rows[0], c.head)
	}
	for _, v := range elems {
		var row []string
		for _, c := range columns {
			row = append(row, c.text(v))
		}
		rows = append(rows, row)
	}
	table(w, rows)
}

// collect returns the first elements of a list, limit at most; 0: all.
func collect(list func(func(value.Value, error) bool), limit int) ([]value.Value, error) {
	var all []value.Value
	for v, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		if len(all) == limit {
			break
		}
	}
	return all, nil
}

func listMachines(ctx context.Context, s *session, _ string, o *listOptions) error {
	all, err := collect(s.List(ctx, "ListStateMachines", "stateMachines"), o.limit)
	if err != nil {
		return fmt.Errorf("listing state machines: %w", err)
	}
	return o.printList(s, "stateMachines", "stateMachineArn", all, plain("NAME", "name"), plain("TYPE", "type"), timed("CREATED", "creationDate"))
}

func listActivities(ctx context.Context, s *session, _ string, o *listOptions) error {
	all, err := collect(s.List(ctx, "ListActivities", "activities"), o.limit)
	if err != nil {
		return fmt.Errorf("listing activities: %w", err)
	}
	return o.printList(s, "activities", "activityArn", all, plain("NAME", "name"), timed("CREATED", "creationDate"))
}

func listExecutions(ctx context.Context, s *session, machine string, o *listOptions) error {
	if o.query != "" {
		return queryExecutions(ctx, s, o)
	}
	filters, err := o.filters()
	if err != nil {
		return err
	}
	if o.mapRun != "" && machine != "" {
		return usage(errors.New("a state machine and --map-run exclude each other"))
	}
	of := []value.Member{client.Text("mapRunArn", o.mapRun)}
	switch {
	case o.mapRun != "":
	case machine == "":
		return listAllExecutions(ctx, s, o, filters)
	default:
		found, err := s.machineARN(ctx, machine)
		if err != nil {
			return err
		}
		of = []value.Member{client.Text("stateMachineArn", found)}
	}
	all, err := collect(s.List(ctx, "ListExecutions", "executions", append(of, filters...)...), o.limit)
	if err != nil {
		return fmt.Errorf("listing executions: %w", err)
	}
	return o.printExecutions(s, all, false)
}

// filters are the members of ListExecutions that the flags ask for.
func (o *listOptions) filters() (in []value.Member, err error) {
	if o.status != "" {
		status := strings.ToUpper(strings.ReplaceAll(o.status, "-", "_"))
		if !slices.Contains(statuses, status) {
			return nil, usage(fmt.Errorf("--status is %q; it has to be one of %s", o.status, strings.Join(statuses, ", ")))
		}
		in = append(in, client.Text("statusFilter", status))
	}
	switch o.redriven {
	case "":
	case "yes":
		in = append(in, client.Text("redriveFilter", "REDRIVEN"))
	case "no":
		in = append(in, client.Text("redriveFilter", "NOT_REDRIVEN"))
	default:
		return nil, usage(fmt.Errorf("--redriven is %q; it has to be yes or no", o.redriven))
	}
	return in, nil
}

// listAllExecutions lists the executions of all state machines. The API lists those of one.
func listAllExecutions(ctx context.Context, s *session, o *listOptions, filters []value.Member) error {
	var all []value.Value
	for m, err := range s.List(ctx, "ListStateMachines", "stateMachines") {
		if err != nil {
			return fmt.Errorf("listing state machines: %w", err)
		}
		if client.Str(m, "type") == "EXPRESS" {
			continue
		}
		in := append([]value.Member{client.Text("stateMachineArn", client.Str(m, "stateMachineArn"))}, filters...)
		some, err := collect(s.List(ctx, "ListExecutions", "executions", in...), o.limit)
		if err != nil {
			return fmt.Errorf("listing executions of %s: %w", client.Str(m, "name"), err)
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b value.Value) int {
		at, _ := a.Get("startDate")
		bt, _ := b.Get("startDate")
		return timeOf(bt).Compare(timeOf(at))
	})
	if o.limit > 0 {
		all = all[:min(len(all), o.limit)]
	}
	return o.printExecutions(s, all, true)
}

func (o *listOptions) printExecutions(s *session, all []value.Value, ofMany bool) error {
	columns := []column{plain("NAME", "name"), plain("STATUS", "status"), timed("STARTED", "startDate"), {"TOOK", took}, {"REDRIVES", redrives}}
	if ofMany {
		columns = append([]column{{"MACHINE", func(v value.Value) string {
			name := client.Str(v, "stateMachineArn")
			return name[strings.LastIndexByte(name, ':')+1:]
		}}}, columns...)
	}
	return o.printList(s, "executions", "executionArn", all, columns...)
}

// took is how long an execution or a Map Run took, "" while it runs.
func took(v value.Value) string {
	start, _ := v.Get("startDate")
	stop, ended := v.Get("stopDate")
	if !ended {
		return ""
	}
	return short(timeOf(stop).Sub(timeOf(start)))
}

// redrives is how often an execution was redriven, "" when never.
func redrives(v value.Value) string {
	count, _ := v.Get("redriveCount")
	if n, _ := count.Int(); n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

func listMapRuns(ctx context.Context, s *session, execution string, o *listOptions) error {
	if execution == "" {
		return usage(errors.New("ls mapruns lists those of an EXECUTION"))
	}
	found, err := s.executionARN(ctx, execution)
	if err != nil {
		return err
	}
	all, err := collect(s.List(ctx, "ListMapRuns", "mapRuns", client.Text("executionArn", found)), o.limit)
	if err != nil {
		return fmt.Errorf("listing Map Runs of %s: %w", found, err)
	}
	return o.printList(s, "mapRuns", "mapRunArn", all, plain("MAP RUN", "mapRunArn"), timed("STARTED", "startDate"), column{"TOOK", took})
}
