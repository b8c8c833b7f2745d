package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
)

// A state machine is a head, which every change of it writes, and revisions, which stay as they are: executions run on
// the revision they were started with.

// head is what a state machine is whatever its revision, and which revision is the present one.
type head struct {
	ARN      string
	Name     string
	Type     statelark.MachineType
	Created  time.Time
	Revision string // see revisionOf
	Deleting bool
	Tags     []statelark.Tag

	use *use // not stored
}

// describe returns a revision as the present one of h.
func (h *head) describe(revision *statelark.StateMachine) *statelark.StateMachine {
	m := *revision
	m.Deleting, m.Tags = h.Deleting, h.Tags
	return &m
}

// revisionOf names a revision among all that state machines of the same ARN ever had: one that was deleted and
// made again has an initial revision twice.
func revisionOf(m *statelark.StateMachine) string {
	return m.Revision + "@" + strconv.FormatInt(m.Created.UnixMilli(), 10)
}

func revisionID(arn, revision string) string { return arn + "/" + revision }

// program is a revision of a state machine, compiled.
type program struct {
	record *statelark.StateMachine // without tags
	// machine is nil when the definition does not compile, and fault then says why.
	machine  *asl.Machine
	fault    error
	starting atomic.Int64 // starts under way that refer to it
	use      *use
}

// use is what all who use a state machine, whatever the revision, have to know of it.
type use struct {
	deleting atomic.Bool
	starting atomic.Int64 // starts under way that refer to it
}

func (p *program) deleting() bool { return p.use.deleting.Load() }

func (p *program) enter() {
	p.use.starting.Add(1)
	p.starting.Add(1)
}

// machines keeps state machines in memory and compiles them.
//
// Invariant: of each program and each use there is one at a time, however many refer to it.
type machines struct {
	store     statelark.Store
	heads     *shelf[head]
	compiling turn // held while a revision is read and compiled; taken before the others

	mu       sync.Mutex
	programs *shared[program] // by revisionID
	uses     *shared[use]     // by ARN
	recent   *cache[*program] // by revisionID
}

// maxPrograms bounds the bytes of definitions whose programs stay in memory unused. A program takes up to ten times as
// much as its text.
const maxPrograms = 16 << 20

func newMachines(store statelark.Store) *machines {
	m := &machines{
		store: store, heads: newShelf(store, headKind), compiling: make(turn, 1),
		programs: newShared[program](), uses: newShared[use](), recent: newCache[*program](maxPrograms),
	}
	m.heads.noted = func(h *head) {
		h.use = m.useOf(h.ARN)
		h.use.deleting.Store(h.Deleting)
	}
	return m
}

// useOf returns the use of a state machine. Whether it is being deleted is known when its head has been read.
func (m *machines) useOf(arn string) *use {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.uses.get(arn)
	if u == nil {
		u = new(use)
		m.uses.put(arn, u)
	}
	return u
}

// head returns the head of a state machine that is there.
func (m *machines) head(ctx context.Context, arn string) (kept[head], error) {
	h, err := m.heads.get(ctx, arn)
	if err == nil && h.value == nil {
		err = noStateMachine(arn)
	}
	return h, err
}

// present returns a state machine and its present revision.
func (m *machines) present(ctx context.Context, arn string) (h kept[head], p *program, err error) {
	err = retried(func(int) error {
		if h, err = m.head(ctx, arn); err != nil {
			return err
		}
		p, err = m.revision(ctx, arn, h.value.Revision)
		if errors.Is(err, statelark.ErrNotFound) { // another one is the present one meanwhile
			m.heads.doubt(arn)
			return fmt.Errorf("%w: %w", statelark.ErrConflict, err)
		}
		return err
	})
	return h, p, err
}

// known returns the program of a revision when it is in memory.
func (m *machines) known(id string) *program {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.recent.get(id); ok {
		return p
	}
	p := m.programs.get(id)
	if p != nil {
		m.recent.put(id, p, len(p.record.Definition)+slotBytes)
	}
	return p
}

