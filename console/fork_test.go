package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestFork(t *testing.T) {
	h := newHouse(t)
	m := h.create("M", passing)
	x := h.run(m, "origin", `{"token":"hush"}`)
	fork := func(user, body string) (int, string) {
		return h.request("POST", "/api/execution/fork", user, `{"arn":"`+x+`",`+body+`}`)
	}
	status, text := fork("otto", `"state":"B"`)
	var began Started
	if err := json.Unmarshal([]byte(text), &began); status != http.StatusOK || err != nil || began.StartDate.IsZero() {
		t.Fatalf("%d %s", status, text)
	}
	var origin, forked Execution
	h.get("execution?arn="+x, &origin)
	h.get("execution?arn="+began.ExecutionARN, &forked)
	if len(origin.Forks) != 1 || origin.Forks[0].ARN != began.ExecutionARN {
		t.Errorf("its forks are %+v", origin.Forks)
	}
	if f := forked.ForkOf; f == nil || *f != (ForkOrigin{x, "B", 4}) || *forked.Input != `{"token":"hush"}` {
		t.Errorf("it is %+v with the input %s", f, *forked.Input)
	}
	for _, c := range []struct{ user, body, code string }{
		{"paul", `"state":"B"`, codeDenied},
		{"otto", `"state":"C"`, codeValidation},
		{"otto", `"state":"B","name":"a b"`, "InvalidName"},
		{"otto", `"state":"B","name":"origin"`, "ExecutionAlreadyExists"},
		{"otto", `"state":"B","variables":[]`, codeValidation},
		{"ada", `"state":"B","input":"{\"token\":\"` + Hidden + `\"}"`, codeValidation},
	} {
		if status, text := fork(c.user, c.body); status == http.StatusOK || !strings.Contains(text, c.code) {
			t.Errorf("%s, %s: %d %s, want %s", c.user, c.body, status, text, c.code)
		}
	}
}
