package dynamodb

import (
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
	"github.com/statelark/statelark/value"
)

// The parameters that were there before expressions: AttributesToGet, Expected, AttributeUpdates, KeyConditions, QueryFilter,
// ScanFilter, with ConditionalOperator.

// attributesToGet reads the names of the attributes that are asked for.
func (in input) attributesToGet() (expression.Paths, error) {
	names := in.texts("AttributesToGet")
	if len(names) == 0 {
		return nil, validation("1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	paths := make(expression.Paths, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		if seen[name] {
			return nil, invalidParameter("Duplicate value in attribute name: %s", name)
		}
		seen[name], paths[i] = true, expression.Named(name)
	}
	return paths, nil
}

// olderTest is a comparison of one attribute with values.
type olderTest struct {
	name   string
	op     string
	values []attribute.Value
}

// olderTests are all true, or one of them is.
type olderTests struct {
	tests []olderTest
	any   bool
}

// expected is the condition of Expected; nil is none.
type expected interface {
	hold(item attribute.Item) (bool, error)
}

func (o *olderTests) hold(item attribute.Item) (bool, error) { return o.holds(item), nil }

func (o *olderTests) holds(item attribute.Item) bool {
	for _, t := range o.tests {
		if t.holds(item.Get(t.name)) == o.any {
			return o.any
		}
	}
	return !o.any
}

// operandCounts are how many values each operator takes.
var operandCounts = map[string]int{
	"EQ": 1, "NE": 1, "LE": 1, "LT": 1, "GE": 1, "GT": 1, "CONTAINS": 1, "NOT_CONTAINS": 1, "BEGINS_WITH": 1,
	"BETWEEN": 2, "NULL": 0, "NOT_NULL": 0, "IN": -1,
}

