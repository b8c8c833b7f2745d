// Package samples holds workflows that run with no AWS account. A folder is a sample:
//
//	sample.yaml                  what it shows and needs; see Sample
//	workflow.asl.json or .yaml   the state machine
//	template.yaml                the services that it uses, as a template of CloudFormation
//	input.json, expected.json    an input, and the output it gives; where that has "*", anything may stand
//	input-CASE.json              a further input; its output stands in expected-CASE.json
//	failure.json, -CASE.json     in place of an output: how the execution ends when it does not succeed
//
// A sample without a template may have:
//
//	values.yaml                  what ${Name} in the workflow stands for
//	statelark.yaml               the account and the functions, as the server's configuration has them
//	worker.py                    a worker of its activities
//	NAME.asl.json                a state machine that the workflow starts
//
// The samples are part of the binary. The tests run all of them through it.
package samples

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed */*
var files embed.FS

// Sample is what sample.yaml says.
type Sample struct {
	Name    string `yaml:"-"`
	Summary string `yaml:"summary"`
	// Needs are programs of the machine.
	Needs []string `yaml:"needs"`
	// Modules are those of Python that its functions import, beside what Python brings along.
	Modules []string `yaml:"modules"`
	// Hand says that people have to do something; the README says what.
	Hand bool `yaml:"by-hand"`
	// Database is a script that starts a database in the folder that it is given, and prints "ready" when it is there. Its
	// parameters of the template are named, and {folder} in them is that folder.
	Database   string            `yaml:"database"`
	Parameters map[string]string `yaml:"parameters"`
	// KillIn is the state in which a test kills the server, KillAt the event that it waits for there; "": that it is entered.
	KillIn string `yaml:"kill-in"`
	KillAt string `yaml:"kill-at"`
	// After is what can be seen when the execution has ended; AfterKill when the server was killed meanwhile, since what is done
	// at least once may be done twice then. Cases are those of input-CASE.json.
	After     []Check            `yaml:"after"`
	AfterKill []Check            `yaml:"after-kill"`
	Cases     map[string][]Check `yaml:"after-case"`
}

// Check is a call and what its answer has, among other things; or a query to the database and what it prints.
type Check struct {
	Call  string         `yaml:"call"` // "sqs:ReceiveMessage"
	Input map[string]any `yaml:"input"`
	Gives map[string]any `yaml:"gives"`

	Query  string `yaml:"query"`
	Prints string `yaml:"prints"`
}

// List returns all samples, by name.
func List() ([]*Sample, error) {
	found, err := fs.Glob(files, "*/sample.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the samples: %w", err)
	}
	var all []*Sample
	for _, name := range found {
		s, err := Read(path.Dir(name))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Read reads the sample of a name.
func Read(name string) (*Sample, error) {
	text, err := files.ReadFile(name + "/sample.yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no sample %s", name)
	}
	s := &Sample{Name: name}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("reading the sample %s: %w", name, err)
	}
	return s, nil
}

// Files are those of the sample.
func (s *Sample) Files() fs.FS {
	sub, err := fs.Sub(files, s.Name)
	if err != nil { // Name is no path
		panic(err)
	}
	return sub
}

// Workflow is the name of the file with the state machine; "" when the README has another way.
func (s *Sample) Workflow() string {
	for _, name := range []string{"workflow.asl.json", "workflow.asl.yaml"} {
		if s.Has(name) {
			return name
		}
	}
	return ""
}

// Has reports whether the sample has a file.
func (s *Sample) Has(name string) bool {
	_, err := fs.Stat(files, s.Name+"/"+name)
	return err == nil
}
