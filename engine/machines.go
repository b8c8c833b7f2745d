package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/limits"
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

// bare returns h without what a revision of it holds, but for its name.
func (h *head) bare() *statelark.StateMachine {
	revision, _, _ := strings.Cut(h.Revision, "@")
	return h.describe(&statelark.StateMachine{ARN: h.ARN, Name: h.Name, Type: h.Type, Created: h.Created, Revision: revision})
}

// describeAs is describe of a revision that was published, unless version is nil.
func (h *head) describeAs(revision *statelark.StateMachine, version *statelark.Version) *statelark.StateMachine {
	m := h.describe(revision)
	m.Version = version
	return m
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
	express  expressUse
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
	limits    *limits.Limits
	heads     *shelf[head]
	published *shelf[published] // by the ARN of the state machine
	compiling turn              // held while a revision is read and compiled; taken before the others

	mu       sync.Mutex
	programs *shared[program] // by revisionID
	uses     *shared[use]     // by ARN
	recent   *cache[*program] // by revisionID
}

// maxPrograms bounds the bytes of definitions whose programs stay in memory unused. A program takes up to ten times as
// much as its text.
const maxPrograms = 16 << 20

func newMachines(store statelark.Store, l *limits.Limits) *machines {
	m := &machines{
		store: store, limits: l, heads: newShelf(store, headKind), published: newShelf(store, publishedKind), compiling: make(turn, 1),
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

// revision returns a revision (see revisionOf) of a state machine, deleted or not. With a label in its ARN it is that of
// the children of a distributed Map.
func (m *machines) revision(ctx context.Context, arn, revision string) (*program, error) {
	if strings.Contains(arn, "/") {
		return m.labelled(ctx, arn, revision)
	}
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

// admitted is the program for a start, and how the start came to it.
type admitted struct {
	*program

	route route
}

// admit returns the program for a start of a state machine, which text names, with a version or an alias or without.
// draw decides between the versions of an alias. As long as the start has not been given to leave, neither that
// revision nor the state machine goes.
//
// A start enters first and then looks whether it may; whoever takes a revision or a state machine away says so first
// and then looks whether somebody is inside. So one of them sees the other.
func (e *Engine) admit(ctx context.Context, text string, draw uint64) (a admitted, err error) {
	err = retried(func(int) error {
		if a.route, err = e.machines.route(ctx, text, draw); err != nil {
			return err
		}
		if a.route.number == 0 {
			_, a.program, err = e.machines.present(ctx, a.route.machine)
		} else {
			a.program, err = e.machines.pinned(ctx, a.route.machine, a.route.revision)
		}
		if err != nil {
			return err
		}
		a.enter()
		return e.look(ctx, a)
	})
	return a, err
}

// look reports why a start that has entered may not go on. It is outside again then.
func (e *Engine) look(ctx context.Context, a admitted) error {
	h, err := e.machines.head(ctx, a.route.machine)
	switch {
	case err != nil:
	case h.value.Deleting:
		err = errDeleting(a.route.machine)
	case a.route.number == 0 && h.value.Revision != revisionOf(a.record):
		err = statelark.ErrConflict
	default:
		err = a.fault
	}
	if err == nil && a.route.number != 0 {
		err = e.machines.stillThere(ctx, &a.route)
	}
	if err != nil {
		e.leave(a.program)
	}
	return err
}

// stillThere reports ErrConflict when the version that a start goes by has gone.
func (m *machines) stillThere(ctx context.Context, r *route) error {
	p, err := m.published.get(ctx, r.machine)
	if err != nil {
		return err
	}
	if v := p.value.version(r.number); v == nil || v.Revision != r.revision {
		return statelark.ErrConflict
	}
	return nil
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
	record.Tags, record.Version = nil, nil
	room := prefixOf(headKind, m.ARN)
	switch ok, err := e.census.admit(ctx, room, e.opts.Limits.StateMachines); {
	case err != nil:
		return nil, err
	case !ok:
		return nil, statelark.Errorf(statelark.CodeStateMachineLimitExceeded,
			"The maximum number of state machines has been reached. Existing state machines must be deleted before a new state machine can be created.").Over("state-machines")
	}
	made, err := e.machines.publishes(ctx, old, h, versionAt(m.Version, record.Created), newRevision(&record))
	if err != nil {
		e.census.leave(room)
		return nil, err
	}
	return h.describeAs(&record, made), nil
}

// versionAt returns the version that is wanted, if one is, as made at a time.
func versionAt(wanted *statelark.Version, at time.Time) *statelark.Version {
	if wanted == nil {
		return nil
	}
	return &statelark.Version{Created: at, Description: wanted.Description}
}

// createAgain answers a request to create what is there.
func (e *Engine) createAgain(ctx context.Context, m *statelark.StateMachine) (*statelark.StateMachine, error) {
	h, p, err := e.machines.present(ctx, m.ARN)
	switch {
	case err != nil:
		return nil, err
	case h.value.Deleting:
		return nil, errDeleting(m.ARN)
	}
	made, err := e.machines.publishedAtOnce(ctx, h.value)
	if err != nil {
		return nil, err
	}
	samePublish := (made == nil) == (m.Version == nil) && (made == nil || made.Description == m.Version.Description)
	if p.record.Revision == statelark.InitialRevision && p.record.SameRequest(m) && samePublish {
		return h.value.describeAs(p.record, made), nil
	}
	return nil, statelark.Errorf(statelark.CodeStateMachineAlreadyExists, "State Machine Already Exists: '%s'", m.ARN)
}

// publishedAtOnce returns the version that the creation of a state machine published, nil when it did not.
func (m *machines) publishedAtOnce(ctx context.Context, h *head) (*statelark.Version, error) {
	p, err := m.published.get(ctx, h.ARN)
	if v := p.value.version(1); v != nil && v.Created.Equal(h.Created) {
		return &v.Version, err
	}
	return nil, err
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
		var made *statelark.Version
		if u.Publish != nil {
			made, err = e.publishPresent(ctx, old, u.Publish.Description)
		}
		if err != nil {
			return nil, err
		}
		return old.value.describeAs(p.record, made), nil
	}
	next.Revision, next.Updated = uuid.NewString(), e.now()
	h := *old.value
	h.Revision = revisionOf(next)
	made, err := e.machines.publishes(ctx, old, &h, versionAt(u.Publish, next.Updated), newRevision(next), markSuperseded(arn, old.value.Revision))
	if err != nil {
		return nil, err
	}
	return h.describeAs(next, made), nil
}

// StateMachine returns a version of a state machine, when the ARN is that of one, and else the present revision.
func (e *Engine) StateMachine(ctx context.Context, text string) (*statelark.StateMachine, error) {
	machine, qualifier := arn.SplitQualified(text)
	if number, ok := statelark.VersionNumber(qualifier); ok {
		return e.described(ctx, machine, number)
	}
	unlabelled, label := arn.SplitLabel(text)
	h, p, err := e.machines.present(ctx, unlabelled)
	if err != nil {
		return nil, err
	}
	if label != "" {
		if p, err = e.machines.labelled(ctx, text, h.value.Revision); err != nil {
			return nil, noStateMachine(text)
		}
	}
	return h.value.describe(p.record), nil
}

// Target returns what a start or a list names, with a version or an alias or without; see api.Engine.
func (e *Engine) Target(ctx context.Context, text string) (*statelark.StateMachine, error) {
	r, err := e.machines.route(ctx, text, 0)
	if err != nil {
		return nil, err
	}
	h, err := e.machines.heads.get(ctx, r.machine)
	switch {
	case err != nil:
		return nil, err
	case h.value == nil:
		return nil, noStateMachine(text)
	}
	return h.value.bare(), nil
}

// StateMachineOf returns the revision that an execution runs.
func (e *Engine) StateMachineOf(ctx context.Context, x *statelark.Execution) (*statelark.StateMachine, error) {
	p, err := e.machines.revision(ctx, x.Machine, x.Revision)
	if err != nil {
		return nil, err
	}
	return p.record, nil
}

// StateMachines lists the state machines of a place in the order of their ARNs, without what a revision of them holds.
func (e *Engine) StateMachines(ctx context.Context, at arn.Place, after string, n int) ([]*statelark.StateMachine, error) {
	heads, err := e.machines.heads.list(ctx, at.StateMachineARN(""), after, n)
	list := make([]*statelark.StateMachine, len(heads))
	for i, h := range heads {
		list[i] = h.bare()
	}
	return list, err
}
