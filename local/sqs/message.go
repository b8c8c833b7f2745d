package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/row"
)

// message is what was sent: it never changes.
type message struct {
	ID         string
	Body       string
	MD5        string // of Body, in hex
	Sender     string
	Trace      string // AWSTraceHeader
	Group      string
	Dedup      string
	Sequence   string // of a FIFO queue
	Source     string // the ARN of the queue whose dead letter this is
	Attributes map[string]attribute
}

// attribute is a message attribute.
type attribute struct {
	StringValue      *string  `json:",omitempty"`
	BinaryValue      []byte   `json:",omitempty"`
	StringListValues []string `json:",omitempty"`
	BinaryListValues [][]byte `json:",omitempty"`
	DataType         string
}

const messageVersion = 1

// encode is the row of a message.
func (m *message) encode() []byte {
	w := row.NewWriter(make([]byte, 0, len(m.Body)+128), nil)
	w.Byte(messageVersion)
	for _, text := range []string{m.ID, m.Body, m.MD5, m.Sender, m.Trace, m.Group, m.Dedup, m.Sequence, m.Source} {
		w.Text(text)
	}
	w.Uint(uint64(len(m.Attributes)))
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		a := m.Attributes[name]
		w.Text(name)
		w.Text(a.DataType)
		w.Bool(a.StringValue != nil)
		if a.StringValue != nil {
			w.Text(*a.StringValue)
		} else {
			w.Text(string(a.BinaryValue))
		}
	}
	return w.Row()
}

func decodeMessage(data []byte) (*message, error) {
	r := row.NewReader(data, nil)
	if v := r.Byte(); v != messageVersion {
		return nil, versionError("message", v)
	}
	m := &message{}
	for _, text := range []*string{&m.ID, &m.Body, &m.MD5, &m.Sender, &m.Trace, &m.Group, &m.Dedup, &m.Sequence, &m.Source} {
		*text = r.Text()
	}
	if n := r.Count(); n > 0 {
		m.Attributes = make(map[string]attribute, n)
		for range n {
			name := r.Text()
			a := attribute{DataType: r.Text()}
			if r.Bool() {
				text := r.Text()
				a.StringValue = &text
			} else {
				a.BinaryValue = []byte(r.Text())
			}
			m.Attributes[name] = a
		}
	}
	return m, r.Done()
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes is the MD5 that clients check: over names, types and values in the order of the names, each with its length
// before it. It is "" when there are none.
func md5OfAttributes(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	h := md5.New()
	field := func(text string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		h.Write([]byte(text))
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		field(name)
		field(a.DataType)
		if a.StringValue != nil {
			h.Write([]byte{1})
			field(*a.StringValue)
		} else {
			h.Write([]byte{2})
			field(string(a.BinaryValue))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// size is what counts against the limits: the body, and names, types and values of the attributes.
func size(body string, attributes map[string]attribute) int {
	n := len(body)
	for name, a := range attributes {
		n += len(name) + len(a.DataType) + len(a.BinaryValue)
		if a.StringValue != nil {
			n += len(*a.StringValue)
		}
	}
	return n
}

const (
	maxAttributes  = 10
	invalidCharset = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
)

// validText reports whether text has only the characters that XML 1.0 has.
func validText(text string) bool {
	for i, c := range text {
		switch {
		case c >= 0x20 && c <= 0xD7FF, c >= 0xE000 && c < 0xFFFD, c >= 0x10000, c == '\t', c == '\n', c == '\r':
		case c == 0xFFFD:
			if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\.[^\x00-\x1f]*)?$`)
	number        = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
)

// checkAttributes refuses message attributes that AWS does not take.
func checkAttributes(attributes map[string]attribute) *awswire.Error {
	if len(attributes) > maxAttributes {
		return refuse(invalidParameter, "Number of message attributes [%d] exceeds the allowed maximum [%d].", len(attributes), maxAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := checkAttribute(name, attributes[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkAttribute(name string, a attribute) *awswire.Error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return refuse(invalidParameter, "Message (user) attribute name can not be empty.")
	case len(name) > 256:
		return refuse(invalidParameter, "Message (user) attribute name must be shorter than 256 Bytes")
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
		return refuse(invalidParameter, "Message (user) attribute name can not start with '%s'.", name[:strings.IndexByte(name, '.')+1])
	case !attributeName.MatchString(name) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, ".."):
		return refuse(invalidParameter, "Message (user) attribute name can only include alphanumeric characters, hyphens, underscores and periods, and periods only inside.")
	case len(a.StringListValues) > 0 || len(a.BinaryListValues) > 0:
		return refuse(unsupported, "Message attribute list values in SendMessage operation are not supported.")
	case a.DataType == "":
		return refuse(invalidParameter, "Message (user) attribute '%s' must contain a non-empty attribute type.", name)
	case !attributeType.MatchString(a.DataType) || len(a.DataType) > 256:
		return refuse(invalidParameter, "The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", name)
	}
	kind, _, _ := strings.Cut(a.DataType, ".")
	if kind == "Binary" {
		if len(a.BinaryValue) == 0 || a.StringValue != nil {
			return refuse(invalidParameter, "Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
		}
		return nil
	}
	if a.StringValue == nil || *a.StringValue == "" || a.BinaryValue != nil {
		return refuse(invalidParameter, "Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
	}
	if !validText(*a.StringValue) {
		return refuse(invalidParameter, "Message (user) attribute '%s' contains invalid characters. %s", name, invalidCharset)
	}
	if kind == "Number" && !isNumber(*a.StringValue) {
		return refuse(invalidParameter, "Can't cast the value of message (user) attribute '%s' to a number.", name)
	}
	return nil
}

// isNumber reports whether text is a decimal of at most 38 digits between -10^128 and 10^126, as the documentation has it.
func isNumber(text string) bool {
	if !number.MatchString(text) {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	digits := strings.TrimLeft(strings.NewReplacer(".", "", "+", "", "-", "").Replace(mantissa), "0")
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && len(digits) <= 38 && f >= -1e128 && f <= 1e126
}

// checkSystemAttributes refuses what is not AWSTraceHeader.
func checkSystemAttributes(attributes map[string]attribute) *awswire.Error {
	for name, a := range attributes {
		switch {
		case name != "AWSTraceHeader":
			return refuse(invalidParameter, "Message system attribute name '%s' is invalid.", name)
		case a.DataType != "String":
			return refuse(invalidParameter, "Message system attribute '%s' must be of type 'String'.", name)
		case a.StringValue == nil || *a.StringValue == "":
			return refuse(invalidParameter, "Message system attribute '%s' must contain a non-empty value of type 'String'.", name)
		}
	}
	return nil
}
