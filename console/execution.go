package console

import (
	"context"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

var executionRoutes = []route{
	{"GET", "execution", Viewer, (*Server).execution},
}

// express returns an execution of an Express state machine that ended of late, nil when it is none such.
func (s *Server) express(name string) *engine.ExpressSeen {
	if _, _, _, ok := arn.SplitExpress(name); !ok {
		return nil
	}
	seen, err := s.opts.Engine.ExpressExecution(name)
	if err != nil { // an Express child of a Map Run is none; of others Execution says that they are not there
		return nil
	}
	return seen
}

// detail returns an execution of either type.
func (s *Server) detail(ctx context.Context, name string) (*statelark.ExecutionDetail, error) {
	if seen := s.express(name); seen != nil {
		return &seen.ExecutionDetail, nil
	}
	return s.opts.Engine.Execution(ctx, name)
}

func (s *Server) execution(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	ctx := c.Context()
	d, err := s.detail(ctx, name)
	if err != nil {
		return nil, err
	}
	x := &Execution{
		ExecutionRow: rowOf(&d.Execution), Input: c.person.payload(d.Input), Cause: c.person.cause(textOf(d.Cause)),
		RedriveStatus: string(d.RedriveStatus), RedriveReason: d.RedriveReason, TraceHeader: d.TraceHeader,
	}
	x.Error = textOf(d.Error)
	x.Revision, _, _ = strings.Cut(d.Revision, "@")
	if d.Status == statelark.Succeeded {
		x.Output = c.person.payload(d.Output)
	}
	if !d.Redriven.IsZero() {
		x.Redriven = &d.Redriven
	}
	if err := s.surround(ctx, x, d); err != nil {
		return nil, err
	}
	return x, nil
}

// surround fills in what an execution does not know itself: its definition, its parent and its Map Runs.
func (s *Server) surround(ctx context.Context, x *Execution, d *statelark.ExecutionDetail) error {
	m, err := s.opts.Engine.StateMachineOf(ctx, &d.Execution)
	switch {
	case err == nil:
		x.Definition = m.Definition
		now, err := s.opts.Engine.StateMachine(ctx, d.Machine)
		x.Changed = err == nil && now.Definition != m.Definition // one that was deleted has no other definition
	case statelark.ErrorCode(err) == "":
		return err
	}
	if x.Parent, err = s.parent(ctx, &d.Execution); err != nil {
		return err
	}
	if err := s.forks(ctx, x, &d.Execution); err != nil {
		return err
	}
	last, err := s.lastEvent(ctx, x.ARN)
	if err != nil && statelark.ErrorCode(err) == "" {
		return err
	}
	if last != nil {
		x.LastEvent = last.ID
	}
	if mayHaveMapRuns(x.Definition) {
		x.MapRuns, err = s.mapRuns(ctx, x.ARN)
	}
	return err
}

// parent is the execution that one is nested in, or whose Map Run it is of.
func (s *Server) parent(ctx context.Context, x *statelark.Execution) (string, error) {
	if x.MapRun != "" {
		run, err := s.opts.Engine.MapRun(ctx, x.MapRun)
		if err != nil {
			return "", ignoreRefusal(err) // it is gone
		}
		return run.Execution, nil
	}
	if x.Parent == (statelark.ExecID{}) {
		return "", nil
	}
	return s.opts.Engine.ExecutionARN(ctx, x.Parent)
}

// Bounds of the search for Map Runs of an execution.
const (
	maxMapRuns      = 100
	maxMapRunEvents = 10_000
)

// mapRuns are the first Map Runs of an execution.
func (s *Server) mapRuns(ctx context.Context, name string) ([]MapRunRow, error) {
	entered := map[int64]string{} // the name of the Map state, by the ids of the events that lead to its run
	var rows []MapRunRow
	err := s.walk(ctx, name, 1, maxMapRunEvents, func(e *history.Event) {
		switch e.Type {
		case history.MapStateEntered:
			entered[e.ID] = e.Name
		case history.MapStateStarted:
			entered[e.ID] = entered[e.Previous]
		case history.MapRunStarted:
			if len(rows) < maxMapRuns {
				rows = append(rows, MapRunRow{ARN: e.MapRun, State: entered[e.Previous], Event: e.ID})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		run, err := s.opts.Engine.MapRun(ctx, rows[i].ARN)
		switch {
		case err == nil:
			rows[i].describe(run)
		case statelark.ErrorCode(err) == "":
			return nil, err
		}
	}
	return rows, nil
}

func (r *MapRunRow) describe(run *statelark.MapRun) {
	r.Status, r.Start = run.Status.String(), run.Start
	if !run.Stop.IsZero() {
		r.Stop = &run.Stop
	}
	c := &run.Items
	r.Items = Counts{Total: c.Total, Pending: c.Pending, Running: c.Running, Succeeded: c.Succeeded, Failed: c.Failed, TimedOut: c.TimedOut, Aborted: c.Aborted}
}
