package interp

import (
	"fmt"
	"slices"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/value"
)

// The memory of an execution is stored as rows: row 0 for what belongs to all of it, and a row for each thread, under the
// thread's id. A row is a version byte and what the functions below write, in their order.
//
// The top thread has its place in row 0, so that an execution that is one flow has one row; while it joins, it has a row
// of its own, and row 0 can change without it.
//
// Rows of older versions are read for good: see codec_old.go. The numbers of phases, waits and statuses are stored and
// frozen.

// rowVersion is the first byte of every row.
const rowVersion = 3

// Row is a stored row of an execution.
type Row struct {
	Thread uint32
	Data   []byte
}

// AppendHeader appends row 0, which has to be written after every Step that said something and was not the last.
func (x *Exec) AppendHeader(dst []byte, p row.Payloads) []byte {
	w := newWriter(dst, p)
	w.Uint(uint64(x.status))
	w.Int(x.lastEvent)
	w.Uint(x.lastSeq)
	w.Uint(uint64(x.lastThread))
	w.Uint(x.seed)
	w.Uint(x.draws)
	w.Int(x.deadline)
	w.Uint(x.timeoutSeq)
	w.Uint(x.stale)
	w.Int(int64(x.redriven))
	w.value(x.input)
	top := x.threads[topThread]
	inside := top != nil && top.inHeader()
	w.Bool(inside)
	if inside {
		w.thread(top)
	}
	return w.Row()
}

// inHeader reports whether the thread stands in row 0.
func (t *Thread) inHeader() bool { return t.id == topThread && t.join == nil }

// ID returns the number of the thread, which names its row. It is never 0.
func (t *Thread) ID() uint32 { return t.id }

// AppendRow appends the row of the thread.
func (t *Thread) AppendRow(dst []byte, p row.Payloads) []byte {
	w := newWriter(dst, p)
	w.thread(t)
	return w.Row()
}

// writer writes what a thread is made of.
type writer struct{ row.Writer }

func newWriter(dst []byte, p row.Payloads) writer {
	w := writer{row.NewWriter(dst, p)}
	w.Byte(rowVersion)
	return w
}

// value writes v; an absent value is empty text.
func (w *writer) value(v value.Value) { w.Payload(v.Text()) }

func (w *writer) thread(t *Thread) {
	w.Uint(uint64(t.parent))
	w.Uint(uint64(t.index))
	w.Uint(uint64(t.phase))
	w.value(t.input)
	if t.phase == done {
		return
	}
	w.Text(t.state.Name)
	w.Uint(uint64(len(t.vars)))
	for _, v := range t.vars {
		w.Text(v.Key)
		w.value(v.Value)
	}
	w.Int(int64(t.prev))
	w.Int(int64(t.before))
	w.Int(int64(t.entered))
	w.Int(t.enteredAt)
	w.retries(t.retries)
	switch t.phase {
	case waiting:
		w.wait(t.wait)
		if t.wait.kind == waitRun {
			w.run(&t.run)
		}
	case joining:
		w.join(t.join)
	case stopped:
		w.run(&t.run)
	}
}

func (w *writer) run(r *mapRun) {
	w.Text(r.arn)
	w.Int(r.redrives)
}

func (w *writer) retries(r *retries) {
	w.Uint(uint64(r.count()))
	if r.count() == 0 {
		return
	}
	w.Uint(uint64(len(r.by)))
	for _, n := range r.by {
		w.Uint(uint64(n))
	}
}

func (w *writer) wait(t *wait) {
	w.Uint(t.seq)
	w.Uint(uint64(t.kind))
	w.Int(t.due)
	if t.kind != waitTask {
		return
	}
	w.Int(t.deadline)
	w.Int(t.heartbeat)
	w.Int(t.beatBy)
	w.Bool(t.submitted)
	w.Text(t.handle)
	w.Bool(t.picked)
}

func (w *writer) join(j *join) {
	w.value(j.items)
	w.value(j.args)
	for _, n := range []int{j.length, j.limit, j.started, j.ended} {
		w.Uint(uint64(n))
	}
	w.Bool(j.paused)
	if j.paused {
		w.Int(int64(j.from))
	}
}

