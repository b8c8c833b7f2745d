package items

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// document reads the elements of an array, or the members of an object, of a JSON document. What stands behind it in
// the document is not looked at.
type document struct {
	*window
	open  byte  // '[' or '{'
	given int64 // items so far
}

// openJSON finds the array or object that the pointer names, or goes on where the reading of it stood.
func openJSON(w *window, at place, pointer string) (*document, error) {
	if at.Open != "" {
		return &document{w, at.Open[0], at.Records}, nil
	}
	if err := w.skipMark(); err != nil {
		return nil, err
	}
	if err := w.follow(pointer); err != nil {
		return nil, err
	}
	switch c, err := w.peek(); {
	case err != nil:
		return nil, err
	case c != '[' && c != '{':
		return nil, fail("Attempting to map over non-iterable node.") // AWS, 2023
	default:
		w.advance(1)
		return &document{w, c, 0}, nil
	}
}

func (d *document) at() place {
	return place{Offset: d.offset, Open: string(d.open), Records: d.given}
}

func (d *document) close() {}

func (d *document) next() (Item, error) {
	c, err := d.peek()
	switch {
	case err != nil:
		return Item{}, err
	case c == d.open+2: // ] follows [ after one, as } does {
		return Item{}, io.EOF
	case d.given == 0:
	case c != ',':
		return Item{}, d.notJSON("a comma or the end of the items was expected")
	default:
		d.advance(1)
		if _, err = d.peek(); err != nil {
			return Item{}, err
		}
	}
	item := Item{Keyed: d.open == '{'}
	if item.Keyed {
		if item.Key, err = d.name(); err != nil {
			return Item{}, err
		}
	}
	if item.Value, err = d.element(); err != nil {
		return Item{}, err
	}
	d.given++
	return item, nil
}

// element reads one value.
func (w *window) element() (value.Value, error) {
	n, err := w.find(endOfValue)
	if err != nil {
		return value.Value{}, err
	}
	if n == 0 {
		return value.Value{}, w.endsEarly()
	}
	if n > MaxItemBytes {
		return value.Value{}, fail("The item at byte %d is larger than %d bytes.", w.offset, MaxItemBytes)
	}
	v, err := value.ParseBytes(w.bytes[:n])
	if err != nil {
		return value.Value{}, w.syntax(err)
	}
	w.advance(n)
	return v.Compacted(), nil
}

// name reads the name of a member and the colon after it.
func (w *window) name() (string, error) {
	if c, err := w.peek(); err != nil || c != '"' {
		return "", errors.Join(err, w.notJSON("the name of a member was expected"))
	}
	name, err := w.element()
	if err != nil {
		return "", err
	}
	if c, err := w.peek(); err != nil || c != ':' {
		return "", errors.Join(err, w.notJSON("a colon was expected"))
	}
	w.advance(1)
	_, err = w.peek()
	return name.Str(), err
}

// peek returns the next byte that is no white space.
func (w *window) peek() (byte, error) {
	for {
		for i, c := range w.bytes {
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				w.advance(i)
				return c, nil
			}
		}
		w.advance(len(w.bytes))
		if w.ended {
			return 0, w.endsEarly()
		}
		if err := w.more(); err != nil {
			return 0, err
		}
	}
}

func (w *window) endsEarly() error {
	return fail("The JSON document ends early, at byte %d.", w.offset)
}

func (w *window) notJSON(why string) error {
	return fail("The document is not valid JSON: %s at byte %d.", why, w.offset)
}

func (w *window) syntax(err error) error {
	var syntax *value.SyntaxError
	if errors.As(err, &syntax) {
		return fail("The document is not valid JSON: %s at byte %d.", syntax.Msg, w.offset+int64(syntax.Offset))
	}
	return err
}

// endOfValue returns how long the value is with which text begins, by its brackets and quotes alone; 0 when it does
// not end in text.
func endOfValue(text []byte, ended bool) (int, error) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := endOfString(text, i+1)
			if end == 0 {
				return 0, nil
			}
			i = end - 1
			if depth == 0 {
				return end, nil
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return max(i, 1), nil
			}
			if depth--; depth == 0 {
				return i + 1, nil
			}
		case ',', ' ', '\n', '\t', '\r', ':':
			if depth == 0 {
				return max(i, 1), nil
			}
		}
	}
	if ended && depth == 0 {
		return len(text), nil
	}
	return 0, nil
}

// endOfString returns the index after the quote that closes the string whose text begins at i, 0 when there is none.
func endOfString(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// follow goes to the value that a JSON Pointer (RFC 6901) names.
func (w *window) follow(pointer string) error {
	if pointer == "" {
		return nil
	}
	if pointer[0] != '/' {
		return fail("The ItemsPointer %q is not a valid JSON Pointer.", pointer)
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for token := range strings.SplitSeq(pointer[1:], "/") {
		found, err := w.enter(unescape.Replace(token))
		if err != nil {
			return err
		}
		if !found {
			return fail("The ItemsPointer %q could not be found in the document.", pointer)
		}
	}
	_, err := w.peek()
	return err
}

// enter goes to the child of the value at hand that a token of a JSON Pointer names.
func (w *window) enter(token string) (bool, error) {
	open, err := w.peek()
	if err != nil || open != '[' && open != '{' {
		return false, err
	}
	index, notIndex := strconv.ParseUint(token, 10, 32)
	if open == '[' && (notIndex != nil || len(token) > 1 && token[0] == '0') {
		return false, nil
	}
	w.advance(1)
	for i := uint64(0); ; i++ {
		c, err := w.peek()
		if err != nil || c == open+2 {
			return false, err
		}
		if i > 0 {
			if c != ',' {
				return false, w.notJSON("a comma was expected")
			}
			w.advance(1)
		}
		found := open == '[' && i == index
		if open == '{' {
			name, err := w.name()
			if err != nil {
				return false, err
			}
			found = name == token
		}
		if found {
			return true, nil
		}
		if err := w.skipValue(); err != nil {
			return false, err
		}
	}
}

// skipValue goes past one value, whatever its size, and holds none of it.
func (w *window) skipValue() error {
	if _, err := w.peek(); err != nil {
		return err
	}
	depth, inString, escaped := 0, false, false
	for first := true; ; first = false {
		if w.offset > maxLead {
			return fail("The items of the document do not begin within its first %d bytes.", maxLead)
		}
		for i, c := range w.bytes {
			switch {
			case escaped:
				escaped = false
			case inString:
				escaped, inString = c == '\\', c != '"'
				if !inString && depth == 0 {
					w.advance(i + 1)
					return nil
				}
			case c == '"':
				inString = true
			case c == '[' || c == '{':
				depth++
			case depth > 0 && (c == ']' || c == '}'):
				if depth--; depth == 0 {
					w.advance(i + 1)
					return nil
				}
			case depth == 0 && strings.IndexByte(",]} \n\t\r", c) >= 0:
				if first && i == 0 {
					return w.notJSON("a value was expected")
				}
				w.advance(i)
				return nil
			}
		}
		w.advance(len(w.bytes))
		if w.ended {
			return w.endsEarly()
		}
		if err := w.more(); err != nil {
			return err
		}
	}
}
