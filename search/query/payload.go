package query

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Payloads are JSON texts, or the beginnings of such: what was cut off is not found. They are read where they are, and
// nothing is made of them.

// payload holds a payload against a value.
func (c *Cond) payload(v *Value, text string) bool {
	if len(c.Path) == 0 && c.Op < More {
		return text != "" && contains(text, v.folded)
	}
	return c.find(v, text, c.Path, 0)
}

// find reports whether a value of a JSON text that is at the path is as the condition asks. Elements of an array are all
// at the path of the array, too. What is deeper than maxTermDepth is not found.
func (c *Cond) find(v *Value, text string, path []Step, depth int) bool {
	text = text[spaces(text, 0):]
	switch {
	case text == "" || depth > maxTermDepth:
		return false
	case text[0] == '[':
		return c.findElement(v, text, path, depth)
	case text[0] == '{' && len(path) > 0:
		if path[0].Element {
			return false
		}
		return members(text, func(key, value string) bool {
			return sameKey(key, path[0].Key) && c.find(v, value, path[1:], depth+1)
		})
	case len(path) > 0:
		return false
	case text[0] == '{':
		return c.Op == Is && len(v.Parts) == 2 && v.Text == "*" || c.Op == Contains && contains(text, v.folded)
	}
	return c.scalar(v, text)
}

func (c *Cond) findElement(v *Value, text string, path []Step, depth int) bool {
	rest := path
	if len(path) > 0 && path[0].Element {
		rest = path[1:]
	}
	found, n := false, 0
	elements(text, func(value string) bool {
		if len(rest) == len(path) || path[0].Index < 0 || path[0].Index == n {
			found = c.find(v, value, rest, depth+1)
		}
		n++
		return found
	})
	return found
}

// scalar holds a string, a number, true, false or null against a value.
func (c *Cond) scalar(v *Value, raw string) bool {
	text, isString := raw, raw[0] == '"'
	if isString {
		text = unquote(raw)
	}
	switch c.Op {
	case Is:
		if v.like(text) {
			return true
		}
		n, ok := number(text)
		return ok && !isString && v.IsNumber && n == v.Number
	case Contains:
		return contains(text, v.folded)
	}
	if v.IsNumber {
		n, ok := number(text)
		return ok && ordered(c.Op, compare(n, v.Number))
	}
	return isString && ordered(c.Op, strings.Compare(text, v.Text))
}

