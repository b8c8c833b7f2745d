package jsonata

import (
	"slices"

	"github.com/statelark/statelark/value"
)

// A path is evaluated step by step. Each step is applied to every item that the step before it gave, and the
// results are joined into one sequence, arrays among them being spliced in. Steps that bind variables (@, #)
// or whose input a % asks for work on tuples instead: objects that hold the item under "@" and each binding
// under its name.

// itemKey is the name under which a tuple holds its item.
const itemKey = "@"

// name looks a name up in the context value.
func (ev *evaluator) name(input val, key string) val {
	switch input.tag {
	case tagObject:
		return input.get(key, ev.dialect)
	case tagArray:
		found := newSequence()
		ev.collect(found, input, key)
		return arrayVal(found)
	}
	return undefined
}

// collect appends what the items of an array hold under key.
func (ev *evaluator) collect(found *array, input val, key string) {
	l := input.list(ev.dialect)
	ev.steps += l.len()
	for i := range l.len() {
		switch item := l.at(i); item.tag {
		case tagObject:
			v := item.get(key, ev.dialect)
			if v.tag == tagArray {
				ev.steps += v.weight(ev.dialect)
				found.pushAll(v.list(ev.dialect))
			} else if v.defined() {
				found.push(v)
			}
		case tagArray:
			ev.collect(found, item, key)
		}
	}
}

// path evaluates a path. As long as there is one item, which is the common case, no sequence is built.
func (ev *evaluator) path(n *node, input val, env *frame) (val, *Error) {
	if first := n.list[0]; input.tag == tagArray && first.kind != kindVariable || first.consArray {
		var items list
		if input.tag == tagArray && first.kind != kindVariable {
			items = input.list(ev.dialect)
		} else {
			items = list{elems: []val{input}}
		}
		return ev.walk(n, 0, input, items, env)
	}
	v := input
	for i, step := range n.list {
		if step.tuple || step.kind == kindSort {
			return ev.walk(n, i, input, list{elems: []val{v}}, env)
		}
		r, err := ev.stepValue(step, v, env)
		if err != nil {
			return undefined, err
		}
		if r.tag == tagArray || !r.defined() {
			out := joiner{ev: ev, mode: n.mode(i)}
			if r.defined() {
				out.add(r)
			}
			joined := out.result()
			items := joined.list(ev.dialect)
			if i == len(n.list)-1 || items.len() == 0 {
				return ev.finishPath(n, joined, nil, false, env)
			}
			return ev.walk(n, i+1, input, items, env)
		}
		v = r
	}
	if !n.keepSingleton && n.group == nil && !n.keepArray {
		return v, nil
	}
	return ev.finishPath(n, arrayVal(newSequence(v)), nil, false, env)
}

// stepValue applies one step to one item.
func (ev *evaluator) stepValue(n *node, item val, env *frame) (val, *Error) {
	v, err := ev.eval(n, item, env)
	for s := 0; s < len(n.stages) && err == nil; s++ {
		v, err = ev.filter(n.stages[s].filter, v, env)
	}
	return v, err
}

// pathWalk is a path on its way through its steps.
type pathWalk struct {
	n         *node
	input     val
	env       *frame
	items     list // what the next step is applied to
	result    val
	tuples    *array // nil before the first step that works on tuples
	streaming bool   // such a step was met
}

// walk applies the steps of a path to items, beginning with number from.
func (ev *evaluator) walk(n *node, from int, input val, items list, env *frame) (val, *Error) {
	w := pathWalk{n: n, input: input, env: env, items: items}
	for i, more := from, true; more && i < len(n.list); i++ {
		var err *Error
		if more, err = ev.take(&w, i); err != nil {
			return undefined, err
		}
	}
	if w.streaming {
		if w.tuples == nil {
			w.tuples = newTuples()
		}
		w.result = arrayVal(w.tuples)
		if !n.tuple {
			w.result = untuple(w.tuples)
		}
	}
	return ev.finishPath(n, w.result, w.tuples, w.streaming, env)
}

