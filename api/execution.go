package api

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

func (s *Server) startExecution(ctx context.Context, c *awswire.Call) error {
	start, err := s.executionStart(ctx, c)
	if err != nil {
		return err
	}
	x, err := s.engine.StartExecution(ctx, start)
	if err != nil {
		return err
	}
	c.Out.Str("executionArn", x.ARN())
	c.Out.Time("startDate", x.Start)
	return nil
}

func (s *Server) startSyncExecution(ctx context.Context, c *awswire.Call) error {
	start, err := s.executionStart(ctx, c)
	if err != nil {
		return err
	}
	x, err := s.engine.StartSyncExecution(ctx, start)
	if err != nil {
		return err
	}
	writeSyncExecution(&c.Out, x, c.Str("includedData") != metadataOnly)
	return nil
}

// writeSyncExecution writes how an execution ended. Details of its output are told of one that has none, too (recorded).
func writeSyncExecution(w *awswire.Writer, x *statelark.SyncExecution, included bool) {
	w.Str("executionArn", x.ARN())
	w.Str("stateMachineArn", x.Machine)
	w.Str("name", x.Name)
	w.Time("startDate", x.Start)
	w.Time("stopDate", x.Stop)
	w.Str("status", x.Status.String())
	if included {
		w.StrPtr("error", x.Error)
		w.StrPtr("cause", x.Cause)
	}
	writePayload(w, "input", x.Input, included)
	if included {
		w.StrIf("output", x.Output)
	}
	writeDetails(w, "output", included)
	w.StrIf("traceHeader", x.TraceHeader)
	w.Open("billingDetails", '{')
	w.Int("billedMemoryUsedInMB", x.BilledMB)
	w.Int("billedDurationInMilliseconds", x.BilledMS)
	w.Close('}')
}

// executionStart reads what is to be started.
func (s *Server) executionStart(ctx context.Context, c *awswire.Call) (start statelark.ExecutionStart, err error) {
	arn, err := s.machineARN(c)
	if err != nil {
		return start, err
	}
	arn, testCase, err := s.cutTestCase(arn)
	if err != nil {
		return start, err
	}
	start = statelark.ExecutionStart{Machine: arn, TestCase: testCase, Name: c.Str("name"), Input: c.Str("input"),
		TraceHeader: c.Str("traceHeader")}
	if sent := c.Header.Get("X-Amzn-Trace-Id"); sent != "" && len(sent) <= maxTraceHeader && isASCII(sent) {
		start.TraceHeader = sent
	}
	if err := checkStart(&start, c.Has("input")); err != nil {
		// That there is no such state machine goes before.
		if _, missing := s.engine.Target(ctx, arn); missing != nil {
			return start, missing
		}
		return start, err
	}
	return start, nil
}

// checkStart checks name and input, and fills in what was not given.
func checkStart(start *statelark.ExecutionStart, hasInput bool) error {
	if start.Name == "" {
		start.Name, start.MadeUp = uuid.NewString(), true
	} else if err := checkName(start.Name); err != nil {
		return err
	}
	if !hasInput {
		start.Input = "{}"
		return nil
	}
	if r := value.Refuse(start.Input); r != nil {
		return statelark.Errorf(statelark.CodeInvalidExecutionInput, "Invalid State Machine Execution Input: '%s'", r.Why)
	}
	return nil
}

func (s *Server) stopExecution(ctx context.Context, c *awswire.Call) error {
	arn, err := s.executionARN(c)
	if err != nil {
		return err
	}
	stop, err := s.engine.StopExecution(ctx, arn, c.StrPtr("error"), c.StrPtr("cause"))
	if err != nil {
		return err
	}
	c.Out.Time("stopDate", stop)
	return nil
}

// execution returns the one that a call names by what read checks.
func (s *Server) execution(ctx context.Context, c *awswire.Call, read func(*awswire.Call) (string, error)) (*statelark.ExecutionDetail, error) {
	arn, err := read(c)
	if err != nil {
		return nil, err
	}
	return s.engine.Execution(ctx, arn)
}

