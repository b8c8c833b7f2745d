package expression

import (
	"slices"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// function says how a function may be used.
type function struct {
	operands int
	path     bool             // the first operand has to be a path
	decides  bool             // it is a condition, and no operand
	kinds    []attribute.Kind // that values among its operands may have; nil: any
	foreign  bool             // it belongs into expressions of the other sort
}

var (
	texts   = []attribute.Kind{attribute.S, attribute.B}
	ordered = []attribute.Kind{attribute.S, attribute.N, attribute.B}
	sized   = []attribute.Kind{attribute.S, attribute.B, attribute.SS, attribute.NS, attribute.BS, attribute.L, attribute.M}
	sets    = []attribute.Kind{attribute.SS, attribute.NS, attribute.BS}
	addable = []attribute.Kind{attribute.N, attribute.SS, attribute.NS, attribute.BS}
	lists   = []attribute.Kind{attribute.L}
	numbers = []attribute.Kind{attribute.N}
)

var conditionFunctions = map[string]function{
	"attribute_exists":     {operands: 1, path: true, decides: true},
	"attribute_not_exists": {operands: 1, path: true, decides: true},
	"attribute_type":       {operands: 2, decides: true},
	"begins_with":          {operands: 2, decides: true, kinds: texts},
	"contains":             {operands: 2, decides: true},
	"size":                 {operands: 1, kinds: sized},
	"if_not_exists":        {operands: 2, foreign: true},
	"list_append":          {operands: 2, foreign: true},
}

var updateFunctions = map[string]function{
	"if_not_exists":        {operands: 2, path: true},
	"list_append":          {operands: 2, kinds: lists},
	"attribute_exists":     {foreign: true},
	"attribute_not_exists": {foreign: true},
	"attribute_type":       {foreign: true},
	"begins_with":          {foreign: true},
	"contains":             {foreign: true},
	"size":                 {foreign: true},
}

func (r Role) unknownFunction(name string) error {
	return r.errorf("Invalid function name; function: %s", name)
}

func (r Role) misused(name string) error {
	return r.errorf("The function is not allowed to be used this way in an expression; function: %s", name)
}

func (r Role) wrongKind(operator string, kind attribute.Kind) error {
	return r.errorf("Incorrect operand type for operator or function; operator or function: %s, operand type: %v", operator, kind)
}

// checkFunction checks the operands of a function.
func (r Role) checkFunction(n *node, f function) error {
	if f.foreign {
		if r == Update {
			return r.errorf("The function is not allowed in an update expression; function: %s", n.op)
		}
		return r.misused(n.op)
	}
	if len(n.kids) != f.operands {
		return r.errorf("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.op, len(n.kids))
	}
	if f.path && n.kids[0].kind != pathNode {
		return r.errorf("Operator or function requires a document path; operator or function: %s", n.op)
	}
	return r.valuesOf(n, f.kinds)
}

// valuesOf checks the kinds of the values among the operands.
func (r Role) valuesOf(n *node, kinds []attribute.Kind) error {
	for _, kid := range n.kids {
		if kinds != nil && kid.kind == valueNode && !slices.Contains(kinds, kid.value.Kind) {
			return r.wrongKind(n.op, kid.value.Kind)
		}
	}
	return nil
}
