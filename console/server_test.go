package console

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/api"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// people is an Auth that lets in whom the header User names.
type people struct {
	by map[string]*Person
}

func (p *people) Who(r *http.Request) (*Person, error) {
	if who := p.by[r.Header.Get("User")]; who != nil {
		return who, nil
	}
	return nil, &statelark.Error{Code: codeUnauthorized, Message: "Nobody is signed in."}
}

func (p *people) Mode() string { return "token" }

func (p *people) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "sign in here") })
}

// house is a server with the engine that it shows.
type house struct {
	t      testing.TB
	url    string
	server *Server
	engine *engine.Engine
	hub    *Hub
	people *people
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, hub: NewHub(time.Now), people: &people{by: map[string]*Person{
		"vera": {Name: "vera", Role: Viewer}, "paul": {Name: "paul", Role: Viewer, Payloads: true}, "olga": {Name: "olga", Role: Operator, Payloads: true},
		"otto": {Name: "otto", Role: Operator}, "ed": {Name: "ed", Role: Editor, Payloads: true},
		"ada": {Name: "ada", Role: Admin, Payloads: true, Masked: []string{"secret"}, Mask: func(text string) string {
			return strings.ReplaceAll(text, "hush", "***")
		}},
	}}}
	tap := telemetry.NewTap(nil, h.hub)
	targets := &task.Registry{}
	h.engine = engine.New(memstore.New(), targets, engine.Options{Tap: tap, Nesting: aws.Nesting{}, KeepExpress: 10})
	targets.Set("states:startExecution", aws.NewStates(h.engine))
	if err := h.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.server = New(Options{Auth: h.people, Engine: h.engine, Hub: h.hub, AWS: api.New(h.engine, here, api.Options{}).Service(), Place: here})
	web := httptest.NewServer(h.server)
	h.url = web.URL
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		h.hub.Close()
		web.Close()
		if err := h.engine.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := tap.Close(ctx); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return h
}

// request sends one and returns status and body.
func (h *house) request(method, path, user, body string, header ...string) (int, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("User", user)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(Header, "1")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// get reads an address into v, as somebody who may see all of it.
func (h *house) get(path string, v any) {
	h.t.Helper()
	status, text := h.request("GET", "/api/"+path, "paul", "")
	if status != http.StatusOK {
		h.t.Fatalf("%s: %d %s", path, status, text)
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		h.t.Fatalf("%s: %v", path, err)
	}
}

// aws calls an operation, and wants it to be carried out.
func (h *house) aws(operation string, in map[string]any) map[string]any {
	h.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		h.t.Fatal(err)
	}
	status, text := h.request("POST", "/api/aws/"+operation, "ed", string(body))
	if status != http.StatusOK {
		h.t.Fatalf("%s %s: %d %s", operation, body, status, text)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		h.t.Fatal(err)
	}
	return out
}

const passing = `{"Comment":"says hello","StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}`

// create makes a state machine and returns its ARN.
func (h *house) create(name, definition string, more ...string) string {
	h.t.Helper()
	in := map[string]any{"name": name, "roleArn": "arn:aws:iam::123456789012:role/r", "definition": definition}
	if len(more) > 0 {
		in["type"] = more[0]
	}
	return h.aws("CreateStateMachine", in)["stateMachineArn"].(string)
}

// run starts an execution and returns its ARN once it has ended.
func (h *house) run(machine, name, input string) string {
	h.t.Helper()
	x := h.aws("StartExecution", map[string]any{"stateMachineArn": machine, "name": name, "input": input})["executionArn"].(string)
	for {
		d, err := h.engine.Execution(h.t.Context(), x)
		if err != nil {
			h.t.Fatal(err)
		}
		if d.Status != statelark.Running {
			return x
		}
	}
}

