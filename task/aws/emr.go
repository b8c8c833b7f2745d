package aws

import (
	"context"

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

// instances is how the fleets or the groups of a cluster are found by their names.
type instances struct {
	list, all string // the operation, and the member of its answer
	name, id  string // the parameter, and the member that the operation wants for it
	one, to   string // the parameter with what is to be changed, and the operation's
	many      bool   // the operation's is a list
}

// find replaces the name of a fleet or a group by its id.
func (i instances) find(ctx context.Context, t *optimisedTarget, c *task.Call, in value.Value) (value.Value, error) {
	_, s, _ := t.operation(c.Resource.Action)
	cluster, _ := in.Get("ClusterId")
	wanted, _ := in.Get(i.name)
	change, _ := in.Get(i.one)
	page := value.NewObject([]value.Member{{Key: "ClusterId", Value: cluster}})
	for {
		answer, err := t.ask(ctx, newQuestion(c, s, s.Operations[i.list], optimisedTongue), page)
		if err != nil {
			return in, err
		}
		for _, e := range at(answer.result, i.all).Elems() {
			if at(e, "Name").Str() != wanted.Str() {
				continue
			}
			change = change.With(i.id, at(e, "Id"))
			if i.many {
				change = value.NewArray([]value.Value{change})
			}
			return without(without(in, i.name), i.one).With(i.to, change), nil
		}
		next := at(answer.result, "Marker")
		if next.Str() == "" {
			return in, task.Errorf(t.errors+"."+t.base, "Cluster %s has no %s named %s.", cluster.Str(), i.one, wanted.Str())
		}
		page = page.With("Marker", next)
	}
}