// take applies step i. It returns false where nothing is left that a further step could be applied to.
func (ev *evaluator) take(w *pathWalk, i int) (more bool, err *Error) {
	step := w.n.list[i]
	w.streaming = w.streaming || step.tuple
	constructor := i == 0 && step.consArray
	switch {
	case constructor:
		w.result, err = ev.eval(step, asArray(w.input, w.n), w.env)
	case w.streaming:
		w.tuples, err = ev.tupleStep(step, &w.items, w.tuples, w.env)
		return true, err
	default:
		w.result, err = ev.step(step, &w.items, w.env, w.n.mode(i))
	}
	if err != nil || !w.result.defined() {
		return false, err
	}
	switch {
	case constructor && step.focus != "":
		return true, nil // the next step sees the input
	case constructor:
		w.items = constructed(&w.result, w.n.list[1:], ev.dialect)
	default:
		w.items = w.result.items(ev.dialect)
	}
	return w.items.len() > 0, nil
}

// constructed returns the items that the next step of a path finds in what the array constructor before it gave.
// A predicate may have made that a value of another kind: the reference, which only asks for its length, then finds
// the characters of a string and nothing in anything else.
func constructed(v *val, next []*node, d Dialect) list {
	switch {
	case v.tag == tagArray || !slices.ContainsFunc(next, func(s *node) bool { return s.kind != kindSort || s.tuple }):
		return v.items(d) // putting one item in order leaves it as it is
	case v.tag != tagString:
		*v = undefined
		return list{}
	}
	var chars list
	for _, u := range toUnits(v.text()) {
		chars.elems = append(chars.elems, stringVal(fromUnits([]rune{u})))
	}
	return chars
}

// joinMode says what becomes of the results of a step.
type joinMode uint8

const (
	joinAll  joinMode = iota // always one sequence
	joinLast                 // of the last step: an array alone, which is no sequence, stays as it is
	joinNext                 // only looked through by the next step: an array alone need not be copied
)

// mode says how the results of step i of a path are joined.
func (n *node) mode(i int) joinMode {
	if i == len(n.list)-1 {
		return joinLast
	}
	if next := n.list[i+1]; next.kind == kindSort || next.tuple {
		return joinAll
	}
	return joinNext
}

// asArray gives the input of a path that starts with an array constructor the form the constructor sees: the
// array itself, or a sequence of the one item.
func asArray(input val, n *node) val {
	if input.tag == tagArray && n.list[0].kind != kindVariable {
		return input
	}
	return arrayVal(newSequence(input))
}

// untuple returns the sequence of the items of tuples.
func untuple(tuples *array) val {
	out := newSequence()
	for _, t := range tuples.elems {
		out.push(t.ref.(*object).get(itemKey))
	}
	return arrayVal(out)
}

// finishPath applies the [] and the grouping of a path to its result.
func (ev *evaluator) finishPath(n *node, result val, tuples *array, streaming bool, env *frame) (val, *Error) {
	if n.keepSingleton {
		if result.isCons() && !result.isSequence() {
			result = arrayVal(newSequence(result))
		}
		if a := result.built(); a != nil {
			a.keepSingleton = true
		}
	}
	if n.group == nil {
		return result, nil
	}
	if streaming {
		result = arrayVal(tuples)
	}
	return ev.group(n.group.pairs, n.group.pos, result, env)
}

// step applies one step to every item.
func (ev *evaluator) step(n *node, items *list, env *frame, mode joinMode) (val, *Error) {
	if n.kind == kindSort {
		sorted, err := ev.sort(n, listVal(*items), env)
		if err == nil && n.stages != nil {
			sorted, err = ev.stages(n.stages, sorted, env)
		}
		return sorted, err
	}
	count := items.len()
	out := joiner{ev: ev, mode: mode, room: count}
	for i := range count {
		v, err := ev.stepValue(n, items.at(i), env)
		if err != nil {
			return undefined, err
		}
		if v.defined() {
			out.add(v)
		}
		if out.seq != nil && out.seq.size > ev.maxMemory {
			return undefined, ev.failMemory()
		}
	}
	return out.result(), nil
}

// listVal returns the array that l views, as a sequence.
func listVal(l list) val {
	if l.source != nil {
		return arrayVal(newSequence(l.all()...))
	}
	return arrayVal(&array{elems: l.elems, ints: l.ints, sequence: true})
}

