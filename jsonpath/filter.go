package jsonpath

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/statelark/statelark/value"
)

// A filter is a condition on one value, @:
//
//	any     = all { "||" all }
//	all     = one { "&&" one }
//	one     = "!" one | "(" any ")" | operand [ operator operand ]
//
// An operand is text up to the next operator: a definite path from @ or $, or else a literal. As in Jayway 2.0.0
// a literal has no type of its own; it is read as the type of the value it is compared with, so that
// @.n == 42 holds for 42 and for "42". Only single quotes make a text: "x" in double quotes is those three
// characters. A path that leads to nothing satisfies no comparison, and neither does an object or an array.

// filter is a condition. One of its four forms is set: any, all, not, or left with what follows.
type filter struct {
	any, all []*filter
	not      *filter

	left    *operand
	op      string // "" asks whether left exists and is not null
	right   *operand
	pattern *regexp.Regexp // right side of =~
}

// operand is one side of a comparison: a path, or else the text of a literal.
type operand struct {
	path    *Path
	current bool // the path starts at @
	text    string
}

// operators in the order in which they are looked for, so that "<=" is not taken for "<".
var operators = []string{"==", "!=", "<=", ">=", "=~", "<", ">"}

// filter reads a filter step from its '?' on.
func (r *reader) filter() (step, error) {
	r.pos++
	r.space()
	if r.peek() != '(' {
		return step{}, r.fail("expected '('")
	}
	f, err := r.group()
	return step{kind: stepFilter, filter: f}, err
}

// group reads a condition in parentheses.
func (r *reader) group() (*filter, error) {
	if r.depth++; r.depth > maxFilterDepth {
		return nil, r.fail("the condition is nested too deeply")
	}
	defer func() { r.depth-- }()
	r.pos++
	f, err := r.anyOf()
	if err != nil {
		return nil, err
	}
	if r.space(); !r.take(")") {
		return nil, r.fail("expected ')'")
	}
	return f, nil
}

// maxFilterDepth bounds the recursion over parentheses and negations.
const maxFilterDepth = 100

func (r *reader) anyOf() (*filter, error) {
	fs, err := r.list("||", r.allOf)
	if err != nil || len(fs) == 1 {
		return first(fs), err
	}
	return &filter{any: fs}, nil
}

func (r *reader) allOf() (*filter, error) {
	fs, err := r.list("&&", r.condition)
	if err != nil || len(fs) == 1 {
		return first(fs), err
	}
	return &filter{all: fs}, nil
}

func first(fs []*filter) *filter {
	if len(fs) == 0 {
		return nil
	}
	return fs[0]
}

func (r *reader) list(separator string, read func() (*filter, error)) ([]*filter, error) {
	var fs []*filter
	for {
		f, err := read()
		if err != nil {
			return nil, err
		}
		fs = append(fs, f)
		if r.space(); !r.take(separator) {
			return fs, nil
		}
	}
}

func (r *reader) condition() (*filter, error) {
	r.space()
	switch {
	case r.peek() == '(':
		return r.group()
	case r.peek() == '!' && !strings.HasPrefix(r.text[r.pos:], "!="):
		if r.depth++; r.depth > maxFilterDepth {
			return nil, r.fail("the condition is nested too deeply")
		}
		defer func() { r.depth-- }()
		r.pos++
		f, err := r.condition()
		return &filter{not: f}, err
	}
	return r.comparison()
}

func (r *reader) comparison() (*filter, error) {
	left, err := r.operand()
	if err != nil {
		return nil, err
	}
	f := &filter{left: left}
	for _, op := range operators {
		if r.take(op) {
			f.op = op
			break
		}
	}
	switch f.op {
	case "":
		if left.path == nil {
			return nil, r.fail("%q is not a condition", left.text)
		}
		return f, nil
	case "=~":
		f.pattern, err = r.pattern()
		return f, err
	}
	f.right, err = r.operand()
	return f, err
}

// operand reads up to an operator, a connective or the parenthesis that ends the condition.
func (r *reader) operand() (*operand, error) {
	r.space()
	from := r.pos
	if err := r.skipOperand(); err != nil {
		return nil, err
	}
	text := strings.TrimRight(r.text[from:r.pos], " ")
	if text == "" {
		r.pos = from
		return nil, r.fail("expected a path or a literal")
	}
	if text[0] != '@' && text[0] != '$' {
		return &operand{text: text}, nil
	}
	current := text[0] == '@'
	p, err := Parse("$" + text[1:])
	if err == nil && p.root != "$" {
		err = syntaxErrorf(text, 1, "expected '.' or '['")
	}
	if err == nil && !p.definite {
		err = syntaxErrorf(text, 0, "a path in a filter must be definite")
	}
	if err != nil {
		var syntax *SyntaxError
		errors.As(err, &syntax)
		return nil, syntaxErrorf(r.text, from+syntax.Offset, "%s", syntax.Msg)
	}
	return &operand{path: p, current: current, text: text}, nil
}

// skipOperand steps over quotes and balanced brackets to the end of an operand.
func (r *reader) skipOperand() error {
	var open []byte
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case '\'', '"':
			end := strings.IndexByte(r.text[r.pos+1:], c)
			if end < 0 {
				return r.fail("the quote is not closed")
			}
			r.pos += end + 1
		case '(':
			open = append(open, ')')
		case '[':
			open = append(open, ']')
		case ')', ']':
			if len(open) == 0 {
				return nil
			}
			if open[len(open)-1] != c {
				return r.fail("unexpected %q", c)
			}
			open = open[:len(open)-1]
		case '&', '|', '=', '!', '<', '>':
			if len(open) == 0 && r.atOperator() {
				return nil
			}
		}
		r.pos++
	}
	return nil
}

