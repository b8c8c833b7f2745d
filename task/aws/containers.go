package aws

import (
	"github.com/statelark/statelark/asl"
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

// taskVerdict: a task of ECS has done well when all its containers have.
func taskVerdict(out value.Value) verdict {
	run := at(out, "Tasks[0]")
	if at(run, "LastStatus").Str() != "STOPPED" {
		return goesOn
	}
	containers := at(run, "Containers")
	if at(run, "StopCode").Str() == "TaskFailedToStart" {
		return hasFailed
	}
	for _, c := range containers.Elems() {
		if code, ok := at(c, "ExitCode").Int(); !ok || code != 0 {
			return hasFailed
		}
	}
	if containers.Len() == 0 {
		return hasFailed
	}
	return succeeded
}
