package asl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
)

// recordedCase is what AWS answered to a script of calls.
type recordedCase struct {
	Steps []struct {
		ID          string          `json:"id"`
		Call        string          `json:"call"`
		Params      json.RawMessage `json:"params"`
		ExpectError bool            `json:"expect_error"`
	} `json:"steps"`
	Expected map[string]json.RawMessage `json:"expected"`
}

// definitionParams are the members of a call that have to do with its definition.
type definitionParams struct {
	Definition string `json:"definition"`
	Type       string `json:"type"`
	StateName  string `json:"stateName"`
}

// recordedCases reads the cases beside the project, by the name of their file.
func recordedCases(t *testing.T) map[string]recordedCase {
	t.Helper()
	files, _ := filepath.Glob("../../shared/conformance/open/*.json")
	if len(files) == 0 {
		if os.Getenv("STATELARK_REQUIRE_SHARED") == "1" {
			t.Fatal("no recorded cases at ../../shared/conformance/open")
		}
		t.Skip("no recorded cases at ../../shared/conformance/open")
	}
	cases := map[string]recordedCase{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c recordedCase
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases[strings.TrimSuffix(filepath.Base(file), ".json")] = c
	}
	return cases
}

var placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// fillIn replaces the placeholders of a recorded text by values of their kind.
func fillIn(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		name := strings.Trim(p, "{}")
		switch {
		case name == "region":
			return "us-east-1"
		case strings.HasPrefix(name, "account"):
			return "000000000000"
		case strings.HasSuffix(strings.ToLower(name), "arn"):
			return "arn:aws:iam::000000000000:role/dummy"
		}
		return "dummy"
	})
}

// params decodes the parameters of a call; a script may compute a whole definition, which leaves nothing to read.
func params(raw json.RawMessage) (definitionParams, bool) {
	var p definitionParams
	if json.Unmarshal(raw, &p) != nil || p.Definition == "" {
		return p, false
	}
	p.Definition = fillIn(p.Definition)
	return p, strings.HasPrefix(strings.TrimSpace(p.Definition), "{")
}

const invalidDefinition = "Invalid State Machine Definition: "

var partition = strings.NewReplacer("<partition>", "aws", "<region>", "us-east-1", "111111111111", "000000000000")

// refusal returns the message of an InvalidDefinition among the answers, "" when there is none.
func (c recordedCase) refusal() string {
	for _, name := range slices.Sorted(mapKeys(c.Expected)) {
		var answer struct {
			Message   string `json:"message"`
			Exception string `json:"exception_value"`
		}
		if json.Unmarshal(c.Expected[name], &answer) != nil {
			continue
		}
		for _, text := range []string{answer.Message, answer.Exception} {
			if _, message, ok := strings.Cut(text, invalidDefinition); ok {
				return partition.Replace(strings.Trim(message, "'"))
			}
		}
	}
	return ""
}

func mapKeys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestRecordedDefinitions holds Parse against every definition that was given to AWS: what AWS took compiles
// without an error, what it refused gives its very words.
func TestRecordedDefinitions(t *testing.T) {
	accepted, refused := 0, 0
	for name, c := range recordedCases(t) {
		for _, step := range c.Steps {
			if step.Call != "stepfunctions.CreateStateMachine" && step.Call != "stepfunctions.UpdateStateMachine" {
				continue
			}
			p, ok := params(step.Params)
			if !ok {
				continue
			}
			want := ""
			if step.ExpectError {
				want = c.refusal()
			}
			_, ds := asl.Parse(p.Definition, asl.Options{Type: p.Type})
			if got := asl.Message(ds); got != want {
				t.Errorf("%s, %s:\ngot  %s\nwant %s", name, step.ID, got, want)
			}
			if want == "" {
				accepted++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d definitions accepted, %d refused", accepted, refused)
	if accepted < 700 || refused < 10 {
		t.Errorf("the cases were not read: %d accepted, %d refused", accepted, refused)
	}
}

// TestRecordedStates holds ParseState and Parse against the definitions that were given to TestState.
func TestRecordedStates(t *testing.T) {
	for name, c := range recordedCases(t) {
		for _, step := range c.Steps {
			if step.Call != "stepfunctions.TestState" {
				continue
			}
			p, ok := params(step.Params)
			if !ok {
				continue
			}
			want := ""
			if step.ExpectError {
				want = c.refusal()
			}
			_, ds := asl.ParseState(p.Definition, "StateName", "", asl.Options{})
			if strings.Contains(p.Definition, `"StartAt"`) && p.StateName != "" {
				_, ds = asl.Parse(p.Definition, asl.Options{})
			}
			if got := asl.Message(ds); got != want {
				t.Errorf("%s, %s:\ngot  %s\nwant %s\n%s", name, step.ID, got, want, p.Definition)
			}
		}
	}
}

// TestRecordedDiagnostics holds the diagnostics against the answers of ValidateStateMachineDefinition.
func TestRecordedDiagnostics(t *testing.T) {
	type diagnostic struct{ Code, Location, Message, Severity string }
	for name, c := range recordedCases(t) {
		for _, step := range c.Steps {
			if step.Call != "stepfunctions.ValidateStateMachineDefinition" {
				continue
			}
			p, _ := params(step.Params)
			_, ds := asl.Parse(p.Definition, asl.Options{Type: p.Type})
			got := []diagnostic{}
			for _, d := range ds {
				got = append(got, diagnostic{d.Code, d.Location, d.Message, string(d.Severity)})
			}
			var want struct{ Diagnostics []diagnostic }
			if err := json.Unmarshal(c.Expected["validation_response"], &want); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want.Diagnostics, got); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
		}
	}
}

// TestRecordedVariableReferences holds VariableReferences against what DescribeStateMachine shows.
func TestRecordedVariableReferences(t *testing.T) {
	seen := 0
	for name, c := range recordedCases(t) {
		var describe struct{ VariableReferences map[string][]string }
		if raw, ok := c.Expected["describe_response"]; !ok || json.Unmarshal(raw, &describe) != nil {
			continue
		}
		p, ok := params(c.Steps[0].Params)
		if !ok {
			continue
		}
		m, ds := asl.Parse(p.Definition, asl.Options{Type: p.Type})
		if m == nil {
			t.Errorf("%s: %s", name, asl.Message(ds))
			continue
		}
		want := describe.VariableReferences
		if want == nil {
			want = map[string][]string{}
		}
		if diff := cmp.Diff(want, m.VariableReferences()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		seen++
	}
	if seen < 10 {
		t.Errorf("only %d cases were read", seen)
	}
}
