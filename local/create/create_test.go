package create

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// lacking has nothing until it is made: a request is refused with an error until each of the operations was called.
type lacking struct {
	mu     sync.Mutex
	errs   []error // one for each operation that has to come
	made   []string
	bodies []string
}

func (l *lacking) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.HasPrefix(r.Operation, "Create") || strings.HasPrefix(r.Operation, "Register") {
		l.made = append(l.made, r.Operation+r.Input.Compact())
		return &awswire.Reply{}, nil
	}
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		l.bodies = append(l.bodies, string(text))
	}
	if len(l.made) < len(l.errs) {
		return nil, l.errs[len(l.made)]
	}
	return &awswire.Reply{Output: value.EmptyObj}, nil
}

func all(string) bool { return true }

var here = arn.Place{Region: "eu-west-1", Account: "111111111111"}

func request(t *testing.T, operation, input string) *awswire.Request {
	t.Helper()
	in, err := value.Parse(input)
	if err != nil {
		t.Fatalf("%v in %s", err, input)
	}
	service, operation, _ := strings.Cut(operation, ".")
	return &awswire.Request{Service: service, Operation: operation, Place: here, Input: in}
}

func TestCreate(t *testing.T) {
	const attributes = `"BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":`
	for _, tt := range []struct {
		operation, input string
		says             []string // codes and messages of the refusals
		made             []string
	}{
		{"dynamodb.PutItem", `{"TableName":"t","Item":{"text":{"S":"x"},"id":{"N":"1"}}}`, []string{"ResourceNotFoundException"},
			[]string{`CreateTable{"TableName":"t",` + attributes + `"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}]}`}},
		{"dynamodb.PutItem", `{"TableName":"orders","Item":{"CustomerId":{"S":"c"},"OrderId":{"S":"o"}}}`, []string{"ResourceNotFoundException"},
			[]string{`CreateTable{"TableName":"orders",` + attributes + `"OrderId","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"OrderId","AttributeType":"S"}]}`}},
		{"dynamodb.PutItem", `{"TableName":"arn:aws:dynamodb:eu-west-1:111111111111:table/t","Item":{"SK":{"S":"s"},"PK":{"S":"p"},"list":{"L":[]}}}`, []string{"ResourceNotFoundException"},
			[]string{`CreateTable{"TableName":"t",` + attributes + `"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],` +
				`"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},{"AttributeName":"SK","AttributeType":"S"}]}`}},
		{"dynamodb.UpdateItem", `{"TableName":"t","Key":{"when":{"N":"5"},"userId":{"S":"u"}}}`, []string{"ResourceNotFoundException"},
			[]string{`CreateTable{"TableName":"t",` + attributes + `"userId","KeyType":"HASH"},{"AttributeName":"when","KeyType":"RANGE"}],` +
				`"AttributeDefinitions":[{"AttributeName":"userId","AttributeType":"S"},{"AttributeName":"when","AttributeType":"N"}]}`}},
		{"sqs.SendMessage", `{"QueueUrl":"http://127.0.0.1:8083/111111111111/q"}`, []string{"QueueDoesNotExist"}, []string{`CreateQueue{"QueueName":"q"}`}},
		{"sqs.SendMessage", `{"QueueUrl":"http://127.0.0.1:8083/111111111111/q.fifo"}`, []string{"QueueDoesNotExist"},
			[]string{`CreateQueue{"QueueName":"q.fifo","Attributes":{"FifoQueue":"true"}}`}},
		{"sns.Publish", `{"TopicArn":"arn:aws:sns:eu-west-1:111111111111:t.fifo"}`, []string{"NotFound"},
			[]string{`CreateTopic{"Name":"t.fifo","Attributes":{"FifoTopic":"true"}}`}},
		{"s3.PutObject", `{"Bucket":"b","Key":"k"}`, []string{"NoSuchBucket"},
			[]string{`CreateBucket{"Bucket":"b","CreateBucketConfiguration":{"LocationConstraint":"eu-west-1"}}`}},
		{"logs.PutLogEvents", `{"logGroupName":"g","logStreamName":"s"}`,
			[]string{"ResourceNotFoundException The specified log group does not exist.", "ResourceNotFoundException The specified log stream does not exist."},
			[]string{`CreateLogGroup{"logGroupName":"g"}`, `CreateLogStream{"logGroupName":"g","logStreamName":"s"}`}},
		{"events.PutEvents", `{"Entries":[{},{"EventBusName":"bus"}]}`, []string{"ResourceNotFoundException"}, []string{`CreateEventBus{"Name":"bus"}`}},
		{"batch.SubmitJob", `{"jobName":"n","jobDefinition":"d:3","jobQueue":"q"}`,
			[]string{"ClientException JobQueue q not found", "ClientException JobQueue q not found", "ClientException JobDefinition d:3 not found"},
			[]string{`CreateComputeEnvironment{"computeEnvironmentName":"q","type":"UNMANAGED","state":"ENABLED"}`,
				`CreateJobQueue{"jobQueueName":"q","state":"ENABLED","priority":1,"computeEnvironmentOrder":[{"computeEnvironment":"q","order":1}]}`,
				`RegisterJobDefinition{"jobDefinitionName":"d","type":"container","containerProperties":{"image":"d"}}`}},
		{"ecs.RunTask", `{"taskDefinition":"f","overrides":{"containerOverrides":[{"name":"main"}]}}`,
			[]string{"ClusterNotFoundException", "ClientException TaskDefinition not found."},
			[]string{`CreateCluster{"clusterName":"default"}`,
				`RegisterTaskDefinition{"family":"f","containerDefinitions":[{"name":"main","image":"f","essential":true,"memory":512}]}`}},
		{"ecs.RunTask", `{"cluster":"arn:aws:ecs:eu-west-1:111111111111:cluster/c","taskDefinition":"f:1","launchType":"FARGATE"}`, []string{"ClientException TaskDefinition not found."},
			[]string{`RegisterTaskDefinition{"family":"f","containerDefinitions":[{"name":"f","image":"f","essential":true,"memory":512}],` +
				`"networkMode":"awsvpc","cpu":"256","memory":"512","requiresCompatibilities":["FARGATE"]}`}},
		{"glue.StartJobRun", `{"JobName":"j"}`, []string{"EntityNotFoundException"},
			[]string{`CreateJob{"Name":"j","Role":"arn:aws:iam::111111111111:role/j","Command":{"Name":"pythonshell","ScriptLocation":"j"}}`}},
	} {
		l := &lacking{}
		for _, text := range tt.says {
			code, message, _ := strings.Cut(text, " ")
			l.errs = append(l.errs, &awswire.Error{Code: code, Message: message})
		}
		var told []string
		c := New(Options{Caller: l, BuiltIn: all, Tell: func(m Made) { told = append(told, m.Operation) }})
		if _, err := c.Call(t.Context(), request(t, tt.operation, tt.input)); err != nil {
			t.Errorf("%s: %v", tt.operation, err)
		}
		if strings.Join(l.made, "\n") != strings.Join(tt.made, "\n") {
			t.Errorf("%s made\n%s\nwant\n%s", tt.operation, strings.Join(l.made, "\n"), strings.Join(tt.made, "\n"))
		}
		if len(told) != len(tt.made) {
			t.Errorf("%s told of %q", tt.operation, told)
		}
	}
}

