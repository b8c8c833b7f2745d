package codec

import (
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// In JSON a document is what it is, but for the names of members and the form of times. Most shapes have neither: their text is
// passed on as it came.

// toJSON returns a document as JSON has it.
func (p *plan) toJSON(v value.Value, s *model.Shape) value.Value {
	if s.Document || p.isPlain(s) {
		return v
	}
	switch {
	case s.Kind == model.Structure && v.Kind() == value.Object:
		members := make([]value.Member, 0, v.Len())
		for i := range s.Members {
			m := &s.Members[i]
			if m.Location != model.Body {
				continue
			}
			if mv, ok := v.Get(m.Name); ok && !mv.IsNull() {
				members = append(members, value.Member{Key: m.WireName(), Value: p.toJSON(mv, m.Shape)})
			}
		}
		return value.NewObject(members)
	case s.Kind == model.Timestamp && !v.IsNull():
		if s.TimeFormat == isoTime || s.TimeFormat == rfcTime {
			if text, ok := timeText(v, s.TimeFormat, false); ok {
				return value.FromString(text)
			}
		}
		return v
	}
	return eachElem(v, s, p.toJSON)
}

// fromJSON returns JSON as a document.
func (p *plan) fromJSON(v value.Value, s *model.Shape) value.Value {
	if s.Document || p.isPlain(s) {
		return v
	}
	return p.cleaned(v, s)
}

// readJSON parses a text and returns it as a document. What documents have not is taken out of it: nulls in the place of members,
// and __type, by which some services say what a union holds.
func (p *plan) readJSON(text string, s *model.Shape) (value.Value, error) {
	v, err := parseJSON(text)
	if err != nil {
		return value.Value{}, err
	}
	if strings.Contains(text, "null") || strings.Contains(text, `"__type"`) {
		return p.cleaned(v, s), nil
	}
	return p.fromJSON(v, s), nil
}

// cleaned returns JSON as a document, member by member.
func (p *plan) cleaned(v value.Value, s *model.Shape) value.Value {
	switch {
	case s.Document:
		return v
	case s.Kind == model.Structure && v.Kind() == value.Object:
		members := make([]value.Member, 0, v.Len())
		for i := range s.Members {
			m := &s.Members[i]
			if m.Location != model.Body {
				continue
			}
			if mv, ok := v.Get(m.WireName()); ok && !mv.IsNull() {
				members = append(members, value.Member{Key: m.Name, Value: p.cleaned(mv, m.Shape)})
			}
		}
		return value.NewObject(members)
	case s.Kind == model.Timestamp && v.Kind() == value.String && s.TimeFormat != "":
		if ms, ok := parseTime(v.Str()); ok {
			return seconds(ms)
		}
		return v
	}
	return eachElem(v, s, p.cleaned)
}

// eachElem turns the elements of a list or map.
func eachElem(v value.Value, s *model.Shape, turn func(value.Value, *model.Shape) value.Value) value.Value {
	switch {
	case s.Kind == model.List && v.Kind() == value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = turn(e, s.Elem)
		}
		return value.NewArray(elems)
	case s.Kind == model.Map && v.Kind() == value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			members[i] = value.Member{Key: m.Key, Value: turn(m.Value, s.Elem)}
		}
		return value.NewObject(members)
	}
	return v
}

// parseJSON reads the text of a body; blank text is an empty object.
func parseJSON(text string) (value.Value, error) {
	if strings.TrimSpace(text) == "" {
		return value.EmptyObj, nil
	}
	return value.Parse(text)
}

func serialization(message string) *awswire.Error {
	return &awswire.Error{Namespace: "com.amazon.coral.service", Code: "SerializationException", Message: message}
}
