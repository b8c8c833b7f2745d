package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// result is how an execution ended.
type result struct {
	arn, name, status string
	started, stopped  time.Time
	output            string // JSON text, "" unless it SUCCEEDED
	err, cause        string
	interrupted       bool // we stopped it, as we were told to by a signal
}

// readResult reads DescribeExecution's answer.
func readResult(v value.Value) *result {
	at := func(key string) time.Time {
		seconds, _ := v.Get(key)
		return timeOf(seconds)
	}
	return &result{arn: client.Str(v, "executionArn"), name: client.Str(v, "name"), status: client.Str(v, "status"), started: at("startDate"),
		stopped: at("stopDate"), output: client.Str(v, "output"), err: client.Str(v, "error"), cause: client.Str(v, "cause")}
}

// document is the result as "run --json" prints it.
func (x *result) document() value.Value {
	members := []value.Member{
		client.Text("executionArn", x.arn), client.Text("name", x.name), client.Text("status", x.status),
		client.Text("startDate", x.started.Format(time.RFC3339Nano)), client.Text("stopDate", x.stopped.Format(time.RFC3339Nano)),
	}
	if output, err := value.Parse(x.output); err == nil { // else there is none
		members = append(members, value.Member{Key: "output", Value: output})
	}
	for _, m := range []value.Member{client.Text("error", x.err), client.Text("cause", x.cause)} {
		if m.Value.Str() != "" {
			members = append(members, m)
		}
	}
	return value.NewObject(members)
}

// exitCodes of the statuses but SUCCEEDED.
var exitCodes = map[string]int{"FAILED": exitFailed, "TIMED_OUT": exitTimedOut, "ABORTED": exitAborted}

// report prints the result and returns the failure that stands for the status.
func report(c *cobra.Command, x *result, asJSON bool) error {
	var err error
	if asJSON {
		_, err = fmt.Fprintln(c.OutOrStdout(), x.document().Compact())
	} else if x.status == "SUCCEEDED" {
		_, err = fmt.Fprintln(c.OutOrStdout(), x.output)
	}
	if err != nil {
		return fmt.Errorf("printing the output: %w", err)
	}
	return x.failure()
}

// failure is the failure that stands for the status, nil when it SUCCEEDED.
func (x *result) failure() error {
	if x.interrupted {
		return &failure{code: exitInterrupted, err: errors.New("interrupted; the execution was stopped")}
	}
	if x.status == "SUCCEEDED" {
		return nil
	}
	why := "the execution ended " + x.status
	if text := oneLine(x.err, x.cause); text != "" {
		why += ": " + text
	}
	return &failure{code: exitCodes[x.status], err: errors.New(why)}
}
