package console

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/statelark/statelark"
)

var machineRoutes = []route{
	{"GET", "machines", Viewer, (*Server).machines},
	{"GET", "machine/grid", Viewer, (*Server).grid},
}

// Bounds of what is read of state machines.
const (
	maxMachines = 1000 // of a list
	maxFigures  = 100  // executions that figures are of
	maxRecent   = 20   // executions in a row
	maxShown    = 10   // executions of a kind on the overview
	maxRunning  = 1000 // that are counted of a state machine
	readers     = 4    // reads at once for one request
	// staleAfter is when a row is read again although nobody told of a change: news may be dropped.
	staleAfter = time.Minute
)

// machineRows keeps what was read of state machines until their executions do something, as the hub tells.
type machineRows struct {
	mu   sync.Mutex
	rows map[string]*machineEntry // by ARN; as many as a list has
}

// machineEntry is a row, and what the overview takes of the same executions. Nobody changes one that is read.
type machineEntry struct {
	read     time.Time // zero: it is being read
	revision string
	row      MachineRow
	running  []ExecutionRow
	failed   []ExecutionRow
}

func newMachineRows() *machineRows { return &machineRows{rows: map[string]*machineEntry{}} }

// changed forgets a row: an execution of the state machine began or ended.
func (r *machineRows) changed(machine string) {
	r.mu.Lock()
	delete(r.rows, machine)
	r.mu.Unlock()
}

// known returns a row that is fresh, nil when there is none.
func (r *machineRows) known(m *statelark.StateMachine, now time.Time) *machineEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.rows[m.ARN]
	if e == nil || e.revision != m.Revision || !e.row.Created.Equal(m.Created) || !now.Before(e.read.Add(staleAfter)) {
		return nil
	}
	return e
}

// begin notes that a row is going to be read; keep keeps what was read, unless it has changed since.
func (r *machineRows) begin(machine string) *machineEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := new(machineEntry)
	if len(r.rows) < maxMachines {
		r.rows[machine] = e
	}
	return e
}

func (r *machineRows) keep(machine string, begun, read *machineEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows[machine] == begun {
		r.rows[machine] = read
	}
}

// drop forgets the rows of state machines that are no more.
func (r *machineRows) drop(there []*statelark.StateMachine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rows) <= len(there) {
		return
	}
	names := make(map[string]bool, len(there))
	for _, m := range there {
		names[m.ARN] = true
	}
	for name := range r.rows {
		if !names[name] {
			delete(r.rows, name)
		}
	}
}

func (s *Server) machines(c *call) (any, error) {
	entries, more, err := s.machineEntries(c.Context())
	if err != nil {
		return nil, err
	}
	list := &Machines{Machines: make([]MachineRow, len(entries)), More: more}
	for i, e := range entries {
		list.Machines[i] = e.row
	}
	return list, nil
}

// machineEntries returns the first state machines of the place, in the order of their names.
func (s *Server) machineEntries(ctx context.Context) (entries []*machineEntry, more bool, err error) {
	heads, err := s.opts.Engine.StateMachines(ctx, s.opts.Place, "", maxMachines+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(heads) > maxMachines; more {
		heads = heads[:maxMachines]
	}
	s.rows.drop(heads)
	entries = make([]*machineEntry, len(heads))
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(readers)
	now := s.now()
	for i, head := range heads {
		if entries[i] = s.rows.known(head, now); entries[i] != nil {
			entries[i] = entries[i].as(head)
			continue
		}
		reads.Go(func() (err error) {
			begun := s.rows.begin(head.ARN)
			if entries[i], err = s.readMachine(ctx, head); err == nil && entries[i] != nil {
				s.rows.keep(head.ARN, begun, entries[i])
			}
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return nil, false, err
	}
	return slices.DeleteFunc(entries, func(e *machineEntry) bool { return e == nil }), more, nil
}

// as returns an entry with what is no matter of revisions and executions.
func (e *machineEntry) as(head *statelark.StateMachine) *machineEntry {
	next := *e
	next.row.Deleting, next.row.Tags = head.Deleting, tagsOf(head.Tags)
	return &next
}

func tagsOf(tags []statelark.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

// readMachine reads a row; nil when the state machine is gone meanwhile.
func (s *Server) readMachine(ctx context.Context, head *statelark.StateMachine) (*machineEntry, error) {
	m, err := s.opts.Engine.StateMachine(ctx, head.ARN)
	if statelark.ErrorCode(err) != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := &machineEntry{read: s.now(), revision: head.Revision, row: MachineRow{
		ARN: m.ARN, Name: m.Name, Type: string(m.Type), Created: m.Created, Updated: m.Updated, Tags: tagsOf(head.Tags), Deleting: head.Deleting,
	}}
	e.row.States, e.row.Comment = countStates(m.Definition)
	rows, err := s.lastRows(ctx, head, maxFigures)
	if err == nil && m.Type == statelark.Standard {
		e.running, e.row.Running, err = s.runningRows(ctx, m.ARN)
	}
	if statelark.ErrorCode(err) != "" {
		return nil, nil
	}
	e.figure(rows)
	return e, err
}

// lastRows returns the last executions of a state machine, newest first.
func (s *Server) lastRows(ctx context.Context, m *statelark.StateMachine, n int) ([]ExecutionRow, error) {
	rows := []ExecutionRow{}
	if m.Type == statelark.Express {
		for _, seen := range s.opts.Engine.ExpressExecutions(m.ARN, n) {
			row := rowOf(&seen.Execution)
			row.Error = textOf(seen.Error)
			rows = append(rows, row)
		}
		return newest(rows, n), nil
	}
	records, err := s.opts.Engine.Executions(ctx, statelark.ExecutionQuery{Machine: m.ARN, Limit: n})
	for _, x := range records {
		rows = append(rows, rowOf(x))
	}
	return rows, err
}

// runningRows counts the executions of a state machine that run, and returns the newest.
func (s *Server) runningRows(ctx context.Context, machine string) (rows []ExecutionRow, n int, err error) {
	records, err := s.opts.Engine.Executions(ctx, statelark.ExecutionQuery{Machine: machine, Status: statelark.Running, Limit: maxRunning})
	for _, x := range records[:min(len(records), maxShown)] {
		rows = append(rows, rowOf(x))
	}
	return rows, len(records), err
}

// figure computes the figures of a row of executions, newest first.
func (e *machineEntry) figure(rows []ExecutionRow) {
	var took []float64
	ended, failed := 0, 0
	for i := range rows {
		switch rows[i].Status {
		case "RUNNING", "PENDING_REDRIVE":
			continue
		case "SUCCEEDED":
		default:
			failed++
			if len(e.failed) < maxShown {
				e.failed = append(e.failed, rows[i])
			}
		}
		ended++
		took = append(took, rows[i].took())
	}
	slices.Sort(took)
	e.row.P50, e.row.P95 = quantile(took, 0.5), quantile(took, 0.95)
	if ended > 0 {
		e.row.Failures = float64(failed) / float64(ended)
	}
	e.row.Recent = slices.Clone(rows[:min(maxRecent, len(rows))])
	if e.row.Recent == nil {
		e.row.Recent = []ExecutionRow{}
	}
}
