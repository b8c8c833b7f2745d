// Package partiql reads statements in what DynamoDB has of PartiQL: SELECT, INSERT, UPDATE, DELETE, and EXISTS.
package partiql

import "strings"

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // a keyword or a name
	tokQuoted           // a name in double quotes
	tokText             // a text in single quotes
	tokNumber
	tokSymbol
)

type token struct {
	kind tokenKind
	text string
}

// is reports whether the token is that symbol, or that word in any case.
func (t token) is(text string) bool {
	return t.kind == tokSymbol && t.text == text || t.kind == tokWord && strings.EqualFold(t.text, text)
}

// Error says what is wrong with a statement.
type Error string

func (e Error) Error() string { return string(e) }

const malformed = "Statement wasn't well formed, can't be processed: "

func lex(source string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(source); {
		switch c := source[i]; c {
		case ' ', '\t', '\n', '\r':
			i++
		case '\'', '"':
			text, n, ok := quoted(source[i:], c)
			if !ok {
				return nil, Error(malformed + "Expected closing quote")
			}
			kind := tokText
			if c == '"' {
				kind = tokQuoted
			}
			tokens, i = append(tokens, token{kind, text}), i+n
		default:
			t := lexOne(source[i:])
			tokens, i = append(tokens, t), i+len(t.text)
		}
	}
	return append(tokens, token{tokEnd, "<EOF>"}), nil
}

// quoted reads a text in quotes, in which two of them stand for one, and returns how long it is in the source.
func quoted(source string, quote byte) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(source); i++ {
		if source[i] != quote {
			b.WriteByte(source[i])
			continue
		}
		if i+1 < len(source) && source[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func lexOne(s string) token {
	n := 1
	switch c := s[0]; {
	case isLetter(c):
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
			n++
		}
		return token{tokWord, s[:n]}
	case isDigit(c):
		return token{tokNumber, s[:numberEnd(s)]}
	}
	for _, two := range []string{"<<", ">>", "<>", "<=", ">=", "!="} {
		if strings.HasPrefix(s, two) {
			return token{tokSymbol, two}
		}
	}
	return token{tokSymbol, s[:1]}
}

// numberEnd is the length of the number that s begins with: digits, a fraction, an exponent.
func numberEnd(s string) int {
	n := digits(s, 0)
	if n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) {
		n = digits(s, n+1)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if e < len(s) && isDigit(s[e]) {
			n = digits(s, e)
		}
	}
	return n
}

func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}
