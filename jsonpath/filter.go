package jsonpath

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/statelark/statelark/value"
)

// A filter is a condition on one value, @, read as Jayway 2.0.0 reads it:
//
//	filter    = "(" all { "||" all } ")"
//	all       = criterion { "&&" criterion }
//	criterion = [ "!" ] path | operand operator operand
//
// Parentheses around criteria are skipped: they do not group. An operand is a definite path from @ or $, or
// else the text of a literal. A literal has no type of its own; it is read as the type of the value it is
// compared with, so that @.n == 42 holds for 42 and for "42". Only single quotes make a text: "x" in double
// quotes is those three characters. A path that leads to nothing satisfies no comparison, and neither does an
// object or an array.

// filter holds for a value when every criterion of one of its lists does.
type filter [][]criterion

// criterion is a comparison, or the question whether a path leads to something other than null.
type criterion struct {
	left    operand
	op      string // "" asks for existence, "!" for its absence
	right   operand
	pattern *regexp.Regexp // right side of =~
}

// operand is one side of a comparison: a path, or else a literal.
type operand struct {
	path    *Path
	current bool // the path starts at @
	literal literal
}

// literal is what a text can be read as.
type literal struct {
	text   string // without its single quotes
	quoted bool
	number value.Value // absent when the text is no number
}

// operators in the order in which a criterion is searched for them.
var operators = []string{"=~", "==", ">=", "<=", "!=", "<", ">"}

// filter reads a filter step, which begins with '?'.
func (r *reader) filter() (step, error) {
	r.pos++
	r.space()
	if r.peek() != '(' {
		return step{}, r.fail("expected '('")
	}
	r.pos++
	from := r.pos
	end := matchingParen(r.text[from:])
	if end < 0 {
		return step{}, r.fail("the parenthesis is not closed")
	}
	r.pos += end + 1
	var f filter
	for _, all := range cut(r.text[from:from+end], "||") {
		var criteria []criterion
		for _, one := range cut(all, "&&") {
			c, err := readCriterion(one)
			if err != nil {
				return step{}, syntaxErrorf(r.text, from, "%v", err)
			}
			criteria = append(criteria, c)
		}
		f = append(f, criteria)
	}
	return step{kind: stepFilter, filter: f}, nil
}

// matchingParen returns the place of the parenthesis that closes the one before s, -1 when there is none.
func matchingParen(s string) int {
	depth := 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			n := strings.IndexByte(s[i+1:], '\'')
			if n < 0 {
				return -1
			}
			i += n + 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// indexUnquoted is strings.Index outside single quotes.
func indexUnquoted(s, separator string) int {
	quoted := false
	for i := range len(s) {
		if s[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && strings.HasPrefix(s[i:], separator) {
			return i
		}
	}
	return -1
}

// cut splits s at every separator outside single quotes.
func cut(s, separator string) []string {
	var parts []string
	for {
		i := indexUnquoted(s, separator)
		if i < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+len(separator):]
	}
}

// bare removes the parentheses that open before s, and those that close after it without having opened in it.
func bare(s string) string {
	s = strings.TrimLeft(s, " (")
	for {
		s = strings.TrimRight(s, " ")
		if !strings.HasSuffix(s, ")") || strings.Count(s, ")") <= strings.Count(s, "(") {
			return s
		}
		s = s[:len(s)-1]
	}
}

func readCriterion(text string) (criterion, error) {
	text = bare(text)
	for _, op := range operators {
		i := indexUnquoted(text, op)
		if i < 0 {
			continue
		}
		left, err := readOperand(text[:i])
		if err != nil {
			return criterion{}, err
		}
		c := criterion{left: left, op: op}
		if op == "=~" {
			c.pattern, err = readPattern(strings.TrimSpace(text[i+len(op):]))
		} else {
			c.right, err = readOperand(text[i+len(op):])
		}
		return c, err
	}
	var c criterion
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		c.op, text = "!", bare(rest)
	}
	var err error
	if c.left, err = readOperand(text); err == nil && c.left.path == nil {
		err = fmt.Errorf("%q is not a condition", text)
	}
	return c, err
}

func readOperand(text string) (operand, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return operand{}, errors.New("a condition needs a path or a literal")
	}
	if text[0] != '@' && text[0] != '$' {
		return operand{literal: readLiteral(text)}, nil
	}
	p, err := Parse("$" + text[1:])
	if err != nil {
		return operand{}, fmt.Errorf("reading the path %s: %w", text, err)
	}
	if p.root != "$" || !p.definite {
		return operand{}, fmt.Errorf("the path %s in a condition must start with '@' or '$' and be definite", text)
	}
	return operand{path: p, current: text[0] == '@'}, nil
}

