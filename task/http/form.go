package http

import (
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// escape writes a text into a query or a form: all but letters, digits and -._~ as %XX of UTF-8.
func escape(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// The formats of arrays in a form.
const (
	indices  = "INDICES"
	repeat   = "REPEAT"
	commas   = "COMMAS"
	brackets = "BRACKETS"
)

// form is a body as application/x-www-form-urlencoded: nested names are in brackets.
func form(v value.Value, arrays string) string {
	var parts []string
	for _, m := range v.Members() {
		parts = appendForm(parts, m.Key, m.Value, arrays)
	}
	return strings.Join(parts, "&")
}

func appendForm(parts []string, name string, v value.Value, arrays string) []string {
	switch v.Kind() {
	case value.Object:
		for _, m := range v.Members() {
			parts = appendForm(parts, name+"["+m.Key+"]", m.Value, arrays)
		}
		return parts
	case value.Array:
		return appendArray(parts, name, v, arrays)
	}
	return append(parts, escape(name)+"="+escape(plain(v)))
}

func appendArray(parts []string, name string, v value.Value, arrays string) []string {
	if arrays == commas {
		texts := make([]string, 0, v.Len())
		for _, e := range v.Elems() {
			texts = append(texts, plain(e))
		}
		return append(parts, escape(name)+"="+escape(strings.Join(texts, ",")))
	}
	for i, e := range v.Elems() {
		at := name
		switch arrays {
		case indices:
			at += "[" + strconv.Itoa(i) + "]"
		case brackets:
			at += "[]"
		}
		parts = appendForm(parts, at, e, arrays)
	}
	return parts
}

// plain is a value as a text: a string as it is, null as none, all else as JSON.
func plain(v value.Value) string {
	switch {
	case v.Kind() == value.String:
		return v.Str()
	case v.IsNull():
		return ""
	}
	return v.Compact()
}
