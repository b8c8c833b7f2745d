package jsonata

import (
	"encoding/base64"
	"strings"
)

// base64encode encodes the low byte of each UTF-16 unit, as Node does with a "binary" string.
func base64encode(c *call) (val, *Error) {
	return c.mapString(func(s string) string {
		units := toUnits(s)
		raw := make([]byte, len(units))
		for i, u := range units {
			raw[i] = byte(u)
		}
		return base64.StdEncoding.EncodeToString(raw)
	})
}

// base64decode decodes into one character a byte. Like Node it takes either alphabet, skips what belongs to
// neither and stops at the padding.
func base64decode(c *call) (val, *Error) {
	return c.mapString(func(s string) string {
		s, _, _ = strings.Cut(s, "=")
		clean := make([]byte, 0, len(s))
		for i := range len(s) {
			switch b := s[i]; {
			case b == '-':
				clean = append(clean, '+')
			case b == '_':
				clean = append(clean, '/')
			case isAlphanumeric(b) || b == '+' || b == '/':
				clean = append(clean, b)
			}
		}
		if len(clean)%4 == 1 {
			clean = clean[:len(clean)-1]
		}
		raw, _ := base64.RawStdEncoding.DecodeString(string(clean))
		units := make([]rune, len(raw))
		for i, b := range raw {
			units[i] = rune(b)
		}
		return fromUnits(units)
	})
}

func isAlphanumeric(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// The characters besides letters and digits that stay as they are in a part of a URL and in a whole URL.
const (
	componentMarks = "-_.!~*'()"
	urlReserved    = ";/?:@&=+$,#"
)

func encodeURLComponent(c *call) (val, *Error) {
	return c.percentEncode("encodeUrlComponent", componentMarks)
}

func encodeURL(c *call) (val, *Error) {
	return c.percentEncode("encodeUrl", componentMarks+urlReserved)
}

func (c *call) percentEncode(name, plain string) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	var out strings.Builder
	for i := range len(s.text()) {
		if _, lone := loneSurrogate(s.text()[i:]); lone {
			return undefined, failURL(name, s)
		}
		if b := s.text()[i]; isAlphanumeric(b) || strings.IndexByte(plain, b) >= 0 {
			out.WriteByte(b)
		} else {
			out.WriteByte('%')
			out.WriteByte(hexUpper[b>>4])
			out.WriteByte(hexUpper[b&15])
		}
	}
	return stringVal(out.String()), nil
}

const hexUpper = "0123456789ABCDEF"

func failURL(name string, s val) *Error {
	e := failValue("D3140", s)
	e.text = name
	return e
}

func decodeURLComponent(c *call) (val, *Error) { return c.percentDecode("decodeUrlComponent", "") }
func decodeURL(c *call) (val, *Error)          { return c.percentDecode("decodeUrl", urlReserved) }

// percentDecode decodes the escapes of s, save those of the characters in keep.
func (c *call) percentDecode(name, keep string) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	var out strings.Builder
	for i := 0; i < len(s.text()); {
		if s.text()[i] != '%' {
			out.WriteByte(s.text()[i])
			i++
			continue
		}
		char, ok := decodeEscapes(s.text()[i:])
		if !ok {
			return undefined, failURL(name, s)
		}
		if len(char) == 1 && strings.Contains(keep, char) {
			out.WriteString(s.text()[i : i+3])
		} else {
			out.WriteString(char)
		}
		i += 3 * len(char)
	}
	return stringVal(out.String()), nil
}

// decodeEscapes decodes the one character that s spells in escapes at its start.
func decodeEscapes(s string) (string, bool) {
	first, ok := escapedByte(s)
	if !ok {
		return "", false
	}
	n := 1
	switch {
	case first >= 0xF0:
		n = 4
	case first >= 0xE0:
		n = 3
	case first >= 0xC0:
		n = 2
	}
	char := make([]byte, 0, n)
	for i := range n {
		b, ok := escapedByte(s[min(3*i, len(s)):])
		if !ok {
			return "", false
		}
		char = append(char, b)
	}
	return string(char), strings.ToValidUTF8(string(char), "") == string(char)
}

func escapedByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, lo := strings.IndexByte(hexDigits, s[1]|0x20), strings.IndexByte(hexDigits, s[2]|0x20)
	if isDigit(s[1]) {
		hi = int(s[1] - '0')
	}
	if isDigit(s[2]) {
		lo = int(s[2] - '0')
	}
	return byte(hi<<4 | lo), hi >= 0 && lo >= 0
}
