package interp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// The memory of an execution is stored as rows: one for each thread, under the thread's id, and row 0 for what
// belongs to all of them. A row is a version byte followed by varints and length-prefixed texts, in the order
// in which the functions below write them. Large payloads are not in the rows: see Payloads.

// rowVersion is the first byte of every row.
const rowVersion = 1

// InlinePayload is the size in bytes up to which a payload stands in a row itself.
const InlinePayload = 4096

// Payloads keeps the payloads that are too large for rows. A text that was put before gives the same id, so
// that a payload is stored once however many rows refer to it.
type Payloads interface {
	Put(text string) (id uint32)
	Get(id uint32) (text string, err error)
}

// Row is a stored row of an execution.
type Row struct {
	Thread uint32
	Data   []byte
}

// AppendHeader appends row 0, which has to be written after every Step that said something.
func (x *Exec) AppendHeader(dst []byte, p Payloads) []byte {
	w := writer{buf: append(dst, rowVersion), payloads: p}
	w.uint(uint64(x.status))
	w.int(x.lastEvent)
	w.uint(x.lastSeq)
	w.uint(uint64(x.lastThread))
	w.uint(x.seed)
	w.uint(x.draws)
	w.int(x.deadline)
	w.uint(x.timeoutSeq)
	w.value(x.input)
	return w.buf
}

// ID returns the number of the thread, which names its row. It is never 0.
func (t *Thread) ID() uint32 { return t.id }

// AppendRow appends the row of the thread.
func (t *Thread) AppendRow(dst []byte, p Payloads) []byte {
	w := writer{buf: append(dst, rowVersion), payloads: p}
	w.uint(uint64(t.parent))
	w.uint(uint64(t.index))
	w.uint(uint64(t.phase))
	w.text(t.next)
	if t.state == nil {
		w.text("")
	} else {
		w.text(t.state.Name)
	}
	w.value(t.input)
	w.uint(uint64(len(t.vars)))
	for _, v := range t.vars {
		w.text(v.Key)
		w.value(v.Value)
	}
	w.int(t.prev)
	w.int(t.before)
	w.int(t.entered)
	w.int(t.enteredAt)
	w.uint(uint64(t.retries))
	w.uint(uint64(len(t.perRetrier)))
	for _, n := range t.perRetrier {
		w.uint(uint64(n))
	}
	w.wait(&t.wait)
	w.value(t.result)
	w.hidden(t)
	w.join(t.join)
	return w.buf
}

type writer struct {
	buf      []byte
	payloads Payloads
}

func (w *writer) uint(n uint64) { w.buf = binary.AppendUvarint(w.buf, n) }
func (w *writer) int(n int64)   { w.buf = binary.AppendVarint(w.buf, n) }

func (w *writer) bool(b bool) {
	n := uint64(0)
	if b {
		n = 1
	}
	w.uint(n)
}

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// value writes 0 and a blob's id, or the length of the text plus one and the text; an absent value is empty text.
func (w *writer) value(v value.Value) {
	text := v.Text()
	if len(text) > InlinePayload {
		w.uint(0)
		w.uint(uint64(w.payloads.Put(text)))
		return
	}
	w.uint(uint64(len(text)) + 1)
	w.buf = append(w.buf, text...)
}

func (w *writer) wait(t *wait) {
	w.uint(t.seq)
	if t.seq == 0 {
		return
	}
	w.uint(uint64(t.kind))
	w.int(t.due)
	w.int(t.deadline)
	w.int(t.heartbeat)
	w.int(t.beatBy)
	w.bool(t.submitted)
	w.text(t.handle)
	w.bool(t.picked)
}

// hidden writes the length of a hidden history in the row of its top thread; the threads below share it.
func (w *writer) hidden(t *Thread) {
	own := t.hidden != nil && t.hidden.root == t
	w.bool(own)
	if own {
		w.int(t.hidden.events)
	}
}

func (w *writer) join(j *join) {
	w.bool(j != nil)
	if j == nil {
		return
	}
	w.value(j.items)
	w.value(j.args)
	for _, n := range []int{j.length, j.limit, j.started, j.finished, j.failed} {
		w.uint(uint64(n))
	}
	w.int(j.tolerate.count)
	w.uint(math.Float64bits(j.tolerate.percentage))
}