// Load returns the memory of an execution that rows hold, of one that runs or that can be redriven. They may come in any
// order.
//
// Whatever the rows hold, Load gives an error at worst. The texts in them are taken for the JSON that was written.
func Load(id Identity, host Host, m *asl.Machine, rows []Row, p row.Payloads) (x *Exec, err error) {
	defer func() { // a damaged text makes package value panic when it is looked into
		if fault := recover(); fault != nil {
			x, err = nil, fmt.Errorf("reading %s: its rows are damaged: %v", id.ARN, fault)
		}
	}()
	x = NewExec(id, host, m, value.Value{}, 0)
	l := loading{x: x, names: make(map[uint32]string, len(rows))}
	for _, stored := range rows {
		if err := l.row(stored, p); err != nil {
			return nil, fmt.Errorf("reading thread %d of %s: %w", stored.Thread, id.ARN, err)
		}
	}
	if l.top != nil { // a row of its own is older than this: it is of the time when the thread joined
		x.threads[topThread] = l.top
	}
	if x.status == New || x.status == Succeeded || x.lastEvent < 0 || x.lastEvent >= MaxEvents {
		return nil, fmt.Errorf("reading %s: its first row is missing, or of an execution that has nothing more to do", id.ARN)
	}
	if err := x.link(l.names); err != nil {
		return nil, err
	}
	return x, nil
}

// loading is the work of Load.
type loading struct {
	x     *Exec
	top   *Thread           // as row 0 has it
	names map[uint32]string // of the threads' states
}

func (l *loading) row(stored Row, p row.Payloads) error {
	r := reader{row.NewReader(stored.Data, p)}
	version := r.Byte()
	if r.Err() == nil && (version == 0 || version > rowVersion) {
		return fmt.Errorf("row version %d is not known to this release", version)
	}
	if stored.Thread == 0 {
		l.header(&r, version)
		return r.Done()
	}
	t := l.thread(&r, stored.Thread, version)
	l.x.threads[t.id] = t
	return r.Done()
}

func (l *loading) header(r *reader, version byte) {
	x := l.x
	x.status = Status(r.Uint())
	x.lastEvent = r.Int()
	x.lastSeq = r.Uint()
	x.lastThread = uint32(r.Uint())
	x.seed = r.Uint()
	x.draws = r.Uint()
	x.deadline = r.Int()
	x.timeoutSeq = r.Uint()
	if version >= 3 {
		x.stale, x.redriven = r.Uint(), r.event()
	}
	x.input = r.value()
	if version >= 2 && r.Bool() {
		l.top = l.thread(r, topThread, version)
	}
}

// thread reads a thread and notes the name of its state, unless row 0 has told it.
func (l *loading) thread(r *reader, id uint32, version byte) *Thread {
	t, state := &Thread{id: id, stored: true}, ""
	switch version {
	case 1:
		state = r.threadV1(t)
	case 2:
		state = r.threadV2(t)
	default:
		state = r.thread(t)
	}
	if id != topThread || l.top == nil {
		l.names[id] = state
	}
	return t
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
		if !t.sound() || id > x.lastThread || t.wait != nil && t.wait.seq > x.lastSeq {
			return fmt.Errorf("reading %s: thread %d makes no sense", x.id.ARN, id)
		}
		if t.join != nil {
			t.join.children = make([]*Thread, t.join.length)
		}
		if p := x.threads[t.parent]; p != nil {
			p.join.children[t.index] = t
			if t.phase == done {
				p.join.count(p.state, t)
			}
		}
		x.enlist(t)
	}
	for _, id := range ids {
		switch t := x.threads[id]; {
		case t.join == nil:
		case t.state.Type == asl.Map && t.state.Map.Distributed:
			x.outdated = append(x.outdated, t)
		case !t.join.complete():
			return fmt.Errorf("reading %s: threads below thread %d are missing", x.id.ARN, id)
		}
	}
	return nil
}

// enlist adds a thread that was read to what the execution keeps of its threads.
func (x *Exec) enlist(t *Thread) {
	x.held += t.input.Size()
	x.vars += size(t.vars)
	switch t.phase {
	case entering, stopped:
		x.turns.pending = append(x.turns.pending, t)
	case waiting:
		if x.status > Running || t.wait.seq <= x.stale {
			t.phase, t.wait = stopped, nil
			x.turns.pending = append(x.turns.pending, t)
			return
		}
		x.waits[t.wait.seq] = t
		x.due.set(t)
	case joining:
		x.held += t.join.size()
		if t.join.paused {
			x.turns.paused = append(x.turns.paused, t)
		}
	}
}

