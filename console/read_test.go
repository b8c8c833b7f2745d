package console

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// statuses are those of rows, in order.
func statuses(rows []ExecutionRow) (list []string) {
	for _, r := range rows {
		list = append(list, r.Name+" "+r.Status+" "+r.Error)
	}
	return list
}

const failing = `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Odd","Cause":"it is"}}}`

// TestOverviewAndMachines wants what was read before to be read again once it has changed, and not otherwise.
func TestOverviewAndMachines(t *testing.T) {
	h := newHouse(t)
	var o Overview
	if h.get("overview", &o); o.Machines != 0 || o.Running == nil || len(o.Minutes) != 60 {
		t.Errorf("of an empty server: %+v", o)
	}
	good, bad := h.create("good", passing), h.create("bad", failing)
	waits := h.create("waits", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`)
	h.run(good, "g", `{}`)
	h.run(bad, "b", `{}`)
	h.aws("StartExecution", map[string]any{"stateMachineArn": waits, "name": "w"})
	seen := h.listen("overview")
	h.get("overview", &o)
	if o.Machines != 3 || o.Statuses["RUNNING"] != 1 {
		t.Errorf("%+v", o)
	}
	if diff := cmp.Diff([]string{"w RUNNING "}, statuses(o.Running)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b FAILED Odd"}, statuses(o.Failures)); diff != "" {
		t.Error(diff)
	}
	h.aws("StopExecution", map[string]any{"executionArn": strings.Replace(waits, "stateMachine", "execution", 1) + ":w", "error": "Enough"})
	for m := range seen.messages {
		if m.name == "overview" && strings.Contains(m.data, `"ABORTED":1`) {
			break
		}
	}
	o = Overview{}
	h.get("overview", &o)
	if diff := cmp.Diff([]string{"w ABORTED Enough", "b FAILED Odd"}, statuses(o.Failures)); diff != "" || len(o.Running) > 0 || o.Statuses["RUNNING"] != 0 ||
		o.Statuses["SUCCEEDED"] != 1 || o.Statuses["FAILED"] != 1 || o.Statuses["ABORTED"] != 1 {
		t.Errorf("%s %+v", diff, o)
	}
	minutes := Minute{}
	for _, m := range o.Minutes {
		minutes.Started, minutes.Succeeded, minutes.Failed = minutes.Started+m.Started, minutes.Succeeded+m.Succeeded, minutes.Failed+m.Failed
	}
	if minutes != (Minute{Started: 3, Succeeded: 1, Failed: 2}) {
		t.Errorf("the minutes are %+v", minutes)
	}
	var list Machines
	h.get("machines", &list)
	names := []string{}
	for _, m := range list.Machines {
		names = append(names, fmt.Sprint(m.Name, m.States, m.Running, len(m.Recent), m.Failures))
	}
	if diff := cmp.Diff([]string{"bad1 0 1 1", "good2 0 1 0", "waits1 0 1 1"}, names); diff != "" || list.Machines[1].Comment != "says hello" {
		t.Errorf("%s %+v", diff, list)
	}
	h.aws("UpdateStateMachine", map[string]any{"stateMachineArn": good, "definition": failing})
	h.aws("TagResource", map[string]any{"resourceArn": bad, "tags": []any{map[string]any{"key": "team", "value": "a"}}})
	h.aws("DeleteStateMachine", map[string]any{"stateMachineArn": waits})
	list = Machines{}
	h.get("machines", &list)
	if len(list.Machines) != 2 || list.Machines[1].States != 1 || list.Machines[0].Tags["team"] != "a" {
		t.Errorf("after changes: %+v", list)
	}
}

// TestOverviewAfterARestart wants what was before the hub to be counted, and once.
func TestOverviewAfterARestart(t *testing.T) {
	h := newHouse(t)
	m := h.create("m", passing)
	for i := range 3 {
		h.run(m, fmt.Sprint(i), `{}`)
	}
	h.run(h.create("bad", failing), "x", `{}`)
	hub := NewHub(func() time.Time { return time.Now().Add(time.Second) }) // so that all was before it
	defer hub.Close()
	o := h.server.opts
	o.Hub = hub
	h.server = New(o)
	for range 2 {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/api/overview", nil)
		r.Header.Set("User", "vera")
		h.server.ServeHTTP(w, r)
		var got Overview
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Statuses["SUCCEEDED"] != 3 || got.Statuses["FAILED"] != 1 || got.Minutes[59].Started+got.Minutes[58].Started != 4 {
			t.Errorf("%+v", got)
		}
	}
}

func TestExecution(t *testing.T) {
	h := newHouse(t)
	inner := h.create("inner", passing)
	outer := h.create("outer", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","End":true,
		"Parameters":{"StateMachineArn":"`+inner+`","Name":"child","Input":{"secret":1}}}}}`)
	x := h.run(outer, "x", `{}`)
	child := strings.Replace(inner, "stateMachine", "execution", 1) + ":child"
	var d Execution
	h.get("execution?arn="+child, &d)
	if d.Parent != x || d.Changed || d.Status != "SUCCEEDED" || d.Output == nil || *d.Output != `{"secret":1}` || d.LastEvent != 6 || d.Revision != "INITIAL" {
		t.Errorf("the child is %+v", d)
	}
	h.aws("UpdateStateMachine", map[string]any{"stateMachineArn": inner, "definition": failing})
	if h.get("execution?arn="+child, &d); !d.Changed || d.Definition != passing {
		t.Errorf("after an update it is %+v", d)
	}
	var events Events
	h.get("execution/events?arn="+x, &events)
	var told []string
	for _, e := range events.Events {
		if e.Child != "" {
			told = append(told, e.Type+" "+e.Resource+" "+e.Child)
		}
	}
	if diff := cmp.Diff([]string{"TaskSubmitted states:startExecution.sync:2 " + child, "TaskSucceeded states:startExecution.sync:2 " + child}, told); diff != "" {
		t.Error(diff)
	}
	if !events.Ended || events.Last != int64(len(events.Events)) {
		t.Errorf("%+v", events)
	}
	var rest Events
	if h.get(fmt.Sprintf("execution/events?arn=%s&after=%d&n=1", x, events.Last-2), &rest); len(rest.Events) != 1 || rest.Events[0].ID != events.Last-1 || rest.Last != events.Last {
		t.Errorf("one before the last: %+v", rest)
	}
	var detail EventDetail
	h.get("execution/event?id=1&arn="+child, &detail)
	if shown := string(mustJSON(t, detail.Event)); !strings.Contains(shown, `"input":"{\"secret\":1}"`) {
		t.Errorf("the first event is %s", shown)
	}
	for _, path := range []string{"execution?arn=" + x + "x", "execution/events?arn=" + x + "x", "execution/event?id=99&arn=" + x, "execution/event?arn=" + x} {
		if status, text := h.request("GET", "/api/"+path, "paul", ""); status != 404 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	for _, path := range []string{"execution", "execution?arn=x", "machine/grid"} {
		if status, text := h.request("GET", "/api/"+path, "paul", ""); status != 400 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExpressExecution(t *testing.T) {
	h := newHouse(t)
	m := h.create("quick", failing, "EXPRESS")
	x := h.aws("StartSyncExecution", map[string]any{"stateMachineArn": m, "name": "q", "input": `{"a":1}`})["executionArn"].(string)
	var d Execution
	h.get("execution?arn="+url.QueryEscape(x), &d)
	if d.Type != "EXPRESS" || d.Status != "FAILED" || d.Error != "Odd" || d.Cause != "it is" || d.Input == nil || *d.Input != `{"a":1}` {
		t.Errorf("it is %+v", d)
	}
	var events Events
	if h.get("execution/events?arn="+x, &events); len(events.Events) != 3 || !events.Ended || events.Last != 3 {
		t.Errorf("its events are %+v", events)
	}
	var list Machines
	if h.get("machines", &list); len(list.Machines) != 1 || len(list.Machines[0].Recent) != 1 || list.Machines[0].Recent[0].Error != "Odd" {
		t.Errorf("in the list: %+v", list)
	}
	var g Grid
	if h.get("machine/grid?arn="+m, &g); len(g.Runs) != 1 || g.Runs[0].Cells[0].Status != "FAILED" {
		t.Errorf("in the grid: %+v", g)
	}
}

func TestGrid(t *testing.T) {
	h := newHouse(t)
	m := h.create("m", `{"StartAt":"Choose","States":{
		"Late":{"Type":"Succeed"},
		"Task":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"none"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Late"}],"Next":"Late"},
		"Again":{"Type":"Pass","Result":2,"ResultPath":"$.n","Next":"Choose"},
		"Choose":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"Again"},{"Variable":"$.n","NumericEquals":2,"Next":"Task"}],"Default":"Bad"},
		"Bad":{"Type":"Fail"}}}`)
	h.run(m, "a", `{"n":1}`)
	h.run(m, "b", `{"n":3}`)
	for range 2 { // the second time from what is kept
		var g Grid
		h.get("machine/grid?n=10&arn="+m, &g)
		if diff := cmp.Diff([]string{"Choose", "Again", "Task", "Late", "Bad"}, g.States); diff != "" {
			t.Fatal(diff)
		}
		var columns []string
		for _, r := range g.Runs {
			text := r.Execution.Name
			for _, c := range r.Cells {
				text += fmt.Sprintf(" %s%d", c.Status, c.Visits)
			}
			columns = append(columns, text)
		}
		slices.Sort(columns) // both may have begun in one millisecond
		want := []string{"a SUCCEEDED2 SUCCEEDED1 CAUGHT1 SUCCEEDED1 0", "b SUCCEEDED1 0 0 0 FAILED1"}
		if diff := cmp.Diff(want, columns); diff != "" {
			t.Error(diff)
		}
	}
}

func TestResolve(t *testing.T) {
	h := newHouse(t)
	m := h.create("order", passing)
	for text, want := range map[string]Resolved{
		m:               {"/machines/" + m, "machine"},
		m + ":3":        {"/machines/" + m, "machine"},
		m + "/label":    {"/machines/" + m, "machine"},
		"  order ":      {"/machines/" + m, "machine"},
		"order 17":      {"/executions?q=order+17", "search"},
		"":              {},
		m[:len(m)-6]:    {"/machines/" + m[:len(m)-6], "machine"},
		"arn:aws:sqs:x": {"/executions?q=arn%3Aaws%3Asqs%3Ax", "search"},
		"arn:aws:states:us-east-1:123456789012:execution:order:x": {"/executions/arn:aws:states:us-east-1:123456789012:execution:order:x", "execution"},
		"https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/arn:aws:states:us-east-1:123456789012:express:order:x:1-2": {
			"/executions/arn:aws:states:us-east-1:123456789012:express:order:x:1-2", "execution"},
		"https://x/#/statemachines/view/arn%3Aaws%3Astates%3Aus-east-1%3A123456789012%3AstateMachine%3Aorder?type=standard": {"/machines/" + m, "machine"},
		"arn:aws:states:us-east-1:123456789012:mapRun:order/Map:1":                                                          {"/mapruns/arn:aws:states:us-east-1:123456789012:mapRun:order%2FMap:1", "mapRun"},
		"arn:aws:states:us-east-1:123456789012:activity:a":                                                                  {"/activities?arn=arn%3Aaws%3Astates%3Aus-east-1%3A123456789012%3Aactivity%3Aa", "activity"},
		"arn:aws:states:us-east-1:123456789012:other:a":                                                                     {},
	} {
		var got Resolved
		if h.get("resolve?text="+url.QueryEscape(text), &got); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}

func TestWhole(t *testing.T) {
	v := &Machines{Machines: []MachineRow{{}}}
	whole(v)
	if text := string(mustJSON(t, v)); !strings.Contains(text, `"recent":[]`) || strings.Contains(text, "tags") {
		t.Error(text)
	}
	for _, v := range []any{nil, 3, &EventDetail{}, (*Machines)(nil), &Parameters{Fields: []Field{{}}}} {
		whole(v)
	}
	p := &struct{ In *Overview }{&Overview{}}
	if whole(p); p.In.Minutes == nil || p.In.Statuses == nil {
		t.Error(p.In)
	}
}

func TestMapRuns(t *testing.T) {
	h := newHouse(t)
	m := h.create("m", `{"StartAt":"All","States":{"All":{"Type":"Map","End":true,"Label":"all","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`)
	x := h.run(m, "x", `[1,2,3]`)
	var d Execution
	h.get("execution?arn="+x, &d)
	if len(d.MapRuns) != 1 || d.MapRuns[0].State != "All" || d.MapRuns[0].Status != "SUCCEEDED" || d.MapRuns[0].Items.Total != 3 || d.MapRuns[0].Items.Succeeded != 3 || d.MapRuns[0].Event == 0 {
		t.Fatalf("its Map Runs are %+v", d.MapRuns)
	}
	children := h.aws("ListExecutions", map[string]any{"mapRunArn": d.MapRuns[0].ARN})["executions"].([]any)
	if len(children) != 3 {
		t.Fatalf("children: %v", children)
	}
	var child Execution
	h.get("execution?arn="+url.QueryEscape(children[0].(map[string]any)["executionArn"].(string)), &child)
	if child.Parent != x || child.MapRun != d.MapRuns[0].ARN || child.Changed {
		t.Errorf("a child is %+v", child)
	}
}
