package attribute

import (
	"encoding/base64"
	"strings"

	"github.com/statelark/statelark/value"
)

// ParseError says why a document is no value. Serialization: it has not the form of one; otherwise what it holds is not allowed.
type ParseError struct {
	Message       string
	Serialization bool
}

func (e *ParseError) Error() string { return e.Message }

func malformed(message string) error { return &ParseError{message, true} }
func invalid(message string) error   { return &ParseError{message, false} }

const invalidPrefix = "One or more parameter values were invalid: "

// ParseItem reads a document that maps names to values.
func ParseItem(doc value.Value) (Item, error) { return parseItem(doc, 0) }

// Parse reads the document of one value: {"S": "text"}.
func Parse(doc value.Value) (Value, error) { return parse(doc, 0) }

func parseItem(doc value.Value, depth int) (Item, error) {
	if doc.Kind() != value.Object {
		return nil, malformed("Unexpected field type")
	}
	members := doc.Members()
	fields := make([]Field, 0, len(members))
	sorted := true
	for _, m := range members {
		v, err := parse(m.Value, depth)
		if err != nil {
			return nil, err
		}
		sorted = sorted && (len(fields) == 0 || fields[len(fields)-1].Name < m.Key)
		fields = append(fields, Field{m.Key, v})
	}
	if sorted {
		return fields, nil
	}
	return Sorted(fields), nil
}

func parse(doc value.Value, depth int) (Value, error) {
	if doc.Kind() != value.Object {
		return Value{}, malformed("Unexpected value type in payload")
	}
	var v Value
	found := 0
	for _, m := range doc.Members() {
		kind := KindNamed(m.Key)
		if kind == Absent || m.Value.IsNull() {
			continue
		}
		found++
		var err error
		if v, err = parseKind(kind, m.Value, depth); err != nil {
			return Value{}, err
		}
	}
	switch {
	case found == 0:
		return Value{}, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case found > 1:
		return Value{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	return v, nil
}

func parseKind(kind Kind, doc value.Value, depth int) (Value, error) {
	switch kind {
	case S, N, B:
		return parseScalar(kind, doc)
	case Bool:
		if doc.Kind() != value.Bool {
			return Value{}, malformed(tokenName(doc) + " cannot be converted to Boolean")
		}
		return OfBool(doc.Bool()), nil
	case Null:
		if doc.Kind() != value.Bool {
			return Value{}, malformed(tokenName(doc) + " cannot be converted to Boolean")
		}
		return Value{Kind: Null}, nil // false as well: AWS takes it for true, since 2026
	case L, M:
		return parseDocument(kind, doc, depth)
	}
	return parseSet(kind, doc)
}

func parseDocument(kind Kind, doc value.Value, depth int) (Value, error) {
	if depth++; depth > MaxDepth {
		return Value{}, invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	}
	if kind == M {
		m, err := parseItem(doc, depth)
		return Value{Kind: M, Map: m}, err
	}
	if doc.Kind() != value.Array {
		return Value{}, malformed("Unexpected field type")
	}
	elems := doc.Elems()
	list := make([]Value, 0, len(elems))
	for _, e := range elems {
		v, err := parse(e, depth)
		if err != nil {
			return Value{}, err
		}
		list = append(list, v)
	}
	return Value{Kind: L, List: list}, nil
}

func parseScalar(kind Kind, doc value.Value) (Value, error) {
	if doc.Kind() != value.String {
		return Value{}, malformed(tokenName(doc) + " cannot be converted to String")
	}
	text := doc.Str()
	switch kind {
	case N:
		normal, err := Normal(text)
		if err != nil {
			return Value{}, invalid(err.Error())
		}
		return OfNumber(normal), nil
	case B:
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return Value{}, malformed("Unexpected value: the value is not valid Base64")
		}
		return Value{Kind: B, Str: string(bytes)}, nil
	}
	return OfString(text), nil
}

func tokenName(doc value.Value) string {
	switch doc.Kind() {
	case value.Bool:
		return strings.ToUpper(doc.Text()) + "_VALUE"
	case value.Number:
		return "NUMBER_VALUE"
	case value.Array:
		return "START_ARRAY"
	case value.Object:
		return "START_OBJECT"
	}
	return "STRING_VALUE"
}

var setNames = map[Kind]string{SS: "string", NS: "number", BS: "binary"}

func parseSet(kind Kind, doc value.Value) (Value, error) {
	if doc.Kind() != value.Array {
		return Value{}, malformed("Unexpected field type")
	}
	elems := doc.Elems()
	if len(elems) == 0 {
		if kind == BS {
			return Value{}, invalid(invalidPrefix + "Binary sets should not be empty")
		}
		return Value{}, invalid(invalidPrefix + "An " + setNames[kind] + " set  may not be empty")
	}
	list := make([]Value, 0, len(elems))
	for _, e := range elems {
		v, err := parseScalar(kind.Element(), e)
		if err != nil {
			return Value{}, err
		}
		switch {
		case v.Str == "" && kind == BS:
			return Value{}, invalid(invalidPrefix + "Binary sets may not contain null or empty values")
		case v.Str == "":
			return Value{}, invalid(invalidPrefix + "An string set may not have a empty string as a member")
		}
		list = append(list, v)
	}
	seen := make(map[string]bool, len(list))
	for _, v := range list {
		if seen[v.Str] {
			return Value{}, duplicates(kind, elems)
		}
		seen[v.Str] = true
	}
	return Value{Kind: kind, List: list}, nil
}

func duplicates(kind Kind, elems []value.Value) error {
	if kind == NS {
		return invalid("Input collection contains duplicates")
	}
	texts := make([]string, len(elems))
	for i, e := range elems {
		texts[i] = e.Str()
	}
	text := invalidPrefix + "Input collection [" + strings.Join(texts, ", ") + "]"
	if kind == BS {
		return invalid(text + "of type BS contains duplicates.")
	}
	return invalid(text + " contains duplicates.")
}

// Append appends the document of an item.
func (m Item) Append(dst []byte) []byte {
	dst = append(dst, '{')
	for i, f := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = value.AppendQuoted(dst, f.Name)
		dst = append(dst, ':')
		dst = f.Value.Append(dst)
	}
	return append(dst, '}')
}

// Append appends the document of a value.
func (v Value) Append(dst []byte) []byte {
	dst = append(dst, '{', '"')
	dst = append(dst, v.Kind.String()...)
	dst = append(dst, '"', ':')
	switch v.Kind {
	case S, N, B:
		dst = v.appendText(dst)
	case Bool:
		if v.Bool {
			dst = append(dst, "true"...)
		} else {
			dst = append(dst, "false"...)
		}
	case Null:
		dst = append(dst, "true"...)
	case M:
		dst = v.Map.Append(dst)
	default:
		dst = v.appendElements(dst)
	}
	return append(dst, '}')
}

func (v Value) appendElements(dst []byte) []byte {
	dst = append(dst, '[')
	for i, e := range v.List {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.Kind == L {
			dst = e.Append(dst)
		} else {
			dst = e.appendText(dst)
		}
	}
	return append(dst, ']')
}

// appendText appends what a scalar holds, as a string.
func (v Value) appendText(dst []byte) []byte {
	switch v.Kind {
	case N:
		return append(append(append(dst, '"'), v.Str...), '"')
	case B:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(v.Str))
		return append(dst, '"')
	}
	return value.AppendQuoted(dst, v.Str)
}
