package expression

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// Test is a condition that is true or false of an item.
type Test struct{ root *node }

// ParseTest reads a condition or a filter.
func ParseTest(role Role, source string, ph *Placeholders) (*Test, error) {
	if err := role.checkSource(source); err != nil {
		return nil, err
	}
	p := newParser(role, source)
	root := p.condition()
	p.mustDecide(root)
	if err := p.end(); err != nil {
		return nil, err
	}
	if err := role.checkWords([]*node{root}, conditionFunctions); err != nil {
		return nil, err
	}
	if err := role.resolve([]*node{root}, ph); err != nil {
		return nil, err
	}
	if err := role.checkCondition(root); err != nil {
		return nil, err
	}
	return &Test{root}, nil
}

// Paths are all that the test looks at.
func (t *Test) Paths() Paths {
	if t == nil {
		return nil
	}
	var paths Paths
	_ = t.root.walk(func(n *node) error {
		if n.kind == pathNode {
			paths = append(paths, n.path)
		}
		return nil
	})
	return paths
}

// Names are the attributes of the item itself that the test looks at.
func (t *Test) Names() []string { return t.Paths().Names() }

// And is a test that holds when both do.
func (t *Test) And(other *Test) *Test {
	return &Test{&node{kind: logic, op: "AND", kids: []*node{t.root, other.root}}}
}

// checkCondition checks what stands where a condition has to.
func (r Role) checkCondition(n *node) error {
	switch n.kind {
	case logic:
		for _, kid := range n.kids {
			if err := r.checkCondition(kid); err != nil {
				return err
			}
		}
		return nil
	case functionNode:
		if f := conditionFunctions[n.op]; !f.decides && !f.foreign {
			return r.misused(n.op)
		}
		if err := r.checkOperands(n); err != nil {
			return err
		}
		return r.checkDeciding(n)
	}
	if err := r.checkOperands(n); err != nil {
		return err
	}
	return r.checkComparison(n)
}

