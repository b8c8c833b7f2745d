package expression

import (
	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// Operand is a part of an expression that another language is the source of. Its errors have no role before them.
type Operand struct{ node *node }

// plainRole is the role of expressions that come from another language.
const plainRole Role = ""

// OfPath is what a path leads to.
func OfPath(p Path) Operand { return Operand{&node{kind: pathNode, path: p}} }

// OfValue is a value.
func OfValue(v attribute.Value) Operand { return Operand{&node{kind: valueNode, value: v}} }

// Call is a function of operands.
func Call(name string, operands ...Operand) Operand {
	return Operand{&node{kind: functionNode, op: name, kids: nodesOf(operands)}}
}

// Compare compares operands: = <> < <= > >= BETWEEN IN.
func Compare(op string, operands ...Operand) Operand {
	return Operand{&node{kind: comparison, op: op, kids: nodesOf(operands)}}
}

// Join makes a condition of others: AND OR NOT.
func Join(op string, conditions ...Operand) Operand {
	return Operand{&node{kind: logic, op: op, kids: nodesOf(conditions)}}
}

// Calculate is the sum or the difference of two operands.
func Calculate(op string, left, right Operand) Operand {
	return Operand{&node{kind: arithmetic, op: op, kids: []*node{left.node, right.node}}}
}

func nodesOf(operands []Operand) []*node {
	nodes := make([]*node, len(operands))
	for i, o := range operands {
		nodes[i] = o.node
	}
	return nodes
}

// Decides reports whether the operand is a condition.
func (o Operand) Decides() bool {
	return o.node.kind == logic || o.node.kind == comparison || o.node.kind == functionNode && conditionFunctions[o.node.op].decides
}

// NewTest makes a test of a condition.
func NewTest(condition Operand) (*Test, error) {
	err := visitAll([]*node{condition.node}, func(n *node) error {
		if _, ok := conditionFunctions[n.op]; n.kind == functionNode && !ok {
			return plainRole.unknownFunction(n.op)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Test{condition.node}, plainRole.checkCondition(condition.node)
}

// CutKeys takes those conditions out of a test that name attributes of a key, are joined by AND, and can be asked of an index. It
// returns them, and the rest, which is nil when nothing is left.
func (t *Test) CutKeys(isKey func(name string) bool) (keys []KeyTest, rest *Test) {
	taken := map[string]bool{}
	for _, n := range t.root.conjuncts(nil) {
		if n.foreignOperator() == "" && n.kind != logic {
			if test, err := n.keyTest(); err == nil && isKey(test.Name) && !taken[test.Name] {
				taken[test.Name] = true
				keys = append(keys, test)
				continue
			}
		}
		if rest == nil {
			rest = &Test{n}
		} else {
			rest = &Test{&node{kind: logic, op: "AND", kids: []*node{rest.root, n}}}
		}
	}
	return keys, rest
}

// Change is one change of an update: SET, REMOVE, ADD, DELETE. REMOVE has no value, ADD and DELETE have a value of their own.
type Change struct {
	Section string
	Target  Path
	Value   Operand
}

// NewChanges makes an update.
func NewChanges(list []Change) (*Changes, error) {
	c := &Changes{role: plainRole}
	for _, ch := range list {
		a := action{section: ch.Section, target: OfPath(ch.Target).node, value: ch.Value.node}
		if a.value != nil {
			err := visitAll([]*node{a.value}, func(n *node) error {
				if _, ok := updateFunctions[n.op]; n.kind == functionNode && !ok {
					return plainRole.unknownFunction(n.op)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		c.actions = append(c.actions, a)
	}
	return c, c.check()
}
