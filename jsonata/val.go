package jsonata

import (
	"unsafe"

	"github.com/statelark/statelark/value"
)

// tag says what a val is.
type tag uint8

const (
	tagUndefined tag = iota
	tagNull
	tagBool
	tagNumber
	tagString
	tagArray
	tagObject
	tagFunction
)

// val is a value during evaluation. The zero val is undefined: "nothing", which is not null.
//
// A container of the input stays closed: its ref points at the value.Value it came from, and it is opened a
// level at a time as paths go into it. Containers that an expression builds are *array and *object.
//
// Invariant: ref is a *chars for a string; nil for other scalars, but for a number whose exact spelling says more
// than num it is an *exact; *value.Value or *array for an array; *value.Value or *object for an object; *function
// for a function. Nothing that a val refers to changes once the val has been handed on, save objects of a clone
// that a transform works on and the keepSingleton flag of a sequence.
//
// A val is four words, because the compiler keeps no larger struct in registers. That is why a string is held as
// a pointer to its first byte and its length.
type val struct {
	tag tag
	num float64 // the number; 1 for true; of a string, its length in bytes
	ref any
}

// chars is the first byte of a string.
type chars byte

// exact is the spelling of an integer that float64 cannot hold.
type exact struct{ spelling string }

// text returns the string; of a number, its exact spelling where that says more than num; else "".
func (v val) text() string {
	switch r := v.ref.(type) {
	case *chars:
		return unsafe.String((*byte)(r), int(v.num))
	case *exact:
		return r.spelling
	}
	return ""
}

// isShort reports whether v is a scalar that is no longer than limit.
func (v val) isShort(limit int) bool {
	return v.tag < tagString || v.tag == tagString && v.num <= float64(limit)
}

var (
	undefined = val{}
	nullVal   = val{tag: tagNull}
	trueVal   = val{tag: tagBool, num: 1}
	falseVal  = val{tag: tagBool}
)

func boolVal(b bool) val {
	if b {
		return trueVal
	}
	return falseVal
}

func stringVal(s string) val {
	return val{tag: tagString, num: float64(len(s)), ref: (*chars)(unsafe.StringData(s))}
}

func numberVal(f float64) val      { return val{tag: tagNumber, num: f} }
func arrayVal(a *array) val        { return val{tag: tagArray, ref: a} }
func objectVal(o *object) val      { return val{tag: tagObject, ref: o} }
func functionVal(f *function) val  { return val{tag: tagFunction, ref: f} }
func elemsVal(elems []val) val     { return arrayVal(&array{elems: elems}) }
func (v val) defined() bool        { return v.tag != tagUndefined }
func (v val) isTrue() bool         { return v.tag == tagBool && v.num != 0 }
func (v val) function() *function  { f, _ := v.ref.(*function); return f }
func (v val) built() *array        { a, _ := v.ref.(*array); return a }
func (v val) isSource() bool       { _, ok := v.ref.(*value.Value); return ok }
func (v val) isSequence() bool     { a := v.built(); return a != nil && a.sequence }
func (v val) isTupleStream() bool  { a := v.built(); return a != nil && a.tuples }
func (v val) isOuterWrapper() bool { a := v.built(); return a != nil && a.outer }
func (v val) isCons() bool         { a := v.built(); return a != nil && a.cons }

// fromValue wraps a value of the input. It keeps v itself when that is a container.
func fromValue(v *value.Value, d Dialect) val {
	switch k := v.Kind(); k {
	case value.Object:
		return val{tag: tagObject, ref: v}
	case value.Array:
		return val{tag: tagArray, ref: v}
	default:
		return fromScalar(v, k, d)
	}
}

// fromScalar wraps a scalar of kind k.
func fromScalar(v *value.Value, k value.Kind, d Dialect) val {
	switch k {
	case value.String:
		return stringVal(v.Str())
	case value.Number:
		return fromNumber(v.Text(), d)
	case value.Bool:
		return boolVal(v.Bool())
	case value.Null:
		return nullVal
	}
	return undefined
}

// fromCopy wraps a value that has no address of its own yet. Only a container moves to the heap.
func fromCopy(v value.Value, d Dialect) val {
	k := v.Kind()
	if k == value.Array || k == value.Object {
		kept := v
		return fromValue(&kept, d)
	}
	return fromScalar(&v, k, d)
}

// sizeOf estimates the memory v takes, in the units the AWS dialect counts: 8 for a number, 1 for a
// character, and for a container the sum of what is in it.
func sizeOf(v val) int {
	switch v.tag {
	case tagString:
		return len(v.text())
	case tagArray, tagObject:
		switch c := v.ref.(type) {
		case *array:
			return c.size
		case *object:
			return c.size
		case *value.Value:
			return len(c.Text())
		}
	}
	return 8
}

// maxSize keeps sizes from overflowing where a value holds another many times over.
const maxSize = 1 << 60

// maxDepth is how deep arrays and objects that an expression builds may nest.
const maxDepth = value.MaxDepth

// depthOf returns how deep v nests, containers of the input counting as one level.
func depthOf(v val) int {
	switch c := v.ref.(type) {
	case *array:
		return c.depth + 1
	case *object:
		return c.depth + 1
	}
	return 0
}