func TestSession(t *testing.T) {
	h := newHouse(t)
	status, text := h.request("GET", "/api/session", "ada", "")
	var s Session
	if err := json.Unmarshal([]byte(text), &s); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	if s.User != "ada" || s.Role != Admin || !s.Payloads || s.Auth != "token" || !slices.Equal(s.Masked, []string{"secret"}) || s.Server.Services == nil {
		t.Errorf("the session is %s", text)
	}
	if status, text := h.request("GET", "/api/session", "", ""); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d %s", status, text)
	}
	if status, text := h.request("GET", "/api/auth/x", "", ""); status != http.StatusOK || text != "sign in here" {
		t.Errorf("signing in: %d %s", status, text)
	}
}

// TestEveryOperationHasARole wants each operation of AWS's API to be one of the table, with the role that its name promises.
func TestEveryOperationHasARole(t *testing.T) {
	reads := []string{"Describe", "List", "GetExecution", "Validate"}
	edits := []string{"Create", "Delete", "Publish", "Tag", "Untag", "UpdateState"}
	begins := func(name string, with []string) bool {
		return slices.ContainsFunc(with, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	for name := range model.Load("stepfunctions").Operations {
		want := Operator
		switch {
		case begins(name, reads):
			want = Viewer
		case begins(name, edits):
			want = Editor
		}
		if op, ok := operations[name]; !ok || op.role != want || op.write != (want != Viewer) {
			t.Errorf("%s is %+v, want role %s", name, op, want)
		}
	}
}

// noted are the entries of the audit log, the oldest first.
func (h *house) noted() []string {
	entries, err := h.server.opts.Audit.Entries(math.MaxInt64, 100)
	if err != nil {
		h.t.Error(err)
	}
	var all []string
	for _, e := range slices.Backward(entries) {
		all = append(all, strings.Join([]string{e.User, e.Operation, e.Resource, e.Outcome}, " "))
	}
	return all
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	machine := h.create("m", passing)
	for _, test := range []struct {
		user, operation, body string
		status                int
		says                  string
	}{
		{"vera", "ListStateMachines", `{}`, 200, machine},
		{"vera", "StartExecution", `{"stateMachineArn":"` + machine + `"}`, 403, "role operator"},
		{"olga", "StartExecution", `{"stateMachineArn":"` + machine + `","name":"x"}`, 200, ":execution:m:x"},
		{"olga", "DeleteStateMachine", `{"stateMachineArn":"` + machine + `"}`, 403, "role editor"},
		{"olga", "DescribeExecution", `{"executionArn":"nonsense"}`, 400, "InvalidArn"},
		{"otto", "TestState", `{"definition":"{\"Type\":\"Pass\",\"End\":true}"}`, 403, "payloads"},
		{"otto", "GetActivityTask", `{}`, 403, "payloads"},
		{"olga", "TestState", `{"definition":"{\"Type\":\"Pass\",\"End\":true}","input":"{\"a\":1}"}`, 200, "SUCCEEDED"},
		{"", "ListStateMachines", `{}`, 401, "UnauthorizedException"},
		{"ada", "Nothing", `{}`, 404, "ResourceNotFound"},
		{"ada", "ListStateMachines", `{`, 400, "SerializationException"},
		{"ada", "ListStateMachines", `[]`, 400, "SerializationException"},
	} {
		status, text := h.request("POST", "/api/aws/"+test.operation, test.user, test.body)
		if status != test.status || !strings.Contains(text, test.says) {
			t.Errorf("%s %s: %d %s", test.user, test.operation, status, text)
		}
	}
	want := []string{
		"ed CreateStateMachine m ok", "vera StartExecution  AccessDeniedException", "olga StartExecution " + machine + " ok",
		"olga DeleteStateMachine  AccessDeniedException", "otto TestState  AccessDeniedException", "otto GetActivityTask  AccessDeniedException",
		"olga TestState  ok",
	}
	if got := h.noted(); !slices.Equal(got, want) {
		t.Errorf("the audit log has %q", got)
	}
}

// TestForeignRequests wants requests that a page of another site can have sent to be refused.
func TestForeignRequests(t *testing.T) {
	h := newHouse(t)
	for _, header := range [][]string{
		{"Content-Type", ""}, {"Content-Type", "text/plain"}, {"Content-Type", "application/x-www-form-urlencoded"}, {Header, ""}, {Header, "0"},
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
	} {
		if status, text := h.request("POST", "/api/aws/ListStateMachines", "ed", `{}`, header...); status != http.StatusForbidden {
			t.Errorf("%q: %d %s", header, status, text)
		}
	}
	if status, text := h.request("POST", "/api/aws/ListStateMachines", "ed", `{}`, "Content-Type", "application/json; charset=utf-8", "Sec-Fetch-Site", "same-origin"); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	for _, path := range []string{"/api/overview", "/api/stream?topics=list"} {
		if status, text := h.request("GET", path, "ed", "", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

func TestPayloadsAreHidden(t *testing.T) {
	h := newHouse(t)
	x := h.run(h.create("m", passing), "x", `{"secret":"hush"}`)
	for _, path := range []string{"/api/execution?arn=" + x, "/api/execution/event?id=1&arn=" + x, "/api/execution/events?arn=" + x} {
		for _, user := range []string{"vera", "ada"} {
			if status, text := h.request("GET", path, user, ""); status != 200 || strings.Contains(text, "hush") {
				t.Errorf("%s, %s: %d %s", user, path, status, text)
			}
		}
	}
	for operation, body := range map[string]string{
		"DescribeExecution": `{"executionArn":"` + x + `","includedData":"ALL_DATA"}`, "GetExecutionHistory": `{"executionArn":"` + x + `","includeExecutionData":true}`,
	} {
		for user, want := range map[string]string{"vera": "", "ada": "***", "paul": "hush"} {
			status, text := h.request("POST", "/api/aws/"+operation, user, body)
			if status != 200 || !strings.Contains(text, want) || user != "paul" && strings.Contains(text, "hush") {
				t.Errorf("%s, %s: %d %s", user, operation, status, text)
			}
		}
	}
	var d Execution
	if h.get("execution?arn="+x, &d); d.Input == nil || *d.Input != `{"secret":"hush"}` {
		t.Errorf("paul sees %v", d.Input)
	}
}

func TestLargeBody(t *testing.T) {
	h := newHouse(t)
	body := bytes.Repeat([]byte{' '}, maxBody+1)
	if status, text := h.request("POST", "/api/aws/ListStateMachines", "ed", string(body)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", status, text)
	}
}

// FuzzOperation sends bodies to operations: whatever they are, the answer is JSON and no fault.
func FuzzOperation(f *testing.F) {
	f.Add("DescribeExecution", `{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:m:x"}`)
	f.Add("StartExecution", `{"stateMachineArn":1}`)
	f.Add("GetExecutionHistory", `{"includeExecutionData":{},"a":[`)
	f.Add("TagResource", "\xff\x00")
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, operation, body string) {
		op, ok := operations[operation]
		if !ok || operation == "GetActivityTask" { // which waits
			t.Skip()
		}
		for _, user := range []string{"ada", "otto"} {
			r := httptest.NewRequest("POST", "/api/aws/"+operation, strings.NewReader(body))
			r.Header.Set("User", user)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(Header, "1")
			w := httptest.NewRecorder()
			h.server.ServeHTTP(w, r)
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s (%v): %d %s", operation, op, w.Code, w.Body)
			}
		}
	})
}

// FuzzQuery sends parameters to what is read.
func FuzzQuery(f *testing.F) {
	f.Add("execution", "arn=arn:aws:states:us-east-1:123456789012:express:m:x:y")
	f.Add("execution/events", "arn=arn:aws:states:::execution:&after=-1&n=99999999999999999999")
	f.Add("resolve", "text=%25%32%46arn:aws:states:::stateMachine:")
	f.Add("machine/grid", "arn=arn:aws:states:us-east-1:123456789012:stateMachine:m/l:1")
	h := newHouse(f)
	f.Fuzz(func(t *testing.T, path, query string) {
		if !slices.ContainsFunc(routes, func(r route) bool { return r.method == "GET" && r.path == path }) {
			t.Skip()
		}
		r := httptest.NewRequest("GET", "/api/x", nil)
		r.URL.Path, r.URL.RawQuery = "/api/"+path, query
		r.Header.Set("User", "ada")
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s?%s: %d %s", path, query, w.Code, w.Body)
		}
	})
}
