package console

import "testing"

// What a sample made is told by words, of shelves and of what none of them holds.
func TestKindsOfCreatedResources(t *testing.T) {
	for kind, want := range map[string]string{
		"AWS::StepFunctions::StateMachine": "state machine",
		"AWS::StepFunctions::Activity":     "activity",
		"AWS::SQS::Queue":                  "queue",
		"AWS::DynamoDB::Table":             "table",
		"Custom":                           "custom",
	} {
		if got := kindOf(kind); got != want {
			t.Errorf("kindOf(%q) = %q, want %q", kind, got, want)
		}
	}
}