// revision returns a revision (see revisionOf) of a state machine, deleted or not.
func (m *machines) revision(ctx context.Context, arn, revision string) (*program, error) {
	id := revisionID(arn, revision)
	if p := m.known(id); p != nil {
		return p, nil
	}
	m.compiling.Lock()
	defer m.compiling.Unlock()
	if p := m.known(id); p != nil { // somebody else asked for it, too
		return p, nil
	}
	h, err := m.heads.get(ctx, arn) // it knows whether the state machine is being deleted
	if err != nil {
		return nil, err
	}
	r, err := m.store.Meta(ctx, revisionKind.prefix+id)
	if err != nil {
		return nil, fmt.Errorf("reading revision %s of state machine %s: %w", revision, arn, err)
	}
	record, err := revisionKind.open(r)
	if err != nil {
		return nil, err
	}
	u := m.useOf(arn)
	if h.value != nil {
		u = h.value.use
	}
	return m.compile(record, u), nil
}

// compile makes the program of a revision and keeps it. The caller holds compiling.
func (m *machines) compile(record *statelark.StateMachine, u *use) *program {
	p := &program{record: record, use: u}
	machine, found := asl.Parse(record.Definition, asl.Options{Type: string(record.Type), Stored: true})
	if p.machine = machine; machine == nil {
		p.fault = fmt.Errorf("compiling state machine %s: %s", record.ARN, asl.Message(found))
	}
	id := revisionID(record.ARN, revisionOf(record))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.programs.put(id, p)
	m.recent.put(id, p, len(record.Definition)+slotBytes)
	return p
}

// admit returns the program for a start. As long as the start has not been given to leave, neither that revision nor
// the state machine goes.
//
// A start enters first and then looks whether it may; whoever takes a revision or a state machine away says so first
// and then looks whether somebody is inside. So one of them sees the other.
func (e *Engine) admit(ctx context.Context, arn string) (p *program, err error) {
	err = retried(func(int) error {
		if _, p, err = e.machines.present(ctx, arn); err != nil {
			return err
		}
		p.enter()
		return e.look(ctx, p)
	})
	return p, err
}

// look reports why a start that has entered may not go on. It is outside again then.
func (e *Engine) look(ctx context.Context, p *program) error {
	h, err := e.machines.head(ctx, p.record.ARN)
	switch {
	case err != nil:
	case h.value.Deleting:
		err = errDeleting(p.record.ARN)
	case h.value.Revision != revisionOf(p.record):
		err = statelark.ErrConflict
	default:
		err = p.fault
	}
	if err != nil {
		e.leave(p)
	}
	return err
}

// leave ends a start, durable or not, and reports whether a deletion waits for it.
func (m *machines) leave(p *program) (last bool) {
	p.starting.Add(-1)
	return p.use.starting.Add(-1) == 0 && p.deleting()
}

func noStateMachine(arn string) error {
	return statelark.Errorf(statelark.CodeStateMachineDoesNotExist, "State Machine Does Not Exist: '%s'", arn)
}

func errDeleting(arn string) error {
	return statelark.Errorf(statelark.CodeStateMachineDeleting, "State Machine is being deleted: '%s'", arn)
}

// newRevision returns the record that makes a revision.
func newRevision(m *statelark.StateMachine) statelark.MetaOp {
	return statelark.MetaOp{Key: revisionKind.prefix + revisionID(m.ARN, revisionOf(m)), Value: revisionKind.append(nil, m)}
}

// CreateStateMachine stores m as an initial revision; see api.Engine.
func (e *Engine) CreateStateMachine(ctx context.Context, m *statelark.StateMachine) (made *statelark.StateMachine, err error) {
	err = retried(func(try int) error {
		made, err = e.createOnce(ctx, m, try)
		return err
	})
	return made, err
}

