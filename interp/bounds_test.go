package interp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// numbers is the array of n numbers.
func numbers(n int) value.Value {
	return value.Checked("[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]")
}

// TestManyItems: iterations are started within the budget, in order, and a decision has no more rows than turns.
func TestManyItems(t *testing.T) {
	const definition = `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":100000,%s"ItemProcessor":{%s"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}},"End":true}}}`
	for _, c := range []struct {
		name, selector, config string
		items                  int
		whole                  bool
	}{
		{"inline", "", "", 1500, false},
		{"inline with a selector", `"ItemSelector":{"i.$":"$$.Map.Item.Index"},`, "", 1500, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, parsed(t, fmt.Sprintf(definition, c.selector, c.config)))
			s.whole = c.whole
			s.x = NewExec(scriptIdentity, scriptHost, s.m, numbers(c.items), 1)
			largest := 0
			for ev := (Event{Kind: Started, At: s.now}); ; ev = (Event{Kind: Continue, At: s.now}) {
				d := s.x.Step(ev)
				s.check(&d)
				largest = max(largest, len(d.Dirty))
				s.keep(&d)
				if !d.More {
					break
				}
				if !s.whole {
					s.reload()
				}
			}
			if largest > StepBudget+2 {
				t.Errorf("a decision has %d rows", largest)
			}
			if open := len(s.x.waits); open != c.items {
				t.Errorf("%d items wait, want %d", open, c.items)
			}
			started := slices.IndexFunc(s.events, func(ev history.Event) bool { return ev.Type == history.MapIterationStarted })
			for i := range c.items {
				if c.config != "" {
					break
				}
				if ev := s.events[started+i]; ev.Type != history.MapIterationStarted || ev.Index != int64(i) || ev.Previous != int64(started) {
					t.Fatalf("after the start of %d items: %s", i, eventLine(&ev))
				}
			}
		})
	}
}

