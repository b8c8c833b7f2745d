package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
)

// The rows that make Express executions run again after a crash: each is a message from an execution to itself.

// expressRows are the rows of an owner's executions.
type expressRows struct {
	// known has the executions that have a row, or are to have one: what the inbox has of them is no news.
	known map[statelark.ExecID]struct{}
	over  []statelark.ExecID // whose end has come, and whose row is still there
	// estray are how many of over are in shards that another node has; they are the first of it.
	estray int
	timed  bool // an expressClear comes
}

// Rows are removed in the batches of others, or some time after: one that is there for longer does no harm.
const (
	clearAfter  = time.Second
	clearAtOnce = 128
)

// expressKey is the key of an execution's row.
func expressKey(id statelark.ExecID) statelark.MessageKey { return statelark.MessageKey{To: id} }

// storeExpress stores the row of an execution that is to begin then.
func (o *owner) storeExpress(s *expressStart) {
	id := s.record.ID
	if o.e.shards.epoch(id.Shard()) == 0 {
		o.e.express.leave(s.program.use, s.input.Size())
		s.stored(errNotOwned)
		return
	}
	o.express.rows.known[id] = struct{}{}
	ch := &statelark.Change{Exec: id, Sends: []statelark.Message{{MessageKey: expressKey(id), Data: s.row}}}
	o.submit(ch, nil, func(err error) {
		s.row = nil
		if err != nil {
			o.e.express.leave(s.program.use, s.input.Size())
			o.post(&expressMessage{kind: expressUnsure, id: id})
		} else {
			o.post(&expressMessage{kind: expressStored, start: s})
		}
		s.stored(err)
	})
}

// againExpress begins an execution whose row was found, unless it is known.
func (o *owner) againExpress(s *expressStart) bool {
	id := s.record.ID
	if _, known := o.express.rows.known[id]; known {
		return true
	}
	switch there, err := o.hasRow(id); {
	case err != nil:
		o.inbox.hold(id.Shard()) // it is read again
		return true
	case !there:
		return true
	}
	if !o.e.express.enter(s.program.use, s.input.Size()) {
		o.inbox.hold(id.Shard())
		return true
	}
	o.express.rows.known[id] = struct{}{}
	return o.beginExpress(s, true)
}

// hasRow reports whether the row of an execution is there: what the inbox had of it may be older than its end.
func (o *owner) hasRow(id statelark.ExecID) (bool, error) {
	before := statelark.MessageKey{To: id, Seq: math.MaxUint64}
	for i := len(id) - 1; i >= 0; i-- { // the id one less
		before.To[i]--
		if id[i] != 0 {
			break
		}
	}
	rows, err := o.e.store.Inbox(context.Background(), id.Shard(), before, 1)
	return err == nil && len(rows) == 1 && rows[0].MessageKey == expressKey(id), err
}

// endRow notes that the row of an execution is of no more use.
func (o *owner) endRow(id statelark.ExecID) {
	r := &o.express.rows
	r.over = append(r.over, id)
	if len(r.over)-r.estray >= clearAtOnce {
		o.clearRows()
	}
	o.timeRows()
}

// timeRows sees to it that what is over is looked at after a while.
func (o *owner) timeRows() {
	r := &o.express.rows
	if len(r.over) > 0 && !r.timed {
		r.timed = true
		time.AfterFunc(clearAfter, func() { o.post(&expressMessage{kind: expressClear}) })
	}
}

// maxEstray is how many rows are remembered whose executions have ended here, and which are in shards that another node
// has now: should a shard come back, they do not run again.
const maxEstray = 1024

// clearRows removes the rows of executions that have ended.
func (o *owner) clearRows() {
	r := &o.express.rows
	over := r.over
	r.over, r.estray = nil, 0
	for _, id := range over {
		switch {
		case o.e.shards.epoch(id.Shard()) != 0:
			o.clearRow(id)
		case r.estray < maxEstray && !o.e.isClosing():
			r.over = append(r.over, id)
			r.estray++
		default:
			delete(r.known, id)
		}
	}
}

