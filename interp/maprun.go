package interp

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/value"
)

// MapRun is what a distributed Map state asks for: its items, and how the children that they are for are to run. It
// lasts as long as the run does: AppendRow and LoadMapRun keep it, and Child makes the input of each child.
//
// One that a Decision has belongs to the execution and is valid until the next step: its row is what the run gets. One
// that was loaded is the caller's; one goroutine at a time may use it.
type MapRun struct {
	ARN   string
	Label string // of the state, or made for it
	State *asl.State

	// Items is what is mapped over: an array, or an object whose members are the items. It is absent when Reader says
	// where they are to be read.
	Items value.Value
	// Reader, Batcher and Writer are ItemReader, ItemBatcher and ResultWriter with their expressions computed; absent when
	// the state has none. MaxItemsPath stands there as MaxItems, and so on.
	Reader, Batcher, Writer value.Value

	Concurrency int64   // how many children may run at once; 0: no bound
	Tolerated   int64   // ToleratedFailureCount, -1: not given
	Percentage  float64 // ToleratedFailurePercentage, -1: not given

	x  *Exec   // holds what expressions see, and nothing else
	t  *Thread // stands in the state
	in value.Value
}

// StartMapRun asks for a Map Run, or for another go of one. Its end is to be told by an event MapRunSucceeded or
// MapRunFailed of that Seq.
type StartMapRun struct {
	Seq     uint64
	Run     *MapRun
	Redrive string // ARN of the run that is to go on with what has not succeeded; Run is nil then
}

// Failure is how a Map Run failed, or the making of a child's input.
type Failure struct {
	Error, Cause *string
	// Fatal failures can neither be retried nor caught.
	Fatal bool
}

// Item is an item of a Map Run.
type Item struct {
	Index int // among all of the run
	Value value.Value
	Key   string // of a member of an object
	Keyed bool
	// Source tells where it came from, as $$.Map.Item.Source shows it; "": from the state's own data.
	Source string
}

// startMapRun starts the Map Run of a distributed Map.
func (x *Exec) startMapRun(f *frame) *failure {
	run, fail := f.mapRun()
	if fail != nil {
		return fail
	}
	ev := x.emit(f.t, history.MapStateStarted)
	ev.Length = int64(run.Items.Len())
	if fail := run.configure(f); fail != nil {
		return fail
	}
	run.ARN = arn.MapRun(x.id.MachineARN, run.Label, x.uuid())
	x.emit(f.t, history.MapRunStarted).MapRun = run.ARN
	x.await(f.t, waitRun, 0)
	f.t.run = mapRun{arn: run.ARN}
	x.d.MapRuns = append(x.d.MapRuns, StartMapRun{Seq: f.t.wait.seq, Run: run})
	return nil
}

// mapRun returns the run of the state of f, with what is computed before the state has started.
func (f *frame) mapRun() (*MapRun, *failure) {
	m := f.s.Map
	run := &MapRun{Label: MapLabel(f.x.id.MachineARN, f.s), State: f.s, in: f.in, x: f.x, t: f.t}
	var fail *failure
	if run.Concurrency, fail = f.maxConcurrency(); fail != nil {
		return nil, fail
	}
	if m.ItemReader == nil {
		if run.Items, fail = f.lang.items(f); fail != nil {
			return nil, fail
		}
	}
	return run, nil
}

// configure computes the rest of what the state says of its run.
func (r *MapRun) configure(f *frame) (fail *failure) {
	if r.Tolerated, r.Percentage, fail = f.tolerance(); fail != nil {
		return fail
	}
	m := f.s.Map
	for _, part := range []struct {
		name string
		t    *asl.Template
		into *value.Value
	}{{"ItemReader", m.ItemReader, &r.Reader}, {"ItemBatcher", m.ItemBatcher, &r.Batcher}, {"ResultWriter", m.ResultWriter, &r.Writer}} {
		if part.t == nil {
			continue
		}
		if *part.into, fail = f.part(part.t, part.name); fail == nil && part.t == m.ResultWriter {
			fail = f.checkWriter(*part.into)
		}
		if fail != nil {
			return fail
		}
	}
	return nil
}

// checkWriter refuses an empty ResultWriter, which AWS takes in a definition and fails on.
func (f *frame) checkWriter(v value.Value) *failure {
	if v.Len() > 0 {
		return nil
	}
	return f.runtimeError("The ResultWriter must not be empty")
}

// wholeNumbers checks the limits in an ItemReader or ItemBatcher that come from paths.
func (f *frame) wholeNumbers(t *asl.Template, v value.Value) *failure {
	for i := range t.Members {
		m := &t.Members[i]
		inner, _ := v.Get(m.Key)
		if m.Value.Members != nil {
			if fail := f.wholeNumbers(m.Value, inner); fail != nil {
				return fail
			}
		}
		if m.Value.Expr == nil || m.Source != m.Key+"Path" {
			continue
		}
		if _, ok := whole(inner); !ok {
			return f.runtimeError("The %s field refers to value \"%s\" which is not a valid integer: %s", m.Source, plain(inner), m.Value.Expr.Source)
		}
	}
	return nil
}

// runEvent applies an event that answers t's Map Run.
func (x *Exec) runEvent(t *Thread, ev Event) {
	switch ev.Kind {
	case MapRunSucceeded:
		x.closeWait(t)
		t.run = mapRun{}
		x.emit(t, history.MapRunSucceeded)
		x.aside(t, history.MapStateSucceeded)
		x.joinExit(t, ev.Output)
	case MapRunFailed:
		x.closeWait(t)
		fail := &failure{name: ev.Error, cause: ev.Cause, fatal: ev.Fatal}
		fail.write(x.emit(t, history.MapRunFailed))
		if ev.Error != nil && *ev.Error == "States.DataLimitExceeded" { // a redrive begins another one (AWS's guide)
			t.run = mapRun{}
		}
		x.failTask(t, fail)
	}
}

