package console

import (
	"net/http"
	"strings"
	"testing"
)

func TestStages(t *testing.T) {
	h := newHouse(t)
	x := h.run(h.create("M", `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v.$":"$.secret"},"Next":"B"},
		"B":{"Type":"Pass","InputPath":"$.secret","Parameters":{"p.$":"$"},"ResultPath":"$.r","End":true}}}`), "e", `{"secret":"hush"}`)
	var s Stages
	h.get("execution/stages?event=4&arn="+x, &s)
	if s.State != "B" || s.QueryLanguage != "JSONPath" || *s.AfterInput != `"hush"` || *s.Arguments != `{"p":"hush"}` ||
		*s.Output != `{"secret":"hush","r":{"p":"hush"}}` || string(s.Before) != `{"v":"hush"}` || s.Assigned != nil || s.Result != nil {
		t.Errorf("it is %+v", s)
	}
	for user, shows := range map[string]string{"vera": `"input":null`, "ada": `"before":{"v":"***"}`} {
		status, text := h.request("GET", "/api/execution/stages?event=4&arn="+x, user, "")
		if status != http.StatusOK || strings.Contains(text, "hush") || !strings.Contains(text, shows) {
			t.Errorf("to %s: %d %s", user, status, text)
		}
	}
	for _, q := range []string{"event=3", "event=x", "event=99"} {
		if status, text := h.request("GET", "/api/execution/stages?"+q+"&arn="+x, "paul", ""); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", q, status, text)
		}
	}
}
