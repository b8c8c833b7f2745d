package codec

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// element is an element of XML, without the namespaces of its names.
type element struct {
	name  string
	attrs []xml.Attr
	text  string // of all its text nodes
	kids  []*element
}

// maxDepth bounds how deep elements may contain each other, and what other protocols have instead.
const maxDepth = 200

// Bounds of how many elements a document may have. In memory an element takes much more than its four bytes. The largest request
// is the end of an upload of 10,000 parts.
const (
	maxAsked    = 200_000
	maxAnswered = 2_000_000
)

// parseXML reads a document of so many elements at most, and returns its root.
func parseXML(r io.Reader, limit int) (*element, error) {
	d := xml.NewDecoder(r)
	type unfinished struct {
		*element
		text []byte
	}
	var open []unfinished
	var root *element
	for {
		token, err := d.Token()
		if err == io.EOF && root != nil && len(open) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, attrs: slices.Clone(t.Attr)}
			switch limit--; {
			case limit < 0 || len(open) >= maxDepth:
				return nil, errors.New("reading XML: there are too many elements, or they are nested too deep")
			case len(open) > 0:
				open[len(open)-1].kids = append(open[len(open)-1].kids, e)
			case root != nil:
				return nil, errors.New("reading XML: there is a second root")
			default:
				root = e
			}
			open = append(open, unfinished{element: e})
		case xml.EndElement:
			last := open[len(open)-1]
			last.element.text = string(last.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text = append(open[len(open)-1].text, t...)
			}
		}
	}
}

