package asl

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/value"
)

// node is one value of the definition's text together with where it stands. The nodes of a definition are
// built once, from text that value.Parse has accepted, so that every finding can name its line.
type node struct {
	parent *node
	key    string // the name in the parent object, unescaped; "" in an array
	index  int    // the place in the parent array
	kind   value.Kind
	text   string // the JSON text of this value
	offset int    // of text in the definition
	name   int    // offset of the member's name in the definition; the same as offset outside of objects

	children []*node // the members of an object (of several with one name the last), the elements of an array
	doubled  []*node // the members of an object whose name was there before
}

// scanDocument builds the nodes of text, which must be valid JSON.
func scanDocument(text string) *node {
	s := nodeScanner{text: text}
	s.space()
	root := &node{}
	s.value(root)
	return root
}

// nodeScanner walks over text that is known to be valid: no step checks what it passes.
type nodeScanner struct {
	text string
	pos  int
}

func (s *nodeScanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\n', '\r', '\t', ',', ':':
			s.pos++
		default:
			return
		}
	}
}

// value fills n with the value that starts at pos and leaves pos after it.
func (s *nodeScanner) value(n *node) {
	start := s.pos
	n.offset = start
	switch s.text[start] {
	case '{':
		n.kind = value.Object
		s.members(n)
	case '[':
		n.kind = value.Array
		s.elements(n)
	case '"':
		n.kind = value.String
		s.str()
	case 'n':
		n.kind = value.Null
		s.pos += len("null")
	case 't':
		n.kind = value.Bool
		s.pos += len("true")
	case 'f':
		n.kind = value.Bool
		s.pos += len("false")
	default:
		n.kind = value.Number
		for s.pos < len(s.text) && strings.IndexByte("+-.0123456789eE", s.text[s.pos]) >= 0 {
			s.pos++
		}
	}
	n.text = s.text[start:s.pos]
}

func (s *nodeScanner) members(n *node) {
	var seen map[string]int // the places of the members, once there are many
	s.pos++
	for s.space(); s.text[s.pos] != '}'; s.space() {
		name := s.pos
		s.str()
		m := &node{parent: n, key: unquote(s.text[name:s.pos])}
		s.space()
		s.value(m)
		m.name = name
		if len(n.children) == manyMembers {
			seen = make(map[string]int, 2*manyMembers)
			for i, c := range n.children {
				seen[c.key] = i
			}
		}
		if at := n.place(m.key, seen); at >= 0 {
			n.doubled = append(n.doubled, m)
			n.children[at] = m
			continue
		}
		if seen != nil {
			seen[m.key] = len(n.children)
		}
		n.children = append(n.children, m)
	}
	s.pos++
}

// manyMembers is the number of members from which a map finds them faster.
const manyMembers = 16

// place returns where the member called name is among the children, -1 when it is not there.
func (n *node) place(name string, seen map[string]int) int {
	if seen != nil {
		if at, ok := seen[name]; ok {
			return at
		}
		return -1
	}
	for i, m := range n.children {
		if m.key == name {
			return i
		}
	}
	return -1
}

func (s *nodeScanner) elements(n *node) {
	s.pos++
	for s.space(); s.text[s.pos] != ']'; s.space() {
		e := &node{parent: n, index: len(n.children)}
		s.value(e)
		e.name = e.offset
		n.children = append(n.children, e)
	}
	s.pos++
}

func (s *nodeScanner) str() {
	for s.pos++; s.text[s.pos] != '"'; s.pos++ {
		if s.text[s.pos] == '\\' {
			s.pos++
		}
	}
	s.pos++
}

func unquote(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	v, _ := value.Parse(quoted)
	return v.Str()
}

// get returns the member of that name, nil when there is none or n is no object.
func (n *node) get(name string) *node {
	if n.kind != value.Object {
		return nil
	}
	if i := n.place(name, nil); i >= 0 {
		return n.children[i]
	}
	return nil
}

func (n *node) has(name string) bool { return n.get(name) != nil }

// str returns the text of a string, "" for every other kind.
func (n *node) str() string {
	if n.kind != value.String {
		return ""
	}
	return unquote(n.text)
}

// value returns what n is. Its text is compact: AWS does not keep how a definition was spaced.
func (n *node) value() value.Value {
	v, _ := value.Parse(n.text)
	return v.Compacted()
}

// maxKey is how many bytes of a name a location shows: what a legal name of a state takes at most on AWS.
const maxKey = 80 * utf8.UTFMax

// location returns the place of n as AWS prints it: "/" for the whole, /States/P/Branches[0]/StartAt below.
// Names are not escaped.
func (n *node) location() string {
	if n.parent == nil {
		return "/"
	}
	return string(n.appendLocation(nil))
}

func (n *node) appendLocation(dst []byte) []byte {
	if n.parent == nil {
		return dst
	}
	dst = n.parent.appendLocation(dst)
	if n.parent.kind == value.Array {
		dst = append(dst, '[')
		dst = strconv.AppendInt(dst, int64(n.index), 10)
		return append(dst, ']')
	}
	dst = append(dst, '/')
	if len(n.key) > maxKey {
		return append(append(dst, strings.ToValidUTF8(n.key[:maxKey], "")...), "..."...)
	}
	return append(dst, n.key...)
}

// maxPointer bounds a pointer, in bytes: a thousand findings may stand below one long name.
const maxPointer = 4 << 10

// pointer returns the place of n as a JSON pointer, "" when it is too long.
func (n *node) pointer() string {
	dst := n.appendPointer(nil)
	if len(dst) > maxPointer {
		return ""
	}
	return string(dst)
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// appendPointer stops where the pointer has become too long.
func (n *node) appendPointer(dst []byte) []byte {
	if n.parent == nil {
		return dst
	}
	dst = n.parent.appendPointer(dst)
	if len(dst)+len(n.key) > maxPointer {
		return append(dst[:0], make([]byte, maxPointer+1)...)
	}
	dst = append(dst, '/')
	if n.parent.kind == value.Array {
		return strconv.AppendInt(dst, int64(n.index), 10)
	}
	return append(dst, pointerEscapes.Replace(n.key)...)
}
