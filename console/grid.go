package console

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
)

// Bounds of a grid.
const (
	defaultRuns   = 20
	maxRuns       = 50
	maxGridEvents = 2000 // of an execution that are looked at
	maxColumns    = 2000 // that are kept
)

// columns keeps the cells of executions that have ended, which change no more. It forgets all when there are too many.
type columns struct {
	mu   sync.Mutex
	kept map[columnKey][]GridCell
}

type columnKey struct {
	arn, states string
	redrives    int64
}

func (k *columns) get(key columnKey) []GridCell {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept[key]
}

func (k *columns) put(key columnKey, cells []GridCell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= maxColumns {
		k.kept = map[columnKey][]GridCell{}
	}
	k.kept[key] = cells
}

// grid answers with the last executions of a state machine by the states of the top level.
func (s *Server) grid(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	m, err := s.opts.Engine.StateMachine(c.Context(), name)
	if err != nil {
		return nil, err
	}
	rows, err := s.lastRows(c.Context(), m, min(max(int(c.number("n", defaultRuns)), 1), maxRuns))
	if err != nil {
		return nil, err
	}
	g := &Grid{States: stateOrder(m.Definition), Runs: make([]GridRun, len(rows))}
	reads, ctx := errgroup.WithContext(c.Context())
	reads.SetLimit(readers)
	for i := range rows {
		g.Runs[i].Execution = rows[i]
		reads.Go(func() (err error) {
			g.Runs[i].Cells, err = s.column(ctx, &rows[i], g.States)
			return err
		})
	}
	return g, reads.Wait()
}

// column returns what became of states in an execution.
func (s *Server) column(ctx context.Context, x *ExecutionRow, states []string) ([]GridCell, error) {
	key := columnKey{x.ARN, strings.Join(states, "\x00"), x.Redrives}
	if cells := s.columns.get(key); cells != nil && x.Stop != nil {
		return cells, nil
	}
	f := newFold(states)
	err := s.walk(ctx, x.ARN, 1, maxGridEvents, f.event)
	if err != nil && statelark.ErrorCode(err) == "" {
		return nil, err
	}
	f.end(x)
	if x.Stop != nil {
		s.columns.put(key, f.cells)
	}
	return f.cells, nil
}

// fold makes cells of events.
type fold struct {
	cells  []GridCell
	place  map[string]int // of a state
	open   map[int]int64  // when a state was entered that was not left, by place
	failed map[int64]bool // ids of events that say that an attempt failed
}

func newFold(states []string) *fold {
	f := &fold{cells: make([]GridCell, len(states)), place: make(map[string]int, len(states)), open: map[int]int64{}, failed: map[int64]bool{}}
	for i, name := range states {
		f.place[name] = i
	}
	return f
}

func (f *fold) event(e *history.Event) {
	typ := e.Type.String()
	switch {
	case strings.HasSuffix(typ, "StateEntered"):
		i, ok := f.place[e.Name]
		if !ok {
			return
		}
		f.cells[i].Status, f.open[i] = "RUNNING", e.At
		f.cells[i].Visits++
	case strings.HasSuffix(typ, "StateExited"):
		i, ok := f.place[e.Name]
		if !ok {
			return
		}
		f.cells[i].Status = "SUCCEEDED"
		if f.failed[e.Previous] { // the state was left by a Catch
			f.cells[i].Status = "CAUGHT"
		}
		f.leave(i, e.At)
	case e.Type.Severity() != history.Routine:
		f.failed[e.ID] = true
	}
}

// leave counts the time of a visit.
func (f *fold) leave(i int, at int64) {
	if since, ok := f.open[i]; ok {
		f.cells[i].Duration += float64(at - since)
		delete(f.open, i)
	}
}

// end says what became of the states that an execution was in when it ended.
func (f *fold) end(x *ExecutionRow) {
	if x.Stop == nil {
		return
	}
	for i := range f.open {
		f.cells[i].Status = x.Status
		f.leave(i, x.Stop.UnixMilli())
	}
}