func (o *owner) clearRow(id statelark.ExecID) {
	ch := &statelark.Change{Exec: id, Consumed: []statelark.MessageKey{expressKey(id)}}
	o.submit(ch, nil, func(err error) {
		kind := expressGone
		if err != nil {
			kind = expressKept
		}
		o.post(&expressMessage{kind: kind, id: id})
	})
}

// Versions of an Express execution's row, which stand after its kind. Each is read for ever.
const (
	expressVersion1 = 1 // without the test case
	expressVersion2 = 2 // without what it was forked from
	expressVersion  = 3
)

// appendExpress appends the row of an execution.
func appendExpress(dst []byte, x *statelark.Execution, f *forking, input string) []byte {
	w := row.NewWriter(append(dst, messageExpress, expressVersion), nil)
	w.Text(x.Machine)
	w.Text(x.Revision)
	w.Text(x.Version)
	w.Text(x.Alias)
	w.Text(x.Name)
	w.Text(x.TraceHeader)
	w.Text(x.TestCase)
	w.Bool(f != nil)
	if f != nil {
		w.Text(f.from)
		w.Text(f.state)
		w.Uint(uint64(f.event))
		w.Text(f.input)
		w.Text(f.variables)
	}
	w.Text(input)
	return w.Row()
}

// readExpress reads what follows the kind in a row. f is nil when the execution is no fork.
func readExpress(id statelark.ExecID, data []byte) (x *statelark.Execution, f *forking, input string, err error) {
	body, err := versioned(data, expressVersion)
	if err != nil {
		return nil, nil, "", err
	}
	r := row.NewReader(body, nil)
	x = &statelark.Execution{ID: id, Status: statelark.Running, Express: true}
	fields := []*string{&x.Machine, &x.Revision, &x.Version, &x.Alias, &x.Name, &x.TraceHeader, &x.TestCase}
	if data[0] == expressVersion1 {
		fields = fields[:6]
	}
	for _, field := range fields {
		*field = strings.Clone(r.Text()) // not to keep the input with it
	}
	if data[0] > expressVersion2 && r.Bool() {
		f = &forking{
			from: strings.Clone(r.Text()), state: strings.Clone(r.Text()), event: int64(r.Uint()), input: r.Text(), variables: r.Text(),
		}
		x.Fork = f.origin()
	}
	input = r.Text()
	return x, f, input, r.Done()
}

// madeAt is the part of a revision that tells when its state machine was made: another one of that name may be there now.
func madeAt(revision string) string { return revision[strings.LastIndexByte(revision, '@')+1:] }

// isExpress reports whether a message is the row of an Express execution.
func isExpress(m *statelark.Message) bool { return len(m.Data) > 0 && m.Data[0] == messageExpress }

// foundExpress turns a row that was found in an inbox into what its owner has to do. The execution runs on the revision
// that it began with, if that is still there.
func (e *Engine) foundExpress(ctx context.Context, m *statelark.Message) (message, error) {
	x, f, input, err := readExpress(m.To, m.Data[1:])
	if err != nil {
		return message{}, fmt.Errorf("reading the row of an Express execution: %w", err)
	}
	p, err := e.machines.revision(ctx, x.Machine, x.Revision)
	if errors.Is(err, statelark.ErrNotFound) {
		_, p, err = e.machines.present(ctx, x.Machine)
	}
	switch {
	case statelark.Refused(err), err == nil && madeAt(x.Revision) != madeAt(revisionOf(p.record)):
		e.log.Warn("an Express execution that a restart cut off does not run again: its state machine was deleted", "execution", x.ARN())
		key := m.MessageKey
		return message{exec: m.To, from: &key, must: true}, nil // finds nothing and is consumed
	case err != nil:
		return message{}, err
	case p.machine == nil:
		return message{}, p.fault
	case f != nil && p.machine.State(f.state) == nil:
		e.log.Warn("a forked Express execution that a restart cut off does not run again: its state machine has the state no more", "execution", x.ARN())
		key := m.MessageKey
		return message{exec: m.To, from: &key, must: true}, nil
	}
	x.Revision, x.Start = revisionOf(p.record), e.now()
	start := &expressStart{record: x, program: p, input: parsed(input), fork: f}
	return message{express: &expressMessage{kind: expressAgain, start: start}}, nil
}
