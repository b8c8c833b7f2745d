package jsonata

import "slices"

// group evaluates an object constructor or a grouping: for each item of the input and each pair, the first
// expression gives a key; the items with one key are joined, and the second expression is evaluated on them.
func (ev *evaluator) group(pairs [][2]*node, pos int, input val, env *frame) (val, *Error) {
	if input.tag != tagArray && len(pairs) <= fewPairs {
		return ev.construct(pairs, pos, input, env)
	}
	items := input.items(ev.dialect)
	if items.len() == 0 {
		items = list{elems: []val{undefined}}
	}
	g := grouper{ev: ev, pos: pos, tuples: input.isTupleStream()}
	for i := range items.len() {
		if err := g.keys(pairs, items.at(i), env); err != nil {
			return undefined, err
		}
	}
	return g.values(pairs, env)
}

// fewPairs is the number of pairs up to which an object is constructed without a table of keys.
const fewPairs = 8

// construct is group for one item and few pairs: no two of them may have one key.
func (ev *evaluator) construct(pairs [][2]*node, pos int, item val, env *frame) (val, *Error) {
	var keys [fewPairs]string
	var values [fewPairs]*node
	n := 0
	for _, pair := range pairs {
		key, err := ev.eval(pair[0], item, env)
		if err != nil {
			return undefined, err
		}
		if !key.defined() {
			continue
		}
		if key.tag != tagString {
			return undefined, failValue("T1003", key).at(pos)
		}
		if slices.Contains(keys[:n], key.text()) {
			return undefined, failValue("D1009", key).at(pos)
		}
		at := n
		for ; ev.dialect == Reference && at > 0 && compareKeys(keys[at-1], key.text()) > 0; at-- {
			keys[at], values[at] = keys[at-1], values[at-1]
		}
		keys[at], values[at] = key.text(), pair[1]
		n++
	}
	result := ev.slabs.object(n)
	for i := range n {
		v, err := ev.eval(values[i], item, env)
		if err != nil {
			return undefined, err
		}
		if v.defined() {
			result.add(keys[i], v)
		}
	}
	return objectVal(result), nil
}

// field is one member of an object constructor whose keys are all literals.
type field struct {
	key   string
	value *node
}

// maxFields keeps the search for doubled keys short.
const maxFields = 64

// fieldsOf returns the fields of an object constructor in the order in which the dialect lists them; nil where
// a key is not a literal, two are the same, or there are too many to tell.
func fieldsOf(pairs [][2]*node, d Dialect) []field {
	if len(pairs) > maxFields {
		return nil
	}
	fields := make([]field, 0, len(pairs))
	for _, pair := range pairs {
		key := pair[0]
		same := func(f field) bool { return f.key == key.lit.text() }
		if !key.literal || key.kind != kindString || slices.ContainsFunc(fields, same) {
			return nil
		}
		fields = append(fields, field{key.lit.text(), pair[1]})
	}
	if d == Reference {
		slices.SortStableFunc(fields, func(a, b field) int { return compareKeys(a.key, b.key) })
	}
	return fields
}

// fields constructs an object of known keys for one item.
func (ev *evaluator) fields(fields []field, item val, env *frame) (val, *Error) {
	result := ev.slabs.object(len(fields))
	for i := range fields {
		v, err := ev.eval(fields[i].value, item, env)
		if err != nil {
			return undefined, err
		}
		if v.defined() {
			result.add(fields[i].key, v)
		}
	}
	return objectVal(result), nil
}

// itemGroup is the items that share a key.
type itemGroup struct {
	key    string
	pair   int    // the pair whose key it is
	item   val    // the items so far, joined
	joined *array // the array in item once there is more than one
}

type grouper struct {
	ev     *evaluator
	pos    int
	tuples bool // the items are tuples
	groups []itemGroup
	places map[string]int // nil while there are few groups
}