func (r *reader) atOperator() bool {
	rest := r.text[r.pos:]
	if strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||") {
		return true
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return true
		}
	}
	return false
}

// pattern reads /regular expression/flags. It must match the whole text, as Java's matches() does.
func (r *reader) pattern() (*regexp.Regexp, error) {
	r.space()
	from := r.pos
	if !r.take("/") {
		return nil, r.fail("expected '/'")
	}
	for r.peek() != '/' {
		if r.peek() == '\\' {
			r.pos++
		}
		if r.pos++; r.pos >= len(r.text) {
			r.pos = from
			return nil, r.fail("the regular expression is not closed")
		}
	}
	source := strings.ReplaceAll(r.text[from+1:r.pos], `\/`, "/")
	r.pos++
	flags := ""
	for ; strings.IndexByte("ims", r.peek()) >= 0 && r.peek() != 0; r.pos++ {
		flags += string(r.peek())
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	re, err := regexp.Compile(flags + `\A(?:` + source + `)\z`)
	if err != nil {
		r.pos = from
		return nil, r.fail("%v", err)
	}
	return re, nil
}

// accepts reports whether v satisfies the condition; root is what '$' means.
func (f *filter) accepts(v, root value.Value) (bool, error) {
	switch {
	case f.any != nil:
		for _, g := range f.any {
			if ok, err := g.accepts(v, root); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case f.all != nil:
		for _, g := range f.all {
			if ok, err := g.accepts(v, root); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	case f.not != nil:
		ok, err := f.not.accepts(v, root)
		return !ok && err == nil, err
	}
	return f.holds(v, root)
}

// holds decides a single comparison.
func (f *filter) holds(v, root value.Value) (bool, error) {
	left, ok, err := f.left.resolve(v, root)
	if !ok || err != nil {
		return false, err
	}
	switch f.op {
	case "":
		return !left.isNull(), nil
	case "=~":
		s, ok := left.asText()
		return ok && f.pattern.MatchString(s), nil
	}
	right, ok, err := f.right.resolve(v, root)
	if !ok || err != nil {
		return false, err
	}
	c, ok, err := compare(left, right)
	if !ok || err != nil {
		return false, err
	}
	switch f.op {
	case "==":
		return c == 0, nil
	case "!=":
		return c != 0, nil
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// side is an operand at work: a JSON value, or a literal when value is absent.
type side struct {
	value   value.Value
	literal string
}

// resolve returns what the operand stands for; false when its path leads to nothing.
func (o *operand) resolve(v, root value.Value) (side, bool, error) {
	if o.path == nil {
		return side{literal: o.text}, true, nil
	}
	from := root
	if o.current {
		from = v
	}
	x, err := o.path.follow(from)
	if err == nil {
		return side{value: x}, true, nil
	}
	var miss *NotFoundError
	if errors.As(err, &miss) && miss.Misapplied {
		return side{}, false, errors.New(miss.Detail)
	}
	return side{}, false, nil
}

func (s side) isNull() bool {
	if s.value.Exists() {
		return s.value.IsNull()
	}
	return s.literal == "null"
}

// asText returns a text: a string's, or a literal's without its single quotes.
func (s side) asText() (string, bool) {
	if s.value.Exists() {
		return s.value.Str(), s.value.Kind() == value.String
	}
	if n := len(s.literal); n >= 2 && s.literal[0] == '\'' && s.literal[n-1] == '\'' {
		return s.literal[1 : n-1], true
	}
	return s.literal, true
}

// compare orders two sides; false when they cannot be compared. Null comes before everything.
func compare(a, b side) (int, bool, error) {
	switch {
	case a.isNull() && b.isNull():
		return 0, true, nil
	case a.isNull():
		return -1, true, nil
	case b.isNull():
		return 1, true, nil
	case a.value.Kind() == value.Number:
		n, ok, err := b.asNumber()
		if !ok || err != nil {
			return 0, false, err
		}
		return value.CompareNumbers(a.value, n), true, nil
	case a.value.Kind() == value.Bool:
		x, ok := b.asBool()
		return compareBools(a.value.Bool(), x), ok, nil
	case b.value.Kind() == value.Number || b.value.Kind() == value.Bool:
		c, ok, err := compare(b, a)
		return -c, ok, err
	}
	s, ok := a.asText()
	t, also := b.asText()
	return strings.Compare(s, t), ok && also, nil
}

// asNumber reads a literal as a number; a literal without quotes that is none is an error, as in Jayway.
func (s side) asNumber() (value.Value, bool, error) {
	if s.value.Exists() {
		return s.value, s.value.Kind() == value.Number, nil
	}
	text, _ := s.asText()
	if n, ok := decimal(text); ok {
		return n, true, nil
	}
	if text != s.literal {
		return value.Value{}, false, nil
	}
	return value.Value{}, false, fmt.Errorf("%q cannot be compared with a number", text)
}

func (s side) asBool() (b, ok bool) {
	if s.value.Exists() {
		return s.value.Bool(), s.value.Kind() == value.Bool
	}
	return strings.EqualFold(s.literal, "true"), true
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// decimal reads a number as Java's BigDecimal does, which allows leading zeros and a plus sign.
func decimal(text string) (value.Value, bool) {
	digits := strings.TrimPrefix(text, "+")
	sign := ""
	if len(digits) == len(text) && strings.HasPrefix(text, "-") {
		sign, digits = "-", text[1:]
	}
	whole := strings.TrimLeft(digits, "0")
	if whole == "" || !isDigit(whole[0]) {
		if len(whole) == len(digits) {
			return value.Value{}, false
		}
		whole = "0" + whole
	}
	n, err := value.Parse(sign + whole)
	return n, err == nil && n.Kind() == value.Number
}