func number(text string) (float64, bool) {
	if !isNumeral(text) {
		return 0, false
	}
	if len(text) <= 15 && strings.IndexFunc(text, notDigit) < 0 {
		n := int64(0)
		for i := range len(text) {
			n = 10*n + int64(text[i]-'0')
		}
		return float64(n), true
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// members calls f for each member of an object until it returns true; key is as it is spelt, without its quotes.
func members(text string, f func(key, value string) bool) bool {
	for i := spaces(text, 1); i < len(text) && text[i] == '"'; {
		end := skipString(text, i)
		key := text[i+1 : max(end-1, i+1)]
		i = spaces(text, end)
		if i >= len(text) || text[i] != ':' {
			return false
		}
		i = spaces(text, i+1)
		end = skip(text, i)
		if i < end && f(key, text[i:end]) {
			return true
		}
		i = next(text, end, '}')
	}
	return false
}

// elements calls f for each element of an array until it returns true.
func elements(text string, f func(value string) bool) {
	for i := spaces(text, 1); i < len(text) && text[i] != ']'; {
		end := skip(text, i)
		if end == i || f(text[i:end]) {
			return
		}
		i = next(text, end, ']')
	}
}

// next returns the place of what follows the value that ends at i, or of the end of the whole, which is a byte.
func next(text string, i int, end byte) int {
	i = spaces(text, i)
	switch {
	case i < len(text) && text[i] == ',':
		return spaces(text, i+1)
	case i < len(text) && text[i] == end:
		return i
	}
	return len(text)
}

func spaces(text string, i int) int {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

// skip returns the place after the value at i, which is the end of the text when the value was cut off. What is no value
// has no length.
func skip(text string, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i = skipWord(text, i)
		}
		if depth <= 0 {
			return i
		}
	}
	return i
}

func skipWord(text string, i int) int {
	for i < len(text) && strings.IndexByte(",:]} \t\n\r\"{[", text[i]) < 0 {
		i++
	}
	return i
}

// skipString returns the place after the string at i.
func skipString(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(text)
}

// unquote returns what a JSON string says. Of one that was cut off it is "".
func unquote(raw string) string {
	if len(raw) < 2 || raw[len(raw)-1] != '"' {
		return ""
	}
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var text string
	_ = json.Unmarshal([]byte(raw), &text) // "" when it is broken
	return text
}

// sameKey reports whether a key as it is spelt is that of a step.
func sameKey(spelt, key string) bool {
	if strings.IndexByte(spelt, '\\') < 0 {
		return spelt == key
	}
	return unquote(`"`+spelt+`"`) == key
}

// A Term stands for a path and a scalar at it: what has the scalar there has the term, and few others do. Which elements of
// arrays a path goes through makes no difference.
type Term uint64

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// The first byte that is hashed, so that input and output have different terms.
const (
	termInput  Term = (fnvOffset ^ 'i') * fnvPrime & math.MaxUint64
	termOutput Term = (fnvOffset ^ 'o') * fnvPrime & math.MaxUint64
)

func (t Term) add(text string) Term {
	for i := range len(text) {
		t = (t ^ Term(text[i])) * fnvPrime
	}
	return t
}

// key appends a key to the path, value the value at its end.
func (t Term) key(key string) Term { return (t.add(key) ^ 0x100) * fnvPrime }

// maxTermText is how much of a text its term tells.
const maxTermText = 64

func (t Term) value(text string) Term {
	if n, ok := number(text); ok { // equal numbers that are spelt differently have one term
		bits := math.Float64bits(n + 0) // of -0 as of 0
		for range 8 {
			t = (t ^ Term(bits&0xff)) * fnvPrime
			bits >>= 8
		}
		return t
	}
	return t.add(text[:min(len(text), maxTermText)])
}

// Terms calls add for the term of each scalar of the payloads. It goes over them once.
func Terms(input, output string, add func(Term)) {
	for i, t := range [...]terms{{input, add}, {output, add}} {
		if at := spaces(t.text, 0); at < len(t.text) {
			t.value(at, [...]Term{termInput, termOutput}[i], 0)
		}
	}
}

// maxTermDepth is how deep payloads are looked into.
const maxTermDepth = 64

// terms finds the terms of a JSON text. Its methods take the place where something begins and return the one after it.
type terms struct {
	text string
	add  func(Term)
}

func (t *terms) value(i int, at Term, depth int) int {
	if depth > maxTermDepth {
		return skip(t.text, i)
	}
	switch t.text[i] {
	case '{':
		return t.members(i, at, depth)
	case '[':
		i = spaces(t.text, i+1)
		for i < len(t.text) && t.text[i] != ']' {
			end := t.value(i, at, depth+1)
			if end == i {
				return len(t.text)
			}
			i = next(t.text, end, ']')
		}
		return min(i+1, len(t.text))
	case '"':
		end := skipString(t.text, i)
		t.add(at.value(unquote(t.text[i:end])))
		return end
	}
	end := skipWord(t.text, i)
	t.add(at.value(t.text[i:end]))
	return end
}

func (t *terms) members(i int, at Term, depth int) int {
	i = spaces(t.text, i+1)
	for i < len(t.text) && t.text[i] == '"' {
		end := skipString(t.text, i)
		key := t.text[i+1 : max(end-1, i+1)]
		if strings.IndexByte(key, '\\') >= 0 {
			key = unquote(t.text[i:end])
		}
		i = spaces(t.text, end)
		if i >= len(t.text) || t.text[i] != ':' {
			return len(t.text)
		}
		if i = spaces(t.text, i+1); i >= len(t.text) {
			return i
		}
		i = next(t.text, t.value(i, at.key(key), depth+1), '}')
	}
	return min(i+1, len(t.text))
}

// Terms returns terms of which a payload has one if the condition holds of it, false when that cannot be told by terms.
func (c *Cond) Terms() ([]Term, bool) {
	if c.Field.kind() != kindPayload || c.Op != Is || len(c.Path) == 0 || len(c.Path) > maxTermDepth {
		return nil, false
	}
	at := termInput
	if c.Field == Output {
		at = termOutput
	}
	for _, s := range c.Path {
		if !s.Element {
			at = at.key(s.Key)
		}
	}
	var list []Term
	for i := range c.Values {
		if len(c.Values[i].Parts) > 1 {
			return nil, false
		}
		list = append(list, at.value(c.Values[i].Text))
	}
	return list, true
}