// Load returns the memory of a running execution that rows hold. They may come in any order.
//
// Whatever the rows hold, Load gives an error at worst. The texts in them are taken for the JSON that was written.
func Load(id Identity, host Host, m *asl.Machine, rows []Row, p Payloads) (x *Exec, err error) {
	defer func() { // a damaged text makes package value panic when it is looked into
		if fault := recover(); fault != nil {
			x, err = nil, fmt.Errorf("reading %s: its rows are damaged: %v", id.ARN, fault)
		}
	}()
	x = NewExec(id, host, m, value.Value{}, 0)
	names := make(map[uint32]string, len(rows))
	for _, row := range rows {
		r := reader{buf: row.Data, payloads: p}
		if v := r.byte(); v != rowVersion && r.err == nil {
			return nil, fmt.Errorf("reading thread %d of %s: row version %d is not known to this release", row.Thread, id.ARN, v)
		}
		if row.Thread == 0 {
			x.readHeader(&r)
		} else {
			t, state := r.thread(row.Thread)
			x.threads[t.id], names[t.id] = t, state
		}
		if r.err != nil {
			return nil, fmt.Errorf("reading thread %d of %s: %w", row.Thread, id.ARN, r.err)
		}
	}
	if x.status != Running || x.lastEvent < 0 || x.lastEvent >= MaxEvents {
		return nil, fmt.Errorf("reading %s: its first row is missing, or of an execution that does not run", id.ARN)
	}
	if err := x.link(names); err != nil {
		return nil, err
	}
	return x, nil
}

func (x *Exec) readHeader(r *reader) {
	x.status = Status(r.uint())
	x.lastEvent = r.int()
	x.lastSeq = r.uint()
	x.lastThread = uint32(r.uint())
	x.seed = r.uint()
	x.draws = r.uint()
	x.deadline = r.int()
	x.timeoutSeq = r.uint()
	x.input = r.value()
}

// link connects the threads with each other and with the machine. Parents have smaller ids than their children.
func (x *Exec) link(states map[uint32]string) error {
	ids := x.threadIDs()
	for _, id := range ids {
		t := x.threads[id]
		if t.block = x.blockOf(t); t.block == nil {
			return fmt.Errorf("reading %s: thread %d has no place in the machine", x.id.ARN, id)
		}
		if name := states[id]; name != "" {
			if t.state = t.block.State(name); t.state == nil {
				return fmt.Errorf("reading %s: the machine has no state %q", x.id.ARN, name)
			}
		}
		if !t.sound() || id > x.lastThread || t.wait.seq > x.lastSeq {
			return fmt.Errorf("reading %s: thread %d makes no sense", x.id.ARN, id)
		}
		if t.join != nil {
			t.join.children = make([]*Thread, t.join.length)
		}
		if t.wait.seq != 0 {
			x.waits[t.wait.seq] = t
		}
		if p := x.threads[t.parent]; p != nil {
			p.join.children[t.index] = t
			if t.hidden == nil {
				t.hidden = p.hidden
			}
		}
	}
	for _, id := range ids {
		if j := x.threads[id].join; j != nil && !j.complete() {
			return fmt.Errorf("reading %s: threads below thread %d are missing", x.id.ARN, id)
		}
	}
	return nil
}

// sound reports whether what a row says of a thread fits together and into its state.
func (t *Thread) sound() bool {
	if (t.phase == waiting) != (t.wait.seq != 0) || (t.phase == joining) != (t.join != nil) {
		return false
	}
	if n := len(t.perRetrier); n > 0 && (t.state == nil || n != len(t.state.Retry)) {
		return false
	}
	switch t.phase {
	case entering:
		return t.block.State(t.next) != nil
	case waiting:
		return t.state != nil && t.wait.fits(t.state.Type)
	case joining:
		return t.state != nil && t.join.fits(t.state)
	}
	return t.phase == done && t.result.Exists()
}

// fits reports whether a state of the type can wait so.
func (w *wait) fits(typ asl.Type) bool {
	switch w.kind {
	case waitTask:
		return typ == asl.Task
	case waitTime:
		return typ == asl.Wait
	case waitRetry:
		return typ == asl.Task || typ == asl.Parallel || typ == asl.Map
	}
	return false
}

// fits reports whether j can be of that state, and its numbers of each other.
func (j *join) fits(s *asl.State) bool {
	switch s.Type {
	case asl.Parallel:
		if j.length != len(s.Parallel.Branches) {
			return false
		}
	case asl.Map:
		if k := j.items.Kind(); k != value.Array && k != value.Object || j.length != j.items.Len() {
			return false
		}
	default:
		return false
	}
	return j.limit > 0 && 0 <= j.failed && j.failed <= j.finished && j.finished <= j.started && j.started <= j.length
}

