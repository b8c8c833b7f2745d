// Package attribute has the values that DynamoDB's items are made of: how they are read from documents and written to
// them, how large they are, how they compare, and the two forms they are stored in, one of them in the order of keys.
package attribute

import (
	"slices"
	"strings"
)

// Kind is the type of a value, by DynamoDB's letters.
type Kind uint8

// The kinds. They are stored: their numbers stay.
const (
	Absent Kind = iota
	S
	N
	B
	SS
	NS
	BS
	M
	L
	Null
	Bool
)

var kindNames = [...]string{"", "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}

// String is the name of the kind in documents.
func (k Kind) String() string { return kindNames[k] }

// KindNamed returns the kind of that name, Absent when there is none.
func KindNamed(name string) Kind {
	if i := slices.Index(kindNames[1:], name); i >= 0 {
		return Kind(i + 1)
	}
	return Absent
}

// Long is the name of the kind in some errors.
func (k Kind) Long() string {
	return [...]string{"", "STRING", "NUMBER", "BINARY", "STRING_SET", "NUMBER_SET", "BINARY_SET", "MAP", "LIST", "NULL", "BOOLEAN"}[k]
}

// IsSet reports whether values of the kind are sets.
func (k Kind) IsSet() bool { return k == SS || k == NS || k == BS }

// Element is the kind of the elements of a set.
func (k Kind) Element() Kind { return k - SS + S }

// Value is one value. It is never changed once it is made, so it may be shared.
type Value struct {
	Kind Kind
	Bool bool
	Str  string  // text of S, normal form of N (see Number), bytes of B
	List []Value // elements of L and of sets
	Map  Item    // of M
}

// Field is a named value.
type Field struct {
	Name  string
	Value Value
}

// Item is the attributes of an item, or of a map, by name in order. Names are unique.
type Item []Field

func (m Item) find(name string) (int, bool) {
	return slices.BinarySearchFunc(m, name, func(f Field, name string) int { return strings.Compare(f.Name, name) })
}

// Get returns the value of an attribute; its kind is Absent when there is none.
func (m Item) Get(name string) Value {
	if i, ok := m.find(name); ok {
		return m[i].Value
	}
	return Value{}
}

// With returns a copy in which the attribute has the value.
func (m Item) With(name string, v Value) Item {
	i, ok := m.find(name)
	if ok {
		m = slices.Clone(m)
		m[i].Value = v
		return m
	}
	next := make(Item, 0, len(m)+1)
	next = append(append(next, m[:i]...), Field{name, v})
	return append(next, m[i:]...)
}

// Without returns a copy that lacks the attribute.
func (m Item) Without(name string) Item {
	i, ok := m.find(name)
	if !ok {
		return m
	}
	next := make(Item, 0, len(m)-1)
	return append(append(next, m[:i]...), m[i+1:]...)
}

// Sorted puts fields in order. Of one name the last stands.
func Sorted(fields []Field) Item {
	slices.SortStableFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	out := fields[:0]
	for i, f := range fields {
		if i+1 < len(fields) && fields[i+1].Name == f.Name {
			continue
		}
		out = append(out, f)
	}
	return out
}

// Equal reports whether two values are the same. The order of the elements of a set does not count.
func Equal(a, b Value) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case S, N, B:
		return a.Str == b.Str
	case Bool:
		return a.Bool == b.Bool
	case L:
		return slices.EqualFunc(a.List, b.List, Equal)
	case SS, NS, BS:
		return equalSets(a.List, b.List)
	case M:
		return EqualItems(a.Map, b.Map)
	}
	return true
}

// EqualItems reports whether two items are the same.
func EqualItems(a, b Item) bool {
	return slices.EqualFunc(a, b, func(x, y Field) bool { return x.Name == y.Name && Equal(x.Value, y.Value) })
}

func equalSets(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	has := make(map[string]bool, len(a))
	for _, v := range a {
		has[v.Str] = true
	}
	for _, v := range b {
		if !has[v.Str] {
			return false
		}
	}
	return true
}

// Compare orders two values of one kind that has an order: S and B by bytes, N by number. ok is false for all others.
func Compare(a, b Value) (order int, ok bool) {
	if a.Kind != b.Kind {
		return 0, false
	}
	switch a.Kind {
	case S, B:
		return strings.Compare(a.Str, b.Str), true
	case N:
		return CompareNumbers(a.Str, b.Str), true
	}
	return 0, false
}

// Contains reports whether a set or a list has an element.
func (v Value) Contains(element Value) bool {
	return slices.ContainsFunc(v.List, func(x Value) bool { return Equal(x, element) })
}

// OfNumber is a number in its normal form.
func OfNumber(normal string) Value { return Value{Kind: N, Str: normal} }

// OfString is a text.
func OfString(s string) Value { return Value{Kind: S, Str: s} }

// OfBool is true or false.
func OfBool(b bool) Value { return Value{Kind: Bool, Bool: b} }