// Nothing is made at a service outside, for other errors, or of what says too little.
func TestNothingIsMade(t *testing.T) {
	for name, tt := range map[string]struct {
		operation, input string
		err              error
		builtIn          bool
	}{
		"outside":       {"sqs.SendMessage", `{"QueueUrl":"http://h/1/q"}`, &awswire.Error{Code: "QueueDoesNotExist"}, false},
		"another error": {"sqs.SendMessage", `{"QueueUrl":"http://h/1/q"}`, &awswire.Error{Code: "AccessDenied"}, true},
		"no answer":     {"sqs.SendMessage", `{"QueueUrl":"http://h/1/q"}`, &awswire.Unanswered{Message: "no"}, true},
		"a fault":       {"sqs.SendMessage", `{"QueueUrl":"http://h/1/q"}`, errors.New("no"), true},
		"no keys":       {"dynamodb.Scan", `{"TableName":"t"}`, &awswire.Error{Code: "ResourceNotFoundException"}, true},
		"a phone":       {"sns.Publish", `{"TargetArn":"arn:aws:sns:r:1:endpoint/GCM/a/b"}`, &awswire.Error{Code: "NotFound"}, true},
		"a deletion":    {"s3.DeleteBucket", `{"Bucket":"b"}`, &awswire.Error{Code: "NoSuchBucket"}, true},
	} {
		l := &lacking{errs: []error{tt.err}}
		c := New(Options{Caller: l, BuiltIn: func(string) bool { return tt.builtIn }, Tell: func(m Made) { t.Errorf("%s: told of %v", name, m) }})
		if _, err := c.Call(t.Context(), request(t, tt.operation, tt.input)); !errors.Is(err, tt.err) || len(l.made) > 0 {
			t.Errorf("%s: %v, made %q", name, err, l.made)
		}
	}
}

