package interp

import (
	"fmt"
	"sync"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

// frame is one visit of a thread to its state: what the state's fields are computed from. It lasts for a turn.
type frame struct {
	x    *Exec
	t    *Thread
	s    *asl.State
	lang language
	in   value.Value // effective input
	item *mapItem    // the item that an ItemSelector is computed for, nil elsewhere: the states of an iteration do not see it
	ctx  value.Value // the context object, built when first asked for

	units int // of work that were done
	made  int // bytes of memory that its templates made; see maxMade

	path  jsonpath.Env // what a JSONPath expression sees; see env
	query jsonata.Env  // what a JSONata expression sees
	expr  expression   // of JSONata, under way
}

// frames are used again: what expressions may ask of a frame is made once. An execution gives its frames back when a
// thread has had its turn.
var frames = sync.Pool{New: func() any {
	f := &frame{}
	random := func() uint64 { return f.x.random() }
	uuid := func() string { return f.x.uuid() }
	f.path = jsonpath.Env{
		Var: func(name string) (value.Value, bool) { return f.x.lookup(f.t, name) }, Random: random, UUID: uuid, Work: f.work,
	}
	f.query = jsonata.Env{
		Lookup: f.lookup, Now: func() time.Time { return time.UnixMilli(f.x.now).UTC() },
		Random: func() float64 { return float64(random()>>11) / (1 << 53) }, UUID: uuid, Work: f.workOnExpression,
	}
	return f
}}

// releaseFrames gives the frames of the turn back, which nobody may hold any more.
func (x *Exec) releaseFrames() {
	for i, f := range x.frames {
		*f = frame{path: f.path, query: f.query}
		f.path.Input, f.path.Context = value.Value{}, value.Value{}
		frames.Put(f)
		x.frames[i] = nil
	}
	x.frames = x.frames[:0]
}

// mapItem is what $$.Map.Item shows.
type mapItem struct {
	index int
	value value.Value
	key   string // of an item that is a member of an object
	keyed bool
	// source is where an ItemReader found it, "" for what came from the state's own data.
	source string
}

// input is what an iteration gets that no ItemSelector says anything else for.
func (i *mapItem) input() value.Value {
	if !i.keyed {
		return i.value
	}
	return value.NewObject([]value.Member{
		{Key: "Key", Value: value.FromString(i.key)}, {Key: "Value", Value: i.value},
	})
}

// language computes the fields of a state in one of the two query languages. No other part of the interpreter
// asks which language is in force.
type language interface {
	// input is the effective input of the state.
	input(f *frame) (value.Value, *failure)
	// arguments is what the work of the state gets: its Parameters or Arguments, else the input.
	arguments(f *frame) (value.Value, *failure)
	// output turns the result of the work into the output of the state and the variables it assigns.
	output(f *frame, result value.Value) (value.Value, []value.Member, *failure)
	// caught is output for a state left through c.
	caught(f *frame, c *asl.Catcher, errorOutput value.Value) (value.Value, []value.Member, *failure)
	// choose returns the rule that holds, nil when none does.
	choose(f *frame) (*asl.Rule, *failure)
	// chosen is output for a Choice state left through rule; nil: through Default.
	chosen(f *frame, rule *asl.Rule) (value.Value, []value.Member, *failure)
	// items is what a Map iterates over: see iterable.
	items(f *frame) (value.Value, *failure)
	// template computes t, which stands in the named field, from the effective input.
	template(f *frame, t *asl.Template, field string) (value.Value, *failure)
	// integer, number and text compute a field that must hold such a value.
	integer(f *frame, field asl.Field) (int64, *failure)
	number(f *frame, field asl.Field) (float64, *failure)
	text(f *frame, field asl.Field) (string, *failure)
	// outOfRange is the failure of a field whose value the state cannot work with.
	outOfRange(f *frame, field asl.Field, format string, a ...any) *failure
	// until is when a Wait state ends, in Unix milliseconds.
	until(f *frame, w *asl.WaitFields) (int64, *failure)
}

var languages = map[asl.Language]language{asl.JSONPath: jsonPath{}, asl.JSONata: jsonataLang{}}

// newFrame returns the frame of t at its present state, before the input is computed.
func (x *Exec) newFrame(t *Thread) *frame {
	f := frames.Get().(*frame)
	f.x, f.t, f.s, f.lang = x, t, t.state, languages[t.state.Language]
	f.path.MaxRange = int(x.limits.RangeElements)
	x.frames = append(x.frames, f)
	return f
}

// reframe returns the frame of t at its present state, effective input included. It computed before, so it
// computes again; should it not, the failure is the state's.
func (x *Exec) reframe(t *Thread) (*frame, *failure) {
	f := x.newFrame(t)
	in, fail := f.lang.input(f)
	f.in = in
	return f, fail
}

// failure is why a state failed.
type failure struct {
	name, cause *string // nil: it has none
	// fatal failures can neither be retried nor caught: they end the execution where they happen.
	fatal bool
	// heartbeat marks a States.Timeout that was the loss of a heartbeat.
	heartbeat bool
	// location and evaluation are those of an EvaluationFailed event, which goes before the failure.
	evaluation bool
	location   string
}

// newFailure returns a failure that Retry and Catch may deal with.
func newFailure(name, cause string) *failure { return &failure{name: &name, cause: &cause} }

// runtimeError is what AWS reports as States.Runtime. When the state has done all the work it may, that is the cause.
func (f *frame) runtimeError(format string, a ...any) *failure {
	if f.exhausted() {
		format, a = exhaustedCause, nil
	}
	fail := newFailure("States.Runtime", f.where()+fmt.Sprintf(format, a...))
	fail.fatal = true
	return fail
}

// where begins the cause of every failure that the interpreter itself makes.
// TestState alone shows the cause without it.
func (f *frame) where() string {
	if f.x.test != nil {
		return ""
	}
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ", f.s.Name, f.t.entered)
}

// overPayload reports whether v is larger than a payload may be. It does not print what is not.
func (x *Exec) overPayload(v value.Value) bool {
	most := int(x.limits.PayloadBytes)
	if v.SizeWithin(most) <= most {
		return false
	}
	x.d.Hit = "payload-bytes"
	return true
}

// tooLarge is the failure of a result or an output over a limit; what names the state or the task.
func tooLarge(what string) *failure {
	return newFailure("States.DataLimitExceeded",
		"The state/task '"+what+"' returned a result with a size exceeding the maximum number of bytes service limit.")
}

// tooManyEvents is the failure of an execution whose history is full.
func (x *Exec) tooManyEvents() *failure {
	x.d.Hit = "events"
	return newFailure("States.Runtime", fmt.Sprintf("The execution reached the maximum number of history events (%d).", x.lastEventAllowed()))
}

func (fail *failure) write(ev *history.Event) { ev.Error, ev.Cause = fail.name, fail.cause }

// output is what a catcher's ResultPath puts into the input.
func (fail *failure) output() value.Value {
	return value.NewObject([]value.Member{
		{Key: "Error", Value: textOrNull(fail.name)},
		{Key: "Cause", Value: fail.causeOutput()},
	})
}

// causeOutput is null when neither error nor cause is known, and "" when only the cause is not.
func (fail *failure) causeOutput() value.Value {
	if fail.cause == nil && fail.name != nil {
		return value.FromString("")
	}
	return textOrNull(fail.cause)
}

func textOrNull(s *string) value.Value {
	if s == nil {
		return value.NullValue
	}
	return value.FromString(*s)
}
