package expression

import (
	"strings"
)

// tokenKind tells tokens apart as far as the grammar has to.
type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNamePlaceholder
	tokValuePlaceholder
	tokIndex
	tokSymbol
)

// token is a piece of the source, from start to end.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// is reports whether the token is that symbol, or that word in any case.
func (t token) is(text string) bool {
	if t.kind == tokName {
		return strings.EqualFold(t.text, text)
	}
	return t.kind == tokSymbol && t.text == text
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) }

// lex cuts the source into tokens, the last of which is the end. Anything that is no token of the grammar is a symbol, which
// the grammar then does not expect.
func lex(source string) []token {
	tokens := make([]token, 0, len(source)/4+2)
	for i := 0; i < len(source); {
		c := source[i]
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' {
			i++
			continue
		}
		t := lexOne(source, i)
		t.text = source[t.start:t.end]
		tokens = append(tokens, t)
		i = t.end
	}
	return append(tokens, token{tokEnd, "<EOF>", len(source), len(source)})
}

func lexOne(source string, i int) token {
	c := source[i]
	switch {
	case isLetter(c):
		return token{kind: tokName, start: i, end: wordEnd(source, i)}
	case isDigit(c):
		end := i
		for end < len(source) && isDigit(source[end]) {
			end++
		}
		return token{kind: tokIndex, start: i, end: end}
	case c == '#' || c == ':':
		end := wordEnd(source, i+1)
		switch {
		case end == i+1:
			return token{kind: tokSymbol, start: i, end: end}
		case c == '#':
			return token{kind: tokNamePlaceholder, start: i, end: end}
		}
		return token{kind: tokValuePlaceholder, start: i, end: end}
	case i+1 < len(source) && (c == '<' && (source[i+1] == '>' || source[i+1] == '=') || c == '>' && source[i+1] == '='):
		return token{kind: tokSymbol, start: i, end: i + 2}
	}
	end := i + 1
	for c >= 0x80 && end < len(source) && source[end]&0xC0 == 0x80 { // the rest of a character
		end++
	}
	return token{kind: tokSymbol, start: i, end: end}
}

func wordEnd(source string, i int) int {
	for i < len(source) && isWord(source[i]) {
		i++
	}
	return i
}
