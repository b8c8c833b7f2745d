package mock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task"
)

const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:order"

const file = `{
  "StateMachines": {
    "order": {"TestCases": {
      "HappyPath": {"Charge": "Charged", "Ship": "Shipped"},
      "Empty": {"Charge": "Nothing"},
      "Dangling": {"Charge": "Missing"},
      "Broken": {"Charge": "Both"}
    }}
  },
  "MockedResponses": {
    "Charged": {
      "0": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "slow down"}},
      "1-2": {"Throw": {"Error": "Timeout"}},
      "3": {"Return": {"StatusCode": 200, "Payload": {"paid": true}}}
    },
    "Shipped": {"0": {"Return": null}},
    "Nothing": {},
    "Both": {"0": {"Return": 1, "Throw": {"Error": "E"}}}
  }
}`

func open(t *testing.T, text string) (*Mocks, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "MockConfigFile.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return m, path
}

// answered is what an attempt is answered: JSON, or "ERROR: CAUSE".
func answered(t *testing.T, m *Mocks, resource, testCase, state string, attempt int64) string {
	t.Helper()
	res, err := asl.ParseResource(resource)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Start(t.Context(), &task.Call{Resource: res, Mock: task.Mock{Machine: machine, Case: testCase, State: state, Attempt: attempt}})
	var failed *task.Error
	switch {
	case errors.As(err, &failed):
		return failed.Error()
	case err != nil:
		t.Fatal(err)
	case !out.Final:
		t.Error("what a mock answers is not final")
	}
	return out.Output.Text()
}

func TestAnswersByAttempt(t *testing.T) {
	m, _ := open(t, file)
	const invoke, direct = "arn:aws:states:::lambda:invoke", "arn:aws:lambda:us-east-1:000000000000:function:charge"
	for _, test := range []struct {
		resource, state string
		attempt         int64
		want            string
	}{
		{invoke, "Charge", 0, "Lambda.TooManyRequestsException: slow down"},
		{invoke, "Charge", 1, "Timeout: "},
		{invoke, "Charge", 2, "Timeout: "},
		{invoke, "Charge", 3, `{"StatusCode": 200, "Payload": {"paid": true}}`},
		{direct, "Charge", 3, `{"paid": true}`},
		{invoke, "Charge", 4, "States.Runtime: No mocked response is defined for attempt 4 of the state 'Charge' in the test case HappyPath."},
		{direct, "Ship", 0, "null"},
		{"arn:aws:states:us-east-1:000000000000:activity:ship", "Ship", 0,
			"States.Runtime: Activity state cannot be mocked. Please remove mocks mapped for all activity state in the mock config file."},
	} {
		if got := answered(t, m, test.resource, "HappyPath", test.state, test.attempt); got != test.want {
			t.Errorf("%s, attempt %d: %s, want %s", test.state, test.attempt, got, test.want)
		}
	}
	if got := answered(t, m, invoke, "Empty", "Charge", 0); !strings.HasPrefix(got, "States.Runtime: No mocked response") {
		t.Errorf("without attempts: %s", got)
	}
	for mock, want := range map[task.Mock]bool{
		{Machine: machine, Case: "HappyPath", State: "Ship"}:                               true,
		{Machine: machine + ":3", Case: "HappyPath", State: "Ship"}:                        true,
		{Machine: machine + "/each", Case: "HappyPath", State: "Ship"}:                     true,
		{Machine: machine, Case: "HappyPath", State: "Bill"}:                               false,
		{Machine: machine, Case: "Empty", State: "Ship"}:                                   false,
		{Machine: strings.Replace(machine, "order", "o", 1), Case: "Empty", State: "Ship"}: true, // it is gone
		{Machine: machine, Case: "Gone", State: "Bill"}:                                    true,
	} {
		if got := m.Mocks(&mock); got != want {
			t.Errorf("%v is mocked: %v", mock, got)
		}
	}
}

func TestCheck(t *testing.T) {
	m, path := open(t, file)
	for testCase, want := range map[string]string{
		"HappyPath": "", "Empty": "",
		"SadPath":  path + " has no test case SadPath of order; it has Broken, Dangling, Empty, HappyPath",
		"Dangling": path + ": test case Dangling of order mocks Charge with Missing, which is none of its MockedResponses",
		"Broken":   path + ": mocked response Both: attempt 0: it has to have either Return or Throw",
	} {
		got := ""
		if err := m.Check(machine, testCase); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", testCase, got, want)
		}
	}
	if err := m.Check(strings.Replace(machine, "order", "other", 1), "HappyPath"); err == nil || !strings.Contains(err.Error(), "no state machine other; it has order") {
		t.Errorf("another state machine: %v", err)
	}
}

// TestChanges: the next start sees a file as it is then, and one that is broken or gone keeps what was started going.
func TestChanges(t *testing.T) {
	m, path := open(t, file)
	write := func(text string, at time.Duration) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(at)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(file, `"0": {"Return": null}`, `"0": {"Return": "sent"}`, 1), time.Hour)
	if err := m.Check(machine, "HappyPath"); err != nil {
		t.Fatal(err)
	}
	const sns = "arn:aws:states:::sns:publish"
	if got := answered(t, m, sns, "HappyPath", "Ship", 0); got != `"sent"` {
		t.Errorf("after a change: %s", got)
	}
	write("{", 2*time.Hour)
	if err := m.Check(machine, "HappyPath"); err == nil || !strings.Contains(err.Error(), "it is not JSON") {
		t.Errorf("a broken file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(machine, "HappyPath"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if got := answered(t, m, sns, "HappyPath", "Ship", 0); got != `"sent"` {
		t.Errorf("what was started: %s", got)
	}
}

func TestBadFiles(t *testing.T) {
	for text, want := range map[string]string{
		``:                      "it is not JSON",
		`[]`:                    "it has to be an object",
		`{"StateMachines": []}`: "StateMachines has to be an object",
		`{"StateMachines": {"m": {"TestCases": 1}}}`:                "TestCases has to be an object",
		`{"StateMachines": {"m": {"TestCases": {"c": []}}}}`:        "test case c: it has to be an object",
		`{"StateMachines": {"m": {"TestCases": {"c": {"S": {}}}}}}`: "state S has to have the name",
		`{"MockedResponses": "x"}`:                                  "MockedResponses has to be an object",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		`[]`:                             "an answer for each attempt",
		`{"0": []}`:                      "either Return or Throw",
		`{"0": {}}`:                      "either Return or Throw",
		`{"x": {"Return": 1}}`:           `attempt "x"`,
		`{"-1": {"Return": 1}}`:          `attempt "-1"`,
		`{"3-1": {"Return": 1}}`:         `attempt "3-1"`,
		`{"0": {"Throw": {}}}`:           "Throw has to have an Error",
		`{"0": {"Throw": {"Error": 1}}}`: "Throw has to have an Error",
		`{"0-2": {"Return": 1}, "1": {"Return": 2}}`: "attempt 1 has two answers",
	} {
		c, err := parse([]byte(`{"MockedResponses": {"R": ` + text + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.responses["R"].err; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
