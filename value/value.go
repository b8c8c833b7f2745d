// Package value holds JSON values as the States Language passes them on: text that nobody looks into
// travels untouched, bytes and spaces included; a value that is looked into opens one level at a time,
// in source order, with the source's spelling of every number; a value that is built prints compact.
//
// A Value is immutable and may be shared by goroutines. What it opens is remembered inside it, so that a
// second look costs nothing; two goroutines that open the same value at once do the same work twice and
// agree on the result.
package value

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Kind tells what a Value is.
type Kind uint8

// The kinds of JSON value. Absent is the kind of the zero Value: "there is none", which is not null.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"absent", "null", "boolean", "number", "string", "array", "object"}

// String gives the name of the kind as JSON Schema spells it.
func (k Kind) String() string { return kindNames[k] }

// Value is one JSON value, or the absence of one (the zero Value).
//
// Invariant: a scalar has raw and no box. A container has a box, and raw, or children in the box, or both.
type Value struct {
	raw string // JSON text, "" for a container that was built and not parsed
	box *box
}

// box is the part of a container that copies of a Value share.
type box struct {
	kind  Kind
	loose bool                   // raw may hold white space or escapes that the compact form has not
	arena *arena                 // where its children are made, nil for a container of its own
	kids  atomic.Pointer[kids]   // nil until looked into
	text  atomic.Pointer[string] // compact text, nil until asked for
}

// kids are the children of a container: elems of an array, members of an object.
type kids struct {
	elems   []Value
	members []Member
	index   map[string]int // key to place in members; nil for few members
}

// Member is one name and value of an object, the name unescaped.
type Member struct {
	Key   string
	Value Value
}

// indexFrom is the number of members from which an object finds its keys through a map.
const indexFrom = 12

// Scalars that need no parsing.
var (
	NullValue  = Value{raw: "null"}
	True       = Value{raw: "true"}
	False      = Value{raw: "false"}
	EmptyArray = NewArray(nil)
	EmptyObj   = NewObject(nil)
)

// FromBool returns true or false as a Value.
func FromBool(b bool) Value {
	if b {
		return True
	}
	return False
}

// FromString returns s as a JSON string. Bytes of s that are not UTF-8 become U+FFFD.
func FromString(s string) Value {
	if isPlain(s) {
		return Value{raw: `"` + s + `"`}
	}
	return Value{raw: string(AppendQuoted(make([]byte, 0, len(s)+8), s))}
}

// FromInt returns i as a JSON number.
func FromInt(i int64) Value { return Value{raw: strconv.FormatInt(i, 10)} }

// FromFloat returns f as a JSON number, spelt as JavaScript spells it. f must be finite.
func FromFloat(f float64) Value { return Value{raw: string(AppendFloat(nil, f))} }

// FromNumberText returns the number spelt by text, which must be a JSON number.
func FromNumberText(text string) Value { return Value{raw: text} }

// NewArray returns the array of elems, which the caller gives up.
func NewArray(elems []Value) Value {
	b := &box{kind: Array}
	b.kids.Store(&kids{elems: elems})
	return Value{box: b}
}

// NewObject returns the object of members, in that order, which the caller gives up. Their keys must differ.
func NewObject(members []Member) Value {
	b := &box{kind: Object}
	b.kids.Store(newKids(members))
	return Value{box: b}
}

func newKids(members []Member) *kids {
	k := &kids{members: members}
	if len(members) >= indexFrom {
		k.index = make(map[string]int, len(members))
		for i, m := range members {
			k.index[m.Key] = i
		}
	}
	return k
}

// Join returns the array whose text is that of elems with brackets and commas around and between: the
// elements keep their own spelling, white space included, as AWS prints the result of a Parallel state.
func Join(elems []Value) Value {
	n := 2
	for _, e := range elems {
		n += len(e.Text()) + 1
	}
	text := make([]byte, 0, n)
	text = append(text, '[')
	for i, e := range elems {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, e.Text()...)
	}
	text = append(text, ']')
	b := &box{kind: Array, loose: true}
	b.kids.Store(&kids{elems: elems})
	return Value{raw: string(text), box: b}
}

// Kind returns the kind of v.
func (v Value) Kind() Kind {
	if v.box != nil {
		return v.box.kind
	}
	if v.raw == "" {
		return Absent
	}
	switch v.raw[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	}
	return Number
}

