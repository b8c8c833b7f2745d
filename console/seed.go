package console

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/statelark/statelark"
)

// seed counts, once, the executions of the last day that the hub could not hear of, since they were before it.
type seed struct {
	mu   sync.Mutex
	done bool
}

// Bounds of what is read for it.
const (
	seedPage    = 500
	maxSeedRows = 5000   // of a state machine
	maxAllSeed  = 50_000 // of all
)

// seedTally reads what was before the hub, unless that was done. Executions that began more than a day ago are not looked for.
func (s *Server) seedTally(ctx context.Context, machines []*machineEntry) error {
	s.seed.mu.Lock()
	defer s.seed.mu.Unlock()
	hub := s.opts.Hub
	if s.seed.done || hub == nil {
		return nil
	}
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(readers)
	each := min(maxSeedRows, max(seedPage, maxAllSeed/max(1, len(machines))))
	var mu sync.Mutex
	var found []*statelark.Execution
	for _, m := range machines {
		if m.row.Type != string(statelark.Standard) || len(m.row.Recent) == 0 {
			continue
		}
		reads.Go(func() error {
			return s.between(ctx, m.row.ARN, hub.began.Add(-24*time.Hour), hub.began, each, func(x *statelark.Execution) {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, x)
			})
		})
	}
	if err := reads.Wait(); err != nil {
		return err
	}
	hub.mu.Lock()
	defer hub.mu.Unlock()
	for _, x := range found {
		hub.tally.add(x, hub.began)
	}
	s.seed.done = true
	return nil
}

// between hands the executions of a state machine that began within some time to f, newest first, about n at most.
func (s *Server) between(ctx context.Context, machine string, from, to time.Time, n int, f func(*statelark.Execution)) error {
	q := statelark.ExecutionQuery{Machine: machine, Before: statelark.NewExecID(to, 0, 0), Limit: seedPage}
	for range n / seedPage {
		page, err := s.opts.Engine.Executions(ctx, q)
		if err != nil {
			return ignoreRefusal(err) // the state machine is gone
		}
		for _, x := range page {
			if x.Start.Before(from) {
				return nil
			}
			f(x)
		}
		if len(page) < seedPage {
			return nil
		}
		q.Before = page[len(page)-1].ID
	}
	return nil
}

// add counts what became of an execution before some time.
func (t *tally) add(x *statelark.Execution, before time.Time) {
	if c := t.at(minuteOf(x.Start)); c != nil && x.Start.Before(before) {
		c.started++
	}
	if c := t.at(minuteOf(x.Stop)); c != nil && !x.Stop.IsZero() && x.Stop.Before(before) {
		c.ended(x.Status)
	}
}