// MapLabel is the label of a distributed Map state: its own or, as AWS makes one up, a UUID that is always the same.
// machine is the ARN of the state machine, with or without a label.
func MapLabel(machine string, s *asl.State) string {
	if s.Map.Label != "" {
		return s.Map.Label
	}
	machine, _ = arn.SplitLabel(machine)
	sum := sha256.Sum256([]byte(machine + "\x00" + s.Name))
	return uuidOf(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))
}

// Exceeded reports whether more items failed than a run tolerates. count and percentage are -1 where they are not given, and
// total is how many items there are, or at most.
func Exceeded(count int64, percentage float64, failed, total int64) bool {
	if count < 0 && percentage < 0 {
		return failed > 0
	}
	return count >= 0 && failed > count || percentage >= 0 && float64(failed)*100 > percentage*float64(total)
}

// Child returns the input of the child, or of the part of a batch, that an item is for: what ItemSelector makes of it.
// Its one error is ErrInterrupted: the host said so.
func (r *MapRun) Child(item Item) (input value.Value, fail *Failure, err error) {
	defer abandoned(&err)
	defer r.x.releaseFrames()
	r.x.used, r.x.asked, r.x.d = 0, 0, &r.x.own
	r.x.draws = uint64(item.Index) << 16 // an item that is read again gets the same
	f := r.x.newFrame(r.t)
	f.in = r.in
	f.item = &mapItem{index: item.Index, value: item.Value, key: item.Key, keyed: item.Keyed, source: item.Source}
	input, wrong := f.selectItem()
	return input, wrong.exported(), nil
}

// Len returns how many items the state's own data has.
func (r *MapRun) Len() int { return r.Items.Len() }

// Item returns item i of the state's own data: an element of an array, or a member of an object.
func (r *MapRun) Item(i int) Item {
	if r.Items.Kind() == value.Object {
		m := r.Items.Members()[i]
		return Item{Index: i, Key: m.Key, Keyed: true, Value: m.Value}
	}
	return Item{Index: i, Value: r.Items.Elems()[i]}
}

// exported returns fail as hosts see it.
func (fail *failure) exported() *Failure {
	if fail == nil {
		return nil
	}
	return &Failure{Error: fail.name, Cause: fail.cause, Fatal: fail.fatal}
}

// runVersion is the first byte of what AppendRow writes.
const runVersion = 1

// AppendRow appends the stored form of the run.
func (r *MapRun) AppendRow(dst []byte, p row.Payloads) []byte {
	w := writer{row.NewWriter(dst, p)}
	w.Byte(runVersion)
	w.Text(r.ARN)
	w.Text(r.Label)
	w.Text(r.State.Pointer)
	for _, v := range []value.Value{r.Items, r.Reader, r.Batcher, r.Writer} {
		w.value(v)
	}
	w.Int(r.Concurrency)
	w.Int(r.Tolerated)
	w.Uint(math.Float64bits(r.Percentage))
	w.value(r.x.input)
	w.Uint(r.x.seed)
	w.value(r.t.input)
	w.value(r.in)
	vars := r.x.visible(r.t)
	w.Uint(uint64(len(vars)))
	for _, v := range vars {
		w.Text(v.Key)
		w.value(v.Value)
	}
	w.Int(int64(r.t.entered))
	w.Int(r.t.enteredAt)
	w.Uint(uint64(r.t.retries.count()))
	return w.Row()
}

// LoadMapRun returns the run that a row of AppendRow holds. id, host and m are those of the execution whose state asked
// for it. Whatever the row holds, it gives an error at worst.
func LoadMapRun(id Identity, host Host, m *asl.Machine, data []byte, p row.Payloads) (run *MapRun, err error) {
	r := reader{row.NewReader(data, p)}
	if version := r.Byte(); r.Err() == nil && version != runVersion {
		return nil, fmt.Errorf("row version %d of a Map Run is not known to this release", version)
	}
	run = &MapRun{ARN: r.Text(), Label: r.Text()}
	pointer := r.Text()
	for _, into := range []*value.Value{&run.Items, &run.Reader, &run.Batcher, &run.Writer} {
		*into = r.checked()
	}
	run.Concurrency, run.Tolerated, run.Percentage = r.Int(), r.Int(), math.Float64frombits(r.Uint())
	run.x = NewExec(id, host, m, r.value(), r.Uint())
	run.t = &Thread{id: topThread, block: &m.Block, input: r.value()}
	run.in = r.value()
	r.vars(run.t)
	run.t.entered, run.t.enteredAt = r.event(), r.Int()
	if n := int(r.Uint()); n > 0 {
		run.t.retries = &retries{all: n}
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	run.x.now, run.x.threads[topThread] = run.t.enteredAt, run.t
	run.State = m.StateAt(pointer)
	if run.State == nil || run.State.Map == nil || !run.State.Map.Distributed {
		return nil, fmt.Errorf("the machine has no distributed Map at %q", pointer)
	}
	run.t.state = run.State
	return run, nil
}

// visible returns the variables that t sees, those of its own scope first.
func (x *Exec) visible(t *Thread) []value.Member {
	var seen []value.Member
	for ; t != nil; t = x.threads[t.parent] {
		for _, v := range t.vars {
			if variable(seen, v.Key) < 0 {
				seen = append(seen, v)
			}
		}
	}
	return seen
}
