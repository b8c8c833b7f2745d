package interp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/value"
)

// text returns a JSON string of n bytes, quotes included.
func text(n int) value.Value { return value.Checked(`"` + strings.Repeat("x", n-2) + `"`) }

// TestPayloadLimit: 262,144 bytes pass, and one more does not, wherever they come up.
func TestPayloadLimit(t *testing.T) {
	const catch = `"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"C"}]`
	const limited = "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit."
	for _, c := range []struct {
		name, state, cause string
		caught             bool
	}{
		{"result", `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",` + catch,
			"arn:aws:lambda:us-east-1:000000000000:function:f", true},
		{"result of an integration", `"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"b"},` + catch, "sqs", true},
		{"output", `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","ResultSelector":{"r.$":"$"},"OutputPath":"$.r",` + catch, "arn:aws:lambda:us-east-1:000000000000:function:f", true},
		{"variables", `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Assign":{"v.$":"$"},"ResultPath":null,` + catch, "arn:aws:lambda:us-east-1:000000000000:function:f", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, found := asl.Parse(`{"StartAt":"T","States":{"T":{`+c.state+`,"End":true},"C":{"Type":"Pass","Result":"caught","End":true}}}`, asl.Options{})
			if m == nil {
				t.Fatal(asl.Message(found))
			}
			for _, size := range []int{asl.MaxPayload, asl.MaxPayload + 1} {
				s := newScript(t, m)
				s.x = NewExec(scriptIdentity, scriptHost, m, value.EmptyObj, 1)
				s.step(Event{Kind: Started, At: s.now})
				s.step(Event{Kind: TaskSucceeded, Seq: 1, At: s.now, Output: text(size)})
				last := s.events[len(s.events)-1]
				caught := last.Data == `"caught"`
				if s.x.Status() != Succeeded || caught != (size > asl.MaxPayload) {
					t.Errorf("%d bytes: it ended with %s", size, eventLine(&last)[:100])
				}
				if size > asl.MaxPayload && !strings.Contains(fmt.Sprint(eventCauses(s)), fmt.Sprintf(limited, c.cause)) {
					t.Errorf("causes: %v", eventCauses(s))
				}
			}
		})
	}
}

func eventCauses(s *script) (causes []string) {
	for _, ev := range s.events {
		if ev.Cause != nil {
			causes = append(causes, *ev.Cause)
		}
	}
	return causes
}

// TestVariablesLimit: an execution holds 10 MiB of variables, and those that are set again count once.
func TestVariablesLimit(t *testing.T) {
	var states strings.Builder
	name := func(i int) string { return fmt.Sprintf("S%02d", i) }
	for i := range 41 {
		fmt.Fprintf(&states, `%q:{"Type":"Pass","Assign":{"v%d.$":"$"},"Next":%q},`, name(i), i, name(i+1))
		fmt.Fprintf(&states, `"R%s":{"Type":"Pass","Assign":{"v%d.$":"$"},"Next":"R%s"},`, name(i), i%2, name(i+1))
	}
	for start, want := range map[string]int{"S00": 1 + 2*40 + 2, "RS00": 1 + 2*41 + 3} {
		m, found := asl.Parse(fmt.Sprintf(`{"StartAt":"C","States":{%s"C":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.Name","StringEquals":"S00","Next":"S00"}],"Default":"RS00"},
			"S41":{"Type":"Succeed"},"RS41":{"Type":"Succeed"}}}`, states.String()), asl.Options{})
		if m == nil {
			t.Fatal(asl.Message(found))
		}
		s, id := newScript(t, m), scriptIdentity
		s.whole = true
		id.Name = start
		s.x = NewExec(id, scriptHost, m, text(asl.MaxPayload), 1)
		s.step(Event{Kind: Started, At: s.now})
		if got := len(s.events) - 2; got != want { // the Choice state has two of its own
			t.Errorf("from %s: %d events, want %d", start, got, want)
		}
	}
}

// TestStepBudget: a step ends, with More, after so many states, and earlier when their expressions compute for long.
func TestStepBudget(t *testing.T) {
	for _, c := range []struct {
		name, expr string
		min, max   int // states of a step
	}{
		{"quick", `1`, StepBudget, StepBudget},
		{"slow", `$sum($map([1..20000], function($i) { $i + 1 }))`, 1, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, found := asl.Parse(fmt.Sprintf(`{"StartAt":"P","QueryLanguage":"JSONata","States":{
				"P":{"Type":"Pass","Output":"{%% %s %%}","Next":"C"},
				"C":{"Type":"Choice","Choices":[{"Condition":"{%% false %%}","Next":"S"}],"Default":"P"},"S":{"Type":"Succeed"}}}`, c.expr), asl.Options{})
			if m == nil {
				t.Fatal(asl.Message(found))
			}
			x := NewExec(scriptIdentity, scriptHost, m, value.EmptyObj, 1)
			ev := Event{Kind: Started, At: time.UnixMilli(1)}
			for range 3 {
				d := x.Step(ev)
				states := 0
				for i := range d.History {
					if t := d.History[i].Type; t == history.PassStateEntered || t == history.ChoiceStateEntered {
						states++
					}
				}
				if !d.More || states < c.min || states > c.max {
					t.Errorf("%d states in a step, more %t; want %d to %d, and more", states, d.More, c.min, c.max)
				}
				ev.Kind = Continue
			}
		})
	}
}