// TestPausedMap: what happens while a Map state is starting its items does not disturb it.
func TestPausedMap(t *testing.T) {
	s := newScript(t, parsed(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
		{"StartAt":"T","States":{"T":{`+goldenTask+`,"End":true}}},
		{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":5000,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}}],"End":true}}}`))
	s.x = NewExec(scriptIdentity, scriptHost, s.m, numbers(1200), 1)
	step := func(ev Event) Decision {
		ev.At = s.now
		d := s.x.Step(ev)
		s.check(&d)
		s.keep(&d)
		if d.End == nil {
			s.reload()
		}
		return d
	}
	d := step(Event{Kind: Started})
	if !d.More {
		t.Fatal("all items were started at once")
	}
	if d = step(Event{Kind: TaskSucceeded, Seq: 1, Output: value.True}); !d.More {
		t.Error("the rest of the items is forgotten")
	}
	for d.More {
		d = step(Event{Kind: Continue})
	}
	if d.End == nil || d.End.Status != Succeeded {
		t.Fatalf("it ended with %+v", d.End)
	}
	if err := auditHistory(s.events); err != nil {
		t.Error(err)
	}
}

// TestResultsTooLarge: a Parallel or Map state fails as soon as its results are too large, and keeps none of them.
func TestResultsTooLarge(t *testing.T) {
	const state = `{"StartAt":"T","States":{"T":{` + goldenTask + `,"End":true}}}`
	branches := state
	for _, name := range []string{"U", "V", "W"} {
		branches += "," + strings.ReplaceAll(state, `"T"`, `"`+name+`"`)
	}
	const catch = `"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"ResultPath":null,"Next":"C"}],"End":true},"C":{"Type":"Wait","Seconds":1,"End":true}}}`
	processor := func(mode string) string {
		return strings.Replace(state, "{", `{"ProcessorConfig":{"Mode":"`+mode+`","ExecutionType":"STANDARD"},`, 1)
	}
	for name, c := range map[string]struct {
		definition string
		want       []string // the types of the events that follow from the second result
	}{
		"Map": {`{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":` + strings.Replace(processor("INLINE"), `,"ExecutionType":"STANDARD"`, "", 1) + `,` + catch,
			[]string{"LambdaFunctionSucceeded", "TaskStateExited", "MapIterationSucceeded", "MapIterationAborted", "TaskStateAborted", "MapIterationAborted", "TaskStateAborted",
				"MapStateFailed", "MapStateExited", "WaitStateEntered"}},
		"Parallel": {`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[` + branches + `],` + catch,
			[]string{"LambdaFunctionSucceeded", "TaskStateExited", "TaskStateAborted", "TaskStateAborted", "ParallelStateFailed", "ParallelStateExited", "WaitStateEntered"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, parsed(t, c.definition))
			s.x = NewExec(scriptIdentity, scriptHost, s.m, numbers(4), 1)
			s.step(Event{Kind: Started, At: s.now})
			s.step(Event{Kind: TaskSucceeded, Seq: 2, At: s.now, Output: text(150_000)})
			if s.x.Size() < 150_000 {
				t.Errorf("with a result of 150,000 bytes it has %d bytes", s.x.Size())
			}
			before := len(s.events)
			s.step(Event{Kind: TaskSucceeded, Seq: 3, At: s.now, Output: text(150_000)})
			var got []string
			for _, ev := range s.events[before:] {
				got = append(got, ev.Type.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(s.x.threads) != 1 || s.x.Size() > 10_000 || len(openWaits(s.x)) > 0 {
				t.Errorf("%d threads and %d bytes are left", len(s.x.threads), s.x.Size())
			}
		})
	}
}

// TestResultsFit: as much as fits in all is no failure.
func TestResultsFit(t *testing.T) {
	s := newScript(t, parsed(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{`+goldenTask+`,"End":true}}},{"StartAt":"B","States":{"B":{`+goldenTask+`,"End":true}}}],"End":true}}}`))
	s.x = NewExec(scriptIdentity, scriptHost, s.m, value.EmptyObj, 1)
	s.step(Event{Kind: Started, At: s.now})
	s.step(Event{Kind: TaskSucceeded, Seq: 1, At: s.now, Output: text(asl.MaxPayload - 4)})
	s.step(Event{Kind: TaskSucceeded, Seq: 2, At: s.now, Output: value.Checked("1")})
	if s.x.Status() != Succeeded {
		t.Error("a result of the greatest size is refused")
	}
}

// TestManyTimers: waits that fall due together end in steps within the budget, each event deals with its own at least.
func TestManyTimers(t *testing.T) {
	const n = 2000
	s := newScript(t, parsed(t, `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":5000,"ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}},"End":true}}}`))
	s.whole = true
	s.x = NewExec(scriptIdentity, scriptHost, s.m, numbers(n), 1)
	s.step(Event{Kind: Started, At: s.now})
	s.now = s.now.Add(9 * time.Second)
	for seq := uint64(n); s.x.waits[seq] != nil; seq = lastWait(s.x) { // the last first: it has the most before it
		before := len(s.x.waits)
		d := s.x.Step(Event{Kind: TimerFired, Seq: seq, At: s.now})
		s.check(&d)
		if ended := before - len(s.x.waits); ended < 1 || ended > StepBudget || s.x.waits[seq] != nil {
			t.Fatalf("timer %d ended %d waits", seq, ended)
		}
		if len(s.x.due) != len(s.x.waits) {
			t.Fatalf("%d waits are open, and %d timers", len(s.x.waits), len(s.x.due))
		}
	}
	if s.x.Status() != Succeeded {
		t.Error("it has not ended")
	}
}

func lastWait(x *Exec) (last uint64) {
	for seq := range x.waits {
		last = max(last, seq)
	}
	return last
}

// TestMergeTurns: what is pending is in order of ids, whatever was left.
func TestMergeTurns(t *testing.T) {
	threads := func(ids ...uint32) (all []*Thread) {
		for _, id := range ids {
			all = append(all, &Thread{id: id, phase: entering})
		}
		return all
	}
	q := turns{pending: threads(2, 9, 12)}
	q.resume()
	q.next()
	q.ready = append(q.ready, threads(10, 1, 13)...)
	q.pending = threads(3, 20)
	q.postpone(false)
	var got []uint32
	for _, t := range q.pending {
		got = append(got, t.id)
	}
	if want := []uint32{1, 3, 9, 10, 12, 13, 20}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
