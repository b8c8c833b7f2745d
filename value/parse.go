package value

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest in a text that Parse accepts.
const MaxDepth = 1000

// SyntaxError says why a text is not JSON. Line and Column count from 1, Column in bytes.
type SyntaxError struct {
	Offset, Line, Column int
	End                  int // offset after the character or the word that is wrong
	Msg                  string
	// Unclosed is the offset of the array or object in which the text ends, -1 when that is not what is wrong.
	Unclosed int
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at [line: %d, column: %d]", e.Msg, e.Line, e.Column)
}

// Parse checks that text is one JSON value, with nothing but white space around it, in valid UTF-8 and no
// deeper than MaxDepth, and returns it. The error is a *SyntaxError.
func Parse(text string) (Value, error) {
	s := scanner{text: text}
	s.space()
	start := s.pos
	err := s.value(0)
	end := s.pos
	if err == nil {
		s.space()
		if s.pos < len(text) {
			err = s.unexpected("expected the end of the text")
		}
	}
	if err != nil {
		return Value{}, err
	}
	return fromScanned(text[start:end], s.loose), nil
}

// ParseBytes is Parse of a copy of text.
func ParseBytes(text []byte) (Value, error) { return Parse(string(text)) }

// Checked returns the value of a text that an earlier Parse accepted, without checking it again; "" gives the
// absent value.
func Checked(text string) Value {
	if text == "" {
		return Value{}
	}
	return fromScanned(text, true)
}

// fromScanned makes the Value of a text that was checked before.
func fromScanned(text string, loose bool) Value {
	switch text[0] {
	case '{':
		return Value{raw: text, box: &box{kind: Object, loose: loose}}
	case '[':
		return Value{raw: text, box: &box{kind: Array, loose: loose}}
	}
	return Value{raw: text}
}

// scanner checks JSON text. It knows nothing of values: it only finds where they end.
type scanner struct {
	text  string
	pos   int
	loose bool // white space between tokens, or an escape in a string, was seen
}

// fail says what is wrong with the next n bytes.
func (s *scanner) fail(n int, format string, a ...any) *SyntaxError {
	line := 1 + strings.Count(s.text[:s.pos], "\n")
	column := s.pos - strings.LastIndexByte(s.text[:s.pos], '\n')
	return &SyntaxError{Offset: s.pos, Line: line, Column: column, End: s.pos + n, Msg: fmt.Sprintf(format, a...), Unclosed: -1}
}

// unclosed says that the text ends in the array or object that began at open.
func (s *scanner) unclosed(open int) error {
	err := s.fail(0, "Unexpected end-of-input: expected close marker for %s", containerNames[s.text[open]])
	err.Unclosed = open
	return err
}

// ended reports whether the text is over.
func (s *scanner) ended() bool { return s.pos >= len(s.text) }

// between says that the text ends in the middle of an array or object that began at open, where more has to follow.
func (s *scanner) between(open int) error {
	return s.fail(0, "Unexpected end-of-input within/between %s entries", containerNames[s.text[open]])
}

var containerNames = map[byte]string{'[': "Array", '{': "Object"}

func (s *scanner) unexpected(want string) error {
	if s.pos >= len(s.text) {
		return s.fail(0, "Unexpected end-of-input: %s", want)
	}
	r, n := utf8.DecodeRuneInString(s.text[s.pos:])
	return s.fail(n, "Unexpected character (%s): %s", describe(r), want)
}

// describe tells a character as Jackson does.
func describe(r rune) string {
	switch {
	case unicode.IsControl(r):
		return fmt.Sprintf("(CTRL-CHAR, code %d)", r)
	case r > 255:
		return fmt.Sprintf("'%c' (code %d / 0x%x)", r, r, r)
	}
	return fmt.Sprintf("'%c' (code %d)", r, r)
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\n', '\r', '\t':
			s.pos++
			s.loose = true
		default:
			return
		}
	}
}

// value scans one value; pos stands on its first byte, and when it returns after its last.
func (s *scanner) value(depth int) error {
	if s.pos >= len(s.text) {
		return s.unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
	}
	switch c := s.text[s.pos]; {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		return s.str()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	default:
		return s.literal()
	}
}

