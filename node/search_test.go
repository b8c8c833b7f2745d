package node_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/node"
)

// apiCall calls what the console has at a path, and returns status and body.
func apiCall(t *testing.T, n *node.Node, path, body string) (int, string) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, n.URL()+"/api/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Statelark-Console", "1")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func awsCall(t *testing.T, n *node.Node, operation, body string) {
	t.Helper()
	if status, text := apiCall(t, n, "aws/"+operation, body); status != http.StatusOK {
		t.Fatalf("%s: %d %s", operation, status, text)
	}
}

// soon asks until the answer is yes: the index hears of things a moment after they are durable, and tells nobody.
func soon(t *testing.T, ask func() bool) {
	t.Helper()
	end, again := time.After(10*time.Second), time.NewTicker(5*time.Millisecond)
	defer again.Stop()
	for !ask() {
		select {
		case <-again.C:
		case <-end:
			t.Fatal("it does not become true")
		}
	}
}

// TestSearch starts executions, finds them by what is in them, stops some and redrives them, with an index and without.
func TestSearch(t *testing.T) {
	home := arn.Place{Region: "us-east-1", Account: "123456789012"}
	for _, index := range []string{node.SearchOn, node.SearchOff} {
		t.Run(index, func(t *testing.T) {
			n, err := node.Start(t.Context(), node.Config{Listen: "127.0.0.1:0", Place: home, Search: index}, node.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = n.Close(t.Context()) })
			awsCall(t, n, "CreateStateMachine", `{"name": "m", "roleArn": "arn:aws:iam::123456789012:role/r", "definition": "{\"StartAt\": \"W\", \"States\": {\"W\": {\"Type\": \"Wait\", \"Seconds\": 3600, \"End\": true}}}"}`)
			for _, input := range []string{`{\"id\": 7}`, `{\"id\": 8}`, `{\"id\": 7, \"last\": true}`} {
				awsCall(t, n, "StartExecution", `{"stateMachineArn": "`+home.StateMachineARN("m")+`", "input": "`+input+`"}`)
			}
			count := func(query string) int {
				t.Helper()
				status, text := apiCall(t, n, "executions?count=1&q="+url.QueryEscape(query), "")
				var answer struct{ Count *int }
				if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusOK || answer.Count == nil {
					t.Fatalf("%s: %d %s", query, status, text)
				}
				return *answer.Count
			}
			soon(t, func() bool { return count("input.id=7") == 2 && count("") == 3 }) // a moment after they are durable
			if status, text := apiCall(t, n, "executions?q=a+colour:red", ""); status != http.StatusBadRequest || !strings.Contains(text, `"start":2,"end":8`) {
				t.Errorf("what is no query: %d %s", status, text)
			}
			for _, c := range []struct{ body, want string }{
				{`{"action": "stop", "query": "input.id=7", "dry": true}`, `"matched":2,"eligible":2,"done":0`},
				{`{"action": "stop", "query": "input.id=7", "expect": 1}`, "Nothing was done"},
				{`{"action": "stop", "query": "input.id=7", "expect": 2, "error": "E"}`, `"matched":2,"eligible":2,"done":2`},
			} {
				if _, text := apiCall(t, n, "bulk", c.body); !strings.Contains(text, c.want) {
					t.Errorf("%s: %s, want %s", c.body, text, c.want)
				}
			}
			soon(t, func() bool { return count("status:ABORTED error:E") == 2 })
			if _, text := apiCall(t, n, "bulk", `{"action": "redrive", "query": "-status:RUNNING", "expect": 2}`); !strings.Contains(text, `"done":2`) {
				t.Errorf("redrive: %s", text)
			}
			soon(t, func() bool { return count("status:RUNNING redrives>0") == 2 })
		})
	}
}
