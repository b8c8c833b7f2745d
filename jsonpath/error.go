package jsonpath

import "fmt"

// SyntaxError reports a path or expression that cannot be read.
type SyntaxError struct {
	Text   string // the whole text
	Offset int    // where in Text, in bytes
	Msg    string // what is wrong there
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at character %d of %q", e.Msg, e.Offset+1, e.Text)
}

// NotFoundError reports a path that leads to nothing.
type NotFoundError struct {
	Path   string // as written
	Detail string // why, in Jayway's words: "No results for path: $['a']"
	// IndexPastEnd: the last step of a definite path is an index outside its array. Where a template field holds
	// nothing but such a path AWS takes null for it; as the argument of a function it is a miss.
	IndexPastEnd bool
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("Invalid path '%s' : %s", e.Path, e.Detail)
}

// CallError reports a call of an intrinsic function that failed.
type CallError struct {
	Expr string // the outermost expression, as written
	Msg  string // what went wrong
}

func (e *CallError) Error() string {
	return fmt.Sprintf("The function '%s' had the following error: %s", e.Expr, e.Msg)
}

// SetError reports a value that a reference path could not be written into.
type SetError struct {
	Path  string // as written
	Input string // the compact JSON text of what was to be written into
}

func (e *SetError) Error() string {
	return fmt.Sprintf("Unable to apply ReferencePath %s to input %q", e.Path, e.Input)
}
