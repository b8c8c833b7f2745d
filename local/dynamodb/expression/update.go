package expression

import (
	"slices"
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// Changes is an update: what is done to parts of an item, all at once.
type Changes struct {
	role    Role
	actions []action
}

// action is what an update does to one part.
type action struct {
	section string // SET REMOVE ADD DELETE
	target  *node
	value   *node // nil: REMOVE
}

// ParseUpdate reads an update.
func ParseUpdate(source string, ph *Placeholders) (*Changes, error) {
	if err := Update.checkSource(source); err != nil {
		return nil, err
	}
	p := newParser(Update, source)
	actions, twice := p.sections()
	if err := p.end(); err != nil {
		return nil, err
	}
	var nodes []*node
	for _, a := range actions {
		if nodes = append(nodes, a.target); a.value != nil {
			nodes = append(nodes, a.value)
		}
	}
	if err := Update.checkWords(nodes, updateFunctions); err != nil {
		return nil, err
	}
	if twice != "" {
		return nil, Update.errorf("The \"%s\" section can only be used once in an update expression;", twice)
	}
	if err := Update.resolve(nodes, ph); err != nil {
		return nil, err
	}
	c := &Changes{Update, actions}
	return c, c.check()
}

// check finds, in this order, paths that meet, operands of ADD and DELETE that cannot be, and what is wrong with values of SET.
func (c *Changes) check() error {
	if err := c.role.apart(c.Targets()); err != nil {
		return err
	}
	for _, a := range c.actions {
		if err := a.checkOperand(c.role); err != nil {
			return err
		}
	}
	for _, a := range c.actions {
		if a.section != "SET" {
			continue
		}
		if err := c.role.checkValue(a.value); err != nil {
			return err
		}
	}
	return nil
}

// sections reads the sections, and which of them is there twice.
func (p *parser) sections() (actions []action, twice string) {
	seen := map[string]bool{}
	for p.err == nil && p.token().kind != tokEnd {
		section := strings.ToUpper(p.token().text)
		switch section {
		case "SET", "REMOVE", "ADD", "DELETE":
		default:
			p.unexpected()
			return nil, ""
		}
		if seen[section] && twice == "" {
			twice = section
		}
		seen[section] = true
		p.next()
		actions = append(actions, p.action(section))
		for p.err == nil && p.accept(",") {
			actions = append(actions, p.action(section))
		}
	}
	return actions, twice
}

func (p *parser) action(section string) action {
	a := action{section: section, target: p.path()}
	switch section {
	case "SET":
		p.expect("=")
		a.value = p.sum()
	case "ADD", "DELETE":
		if t := p.token(); t.kind == tokValuePlaceholder {
			p.next()
			a.value = &node{kind: valueNode, text: t.text}
		} else {
			p.unexpected()
		}
	}
	p.operator()
	return a
}

func (a action) checkOperand(r Role) error {
	switch a.section {
	case "ADD":
		if !slices.Contains(addable, a.value.value.Kind) {
			return a.wrongKind(r)
		}
	case "DELETE":
		if !slices.Contains(sets, a.value.value.Kind) {
			return a.wrongKind(r)
		}
	}
	return nil
}

func (a action) wrongKind(r Role) error {
	return r.errorf("Incorrect operand type for operator or function; operator: %s, operand type: %s", a.section, a.value.value.Kind.Long())
}

// checkValue checks the value of a SET, and all it is made of.
func (r Role) checkValue(n *node) error {
	switch n.kind {
	case functionNode:
		if err := r.checkFunction(n, updateFunctions[n.op]); err != nil {
			return err
		}
	case arithmetic:
		if err := r.valuesOf(n, numbers); err != nil {
			return err
		}
	}
	for _, kid := range n.kids {
		if err := r.checkValue(kid); err != nil {
			return err
		}
	}
	return nil
}

// Targets are the parts that the update changes.
func (c *Changes) Targets() Paths {
	paths := make([]Path, len(c.actions))
	for i, a := range c.actions {
		paths[i] = a.target.path
	}
	return paths
}

// Given are the values that attributes of the item itself get from the request, whatever the item is: those of SET and ADD alone.
func (c *Changes) Given() []attribute.Field {
	var fields []attribute.Field
	for _, a := range c.actions {
		if len(a.target.path) > 1 || a.value == nil || a.section == "DELETE" {
			continue
		}
		v := a.value
		if v.kind == functionNode && v.op == "if_not_exists" {
			v = v.kids[1]
		}
		if v.kind == valueNode {
			fields = append(fields, attribute.Field{Name: a.target.path[0].Name, Value: v.value})
		}
	}
	return fields
}

// Bytes that an update takes in UpdateItem beside what it writes: for itself, for each SET or ADD, for each REMOVE or DELETE. They
// were measured at AWS.
const (
	updateBytes = 3
	writeBytes  = 19
	removeBytes = 2
)

// Size is what UpdateItem counts of an update itself, beside the size of the item: the attributes that it writes, as they are in
// the item after it, and something for each change.
func (c *Changes) Size(after attribute.Item) int {
	n := updateBytes
	for _, a := range c.actions {
		switch a.section {
		case "SET", "ADD":
			n += writeBytes
			if len(a.target.path) == 1 {
				name := a.target.path[0].Name
				n += len(name) + after.Get(name).Size()
			}
		default:
			n += removeBytes
		}
	}
	return n
}

// The ways in which an update does not fit an item.
const (
	errNoAttribute Error = "The provided expression refers to an attribute that does not exist in the item"
	errWrongKind   Error = "An operand in the update expression has an incorrect data type"
	errPath        Error = "The document path provided in the update expression is invalid for update"
)

// Of returns the item after the update. All operands are of the item before it.
func (c *Changes) Of(item attribute.Item) (attribute.Item, error) {
	type change struct {
		path  Path
		value attribute.Value // Absent: it goes
	}
	var sets, removals []change
	for _, a := range c.actions {
		v, err := a.result(item)
		if err != nil {
			return nil, err
		}
		if ch := (change{a.target.path, v}); v.Kind == attribute.Absent {
			removals = append(removals, ch)
		} else {
			sets = append(sets, ch)
		}
	}
	// What is set beyond the end of a list is appended, so indexes go up. What is removed from it moves the rest, so they go down.
	slices.SortFunc(sets, func(a, b change) int { return a.path.compare(b.path) })
	slices.SortFunc(removals, func(a, b change) int { return b.path.compare(a.path) })
	for _, ch := range append(sets, removals...) {
		top, err := ch.path[1:].put(item.Get(ch.path[0].Name), ch.value)
		switch {
		case err != nil:
			return nil, err
		case top.Kind == attribute.Absent:
			item = item.Without(ch.path[0].Name)
		default:
			item = item.With(ch.path[0].Name, top)
		}
	}
	return item, nil
}

// put returns v with the part that the path leads to replaced, or removed.
func (p Path) put(v, part attribute.Value) (attribute.Value, error) {
	if len(p) == 0 {
		return part, nil
	}
	step := p[0]
	switch {
	case step.Index < 0 && v.Kind == attribute.M:
		inner, err := p[1:].put(v.Map.Get(step.Name), part)
		if err != nil {
			return v, err
		}
		if inner.Kind == attribute.Absent {
			return attribute.Value{Kind: attribute.M, Map: v.Map.Without(step.Name)}, nil
		}
		return attribute.Value{Kind: attribute.M, Map: v.Map.With(step.Name, inner)}, nil
	case step.Index >= 0 && v.Kind == attribute.L:
		inner, err := p[1:].put(step.into(v), part)
		if err != nil {
			return v, err
		}
		return attribute.Value{Kind: attribute.L, List: putElement(v.List, step.Index, inner)}, nil
	}
	return v, errPath
}

func putElement(list []attribute.Value, i int, v attribute.Value) []attribute.Value {
	list = slices.Clone(list)
	switch {
	case v.Kind == attribute.Absent && i < len(list):
		return slices.Delete(list, i, i+1)
	case v.Kind == attribute.Absent:
		return list
	case i < len(list):
		list[i] = v
		return list
	}
	return append(list, v)
}

// result is what the action makes of its target, Absent when it goes.
func (a action) result(item attribute.Item) (attribute.Value, error) {
	switch a.section {
	case "SET":
		return a.value.evaluate(item)
	case "REMOVE":
		return attribute.Value{}, nil
	case "ADD":
		return Added(a.target.path.In(item), a.value.value)
	}
	return Deleted(a.target.path.In(item), a.value.value)
}

// Added is a number plus another, or a set with the elements of another.
func Added(old, v attribute.Value) (attribute.Value, error) {
	switch {
	case old.Kind == attribute.Absent:
		return v, nil
	case old.Kind != v.Kind:
		return v, errWrongKind
	case v.Kind == attribute.N:
		sum, err := attribute.Add(old.Str, v.Str)
		return attribute.OfNumber(sum), numberError(err)
	}
	list := slices.Clone(old.List)
	has := membersOf(list)
	for _, e := range v.List {
		if !has[e.Str] {
			list = append(list, e)
		}
	}
	return attribute.Value{Kind: v.Kind, List: list}, nil
}

func numberError(err error) error {
	if err != nil {
		return Error(err.Error())
	}
	return nil
}

func membersOf(set []attribute.Value) map[string]bool {
	has := make(map[string]bool, len(set))
	for _, e := range set {
		has[e.Str] = true
	}
	return has
}

// Deleted is a set without the elements of another. There is no empty set.
func Deleted(old, v attribute.Value) (attribute.Value, error) {
	if old.Kind == attribute.Absent {
		return old, nil
	}
	if old.Kind != v.Kind {
		return v, errWrongKind
	}
	goes := membersOf(v.List)
	list := slices.DeleteFunc(slices.Clone(old.List), func(e attribute.Value) bool { return goes[e.Str] })
	if len(list) == 0 {
		return attribute.Value{}, nil
	}
	return attribute.Value{Kind: old.Kind, List: list}, nil
}

// evaluate is the value that a SET gives to its target.
func (n *node) evaluate(item attribute.Item) (attribute.Value, error) {
	switch n.kind {
	case valueNode:
		return n.value, nil
	case pathNode:
		v := n.path.In(item)
		if v.Kind == attribute.Absent {
			return v, errNoAttribute
		}
		return v, nil
	case functionNode:
		if n.op == "if_not_exists" {
			if v := n.kids[0].path.In(item); v.Kind != attribute.Absent {
				return v, nil
			}
			return n.kids[1].evaluate(item)
		}
	}
	left, err := n.kids[0].evaluate(item)
	if err != nil {
		return left, err
	}
	right, err := n.kids[1].evaluate(item)
	if err != nil {
		return right, err
	}
	return n.combine(left, right)
}

func (n *node) combine(left, right attribute.Value) (attribute.Value, error) {
	want, do := attribute.N, attribute.Add
	switch n.op {
	case "list_append":
		want = attribute.L
	case "-":
		do = attribute.Subtract
	}
	if left.Kind != want || right.Kind != want {
		return left, errWrongKind
	}
	if want == attribute.L {
		return attribute.Value{Kind: attribute.L, List: slices.Concat(left.List, right.List)}, nil
	}
	result, err := do(left.Str, right.Str)
	return attribute.OfNumber(result), numberError(err)
}
