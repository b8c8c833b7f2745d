package console

import (
	"context"
	"slices"
	"time"
)

var overviewRoutes = []route{
	{"GET", "overview", Viewer, (*Server).overview},
}

func (s *Server) overview(c *call) (any, error) {
	entries, _, err := s.machineEntries(c.Context())
	if err != nil {
		return nil, err
	}
	if err := s.seedTally(c.Context(), entries); err != nil {
		return nil, err
	}
	running := 0
	o := &Overview{Now: s.now().UTC().Truncate(time.Millisecond), Machines: len(entries), Running: []ExecutionRow{}, Failures: []ExecutionRow{}}
	for _, e := range entries {
		running += e.row.Running
		o.Running = append(o.Running, e.running...)
		o.Failures = append(o.Failures, e.failed...)
	}
	if o.Failures, err = s.withFound(c, o.Failures, "status:FAILED,TIMED_OUT,ABORTED"); err != nil {
		return nil, err
	}
	o.Running, o.Failures = newest(o.Running, maxShown), newest(o.Failures, maxShown)
	for i := range o.Failures {
		if err := s.nameError(c.Context(), &o.Failures[i]); err != nil {
			return nil, err
		}
	}
	h := s.opts.Hub
	if h == nil {
		return o, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tally.running = int64(running)
	o.Statuses, o.Minutes = h.tally.statuses(o.Now), h.tally.hour(o.Now)
	return o, nil
}

// withFound adds the newest executions that the index finds to rows. The last ones of each state machine are not all that failed of late.
func (s *Server) withFound(c *call, rows []ExecutionRow, text string) ([]ExecutionRow, error) {
	if !s.opts.Server.Search {
		return rows, nil
	}
	r, err := s.request(c.person, text)
	if err != nil {
		return nil, err
	}
	r.Limit = maxShown
	found, err := s.page(c.Context(), r, false)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if !slices.ContainsFunc(found.Executions, func(f ExecutionRow) bool { return f.ARN == row.ARN }) {
			found.Executions = append(found.Executions, row)
		}
	}
	return found.Executions, nil
}

// nameError fills in the error of an execution that failed.
func (s *Server) nameError(ctx context.Context, row *ExecutionRow) error {
	if row.Error != "" {
		return nil
	}
	last, err := s.lastEvent(ctx, row.ARN)
	if err != nil {
		return ignoreRefusal(err) // it is gone
	}
	row.Error = textOf(last.Error)
	return nil
}