func (s *Server) describeExecution(ctx context.Context, c *awswire.Call) error {
	x, err := s.execution(ctx, c, s.childARN)
	if err != nil {
		return err
	}
	writeExecution(&c.Out, &x.Execution)
	c.Out.StrIf("traceHeader", x.TraceHeader)
	included := c.Str("includedData") != metadataOnly
	writePayload(&c.Out, "input", x.Input, included)
	if x.Output != "" {
		writePayload(&c.Out, "output", x.Output, included)
	}
	if included {
		c.Out.StrPtr("error", x.Error)
		c.Out.StrPtr("cause", x.Cause)
	}
	c.Out.Str("redriveStatus", string(x.RedriveStatus))
	if included {
		c.Out.StrIf("redriveStatusReason", x.RedriveReason)
	}
	return nil
}

// writeExecution writes what describing and listing executions both show.
func writeExecution(w *awswire.Writer, x *statelark.Execution) {
	w.Str("executionArn", x.ARN())
	w.Str("stateMachineArn", x.Machine)
	w.Str("name", x.Name)
	w.Str("status", x.Status.String())
	w.Time("startDate", x.Start)
	if !x.Stop.IsZero() {
		w.Time("stopDate", x.Stop)
	}
	w.StrIf("mapRunArn", x.MapRun)
	w.StrIf("stateMachineVersionArn", x.Version)
	w.StrIf("stateMachineAliasArn", x.Alias)
	w.Int("redriveCount", x.Redrives)
	if x.Redrives > 0 {
		w.Time("redriveDate", x.Redriven)
	}
}

// isClientToken tells whether text is of printable ASCII, without spaces.
func isClientToken(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '!' || r > '~' })
}

func (s *Server) redriveExecution(ctx context.Context, c *awswire.Call) error {
	arn, err := s.executionARN(c)
	if err != nil {
		return err
	}
	at, err := s.engine.RedriveExecution(ctx, arn, c.Str("clientToken"))
	if err != nil {
		return err
	}
	c.Out.Time("redriveDate", at)
	return nil
}

func (s *Server) listExecutions(ctx context.Context, c *awswire.Call) error {
	if c.Has("mapRunArn") && !c.Has("stateMachineArn") {
		return s.listChildren(ctx, c)
	}
	q, err := s.executionQuery(ctx, c)
	if err != nil {
		return err
	}
	p, err := s.pageOf("ListExecutions", c)
	if err != nil {
		return err
	}
	copy(q.Before[:], p.cursor)
	q.Limit = p.size + 1
	list, err := s.engine.Executions(ctx, q)
	if err != nil {
		return err
	}
	more := len(list) > p.size
	list = list[:min(len(list), p.size)]
	writeItems(&c.Out, "executions", redriven(list, c.Str("redriveFilter")), p.size, writeExecution)
	if more {
		s.writeNext(c, p, string(list[p.size-1].ID[:]))
	}
	return nil
}

// redriven returns those of a page that a filter lets through. A page may be empty and have a token, as on AWS.
func redriven(list []*statelark.Execution, filter string) []*statelark.Execution {
	if filter == "" {
		return list
	}
	var through []*statelark.Execution
	for _, x := range list {
		if (x.Redrives > 0) == (filter == "REDRIVEN") {
			through = append(through, x)
		}
	}
	return through
}

// executionQuery reads which executions are to be listed.
func (s *Server) executionQuery(ctx context.Context, c *awswire.Call) (q statelark.ExecutionQuery, err error) {
	if c.Has("stateMachineArn") == c.Has("mapRunArn") {
		return q, statelark.Errorf(statelark.CodeValidation, "Must specify exactly one of stateMachineArn and mapRunArn")
	}
	if q.Machine, err = s.machineARN(c); err != nil {
		return q, err
	}
	q.Status, _ = statelark.ParseStatus(c.Str("statusFilter"))
	if q.Status == statelark.PendingRedrive {
		return q, statelark.Errorf(statelark.CodeValidation, "The status filter PENDING_REDRIVE is only valid with mapRunArn")
	}
	m, err := s.engine.Target(ctx, q.Machine)
	if err != nil {
		return q, err
	}
	if m.Type == statelark.Express {
		return q, statelark.TypeNotSupported()
	}
	return q, nil
}
