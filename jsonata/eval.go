package jsonata

import (
	"math"
	"sync"
	"time"

	"github.com/statelark/statelark/value"
)

// evaluator is what an evaluation works with: the state of the one under way, and what is kept for the next.
type evaluator struct {
	evaluation

	slabs  slabs    // containers under construction
	args   []val    // the arguments of the calls under way, innermost last
	calls  []*call  // call records to use again
	frames []*frame // scopes to use again
	text   []byte   // where the result is printed
}

// evaluation is the state of one evaluation.
type evaluation struct {
	expr    *Expr
	env     Env // a copy, so that the caller's need not move to the heap
	dialect Dialect

	depth, maxDepth int
	steps, maxSteps int
	nextPoll        int // the step at which to poll
	told            int // the steps in the units of work that Env.Work knows of
	maxMemory       int

	held    holding // what is held now
	maxHeld int     // in bytes

	input value.Value // what the expression is evaluated on
	root  frame

	lone     bool      // the result holds a surrogate that stands alone
	now      time.Time // read on first use
	hasNow   bool
	pictures map[string]*datePicture // date pictures seen in this evaluation
}

// evaluators are kept for the next evaluation, so that a small expression allocates next to nothing.
var evaluators = sync.Pool{New: func() any { return &evaluator{} }}

func newEvaluator(e *Expr, env *Env) *evaluator {
	ev := evaluators.Get().(*evaluator)
	ev.expr, ev.dialect = e, e.dialect
	if env != nil {
		ev.env = *env
	}
	l := &ev.env.Limits
	ev.maxDepth, ev.maxMemory, ev.maxHeld = 500, 1<<27, 1<<30
	if e.dialect == AWS {
		ev.maxDepth, ev.maxMemory, ev.maxHeld = awsDepth, awsMemory, awsHeld
	}
	if l.Depth > 0 {
		ev.maxDepth = l.Depth
	}
	if l.Memory > 0 {
		ev.maxMemory = l.Memory
	}
	ev.maxSteps = math.MaxInt - UnitSteps
	if l.Steps > 0 {
		ev.maxSteps = l.Steps
	}
	ev.nextPoll = min(UnitSteps, ev.maxSteps)
	return ev
}

// maxKept bounds how many records of each kind an evaluator keeps for the next evaluation.
const maxKept = 16

// maxKeptText bounds the room for printing, in bytes, that an evaluator keeps.
const maxKeptText = 64 << 10

// release clears the evaluator, so that it holds on to nothing, and hands it back.
func (ev *evaluator) release() {
	ev.evaluation = evaluation{}
	ev.slabs.reset()
	if cap(ev.args) > maxKept {
		ev.args = nil
	}
	clear(ev.args[:cap(ev.args)])
	ev.args = ev.args[:0]
	if len(ev.calls) > maxKept {
		ev.calls = nil
	}
	for _, c := range ev.calls {
		*c = call{ev: ev}
	}
	if len(ev.frames) > maxKept {
		ev.frames = nil
	}
	for _, f := range ev.frames {
		*f = frame{}
		f.vars = f.first[:0]
	}
	if cap(ev.text) > maxKeptText {
		ev.text = nil
	}
	evaluators.Put(ev)
}

// run evaluates the whole expression. An array given as input is wrapped, so that the first step sees it as
// one item.
func (ev *evaluator) run(input value.Value) (val, *Error) {
	ev.input = input
	in := fromValue(&ev.input, ev.dialect)
	ev.root.vars = append(ev.root.first[:0], member{"$", in})
	if in.tag == tagArray {
		wrapped := newSequence(in)
		wrapped.outer = true
		in = arrayVal(wrapped)
	}
	return ev.eval(ev.expr.root, in, &ev.root)
}

// lookup finds a variable: in the scopes, then in the bindings the caller gave.
func (ev *evaluator) lookup(name string, env *frame) val {
	if v, ok := env.lookup(name); ok {
		return v
	}
	return ev.binding(name)
}

