package clients

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statelark/statelark/servertest"
)

const roleARN = "arn:aws:iam::000000000000:role/clients"

func testGo(t *testing.T, binary string) {
	client, ctx := servertest.StartBinary(t, binary).Client(), t.Context()
	activity := must(client.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("work")}))(t).ActivityArn
	text, err := os.ReadFile(definition)
	if err != nil {
		t.Fatal(err)
	}
	program := strings.Replace(string(text), "ACTIVITY", *activity, 1)
	machine := must(client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("orders"), Definition: &program, RoleArn: aws.String(roleARN),
	}))(t).StateMachineArn

	execution := must(client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: machine, Name: aws.String("first"), Input: aws.String(`{"order":17}`),
	}))(t).ExecutionArn
	token := work(t, client, activity)
	ended := waitEnd(t, client, execution)
	const output = `{"order":17,"result":{"done":1},"marked":true}`
	if ended.Status != types.ExecutionStatusSucceeded || aws.ToString(ended.Output) != output {
		t.Errorf("the execution ended %s with %s, want SUCCEEDED with %s", ended.Status, aws.ToString(ended.Output), output)
	}
	checkHistory(t, client, execution)
	checkTags(t, client, machine)
	checkErrors(t, client, machine, execution, token)
	checkVersions(t, client, machine)

	must(client.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: machine}))(t)
	must(client.DeleteActivity(ctx, &sfn.DeleteActivityInput{ActivityArn: activity}))(t)
	_, err = client.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: activity})
	mustBe[*types.ActivityDoesNotExist](t, err)
}

// must returns a function that gives the answer of a call, or ends the test.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// mustBe checks the class of an error.
func mustBe[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("the error is %v, want %T", err, want)
	}
}

// work takes one task, does it and returns its token.
func work(t *testing.T, client *sfn.Client, activity *string) *string {
	t.Helper()
	ctx := t.Context()
	task := must(client.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: activity, WorkerName: aws.String("go")}))(t)
	if aws.ToString(task.Input) != `{"order":17}` {
		t.Errorf("the task's input is %s", aws.ToString(task.Input))
	}
	must(client.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: task.TaskToken}))(t)
	must(client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: task.TaskToken, Output: aws.String(`{"done":1}`)}))(t)
	return task.TaskToken
}

// waitEnd polls, as clients of Step Functions have to.
func waitEnd(t *testing.T, client *sfn.Client, execution *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		described := must(client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: execution}))(t)
		if described.Status != types.ExecutionStatusRunning {
			return described
		}
	}
}

func checkHistory(t *testing.T, client *sfn.Client, execution *string) {
	t.Helper()
	var got []types.HistoryEventType
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: execution, MaxResults: 3})
	for pages.HasMorePages() {
		page := must(pages.NextPage(t.Context()))(t)
		if len(page.Events) > 3 {
			t.Errorf("a page has %d events", len(page.Events))
		}
		for _, e := range page.Events {
			got = append(got, e.Type)
			if e.Id != int64(len(got)) || e.PreviousEventId >= e.Id {
				t.Errorf("event %d has the id %d and the previous id %d", len(got), e.Id, e.PreviousEventId)
			}
		}
	}
	want := []types.HistoryEventType{
		types.HistoryEventTypeExecutionStarted, types.HistoryEventTypeTaskStateEntered,
		types.HistoryEventTypeActivityScheduled, types.HistoryEventTypeActivityStarted,
		types.HistoryEventTypeActivitySucceeded, types.HistoryEventTypeTaskStateExited,
		types.HistoryEventTypePassStateEntered, types.HistoryEventTypePassStateExited,
		types.HistoryEventTypeExecutionSucceeded,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the history differs (-want +got):\n%s", diff)
	}
}

