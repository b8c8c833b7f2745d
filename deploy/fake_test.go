package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// fake is a server. It keeps objects of S3, remembers the calls of all other services, and holds their inputs against the model.
type fake struct {
	t       *testing.T
	objects map[string]string // by bucket/key
	writes  int
	calls   []string          // "service:Operation input"
	answers map[string]string // by service:Operation, before the usual ones
	refuse  map[string]string // codes, by service:Operation
	refused map[string]bool   // those that were refused once
}

func newFake(t *testing.T) *fake {
	return &fake{t: t, objects: map[string]string{}, answers: map[string]string{}, refuse: map[string]string{}, refused: map[string]bool{}}
}

// usual are what services answer where somebody looks at it.
var usual = map[string]string{
	"dynamodb:CreateTable":                     `{"TableDescription": {"LatestStreamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1"}}`,
	"dynamodb:DescribeTable":                   `{"Table": {"TableStatus": "ACTIVE"}}`,
	"secretsmanager:GetRandomPassword":         `{"RandomPassword": "s3cret"}`,
	"secretsmanager:CreateSecret":              `{"ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"}`,
	"sns:Subscribe":                            `{"SubscriptionArn": "arn:aws:sns:us-east-1:123456789012:t:7"}`,
	"events:CreateConnection":                  `{"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1"}`,
	"batch:RegisterJobDefinition":              `{"jobDefinitionArn": "arn:aws:batch:us-east-1:123456789012:job-definition/j:1"}`,
	"batch:DescribeJobQueues":                  `{"jobQueues": []}`,
	"ecs:RegisterTaskDefinition":               `{"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/t:1"}}`,
	"lambda:PublishVersion":                    `{"FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f:1", "Version": "1"}`,
	"lambda:CreateAlias":                       `{"AliasArn": "arn:aws:lambda:us-east-1:123456789012:function:f:live"}`,
	"stepfunctions:DescribeStateMachine":       `{"revisionId": "r1"}`,
	"stepfunctions:PublishStateMachineVersion": `{"stateMachineVersionArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m:1"}`,
	"stepfunctions:CreateStateMachineAlias":    `{"stateMachineAliasArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m:live"}`,
	"ssm:GetParameter":                         `{"Parameter": {"Value": "from-ssm"}}`,
}

// endings are operations after which what was there is gone, until it is made again.
var endings = map[string]struct{ made, gone, code string }{
	"dynamodb:DescribeTable":             {"dynamodb:CreateTable ", "dynamodb:DeleteTable ", "ResourceNotFoundException"},
	"stepfunctions:DescribeStateMachine": {"stepfunctions:CreateStateMachine ", "stepfunctions:DeleteStateMachine ", "StateMachineDoesNotExist"},
}

// last is the place of the last such call, -1 when there is none.
func (f *fake) last(what string) int {
	for i, c := range slices.Backward(f.calls) {
		if strings.HasPrefix(c, what) {
			return i
		}
	}
	return -1
}

func (f *fake) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	if r.Place != here {
		f.t.Errorf("%s:%s is called in %v", r.Service, r.Operation, r.Place)
	}
	f.holdAgainstModel(r)
	if r.Service == "s3" && r.Operation != "PutBucketVersioning" && r.Operation != "PutBucketTagging" && !strings.Contains(r.Operation, "Bucket") {
		return f.object(r)
	}
	what := r.Service + ":" + r.Operation
	f.calls = append(f.calls, what+" "+r.Input.Compact())
	if code := f.refuse[what]; code != "" && !f.refused[what] {
		f.refused[what] = true
		return nil, &awswire.Error{Code: code, Message: "no"}
	}
	if e, ok := endings[what]; ok && f.last(e.gone) > f.last(e.made) {
		return nil, &awswire.Error{Code: e.code, Message: "gone"}
	}
	answer := f.answers[what]
	if answer == "" {
		answer = usual[what]
	}
	if what == "sqs:CreateQueue" {
		answer = fmt.Sprintf(`{"QueueUrl": "http://127.0.0.1:8083/%s/%s"}`, here.Account, textOf(r.Input, "QueueName"))
	}
	if answer == "" {
		return &awswire.Reply{}, nil
	}
	v, err := value.Parse(answer)
	return &awswire.Reply{Output: v}, err
}

