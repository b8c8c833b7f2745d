package deploy

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// definitionForms are the properties that can have the definition of a state machine.
var definitionForms = []string{"DefinitionString", "Definition", "DefinitionS3Location"}

// prepareMachine makes DefinitionString of the definition, wherever it stands: JSON, with its substitutions made. What is
// wrong with it is found before anything is changed.
func prepareMachine(p *preparation, properties value.Value) (value.Value, error) {
	text, err := p.definition(properties)
	if err != nil {
		return properties, err
	}
	values := map[string]string{}
	substitutions, _ := properties.Get("DefinitionSubstitutions")
	for _, m := range substitutions.Members() {
		values[m.Key] = plainText(m.Value)
		if !isScalar(m.Value) {
			return properties, fmt.Errorf("the substitution %s is no text", m.Key)
		}
	}
	for _, name := range append([]string{"DefinitionSubstitutions"}, definitionForms...) {
		p.later["DefinitionString"] = p.later["DefinitionString"] || p.later[name]
	}
	text, _ = asl.Substitute(text, values)
	text, err = checkDefinition(text, textOf(properties, "StateMachineType"), p.later["DefinitionString"])
	if err != nil {
		return properties, err
	}
	var members []value.Member
	for _, m := range properties.Members() {
		switch m.Key {
		case "DefinitionString", "Definition", "DefinitionS3Location", "DefinitionSubstitutions":
		default:
			members = append(members, m)
		}
	}
	return value.NewObject(append(members, value.Member{Key: "DefinitionString", Value: value.FromString(text)})), nil
}

// definition is the text of the definition as it is given.
func (p *preparation) definition(properties value.Value) (string, error) {
	var found []value.Member
	for _, name := range definitionForms {
		if v, ok := properties.Get(name); ok {
			found = append(found, value.Member{Key: name, Value: v})
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("it has to have one of %s", strings.Join(definitionForms, ", "))
	}
	switch v := found[0].Value; found[0].Key {
	case "DefinitionString":
		return plainText(v), nil
	case "Definition":
		return v.Compact(), nil
	default:
		return p.definitionFile(v)
	}
}

// maxDefinition is how many bytes of a definition are read. AWS takes 1 MB.
const maxDefinition = 16 << 20

func (p *preparation) definitionFile(location value.Value) (string, error) {
	path := location.Str()
	if location.Kind() == value.Object {
		bucket, key := textOf(location, "Bucket"), textOf(location, "Key")
		if path = p.asset(key); path == "" {
			text, err := p.object(bucket, key)
			if err != nil {
				return "", fmt.Errorf("its definition s3://%s/%s: %w", bucket, key, err)
			}
			return string(text), nil
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	text, err := readFile(path, maxDefinition)
	if err != nil {
		return "", fmt.Errorf("its definition: %w", err)
	}
	return string(text), nil
}

// checkDefinition makes JSON of a definition and tells what is wrong with it. While a part of it is not known yet, nothing is: what
// stands in its place may be no ARN.
func checkDefinition(text, kind string, later bool) (string, error) {
	o := asl.Options{Type: kind}
	var found []asl.Diagnostic
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		_, found = asl.Parse(text, o)
	} else {
		_, text, found = asl.ParseYAML(text, o)
	}
	var wrong Problems
	for _, d := range found {
		if d.Severity == asl.SeverityError && (!later || text == "") {
			wrong.add("its definition: %s (%s)", d.Message, d.Location)
		}
	}
	return text, wrong.err()
}