// binding returns the value that the caller gave a variable.
func (ev *evaluator) binding(name string) val {
	if v, ok := ev.env.binding(name); ok {
		return fromCopy(v, ev.dialect)
	}
	return undefined
}

func (env *Env) binding(name string) (value.Value, bool) {
	if v, ok := env.Bindings[name]; ok {
		return v, true
	}
	if env.Lookup != nil {
		return env.Lookup(name)
	}
	return value.Value{}, false
}

// spend counts n steps of work. Work whose amount is known is counted before it is done. Where there is no error
// to return, steps are added to ev.steps, and the next spend tells of them.
func (ev *evaluator) spend(n int) *Error {
	if ev.steps += n; ev.steps < ev.nextPoll {
		return nil
	}
	return ev.poll()
}

// poll applies the limit on steps, tells of each unit of work that nobody was told of, and sets the step at which
// to do so again.
func (ev *evaluator) poll() *Error {
	if ev.steps > ev.maxSteps {
		return ev.dialect.failTimeout()
	}
	units := (ev.steps - ev.told) / UnitSteps
	if work := ev.env.Work; work != nil {
		for range units {
			if !work() {
				return ev.dialect.failTimeout()
			}
		}
	}
	ev.told += units * UnitSteps
	ev.nextPoll = min(ev.told+UnitSteps, ev.maxSteps+1)
	return nil
}

// measured is result, which is work as well. It tells of the last unit of work, if at least half of it was done.
func (ev *evaluator) measured(v val) (value.Value, *Error) {
	if err := ev.spend(sizeOf(v) / bytesMade); err != nil {
		return value.Value{}, err
	}
	var made value.Value
	if v.defined() && v.tag != tagFunction {
		made = ev.result(v)
	}
	ev.told -= UnitSteps / 2
	return made, ev.poll()
}

// affords tells of the work of a whole evaluation of that many steps. It reports whether that may be done.
func (env *Env) affords(steps int) bool {
	if env == nil || env.Work == nil {
		return true
	}
	for range (steps + UnitSteps/2) / UnitSteps {
		if !env.Work() {
			return false
		}
	}
	return true
}

// The number of bytes or elements that one step stands for.
const (
	bytesCopied = 256 // of strings that are copied or compared
	bytesRead   = 32  // of strings that are gone through
	bytesMade   = 8   // of JSON text
	elements    = 2   // of arrays and objects that are gone through or copied
	compared    = 4   // elements that are compared with one another
)

// weight is what it costs, in steps, to go through a string or an array.
func (v *val) weight(d Dialect) int {
	switch v.tag {
	case tagString:
		return int(v.num) / bytesRead
	case tagArray:
		if a := v.built(); a != nil {
			return a.len() / elements
		}
		l := v.list(d)
		return l.len() / elements
	}
	return 0
}

// eval evaluates n with input as the context value, and applies what is written after n.
func (ev *evaluator) eval(n *node, input val, env *frame) (val, *Error) {
	if ev.depth++; ev.depth > ev.maxDepth {
		return undefined, ev.failDepth()
	}
	if ev.steps++; ev.steps >= ev.nextPoll {
		if err := ev.poll(); err != nil {
			return undefined, err
		}
	}
	if n.literal {
		ev.depth--
		return n.lit, nil
	}
	if n.member != "" && input.tag == tagObject && ev.depth < ev.maxDepth {
		v := memberOf(input.ref, n.member, ev.dialect)
		if v.isShort(ev.maxMemory) || v.isSource() {
			ev.depth--
			return v, nil
		}
	}
	var result val
	var err *Error
	before := ev.held.values
	switch {
	case n.plain:
		result, err = ev.plainPath(n, input, env)
	case n.kind == kindBinary:
		result, err = ev.binary(n, input, env)
	default:
		result, err = ev.node(n, input, env)
	}
	if err != nil {
		return undefined, err
	}
	if n.predicates != nil || n.group != nil {
		if result, err = ev.trailing(n, result, env); err != nil {
			return undefined, err
		}
	}
	ev.depth--
	ev.held.values = before
	if result.tag < tagString {
		return result, nil
	}
	if err := ev.hold(result); err != nil {
		return undefined, err
	}
	if result.isShort(ev.maxMemory) {
		return result, nil
	}
	return ev.settle(result, n.keepArray)
}

