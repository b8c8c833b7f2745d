package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
)

// Keys of meta records. A state machine has one record under machineKey, which is its present revision, and one
// for each revision that was ever current: executions run on the revision they were started with.
const (
	machinePrefix  = "machine/"
	revisionPrefix = "revision/"
	activityPrefix = "activity/"
)

// revisionOf names a revision among all that state machines of the same ARN ever had: one that was deleted and
// made again has an initial revision twice.
func revisionOf(m *statelark.StateMachine) string {
	return m.Revision + "@" + strconv.FormatInt(m.Created.UnixMilli(), 10)
}

func revisionKey(arn, revision string) string { return revisionPrefix + arn + "/" + revision }

// program is a revision of a state machine, compiled.
type program struct {
	record   *statelark.StateMachine
	machine  *asl.Machine
	deleting *atomic.Bool // of the state machine, whatever the revision
}

// turn is a mutex that is held over calls of the store. It is a channel so that in a bubble of synctest time goes on
// while somebody waits for it.
type turn chan struct{}

func (t turn) Lock()   { t <- struct{}{} }
func (t turn) Unlock() { <-t }

// machines caches state machines. All changes go through it, one at a time.
type machines struct {
	store statelark.Store
	write turn // held over a read and the write that depends on it; taken before the others
	// storing is held by a write until it is durable, and by a read until what it read is in the cache: so the
	// cache never gets an older record after a newer one. Taken before mu.
	storing turn

	mu       sync.RWMutex
	current  map[string]*program // by ARN
	programs map[string]*program // by revisionKey
	deleting map[string]*atomic.Bool
}

func newMachines(store statelark.Store) *machines {
	return &machines{
		store: store, write: make(turn, 1), storing: make(turn, 1), current: make(map[string]*program), programs: make(map[string]*program),
		deleting: make(map[string]*atomic.Bool),
	}
}

// maxPrograms bounds how many compiled revisions are kept.
const maxPrograms = 4096

// get returns the present revision of a state machine.
func (m *machines) get(ctx context.Context, arn string) (*program, error) {
	if p := m.known(arn); p != nil {
		return p, nil
	}
	m.storing.Lock()
	defer m.storing.Unlock()
	if p := m.known(arn); p != nil { // somebody else asked for it, too
		return p, nil
	}
	r, err := m.store.Meta(ctx, machinePrefix+arn)
	if errors.Is(err, statelark.ErrNotFound) {
		return nil, noStateMachine(arn)
	}
	if err != nil {
		return nil, fmt.Errorf("reading state machine %s: %w", arn, err)
	}
	return m.admit(r.Value, true)
}

func (m *machines) known(arn string) *program {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.current[arn]
}

// revision returns a revision (see revisionOf) of a state machine, deleted or not.
func (m *machines) revision(ctx context.Context, arn, revision string) (*program, error) {
	key := revisionKey(arn, revision)
	m.mu.RLock()
	p := m.programs[key]
	m.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	if _, err := m.get(ctx, arn); err != nil && statelark.ErrorCode(err) == "" {
		return nil, err // it knows whether the state machine is being deleted
	}
	r, err := m.store.Meta(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading revision %s of state machine %s: %w", revision, arn, err)
	}
	return m.admit(r.Value, false)
}

// admit compiles a stored record and keeps it.
func (m *machines) admit(data []byte, current bool) (*program, error) {
	var record statelark.StateMachine
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, fmt.Errorf("reading a state machine: %w", err)
	}
	return m.compile(&record, current)
}

func (m *machines) compile(record *statelark.StateMachine, current bool) (*program, error) {
	machine, found := asl.Parse(record.Definition, asl.Options{Type: string(record.Type)})
	if machine == nil {
		return nil, fmt.Errorf("compiling state machine %s: %s", record.ARN, asl.Message(found))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	flag := m.deleting[record.ARN]
	if flag == nil {
		flag = new(atomic.Bool)
		m.deleting[record.ARN] = flag
	}
	p := &program{record: record, machine: machine, deleting: flag}
	if len(m.programs) >= maxPrograms {
		clear(m.programs)
	}
	m.programs[revisionKey(record.ARN, revisionOf(record))] = p
	if current {
		flag.Store(record.Deleting)
		m.current[record.ARN] = p
	}
	return p, nil
}

// doubt makes the store be asked what the present revision is. Whether the state machine is being deleted stays known
// to the executions that run.
func (m *machines) doubt(arn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.current, arn)
}

// forget drops what is known of a state machine that is gone.
func (m *machines) forget(arn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.current, arn)
	delete(m.deleting, arn)
}

// commit writes meta records.
func (m *machines) commit(ctx context.Context, ops ...statelark.MetaOp) error {
	m.storing.Lock()
	defer m.storing.Unlock()
	if err := m.store.Commit(ctx, &statelark.Batch{Meta: ops}); err != nil {
		return unavailable(err)
	}
	return nil
}

// put stores a record as the present revision.
func (m *machines) put(ctx context.Context, record *statelark.StateMachine) (*program, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	err = m.commit(ctx,
		statelark.MetaOp{Key: machinePrefix + record.ARN, Value: data, Expect: statelark.AnyRevision},
		statelark.MetaOp{Key: revisionKey(record.ARN, revisionOf(record)), Value: data, Expect: statelark.AnyRevision})
	if err != nil {
		m.doubt(record.ARN) // it may have been written
		return nil, err
	}
	return m.compile(record, true)
}