// TestLimitsShrink reads an execution back under limits that it is beyond already: it is read, and ends at its next event.
func TestLimitsShrink(t *testing.T) {
	m, found := asl.Parse(`{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.Name","StringEquals":"no","Next":"S"}],"Default":"P"},"S":{"Type":"Succeed"}}}`, asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(found))
	}
	free, small := limits.Free(), limits.AWS()
	small.Events = 200
	s := newScript(t, m)
	host := scriptHost
	host.Limits = &free
	x := NewExec(scriptIdentity, host, m, value.EmptyObj, 1)
	d := x.Step(Event{Kind: Started, At: s.now})
	for range 40 { // beyond AWS's 25,000
		d = x.Step(Event{Kind: Continue, At: s.now})
	}
	if x.LastEvent() <= 25_000 || !d.More {
		t.Fatalf("it has %d events", x.LastEvent())
	}
	host.Limits = &small
	x, err := Load(scriptIdentity, host, m, []Row{{0, x.AppendHeader(nil, s)}}, s)
	if err != nil {
		t.Fatal(err)
	}
	last := x.LastEvent()
	d = x.Step(Event{Kind: Continue, At: s.now})
	if d.End == nil || d.End.Status != Failed || *d.End.Error != "States.Runtime" || d.Hit != "events" || x.LastEvent() != last+1 {
		t.Errorf("after event %d it came to %d: %+v, hit %q", last, x.LastEvent(), d.End, d.Hit)
	}
}

// TestExpressLimits: an Express execution has no limit of events, and the time that the limits give.
func TestExpressLimits(t *testing.T) {
	m, found := asl.Parse(`{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$$.Execution.Name","StringEquals":"no","Next":"S"}],"Default":"P"},"S":{"Type":"Succeed"}}}`, asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(found))
	}
	l := limits.AWS()
	l.ExpressTime = time.Minute
	id, host := scriptIdentity, scriptHost
	id.Express, host.Limits = true, &l
	x := NewExec(id, host, m, value.EmptyObj, 1)
	at := time.UnixMilli(1_700_000_000_000)
	d := x.Step(Event{Kind: Started, At: at})
	if len(d.Arm) != 1 || d.Arm[0].Due != at.Add(time.Minute).UnixMilli() {
		t.Fatalf("its timers are %v", d.Arm)
	}
	due := d.Arm[0]
	for range 40 {
		d = x.Step(Event{Kind: Continue, At: at})
	}
	if x.LastEvent() <= 25_000 || d.End != nil {
		t.Errorf("it ended at event %d: %v", x.LastEvent(), d.End)
	}
	d = x.Step(Event{Kind: TimerFired, Seq: due.Seq, At: at.Add(time.Minute)})
	if d.End == nil || d.End.Status != TimedOut || d.Hit != "express-time" {
		t.Errorf("after its time it is %v, and hit %q", d.End, d.Hit)
	}
}

// TestTimeLimitsAreTold: who times out by a limit is told which; a TimeoutSeconds that is shorter is the machine's own.
func TestTimeLimitsAreTold(t *testing.T) {
	for _, test := range []struct {
		timeout string
		express bool
		hit     string
	}{
		{"", false, "execution-time"}, {"", true, "express-time"}, {`"TimeoutSeconds":5,`, false, ""}, {`"TimeoutSeconds":5,`, true, ""},
		{`"TimeoutSeconds":60,`, false, "execution-time"}, {`"TimeoutSeconds":60,`, true, "express-time"},
	} {
		m, found := asl.Parse(`{`+test.timeout+`"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}}`, asl.Options{})
		if m == nil {
			t.Fatal(asl.Message(found))
		}
		l := limits.AWS()
		l.ExpressTime, l.ExecutionTime = 20*time.Second, 20*time.Second
		id, host := scriptIdentity, scriptHost
		id.Express, host.Limits = test.express, &l
		x := NewExec(id, host, m, value.EmptyObj, 1)
		at := time.UnixMilli(1_700_000_000_000)
		timers := x.Step(Event{Kind: Started, At: at}).Arm
		d := x.Step(Event{Kind: TimerFired, Seq: timers[len(timers)-1].Seq, At: at.Add(20 * time.Second)})
		if d.End == nil || d.End.Status != TimedOut || d.Hit != test.hit {
			t.Errorf("%+v: it came to %+v, and hit %q", test, d.End, d.Hit)
		}
	}
}
