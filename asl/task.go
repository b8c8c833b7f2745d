package asl

import (
	"strings"

	"github.com/statelark/statelark/value"
)

func (s *stateCompiler) task() {
	t := &TaskFields{}
	s.state.Task = t
	if s.require(s.node, "Resource") {
		s.resource(s.node.get("Resource"))
	}
	t.Timeout = s.numberField("TimeoutSeconds", s.integerConst(1, MaxSeconds))
	t.Heartbeat = s.numberField("HeartbeatSeconds", s.integerConst(1, MaxSeconds))
	s.heartbeatWithinTimeout()
	t.Credentials = s.credentials()
}

func (s *stateCompiler) resource(n *node) {
	text, ok := s.stringOf(n)
	if !ok {
		return
	}
	if !strings.HasPrefix(text, "arn:") {
		s.invalid(n, "Value is not a valid resource ARN")
		return
	}
	r, err := ParseResource(text)
	if err != nil || !s.offered(&r) {
		s.invalid(n, "The resource provided %s is not recognized. The value is not a valid resource ARN, "+
			"or the resource is not available in this region.", text)
		return
	}
	s.state.Task.Resource = r
	if s.express {
		s.refusedByExpress(n, r)
	}
	if r.Service != "" {
		s.integrationParameters(r)
	}
}

func (s *stateCompiler) refusedByExpress(n *node, r Resource) {
	switch {
	case r.Activity != "":
		s.invalid(n, "Express state machine does not support Activity ARN")
	case r.Pattern == Sync || r.Pattern == Sync2:
		s.invalid(n, "Express state machine does not support '.sync' service integration")
	case r.Pattern == WaitForTaskToken:
		// The space at the end is AWS's.
		s.invalid(n, "Express state machine does not support '.waitForTaskToken' service integration ")
	}
}

// integrationParameters checks that the call of an integration says what it needs.
func (s *stateCompiler) integrationParameters(r Resource) {
	name := "Parameters"
	if s.state.Language == JSONata {
		name = "Arguments"
	}
	n := s.node.get(name)
	if n == nil {
		if !s.foreign {
			s.invalid(s.node, "%s field is required for resource ARN: %s", name, r.ARN)
		}
		return
	}
	if n.kind != value.Object {
		return // computed as a whole
	}
	known := r.parameters()
	for _, m := range n.children {
		if !known.takes(m.key) && (s.state.Language == JSONata || !strings.HasSuffix(m.key, ".$")) {
			s.invalidIn(n, n.offset, "%s", unknownParameter(m.key))
		}
	}
	for _, field := range known.required {
		if !n.has(field) && !n.has(field+".$") {
			s.invalidIn(n, n.offset, "%s", missingParameter(field))
		}
	}
	s.givenParameters(&r, n)
}

func missingParameter(field string) string {
	return "The field '" + field + "' is required but was missing"
}

func unknownParameter(field string) string {
	return "The field \"" + field + "\" is not supported by Step Functions"
}

// Refuses says why the resource cannot be called with these parameters, "" when nothing is known against it. A
// definition is held to what is required, but what a path or an expression gives is known only when the state runs.
func (r *Resource) Refuses(given value.Value) string {
	if r.Service == "" {
		return ""
	}
	known := r.parameters()
	for _, field := range known.required {
		if _, ok := given.Get(field); !ok {
			return missingParameter(field)
		}
	}
	for _, m := range given.Members() {
		if !known.takes(m.Key) {
			return unknownParameter(m.Key)
		}
	}
	for _, field := range known.texts {
		if v, ok := given.Get(field); ok && v.Kind() != value.String {
			return "The value for the field '" + field + "' must be a STRING"
		}
	}
	return ""
}

func (s *stateCompiler) heartbeatWithinTimeout() {
	timeout, heartbeat := s.state.Task.Timeout, s.state.Task.Heartbeat
	limit, ok := timeout.Const.Int()
	seconds, ok2 := heartbeat.Const.Int()
	if ok && ok2 && seconds >= limit {
		s.invalid(s.node.get("HeartbeatSeconds"), "The value of 'HeartbeatSeconds' must be smaller than the value of 'TimeoutSeconds'")
	}
}

func (s *stateCompiler) credentials() *Template {
	n := s.field("Credentials")
	if n == nil || !s.ofKind(n, value.Object) {
		return nil
	}
	if s.state.Task.Resource.Activity != "" {
		s.invalid(n, "The field 'Credentials' is not supported for activities")
	}
	if !n.has("RoleArn") && (s.state.Language == JSONata || !n.has("RoleArn.$")) {
		s.invalid(n, "The field 'RoleArn' is required but was missing")
		return nil
	}
	return s.template(n)
}
