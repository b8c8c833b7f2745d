package codec

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// outside is what HTTP has beside a body: the places of members of REST protocols.
type outside struct {
	labels map[string]string // of the path
	query  url.Values
	header http.Header
	status int // of an answer
}

// read returns the members of s that o has.
func (o *outside) read(s *model.Shape) ([]value.Member, error) {
	var members []value.Member
	for i := range s.Members {
		m := &s.Members[i]
		v, err := o.member(s, m)
		if err != nil {
			return nil, err
		}
		if v.Exists() {
			members = append(members, value.Member{Key: m.Name, Value: v})
		}
	}
	return members, nil
}

func (o *outside) member(s *model.Shape, m *model.Member) (value.Value, error) {
	switch m.Location {
	case model.Path:
		if text, ok := o.labels[m.WireName()]; ok {
			return scalar(text, m.Shape, isoTime)
		}
	case model.QueryString:
		if texts, ok := o.query[m.WireName()]; ok {
			return fromTexts(texts, m.Shape)
		}
	case model.QueryStrings:
		return o.rest(s, m)
	case model.Header:
		if texts := o.header[field(m.WireName())]; len(texts) > 0 {
			return fromHeader(strings.Join(texts, ","), m)
		}
	case model.Headers:
		return o.prefixed(m)
	case model.Status:
		return value.FromInt(int64(o.status)), nil
	}
	return value.Value{}, nil
}

// fromTexts makes a value of the parameters of one name.
func fromTexts(texts []string, s *model.Shape) (value.Value, error) {
	if s.Kind != model.List {
		return scalar(texts[0], s, isoTime)
	}
	elems := make([]value.Value, len(texts))
	for i, text := range texts {
		v, err := scalar(text, s.Elem, isoTime)
		if err != nil {
			return value.Value{}, err
		}
		elems[i] = v
	}
	return value.NewArray(elems), nil
}

// rest makes a map of the parameters that no member of s has the name of.
func (o *outside) rest(s *model.Shape, m *model.Member) (value.Value, error) {
	var members []value.Member
	for name, texts := range o.query {
		if slices.ContainsFunc(s.Members, func(other model.Member) bool {
			return other.Location == model.QueryString && other.WireName() == name
		}) {
			continue
		}
		v, err := fromTexts(texts, m.Shape.Elem)
		if err != nil {
			return value.Value{}, err
		}
		members = append(members, value.Member{Key: name, Value: v})
	}
	if members == nil {
		return value.Value{}, nil
	}
	slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
	return value.NewObject(members), nil
}

// fromHeader makes a value of a field.
func fromHeader(text string, m *model.Member) (value.Value, error) {
	switch {
	case m.JSONValue && m.Shape.Kind == model.String:
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return value.Value{}, &wrongText{text, model.Blob}
		}
		return value.ParseBytes(raw)
	case m.Shape.Kind != model.List:
		return scalar(text, m.Shape, rfcTime)
	}
	var elems []value.Value
	for _, part := range splitField(text, m.Shape.Elem) {
		v, err := scalar(part, m.Shape.Elem, rfcTime)
		if err != nil {
			return value.Value{}, err
		}
		elems = append(elems, v)
	}
	return value.NewArray(elems), nil
}

// splitField splits the list that a field is. Times of RFC 822 have a comma of their own; texts may be quoted.
func splitField(text string, elem *model.Shape) []string {
	if elem.Kind == model.Timestamp && (elem.TimeFormat == "" || elem.TimeFormat == rfcTime) {
		parts := strings.Split(text, ",")
		var times []string
		for i := 0; i+1 < len(parts); i += 2 {
			times = append(times, strings.TrimSpace(parts[i]+","+parts[i+1]))
		}
		return times
	}
	var parts []string
	var part strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\' && i+1 < len(text):
			i++
			part.WriteByte(text[i])
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			parts = append(parts, strings.TrimSpace(part.String()))
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, strings.TrimSpace(part.String()))
}

