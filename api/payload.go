package api

import (
	"errors"
	"strconv"
	"unicode/utf16"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// MaxPayload is the number of UTF-8 bytes that an input or output may have.
const MaxPayload = 262_144

// writePayload writes a payload and its details.
func writePayload(w *awswire.Writer, name, text string, included bool) {
	if included {
		w.Str(name, text)
	}
	w.Open(name+"Details", '{')
	w.Bool("included", included)
	w.Close('}')
}

// maxSource is how many UTF-16 units of a text its parser's error quotes.
const maxSource = 500

// notJSON tells why text is not JSON, "" when it is. The form is that of Jackson, the parser that AWS uses:
//
//	com.fasterxml.jackson.core.JsonParseException: <why>
//	 at [Source: (String)"<text>"; line: 1, column: 2]
func notJSON(text string) string {
	_, err := value.Parse(text)
	if err == nil {
		return ""
	}
	var se *value.SyntaxError
	if !errors.As(err, &se) {
		return err.Error()
	}
	quoted, left := cutUnits(text, maxSource)
	source := `"` + quoted + `"`
	if left > 0 {
		source += "[truncated " + strconv.Itoa(left) + " chars]"
	}
	return "com.fasterxml.jackson.core.JsonParseException: " + se.Msg + "\n at [Source: (String)" + source +
		"; line: " + strconv.Itoa(se.Line) + ", column: " + strconv.Itoa(se.Column) + "]"
}

// cutUnits cuts text behind n UTF-16 units, or before the character that would stand on both sides, and counts
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