// checkOperands checks the operands of n, and n itself when it is a function.
func (r Role) checkOperands(n *node) error {
	if n.kind == functionNode {
		if err := r.checkFunction(n, conditionFunctions[n.op]); err != nil {
			return err
		}
	}
	for _, kid := range n.kids {
		switch kid.kind {
		case logic, comparison:
			return r.errorf("Syntax error; token: %q, near: %q", kid.op, kid.op)
		case functionNode:
			if conditionFunctions[kid.op].decides {
				return r.misused(kid.op)
			}
			if err := r.checkOperands(kid); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r Role) checkDeciding(n *node) error {
	switch n.op {
	case "attribute_type":
		return r.checkTypeName(n)
	case "contains", "begins_with":
		return r.distinct(n)
	}
	return nil
}

func (r Role) checkTypeName(n *node) error {
	named := n.kids[1]
	if named.kind != valueNode {
		return r.errorf("Incorrect operand type for operator or function; operator or function: %s, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}", n.op)
	}
	if named.value.Kind != attribute.S {
		return r.wrongKind(n.op, named.value.Kind)
	}
	if attribute.KindNamed(named.value.Str) == attribute.Absent {
		return r.errorf("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", named.value.Str)
	}
	return nil
}

// distinct refuses an operand that is compared with itself.
func (r Role) distinct(n *node) error {
	first := n.kids[0]
	for _, kid := range n.kids[1:] {
		if first.kind == pathNode && kid.kind == pathNode && slices.Equal(first.path, kid.path) {
			return r.errorf("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %v", n.op, first.path)
		}
	}
	return nil
}

func (r Role) checkComparison(n *node) error {
	switch n.op {
	case "=", "<>", "IN":
	default:
		if err := r.valuesOf(n, ordered); err != nil {
			return err
		}
	}
	if n.op == "BETWEEN" {
		if err := r.checkBounds(n.kids[1], n.kids[2]); err != nil {
			return err
		}
	}
	return r.distinct(n)
}

func (r Role) checkBounds(low, high *node) error {
	if low.kind != valueNode || high.kind != valueNode {
		return nil
	}
	order, ok := attribute.Compare(low.value, high.value)
	switch {
	case !ok:
		return r.errorf("The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s", plain(low.value), plain(high.value))
	case order > 0:
		return r.errorf("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s", plain(low.value), plain(high.value))
	}
	return nil
}

// plain is a scalar as errors have it: {S:a}.
func plain(v attribute.Value) string { return "{" + v.Kind.String() + ":" + v.Str + "}" }

// Holds reports whether the test is true of an item. A nil test always is.
func (t *Test) Holds(item attribute.Item) bool { return t == nil || t.root.holds(item) }

func (n *node) holds(item attribute.Item) bool {
	switch n.kind {
	case logic:
		switch n.op {
		case "AND":
			return n.kids[0].holds(item) && n.kids[1].holds(item)
		case "OR":
			return n.kids[0].holds(item) || n.kids[1].holds(item)
		}
		return !n.kids[0].holds(item)
	case functionNode:
		return n.decides(item)
	}
	return n.compares(item)
}

func (n *node) compares(item attribute.Item) bool {
	left := n.kids[0].operand(item)
	switch n.op {
	case "=":
		return same(left, n.kids[1].operand(item))
	case "<>":
		return !same(left, n.kids[1].operand(item))
	case "IN":
		return slices.ContainsFunc(n.kids[1:], func(kid *node) bool { return same(left, kid.operand(item)) })
	case "BETWEEN":
		low, ok := attribute.Compare(n.kids[1].operand(item), left)
		high, ok2 := attribute.Compare(left, n.kids[2].operand(item))
		return ok && ok2 && low <= 0 && high <= 0
	}
	order, ok := attribute.Compare(left, n.kids[1].operand(item))
	if !ok {
		return false
	}
	switch n.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// same reports whether two operands are equal. What is not there equals nothing.
func same(a, b attribute.Value) bool { return a.Kind != attribute.Absent && attribute.Equal(a, b) }

func (n *node) decides(item attribute.Item) bool {
	first := n.kids[0].operand(item)
	switch n.op {
	case "attribute_exists":
		return first.Kind != attribute.Absent
	case "attribute_not_exists":
		return first.Kind == attribute.Absent
	}
	second := n.kids[1].operand(item)
	switch n.op {
	case "attribute_type":
		return first.Kind != attribute.Absent && second.Kind == attribute.S && first.Kind.String() == second.Str
	case "begins_with":
		return first.Kind == second.Kind && (first.Kind == attribute.S || first.Kind == attribute.B) && strings.HasPrefix(first.Str, second.Str)
	}
	return contains(first, second)
}

func contains(in, what attribute.Value) bool {
	switch in.Kind {
	case attribute.S, attribute.B:
		return what.Kind == in.Kind && strings.Contains(in.Str, what.Str)
	case attribute.SS, attribute.NS, attribute.BS, attribute.L:
		return in.Contains(what)
	}
	return false
}

// operand is the value that n has for an item.
func (n *node) operand(item attribute.Item) attribute.Value {
	switch n.kind {
	case valueNode:
		return n.value
	case pathNode:
		return n.path.In(item)
	}
	return size(n.kids[0].operand(item))
}

// size is what the function of that name has for a value, Absent when it has no size. The size of a text is in UTF-16, as Java has it.
func size(v attribute.Value) attribute.Value {
	n := 0
	switch v.Kind {
	case attribute.S:
		for _, c := range v.Str {
			n += utf16.RuneLen(c)
		}
	case attribute.B:
		n = len(v.Str)
	case attribute.SS, attribute.NS, attribute.BS, attribute.L:
		n = len(v.List)
	case attribute.M:
		n = len(v.Map)
	default:
		return attribute.Value{}
	}
	return attribute.OfNumber(strconv.Itoa(n))
}
