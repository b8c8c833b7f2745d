package aws

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

func call(t *testing.T, resource, input string) *task.Call {
	t.Helper()
	r, err := asl.ParseResource(resource)
	if err != nil {
		t.Fatalf("%s: %v", resource, err)
	}
	in, err := value.Parse(input)
	if err != nil {
		t.Fatalf("%v in %s", err, input)
	}
	return &task.Call{Key: task.Key{Execution: "arn:aws:states:us-east-1:111111111111:execution:m:e", Seq: 4}, Resource: r, Input: in}
}

// executions starts nothing: it notes what it is asked for.
type executions struct {
	asked statelark.ExecutionStart
	err   error
}

func (x *executions) StartChild(_ context.Context, _ *task.Call, s statelark.ExecutionStart) (*statelark.Execution, error) {
	x.asked = s
	return &statelark.Execution{Machine: s.Machine, Name: s.Name, Start: time.UnixMilli(1763700000000).UTC()}, x.err
}

const machine = "arn:aws:states:us-east-1:111111111111:stateMachine:C"

func TestStatesAnswer(t *testing.T) {
	x := &executions{}
	c := call(t, "arn:aws:states:::states:startExecution", `{"StateMachineArn":"`+machine+`","Name":"n","Input":{"a": 1}}`)
	out, err := NewStates(x).Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if x.asked.Input != `{"a":1}` || x.asked.Name != "n" {
		t.Errorf("asked for %+v", x.asked)
	}
	id := c.UUID()
	want := `{"ExecutionArn":"arn:aws:states:us-east-1:111111111111:execution:C:n","SdkHttpMetadata":{"AllHttpHeaders":{` +
		`"x-amzn-RequestId":["` + id + `"],"connection":["keep-alive"],"Content-Length":["99"],"Date":["Fri, 21 Nov 2025 04:40:00 GMT"],` +
		`"Content-Type":["application/x-amz-json-1.0"]},"HttpHeaders":{"connection":"keep-alive","Content-Length":"99",` +
		`"Content-Type":"application/x-amz-json-1.0","Date":"Fri, 21 Nov 2025 04:40:00 GMT","x-amzn-RequestId":"` + id + `"},"HttpStatusCode":200},` +
		`"SdkResponseMetadata":{"RequestId":"` + id + `"},"StartDate":1763700000000}`
	if got := out.Output.Text(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// An attempt made again after a crash has to find its child by the name.
func TestStatesNameFollowsFromTheAttempt(t *testing.T) {
	x := &executions{}
	names := make(map[string]bool)
	for _, seq := range []uint64{1, 1, 2} {
		c := call(t, "arn:aws:states:::states:startExecution.sync", `{"StateMachineArn":"`+machine+`"}`)
		c.Seq = seq
		out, err := NewStates(x).Start(t.Context(), c)
		if err != nil || !out.Deferred || out.Output.Exists() {
			t.Fatalf("got %v, %v; the child is to tell", out, err)
		}
		names[x.asked.Name] = true
	}
	if len(names) != 2 {
		t.Errorf("three attempts, two of them the same, gave the names %v", names)
	}
}

func TestStatesInput(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: `{}`, `{"Input":null}`: `{}`, `{"Input":"[1, 2]"}`: `[1, 2]`, `{"Input":[1, 2]}`: `[1,2]`, `{"Input":0.0}`: `0.0`,
	} {
		s, err := childStart(call(t, "arn:aws:states:::states:startExecution", in), "id")
		if err != nil || s.Input != want {
			t.Errorf("%s starts with %s, %v; want %s", in, s.Input, err, want)
		}
	}
}

// How an error of a service reads in the two kinds of integration, and which event it makes.
func TestRefusals(t *testing.T) {
	states := func(code string) task.Target {
		return NewStates(&executions{err: statelark.Errorf(code, "It cannot be.")})
	}
	lambda := NewLambda(refusing{&awswire.Error{Code: "TooManyRequestsException", Message: "Rate exceeded", Status: 429}})
	sfn := NewSFN(&awswire.Service{Operations: []awswire.Operation{{
		Name: "StopExecution", Input: &awswire.Shape{Kind: awswire.Structure},
		Do: func(context.Context, *awswire.Call) error {
			return &awswire.Error{Code: "ExecutionDoesNotExist", Message: "No."}
		},
	}}})
	for _, tt := range []struct {
		target               task.Target
		resource, name, says string
		phase                task.Phase
	}{
		{states("StateMachineDoesNotExist"), "arn:aws:states:::states:startExecution", "StepFunctions.StateMachineDoesNotExistException",
			"It cannot be. (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: ", task.Ran},
		{states("ThrottlingException"), "arn:aws:states:::states:startExecution.sync", "StepFunctions.ThrottlingException",
			"It cannot be. (Service: AWSStepFunctions; Status Code: 400; Error Code: ThrottlingException; Request ID: ", task.Submit},
		{lambda, "arn:aws:states:::lambda:invoke", "Lambda.TooManyRequestsException",
			"Rate exceeded (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: ", task.Ran},
		{lambda, "arn:aws:states:::lambda:invoke.waitForTaskToken", "Lambda.TooManyRequestsException", "Rate exceeded (Service: AWSLambda; ", task.Submit},
		{lambda, "arn:aws:lambda:us-east-1:111111111111:function:f", "Lambda.TooManyRequestsException", "Rate exceeded (Service: AWSLambda; ", task.Ran},
		{sfn, "arn:aws:states:::aws-sdk:sfn:stopExecution", "Sfn.ExecutionDoesNotExistException",
			"No. (Service: Sfn, Status Code: 400, Request ID: ", task.Ran},
		{sfn, "arn:aws:states:::aws-sdk:sfn:stopExecution.waitForTaskToken", "Sfn.ExecutionDoesNotExistException",
			"No. (Service: Sfn, Status Code: 400, Request ID: ", task.Submit},
	} {
		_, err := tt.target.Start(t.Context(), call(t, tt.resource, `{}`))
		var failed *task.Error
		if !errors.As(err, &failed) {
			t.Errorf("%s ended with %v", tt.resource, err)
			continue
		}
		if failed.Name != tt.name || !strings.HasPrefix(failed.Cause, tt.says) || failed.Phase != tt.phase {
			t.Errorf("%s failed in phase %d with\n%s: %s\nwant phase %d\n%s: %s", tt.resource, failed.Phase, failed.Name, failed.Cause, tt.phase, tt.name, tt.says)
		}
	}
}

type refusing struct{ err error }

func (r refusing) Invoke(context.Context, *Invocation) (*Invoked, error) { return nil, r.err }

// What is the server's own trouble is not told to the workflow as an answer of the service.
func TestFaultsAreNoRefusals(t *testing.T) {
	fault := errors.New("the store is away")
	for resource, target := range map[string]task.Target{
		"arn:aws:states:::states:startExecution": NewStates(&executions{err: fault}),
		"arn:aws:states:::lambda:invoke":         NewLambda(refusing{fault}),
	} {
		if _, err := target.Start(t.Context(), call(t, resource, `{}`)); err != fault {
			t.Errorf("%s ended with %v", resource, err)
		}
	}
}