// joiner joins the results of a step. The first result is held back, because it may be the only one.
type joiner struct {
	ev    *evaluator
	mode  joinMode
	room  int // the number of items that the step is applied to
	count int
	first val
	seq   *array // nil while there is one result at most
}

func (j *joiner) add(v val) {
	if j.seq != nil && v.tag != tagArray {
		j.seq.push(v)
		return
	}
	if j.count++; j.count == 1 {
		j.first = v
		return
	}
	if j.count == 2 {
		j.seq = j.ev.slabs.sequence(j.room)
		j.splice(j.first)
	}
	j.splice(v)
}

func (j *joiner) splice(v val) {
	if v.tag != tagArray || v.isCons() {
		j.seq.push(v)
	} else {
		l := v.list(j.ev.dialect)
		j.ev.steps += l.len() / elements
		j.seq.pushAll(l)
	}
}

func (j *joiner) result() val {
	if j.seq != nil {
		return arrayVal(j.seq)
	}
	if j.count == 1 && j.first.tag == tagArray {
		if j.mode == joinLast && !j.first.isSequence() {
			return j.first
		}
		if l := j.first.list(j.ev.dialect); j.mode == joinNext && !j.first.isCons() && l.len() > 0 {
			return j.first
		}
	}
	j.seq = j.ev.slabs.sequence(j.count)
	if j.count == 1 {
		j.splice(j.first)
	}
	return arrayVal(j.seq)
}

// plainPath evaluates a path of names without building sequences that hold one item.
func (ev *evaluator) plainPath(n *node, input val, env *frame) (val, *Error) {
	if ev.depth+1 > ev.maxDepth {
		ev.depth++
		return undefined, ev.failDepth()
	}
	ev.steps += len(n.list)
	steps := n.list
	v := input
	if steps[0].kind == kindVariable {
		v = ev.variable(steps[0], input, env)
		steps = steps[1:]
	} else if v.tag == tagArray {
		return ev.plainSteps(steps, v.list(ev.dialect))
	}
	for i, step := range steps {
		if v.tag != tagObject {
			if v.tag == tagArray {
				return ev.spread(steps[i:], v)
			}
			return undefined, nil
		}
		v = memberOf(v.ref, step.text, ev.dialect)
	}
	if v.isSequence() {
		return ev.spread(nil, v)
	}
	return v, nil
}

// spread goes on with the elements of an array, or with the array itself where it counts as one item.
func (ev *evaluator) spread(steps []*node, v val) (val, *Error) {
	if v.isCons() {
		return ev.plainSteps(steps, list{elems: []val{v}})
	}
	return ev.plainSteps(steps, v.list(ev.dialect))
}

// plainSteps goes down names from many items.
func (ev *evaluator) plainSteps(steps []*node, items list) (val, *Error) {
	if len(steps) == 0 {
		ev.steps += items.len() / elements
		out := newSequence()
		out.pushAll(items)
		return arrayVal(out), nil
	}
	for i, step := range steps {
		n := items.len()
		if n == 0 {
			return undefined, nil
		}
		ev.steps += n
		mode := joinNext
		if i == len(steps)-1 {
			mode = joinLast
		}
		out := joiner{ev: ev, mode: mode, room: n}
		for k := range n {
			if v := ev.member(&items, k, step.text); v.defined() {
				out.add(v)
			}
		}
		result := out.result()
		if mode == joinLast {
			return result, nil
		}
		items = result.list(ev.dialect)
	}
	return undefined, nil
}

// member returns what item k of l holds under key; for an item that is an array, what its elements hold, by
// the sequence rules.
func (ev *evaluator) member(l *list, k int, key string) val {
	if l.source != nil {
		item := &l.source[k]
		if item.Kind() == value.Object {
			return sourceMember(item, key, ev.dialect)
		}
	}
	item := l.at(k)
	if item.tag == tagObject {
		return item.get(key, ev.dialect)
	}
	found := ev.name(item, key)
	if a := found.built(); a != nil && a.sequence {
		return a.collapse()
	}
	return found
}

