package asl

import (
	"fmt"
	"strings"
)

// Severity says whether a diagnostic stands in the way of running the definition.
type Severity string

// The severities.
const (
	SeverityError   Severity = "ERROR"
	SeverityWarning Severity = "WARNING"
)

// The codes of diagnostics. The first group is what AWS documents, the second what it also returns.
const (
	CodeInvalidJSONDescription  = "INVALID_JSON_DESCRIPTION"
	CodeMissingDescription      = "MISSING_DESCRIPTION"
	CodeSchemaValidationFailed  = "SCHEMA_VALIDATION_FAILED"
	CodeMissingEndState         = "MISSING_END_STATE"
	CodeDuplicateStateName      = "DUPLICATE_STATE_NAME"
	CodeInvalidStateName        = "INVALID_STATE_NAME"
	CodeDuplicateLabelName      = "DUPLICATE_LABEL_NAME"
	CodeInvalidLabelName        = "INVALID_LABEL_NAME"
	CodeMissingTransitionTarget = "MISSING_TRANSITION_TARGET"
	CodeTooDeeplyNested         = "TOO_DEEPLY_NESTED"
	CodeNoDollar                = "NO_DOLLAR"
	CodeNoPath                  = "NO_PATH"
	CodePassResultIsStatic      = "PASS_RESULT_IS_STATIC"

	CodeInvalidJSONataExpression     = "INVALID_JSONATA_EXPRESSION"
	CodeUnsupportedJSONataExpression = "UNSUPPORTED_JSONATA_EXPRESSION"
	CodeInvalidVariableName          = "INVALID_VARIABLE_NAME"
	CodeReservedVariableName         = "RESERVED_VARIABLE_NAME"
	CodeDuplicateVariableName        = "DUPLICATE_VARIABLE_NAME"
)

// Diagnostic is one thing that is wrong with a definition.
type Diagnostic struct {
	Severity Severity
	Code     string
	Message  string
	// Location is the place as AWS prints it, such as /States/A/Next; "" when the finding has no place.
	Location string
	// Pointer is the same place as a JSON pointer (RFC 6901), whose names are whole and escaped; "" for the whole
	// definition, for a finding without a place, and when it is longer than 4 KiB.
	Pointer string
	// Line and Column count from 1, Column in bytes, in the text that was given; 0 when unknown.
	Line, Column int
}

// String returns the diagnostic as CreateStateMachine prints it.
func (d Diagnostic) String() string {
	location := d.Location
	if location == "" {
		location = "null"
	}
	return d.Code + ": " + d.Message + " at " + location
}

// Message returns the errors among ds as CreateStateMachine prints them: "CODE: text at /States/X/Field",
// joined with ", ".
func Message(ds []Diagnostic) string {
	var texts []string
	for _, d := range ds {
		if d.Severity == SeverityError {
			texts = append(texts, d.String())
		}
	}
	return strings.Join(texts, ", ")
}

// finding is a Diagnostic whose position is still an offset in the JSON text, -1 when it has none.
type finding struct {
	Diagnostic
	offset int
}

// placed turns findings into diagnostics; position gives the line and the column of an offset.
func placed(found []finding, position func(offset int) (line, column int)) []Diagnostic {
	ds := make([]Diagnostic, len(found))
	for i, f := range found {
		ds[i] = f.Diagnostic
		if f.offset >= 0 {
			ds[i].Line, ds[i].Column = position(f.offset)
		}
	}
	return ds
}

// lines finds the lines of a text.
type lines []int // the offset at which each line starts

func newLines(text string) lines {
	starts := lines{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// position returns the line and the column of an offset, both from 1.
func (l lines) position(offset int) (line, column int) {
	lo, hi := 0, len(l)
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if l[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + 1, offset - l[lo] + 1
}

// maxFindings bounds the errors, and the warnings, that one definition is answered with.
const maxFindings = 1000

// report notes a finding at place, nil when it has none, whose cause stands at offset.
func (c *compiler) report(s Severity, code string, place *node, offset int, message string) {
	if c.counts[s]++; c.counts[s] > maxFindings {
		return
	}
	d := Diagnostic{Severity: s, Code: code, Message: message}
	if place != nil {
		d.Location, d.Pointer = place.location(), place.pointer()
	}
	c.found = append(c.found, finding{d, offset})
}

// fail reports an error of that code at n.
func (c *compiler) fail(n *node, code, format string, a ...any) {
	c.report(SeverityError, code, n, n.offset, fmt.Sprintf(format, a...))
}

// invalid reports at n what AWS finds by its schema.
func (c *compiler) invalid(n *node, format string, a ...any) {
	c.fail(n, CodeSchemaValidationFailed, format, a...)
}

// invalidIn reports what AWS finds by its schema and locates at place, while the cause stands at offset.
func (c *compiler) invalidIn(place *node, offset int, format string, a ...any) {
	c.report(SeverityError, CodeSchemaValidationFailed, place, offset, fmt.Sprintf(format, a...))
}

func (c *compiler) warn(n *node, code, format string, a ...any) {
	c.report(SeverityWarning, code, n, n.offset, fmt.Sprintf(format, a...))
}
