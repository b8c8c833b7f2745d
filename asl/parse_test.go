package asl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
)

// TestMessage checks that only errors are in the message, and how an absent location prints.
func TestMessage(t *testing.T) {
	got := asl.Message([]asl.Diagnostic{
		{Severity: asl.SeverityError, Code: "A", Message: "a b", Location: "/States/X/Next"},
		{Severity: asl.SeverityWarning, Code: "B", Message: "c", Location: "/"},
		{Severity: asl.SeverityError, Code: "C", Message: "d"},
	})
	if want := "A: a b at /States/X/Next, C: d at null"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := asl.Message(nil); got != "" {
		t.Errorf("got %q for no diagnostics", got)
	}
}

// TestNoDefinition checks the codes and places of texts that hold no definition.
func TestNoDefinition(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "MISSING_DESCRIPTION: Definition must not be empty at null",
		" ":                        "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		"\r\n\t ":                  "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		" null":                    "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		"[]":                       "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		`"x"`:                      "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		"1":                        "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		"true":                     "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /",
		"{}":                       "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /",
		"x":                        "INVALID_JSON_DESCRIPTION: Unrecognized token 'x'",
		`{"StartAt": "A"`:          "INVALID_JSON_DESCRIPTION: Unexpected end-of-input",
		"{} {}":                    "INVALID_JSON_DESCRIPTION: Unexpected character ('{' (code 123))",
		"\u00a0":                   "INVALID_JSON_DESCRIPTION: Unrecognized token",
		"{\"StartAt\": \"A\xff\"}": "INVALID_JSON_DESCRIPTION: Invalid UTF-8",
	} {
		m, ds := asl.Parse(text, asl.Options{})
		if got := asl.Message(ds); m != nil || len(ds) != 1 || !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestStateByName checks that blocks find their own states and no others.
func TestStateByName(t *testing.T) {
	m, ds := asl.Parse(`{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]}}}`, asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(ds))
	}
	p := m.State("P")
	if p == nil || p.Type != asl.Parallel || m.State("A") != nil {
		t.Errorf("the machine has P: %v, A: %v", p, m.State("A"))
	}
	if branch := p.Parallel.Branches[0]; branch.State("A") == nil || branch.State("P") != nil {
		t.Errorf("the branch has A: %v, P: %v", branch.State("A"), branch.State("P"))
	}
}

// TestTooDeeplyNested checks the limit on states inside of states.
func TestTooDeeplyNested(t *testing.T) {
	nested := func(depth int) string {
		text := `{"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}`
		for i := range depth {
			text = fmt.Sprintf(`{"StartAt": "P%d", "States": {"P%[1]d": {"Type": "Parallel", "End": true, "Branches": [%s]}}}`, i, text)
		}
		return text
	}
	if m, ds := asl.Parse(nested(32), asl.Options{}); m == nil {
		t.Errorf("32 levels: %s", asl.Message(ds))
	}
	_, ds := asl.Parse(nested(33), asl.Options{})
	if len(ds) != 1 || ds[0].Code != asl.CodeTooDeeplyNested {
		t.Errorf("33 levels: %v", ds)
	}
}

// TestVariableReferences checks where variables are looked for.
func TestVariableReferences(t *testing.T) {
	m, ds := asl.Parse(`{"StartAt": "A", "States": {
		"A": {"Type": "Pass", "Assign": {"a": 1, "r": "x"}, "InputPath": "$", "Next": "M"},
		"M": {"Type": "Map", "ItemsPath": "$a.items", "MaxConcurrencyPath": "$n", "End": true,
			"ItemSelector": {"x": [{"y.$": "States.Array($b, $.c, $$.Execution.Id, States.Format('{}', $a))"}]},
			"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$max"}},
			"Catch": [{"ErrorEquals": ["E"], "Next": "C", "Assign": {"e.$": "$caught"}}],
			"ItemProcessor": {"StartAt": "T", "States": {"T": {"Type": "Task", "End": true,
				"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$f"},
				"TimeoutSecondsPath": "$t", "Credentials": {"RoleArn.$": "$r"}, "ResultSelector": {"s.$": "$s"}}}}},
		"C": {"Type": "Choice", "Default": "F", "Choices": [
			{"And": [{"Variable": "$p.q", "IsNull": true}, {"Not": {"Variable": "$.x", "StringEqualsPath": "$y"}}], "Next": "W", "Assign": {"z.$": "$z"}}]},
		"W": {"Type": "Wait", "SecondsPath": "$w", "End": true, "OutputPath": "$o"},
		"F": {"Type": "Fail", "ErrorPath": "$e", "CausePath": "States.Format('{}', $c)"}}}`, asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(ds))
	}
	got := fmt.Sprint(m.VariableReferences())
	want := "map[C:[p y z] F:[c e] M:[a b caught max n] T:[f r s t] W:[o w]]"
	if got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// definitions returns the definitions of the corpus: the seeds of the fuzz targets.
