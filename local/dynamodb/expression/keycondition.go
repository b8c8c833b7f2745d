package expression

import (
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// KeyTest is what a key condition says of one attribute of the key.
type KeyTest struct {
	Name   string
	Op     string // = < <= > >= BETWEEN begins_with
	Values []attribute.Value
}

// turned are the operators with their operands the other way round.
var turned = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// KeyTests are the tests that a key condition is made of, all of which have to hold.
func (t *Test) KeyTests() ([]KeyTest, error) {
	if op := t.root.foreignOperator(); op != "" {
		return nil, Error("Invalid operator used in KeyConditionExpression: " + op)
	}
	var tests []KeyTest
	names := map[string]bool{}
	for _, n := range t.root.conjuncts(nil) {
		test, err := n.keyTest()
		if err != nil {
			return nil, err
		}
		if names[test.Name] {
			return nil, Error("KeyConditionExpressions must only contain one condition per key")
		}
		names[test.Name] = true
		tests = append(tests, test)
	}
	return tests, nil
}

// conjuncts are the conditions that AND joins.
func (n *node) conjuncts(all []*node) []*node {
	if n.kind == logic && n.op == "AND" {
		return n.kids[1].conjuncts(n.kids[0].conjuncts(all))
	}
	return append(all, n)
}

// foreignOperator is an operator that no key condition has, "" when there is none.
func (n *node) foreignOperator() string {
	switch {
	case n.kind == logic && n.op == "AND":
		if op := n.kids[0].foreignOperator(); op != "" {
			return op
		}
		return n.kids[1].foreignOperator()
	case n.kind == logic, n.op == "<>", n.op == "IN", n.kind == functionNode && n.op != "begins_with":
		return n.op
	}
	return ""
}

func invalidKeyCondition(text string) error {
	return Error("Invalid condition in KeyConditionExpression: " + text)
}

func (n *node) keyTest() (KeyTest, error) {
	test := KeyTest{Op: n.op}
	operands := n.kids
	if n.kind == comparison && len(operands) == 2 && operands[0].kind == valueNode && operands[1].kind != valueNode {
		operands = []*node{operands[1], operands[0]}
		test.Op = turned[n.op]
	}
	if n.op == "BETWEEN" || n.op == "begins_with" {
		if operands[0].kind == valueNode {
			return test, invalidKeyCondition(strings.TrimSpace(n.op) + " operator must have the key attribute as its first operand")
		}
	}
	for _, kid := range operands {
		switch {
		case kid.kind == functionNode:
			return test, Error("KeyConditionExpressions cannot contain nested operations")
		case kid.kind == valueNode:
			test.Values = append(test.Values, kid.value)
		case test.Name != "":
			return test, invalidKeyCondition("Multiple attribute names used in one condition")
		case len(kid.path) > 1:
			return test, Error("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			test.Name = kid.path[0].Name
		}
	}
	if test.Name == "" {
		return test, invalidKeyCondition("No key attribute specified")
	}
	return test, nil
}
