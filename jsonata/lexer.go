package jsonata

import (
	"strconv"
	"strings"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenOperator
	tokenName
	tokenVariable
	tokenString
	tokenNumber
	tokenValue
	tokenRegex
)

// token is one word of the source.
type token struct {
	kind  tokenKind
	text  string // operator, name, variable without its $, string unescaped, number as written
	lit   val    // tokenString, tokenNumber, tokenValue
	regex *regex
	end   int // byte offset after the token
}

// lexer cuts the source into tokens on demand. Whether "/" divides or opens a regular expression depends on
// what stands before it, so the parser says with each call which of the two it can accept.
type lexer struct {
	src string
	pos int
}

const spaces = " \t\n\r\v"

// operatorBytes are the bytes that end a name: every operator of one character begins with one of them.
const operatorBytes = ".[]{}(),@#;:?+-*/%|=<>^&!~"

func isSpace(c byte) bool        { return strings.IndexByte(spaces, c) >= 0 }
func isOperatorByte(c byte) bool { return strings.IndexByte(operatorBytes, c) >= 0 }

// pairOperators are the operators of two characters.
var pairOperators = [...]string{"..", ":=", "!=", ">=", "<=", "**", "~>"}

func (l *lexer) at(i int) byte {
	if i < len(l.src) {
		return l.src[i]
	}
	return 0
}

// next returns the next token. infix says that an operand came before, so that "/" divides.
func (l *lexer) next(infix bool) (token, error) {
	if err := l.skipSpace(); err != nil {
		return token{}, err
	}
	if l.pos >= len(l.src) {
		return token{kind: tokenEnd, end: len(l.src)}, nil
	}
	c := l.src[l.pos]
	if c == '/' && !infix {
		l.pos++
		return l.regex()
	}
	rest := l.src[l.pos:]
	for _, op := range pairOperators {
		if strings.HasPrefix(rest, op) {
			l.pos += 2
			return token{kind: tokenOperator, text: op, end: l.pos}, nil
		}
	}
	switch {
	case isOperatorByte(c):
		l.pos++
		return token{kind: tokenOperator, text: rest[:1], end: l.pos}, nil
	case c == '"' || c == '\'':
		return l.str(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		return l.quotedName()
	}
	return l.word(), nil
}

// skipSpace steps over white space and comments.
func (l *lexer) skipSpace() error {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case isSpace(c):
			l.pos++
		case c == '/' && l.at(l.pos+1) == '*':
			n := strings.Index(l.src[l.pos+2:], "*/")
			if n < 0 {
				return failAt("S0106", l.pos)
			}
			l.pos += n + 4
		default:
			return nil
		}
	}
	return nil
}

// word reads a name, a variable, a keyword or a literal word: everything up to white space or an operator.
func (l *lexer) word() token {
	from := l.pos
	for l.pos < len(l.src) && !isSpace(l.src[l.pos]) && !isOperatorByte(l.src[l.pos]) {
		l.pos++
	}
	word := l.src[from:l.pos]
	t := token{kind: tokenName, text: word, end: l.pos}
	switch {
	case word[0] == '$':
		t.kind, t.text = tokenVariable, word[1:]
	case word == "and" || word == "or" || word == "in":
		t.kind = tokenOperator
	case word == "true" || word == "false":
		t.kind, t.lit = tokenValue, boolVal(word == "true")
	case word == "null":
		t.kind, t.lit = tokenValue, nullVal
	}
	return t
}

func (l *lexer) quotedName() (token, error) {
	l.pos++
	n := strings.IndexByte(l.src[l.pos:], '`')
	if n < 0 {
		return token{}, failAt("S0105", len(l.src))
	}
	name := l.src[l.pos : l.pos+n]
	l.pos += n + 1
	return token{kind: tokenName, text: name, end: l.pos}, nil
}

