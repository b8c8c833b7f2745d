package api

import (
	"slices"
	"unicode/utf8"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// schema says how a value is held against a shape.
type schema struct {
	required bool // members that are required have to be there
	closed   bool // no others than those of the shape may be there
}

// mismatch returns what is wrong with v, the field of that name, in AWS's words; "" when nothing is. As in the SDKs a
// member that is null counts as missing.
func (c schema) mismatch(name string, v value.Value, s *awswire.Shape) string {
	if kind, right := kinds[s.Kind]; right && v.Kind() != kind.of {
		return "Field '" + name + "' must be " + kind.name
	}
	switch s.Kind {
	case awswire.Structure:
		return c.members(v, s)
	case awswire.List:
		for _, e := range v.Elems() {
			if wrong := c.inner(name, e, s.Elem); wrong != "" {
				return wrong
			}
		}
		return outOfLength(name, v.Len(), s)
	case awswire.Map:
		for _, m := range v.Members() {
			if wrong := c.inner(m.Key, m.Value, s.Elem); wrong != "" {
				return wrong
			}
		}
	case awswire.String:
		if s.Enum != nil && !slices.Contains(s.Enum, v.Str()) {
			return "Field '" + name + "' is not an expected value"
		}
		return outOfLength(name, utf8.RuneCountInString(v.Str()), s)
	case awswire.Float:
		return outOfBounds(name, v.Float(), s)
	}
	return ""
}

// kinds are the kinds of value that fit a shape; a shape without a kind fits everything.
var kinds = map[awswire.Kind]struct {
	of   value.Kind
	name string
}{
	awswire.String: {value.String, "a string"}, awswire.Float: {value.Number, "a number"},
	awswire.Boolean: {value.Bool, "a boolean"}, awswire.List: {value.Array, "an array"},
	awswire.Structure: {value.Object, "an object"}, awswire.Map: {value.Object, "an object"},
}

func (c schema) inner(name string, v value.Value, s *awswire.Shape) string {
	if v.IsNull() {
		return ""
	}
	return c.mismatch(name, v, s)
}

func (c schema) members(v value.Value, s *awswire.Shape) string {
	for _, m := range s.Members {
		if in, ok := v.Get(m.Name); c.required && m.Required && (!ok || in.IsNull()) {
			return "Required field '" + m.Name + "' is missing"
		}
	}
	for _, m := range v.Members() {
		at := slices.IndexFunc(s.Members, func(of awswire.Member) bool { return of.Name == m.Key })
		switch {
		case at < 0 && c.closed:
			return "Field '" + m.Key + "' is not allowed"
		case at < 0:
			continue
		}
		if wrong := c.inner(m.Key, m.Value, s.Members[at].Shape); wrong != "" {
			return wrong
		}
	}
	return ""
}

func outOfLength(name string, n int, s *awswire.Shape) string {
	switch {
	case int64(n) < s.Min:
		return "Field '" + name + "' is smaller than the minimum length"
	case s.Max > 0 && int64(n) > s.Max:
		return "Field '" + name + "' exceeds the maximum length"
	}
	return ""
}

func outOfBounds(name string, n float64, s *awswire.Shape) string {
	switch {
	case n < float64(s.Min):
		return "Field '" + name + "' is less than the minimum value"
	case s.Max > 0 && n > float64(s.Max):
		return "Field '" + name + "' exceeds the maximum value"
	}
	return ""
}
