package interp

import (
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// A test runs the one state of a machine that asl.ParseTested made: the state is entered, and the execution ends as
// soon as it is left, is to be tried again, or has failed. It is an execution like any other, but that
//
//   - what the fields of the state come to is noted (Inspection),
//   - a Map or a Parallel starts nothing and has the result or the failure of its mock,
//   - the context object, the variables and the attempts made so far may be given.
//
// A Task is handed out in Decision.Run as ever; the host answers it with MockAnswer or with what its target said.

// Test says how the state under test is entered.
type Test struct {
	Context   value.Value    // the context object; absent: that of an execution of the host's identity
	Variables []value.Member // that are set
	Mock      *Mock          // nil: none, which no Map and no Parallel can do without
	Retries   int            // how many attempts the retrier that matches has granted
	Failed    int            // iterations of the Map that failed
	// InMap: the state stands in the processor of a Map, and sees its input as the first item in the context object.
	InMap bool
	// Read reads what the ItemReader of the Map does, its expressions computed; nil: that is not known. Batch makes batches
	// of the inputs as the ItemBatcher says, computed likewise; no Map that has one can do without.
	Read  func(reader value.Value) (ItemsRead, *Failure)
	Batch func(batcher value.Value, inputs []value.Value) ([]value.Value, *Failure)
	// Again: it is no test of TestState's but a visit of an execution that is computed once more. The state begins with
	// BeginAt, it sees what it sees there, and nothing is left out of what is noted.
	Again bool
}

// ItemsRead is a data set.
type ItemsRead struct {
	Items   value.Value // an array, or an object whose members are the items
	Pointed value.Value // what the ItemsPointer leads to; absent without one
	Source  string      // see Item
}

// Mock is the result of the work of the state, or, when Result is absent, its failure.
type Mock struct {
	Result       value.Value
	Error, Cause *string
}

// Inspected is a step of the way through a state whose value a test notes.
type Inspected uint8

// The steps, in the order in which AWS documents them.
const (
	InspectInput Inspected = iota
	InspectArguments
	InspectInputPath
	InspectParameters
	InspectResult
	InspectResultSelector
	InspectResultPath
	InspectItemsPath
	InspectItemsPointer
	InspectItemSelector
	InspectItemBatcher
	InspectVariables
	inspectedSteps
)

var inspectedNames = [inspectedSteps]string{
	"input", "afterArguments", "afterInputPath", "afterParameters", "result", "afterResultSelector", "afterResultPath",
	"afterItemsPath", "afterItemsPointer", "afterItemSelector", "afterItemBatcher", "variables",
}

// String returns the name of the step in the inspectionData of TestState.
func (i Inspected) String() string { return inspectedNames[i] }

// Inspection is what was noted on the way through the state. What it did not come to is absent.
type Inspection struct {
	Steps [inspectedSteps]value.Value

	MaxConcurrency             *int64
	ToleratedFailureCount      *int64
	ToleratedFailurePercentage *float64

	CatchIndex   *int
	RetryIndex   *int
	RetryBackoff int64 // ms, when RetryIndex is there
}

// TestStatus is how a test ended.
type TestStatus uint8

// The statuses.
const (
	TestSucceeded   TestStatus = iota
	TestFailed                 // the state failed for good
	TestRetriable              // it failed, and a retrier grants another attempt
	TestCaughtError            // it failed, and a catcher goes on
)

// TestResult is how a test ended.
type TestResult struct {
	Status       TestStatus
	Output       value.Value // absent when the state failed, or when the output of the catcher cannot be computed
	Error, Cause *string
	Next         string // where the state leads to, "" when it ends
	Inspection   Inspection
}

// test is the memory of a test. Its methods that stand in the interpreter's way do nothing on nil, which every
// execution but a test has.
type test struct {
	Test
	noted   Inspection
	next    string   // where the state leads to
	failure *failure // that was caught
	source  string   // of items that were read
}

// NewTest returns the memory of a test, which is stepped as one of NewExec. m has one state.
func NewTest(id Identity, host Host, m *asl.Machine, input value.Value, seed uint64, t Test) *Exec {
	x := NewExec(id, host, m, input, seed)
	x.test = &test{Test: t}
	return x
}

// Tested returns how a test came to the end of its execution.
func (x *Exec) Tested(end *End) TestResult {
	t := x.test
	r := TestResult{Output: end.Output, Error: end.Error, Cause: end.Cause, Inspection: t.noted}
	switch {
	case t.noted.RetryIndex != nil:
		r.Status = TestRetriable
	case t.noted.CatchIndex != nil:
		r.Status, r.Error, r.Cause = TestCaughtError, t.failure.name, t.failure.cause
	case end.Status != Succeeded:
		r.Status = TestFailed
	}
	if r.Status == TestSucceeded || r.Status == TestCaughtError {
		r.Next = t.next
	}
	if top := x.threads[topThread]; top != nil && len(top.vars) > 0 { // a test that is given up may not have begun
		r.Inspection.Steps[InspectVariables] = value.NewObject(top.vars)
	}
	return r
}

// MockAnswer is the event that answers the Task of a test by its mock, false when it has none.
func (x *Exec) MockAnswer(seq uint64) (Event, bool) {
	m := x.test.Mock
	switch {
	case m == nil:
		return Event{}, false
	case m.Result.Exists():
		return Event{Kind: TaskSucceeded, Seq: seq, Output: m.Result}, true
	}
	return Event{Kind: TaskFailed, Seq: seq, Error: m.Error, Cause: m.Cause}, true
}

// entered sets the variables of the state that x has entered with t.
func (t *test) entered(x *Exec, thread *Thread) {
	if t == nil {
		return
	}
	t.noted.Steps[InspectInput] = thread.input
	x.assign(thread, t.Variables)
}

// leads notes where the state goes on, and reports whether the execution ends here all the same.
func (t *test) leads(next string) bool {
	if t == nil {
		return false
	}
	t.next = next
	return true
}

// caught notes by which catcher the failure is dealt with, whether or not what it computes fails.
func (t *test) caught(i int, next string, fail *failure) {
	if t == nil {
		return
	}
	t.noted.CatchIndex, t.next, t.failure = &i, next, fail
}

// retries is how many attempts are said to have been made before.
func (t *test) retries() int {
	if t == nil {
		return 0
	}
	return t.Retries
}

// endRetriable ends a test whose state is to be tried again, by its retrier i after so many ms.
func (x *Exec) endRetriable(f *frame, fail *failure, i int, delay int64) {
	x.test.noted.RetryIndex, x.test.noted.RetryBackoff = &i, delay
	x.endFailed(f.t, fail)
}

// note keeps what a step of the state of f came to. As recorded, AWS does not tell what goes in where that is not
// looked at: in a Pass with a Result, in a Parallel; nor what comes out where nothing is put together.
func (f *frame) note(step Inspected, v value.Value) {
	t := f.x.test
	if t == nil {
		return
	}
	if t.Again {
		t.noted.Steps[step] = v
		return
	}
	switch step {
	case InspectInputPath, InspectParameters:
		if f.s.Type == asl.Parallel || f.s.Type == asl.Pass && f.s.Pass.Result.Exists() {
			return
		}
	case InspectResultSelector, InspectResultPath:
		if f.s.Type == asl.Wait || f.s.Type == asl.Succeed {
			return
		}
	}
	t.noted.Steps[step] = v
}

// context is what the state under test sees as the context object: the one that was given, or that of an Express
// execution, in the order in which AWS has it here. A role that was not given is null.
func (t *test) context(f *frame) value.Value {
	if t.Context.Exists() {
		if f.item == nil {
			return t.Context
		}
		return t.Context.With("Map", f.item.context())
	}
	x := f.x
	if t.InMap && f.item == nil {
		f.item = &mapItem{value: x.input}
	}
	role := value.NullValue
	if x.id.RoleARN != "" {
		role = value.FromString(x.id.RoleARN)
	}
	return f.contextOf([]value.Member{
		{Key: "Execution", Value: value.NewObject([]value.Member{
			{Key: "Id", Value: value.FromString(x.id.ARN)},
			{Key: "Input", Value: x.input},
			{Key: "Name", Value: value.FromString(x.id.Name)},
			{Key: "RoleArn", Value: role},
			{Key: "StartTime", Value: timestamp(x.id.StartedAt.UnixMilli())},
		})},
		{Key: "StateMachine", Value: x.machineContext()},
		{Key: "State", Value: f.stateContext()},
	})
}

// joinMocked leaves a Map or a Parallel with the result of its mock, or fails it.
func (x *Exec) joinMocked(f *frame) *failure {
	m := x.test.Mock
	switch {
	case !m.Result.Exists():
		return &failure{name: m.Error, cause: m.Cause}
	case x.overPayload(m.Result):
		return tooLarge(f.s.Name)
	}
	return x.exit(f, m.Result)
}

// testItems goes through the fields of a Map, notes what they come to, and has the mock be the end of the iterations.
func (x *Exec) testItems(f *frame) *failure {
	t, m := x.test, f.s.Map
	items, fail := t.items(f)
	if fail != nil {
		return fail
	}
	limit, fail := f.maxConcurrency()
	if fail != nil {
		return fail
	}
	t.noted.MaxConcurrency = &limit
	if m.Distributed {
		count, percentage, fail := f.tolerance()
		if fail != nil {
			return fail
		}
		t.noteTolerance(count, percentage)
	}
	if fail := x.inspectInputs(f, items); fail != nil {
		return fail
	}
	if m.Distributed && t.Mock.Result.Exists() && t.tooManyFailed(items) {
		return newFailure("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")
	}
	return x.joinMocked(f)
}

// noteTolerance notes how many iterations may fail, and how much of a hundred; negative: it is not said.
func (t *test) noteTolerance(count int64, percentage float64) {
	if count >= 0 {
		t.noted.ToleratedFailureCount = &count
	}
	if percentage >= 0 {
		t.noted.ToleratedFailurePercentage = &percentage
	}
}

// tooManyFailed reports whether more iterations failed than are tolerated; none is where nothing is said.
func (t *test) tooManyFailed(items value.Value) bool {
	count, percentage := t.noted.ToleratedFailureCount, t.noted.ToleratedFailurePercentage
	run := MapRun{Tolerated: -1, Percentage: -1}
	if count != nil {
		run.Tolerated = *count
	}
	if percentage != nil {
		run.Percentage = *percentage
	}
	return Exceeded(run.Tolerated, run.Percentage, int64(t.Failed), int64(max(items.Len(), t.Failed)))
}

// items returns what the Map of f iterates over, absent when that is not known.
func (t *test) items(f *frame) (value.Value, *failure) {
	if f.s.Map.ItemReader != nil {
		return t.read(f)
	}
	items, fail := f.lang.items(f)
	if fail == nil && f.s.Language == asl.JSONPath {
		t.noted.Steps[InspectItemsPath] = items
	}
	return items, fail
}

// read returns what the ItemReader reads. Where the host cannot tell, the guide has the data in the input of the state, at
// the ItemsPath.
func (t *test) read(f *frame) (value.Value, *failure) {
	reader, fail := f.part(f.s.Map.ItemReader, "ItemReader")
	if fail != nil {
		return value.Value{}, fail
	}
	if t.Read == nil {
		if f.s.Language != asl.JSONPath {
			return value.Value{}, nil
		}
		items, fail := f.lang.items(f)
		if fail != nil || items.Kind() != value.Array {
			return value.Value{}, nil
		}
		t.noted.Steps[InspectItemsPath] = items
		return items, nil
	}
	read, wrong := t.Read(reader)
	if wrong != nil {
		return value.Value{}, &failure{name: wrong.Error, cause: wrong.Cause, fatal: wrong.Fatal}
	}
	if f.s.Language == asl.JSONPath {
		t.noted.Steps[InspectItemsPointer] = read.Pointed
	}
	t.source = read.Source
	return read.Items, nil
}

// part computes a part of a distributed Map, such as its ItemReader.
func (f *frame) part(t *asl.Template, name string) (v value.Value, fail *failure) {
	if v, fail = f.lang.template(f, t, name); fail == nil {
		fail = f.wholeNumbers(t, v)
	}
	if fail == nil && f.x.overPayload(v) {
		fail = f.tooMuch()
	}
	return v, fail
}

// inspectInputs notes the inputs that ItemSelector and ItemBatcher make, unless they are more than an answer may hold.
func (x *Exec) inspectInputs(f *frame, items value.Value) *failure {
	m, t := f.s.Map, x.test
	batcher, fail := value.Value{}, (*failure)(nil)
	if m.ItemBatcher != nil {
		if batcher, fail = f.part(m.ItemBatcher, "ItemBatcher"); fail != nil {
			return fail
		}
	}
	if m.ResultWriter != nil {
		writer, fail := f.part(m.ResultWriter, "ResultWriter")
		if fail == nil {
			fail = f.checkWriter(writer)
		}
		if fail != nil {
			return fail
		}
	}
	if m.ItemSelector == nil && m.ItemBatcher == nil || !items.Exists() {
		return nil
	}
	selected, fits, fail := x.selectItems(f, items)
	if fail != nil || !fits {
		return fail
	}
	if m.ItemSelector != nil {
		t.noted.Steps[InspectItemSelector] = value.NewArray(selected)
	}
	if m.ItemBatcher == nil {
		return nil
	}
	batches, wrong := t.Batch(batcher, selected)
	if wrong != nil {
		return &failure{name: wrong.Error, cause: wrong.Cause, fatal: wrong.Fatal}
	}
	if list := value.NewArray(batches); !x.overPayload(list) {
		t.noted.Steps[InspectItemBatcher] = list
	}
	return nil
}

// selectItems returns the inputs that the items become, and whether an answer has room for them.
func (x *Exec) selectItems(f *frame, items value.Value) (selected []value.Value, fits bool, fail *failure) {
	size := 0
	for i := range items.Len() {
		of := x.newFrame(f.t)
		of.in, of.item = f.in, itemOf(items, i)
		of.item.source = x.test.source
		v, fail := of.selectItem()
		x.frames = x.frames[:len(x.frames)-1]
		if fail != nil {
			return nil, false, fail
		}
		if size += v.Size(); !x.limits.PayloadBytes.Exceeded(int64(size)) {
			selected = append(selected, v)
		}
	}
	return selected, !x.limits.PayloadBytes.Exceeded(int64(size)), nil
}

// itemOf returns item i of an array, or of an object whose members are the items.
func itemOf(items value.Value, i int) *mapItem {
	if items.Kind() == value.Object {
		m := items.Members()[i]
		return &mapItem{index: i, key: m.Key, keyed: true, value: m.Value}
	}
	return &mapItem{index: i, value: items.Elems()[i]}
}
