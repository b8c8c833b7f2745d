// Package stack makes what a sample needs at a server: its state machine, and the tables, queues, functions and so on that
// it names. A sample with a template is deployed; for one without, the template is written here.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/deploy"
	"github.com/statelark/statelark/samples"
	"github.com/statelark/statelark/value"
)

// Maker makes samples at a server.
type Maker struct {
	Caller     awswire.Caller
	Place      arn.Place
	Parameters map[string]string // of templates
}

// Make makes what a sample needs and is not there, from its files in a folder, and returns the ARN of its state machine. done
// is told of each thing as it is made.
func (m *Maker) Make(ctx context.Context, s *samples.Sample, folder string, done func(deploy.Change)) (string, error) {
	template, err := m.template(s, folder)
	if err != nil {
		return "", err
	}
	d := &deploy.Deployment{Template: template, Stack: name(s), Place: m.Place, Caller: m.Caller, Parameters: m.Parameters}
	p, err := d.Plan(ctx)
	if err != nil {
		return "", err
	}
	outputs, err := p.Execute(ctx, done)
	if err != nil {
		return "", err
	}
	machine, _ := outputs.Get("StateMachineArn")
	if machine.Kind() != value.String {
		return "", fmt.Errorf("the template of %s has no output StateMachineArn", s.Name)
	}
	return machine.Str(), nil
}

// name is that of the stack. A sample without a template of its own has a common word for a name, which may be that of
// somebody's state machine.
func name(s *samples.Sample) string {
	if s.Has(templateFile) {
		return s.Name
	}
	return "sample-" + s.Name
}

const templateFile = "template.yaml"

func (m *Maker) template(s *samples.Sample, folder string) (*deploy.Template, error) {
	if s.Has(templateFile) {
		return deploy.ReadTemplate(filepath.Join(folder, templateFile))
	}
	if why := Unmade(s); why != "" {
		return nil, fmt.Errorf("the sample %s cannot be made: it needs %s", s.Name, why)
	}
	text, err := m.write(s, folder)
	if err != nil {
		return nil, fmt.Errorf("writing a template for the sample %s: %w", s.Name, err)
	}
	t, err := deploy.ParseTemplate(text)
	if err != nil {
		return nil, fmt.Errorf("the template of the sample %s: %w", s.Name, err)
	}
	t.Dir = folder
	return t, nil
}

// Unmade is what a sample needs that no server can be asked to make; "": nothing.
func Unmade(s *samples.Sample) string {
	switch {
	case s.Workflow() == "":
		return "the steps that its README tells"
	case s.Database != "":
		return "a database, which \"statelark samples run " + s.Name + "\" starts"
	}
	functions, err := functionsOf(s)
	if err != nil {
		return err.Error()
	}
	for _, f := range functions {
		if f.Handler == "" {
			return "functions that are commands: a server with \"--config\" of its statelark.yaml"
		}
	}
	return ""
}

// configured is what the configuration of a sample says.
type configured struct {
	Account   string              `yaml:"account"`
	Functions map[string]function `yaml:"functions"`
}

// function is one of its functions.
type function struct {
	Dir     string `yaml:"dir"`
	Runtime string `yaml:"runtime"`
	Handler string `yaml:"handler"`
	Command any    `yaml:"command"`
}

func functionsOf(s *samples.Sample) (map[string]function, error) {
	if s.Has(templateFile) || !s.Has("statelark.yaml") {
		return nil, nil
	}
	text, err := samplesFile(s, "statelark.yaml")
	if err != nil {
		return nil, err
	}
	var c configured
	if err := yaml.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("reading the configuration of the sample %s: %w", s.Name, err)
	}
	return c.Functions, nil
}

// written is how ARNs in samples begin.
var written = regexp.MustCompile(`arn:aws:([a-z]+):us-east-1:123456789012:`)

// write writes a template for a sample that has none: its functions, its activities, the state machines that it starts, and
// its own.
func (m *Maker) write(s *samples.Sample, folder string) (string, error) {
	resources := map[string]any{}
	functions, err := functionsOf(s)
	if err != nil {
		return "", err
	}
	for name, f := range functions {
		resources["Function"+idOf(name)] = resource("AWS::Lambda::Function", map[string]any{
			"FunctionName": name, "Runtime": f.Runtime, "Handler": f.Handler, "Code": f.Dir, "Timeout": 60, "Role": m.role(),
		})
	}
	definition, err := m.definition(folder, s.Workflow())
	if err != nil {
		return "", err
	}
	for _, name := range activitiesIn(definition) {
		resources["Activity"+idOf(name)] = resource("AWS::StepFunctions::Activity", map[string]any{"Name": name})
	}
	own, err := m.machine(name(s), folder, s.Workflow())
	if err != nil {
		return "", err
	}
	others, err := filepath.Glob(filepath.Join(folder, "*.asl.json"))
	if err != nil {
		return "", err
	}
	var before []string
	for _, path := range others {
		file := filepath.Base(path)
		if file == s.Workflow() {
			continue
		}
		machine, _, _ := strings.Cut(file, ".")
		if resources["Machine"+idOf(machine)], err = m.machine(machine, folder, file); err != nil {
			return "", err
		}
		before = append(before, "Machine"+idOf(machine))
	}
	if before != nil {
		own["DependsOn"] = before
	}
	resources["Workflow"] = own
	text, err := yaml.Marshal(map[string]any{
		"Resources": resources, "Outputs": map[string]any{"StateMachineArn": map[string]any{"Value": map[string]any{"Ref": "Workflow"}}},
	})
	return string(text), err
}

func resource(kind string, properties map[string]any) map[string]any {
	return map[string]any{"Type": kind, "Properties": properties}
}

// machine is a state machine whose definition is in a file, with the values that a sample may have for it.
func (m *Maker) machine(name, folder, file string) (map[string]any, error) {
	text, err := m.definition(folder, file)
	if err != nil {
		return nil, err
	}
	properties := map[string]any{"StateMachineName": name, "DefinitionString": text, "RoleArn": m.role()}
	values, err := os.ReadFile(filepath.Join(folder, "values.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return resource("AWS::StepFunctions::StateMachine", properties), nil
	}
	var all map[string]string
	if err == nil {
		err = yaml.Unmarshal(values, &all)
	}
	properties["DefinitionSubstitutions"] = all
	return resource("AWS::StepFunctions::StateMachine", properties), err
}

// definition is that of a file, with ARNs of the place.
func (m *Maker) definition(folder, file string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, file))
	here := "arn:" + m.Place.Partition() + ":${1}:" + m.Place.Region + ":" + m.Place.Account + ":"
	return written.ReplaceAllString(string(text), here), err
}

func (m *Maker) role() string {
	return "arn:" + m.Place.Partition() + ":iam::" + m.Place.Account + ":role/samples"
}

// activitiesIn are the names of activities in a definition.
func activitiesIn(definition string) []string {
	var names []string
	for _, rest := range strings.Split(definition, ":activity:")[1:] {
		if end := strings.IndexAny(rest, `"'`+"\n"); end > 0 {
			names = append(names, rest[:end])
		}
	}
	return names
}

// idOf makes the id of a resource of a name: letters and digits.
func idOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, name)
}