// trailing applies the predicates and the grouping after n to its value.
func (ev *evaluator) trailing(n *node, v val, env *frame) (val, *Error) {
	var err *Error
	for i := range n.predicates {
		if v, err = ev.filter(n.predicates[i].filter, v, env); err != nil {
			return undefined, err
		}
	}
	if n.group != nil && n.kind != kindPath {
		return ev.group(n.group.pairs, n.group.pos, v, env)
	}
	return v, nil
}

// settle applies the sequence rules to a value that leaves an expression, and the limits on its size.
func (ev *evaluator) settle(v val, keepArray bool) (val, *Error) {
	if err := ev.admit(v); err != nil {
		return undefined, err
	}
	if a := v.built(); a != nil && a.sequence && !a.tuples {
		a.keepSingleton = a.keepSingleton || keepArray
		return a.collapse(), nil
	}
	return v, nil
}

// admit applies the limits on the size and the nesting of a value.
func (ev *evaluator) admit(v val) *Error {
	size, depth := len(v.text()), 0
	switch c := v.ref.(type) {
	case *array:
		size, depth = c.size, c.depth
	case *object:
		size, depth = c.size, c.depth
	}
	if size > ev.maxMemory || depth > maxDepth {
		return ev.failMemory()
	}
	return nil
}

// collapse turns an empty sequence into nothing and a singleton into its element.
func (a *array) collapse() val {
	switch n := a.len(); {
	case n == 0:
		return undefined
	case n == 1 && !a.keepSingleton:
		l := list{elems: a.elems, ints: a.ints}
		return l.at(0)
	}
	return arrayVal(a)
}

// node evaluates n itself, other than a plain path or a binary operation.
func (ev *evaluator) node(n *node, input val, env *frame) (val, *Error) {
	switch n.kind {
	case kindPath:
		return ev.path(n, input, env)
	case kindName:
		return ev.name(input, n.text), nil
	case kindString, kindNumber, kindValue:
		return n.lit, nil
	case kindVariable:
		return ev.variable(n, input, env), nil
	case kindNegate:
		return ev.negate(n, input, env)
	case kindArray:
		return ev.array(n, input, env)
	case kindObject:
		if n.fields != nil && input.tag != tagArray {
			return ev.fields(n.fields, input, env)
		}
		return ev.group(n.pairs, n.pos, input, env)
	case kindWildcard:
		return ev.wildcard(input), nil
	case kindDescendant:
		return ev.descendants(input)
	case kindParent:
		v, _ := env.lookup(n.slot.label)
		return v, nil
	case kindCondition:
		return ev.condition(n, input, env)
	case kindBlock:
		return ev.block(n, input, env)
	case kindBind:
		v, err := ev.eval(n.rhs, input, env)
		if err == nil {
			env.bind(n.lhs.text, v)
			ev.held.variables += bytesOf(v)
		}
		return v, err
	case kindRegex:
		return functionVal(n.regex.function(n.pos)), nil
	case kindFunction:
		return ev.call(n, input, env, nil)
	case kindPartial:
		return ev.partial(n, input, env)
	case kindLambda, kindThunk:
		return functionVal(&function{node: n, input: input, env: env, arity: len(n.list)}), nil
	case kindApply:
		return ev.apply(n, input, env)
	case kindTransform:
		return functionVal(ev.transformer(n, env)), nil
	}
	return undefined, nil
}

func (ev *evaluator) variable(n *node, input val, env *frame) val {
	if n.text == "" {
		if input.isOuterWrapper() {
			return input.built().elems[0]
		}
		return input
	}
	v, bound := env.lookup(n.text)
	if !bound {
		v = ev.binding(n.text)
		if !v.defined() && n.builtin != nil {
			return functionVal(n.builtin)
		}
	}
	return v
}

