package console

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/value"
)

// languageRoutes are what writing and trying a definition takes.
var languageRoutes = []route{
	{"POST", "validate", Viewer, (*Server).validate},
	{"POST", "convert", Viewer, (*Server).convert},
	{"POST", "eval", Viewer, (*Server).eval},
	{"GET", "integrations", Viewer, (*Server).integrations},
	{"GET", "integrations/parameters", Viewer, (*Server).parameters},
}

// validate is POST /api/validate.
func (s *Server) validate(c *call) (any, error) {
	var r ValidateRequest
	if err := c.read(&r); err != nil {
		return nil, err
	}
	if r.Type != "" && r.Type != "STANDARD" && r.Type != "EXPRESS" {
		return nil, statelark.Errorf(statelark.CodeValidation, "The type is STANDARD or EXPRESS, and not '%s'", r.Type)
	}
	if err := s.fits(r.Text); err != nil {
		return nil, err
	}
	return validation(r.Text, asl.Options{Type: r.Type, Limits: s.opts.Limits, Services: aws.Services{}}), nil
}

// fits refuses what is no definition for its length.
func (s *Server) fits(text string) error {
	most := limits.Or(s.opts.Limits).DefinitionBytes
	if int64(len(text)) > int64(most) {
		return statelark.Errorf(statelark.CodeValidation, "The definition has %d bytes, and %d are the most", len(text), most)
	}
	return nil
}

// The formats of a definition.
const (
	formatJSON = "json"
	formatYAML = "yaml"
)

// formatOf tells a text that is meant to be JSON, also when it is wrong, from YAML. Nobody writes YAML in braces.
func formatOf(text string) string {
	text = strings.TrimLeft(text, " \t\r\n\uFEFF")
	if text == "" || text[0] == '{' || text[0] == '[' {
		return formatJSON
	}
	return formatYAML
}

// validation says what is wrong with a definition, and where in its text.
func validation(text string, o asl.Options) *Validation {
	v := &Validation{Format: formatOf(text), Diagnostics: []Diagnostic{}}
	var found []asl.Diagnostic
	if v.Format == formatJSON {
		_, found = asl.Parse(text, o)
		if _, err := value.Parse(text); err == nil {
			v.Definition = text
		}
	} else {
		_, v.Definition, found = asl.ParseYAML(text, o)
	}
	v.Valid = true
	if len(found) == 0 {
		return v
	}
	extent := newJSONText(text).extent
	if v.Format == formatYAML {
		extent = newYAMLText(text).extent
	}
	units := newUnits(text)
	for i := range found {
		d := &found[i]
		start, end := extent(d)
		v.Valid = v.Valid && d.Severity != asl.SeverityError
		v.Diagnostics = append(v.Diagnostics, Diagnostic{
			Severity: string(d.Severity), Code: d.Code, Message: d.Message, Pointer: d.Pointer, State: stateAt(d.Pointer),
			Start: units.of(start), End: units.of(end), Line: max(d.Line, 1),
		})
	}
	return v
}

// stateAt is the innermost state around a pointer, "" when there is none.
func stateAt(pointer string) string {
	state := ""
	names := strings.Split(pointer, "/")
	for i := 1; i < len(names); {
		switch names[i] {
		case "States":
			if i+1 == len(names) {
				return state
			}
			state = unescapePointer(names[i+1])
			i += 2
		case "Iterator", "ItemProcessor":
			i++
		case "Branches":
			i += 2
		default:
			return state
		}
	}
	return state
}

var pointerNames = strings.NewReplacer("~1", "/", "~0", "~")

func unescapePointer(name string) string { return pointerNames.Replace(name) }

// lineText is a text by its lines.
type lineText struct {
	text   string
	starts []int // the offset at which each line starts
}

