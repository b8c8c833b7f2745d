package api

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// newServer serves the API over fakeEngine on a port of its own.
func newServer(t *testing.T) (*httptest.Server, *fakeEngine) {
	engine := newFakeEngine(time.Now)
	engine.events = events(3)
	s := New(engine, testPlace, Options{Now: time.Now})
	server := httptest.NewServer(s.Service())
	t.Cleanup(server.Close)
	return server, engine
}

// TestGoSDK makes calls with the SDK for Go: it reads the answers and knows the errors by their types.
func TestGoSDK(t *testing.T) {
	server, engine := newServer(t)
	client := sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")})
	ctx := context.Background()
	before := time.Now().Add(-time.Second)

	m, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("m"), RoleArn: aws.String("arn:aws:iam::123456789012:role/r"),
		Definition: aws.String(`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`),
		Tags:       []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if m.CreationDate.Before(before) || m.CreationDate.After(time.Now()) {
		t.Errorf("creationDate is %v", m.CreationDate)
	}
	for _, name := range []string{"a", "b", "c"} {
		_, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Name: &name, Input: aws.String(`{"ä": "\u0000"}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := engine.end("b", "FAILED", "E It broke."); err != nil {
		t.Fatal(err)
	}
	x, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(testPlace.ARN("states", "execution:m:b"))})
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != types.ExecutionStatusFailed || *x.Cause != "It broke." || *x.Input != `{"ä": "\u0000"}` ||
		x.RedriveStatus != types.ExecutionRedriveStatusRedrivable || x.StopDate.Before(*x.StartDate) {
		t.Errorf("DescribeExecution = %+v", x)
	}

	var names []string
	pages := sfn.NewListExecutionsPaginator(client, &sfn.ListExecutionsInput{StateMachineArn: m.StateMachineArn, MaxResults: 1})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range page.Executions {
			names = append(names, *x.Name)
		}
	}
	if got := strings.Join(names, " "); got != "c b a" {
		t.Errorf("executions listed: %s", got)
	}

	_, err = client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(testPlace.StateMachineARN("absent"))})
	var missing *types.StateMachineDoesNotExist
	if !errors.As(err, &missing) {
		t.Errorf("DescribeStateMachine: %v", err)
	}
	_, err = client.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: aws.String(testPlace.StateMachineARN("m:1")), Tags: []types.Tag{{Key: aws.String("k")}}})
	var resource *types.ResourceNotFound
	if !errors.As(err, &resource) || *resource.ResourceName != testPlace.StateMachineARN("m:1") {
		t.Errorf("TagResource: %v", err)
	}
	_, err = client.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: aws.String(testPlace.StateMachineARN("m/Map")), RoleArn: aws.String("r")})
	var invalid *types.ValidationException
	if !errors.As(err, &invalid) || invalid.Reason != types.ValidationExceptionReasonApiDoesNotSupportLabeledArns {
		t.Errorf("UpdateStateMachine: %v", err)
	}
}

// TestBoto makes calls with boto3, through the proxy variable too, as hosts do that cannot resolve the host
// "sync-…".
func TestBoto(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	if err := exec.Command(python, "-c", "import boto3").Run(); err != nil {
		t.Skip("python3 has no boto3")
	}
	for _, proxied := range []bool{false, true} {
		server, _ := newServer(t)
		endpoint, env := server.URL, []string(nil)
		if proxied {
			endpoint, env = "http://sync-states.us-east-1.statelark.invalid", []string{"HTTP_PROXY=" + server.URL}
		}
		cmd := exec.Command(python, "testdata/calls.py", endpoint)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret",
			"AWS_DEFAULT_REGION=us-east-1", "HOME=" + t.TempDir()}, env...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v\n%s", endpoint, err, out.String())
		}
	}
}
