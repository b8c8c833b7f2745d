package sim

import (
	"fmt"
	"slices"

	"github.com/statelark/statelark"
)

// kind is a state machine of the world, and how its executions may end.
type kind struct {
	name, definition, input string
	// ends maps the statuses that are right to the output that goes with them, of Failed to the error; "" is any.
	ends map[statelark.Status]string
	// cuts: states may be left by being cut off.
	cuts bool
}

const fn = `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:`

// kinds are those that are started from outside.
var kinds = slices.Concat(plainKinds, mendKinds, jobKinds)

var plainKinds = []*kind{
	{"pass", `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"a":1},"ResultPath":"$.r","Next":"B"},"B":{"Type":"Pass","Parameters":{"v.$":"$.r.a"},"End":true}}}`,
		`{"in":1}`, map[statelark.Status]string{statelark.Succeeded: `{"v":1}`}, false},
	{"wait", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"E"},"E":{"Type":"Succeed"}}}`,
		`{"w":2}`, map[statelark.Status]string{statelark.Succeeded: `{"w":2}`}, false},
	{"task", `{"StartAt":"T","States":{"T":{` + fn + `echo","End":true}}}`,
		`{"t":3}`, map[statelark.Status]string{statelark.Succeeded: `{"t":3}`}, false},
	{"retry", `{"StartAt":"T","States":{"T":{` + fn + `flaky","Retry":[{"ErrorEquals":["Flaky"],"MaxAttempts":20,"IntervalSeconds":1,"BackoffRate":1,"JitterStrategy":"FULL"}],"End":true}}}`,
		`{"r":4}`, map[statelark.Status]string{statelark.Succeeded: `{"r":4}`, statelark.Failed: "Flaky"}, false},
	{"timeout", `{"StartAt":"T","States":{"T":{` + fn + `slow","TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"ResultPath":"$.error","Next":"E"}],"End":true},"E":{"Type":"Pass","Parameters":{"timeout.$":"$.error.Error"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"timeout":"States.Timeout"}`}, false},
	{"limit", `{"TimeoutSeconds":3,"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}},{"StartAt":"T","States":{"T":{` + fn + `slow","End":true}}}],"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.TimedOut: ""}, false},
	{"parallel", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{` + fn + `echo","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"End":true}}}],"End":true}}}`,
		`{"p":5}`, map[statelark.Status]string{statelark.Succeeded: `[{"p":5},{"p":5}]`}, false},
	{"map", `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"ItemProcessor":{"StartAt":"T","States":{"T":{` + fn + `echo","End":true}}},"End":true}}}`,
		`[1,2,3,4,5]`, map[statelark.Status]string{statelark.Succeeded: `[1,2,3,4,5]`}, false},
	{"cut", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"T"},"F":{"Type":"Fail","Error":"Two"},"T":{` + fn + `slow","End":true}}},"Catch":[{"ErrorEquals":["Two"],"Next":"Done"}],"End":true},"Done":{"Type":"Pass","Result":"cut","End":true}}}`,
		`[1,2,3]`, map[statelark.Status]string{statelark.Succeeded: `"cut"`}, true},
	{"activity", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:act","TimeoutSeconds":30,"HeartbeatSeconds":5,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":50,"IntervalSeconds":1,"BackoffRate":1}],"End":true}}}`,
		`{"x":6}`, map[statelark.Status]string{statelark.Succeeded: `{"x":6}`}, false},
	{"token", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"notify","Payload":{"token.$":"$$.Task.Token"}},"TimeoutSeconds":600,"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"answered":true}`}, false},
	{"nested", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:parallel","Input":{"n":7}},"ResultSelector":{"out.$":"$.Output"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"out":[{"n":7},{"n":7}]}`}, false},
	{"orphan", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:long"},"TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"E"}],"End":true},"E":{"Type":"Pass","Result":"late","End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `"late"`}, false},
	{"long", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1800,"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{}`}, false},
	{"loop", `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":700,"Next":"A"}],"Default":"E"},"E":{"Type":"Succeed"}}}`,
		`{"n":0}`, map[statelark.Status]string{statelark.Succeeded: `{"n":700}`}, false},
	{"beating", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:act","HeartbeatSeconds":2,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":50,"IntervalSeconds":1,"BackoffRate":1}],"End":true}}},{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"L"},"L":{` + fn + `echo","End":true}}}],"End":true}}}`,
		`{"b":8}`, map[statelark.Status]string{statelark.Succeeded: `[{"b":8},{"b":8}]`}, false},
	{"nobody", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:deleted","TimeoutSeconds":4,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}],"End":true},"E":{"Type":"Pass","Result":"nobody","End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `"nobody"`, statelark.Failed: "States.Runtime"}, false}, // Failed: begun after the deletion
	{"stack", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:orphan"},"ResultSelector":{"out.$":"$.Output"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"out":"late"}`}, false},
	{"compute", `{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"C"},"C":{"Type":"Pass","Output":"{% $sum([1..20000].($ % 7)) %}","Next":"D"},"D":{"Type":"Pass","Output":"{% $states.input + $sum([1..20000].($ % 7)) %}","End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `119996`}, false},
	{"computing", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"T","States":{"T":{` + fn + `echo","Next":"C"},"C":{"Type":"Pass","Parameters":{"n.$":"States.ArrayLength(States.ArrayPartition(States.ArrayRange(1,1000,1),1))","u.$":"States.ArrayUnique(States.ArrayRange(1,1000,1))"},"OutputPath":"$.n","End":true}}},{"StartAt":"U","States":{"U":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:act","TimeoutSeconds":30,"HeartbeatSeconds":5,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":50,"IntervalSeconds":1,"BackoffRate":1}],"End":true}}},{"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":1,"Next":"A"},"A":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"L"},"L":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":400,"Next":"A"}],"Default":"E"},"E":{"Type":"Succeed"}}}],"End":true}}}`,
		`{"n":0}`, map[statelark.Status]string{statelark.Succeeded: `[1000,{"n":0},{"n":400}]`}, false},
	{"mapped", distributed("STANDARD", `{`+fn+`echo","End":true}`, `,"MaxConcurrency":4`),
		`[1,2,3,4,5,6,7,8,9,10,11,12]`, map[statelark.Status]string{statelark.Succeeded: `[1,2,3,4,5,6,7,8,9,10,11,12]`}, false},
	{"mappedexpress", distributed("EXPRESS", `{`+fn+`echo","End":true}`, `,"MaxConcurrency":4`),
		`[1,2,3,4,5,6,7,8,9,10,11,12]`, map[statelark.Status]string{statelark.Succeeded: `[1,2,3,4,5,6,7,8,9,10,11,12]`}, false},
	{"mapcut", distributed("STANDARD", `{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"T"},"F":{"Type":"Fail","Error":"Two"},"T":{`+fn+`slow","End":true}`,
		`,"Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"Done"}]`),
		`[1,2,3]`, map[statelark.Status]string{statelark.Succeeded: `"cut"`}, true},
	{"mapcutexpress", distributed("EXPRESS", `{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"T"},"F":{"Type":"Fail","Error":"Two"},"T":{`+fn+`slow","End":true}`,
		`,"Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"Done"}]`),
		`[1,2,3]`, map[statelark.Status]string{statelark.Succeeded: `"cut"`}, true},
	{"mapwithin", distributed("STANDARD", `{"Type":"Map","Label":"I","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"S","States":{"S":{`+fn+`echo","End":true}}},"End":true}`, ""),
		`[[1],[],[2,3,4]]`, map[statelark.Status]string{statelark.Succeeded: `[[1],[],[2,3,4]]`}, false},
	doomed,
	doomedMap,
	changing,
}

