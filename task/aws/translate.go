package aws

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// A tongue is how a Task speaks of what a service's model has: the names of members, bytes and times.
type tongue struct {
	name namer
	// bytesAreText: a text stands for its UTF-8 bytes, and bytes that are UTF-8 for their text; else both are Base64.
	bytesAreText bool
	// anyIsText: what is no text stands, where the model has a text, for its JSON.
	anyIsText bool
	// times writes a time that is told in seconds.
	times func(seconds float64) value.Value

	shapes sync.Map // *model.Shape to map[string]*model.Member, of those that were met
}

var (
	sdkTongue       = &tongue{name: sdkMember, bytesAreText: true, anyIsText: true, times: instant}
	optimisedTongue = &tongue{name: capital, times: millis}
)

// instant is a time as version 2 prints it: with three digits after the point, six or none.
func instant(seconds float64) value.Value {
	at := time.UnixMicro(int64(seconds*1e6 + 0.5)).UTC()
	layout := "2006-01-02T15:04:05Z"
	switch {
	case at.Nanosecond()%1e6 != 0:
		layout = "2006-01-02T15:04:05.000000Z"
	case at.Nanosecond() != 0:
		layout = "2006-01-02T15:04:05.000Z"
	}
	return value.FromString(at.Format(layout))
}

// millis is a time as version 1 prints it.
func millis(seconds float64) value.Value { return value.FromInt(int64(seconds*1e3 + 0.5)) }

// members are those of a structure, by their names in a Task.
func (t *tongue) members(s *model.Shape) map[string]*model.Member {
	if known, ok := t.shapes.Load(s); ok {
		return known.(map[string]*model.Member)
	}
	byName := make(map[string]*model.Member, len(s.Members))
	for i := range s.Members {
		byName[t.name(s.Members[i].Name)] = &s.Members[i]
	}
	t.shapes.Store(s, byName)
	return byName
}

// unknownField is what is wrong with a parameter that the model does not have.
type unknownField string

func (f unknownField) Error() string {
	return fmt.Sprintf("The field %q is not supported by Step Functions", string(f))
}

// noText is what is wrong with a parameter that is no text where only a text can be.
type noText string

func (f noText) Error() string { return "The value for the field '" + string(f) + "' must be a STRING" }

// document makes a document of the parameters of a Task. A null is not there.
func (t *tongue) document(v value.Value, s *model.Shape) (value.Value, error) {
	switch {
	case s.Document:
		return v, nil
	case s.Kind == model.Structure && v.Kind() == value.Object:
		return t.structure(v, s)
	case s.Kind == model.List && v.Kind() == value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			var err error
			if elems[i], err = t.document(e, s.Elem); err != nil {
				return v, err
			}
		}
		return value.NewArray(elems), nil
	case s.Kind == model.Map && v.Kind() == value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			inner, err := t.document(m.Value, s.Elem)
			if err != nil {
				return v, err
			}
			members = append(members, value.Member{Key: m.Key, Value: inner})
		}
		return value.NewObject(members), nil
	}
	return t.scalar(v, s), nil
}

func (t *tongue) structure(v value.Value, s *model.Shape) (value.Value, error) {
	known := t.members(s)
	members := make([]value.Member, 0, v.Len())
	for _, m := range v.Members() {
		member := known[m.Key]
		if member == nil {
			return v, unknownField(m.Key)
		}
		if m.Value.IsNull() {
			continue
		}
		if member.Shape.Kind == model.String && m.Value.Kind() != value.String && !t.anyIsText {
			return v, noText(m.Key)
		}
		if member.Streaming || member.Shape.Streaming { // recorded: it is JSON, a text with its quotes
			body := value.FromString(base64.StdEncoding.EncodeToString([]byte(m.Value.Compact())))
			members = append(members, value.Member{Key: member.Name, Value: body})
			continue
		}
		inner, err := t.document(m.Value, member.Shape)
		if err != nil {
			return v, err
		}
		members = append(members, value.Member{Key: member.Name, Value: inner})
	}
	return value.NewObject(members), nil
}

// scalar makes what a document has of a value. What cannot be meant stays as it is, for the service to refuse.
func (t *tongue) scalar(v value.Value, s *model.Shape) value.Value {
	if v.IsNull() {
		return v
	}
	text := v.Kind() == value.String
	switch s.Kind {
	case model.String:
		if !text && t.anyIsText {
			return value.FromString(v.Compact())
		}
	case model.Blob:
		if text && !t.bytesAreText {
			return v
		}
		return value.FromString(base64.StdEncoding.EncodeToString(plain(v)))
	case model.Timestamp:
		if at, err := time.Parse(time.RFC3339Nano, v.Str()); text && err == nil {
			return value.FromFloat(float64(at.UnixMicro()) / 1e6)
		}
	case model.Integer, model.Long, model.Float, model.Double:
		if n, err := value.Parse(strings.TrimSpace(v.Str())); text && err == nil && n.Kind() == value.Number {
			return n
		}
	case model.Boolean:
		switch {
		case text && v.Str() == "true":
			return value.True
		case text && v.Str() == "false":
			return value.False
		}
	}
	return v
}

// plain is a value as bytes: a text as it reads, anything else as JSON.
func plain(v value.Value) []byte {
	if v.Kind() == value.String {
		return []byte(v.Str())
	}
	return []byte(v.Compact())
}

// result makes the result of a Task of a document, with the members of structures in the order of their names.
func (t *tongue) result(v value.Value, s *model.Shape) value.Value {
	switch {
	case s == nil || s.Document:
		return v
	case s.Kind == model.Structure && v.Kind() == value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			member := s.Member(m.Key)
			if m.Value.IsNull() || member != nil && (member.Flattened || member.Shape.Flattened) && m.Value.Len() == 0 {
				continue // XML has no flattened list that is empty
			}
			inner := m.Value
			if member != nil {
				inner = t.result(inner, member.Shape)
			}
			members = append(members, value.Member{Key: t.name(m.Key), Value: inner})
		}
		sortMembers(members)
		return value.NewObject(members)
	case s.Kind == model.List && v.Kind() == value.Array:
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = t.result(e, s.Elem)
		}
		return value.NewArray(elems)
	case s.Kind == model.Map && v.Kind() == value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			members = append(members, value.Member{Key: m.Key, Value: t.result(m.Value, s.Elem)})
		}
		return value.NewObject(members)
	case s.Kind == model.Timestamp && v.Kind() == value.Number:
		return t.times(v.Float())
	case s.Kind == model.Blob && t.bytesAreText:
		if raw, err := base64.StdEncoding.DecodeString(v.Str()); err == nil && utf8.Valid(raw) {
			return value.FromString(string(raw))
		}
	}
	return v
}

func sortMembers(members []value.Member) {
	slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
}
