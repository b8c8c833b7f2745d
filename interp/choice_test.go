package interp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// choice runs a Choice state with one rule and tells whether it held: "yes", "no" or the error.
func choice(t *testing.T, rule, input string) string {
	t.Helper()
	definition := fmt.Sprintf(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{%s,"Next":"Yes"}],"Default":"No"},
		"Yes":{"Type":"Pass","Result":"yes","End":true},"No":{"Type":"Pass","Result":"no","End":true}}}`, rule)
	m, found := asl.Parse(definition, asl.Options{})
	if m == nil {
		t.Fatalf("%s: %s", rule, asl.Message(found))
	}
	s := newScript(t, m)
	v, err := value.Parse(input)
	if err != nil {
		t.Fatal(err)
	}
	s.x = NewExec(scriptIdentity, scriptHost, m, v, 1)
	d := s.x.Step(Event{Kind: Started, At: s.now})
	if d.End.Status != Succeeded {
		return *d.End.Error
	}
	return d.End.Output.Str()
}

// TestOperatorsByKind holds each operator against a value of each kind. The row says for which it holds.
func TestOperatorsByKind(t *testing.T) {
	kinds := []struct{ name, json string }{
		{"null", `null`}, {"true", `true`}, {"false", `false`}, {"one", `1`}, {"two", `2.0`}, {"a", `"a"`}, {"b", `"b"`},
		{"early", `"2020-01-01T00:00:00Z"`}, {"late", `"2020-01-01T01:00:00.5+00:30"`}, {"list", `[1]`}, {"object", `{"a":1}`},
	}
	const early, between = `"2020-01-01T00:00:00Z"`, `"2020-01-01T00:15:00Z"`
	for _, c := range []struct{ operator, operand, holds string }{
		{"BooleanEquals", `true`, "true"}, {"BooleanEquals", `false`, "false"},
		{"NumericEquals", `1`, "one"}, {"NumericEquals", `2`, "two"},
		{"NumericLessThan", `2`, "one"}, {"NumericLessThanEquals", `2`, "one two"},
		{"NumericGreaterThan", `1`, "two"}, {"NumericGreaterThanEquals", `1`, "one two"},
		{"StringEquals", `"a"`, "a"}, {"StringLessThan", `"a"`, "early late"}, {"StringLessThanEquals", `"a"`, "a early late"},
		{"StringGreaterThan", `"a"`, "b"}, {"StringGreaterThanEquals", `"a"`, "a b"},
		{"TimestampEquals", early, "early"}, {"TimestampLessThan", between, "early"}, {"TimestampLessThanEquals", early, "early"},
		{"TimestampGreaterThan", early, "late"}, {"TimestampGreaterThanEquals", early, "early late"},
		{"StringMatches", `"*0*Z"`, "early"}, {"StringMatches", `"*"`, "a b early late"},
		{"IsNull", `true`, "null"}, {"IsBoolean", `true`, "true false"}, {"IsNumeric", `true`, "one two"},
		{"IsString", `true`, "a b early late"}, {"IsTimestamp", `true`, "early late"},
		{"IsPresent", `true`, "null true false one two a b early late list object"}, {"IsPresent", `false`, ""},
		{"IsNull", `false`, "true false one two a b early late list object"},
		{"IsBoolean", `false`, "null one two a b early late list object"},
		{"IsNumeric", `false`, "null true false a b early late list object"},
		{"IsString", `false`, "null true false one two list object"},
		{"IsTimestamp", `false`, "null true false one two a b list object"},
	} {
		for _, k := range kinds {
			want := "no"
			if strings.Contains(" "+c.holds+" ", " "+k.name+" ") {
				want = "yes"
			}
			rule := fmt.Sprintf(`"Variable":"$.v",%q:%s`, c.operator, c.operand)
			input := fmt.Sprintf(`{"v":%s,"operand":%s}`, k.json, c.operand)
			if got := choice(t, rule, input); got != want {
				t.Errorf("%s %s %s: %s, want %s", k.json, c.operator, c.operand, got, want)
			}
			if strings.HasPrefix(c.operator, "Is") || c.operator == "StringMatches" {
				continue
			}
			rule = fmt.Sprintf(`"Variable":"$.v","%sPath":"$.operand"`, c.operator)
			if got := choice(t, rule, input); got != want {
				t.Errorf("%s %sPath %s: %s, want %s", k.json, c.operator, c.operand, got, want)
			}
		}
	}
}

func TestChoiceDetails(t *testing.T) {
	for _, c := range []struct{ rule, input, want string }{
		// What is missing is an error, unless it is asked for.
		{`"Variable":"$.none","StringEquals":"x"`, `{}`, "States.Runtime"},
		{`"Variable":"$.none","IsNull":true`, `{}`, "States.Runtime"},
		{`"Variable":"$.none","IsPresent":true`, `{}`, "no"},
		{`"Variable":"$.none","IsPresent":false`, `{}`, "yes"},
		{`"Variable":"$.v","StringEqualsPath":"$.none"`, `{"v":1}`, "States.Runtime"},
		{`"And":[{"Variable":"$.none","IsPresent":true},{"Variable":"$.none","IsNull":true}]`, `{}`, "no"},
		{`"Or":[{"Variable":"$.v","IsPresent":true},{"Variable":"$.none","IsNull":true}]`, `{"v":1}`, "yes"},
		{`"Or":[{"Variable":"$.v","IsNull":true},{"Variable":"$.none","IsNull":true}]`, `{"v":1}`, "States.Runtime"},
		{`"Not":{"Variable":"$.v","NumericEquals":1}`, `{"v":"1"}`, "yes"},
		{`"Variable":"$$.Execution.Name","StringEquals":"e"`, `{}`, "yes"},
		{`"Variable":"$","IsNumeric":true`, `7`, "yes"},
		// Stars match anything, and can be meant.
		{`"Variable":"$","StringMatches":"log-*.txt"`, `"log-.txt"`, "yes"},
		{`"Variable":"$","StringMatches":"*a*a*"`, `"a"`, "no"},
		{`"Variable":"$","StringMatches":"a\\*"`, `"a*"`, "yes"},
		{`"Variable":"$","StringMatches":"a\\*"`, `"ab"`, "no"},
		{`"Variable":"$","StringMatches":"a\\\\*"`, `"a\\b"`, "yes"},
		{`"Variable":"$","StringMatches":""`, `""`, "yes"},
		// Strings are ordered by UTF-16 units: U+1F600 goes before U+FF5E.
		{`"Variable":"$","StringLessThan":"\uff5e"`, `"\ud83d\ude00"`, "yes"},
		// Numbers are compared as numbers, beyond what a float64 tells apart too.
		{`"Variable":"$","NumericEquals":100`, `1e2`, "yes"},
		{`"Variable":"$","NumericLessThan":9007199254740993`, `9007199254740992`, "yes"},
		// RFC 3339 to the letter.
		{`"Variable":"$","IsTimestamp":true`, `"2020-01-01t00:00:00z"`, "no"},
		{`"Variable":"$","IsTimestamp":true`, `"2020-01-01"`, "no"},
		{`"Variable":"$","IsTimestamp":true`, `"2020-01-01T00:00:00"`, "no"},
		{`"Variable":"$","IsTimestamp":true`, `"2020-01-01T00:00:00.123456789+14:00"`, "yes"},
		{`"Variable":"$","IsTimestamp":true`, `"2020-01-01T1:00:00Z"`, "no"},
		{`"Variable":"$","IsTimestamp":true`, `"2020-01-01T01:00:00,5Z"`, "no"},
		{`"Variable":"$","TimestampEquals":"2020-01-01T00:00:00Z"`, `"2020-01-01T02:00:00+02:00"`, "yes"},
	} {
		if got := choice(t, c.rule, c.input); got != c.want {
			t.Errorf("%s with %s: %s, want %s", c.rule, c.input, got, c.want)
		}
	}
}