// keys puts one item into its groups.
func (g *grouper) keys(pairs [][2]*node, item val, env *frame) *Error {
	context := item
	if g.tuples {
		context, env = item.get(itemKey, g.ev.dialect), tupleFrame(env, item)
	}
	for i, pair := range pairs {
		key, err := g.ev.eval(pair[0], context, env)
		if err != nil {
			return err
		}
		switch key.tag {
		case tagUndefined:
		case tagString:
			if err := g.add(key.text(), i, item); err != nil {
				return err
			}
		default:
			return failValue("T1003", key).at(g.pos)
		}
	}
	return nil
}

func (g *grouper) add(key string, pair int, item val) *Error {
	i := g.find(key)
	if i < 0 {
		if g.places != nil {
			g.places[key] = len(g.groups)
		}
		g.groups = append(g.groups, itemGroup{key: key, pair: pair, item: item})
		return nil
	}
	if g.groups[i].pair != pair {
		return failValue("D1009", stringVal(key)).at(g.pos)
	}
	g.ev.steps += item.weight(g.ev.dialect)
	g.groups[i].join(item, g.ev.dialect)
	return nil
}

func (g *grouper) find(key string) int {
	if g.places == nil {
		if len(g.groups) < indexFrom {
			for i := range g.groups {
				if g.groups[i].key == key {
					return i
				}
			}
			return -1
		}
		g.places = make(map[string]int, 2*indexFrom)
		for i := range g.groups {
			g.places[g.groups[i].key] = i
		}
	}
	if i, ok := g.places[key]; ok {
		return i
	}
	return -1
}

// join appends an item as $append does, arrays being spliced in.
func (g *itemGroup) join(item val, d Dialect) {
	if !item.defined() {
		return
	}
	if !g.item.defined() {
		g.item = item
		return
	}
	if g.joined == nil {
		g.joined = &array{}
		g.joined.pushAll(g.item.items(d))
		g.item = arrayVal(g.joined)
	}
	g.joined.pushAll(item.items(d))
}

// values evaluates the value of every group, in the order in which the result lists the keys.
func (g *grouper) values(pairs [][2]*node, env *frame) (val, *Error) {
	g.reorder()
	result := &object{members: make([]member, 0, len(g.groups))}
	for i := range g.groups {
		group := &g.groups[i]
		context, scope := group.item, env
		if g.tuples {
			t, err := g.reduce(group.item)
			if err != nil {
				return undefined, err
			}
			context = t.get(itemKey)
			t.remove(itemKey)
			scope = tupleFrame(env, objectVal(t))
		}
		v, err := g.ev.eval(pairs[group.pair][1], context, scope)
		if err != nil {
			return undefined, err
		}
		if v.defined() {
			result.add(group.key, v)
		}
		if result.size > g.ev.maxMemory {
			return undefined, g.ev.failMemory()
		}
	}
	return objectVal(result), nil
}

// reorder puts the groups in the order in which the result lists their keys.
func (g *grouper) reorder() {
	if g.ev.dialect == Reference && slices.ContainsFunc(g.groups, func(i itemGroup) bool { return isIndexKey(i.key) }) {
		slices.SortStableFunc(g.groups, func(a, b itemGroup) int { return compareKeys(a.key, b.key) })
	}
}

// reduce joins tuples into one that holds under each name the values of all.
func (g *grouper) reduce(tuples val) (*object, *Error) {
	l := tuples.items(g.ev.dialect)
	joined := &object{}
	for i := range l.len() {
		t, ok := l.at(i).ref.(*object)
		if !ok {
			continue
		}
		if i == 0 {
			joined = t.clone()
			continue
		}
		for _, m := range t.members {
			before := joined.get(m.key)
			if err := g.ev.spend(1 + before.weight(g.ev.dialect) + m.val.weight(g.ev.dialect)); err != nil {
				return nil, err
			}
			joined.set(m.key, appendVals(before, m.val, g.ev.dialect))
		}
	}
	return joined, nil
}
