package statelark

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testMachine() *StateMachine {
	return &StateMachine{
		ARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m", Name: "m", Type: Standard,
		Definition: "{}", RoleARN: "r", Logging: LoggingConfiguration{Level: LogOff}, Revision: InitialRevision,
	}
}

// TestSameRequest changes one thing at a time: what a second CreateStateMachine may differ in is told by AWS.
func TestSameRequest(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*StateMachine)
		same   bool
	}{
		"nothing":    {func(*StateMachine) {}, true},
		"role":       {func(m *StateMachine) { m.RoleARN = "other" }, true},
		"tags":       {func(m *StateMachine) { m.Tags = []Tag{{"k", "v"}} }, true},
		"no groups":  {func(m *StateMachine) { m.Logging.LogGroups = []string{} }, true},
		"definition": {func(m *StateMachine) { m.Definition = "{ }" }, false},
		"type":       {func(m *StateMachine) { m.Type = Express }, false},
		"level":      {func(m *StateMachine) { m.Logging.Level = LogAll }, false},
		"data":       {func(m *StateMachine) { m.Logging.IncludeExecutionData = true }, false},
		"group":      {func(m *StateMachine) { m.Logging.LogGroups = []string{"g"} }, false},
		"tracing":    {func(m *StateMachine) { m.Tracing.Enabled = true }, false},
		"key":        {func(m *StateMachine) { m.Encryption.KeyID = "k" }, false},
	} {
		other := testMachine()
		test.change(other)
		if got := testMachine().SameRequest(other); got != test.same {
			t.Errorf("%s differs: the same request: %v", name, got)
		}
	}
}

func TestApplyUpdate(t *testing.T) {
	text, empty := "other", ""
	for name, test := range map[string]struct {
		update  StateMachineUpdate
		change  func(*StateMachine)
		changed bool
	}{
		"nothing":    {StateMachineUpdate{}, func(*StateMachine) {}, false},
		"definition": {StateMachineUpdate{Definition: &text}, func(m *StateMachine) { m.Definition = text }, true},
		"role":       {StateMachineUpdate{RoleARN: &text}, func(m *StateMachine) { m.RoleARN = text }, true},
		"emptied":    {StateMachineUpdate{Definition: &empty}, func(m *StateMachine) { m.Definition = "" }, true},
		"tracing":    {StateMachineUpdate{Tracing: &TracingConfiguration{true}}, func(m *StateMachine) { m.Tracing.Enabled = true }, true},
		"same":       {StateMachineUpdate{Tracing: &TracingConfiguration{}, Logging: &LoggingConfiguration{Level: LogOff}}, func(*StateMachine) {}, false},
		"logging": {StateMachineUpdate{Logging: &LoggingConfiguration{Level: LogFatal, LogGroups: []string{"g"}}},
			func(m *StateMachine) { m.Logging = LoggingConfiguration{Level: LogFatal, LogGroups: []string{"g"}} }, true},
		"key": {StateMachineUpdate{Encryption: &EncryptionConfiguration{KeyID: "k"}}, func(m *StateMachine) { m.Encryption.KeyID = "k" }, true},
	} {
		before := testMachine()
		want := testMachine()
		test.change(want)
		got, changed := test.update.Apply(before)
		if changed != test.changed || !cmp.Equal(got, want) {
			t.Errorf("%s: changed %v\n%s", name, changed, cmp.Diff(want, got))
		}
		if !cmp.Equal(before, testMachine()) {
			t.Errorf("%s: the old revision was changed", name)
		}
	}
}
