package jsonpath

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// recording is what a recorded case says of one execution of a machine with one Pass state.
type recording struct {
	state  value.Value // the Pass state
	input  value.Value
	output value.Value // absent when the execution failed
	failed value.Value // the details of the failure
}

// TestRecorded runs the template of every recorded machine that is a single JSONPath Pass state, and compares
// with what AWS answered.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "conformance", "open"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	run, intrinsic, intrinsicRun := 0, 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		isIntrinsic := strings.HasPrefix(name, "intrinsic-functions") && !strings.Contains(name, "jsonata")
		if isIntrinsic {
			intrinsic++
		}
		rec, ok := readRecording(t, file)
		if !ok {
			continue
		}
		run++
		if isIntrinsic {
			intrinsicRun++
		}
		t.Run(name, func(t *testing.T) { replay(t, rec) })
	}
	t.Logf("%d recorded executions, %d of them of the %d intrinsic functions cases", run, intrinsicRun, intrinsic)
	if intrinsicRun != intrinsic || intrinsic == 0 {
		t.Errorf("%d of %d recorded cases of intrinsic functions were run", intrinsicRun, intrinsic)
	}
}

func readRecording(t *testing.T, file string) (recording, bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Steps []struct {
			Call   string
			Params json.RawMessage
		}
		Expected map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var rec recording
	for _, s := range c.Steps {
		var p struct{ Definition, Input string }
		_ = json.Unmarshal(s.Params, &p) // not every call has parameters of this shape
		switch s.Call {
		case "stepfunctions.CreateStateMachine":
			rec.state = passState(p.Definition)
		case "stepfunctions.StartExecution":
			rec.input, _ = value.Parse(p.Input)
		}
	}
	for _, e := range c.Expected {
		var h struct{ Events []map[string]value.Value }
		if json.Unmarshal(e, &h) != nil {
			continue
		}
		for _, event := range h.Events {
			if d, ok := event["executionSucceededEventDetails"]; ok {
				rec.output = recordedJSON(d, "output")
			}
			if d, ok := event["executionFailedEventDetails"]; ok {
				rec.failed = d
			}
		}
	}
	_, template := rec.state.Get("Parameters")
	return rec, template && rec.input.Exists() && (rec.output.Exists() || rec.failed.Exists())
}

// passState returns the one state of a definition, when it is a JSONPath Pass state.
func passState(definition string) value.Value {
	d, err := value.Parse(definition)
	if err != nil {
		return value.Value{}
	}
	states, _ := d.Get("States")
	if states.Len() != 1 || language(d) != "" {
		return value.Value{}
	}
	s := states.Members()[0].Value
	if kind, _ := s.Get("Type"); kind.Str() != "Pass" || language(s) != "" {
		return value.Value{}
	}
	return s
}

func language(v value.Value) string {
	l, _ := v.Get("QueryLanguage")
	return strings.TrimPrefix(l.Str(), "JSONPath")
}

// recordedJSON returns a member that holds JSON text, which the recordings keep parsed where it is an object.
func recordedJSON(v value.Value, key string) value.Value {
	x, _ := v.Get(key)
	if x.Kind() == value.String {
		if parsed, err := value.Parse(x.Str()); err == nil {
			return parsed
		}
	}
	return x
}

func replay(t *testing.T, rec recording) {
	got, err := runPass(rec)
	if !rec.output.Exists() {
		name, _ := rec.failed.Get("error")
		cause, _ := rec.failed.Get("cause")
		if err == nil {
			t.Fatalf("got %s, want the error %s: %s", got.Compact(), name.Str(), cause.Str())
		}
		if languageError(err) != name.Str() {
			t.Errorf("got the error %s: %v, want %s: %s", languageError(err), err, name.Str(), cause.Str())
		}
		return
	}
	if err != nil {
		t.Fatalf("got the error %v, want %s", err, rec.output.Compact())
	}
	if !sameButMasked(got, rec.output) {
		t.Errorf("got %s, want %s", got.Compact(), rec.output.Compact())
	}
}

// sameButMasked is value.Equal, except that a text that a recording puts in the place of a random number stands
// for any number.
func sameButMasked(got, want value.Value) bool {
	if want.Kind() != value.Object {
		return value.Equal(got, want) || want.Str() == "RandomNumberGenerated" && got.Kind() == value.Number
	}
	if got.Len() != want.Len() {
		return false
	}
	for _, m := range want.Members() {
		if x, ok := got.Get(m.Key); !ok || !sameButMasked(x, m.Value) {
			return false
		}
	}
	return true
}

func languageError(err error) string {
	var call *CallError
	var set *SetError
	switch {
	case errors.As(err, &call):
		return call.Name
	case errors.As(err, &set):
		return ErrorReferencePathConflict
	}
	return ErrorRuntime
}

// runPass does what a Pass state does with its template and its result and output paths.
func runPass(rec recording) (value.Value, error) {
	context := value.NewObject([]value.Member{
		{Key: "Execution", Value: value.NewObject([]value.Member{{Key: "Input", Value: rec.input}})},
		{Key: "StateMachine", Value: value.NewObject([]value.Member{{Key: "Name", Value: value.FromString("<ArnPart_0idx>")}})},
	})
	env := &Env{Input: rec.input, Context: context}
	template, _ := rec.state.Get("Parameters")
	v, err := fill(template, env)
	if err != nil {
		return value.Value{}, err
	}
	if text, ok := rec.state.Get("ResultPath"); ok {
		p, err := Parse(text.Str())
		if err != nil {
			return value.Value{}, err
		}
		if v, err = p.Set(rec.input, v); err != nil {
			return value.Value{}, err
		}
	}
	if text, ok := rec.state.Get("OutputPath"); ok {
		p, err := Parse(text.Str())
		if err != nil {
			return value.Value{}, err
		}
		return p.Eval(&Env{Input: v})
	}
	return v, nil
}

// fill evaluates the members of a template whose names end in ".$".
func fill(template value.Value, env *Env) (value.Value, error) {
	switch template.Kind() {
	case value.Array:
		var elems []value.Value
		for _, e := range template.Elems() {
			v, err := fill(e, env)
			if err != nil {
				return value.Value{}, err
			}
			elems = append(elems, v)
		}
		return value.NewArray(elems), nil
	case value.Object:
		var members []value.Member
		for _, m := range template.Members() {
			v, err := fillMember(&m, env)
			if err != nil {
				return value.Value{}, err
			}
			members = append(members, value.Member{Key: m.Key, Value: v})
		}
		return value.NewObject(members), nil
	}
	return template, nil
}

func fillMember(m *value.Member, env *Env) (value.Value, error) {
	name, dynamic := strings.CutSuffix(m.Key, ".$")
	if !dynamic {
		return fill(m.Value, env)
	}
	m.Key = name
	e, err := ParseExpr(m.Value.Str())
	if err != nil {
		return value.Value{}, err
	}
	return e.Eval(env)
}
