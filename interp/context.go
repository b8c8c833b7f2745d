package interp

import (
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// context returns the context object: $$ and $states.context.
func (f *frame) context() value.Value {
	if !f.ctx.Exists() {
		f.ctx = f.buildContext()
	}
	return f.ctx
}

func (f *frame) buildContext() value.Value {
	x := f.x
	if x.test != nil && !x.test.Again {
		return x.test.context(f)
	}
	members := []value.Member{
		{Key: "Execution", Value: x.executionContext()},
		{Key: "StateMachine", Value: x.machineContext()},
		{Key: "State", Value: f.stateContext()},
	}
	return f.contextOf(members)
}

func (x *Exec) executionContext() value.Value {
	members := []value.Member{
		{Key: "Id", Value: value.FromString(x.id.ARN)},
		{Key: "Input", Value: x.input},
		{Key: "StartTime", Value: timestamp(x.id.StartedAt.UnixMilli())},
		{Key: "Name", Value: value.FromString(x.id.Name)},
		{Key: "RoleArn", Value: value.FromString(x.id.RoleARN)},
	}
	if !x.id.Sync { // recorded
		members = append(members, value.Member{Key: "RedriveCount", Value: value.FromInt(x.id.Redrives)})
	}
	if x.id.Redrives > 0 {
		members = append(members, value.Member{Key: "RedriveTime", Value: timestamp(x.id.Redriven.UnixMilli())})
	}
	return value.NewObject(members)
}

func (x *Exec) machineContext() value.Value {
	return value.NewObject([]value.Member{
		{Key: "Id", Value: value.FromString(x.id.MachineARN)},
		{Key: "Name", Value: value.FromString(x.id.MachineName)},
	})
}

// contextOf adds to members what not every state sees.
func (f *frame) contextOf(members []value.Member) value.Value {
	if f.item != nil {
		members = append(members, value.Member{Key: "Map", Value: f.item.context()})
	}
	if token := f.token(); token != "" {
		members = append(members, value.Member{Key: "Task", Value: value.NewObject([]value.Member{
			{Key: "Token", Value: value.FromString(token)},
		})})
	}
	return value.NewObject(members)
}

func (f *frame) stateContext() value.Value {
	members := []value.Member{
		{Key: "Name", Value: value.FromString(f.s.Name)},
		{Key: "EnteredTime", Value: timestamp(f.t.enteredAt)},
	}
	switch f.s.Type {
	case asl.Task, asl.Parallel, asl.Map:
		members = append(members, value.Member{Key: "RetryCount", Value: value.FromInt(int64(f.t.retries.count() + f.x.test.retries()))})
	}
	return value.NewObject(members)
}

// timestamp prints Unix milliseconds as AWS does: three digits of a fraction, or no fraction when it is zero.
func timestamp(ms int64) value.Value {
	layout := "2006-01-02T15:04:05.000Z"
	if ms%1000 == 0 {
		layout = "2006-01-02T15:04:05Z"
	}
	return value.FromString(time.UnixMilli(ms).UTC().Format(layout))
}

// token is the task token of the attempt that is being prepared or has just ended, "" when it has none.
func (f *frame) token() string {
	if f.s.Type != asl.Task || !hasToken(&f.s.Task.Resource) {
		return ""
	}
	seq := f.t.answered
	if seq == 0 {
		seq = f.x.lastSeq + 1 // the wait that the attempt will open
	}
	return f.x.host.Token(seq)
}

// hasToken reports whether a task of the resource can be ended from outside.
func hasToken(r *asl.Resource) bool {
	return r.Activity != "" || r.Waits()
}

// stateData is the Source of items that come from the state's own data, and not from an ItemReader.
var stateData = value.FromString("STATE_DATA")

func (i *mapItem) context() value.Value {
	members := []value.Member{{Key: "Index", Value: value.FromInt(int64(i.index))}, {Key: "Value", Value: i.value}}
	if i.keyed {
		members = append(members, value.Member{Key: "Key", Value: value.FromString(i.key)})
	}
	source := stateData
	if i.source != "" {
		source = value.FromString(i.source)
	}
	members = append(members, value.Member{Key: "Source", Value: source})
	return value.NewObject([]value.Member{{Key: "Item", Value: value.NewObject(members)}})
}