// Exists reports whether v is a value at all.
func (v Value) Exists() bool { return v.box != nil || v.raw != "" }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.box == nil && v.raw == "null" }

// Bool returns the truth of a boolean; false for every other kind.
func (v Value) Bool() bool { return v.raw == "true" }

// Str returns the text of a string, unescaped; "" for every other kind.
func (v Value) Str() string {
	if v.Kind() != String {
		return ""
	}
	return unquote(v.raw)
}

// Float returns a number as float64 (±Inf when it is too large), 0 for every other kind.
func (v Value) Float() float64 {
	if v.Kind() != Number {
		return 0
	}
	f, _ := strconv.ParseFloat(v.raw, 64)
	return f
}

// Int returns a number that is written as an integer (no fraction, no exponent) and fits 64 bits.
func (v Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	i, err := strconv.ParseInt(v.raw, 10, 64)
	return i, err == nil
}

// Len returns the number of elements or members; 0 for scalars.
func (v Value) Len() int {
	k := v.open()
	if k == nil {
		return 0
	}
	return len(k.elems) + len(k.members)
}

// Elems returns the elements of an array, nil for every other kind. The caller must not change them.
func (v Value) Elems() []Value {
	if k := v.open(); k != nil {
		return k.elems
	}
	return nil
}

// Members returns the members of an object in source order, nil for every other kind. Of members with one
// name the last value stands, at the place of the first. The caller must not change them.
func (v Value) Members() []Member {
	if k := v.open(); k != nil {
		return k.members
	}
	return nil
}

// Index returns element i of an array.
func (v Value) Index(i int) (Value, bool) {
	e := v.Elems()
	if i < 0 || i >= len(e) {
		return Value{}, false
	}
	return e[i], true
}

// Get returns the member named key of an object.
func (v Value) Get(key string) (Value, bool) {
	k := v.open()
	if k == nil {
		return Value{}, false
	}
	if i := k.find(key); i >= 0 {
		return k.members[i].Value, true
	}
	return Value{}, false
}

