package deploy

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark/value"
)

// maxYAML bounds what aliases can blow a template up to, in nodes. CloudFormation takes a template of 1 MB.
const maxYAML = 500_000

// parseYAML reads YAML with the short forms of CloudFormation's functions: !Ref, !Sub, !GetAtt and so on become
// objects with one member, as in JSON.
func parseYAML(text string) (value.Value, error) {
	var root yaml.Node
	d := yaml.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&root); errors.Is(err, io.EOF) {
		return value.EmptyObj, nil
	} else if err != nil {
		return value.Value{}, err
	}
	r := yamlReader{}
	return r.node(&root)
}

type yamlReader struct{ nodes, depth int }

func (r *yamlReader) node(n *yaml.Node) (value.Value, error) {
	r.nodes++
	r.depth++
	defer func() { r.depth-- }()
	if r.nodes > maxYAML || r.depth > value.MaxDepth {
		return value.Value{}, fmt.Errorf("line %d: the template becomes too large", n.Line)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.node(n.Content[0])
	case yaml.AliasNode:
		return r.node(n.Alias)
	}
	v, err := r.plain(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	return short(n, v)
}

// plain reads a node without regard to a tag of CloudFormation.
func (r *yamlReader) plain(n *yaml.Node) (value.Value, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return r.mapping(n)
	case yaml.SequenceNode:
		elems := make([]value.Value, len(n.Content))
		for i, e := range n.Content {
			var err error
			if elems[i], err = r.node(e); err != nil {
				return value.Value{}, err
			}
		}
		return value.NewArray(elems), nil
	}
	return scalar(n), nil
}

func (r *yamlReader) mapping(n *yaml.Node) (value.Value, error) {
	members := make([]value.Member, 0, len(n.Content)/2)
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			return value.Value{}, fmt.Errorf("line %d: the name of a member has to be a text", key.Line)
		case seen[key.Value]:
			return value.Value{}, fmt.Errorf("line %d: %s stands there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		v, err := r.node(n.Content[i+1])
		if err != nil {
			return value.Value{}, err
		}
		members = append(members, value.Member{Key: key.Value, Value: v})
	}
	return value.NewObject(members), nil
}

// scalar reads a scalar. Dates and whatever else JSON does not have are texts.
func scalar(n *yaml.Node) value.Value {
	switch n.ShortTag() {
	case "!!null":
		return value.NullValue
	case "!!bool":
		return value.FromBool(strings.EqualFold(n.Value, "true"))
	case "!!int":
		// With a 0 before it, it is more likely an account than an octal number.
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil && (n.Value == "0" || n.Value[0] != '0') {
			return value.FromInt(i)
		}
	case "!!float":
		if v, err := value.Parse(n.Value); err == nil {
			return v
		}
	}
	return value.FromString(n.Value)
}

// shortForms are the functions that have a tag; the names of the others begin with Fn::.
var shortForms = map[string]string{"Ref": "Ref", "Condition": "Condition"}

// short makes an object of a value with a tag.
func short(n *yaml.Node, v value.Value) (value.Value, error) {
	name := strings.TrimPrefix(n.Tag, "!")
	if name == "" {
		return value.Value{}, fmt.Errorf("line %d: ! is no function", n.Line)
	}
	long, ok := shortForms[name]
	if !ok {
		long = "Fn::" + name
	}
	if n.Kind == yaml.ScalarNode { // whatever it looks like, it is a text: !Ref 123
		v = value.FromString(n.Value)
	}
	return value.NewObject([]value.Member{{Key: long, Value: v}}), nil
}
