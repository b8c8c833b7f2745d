package asl

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark/value"
)

// A definition in YAML is translated into JSON and compiled as such. While the JSON is written, the offset of
// every name and value in it is noted together with its place in the YAML, so that a diagnostic shows the line
// that the author wrote. Scalars are read as the loaders of CloudFormation and SAM read them, which is YAML
// 1.1 in what counts as a boolean.

// maxTranslated bounds the JSON that aliases can blow a definition up to; a definition may have 1 MiB.
const maxTranslated = 8 << 20

// ParseYAML compiles a definition written in YAML. It also returns the JSON text that stands for it, its names
// in the order written, "" when the text is not YAML. The lines and columns of diagnostics are those of the YAML.
func ParseYAML(text string, o Options) (*Machine, string, []Diagnostic) {
	var root yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	err := decoder.Decode(&root)
	if err == nil && decoder.Decode(new(yaml.Node)) != io.EOF {
		err = errors.New("yaml: more than one document")
	}
	if errors.Is(err, io.EOF) {
		m, found := compile("", o)
		return m, "", placed(found, nil)
	}
	if err != nil {
		return nil, "", []Diagnostic{yamlDiagnostic(err)}
	}
	var t translation
	if err := t.node(&root, 0); err != nil {
		return nil, "", []Diagnostic{yamlDiagnostic(err)}
	}
	t.out = append(t.out, '\n')
	m, found := compile(string(t.out), o)
	return m, string(t.out), placed(found, t.position)
}

// yamlError says what of YAML a definition cannot have, and where.
type yamlError struct {
	line, column int
	text         string
}

func (e *yamlError) Error() string { return "yaml: " + e.text }

func refuse(n *yaml.Node, format string, a ...any) error {
	return &yamlError{n.Line, n.Column, fmt.Sprintf(format, a...)}
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

func yamlDiagnostic(err error) Diagnostic {
	d := Diagnostic{Severity: SeverityError, Code: CodeInvalidJSONDescription, Message: err.Error()}
	var e *yamlError
	if errors.As(err, &e) {
		d.Line, d.Column = e.line, e.column
	} else if m := yamlLine.FindStringSubmatch(d.Message); m != nil {
		d.Line, _ = strconv.Atoi(m[1])
		d.Column = 1
	}
	return d
}

// translation is the JSON written so far.
type translation struct {
	out    []byte
	marks  []mark // by offset
	merges int    // how many names were merged, or looked at for it
}

// mark notes that what starts at offset of the JSON stands at a line and a column of the YAML.
type mark struct{ offset, line, column int }

func (t *translation) mark(n *yaml.Node) {
	t.marks = append(t.marks, mark{len(t.out), n.Line, n.Column})
}

// position returns the place in the YAML of an offset in the JSON.
func (t *translation) position(offset int) (line, column int) {
	i := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].offset > offset })
	if i == 0 {
		return 1, 1
	}
	return t.marks[i-1].line, t.marks[i-1].column
}

// node writes one value; depth counts the arrays and objects around it.
func (t *translation) node(n *yaml.Node, depth int) error {
	if depth > value.MaxDepth {
		return refuse(n, "nested deeper than %d levels", value.MaxDepth)
	}
	if len(t.out) > maxTranslated {
		return refuse(n, "the definition becomes longer than %d bytes", maxTranslated)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return t.node(n.Content[0], depth)
	case yaml.AliasNode:
		return t.node(n.Alias, depth)
	case yaml.MappingNode:
		return t.mapping(n, depth)
	case yaml.SequenceNode:
		return t.sequence(n, depth)
	}
	t.mark(n)
	text, err := scalar(n)
	t.out = append(t.out, text...)
	return err
}

func (t *translation) mapping(n *yaml.Node, depth int) error {
	if err := plainTag(n, "!!map"); err != nil {
		return err
	}
	members, err := t.merged(n)
	if err != nil {
		return err
	}
	t.mark(n)
	t.out = append(t.out, '{')
	for i := 0; i < len(members); i += 2 {
		t.next(i, depth+1)
		t.mark(members[i])
		t.out = value.AppendQuoted(t.out, members[i].Value)
		t.out = append(t.out, ": "...)
		if err := t.node(members[i+1], depth+1); err != nil {
			return err
		}
	}
	t.close('}', len(members), depth)
	return nil
}

