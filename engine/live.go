package engine

import (
	"container/list"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// beginning is an execution to start.
type beginning struct {
	start   statelark.ExecutionStart
	machine *program
	route   route  // by which the start came to that program
	seed    uint64 // of the execution
	parent  *parentWait
	fork    *forking                          // nil: it begins at the beginning
	answer  func(*statelark.Execution, error) // called once

	// Of a child of a Map Run: its id, the run's ARN, and how many items it is given when they are batched.
	id     statelark.ExecID
	mapRun string
	items  int64
}

// fate is what becomes of the changes of one execution, or Map Run.
//
// Invariants: while pending is not 0 the store may know less than memory does. Once dead is set, every change
// submitted before and not yet written is refused.
type fate struct {
	pending atomic.Int32 // changes submitted and not landed
	dead    atomic.Bool  // a change was refused: memory and store differ
}

// live is an execution in memory. Only its owner touches it, but for what says otherwise.
//
// Invariants: while pending is not 0 it stays in memory. moreDue is not 0 exactly when the last change submitted left the
// timer row that says More.
type live struct {
	record   *statelark.Execution
	program  *program
	x        *interp.Exec // nil: it has ended
	seed     uint64       // of x, when it began here
	payloads *payloads
	attempts map[string]int64 // of each state, when it has a test case
	moreDue  int64            // due time (Unix ms) of the stored timer that says More, 0: none
	latest   int64            // time (Unix ms) of the last event that was given to it
	place    *list.Element
	bytes    int  // of x, as in owner.bytes
	more     bool // it is in owner.more
	owed     bool // it has to be put there when its step has come back
	long     bool // its last step was set aside, or would have been

	express *express // of an Express execution, of which no store knows; nil: it is a Standard one

	fate
	lost atomic.Bool // a step was given up: memory is of no more use, what was submitted is good

	computation *computation // the last step; poll is asked of it
	aside       *computation // the step that is set aside, nil: none is
	waiting     []message    // for that step, or for what was submitted to land
}

// newLive makes the memory of an execution that is about to start. The parts of a millisecond in now are for its id, by
// which lists are in order.
func (e *Engine) newLive(b *beginning, now time.Time, unique, seed uint64) *live {
	record := &statelark.Execution{
		ID:      statelark.NewExecID(now, statelark.ShardOf(b.start.Machine, b.start.Name), unique),
		Machine: b.start.Machine, Revision: revisionOf(b.machine.record), Name: b.start.Name,
		Status: statelark.Running, Start: now.Truncate(time.Millisecond).UTC(), TraceHeader: b.start.TraceHeader,
		Version: b.route.version(), Alias: b.route.alias, TestCase: b.start.TestCase,
	}
	if b.parent != nil {
		record.Parent, record.ParentWait = b.parent.exec, b.parent.stored()
	}
	if b.mapRun != "" {
		record.ID, record.MapRun, record.Items = b.id, b.mapRun, b.items
	}
	if b.fork != nil {
		record.Fork = b.fork.origin()
	}
	l := &live{record: record, program: b.machine, seed: seed}
	e.beginAnew(l, b)
	return l
}

// beginAnew gives an execution the memory that it begins with.
func (e *Engine) beginAnew(l *live, b *beginning) {
	l.payloads = newPayloads(e.store, l.record.ID)
	l.x = interp.NewExec(e.identity(l.record, l.program), e.host(l), l.program.machine, parsed(b.start.Input), l.seed)
	if b.fork != nil {
		l.x.BeginAt(b.fork.beginning())
		l.record.Fork.Variables = b.fork.keep(l.payloads)
	}
}

// parsed returns JSON text that was checked before; this tells how it is spelt.
func parsed(text string) value.Value {
	v, err := value.Parse(text)
	if err != nil {
		return value.Checked(text)
	}
	return v
}

// identity is what an execution shows of itself. Its place is that of its state machine.
func (e *Engine) identity(r *statelark.Execution, p *program) interp.Identity {
	machine, _ := arn.Parse(r.Machine) // it was checked when it was made
	return interp.Identity{
		ARN: r.ARN(), Name: r.Name, RoleARN: p.record.RoleARN, MachineARN: r.Machine, MachineName: p.record.Name,
		Version: r.Version, Alias: r.Alias, Region: machine.Region, StartedAt: r.Start, Express: r.Express,
		Redrives: r.Redrives, Redriven: r.Redriven,
	}
}

func (e *Engine) host(l *live) interp.Host {
	id := l.record.ID
	return interp.Host{
		Token:       func(seq uint64) string { return e.tokens.token(id, seq) },
		Interrupted: func() bool { return l.computation.poll() },
		HasActivity: e.hasActivity,
		Limits:      e.opts.Limits,
		Delay:       e.opts.Delay,
	}
}

// readLive reads the memory of a running execution from the store; nil when there is none that runs.
func (e *Engine) readLive(id statelark.ExecID) (*live, error) {
	ctx := context.Background()
	record, err := e.store.Execution(ctx, id)
	switch {
	case errors.Is(err, statelark.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading execution %s: %w", id, err)
	case record.Status != statelark.Running:
		return nil, nil
	}
	p, err := e.programOf(record)
	if err != nil {
		return nil, err
	}
	return e.readMemory(record, p)
}

// programOf returns what an execution runs.
func (e *Engine) programOf(record *statelark.Execution) (*program, error) {
	p, err := e.machines.revision(context.Background(), record.Machine, record.Revision)
	if err == nil && p.machine == nil {
		err = p.fault
	}
	if err != nil {
		return nil, fmt.Errorf("reading the definition of %s: %w", record.ARN(), err)
	}
	return p, nil
}

// readMemory reads the memory of an execution that its rows hold.
func (e *Engine) readMemory(record *statelark.Execution, p *program) (*live, error) {
	stored, err := e.store.Threads(context.Background(), record.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the memory of %s: %w", record.ARN(), err)
	}
	l := &live{record: record, program: p, payloads: newPayloads(e.store, record.ID)}
	if err := e.countAttempts(context.Background(), l); err != nil {
		return nil, err
	}
	rows := make([]interp.Row, len(stored))
	for i, row := range stored {
		rows[i] = interp.Row{Thread: row.Thread, Data: row.Data}
		if row.Thread == 0 {
			if rows[i].Data, err = l.readHeader(row.Data); err != nil {
				return nil, fmt.Errorf("reading the memory of %s: %w", record.ARN(), err)
			}
		}
	}
	if l.x, err = interp.Load(e.identity(record, p), e.host(l), p.machine, rows, l.payloads); err != nil {
		return nil, err
	}
	return l, nil
}

// headerTail is the length of what the engine puts after the interpreter's part of row 0: the number of the last
// payload, which that part may still add to, the time of the timer that says More, and that of the last event.
const headerTail = 4 + 8 + 8

// appendHeader appends row 0: the interpreter's own row and what the engine itself has to remember.
func (l *live) appendHeader(dst []byte) []byte {
	dst = l.x.AppendHeader(dst, l.payloads)
	dst = binary.BigEndian.AppendUint32(dst, l.payloads.next)
	dst = binary.BigEndian.AppendUint64(dst, uint64(l.moreDue))
	return binary.BigEndian.AppendUint64(dst, uint64(l.latest))
}

func (l *live) readHeader(row []byte) (own []byte, err error) {
	own, tail := row[:max(0, len(row)-headerTail)], row[max(0, len(row)-headerTail):]
	if len(tail) < headerTail {
		return nil, errors.New("its first row is cut short")
	}
	l.payloads.next = binary.BigEndian.Uint32(tail)
	l.moreDue, l.latest = int64(binary.BigEndian.Uint64(tail[4:])), int64(binary.BigEndian.Uint64(tail[12:]))
	return own, nil
}

// payloads numbers the payloads of an execution that are too large for rows and blocks. It knows a text again by
// where it lies in memory: the same payload, handed from state to state, is stored once.
type payloads struct {
	store statelark.Store
	exec  statelark.ExecID
	next  uint32
	known map[address]uint32 // of late
	older map[address]uint32 // before
	bytes int                // of the texts in known
	added []statelark.Blob
}

// address is where a text lies. It keeps the text alive, so that no other one can come to lie there.
type address struct {
	at  *byte
	len int
}

func addressOf(text string) address { return address{unsafe.StringData(text), len(text)} }

// maxKnown and maxKnownBytes bound the texts that are kept alive to be known again: twice as many, for those of before
// are let go when as many have come or been asked for since.
const (
	maxKnown      = 64
	maxKnownBytes = 1 << 20
)

func newPayloads(store statelark.Store, exec statelark.ExecID) *payloads {
	return &payloads{store: store, exec: exec}
}

// Known returns the number of a text that was put or read before.
func (p *payloads) Known(text string) (uint32, bool) {
	at := addressOf(text)
	if id, ok := p.known[at]; ok {
		return id, true
	}
	id, ok := p.older[at]
	if ok {
		p.remember(at, id)
	}
	return id, ok
}

// Put returns the number of a text, a new one unless it is known.
func (p *payloads) Put(text string) uint32 {
	if id, ok := p.Known(text); ok {
		return id
	}
	p.next++
	p.remember(addressOf(text), p.next)
	p.added = append(p.added, statelark.Blob{ID: p.next, Data: []byte(text)})
	return p.next
}

func (p *payloads) remember(at address, id uint32) {
	if p.known == nil || len(p.known) >= maxKnown || p.bytes >= maxKnownBytes {
		p.older, p.known, p.bytes = p.known, make(map[address]uint32, 4), 0
	}
	p.known[at] = id
	p.bytes += at.len
}

// Get returns the text of a number, from the store unless it is known.
func (p *payloads) Get(id uint32) (string, error) {
	for _, texts := range []map[address]uint32{p.known, p.older} {
		for at, known := range texts {
			if known == id {
				return unsafe.String(at.at, at.len), nil
			}
		}
	}
	data, err := p.store.Blob(context.Background(), p.exec, id)
	if err != nil {
		return "", fmt.Errorf("reading payload %d of execution %s: %w", id, p.exec, err)
	}
	text := string(data)
	p.remember(addressOf(text), id)
	return text, nil
}

// takeNew returns the payloads put since the last call.
func (p *payloads) takeNew() []statelark.Blob {
	added := p.added
	p.added = nil
	return added
}