func (l *lexer) number() (token, error) {
	from := l.pos
	if l.src[l.pos] == '0' {
		l.pos++
	} else {
		l.digits()
	}
	if l.at(l.pos) == '.' && isDigit(l.at(l.pos+1)) {
		l.pos++
		l.digits()
	}
	if c := l.at(l.pos); c == 'e' || c == 'E' {
		exp := l.pos + 1
		if c := l.at(exp); c == '+' || c == '-' {
			exp++
		}
		if isDigit(l.at(exp)) {
			l.pos = exp
			l.digits()
		}
	}
	text := l.src[from:l.pos]
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		e := failAt("S0102", from)
		e.Token = quoteJSON(text)
		return token{}, e
	}
	return token{kind: tokenNumber, text: text, lit: numberVal(f), end: l.pos}, nil
}

func (l *lexer) digits() {
	for isDigit(l.at(l.pos)) {
		l.pos++
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// str reads a string in either kind of quotes.
func (l *lexer) str(quote byte) (token, error) {
	l.pos++
	if n := strings.IndexByte(l.src[l.pos:], quote); n >= 0 && strings.IndexByte(l.src[l.pos:l.pos+n], '\\') < 0 {
		s := l.src[l.pos : l.pos+n]
		l.pos += n + 1
		return token{kind: tokenString, text: s, lit: stringVal(s), end: l.pos}, nil
	}
	var s []byte
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case '\\':
			var err error
			if s, err = l.escape(s); err != nil {
				return token{}, err
			}
		case quote:
			l.pos++
			text := string(s)
			return token{kind: tokenString, text: text, lit: stringVal(text), end: l.pos}, nil
		default:
			s = append(s, c)
			l.pos++
		}
	}
	return token{}, failAt("S0101", len(l.src))
}

const escapeChars, escapeValues = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

// escape reads one escape sequence, appends what it stands for and steps past it.
func (l *lexer) escape(s []byte) ([]byte, error) {
	l.pos++
	c := l.at(l.pos)
	if i := strings.IndexByte(escapeChars, c); i >= 0 && l.pos < len(l.src) {
		l.pos++
		return append(s, escapeValues[i]), nil
	}
	if c != 'u' {
		e := failAt("S0103", l.pos)
		e.Token = quoteJSON(firstChar(l.src[min(l.pos, len(l.src)):]))
		return nil, e
	}
	end := min(l.pos+5, len(l.src))
	unit, err := strconv.ParseUint(l.src[min(l.pos+1, end):end], 16, 16)
	if err != nil {
		return nil, failAt("S0104", l.pos)
	}
	l.pos = end
	return appendUnit(s, uint16(unit)), nil
}

// firstChar returns the first character of s as text.
func firstChar(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// regex reads a regular expression; its opening slash is after pos. A slash inside brackets does not close it.
func (l *lexer) regex() (token, error) {
	from := l.pos
	depth := 0
	for ; l.pos < len(l.src); l.pos++ {
		escaped := l.src[l.pos-1] == '\\'
		switch c := l.src[l.pos]; {
		case c == '/' && depth == 0 && !l.oddBackslashes():
			return l.regexFlags(l.src[from:l.pos])
		case (c == '(' || c == '[' || c == '{') && !escaped:
			depth++
		case (c == ')' || c == ']' || c == '}') && !escaped:
			depth--
		}
	}
	return token{}, failAt("S0302", len(l.src))
}

// oddBackslashes reports whether the character at pos is escaped.
func (l *lexer) oddBackslashes() bool {
	n := 0
	for i := l.pos - 1; i >= 0 && l.src[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// regexFlags reads the flags after the closing slash at pos and compiles the pattern.
func (l *lexer) regexFlags(pattern string) (token, error) {
	if pattern == "" {
		return token{}, failAt("S0301", l.pos)
	}
	l.pos++
	from := l.pos
	for c := l.at(l.pos); c == 'i' || c == 'm'; c = l.at(l.pos) {
		l.pos++
	}
	re, err := compileRegex(pattern, l.src[from:l.pos])
	if err != nil {
		return token{}, err.at(l.pos)
	}
	return token{kind: tokenRegex, regex: re, end: l.pos}, nil
}