func (ev *evaluator) negate(n *node, input val, env *frame) (val, *Error) {
	v, err := ev.eval(n.lhs, input, env)
	if err != nil || !v.defined() {
		return undefined, err
	}
	numeric, err := v.isNumeric()
	if err != nil {
		return undefined, err
	}
	if !numeric {
		e := failValue("D1002", v).at(n.pos)
		return undefined, e.named(n.text)
	}
	return numberVal(-v.num), nil
}

// isNumeric reports whether v is a number other than NaN; infinity is an error.
func (v val) isNumeric() (bool, *Error) {
	if v.tag != tagNumber {
		return false, nil
	}
	if math.IsInf(v.num, 0) {
		return false, failValue("D1001", v)
	}
	return !math.IsNaN(v.num), nil
}

// array evaluates an array constructor. Elements that are arrays are spliced in, unless they are written as
// array constructors themselves.
func (ev *evaluator) array(n *node, input val, env *frame) (val, *Error) {
	result := &array{cons: n.consArray, elems: make([]val, 0, len(n.list))}
	before := ev.held.values
	for _, item := range n.list {
		ev.held.values = before + result.bytes
		v, err := ev.eval(item, input, env)
		if err != nil {
			return undefined, err
		}
		switch {
		case !v.defined():
		case v.tag != tagArray || item.kind == kindArray:
			result.push(v)
		case len(n.list) == 1:
			ev.steps += v.weight(ev.dialect)
			result.alias(v)
		default:
			l := v.list(ev.dialect)
			ev.steps += l.len() / elements
			result.pushAll(l)
		}
	}
	return arrayVal(result), nil
}

// alias makes a hold the elements of v without copying them, where they are at hand.
func (a *array) alias(v val) {
	if b := v.built(); b != nil {
		a.elems, a.ints, a.size, a.bytes = b.elems[:len(b.elems):len(b.elems)], b.ints, b.size, b.bytes
		return
	}
	a.pushAll(v.list(Reference))
}

func (ev *evaluator) condition(n *node, input val, env *frame) (val, *Error) {
	c, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return undefined, err
	}
	truth, err := ev.truth(c)
	switch {
	case err != nil:
		return undefined, err
	case truth:
		return ev.eval(n.rhs, input, env)
	case n.alt != nil:
		return ev.eval(n.alt, input, env)
	}
	return undefined, nil
}

func (ev *evaluator) block(n *node, input val, env *frame) (val, *Error) {
	if n.scope {
		env = newFrame(env)
	}
	result := undefined
	var err *Error
	before := ev.held
	for _, s := range n.list {
		ev.held.values = before.values
		if result, err = ev.eval(s, input, env); err != nil {
			return undefined, err
		}
	}
	if n.scope {
		ev.leaveScope(n, before.variables, result)
	}
	return result, nil
}

// truth casts v to a boolean as $boolean does, undefined counting as false.
func (ev *evaluator) truth(v val) (bool, *Error) {
	switch v.tag {
	case tagBool:
		return v.num != 0, nil
	case tagString:
		return v.text() != "", nil
	case tagNumber:
		numeric, err := v.isNumeric()
		return numeric && v.num != 0, err
	case tagObject:
		return !v.isEmptyObject(), nil
	case tagArray:
		l := v.list(ev.dialect)
		ev.steps += l.len() / compared
		some := false
		for i := range l.len() {
			t, err := ev.truth(l.at(i))
			if err != nil {
				return false, err
			}
			some = some || t
		}
		return some, nil
	case tagFunction:
		return !v.function().host, nil
	}
	return false, nil
}

func (v val) isEmptyObject() bool {
	switch o := v.ref.(type) {
	case *object:
		return len(o.members) == 0
	case *value.Value:
		return o.Len() == 0
	}
	return false
}