// What is declared goes before what is guessed, and makes things that cannot be guessed.
func TestDeclared(t *testing.T) {
	declared := func(operation, name string) (value.Value, bool) {
		return value.Checked(`{"TableName":"` + name + `","KeySchema":[{"AttributeName":"own","KeyType":"HASH"}]}`), operation == "CreateTable"
	}
	for operation, want := range map[string]string{
		"dynamodb.PutItem": `CreateTable{"TableName":"t","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"own","KeyType":"HASH"}],` +
			`"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}`,
		"dynamodb.Query": `CreateTable{"TableName":"t","KeySchema":[{"AttributeName":"own","KeyType":"HASH"}]}`,
	} {
		l := &lacking{errs: []error{&awswire.Error{Code: "ResourceNotFoundException"}}}
		input := `{"TableName":"t"}`
		if operation == "dynamodb.PutItem" {
			input = `{"TableName":"t","Item":{"id":{"S":"1"}}}`
		}
		_, err := New(Options{Caller: l, BuiltIn: all, Declared: declared}).Call(t.Context(), request(t, operation, input))
		if err != nil || l.made[0] != want {
			t.Errorf("%s made %q, %v", operation, l.made, err)
		}
	}
}

// A body is sent again as a whole.
func TestBodyIsSentAgain(t *testing.T) {
	l := &lacking{errs: []error{&awswire.Error{Code: "NoSuchBucket"}}}
	r := request(t, "s3.PutObject", `{"Bucket":"b","Key":"k"}`)
	r.Body, r.Length = bytes.NewReader([]byte("text")), 4
	if _, err := New(Options{Caller: l, BuiltIn: all}).Call(t.Context(), r); err != nil || strings.Join(l.bodies, ",") != "text,text" {
		t.Errorf("sent %q, %v", l.bodies, err)
	}
	l = &lacking{errs: []error{&awswire.Error{Code: "NoSuchBucket"}}}
	r.Body = io.MultiReader(strings.NewReader("text"))
	if _, err := New(Options{Caller: l, BuiltIn: all}).Call(t.Context(), r); err == nil || len(l.made) > 0 {
		t.Errorf("a body that is gone: %v", err)
	}
}

// What somebody else makes meanwhile is there.
func TestMadeMeanwhile(t *testing.T) {
	made := false
	caller := callerFunc(func(r *awswire.Request) (*awswire.Reply, error) {
		switch {
		case r.Operation == "CreateQueue":
			made = true
			return nil, &awswire.Error{Code: "QueueNameExists"}
		case !made:
			return nil, &awswire.Error{Code: "QueueDoesNotExist"}
		}
		return &awswire.Reply{}, nil
	})
	c := New(Options{Caller: caller, BuiltIn: all, Tell: func(m Made) { t.Errorf("told of %v", m) }})
	if _, err := c.Call(t.Context(), request(t, "sqs.SendMessage", `{"QueueUrl":"http://h/1/q"}`)); err != nil {
		t.Error(err)
	}
}

type callerFunc func(*awswire.Request) (*awswire.Reply, error)

func (f callerFunc) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) { return f(r) }
