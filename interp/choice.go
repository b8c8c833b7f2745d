package interp

import (
	"strings"
	"unicode/utf16"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

func (l jsonPath) choose(f *frame) (*asl.Rule, *failure) {
	for i := range f.s.Choice.Rules {
		rule := &f.s.Choice.Rules[i]
		holds, fail := l.test(f, rule.Test)
		if fail != nil {
			return nil, fail
		}
		if holds {
			return rule, nil
		}
	}
	return nil, nil
}

// test evaluates a comparison or a composite; And and Or stop at the first test that decides.
func (l jsonPath) test(f *frame, t *asl.Test) (bool, *failure) {
	switch t.Op {
	case asl.And, asl.Or:
		for _, inner := range t.Tests {
			holds, fail := l.test(f, inner)
			if fail != nil || holds == (t.Op == asl.Or) {
				return holds, fail
			}
		}
		return t.Op == asl.And, nil
	case asl.Not:
		holds, fail := l.test(f, t.Tests[0])
		return !holds, fail
	}
	left, err := t.Variable.Eval(f.env(f.in, t.Variable.String()))
	if t.Op == asl.IsPresent && !jsonpath.Bounded(err) {
		return (err == nil) == t.Operand.Bool(), nil
	}
	if err != nil {
		return false, f.choicePath(t.Variable, err)
	}
	right := t.Operand
	if t.Path != nil {
		if right, err = t.Path.Eval(f.env(f.in, t.Path.String())); err != nil {
			return false, f.choicePath(t.Path, err)
		}
	}
	return compare(t.Op, left, right), nil
}

func (f *frame) choicePath(p *jsonpath.Path, err error) *failure {
	if jsonpath.Bounded(err) {
		return f.pathError(err)
	}
	return f.runtimeError("Invalid path '%s': The choice state's condition path references an invalid value.", p)
}

// compare applies an operator. Operands of a kind that the operator is not for make it false.
func compare(op asl.Operator, a, b value.Value) bool {
	switch op {
	case asl.IsBoolean:
		return (a.Kind() == value.Bool) == b.Bool()
	case asl.IsNull:
		return a.IsNull() == b.Bool()
	case asl.IsNumeric:
		return (a.Kind() == value.Number) == b.Bool()
	case asl.IsString:
		return (a.Kind() == value.String) == b.Bool()
	case asl.IsTimestamp:
		_, err := asl.ParseTimestamp(a.Str())
		return (err == nil) == b.Bool()
	case asl.BooleanEquals:
		return a.Kind() == value.Bool && b.Kind() == value.Bool && a.Bool() == b.Bool()
	case asl.NumericEquals, asl.NumericGreaterThan, asl.NumericGreaterThanEquals, asl.NumericLessThan, asl.NumericLessThanEquals:
		return a.Kind() == value.Number && b.Kind() == value.Number && ordered(op, value.CompareNumbers(a, b))
	case asl.StringMatches:
		return a.Kind() == value.String && b.Kind() == value.String && matches(b.Str(), a.Str())
	case asl.StringEquals, asl.StringGreaterThan, asl.StringGreaterThanEquals, asl.StringLessThan, asl.StringLessThanEquals:
		return a.Kind() == value.String && b.Kind() == value.String && ordered(op, compareUTF16(a.Str(), b.Str()))
	default:
		x, errX := asl.ParseTimestamp(a.Str())
		y, errY := asl.ParseTimestamp(b.Str())
		return errX == nil && errY == nil && ordered(op, x.Compare(y))
	}
}

// ordered reports whether an operator holds for operands that compare as c.
func ordered(op asl.Operator, c int) bool {
	switch op {
	case asl.NumericGreaterThan, asl.StringGreaterThan, asl.TimestampGreaterThan:
		return c > 0
	case asl.NumericGreaterThanEquals, asl.StringGreaterThanEquals, asl.TimestampGreaterThanEquals:
		return c >= 0
	case asl.NumericLessThan, asl.StringLessThan, asl.TimestampLessThan:
		return c < 0
	case asl.NumericLessThanEquals, asl.StringLessThanEquals, asl.TimestampLessThanEquals:
		return c <= 0
	}
	return c == 0
}

// compareUTF16 orders strings by UTF-16 code units, as Java's compareTo does: it differs from the order of
// bytes where one string has a character beyond U+FFFF and the other one between U+E000 and U+FFFF.
func compareUTF16(a, b string) int {
	if isBMP(a) && isBMP(b) {
		return strings.Compare(a, b)
	}
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return int(x[i]) - int(y[i])
		}
	}
	return len(x) - len(y)
}

// isBMP reports whether s has no character that UTF-8 spells with four bytes.
func isBMP(s string) bool {
	for i := range len(s) {
		if s[i] >= 0xf0 {
			return false
		}
	}
	return true
}

// matches reports whether s fits pattern, in which * stands for any run of characters, \* for a star and \\ for
// a backslash.
func matches(pattern, s string) bool {
	// After each star the rest of the pattern is tried at every later place; only the last star has
	// to be gone back to, so the work is at most len(pattern) × len(s).
	p := splitPattern(pattern)
	i, j := 0, 0
	star, from := -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == anyRun:
			star, from = i, j
			i++
		case i < len(p) && p[i] == int(s[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyRun {
		i++
	}
	return i == len(p)
}

// anyRun is the star in a split pattern; every other element is a byte to match.
const anyRun = -1

func splitPattern(pattern string) []int {
	p := make([]int, 0, len(pattern))
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			p = append(p, int(pattern[i]))
		case c == '*':
			p = append(p, anyRun)
		default:
			p = append(p, int(c))
		}
	}
	return p
}