// find returns the place of key among the members, -1 when there is none.
func (k *kids) find(key string) int {
	if k.index != nil {
		if i, ok := k.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range k.members {
		if k.members[i].Key == key {
			return i
		}
	}
	return -1
}

// With returns a copy of object v in which key holds x: in its old place when there was one, else at the end.
// Anything that is not an object counts as an empty one.
func (v Value) With(key string, x Value) Value {
	old := v.Members()
	at := -1
	if k := v.open(); k != nil && v.Kind() == Object {
		at = k.find(key)
	}
	members := make([]Member, len(old), len(old)+1)
	copy(members, old)
	if at >= 0 {
		members[at].Value = x
	} else {
		members = append(members, Member{key, x})
	}
	return NewObject(members)
}

// open returns the children of a container, parsed on first use; nil for a scalar.
func (v Value) open() *kids {
	if v.box == nil {
		return nil
	}
	if k := v.box.kids.Load(); k != nil {
		return k
	}
	k := parseKids(v.raw, v.box)
	v.box.kids.Store(k)
	return k
}

// Text returns the JSON text of v: its source text where it has one, else the compact form. "" when absent.
func (v Value) Text() string {
	if v.raw != "" || v.box == nil {
		return v.raw
	}
	return v.Compact()
}

// Size returns the length of Text in bytes of UTF-8: what AWS counts against its payload limits.
func (v Value) Size() int { return len(v.Text()) }

// SizeWithin returns Size, or some number above limit once that is passed. What is built is measured and not printed.
func (v Value) SizeWithin(limit int) int {
	if v.raw != "" || v.box == nil {
		return len(v.raw)
	}
	return v.compactSize(limit)
}

// compactSize is SizeWithin of the compact text.
func (v Value) compactSize(limit int) int {
	switch {
	case v.box == nil && strings.IndexByte(v.raw, '\\') < 0, v.raw != "" && v.box != nil && !v.box.loose:
		return len(v.raw)
	case v.raw != "":
		return len(v.Compact())
	}
	k := v.open()
	n := 1 + max(1, len(k.elems)+len(k.members)) // brackets, and commas between
	for i := 0; i < len(k.elems) && n <= limit; i++ {
		n += k.elems[i].compactSize(limit - n)
	}
	for i := 0; i < len(k.members) && n <= limit; i++ {
		m := &k.members[i]
		n += quotedSize(m.Key) + 1 + m.Value.compactSize(limit-n)
	}
	return n
}

// The bytes of memory that what is built takes beside its text.
const (
	elementBytes   = 24  // of an element, or the value of a member
	memberBytes    = 16  // of a member besides, without its name
	containerBytes = 112 // of an array or object
)

// MemoryWithin returns how many bytes of memory v takes, or some number above limit once that is passed: its text, and
// what is built of arrays, objects and their children. It does not look into text, and it counts anew what v shares
// with other values.
func (v Value) MemoryWithin(limit int) int {
	if v.raw != "" || v.box == nil {
		return len(v.raw)
	}
	k := v.open()
	n := containerBytes + elementBytes*len(k.elems) + (elementBytes+memberBytes)*len(k.members)
	for i := 0; i < len(k.elems) && n <= limit; i++ {
		n += k.elems[i].MemoryWithin(limit - n)
	}
	for i := 0; i < len(k.members) && n <= limit; i++ {
		m := &k.members[i]
		n += len(m.Key) + m.Value.MemoryWithin(limit-n)
	}
	return n
}

// Compact returns the JSON text of v without white space between tokens and with strings escaped only
// where JSON demands it. Numbers keep their spelling.
func (v Value) Compact() string {
	if v.box == nil {
		return string(v.AppendCompact(nil))
	}
	if v.raw != "" && !v.box.loose {
		return v.raw
	}
	if t := v.box.text.Load(); t != nil {
		return *t
	}
	scratch := scratches.Get().(*[]byte)
	b := (*scratch)[:0]
	if v.raw != "" {
		b = appendCompactText(b, v.raw)
	} else {
		b = v.AppendCompact(b)
	}
	t := string(b) // at its own size: a text may live long
	v.box.text.Store(&t)
	if cap(b) <= keepScratch {
		*scratch = b
		scratches.Put(scratch)
	}
	return t
}

// scratches are where texts are put together; those that grew large are let go.
var scratches = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

const keepScratch = 64 << 10

// CheckedCompact is Checked of the text of an array or object that is in the form Compact gives.
func CheckedCompact(text string) Value { return fromScanned(text, false) }

// Compacted returns the same value with its compact text as its source text.
func (v Value) Compacted() Value {
	if v.box == nil {
		return Value{raw: v.Compact()}
	}
	return Value{raw: v.Compact(), box: &box{kind: v.box.kind}}
}

// AppendCompact appends what Compact returns.
func (v Value) AppendCompact(dst []byte) []byte {
	if v.box == nil {
		return appendCompactText(dst, v.raw)
	}
	if t := v.box.text.Load(); t != nil {
		return append(dst, *t...)
	}
	if v.raw != "" {
		return append(dst, v.Compact()...) // remembered: what is looked at once is often looked at again
	}
	k := v.open()
	if v.box.kind == Array {
		dst = append(dst, '[')
		for i, e := range k.elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.AppendCompact(dst)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, m := range k.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, m.Key)
		dst = append(dst, ':')
		dst = m.Value.AppendCompact(dst)
	}
	return append(dst, '}')
}

// MarshalJSON returns Text; an absent value prints as null.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Exists() {
		return []byte("null"), nil
	}
	return []byte(v.Text()), nil
}

// UnmarshalJSON sets v to the value of text.
func (v *Value) UnmarshalJSON(text []byte) error {
	x, err := Parse(string(text))
	*v = x
	return err
}

// Equal reports whether a and b are the same JSON value: numbers by magnitude, objects whatever their order.
func Equal(a, b Value) bool {
	ka := a.Kind()
	if ka != b.Kind() {
		return false
	}
	switch ka {
	case Absent, Null:
		return true
	case Bool:
		return a.raw == b.raw
	case Number:
		return CompareNumbers(a, b) == 0
	case String:
		return a.raw == b.raw || a.Str() == b.Str()
	case Array:
		return equalElems(a.Elems(), b.Elems())
	default:
		return equalMembers(a, b)
	}
}

func equalElems(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalMembers(a, b Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, m := range a.Members() {
		x, ok := b.Get(m.Key)
		if !ok || !Equal(m.Value, x) {
			return false
		}
	}
	return true
}
