package graph

import (
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// maxLabel is how many characters of a condition are shown beside its edge.
const maxLabel = 28

// cut shortens a text to some characters, and returns the whole as well when it did.
func cut(s string, most int) (short, whole string) {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return strings.TrimRight(string(r[:most-1]), " ") + "…", s
	}
	return s, ""
}

// condition puts the rule of a Choice into a few words. What its author calls it goes before what it says.
func condition(rule value.Value) (short, whole string) {
	said := text(rule, "Comment")
	if said == "" {
		said = comparison(rule)
	}
	return cut(said, maxLabel)
}

// comparison is a rule in words.
func comparison(rule value.Value) string {
	if c, ok := rule.Get("Condition"); ok {
		return jsonata(c)
	}
	for _, j := range []struct{ member, word string }{{"And", " and "}, {"Or", " or "}} {
		if rules, ok := rule.Get(j.member); ok {
			return joined(rules.Elems(), j.word)
		}
	}
	if inner, ok := rule.Get("Not"); ok {
		return "not (" + comparison(inner) + ")"
	}
	variable := path(text(rule, "Variable"))
	for _, m := range rule.Members() {
		switch m.Key {
		case "Variable", "Next", "Comment", "Assign", "Output":
			continue
		}
		return compared(variable, m.Key, m.Value)
	}
	return variable
}

func joined(rules []value.Value, word string) string {
	parts := make([]string, 0, len(rules))
	for _, r := range rules {
		part := comparison(r)
		if _, nested := r.Get("Or"); nested && word == " and " {
			part = "(" + part + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, word)
}

// signs are the ends of the names of operators.
var signs = []struct{ end, sign string }{
	{"GreaterThanEquals", " ≥ "}, {"LessThanEquals", " ≤ "}, {"GreaterThan", " > "}, {"LessThan", " < "}, {"Equals", " = "}, {"Matches", " like "},
}

// kinds are what operators ask for that take a boolean.
var kinds = map[string]string{
	"IsNull": "null", "IsPresent": "present", "IsNumeric": "a number", "IsString": "a string", "IsBoolean": "a boolean", "IsTimestamp": "a timestamp",
}

// compared is a comparison: variable, operator, operand.
func compared(variable, operator string, operand value.Value) string {
	if kind, ok := kinds[operator]; ok {
		if operand.Kind() == value.Bool && !operand.Bool() {
			return variable + " is not " + kind
		}
		return variable + " is " + kind
	}
	name, isPath := strings.CutSuffix(operator, "Path")
	right := operand.Compact()
	if isPath {
		right = path(operand.Str())
	} else if strings.HasPrefix(name, "Timestamp") {
		right = operand.Str()
	}
	for _, s := range signs {
		if strings.HasSuffix(name, s.end) {
			return variable + s.sign + right
		}
	}
	return variable + " " + operator + " " + right
}

// path leaves out of a path what all have.
func path(p string) string {
	if rest, ok := strings.CutPrefix(p, "$."); ok {
		return rest
	}
	return p
}

// jsonata is an expression without its brackets. Variables keep their sign, the input does without its long name.
func jsonata(v value.Value) string {
	if v.Kind() != value.String {
		return v.Compact()
	}
	s := strings.TrimSpace(v.Str())
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{%"), "%}")
	return strings.ReplaceAll(s, "$states.input.", "")
}

// caught are the errors of a Catch.
func caught(c value.Value) (short, whole string) {
	errors, _ := c.Get("ErrorEquals")
	var names []string
	for _, e := range errors.Elems() {
		switch name := e.Str(); name {
		case "States.ALL":
			names = append(names, "any error")
		default:
			names = append(names, strings.TrimPrefix(name, "States."))
		}
	}
	if len(names) == 0 {
		return "catch", ""
	}
	return cut(strings.Join(names, ", "), maxLabel)
}

// label is the second line of a state, and the mode of a Map.
func label(typ string, body value.Value) (second, mode string) {
	switch typ {
	case "Task":
		second = called(body)
	case "Wait":
		second = waited(body)
	case "Fail":
		second = text(body, "Error")
	case "Map":
		return mapped(body)
	}
	second, _ = cut(second, maxLabel)
	return second, ""
}

// called names what a Task calls.
func called(body value.Value) string {
	resource := text(body, "Resource")
	parts := strings.SplitN(resource, ":", 7)
	if len(parts) < 6 {
		return resource
	}
	last := strings.Join(parts[5:], ":")
	switch {
	case parts[2] == "lambda":
		return "Lambda " + function(resource)
	case parts[2] != "states":
		return parts[2] + " " + last
	case strings.HasPrefix(last, "activity:"):
		return "Activity " + strings.TrimPrefix(last, "activity:")
	}
	action := strings.TrimPrefix(last, "aws-sdk:")
	action, pattern, _ := strings.Cut(action, ".")
	service, verb, _ := strings.Cut(action, ":")
	named := service + " " + verb
	if action == "lambda:invoke" {
		if name := argument(body, "FunctionName"); name != "" {
			named = "Lambda " + function(name)
		}
	}
	switch {
	case pattern == "waitForTaskToken":
		named += ", with token"
	case strings.HasPrefix(pattern, "sync"):
		named += ", to its end"
	}
	return named
}

// argument is a constant that a call is given.
func argument(body value.Value, name string) string {
	for _, field := range []string{"Arguments", "Parameters"} {
		if given, ok := body.Get(field); ok {
			if s := text(given, name); !strings.HasPrefix(s, "{%") {
				return s
			}
		}
	}
	return ""
}

// function is the name in the ARN of a function, with its version or alias.
func function(arn string) string {
	if _, name, ok := strings.Cut(arn, ":function:"); ok {
		return name
	}
	return arn
}

// waited tells how long a Wait takes.
func waited(body value.Value) string {
	for _, m := range body.Members() {
		switch m.Key {
		case "Seconds":
			if n, ok := m.Value.Int(); ok {
				return span(n)
			}
			return jsonata(m.Value)
		case "SecondsPath":
			return m.Value.Str() + " seconds"
		case "Timestamp":
			return "until " + jsonata(m.Value)
		case "TimestampPath":
			return "until " + m.Value.Str()
		}
	}
	return ""
}

// span is a number of seconds in its largest whole unit.
func span(seconds int64) string {
	for _, u := range []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}} {
		if seconds >= u.seconds && seconds%u.seconds == 0 {
			return strconv.FormatInt(seconds/u.seconds, 10) + " " + u.name
		}
	}
	return strconv.FormatInt(seconds, 10) + " s"
}

// mapped is the second line of a Map, and its mode.
func mapped(body value.Value) (second, mode string) {
	mode = "INLINE"
	if processor, ok := body.Get("ItemProcessor"); ok {
		config, _ := processor.Get("ProcessorConfig")
		if text(config, "Mode") == "DISTRIBUTED" {
			mode = "DISTRIBUTED"
		}
	}
	if mode == "DISTRIBUTED" {
		second = "distributed"
	}
	concurrency, _ := body.Get("MaxConcurrency")
	if n, ok := concurrency.Int(); ok && n > 0 {
		if second != "" {
			second += ", "
		}
		second += strconv.FormatInt(n, 10) + " at once"
	}
	return second, mode
}
