package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/statelark/statelark/servertest"
)

// logGroups stands for CloudWatch Logs before a server: it answers what the cases ask of log groups, from the server's
// execution log, and hands everything else on.
type logGroups struct {
	server http.Handler
	log    string // path of the execution log

	mu     sync.Mutex
	groups map[string]string // by name of the state machine
}

func (g *logGroups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	operation, isLogs := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "Logs_20140328.")
	if !isLogs {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "eStateMachine") { // Create, Update
			g.note(body)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		g.server.ServeHTTP(w, r)
		return
	}
	var sent struct{ LogGroupName, LogGroupNamePrefix string }
	_ = json.Unmarshal(body, &sent) // what is not there is ""
	answer := any(map[string]any{})
	switch operation {
	case "DescribeLogGroups":
		name := sent.LogGroupNamePrefix
		answer = map[string]any{"logGroups": []any{map[string]any{"logGroupName": name, "arn": "arn:aws:logs:us-east-1:000000000000:log-group:" + name + ":*"}}}
	case "DescribeLogStreams":
		answer = map[string]any{"logStreams": []any{map[string]any{"logStreamName": "all"}}}
	case "GetLogEvents":
		answer = map[string]any{"events": g.events(sent.LogGroupName)}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer) // the client is gone: it tells
}

// note notes which group a state machine logs to.
func (g *logGroups) note(body []byte) {
	var m struct {
		Name                 string
		StateMachineARN      string
		LoggingConfiguration struct {
			Destinations []struct{ CloudWatchLogsLogGroup struct{ LogGroupArn string } }
		}
	}
	_ = json.Unmarshal(body, &m) // the server tells what is wrong with it
	if parts := strings.Split(m.StateMachineARN, ":"); len(parts) > 6 {
		m.Name = parts[6]
	}
	for _, d := range m.LoggingConfiguration.Destinations {
		g.mu.Lock()
		g.groups[m.Name] = strings.TrimSuffix(strings.SplitN(d.CloudWatchLogsLogGroup.LogGroupArn, ":", 7)[6], ":*")
		g.mu.Unlock()
	}
}

// events returns the records of a group.
func (g *logGroups) events(group string) []any {
	text, err := os.ReadFile(g.log)
	if err != nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	events := []any{}
	for line := range strings.Lines(string(text)) {
		var record struct {
			ARN string `json:"execution_arn"`
		}
		if json.Unmarshal([]byte(line), &record) != nil { // the last line is being written
			continue
		}
		if parts := strings.Split(record.ARN, ":"); len(parts) > 6 && g.groups[parts[6]] == group {
			events = append(events, map[string]any{"message": strings.TrimSuffix(line, "\n")})
		}
	}
	return events
}

// TestRecordedLogs compares the execution log with what AWS wrote to CloudWatch Logs.
func TestRecordedLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	runner := servertest.Shared(t, "conformance", "run_cases.py")
	cases := servertest.Shared(t, "conformance", "open")
	python := servertest.Program(t, "python3")
	log := filepath.Join(t.TempDir(), "executions.log")
	server := servertest.Start(t, "--execution-log", log)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&logGroups{server: httputil.NewSingleHostReverseProxy(at), log: log, groups: map[string]string{}})
	defer front.Close()
	results := filepath.Join(t.TempDir(), "results.json")
	command := exec.Command(python, runner, cases, "--endpoint", front.URL, "--services", "lambda,logs",
		"--grade", "history", "--area", "logging", "--jobs", "8", "--json", results)
	command.Env = server.ClientEnv()
	out, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatalf("running %s: %v", runner, err)
	}
	var outcomes []outcome
	readJSON(t, results, &outcomes)
	logs := 0
	for _, o := range outcomes {
		if !strings.HasPrefix(o.ID, "logs-") || !o.counts() {
			continue
		}
		logs++
		if !o.passes() {
			t.Errorf("%s: %s", o.ID, fmt.Sprint(o.History, o.Why))
		}
	}
	if logs == 0 {
		t.Errorf("no case of logs ran:\n%s", out)
	}
	t.Logf("%d cases of logs ran", logs)
}
