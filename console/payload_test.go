package console

import (
	"strings"
	"testing"
)

// TestPayloadsAreHiddenEverywhere fails an execution in all the ways that quote its data, and looks at it by all routes and operations as
// somebody who may not see payloads.
func TestPayloadsAreHiddenEverywhere(t *testing.T) {
	h := newHouse(t)
	machine := h.create("m", `{"StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"v.$":"$.secret"},"Next":"P"},
		"P":{"Type":"Pass","Parameters":{"x.$":"$.nothing"},"End":true}}}`)
	x := h.run(machine, "x", `{"secret":"hunter2"}`)
	seen := func(user string) string {
		var all strings.Builder
		for _, path := range []string{"execution?arn=", "execution/events?arn=", "execution/export.json?arn=", "execution/report.html?arn="} {
			_, text := h.request("GET", "/api/"+path+x, user, "")
			all.WriteString(text + "\n")
		}
		for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
			_, text := h.request("GET", "/api/execution/event?arn="+x+"&id="+id, user, "")
			all.WriteString(text + "\n")
		}
		for _, operation := range []string{"DescribeExecution", "GetExecutionHistory"} {
			_, text := h.request("POST", "/api/aws/"+operation, user, `{"executionArn":"`+x+`"}`)
			all.WriteString(text + "\n")
		}
		return all.String()
	}
	if text := seen("ada"); strings.Count(text, "hunter2") < 8 {
		t.Errorf("who may see payloads sees %s", text)
	}
	if text := seen("otto"); strings.Contains(text, "hunter2") || !strings.Contains(text, "States.Runtime") {
		t.Errorf("who may not see payloads sees %s", text)
	}
	if _, text := h.request("POST", "/api/aws/ValidateStateMachineDefinition", "otto", `{"definition":"{}"}`); !strings.Contains(text, `"result"`) {
		t.Errorf("and of a definition %s", text)
	}
}

func TestCauseless(t *testing.T) {
	if causeless([]Event{{ID: 1}}) != nil {
		t.Error("events without a cause have another form")
	}
	events := []Event{{ID: 1, Cause: "hunter2"}, {ID: 2}}
	if bare := causeless(events); len(bare) != 2 || bare[0].Cause != "" || events[0].Cause == "" {
		t.Errorf("%+v of %+v", bare, events)
	}
}
