package jsonata

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Strings are UTF-8. Where the language looks at UTF-16 units, a surrogate that stands alone is kept as the
// three bytes that UTF-8 would give it; such bytes never meet their other half without being joined.

// appendUnit appends one UTF-16 unit, joining it with a high surrogate that s ends in.
func appendUnit(s []byte, unit uint16) []byte {
	r := rune(unit)
	if r >= 0xDC00 && r < 0xE000 && len(s) >= 3 {
		if high, ok := loneSurrogate(string(s[len(s)-3:])); ok && high < 0xDC00 {
			return utf8.AppendRune(s[:len(s)-3], utf16.DecodeRune(high, r))
		}
	}
	if r >= 0xD800 && r < 0xE000 {
		return append(s, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
	}
	return utf8.AppendRune(s, r)
}

// loneSurrogate reads the surrogate that s starts with.
func loneSurrogate(s string) (rune, bool) {
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 {
		return rune(s[0]&0x0F)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), true
	}
	return 0, false
}

// nextRune reads the first character of s, a lone surrogate counting as one.
func nextRune(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	if r, ok := loneSurrogate(s); ok {
		return r, 3
	}
	return utf8.DecodeRuneInString(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// toUnits returns the UTF-16 units of s, each as a rune.
func toUnits(s string) []rune {
	units := make([]rune, 0, len(s))
	for len(s) > 0 {
		r, n := nextRune(s)
		if r >= 0x10000 {
			hi, lo := utf16.EncodeRune(r)
			units = append(units, hi, lo)
		} else {
			units = append(units, r)
		}
		s = s[n:]
	}
	return units
}

// fromUnits is the inverse of toUnits.
func fromUnits(units []rune) string {
	s := make([]byte, 0, len(units))
	for _, u := range units {
		if u < utf8.RuneSelf {
			s = append(s, byte(u))
		} else {
			s = appendUnit(s, uint16(u))
		}
	}
	return string(s)
}

// utf16Len counts the UTF-16 units of s.
func utf16Len(s string) int {
	n := 0
	for len(s) > 0 {
		r, size := nextRune(s)
		if n++; r >= 0x10000 {
			n++
		}
		s = s[size:]
	}
	return n
}

// runeCount counts the characters of s, a lone surrogate counting as one.
func runeCount(s string) int {
	n := 0
	for len(s) > 0 {
		_, size := nextRune(s)
		s = s[size:]
		n++
	}
	return n
}

// joinStrings concatenates, joining surrogates that meet.
func joinStrings(a, b string) string {
	if low, ok := loneSurrogate(b); ok && low >= 0xDC00 && len(a) >= 3 {
		return string(appendUnit([]byte(a), uint16(low))) + b[3:]
	}
	return a + b
}

// joinSurrogates joins the surrogates in s that have met.
func joinSurrogates(s string) string {
	if strings.IndexByte(s, 0xED) < 0 {
		return s
	}
	return fromUnits(toUnits(s))
}

// compareStrings orders strings by their UTF-16 units.
func compareStrings(a, b string) int {
	i, n := 0, min(len(a), len(b))
	for n-i > 64 && a[i:i+64] == b[i:i+64] {
		i += 64
	}
	for i < n && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	// A character beyond the 16-bit plane, whose UTF-8 starts with 0xF0 or more, sorts by its high surrogate
	// and thus before U+E000 to U+FFFF, whose UTF-8 starts with 0xEE or 0xEF.
	if beyond := a[i] >= 0xF0; beyond != (b[i] >= 0xF0) && a[i] >= 0xEE && b[i] >= 0xEE {
		if beyond {
			return -1
		}
		return 1
	}
	return int(a[i]) - int(b[i])
}

// quoteJSON returns s as JSON.stringify prints it.
func quoteJSON(s string) string { return string(appendQuoted(nil, s)) }

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as JSON.stringify prints it: lone surrogates as escapes, everything else plain where
// JSON allows it.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c != 0xED {
			i++
			continue
		}
		if c == 0xED {
			r, lone := loneSurrogate(s[i:])
			if !lone {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			i += 3
			from = i
			continue
		}
		dst = append(dst, s[from:i]...)
		if k := strings.IndexByte("\"\\\b\f\n\r\t", c); k >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[k])
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