func (t *translation) sequence(n *yaml.Node, depth int) error {
	if err := plainTag(n, "!!seq"); err != nil {
		return err
	}
	t.mark(n)
	t.out = append(t.out, '[')
	for i, e := range n.Content {
		t.next(i, depth+1)
		if err := t.node(e, depth+1); err != nil {
			return err
		}
	}
	t.close(']', len(n.Content), depth)
	return nil
}

// next starts the line of member i.
func (t *translation) next(i, depth int) {
	if i > 0 {
		t.out = append(t.out, ',')
	}
	t.newLine(depth)
}

func (t *translation) close(bracket byte, members, depth int) {
	if members > 0 {
		t.newLine(depth)
	}
	t.out = append(t.out, bracket)
}

func (t *translation) newLine(depth int) {
	t.out = append(t.out, '\n')
	for range depth {
		t.out = append(t.out, "  "...)
	}
}

// maxMerges bounds the names that merge keys bring in, those that are there already included.
const maxMerges = 100_000

// merged returns the names and values of a mapping, those of its merge keys after its own.
func (t *translation) merged(n *yaml.Node) ([]*yaml.Node, error) {
	m := merging{translation: t, seen: map[string]bool{}}
	err := m.add(n, 0)
	return m.members, err
}

// merging collects the names and values of a mapping, its own names and then those of its merge keys that it lacks.
type merging struct {
	*translation
	members []*yaml.Node
	seen    map[string]bool
}

func (m *merging) add(n *yaml.Node, depth int) error {
	var sources []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if name.Kind == yaml.AliasNode {
			name = name.Alias
		}
		switch {
		case name.Kind != yaml.ScalarNode:
			return refuse(name, "a name must be a string")
		case name.Tag == "!!merge":
			sources = append(sources, n.Content[i+1])
		case depth == 0 || !m.seen[name.Value]:
			m.seen[name.Value] = true
			m.members = append(m.members, name, n.Content[i+1])
		}
	}
	for _, source := range sources {
		if err := m.source(source, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// source adds a mapping, or the mappings of a sequence.
func (m *merging) source(n *yaml.Node, depth int) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if m.merges += 1 + len(n.Content); m.merges > maxMerges || depth > value.MaxDepth {
		return refuse(n, "too much to merge")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return m.add(n, depth)
	case yaml.SequenceNode:
		for _, e := range n.Content {
			if err := m.source(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return refuse(n, "a merge key needs a mapping")
}

// plainTag refuses tags such as CloudFormation's !Sub, which only a template can have.
func plainTag(n *yaml.Node, want string) error {
	if tag := n.ShortTag(); tag != want {
		return refuse(n, "the tag %s cannot stand in a definition", tag)
	}
	return nil
}

// booleans are the plain scalars that YAML 1.1 reads as true or false.
var booleans = map[string]string{"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}

// scalar returns the JSON of a scalar.
func scalar(n *yaml.Node) (string, error) {
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	if b, ok := booleans[strings.ToLower(n.Value)]; ok && plain && cased(n.Value) {
		return b, nil
	}
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp", "!!merge":
		return string(value.AppendQuoted(nil, n.Value)), nil
	case "!!null":
		return "null", nil
	case "!!bool":
		return booleans[strings.ToLower(n.Value)], nil
	case "!!int", "!!float":
		return number(n)
	default:
		return "", refuse(n, "the tag %s cannot stand in a definition", tag)
	}
}

// cased reports whether word is in one of the cases that YAML knows: yes, Yes, YES.
func cased(word string) bool {
	lower := strings.ToLower(word)
	return word == lower || word == strings.ToUpper(word) || word == strings.ToUpper(word[:1])+lower[1:]
}

// number returns the JSON of a number: its own text where that is JSON, else the value in decimal. Digits after
// a zero that are no octal number, such as an account's, are text.
func number(n *yaml.Node) (string, error) {
	if v, err := value.Parse(n.Value); err == nil && v.Kind() == value.Number {
		return n.Value, nil
	}
	text := strings.ReplaceAll(n.Value, "_", "")
	if i, err := strconv.ParseInt(text, 0, 64); err == nil {
		return strconv.FormatInt(i, 10), nil
	}
	digits := strings.TrimLeft(text, "+-")
	if len(digits) > 1 && digits[0] == '0' && isWord(digits, "") {
		return string(value.AppendQuoted(nil, n.Value)), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != f || f > 1e308 || f < -1e308 {
		return "", refuse(n, "%s is not a number that JSON has", n.Value)
	}
	return string(value.AppendFloat(nil, f)), nil
}
