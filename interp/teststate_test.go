package interp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

func readsFive(value.Value) (ItemsRead, *Failure) {
	return ItemsRead{Items: value.Checked(`[5]`)}, nil
}

// oneTest runs a test whose Task answer answers, when it has no mock; waits are over at once.
func oneTest(t *testing.T, m *asl.Machine, input string, spec Test, answer Event, seed uint64) TestResult {
	t.Helper()
	x := NewTest(scriptIdentity, scriptHost, m, value.Checked(input), seed, spec)
	ev := Event{Kind: Started, At: scriptIdentity.StartedAt}
	for range 10 {
		d := x.Step(ev)
		switch {
		case d.End != nil:
			return x.Tested(d.End)
		case len(d.Run) > 0:
			var mocked bool
			if ev, mocked = x.MockAnswer(d.Run[0].Seq); !mocked {
				ev = answer
				ev.Seq = d.Run[0].Seq
			}
			ev.At = scriptIdentity.StartedAt
		case len(d.Arm) > 0:
			ev = Event{Kind: TimerFired, Seq: d.Arm[0].Seq, At: time.UnixMilli(d.Arm[0].Due)}
		default:
			t.Fatal("the test waits for nothing")
		}
	}
	t.Fatal("the test has no end")
	return TestResult{}
}

// lines prints a result, a line for each thing that is there.
func (r *TestResult) lines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s%s", [...]string{"SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"}[r.Status],
		optional(" error=", r.Error), optional(" cause=", r.Cause))
	if r.Output.Exists() {
		b.WriteString(" " + r.Output.Text())
	}
	if r.Next != "" {
		b.WriteString(" → " + r.Next)
	}
	in := &r.Inspection
	for i, v := range in.Steps {
		if v.Exists() {
			fmt.Fprintf(&b, "\n%s %s", Inspected(i), v.Text())
		}
	}
	if n := in.MaxConcurrency; n != nil {
		fmt.Fprintf(&b, "\nmax %d", *n)
	}
	if n := in.ToleratedFailureCount; n != nil {
		fmt.Fprintf(&b, "\ntolerated %d", *n)
	}
	if n := in.ToleratedFailurePercentage; n != nil {
		fmt.Fprintf(&b, "\ntolerated %g%%", *n)
	}
	if in.CatchIndex != nil {
		fmt.Fprintf(&b, "\ncatch %d", *in.CatchIndex)
	}
	if in.RetryIndex != nil {
		fmt.Fprintf(&b, "\nretry %d in %d ms", *in.RetryIndex, in.RetryBackoff)
	}
	return b.String()
}

func mocked(result string) Test { return Test{Mock: &Mock{Result: value.Checked(result)}} }

func mockedError(name string) Test {
	cause := "because"
	return Test{Mock: &Mock{Error: &name, Cause: &cause}}
}

const lambdaTask = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",`

