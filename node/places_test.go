package node

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/lambda/function"
)

// clientAt is an SDK that signs for a place.
func clientAt(t *testing.T, n *Node, at arn.Place) *sfn.Client {
	o := sdk(t, n).Options()
	o.Region, o.Credentials = at.Region, credentials.NewStaticCredentialsProvider(at.Account, "x", "")
	return sfn.New(o)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// TestPlacesApart has the same names in four places of one server and looks at what each sees.
func TestPlacesApart(t *testing.T) {
	noLeaks(t)
	told := command("told", "sh", "-c", `cat >/dev/null; echo "\"$AWS_REGION $AWS_ACCESS_KEY_ID $AWS_LAMBDA_FUNCTION_ARN\""`)
	home := arn.Place{Region: "us-east-1", Account: "000000000000"}
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: home, AccountFromKey: true, Functions: []function.Function{told}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeNode(t, n)
	places := []arn.Place{home, {Region: "eu-west-1", Account: home.Account}, {Region: "us-east-1", Account: "111111111111"}, {Region: "cn-north-1", Account: "111111111111"}}
	ctx := t.Context()
	for _, at := range places {
		c := clientAt(t, n, at)
		m, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: aws.String(at.RoleARN("r")), Definition: aws.String(
			`{"StartAt":"F","States":{"F":{"Type":"Task","Resource":"arn:` + at.Partition() + `:states:::lambda:invoke","Parameters":{"FunctionName":"told","Payload.$":"$$.Execution.Id"},"OutputPath":"$.Payload","End":true}}}`)})
		if err != nil || *m.StateMachineArn != at.StateMachineARN("m") {
			t.Fatalf("in %v: %v", at, err)
		}
		if _, err := c.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("a-" + at.Region)}); err != nil {
			t.Fatal(err)
		}
		x, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Name: aws.String("x")})
		if err != nil {
			t.Fatal(err)
		}
		got := awaitEnd(t, c, x.ExecutionArn)
		if want := `"` + at.Region + " " + at.Account + " " + at.FunctionARN("told", "") + `"`; got != want {
			t.Errorf("in %v the function was told %s, want %s", at, got, want)
		}
	}
	for i, at := range places {
		c := clientAt(t, n, at)
		ms, err := c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
		if err != nil || len(ms.StateMachines) != 1 || *ms.StateMachines[0].StateMachineArn != at.StateMachineARN("m") {
			t.Errorf("in %v there are %v (%v)", at, ms, err)
		}
		as, err := c.ListActivities(ctx, &sfn.ListActivitiesInput{})
		if err != nil || len(as.Activities) != 1 || *as.Activities[0].ActivityArn != at.ActivityARN("a-"+at.Region) {
			t.Errorf("in %v there are %v (%v)", at, as, err)
		}
		for j, other := range places {
			want := ""
			switch {
			case i == j:
			case at.Region != other.Region:
				want = "InvalidArn"
			default:
				want = "AccessDeniedException"
			}
			_, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(other.StateMachineARN("m"))})
			if code(err) != want {
				t.Errorf("from %v the state machine in %v: %v, want %s", at, other, err, want)
			}
			_, err = c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(other.StateMachineARN("m"))})
			if code(err) != want {
				t.Errorf("from %v the executions in %v: %v, want %s", at, other, err, want)
			}
		}
	}
}

// TestCallsAcross has a Task that waits for an execution in another account, one in another region, and one that calls the
// API with a role of another account.
func TestCallsAcross(t *testing.T) {
	noLeaks(t)
	home := arn.Place{Region: "us-east-1", Account: "000000000000"}
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: home, AccountFromKey: true}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeNode(t, n)
	near, far := arn.Place{Region: home.Region, Account: "111111111111"}, arn.Place{Region: "eu-west-1", Account: home.Account}
	run := func(at arn.Place, name, definition string) string {
		t.Helper()
		c := clientAt(t, n, at)
		m, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: &name, RoleArn: aws.String(at.RoleARN("r")), Definition: &definition})
		if err != nil {
			t.Fatal(err)
		}
		x, err := c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn})
		if err != nil {
			t.Fatal(err)
		}
		return awaitEnd(t, c, x.ExecutionArn)
	}
	for _, at := range []arn.Place{near, far} {
		run(at, "child", `{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"id.$":"$$.Execution.Id"},"End":true}}}`)
	}
	nested := func(child string) string {
		return `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"` + child + `"},"OutputPath":"$.Output.id","End":true}}}`
	}
	if got := run(home, "near", nested(near.StateMachineARN("child"))); !strings.HasPrefix(got, `"`+near.ARN("states", "execution:child:")) {
		t.Errorf("the child in another account gives %s", got)
	}
	if got := run(home, "far", nested(far.StateMachineARN("child"))); !strings.HasPrefix(got, "StepFunctions.InvalidArnException") {
		t.Errorf("the child in another region gives %s", got)
	}
	list := `{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:listStateMachines","Parameters":{},"Credentials":{"RoleArn":"` +
		near.RoleARN("r") + `"},"OutputPath":"$.StateMachines[*].StateMachineArn","End":true}}}`
	if got, want := run(home, "list", list), `["`+near.StateMachineARN("child")+`"]`; got != want {
		t.Errorf("a role of another account lists %s, want %s", got, want)
	}
}

// awaitEnd waits for the end of an execution and returns its output, or its error.
func awaitEnd(t *testing.T, c *sfn.Client, execution *string) string {
	t.Helper()
	if x := await(t, c, execution); x.Output == nil {
		return *x.Error
	} else {
		return *x.Output
	}
}