// complete reports whether the threads that j counts are there.
func (j *join) complete() bool {
	begun, ended := j.failed, j.failed
	for _, c := range j.children {
		if c != nil {
			begun++
			if c.phase == done {
				ended++
			}
		}
	}
	return begun == j.started && ended == j.finished
}

// blockOf returns the block that t runs, nil when the machine has none such.
func (x *Exec) blockOf(t *Thread) *asl.Block {
	p := x.threads[t.parent]
	switch {
	case t.parent == 0:
		return &x.machine.Block
	case p == nil || p.state == nil || p.join == nil || t.index < 0 || t.index >= len(p.join.children):
		return nil
	case p.state.Type == asl.Map:
		return p.state.Map.Processor
	case p.state.Type == asl.Parallel && t.index < len(p.state.Parallel.Branches):
		return p.state.Parallel.Branches[t.index]
	}
	return nil
}

// threadIDs returns the ids of all threads, oldest first.
func (x *Exec) threadIDs() []uint32 {
	ids := make([]uint32, 0, len(x.threads))
	for id := range x.threads {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// reader reads what writer wrote. After the first error every read gives zero.
type reader struct {
	buf      []byte
	payloads Payloads
	err      error
}

var errTruncated = errors.New("row is cut short")

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.buf = nil
}

func (r *reader) byte() byte {
	if len(r.buf) == 0 {
		r.fail(errTruncated)
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail(errTruncated)
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.buf)
	if size <= 0 {
		r.fail(errTruncated)
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) bool() bool { return r.uint() != 0 }

func (r *reader) bytes(n uint64) string {
	if n > uint64(len(r.buf)) {
		r.fail(errTruncated)
		return ""
	}
	s := string(r.buf[:n])
	r.buf = r.buf[n:]
	return s
}

func (r *reader) text() string { return r.bytes(r.uint()) }

func (r *reader) value() value.Value {
	n := r.uint()
	if r.err != nil {
		return value.Value{}
	}
	if n == 0 {
		text, err := r.payloads.Get(uint32(r.uint()))
		if err != nil {
			r.fail(err)
			return value.Value{}
		}
		return value.Checked(text)
	}
	return value.Checked(r.bytes(n - 1))
}

// checked is value for what is looked into before the row is known to make sense.
func (r *reader) checked() value.Value {
	v := r.value()
	if r.err != nil || !v.Exists() {
		return v
	}
	v, err := value.Parse(v.Text())
	if err != nil {
		r.fail(fmt.Errorf("payload is not JSON: %w", err))
	}
	return v
}

// count reads a number of things that follow, each at least a byte long.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.buf)) {
		r.fail(errTruncated)
		return 0
	}
	return int(n)
}

func (r *reader) thread(id uint32) (t *Thread, state string) {
	t = &Thread{id: id, stored: true}
	t.parent = uint32(r.uint())
	t.index = int(r.uint())
	t.phase = phase(r.uint())
	t.next = r.text()
	state = r.text()
	t.input = r.value()
	for n := r.count(); n > 0; n-- {
		t.vars = append(t.vars, value.Member{Key: r.text(), Value: r.value()})
	}
	t.prev, t.before, t.entered, t.enteredAt = r.int(), r.int(), r.int(), r.int()
	t.retries = int(r.uint())
	for n := r.count(); n > 0; n-- {
		t.perRetrier = append(t.perRetrier, int(r.uint()))
	}
	t.wait = r.wait()
	t.result = r.value()
	if r.bool() {
		t.hidden = &hiddenLog{root: t, events: r.int()}
	}
	t.join = r.join()
	return t, state
}

func (r *reader) wait() (w wait) {
	if w.seq = r.uint(); w.seq == 0 {
		return w
	}
	w.kind = waitKind(r.uint())
	w.due, w.deadline, w.heartbeat, w.beatBy = r.int(), r.int(), r.int(), r.int()
	w.submitted, w.handle, w.picked = r.bool(), r.text(), r.bool()
	return w
}

func (r *reader) join() *join {
	if !r.bool() {
		return nil
	}
	j := &join{items: r.checked(), args: r.value()}
	for _, n := range []*int{&j.length, &j.limit, &j.started, &j.finished, &j.failed} {
		*n = int(r.uint())
	}
	j.tolerate = tolerance{count: r.int(), percentage: math.Float64frombits(r.uint())}
	return j
}
