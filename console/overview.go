package console

import (
	"context"
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
