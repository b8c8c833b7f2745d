package awswire

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/value"
)

// Checking an input has two parts, as at AWS. Reading it into the types of its shapes comes first and stops at
// the first value of a wrong type: SerializationException. Then all constraints are held against it, and
// whatever is violated is told in one ValidationException:
//
//	2 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must not be null;
//	Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000
//
// A member of an element of a list is at 'tags.1.member.key'. A list of plain strings is violated as a whole,
// by all its constraints at once.

// Check holds a document against a shape, which is a structure, and returns what is wrong with it, nil when nothing is.
func Check(in value.Value, s *Shape) *Error { return check(in, s) }

// CheckTypes is Check of the types of values alone.
func CheckTypes(in value.Value, s *Shape) *Error { return checkType(in, s) }

// check holds the members of an input against the shape of the operation.
func check(in value.Value, s *Shape) *Error {
	if err := checkType(in, s); err != nil {
		return err
	}
	var c checker
	c.structure(nil, in, s)
	if len(c.violations) == 0 {
		return nil
	}
	head := " validation error detected: "
	if len(c.violations) > 1 {
		head = " validation errors detected: "
	}
	return &Error{Namespace: coralValidate, Code: "ValidationException", Limit: c.limit,
		Message: strconv.Itoa(len(c.violations)) + head + strings.Join(c.violations, "; ")}
}

// checkType tells whether v, which is not null, can be read as s.
func checkType(v value.Value, s *Shape) *Error {
	if s.Any {
		return nil
	}
	switch s.Kind {
	case List:
		if v.Kind() != value.Array {
			return serialization("Expected list or null")
		}
		for _, e := range v.Elems() {
			if e.IsNull() {
				continue
			}
			if err := checkType(e, s.Elem); err != nil {
				return err
			}
		}
		return nil
	case Structure:
		return checkMemberTypes(v, s)
	case Map:
		return checkMapType(v, s)
	case Blob:
		return checkBlobType(v)
	}
	return checkScalarType(v, s.Kind)
}

func checkMapType(v value.Value, s *Shape) *Error {
	if v.Kind() != value.Object {
		return serialization("Expected map or null")
	}
	for _, m := range v.Members() {
		if m.Value.IsNull() {
			continue
		}
		if err := checkType(m.Value, s.Elem); err != nil {
			return err
		}
	}
	return nil
}

func checkBlobType(v value.Value) *Error {
	if err := checkScalarType(v, String); err != nil {
		return err
	}
	text := strings.TrimRight(v.Str(), "=")
	for i := range len(text) {
		if c := text[i]; !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/') {
			return serialization("A blob is not valid Base64")
		}
	}
	return nil
}

func checkMemberTypes(v value.Value, s *Shape) *Error {
	if v.Kind() != value.Object {
		return serialization("Expected structure or null")
	}
	for _, m := range s.Members {
		mv, ok := v.Get(m.Name)
		if !ok || mv.IsNull() {
			continue
		}
		if err := checkType(mv, m.Shape); err != nil {
			return err
		}
	}
	return nil
}

// maxMatched is how long a text may be that is held against a pattern, in bytes: none that matches is as long, and millions would
// take seconds.
const maxMatched = 64 << 10

var scalarNames = map[Kind]string{String: "a String", Integer: "an Integer", Boolean: "a Boolean", Float: "a Double"}

func checkScalarType(v value.Value, want Kind) *Error {
	token := ""
	switch v.Kind() {
	case value.Object:
		return serialization("Start of structure or map found where not expected.")
	case value.Array:
		return serialization("Start of list found where not expected.")
	case value.String:
		if want == String {
			return nil
		}
		token = "STRING_VALUE"
	case value.Number:
		if _, whole := v.Int(); want == Integer && whole || want == Float {
			return nil
		}
		token = "NUMBER_VALUE"
	case value.Bool:
		if want == Boolean {
			return nil
		}
		token = strings.ToUpper(v.Text()) + "_VALUE"
	}
	return serialization(token + " can not be converted to " + scalarNames[want])
}

// checker collects what an input violates.
type checker struct {
	violations []string
	limit      string // that one of them is about; see Error
}