// TestTests shows what a test tells of states of all types, in both languages.
func TestTests(t *testing.T) {
	with := func(spec Test, change func(*Test)) Test {
		change(&spec)
		return spec
	}
	for name, test := range map[string]struct {
		state, input string
		spec         Test
		want         string
	}{
		"every path of a task": {
			lambdaTask + `"InputPath":"$.in","Parameters":{"FunctionName":"f","Payload.$":"$.x"},"ResultSelector":{"r.$":"$.a"},
			"ResultPath":"$.out","OutputPath":"$.out.r","Next":"N","Assign":{"v.$":"$.a"}`,
			`{"in": {"x": 1}}`, mocked(`{"a": 2}`),
			`SUCCEEDED 2 → N
input {"in": {"x": 1}}
afterInputPath {"x": 1}
afterParameters {"FunctionName":"f","Payload":1}
result {"a": 2}
afterResultSelector {"r":2}
afterResultPath {"in":{"x":1},"out":{"r":2}}
variables {"v":2}`},
		"a task in JSONata": {
			`"QueryLanguage":"JSONata",` + lambdaTask + `"Arguments":{"FunctionName":"{% $f %}"},"Output":"{% $states.result.a %}","End":true`,
			`{}`, with(mocked(`{"a":2}`), func(s *Test) { s.Variables = []value.Member{{Key: "f", Value: value.FromString("g")}} }),
			`SUCCEEDED 2
input {}
afterArguments {"FunctionName":"g"}
result {"a":2}
variables {"f":"g"}`},
		"choice": {`"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"One"}],"Default":"Other"`, `{"n":1}`, Test{},
			"SUCCEEDED {\"n\":1} → One\ninput {\"n\":1}\nafterInputPath {\"n\":1}"},
		"no choice": {`"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"One"}]`, `{"n":2}`, Test{},
			"FAILED error=States.Runtime cause=Failed to transition out of the state. The state does not point to a next state.\n" +
				"input {\"n\":2}\nafterInputPath {\"n\":2}"},
		"wait":    {`"Type":"Wait","Seconds":9,"Next":"N"`, `1`, Test{}, "SUCCEEDED 1 → N\ninput 1\nafterInputPath 1"},
		"succeed": {`"Type":"Succeed","InputPath":"$.a"`, `{"a":2}`, Test{}, "SUCCEEDED 2\ninput {\"a\":2}\nafterInputPath 2"},
		"a path that leads nowhere": {`"Type":"Pass","Parameters":{"x.$":"$.y"},"End":true`, `{}`, Test{},
			"FAILED error=States.Runtime cause=The JSONPath '$.y' specified for the field 'x.$' could not be found in the input '{}'\n" +
				"input {}\nafterInputPath {}"},
		"retry": {lambdaTask + `"Parameters":{"FunctionName":"f"},"Retry":[{"ErrorEquals":["A"]},{"ErrorEquals":["B"],"IntervalSeconds":3,"BackoffRate":1.5}],"End":true`,
			`{}`, with(mockedError("B"), func(s *Test) { s.Retries = 2 }),
			"RETRIABLE error=B cause=because\ninput {}\nafterInputPath {}\nafterParameters {\"FunctionName\":\"f\"}\nretry 1 in 6750 ms"},
		"retries that are used up": {lambdaTask + `"Parameters":{"FunctionName":"f","Payload.$":"$$.State.RetryCount"},"Retry":[{"ErrorEquals":["B"],"MaxAttempts":2}],
			"Catch":[{"ErrorEquals":["A"],"Next":"X"},{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"Y"}],"End":true`,
			`{}`, with(mockedError("B"), func(s *Test) { s.Retries = 2 }),
			`CAUGHT_ERROR error=B cause=because {"e":{"Error":"B","Cause":"because"}} → Y
input {}
afterInputPath {}
afterParameters {"FunctionName":"f","Payload":2}
catch 1`},
		"a catcher that fails": {`"QueryLanguage":"JSONata",` + lambdaTask + `"Arguments":{"FunctionName":"f"},
			"Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $nothing %}","Next":"Y"}],"End":true`, `{}`, mockedError("B"),
			"CAUGHT_ERROR error=B cause=because → Y\ninput {}\nafterArguments {\"FunctionName\":\"f\"}\ncatch 0"},
		"a result that fails the output, caught": {`"QueryLanguage":"JSONata",` + lambdaTask + `"Arguments":{"FunctionName":"f"},"Output":"{% $no %}",
			"Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Next":"Y"}],"End":true`, `{}`, mocked(`1`),
			`CAUGHT_ERROR error=States.QueryEvaluationError cause=The JSONata expression '$no' specified for the field 'Output' returned nothing (undefined). ` +
				`{"Error":"States.QueryEvaluationError","Cause":"The JSONata expression '$no' specified for the field 'Output' returned nothing (undefined)."} → Y` +
				"\ninput {}\nafterArguments {\"FunctionName\":\"f\"}\nresult 1\ncatch 0"},
		"a job": {`"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"m"},"End":true`, `{}`, mocked(`{"Status":"SUCCEEDED"}`),
			"SUCCEEDED {\"Status\":\"SUCCEEDED\"}\ninput {}\nafterInputPath {}\nafterParameters {\"StateMachineArn\":\"m\"}\nresult {\"Status\":\"SUCCEEDED\"}\n" +
				"afterResultSelector {\"Status\":\"SUCCEEDED\"}\nafterResultPath {\"Status\":\"SUCCEEDED\"}"},
		"an activity": {`"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","ResultPath":"$.r","End":true`, `{}`, mocked(`1`),
			"SUCCEEDED {\"r\":1}\ninput {}\nafterInputPath {}\nafterParameters {}\nresult 1\nafterResultSelector 1\nafterResultPath {\"r\":1}"},
		"map": {`"Type":"Map","ItemsPath":"$.l","MaxConcurrency":2,"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","all.$":"$.l"},
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"ResultPath":"$.r","Next":"N"`,
			`{"l":["a", "b"]}`, mocked(`[1, 2]`),
			`SUCCEEDED {"l":["a","b"],"r":[1,2]} → N
input {"l":["a", "b"]}
afterInputPath {"l":["a", "b"]}
afterResultSelector [1, 2]
afterResultPath {"l":["a","b"],"r":[1,2]}
afterItemsPath ["a", "b"]
afterItemSelector [{"i":0,"v":"a","all":["a","b"]},{"i":1,"v":"b","all":["a","b"]}]
max 2`},
		"a context of one's own in a map": {`"Type":"Map","ItemSelector":{"i.$":"$$.Map.Item.Index","x.$":"$$.Execution.Id"},
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`, `[7]`,
			with(mocked(`[1]`), func(s *Test) { s.Context = value.Checked(`{"Execution":{"Id":"x"}}`) }),
			"SUCCEEDED [1]\ninput [7]\nafterInputPath [7]\nafterResultSelector [1]\nafterResultPath [1]\nafterItemsPath [7]\nafterItemSelector [{\"i\":0,\"x\":\"x\"}]\nmax 0"},
		"a map over an object": {`"Type":"Map","ItemsPath":"$.o","ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value"},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`,
			`{"o":{"a":1}}`, mocked(`[]`),
			"SUCCEEDED []\ninput {\"o\":{\"a\":1}}\nafterInputPath {\"o\":{\"a\":1}}\nafterResultSelector []\nafterResultPath []\n" +
				"afterItemsPath {\"a\":1}\nafterItemSelector [{\"k\":\"a\",\"v\":1}]\nmax 0"},
		"a map in which nothing may fail": {`"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`,
			`[1]`, with(mocked(`[1]`), func(s *Test) { s.Failed = 1 }),
			"FAILED error=States.ExceedToleratedFailureThreshold cause=The specified tolerated failure threshold was exceeded\n" +
				"input [1]\nafterInputPath [1]\nafterItemsPath [1]\nmax 0"},
		"a map that tolerates a part": {`"QueryLanguage":"JSONata","Type":"Map","Items":"{% [1..4] %}","ToleratedFailurePercentage":50,
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`, `{}`,
			with(mocked(`[1,2]`), func(s *Test) { s.Failed = 2 }),
			"SUCCEEDED [1,2]\ninput {}\nmax 0\ntolerated 50%"},
		"a map in which too many fail": {`"QueryLanguage":"JSONata","Type":"Map","Items":"{% [1..4] %}","ToleratedFailurePercentage":50,
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`, `{}`,
			with(mocked(`[1,2]`), func(s *Test) { s.Failed = 3 }),
			"FAILED error=States.ExceedToleratedFailureThreshold cause=The specified tolerated failure threshold was exceeded\ninput {}\nmax 0\ntolerated 50%"},
		"a map whose items are read": {`"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"},"ReaderConfig":{"InputType":"JSON"}},
			"ItemSelector":{"v.$":"$$.Map.Item.Value"},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`, `{}`,
			with(mocked(`[1]`), func(s *Test) { s.Read = readsFive }),
			"SUCCEEDED [1]\ninput {}\nafterInputPath {}\nafterResultSelector [1]\nafterResultPath [1]\nafterItemSelector [{\"v\":5}]\nmax 0"},
		"parallel": {`"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],"ResultSelector":{"r.$":"$[0]"},"End":true`, `1`, mocked(`[2]`),
			"SUCCEEDED {\"r\":2}\ninput 1\nafterResultSelector {\"r\":2}\nafterResultPath {\"r\":2}"},
		"parallel that fails": {`"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],
			"Catch":[{"ErrorEquals":["B"],"Next":"Y"}],"End":true`, `1`, mockedError("B"),
			"CAUGHT_ERROR error=B cause=because {\"Error\":\"B\",\"Cause\":\"because\"} → Y\ninput 1\ncatch 0"},
		"a mock that is too large": {lambdaTask + `"Parameters":{"FunctionName":"f"},"End":true`, `{}`, mocked(`"` + strings.Repeat("x", asl.MaxPayload) + `"`),
			"FAILED error=States.DataLimitExceeded cause=The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.\n" +
				"input {}\nafterInputPath {}\nafterParameters {\"FunctionName\":\"f\"}"},
	} {
		t.Run(name, func(t *testing.T) {
			m, found := asl.ParseTested("{"+test.state+"}", "")
			if m == nil {
				t.Fatal(asl.Message(found))
			}
			r := oneTest(t, m.Machine, test.input, test.spec, Event{}, 1)
			if diff := cmp.Diff(test.want, r.lines()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestTestContext shows the context object that a test makes.
func TestTestContext(t *testing.T) {
	m, found := asl.ParseTested(`{"Type":"Pass","Parameters":{"c.$":"$$"},"End":true}`, "")
	if m == nil {
		t.Fatal(asl.Message(found))
	}
	r := oneTest(t, m.Machine, `{"a": 1}`, Test{}, Event{}, 1)
	inMap := oneTest(t, m.Machine, `{"a": 1}`, Test{InMap: true}, Event{}, 1)
	c, _ := inMap.Output.Get("c")
	if got, _ := c.Get("Map"); got.Compact() != `{"Item":{"Index":0,"Value":{"a":1},"Source":"STATE_DATA"}}` {
		t.Errorf("in a Map it sees %s", got.Text())
	}
	want := `{"c":{"Execution":{"Id":"arn:aws:states:us-east-1:000000000000:execution:M:e","Input":{"a":1},"Name":"e",` +
		`"RoleArn":"arn:aws:iam::000000000000:role/r","StartTime":"2023-11-14T22:13:20Z"},` +
		`"StateMachine":{"Id":"arn:aws:states:us-east-1:000000000000:stateMachine:M","Name":"M"},` +
		`"State":{"Name":"StateName","EnteredTime":"2023-11-14T22:13:20Z"}}}`
	if diff := cmp.Diff(want, r.Output.Text()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestTestIsAnExecution: whatever a state does in a test it does in an execution, with the same output, error, transition
// and delay. Only the beginning of the cause is missing in a test.
func TestTestIsAnExecution(t *testing.T) {
	seen := map[TestStatus]int{}
	for seed := range uint64(2000) {
		g := newGenerator(seed)
		next, later := "S2", []string{"S2", "S3"}
		if g.chance(25) {
			next, later = "", later[:1]
		}
		state := g.state(next, later, 2)
		input, answer := g.input(), Event{Kind: TaskSucceeded, Output: value.Checked(g.one(`{}`, `null`, `[1, 2]`))}
		if g.chance(50) {
			name, cause := g.one("E1", "E2", "States.TaskFailed"), "because"
			answer = Event{Kind: TaskFailed, Error: &name, Cause: &cause}
		}
		definition := fmt.Sprintf(`{"StartAt":"StateName","States":{"StateName":{%s},"S2":{"Type":"Pass","End":true},"S3":{"Type":"Pass","End":true}}}`, state)
		whole, _ := asl.Parse(definition, asl.Options{Stored: true}) // S3 may be out of reach
		one, found := asl.ParseTested("{"+state+"}", "")
		if one == nil {
			t.Fatalf("seed %d: %s\n%s", seed, asl.Message(found), state)
		}
		r := oneTest(t, one.Machine, input, Test{}, answer, seed)
		seen[r.Status]++
		if got, want := r.outcome(), executed(whole, input, answer, seed); got != want {
			t.Fatalf("seed %d: the test says\n%s\nand the execution\n%s\n%s", seed, got, want, definition)
		}
	}
	for _, status := range []TestStatus{TestSucceeded, TestFailed, TestRetriable, TestCaughtError} {
		if seen[status] < 20 {
			t.Errorf("status %d was seen %d times", status, seen[status])
		}
	}
}

// outcome prints what an execution shows of a result as well.
func (r *TestResult) outcome() string {
	switch r.Status {
	case TestRetriable:
		return fmt.Sprintf("retry in %d ms", r.Inspection.RetryBackoff)
	case TestFailed:
		return "failed" + optional(" error=", r.Error) + optional(" cause=", r.Cause)
	}
	return fmt.Sprintf("%s → %q", r.Output.Text(), r.Next)
}

// executed prints how an execution goes through its first state.
func executed(m *asl.Machine, input string, answer Event, seed uint64) string {
	x := NewExec(scriptIdentity, scriptHost, m, value.Checked(input), seed)
	var events []history.Event
	at := scriptIdentity.StartedAt
	for ev := (Event{Kind: Started, At: at}); ; {
		d := x.Step(ev)
		events = append(events, d.History...)
		if out, left := exit(events); left {
			return out
		}
		switch top := x.threads[topThread]; {
		case d.End != nil:
			cause := d.End.Cause
			if cause != nil {
				rest := strings.TrimPrefix(*cause, "An error occurred while executing the state 'StateName' (entered at the event id #2). ")
				cause = &rest
			}
			return "failed" + optional(" error=", d.End.Error) + optional(" cause=", cause)
		case top.wait.kind == waitRetry:
			return fmt.Sprintf("retry in %d ms", top.wait.due-x.now)
		case len(d.Run) > 0:
			ev = answer
			ev.Seq, ev.At = d.Run[0].Seq, at
		default:
			ev = Event{Kind: TimerFired, Seq: top.wait.seq, At: time.UnixMilli(top.wait.due)}
		}
	}
}

// exit finds the event that left the state of a test, and the state that was entered after it.
func exit(events []history.Event) (string, bool) {
	for i := range events {
		if events[i].Name != asl.TestedName || !strings.HasSuffix(events[i].Type.String(), "StateExited") {
			continue
		}
		next := ""
		if i+1 < len(events) {
			next = events[i+1].Name
		}
		return fmt.Sprintf("%s → %q", events[i].Data, next), true
	}
	return "", false
}
