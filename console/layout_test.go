package console

import (
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
