package awswire

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// Input is a structure that a client sent, checked against its shape. A member that is null counts as missing,
// as does everything in the zero Input.
//
// The strings it gives may share memory with the body of the request: clone what is small and kept for long.
type Input struct{ v value.Value }

func (in Input) get(name string) value.Value {
	v, _ := in.v.Get(name)
	if v.IsNull() {
		return value.Value{}
	}
	return v
}

// Has reports whether the member was sent.
func (in Input) Has(name string) bool { return in.get(name).Exists() }

// Str returns a string, "" when it is missing.
func (in Input) Str(name string) string { return in.get(name).Str() }

// Names are those of its members, in the order in which they were sent.
func (in Input) Names() []string {
	var names []string
	for _, m := range in.v.Members() {
		names = append(names, m.Key)
	}
	return names
}

// Text returns a member as JSON, "" when it is missing.
func (in Input) Text(name string) string { return strings.Clone(in.get(name).Text()) }

// StrPtr returns a string, nil when it is missing.
func (in Input) StrPtr(name string) *string {
	v := in.get(name)
	if !v.Exists() {
		return nil
	}
	s := v.Str()
	return &s
}

// Int returns a number, 0 when it is missing.
func (in Input) Int(name string) int64 {
	i, _ := in.get(name).Int()
	return i
}

// Bool returns a boolean, and otherwise when it is missing.
func (in Input) Bool(name string, otherwise bool) bool {
	v := in.get(name)
	if !v.Exists() {
		return otherwise
	}
	return v.Bool()
}

// FloatPtr returns a number that need not be whole, nil when it is missing.
func (in Input) FloatPtr(name string) *float64 {
	v := in.get(name)
	if !v.Exists() {
		return nil
	}
	f := v.Float()
	return &f
}

// IntPtr returns a number, nil when it is missing.
func (in Input) IntPtr(name string) *int64 {
	if !in.Has(name) {
		return nil
	}
	n := in.Int(name)
	return &n
}

// Blob returns bytes, nil when they are missing.
func (in Input) Blob(name string) []byte {
	b, _ := base64.RawStdEncoding.DecodeString(strings.TrimRight(in.Str(name), "=")) // it was checked
	return b
}

// Strings returns a map of strings, nil when it is missing.
func (in Input) Strings(name string) map[string]string {
	v := in.get(name)
	if !v.Exists() {
		return nil
	}
	m := make(map[string]string, v.Len())
	for _, e := range v.Members() {
		m[e.Key] = e.Value.Str()
	}
	return m
}

// Len returns the number of elements of a list, or of members of a map; 0 when it is missing.
func (in Input) Len(name string) int { return in.get(name).Len() }

// Struct returns a structure, the zero Input when it is missing.
func (in Input) Struct(name string) Input { return Input{in.get(name)} }

// Strs returns a list of strings, nil when it is missing and not nil when it is empty.
func (in Input) Strs(name string) []string {
	v := in.get(name)
	if !v.Exists() {
		return nil
	}
	out := make([]string, 0, v.Len())
	for _, e := range v.Elems() {
		out = append(out, e.Str())
	}
	return out
}

// Structs returns a list of structures, nil when it is missing and not nil when it is empty.
func (in Input) Structs(name string) []Input {
	v := in.get(name)
	if !v.Exists() {
		return nil
	}
	out := make([]Input, 0, v.Len())
	for _, e := range v.Elems() {
		out = append(out, Input{e})
	}
	return out
}

// Without returns a text that tells inputs apart by all members but the named ones, in whatever order they
// were sent.
func (in Input) Without(names ...string) string {
	var left []value.Member
	for _, m := range in.v.Members() {
		if !m.Value.IsNull() && !slices.Contains(names, m.Key) {
			left = append(left, m)
		}
	}
	slices.SortFunc(left, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
	return value.NewObject(left).Compact()
}
