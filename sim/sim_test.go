package sim

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/memstore"
)

var (
	seeds   = flag.Int("seeds", 300, "how many worlds to run")
	theSeed = flag.Uint64("seed", 0, "run this world alone")
)

func TestWorlds(t *testing.T) {
	first, n := uint64(1), *seeds
	if testing.Short() {
		n = min(n, 60)
	}
	if *theSeed != 0 {
		first, n = *theSeed, 1
	}
	for seed := first; seed < first+uint64(n); seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 1)), store: memstore.New()}
			w.live()
		})
		if t.Failed() {
			t.Fatalf("the world of seed %d failed; go test ./sim -seed %d", seed, seed)
		}
	}
}

// kind is a state machine of the world, and how its executions may end.
type kind struct {
	name, definition, input string
	// ends maps the statuses that are right to the output that goes with them; "" is any.
	ends map[statelark.Status]string
}

const fn = `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:`

var kinds = []*kind{
	{"pass", `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"a":1},"ResultPath":"$.r","Next":"B"},"B":{"Type":"Pass","Parameters":{"v.$":"$.r.a"},"End":true}}}`,
		`{"in":1}`, map[statelark.Status]string{statelark.Succeeded: `{"v":1}`}},
	{"wait", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"E"},"E":{"Type":"Succeed"}}}`,
		`{"w":2}`, map[statelark.Status]string{statelark.Succeeded: `{"w":2}`}},
	{"task", `{"StartAt":"T","States":{"T":{` + fn + `echo","End":true}}}`,
		`{"t":3}`, map[statelark.Status]string{statelark.Succeeded: `{"t":3}`}},
	{"retry", `{"StartAt":"T","States":{"T":{` + fn + `flaky","Retry":[{"ErrorEquals":["Flaky"],"MaxAttempts":20,"IntervalSeconds":1,"BackoffRate":1,"JitterStrategy":"FULL"}],"End":true}}}`,
		`{"r":4}`, map[statelark.Status]string{statelark.Succeeded: `{"r":4}`, statelark.Failed: ""}},
	{"timeout", `{"StartAt":"T","States":{"T":{` + fn + `slow","TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"ResultPath":"$.error","Next":"E"}],"End":true},"E":{"Type":"Pass","Parameters":{"timeout.$":"$.error.Error"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"timeout":"States.Timeout"}`}},
	{"limit", `{"TimeoutSeconds":3,"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}},{"StartAt":"T","States":{"T":{` + fn + `slow","End":true}}}],"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.TimedOut: ""}},
	{"parallel", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{` + fn + `echo","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"End":true}}}],"End":true}}}`,
		`{"p":5}`, map[statelark.Status]string{statelark.Succeeded: `[{"p":5},{"p":5}]`}},
	{"map", `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"ItemProcessor":{"StartAt":"T","States":{"T":{` + fn + `echo","End":true}}},"End":true}}}`,
		`[1,2,3,4,5]`, map[statelark.Status]string{statelark.Succeeded: `[1,2,3,4,5]`}},
	{"cut", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"T"},"F":{"Type":"Fail","Error":"Two"},"T":{` + fn + `slow","End":true}}},"Catch":[{"ErrorEquals":["Two"],"Next":"Done"}],"End":true},"Done":{"Type":"Pass","Result":"cut","End":true}}}`,
		`[1,2,3]`, map[statelark.Status]string{statelark.Succeeded: `"cut"`}},
	{"activity", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:act","TimeoutSeconds":30,"HeartbeatSeconds":5,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":50,"IntervalSeconds":1,"BackoffRate":1}],"End":true}}}`,
		`{"x":6}`, map[statelark.Status]string{statelark.Succeeded: `{"x":6}`}},
	{"token", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"notify","Payload":{"token.$":"$$.Task.Token"}},"TimeoutSeconds":600,"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"answered":true}`}},
	{"nested", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:parallel","Input":{"n":7}},"ResultSelector":{"out.$":"$.Output"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"out":[{"n":7},{"n":7}]}`}},
	{"orphan", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:long"},"TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"E"}],"End":true},"E":{"Type":"Pass","Result":"late","End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `"late"`}},
	{"long", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1800,"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{}`}},
	{"loop", `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":700,"Next":"A"}],"Default":"E"},"E":{"Type":"Succeed"}}}`,
		`{"n":0}`, map[statelark.Status]string{statelark.Succeeded: `{"n":700}`}},
}

// audit holds every execution of the world, those started by others included, against what must be true.
func (w *world) audit() {
	for _, s := range w.started {
		d, err := w.now().Execution(context.Background(), s.arn)
		if err != nil {
			w.t.Errorf("seed %d: %s was acknowledged and is not there: %v", w.seed, s.arn, err)
			continue
		}
		want, right := s.kind.ends[d.Status]
		if !right || want != "" && d.Output != want {
			w.t.Errorf("seed %d: %s ended %v with %s\n%s", w.seed, s.arn, d.Status, d.Output, w.told(s.arn))
		}
	}
	for _, k := range kinds {
		q := statelark.ExecutionQuery{Machine: place.StateMachineARN(k.name), Limit: 1000}
		all, err := w.now().Executions(context.Background(), q)
		if err != nil {
			w.t.Errorf("seed %d: %v", w.seed, err)
		}
		for _, x := range all {
			w.auditHistory(x)
		}
	}
}

// auditHistory checks what holds for every history.
func (w *world) auditHistory(x *statelark.Execution) {
	var events []history.Event
	for {
		page, err := w.now().History(context.Background(), x.ARN(), int64(len(events))+1, 1000, false)
		if err != nil {
			w.t.Errorf("seed %d: history of %s: %v", w.seed, x.ARN(), err)
			return
		}
		if len(page) == 0 {
			break
		}
		events = append(events, page...)
	}
	wrong := func(format string, a ...any) {
		w.t.Errorf("seed %d: %s: "+format+"\n%s", append(append([]any{w.seed, x.ARN()}, a...), w.told(x.ARN()))...)
	}
	entered, exited, ends := 0, 0, 0
	for i, ev := range events {
		if ev.ID != int64(i+1) {
			wrong("event %d stands at place %d", ev.ID, i+1)
			return
		}
		if ev.Previous >= ev.ID {
			wrong("event %d follows from %d", ev.ID, ev.Previous)
		}
		if i > 0 && ev.At < events[i-1].At {
			wrong("event %d is earlier than the one before", ev.ID)
		}
		switch ev.Type {
		case history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionTimedOut, history.ExecutionAborted:
			ends++
		case history.TaskStateEntered, history.PassStateEntered, history.WaitStateEntered, history.ChoiceStateEntered,
			history.ParallelStateEntered, history.MapStateEntered, history.SucceedStateEntered:
			entered++
		case history.TaskStateExited, history.PassStateExited, history.WaitStateExited, history.ChoiceStateExited,
			history.ParallelStateExited, history.MapStateExited, history.SucceedStateExited:
			exited++
		}
	}
	if x.Status == statelark.Running {
		if ends != 0 {
			wrong("it runs, and its history has an end")
		}
		return
	}
	if ends != 1 {
		wrong("it has %d ends", ends)
	}
	if x.Events != int64(len(events)) {
		wrong("its record says %d events, there are %d", x.Events, len(events))
	}
	if x.Status == statelark.Succeeded && entered < exited {
		wrong("%d states were entered and %d left", entered, exited)
	}
}
