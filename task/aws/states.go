package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// The integration states:startExecution: nested executions.

var states = service{errors: "StepFunctions", client: "AWSStepFunctions"}

// Executions starts executions for Tasks.
type Executions interface {
	// StartChild starts an execution for a Task and returns when that is durable. With .sync and .sync:2 the child
	// tells the Task that it has begun and how it ended, in the words of Nesting. A refusal is a *statelark.Error.
	StartChild(ctx context.Context, c *task.Call, s statelark.ExecutionStart) (*statelark.Execution, error)
}

// NewStates makes the target of states:startExecution.
func NewStates(e Executions) task.Target { return statesTarget{e} }

type statesTarget struct{ executions Executions }

// Line is one for all, which waits for nobody.
func (statesTarget) Line(r *asl.Resource, _ value.Value) (name string, quick bool) {
	return r.ARN, true
}

// Start starts the child. Its name, where none is given, follows from the attempt, so that an attempt made again
// after a crash finds the child it had started.
func (t statesTarget) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	id := c.UUID()
	start, err := childStart(c, id)
	var child *statelark.Execution
	if err == nil {
		child, err = t.executions.StartChild(ctx, c, start)
	}
	var no *statelark.Error
	switch {
	case errors.As(err, &no):
		return task.Outcome{}, states.refused(c, &awswire.Error{Code: no.Code, Message: no.Message}, id)
	case err != nil:
		return task.Outcome{}, err
	case c.Resource.Pattern == asl.Sync || c.Resource.Pattern == asl.Sync2:
		return task.Outcome{Deferred: true}, nil
	}
	return task.Outcome{Output: started(child, id)}, nil
}

// childStart reads the parameters of the Task.
func childStart(c *task.Call, id string) (statelark.ExecutionStart, error) {
	text := func(key string) string {
		v, _ := c.Input.Get(key)
		return v.Str()
	}
	s := statelark.ExecutionStart{Machine: text("StateMachineArn"), Name: text("Name"), TraceHeader: text("TraceHeader"), Input: "{}"}
	if s.Name == "" {
		s.Name = id
	}
	if m, ok := arn.Parse(s.Machine); ok && m.Region != c.Place().Region { // AWS calls the endpoint of its own region
		return s, statelark.Errorf(statelark.CodeInvalidArn, "Invalid Arn: 'Region not valid in this context: %s'", m.Region)
	}
	switch in, _ := c.Input.Get("Input"); {
	case !in.Exists() || in.IsNull():
	case in.Kind() == value.String:
		if r := value.Refuse(in.Str()); r != nil {
			return s, statelark.Errorf(statelark.CodeInvalidExecutionInput, "Invalid State Machine Execution Input: '%s'", r.Why)
		}
		s.Input = in.Str()
	default:
		s.Input = in.Compact()
	}
	return s, nil
}

// started is what the integration returns for a child that was started: the API's answer and what the SDK adds.
func started(child *statelark.Execution, id string) value.Value {
	r := reply{id: id, status: http.StatusOK, headers: map[string]string{
		"x-amzn-RequestId": id,
		"connection":       "keep-alive",
		"Content-Length":   strconv.Itoa(len(`{"executionArn":"","startDate":1.763700000000E9}`) + len(child.ARN())),
		"Date":             child.Start.Format(http.TimeFormat),
		"Content-Type":     "application/x-amz-json-1.0",
	}}
	return r.result(
		value.Member{Key: "ExecutionArn", Value: value.FromString(child.ARN())},
		value.Member{Key: "StartDate", Value: value.FromInt(child.Start.UnixMilli())})
}

// Nesting words what nested executions tell the Tasks that started them, and those them.
type Nesting struct{}

// Began is what a Task hears when its child has begun.
func (Nesting) Began(child *statelark.Execution) value.Value {
	return started(child, task.Key{Execution: child.ARN(), Seq: child.ParentWait}.UUID())
}

// Ended is what a Task hears when its child has ended: DescribeExecution, with payloads as text (.sync) or as JSON
// (.sync:2).
func (Nesting) Ended(x *statelark.ExecutionDetail, how asl.Pattern) value.Value {
	var members []value.Member
	add := func(key string, v value.Value) { members = append(members, value.Member{Key: key, Value: v}) }
	payload := func(text string) value.Value {
		if how == asl.Sync2 && x.Status == statelark.Succeeded {
			return value.Checked(text)
		}
		return value.FromString(text)
	}
	included := value.NewObject([]value.Member{{Key: "Included", Value: value.True}})
	if x.Cause != nil {
		add("Cause", value.FromString(*x.Cause))
	}
	if x.Error != nil {
		add("Error", value.FromString(*x.Error))
	}
	add("ExecutionArn", value.FromString(x.ARN()))
	add("Input", payload(x.Input))
	add("InputDetails", included)
	add("Name", value.FromString(x.Name))
	if x.Status == statelark.Succeeded {
		add("Output", payload(x.Output))
		add("OutputDetails", included)
	}
	add("RedriveCount", value.FromInt(0))
	if x.Status == statelark.Succeeded {
		add("RedriveStatus", value.FromString("NOT_REDRIVABLE"))
		add("RedriveStatusReason", value.FromString("Execution is SUCCEEDED and cannot be redriven"))
	} else {
		add("RedriveStatus", value.FromString("REDRIVABLE"))
	}
	add("StartDate", value.FromInt(x.Start.UnixMilli()))
	add("StateMachineArn", value.FromString(x.Machine))
	add("Status", value.FromString(x.Status.String()))
	add("StopDate", value.FromInt(x.Stop.UnixMilli()))
	return value.NewObject(members)
}

// GivenUp is the cause with which a child is stopped that its parent no longer waits for.
func (Nesting) GivenUp(parent string) string {
	return fmt.Sprintf("The Task state in AWS Step Functions execution [%s] which was managing this resource was aborted", parent)
}
