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
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

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
		i = next(text, end)
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
		i = next(text, end)
	}
}

// next returns the place after the comma that follows i.
func next(text string, i int) int {
	i = spaces(text, i)
	if i < len(text) && text[i] == ',' {
		return spaces(text, i+1)
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

func (t Term) value(text string) Term {
	if n, ok := number(text); ok { // equal numbers that are spelt differently have one term
		bits := math.Float64bits(n + 0) // of -0 as of 0
		for range 8 {
			t = (t ^ Term(bits&0xff)) * fnvPrime
			bits >>= 8
		}
		return t
	}
	return t.add(text)
}

// Terms calls add for the term of each scalar of the payloads.
func Terms(input, output string, add func(Term)) {
	terms(input, termInput, 0, add)
	terms(output, termOutput, 0, add)
}

// maxTermDepth is how deep payloads are looked into.
const maxTermDepth = 64

func terms(text string, at Term, depth int, add func(Term)) {
	text = text[spaces(text, 0):]
	switch {
	case text == "" || depth > maxTermDepth:
	case text[0] == '[':
		elements(text, func(value string) bool {
			terms(value, at, depth+1, add)
			return false
		})
	case text[0] == '{':
		members(text, func(key, value string) bool {
			if strings.IndexByte(key, '\\') >= 0 {
				key = unquote(`"` + key + `"`)
			}
			terms(value, at.key(key), depth+1, add)
			return false
		})
	case text[0] == '"':
		add(at.value(unquote(text)))
	default:
		add(at.value(text))
	}
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
