package value

import (
	"strings"
	"testing"
)

// TestRefuse checks the exception, the words and the place, which is that of what follows the fault, in UTF-16 units.
func TestRefuse(t *testing.T) {
	const parse, eof = "com.fasterxml.jackson.core.JsonParseException: ", "com.fasterxml.jackson.core.io.JsonEOFException: "
	const tokens = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	for text, want := range map[string]string{
		"{":               eof + "Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"{\"; line: 1, column: 1])\n at [Source: (String)\"{\"; line: 1, column: 2]",
		"":                "com.fasterxml.jackson.databind.exc.MismatchedInputException: No content to map due to end-of-input\n at [Source: (String)\"\"; line: 1, column: 0]",
		" \n":             "com.fasterxml.jackson.databind.exc.MismatchedInputException: No content to map due to end-of-input\n at [Source: (String)\" \n\"; line: 1, column: 0]",
		"{\"a\":\n tru}":  parse + "Unrecognized token 'tru': was expecting " + tokens + "\n at [Source: (String)\"{\"a\":\n tru}\"; line: 2, column: 5]",
		"{'not': 'json'}": parse + "Unexpected character (''' (code 39)): was expecting double-quote to start field name\n at [Source: (String)\"{'not': 'json'}\"; line: 1, column: 3]",
		"{\"😀\":€}":       parse + "Unrecognized token '€': was expecting " + tokens + "\n at [Source: (String)\"{\"😀\":€}\"; line: 1, column: 8]",
		`{"a":`:           eof + "Unexpected end-of-input within/between Object entries\n at [Source: (String)\"{\"a\":\"; line: 1, column: 6]",
		`["` + strings.Repeat("x", 600): eof + "Unexpected end-of-input: was expecting closing quote for a string value\n at [Source: (String)\"[\"" +
			strings.Repeat("x", 498) + "\"[truncated 102 chars]; line: 1, column: 603]",
	} {
		if got := Refuse(text); got == nil || got.String() != want {
			t.Errorf("%.40q:\n got %s\nwant %s", text, got, want)
		}
	}
	if r := Refuse(` {"a": [1, null]} `); r != nil {
		t.Errorf("JSON is refused: %s", r)
	}
}
