package deploy

import (
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

var update = flag.Bool("update", false, "write the expected calls anew")

// deployment is a deployment of a template to a fake server.
func deployment(t *testing.T, f *fake, text string) *Deployment {
	t.Helper()
	template, err := ParseTemplate(text)
	if err != nil {
		t.Fatal(err)
	}
	template.Dir = "testdata"
	return &Deployment{Template: template, Stack: "orders", Place: here, Caller: f}
}

// run plans and executes, and returns what was done, a line for each change, and the outputs.
func (d *Deployment) run(t *testing.T) (lines []string, outputs value.Value) {
	t.Helper()
	p, err := d.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var planned []string
	for _, c := range p.Changes {
		planned = append(planned, c.line())
	}
	outputs, err = p.Execute(t.Context(), func(c Change) { lines = append(lines, c.line()) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(planned, lines) {
		t.Errorf("planned\n%s\nand did\n%s", strings.Join(planned, "\n"), strings.Join(lines, "\n"))
	}
	return lines, outputs
}

func (c *Change) line() string {
	text := string(c.Action) + " " + c.ID
	for _, p := range c.Properties {
		text += " " + p.Name
	}
	return text
}

// changes are the lines about resources with which something happened.
func changes(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.HasPrefix(l, "keep ") || strings.HasPrefix(l, "ignore ") })
}

func readTestdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// archivePattern is an archive, which depends on who packs it.
var archivePattern = regexp.MustCompile(`"ZipFile":"[^"]{100,}"`)

// golden compares calls with a file.
func golden(t *testing.T, name string, calls []string) {
	t.Helper()
	got := archivePattern.ReplaceAllString(strings.Join(calls, "\n")+"\n", `"ZipFile":"…"`)
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want := readTestdata(t, name); got != want {
		t.Errorf("the calls are\n%s\nwant\n%s", got, want)
	}
}

// TestAll deploys a template with one resource of each type, deploys it again, and deletes it.
func TestAll(t *testing.T) {
	f := newFake(t)
	d := deployment(t, f, readTestdata(t, "all.yaml"))
	_, outputs := d.run(t)
	golden(t, "all.calls", f.take())
	const want = `{"Arn":"arn:aws:states:us-east-1:123456789012:stateMachine:orders-dev","Url":"http://127.0.0.1:8083/123456789012/orders","Stream":"arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1"}`
	if got := outputs.Compact(); got != want {
		t.Errorf("the outputs are\n%s\nwant\n%s", got, want)
	}
	for kind := range rows {
		if rows[kind].nothing == "" && !slices.ContainsFunc(d.Template.resources, func(r *resource) bool { return r.kind == kind }) {
			t.Errorf("the template has no %s", kind)
		}
	}
	if text := f.objects["statelark-deploy-123456789012-us-east-1/stacks/orders.json"]; strings.Contains(text, "secret-key") || strings.Contains(text, `"plain"`) {
		t.Errorf("the record has secrets: %s", text)
	}

	lines, _ := d.run(t)
	if got := changes(lines); len(got) > 0 {
		t.Errorf("the second deployment does %q", got)
	}
	f.take()

	gone := &Deployment{Stack: "orders", Place: here, Caller: f}
	lines, _ = gone.run(t)
	golden(t, "all.deleted", append(f.take(), changes(lines)...))
	if text, there := f.objects["statelark-deploy-123456789012-us-east-1/stacks/orders.json"]; there {
		t.Errorf("the record is still there: %s", text)
	}
}

// TestChanges deploys one template after another over the first.
func TestChanges(t *testing.T) {
	const first = `
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, VisibilityTimeout: 30, Tags: [{Key: a, Value: "1"}, {Key: b, Value: "2"}]}}
  F:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: f, Runtime: python3.12, Handler: index.h, Role: arn:aws:iam::123456789012:role/r, Code: {ZipFile: one}, Timeout: 3}
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties: {StateMachineName: m, RoleArn: arn:aws:iam::123456789012:role/r, Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}}
  V: {Type: AWS::StepFunctions::StateMachineVersion, Properties: {StateMachineArn: !Ref M, StateMachineRevisionId: !GetAtt M.StateMachineRevisionId}}
  L: {Type: AWS::StepFunctions::StateMachineAlias, Properties: {Name: live, DeploymentPreference: {StateMachineVersionArn: !Ref V, Type: ALL_AT_ONCE}}}
  J: {Type: AWS::Batch::JobDefinition, Properties: {JobDefinitionName: j, Type: container, ContainerProperties: {Image: i, Command: [a]}}}
  P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !Ref J}}
  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}], BillingMode: PAY_PER_REQUEST}}
`
	tests := map[string]struct {
		from, to      string // what is changed in the template
		replace       bool
		answers       map[string]string
		lines, called []string
	}{
		"nothing": {"", "", false, nil, nil, nil},
		"an attribute of a queue": {"VisibilityTimeout: 30", "VisibilityTimeout: 60", false, nil,
			[]string{"update Q VisibilityTimeout"},
			[]string{`sqs:SetQueueAttributes {"QueueUrl":"http://127.0.0.1:8083/123456789012/q","Attributes":{"VisibilityTimeout":"60"}}`}},
		"an attribute that is gone": {"VisibilityTimeout: 30, ", "", false, nil,
			[]string{"update Q VisibilityTimeout"},
			[]string{`sqs:SetQueueAttributes {"QueueUrl":"http://127.0.0.1:8083/123456789012/q","Attributes":{"VisibilityTimeout":"30"}}`}},
		"a setting that is gone": {", Timeout: 3", "", false, nil,
			[]string{"update F Timeout"},
			[]string{`lambda:UpdateFunctionConfiguration {"FunctionName":"f","Runtime":"python3.12","Handler":"index.h","Role":"arn:aws:iam::123456789012:role/r","Description":"","Timeout":3,"MemorySize":128,"Environment":{"Variables":{}}}`}},
		"tags": {`{Key: a, Value: "1"}, {Key: b, Value: "2"}`, `{Key: b, Value: "3"}`, false, nil,
			[]string{"update Q Tags"},
			[]string{`sqs:UntagQueue {"QueueUrl":"http://127.0.0.1:8083/123456789012/q","TagKeys":["a"]}`,
				`sqs:TagQueue {"QueueUrl":"http://127.0.0.1:8083/123456789012/q","Tags":{"b":"3"}}`}},
		"settings of a function, not its code": {"one}, Timeout: 3", "one}, Timeout: 9", false, nil,
			[]string{"update F Timeout"},
			[]string{`lambda:UpdateFunctionConfiguration {"FunctionName":"f","Runtime":"python3.12","Handler":"index.h","Role":"arn:aws:iam::123456789012:role/r","Description":"","Timeout":9,"MemorySize":128,"Environment":{"Variables":{}}}`}},
		"the name of a function": {"FunctionName: f", "FunctionName: g", false, nil,
			[]string{"replace F FunctionName", "delete F"},
			[]string{`lambda:CreateFunction {"FunctionName":"g","Runtime":"python3.12","Handler":"index.h","Role":"arn:aws:iam::123456789012:role/r","Timeout":3,"Code":{"ZipFile":"…"}}`,
				`lambda:DeleteFunction {"FunctionName":"f"}`}},
		"a definition: a new version, and the alias leads there": {"Type: Pass", "Type: Pass, Comment: c", false,
			map[string]string{"stepfunctions:DescribeStateMachine": `{"revisionId": "r2"}`,
				"stepfunctions:PublishStateMachineVersion": `{"stateMachineVersionArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m:2"}`},
			[]string{"update M DefinitionString", "replace V StateMachineRevisionId", "update L DeploymentPreference", "delete V"},
			[]string{`stepfunctions:UpdateStateMachine {"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Comment\":\"c\",\"End\":true}}}","roleArn":"arn:aws:iam::123456789012:role/r"}`,
				`stepfunctions:DescribeStateMachine {"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m"}`,
				`stepfunctions:PublishStateMachineVersion {"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","revisionId":"r2"}`,
				`stepfunctions:UpdateStateMachineAlias {"stateMachineAliasArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:live","routingConfiguration":[{"stateMachineVersionArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:2","weight":100}]}`,
				`stepfunctions:DeleteStateMachineVersion {"stateMachineVersionArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:1"}`}},
		"a job: the next revision, and who refers to it": {"Command: [a]", "Command: [b]", false,
			map[string]string{"batch:RegisterJobDefinition": `{"jobDefinitionArn": "arn:aws:batch:us-east-1:123456789012:job-definition/j:2"}`},
			[]string{"update J ContainerProperties", "update P Value"},
			[]string{`batch:RegisterJobDefinition {"jobDefinitionName":"j","type":"container","containerProperties":{"image":"i","command":["b"]}}`,
				`ssm:PutParameter {"Name":"p","Type":"String","Value":"arn:aws:batch:us-east-1:123456789012:job-definition/j:2","Overwrite":true}`}},
		"a resource that is gone": {"  P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !Ref J}}\n", "", false, nil,
			[]string{"delete P"}, []string{`ssm:DeleteParameter {"Name":"p"}`}},
		"keys of a table": {"KeyType: HASH}]", "KeyType: HASH}, {AttributeName: n, KeyType: RANGE}]", true, nil,
			[]string{"replace T KeySchema"},
			[]string{`dynamodb:DeleteTable {"TableName":"t"}`, `dynamodb:DescribeTable {"TableName":"t"}`,
				`dynamodb:CreateTable {"TableName":"t","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],"BillingMode":"PAY_PER_REQUEST"}`,
				`dynamodb:DescribeTable {"TableName":"t"}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			deployment(t, f, first).run(t)
			f.take()
			if !strings.Contains(first, test.from) {
				t.Fatalf("the template has no %q", test.from)
			}
			f.answers = test.answers
			d := deployment(t, f, strings.Replace(first, test.from, test.to, 1))
			d.Replace = test.replace
			lines, _ := d.run(t)
			if got := changes(lines); !slices.Equal(got, test.lines) {
				t.Errorf("it does %q, want %q", got, test.lines)
			}
			got := archivePattern.ReplaceAllString(strings.Join(f.take(), "\n"), `"ZipFile":"…"`)
			if want := strings.Join(test.called, "\n"); got != want {
				t.Errorf("it calls\n%s\nwant\n%s", got, want)
			}
			if lines, _ := d.run(t); len(changes(lines)) > 0 {
				t.Errorf("deployed once more, it does %q", changes(lines))
			}
		})
	}
}

// TestBrokenOff breaks a deployment off at every call, and deploys once more, or deletes what is there of it.
func TestBrokenOff(t *testing.T) {
	text := readTestdata(t, "all.yaml")
	f := newFake(t)
	deployment(t, f, text).run(t)
	var operations []string
	for _, c := range f.take() {
		if what, _, _ := strings.Cut(c, " "); !slices.Contains(operations, what) && what != "ssm:GetParameter" {
			operations = append(operations, what)
		}
	}
	for _, what := range operations {
		f := newFake(t)
		f.refuse[what] = "InternalError"
		d := deployment(t, f, text)
		p, err := d.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Execute(t.Context(), func(Change) {}); refused(err) != "InternalError" {
			t.Errorf("%s: it ended with %v", what, err)
		}
		if _, err := d.Plan(t.Context()); err != nil {
			t.Errorf("%s: the next plan: %v", what, err)
		}
		half := *f
		half.objects, half.refuse = maps.Clone(f.objects), nil
		(&Deployment{Stack: "orders", Place: here, Caller: &half}).run(t)
		d.run(t)
		if lines, _ := d.run(t); len(changes(lines)) > 0 {
			t.Errorf("%s: after the second deployment there is still to do %q", what, changes(lines))
		}
	}
}

// TestTakesOver makes something that a deployment has made which did not live to note it.
func TestTakesOver(t *testing.T) {
	const text = `{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "t", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}}}}`
	f := newFake(t)
	f.refuse["dynamodb:CreateTable"] = "ResourceInUseException"
	d := deployment(t, f, text)
	p, err := d.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Execute(t.Context(), func(Change) {}); err == nil || !strings.Contains(err.Error(), "there is one called t already") {
		t.Errorf("a table of somebody else: %v", err)
	}

	f = newFake(t)
	f.refuse["dynamodb:DescribeTable"] = "InternalError"
	d = deployment(t, f, text)
	if p, err = d.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err = p.Execute(t.Context(), func(Change) {}); err == nil {
		t.Error("it was not broken off")
	}
	f.take()
	f.refuse["dynamodb:CreateTable"] = "ResourceInUseException"
	d.run(t)
	if got := f.take(); len(got) < 2 || !strings.HasPrefix(got[1], "dynamodb:UpdateTable ") {
		t.Errorf("it calls %q", got)
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct{ template, want string }{
		"nothing in it":     {`{}`, "the template has no Resources"},
		"no YAML":           {"a: [", "yaml: "},
		"twice":             {"Resources: {}\nResources: {}", "Resources stands there twice"},
		"a type":            {`{"Resources": {"A": {"Type": "AWS::EC2::Instance"}}}`, "A (AWS::EC2::Instance): resources of this type are not made here"},
		"SAM":               {`{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": {"Type": "AWS::Serverless::Api"}}}`, "run the transform of SAM first"},
		"a property of SAM": {`{"Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"AutoPublishAlias": "live"}}}}`, "the property AutoPublishAlias is not known here; the transform of SAM may know it"},
		"an event of SAM":   {`{"Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"Events": {"E": {"Type": "Api"}}}}}}`, "its event E is of the type Api, of which no rule is made here"},
		"a custom resource": {`{"Resources": {"A": {"Type": "Custom::Thing"}}}`, "custom resources are not made here"},
		"a transform":       {`{"Transform": ["Macro"], "Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`, `the transform "Macro" is not known`},
		"a property":        {`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}}}}`, "A (AWS::SQS::Queue): the property Colour is not known here"},
		"a section":         {`{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}, "Hooks": {}}`, "the section Hooks of the template is not known"},
		"a parameter": {`{"Parameters": {"P": {"Type": "String"}}, "Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`,
			"the parameter P has no value and no default"},
		"a value that is not allowed": {`{"Parameters": {"P": {"Type": "String", "Default": "c", "AllowedValues": ["a", "b"]}}, "Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`,
			`the parameter P is "c"; it has to be one of ["a","b"]`},
		"no number": {`{"Parameters": {"P": {"Type": "Number", "Default": "c"}}, "Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`, "has to be a number"},
		"too long":  {`{"Parameters": {"P": {"Type": "String", "Default": "abc", "MaxLength": 2}}, "Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`, "against its MaxLength of 2"},
		"a secret": {`{"Parameters": {"P": {"Type": "String", "Default": "abc", "NoEcho": true, "MaxLength": 2}}, "Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`,
			"the parameter P is not to be shown, against its MaxLength of 2"},
		"a cycle": {`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "B"}}}, "B": {"Type": "AWS::SQS::Queue", "DependsOn": "A"}}}`,
			"resources need each other: A, B, A"},
		"no such resource":  {`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "B"}}}}}`, "there is no parameter or resource B"},
		"no such attribute": {`{"Resources": {"A": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::GetAtt": "A.Size"}}}}}`, "the attribute Size of A (AWS::SQS::Queue) is not known here"},
		"an import":         {`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": "x"}}}}}`, "the function Fn::ImportValue is not done here"},
		"a dynamic reference": {`{"Resources": {"A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "{{resolve:ssm:x}}"}}}}`,
			"dynamic references are not resolved"},
		"what is not made": {`{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": {"A": {"Type": "AWS::SQS::Queue", "Condition": "No"}, "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "A"}}}}}`,
			"the resource A is not made, since its condition says no"},
		"a condition on itself": {`{"Conditions": {"C": {"Fn::Not": [{"Condition": "C"}]}}, "Resources": {"A": {"Type": "AWS::SQS::Queue", "Condition": "C"}}}`, "the condition C rests on itself"},
		"a definition": {`{"Resources": {"A": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": "r", "DefinitionString": "{\"StartAt\": \"X\", \"States\": {}}"}}}}`,
			"its definition: "},
		"two definitions": {`{"Resources": {"A": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": "r", "DefinitionString": "{}", "Definition": {}}}}}`,
			"it has to have one of DefinitionString, Definition, DefinitionS3Location"},
		"no such file": {`{"Resources": {"A": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "nowhere"}}}}`, "no such file"},
		"an image":     {`{"Resources": {"A": {"Type": "AWS::Lambda::Function", "Properties": {"PackageType": "Image", "Code": {"ImageUri": "x"}}}}}`, "container images are not run here"},
		"an output":    {`{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"O": {"Value": {"Ref": "B"}}}}`, "the output O: there is no parameter or resource B"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			template, err := ParseTemplate(test.template)
			if err == nil {
				template.Dir = "testdata"
				_, err = (&Deployment{Template: template, Stack: "s", Place: here, Caller: f}).Plan(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			if len(f.calls) > 0 || f.writes > 0 {
				t.Errorf("it calls %q", f.calls)
			}
		})
	}
}

// TestLossIsRefused replaces nothing that holds something, unless that is asked for.
func TestLossIsRefused(t *testing.T) {
	f := newFake(t)
	deployment(t, f, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}}`).run(t)
	_, err := deployment(t, f, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "other"}}}}`).Plan(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--replace does that") {
		t.Errorf("the error is %v", err)
	}
}

