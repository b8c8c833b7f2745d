package asl

import "github.com/statelark/statelark/value"

const (
	allErrors    = "States.ALL"
	maxMaxDelay  = 31_622_400 // seconds, 366 days
	defaultDelay = 1
	defaultTries = 3
	defaultRate  = 2.0
)

func (s *stateCompiler) retry() []Retrier { return eachObject(s, "Retry", s.retrier) }

// eachObject compiles the objects in the array of a field with compile; nil when there is no such array.
func eachObject[T any](s *stateCompiler, field string, compile func(*node) T) []T {
	n := s.field(field)
	if n == nil || !s.ofKind(n, value.Array) {
		return nil
	}
	compiled := make([]T, 0, len(n.children))
	for _, m := range n.children {
		if s.ofKind(m, value.Object) {
			compiled = append(compiled, compile(m))
		}
	}
	return compiled
}

func (s *stateCompiler) retrier(n *node) Retrier {
	s.onlyFields(n, retrierFields)
	r := Retrier{
		ErrorEquals:     s.errorEquals(n),
		IntervalSeconds: defaultDelay,
		MaxAttempts:     defaultTries,
		BackoffRate:     defaultRate,
	}
	if m := n.get("IntervalSeconds"); m != nil {
		r.IntervalSeconds, _ = s.integer(m, 0, MaxSeconds)
	}
	if m := n.get("MaxAttempts"); m != nil {
		r.MaxAttempts, _ = s.integer(m, 0, MaxSeconds)
	}
	if m := n.get("BackoffRate"); m != nil {
		r.BackoffRate, _ = s.float(m, 1, noMaximum)
	}
	if m := n.get("MaxDelaySeconds"); m != nil {
		r.MaxDelaySeconds, _ = s.integer(m, 1, maxMaxDelay)
	}
	if m := n.get("JitterStrategy"); m != nil {
		text, _ := s.oneOf(m, "NONE", "FULL")
		r.FullJitter = text == "FULL"
	}
	return r
}

// errorEquals reads the names that a retrier or a catcher, n, is for.
func (s *stateCompiler) errorEquals(n *node) []string {
	if !s.require(n, "ErrorEquals") {
		return nil
	}
	list := n.get("ErrorEquals")
	if !s.nonEmpty(list) {
		return nil
	}
	var names []string
	all := false
	for _, m := range list.children {
		if text, ok := s.stringOf(m); ok {
			names = append(names, text)
			all = all || text == allErrors
		}
	}
	last := n.index == len(n.parent.children)-1
	if all && (len(list.children) > 1 || !last) {
		s.invalid(list, "States.ALL must appear alone and at end of list")
	}
	return names
}

// catcherFields are the fields of a catcher and the languages they are limited to.
var catcherFields = map[string]Language{
	"Assign": "", "Comment": "", "ErrorEquals": "", "Next": "", "Output": JSONata, "ResultPath": JSONPath,
}

func (s *stateCompiler) catch() []Catcher { return eachObject(s, "Catch", s.catcher) }

func (s *stateCompiler) catcher(n *node) Catcher {
	s.onlyLanguageFields(n, catcherFields)
	s.require(n, "ErrorEquals", "Next")
	var c Catcher
	if n.has("ErrorEquals") {
		c.ErrorEquals = s.errorEquals(n)
	}
	if m := n.get("Next"); m != nil {
		c.Next = s.exit(m)
	} else {
		s.broken = true
	}
	s.extra = "errorOutput"
	defer func() { s.extra = "" }()
	before := len(s.assigned)
	c.Assign = s.assign(n.get("Assign"))
	for _, v := range s.assigned[before:] {
		if s.caught == nil {
			s.caught = map[string]int{}
		}
		s.caught[v.name]++
	}
	if s.state.Language == JSONPath {
		c.ResultPath = s.resultPath(n.get("ResultPath"))
	} else if m := n.get("Output"); m != nil {
		c.Output = s.template(m)
	}
	return c
}

// onlyLanguageFields reports the members of n that are none of fields, or belong to the other language.
func (s *stateCompiler) onlyLanguageFields(n *node, fields map[string]Language) {
	for _, m := range n.children {
		if only, ok := fields[m.key]; !ok {
			s.unsupported(n, m)
		} else {
			s.checkLanguage(n, m, only)
		}
	}
}
