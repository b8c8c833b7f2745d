package aws

import (
	"context"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// managedJob tells a job of Batch that the execution waits for it.
func managedJob(c *task.Call, in value.Value) (value.Value, error) {
	if c.Resource.Pattern != asl.Sync {
		return in, nil
	}
	overrides, _ := in.Get("ContainerOverrides")
	environment, _ := overrides.Get("Environment")
	all := append([]value.Value(nil), environment.Elems()...)
	all = append(all, value.NewObject([]value.Member{
		{Key: "Name", Value: value.FromString("MANAGED_BY_AWS")}, {Key: "Value", Value: value.FromString("STARTED_BY_STEP_FUNCTIONS")},
	}))
	return in.With("ContainerOverrides", overrides.With("Environment", value.NewArray(all))), nil
}

// startedBy says who started a task of ECS that the execution waits for, unless the Task says it.
func startedBy(c *task.Call, in value.Value) (value.Value, error) {
	if _, given := in.Get("StartedBy"); given || c.Resource.Pattern != asl.Sync {
		return in, nil
	}
	return in.With("StartedBy", value.FromString("AWS Step Functions")), nil
}

// failedTasks is the failure of a request that started no task, or not all of them.
func failedTasks(out value.Value) *task.Error {
	if failures, _ := out.Get("Failures"); failures.Len() == 0 {
		return nil
	}
	return &task.Error{Name: "AmazonECS.Unknown", Cause: out.Compact()}
}

// jobRun is the answer of startJobRun: it names the job as well.
func jobRun(c *task.Call, out value.Value) value.Value {
	name, ok := c.Input.Get("JobName")
	if !ok {
		return out
	}
	return value.NewObject(append([]value.Member{{Key: "JobName", Value: name}}, out.Members()...))
}

// taskVerdict: a task of ECS has done well when its essential containers have. Which ones are, its definition knows.
func taskVerdict(ctx context.Context, t *optimisedTarget, c *task.Call, out value.Value) (verdict, error) {
	run := at(out, "Tasks[0]")
	containers := at(run, "Containers")
	switch {
	case at(run, "LastStatus").Str() != "STOPPED":
		return goesOn, nil
	case at(run, "StopCode").Str() == "TaskFailedToStart" || containers.Len() == 0:
		return hasFailed, nil
	}
	var bad []string
	for _, c := range containers.Elems() {
		if code, ok := at(c, "ExitCode").Int(); !ok || code != 0 {
			bad = append(bad, at(c, "Name").Str())
		}
	}
	switch len(bad) {
	case 0:
		return succeeded, nil
	case containers.Len():
		return hasFailed, nil
	}
	minor, err := t.minor(ctx, c, at(run, "TaskDefinitionArn"))
	if err != nil {
		return goesOn, err
	}
	for _, name := range bad {
		if !minor[name] {
			return hasFailed, nil
		}
	}
	return succeeded, nil
}

// minor are the containers of a task definition that are not essential. None is when the definition is not to be seen.
func (t *optimisedTarget) minor(ctx context.Context, c *task.Call, definition value.Value) (map[string]bool, error) {
	s := model.Load("ecs")
	q := newQuestion(c, s, s.Operations["DescribeTaskDefinition"], optimisedTongue)
	answer, err := t.ask(ctx, q, value.NewObject([]value.Member{{Key: "TaskDefinition", Value: definition}}))
	if err != nil && passes(err) {
		return nil, err
	}
	minor := make(map[string]bool)
	if err == nil {
		for _, d := range at(answer.result, "TaskDefinition.ContainerDefinitions").Elems() {
			if essential, said := d.Get("Essential"); said && !essential.Bool() {
				minor[at(d, "Name").Str()] = true
			}
		}
	}
	return minor, nil
}