func (t *olderTest) check() error {
	count, ok := operandCounts[t.op]
	if !ok {
		return oneOf(t.op, "comparisonOperator", "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS")
	}
	if count >= 0 && len(t.values) != count || count < 0 && len(t.values) == 0 {
		return invalidParameter("Invalid number of argument(s) for the %s ComparisonOperator", t.op)
	}
	for _, v := range t.values {
		if !takes(t.op, v.Kind) {
			return invalidParameter("ComparisonOperator %s is not valid for %v AttributeValue type", t.op, v.Kind)
		}
	}
	for _, v := range t.values {
		if v.Kind != t.values[0].Kind {
			return invalidParameter("AttributeValues inside AttributeValueList must be of same type")
		}
	}
	if order, ok := t.bounds(); ok && order > 0 {
		return validation("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
	}
	return nil
}

func (t *olderTest) bounds() (order int, ok bool) {
	if t.op != "BETWEEN" {
		return 0, false
	}
	return attribute.Compare(t.values[0], t.values[1])
}

// takes reports whether an operator may have a value of that kind.
func takes(op string, kind attribute.Kind) bool {
	scalar := kind == attribute.S || kind == attribute.N || kind == attribute.B
	switch op {
	case "LE", "LT", "GE", "GT", "BETWEEN":
		return scalar
	case "BEGINS_WITH":
		return kind == attribute.S || kind == attribute.B
	case "CONTAINS", "NOT_CONTAINS":
		return scalar || kind == attribute.Bool || kind == attribute.Null
	case "IN":
		return scalar
	}
	return true
}

func (t *olderTest) holds(v attribute.Value) bool {
	switch t.op {
	case "NULL":
		return v.Kind == attribute.Absent
	case "NOT_NULL":
		return v.Kind != attribute.Absent
	case "NE":
		return v.Kind == attribute.Absent || !attribute.Equal(v, t.values[0])
	}
	if v.Kind == attribute.Absent {
		return false
	}
	switch t.op {
	case "EQ":
		return attribute.Equal(v, t.values[0])
	case "IN":
		for _, x := range t.values {
			if attribute.Equal(v, x) {
				return true
			}
		}
		return false
	case "CONTAINS":
		return olderContains(v, t.values[0])
	case "NOT_CONTAINS":
		return !olderContains(v, t.values[0])
	case "BEGINS_WITH":
		return v.Kind == t.values[0].Kind && strings.HasPrefix(v.Str, t.values[0].Str)
	}
	return t.ordered(v)
}

func (t *olderTest) ordered(v attribute.Value) bool {
	order, ok := attribute.Compare(v, t.values[0])
	if !ok {
		return false
	}
	switch t.op {
	case "LE":
		return order <= 0
	case "LT":
		return order < 0
	case "GE":
		return order >= 0
	case "GT":
		return order > 0
	}
	high, ok := attribute.Compare(v, t.values[1])
	return ok && order >= 0 && high <= 0
}

func olderContains(in, what attribute.Value) bool {
	switch in.Kind {
	case attribute.S, attribute.B:
		return what.Kind == in.Kind && strings.Contains(in.Str, what.Str)
	}
	return in.Contains(what)
}

// readTests reads a map of conditions: KeyConditions, QueryFilter, ScanFilter.
func (in input) readTests(name string) (*olderTests, error) {
	v := in.get(name)
	if !v.Exists() {
		return nil, nil
	}
	out := &olderTests{any: in.text("ConditionalOperator") == "OR"}
	for _, m := range v.Members() {
		t := olderTest{name: m.Key, op: input{m.Value}.text("ComparisonOperator")}
		var err error
		if t.values, err = readList(input{m.Value}.get("AttributeValueList")); err != nil {
			return nil, err
		}
		if err := t.check(); err != nil {
			return nil, err
		}
		out.tests = append(out.tests, t)
	}
	return out, nil
}

func readList(doc value.Value) ([]attribute.Value, error) {
	var out []attribute.Value
	for _, e := range doc.Elems() {
		v, err := attribute.Parse(e)
		if err != nil {
			return nil, refusal(err)
		}
		out = append(out, v)
	}
	return out, nil
}

// readOlder reads Expected and AttributeUpdates.
func (e *edit) readOlder(in input) error {
	if v := in.get("Expected"); v.Exists() {
		tests := &olderTests{any: in.text("ConditionalOperator") == "OR"}
		for _, m := range v.Members() {
			t, err := readExpected(m.Key, input{m.Value})
			if err != nil {
				return err
			}
			tests.tests = append(tests.tests, t)
		}
		e.expected = tests
	} else if in.has("ConditionalOperator") {
		return validation("ConditionalOperator cannot be used without Filter or Expected")
	}
	if e.kind != updateEdit {
		return nil
	}
	for _, m := range in.get("AttributeUpdates").Members() {
		u, err := readOlderUpdate(m.Key, input{m.Value})
		if err != nil {
			return err
		}
		e.older = append(e.older, u)
	}
	return nil
}

func readExpected(name string, in input) (olderTest, error) {
	t := olderTest{name: name, op: in.text("ComparisonOperator")}
	if t.op != "" {
		if in.has("Exists") {
			return t, invalidParameter("Exists and ComparisonOperator cannot be used together for Attribute: %s", name)
		}
		if in.has("Value") && in.has("AttributeValueList") {
			return t, invalidParameter("Value and AttributeValueList cannot be used together for Attribute: %s", name)
		}
		var err error
		if t.values, err = readList(in.get("AttributeValueList")); err != nil {
			return t, err
		}
		if v := in.get("Value"); v.Exists() {
			t.values, err = readList(value.NewArray([]value.Value{v}))
		}
		if err != nil {
			return t, err
		}
		return t, t.check()
	}
	if in.has("AttributeValueList") {
		return t, invalidParameter("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", name)
	}
	exists := !in.has("Exists") || in.truth("Exists")
	v := in.get("Value")
	switch {
	case !exists && v.Exists():
		return t, invalidParameter("Value cannot be used when Exists is false for Attribute: %s", name)
	case !exists:
		t.op = "NULL"
		return t, nil
	case !v.Exists():
		exists := "null"
		if in.has("Exists") {
			exists = "true"
		}
		return t, invalidParameter("Value must be provided when Exists is %s for Attribute: %s", exists, name)
	}
	parsed, err := attribute.Parse(v)
	t.op, t.values = "EQ", []attribute.Value{parsed}
	return t, refusal(err)
}

// olderUpdate is what AttributeUpdates does to one attribute.
type olderUpdate struct {
	name   string
	action string // PUT ADD DELETE
	value  attribute.Value
}

func readOlderUpdate(name string, in input) (olderUpdate, error) {
	u := olderUpdate{name: name, action: in.text("Action")}
	if u.action == "" {
		u.action = "PUT"
	}
	if err := oneOf(u.action, "attributeUpdates."+name+".member.action", "ADD", "DELETE", "PUT"); err != nil {
		return u, err
	}
	v := in.get("Value")
	if !v.Exists() {
		if u.action != "DELETE" {
			return u, invalidParameter("Only DELETE action is allowed when no attribute value is specified")
		}
		return u, nil
	}
	var err error
	if u.value, err = attribute.Parse(v); err != nil {
		return u, refusal(err)
	}
	switch kind := u.value.Kind; {
	case u.action == "DELETE" && !kind.IsSet():
		return u, invalidParameter("DELETE action with value is not supported for the type %v", kind)
	case u.action == "ADD" && !kind.IsSet() && kind != attribute.N && kind != attribute.L:
		return u, invalidParameter("ADD action is not supported for the type %v", kind)
	}
	return u, nil
}

// applyOlder returns an item after updates.
func applyOlder(item attribute.Item, updates []olderUpdate) (attribute.Item, error) {
	for _, u := range updates {
		old := item.Get(u.name)
		v := u.value
		var err error
		switch {
		case u.action == "ADD" && v.Kind == attribute.L:
			v, err = appended(old, v)
		case u.action == "ADD":
			v, err = expression.Added(old, v)
		case u.action == "DELETE" && v.Kind != attribute.Absent:
			v, err = expression.Deleted(old, v)
		}
		if err != nil {
			return nil, validation("Type mismatch for attribute to update")
		}
		if v.Kind == attribute.Absent {
			item = item.Without(u.name)
		} else {
			item = item.With(u.name, v)
		}
	}
	return item, nil
}

func appended(old, v attribute.Value) (attribute.Value, error) {
	if old.Kind == attribute.Absent {
		return v, nil
	}
	if old.Kind != attribute.L {
		return v, validation("Type mismatch for attribute to update")
	}
	return attribute.Value{Kind: attribute.L, List: append(append([]attribute.Value{}, old.List...), v.List...)}, nil
}
