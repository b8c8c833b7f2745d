package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
)

func TestConvert(t *testing.T) {
	reason := statelark.Errorf(statelark.CodeValidation, "no")
	reason.Reason = "MISSING_REQUIRED_PARAMETER"
	for _, test := range []struct {
		err       error
		namespace string
		code      string
		status    int
		extra     string
	}{
		{statelark.Errorf(statelark.CodeExecutionDoesNotExist, "no"), "", "ExecutionDoesNotExist", 0, "[]"},
		{fmt.Errorf("starting: %w", statelark.Errorf(statelark.CodeThrottling, "no")), "com.amazon.coral.availability", "ThrottlingException", 0, "[]"},
		{statelark.Errorf(statelark.CodeAccessDenied, "no"), "com.amazon.coral.service", "AccessDeniedException", 0, "[]"},
		{reason, "", "ValidationException", 0, `[reason="MISSING_REQUIRED_PARAMETER"]`},
		{statelark.ResourceNotFound("x"), "", "ResourceNotFound", 0, `[resourceName="x"]`},
		{&statelark.Error{Code: statelark.CodeServiceUnavailable, Message: "m"}, "", "ServiceUnavailable", 503, "[]"},
		{fmt.Errorf("committing: %w", statelark.ErrUnavailable), "com.amazon.coral.service", "ServiceUnavailable", 503, "[]"},
	} {
		got := convert(test.err)
		extra := []string{}
		for _, m := range got.Extra {
			extra = append(extra, m.Key+"="+m.Value.Text())
		}
		if got.Namespace != test.namespace || got.Code != test.code || got.Status != test.status || fmt.Sprint(extra) != test.extra {
			t.Errorf("convert(%v) = %+v", test.err, got)
		}
	}
	for _, fault := range []error{errors.New("disk on fire"), statelark.ErrFenced, statelark.ErrConflict, statelark.ErrNotFound} {
		if got := convert(fault); got != nil {
			t.Errorf("the fault %v is told: %v", fault, got)
		}
	}
}

// TestZeroOptions: a server that is lent nothing has the clock of the wall, and tells nobody of a fault.
func TestZeroOptions(t *testing.T) {
	engine := newFakeEngine(time.Now)
	engine.broken = errors.New("disk on fire")
	h := New(engine, testPlace, Options{}).Service()
	if w := serve(h, "ListStateMachines", `{}`, http.Header{}); w.Code != http.StatusInternalServerError {
		t.Errorf("a fault is answered %d %s", w.Code, w.Body)
	}
	if w := serve(h, "CreateActivity", `{"name":"a"}`, http.Header{}); w.Code != http.StatusOK {
		t.Errorf("creating an activity is answered %d %s", w.Code, w.Body)
	}
}

// TestRedriveFilterOfAMapRun: ListExecutions filters the children of a Map Run as it does the executions of a state machine.
func TestRedriveFilterOfAMapRun(t *testing.T) {
	engine := newFakeEngine(time.Now)
	run := testPlace.ARN("states", "mapRun:m/L:1")
	engine.mapRuns = []*statelark.MapRun{{ARN: run}}
	machine := testPlace.StateMachineARN("m/L")
	engine.children = []*statelark.Execution{
		{Machine: machine, Name: "first", Status: statelark.Failed, MapRun: run},
		{Machine: machine, Name: "again", Status: statelark.Failed, MapRun: run, Redrives: 1},
	}
	h := New(engine, testPlace, Options{}).Service()
	for filter, want := range map[string][]string{"": {"first", "again"}, "REDRIVEN": {"again"}, "NOT_REDRIVEN": {"first"}} {
		body := `{"mapRunArn":"` + run + `"`
		if filter != "" {
			body += `,"redriveFilter":"` + filter + `"`
		}
		w := serve(h, "ListExecutions", body+"}", http.Header{})
		for _, name := range []string{"first", "again"} {
			if listed := strings.Contains(w.Body.String(), `"name":"`+name+`"`); listed != slices.Contains(want, name) {
				t.Errorf("filter %q: %d %s", filter, w.Code, w.Body)
			}
		}
	}
}

// The ItemProcessor of a distributed Map does not compile by itself: what its states read is told with it.
func TestVariablesOfAnItemProcessor(t *testing.T) {
	m := &statelark.StateMachine{Definition: `{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}}`, Variables: map[string][]string{"S": {"v"}}}
	var c awswire.Call
	c.Out.Open("", '{')
	writeVariableReferences(&c.Out, m)
	c.Out.Close('}')
	if got := string(c.Out.Bytes()); !strings.Contains(got, `"variableReferences":{"S":["v"]}`) {
		t.Errorf("wrote %s", got)
	}
}
