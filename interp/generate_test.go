package interp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// generator makes machines and lives: states of all types in both languages, nested, with retriers and catchers, and
// events that answer their waits in any order, late, twice or not at all.
type generator struct {
	*rand.Rand
	states int // made so far
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 0x5eed))}
}

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// maybe returns text in so many of a hundred cases.
func (g *generator) maybe(percent int, text string) string {
	if g.chance(percent) {
		return text
	}
	return ""
}

func (g *generator) machine() string {
	return fmt.Sprintf(`{%s%s}`, g.maybe(20, fmt.Sprintf(`"TimeoutSeconds":%d,`, 1+g.IntN(20))), g.block(0))
}

// input holds the items of the Map states.
func (g *generator) input() string {
	return fmt.Sprintf(`{"items":%s,"n":%d}`, g.one(`[]`, `[1]`, `[1, 2,3]`, `["a","b","c","d","e"]`, `{"k":1,"l":[2]}`), g.IntN(3))
}

// block returns the members StartAt and States: a row of states, each of which leads to one after it.
func (g *generator) block(depth int) string {
	n := 1 + g.IntN(4)
	names := make([]string, n)
	for i := range names {
		g.states++
		names[i] = fmt.Sprintf("S%d", g.states)
	}
	states := make([]string, n)
	for i, name := range names {
		next := ""
		if i < n-1 {
			next = names[i+1]
		}
		states[i] = fmt.Sprintf("%q:{%s}", name, g.state(next, names[i+1:], depth))
	}
	return fmt.Sprintf(`"StartAt":%q,"States":{%s}`, names[0], strings.Join(states, ","))
}

// state returns the members of a state that goes on to next ("": ends) and may go to any of later.
func (g *generator) state(next string, later []string, depth int) string {
	way := `"End":true`
	if next != "" {
		way = fmt.Sprintf(`"Next":%q`, next)
	}
	kind := g.IntN(10)
	if depth >= 2 && kind < 3 {
		kind += 3
	}
	switch {
	case kind == 0:
		return fmt.Sprintf(`"Type":"Parallel","Branches":[{%s},{%s}]%s,%s`, g.block(depth+1), g.block(depth+1), g.handlers(later), way)
	case kind == 1:
		return fmt.Sprintf(`"Type":"Map","ItemsPath":"$$.Execution.Input.items","MaxConcurrency":%d,"ItemProcessor":{%s}%s,%s`,
			g.IntN(4), g.block(depth+1), g.handlers(later), way)
	case kind == 2 && depth == 0:
		return fmt.Sprintf(`"Type":"Map","ItemsPath":"$$.Execution.Input.items","ToleratedFailureCount":%d,
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},%s}%s,%s`,
			g.IntN(3), g.block(depth+1), g.handlers(later), way)
	case kind < 5:
		return g.task() + g.handlers(later) + "," + way
	case kind == 5:
		return fmt.Sprintf(`"Type":"Wait","Seconds":%d%s,%s`, g.IntN(5), g.maybe(10, `,"OutputPath":"$.nothing"`), way)
	case kind == 6 && len(later) > 1:
		return fmt.Sprintf(`"Type":"Choice","Choices":[{"Variable":"$$.Execution.Input.n","NumericEquals":%d,"Next":%q%s}],"Default":%q`,
			g.IntN(3), later[g.IntN(len(later))], g.maybe(30, fmt.Sprintf(`,"Assign":{"c%d.$":"$"}`, depth)), next)
	case kind == 7 && next == "":
		return g.one(`"Type":"Succeed"`, `"Type":"Fail","Error":"Failed","Cause":"on purpose"`, `"Type":"Fail"`)
	}
	return g.pass(depth) + "," + way
}

func (g *generator) pass(depth int) string {
	v := fmt.Sprintf("v%d_%d", depth, g.IntN(2)) // an inner scope may not assign what an outer one has
	return `"Type":"Pass",` + g.one(
		`"Comment":"nothing"`,
		`"Result":{"a":[1, 2]},"ResultPath":"$.r"`,
		`"Parameters":{"id.$":"States.UUID()","in.$":"$"}`,
		`"Assign":{"`+v+`.$":"$"},"OutputPath":null`,
		`"QueryLanguage":"JSONata","Output":{"n":"{% $random() %}","u":"{% $uuid() %}","t":"{% $millis() %}"}`,
		`"QueryLanguage":"JSONata","Assign":{"`+v+`":"{% $states.input %}"},"Output":"{% $states.context.State.EnteredTime %}"`,
		`"QueryLanguage":"JSONata","Output":"{% $error('no') %}"`,
		`"Result":"`+strings.Repeat("long ", 1000)+`"`,
		g.one(`"Comment":"nothing"`, `"InputPath":"$.nothing"`),
	)
}

