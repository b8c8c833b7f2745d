package asl_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
)

func TestParseResource(t *testing.T) {
	for text, want := range map[string]asl.Resource{
		"arn:aws:lambda:us-east-1:000000000000:function:f": {
			Place: arn.Place{Region: "us-east-1", Account: "000000000000"}, Function: "f"},
		"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST": {
			Place: arn.Place{Region: "us-east-1", Account: "000000000000"}, Function: "f:$LATEST"},
		"arn:aws-us-gov:states:us-gov-west-1:000000000000:activity:a.b": {
			Place: arn.Place{Region: "us-gov-west-1", Account: "000000000000"}, Activity: "a.b"},
		"arn:aws:states:::http:invoke": {
			Service: "http", Action: "invoke", Pattern: asl.RequestResponse},
		"arn:aws:states:::ecs:runTask.sync": {
			Service: "ecs", Action: "runTask", Pattern: asl.Sync},
		"arn:aws:states:::states:startExecution.sync:2": {
			Service: "states", Action: "startExecution", Pattern: asl.Sync2},
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken": {
			Service: "sqs", Action: "sendMessage", Pattern: asl.WaitForTaskToken},
		"arn:aws:states:::aws-sdk:dynamodb:getItem": {
			Service: "aws-sdk:dynamodb", Action: "getItem", Pattern: asl.RequestResponse},
		"arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken": {
			Service: "aws-sdk:sfn", Action: "startExecution", Pattern: asl.WaitForTaskToken},
	} {
		want.ARN = text
		got, err := asl.ParseResource(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestParseResourceRefuses(t *testing.T) {
	for _, arn := range []string{
		"", "arn", "lambda:invoke", "arn:aws:states", "arn::states:::lambda:invoke", "arn:aws:states:::",
		"arn:aws:lambda:us-east-1:000000000000:function", "arn:aws:lambda:us-east-1:000000000000:function:",
		"arn:aws:lambda:us-east-1:000000000000:function:f:", "arn:aws:lambda:us-east-1:000000000000:function:f:1:2",
		"arn:aws:lambda:us-east-1:000000000000:layer:f", "arn:aws:s3:::bucket",
		"arn:aws:states:us-east-1:000000000000:activity:", "arn:aws:states:us-east-1:000000000000:activity:a:b",
		"arn:aws:states:us-east-1:000000000000:stateMachine:m", "arn:aws:states:us-east-1::lambda:invoke",
		"arn:aws:states:::lambda", "arn:aws:states:::lambda:", "arn:aws:states:::lambda:Invoke", "arn:aws:states:::lambda:invoke:2",
		"arn:aws:states:::lambda:invoke.sync", "arn:aws:states:::lambda:invoke.sync:2", "arn:aws:states:::lambda:invoke.async",
		"arn:aws:states:::states:startExecution.sync:3", "arn:aws:states:::s3:getObject", "arn:aws:states:::nope:nope",
		"arn:aws:states:::aws-sdk", "arn:aws:states:::aws-sdk:s3", "arn:aws:states:::aws-sdk:s3:", "arn:aws:states:::aws-sdk::listBuckets",
		"arn:aws:states:::aws-sdk:s3:ListBuckets", "arn:aws:states:::aws-sdk:s3:list-buckets", "arn:aws:states:::aws-sdk:s3:listBuckets.sync",
	} {
		if r, err := asl.ParseResource(arn); err == nil {
			t.Errorf("%q was read as %+v", arn, r)
		}
	}
}

// TestResourceName checks that an integration prints as history shows it.
func TestResourceName(t *testing.T) {
	for arn, want := range map[string][2]string{
		"arn:aws:states:::lambda:invoke":                      {"lambda", "invoke"},
		"arn:aws:states:::glue:startJobRun.sync":              {"glue", "startJobRun.sync"},
		"arn:aws:states:::states:startExecution.sync:2":       {"states", "startExecution.sync:2"},
		"arn:aws:states:::aws-sdk:s3:getObject":               {"aws-sdk:s3", "getObject"},
		"arn:aws:states:::sns:publish.waitForTaskToken":       {"sns", "publish.waitForTaskToken"},
		"arn:aws:states:::events:putEvents.waitForTaskToken":  {"events", "putEvents.waitForTaskToken"},
		"arn:aws:states:::apigateway:invoke.waitForTaskToken": {"apigateway", "invoke.waitForTaskToken"},
	} {
		r, err := asl.ParseResource(arn)
		if err != nil {
			t.Errorf("%s: %v", arn, err)
		} else if got := [2]string{r.Type(), r.Name()}; got != want {
			t.Errorf("%s: got %v, want %v", arn, got, want)
		}
	}
}