// kid returns the first element of that name in e, nil when there is none.
func (e *element) kid(name string) *element {
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// named returns all elements of that name in e.
func (e *element) named(name string) []*element {
	var found []*element
	for _, k := range e.kids {
		if k.name == name {
			found = append(found, k)
		}
	}
	return found
}

// kidText returns the text of the first element of that name in e.
func (e *element) kidText(name string) string {
	if k := e.kid(name); k != nil {
		return k.text
	}
	return ""
}

// xmlForm is how a protocol puts documents into XML.
type xmlForm struct {
	query  bool // members have their names of the query protocol, where these differ
	server bool // an answer is written, or read by a client
}

// name is the name of a member's element. That of a flattened list is the name of its elements in answers.
func (f xmlForm) name(m *model.Member) string {
	if f.query && m.QueryName != "" {
		return m.QueryName
	}
	if f.server && flat(m) && m.Shape.Kind == model.List && m.Shape.ElemName != "" {
		return m.Shape.ElemName
	}
	return m.WireName()
}

// fromXML returns what an element holds as a document.
func (f xmlForm) fromXML(e *element, s *model.Shape) (value.Value, error) {
	switch s.Kind {
	case model.Structure:
		return f.structure(e, s)
	case model.List:
		return f.list(e.kids, s)
	case model.Map:
		return f.entries(e.kids, s)
	}
	return scalar(e.text, s, isoTime)
}

func (f xmlForm) structure(e *element, s *model.Shape) (value.Value, error) {
	var members []value.Member
	for i := range s.Members {
		m := &s.Members[i]
		if m.Location != model.Body {
			continue
		}
		v, err := f.member(e, m)
		if err != nil {
			return value.Value{}, err
		}
		if v.Exists() {
			members = append(members, value.Member{Key: m.Name, Value: v})
		}
	}
	return value.NewObject(members), nil
}

// member returns the value of a member in e, the absent value when it is not there.
func (f xmlForm) member(e *element, m *model.Member) (value.Value, error) {
	name := f.name(m)
	if m.Attribute {
		_, local, _ := strings.Cut(":"+name, ":")
		if _, after, ok := strings.Cut(local, ":"); ok {
			local = after
		}
		for _, a := range e.attrs {
			if a.Name.Local == local {
				return scalar(a.Value, m.Shape, isoTime)
			}
		}
		return value.Value{}, nil
	}
	if flat(m) && (m.Shape.Kind == model.List || m.Shape.Kind == model.Map) {
		found := e.named(name)
		if found == nil { // models do not always tell the two names apart
			found = e.named(m.WireName())
		}
		switch {
		case found == nil:
			return value.Value{}, nil
		case m.Shape.Kind == model.List:
			return f.list(found, m.Shape)
		}
		return f.entries(found, m.Shape)
	}
	k := e.kid(name)
	if k == nil {
		return value.Value{}, nil
	}
	return f.fromXML(k, m.Shape)
}

func (f xmlForm) list(found []*element, s *model.Shape) (value.Value, error) {
	elems := make([]value.Value, 0, len(found))
	for _, k := range found {
		v, err := f.fromXML(k, s.Elem)
		if err != nil {
			return value.Value{}, err
		}
		elems = append(elems, v)
	}
	return value.NewArray(elems), nil
}

func (f xmlForm) entries(found []*element, s *model.Shape) (value.Value, error) {
	var members []value.Member
	at := map[string]int{}
	keyName, elemName := mapNames(s)
	for _, entry := range found {
		key, k := entry.kidText(keyName), entry.kid(elemName)
		if k == nil {
			continue
		}
		v, err := f.fromXML(k, s.Elem)
		if err != nil {
			return value.Value{}, err
		}
		if i, again := at[key]; again {
			members[i].Value = v
			continue
		}
		at[key] = len(members)
		members = append(members, value.Member{Key: key, Value: v})
	}
	return value.NewObject(members), nil
}

// mapNames are the names of an entry's key and value.
func mapNames(s *model.Shape) (key, elem string) {
	key, elem = s.KeyName, s.ElemName
	if key == "" {
		key = "key"
	}
	if elem == "" {
		elem = "value"
	}
	return key, elem
}

// wrongText says that a text is not what a shape holds.
type wrongText struct {
	text string
	kind model.Kind
}

var kindNames = [...]string{
	model.String: "a string", model.Integer: "an integer", model.Long: "an integer", model.Float: "a number", model.Double: "a number",
	model.Boolean: "a boolean", model.Timestamp: "a time", model.Blob: "Base64", model.List: "a list", model.Map: "a map", model.Structure: "a structure",
}

func (e *wrongText) Error() string { return "'" + e.text + "' is not " + kindNames[e.kind] }

// scalar returns the value that a text stands for. A time without a form of its own has the form timeForm.
func scalar(text string, s *model.Shape, timeForm string) (value.Value, error) {
	wrong := &wrongText{text, s.Kind}
	switch s.Kind {
	case model.String, model.Blob:
		return value.FromString(text), nil
	case model.Boolean:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true":
			return value.True, nil
		case "false":
			return value.False, nil
		}
		return value.Value{}, wrong
	case model.Integer, model.Long:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return value.Value{}, wrong
		}
		return value.FromInt(n), nil
	case model.Float, model.Double:
		return number(text, wrong)
	case model.Timestamp:
		ms, ok := parseTime(text)
		if !ok {
			return value.Value{}, wrong
		}
		return seconds(ms), nil
	}
	return value.Value{}, wrong
}

// number reads a number that need not be whole. Those that JSON has no number for are texts in documents.
func number(text string, wrong error) (value.Value, error) {
	text = strings.TrimSpace(text)
	switch text {
	case "NaN", "Infinity", "-Infinity":
		return value.FromString(text), nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return value.Value{}, wrong
	}
	return value.FromFloat(n), nil
}

// scalarText returns the text that stands for a scalar of a document.
func scalarText(v value.Value, s *model.Shape, timeForm string, millis bool) string {
	if s.Kind == model.Timestamp {
		if s.TimeFormat != "" {
			timeForm = s.TimeFormat
		}
		if text, ok := timeText(v, timeForm, millis); ok {
			return text
		}
	}
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.Compact()
}