// TestTwoAtOnce has a second deployment write while the first goes on.
func TestTwoAtOnce(t *testing.T) {
	f := newFake(t)
	d := deployment(t, f, `{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`)
	p, err := d.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	deployment(t, f, `{"Resources": {"A": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::SQS::Queue"}}}`).run(t)
	if _, err := p.Execute(t.Context(), func(Change) {}); err == nil || !strings.Contains(err.Error(), "another deployment of the stack orders is under way") {
		t.Errorf("the error is %v", err)
	}
}

// TestWrittenByTools deploys what the CDK and the transform of SAM write.
func TestWrittenByTools(t *testing.T) {
	for _, name := range []string{"cdk/Shop.template.json", "sam.json", "serverless.yaml"} {
		t.Run(name, func(t *testing.T) {
			template, err := ReadTemplate("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			f := newFake(t)
			d := &Deployment{Template: template, Stack: "shop", Place: here, Caller: f}
			d.run(t)
			golden(t, strings.NewReplacer("/", "-", ".json", "", ".yaml", "").Replace(name)+".calls", f.take())
			if lines, _ := d.run(t); len(changes(lines)) > 0 {
				t.Errorf("deployed once more, it does %q", changes(lines))
			}
			(&Deployment{Stack: "shop", Place: here, Caller: f}).run(t)
		})
	}
}

// TestStays tells of what is gone from the template and stays.
func TestStays(t *testing.T) {
	f := newFake(t)
	deployment(t, f, `{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "DisplayName": "T"}}}}`).run(t)
	p, err := deployment(t, f, `{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}}}`).Plan(t.Context())
	if err != nil || len(p.Changes) != 1 || p.Changes[0].Note != "DisplayName stays as it was" {
		t.Errorf("the plan is %+v (%v)", p, err)
	}
}
