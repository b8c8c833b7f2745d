package console

import (
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
)

// rowOf is an execution as lists show it. Its error is not in the record.
func rowOf(x *statelark.Execution) ExecutionRow {
	r := ExecutionRow{
		ARN: x.ARN(), Machine: x.Machine, MachineName: machineName(x.Machine), Name: x.Name, Type: string(statelark.Standard),
		Status: x.Status.String(), Start: x.Start, Version: x.Version, Alias: x.Alias, MapRun: x.MapRun, Redrives: x.Redrives, Items: x.Items,
	}
	if x.Express {
		r.Type = string(statelark.Express)
	}
	if x.Status != statelark.Running {
		r.Events = x.Events
		if !x.Stop.IsZero() {
			stop := x.Stop
			r.Stop = &stop
		}
	}
	return r
}

// machineName is the name in the ARN of a state machine; with the label of the Map Run, of one of its children's.
func machineName(machine string) string {
	_, name, _ := strings.Cut(machine, ":stateMachine:")
	return name
}

// textOf is an optional text, "" when there is none.
func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// maxCause is how many bytes of a cause are shown beside an event.
const maxCause = 1000

// compactOf is an event without its payload.
func compactOf(e *history.Event) Event {
	c := Event{
		ID: e.ID, Prev: e.Previous, Type: e.Type.String(), At: float64(e.At), Name: e.Name, Error: textOf(e.Error), MapRun: e.MapRun,
		Timeout: e.Timeout, Heartbeat: e.Heartbeat, Bytes: len(e.Data), Assigned: len(e.Assigned) > 0,
	}
	if e.Cause != nil {
		c.Cause = *history.CutText(e.Cause, maxCause)
	}
	switch {
	case e.ResourceType != "":
		c.Resource = e.ResourceType + ":" + e.Resource
		c.Child = childOf(e)
	case e.Resource != "":
		c.Resource = e.Resource
	}
	switch e.Type {
	case history.ActivityStarted:
		c.Name, c.Worker = "", e.Name
	case history.MapIterationStarted, history.MapIterationSucceeded, history.MapIterationFailed, history.MapIterationAborted:
		index := e.Index
		c.Index = &index
	case history.MapStateStarted:
		length := e.Length
		c.Length = &length
	}
	return c
}

// childOf is the execution that a Task has begun, by the first answer that names it.
func childOf(e *history.Event) string {
	if e.Type != history.TaskSubmitted && e.Type != history.TaskSucceeded || !strings.HasPrefix(e.Resource, "startExecution") {
		return ""
	}
	return textMember(e.Data, "ExecutionArn")
}

// isEnd reports whether an event is the last of an execution that is not redriven.
func isEnd(typ string) bool {
	switch typ {
	case "ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut":
		return true
	}
	return false
}

// took is how long an execution ran, in milliseconds.
func (r *ExecutionRow) took() float64 {
	if r.Stop == nil {
		return 0
	}
	return float64(r.Stop.Sub(r.Start)) / float64(time.Millisecond)
}

// quantile returns a value of a sorted list that so many parts of it do not exceed; 0 of an empty one.
func quantile(sorted []float64, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// newest sorts rows by when they ended, or else began, the newest first, and keeps n.
func newest(rows []ExecutionRow, n int) []ExecutionRow {
	slices.SortStableFunc(rows, func(a, b ExecutionRow) int { return b.lately().Compare(a.lately()) })
	return rows[:min(n, len(rows))]
}

func (r *ExecutionRow) lately() time.Time {
	if r.Stop != nil {
		return *r.Stop
	}
	return r.Start
}
