package lambda

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/task"
)

// recorded is what a recorded case has of a function: how it was made, and the events of the executions.
type recorded struct {
	Steps []struct {
		Call   string
		Params struct {
			FunctionName, Runtime, Handler string
			Files                          map[string]string
		}
	}
	Expected map[string]struct{ Events []recordedEvent }
}

type recordedEvent struct {
	Type                    string
	TaskScheduled           map[string]json.RawMessage `json:"taskScheduledEventDetails"`
	TaskSucceeded           map[string]json.RawMessage `json:"taskSucceededEventDetails"`
	TaskFailed              map[string]json.RawMessage `json:"taskFailedEventDetails"`
	LambdaFunctionScheduled map[string]json.RawMessage `json:"lambdaFunctionScheduledEventDetails"`
	LambdaFunctionSucceeded map[string]json.RawMessage `json:"lambdaFunctionSucceededEventDetails"`
	LambdaFunctionFailed    map[string]json.RawMessage `json:"lambdaFunctionFailedEventDetails"`
}

// TestRecorded runs the functions of recorded cases with the recorded input and compares what came of it.
func TestRecorded(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/conformance/open/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		if os.Getenv("STATELARK_REQUIRE_SHARED") == "1" {
			t.Fatal("the recorded cases are not there")
		}
		t.Skip("needs the recorded cases of ../shared/conformance")
	}
	compared := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// Functions were recorded under names of this length, which shows in the length of what they answered.
		text = bytes.ReplaceAll(text, []byte("<lambda_function_name>"), []byte("lambda_func_01234567"))
		var r recorded
		if json.Unmarshal(text, &r) != nil { // events of another shape: a case without an execution's history
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) { compared += r.compare(t) })
	}
	t.Logf("%d calls compared", compared)
	if compared < 20 {
		t.Errorf("%d calls were compared, want 20 or more", compared)
	}
}

// compare replays the calls of a case that has one function and returns how many it compared.
func (r *recorded) compare(t *testing.T) (n int) {
	var c *function.Catalog
	made := 0
	for _, s := range r.Steps {
		if s.Call == "lambda.CreateFunction" {
			made++
			c = openCatalog(t)
			var files []string
			for name, text := range s.Params.Files {
				files = append(files, name, text)
			}
			upload(t, c, function.Function{Name: "f", Runtime: s.Params.Runtime, Handler: s.Params.Handler}, files...)
		}
	}
	if made != 1 {
		return 0
	}
	for _, answer := range r.Expected {
		for i, e := range answer.Events {
			if i+2 < len(answer.Events) && r.compareCall(t, c, &e, &answer.Events[i+2]) {
				n++
			}
		}
	}
	return n
}

// compareCall replays the call that e schedules, if end is how it ended.
func (r *recorded) compareCall(t *testing.T, c *function.Catalog, e, end *recordedEvent) bool {
	resource, input := "f", e.LambdaFunctionScheduled["input"]
	if string(e.TaskScheduled["resourceType"]) == `"lambda"` {
		var parameters map[string]any
		if json.Unmarshal(e.TaskScheduled["parameters"], &parameters) != nil {
			return false
		}
		parameters["FunctionName"] = "f"
		resource = "invoke"
		var err error
		if input, err = json.Marshal(parameters); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case input == nil:
		return false
	case end.TaskSucceeded != nil || end.LambdaFunctionSucceeded != nil:
		out, err := start(t, c, resource, string(input))
		if err != nil {
			t.Error(err)
			return false
		}
		want := end.LambdaFunctionSucceeded["output"]
		if resource == "invoke" {
			want = end.TaskSucceeded["output"]
		}
		return sameMasked(t, want, json.RawMessage(out))
	case end.TaskFailed != nil || end.LambdaFunctionFailed != nil:
		want := end.TaskFailed
		if resource != "invoke" {
			want = end.LambdaFunctionFailed
		}
		if len(want["cause"]) == 0 || want["cause"][0] != '{' { // not of the function's making
			return false
		}
		_, err := start(t, c, resource, string(input))
		var failed *task.Error
		if !errors.As(err, &failed) {
			t.Errorf("the call ended with %v, want %s", err, want["error"])
			return false
		}
		if name := `"` + failed.Name + `"`; name != string(want["error"]) {
			t.Errorf("error %s, want %s", name, want["error"])
		}
		return sameMasked(t, want["cause"], json.RawMessage(failed.Cause))
	}
	return false
}

// masked are the members whose values the recordings hide, because they differ from call to call.
var masked = map[string]bool{"x-amzn-RequestId": true, "Date": true, "X-Amzn-Trace-Id": true, "RequestId": true, "requestId": true}

// sameMasked compares two texts but for the hidden members, of which both must have the same.
func sameMasked(t *testing.T, want, got json.RawMessage) bool {
	t.Helper()
	if d := cmp.Diff(mask(t, want), mask(t, got)); d != "" {
		t.Errorf("recorded -, here +:\n%s", d)
	}
	return true
}

func mask(t *testing.T, text json.RawMessage) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return hide(v)
}

func hide(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			if v[key] = hide(x); masked[key] {
				v[key] = "hidden"
			}
		}
	case []any:
		for i, x := range v {
			v[i] = hide(x)
		}
	}
	return v
}
