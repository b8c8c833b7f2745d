package aws

import (
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// renamed gives a parameter the name that the operation has for it, as the only one of a list when it is many.
func renamed(from, to string, many bool) func(*task.Call, value.Value) (value.Value, error) {
	return func(_ *task.Call, in value.Value) (value.Value, error) {
		v, ok := in.Get(from)
		if !ok {
			return in, nil
		}
		if many {
			v = value.NewArray([]value.Value{v})
		}
		return without(in, from).With(to, v), nil
	}
}

// oneStep makes the parameters of AddJobFlowSteps of those of addStep.
func oneStep(c *task.Call, in value.Value) (value.Value, error) {
	in, err := renamed("ClusterId", "JobFlowId", false)(c, in)
	if err != nil {
		return in, err
	}
	return renamed("Step", "Steps", true)(c, in)
}

// oneStepID is the answer of addStep.
func oneStepID(_ *task.Call, out value.Value) value.Value {
	return value.NewObject([]value.Member{{Key: "StepId", Value: at(out, "StepIds[0]")}})
}

// oneCancelled is the answer of cancelStep.
func oneCancelled(_ *task.Call, out value.Value) value.Value {
	info := at(out, "CancelStepsInfoList[0]")
	if !info.Exists() {
		return out
	}
	return value.NewObject([]value.Member{{Key: "CancelStepsInfo", Value: info}})
}

// clusterID has the id of a cluster under its name in the other actions.
func clusterID(_ *task.Call, out value.Value) value.Value {
	id, _ := out.Get("JobFlowId")
	members := without(out, "JobFlowId").Members()
	return value.NewObject(append([]value.Member{{Key: "ClusterId", Value: id}}, members...))
}
