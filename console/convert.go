package console

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// convert is POST /api/convert.
func (s *Server) convert(c *call) (any, error) {
	var r ConvertRequest
	if err := c.read(&r); err != nil {
		return nil, err
	}
	if err := s.fits(r.Text); err != nil {
		return nil, err
	}
	text, err := converted(r.Text, r.To)
	if err != nil {
		return nil, err
	}
	return Converted{Text: text}, nil
}

// converted returns a definition in a format, its names in the order written. What is in that format already stays as it
// is. Comments of YAML are lost, since JSON has none.
func converted(text, to string) (string, error) {
	switch {
	case to != formatJSON && to != formatYAML:
		return "", statelark.Errorf(statelark.CodeValidation, "The format is json or yaml, and not '%s'", to)
	case formatOf(text) == to:
		return text, nil
	case to == formatJSON:
		_, out, ds := asl.ParseYAML(text, asl.Options{})
		if out == "" {
			return "", statelark.Errorf(statelark.CodeInvalidDefinition, "%s", asl.Message(ds))
		}
		return out, nil
	}
	v, err := value.Parse(text)
	if err != nil {
		return "", statelark.Errorf(statelark.CodeInvalidDefinition, "The text is not JSON: %s", err)
	}
	return yamlOf(v)
}

// yamlOf writes a value in YAML that our own reader, and those of YAML 1.1, read as the same.
func yamlOf(v value.Value) (string, error) {
	var out bytes.Buffer
	w := yaml.NewEncoder(&out)
	w.SetIndent(2)
	if err := w.Encode(yamlNode(v)); err != nil {
		return "", statelark.Errorf(statelark.CodeInvalidDefinition, "Writing YAML: %s", err)
	}
	if err := w.Close(); err != nil {
		return "", statelark.Errorf(statelark.CodeInvalidDefinition, "Writing YAML: %s", err)
	}
	return out.String(), nil
}

func yamlNode(v value.Value) *yaml.Node {
	switch v.Kind() {
	case value.Object:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, m := range v.Members() {
			n.Content = append(n.Content, yamlString(m.Key), yamlNode(m.Value))
		}
		return n
	case value.Array:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, e := range v.Elems() {
			n.Content = append(n.Content, yamlNode(e))
		}
		return n
	case value.String:
		return yamlString(v.Str())
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: v.Text()}
	if _, err := strconv.ParseFloat(n.Value, 64); v.Kind() == value.Number && err != nil { // too large: YAML would take it for text
		n.Tag, n.Style = "!!float", yaml.TaggedStyle
	}
	return n
}

// yamlString is a string. The encoder quotes what YAML would take for something else; words that YAML 1.1 alone takes for
// booleans are quoted here, and so is what a block would not keep to the letter.
func yamlString(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	switch strings.ToLower(text) {
	case "yes", "no", "on", "off", "y", "n", "<<", "=", "":
		n.Style = yaml.DoubleQuotedStyle
	}
	if strings.Contains(text, "\n") {
		n.Style = yaml.LiteralStyle
		if strings.ContainsAny(text, "\r\t\u0085\u2028\u2029\uFEFF") || strings.TrimLeft(text, " \n") != text || strings.TrimRight(text, " ") != text || strings.Contains(text, " \n") {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	return n
}
