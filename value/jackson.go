package value

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxSource is how many UTF-16 units of a text its parser's error quotes.
const maxSource = 500

// The exceptions that Jackson, the parser that AWS uses, throws at a text that is not JSON.
const (
	parseException = "com.fasterxml.jackson.core.JsonParseException"
	eofException   = "com.fasterxml.jackson.core.io.JsonEOFException"
	emptyException = "com.fasterxml.jackson.databind.exc.MismatchedInputException"
)

// Refusal says why a text is not JSON, in Jackson's words.
type Refusal struct {
	Exception string // the name of the class
	Why       string // in the exception's own words
	// Place is where Jackson stood when it noticed, which is after what is wrong: {'a':1} is wrong at column 3.
	// (AWS, 2020: column 58 for a quote that is the 57th character.)
	Place string
}

// String returns the refusal as Java prints the exception:
//
//	com.fasterxml.jackson.core.JsonParseException: <why>
//	 at [Source: (String)"<text>"; line: 1, column: 2]
func (r *Refusal) String() string { return r.Exception + ": " + r.Why + "\n at " + r.Place }

// Refuse returns why text is not JSON, nil when it is.
func Refuse(text string) *Refusal {
	_, err := Parse(text)
	if err == nil {
		return nil
	}
	var se *SyntaxError
	if !errors.As(err, &se) {
		return &Refusal{Exception: parseException, Why: err.Error()}
	}
	r := &Refusal{Exception: parseException, Why: se.Msg}
	line, column := lineColumn(text[:se.End])
	switch {
	case strings.Trim(text, " \t\r\n") == "":
		r.Exception, r.Why = emptyException, "No content to map due to end-of-input"
		line, column = 1, 0
	case se.Unclosed >= 0:
		r.Exception = eofException
		l, c := lineColumn(text[:se.Unclosed])
		r.Why += " (start marker at " + jacksonPlace(text, l, c) + ")"
	case se.Offset == len(text):
		r.Exception = eofException
	}
	r.Place = jacksonPlace(text, line, column)
	return r
}

// jacksonPlace prints a place in a text.
func jacksonPlace(text string, line, column int) string {
	quoted, left := cutUnits(text, maxSource)
	source := `"` + quoted + `"`
	if left > 0 {
		source += "[truncated " + strconv.Itoa(left) + " chars]"
	}
	return "[Source: (String)" + source + "; line: " + strconv.Itoa(line) + ", column: " + strconv.Itoa(column) + "]"
}

// lineColumn returns the place after the text that was read. Columns count UTF-16 units, from 1.
func lineColumn(read string) (line, column int) {
	line = 1 + strings.Count(read, "\n")
	_, units := cutUnits(read[strings.LastIndexByte(read, '\n')+1:], 0)
	return line, units + 1
}

// cutUnits cuts text after n UTF-16 units, or before the character that would stand on both sides, and counts
// the units that are left.
func cutUnits(text string, n int) (head string, left int) {
	end, units := len(text), 0
	for i, r := range text {
		size := max(utf16.RuneLen(r), 1)
		if units+size > n && end == len(text) {
			end = i
		}
		units += size
	}
	if end == len(text) {
		return text, 0
	}
	return text[:end], units - n
}