func (s *scanner) literal() error {
	end := s.pos
	for end < len(s.text) && isWordByte(s.text[end]) {
		end++
	}
	switch word := s.text[s.pos:end]; word {
	case "true", "false", "null":
		s.pos = end
		return nil
	case "":
		return s.unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
	default:
		n := len(word)
		if n > 256 {
			word = strings.ToValidUTF8(word[:256], "") + "..."
		}
		return s.fail(n, "Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", word)
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (s *scanner) number() error {
	if s.text[s.pos] == '-' {
		s.pos++
	}
	switch {
	case s.pos >= len(s.text):
		return s.unexpected("expected digit (0-9) to follow minus sign, for valid numeric value")
	case s.text[s.pos] == '0':
		s.pos++
		if s.pos < len(s.text) && isDigit(s.text[s.pos]) {
			return s.fail(0, "Invalid numeric value: Leading zeroes not allowed")
		}
	default:
		if !s.digits() {
			return s.unexpected("expected digit (0-9) to follow minus sign, for valid numeric value")
		}
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return s.unexpected("Decimal point not followed by a digit")
		}
	}
	if s.pos < len(s.text) && (s.text[s.pos] == 'e' || s.text[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		if !s.digits() {
			return s.unexpected("Exponent indicator not followed by a digit")
		}
	}
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	return s.pos > from
}

// str scans a string, quotes included.
func (s *scanner) str() error {
	s.pos++
	for {
		s.plain()
		if s.pos >= len(s.text) {
			return s.unexpected("was expecting closing quote for a string value")
		}
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c == '\\':
			s.loose = true
			if err := s.escape(); err != nil {
				return err
			}
		case c < 0x20:
			return s.fail(1, "Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		default:
			r, n := utf8.DecodeRuneInString(s.text[s.pos:])
			if r == utf8.RuneError && n == 1 {
				return s.fail(1, "Invalid UTF-8 byte 0x%x", c)
			}
			s.pos += n
		}
	}
}

// plain steps over the bytes of a string that stand for themselves.
func (s *scanner) plain() {
	rest := s.text[s.pos:]
	for i := range len(rest) {
		if c := rest[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			s.pos += i
			return
		}
	}
	s.pos = len(s.text)
}

func (s *scanner) escape() error {
	if s.pos+1 >= len(s.text) {
		s.pos = len(s.text)
		return s.unexpected("in character escape sequence")
	}
	switch c := s.text[s.pos+1]; c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return nil
	case 'u':
		for i := s.pos + 2; i < s.pos+6; i++ {
			if i >= len(s.text) || !isHex(s.text[i]) {
				s.pos = min(i, len(s.text))
				return s.unexpected("expected a hex-digit for character escape sequence")
			}
		}
		s.pos += 6
		return nil
	default:
		s.pos++
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		return s.fail(n, "Unrecognized character escape %s", describe(r))
	}
}

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (s *scanner) array(depth int) error {
	if depth >= MaxDepth {
		return s.fail(0, "Document nesting depth exceeds the maximum allowed (%d)", MaxDepth)
	}
	open := s.pos
	s.pos++
	s.space()
	switch {
	case s.ended():
		return s.unclosed(open)
	case s.text[s.pos] == ']':
		s.pos++
		return nil
	}
	for {
		if s.ended() {
			return s.between(open)
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.space()
		switch {
		case s.ended():
			return s.unclosed(open)
		case s.text[s.pos] == ',':
			s.pos++
			s.space()
		case s.text[s.pos] == ']':
			s.pos++
			return nil
		default:
			return s.unexpected("was expecting comma to separate Array entries")
		}
	}
}

func (s *scanner) object(depth int) error {
	if depth >= MaxDepth {
		return s.fail(0, "Document nesting depth exceeds the maximum allowed (%d)", MaxDepth)
	}
	open := s.pos
	s.pos++
	s.space()
	switch {
	case s.ended():
		return s.unclosed(open)
	case s.text[s.pos] == '}':
		s.pos++
		return nil
	}
	for {
		if err := s.member(open, depth); err != nil {
			return err
		}
		s.space()
		switch {
		case s.ended():
			return s.unclosed(open)
		case s.text[s.pos] == ',':
			s.pos++
			s.space()
		case s.text[s.pos] == '}':
			s.pos++
			return nil
		default:
			return s.unexpected("was expecting comma to separate Object entries")
		}
	}
}

// member scans a member of the object that began at open.
func (s *scanner) member(open, depth int) error {
	switch {
	case s.ended():
		return s.between(open)
	case s.text[s.pos] != '"':
		return s.unexpected("was expecting double-quote to start field name")
	}
	if err := s.str(); err != nil {
		return err
	}
	s.space()
	switch {
	case s.ended():
		return s.between(open)
	case s.text[s.pos] != ':':
		return s.unexpected("was expecting a colon to separate field name and value")
	}
	s.pos++
	s.space()
	if s.ended() {
		return s.between(open)
	}
	return s.value(depth + 1)
}

// parseKids opens one level of a container whose text was checked before.
func parseKids(text string, b *box) *kids {
	w := walker{text: text, pos: 1}
	if a := b.arena; a != nil && a.mu.TryLock() {
		w.arena = a
		k := w.kids(b)
		a.mu.Unlock()
		return k
	}
	return w.kids(b)
}

func (w *walker) kids(b *box) *kids {
	switch {
	case w.arena == nil && b.kind == Array:
		return &kids{elems: w.elems(nil, b.loose)}
	case w.arena == nil:
		var few [8]Member // most objects are small: they are read here, and kept at their own size
		members, index := w.members(few[:0], b.loose)
		return &kids{members: slices.Clone(members), index: index}
	}
	a := w.arena
	k := a.newKids()
	if b.kind == Array {
		k.elems = keep(&a.elems, w.elems(room(a, &a.elems), b.loose))
		return k
	}
	k.members, k.index = w.members(room(a, &a.members), b.loose)
	k.members = keep(&a.members, k.members)
	return k
}

// elems appends the elements of an array to elems, nil for a slice of their own.
func (w *walker) elems(elems []Value, loose bool) []Value {
	own := elems == nil
	for w.more(']') {
		if elems = append(elems, w.next(loose)); own && len(elems) == 1 {
			elems = slices.Grow(elems, min(len(w.text)/(w.pos+1), maxGuess)) // as if all were as long as the first
		}
	}
	return elems
}

// members appends the members of an object to members, and returns the places of many by their names.
func (w *walker) members(members []Member, loose bool) ([]Member, map[string]int) {
	seen := keySet{}
	for w.more('}') {
		from := w.pos
		w.skipString()
		key := unquote(w.text[from:w.pos])
		w.space()
		w.pos++ // the colon
		w.space()
		v := w.next(loose)
		if at, dup := seen.add(key, members); dup {
			members[at].Value = v
			continue
		}
		members = append(members, Member{key, v})
	}
	return members, seen.places
}

// maxGuess bounds how many elements are made room for ahead of their being read.
const maxGuess = 4096

// keySet finds doubled keys while an object is read; it turns to a map once there are many.
type keySet struct{ places map[string]int }

func (k *keySet) add(key string, before []Member) (at int, dup bool) {
	if k.places == nil {
		if len(before) < indexFrom {
			for i := range before {
				if before[i].Key == key {
					return i, true
				}
			}
			return 0, false
		}
		k.places = make(map[string]int, 2*indexFrom)
		for i := range before {
			k.places[before[i].Key] = i
		}
	}
	if at, dup = k.places[key]; !dup {
		k.places[key] = len(before)
	}
	return at, dup
}

// walker steps over the parts of a text that is known to be valid.
type walker struct {
	text  string
	pos   int
	boxes []box // for containers to come: one allocation serves several
	made  int
	arena *arena // that of the container, locked; nil when it has none
	share *arena // for the children of what has many containers
}

// box returns a new box for a container.
func (w *walker) box(kind Kind, loose bool) *box {
	if w.arena != nil {
		b := w.arena.newBox()
		b.kind, b.loose = kind, loose
		return b
	}
	if len(w.boxes) == 0 {
		w.boxes = make([]box, min(w.made+1, 32))
	}
	b := &w.boxes[0]
	w.boxes = w.boxes[1:]
	if w.made++; w.made == manyBoxes {
		w.share = &arena{}
	}
	b.kind, b.loose, b.arena = kind, loose, w.share
	return b
}

func (w *walker) space() {
	for {
		switch w.text[w.pos] {
		case ' ', '\n', '\r', '\t':
			w.pos++
		default:
			return
		}
	}
}

// more steps to the next element or member and reports whether there is one.
func (w *walker) more(closing byte) bool {
	w.space()
	if w.text[w.pos] == ',' {
		w.pos++
		w.space()
	}
	return w.text[w.pos] != closing
}

// next returns the value that starts at pos and steps past it.
func (w *walker) next(loose bool) Value {
	from := w.pos
	switch w.text[w.pos] {
	case '"':
		w.skipString()
	case '{':
		w.skipContainer()
		return Value{raw: w.text[from:w.pos], box: w.box(Object, loose)}
	case '[':
		w.skipContainer()
		return Value{raw: w.text[from:w.pos], box: w.box(Array, loose)}
	default:
		for w.pos < len(w.text) && !isDelimiter(w.text[w.pos]) {
			w.pos++
		}
	}
	return Value{raw: w.text[from:w.pos]}
}

func isDelimiter(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\n', '\r', '\t':
		return true
	}
	return false
}

func (w *walker) skipString() {
	w.pos = skipString(w.text, w.pos)
}

// skipString returns where the string that starts at i ends.
func skipString(text string, i int) int {
	for i++; ; i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
}

// structural are the bytes that skipContainer has to look at.
var structural = [256]bool{'"': true, '{': true, '[': true, '}': true, ']': true}

func (w *walker) skipContainer() {
	text, i, depth := w.text, w.pos, 0
	for {
		for !structural[text[i]] {
			i++
		}
		switch text[i] {
		case '"':
			i = skipString(text, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				w.pos = i + 1
				return
			}
		}
		i++
	}
}