// spot is where a value is in an input: below up, under a name or, in a list, at an index from 1. It is written out when something
// is wrong there, which is seldom.
type spot struct {
	up    *spot
	name  string
	index int
	entry bool // of a map
}

func (p *spot) String() string {
	if p == nil {
		return ""
	}
	above := p.up.String()
	switch {
	case p.index > 0:
		return above + "." + strconv.Itoa(p.index) + ".member"
	case p.entry:
		return above + "." + p.name + ".member"
	case above == "":
		return memberName(p.name)
	}
	return above + "." + memberName(p.name)
}

func (c *checker) fail(path *spot, quoted, member string) {
	c.violations = append(c.violations, "Value"+quoted+" at '"+path.String()+"' failed to satisfy constraint: "+member)
}

func (c *checker) null(path *spot, s *Shape) {
	quoted := " null"
	if s.Sensitive {
		quoted = ""
	}
	c.fail(path, quoted, "Member must not be null")
}

func (c *checker) structure(path *spot, v value.Value, s *Shape) {
	for _, m := range s.Members {
		mv, ok := v.Get(m.Name)
		if there := ok && !mv.IsNull(); there || m.Required {
			at := spot{up: path, name: m.Name}
			if there {
				c.member(&at, mv, m.Shape)
			} else {
				c.null(&at, m.Shape)
			}
		}
	}
}

