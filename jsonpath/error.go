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

func syntaxErrorf(text string, offset int, format string, a ...any) *SyntaxError {
	return &SyntaxError{Text: text, Offset: offset, Msg: fmt.Sprintf(format, a...)}
}

// NotFoundError reports a path that leads to nothing, or that cannot be applied to what it meets.
type NotFoundError struct {
	Path   string // as written
	Detail string // why, in Jayway's words: "No results for path: $['a']"
	Step   string // of a definite path: the name or the index that found nothing
	// IndexPastEnd: the last step of a definite path is an index outside its array. Where a template field holds
	// nothing but such a path AWS takes null for it; as the argument of a function it is a miss.
	IndexPastEnd bool
	// Misapplied: Jayway refused to go on ("Filter: [0] can only be applied to arrays. Current context is: 1")
	// rather than found nothing. AWS then prints Detail alone where it would say "could not be found".
	Misapplied bool
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("Invalid path '%s' : %s", e.Path, e.Detail)
}

// Names of the language errors that the errors of this package stand for.
const (
	ErrorRuntime               = "States.Runtime"               // NotFoundError, and CallError for an argument
	ErrorIntrinsicFailure      = "States.IntrinsicFailure"      // CallError
	ErrorReferencePathConflict = "States.ReferencePathConflict" // SetError
)

// CallError reports a call of an intrinsic function that failed.
type CallError struct {
	Expr string // the outermost expression, as written
	Name string // ErrorRuntime when the path of an argument led to nothing, else ErrorIntrinsicFailure
	Msg  string // what went wrong
}

func (e *CallError) Error() string {
	return fmt.Sprintf("The function '%s' had the following error: %s", e.Expr, e.Msg)
}

// SetError reports a value that a reference path could not be written into. Its text is AWS's.
type SetError struct {
	Path  string // as written
	Input string // the compact JSON text of what was to be written into
}

func (e *SetError) Error() string {
	return fmt.Sprintf("Unable to apply ReferencePath %s to input %s", e.Path, e.Input)
}
