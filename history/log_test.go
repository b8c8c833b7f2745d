package history

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

func TestAppendLog(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:execution:M:x"
	wrong, cause := "Odd", "it is \"odd\""
	variables := value.NewObject([]value.Member{{Key: "v", Value: value.FromString("w")}}).Members()
	tests := []struct {
		name  string
		event Event
		o     LogOptions
		want  string
	}{
		{"start", Event{ID: 1, At: 1700000000123, Type: ExecutionStarted, Data: `{"a":1}`, RoleARN: "role"}, LogOptions{},
			`{"id":"1","type":"ExecutionStarted","details":{"input":"{\"a\":1}","inputDetails":{"truncated":false},"roleArn":"role"},"previous_event_id":"0","event_timestamp":"1700000000123","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"start without data", Event{ID: 1, At: 5, Type: ExecutionStarted, Data: `{"a":1}`, RoleARN: "role"}, LogOptions{WithoutData: true, Redrives: 2},
			`{"id":"1","type":"ExecutionStarted","details":{"roleArn":"role"},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"2"}`},
		{"failure keeps what failed", Event{ID: 3, Previous: 2, At: 5, Type: ExecutionFailed, Error: &wrong, Cause: &cause}, LogOptions{WithoutData: true},
			`{"id":"3","type":"ExecutionFailed","details":{"error":"Odd","cause":"it is \"odd\""},"previous_event_id":"2","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"no details", Event{ID: 3, Previous: 2, At: 5, Type: ParallelStateStarted}, LogOptions{MapRun: "run"},
			`{"id":"3","type":"ParallelStateStarted","details":{},"previous_event_id":"2","event_timestamp":"5","execution_arn":"` + arn + `","map_run_arn":"run","redrive_count":"0"}`},
		{"numbers are strings", Event{ID: 3, At: 5, Type: MapIterationStarted, Name: "M", Index: 7}, LogOptions{},
			`{"id":"3","type":"MapIterationStarted","details":{"name":"M","index":"7"},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"parameters are data", Event{ID: 3, At: 5, Type: TaskScheduled, ResourceType: "sqs", Resource: "sendMessage", Region: "r", Data: `{}`, Timeout: 9}, LogOptions{WithoutData: true},
			`{"id":"3","type":"TaskScheduled","details":{"resourceType":"sqs","resource":"sendMessage","region":"r","timeoutInSeconds":"9"},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"variables", Event{ID: 3, At: 5, Type: PassStateExited, Name: "P", Data: `1`, Assigned: variables}, LogOptions{},
			`{"id":"3","type":"PassStateExited","details":{"name":"P","output":"1","outputDetails":{"truncated":false},"assignedVariables":{"v":"\"w\""},"assignedVariablesDetails":{"truncated":false}},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"cut", Event{ID: 3, At: 5, Type: ExecutionSucceeded, Data: `"äö"`}, LogOptions{Limit: 5},
			`{"id":"3","type":"ExecutionSucceeded","details":{"output":"\"ä","outputDetails":{"truncated":true}},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"all cut", Event{ID: 3, At: 5, Type: PassStateExited, Name: "P", Data: `[1]`, Assigned: variables}, LogOptions{Cut: true},
			`{"id":"3","type":"PassStateExited","details":{"name":"P","output":"[","outputDetails":{"truncated":true},"assignedVariables":{},"assignedVariablesDetails":{"truncated":true}},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"all cut before", Event{ID: 3, At: 5, Type: PassStateExited, Name: "P", Data: `[`, Assigned: []value.Member{}}, LogOptions{Cut: true},
			`{"id":"3","type":"PassStateExited","details":{"name":"P","output":"[","outputDetails":{"truncated":true},"assignedVariables":{},"assignedVariablesDetails":{"truncated":true}},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
		{"cut within a character", Event{ID: 3, At: 5, Type: ExecutionSucceeded, Data: `1äööö`}, LogOptions{Limit: 4},
			`{"id":"3","type":"ExecutionSucceeded","details":{"output":"1ä","outputDetails":{"truncated":true}},"previous_event_id":"0","event_timestamp":"5","execution_arn":"` + arn + `","redrive_count":"0"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.o.Execution = arn
			if got := string(AppendLog(nil, &test.event, test.o)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func FuzzLogIsWhole(f *testing.F) {
	f.Add(`"a\"ä`+"\x01"+`b"`, 4)
	f.Add("\xff\xff\xff", 3)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit < 1 || limit > 1<<10 || len(text) > 1<<12 {
			t.Skip()
		}
		got, cut := appendCut(nil, text, limit)
		var back string
		switch err := json.Unmarshal(got, &back); {
		case err != nil:
			t.Fatalf("%q of %q, %d: %v", got, text, limit, err)
		case len(got)-2 > limit:
			t.Fatalf("%q is longer than %d", got, limit)
		case !strings.HasPrefix(strings.ToValidUTF8(text, ""), strings.ToValidUTF8(back, "")) && !strings.Contains(back, "\uFFFD"):
			t.Fatalf("%q of %q", back, text)
		case !cut && back != text && !strings.Contains(back, "\uFFFD"):
			t.Fatalf("%q of %q, and is not said to be cut", back, text)
		}
	})
}

func TestEveryFailureIsAnError(t *testing.T) {
	for name, typ := range typesByName {
		ends := strings.HasPrefix(name, "Execution")
		bad := strings.HasSuffix(name, "Failed") || strings.HasSuffix(name, "TimedOut") || strings.HasSuffix(name, "Aborted") || name == "FailStateEntered"
		want := Routine
		switch {
		case bad && ends:
			want = Fatal
		case bad:
			want = Failure
		}
		if got := typ.Severity(); got != want {
			t.Errorf("%s: severity %d, want %d", name, got, want)
		}
	}
}
