package asl

// JSONata in a definition. An expression is a string that starts with {% and ends with %}; what looks like one
// half of that is an error, and {% %} inside of a longer string is text.

import (
	"errors"
	"strings"

	"github.com/statelark/statelark/jsonata"
)

// The delimiters of a JSONata expression in a string. They must be its first and its last characters.
const (
	queryOpen  = "{%"
	queryClose = "%}"
)

// isQuery reports whether text is a JSONata expression with its delimiters.
func isQuery(text string) bool {
	return len(text) >= len(queryOpen)+len(queryClose) && strings.HasPrefix(text, queryOpen) && strings.HasSuffix(text, queryClose)
}

// marked reports whether text has at least one of the delimiters.
func marked(text string) bool {
	return strings.HasPrefix(text, queryOpen) || strings.HasSuffix(text, queryClose)
}

// query compiles the expression in the string n.
func (s *stateCompiler) query(n *node) *Expr {
	text := n.str()
	if !isQuery(text) {
		s.invalid(n, "JSONata string must start with {%% and end with %%}")
		return nil
	}
	src := strings.TrimSpace(text[len(queryOpen) : len(text)-len(queryClose)])
	e, err := jsonata.Parse(src, jsonata.AWS)
	if err != nil {
		s.fail(n, CodeInvalidJSONataExpression, "%s", withoutCode(err))
		return nil
	}
	s.checkReferences(n, e)
	return &Expr{Source: src, Query: e}
}

// withoutCode returns what is wrong with an expression as AWS prints it.
func withoutCode(err error) string {
	var e *jsonata.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// checkReferences reports what e reads although there is no such thing where n stands: the item that an
// expression is evaluated on elsewhere, and members of $states that are not there.
func (s *stateCompiler) checkReferences(n *node, e *jsonata.Expr) {
	context, states, _ := e.References()
	for _, name := range context {
		if name == "$$" {
			s.fail(n, CodeUnsupportedJSONataExpression, "Reference to '$$' is not supported.")
		} else {
			s.fail(n, CodeUnsupportedJSONataExpression, "Reference to '%s' at the top level is not supported.", name)
		}
	}
	for _, name := range states {
		if name != "input" && name != "context" && name != s.extra {
			s.fail(n, CodeUnsupportedJSONataExpression, "Field '$states.%s' does not exist.", name)
		}
	}
}
