package graph

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// trace follows events that are written "id previous type name".
func trace(t *testing.T, definition string, events ...string) *Trace {
	t.Helper()
	l, err := Lay(definition)
	if err != nil {
		t.Fatal(err)
	}
	tr := NewTrace(l)
	for i, text := range events {
		f := strings.Fields(text)
		e := Event{ID: int64(i + 1), Previous: int64(i), Type: f[0]}
		if len(f) > 1 {
			e.Name = f[1]
		}
		if e.Type == "MapStateStarted" {
			e.Name, e.Length = "", 3
		}
		tr.Add(e)
	}
	return tr
}

func TestTrace(t *testing.T) {
	const tried = `{"StartAt": "A", "States": {"A": {"Type": "Task", "Catch": [{"ErrorEquals": ["E"], "Next": "B"}], "Next": "C"}, "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Fail"}}}`
	for _, c := range []struct {
		name   string
		events []string
		words  map[string]string
		taken  string
	}{
		{"under way", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled"}, map[string]string{"A": "RUNNING"}, "/StartAt"},
		{"tried again", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled", "TaskFailed", "TaskScheduled", "TaskSucceeded", "TaskStateExited A", "FailStateEntered C"},
			map[string]string{"A": "SUCCEEDED", "C": "RUNNING"}, "/StartAt /States/A/Next"},
		{"caught", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled", "TaskFailed", "TaskStateExited A", "PassStateEntered B", "PassStateExited B", "FailStateEntered C", "ExecutionFailed"},
			map[string]string{"A": "CAUGHT", "B": "SUCCEEDED", "C": "FAILED"}, "/StartAt /States/A/Catch/0 /States/B/Next"},
		{"failed", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled", "TaskFailed", "ExecutionFailed"}, map[string]string{"A": "FAILED"}, "/StartAt"},
		{"redriven", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled", "TaskFailed", "ExecutionFailed", "ExecutionRedriven"}, map[string]string{"A": "RUNNING"}, "/StartAt"},
		{"stopped", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled", "ExecutionAborted"}, map[string]string{"A": "ABORTED"}, "/StartAt"},
		{"too long", []string{"ExecutionStarted", "TaskStateEntered A", "TaskScheduled", "ExecutionTimedOut"}, map[string]string{"A": "TIMED_OUT"}, "/StartAt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := trace(t, tried, c.events...)
			statuses := tr.Statuses()
			for _, name := range []string{"A", "B", "C"} {
				if got := statuses["/States/"+name].Word; got != c.words[name] {
					t.Errorf("%s is %q and has to be %q", name, got, c.words[name])
				}
			}
			for _, id := range []string{"/StartAt", "/States/A/Next", "/States/A/Catch/0", "/States/B/Next"} {
				if want := strings.Contains(" "+c.taken+" ", " "+id+" "); tr.Taken()[id] != want {
					t.Errorf("%s is taken: %v", id, !want)
				}
			}
		})
	}
}

func TestTraceOfMap(t *testing.T) {
	const mapped = `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Task", "End": true}}}}}}`
	tr := trace(t, mapped, "ExecutionStarted", "MapStateEntered M", "MapStateStarted",
		"MapIterationStarted M", "TaskStateEntered P", "TaskScheduled", "TaskSucceeded", "TaskStateExited P", "MapIterationSucceeded M",
		"MapIterationStarted M", "TaskStateEntered P", "TaskScheduled", "TaskFailed", "MapIterationFailed M", "MapStateFailed", "ExecutionFailed")
	got := tr.Statuses()
	if s := got["/States/M"]; s.Word != "FAILED" || s.Items != "1/3, 1 failed" {
		t.Errorf("M: %+v", s)
	}
	if s := got["/States/M/ItemProcessor/States/P"]; s.Word != "FAILED" || s.Visits != 2 || s.Attempts != 1 {
		t.Errorf("P: %+v", s)
	}
}

// Histories that were recorded end without anything that goes on, and a success is one of all that it went through.
func TestTraceOfRecorded(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/conformance/open/*.json")
	n := 0
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		v, err := value.Parse(string(text))
		if err != nil {
			continue
		}
		for definition, events := range recorded(v) {
			l, err := Lay(definition)
			if err != nil {
				continue
			}
			n++
			tr := NewTrace(l)
			last := ""
			for _, e := range events {
				tr.Add(EventOf(e))
				last = EventOf(e).Type
			}
			statuses := tr.Statuses()
			for id, s := range statuses {
				if s.Word == "RUNNING" && strings.HasPrefix(last, "Execution") {
					t.Errorf("%s: %s goes on", filepath.Base(p), id)
				}
				if s.Word == "FAILED" && last == "ExecutionSucceeded" && strings.Count(id, "/States/") == 1 {
					t.Errorf("%s: %s failed", filepath.Base(p), id)
				}
			}
			if last == "ExecutionFailed" {
				failed := 0
				for _, s := range statuses {
					if s.Word == "FAILED" {
						failed++
					}
				}
				if failed == 0 && len(statuses) > 0 {
					t.Errorf("%s: nothing failed: %v", filepath.Base(p), statuses)
				}
			}
		}
	}
	t.Logf("%d histories", n)
}

// recorded are the histories of a recorded case, by the definition.
func recorded(v value.Value) map[string][]value.Value {
	definition, ok := v.Get("definition")
	expected, _ := v.Get("expected")
	if !ok || definition.Kind() != value.Object || expected.Kind() != value.Object {
		return nil
	}
	for _, m := range expected.Members() {
		if events, ok := m.Value.Get("events"); ok && len(events.Elems()) > 0 {
			if _, typed := events.Elems()[0].Get("type"); typed {
				return map[string][]value.Value{definition.Text(): events.Elems()}
			}
		}
	}
	return nil
}
