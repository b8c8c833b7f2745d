package aws

import (
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// eventEntries makes text of the Detail of every entry and names the execution and its state machine in its Resources.
func eventEntries(c *task.Call, in value.Value) (value.Value, error) {
	entries, _ := in.Get("Entries")
	if entries.Kind() != value.Array {
		return in, nil
	}
	own := []value.Value{value.FromString(c.Execution)}
	if machine := machineOf(c.Execution); machine != "" {
		own = append(own, value.FromString(machine))
	}
	all := make([]value.Value, entries.Len())
	for i, e := range entries.Elems() {
		if e.Kind() != value.Object {
			all[i] = e
			continue
		}
		if detail, ok := e.Get("Detail"); ok {
			e = e.With("Detail", asText(detail))
		}
		given, _ := e.Get("Resources")
		all[i] = e.With("Resources", value.NewArray(append(append([]value.Value(nil), given.Elems()...), own...)))
	}
	return in.With("Entries", value.NewArray(all)), nil
}

// machineOf is the ARN of the state machine of an execution, "" when text is none of one.
func machineOf(execution string) string {
	if machine, _, ok := arn.SplitExecution(execution); ok {
		return machine
	}
	machine, _, _, _ := arn.SplitExpress(execution)
	return machine
}

// failedEntries is the failure of a request in which not every event was taken.
func failedEntries(out value.Value) *task.Error {
	count, _ := out.Get("FailedEntryCount")
	if n, _ := count.Int(); n == 0 {
		return nil
	}
	return &task.Error{Name: "EventBridge.FailedEntry", Cause: out.Compact()}
}
