package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
)

func TestTasks(t *testing.T) {
	h := newHouse(t)
	activity := h.aws("CreateActivity", map[string]any{"name": "approve"})["activityArn"].(string)
	m := h.create("M", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"`+activity+`","TimeoutSeconds":600,"End":true}}}`)
	for i := range 3 {
		h.aws("StartExecution", map[string]any{"stateMachineArn": m, "name": fmt.Sprint("e", i), "input": `{"secret":"hush"}`})
	}
	// The first one has a worker; whoever polls has it once it is dispatched.
	task, err := h.engine.ActivityTask(t.Context(), activity, "worker 1")
	if err != nil || task == nil {
		t.Fatal(task, err)
	}
	var list Tasks
	for deadline := time.Now().Add(10 * time.Second); list.Total < 3 && time.Now().Before(deadline); {
		h.get("tasks?n=2", &list)
	}
	if len(list.Tasks) != 2 || !list.More || list.Total != 3 {
		t.Fatalf("it is %+v", list)
	}
	first := list.Tasks[0]
	if first.Kind != "activity" || first.MachineName != "M" || first.State != "A" || first.Resource != activity || *first.Input != `{"secret":"hush"}` ||
		first.TimesOut == nil || first.Token != "" {
		t.Errorf("it is %+v, to a viewer", first)
	}
	if status, text := h.request("GET", "/api/tasks", "olga", ""); status != http.StatusOK || strings.Count(text, `"token"`) != 1 ||
		!strings.Contains(text, `"worker":"worker 1"`) {
		t.Errorf("%d %s", status, text)
	}
	if status, text := h.request("GET", "/api/tasks", "vera", ""); status != http.StatusOK || strings.Contains(text, "hush") {
		t.Errorf("%d %s", status, text)
	}
	var rest Tasks
	h.get("tasks?n=2&after="+list.Next, &rest)
	if len(rest.Tasks) != 1 || rest.More {
		t.Errorf("the rest is %+v", rest)
	}
	var all Activities
	h.get("activities", &all)
	if len(all.Activities) != 1 || all.Activities[0].Waiting != 2 || all.Activities[0].Running != 1 || all.Activities[0].Name != "approve" {
		t.Errorf("they are %+v", all)
	}
}

// A token is for those who may answer, wherever it stands; what is large is cut between characters.
func TestTaskShown(t *testing.T) {
	task := &engine.OpenTask{Execution: &statelark.Execution{Machine: here.StateMachineARN("M"), Name: "e"}, Token: "TOKEN", Input: `{"t":"TOKEN"}`, Taken: true}
	viewer, operator := &Person{Role: Viewer, Payloads: true}, &Person{Role: Operator, Payloads: true}
	if got := taskOf(viewer, task); got.Token != "" || *got.Input != `{"t":"`+Hidden+`"}` {
		t.Errorf("a viewer sees %+v with %s", got, *got.Input)
	}
	if got := taskOf(operator, task); got.Token != "TOKEN" || *got.Input != task.Input {
		t.Errorf("an operator sees %+v with %s", got, *got.Input)
	}
	task.Input = `"` + strings.Repeat("ä", maxTaskInput) + `"`
	if got := taskOf(operator, task); !got.Cut || len(*got.Input) != maxTaskInput-1 {
		t.Errorf("it is cut to %d bytes", len(*got.Input))
	}
}