// wildcard returns the values of an object, arrays among them flattened; of an array, its elements likewise.
func (ev *evaluator) wildcard(input val) val {
	out := newSequence()
	if input.isOuterWrapper() && input.built().len() > 0 {
		input = input.built().elems[0]
	}
	flat := false
	add := func(v val) {
		if v.tag == tagArray {
			ev.flatten(out, v)
			flat = true
		} else {
			out.push(v)
		}
	}
	switch input.tag {
	case tagObject:
		members := input.members(ev.dialect)
		ev.steps += len(members) / elements
		for _, m := range members {
			add(m.val)
		}
	case tagArray:
		l := input.list(ev.dialect)
		ev.steps += l.len() / elements
		for i := range l.len() {
			add(l.at(i))
		}
	}
	out.sequence = !flat
	return arrayVal(out)
}

// flatten appends the elements of v and of the arrays inside it.
func (ev *evaluator) flatten(out *array, v val) {
	if v.tag != tagArray {
		out.push(v)
		return
	}
	l := v.list(ev.dialect)
	ev.steps += l.len() / elements
	for i := range l.len() {
		ev.flatten(out, l.at(i))
	}
}

// descendants returns the input and everything below it, arrays standing for their elements.
func (ev *evaluator) descendants(input val) (val, *Error) {
	if !input.defined() {
		return undefined, nil
	}
	out := newSequence()
	if err := ev.descend(out, input); err != nil {
		return undefined, err
	}
	if out.len() == 1 {
		return out.elems[0], nil
	}
	return arrayVal(out), nil
}

func (ev *evaluator) descend(out *array, v val) *Error {
	if err := ev.spend(1); err != nil {
		return err
	}
	switch v.tag {
	case tagArray:
		l := v.list(ev.dialect)
		for i := range l.len() {
			if err := ev.descend(out, l.at(i)); err != nil {
				return err
			}
		}
		return nil
	case tagObject:
		out.push(v)
		for _, m := range v.members(ev.dialect) {
			if err := ev.descend(out, m.val); err != nil {
				return err
			}
		}
		return nil
	}
	out.push(v)
	return nil
}

// filter applies a predicate: a number picks the item at that place, a list of numbers the items at those
// places, and anything else the items for which it is true.
func (ev *evaluator) filter(predicate *node, input val, env *frame) (val, *Error) {
	results := ev.slabs.sequence(0)
	results.tuples = input.isTupleStream()
	items := input.items(ev.dialect)
	n := items.len()
	if predicate.kind == kindNumber {
		i := floorIndex(predicate.lit.num, n)
		if i < 0 || i >= n {
			return arrayVal(results), nil
		}
		item := items.at(i)
		if item.tag == tagArray {
			return item, nil
		}
		if item.defined() {
			results.push(item)
		}
		return arrayVal(results), nil
	}
	for i := range n {
		item := items.at(i)
		context, scope := item, env
		if results.tuples {
			context, scope = item.get(itemKey, ev.dialect), tupleFrame(env, item)
		}
		v, err := ev.eval(predicate, context, scope)
		if err != nil {
			return undefined, err
		}
		count, err := ev.selects(v, i, n)
		if err != nil {
			return undefined, err
		}
		for range count {
			if results.elems == nil {
				results.elems = ev.slabs.vals.take(min(n-i, minChunk))[:0]
			}
			results.push(item)
		}
	}
	return arrayVal(results), nil
}

// floorIndex turns a number into a place among n items, negative numbers counting from the end. A number
// that is no place gives -1.
func floorIndex(f float64, n int) int {
	i := floorInt(f)
	if i < 0 {
		i += n
	}
	return max(i, -1)
}

// selects says how often the result v of a predicate selects item i of n.
func (ev *evaluator) selects(v val, i, n int) (int, *Error) {
	numeric, err := v.isNumeric()
	if err != nil {
		return 0, err
	}
	if numeric {
		if floorIndex(v.num, n) == i {
			return 1, nil
		}
		return 0, nil
	}
	if v.tag == tagArray {
		l := v.list(ev.dialect)
		ev.steps += l.len() / compared
		count, numbers := 0, true
		for k := range l.len() {
			e := l.at(k)
			numeric, err := e.isNumeric()
			if err != nil {
				return 0, err
			}
			if numbers = numbers && numeric; numbers && floorIndex(e.num, n) == i {
				count++
			}
		}
		if numbers {
			return count, nil
		}
	}
	truth, err := ev.truth(v)
	if truth {
		return 1, err
	}
	return 0, err
}