// appendRoot appends a document as the element name, with the namespace of its shape or, if it has none, this one.
func (f xmlForm) appendRoot(dst []byte, name, namespace string, v value.Value, s *model.Shape) []byte {
	if s.Namespace != "" {
		namespace = s.Namespace
	}
	return f.appendElement(dst, name, v, s, namespace, s.Prefix)
}

func (f xmlForm) appendElement(dst []byte, name string, v value.Value, s *model.Shape, namespace, prefix string) []byte {
	dst = append(append(dst, '<'), name...)
	if namespace != "" {
		dst = append(dst, " xmlns"...)
		if prefix != "" {
			dst = append(append(dst, ':'), prefix...)
		}
		dst = append(appendText(append(dst, `="`...), namespace), '"')
	}
	if s.Kind == model.Structure {
		dst = f.appendAttributes(dst, v, s)
	}
	from := len(dst)
	dst = f.appendContent(append(dst, '>'), v, s)
	if len(dst) == from+1 && !f.server {
		return append(dst[:from], " />"...)
	}
	dst = append(append(dst, "</"...), name...)
	return append(dst, '>')
}

func (f xmlForm) appendAttributes(dst []byte, v value.Value, s *model.Shape) []byte {
	for i := range s.Members {
		m := &s.Members[i]
		if mv, ok := v.Get(m.Name); m.Attribute && ok && !mv.IsNull() {
			dst = append(append(append(dst, ' '), m.WireName()...), `="`...)
			dst = append(appendText(dst, scalarText(mv, m.Shape, isoTime, f.server)), '"')
		}
	}
	return dst
}

func (f xmlForm) appendContent(dst []byte, v value.Value, s *model.Shape) []byte {
	switch s.Kind {
	case model.Structure:
		for i := range s.Members {
			dst = f.appendMember(dst, v, &s.Members[i])
		}
		return dst
	case model.List:
		name := s.ElemName
		if name == "" {
			name = "member"
		}
		for _, e := range v.Elems() {
			if !e.IsNull() {
				dst = f.appendElement(dst, name, e, s.Elem, s.Elem.Namespace, s.Elem.Prefix)
			}
		}
		return dst
	case model.Map:
		return f.appendEntries(dst, "entry", v, s)
	}
	return appendText(dst, scalarText(v, s, isoTime, f.server))
}

// appendMember appends what v has of a member.
func (f xmlForm) appendMember(dst []byte, v value.Value, m *model.Member) []byte {
	mv, ok := v.Get(m.Name)
	if !ok || mv.IsNull() || m.Location != model.Body || m.Attribute {
		return dst
	}
	name := f.name(m)
	switch {
	case flat(m) && m.Shape.Kind == model.List:
		for _, e := range mv.Elems() {
			if !e.IsNull() {
				dst = f.appendElement(dst, name, e, m.Shape.Elem, m.Namespace, m.Prefix)
			}
		}
		return dst
	case flat(m) && m.Shape.Kind == model.Map:
		return f.appendEntries(dst, name, mv, m.Shape)
	}
	return f.appendElement(dst, name, mv, m.Shape, m.Namespace, m.Prefix)
}

func (f xmlForm) appendEntries(dst []byte, name string, v value.Value, s *model.Shape) []byte {
	keyName, elemName := mapNames(s)
	for _, m := range v.Members() {
		dst = append(append(append(dst, '<'), name...), '>')
		dst = f.appendElement(dst, keyName, value.FromString(m.Key), s.Key, s.Key.Namespace, s.Key.Prefix)
		dst = f.appendElement(dst, elemName, m.Value, s.Elem, s.Elem.Namespace, s.Elem.Prefix)
		dst = append(append(append(dst, "</"...), name...), '>')
	}
	return dst
}

// appendText appends text with what XML has a meaning for escaped.
func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"':
			dst = append(dst, "&quot;"...)
		case c < ' ' && c != '\t' && c != '\n':
			dst = append(strconv.AppendInt(append(dst, "&#x"...), int64(c), 16), ';')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