func readLiteral(text string) literal {
	l := literal{text: text}
	if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
		l.text, l.quoted = text[1:n-1], true
	}
	l.number = decimal(l.text)
	return l
}

// readPattern reads /regular expression/flags. It must match the whole text, as Java's matches() wants it.
func readPattern(text string) (*regexp.Regexp, error) {
	end := strings.LastIndexByte(text, '/')
	if end <= 0 || text[0] != '/' {
		return nil, fmt.Errorf("%q is not a regular expression between slashes", text)
	}
	source, flags := strings.ReplaceAll(text[1:end], `\/`, "/"), text[end+1:]
	if strings.Trim(flags, "ims") != "" {
		return nil, fmt.Errorf("%q are not flags of a regular expression", flags)
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	return regexp.Compile(flags + `\A(?:` + source + `)\z`)
}

// accepts reports whether v satisfies the condition; root is what '$' means.
func (f filter) accepts(v, root value.Value, m *meter) (bool, error) {
	for _, all := range f {
		ok := true
		for i := 0; i < len(all) && ok; i++ {
			var err error
			if ok, err = all[i].holds(v, root, m); err != nil {
				return false, err
			}
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

func (c *criterion) holds(v, root value.Value, m *meter) (bool, error) {
	if err := m.spend(c.steps()); err != nil {
		return false, err
	}
	left, ok, err := c.left.resolve(v, root)
	switch {
	case err != nil:
		return false, err
	case c.op == "":
		return ok && !left.isNull(), nil
	case c.op == "!":
		return !ok || left.isNull(), nil
	case !ok:
		return false, nil
	case c.op == "=~":
		if left.isNull() {
			return false, nil
		}
		return c.matches(left, m)
	}
	right, ok, err := c.right.resolve(v, root)
	if !ok || err != nil {
		return false, err
	}
	order, ok, err := compare(left, right)
	return ok && meets(order, c.op), err
}

// steps is what it costs to look at the operands.
func (c *criterion) steps() int {
	n := 2
	for _, o := range []*operand{&c.left, &c.right} {
		if o.path != nil {
			n += len(o.path.steps)
		}
	}
	return n
}

// matches holds the printed form of s against the pattern, in a time that grows with both.
func (c *criterion) matches(s side, m *meter) (bool, error) {
	if s.literal == nil {
		if err := m.prints(s.value); err != nil {
			return false, err
		}
	}
	text := s.printed()
	if err := m.spend(len(text) * (1 + len(c.pattern.String())/elements) / elements); err != nil {
		return false, err
	}
	return c.pattern.MatchString(text), nil
}

// meets reports whether an order, as of compare, is one that the operator asks for.
func meets(order int, op string) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// side is an operand at work: a JSON value, or the literal when value is absent.
type side struct {
	value   value.Value
	literal *literal
}

// resolve returns what the operand stands for; false when its path leads to nothing.
func (o *operand) resolve(v, root value.Value) (side, bool, error) {
	if o.path == nil {
		return side{literal: &o.literal}, true, nil
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
	if s.literal != nil {
		return s.literal.text == "null" && !s.literal.quoted
	}
	return s.value.IsNull()
}

func (s side) asText() (string, bool) {
	if s.literal != nil {
		return s.literal.text, true
	}
	return s.value.Str(), s.value.Kind() == value.String
}

// printed is the text that a regular expression is held against: that of a string, else the JSON text.
func (s side) printed() string {
	if s.literal != nil {
		return s.literal.text
	}
	return display(s.value)
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

// asNumber returns a number. A literal without quotes that is none is an error, as in Jayway.
func (s side) asNumber() (value.Value, bool, error) {
	switch {
	case s.literal == nil:
		return s.value, s.value.Kind() == value.Number, nil
	case s.literal.number.Exists():
		return s.literal.number, true, nil
	case s.literal.quoted:
		return value.Value{}, false, nil
	}
	return value.Value{}, false, fmt.Errorf("%q cannot be compared with a number", s.literal.text)
}

func (s side) asBool() (b, ok bool) {
	if s.literal == nil {
		return s.value.Bool(), s.value.Kind() == value.Bool
	}
	b = strings.EqualFold(s.literal.text, "true")
	return b, b || strings.EqualFold(s.literal.text, "false")
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

// decimal reads a number as Java's BigDecimal does, which allows leading zeros and a plus sign. It returns the
// absent value when the text is no number.
func decimal(text string) value.Value {
	sign, digits := "", strings.TrimPrefix(text, "+")
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, digits = "-", rest
	}
	whole := strings.TrimLeft(digits, "0")
	if len(whole) < len(digits) && (whole == "" || !isDigit(whole[0])) {
		whole = "0" + whole
	}
	n, err := value.Parse(sign + whole)
	if err != nil || n.Kind() != value.Number {
		return value.Value{}
	}
	return n
}
