package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// Template is a template as it was written.
type Template struct {
	// Dir is the folder that files are relative to.
	Dir string

	parameters, mappings, conditions, outputs value.Value
	resources                                 []*resource // in the order written
	byID                                      map[string]*resource
	notes                                     []string
}

// resource is a resource of a template.
type resource struct {
	id, kind   string
	properties value.Value
	dependsOn  []string
	condition  string
	retain     bool // it stays when it is no longer in the template
}

// Problems are all reasons why a template cannot be deployed.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, "\n") }

// add notes a problem.
func (p *Problems) add(format string, a ...any) { *p = append(*p, fmt.Sprintf(format, a...)) }

// err is the problems as an error, nil when there are none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// maxTemplate is how many bytes of a template are read. CloudFormation takes 1 MB.
const maxTemplate = 16 << 20

// ReadTemplate reads the template in a file.
func ReadTemplate(path string) (*Template, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	if info.Size() > maxTemplate {
		return nil, fmt.Errorf("reading the template: %s has more than %d bytes", path, maxTemplate)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	t, err := ParseTemplate(string(text))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	t.Dir = filepath.Dir(path)
	return t, nil
}

// ParseTemplate reads a template in JSON or YAML.
func ParseTemplate(text string) (*Template, error) {
	var doc value.Value
	var err error
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		doc, err = value.Parse(text)
	}
	if !doc.Exists() { // a flow mapping of YAML begins with a brace as well
		if fromYAML, yamlErr := parseYAML(text); err == nil || yamlErr == nil {
			doc, err = fromYAML, yamlErr
		}
	}
	if err != nil {
		return nil, err
	}
	if doc.Kind() != value.Object {
		return nil, Problems{"a template is an object"}
	}
	return newTemplate(doc)
}

// idleSections are the members of a template that are of no use here.
var idleSections = []string{"AWSTemplateFormatVersion", "Description", "Metadata"}

func newTemplate(doc value.Value) (*Template, error) {
	t := &Template{byID: map[string]*resource{}}
	var wrong Problems
	var resources, globals value.Value
	sections := map[string]*value.Value{"Parameters": &t.parameters, "Mappings": &t.mappings, "Conditions": &t.conditions, "Outputs": &t.outputs,
		"Resources": &resources, "Globals": &globals}
	for _, m := range doc.Members() {
		switch {
		case slices.Contains(idleSections, m.Key):
		case sections[m.Key] != nil:
			*sections[m.Key] = m.Value
		case m.Key == "Rules":
			t.notes = append(t.notes, "Rules are not checked")
		case m.Key == "Transform":
			t.transform(m.Value, &wrong)
		default:
			wrong.add("the section %s of the template is not known", m.Key)
		}
	}
	if resources.Kind() != value.Object || resources.Len() == 0 {
		wrong.add("the template has no Resources")
	}
	for _, m := range resources.Members() {
		r := readResource(m.Key, m.Value, &wrong)
		t.resources, t.byID[r.id] = append(t.resources, r), r
	}
	t.expandServerless(globals, &wrong)
	return t, wrong.err()
}

// transform checks that nothing has to be made of the template first that is not made here.
func (t *Template) transform(v value.Value, wrong *Problems) {
	names := []value.Value{v}
	if v.Kind() == value.Array {
		names = v.Elems()
	}
	for _, name := range names {
		switch name.Str() {
		case "AWS::Serverless-2016-10-31", "AWS::LanguageExtensions":
		default:
			wrong.add("the transform %s is not known", name.Compact())
		}
	}
}

// idleMembers are the members of a resource that are read elsewhere, or are of no use here.
var idleMembers = []string{"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "Metadata", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy"}

func readResource(id string, v value.Value, wrong *Problems) *resource {
	r := &resource{id: id, kind: textOf(v, "Type"), condition: textOf(v, "Condition")}
	if r.kind == "" {
		wrong.add("the resource %s has no Type", id)
	}
	for _, m := range v.Members() {
		if !slices.Contains(idleMembers, m.Key) {
			wrong.add("the resource %s has a member %s, which is not known", id, m.Key)
		}
	}
	r.properties, _ = v.Get("Properties")
	if !r.properties.Exists() || r.properties.IsNull() {
		r.properties = value.EmptyObj
	}
	if r.properties.Kind() != value.Object {
		wrong.add("the Properties of %s are no object", id)
		r.properties = value.EmptyObj
	}
	depends, _ := v.Get("DependsOn")
	switch depends.Kind() {
	case value.String:
		r.dependsOn = []string{depends.Str()}
	case value.Array:
		for _, e := range depends.Elems() {
			r.dependsOn = append(r.dependsOn, e.Str())
		}
	}
	policy := textOf(v, "DeletionPolicy")
	r.retain = policy == "Retain" || policy == "RetainExceptOnCreate"
	return r
}

// textOf is the text of a member, "" when it is none.
func textOf(v value.Value, key string) string {
	if m, ok := v.Get(key); ok && m.Kind() == value.String {
		return m.Str()
	}
	return ""
}

// order returns the resources that are made, each after those that it needs.
func (t *Template) order(s *scope) ([]*resource, error) {
	var wrong Problems
	needs := map[string][]string{}
	for _, r := range t.resources {
		if r.condition != "" {
			made, err := s.condition(r.condition)
			if err != nil {
				wrong.add("%s: %v", r.id, err)
			}
			if !made {
				s.left[r.id] = true
				continue
			}
		}
		needs[r.id] = t.needs(r, &wrong)
	}
	var order []*resource
	done := map[string]int{} // 1: under way, 2: in order
	var visit func(id string, way []string)
	visit = func(id string, way []string) {
		if done[id] == 1 {
			wrong.add("resources need each other: %s", strings.Join(append(way[slices.Index(way, id):], id), ", "))
		}
		if _, made := needs[id]; !made || done[id] != 0 {
			return
		}
		done[id] = 1
		for _, n := range needs[id] {
			visit(n, append(way, id))
		}
		done[id] = 2
		order = append(order, t.byID[id])
	}
	for _, r := range t.resources {
		visit(r.id, nil)
	}
	return order, wrong.err()
}

// needs lists the resources that one names.
func (t *Template) needs(r *resource, wrong *Problems) []string {
	var ids []string
	for _, id := range r.dependsOn {
		if t.byID[id] == nil {
			wrong.add("%s depends on %s, which is not there", r.id, id)
		}
		ids = append(ids, id)
	}
	for _, name := range namesIn(r.properties, nil) {
		if t.byID[name] != nil && !slices.Contains(ids, name) {
			ids = append(ids, name)
		}
	}
	return ids
}

// namesIn appends what Ref, Fn::GetAtt and Fn::Sub in v name.
func namesIn(v value.Value, names []string) []string {
	switch v.Kind() {
	case value.Array:
		for _, e := range v.Elems() {
			names = namesIn(e, names)
		}
	case value.Object:
		for _, m := range v.Members() {
			arg := m.Value
			first, _ := arg.Index(0)
			if arg.Kind() != value.Array {
				first = arg
			}
			switch {
			case m.Key == "Ref" && arg.Kind() == value.String:
				names = append(names, arg.Str())
			case m.Key == "Fn::GetAtt" && first.Kind() == value.String:
				name, _, _ := strings.Cut(first.Str(), ".")
				names = append(names, name)
			case m.Key == "Fn::Sub" && first.Kind() == value.String:
				for _, part := range subParts(first.Str()) {
					name, _, _ := strings.Cut(part.name, ".")
					names = append(names, name)
				}
			}
			names = namesIn(arg, names)
		}
	}
	return names
}