// createOnce tries it once. Each try takes another time of creation, should the one before be that of a state machine
// of this ARN that was deleted.
func (e *Engine) createOnce(ctx context.Context, m *statelark.StateMachine, try int) (*statelark.StateMachine, error) {
	old, err := e.machines.heads.get(ctx, m.ARN)
	if err != nil {
		return nil, err
	}
	if old.value != nil {
		return e.createAgain(ctx, m)
	}
	record := *m
	record.Created = e.now().Add(time.Duration(try) * time.Millisecond)
	record.Updated = record.Created
	record.Revision = statelark.InitialRevision
	h := &head{
		ARN: m.ARN, Name: m.Name, Type: m.Type, Created: record.Created, Revision: revisionOf(&record), Tags: m.Tags,
	}
	record.Tags = nil
	if err := e.machines.heads.put(ctx, m.ARN, old, h, newRevision(&record)); err != nil {
		return nil, err
	}
	return h.describe(&record), nil
}

// createAgain answers a request to create what is there.
func (e *Engine) createAgain(ctx context.Context, m *statelark.StateMachine) (*statelark.StateMachine, error) {
	h, p, err := e.machines.present(ctx, m.ARN)
	switch {
	case err != nil:
		return nil, err
	case h.value.Deleting:
		return nil, errDeleting(m.ARN)
	case p.record.Revision == statelark.InitialRevision && p.record.SameRequest(m):
		return h.value.describe(p.record), nil
	}
	return nil, statelark.Errorf(statelark.CodeStateMachineAlreadyExists, "State Machine Already Exists: '%s'", m.ARN)
}

// UpdateStateMachine applies u; see api.Engine.
func (e *Engine) UpdateStateMachine(ctx context.Context, arn string, u statelark.StateMachineUpdate) (updated *statelark.StateMachine, err error) {
	err = retried(func(int) error {
		updated, err = e.updateOnce(ctx, arn, u)
		return err
	})
	return updated, err
}

func (e *Engine) updateOnce(ctx context.Context, arn string, u statelark.StateMachineUpdate) (*statelark.StateMachine, error) {
	old, p, err := e.machines.present(ctx, arn)
	if err != nil {
		return nil, err
	}
	if old.value.Deleting {
		return nil, errDeleting(arn)
	}
	next, changed := u.Apply(p.record)
	if !changed {
		return old.value.describe(p.record), nil
	}
	next.Revision, next.Updated = uuid.NewString(), e.now()
	h := *old.value
	h.Revision = revisionOf(next)
	if err := e.machines.heads.put(ctx, arn, old, &h, newRevision(next), markSuperseded(arn, old.value.Revision)); err != nil {
		return nil, err
	}
	return h.describe(next), nil
}

// StateMachine returns the present revision of a state machine.
func (e *Engine) StateMachine(ctx context.Context, arn string) (*statelark.StateMachine, error) {
	h, p, err := e.machines.present(ctx, arn)
	if err != nil {
		return nil, err
	}
	return h.value.describe(p.record), nil
}

// StateMachineOf returns the revision that an execution runs.
func (e *Engine) StateMachineOf(ctx context.Context, x *statelark.Execution) (*statelark.StateMachine, error) {
	p, err := e.machines.revision(ctx, x.Machine, x.Revision)
	if err != nil {
		return nil, err
	}
	return p.record, nil
}

// StateMachines lists state machines in the order of their ARNs, without what a revision of them holds.
func (e *Engine) StateMachines(ctx context.Context, after string, n int) ([]*statelark.StateMachine, error) {
	heads, err := e.machines.heads.list(ctx, after, n)
	list := make([]*statelark.StateMachine, len(heads))
	for i, h := range heads {
		list[i] = h.describe(&statelark.StateMachine{ARN: h.ARN, Name: h.Name, Type: h.Type, Created: h.Created})
	}
	return list, err
}
