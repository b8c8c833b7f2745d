package value

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hexUpper = "0123456789ABCDEF"

// AppendQuoted appends s as a JSON string, escaping only what JSON demands. Bytes that are not UTF-8 become
// U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if !unplain[c] {
			i++
			continue
		}
		if c == '"' || c == '\\' {
			dst = append(append(dst, s[from:i]...), '\\')
			from = i
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// unplain are the bytes that are not their own JSON form, and those beyond ASCII.
var unplain = func() (t [256]bool) {
	for c := range t {
		t[c] = c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf
	}
	return t
}()

// isPlain reports whether s is its own JSON form, quotes aside. Characters beyond ASCII count as not plain.
func isPlain(s string) bool {
	for i := range len(s) {
		if unplain[s[i]] {
			return false
		}
	}
	return true
}

// quotedSize is the length of what AppendQuoted appends.
func quotedSize(s string) int {
	if isPlain(s) {
		return len(s) + 2
	}
	return len(AppendQuoted(nil, s))
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return utf8.AppendRune(dst, utf8.RuneError)
	}
	return append(dst, '\\', 'u', '0', '0', hexUpper[c>>4], hexUpper[c&15])
}

// unquote returns the text of a valid JSON string, quotes included. A lone surrogate becomes U+FFFD.
func unquote(quoted string) string {
	body := quoted[1 : len(quoted)-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if n := strings.IndexByte(body[i:], '\\'); n != 0 {
			if n < 0 {
				n = len(body) - i
			}
			out = append(out, body[i:i+n]...)
			i += n
			continue
		}
		switch c := body[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hexRune(body[i+2:])
			i += 4
			if utf16.IsSurrogate(r) && strings.HasPrefix(body[i+2:], `\u`) {
				if pair := utf16.DecodeRune(r, hexRune(body[i+4:])); pair != utf8.RuneError {
					r = pair
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
		i += 2
	}
	return string(out)
}

// hexRune reads the four hex digits that s starts with.
func hexRune(s string) rune {
	n, _ := strconv.ParseUint(s[:4], 16, 32)
	return rune(n)
}

// appendCompactText appends valid JSON text without the white space between its tokens, its strings escaped
// as AppendQuoted does.
func appendCompactText(dst []byte, text string) []byte {
	w := walker{text: text}
	for w.pos < len(text) {
		switch c := text[w.pos]; c {
		case ' ', '\n', '\r', '\t':
			w.pos++
		case '"':
			from := w.pos
			w.skipString()
			if s := text[from:w.pos]; strings.IndexByte(s, '\\') < 0 {
				dst = append(dst, s...)
			} else {
				dst = AppendQuoted(dst, unquote(s))
			}
		default:
			dst = append(dst, c)
			w.pos++
		}
	}
	return dst
}
