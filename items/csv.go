package items

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

// table reads a CSV file as AWS describes it: cells are strings; a cell in double quotes may contain delimiters and
// newlines; two quotes in a row stand for one, in quotes and in the middle of a cell; a backslash before a backslash, a
// quote or the delimiter lets that be itself, any other backslash is dropped; short rows get empty cells, and cells
// without a column are dropped. (The Developer Guide, "How Step Functions parses input CSV files".) Lines without any
// character are no rows.
type table struct {
	*window
	delimiter byte
	names     []string // of the columns
	columns   []string // the same, each as the beginning of a member: "name":
	cells     []byte   // of the row at hand, one after the other
	ends      []int    // of each cell in cells
	text      []byte   // the item that is being made
}

// delimiters are those AWS has names for.
var delimiters = map[string]byte{"": ',', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}

// checkCSV refuses a configuration that cannot be meant.
func (s *Spec) checkCSV(l *limits.Limits) error {
	if _, known := delimiters[s.CSVDelimiter]; !known {
		return fail("The CSVDelimiter %q is not supported by ItemReader.", s.CSVDelimiter)
	}
	switch s.CSVHeaderLocation {
	case FirstRow:
		return nil
	case Given:
		return checkHeader(s.CSVHeaders, l)
	}
	return fail("The CSVHeaderLocation %q is not supported by ItemReader.", s.CSVHeaderLocation)
}

func checkHeader(names []string, l *limits.Limits) error {
	size, seen := 0, make(map[string]bool, len(names))
	for _, name := range names {
		if seen[name] {
			return fail("CSV headers cannot contain duplicates.") // AWS, 2023
		}
		seen[name] = true
		size += len(name)
	}
	switch {
	case len(names) == 0:
		return fail("CSV headers cannot be empty.")
	case l.CSVHeaderBytes.Exceeded(int64(size)):
		return over("csv-header-bytes", "CSV headers cannot be larger than %d bytes.", l.CSVHeaderBytes)
	}
	return nil
}

// openCSV opens a file whose columns have names; nil takes them from the first row.
func openCSV(w *window, delimiter byte, names []string, l *limits.Limits) (*table, error) {
	t := &table{window: w, delimiter: delimiter}
	if err := w.skipMark(); err != nil {
		return nil, err
	}
	if names == nil {
		err := t.row()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		names = t.strings()
		if err := checkHeader(names, l); err != nil {
			return nil, err
		}
	}
	for _, column := range names {
		t.columns = append(t.columns, string(append(value.AppendQuoted(nil, column), ':')))
	}
	t.names = names
	return t, nil
}

// openTable opens the CSV file of a place. One that is gone on with, and has its header in its first row, is read
// from there first.
func (s *Source) openTable(w *window, at place) (*table, error) {
	delimiter, names := delimiters[s.spec.CSVDelimiter], s.spec.CSVHeaders
	if s.spec.CSVHeaderLocation == FirstRow {
		names = nil
		if at.Offset > 0 {
			beginning := at
			beginning.Offset = 0
			content, _, err := s.content(beginning)
			if err != nil {
				return nil, err
			}
			defer func() { _ = content.Close() }()
			head, err := openCSV(newWindow(content, 0), delimiter, nil, s.limits)
			if err != nil {
				return nil, err
			}
			names = head.names
		}
	}
	return openCSV(w, delimiter, names, s.limits)
}

func (t *table) at() place { return place{Offset: t.offset} }

func (t *table) close() {}

func (t *table) next() (Item, error) {
	if err := t.row(); err != nil {
		return Item{}, err
	}
	text := append(t.text[:0], '{')
	for i, column := range t.columns {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, column...), '"')
		if i < len(t.ends) {
			text = appendCell(text[:len(text)-1], t.cell(i))
		} else {
			text = append(text, '"')
		}
	}
	t.text = append(text, '}')
	return Item{Value: value.CheckedCompact(string(t.text))}, nil
}

// appendCell appends a cell as a JSON string.
func appendCell(text, cell []byte) []byte {
	for _, c := range cell {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return value.AppendQuoted(text, string(cell))
		}
	}
	return append(append(append(text, '"'), cell...), '"')
}

func (t *table) cell(i int) []byte {
	begin := 0
	if i > 0 {
		begin = t.ends[i-1]
	}
	return t.cells[begin:t.ends[i]]
}

// strings returns the cells of the row at hand.
func (t *table) strings() []string {
	row := make([]string, len(t.ends))
	for i := range row {
		row[i] = strings.ToValidUTF8(string(t.cell(i)), "\ufffd")
	}
	return row
}

// row reads the cells of the next row that is no empty line.
func (t *table) row() error {
	for {
		n, err := t.find(t.scan)
		if err != nil {
			return err
		}
		if n == 0 {
			return io.EOF
		}
		if n > MaxItemBytes {
			return fail("The item at byte %d is larger than %d bytes.", t.offset, MaxItemBytes)
		}
		empty := len(bytes.Trim(t.bytes[:n], "\r\n")) == 0
		t.advance(n)
		if !empty {
			return nil
		}
	}
}

// scan takes the cells of the first row of text and returns how long that is, its end included; 0 when it does not end
// in text.
func (t *table) scan(text []byte, ended bool) (int, error) {
	t.cells, t.ends = t.cells[:0], t.ends[:0]
	for i := 0; i < len(text) || ended && i == len(text) && i > 0; {
		var last, whole bool
		var err error
		if i, last, whole, err = t.scanCell(text, i, ended); err != nil || !whole {
			return 0, err
		}
		t.ends = append(t.ends, len(t.cells))
		if last {
			return i, nil
		}
	}
	return 0, nil
}

// scanCell takes the cell of text that begins at i. It returns where the next one begins, whether this was the last
// one of the row, and whether it ends in text at all.
func (t *table) scanCell(text []byte, i int, ended bool) (next int, last, whole bool, err error) {
	begin, quoted, opened := len(t.cells), false, false
	for ; i < len(text); i++ {
		c := text[i]
		follower := byte(0)
		if i+1 < len(text) {
			follower = text[i+1]
		} else if !ended && (c == '\\' || c == '"' || c == '\r') {
			return i, false, false, nil
		}
		switch {
		case c == '\\':
			if follower == '\\' || follower == '"' || follower == t.delimiter {
				t.cells = append(t.cells, follower)
				i++
			}
		case c == '"' && quoted && follower == '"', c == '"' && !quoted && follower == '"' && len(t.cells) > begin:
			t.cells = append(t.cells, '"')
			i++
		case c == '"' && quoted:
			quoted = false
		case c == '"' && !opened && t.blank(begin):
			t.cells, quoted, opened = t.cells[:begin], true, true
		case quoted:
			t.cells = append(t.cells, c)
		case c == t.delimiter:
			return i + 1, false, true, nil
		case c == '\n':
			return i + 1, true, true, nil
		case c == '\r' && (follower == '\n' || i+1 == len(text)):
		default:
			t.cells = append(t.cells, c)
		}
	}
	if quoted && ended {
		return i, false, false, fail("The quotes of a cell in the row at byte %d are not closed.", t.offset)
	}
	return i, true, ended, nil
}

// blank reports whether the cell that begins there has nothing but spaces so far.
func (t *table) blank(begin int) bool {
	for _, c := range t.cells[begin:] {
		if c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}
