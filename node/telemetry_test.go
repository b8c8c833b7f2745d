package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// startTelling starts a node in memory with telemetry.
func startTelling(t *testing.T, o Telemetry) *Node {
	t.Helper()
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: place, Telemetry: o}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// beginLogged is begin with a state machine that logs.
func beginLogged(t *testing.T, c *sfn.Client, definition string, level types.LogLevel, header string) *string {
	t.Helper()
	m, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("M"), Definition: &definition, RoleArn: aws.String(place.RoleARN("statelark")),
		LoggingConfiguration: &types.LoggingConfiguration{Level: level, IncludeExecutionData: true, Destinations: []types.LogDestination{{
			CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: aws.String(place.ARN("logs", "log-group:g:*"))}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Name: aws.String("x"), Input: aws.String(`{}`), TraceHeader: &header})
	if err != nil {
		t.Fatal(err)
	}
	return x.ExecutionArn
}

const passAndFail = `{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"F"},"F":{"Type":"Fail","Error":"Odd"}}}`

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestTelemetry(t *testing.T) {
	spans, changes := make(chan string, 100), make(chan string, 100)
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/hook" {
			var event struct{ Detail struct{ Status string } }
			_ = json.Unmarshal(body, &event)
			changes <- event.Detail.Status
			return
		}
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Error(err)
		}
		for _, about := range request.GetResourceSpans() {
			for _, scope := range about.GetScopeSpans() {
				for _, s := range scope.GetSpans() {
					spans <- s.GetName()
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer outside.Close()
	log := filepath.Join(t.TempDir(), "executions.log")
	n := startTelling(t, Telemetry{ExecutionLog: log, StatusChanges: []string{outside.URL + "/hook", log}, TraceEndpoint: outside.URL})
	c := sdk(t, n)
	await(t, c, beginLogged(t, c, passAndFail, types.LogLevelError, ""))
	for _, want := range []string{"RUNNING", "FAILED"} {
		if got := <-changes; got != want {
			t.Errorf("the webhook was told %s, want %s", got, want)
		}
	}
	status, metrics := get(t, n.URL()+"/metrics")
	for _, want := range []string{
		`aws_states_executions_started_total{alias="",state_machine_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:M",version=""} 1`,
		`aws_states_executions_failed_total{alias="",state_machine_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:M",version=""} 1`,
		`statelark_commits_total `, `go_goroutines `, `statelark_telemetry_dropped_total{to="tap"} 0`,
	} {
		if status != http.StatusOK || !strings.Contains(metrics, "\n"+want) {
			t.Errorf("metrics (%d) are without %s", status, want)
		}
	}
	closeNode(t, n)
	if got := []string{<-spans, <-spans, <-spans}; !slices.Equal(got, []string{"P", "F", "M"}) {
		t.Errorf("spans are %q", got)
	}
	var types []string
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct {
			Type   string
			Detail struct{ Status string }
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		types = append(types, line.Type+line.Detail.Status)
	}
	if !slices.Equal(types, []string{"RUNNING", "FailStateEntered", "ExecutionFailed", "FAILED"}) && // a change is logged before its status is told
		!slices.Equal(types, []string{"FailStateEntered", "ExecutionFailed", "RUNNING", "FAILED"}) {
		t.Errorf("the log has %q", types)
	}
}

// A receiver that never answers: executions end as ever, and so does the node.
func TestAReceiverThatHangs(t *testing.T) {
	hold, called := make(chan struct{}), make(chan struct{}, 1)
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case called <- struct{}{}:
		default:
		}
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}))
	defer outside.Close()
	defer close(hold)
	n := startTelling(t, Telemetry{StatusChanges: []string{outside.URL}, TraceEndpoint: outside.URL})
	c := sdk(t, n)
	if d := await(t, c, begin(t, c, "M", passAndFail, `{}`)); d.Status != types.ExecutionStatusFailed {
		t.Errorf("it is %s", d.Status)
	}
	<-called
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		t.Logf("closing: %v", err)
	}
	if ctx.Err() != nil {
		t.Error("closing took too long")
	}
}

func TestHealth(t *testing.T) {
	n := startTelling(t, Telemetry{Metrics: MetricsOff})
	defer closeNode(t, n)
	for path, want := range map[string]int{"/health": 200, "/healthz": 200, "/readyz": 200, "/metrics": 404} {
		if got, body := get(t, n.URL()+path); got != want {
			t.Errorf("%s: %d %s", path, got, body)
		}
	}
	n.closing.Store(true)
	for path, want := range map[string]int{"/health": 200, "/healthz": 200, "/readyz": 503} {
		if got, body := get(t, n.URL()+path); got != want {
			t.Errorf("%s while it shuts down: %d %s", path, got, body)
		}
	}
}

// brokenWriter is the connection of a scraper that has left.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAScraperMayLeave(t *testing.T) {
	var log bytes.Buffer
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: place}, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1"
	n.metricsHandler().ServeHTTP(brokenWriter{httptest.NewRecorder()}, r)
	closeNode(t, n)
	if strings.Contains(log.String(), "broken pipe") {
		t.Errorf("it is told: %s", log.String())
	}
}

func TestMetricsAreForThisMachine(t *testing.T) {
	for who, want := range map[string]map[string]int{
		MetricsLocal: {"127.0.0.1:1": 200, "[::1]:1": 200, "192.0.2.1:1": 403, "": 403},
		MetricsAll:   {"192.0.2.1:1": 200},
	} {
		n := startTelling(t, Telemetry{Metrics: who})
		for from, want := range want {
			r, w := httptest.NewRequest(http.MethodGet, "/metrics", nil), httptest.NewRecorder()
			r.RemoteAddr = from
			n.metricsHandler().ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s from %q: %d", who, from, w.Code)
			}
		}
		closeNode(t, n)
	}
}

func TestTelemetryThatIsWrong(t *testing.T) {
	for want, o := range map[string]Telemetry{
		"metrics is":         {Metrics: "yes"},
		"status-changes has": {StatusChanges: []string{"ftp://x"}},
		"execution-log is":   {ExecutionLog: "http://x"},
		"trace-endpoint is":  {TraceEndpoint: "localhost:4318"},
		"opening a log":      {ExecutionLog: "/"},
	} {
		_, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: place, Telemetry: o}, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
}