// distributed is a machine with a distributed Map, of children of a type: the states of its children begin with S.
func distributed(kind, state, more string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L"` + more + `,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind +
		`"},"StartAt":"S","States":{"S":` + state + `}},"End":true},"Done":{"Type":"Pass","Result":"cut","End":true}}}`
}

// doomedMap is deleted at some moment, and is a Map Run then, perhaps.
var doomedMap = &kind{
	"doomedmap", distributed("STANDARD", `{`+fn+`echo","End":true}`, `,"MaxConcurrency":2`),
	`[1,2,3,4,5,6,7,8]`, map[statelark.Status]string{statelark.Succeeded: `[1,2,3,4,5,6,7,8]`, statelark.Aborted: ""}, false,
}

// doomed is deleted at some moment, and perhaps made again.
var doomed = &kind{
	"doomed", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"T"},"T":{` + fn + `echo","End":true}}}`,
	`{"d":9}`, map[statelark.Status]string{statelark.Succeeded: `{"d":9}`, statelark.Aborted: ""}, false,
}

// changing is updated again and again, published each time, and started through its alias as well. Its two ends must be
// of one revision.
var changing = &kind{
	"changing", revision(0), `{}`, map[statelark.Status]string{statelark.Succeeded: ""}, false,
}

// alias is the one that changing has.
const alias = "live"

func revision(n int) string {
	return fmt.Sprintf(`{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"a":%d},"Next":"W"},"W":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Pass","Parameters":{"a.$":"$.a","b":%d},"End":true}}}`, n, n)
}
