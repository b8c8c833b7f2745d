package aws

import (
	"context"
	"strings"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// sdkService stands before the name of a service in the resource of a Task.
const sdkService = "aws-sdk:"

// NewSDK makes the target of all of aws-sdk: any operation of any service that the model has.
func NewSDK(o Options) task.Target { return &sdkTarget{o} }

type sdkTarget struct{ Options }

// sdkOperation finds what a resource aws-sdk:SERVICE:ACTION means; nil when there is no such operation, or when its events come
// as a stream.
func sdkOperation(service, action string) (*model.Service, *model.Operation) {
	s := model.ByTask(service)
	if s == nil {
		return nil, nil
	}
	op := actionsOf(s)[action]
	if op == nil || streamsEvents(op.Input) || streamsEvents(op.Output) {
		return nil, nil
	}
	return s, op
}

func streamsEvents(s *model.Shape) bool {
	if s == nil {
		return false
	}
	for i := range s.Members {
		if s.Members[i].Shape.EventStream {
			return true
		}
	}
	return false
}

// Line is that of the operation. What is built in waits for nobody, but for functions and queues.
func (t *sdkTarget) Line(r *asl.Resource, _ value.Value) (name string, quick bool) {
	s := model.ByTask(strings.TrimPrefix(r.Service, sdkService))
	return r.ARN, s != nil && t.builtIn(s.Name) && s.Name != "lambda" && s.Name != "sqs"
}

// Start carries the operation out and returns its answer.
func (t *sdkTarget) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	s, op := sdkOperation(strings.TrimPrefix(c.Resource.Service, sdkService), c.Resource.Action)
	if op == nil {
		return task.Outcome{}, task.Errorf("States.TaskFailed", "This server has no operation for %s.", c.Resource.ARN)
	}
	q := newQuestion(c, s, op, sdkTongue)
	a, err := t.ask(ctx, q, c.Input)
	if err != nil {
		return task.Outcome{}, q.failed(err, s.ErrorPrefix(), sdkRefusal)
	}
	return task.Outcome{Output: a.result}, nil
}