func definitions(tb testing.TB, yaml bool) []string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no testdata: %v", err)
	}
	var texts []string
	for _, file := range files {
		if (filepath.Base(file) == "yaml.txt") != yaml {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(text), "\n== ")[1:] {
			_, body, _ := strings.Cut(part, "\n")
			definition, _, _ := strings.Cut(body, "\n--\n")
			texts = append(texts, definition)
		}
	}
	return texts
}

// checkResult checks what holds for every answer: a machine or an error, places inside of the text, and a
// machine that can be walked through.
func checkResult(t *testing.T, text string, m *asl.Machine, ds []asl.Diagnostic) {
	t.Helper()
	lines := strings.Count(text, "\n") + 1
	for _, d := range ds {
		if d.Line < 0 || d.Line > lines+1 || d.Column < 0 || (d.Line == 0) != (d.Column == 0) {
			t.Fatalf("%d:%d is not in the text: %s", d.Line, d.Column, d)
		}
		if d.Code == "" || d.Message == "" {
			t.Fatalf("an empty diagnostic: %+v", d)
		}
	}
	if (m == nil) != (asl.Message(ds) != "") {
		t.Fatalf("machine %v with %q", m != nil, asl.Message(ds))
	}
	if m != nil && m.Language != "" {
		m.VariableReferences()
		checkBlock(t, &m.Block)
	}
}

func checkBlock(t *testing.T, b *asl.Block) {
	t.Helper()
	for _, s := range b.States {
		if b.State(s.Name) != s || s.Type == 0 {
			t.Fatalf("state %q is not found, or has no type", s.Name)
		}
		if s.Map != nil {
			checkBlock(t, s.Map.Processor)
		}
		if s.Parallel != nil {
			for _, branch := range s.Parallel.Branches {
				checkBlock(t, branch)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range definitions(f, false) {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, express bool) {
		o := asl.Options{}
		if express {
			o.Type = "EXPRESS"
		}
		m, ds := asl.Parse(text, o)
		checkResult(t, text, m, ds)
		m, ds = asl.ParseState(text, "S", asl.JSONata, o)
		checkResult(t, text, m, ds)
	})
}

// lineBreaks are what ends a line of YAML besides a line feed.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func FuzzParseYAML(f *testing.F) {
	f.Add("\r\r0")
	f.Add("\u2028\u2029\u00850")
	for _, text := range definitions(f, true) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, json, ds := asl.ParseYAML(text, asl.Options{})
		checkResult(t, lineBreaks.Replace(text), m, ds)
		if m == nil {
			return
		}
		if again, ds := asl.Parse(json, asl.Options{}); again == nil {
			t.Fatalf("the JSON is refused: %s\n%s", asl.Message(ds), json)
		}
	})
}

func FuzzSubstitute(f *testing.F) {
	f.Add("a ${Name} ${Other} ${", "Name", "v")
	f.Fuzz(func(t *testing.T, text, name, v string) {
		got, left := asl.Substitute(text, map[string]string{name: v})
		for _, l := range left {
			if l == name || !strings.Contains(text, "${"+l+"}") {
				t.Fatalf("%q is left in %q", l, text)
			}
		}
		if same, _ := asl.Substitute(text, nil); same != text {
			t.Fatalf("%q became %q", text, same)
		}
		if !strings.Contains(text, "${"+name+"}") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func FuzzParseResource(f *testing.F) {
	f.Add("arn:aws:states:::lambda:invoke.waitForTaskToken")
	f.Add("arn:aws:lambda:us-east-1:000000000000:function:f:1")
	f.Add("arn:aws:states:us-east-1:000000000000:activity:a")
	f.Fuzz(func(t *testing.T, arn string) {
		r, err := asl.ParseResource(arn)
		if err != nil {
			return
		}
		kinds := 0
		for _, set := range []bool{r.Function != "", r.Activity != "", r.Service != ""} {
			if set {
				kinds++
			}
		}
		if kinds != 1 || r.ARN != arn || (r.Service != "") != (r.Action != "") || (r.Service != "") != (r.Pattern != 0) {
			t.Fatalf("%q was read as %+v", arn, r)
		}
		if r.Service != "" && !strings.HasSuffix(arn, ":states:::"+r.Type()+":"+r.Name()) {
			t.Fatalf("%q prints as %s:%s", arn, r.Type(), r.Name())
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, bench := range []struct {
		name string
		text string
	}{
		{"5states", chain(5)},
		{"1000states", chain(1000)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				if m, ds := asl.Parse(bench.text, asl.Options{}); m == nil {
					b.Fatal(asl.Message(ds))
				}
			}
		})
	}
}

// chain returns a definition of n Task states, one after the other.
func chain(n int) string {
	var text strings.Builder
	text.WriteString(`{"StartAt": "S0", "States": {`)
	for i := range n {
		fmt.Fprintf(&text, `
  "S%d": {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload": {"id.$": "$.id", "name.$": "States.Format('{}-{}', $.name, $$.Execution.Id)", "n": %[1]d}},
    "ResultPath": "$.results.s%[1]d",
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
    "Next": "S%d"
  },`, i, i+1)
	}
	fmt.Fprintf(&text, ` "S%d": {"Type": "Succeed"}, "Failed": {"Type": "Fail"}}}`, n)
	return text.String()
}
