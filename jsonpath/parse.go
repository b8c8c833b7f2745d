package jsonpath

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads a path: "$", "$.a[0]", "$$.Execution.Id", "$var.a". The error is a *SyntaxError.
func Parse(text string) (*Path, error) {
	r := &reader{text: text}
	p, err := r.path()
	if err != nil {
		return nil, err
	}
	if r.pos < len(text) {
		return nil, r.fail("unexpected %q", r.rest(1))
	}
	return p, nil
}

// reader walks over the text of a path or of an expression.
type reader struct {
	text  string
	pos   int
	depth int // of calls inside calls
}

func (r *reader) fail(format string, a ...any) error {
	return syntaxErrorf(r.text, r.pos, format, a...)
}

// peek returns the byte at the reader's place, 0 at the end.
func (r *reader) peek() byte {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

// rest returns up to n bytes of what is still to be read.
func (r *reader) rest(n int) string { return r.text[r.pos:min(r.pos+n, len(r.text))] }

// take steps over s and reports whether it stood there.
func (r *reader) take(s string) bool {
	if strings.HasPrefix(r.text[r.pos:], s) {
		r.pos += len(s)
		return true
	}
	return false
}

func (r *reader) space() {
	for r.peek() == ' ' {
		r.pos++
	}
}

// path reads the root and all steps that follow it.
func (r *reader) path() (*Path, error) {
	from := r.pos
	if !r.take("$") {
		return nil, r.fail("a path must start with '$'")
	}
	p := &Path{root: "$", definite: true}
	if r.take("$") {
		p.root = "$$"
	} else if name := r.variable(); name != "" {
		p.root = name
	}
	if err := r.steps(p); err != nil {
		return nil, err
	}
	p.text = r.text[from:r.pos]
	return p, nil
}

// variable reads the name of a variable, "" when there is none: an identifier as Unicode defines it.
func (r *reader) variable() string {
	from := r.pos
	for r.pos < len(r.text) {
		c, n := utf8.DecodeRuneInString(r.text[r.pos:])
		if !unicode.In(c, unicode.L, unicode.Nl, unicode.Other_ID_Start) &&
			(r.pos == from || !unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)) {
			break
		}
		r.pos += n
	}
	return r.text[from:r.pos]
}

// steps reads steps for as long as there are any and appends them to p.
func (r *reader) steps(p *Path) error {
	for r.peek() == '.' || r.peek() == '[' {
		if n := len(p.steps); n > 0 && p.steps[n-1].kind == stepNames {
			return r.fail("several names can only be the last step")
		}
		s, err := r.step()
		if err != nil {
			return err
		}
		if s.kind == stepDescend && len(p.steps) > 0 && p.steps[len(p.steps)-1].kind == stepDescend {
			continue
		}
		p.steps = append(p.steps, s)
		p.definite = p.definite && s.definite()
		if p.definite {
			p.single = len(p.steps)
		}
	}
	if n := len(p.steps); n > 0 && p.steps[n-1].kind == stepDescend {
		return r.fail("a path cannot end with '..'")
	}
	return nil
}

// step reads one step. The dot before a bracket means nothing, and after ".." a name needs no further dot.
func (r *reader) step() (step, error) {
	if r.peek() == '[' {
		return r.bracket()
	}
	if r.take("..") {
		if r.pos < len(r.text) && r.peek() != '.' && r.peek() != '[' {
			r.pos-- // the name's own dot
		}
		return step{kind: stepDescend}, nil
	}
	r.pos++
	if r.peek() == '[' {
		return r.bracket()
	}
	from := r.pos
	for r.pos < len(r.text) && !endsName(r.text[r.pos]) {
		r.pos++
	}
	switch name := r.text[from:r.pos]; name {
	case "":
		return step{}, r.fail("expected a name")
	case "*":
		return step{kind: stepEach}, nil
	default:
		return step{kind: stepName, name: name}, nil
	}
}

func endsName(c byte) bool { return c == '.' || c == '[' || c == ' ' }

// badBracket is what AWS says of $.a[$$.b] where it wants a reference path.
const badBracket = "'[' must be followed by ' or '['"

