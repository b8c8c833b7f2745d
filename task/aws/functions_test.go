package aws

import (
	"testing"

	"github.com/statelark/statelark/awswire"
)

func TestFunctions(t *testing.T) {
	f := replying(`{"StatusCode":200,"Payload":"eyJhIjoxfQ==","LogResult":"bG9n","ExecutedVersion":"7"}`)
	c := call(t, "arn:aws:states:::lambda:invoke", `{"FunctionName":"f","Payload":{"b":2},"Qualifier":"q","LogType":"Tail","InvocationType":"RequestResponse"}`)
	c.Role = "arn:aws:iam::222222222222:role/r"
	out, err := NewLambda(NewFunctions(f)).Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := without(without(out.Output, "SdkHttpMetadata"), "SdkResponseMetadata").Text(); got != `{"ExecutedVersion":"7","LogResult":"bG9n","Payload":{"a":1},"StatusCode":200}` {
		t.Errorf("got %s", got)
	}
	if got := f.asked.Input.Text(); got != `{"FunctionName":"f","Qualifier":"q","InvocationType":"RequestResponse","LogType":"Tail","Payload":"eyJiIjoyfQ=="}` {
		t.Errorf("sent %s", got)
	}
	if f.asked.Role != c.Role || f.asked.Owner != machine[:len(machine)-1]+"m" || f.asked.Place.Account != "222222222222" {
		t.Errorf("sent by %+v", f.asked)
	}
	f = replying(`{"StatusCode":200,"FunctionError":"Unhandled","Payload":"eyJlcnJvclR5cGUiOiJFIn0="}`)
	_, err = NewLambda(NewFunctions(f)).Start(t.Context(), call(t, "arn:aws:lambda:eu-west-1:111111111111:function:f", `{}`))
	checkFailure(t, "a function that fails", err, "E", `{"errorType":"E"}`, false)
	if f.asked.Place.Region != "eu-west-1" {
		t.Errorf("called in %s", f.asked.Place.Region)
	}
	f.err = &awswire.Unanswered{Message: "Unable to execute HTTP request: no"}
	_, err = NewLambda(NewFunctions(f)).Start(t.Context(), c)
	checkFailure(t, "silence", err, "Lambda.SdkClientException", "Unable to execute HTTP request: no", false)
}