// stages applies the filters and index bindings after a step that works on tuples.
func (ev *evaluator) stages(stages []stage, input val, env *frame) (val, *Error) {
	var err *Error
	for _, s := range stages {
		if s.filter != nil {
			if input, err = ev.filter(s.filter, input, env); err != nil {
				return undefined, err
			}
			continue
		}
		items := input.items(ev.dialect)
		ev.steps += items.len() / elements
		for i := range items.len() {
			item := items.at(i)
			if tuple, ok := item.ref.(*object); ok {
				tuple.set(s.index, numberVal(float64(i)))
			}
		}
	}
	return input, nil
}

// tupleStep applies one step to every tuple; tuples is nil before the first such step.
func (ev *evaluator) tupleStep(n *node, items *list, tuples *array, env *frame) (*array, *Error) {
	var result *array
	var err *Error
	if n.kind == kindSort {
		result, err = ev.tupleSort(n, items, tuples, env)
	} else {
		result, err = ev.mapTuples(n, items, tuples, env)
	}
	if err != nil || n.stages == nil {
		return result, err
	}
	v, err := ev.stages(n.stages, arrayVal(result), env)
	if err != nil {
		return nil, err
	}
	if a := v.built(); a != nil {
		return a, nil
	}
	return newSequence(), nil
}

func newTuples() *array { return &array{sequence: true, tuples: true} }

func newTuple(item val) *object { return &object{members: []member{{itemKey, item}}} }

func (ev *evaluator) tupleSort(n *node, items *list, tuples *array, env *frame) (*array, *Error) {
	if tuples != nil {
		sorted, err := ev.sort(n, arrayVal(tuples), env)
		return sorted.built(), err
	}
	sorted, err := ev.sort(n, listVal(*items), env)
	if err != nil {
		return nil, err
	}
	result := newTuples()
	l := sorted.list(ev.dialect)
	if err := ev.spend(l.len()); err != nil {
		return nil, err
	}
	for i := range l.len() {
		t := newTuple(l.at(i))
		t.set(n.index, numberVal(float64(i)))
		result.push(objectVal(t))
	}
	return result, nil
}

func (ev *evaluator) mapTuples(n *node, items *list, tuples *array, env *frame) (*array, *Error) {
	if tuples == nil {
		tuples = newTuples()
		for i := range items.len() {
			tuples.push(objectVal(newTuple(items.at(i))))
		}
	}
	result := newTuples()
	for _, t := range tuples.elems {
		from, ok := t.ref.(*object)
		if !ok {
			continue
		}
		item := from.get(itemKey)
		v, err := ev.eval(n, item, tupleFrame(env, t))
		if err != nil {
			return nil, err
		}
		if !v.defined() {
			continue
		}
		l := v.items(ev.dialect)
		for i := range l.len() {
			if err := ev.spend(8 + len(from.members)/elements); err != nil {
				return nil, err
			}
			result.push(objectVal(n.extend(from, item, l.at(i), i, v.isTupleStream())))
		}
		if result.size > ev.maxMemory {
			return nil, ev.failMemory()
		}
	}
	return result, nil
}

// extend returns the tuple that result number i of a step gives: the tuple it came from and the bindings
// of the step. A result that is a tuple itself brings its own.
func (n *node) extend(from *object, item, result val, i int, isTuple bool) *object {
	t := from.clone()
	if isTuple {
		if o, ok := result.ref.(*object); ok {
			for _, m := range o.members {
				t.set(m.key, m.val)
			}
		}
		return t
	}
	if n.focus != "" {
		t.set(n.focus, result)
		t.set(itemKey, item)
	} else {
		t.set(itemKey, result)
	}
	if n.index != "" {
		t.set(n.index, numberVal(float64(i)))
	}
	if n.ancestor != nil {
		t.set(n.ancestor.label, item)
	}
	return t
}
