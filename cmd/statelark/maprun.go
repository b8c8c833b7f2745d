package main

import (
	"context"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

func newMapRun() *cobra.Command {
	return group("maprun", "List, show and update runs of Distributed Maps",
		`A Map Run is one run of a Distributed Map state. It is named by its ARN, or by its execution when that has one.`,
		newMapRunList(), newMapRunShow(), newMapRunUpdate())
}

func newMapRunList() *cobra.Command {
	var o listOptions
	c := &cobra.Command{
		Use:     "ls EXECUTION",
		Short:   "List the Map Runs of an execution",
		Long:    `Lists the Map Runs of an execution. ` + executionWords,
		Example: `  statelark maprun ls monday-7`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return listMapRuns(ctx, s, args[0], &o) })
	c.ValidArgsFunction = completing(&o.remote, executionNames)
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "print the ARNs alone")
	addRemoteFlags(c, &o.remote)
	return c
}

func newMapRunShow() *cobra.Command {
	var r remote
	c := &cobra.Command{
		Use:   "show MAPRUN|EXECUTION",
		Short: "Show how far a Map Run is",
		Long: `Shows a Map Run: its limits, and how many items and child executions stand how.

` + executionWords,
		Example: `  statelark maprun show monday-7`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		found, err := s.mapRunARN(ctx, args[0])
		if err != nil {
			return err
		}
		return showMapRun(ctx, s, found)
	})
	c.ValidArgsFunction = completing(&r, executionNames)
	addRemoteFlags(c, &r)
	return c
}

func showMapRun(ctx context.Context, s *session, found string) error {
	v, err := s.Call(ctx, "DescribeMapRun", client.Text("mapRunArn", found))
	if err != nil {
		return err
	}
	return s.print(v, func(w io.Writer) {
		number := func(key string) string {
			n, _ := v.Get(key)
			return strings.TrimSuffix(n.Text(), ".0")
		}
		concurrency := number("maxConcurrency")
		if concurrency == "0" || concurrency == strconv.Itoa(math.MaxInt32) { // AWS has both
			concurrency = "no limit"
		}
		ended := when(v, "stopDate")
		if ended != "" {
			ended += " (after " + took(v) + ")"
		}
		fields(w, "arn", client.Str(v, "mapRunArn"), "execution", client.Str(v, "executionArn"), "status", client.Str(v, "status"),
			"started", when(v, "startDate"), "ended", ended, "redrives", redrives(v), "concurrency", concurrency,
			"tolerates", number("toleratedFailureCount")+" failures, or "+number("toleratedFailurePercentage")+" %",
			"items", countsText(v, "itemCounts"), "executions", countsText(v, "executionCounts"))
	})
}

// countsText prints the counts of a Map Run that are not 0.
func countsText(v value.Value, key string) string {
	counts, _ := v.Get(key)
	total, _ := counts.Get("total")
	parts := []string{total.Text() + " in all"}
	for _, m := range counts.Members() {
		if n, _ := m.Value.Int(); n != 0 && m.Key != "total" {
			parts = append(parts, m.Value.Text()+" "+wordsOf[m.Key])
		}
	}
	return strings.Join(parts, ", ")
}

// wordsOf are the counts of a Map Run in words.
var wordsOf = map[string]string{
	"pending": "pending", "running": "running", "succeeded": "succeeded", "failed": "failed", "timedOut": "timed out",
	"aborted": "aborted", "resultsWritten": "results written", "failuresNotRedrivable": "that cannot be redriven",
	"pendingRedrive": "waiting to be redriven",
}

func newMapRunUpdate() *cobra.Command {
	var r remote
	var concurrency, count int
	var percentage float64
	c := &cobra.Command{
		Use:   "update MAPRUN|EXECUTION",
		Short: "Change the limits of a Map Run that runs",
		Long: `Changes the limits of a Map Run that runs: what is not given stays.

` + executionWords,
		Example: `  statelark maprun update monday-7 --max-concurrency 50 --tolerated-failure-percentage 5`,
		Args:    cobra.ExactArgs(1),
	}
	c.RunE = calling(&r, func(ctx context.Context, s *session, args []string) error {
		var in []value.Member
		if c.Flags().Changed("max-concurrency") {
			in = append(in, client.Number("maxConcurrency", int64(concurrency)))
		}
		if c.Flags().Changed("tolerated-failure-count") {
			in = append(in, client.Number("toleratedFailureCount", int64(count)))
		}
		if c.Flags().Changed("tolerated-failure-percentage") {
			in = append(in, value.Member{Key: "toleratedFailurePercentage", Value: value.FromFloat(percentage)})
		}
		if len(in) == 0 {
			return usage(errors.New("nothing is to change; give --max-concurrency, --tolerated-failure-count or --tolerated-failure-percentage"))
		}
		found, err := s.mapRunARN(ctx, args[0])
		if err != nil {
			return err
		}
		return s.answer(ctx, "UpdateMapRun", append(in, client.Text("mapRunArn", found))...)
	})
	c.ValidArgsFunction = completing(&r, executionNames)
	c.Flags().IntVar(&concurrency, "max-concurrency", 0, "child executions that run at once, a `NUMBER`; 0: no limit")
	c.Flags().IntVar(&count, "tolerated-failure-count", 0, "the `NUMBER` of items that may fail")
	c.Flags().Float64Var(&percentage, "tolerated-failure-percentage", 0, "the part of the items that may fail, in `PERCENT`")
	addRemoteFlags(c, &r)
	return c
}