func (g *generator) task() string {
	text := `"Type":"Task",` + g.one(
		`"Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"`,
		`"Resource":"arn:aws:states:us-east-1:000000000000:activity:a","HeartbeatSeconds":2`,
		`"Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$","t.$":"$$.Task.Token","n.$":"$$.State.RetryCount"}`,
		`"Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn.$":"$$.StateMachine.Id"},"ResultSelector":{"r.$":"$"},"ResultPath":"$.r"`,
	)
	text = strings.Replace(text, `"HeartbeatSeconds":2`, fmt.Sprintf(`"HeartbeatSeconds":%d`, 1+g.IntN(3)), 1)
	return text + g.maybe(40, fmt.Sprintf(`,"TimeoutSeconds":%d`, 4+g.IntN(4)))
}

// handlers returns Retry and Catch, if any.
func (g *generator) handlers(later []string) string {
	text := g.maybe(40, fmt.Sprintf(`,"Retry":[{"ErrorEquals":[%q],"MaxAttempts":%d,"IntervalSeconds":%d%s},{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]`,
		g.one("E1", "E2", "States.Timeout", "States.TaskFailed"), g.IntN(3), 1+g.IntN(3), g.maybe(30, `,"JitterStrategy":"FULL","MaxDelaySeconds":4`)))
	if len(later) > 0 {
		text += g.maybe(40, fmt.Sprintf(`,"Catch":[{"ErrorEquals":[%q],"Next":%q%s}]`, g.one("E1", "States.ALL", "States.HeartbeatTimeout"),
			later[g.IntN(len(later))], g.one("", `,"ResultPath":null`, `,"ResultPath":"$.caught"`)))
	}
	return text
}

// event makes something happen to the execution of s: mostly an answer to a wait, sometimes nothing it waits for.
func (g *generator) event(s *script) Event {
	ev := Event{Kind: EventKind(int(TaskPickedUp) + g.IntN(int(TimerFired-TaskPickedUp))), At: s.now, Worker: "w", Handle: "h"}
	ev.Seq = uint64(g.IntN(int(s.x.lastSeq) + 2))
	if open := openWaits(s.x); len(open) > 0 && g.chance(85) {
		ev.Seq = open[g.IntN(len(open))]
	}
	if w := s.x.waits[ev.Seq]; w != nil && w.wait.kind == waitRun && g.chance(60) {
		ev.Kind, ev.Fatal = MapRunSucceeded+EventKind(g.IntN(2)), g.chance(10)
	}
	ev.Output = value.Checked(g.one(`{}`, `null`, `[1, 2]`, `{"deep":{"er":"`+strings.Repeat("x", 5000)+`"}}`))
	if ev.Kind == TaskFailed || ev.Kind == MapRunFailed {
		name, cause := g.one("E1", "E2", "E3"), "because"
		ev.Error, ev.Phase = &name, Phase(g.IntN(4))
		if g.chance(50) {
			ev.Cause = &cause
		}
	}
	if g.chance(1) {
		ev.Kind = Stopped
	}
	return ev
}

// timer makes the next timer fire, false when none is set.
func (s *script) timer() (Event, bool) {
	due, first := int64(0), uint64(0)
	for seq, at := range s.timers {
		if first == 0 || at < due || at == due && seq < first {
			due, first = at, seq
		}
	}
	if first == 0 {
		return Event{}, false
	}
	delete(s.timers, first)
	if at := time.UnixMilli(due).UTC(); at.After(s.now) {
		s.now = at
	}
	return Event{Kind: TimerFired, Seq: first, At: s.now}, true
}

// life makes events until the execution has ended, and hands each to happen.
func (g *generator) life(s *script, happen func(Event)) {
	happen(Event{Kind: Started, At: s.now})
	g.goOn(s, happen)
	for s.x.Status() != Succeeded && s.redrives < 2 && s.x.LastEvent() < MaxEvents-1 {
		s.redrives++
		s.load()
		happen(Event{Kind: Redriven, At: s.now})
		g.goOn(s, happen)
	}
}

func (g *generator) goOn(s *script, happen func(Event)) {
	for i := 0; s.x.Status() == Running; i++ {
		s.now = s.now.Add(time.Duration(g.IntN(300)) * time.Millisecond)
		switch {
		case i > 2000:
			happen(Event{Kind: Stopped, At: s.now})
		case g.chance(30):
			if ev, set := s.timer(); set {
				happen(ev)
			}
		default:
			happen(g.event(s))
		}
	}
}

// auditHistory checks what holds for every history of an execution that ended.
func auditHistory(events []history.Event) error {
	for i, ev := range events {
		switch {
		case ev.ID != int64(i+1):
			return fmt.Errorf("event %d stands at place %d", ev.ID, i+1)
		case ev.Previous >= ev.ID || ev.Previous < 0:
			return fmt.Errorf("event %d follows from %d", ev.ID, ev.Previous)
		case i > 0 && ev.At < events[i-1].At:
			return fmt.Errorf("event %d is earlier than the one before", ev.ID)
		case isTerminal(ev.Type) != (i == len(events)-1 || events[i+1].Type == history.ExecutionRedriven):
			return fmt.Errorf("event %d of %d is %v", ev.ID, len(events), ev.Type)
		}
	}
	return nil
}
