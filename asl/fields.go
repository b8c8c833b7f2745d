package asl

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

var (
	machineFields   = []string{"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}
	branchFields    = []string{"Comment", "StartAt", "States"}
	processorFields = []string{"Comment", "ProcessorConfig", "StartAt", "States"}
	retrierFields   = []string{"BackoffRate", "Comment", "ErrorEquals", "IntervalSeconds", "JitterStrategy", "MaxAttempts", "MaxDelaySeconds"}
)

// types is a set of state types.
type types uint16

func of(list ...Type) types {
	var set types
	for _, t := range list {
		set |= 1 << t
	}
	return set
}

func (set types) has(t Type) bool { return set&(1<<t) != 0 }

var (
	everyType  = of(Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail)
	goingOn    = of(Task, Parallel, Map, Pass, Wait)
	computing  = of(Task, Parallel, Map)
	passingOn  = everyType &^ of(Fail)
	assigning  = everyType &^ of(Fail, Succeed)
	withResult = of(Task, Parallel, Map, Pass)
)

// fieldRule says in which states a field may stand. An empty language stands for both.
type fieldRule struct {
	types    types
	language Language
}

var stateFields = map[string]fieldRule{
	"Type":          {everyType, ""},
	"Comment":       {everyType, ""},
	"QueryLanguage": {everyType, ""},
	"Next":          {goingOn, ""},
	"End":           {goingOn, ""},

	"InputPath":      {passingOn, JSONPath},
	"OutputPath":     {passingOn, JSONPath},
	"ResultPath":     {withResult, JSONPath},
	"Parameters":     {withResult, JSONPath},
	"ResultSelector": {computing, JSONPath},
	"Arguments":      {of(Task, Parallel), JSONata},
	"Output":         {passingOn, JSONata},
	"Assign":         {assigning, ""},
	"Retry":          {computing, ""},
	"Catch":          {computing, ""},

	"Resource":             {of(Task), ""},
	"Credentials":          {of(Task), ""},
	"TimeoutSeconds":       {of(Task), ""},
	"TimeoutSecondsPath":   {of(Task), JSONPath},
	"HeartbeatSeconds":     {of(Task), ""},
	"HeartbeatSecondsPath": {of(Task), JSONPath},

	"Branches": {of(Parallel), ""},

	"ItemProcessor":                  {of(Map), ""},
	"Iterator":                       {of(Map), ""},
	"Items":                          {of(Map), JSONata},
	"ItemsPath":                      {of(Map), JSONPath},
	"ItemSelector":                   {of(Map), ""},
	"ItemReader":                     {of(Map), ""},
	"ItemBatcher":                    {of(Map), ""},
	"ResultWriter":                   {of(Map), ""},
	"Label":                          {of(Map), ""},
	"MaxConcurrency":                 {of(Map), ""},
	"MaxConcurrencyPath":             {of(Map), JSONPath},
	"ToleratedFailureCount":          {of(Map), ""},
	"ToleratedFailureCountPath":      {of(Map), JSONPath},
	"ToleratedFailurePercentage":     {of(Map), ""},
	"ToleratedFailurePercentagePath": {of(Map), JSONPath},

	"Result": {of(Pass), JSONPath},

	"Seconds":       {of(Wait), ""},
	"SecondsPath":   {of(Wait), JSONPath},
	"Timestamp":     {of(Wait), ""},
	"TimestampPath": {of(Wait), JSONPath},

	"Choices": {of(Choice), ""},
	"Default": {of(Choice), ""},

	"Error":     {of(Fail), ""},
	"ErrorPath": {of(Fail), JSONPath},
	"Cause":     {of(Fail), ""},
	"CausePath": {of(Fail), JSONPath},
}

// checkFields reports the fields that a state of its type and language cannot have.
func (s *stateCompiler) checkFields() {
	for _, n := range s.node.children {
		rule, known := stateFields[n.key]
		if !known || !rule.types.has(s.state.Type) {
			s.unsupported(s.node, n)
		} else {
			s.checkLanguage(s.node, n, rule.language)
		}
	}
}

// checkLanguage reports at place a field that only the other language has.
func (s *stateCompiler) checkLanguage(place, n *node, only Language) {
	if only == "" || only == s.state.Language || s.foreign {
		return
	}
	s.invalidIn(place, n.name, "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage",
		s.state.Language, n.key, only)
}

// field returns the field of that name, nil when the state has none or cannot have it.
func (s *stateCompiler) field(name string) *node {
	rule := stateFields[name]
	if !rule.types.has(s.state.Type) || rule.language != "" && rule.language != s.state.Language {
		return nil
	}
	return s.node.get(name)
}

func (c *compiler) unsupported(place, n *node) {
	c.invalidIn(place, n.name, "Field '%s' is not supported", n.key)
}

// onlyFields reports the members of n that are none of names.
func (c *compiler) onlyFields(n *node, names []string) {
	for _, m := range n.children {
		if !slices.Contains(names, m.key) {
			c.unsupported(n, m)
		}
	}
}

// require reports those of names that n lacks and returns whether it has them all.
func (c *compiler) require(n *node, names ...string) bool {
	var missing []string
	for _, name := range names {
		if !n.has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		c.invalid(n, "These fields are required: [%s]", strings.Join(missing, ", "))
	}
	return len(missing) == 0
}

// present returns how many of names n has.
func present(n *node, names []string) int {
	count := 0
	for _, name := range names {
		if n.has(name) {
			count++
		}
	}
	return count
}

// atMostOne reports that n has several of names.
func (c *compiler) atMostOne(n *node, names ...string) {
	if present(n, names) > 1 {
		c.invalid(n, "There should only be one of the following fields: [%s]", strings.Join(names, ", "))
	}
}

// exactlyOne reports that n has several or none of names.
func (c *compiler) exactlyOne(n *node, names ...string) {
	c.atMostOne(n, names...)
	if present(n, names) == 0 {
		c.invalid(n, "This object should have only one of the following fields: [%s]", strings.Join(names, ", "))
	}
}

func (c *compiler) wrongType(n *node, want string) {
	c.invalid(n, "Expected value of type %s", want)
}

// ofKind reports a value of another kind.
func (c *compiler) ofKind(n *node, kind value.Kind) bool {
	if n.kind == kind {
		return true
	}
	want := map[value.Kind]string{value.String: "String", value.Bool: "Boolean", value.Number: "Number",
		value.Array: "Array", value.Object: "Object"}
	c.wrongType(n, want[kind])
	return false
}

func (c *compiler) stringOf(n *node) (string, bool) {
	if !c.ofKind(n, value.String) {
		return "", false
	}
	return n.str(), true
}

func (c *compiler) nonEmptyString(n *node) (string, bool) {
	text, ok := c.stringOf(n)
	if ok && text == "" {
		c.invalid(n, "Value cannot be empty")
		return "", false
	}
	return text, ok
}

// nonEmpty reports an array that is none or has no elements.
func (c *compiler) nonEmpty(n *node) bool {
	if !c.ofKind(n, value.Array) {
		return false
	}
	if len(n.children) == 0 {
		c.invalid(n, "Value cannot be empty")
		return false
	}
	return true
}

func (c *compiler) comment(n *node) string {
	m := n.get("Comment")
	if m == nil {
		return ""
	}
	text, _ := c.stringOf(m)
	return text
}

// oneOf reports a string outside of allowed.
func (c *compiler) oneOf(n *node, allowed ...string) (string, bool) {
	text, ok := c.stringOf(n)
	if ok && !slices.Contains(allowed, text) {
		c.invalid(n, "Value should be one of the following: [%s]", strings.Join(allowed, ", "))
		return "", false
	}
	return text, ok
}

// noMaximum is the upper bound of a number without one.
const noMaximum = math.MaxInt64

func (c *compiler) integer(n *node, lo, hi int64) (int64, bool) {
	if n.kind != value.Number || strings.ContainsAny(n.text, ".eE") {
		c.wrongType(n, "Integer")
		return 0, false
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	switch {
	case i < lo:
		c.invalid(n, "Minimum value is %d", lo)
	case i > hi || err != nil:
		c.invalid(n, "Maximum value is %d", hi)
	default:
		return i, true
	}
	return 0, false
}

func (c *compiler) float(n *node, lo, hi float64) (float64, bool) {
	if n.kind != value.Number {
		c.wrongType(n, "Float")
		return 0, false
	}
	f := n.value().Float()
	switch {
	case f < lo:
		c.invalid(n, "Minimum value is %.1f", lo)
	case f > hi:
		c.invalid(n, "Maximum value is %.1f", hi)
	default:
		return f, true
	}
	return 0, false
}
