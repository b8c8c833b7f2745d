package expression

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/value"
)

func item(t testing.TB, text string) attribute.Item {
	t.Helper()
	doc, err := value.Parse(strings.ReplaceAll(text, "'", `"`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := attribute.ParseItem(doc)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// samples are the values and names that the expressions of the tests use.
func samples(t testing.TB) *Placeholders {
	ph := &Placeholders{Names: map[string]string{"#a": "a", "#b": "b", "#c": "c", "#d": "[3]"}, Values: map[string]attribute.Value{}}
	for _, f := range item(t, `{'s':{'S':'a'},'s2':{'S':'b'},'n':{'N':'1'},'n5':{'N':'5'},'b':{'B':'YQ=='},'bool':{'BOOL':true},'null':{'NULL':true},
		'ss':{'SS':['a']},'ns':{'NS':['1']},'bs':{'BS':['YQ==']},'m':{'M':{}},'l':{'L':[]},'type':{'S':'S'},'nokind':{'S':'foo'}}`) {
		ph.Values[":"+f.Name] = f.Value
	}
	return ph
}

const sampleItem = `{'s':{'S':'abc'},'n':{'N':'5'},'b':{'B':'YWI='},'ss':{'SS':['a','b']},'l':{'L':[{'S':'a'},{'M':{'x':{'N':'1'}}}]},'m':{'M':{'k':{'S':'a'}}},'f':{'BOOL':false},'z':{'NULL':true},'uni':{'S':'é😀'}}`

func TestConditions(t *testing.T) {
	it := item(t, sampleItem)
	tests := map[string]bool{
		"s = :s":                              false,
		"s <> :s":                             true,
		"s > :s":                              true,
		"s < :n":                              false, // kinds that differ have no order
		"s <> :n":                             true,
		"gone <> :s":                          true,
		"gone = :s":                           false,
		"gone = lost":                         false,
		"n = :n5 AND NOT s = :s OR n = :n":    true,
		"n = :n OR n = :n5 AND s = :s":        false,
		"(n = :n OR n = :n5) AND s <> :s":     true,
		"NOT n = :n AND n BETWEEN :n AND :n5": true,
		"n between :n and :n":                 false,
		"n IN (:s, :n, :n5)":                  true,
		"n in (:s)":                           false,
		"attribute_exists(m.k)":               true,
		"attribute_exists(m.x)":               false,
		"attribute_exists(l[1].x)":            true,
		"attribute_exists(l[2])":              false,
		"attribute_exists(s.k)":               false,
		"attribute_not_exists(gone)":          true,
		"attribute_type(s, :type)":            true,
		"attribute_type(n, :type)":            false,
		"begins_with(s, :s)":                  true,
		"begins_with(n, :s)":                  false,
		"begins_with(b, :b)":                  true,
		"contains(s, :s)":                     true,
		"contains(ss, :s)":                    true,
		"contains(ss, :n)":                    false,
		"contains(l, :s)":                     true,
		"contains(m, :s)":                     false,
		"size(s) > :n":                        true,
		"size(l) = size(ss)":                  true,
		"size(n) > :n":                        false,
		"size(gone) = :n":                     false,
		":n = n":                              false,
		":n5 = n":                             true,
		"#a = :s":                             false,
		"f <> :bool":                          true,
		"z = :null":                           true,
		"m.k = l[0]":                          true,
	}
	for source, want := range tests {
		test, err := ParseTest(Condition, source, samples(t))
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := test.Holds(it); got != want {
			t.Errorf("%s is %v", source, got)
		}
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	long := strings.Repeat("(", 400) + "a = :s" + strings.Repeat(")", 400)
	tests := []struct{ source, want string }{
		{"", "The expression can not be empty;"},
		{"  ", "The expression can not be empty;"},
		{"foo", `Syntax error; token: "<EOF>", near: "foo"`},
		{"attribute_not_exists(", `Syntax error; token: "<EOF>", near: "("`},
		{"INVALID SYNTAX HERE", `Syntax error; token: "SYNTAX", near: "INVALID SYNTAX HERE"`},
		{"a.0.b = :s", `Syntax error; token: "0", near: ".0."`},
		{"a-b = :s", `Syntax error; token: "-", near: "a-b"`},
		{"a = 5", `Syntax error; token: "5", near: "= 5"`},
		{"a = :s )", `Syntax error; token: ")", near: ":s )"`},
		{"a = :s AND", `Syntax error; token: "<EOF>", near: "AND"`},
		{"size(a)[0] > :n", `Syntax error; token: "[", near: ")[0"`},
		{"a = :s OR b", `Syntax error; token: "<EOF>", near: "b"`},
		{"a and = :s", `Syntax error; token: "and", near: "a and ="`},
		{"((a = :s))", "The expression has redundant parentheses;"},
		{long, "The expression has redundant parentheses;"},
		{"abOrt = :s", "Attribute name is a reserved keyword; reserved keyword: abOrt"},
		{"a.status = :s AND foo(b)", "Attribute name is a reserved keyword; reserved keyword: status"},
		{"foo(a)", "Invalid function name; function: foo"},
		{"#x = :s", "An expression attribute name used in the document path is not defined; attribute name: #x"},
		{"a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
		{"attribute_exists(:s)", "Operator or function requires a document path; operator or function: attribute_exists"},
		{"attribute_exists(a, b)", "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
		{"begins_with(a)", "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1"},
		{"begins_with(a, :n)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"size(:n) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
		{"a < :bool", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{"attribute_type(a, :n)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
		{"attribute_type(a, :nokind)", "Invalid attribute type name found; type: foo, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
		{"size(a)", "The function is not allowed to be used this way in an expression; function: size"},
		{"attribute_exists(a) = :bool", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"if_not_exists(a, :s) = :s", "The function is not allowed to be used this way in an expression; function: if_not_exists"},
		{"contains(#a, a)", "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]"},
		{"a.b[1] = a.b[1]", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a, b, [1]]"},
		{"a BETWEEN :s2 AND :s", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"},
		{"a BETWEEN :n AND :s", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"},
	}
	for _, test := range tests {
		_, err := ParseTest(Filter, test.source, samples(t))
		if want := "Invalid FilterExpression: " + test.want; err == nil || err.Error() != want {
			t.Errorf("%.40s:\n got %v\nwant %s", test.source, err, want)
		}
	}
	for _, source := range []string{strings.Repeat("a", 4097), "a = :s" + strings.Repeat(" OR a = :s", 301)} {
		if _, err := ParseTest(Filter, source, samples(t)); err == nil {
			t.Errorf("%.40s is too large", source)
		}
	}
}

func TestUnusedPlaceholders(t *testing.T) {
	ph := &Placeholders{Names: map[string]string{"#a": "a", "#z": "z", "#y": "y"}, Values: map[string]attribute.Value{":v": attribute.OfString("x")}}
	if _, err := ParseTest(Condition, "#a = :v", ph); err != nil {
		t.Fatal(err)
	}
	if err := ph.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeNames unused in expressions: keys: {#y, #z}" {
		t.Error(err)
	}
	ph.Names = map[string]string{"#a": "a"}
	ph.Values[":w"] = attribute.OfString("x")
	if err := ph.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}" {
		t.Error(err)
	}
}

func TestKeyConditions(t *testing.T) {
	tests := []struct{ source, want string }{
		{"a = :s", "a = 1"},
		{":s = a AND b > :n", "a = 1, b > 1"},
		{":n < b AND a = :s", "b > 1, a = 1"},
		{"(a = :s) AND (b BETWEEN :n AND :n5)", "a = 1, b BETWEEN 2"},
		{"((a = :s)) AND ((b = :n))", "a = 1, b = 1"},
		{"a = :s AND begins_with(b, :s)", "a = 1, b begins_with 1"},
		{"a > b AND size(b) > c or a > c", "Invalid operator used in KeyConditionExpression: OR"},
		{"a in (b, size(c), :s)", "Invalid operator used in KeyConditionExpression: IN"},
		{"NOT a > b", "Invalid operator used in KeyConditionExpression: NOT"},
		{"a <> b", "Invalid operator used in KeyConditionExpression: <>"},
		{"contains(a.c, b)", "Invalid operator used in KeyConditionExpression: contains"},
		{":s between size(b) and size(a) and b > :s", "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand"},
		{"begins_with(:s, b) and a > :s", "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand"},
		{"a > size(b)", "KeyConditionExpressions cannot contain nested operations"},
		{"b > a.b", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
		{"a.c > :n", "KeyConditionExpressions cannot have conditions on nested attributes"},
		{":n > :n5 AND a < :n", "Invalid condition in KeyConditionExpression: No key attribute specified"},
		{"b > :n AND b < :n and c = :n and e = :n", "KeyConditionExpressions must only contain one condition per key"},
		{"a = :n AND b < :n and c = :n", "a = 1, b < 1, c = 1"},
	}
	for _, test := range tests {
		if got := keyTests(t, test.source); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.source, got, test.want)
		}
	}
}

func keyTests(t *testing.T, source string) string {
	condition, err := ParseTest(KeyCondition, source, samples(t))
	if err != nil {
		return err.Error()
	}
	tests, err := condition.KeyTests()
	if err != nil {
		return err.Error()
	}
	var texts []string
	for _, test := range tests {
		texts = append(texts, test.Name+" "+test.Op+" "+string(rune('0'+len(test.Values))))
	}
	return strings.Join(texts, ", ")
}

func TestReservedWords(t *testing.T) {
	if n := len(reserved()); n != 573 {
		t.Errorf("%d words", n)
	}
}

// FuzzTest reads anything as each sort of expression, and evaluates what can be read.
func FuzzTest(f *testing.F) {
	for _, seed := range []string{"a = :s AND NOT (contains(#a, :s) OR size(l[0].x) >= :n)", "SET a = if_not_exists(b, :n) + :n REMOVE c[1] ADD d :ss DELETE e :ns", "a, b[1].c, #c", "((((", "a.", ":", "#", "é = :s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		it := item(t, sampleItem)
		if test, err := ParseTest(Condition, source, samples(t)); err == nil {
			test.Holds(it)
			test.Holds(nil)
			_, _ = test.KeyTests()
			_, _ = test.CutKeys(func(string) bool { return true })
		}
		if c, err := ParseUpdate(source, samples(t)); err == nil {
			if after, err := c.Of(it); err == nil {
				c.Targets().Of(after)
			}
		}
		if p, err := ParseProjection(source, samples(t)); err == nil {
			p.Of(it)
		}
	})
}
