package asl

import (
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// Services knows what the services take that Tasks call, so that definitions are held to it.
type Services interface {
	// Parameters are what the action of a Task takes; nil: nobody has such an action. r is an integration.
	Parameters(r *Resource) Parameters
}

// Parameters are what may stand at one place of the parameters of a Task.
type Parameters interface {
	// Member is what a member may hold; known is false when there is none of that name. nil may hold anything.
	Member(name string) (inner Parameters, known bool)
	// Elem is what the elements of an array may hold; nil: anything.
	Elem() Parameters
	// Required are the members that must not be missing.
	Required() []string
}

// offered reports whether the integration exists. What is not known of services counts as offered.
func (c *compiler) offered(r *Resource) bool {
	return c.services == nil || r.Service == "" || c.services.Parameters(r) != nil
}

// givenParameters holds the parameters n of a Task to what its service takes. What is computed is not looked into.
func (s *stateCompiler) givenParameters(r *Resource, n *node) {
	if s.services == nil {
		return
	}
	taken := s.services.Parameters(r)
	if taken == nil {
		return
	}
	for _, name := range s.unknownFields(n, taken, nil) {
		s.invalidIn(n, n.offset, "%s", unknownParameter(name))
	}
	for _, name := range taken.Required() {
		if !slices.Contains(r.parameters().required, name) && !n.has(name) && !n.has(name+".$") {
			s.invalidIn(n, n.offset, "%s", missingParameter(name))
		}
	}
}

// unknownFields appends the names in n that are not taken there.
func (s *stateCompiler) unknownFields(n *node, taken Parameters, names []string) []string {
	if taken == nil {
		return names
	}
	switch n.kind {
	case value.Array:
		for _, e := range n.children {
			names = s.unknownFields(e, taken.Elem(), names)
		}
	case value.Object:
		for _, m := range n.children {
			// What a path gives a name is looked at when the state runs (measured); in JSONata no name is computed.
			if s.state.Language != JSONata && strings.HasSuffix(m.key, ".$") {
				continue
			}
			inner, known := taken.Member(m.key)
			if !known {
				names = append(names, m.key)
				continue
			}
			names = s.unknownFields(m, inner, names)
		}
	}
	return names
}
