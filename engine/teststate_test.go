package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

const testedTask = `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"`

// tested runs a test of the state and prints how it ended and how long that took.
func (r *rig) tested(state string, change func(*statelark.StateTest)) string {
	r.t.Helper()
	t := &statelark.StateTest{Place: here, Definition: "{" + state + "}", RoleARN: role, Input: `{"a": 1}`}
	if change != nil {
		change(t)
	}
	from := time.Now()
	got, err := r.TestState(context.Background(), t)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", got.Status)
	for _, text := range []*string{got.Output, got.Error, got.Cause} {
		if text != nil {
			b.WriteString(" " + *text)
		}
	}
	if got.Next != "" {
		b.WriteString(" → " + got.Next)
	}
	if took := time.Since(from); took > 0 {
		fmt.Fprintf(&b, " (%s)", took)
	}
	return b.String()
}

func TestTestState(t *testing.T) {
	refused := func(context.Context, *task.Call) (task.Outcome, error) {
		return task.Outcome{}, task.Errorf("Broken", "no")
	}
	slow := func(context.Context, *task.Call) (task.Outcome, error) {
		time.Sleep(7 * time.Second)
		return task.Outcome{Output: value.FromInt(7)}, nil
	}
	for name, test := range map[string]struct {
		function    function
		state, want string
	}{
		"pass":            {echo, `"Type":"Pass","Next":"N"`, `SUCCEEDED {"a": 1} → N`},
		"the real target": {echo, testedTask + `,"ResultPath":"$.r","End":true`, `SUCCEEDED {"a":1,"r":{"a":1}}`},
		"a slow one":      {slow, testedTask + `,"End":true`, `SUCCEEDED 7 (7s)`},
		"a failing one":   {refused, testedTask + `,"End":true`, `FAILED Broken no`},
		"retried":         {refused, testedTask + `,"Retry":[{"ErrorEquals":["Broken"]}],"End":true`, `RETRIABLE Broken no`},
		"caught": {refused, testedTask + `,"Catch":[{"ErrorEquals":["Broken"],"Next":"C"}],"End":true`,
			`CAUGHT_ERROR {"Error":"Broken","Cause":"no"} Broken no → C`},
		"the time limit of the state": {forever, testedTask + `,"TimeoutSeconds":20,"End":true`, `FAILED States.Timeout (20s)`},
		"a wait":                      {echo, `"Type":"Wait","Seconds":60,"End":true`, `SUCCEEDED {"a": 1} (1m0s)`},
		"the time limit of a test":    {forever, testedTask + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true`, `FAILED States.Timeout (5m0s)`},
		"a wait that is too long":     {echo, `"Type":"Wait","Seconds":3600,"End":true`, `FAILED States.Timeout (5m0s)`},
		"no integration": {echo, `"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true`,
			`FAILED States.TaskFailed This server has no integration for arn:aws:states:::sqs:sendMessage.`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, test.function, func(r *rig) { is(t, "test", r.tested(test.state, nil), test.want) })
		})
	}
}

// A test starts executions as an execution does, although it is none that others could find.
func TestTestStateStartsAnExecution(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("child", `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`)
		got := r.tested(`"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"`+m+`","Name":"n"},
			"ResultSelector":{"arn.$":"$.ExecutionArn"},"End":true`, nil)
		is(t, "test", got, `SUCCEEDED {"arn":"arn:aws:states:us-east-1:000000000000:execution:child:n"}`)
		list, err := r.Executions(context.Background(), statelark.ExecutionQuery{Machine: m, Limit: 10})
		if err != nil || len(list) != 1 {
			t.Errorf("there are %d executions, %v", len(list), err)
		}
	})
}

// What an HTTP Task sent and got is shown, and its target is told whether secrets are to be.
func TestTestStateTrace(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.targets.Set("http:invoke", function(func(_ context.Context, c *task.Call) (task.Outcome, error) {
			c.Trace.Request = &task.HTTPRequest{Method: "GET", Headers: fmt.Sprint(c.Trace.Secrets)}
			c.Trace.Response = &task.HTTPResponse{StatusCode: "200"}
			return task.Outcome{Output: value.EmptyObj}, nil
		}))
		got, err := r.TestState(context.Background(), &statelark.StateTest{Place: here, RoleARN: role, Input: "{}", RevealSecrets: true,
			Definition: `{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"ApiEndpoint":"https://x","Method":"GET",
				"Authentication":{"ConnectionArn":"arn:aws:events:us-east-1:000000000000:connection/c/1"}},"End":true}`})
		if err != nil {
			t.Fatal(err)
		}
		is(t, "request", *got.Inspection.Request, statelark.HTTPRequest{Method: "GET", Headers: "true"})
		is(t, "response", *got.Inspection.Response, statelark.HTTPResponse{StatusCode: "200"})
	})
}

// So many tests run at once, and no more.
func TestTestStateIsBounded(t *testing.T) {
	var hits atomic.Int64
	met := func(limit, arn string) {
		if limit == "test-state-time" && strings.Contains(arn, ":express:") {
			hits.Add(1)
		}
	}
	inBubbleWith(t, Options{Owners: 2, Hit: met}, forever, func(r *rig) {
		ended := make(chan string, maxTests)
		for range maxTests {
			go func() { ended <- r.tested(testedTask+`,"End":true`, nil) }()
		}
		synctest.Wait()
		is(t, "one more", r.tested(`"Type":"Pass","End":true`, nil), "ThrottlingException: Rate exceeded")
		for range maxTests {
			is(t, "test", <-ended, "FAILED States.Timeout (5m0s)")
		}
		is(t, "tests of which it is told that they met the limit", hits.Load(), int64(maxTests))
		is(t, "one after them", r.tested(`"Type":"Pass","End":true`, nil), `SUCCEEDED {"a": 1}`)
	})
}

// A test ends when the engine closes, and when its caller leaves; also while it computes.
func TestTestStateIsGivenUp(t *testing.T) {
	const endless = `"QueryLanguage":"JSONata","Type":"Pass","Output":"{% ($f := function($n){$n > 0 ? $f($n-1) : 0}; $f(99999999)) %}","End":true`
	inBubble(t, forever, func(r *rig) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for _, state := range []string{testedTask + `,"End":true`, endless} {
			_, err := r.TestState(ctx, &statelark.StateTest{Place: here, Definition: "{" + state + "}", RoleARN: role, Input: "{}"})
			if err == nil || statelark.Refused(err) {
				t.Errorf("the test of a caller who left says %v", err)
			}
		}
		ended := make(chan error, 1)
		go func() {
			_, err := r.TestState(context.Background(), &statelark.StateTest{Place: here, Definition: "{" + testedTask + `,"End":true}`, RoleARN: role, Input: "{}"})
			ended <- err
		}()
		synctest.Wait()
		r.shut()
		if err := <-ended; !errors.Is(err, errClosing) {
			t.Errorf("the test says %v when the engine closes", err)
		}
	})
}

// TestTestStateWaitsForASeatNoLongerThanItMay: while steps that take long have all seats, the time of a test goes by.
func TestTestStateWaitsForASeatNoLongerThanItMay(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		defer r.stall(func() {})()
		is(t, "test", r.tested(`"Type":"Pass","End":true`, nil), "FAILED States.Timeout (5m0s)")
	})
}
