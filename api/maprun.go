package api

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// mapRunARN returns the ARN of a Map Run that was sent.
func (s *Server) mapRunARN(c *awswire.Call) (string, error) {
	text := c.Str("mapRunArn")
	if _, err := resource(c, text, "mapRun"); err != nil {
		return "", err
	}
	if _, _, ok := arn.SplitMapRun(text); !ok {
		return "", invalidARN("Invalid ARN prefix: " + text)
	}
	return text, nil
}

// childARN is executionARN, and takes that of an EXPRESS child of a Map Run, too.
func (s *Server) childARN(c *awswire.Call) (string, error) {
	text := c.Str("executionArn")
	if machine, _, _, ok := arn.SplitExpress(text); ok && strings.Contains(machine, "/") {
		_, err := resource(c, text, "express")
		return text, err
	}
	return s.executionARN(c)
}

func (s *Server) describeMapRun(ctx context.Context, c *awswire.Call) error {
	text, err := s.mapRunARN(c)
	if err != nil {
		return err
	}
	r, err := s.engine.MapRun(ctx, text)
	if err != nil {
		return err
	}
	w := &c.Out
	w.Str("mapRunArn", r.ARN)
	w.Str("executionArn", r.Execution)
	w.Str("status", r.Status.String())
	w.Time("startDate", r.Start)
	if !r.Stop.IsZero() {
		w.Time("stopDate", r.Stop)
	}
	concurrency := r.Concurrency
	if concurrency == 0 {
		concurrency = math.MaxInt32 // measured
	}
	w.Int("maxConcurrency", concurrency)
	w.Float("toleratedFailurePercentage", r.ToleratedPercentage)
	w.Int("toleratedFailureCount", r.ToleratedCount)
	writeCounts(w, "itemCounts", &r.Items)
	writeCounts(w, "executionCounts", &r.Executions)
	w.Int("redriveCount", r.Redrives)
	if !r.Redriven.IsZero() {
		w.Time("redriveDate", r.Redriven)
	}
	return nil
}

func writeCounts(w *awswire.Writer, member string, n *statelark.MapRunCounts) {
	w.Open(member, '{')
	w.Int("pending", n.Pending)
	w.Int("running", n.Running)
	w.Int("succeeded", n.Succeeded)
	w.Int("failed", n.Failed)
	w.Int("timedOut", n.TimedOut)
	w.Int("aborted", n.Aborted)
	w.Int("total", n.Total)
	w.Int("resultsWritten", n.ResultsWritten)
	w.Int("failuresNotRedrivable", n.FailuresNotRedrivable)
	w.Int("pendingRedrive", n.PendingRedrive)
	w.Close('}')
}

func (s *Server) listMapRuns(ctx context.Context, c *awswire.Call) error {
	text, err := s.executionARN(c)
	if err != nil {
		return err
	}
	p, err := s.pageOf("ListMapRuns", c)
	if err != nil {
		return err
	}
	after := int64(0)
	if p.cursor != "" {
		if after, err = strconv.ParseInt(p.cursor, 10, 64); err != nil || after < 1 {
			return invalidToken()
		}
	}
	list, next, err := s.engine.MapRuns(ctx, text, after, p.size)
	if err != nil {
		return err
	}
	writeItems(&c.Out, "mapRuns", list, len(list), writeMapRun)
	if next != 0 {
		s.writeNext(c, p, strconv.FormatInt(next, 10))
	}
	return nil
}

func writeMapRun(w *awswire.Writer, r *statelark.MapRun) {
	w.Str("executionArn", r.Execution)
	w.Str("mapRunArn", r.ARN)
	w.Str("stateMachineArn", r.Machine)
	w.Time("startDate", r.Start)
	if !r.Stop.IsZero() {
		w.Time("stopDate", r.Stop)
	}
}

func (s *Server) updateMapRun(ctx context.Context, c *awswire.Call) error {
	text, err := s.mapRunARN(c)
	if err != nil {
		return err
	}
	return s.engine.UpdateMapRun(ctx, text, statelark.MapRunUpdate{
		Concurrency: c.IntPtr("maxConcurrency"), ToleratedCount: c.IntPtr("toleratedFailureCount"),
		ToleratedPercentage: c.FloatPtr("toleratedFailurePercentage"),
	})
}

// listChildren lists the executions of a Map Run.
func (s *Server) listChildren(ctx context.Context, c *awswire.Call) error {
	text, err := s.mapRunARN(c)
	if err != nil {
		return err
	}
	p, err := s.pageOf("ListExecutions", c)
	if err != nil {
		return err
	}
	status, _ := statelark.ParseStatus(c.Str("statusFilter"))
	list, next, err := s.engine.MapRunExecutions(ctx, text, status, p.cursor, p.size)
	if err != nil {
		return err
	}
	writeItems(&c.Out, "executions", redriven(list, c.Str("redriveFilter")), len(list), writeChild)
	if next != "" {
		s.writeNext(c, p, next)
	}
	return nil
}

func writeChild(w *awswire.Writer, x *statelark.Execution) {
	writeExecution(w, x)
	w.Int("itemCount", x.Items)
}
