package task

import (
	"context"
	"testing"

	"github.com/statelark/statelark/asl"
)

// Names of children and idempotency tokens are made of it: an attempt made again by a later release has the same.
func TestUUIDOfAnAttemptStays(t *testing.T) {
	k := Key{Execution: "arn:aws:states:us-east-1:111111111111:execution:m:e", Seq: 4}
	const want = "2c65afe6-09e2-417b-9e83-06832f04b710"
	if got := k.UUID(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if other := (Key{k.Execution, 5}).UUID(); other == want {
		t.Error("two attempts have one UUID")
	}
}

func TestJobHandle(t *testing.T) {
	for _, j := range []Job{{"execution", "\x01\x9a:\x00"}, {"batch", ""}, {"batch", "a:b"}} {
		if got, ok := ParseJob(j.Handle()); !ok || got != j {
			t.Errorf("%q became %q", j, got)
		}
	}
	for _, none := range []string{"", "execution", ":id"} {
		if j, ok := ParseJob(none); ok {
			t.Errorf("%q was read as %q", none, j)
		}
	}
}

type named string

func (named) Start(context.Context, *Call) (Outcome, error) { return Outcome{}, nil }

type mocks struct{ named }

func (mocks) Mocks(m *Mock) bool { return m.State == "Charge" }

// A mock goes before the target, and an execution of a test case never goes on without its mocks.
func TestMock(t *testing.T) {
	var r Registry
	if r.Mock(&Mock{State: "Charge"}) != nil {
		t.Error("a call without a test case is mocked")
	}
	lost := r.Mock(&Mock{Case: "Happy", State: "Charge"})
	if lost == nil {
		t.Fatal("without a configuration, the target itself is called")
	}
	if _, err := lost.Start(t.Context(), &Call{}); err == nil {
		t.Error("without a configuration, a mock answers")
	}
	r.SetMocks(mocks{"mocks"})
	if r.Mock(&Mock{Case: "Happy", State: "Charge"}) == nil || r.Mock(&Mock{Case: "Happy", State: "Ship"}) != nil {
		t.Error("other states are mocked than those of the test case")
	}
}

// An action's target goes before its service's, and a service's before that of all of the SDK.
func TestFind(t *testing.T) {
	var r Registry
	r.SetFunctions(named("functions"))
	for _, service := range []string{"lambda:invoke", "sqs", "aws-sdk:sfn", "aws-sdk"} {
		r.Set(service, named(service))
	}
	for resource, want := range map[string]Target{
		"arn:aws:lambda:us-east-1:111111111111:function:f": named("functions"),
		"arn:aws:states:::lambda:invoke.waitForTaskToken":  named("lambda:invoke"),
		"arn:aws:states:::sqs:sendMessage":                 named("sqs"),
		"arn:aws:states:::aws-sdk:sfn:startExecution":      named("aws-sdk:sfn"),
		"arn:aws:states:::aws-sdk:dynamodb:getItem":        named("aws-sdk"),
		"arn:aws:states:::sns:publish":                     nil,
	} {
		res, err := asl.ParseResource(resource)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Find(&res); got != want {
			t.Errorf("%s is done by %v, want %v", resource, got, want)
		}
	}
}
