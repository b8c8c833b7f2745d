package logs

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// pattern is a filter pattern. There are three kinds of it: terms, conditions on JSON, and fields between spaces.
type pattern interface {
	// match reports whether a message fits, and what the pattern takes out of it, which may be nil.
	match(message string) (extracted map[string]string, ok bool)
}

// maxPattern is how long a pattern may be.
const maxPattern = 1024

func badPattern(what string) *awswire.Error {
	return refuse("InvalidParameterException", "Invalid filter pattern: %s", what)
}

// parsePattern reads a filter pattern. The empty one fits everything.
func parsePattern(text string) (pattern, error) {
	if len(text) > maxPattern {
		return nil, constraint(text, "filterPattern", "Member must have length less than or equal to 1024")
	}
	trimmed := strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD")) // as JSON has it
	switch {
	case strings.HasPrefix(trimmed, "{"):
		return parseJSONPattern(trimmed)
	case strings.HasPrefix(trimmed, "["):
		return parseFieldPattern(trimmed)
	}
	return parseTerms(trimmed)
}

// terms fits a message that has all of must and none of not. Of may it has one at least, if must is empty.
type terms struct{ must, may, not []term }

// term is a text in a message, or a regular expression.
type term struct {
	text string
	form *regexp.Regexp
}

func (t term) in(message string) bool {
	if t.form != nil {
		return t.form.MatchString(message)
	}
	return strings.Contains(message, t.text)
}

func (p *terms) match(message string) (map[string]string, bool) {
	for _, t := range p.not {
		if t.in(message) {
			return nil, false
		}
	}
	for _, t := range p.must {
		if !t.in(message) {
			return nil, false
		}
	}
	if len(p.may) == 0 || len(p.must) > 0 {
		return nil, true
	}
	for _, t := range p.may {
		if t.in(message) {
			return nil, true
		}
	}
	return nil, false
}

func parseTerms(text string) (pattern, error) {
	p, s := &terms{}, scanner{text: text}
	for s.space(); s.more(); s.space() {
		to := &p.must
		switch s.peek() {
		case '?':
			to, s.at = &p.may, s.at+1
		case '-':
			to, s.at = &p.not, s.at+1
		}
		t, err := s.term()
		if err != nil {
			return nil, err
		}
		*to = append(*to, t)
	}
	return p, nil
}

// scanner reads a pattern.
type scanner struct {
	text string
	at   int
}

func (s *scanner) more() bool { return s.at < len(s.text) }

func (s *scanner) peek() byte {
	if !s.more() {
		return 0
	}
	return s.text[s.at]
}

func (s *scanner) space() {
	for s.more() && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// take goes past a text, if it is next.
func (s *scanner) take(text string) bool {
	if !strings.HasPrefix(s.text[s.at:], text) {
		return false
	}
	s.at += len(text)
	return true
}

// word goes past a word, in any case, if it is next and ends there.
func (s *scanner) word(word string) bool {
	end := s.at + len(word)
	if end > len(s.text) || !strings.EqualFold(s.text[s.at:end], word) || end < len(s.text) && isWordByte(s.text[end]) {
		return false
	}
	s.at = end
	return true
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// while goes past bytes as long as ok says so, and returns them.
func (s *scanner) while(ok func(byte) bool) string {
	from := s.at
	for s.more() && ok(s.text[s.at]) {
		s.at++
	}
	return s.text[from:s.at]
}

// term reads "a phrase", %an expression% or a word.
func (s *scanner) term() (term, error) {
	switch s.peek() {
	case '"':
		text, err := s.quoted('"')
		return term{text: text}, err
	case '%':
		form, err := s.expression()
		return term{form: form}, err
	}
	text := s.while(func(c byte) bool { return strings.IndexByte(" \t\r\n", c) < 0 })
	bad := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if text == "" || bad >= 0 {
		return term{}, refuse("InvalidParameterException", "Invalid character(s) in term '%s'", text)
	}
	return term{text: text}, nil
}

// quoted reads a text between quotes, in which a backslash stands before a quote or a backslash.
func (s *scanner) quoted(quote byte) (string, error) {
	var out []byte
	for s.at++; s.more(); s.at++ {
		switch c := s.text[s.at]; {
		case c == quote:
			s.at++
			return string(out), nil
		case c == '\\' && s.at+1 < len(s.text) && (s.text[s.at+1] == quote || s.text[s.at+1] == '\\'):
			s.at++
			out = append(out, s.text[s.at])
		default:
			out = append(out, c)
		}
	}
	return "", badPattern("a quotation mark has no second one")
}

// expression reads a regular expression between percent signs.
func (s *scanner) expression() (*regexp.Regexp, error) {
	end := strings.IndexByte(s.text[s.at+1:], '%')
	if end < 0 {
		return nil, badPattern("a percent sign has no second one")
	}
	text := s.text[s.at+1 : s.at+1+end]
	s.at += end + 2
	form, err := regexp.Compile(text)
	if err != nil {
		return nil, badPattern("the regular expression %" + text + "% is not valid")
	}
	return form, nil
}

// comparison is what a value has to be.
type comparison struct {
	operator string // = != < <= > >=; null, true, false, exists, not exists
	text     string
	number   float64
	numeric  bool
	form     *regexp.Regexp // of text with * in it, and of an expression
}

// compare reads an operator and what follows it. stop are the bytes that end a word without quotes.
func (s *scanner) compare(stop string) (*comparison, error) {
	s.space()
	c := &comparison{}
	for _, op := range []string{"!=", "<=", ">=", "=", "<", ">"} {
		if s.take(op) {
			c.operator = op
			break
		}
	}
	if c.operator == "" {
		return nil, badPattern("an operator is missing at character " + strconv.Itoa(s.at+1))
	}
	s.space()
	switch s.peek() {
	case '%':
		form, err := s.expression()
		c.form = form
		return c, err
	case '"', '\'':
		text, err := s.quoted(s.peek())
		if err != nil {
			return nil, err
		}
		return c, c.wild(text)
	}
	text := strings.TrimSpace(s.while(func(b byte) bool { return strings.IndexByte(stop, b) < 0 }))
	if text == "" {
		return nil, badPattern("a value is missing at character " + strconv.Itoa(s.at+1))
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		c.number, c.numeric, c.text = n, true, text
		return c, nil
	}
	return c, c.wild(text)
}

// wild takes a text in which a star stands for anything.
func (c *comparison) wild(text string) error {
	if c.operator != "=" && c.operator != "!=" {
		return badPattern(c.operator + " compares numbers")
	}
	if c.text = text; strings.Contains(text, "*") {
		c.form = regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$")
	}
	return nil
}

// holds reports whether a text, or the number that it is, fits.
func (c *comparison) holds(have string) bool {
	if c.form != nil {
		return c.form.MatchString(have) == (c.operator == "=")
	}
	if !c.numeric {
		return (have == c.text) == (c.operator == "=")
	}
	n, err := strconv.ParseFloat(have, 64)
	if err != nil {
		return c.operator == "!="
	}
	switch c.operator {
	case "=":
		return n == c.number
	case "!=":
		return n != c.number
	case "<":
		return n < c.number
	case "<=":
		return n <= c.number
	case ">":
		return n > c.number
	}
	return n >= c.number
}

// scalar is a value of JSON as a comparison sees it.
func scalar(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.Compact()
}
