package attribute

import (
	"encoding/binary"
	"errors"
)

// The stored form of an item, version 1:
//
//	item  = version count {name value}
//	value = kind, and then: text of S, N, B; count and texts of a set; count and values of L; count {name value} of M; 1 or 0 of BOOL
//	text  = length bytes
//
// Numbers are unsigned varints; those of the table are in their normal form, as text.
const storedVersion = 1

// Encode returns the stored form of an item.
func (m Item) Encode() []byte {
	return appendStored([]byte{storedVersion}, m)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendStored(dst []byte, m Item) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(m)))
	for _, f := range m {
		dst = f.Value.appendStored(appendText(dst, f.Name))
	}
	return dst
}

func (v Value) appendStored(dst []byte) []byte {
	dst = append(dst, byte(v.Kind))
	switch v.Kind {
	case S, N, B:
		return appendText(dst, v.Str)
	case SS, NS, BS:
		dst = binary.AppendUvarint(dst, uint64(len(v.List)))
		for _, e := range v.List {
			dst = appendText(dst, e.Str)
		}
	case L:
		dst = binary.AppendUvarint(dst, uint64(len(v.List)))
		for _, e := range v.List {
			dst = e.appendStored(dst)
		}
	case M:
		return appendStored(dst, v.Map)
	case Bool:
		if v.Bool {
			return append(dst, 1)
		}
		return append(dst, 0)
	}
	return dst
}

var errStored = errors.New("a stored item is damaged, or of a later version")

// Decode reads the stored form of an item.
func Decode(stored []byte) (Item, error) {
	if len(stored) == 0 || stored[0] != storedVersion {
		return nil, errStored
	}
	r := reader{rest: string(stored[1:])} // one copy, which all texts share
	m := r.item(0)
	if r.bad || r.rest != "" {
		return nil, errStored
	}
	return m, nil
}

type reader struct {
	rest string
	bad  bool
}

func (r *reader) number() int {
	n, shift := uint64(0), 0
	for i := range len(r.rest) {
		c := r.rest[i]
		n |= uint64(c&0x7F) << shift
		if shift += 7; c < 0x80 {
			r.rest = r.rest[i+1:]
			return int(n)
		}
		if shift > 35 {
			break
		}
	}
	r.bad, r.rest = true, ""
	return 0
}

// count reads how many things follow, each of which takes a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > len(r.rest) {
		r.bad, r.rest = true, ""
		return 0
	}
	return n
}

func (r *reader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *reader) byte() byte {
	if r.rest == "" {
		r.bad = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *reader) item(depth int) Item {
	if depth > 2*MaxDepth {
		r.bad, r.rest = true, ""
	}
	m := make(Item, 0, r.count())
	for range cap(m) {
		name := r.text()
		m = append(m, Field{name, r.value(depth)})
	}
	return m
}

func (r *reader) value(depth int) Value {
	v := Value{Kind: Kind(r.byte())}
	switch v.Kind {
	case S, N, B:
		v.Str = r.text()
	case SS, NS, BS:
		v.List = make([]Value, r.count())
		for i := range v.List {
			v.List[i] = Value{Kind: v.Kind.Element(), Str: r.text()}
		}
	case L:
		v.List = make([]Value, r.count())
		for i := range v.List {
			v.List[i] = r.value(depth + 1)
		}
	case M:
		v.Map = r.item(depth + 1)
	case Bool:
		v.Bool = r.byte() == 1
	case Null:
	default:
		r.bad, r.rest = true, ""
	}
	return v
}
