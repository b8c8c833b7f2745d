package asl_test

import (
	"testing"

	"github.com/statelark/statelark/asl"
)

func TestParseTested(t *testing.T) {
	const machine = `{"QueryLanguage":"JSONata","StartAt":"A","States":{
		"A":{"Type":"Pass","Next":"P"},
		"P":{"Type":"Parallel","Next":"M","Branches":[{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"End":true}}}]},
		"M":{"Type":"Map","Items":[],"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`
	for _, test := range []struct {
		text, name string
		want       asl.Type // 0: there is none
		language   asl.Language
		message    string
	}{
		{machine, "A", asl.Pass, asl.JSONata, ""},
		{machine, "B", asl.Wait, asl.JSONata, ""},
		{machine, "I", asl.Succeed, asl.JSONata, ""},
		{machine, "C", 0, "", ""},
		{`{"Type":"Pass","Next":"X"}`, "", asl.Pass, asl.JSONPath, ""},
		{`{"Type":"Pass","Next":"X"}`, "X", 0, "", ""},
		{`{"Type":"Parallel","Next":"X","Branches":[{"StartAt":"B","States":{"B":{"Type":"Fail"}}}]}`, "B", asl.Fail, asl.JSONPath, ""},
		{`{"Type":"Pass"}`, "B", 0, "", "SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /States/StateName"},
		{`{"StartAt":"A"}`, "A", 0, "", "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /"},
		{`[`, "A", 0, "", "INVALID_JSON_DESCRIPTION: Unexpected end-of-input: expected close marker for Array at [line: 1, column: 2] at null"},
	} {
		m, found := asl.ParseTested(test.text, test.name)
		if got := asl.Message(found); got != test.message || (m == nil) != (test.want == 0) {
			t.Errorf("%s in %s: %v, %q, want %q", test.name, test.text, m, got, test.message)
			continue
		}
		if m == nil {
			continue
		}
		s := m.Block.State(m.StartAt)
		if len(m.States) != 1 || s != m.State || s.Name != asl.TestedName || s.Type != test.want || s.Language != test.language || m.InMap != (test.name == "I") {
			t.Errorf("%s in %s: %+v", test.name, test.text, s)
		}
	}
	// The machine that the state came out of is as it was.
	if m, _ := asl.Parse(machine, asl.Options{}); m.State("A").Name != "A" {
		t.Error("the state of the machine has another name")
	}
}