// prefixed makes a map of the fields whose names begin with that of the member. The rest of the name is the key, in small
// letters, as HTTP does not tell them from capitals.
func (o *outside) prefixed(m *model.Member) (value.Value, error) {
	prefix := field(m.Wire)
	var members []value.Member
	for name, texts := range o.header {
		if key, ok := strings.CutPrefix(name, prefix); ok && (key != "" || prefix == "") {
			members = append(members, value.Member{Key: strings.ToLower(key), Value: value.FromString(strings.Join(texts, ","))})
		}
	}
	if members == nil {
		return value.Value{}, nil
	}
	slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
	return value.NewObject(members), nil
}

// write puts the members of v that have a place outside of the body there. With millis times have their milliseconds.
func (o *outside) write(v value.Value, s *model.Shape, millis bool) {
	for i := range s.Members {
		m := &s.Members[i]
		mv, ok := v.Get(m.Name)
		if m.Location == model.Body || !ok || mv.IsNull() {
			continue
		}
		switch m.Location {
		case model.Path:
			o.labels[m.WireName()] = scalarText(mv, m.Shape, isoTime, millis)
		case model.QueryString:
			o.addParam(m.WireName(), mv, m.Shape, millis)
		case model.QueryStrings:
			for _, e := range mv.Members() {
				o.query.Del(e.Key)
				o.addParam(e.Key, e.Value, m.Shape.Elem, millis)
			}
		case model.Header:
			if text, ok := fieldText(mv, m); ok {
				o.header.Set(m.WireName(), text)
			}
		case model.Headers:
			for _, e := range mv.Members() {
				o.header[m.Wire+e.Key] = []string{e.Value.Str()} // as it is written: clients take the case of keys from it
			}
		case model.Status:
			if n, ok := mv.Int(); ok {
				o.status = int(n)
			}
		}
	}
}

func (o *outside) addParam(name string, v value.Value, s *model.Shape, millis bool) {
	if s.Kind != model.List {
		o.query.Set(name, scalarText(v, s, isoTime, millis))
		return
	}
	o.query.Del(name)
	for _, e := range v.Elems() {
		o.query.Add(name, scalarText(e, s.Elem, isoTime, millis))
	}
}

// fieldText returns the text of a field; false when there is to be none.
func fieldText(v value.Value, m *model.Member) (string, bool) {
	switch {
	case m.JSONValue && m.Shape.Kind == model.String:
		return base64.StdEncoding.EncodeToString(v.AppendCompact(nil)), true
	case m.Shape.Kind != model.List:
		return scalarText(v, m.Shape, rfcTime, false), true
	}
	var parts []string
	for _, e := range v.Elems() {
		if e.IsNull() {
			continue
		}
		text := scalarText(e, m.Shape.Elem, rfcTime, false)
		if m.Shape.Elem.Kind == model.String && strings.ContainsAny(text, `",`) {
			text = `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ","), parts != nil
}

// fields are the names of fields that members have, as package net/http writes them.
var fields sync.Map

func field(name string) string {
	if known, ok := fields.Load(name); ok {
		return known.(string)
	}
	known := http.CanonicalHeaderKey(name)
	fields.Store(name, known) // names of the model: there is no end of requests, but of these
	return known
}

// bodyMembers reports whether s has members in the body.
func bodyMembers(s *model.Shape) bool {
	return slices.ContainsFunc(s.Members, func(m model.Member) bool { return m.Location == model.Body })
}

// streamed returns the member of s that is the body as it comes, nil when there is none.
func streamed(s *model.Shape) *model.Member {
	if s == nil || s.Payload == "" {
		return nil
	}
	if m := s.Member(s.Payload); m != nil && m.Shape.Kind == model.Blob && (m.Streaming || m.Shape.Streaming) {
		return m
	}
	return nil
}

// lengthText is a Content-Length.
func lengthText(n int64) string { return strconv.FormatInt(n, 10) }
