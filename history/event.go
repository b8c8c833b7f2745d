// Package history holds the events of an execution's history: their 62 types, the packed form in which they
// are stored and the JSON form in which the API shows them.
package history

import "github.com/statelark/statelark/value"

// Event is one entry of a history. Which of the fields below Type count is told by the type (see
// table.go); the others are zero.
type Event struct {
	ID       int64
	Previous int64 // id of the event that led to this one, 0 for none
	At       int64 // Unix milliseconds
	Type     Type

	// Name is the name of the state (Entered, Exited, MapIteration…, EvaluationFailed) or of the worker
	// (ActivityStarted).
	Name string
	// Data is the payload: the input of Started, Entered and Scheduled events, the parameters of
	// TaskScheduled, the output of Exited, Submitted and Succeeded events. JSON text.
	Data string
	// Assigned holds the variables that a state assigned on its exit, in the order of its Assign field.
	Assigned []value.Member

	Error, Cause *string // nil: the event has none

	Resource     string
	ResourceType string
	Region       string
	Timeout      int64  // seconds, 0: none
	Heartbeat    int64  // seconds, 0: none
	RoleARN      string // role of ExecutionStarted, or of the task's credentials
	Version      string // stateMachineVersionArn
	Alias        string // stateMachineAliasArn
	MapRun       string
	Location     string // field whose expression failed
	Index        int64  // iteration, of MapIteration… events
	Length       int64  // items, of MapStateStarted
	RedriveCount int64
}
