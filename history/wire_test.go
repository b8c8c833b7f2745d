package history_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

func TestAppendJSON(t *testing.T) {
	tests := []struct {
		name  string
		event history.Event
		o     history.WireOptions
		want  string
	}{
		{
			"start", history.Event{ID: 1, At: 1_700_000_000_000, Type: history.ExecutionStarted, Data: `{"a": "é"}`, RoleARN: "arn:r"}, history.WireOptions{},
			`{"timestamp":1700000000.000,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{\"a\": \"é\"}","inputDetails":{"truncated":false},"roleArn":"arn:r"}}`,
		}, {
			"assigned", history.Event{ID: 3, Previous: 2, At: 1_700_000_000_007, Type: history.PassStateExited, Name: "P", Data: "1",
				Assigned: []value.Member{{Key: "s", Value: value.FromString("x")}, {Key: "n", Value: value.FromInt(2)}}}, history.WireOptions{},
			`{"timestamp":1700000000.007,"type":"PassStateExited","id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"P","output":"1","outputDetails":{"truncated":false},"assignedVariables":{"s":"\"x\"","n":"2"},"assignedVariablesDetails":{"truncated":false}}}`,
		}, {
			"without data", history.Event{ID: 2, At: 1_700_000_000_090, Type: history.PassStateEntered, Name: "P", Data: "1"}, history.WireOptions{WithoutData: true},
			`{"timestamp":1700000000.090,"type":"PassStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"P"}}`,
		}, {
			"parameters stay", history.Event{ID: 3, Previous: 2, At: 1_700_000_000_999, Type: history.TaskScheduled, ResourceType: "sqs", Resource: "sendMessage", Region: "r", Data: "{}", Timeout: 60, RoleARN: "arn:r"}, history.WireOptions{WithoutData: true},
			`{"timestamp":1700000000.999,"type":"TaskScheduled","id":3,"previousEventId":2,"taskScheduledEventDetails":{"resourceType":"sqs","resource":"sendMessage","region":"r","parameters":"{}","timeoutInSeconds":60,"taskCredentials":{"roleArn":"arn:r"}}}`,
		}, {
			"empty details", history.Event{ID: 9, At: 0, Type: history.ExecutionAborted}, history.WireOptions{},
			`{"timestamp":0.000,"type":"ExecutionAborted","id":9,"previousEventId":0,"executionAbortedEventDetails":{}}`,
		}, {
			"empty error", history.Event{ID: 9, At: -1, Type: history.ExecutionFailed, Error: ptr("")}, history.WireOptions{},
			`{"timestamp":-0.001,"type":"ExecutionFailed","id":9,"previousEventId":0,"executionFailedEventDetails":{"error":""}}`,
		}, {
			"no details", history.Event{ID: 4, Previous: 3, At: 1, Type: history.LambdaFunctionStarted}, history.WireOptions{},
			`{"timestamp":0.001,"type":"LambdaFunctionStarted","id":4,"previousEventId":3}`,
		}, {
			"length 0", history.Event{ID: 4, Previous: 3, At: 1, Type: history.MapStateStarted}, history.WireOptions{},
			`{"timestamp":0.001,"type":"MapStateStarted","id":4,"previousEventId":3,"mapStateStartedEventDetails":{"length":0}}`,
		},
	}
	for _, tt := range tests {
		if got := string(history.AppendJSON(nil, &tt.event, tt.o)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestRecordedEvents compares the shape of every event that AWS is recorded to have answered with: the same
// details member, and no member in it that the type has not.
func TestRecordedEvents(t *testing.T) {
	files, err := filepath.Glob("../../shared/conformance/open/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("STATELARK_REQUIRE_SHARED") == "1" {
			t.Fatal("the recorded AWS answers are not at ../../shared/conformance/open")
		}
		t.Skip("the recorded AWS answers are not at ../../shared/conformance/open")
	}
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var recorded any
		if err := json.Unmarshal(text, &recorded); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		walk(recorded, func(event map[string]any) {
			seen++
			compareShape(t, filepath.Base(file), event)
		})
	}
	if seen == 0 {
		t.Error("no event was found in the recorded answers")
	}
}

// walk calls found for every object in v that is a history event.
func walk(v any, found func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		_, hasID := v["id"].(float64)
		_, hasType := v["type"].(string)
		if _, linked := v["previousEventId"]; hasID && hasType && linked {
			found(v)
			return
		}
		for _, member := range v {
			walk(member, found)
		}
	case []any:
		for _, elem := range v {
			walk(elem, found)
		}
	}
}

func compareShape(t *testing.T, file string, event map[string]any) {
	t.Helper()
	name := event["type"].(string)
	typ, ok := history.ParseType(name)
	if !ok {
		t.Errorf("%s: unknown type %s", file, name)
		return
	}
	e := full(typ)
	var ours map[string]any
	if err := json.Unmarshal(history.AppendJSON(nil, &e, history.WireOptions{}), &ours); err != nil {
		t.Fatal(err)
	}
	for member, recorded := range event {
		details, ok := recorded.(map[string]any)
		if !ok {
			continue
		}
		own, ok := ours[member].(map[string]any)
		if !ok {
			t.Errorf("%s: %s shows no %s", file, name, member)
			continue
		}
		for key := range details {
			if !slices.Contains(mapKeys(own), key) {
				t.Errorf("%s: %s.%s has no %s", file, name, member, key)
			}
		}
	}
}

func mapKeys(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}