func noStateMachine(arn string) error {
	return statelark.Errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

// CreateStateMachine stores m as an initial revision; see api.Engine.
func (e *Engine) CreateStateMachine(ctx context.Context, m *statelark.StateMachine) (*statelark.StateMachine, error) {
	e.machines.write.Lock()
	defer e.machines.write.Unlock()
	old, err := e.machines.get(ctx, m.ARN)
	switch {
	case err == nil && old.deleting.Load():
		return nil, statelark.Errorf("StateMachineDeleting", "State Machine is being deleted: '%s'", m.ARN)
	case err == nil && old.record.Revision == statelark.InitialRevision && old.record.SameRequest(m):
		return old.record, nil
	case err == nil:
		return nil, statelark.Errorf("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.ARN)
	case statelark.ErrorCode(err) == "":
		return nil, err
	}
	record := *m
	record.Created = e.now()
	record.Updated = record.Created
	record.Revision = statelark.InitialRevision
	p, err := e.machines.put(ctx, &record)
	if err != nil {
		return nil, err
	}
	return p.record, nil
}

// UpdateStateMachine applies u; see api.Engine.
func (e *Engine) UpdateStateMachine(ctx context.Context, arn string, u statelark.StateMachineUpdate) (*statelark.StateMachine, error) {
	e.machines.write.Lock()
	defer e.machines.write.Unlock()
	old, err := e.machines.get(ctx, arn)
	if err != nil {
		return nil, err
	}
	if old.deleting.Load() {
		return nil, statelark.Errorf("StateMachineDeleting", "State Machine is being deleted: '%s'", arn)
	}
	next, changed := u.Apply(old.record)
	if !changed {
		return old.record, nil
	}
	next.Revision, next.Updated = uuid.NewString(), e.now()
	p, err := e.machines.put(ctx, next)
	if err != nil {
		return nil, err
	}
	return p.record, nil
}

// StateMachine returns the present revision of a state machine.
func (e *Engine) StateMachine(ctx context.Context, arn string) (*statelark.StateMachine, error) {
	p, err := e.machines.get(ctx, arn)
	if err != nil {
		return nil, err
	}
	return p.record, nil
}

// StateMachineOf returns the revision that an execution runs.
func (e *Engine) StateMachineOf(ctx context.Context, x *statelark.Execution) (*statelark.StateMachine, error) {
	p, err := e.machines.revision(ctx, x.Machine, x.Revision)
	if err != nil {
		return nil, err
	}
	return p.record, nil
}

// StateMachines lists state machines in the order of their ARNs.
func (e *Engine) StateMachines(ctx context.Context, after string, n int) ([]*statelark.StateMachine, error) {
	return records[statelark.StateMachine](ctx, e.store, machinePrefix, after, n)
}

// records reads what is stored under prefix followed by their ARN.
func records[T any](ctx context.Context, store statelark.Store, prefix, after string, n int) ([]*T, error) {
	if after != "" {
		after = prefix + after
	}
	rows, err := store.MetaList(ctx, prefix, after, n)
	if err != nil {
		return nil, fmt.Errorf("listing %s records: %w", prefix, err)
	}
	list := make([]*T, len(rows))
	for i, r := range rows {
		list[i] = new(T)
		if err := json.Unmarshal(r.Value, list[i]); err != nil {
			return nil, fmt.Errorf("reading %s: %w", r.Key, err)
		}
	}
	return list, nil
}

// DeleteStateMachine begins the deletion: no execution starts any more, those that run are stopped at their next
// event, and the record goes with the last of them.
func (e *Engine) DeleteStateMachine(ctx context.Context, arn string) error {
	e.machines.write.Lock()
	p, err := e.machines.get(ctx, arn)
	if statelark.ErrorCode(err) == "StateMachineDoesNotExist" {
		e.machines.write.Unlock()
		return nil
	}
	if err == nil && !p.deleting.Load() {
		record := *p.record
		record.Deleting = true
		_, err = e.machines.put(ctx, &record)
	}
	e.machines.write.Unlock()
	if err != nil {
		return err
	}
	e.finishDelete(ctx, arn)
	return nil
}

// finishDelete removes a state machine that is being deleted, once none of its executions runs.
func (e *Engine) finishDelete(ctx context.Context, arn string) {
	e.machines.write.Lock()
	defer e.machines.write.Unlock()
	p, err := e.machines.get(ctx, arn)
	if err == nil && !p.deleting.Load() || statelark.ErrorCode(err) != "" {
		return
	}
	var open []*statelark.Execution
	if err == nil {
		open, err = e.store.Executions(ctx, statelark.ExecutionQuery{Machine: arn, Status: statelark.Running, Limit: 1})
	}
	if err == nil && len(open) > 0 {
		return
	}
	if err == nil {
		err = e.machines.commit(ctx, statelark.MetaOp{Key: machinePrefix + arn, Expect: statelark.AnyRevision})
	}
	if err != nil {
		e.log.Warn("state machine could not be deleted; it is tried again soon", "arn", arn, "error", err)
		e.machines.doubt(arn)
		e.lookAgain()
		return
	}
	e.machines.forget(arn)
}

// sweepDeleted takes up the deletions that were under way.
func (e *Engine) sweepDeleted(ctx context.Context) error {
	after := ""
	for {
		page, err := e.StateMachines(ctx, after, 500)
		if err != nil {
			return err
		}
		for _, m := range page {
			after = m.ARN
			if m.Deleting {
				e.finishDelete(ctx, m.ARN)
			}
		}
		if len(page) < 500 {
			return nil
		}
	}
}
