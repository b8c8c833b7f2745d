package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/search"
)

// hush is a value that is in every payload of an execution: input, output, variables, parameters, causes.
const hush = "hunter2"

// spill are definitions that spread it, each ends in another way.
var spill = map[string]string{
	"done": `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":{"secret.$":"$.secret"}},"Parameters":{"secret.$":"$.secret"},"ResultPath":"$.p","Next":"Each"},
		"Each":{"Type":"Map","ItemsPath":"$.list","ItemSelector":{"secret.$":"$$.Map.Item.Value.secret"},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ResultPath":"$.each","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.secret","StringEquals":"none","Next":"Z"}],"Default":"Z"},"Z":{"Type":"Succeed"}}}`,
	"path": `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":{"secret.$":"$.secret"}},"Next":"P"},
		"P":{"Type":"Pass","Parameters":{"x.$":"$.nothing"},"End":true}}}`,
	"jsonata": `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% $number($string($states.input)) %}","End":true}}}`,
	"wrong":   `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Wait","Seconds":"{% $states.input %}","End":true}}}`,
	"fails":   `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Odd","CausePath":"States.JsonToString($)"}}}`,
	"format":  `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Odd","CausePath":"States.Format('it was {} at 5\" of', States.JsonToString($))"}}}`,
	"choice":  `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.secret","StringEquals":"none","Next":"Z"}]},"Z":{"Type":"Succeed"}}}`,
	"nested":  `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:fails","Input.$":"$"},"End":true}}}`,
}

// lookers are who may not see the value, and under which name.
func lookers(h *house) []string {
	mask := NewMask([]string{"secret"})
	h.people.by["max"] = &Person{Name: "max", Role: Admin, Payloads: true, Masked: mask.Names(), Mask: mask.Text}
	h.hub.mask.Store(mask)
	return []string{"vera", "otto", "max"}
}

// TestHiddenEverywhere walks all routes and all operations that read, for executions that have a value wherever they may, as people
// who may not see payloads, and one from whom the field is masked.
func TestHiddenEverywhere(t *testing.T) {
	h := newHouse(t)
	users := lookers(h)
	h.server.opts.Search = &search.Plain{Store: memstore.New(), Source: h.engine, Now: h.server.opts.Now}
	input := `{"secret":"` + hush + `","list":[{"secret":"` + hush + `"}],"text":"{\"secret\":\"` + hush + `\"}"}`
	var executions []string
	for _, name := range []string{"done", "path", "jsonata", "wrong", "fails", "format", "choice", "nested"} {
		executions = append(executions, h.run(h.create(name, spill[name]), name, input))
	}
	activity := h.aws("CreateActivity", map[string]any{"name": "approve"})["activityArn"].(string)
	waits := h.create("waits", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"`+activity+`","End":true}}}`)
	x := h.aws("StartExecution", map[string]any{"stateMachineArn": waits, "name": "waits", "input": input})["executionArn"].(string)
	executions = append(executions, x)

	last := map[string]int64{}
	for _, x := range executions {
		var d Execution
		h.get("execution?arn="+x, &d)
		last[x] = d.LastEvent
	}
	leak := func(user, what, text string) {
		if i := strings.Index(text, hush); i >= 0 {
			t.Errorf("%s sees by %s: …%s…", user, what, text[max(0, i-300):min(len(text), i+100)])
		}
	}
	seen := map[string]int{}
	for _, user := range append(users, "paul") {
		for _, r := range routes {
			if r.method != http.MethodGet {
				continue
			}
			for _, x := range executions {
				for _, q := range queriesOf(r.path, x, last[x]) {
					_, text := h.request("GET", "/api/"+r.path+q, user, "")
					if user == "paul" {
						seen[r.path] += strings.Count(text, hush)
						continue
					}
					leak(user, r.path+q, text)
				}
			}
		}
		if user == "paul" {
			continue
		}
		for name, op := range operations {
			if op.write {
				continue
			}
			for _, x := range executions {
				machine, _ := splitExecution(x)
				body := fmt.Sprintf(`{"executionArn":%q}`, x)
				if strings.HasPrefix(name, "List") || name == "DescribeStateMachine" {
					body = fmt.Sprintf(`{"stateMachineArn":%q}`, machine)
				}
				_, text := h.request("POST", "/api/aws/"+name, user, body)
				leak(user, name, text)
			}
		}
		if user == "vera" {
			continue
		}
		for _, x := range executions {
			_, text := h.request("POST", "/api/execution/fork", user, fmt.Sprintf(`{"arn":%q,"state":"none"}`, x))
			leak(user, "fork", text)
			status, text := h.request("POST", "/api/execution/fork", user, fmt.Sprintf(`{"arn":%q}`, x))
			leak(user, fmt.Sprint("fork ", status), text)
		}
	}
	for _, path := range []string{"execution", "execution/event", "execution/stages", "execution/export.json", "execution/report.html", "tasks"} {
		if seen[path] == 0 {
			t.Errorf("the value is nowhere in %s for who may see it", path)
		}
	}
}

func splitExecution(x string) (machine, name string) {
	i := strings.LastIndexByte(x, ':')
	return strings.Replace(x[:i], ":execution:", ":stateMachine:", 1), x[i+1:]
}

// queriesOf are queries for a route that reads, for an execution with so many events.
func queriesOf(path, x string, events int64) (list []string) {
	machine, name := splitExecution(x)
	arn := "?arn=" + url.QueryEscape(x)
	switch path {
	case "execution/event":
		for id := range events {
			list = append(list, arn+"&id="+fmt.Sprint(id+1))
		}
	case "execution/stages":
		for id := range events {
			list = append(list, arn+"&event="+fmt.Sprint(id+1))
		}
	case "execution/graph.svg":
		list = []string{arn + "&status=1"}
	case "machine/grid", "machine/graph.svg":
		list = []string{"?arn=" + url.QueryEscape(machine)}
	case "machine/diff":
		list = []string{"?a=" + url.QueryEscape(machine) + "&b=" + url.QueryEscape(x)}
	case "resolve":
		list = []string{"?text=" + name}
	case "executions":
		list = []string{"?q=", "?q=" + name, "?q=error:*&count=1"}
	case "audit", "settings":
		list = []string{""}
	default:
		list = []string{arn}
	}
	return slices.Clip(list)
}