func newLineText(text string) lineText {
	t := lineText{text, []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// line returns the offsets between which a line stands, its end of line left out. Lines count from 1.
func (t lineText) line(n int) (start, end int) {
	n = min(max(n, 1), len(t.starts))
	start, end = t.starts[n-1], len(t.text)
	if n < len(t.starts) {
		end = t.starts[n] - 1
	}
	return start, start + len(strings.TrimRight(t.text[start:end], "\r"))
}

// jsonText finds values in JSON, or in what is to become JSON.
type jsonText struct{ lineText }

func newJSONText(text string) jsonText { return jsonText{newLineText(text)} }

// extent is the value that a finding is about. Of an object or an array it is the name before it, so that no half of
// the text is marked.
func (t jsonText) extent(d *asl.Diagnostic) (start, end int) {
	if d.Line == 0 || t.text == "" {
		return 0, 0
	}
	start = min(t.starts[min(d.Line, len(t.starts))-1]+d.Column-1, len(t.text))
	if start == len(t.text) { // it ends too early
		_, size := utf8.DecodeLastRuneInString(t.text)
		return start - size, start
	}
	switch t.text[start] {
	case '"':
		return start, t.endOfString(start)
	case '{', '[':
		if name, ok := t.nameBefore(start); ok {
			return name, t.endOfString(name)
		}
		return start, start + 1
	}
	if n := strings.IndexAny(t.text[start:], " \t\r\n,:]}"); n > 0 {
		return start, start + n
	} else if n < 0 {
		return start, len(t.text)
	}
	return start, start + 1
}

// endOfString returns the offset after the string that starts at an offset, or after its line when it does not end.
func (t jsonText) endOfString(start int) int {
	for i := start + 1; i < len(t.text); i++ {
		switch t.text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n':
			return i
		}
	}
	return len(t.text)
}

// nameBefore returns where the name of the member starts whose value starts at an offset.
func (t jsonText) nameBefore(offset int) (int, bool) {
	before := strings.TrimRight(t.text[:offset], " \t\r\n")
	before, ok := strings.CutSuffix(before, ":")
	before = strings.TrimRight(before, " \t\r\n")
	if !ok || !strings.HasSuffix(before, `"`) {
		return 0, false
	}
	for i := len(before) - 2; i >= 0; i-- {
		if before[i] == '"' && !escaped(before[:i]) {
			return i, true
		}
	}
	return 0, false
}

// escaped reports whether what follows text is escaped by it.
func escaped(text string) bool {
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// yamlText finds values in YAML.
type yamlText struct {
	lineText

	root *yaml.Node // nil: the text cannot be read
}

func newYAMLText(text string) yamlText {
	t := yamlText{lineText: newLineText(text)}
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) == nil && len(root.Content) == 1 {
		t.root = root.Content[0]
	}
	return t
}

// extent is as that of JSON: a scalar, or the name of a mapping or a sequence.
func (t yamlText) extent(d *asl.Diagnostic) (start, end int) {
	if d.Line == 0 {
		return 0, 0
	}
	name, n := t.find(d.Pointer)
	switch {
	case t.root == nil: // a line is all that is known
		start, end = t.line(d.Line)
		return start + len(t.text[start:end]) - len(strings.TrimLeft(t.text[start:end], " ")), end
	case n == nil || n.Line != d.Line || n.Column != d.Column:
		return t.token(d.Line, d.Column, nil)
	case n.Kind != yaml.ScalarNode && name != nil:
		return t.token(name.Line, name.Column, name)
	}
	return t.token(n.Line, n.Column, n)
}

// find returns the node at a pointer, and its name in its mapping.
func (t yamlText) find(pointer string) (name, n *yaml.Node) {
	n = t.root
	if pointer == "" {
		return nil, n
	}
	for step := range strings.SplitSeq(pointer[1:], "/") {
		if n == nil {
			return nil, nil
		}
		name, n = below(n, unescapePointer(step))
	}
	return name, n
}

// below returns a member or an element, nil when there is none. What a merge brings in is not looked for.
func below(n *yaml.Node, step string) (name, inner *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				name, inner = n.Content[i], n.Content[i+1] // of several the last, as in JSON
			}
		}
	case yaml.SequenceNode:
		at := 0
		for _, c := range step {
			if at = at*10 + int(c-'0'); at >= len(n.Content) || at < 0 {
				return nil, nil
			}
		}
		return nil, n.Content[at]
	}
	return name, inner
}

// token is what stands at a place: n, when it is known. Columns count characters from 1.
func (t yamlText) token(line, column int, n *yaml.Node) (start, end int) {
	start, end = t.line(line)
	for ; column > 1 && start < end; column-- {
		_, size := utf8.DecodeRuneInString(t.text[start:])
		start += size
	}
	rest := t.text[start:end]
	switch {
	case rest == "":
	case rest[0] == '"':
		return start, jsonText{t.lineText}.endOfString(start)
	case rest[0] == '\'':
		for i := 1; i < len(rest); i++ {
			if rest[i] == '\'' && (i+1 == len(rest) || rest[i+1] != '\'') {
				return start, start + i + 1
			} else if rest[i] == '\'' {
				i++
			}
		}
	case n != nil && n.Kind == yaml.ScalarNode && n.Value != "" && strings.HasPrefix(rest, n.Value):
		return start, start + len(n.Value)
	default:
		if i := strings.Index(rest+" ", ": "); i > 0 && i < len(rest) {
			return start, start + i
		}
		if i := strings.Index(rest, " #"); i > 0 {
			rest = rest[:i]
		}
	}
	return start, start + len(strings.TrimRight(rest, " \t"))
}

// units turns offsets into UTF-16 units, which are what editors in a browser count.
type units struct {
	text  string
	marks []int // units before each stride of bytes
}

const unitStride = 512

func newUnits(text string) *units {
	u := &units{text: text}
	n := 0
	for i := range len(text) {
		if i%unitStride == 0 {
			u.marks = append(u.marks, n)
		}
		n += unitsOf(text[i])
	}
	return u
}

// unitsOf counts a byte: the first of a character is one unit, or two where the character takes four bytes.
func unitsOf(b byte) int {
	switch {
	case b >= 0xF0:
		return 2
	case b&0xC0 == 0x80:
		return 0
	}
	return 1
}

func (u *units) of(offset int) int {
	offset = min(max(offset, 0), len(u.text))
	if len(u.marks) == 0 {
		return 0
	}
	mark := min(offset/unitStride, len(u.marks)-1)
	n := u.marks[mark]
	for i := mark * unitStride; i < offset; i++ {
		n += unitsOf(u.text[i])
	}
	return n
}
