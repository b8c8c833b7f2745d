package codec

import (
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// sampler makes documents of shapes. Each has every member, to some depth; texts have what protocols escape.
type sampler struct {
	n    int
	tame bool // nothing that a path or a host name would have to escape
}

func (g *sampler) text(m *model.Member) string {
	g.n++
	switch {
	case m != nil && m.Name == "ChecksumAlgorithm":
		return "SHA1"
	case m != nil && (m.HostLabel || g.tame):
		return "label-" + strconv.Itoa(g.n)
	case m != nil && m.Location == model.Path:
		return "a b/ü+&=?#%" + strconv.Itoa(g.n)
	case m != nil && m.Location != model.Body:
		return "a b,\"c\" %" + strconv.Itoa(g.n)
	}
	return "t <&>\"'é\n" + strconv.Itoa(g.n)
}

// document returns a document of s. Below deep only scalars are filled in.
func (g *sampler) document(s *model.Shape, m *model.Member, deep int, answer bool) value.Value {
	g.n++
	switch s.Kind {
	case model.Structure:
		return g.structure(s, deep, answer)
	case model.List:
		if deep <= 0 {
			return value.EmptyArray
		}
		n := 2
		if answer && deep == 1 {
			n = 1
		}
		var elems []value.Value
		for range n {
			if e := g.document(s.Elem, m, deep-1, answer); !nothing(e, s.Elem) {
				elems = append(elems, e)
			}
		}
		return value.NewArray(elems)
	case model.Map:
		if deep <= 0 {
			return value.EmptyObj
		}
		if nothing(g.document(s.Elem, m, deep-1, answer), s.Elem) {
			return value.EmptyObj
		}
		// Keys of headers are in small letters.
		return value.NewObject([]value.Member{
			{Key: "key-1", Value: g.document(s.Elem, m, deep-1, answer)}, {Key: "key-2", Value: g.document(s.Elem, m, deep-1, answer)}})
	}
	return g.scalar(s, m)
}

func (g *sampler) scalar(s *model.Shape, m *model.Member) value.Value {
	switch s.Kind {
	case model.Integer:
		return value.FromInt(int64(g.n%100 + 1))
	case model.Long:
		return value.FromInt(5_000_000_000 + int64(g.n))
	case model.Float, model.Double:
		return value.FromFloat(float64(g.n%8) + 0.5)
	case model.Boolean:
		return value.FromBool(g.n%2 == 0)
	case model.Timestamp:
		return value.FromInt(1_700_000_000 + int64(g.n))
	case model.Blob:
		return value.FromString(base64.StdEncoding.EncodeToString([]byte("\x00\xff" + strconv.Itoa(g.n))))
	}
	if m != nil && m.JSONValue {
		return value.Checked(`{"json":[1,"ü"]}`)
	}
	return value.FromString(g.text(m))
}

// nothing reports whether v is a union of which there was no room for a member.
func nothing(v value.Value, s *model.Shape) bool { return s.Union && v.Len() == 0 }

func (g *sampler) structure(s *model.Shape, deep int, answer bool) value.Value {
	if s.Document {
		return value.Checked(`{"any":[1,{"x":null}]}`)
	}
	var members []value.Member
	for i := range s.Members {
		m := &s.Members[i]
		composite := m.Shape.Kind == model.Structure || m.Shape.Kind == model.List || m.Shape.Kind == model.Map
		switch {
		case m.Shape.EventStream, s.Payload == m.Name && m.Shape.Kind == model.Blob && (m.Streaming || m.Shape.Streaming):
			continue
		case composite && deep <= 0, m.Location == model.QueryStrings && answer:
			continue
		}
		v := g.document(m.Shape, m, deep-1, answer)
		if nothing(v, m.Shape) {
			continue
		}
		if m.Location == model.Status {
			v = value.FromInt(200)
		}
		members = append(members, value.Member{Key: m.Name, Value: v})
		if s.Union {
			break
		}
	}
	return value.NewObject(members)
}

// without returns v without members of these names.
func without(v value.Value, names ...string) value.Value {
	var members []value.Member
	for _, m := range v.Members() {
		if !slices.Contains(names, m.Key) {
			members = append(members, m)
		}
	}
	return value.NewObject(members)
}

// pruned returns v without empty objects, or without empty arrays, or neither: not all protocols can say them.
func pruned(v value.Value, objects, lists bool) value.Value {
	keep := func(v value.Value) bool {
		return !(objects && v.Kind() == value.Object && v.Len() == 0) && !(lists && v.Kind() == value.Array && v.Len() == 0)
	}
	switch v.Kind() {
	case value.Array:
		var elems []value.Value
		for _, e := range v.Elems() {
			if e = pruned(e, objects, lists); keep(e) {
				elems = append(elems, e)
			}
		}
		return value.NewArray(elems)
	case value.Object:
		var members []value.Member
		for _, m := range v.Members() {
			if m.Value = pruned(m.Value, objects, lists); keep(m.Value) {
				members = append(members, m)
			}
		}
		return value.NewObject(members)
	}
	return v
}
