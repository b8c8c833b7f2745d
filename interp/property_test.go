package interp

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

var lives = flag.Int("lives", 2000, "how many random lives to run")

// TestLives runs random machines through random events. Two executions get the same events; one of them is written
// to rows and read back after each. What they say must be the same to the byte.
func TestLives(t *testing.T) {
	n := *lives
	if testing.Short() {
		n = min(n, 200)
	}
	var seen [256]bool
	for seed := range uint64(n) {
		for _, typ := range oneLife(t, seed) {
			seen[typ] = true
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, typ := range []history.Type{ // the generator has to reach what it is for
		history.ParallelStateFailed, history.MapIterationAborted, history.MapRunFailed, history.MapRunSucceeded,
		history.TaskTimedOut, history.ActivityTimedOut, history.EvaluationFailed, history.WaitStateAborted,
		history.ExecutionSucceeded, history.ExecutionFailed, history.ExecutionAborted, history.ExecutionTimedOut,
		history.ExecutionRedriven, history.MapRunRedriven,
		history.TaskSubmitted, history.ActivityStarted, history.LambdaFunctionFailed, history.MapIterationFailed,
	} {
		if !seen[typ] && !testing.Short() {
			t.Errorf("no life has a %v", typ)
		}
	}
}

// oneLife runs the life of a seed and returns the types of its events.
func oneLife(t *testing.T, seed uint64) []history.Type {
	g := newGenerator(seed)
	definition := g.machine()
	m, found := asl.Parse(definition, asl.Options{})
	if m == nil {
		t.Fatalf("seed %d: %s\n%s", seed, asl.Message(found), definition)
	}
	input := value.Checked(g.input())
	plain, stored := newScript(t, m), newScript(t, m)
	plain.whole = true
	for _, s := range []*script{plain, stored} {
		s.x = NewExec(scriptIdentity, scriptHost, m, input, seed)
	}
	g.life(plain, func(ev Event) {
		stored.now = plain.now
		if ev.Kind == Redriven {
			stored.redrives++
			stored.load()
		}
		if a, b := plain.step(ev), stored.step(ev); a != b {
			t.Fatalf("seed %d: in memory\n%sand from rows\n%s\n%s", seed, a, b, definition)
		}
	})
	if err := auditHistory(plain.events); err != nil {
		t.Errorf("seed %d: %v\n%s", seed, err, definition)
	}
	for range 20 { // nothing changes what has ended
		ev := g.event(plain)
		ev.At = plain.now.Add(time.Hour)
		if d := plain.x.Step(ev); !d.Empty() || d.More || len(d.Cancel)+len(d.Removed)+len(d.Run)+len(d.Disarm) > 0 {
			t.Errorf("seed %d: %+v changes what has ended: %+v", seed, ev, d)
		}
	}
	types := make([]history.Type, len(plain.events))
	for i := range plain.events {
		types[i] = plain.events[i].Type
	}
	return types
}

// A history holds 25,000 events, and the last one is the failure.
func TestEventLimit(t *testing.T) {
	const loop = `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"B"},
		"B":{"Type":"Pass","Next":"A"},"E":{"Type":"Succeed"}}}`
	const loops = `{"StartAt":"P","States":{"P":{"Type":"Parallel","Catch":[{"ErrorEquals":["States.ALL"],"Next":"Z"}],"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"B"},"B":{"Type":"Pass","Next":"A"},"E":{"Type":"Succeed"}}},
		{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}}}],"Next":"Z"},"Z":{"Type":"Succeed"}}}`
	for name, definition := range map[string]string{"loop": loop, "in a branch": loops} {
		t.Run(name, func(t *testing.T) {
			m, found := asl.Parse(definition, asl.Options{})
			if m == nil {
				t.Fatal(asl.Message(found))
			}
			s := newScript(t, m)
			s.x = NewExec(scriptIdentity, scriptHost, m, value.EmptyObj, 1)
			out := s.step(Event{Kind: Started, At: s.now})
			if err := auditHistory(s.events); err != nil {
				t.Error(err)
			}
			last := s.events[len(s.events)-1]
			if last.ID != 25_000 || last.Previous != 24_999 || last.Type != history.ExecutionFailed || *last.Error != "States.Runtime" {
				t.Errorf("the last event is %s", eventLine(&last))
			}
			if s.x.Status() != Failed || strings.Contains(out, "cancel") != (name == "in a branch") {
				t.Errorf("it ended with status %d", s.x.Status())
			}
		})
	}
}
