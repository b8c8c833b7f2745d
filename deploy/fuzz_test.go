package deploy

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
)

// nobody is a server that has nothing.
type nobody struct{}

func (nobody) Call(context.Context, *awswire.Request) (*awswire.Reply, error) {
	return nil, &awswire.Error{Code: "NoSuchKey"}
}

// FuzzTemplate plans whatever is a template: there is a plan or an error.
func FuzzTemplate(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		f.Fatal("there are no templates", err)
	}
	for _, path := range append(paths, "testdata/sam.json", "testdata/cdk/Shop.template.json") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": ["${B}${", {"B": {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}}]}}}}}`)
	f.Add("Resources: {A: {Type: AWS::SNS::Topic, DependsOn: [A], Properties: {Tags: [{Key: !Ref A, Value: !GetAtt A.B}]}}}")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		template, err := ParseTemplate(text)
		if err != nil {
			return
		}
		for _, r := range template.resources {
			if r.kind == "AWS::Lambda::Function" || strings.Contains(r.properties.Text(), "Location") {
				return // it may name any file of this machine
			}
		}
		template.Dir = t.TempDir()
		d := &Deployment{Template: template, Stack: "fuzz", Place: here, Caller: nobody{}}
		if p, err := d.Plan(t.Context()); err == nil && len(p.Changes) != len(p.order) {
			t.Errorf("there are %d changes of %d resources", len(p.Changes), len(p.order))
		}
	})
}
