package asl

import (
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// operand is the kind of value that an operator compares with.
type operand uint8

const (
	stringOperand operand = iota
	numberOperand
	boolOperand
	timestampOperand
)

// operatorRule is what a name of a comparison stands for.
type operatorRule struct {
	op      Operator
	operand operand
	isPath  bool // a …Path operator
}

// comparison is one comparison operator and its name.
type comparison struct {
	name    string
	op      Operator
	operand operand
	paths   bool // there is a …Path form, too
}

var comparisons = []comparison{
	{"BooleanEquals", BooleanEquals, boolOperand, true},
	{"IsBoolean", IsBoolean, boolOperand, false},
	{"IsNull", IsNull, boolOperand, false},
	{"IsNumeric", IsNumeric, boolOperand, false},
	{"IsPresent", IsPresent, boolOperand, false},
	{"IsString", IsString, boolOperand, false},
	{"IsTimestamp", IsTimestamp, boolOperand, false},
	{"NumericEquals", NumericEquals, numberOperand, true},
	{"NumericGreaterThan", NumericGreaterThan, numberOperand, true},
	{"NumericGreaterThanEquals", NumericGreaterThanEquals, numberOperand, true},
	{"NumericLessThan", NumericLessThan, numberOperand, true},
	{"NumericLessThanEquals", NumericLessThanEquals, numberOperand, true},
	{"StringEquals", StringEquals, stringOperand, true},
	{"StringGreaterThan", StringGreaterThan, stringOperand, true},
	{"StringGreaterThanEquals", StringGreaterThanEquals, stringOperand, true},
	{"StringLessThan", StringLessThan, stringOperand, true},
	{"StringLessThanEquals", StringLessThanEquals, stringOperand, true},
	{"StringMatches", StringMatches, stringOperand, false},
	{"TimestampEquals", TimestampEquals, timestampOperand, true},
	{"TimestampGreaterThan", TimestampGreaterThan, timestampOperand, true},
	{"TimestampGreaterThanEquals", TimestampGreaterThanEquals, timestampOperand, true},
	{"TimestampLessThan", TimestampLessThan, timestampOperand, true},
	{"TimestampLessThanEquals", TimestampLessThanEquals, timestampOperand, true},
}

// operators finds the comparisons by name.
var operators = indexOperators()

func indexOperators() map[string]operatorRule {
	rules := map[string]operatorRule{}
	for _, c := range comparisons {
		rules[c.name] = operatorRule{c.op, c.operand, false}
		if c.paths {
			rules[c.name+"Path"] = operatorRule{c.op, c.operand, true}
		}
	}
	return rules
}

// String returns the operator as the language spells it.
func (o Operator) String() string {
	switch o {
	case And:
		return "And"
	case Or:
		return "Or"
	case Not:
		return "Not"
	}
	for _, c := range comparisons {
		if c.op == o {
			return c.name
		}
	}
	return ""
}

func (s *stateCompiler) choice() {
	c := &ChoiceFields{}
	s.state.Choice = c
	if n := s.node.get("Default"); n != nil {
		c.Default = s.exit(n)
	}
	if !s.require(s.node, "Choices") {
		s.broken = true
		return
	}
	list := s.node.get("Choices")
	if !s.nonEmpty(list) {
		s.broken = true
		return
	}
	for _, n := range list.children {
		if !s.ofKind(n, value.Object) {
			s.broken = true
			continue
		}
		c.Rules = append(c.Rules, s.rule(n))
	}
}

// ruleFields are the fields of a rule beside the comparisons, and the languages they are limited to.
var ruleFields = map[string]Language{
	"And": JSONPath, "Or": JSONPath, "Not": JSONPath, "Variable": JSONPath, "Condition": JSONata,
	"Assign": "", "Comment": "", "Next": "", "Output": JSONata,
}

// rule compiles one of the Choices.
func (s *stateCompiler) rule(n *node) Rule {
	for _, m := range n.children {
		if only, ok := ruleFields[m.key]; ok {
			s.checkLanguage(n, m, only)
		} else if _, ok := operators[m.key]; ok {
			s.checkLanguage(n, m, JSONPath)
		} else {
			s.unsupported(n, m)
		}
	}
	r := Rule{Assign: s.assign(n.get("Assign"))}
	if s.require(n, "Next") {
		r.Next = s.exit(n.get("Next"))
	} else {
		s.broken = true
	}
	s.oneTest(n)
	if s.state.Language == JSONPath {
		r.Test = s.test(n)
		return r
	}
	if m := n.get("Condition"); m != nil {
		r.Condition = s.constOrQuery(m, func(m *node) { s.ofKind(m, value.Bool) })
	}
	if m := n.get("Output"); m != nil {
		r.Output = s.template(m)
	}
	return r
}

var testFields = []string{"And", "Or", "Not", "Variable", "Condition"}

// oneTest reports a rule that has no test, or several.
func (s *stateCompiler) oneTest(n *node) {
	if present(n, testFields) != 1 {
		s.invalid(n, "The object must have only one of the following fields, [%s]", strings.Join(testFields, ", "))
	}
}

// nested compiles a test inside And, Or or Not.
func (s *stateCompiler) nested(n *node) *Test {
	if !s.ofKind(n, value.Object) {
		return nil
	}
	for _, m := range n.children {
		_, isComparison := operators[m.key]
		if !isComparison && m.key != "Comment" && !slices.Contains(testFields[:4], m.key) {
			s.unsupported(n, m)
		}
	}
	s.oneTest(n)
	return s.test(n)
}

// test compiles what a rule or a part of one tests, nil when that cannot be read.
func (s *stateCompiler) test(n *node) *Test {
	switch {
	case n.has("And"):
		return s.allOf(And, n.get("And"))
	case n.has("Or"):
		return s.allOf(Or, n.get("Or"))
	case n.has("Not"):
		return &Test{Op: Not, Tests: []*Test{s.nested(n.get("Not"))}}
	case n.has("Variable"):
		return s.comparison(n)
	}
	return nil
}

func (s *stateCompiler) allOf(op Operator, n *node) *Test {
	t := &Test{Op: op}
	if !s.nonEmpty(n) {
		return t
	}
	for _, m := range n.children {
		t.Tests = append(t.Tests, s.nested(m))
	}
	return t
}

func (s *stateCompiler) comparison(n *node) *Test {
	t := &Test{Variable: s.referencePath(n.get("Variable"))}
	var names []string
	for _, m := range n.children {
		rule, ok := operators[m.key]
		if !ok {
			continue
		}
		names = append(names, m.key)
		t.Op = rule.op
		if rule.isPath {
			t.Path = s.referencePath(m)
			continue
		}
		s.operand(m, rule.operand)
		s.warnPath(m)
		t.Operand = m.value()
	}
	switch {
	case len(names) > 1:
		s.atMostOne(n, names...)
	case len(names) == 0:
		s.invalid(n, "This object should have one comparison operator")
	}
	return t
}

// operand checks the constant that an operator compares with.
func (s *stateCompiler) operand(n *node, want operand) {
	switch want {
	case stringOperand:
		s.ofKind(n, value.String)
	case numberOperand:
		s.ofKind(n, value.Number)
	case boolOperand:
		s.ofKind(n, value.Bool)
	case timestampOperand:
		s.timestampConst(n)
	}
}