// bracket reads a step in brackets, where blanks may stand, but, as in Jayway, not around the wildcard.
func (r *reader) bracket() (step, error) {
	r.pos++
	if r.take("*]") {
		return step{kind: stepEach, bracket: true}, nil
	}
	r.space()
	var s step
	var err error
	switch c := r.peek(); {
	case c == '\'':
		s, err = r.quotedNames()
	case c == '*':
		err = r.fail("a wildcard stands alone in its brackets")
	case c == '?':
		s, err = r.filter()
	case c == '(':
		s, err = r.fromEnd()
	case c == '-' || c == ':' || isDigit(c):
		s, err = r.numbers()
	default:
		err = r.fail(badBracket)
	}
	if err != nil {
		return step{}, err
	}
	r.space()
	if !r.take("]") {
		return step{}, r.fail("expected ']'")
	}
	s.bracket = true
	return s, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// quotedNames reads 'a' or 'a','b'. Nothing is escaped inside the quotes (recorded from AWS: the name
// 'Test\""Name"' is the key Test\""Name"), so a name cannot hold a quote. As in Jayway, brackets inside a name
// must balance, and what stands between the quoted names is skipped.
func (r *reader) quotedNames() (step, error) {
	var names []string
	several := false
	for r.take("'") {
		n := strings.IndexByte(r.text[r.pos:], '\'')
		if n < 0 {
			return step{}, r.fail("the quote is not closed")
		}
		name := r.text[r.pos : r.pos+n]
		if !balanced(name) {
			return step{}, r.fail("the brackets inside the name do not balance")
		}
		several = several || names != nil
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		r.pos += n + 1
		if n = strings.IndexAny(r.text[r.pos:], "']"); n > 0 {
			r.pos += n
		}
	}
	if several {
		return step{kind: stepNames, names: names}, nil
	}
	return step{kind: stepName, name: names[0]}, nil
}

// balanced reports whether every ']' has its '[' before it, and the other way round.
func balanced(name string) bool {
	depth := 0
	for i := range len(name) {
		switch name[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// numbers reads an index, a union of indexes, or a slice.
func (r *reader) numbers() (step, error) {
	var s step
	first, has, err := r.number()
	if err != nil {
		return step{}, err
	}
	switch r.space(); r.peek() {
	case ':':
		s.kind = stepSlice
		s.slice.from, s.slice.hasFrom = first, has
		err = r.sliceEnd(&s.slice)
	case ',':
		s.kind = stepIndexes
		s.indexes, err = r.union(first)
	default:
		s.kind, s.index = stepIndex, first
	}
	return s, err
}

// union reads the indexes after the first.
func (r *reader) union(first int) ([]int, error) {
	indexes := []int{first}
	for r.take(",") {
		r.space()
		i, has, err := r.number()
		if err != nil {
			return nil, err
		}
		if !has {
			return nil, r.fail("expected an index")
		}
		indexes = append(indexes, i)
		r.space()
	}
	return indexes, nil
}

// sliceEnd reads the rest of a slice, its first colon included. Jayway wants one end at least, and ignores a step.
func (r *reader) sliceEnd(b *bounds) (err error) {
	r.pos++
	r.space()
	if b.to, b.hasTo, err = r.number(); err != nil {
		return err
	}
	if !b.hasFrom && !b.hasTo {
		return r.fail("a slice needs a start or an end")
	}
	if r.space(); r.take(":") {
		r.space()
		_, _, err = r.number()
	}
	return err
}

// number reads an integer of 32 bits, as Java's int; has tells whether there was one.
func (r *reader) number() (n int, has bool, err error) {
	from := r.pos
	r.take("-")
	for isDigit(r.peek()) {
		r.pos++
	}
	digits := r.text[from:r.pos]
	if digits == "" {
		return 0, false, nil
	}
	i, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		r.pos = from
		return 0, false, r.fail("%q is not a 32-bit integer", digits)
	}
	return int(i), true, nil
}

// fromEnd reads (@.length-1).
func (r *reader) fromEnd() (step, error) {
	r.pos++
	r.space()
	if !r.take("@.length") && !r.take("@.size()") {
		return step{}, r.fail("expected '@.length' or '@.size()'")
	}
	if r.space(); !r.take("-") {
		return step{}, r.fail("expected '-'")
	}
	r.space()
	n, has, err := r.number()
	if err != nil {
		return step{}, err
	}
	if !has || n < 0 {
		return step{}, r.fail("expected a number")
	}
	if r.space(); !r.take(")") {
		return step{}, r.fail("expected ')'")
	}
	return step{kind: stepLast, index: n}, nil
}
