package engine

import (
	"context"
	"sync"
	"time"

	"github.com/statelark/statelark"
)

// What goes: state machines that are being deleted, with their last execution, and revisions that nothing refers to.

// DeleteStateMachine begins the deletion: no execution starts any more, those that run are stopped at their next
// event, and the record goes with the last of them.
func (e *Engine) DeleteStateMachine(ctx context.Context, arn string) error {
	err := retried(func(int) error {
		old, err := e.machines.heads.get(ctx, arn)
		if err != nil || old.value == nil || old.value.Deleting {
			return err
		}
		h := *old.value
		h.Deleting = true
		return e.machines.heads.put(ctx, arn, old, &h)
	})
	if err != nil {
		e.deletions.look(arn) // it may have been written
		return err
	}
	e.finishDelete(ctx, arn)
	return nil
}

// deletions finishes the deletion of state machines, which waits for their last execution to end.
type deletions struct {
	e    *Engine
	wake chan struct{} // of one

	mu   sync.Mutex
	hint map[string]struct{} // ARNs of state machines whose last execution may have ended
}

func newDeletions(e *Engine) *deletions {
	return &deletions{e: e, wake: make(chan struct{}, 1), hint: make(map[string]struct{})}
}

// look says that a state machine that is being deleted may be without executions now. It never waits.
func (d *deletions) look(machineARN string) {
	d.mu.Lock()
	d.hint[machineARN] = struct{}{}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run looks where it is told to until ctx ends.
func (d *deletions) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		d.mu.Lock()
		hint := d.hint
		d.hint = make(map[string]struct{})
		d.mu.Unlock()
		for arn := range hint {
			d.e.finishDelete(ctx, arn)
		}
	}
}

// leave ends a start that admit let in, when its outcome is known.
func (e *Engine) leave(p *program) {
	if e.machines.leave(p) {
		e.deletions.look(p.record.ARN)
	}
}

// finishDelete removes a state machine that is being deleted, once none of its executions runs or is about to.
func (e *Engine) finishDelete(ctx context.Context, arn string) {
	err := retried(func(int) error { return e.deleteIdle(ctx, arn) })
	if err != nil {
		e.log.Warn("state machine could not be deleted; it is tried again soon", "arn", arn, "error", err)
		e.machines.heads.doubt(arn)
		e.recovery.request()
	}
}

func (e *Engine) deleteIdle(ctx context.Context, arn string) error {
	h, err := e.machines.heads.get(ctx, arn)
	if err != nil || h.value == nil || !h.value.Deleting {
		return err
	}
	if h.value.use.starting.Load() > 0 {
		return nil // leave comes back to it
	}
	open, err := e.store.Executions(ctx, statelark.ExecutionQuery{Machine: arn, Status: statelark.Running, Limit: 1})
	if err != nil || len(open) > 0 {
		return err
	}
	p, err := e.machines.published.get(ctx, arn)
	if err != nil {
		return err
	}
	// The revisions of its versions were marked when they were superseded.
	err = e.machines.putBoth(ctx, arn, h, nil, p, nil, markSuperseded(arn, h.value.Revision))
	if err == nil {
		e.census.leave(prefixOf(headKind, arn))
	}
	return err
}

// recover takes up the deletions that were under way.
func (d *deletions) recover(ctx context.Context) error {
	const page = 100
	after := ""
	for {
		heads, err := d.e.machines.heads.list(ctx, "", after, page)
		if err != nil {
			return err
		}
		for _, h := range heads {
			after = h.ARN
			if h.Deleting {
				d.e.finishDelete(ctx, h.ARN)
			}
		}
		if len(heads) < page {
			return nil
		}
	}
}

// superseded marks a revision that is not the present one any more. As long as a version keeps it, it is left alone. No
// start under way refers to it once its bound is known: then each execution that runs it is in the store, and began
// before the bound.
type superseded struct {
	ARN      string
	Revision string
	Bound    time.Time // zero: not known yet
}

func (s *superseded) id() string { return revisionID(s.ARN, s.Revision) }

func (s *superseded) op() statelark.MetaOp {
	return statelark.MetaOp{Key: supersededKind.prefix + s.id(), Value: supersededKind.append(nil, s), Expect: statelark.AnyRevision}
}

func markSuperseded(arn, revision string) statelark.MetaOp {
	return (&superseded{ARN: arn, Revision: revision}).op()
}

// freeBudget is how many superseded revisions are looked at in one go.
const freeBudget = 1000

// freeRevisions removes superseded revisions that no version and no execution, open or closed, refers to any more. It
// looks at some of them, those after the one named, and returns the last it looked at, "" when it came to the end.
func (e *Engine) freeRevisions(ctx context.Context, after string) (string, error) {
	marks, err := listRecords(ctx, e.store, supersededKind, "", after, freeBudget)
	if err != nil {
		return after, err
	}
	for _, s := range marks {
		if err := e.freeRevision(ctx, s); err != nil {
			return after, err
		}
		after = s.id()
	}
	if len(marks) < freeBudget {
		after = ""
	}
	return after, nil
}

func (e *Engine) freeRevision(ctx context.Context, s *superseded) error {
	h, err := e.machines.heads.get(ctx, s.ARN)
	if err != nil || h.value != nil && h.value.Revision == s.Revision { // starts have not heard of the next one yet
		return err
	}
	if pinned, err := e.machines.pins(ctx, s.ARN, s.Revision); err != nil || pinned {
		return err
	}
	q := statelark.ExecutionQuery{Machine: s.ARN, Limit: 1}
	switch {
	case !s.Bound.IsZero():
		q.Before = statelark.NewExecID(s.Bound, 0, 0)
	case e.machines.starting(s):
		return nil
	}
	newest, err := e.store.Executions(ctx, q)
	switch {
	case err != nil:
		return err
	case len(newest) == 0:
		return e.machines.free(ctx, s)
	case s.Bound.IsZero():
		s.Bound = newest[0].ID.Start().Add(time.Millisecond)
		return e.machines.commit(ctx, s.op())
	}
	return nil
}

// starting reports whether a start under way refers to a superseded revision.
func (m *machines) starting(s *superseded) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.programs.get(s.id())
	return p != nil && p.starting.Load() > 0
}

// free removes a revision and its mark.
func (m *machines) free(ctx context.Context, s *superseded) error {
	err := m.commit(ctx,
		statelark.MetaOp{Key: revisionKind.prefix + s.id(), Expect: statelark.AnyRevision},
		statelark.MetaOp{Key: supersededKind.prefix + s.id(), Expect: statelark.AnyRevision})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recent.drop(s.id())
	return nil
}

// commit writes records that nothing else writes.
func (m *machines) commit(ctx context.Context, ops ...statelark.MetaOp) error {
	return m.store.Commit(ctx, &statelark.Batch{Meta: ops})
}