func checkTags(t *testing.T, client *sfn.Client, machine *string) {
	t.Helper()
	want := []types.Tag{{Key: aws.String("stage"), Value: aws.String("test")}}
	must(client.TagResource(t.Context(), &sfn.TagResourceInput{ResourceArn: machine, Tags: want}))(t)
	listed := must(client.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: machine}))(t)
	if diff := cmp.Diff(want, listed.Tags, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Errorf("the tags differ (-want +got):\n%s", diff)
	}
	must(client.UntagResource(t.Context(), &sfn.UntagResourceInput{ResourceArn: machine, TagKeys: []string{"stage"}}))(t)
}

func checkErrors(t *testing.T, client *sfn.Client, machine, execution, token *string) {
	t.Helper()
	ctx := t.Context()
	_, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("bad"), Definition: aws.String("{}"), RoleArn: aws.String(roleARN),
	})
	mustBe[*types.InvalidDefinition](t, err)
	_, err = client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(*machine + "x")})
	mustBe[*types.StateMachineDoesNotExist](t, err)
	_, err = client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(*execution + "x")})
	mustBe[*types.ExecutionDoesNotExist](t, err)
	_, err = client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: machine, Name: aws.String("first"), Input: aws.String("{}"),
	})
	mustBe[*types.ExecutionAlreadyExists](t, err)
	_, err = client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: machine, Input: aws.String("{")})
	mustBe[*types.InvalidExecutionInput](t, err)
	_, err = client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String("nonsense"), Output: aws.String("{}")})
	mustBe[*types.InvalidToken](t, err)
	_, err = client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: token, Output: aws.String("{}")})
	mustBe[*types.TaskTimedOut](t, err)
}

// checkVersions publishes versions, shares executions out between them through an alias, and is refused.
func checkVersions(t *testing.T, client *sfn.Client, machine *string) {
	t.Helper()
	ctx := t.Context()
	first := must(client.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{
		StateMachineArn: machine, Description: aws.String("one"),
	}))(t).StateMachineVersionArn
	updated := must(client.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
		StateMachineArn: machine, Publish: true,
		Definition: aws.String(`{"StartAt":"P","States":{"P":{"Type":"Pass","Result":2,"End":true}}}`),
	}))(t)
	described := must(client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: first}))(t)
	if *described.StateMachineArn != *first || aws.ToString(described.Description) != "one" {
		t.Errorf("the version is described as %s, %s", *described.StateMachineArn, aws.ToString(described.Description))
	}
	routes := []types.RoutingConfigurationListItem{
		{StateMachineVersionArn: first}, {StateMachineVersionArn: updated.StateMachineVersionArn, Weight: 100},
	}
	alias := must(client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("live"), RoutingConfiguration: routes}))(t).StateMachineAliasArn
	execution := must(client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: alias}))(t).ExecutionArn
	ended := waitEnd(t, client, execution)
	if aws.ToString(ended.Output) != "2" || aws.ToString(ended.StateMachineAliasArn) != *alias ||
		aws.ToString(ended.StateMachineVersionArn) != *updated.StateMachineVersionArn {
		t.Errorf("through the alias: %+v", ended)
	}
	listed := must(client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: alias}))(t)
	if len(listed.Executions) != 1 || *listed.Executions[0].ExecutionArn != *execution {
		t.Errorf("executions of the alias: %+v", listed.Executions)
	}
	versions := must(client.ListStateMachineVersions(ctx, &sfn.ListStateMachineVersionsInput{StateMachineArn: machine}))(t)
	aliases := must(client.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: first}))(t)
	if len(versions.StateMachineVersions) != 2 || len(aliases.StateMachineAliases) != 1 {
		t.Errorf("versions %+v, aliases %+v", versions.StateMachineVersions, aliases.StateMachineAliases)
	}
	_, err := client.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: first})
	mustBe[*types.ConflictException](t, err)
	routes[0].Weight = 1
	_, err = client.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: alias, RoutingConfiguration: routes})
	var invalid *types.ValidationException
	if !errors.As(err, &invalid) || invalid.Reason != types.ValidationExceptionReasonInvalidRoutingConfiguration {
		t.Errorf("weights of 101: %v", err)
	}
	must(client.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: alias}))(t)
	_, err = client.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: alias})
	mustBe[*types.ResourceNotFound](t, err)
	must(client.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: first}))(t)
}