// object does what S3 does with objects. Buckets are there once they were created or written to.
func (f *fake) object(r *awswire.Request) (*awswire.Reply, error) {
	name := textOf(r.Input, "Bucket") + "/" + textOf(r.Input, "Key")
	text, there := f.objects[name]
	tag := fmt.Sprintf(`"%d"`, len(text))
	switch r.Operation {
	case "PutObject":
		match, none := textOf(r.Input, "IfMatch"), textOf(r.Input, "IfNoneMatch")
		if match != "" && match != tag || none != "" && there {
			return nil, &awswire.Error{Code: "PreconditionFailed", Status: 412}
		}
		data, err := io.ReadAll(r.Body)
		f.objects[name] = string(data)
		f.writes++
		return &awswire.Reply{Output: object("ETag", fmt.Sprintf(`"%d"`, len(data)))}, err
	case "GetObject":
		if !there {
			return nil, &awswire.Error{Code: "NoSuchKey", Status: 404}
		}
		return &awswire.Reply{Output: object("ETag", tag), Body: io.NopCloser(strings.NewReader(text))}, nil
	case "DeleteObject":
		delete(f.objects, name)
	}
	return &awswire.Reply{}, nil
}

func object(key, text string) value.Value {
	return value.NewObject([]value.Member{member(key, text)})
}

// holdAgainstModel checks that the operation is there and takes such an input.
func (f *fake) holdAgainstModel(r *awswire.Request) {
	f.t.Helper()
	m := model.Load(r.Service)
	if m == nil || m.Operations[r.Operation] == nil {
		f.t.Errorf("there is no operation %s:%s", r.Service, r.Operation)
		return
	}
	var input any
	if err := json.Unmarshal([]byte(r.Input.Text()), &input); err != nil {
		f.t.Errorf("%s:%s gets %s: %v", r.Service, r.Operation, r.Input.Text(), err)
	}
	if shape := m.Operations[r.Operation].Input; shape != nil {
		f.hold(r.Service+":"+r.Operation, input, shape)
	}
}

// hold checks a value against its shape.
func (f *fake) hold(at string, v any, s *model.Shape) {
	f.t.Helper()
	kinds := map[model.Kind]string{
		model.String: "string", model.Integer: "float64", model.Long: "float64", model.Float: "float64", model.Double: "float64", model.Boolean: "bool",
		model.Timestamp: "float64", model.Blob: "string", model.List: "[]interface {}", model.Map: "map[string]interface {}", model.Structure: "map[string]interface {}",
	}
	if got := fmt.Sprintf("%T", v); got != kinds[s.Kind] {
		f.t.Errorf("%s is %v, a %s; want a %s", at, v, got, kinds[s.Kind])
		return
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			f.hold(fmt.Sprintf("%s[%d]", at, i), e, s.Elem)
		}
	case map[string]any:
		if s.Kind == model.Map {
			for key, e := range v {
				f.hold(at+"."+key, e, s.Elem)
			}
			return
		}
		for _, m := range s.Members {
			if _, has := v[m.Name]; m.Required && !has && !m.Token && !m.Streaming && m.Name != s.Payload {
				f.t.Errorf("%s lacks %s", at, m.Name)
			}
		}
		for key, e := range v {
			if m := s.Member(key); m != nil {
				f.hold(at+"."+key, e, m.Shape)
			} else {
				f.t.Errorf("%s has a member %s, which the model does not know", at, key)
			}
		}
	}
}

// take returns the calls so far, and forgets them.
func (f *fake) take() []string {
	calls := f.calls
	f.calls = nil
	return calls
}