// sound reports whether what a row says of a thread fits together and into its state.
func (t *Thread) sound() bool {
	if (t.phase == waiting) != (t.wait != nil) || (t.phase == joining) != (t.join != nil) {
		return false
	}
	if t.retries != nil && (t.state == nil || len(t.retries.by) != len(t.state.Retry)) {
		return false
	}
	switch t.phase {
	case entering, stopped:
		return t.state != nil
	case waiting:
		return t.state != nil && t.wait.seq != 0 && t.wait.fits(t.state.Type)
	case joining:
		return t.state != nil && t.join.fits(t.state)
	}
	return t.phase == done && t.input.Exists()
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
	case waitRun:
		return typ == asl.Map
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
		if k := j.items.Kind(); k != value.Array && !(k == value.Object && s.Map.Distributed) || j.length != j.items.Len() {
			return false
		}
	default:
		return false
	}
	return j.limit > 0 && 0 <= j.ended && j.ended <= j.started && j.started <= j.length
}

// complete reports whether the threads that j counts are there.
func (j *join) complete() bool {
	begun, ended := 0, 0
	for _, c := range j.children {
		if c != nil {
			begun++
			if c.phase == done {
				ended++
			}
		}
	}
	return begun == j.started && ended == j.ended
}

// blockOf returns the block that t runs, nil when the machine has none such.
func (x *Exec) blockOf(t *Thread) *asl.Block {
	p := x.threads[t.parent]
	switch {
	case t.parent == 0:
		return &x.machine.Block
	case p == nil || p.state == nil || p.join == nil || t.index < 0 || int(t.index) >= len(p.join.children):
		return nil
	case p.state.Type == asl.Map:
		return p.state.Map.Processor
	case p.state.Type == asl.Parallel && int(t.index) < len(p.state.Parallel.Branches):
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

// reader reads what writer wrote.
type reader struct{ row.Reader }

func (r *reader) value() value.Value { return value.Checked(r.Payload()) }

// checked is value for what is looked into before the row is known to make sense.
func (r *reader) checked() value.Value {
	v := r.value()
	if r.Err() != nil || !v.Exists() {
		return v
	}
	v, err := value.Parse(v.Text())
	if err != nil {
		r.Fail(fmt.Errorf("payload is not JSON: %w", err))
	}
	return v
}

// event reads the id of an event.
func (r *reader) event() eventID {
	n := r.Int()
	if n < 0 || n > MaxEvents {
		r.Fail(fmt.Errorf("there is no event %d", n))
		return 0
	}
	return eventID(n)
}

// thread reads t and returns the name of its state, "" when it is done.
func (r *reader) thread(t *Thread) (state string) {
	r.head(t)
	t.input = r.value()
	if t.phase == done {
		return ""
	}
	state = r.Text()
	r.vars(t)
	t.prev, t.before, t.entered, t.enteredAt = r.event(), r.event(), r.event(), r.Int()
	if n := int(r.Uint()); n != 0 {
		t.retries = &retries{all: n, by: r.counts()}
	}
	r.rest(t)
	return state
}

// rest reads what t waits for.
func (r *reader) rest(t *Thread) {
	switch t.phase {
	case waiting:
		if t.wait = r.wait(); t.wait.kind == waitRun {
			t.run = mapRun{r.Text(), r.Int()}
		}
	case joining:
		t.join = r.join()
		r.paused(t.join)
	case stopped:
		t.run = mapRun{r.Text(), r.Int()}
	}
}

func (r *reader) paused(j *join) {
	if j.paused = r.Bool(); j.paused {
		j.from = r.event()
	}
}

// head reads which thread it is and how far.
func (r *reader) head(t *Thread) {
	t.parent = uint32(r.Uint())
	t.index = int32(r.Uint())
	t.phase = phase(r.Uint())
}

func (r *reader) vars(t *Thread) {
	for n := r.Count(); n > 0; n-- {
		t.vars = append(t.vars, value.Member{Key: r.Text(), Value: r.value()})
	}
}

func (r *reader) counts() []int {
	by := make([]int, r.Count())
	for i := range by {
		by[i] = int(r.Uint())
	}
	return by
}

func (r *reader) wait() *wait {
	w := &wait{seq: r.Uint(), kind: waitKind(r.Uint()), due: r.Int()}
	if w.kind == waitTask {
		r.task(w)
	}
	return w
}

func (r *reader) task(w *wait) {
	w.deadline, w.heartbeat, w.beatBy = r.Int(), r.Int(), r.Int()
	w.submitted, w.handle, w.picked = r.Bool(), r.Text(), r.Bool()
}

func (r *reader) join() *join {
	j := &join{items: r.checked(), args: r.value()}
	for _, n := range []*int{&j.length, &j.limit, &j.started, &j.ended} {
		*n = int(r.Uint())
	}
	return j
}
