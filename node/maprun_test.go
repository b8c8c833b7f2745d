package node

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// TestStateMachineOfAMapRun looks at the state machine of the children of a Map Run by its label and by a child of it.
func TestStateMachineOfAMapRun(t *testing.T) {
	n := startTelling(t, Telemetry{})
	defer func() { _ = n.Close(t.Context()) }()
	c, ctx := sdk(t, n), t.Context()
	m, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("M"), RoleArn: aws.String(place.RoleARN("r")),
		Definition: aws.String(`{"StartAt":"Map","States":{"Map":{"Type":"Map","Label":"L","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Input: aws.String(`[1,2]`)})
	if err != nil {
		t.Fatal(err)
	}
	w := sfn.DescribeExecutionInput{ExecutionArn: x.ExecutionArn}
	for d, err := c.DescribeExecution(ctx, &w); ; d, err = c.DescribeExecution(ctx, &w) {
		if err != nil || d.Status == types.ExecutionStatusFailed {
			t.Fatal(d, err)
		}
		if d.Status == types.ExecutionStatusSucceeded {
			break
		}
	}
	runs, err := c.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: x.ExecutionArn})
	if err != nil || len(runs.MapRuns) != 1 {
		t.Fatal(runs, err)
	}
	run, label := runs.MapRuns[0].MapRunArn, *m.StateMachineArn+"/L"
	if *runs.MapRuns[0].StateMachineArn != label {
		t.Errorf("the run is of %s", *runs.MapRuns[0].StateMachineArn)
	}
	children, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{MapRunArn: run})
	if err != nil || len(children.Executions) != 2 {
		t.Fatal(children, err)
	}
	child := children.Executions[0]
	if *child.StateMachineArn != label || *child.MapRunArn != *run {
		t.Errorf("a child is %+v", child)
	}
	all, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: m.StateMachineArn})
	if err != nil || len(all.Executions) != 1 || all.Executions[0].MapRunArn != nil {
		t.Errorf("the executions of the state machine are %+v (%v)", all, err)
	}
	d, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &label})
	if err != nil {
		t.Fatal(err)
	}
	of, err := c.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: child.ExecutionArn})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"label": aws.ToString(d.Label), "label of the child's": aws.ToString(of.Label),
	} {
		if got != "L" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if *d.StateMachineArn != label || *of.StateMachineArn != label || aws.ToString(of.MapRunArn) != *run || *d.Definition != *of.Definition || !strings.Contains(*d.Definition, `"StartAt":"P"`) {
		t.Errorf("described are %+v and %+v", d, of)
	}
	if _, err = c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(*m.StateMachineArn + "/No")}); code(err) != "StateMachineDoesNotExist" {
		t.Error(err)
	}
}