// memberName is a member's name as errors have it, whatever it is on the wire.
func memberName(name string) string {
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

func (c *checker) member(path *spot, v value.Value, s *Shape) {
	if s.Any {
		return
	}
	switch s.Kind {
	case Structure:
		c.structure(path, v, s)
	case List:
		c.list(path, v, s)
	case Map:
		c.keys(path, v, s)
		c.entries(path, v, s)
	case Integer:
		n, _ := v.Int()
		c.bounds(path, v, s, n, "value")
	case Float:
		if f := v.Float(); s.Max > 0 && f > float64(s.Max) {
			c.fail(path, quote(v, s), atMost("value", s.Max))
		} else if s.Max > 0 && f < float64(s.Min) {
			c.fail(path, quote(v, s), atLeast("value", s.Min))
		}
	case String:
		for _, wrong := range stringViolations(v, s) {
			c.fail(path, quote(v, s), wrong)
			if s.Limit != "" && v.Str() != "" {
				c.limit = s.Limit
			}
		}
	}
}

func (c *checker) list(path *spot, v value.Value, s *Shape) {
	c.bounds(path, v, s, int64(v.Len()), "length")
	for i, e := range v.Elems() {
		at := &spot{up: path, index: i + 1}
		switch {
		case e.IsNull():
			c.null(at, s.Elem)
		case s.Elem.Kind != String:
			c.member(at, e, s.Elem)
		case len(stringViolations(e, s.Elem)) > 0:
			c.fail(path, quote(v, s), "Member must satisfy constraint: ["+strings.Join(constraints(s.Elem), ", ")+"]")
			return
		}
	}
}

// keys checks the keys and the values of a map; it is violated as a whole.
func (c *checker) keys(path *spot, v value.Value, s *Shape) {
	for _, part := range []struct {
		what  string
		shape *Shape
		text  func(value.Member) value.Value
	}{
		{"keys", s.Keys, func(m value.Member) value.Value { return value.FromString(m.Key) }},
		{"value", s.Elem, func(m value.Member) value.Value { return m.Value }},
	} {
		for _, m := range v.Members() {
			if part.shape != nil && part.shape.Kind == String && len(stringViolations(part.text(m), part.shape)) > 0 {
				c.fail(path, quote(v, s), "Map "+part.what+" must satisfy constraint: ["+strings.Join(constraints(part.shape), ", ")+"]")
				break
			}
		}
	}
}

// entries checks what the values of a map hold, where that is more than a text or a number.
func (c *checker) entries(path *spot, v value.Value, s *Shape) {
	if s.Elem == nil || s.Elem.Kind != Structure && s.Elem.Kind != List && s.Elem.Kind != Map {
		return
	}
	for _, m := range v.Members() {
		if !m.Value.IsNull() {
			c.member(&spot{up: path, name: m.Key, entry: true}, m.Value, s.Elem)
		}
	}
}

func (c *checker) bounds(path *spot, v value.Value, s *Shape, n int64, what string) {
	if s.Max > 0 && n > s.Max {
		c.fail(path, quote(v, s), atMost(what, s.Max))
	}
	if n < s.Min {
		c.fail(path, quote(v, s), atLeast(what, s.Min))
	}
}

func atMost(what string, n int64) string {
	return "Member must have " + what + " less than or equal to " + strconv.FormatInt(n, 10)
}

func atLeast(what string, n int64) string {
	return "Member must have " + what + " greater than or equal to " + strconv.FormatInt(n, 10)
}

// stringViolations returns what of s the string v violates. The common case, a string without a pattern that
// is neither too long as it stands nor empty, is decided without reading it.
func stringViolations(v value.Value, s *Shape) []string {
	if written := int64(len(v.Text()) - 2); s.Pattern == nil && s.Enum == nil &&
		(s.Max == 0 || written <= s.Max) && (s.MaxBytes == 0 || written <= s.MaxBytes) &&
		(s.Min == 0 || s.Min == 1 && written > 0) {
		return nil
	}
	var wrong []string
	for _, d := range demands(s, v.Str()) {
		if d.violated {
			wrong = append(wrong, d.text)
		}
	}
	return wrong
}

// constraints lists all that s demands of a string.
func constraints(s *Shape) []string {
	var all []string
	for _, d := range demands(s, "") {
		all = append(all, d.text)
	}
	return all
}

// demand is a constraint in AWS's words.
type demand struct {
	text     string
	violated bool
}

// demands returns what s demands of a string, in AWS's order, and whether text violates it.
func demands(s *Shape, text string) []demand {
	n := int64(utf8.RuneCountInString(text))
	var all []demand
	if s.MaxBytes > 0 {
		all = append(all, demand{"Member must have size less than or equal to " + strconv.FormatInt(s.MaxBytes, 10) +
			" bytes in UTF-8 encoding", int64(len(text)) > s.MaxBytes})
	}
	if s.Max > 0 {
		all = append(all, demand{atMost("length", s.Max), n > s.Max})
	}
	if s.Min > 0 {
		all = append(all, demand{atLeast("length", s.Min), n < s.Min})
	}
	if s.Pattern != nil {
		all = append(all, demand{"Member must satisfy regular expression pattern: " + s.Pattern.Text, len(text) > maxMatched || !s.Pattern.Match(text)})
	}
	if s.Enum != nil {
		all = append(all, demand{"Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]", !slices.Contains(s.Enum, text)})
	}
	return all
}

// maxQuoted is how much of a value an error quotes, in bytes: values may have the size of an archive.
const maxQuoted = 64 << 10

// quote prints a value for an error, a space before it; nothing when it is sensitive.
func quote(v value.Value, s *Shape) string {
	if s.Sensitive {
		return ""
	}
	if text := v.Text(); len(text) > maxQuoted {
		return " '" + strings.ToValidUTF8(text[:maxQuoted], "") + "…'"
	}
	return string(append(appendJava([]byte(" '"), v, s), '\''))
}

// appendJava prints a value as the services' own toString does: [a, b] and Name(key=value).
func appendJava(dst []byte, v value.Value, s *Shape) []byte {
	switch {
	case v.IsNull():
		return append(dst, "null"...)
	case s.Kind == String:
		return append(dst, v.Str()...)
	case s.Kind == List:
		dst = append(dst, '[')
		for i, e := range v.Elems() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendJava(dst, e, s.Elem)
		}
		return append(dst, ']')
	case s.Kind == Structure:
		return appendJavaStruct(dst, v, s)
	case s.Kind == Map:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(append(dst, m.Key...), '=')
			dst = appendJava(dst, m.Value, s.Elem)
		}
		return append(dst, '}')
	}
	return append(dst, v.Text()...)
}

func appendJavaStruct(dst []byte, v value.Value, s *Shape) []byte {
	dst = append(append(dst, s.Name...), '(')
	for i, m := range s.Members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, memberName(m.Name)...), '=')
		mv, ok := v.Get(m.Name)
		switch {
		case !ok:
			dst = append(dst, "null"...)
		case m.Shape.Sensitive:
			dst = append(dst, "***"...)
		default:
			dst = appendJava(dst, mv, m.Shape)
		}
	}
	return append(dst, ')')
}
