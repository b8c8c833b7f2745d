package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/statelark/statelark/graph"
)

func TestLayout(t *testing.T) {
	s := newTestServer()
	for _, text := range []string{
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "nowhere"}}}`,
		"StartAt: A\nStates:\n  A: {Type: Pass, Next: nowhere}\n",
	} {
		var l graph.Layout
		if code := ask(t, s, "POST", "/api/layout", LayoutRequest{Definition: text}, &l); code != http.StatusOK {
			t.Fatalf("%s: %d", text, code)
		}
		if len(l.Nodes) == 0 || l.Width <= 0 || l.Height <= 0 {
			t.Errorf("%s: %+v", text, l)
		}
	}
}

func TestLayoutOfNoJSON(t *testing.T) {
	s := newTestServer()
	for text, says := range map[string]string{`{"States": {`: "line: 1", "- a: [": "line 1", "[1]": "object"} {
		var f Failure
		if code := ask(t, s, "POST", "/api/layout", LayoutRequest{Definition: text}, &f); code != http.StatusBadRequest || !strings.Contains(f.Message, says) {
			t.Errorf("%s: %d %s", text, code, f.Message)
		}
	}
}

const paid = `{"StartAt": "Pay", "States": {"Pay": {"Type": "Pass", "Result": {"secret": "hush", "note": "a <b>"}, "Next": "Big?"},
	"Big?": {"Type": "Choice", "Choices": [{"Variable": "$.amount", "NumericGreaterThan": 100, "Next": "No"}], "Default": "Yes"},
	"No": {"Type": "Fail", "Error": "TooBig", "Cause": "far too large"}, "Yes": {"Type": "Succeed"}}}`

func TestPictures(t *testing.T) {
	h := newHouse(t)
	m := h.create("pay", paid)
	x := h.run(m, "small", `{"amount": 1}`)
	for _, c := range []struct{ path, says, not string }{
		{"machine/graph.svg?arn=" + m, "amount &gt; 100", "Succeeded"},
		{"execution/graph.svg?theme=dark&arn=" + x, "amount &gt; 100", "Succeeded"},
		{"execution/graph.svg?status=1&arn=" + x, "✓ Succeeded", "prefers-color-scheme:light"},
	} {
		status, text := h.request("GET", "/api/"+c.path, "vera", "")
		if status != http.StatusOK || !strings.HasPrefix(text, "<svg ") || !strings.Contains(text, c.says) || strings.Contains(text, c.not) {
			t.Errorf("%s: %d %s", c.path, status, text)
		}
	}
	if status, text := h.request("GET", "/api/machine/graph.svg?theme=blue&arn="+m, "vera", ""); status != http.StatusBadRequest {
		t.Errorf("a theme that there is not: %d %s", status, text)
	}
}

// Who may not see payloads gets a report and an export without them, and others' masked values stay hidden.
func TestReportAndExport(t *testing.T) {
	h := newHouse(t)
	x := h.run(h.create("pay", paid), "large", `{"amount": 1000, "note": "<script>"}`)
	for _, path := range []string{"execution/report.html?arn=", "execution/export.json?arn="} {
		for user, sees := range map[string]string{"vera": "", "paul": "hush", "ada": "***"} {
			status, text := h.request("GET", "/api/"+path+x, user, "")
			if status != http.StatusOK {
				t.Fatalf("%s as %s: %d %s", path, user, status, text)
			}
			before, _, _ := strings.Cut(text, "<h2>Definition") // which anybody may see
			written, err := json.Marshal(paid)
			if err != nil {
				t.Fatal(err)
			}
			before = strings.ReplaceAll(before, string(written), "")
			for _, words := range []string{"hush", "***", "1000"} {
				want := sees == words || words == "1000" && sees != ""
				if strings.Contains(before, words) != want {
					t.Errorf("%s as %s: %q is there: %v", path, user, words, !want)
				}
			}
			if strings.Contains(text, "<script") && strings.HasPrefix(path, "execution/report") {
				t.Errorf("%s as %s: markup of a payload is written as it is", path, user)
			}
			for _, words := range []string{"PassStateEntered", "TooBig", "far too large"} {
				if !strings.Contains(text, words) {
					t.Errorf("%s as %s: %q is missing", path, user, words)
				}
			}
		}
	}
}

func TestMachineDiff(t *testing.T) {
	h := newHouse(t)
	m := h.create("pay", paid)
	x := h.run(m, "small", `{"amount": 1}`)
	h.aws("UpdateStateMachine", map[string]any{"stateMachineArn": m, "definition": strings.Replace(paid, "100", "200", 1)})
	var d MachineDiff
	h.get("machine/diff?a="+x+"&b="+m, &d)
	if len(d.States) != 1 || d.States[0].ID != "/States/Big?" || d.States[0].Kind != "changed" || len(d.Fields) != 0 || d.A.Name != "pay" {
		t.Errorf("%+v", d)
	}
}
