package expression

import "github.com/statelark/statelark/local/dynamodb/attribute"

// KeyTest is what a key condition says of one attribute of the key.
type KeyTest struct {
	Name   string
	Op     string // = < <= > >= BETWEEN begins_with
	Values []attribute.Value
}

// ParseKeyCondition reads a key condition: tests of attributes, all of which have to hold.
func ParseKeyCondition(source string, ph *Placeholders) ([]KeyTest, error) {
	t, err := ParseTest(KeyCondition, source, ph)
	if err != nil {
		return nil, err
	}
	return keyTests(t.root, nil)
}

func keyTests(n *node, tests []KeyTest) ([]KeyTest, error) {
	switch {
	case n.kind == logic && n.op == "AND":
		tests, err := keyTests(n.kids[0], tests)
		if err != nil {
			return nil, err
		}
		return keyTests(n.kids[1], tests)
	case n.kind == logic, n.op == "<>", n.op == "IN", n.kind == functionNode && n.op != "begins_with":
		return nil, KeyCondition.errorf("Invalid operator used in KeyConditionExpression: %s", n.op)
	}
	test, err := keyTest(n)
	return append(tests, test), err
}

func keyTest(n *node) (KeyTest, error) {
	test := KeyTest{Op: n.op}
	operands := n.kids
	if n.kind == comparison && len(operands) == 2 && operands[0].kind == valueNode && operands[1].kind == pathNode {
		operands = []*node{operands[1], operands[0]}
		test.Op = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[n.op]
	}
	for _, kid := range operands {
		if kid.kind == functionNode {
			return test, KeyCondition.errorf("Invalid operator used in KeyConditionExpression: %s", kid.op)
		}
	}
	first := operands[0]
	if first.kind != pathNode {
		return test, KeyCondition.errorf("No key attribute specified")
	}
	if len(first.path) > 1 {
		return test, KeyCondition.errorf("KeyConditionExpressions cannot have conditions on nested attributes")
	}
	test.Name = first.path[0].Name
	for _, kid := range operands[1:] {
		if kid.kind != valueNode {
			return test, KeyCondition.errorf("KeyConditionExpressions must have a value as operand; attribute: %v", kid.path)
		}
		test.Values = append(test.Values, kid.value)
	}
	return test, nil
}
