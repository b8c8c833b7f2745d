package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/pebblestore"
)

// forkable assigns a variable, changes it in a loop, and fails in its Task as long as the function does. Show tells all that
// a fork has.
const forkable = `{"StartAt":"First","States":{
	"First":{"Type":"Pass","Assign":{"n":0,"kept.$":"$.id"},"Next":"Count"},
	"Count":{"Type":"Pass","QueryLanguage":"JSONata","Assign":{"n":"{% $n + 1 %}"},"Output":{"round":"{% $n %}"},"Next":"Again"},
	"Again":{"Type":"Choice","Choices":[{"Variable":"$n","NumericLessThan":3,"Next":"Count"}],"Default":"Work"},
	"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","ResultPath":"$.worked","Next":"Both"},
	"Both":{"Type":"Parallel","Branches":[{"StartAt":"Inner","States":{"Inner":{"Type":"Pass","End":true}}}],"ResultPath":null,"Next":"Show"},
	"Show":{"Type":"Pass","QueryLanguage":"JSONata","Output":{"n":"{% $n %}","kept":"{% $kept %}","in":"{% $states.input %}",
		"of":"{% $states.context.Execution.Input %}"},"End":true}}}`

func (r *rig) fork(s statelark.ForkStart) *statelark.ExecutionDetail {
	r.t.Helper()
	time.Sleep(time.Millisecond) // lists are in the order of times
	x, err := r.Fork(context.Background(), s)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.ended(x.ARN())
}

func TestFork(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		m := r.machine("M", forkable)
		arn := r.start(m, "e", `{"id":7}`)
		time.Sleep(time.Minute)
		is(t, "status", r.describe(arn).Status, statelark.Failed)
		f.broken = false

		d := r.fork(statelark.ForkStart{From: arn, Name: "again"})
		is(t, "output", d.Output, `{"n":3,"kept":7,"in":{"round":2,"worked":{"round":2}},"of":{"id":7}}`)
		is(t, "input", d.Input, `{"id":7}`)
		is(t, "origin", fmt.Sprintf("%+v", *d.Fork), fmt.Sprintf("{ARN:%s State:Work Event:16 Variables:1}", arn))
		events := r.pages(d.ARN(), 100, false)
		is(t, "second event", events[1].Type, history.TaskStateEntered)
		is(t, "before it", events[1].Previous, 0)

		in, vars := `{"x":1}`, `{"n":40,"kept":"me"}`
		d = r.fork(statelark.ForkStart{From: arn, State: "Count", Event: 4, Input: &in, Variables: &vars, Name: "edited"})
		is(t, "output", d.Output, `{"n":41,"kept":"me","in":{"round":40,"worked":{"round":40}},"of":{"id":7}}`)
		d = r.fork(statelark.ForkStart{From: arn, State: "Count", Event: 8, Name: "middle"})
		is(t, "assigned then", r.pages(d.ARN(), 100, false)[2].Assigned[0].Value.Text(), "2")

		// A fork of a fork knows the variables that its origin began with, which no event has.
		d = r.fork(statelark.ForkStart{From: d.ARN(), State: "Show", Name: "fork of a fork"})
		is(t, "output", d.Output, `{"n":3,"kept":7,"in":{"round":2,"worked":{"round":2}},"of":{"id":7}}`)

		// At the very beginning, an input of its own is the execution's.
		d = r.fork(statelark.ForkStart{From: arn, State: "First", Input: &in, Variables: &vars, Name: "from the start"})
		is(t, "input", d.Input, in)

		forks, err := r.Forks(context.Background(), arn, 10)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "forks", len(forks), 4)
		is(t, "last fork", forks[0].Name, "from the start")
		r.restart()
		is(t, "origin after a restart", r.describe(forks[3].ARN()).Fork.State, "Work")
	})
}

func TestForkRunsWhatItIsTold(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Result":"old","End":true}}}`)
		old := r.publish(m)
		arn := r.start(old, "e", `1`)
		time.Sleep(time.Second)
		r.update(m, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Result":"new","End":true}}}`)
		v2 := r.publish(m)
		d := r.fork(statelark.ForkStart{From: arn, State: "B", Name: "same"})
		is(t, "output", d.Output, `"old"`)
		is(t, "version", d.Version, old)
		is(t, "output of the present one", r.fork(statelark.ForkStart{From: arn, State: "B", Machine: m, Name: "present"}).Output, `"new"`)
		d = r.fork(statelark.ForkStart{From: arn, State: "B", Machine: v2, Name: "version"})
		is(t, "output of a version", d.Output+d.Version, `"new"`+v2)
		live := r.alias(m, "live", statelark.Route{Version: 1, Weight: 100})
		d = r.fork(statelark.ForkStart{From: arn, State: "B", Machine: live, Name: "alias"})
		is(t, "output through an alias", d.Output+d.Alias, `"old"`+live)
	})
}

func TestForkRefused(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", forkable)
		other := r.machine("N", passOnly)
		arn := r.start(m, "e", `{"id":7}`)
		time.Sleep(time.Minute)
		large := `{"kept":"` + strings.Repeat("x", 262_145) + `"}`
		bad, list, vars, wrong := `{`, `[]`, `{"n":1}`, `{"states":1}`
		for name, c := range map[string]struct {
			s    statelark.ForkStart
			code string
			says string
		}{
			"no such execution":   {statelark.ForkStart{From: arn + "x", State: "Work"}, "ExecutionDoesNotExist", ""},
			"it succeeded":        {statelark.ForkStart{From: arn}, "ValidationException", "name the state"},
			"no such state":       {statelark.ForkStart{From: arn, State: "Nope"}, "ValidationException", "'First', 'Count'"},
			"within another":      {statelark.ForkStart{From: arn, State: "Inner"}, "ValidationException", "fork from 'Both'"},
			"event of another":    {statelark.ForkStart{From: arn, State: "Work", Event: 2}, "ValidationException", "the state 'First'"},
			"no such event":       {statelark.ForkStart{From: arn, State: "Work", Event: 900}, "ValidationException", "no event 900"},
			"not entered":         {statelark.ForkStart{From: arn, State: "Work", Event: 3}, "ValidationException", "PassStateExited"},
			"input":               {statelark.ForkStart{From: arn, State: "Work", Input: &bad}, "InvalidExecutionInput", ""},
			"variables":           {statelark.ForkStart{From: arn, State: "Work", Variables: &list}, "ValidationException", "an object"},
			"a large variable":    {statelark.ForkStart{From: arn, State: "Work", Variables: &large}, "ValidationException", "'kept' is larger than the 262144 bytes"},
			"name of a variable":  {statelark.ForkStart{From: arn, State: "Work", Variables: &wrong}, "ValidationException", "reserved"},
			"variables missing":   {statelark.ForkStart{From: arn, State: "Show", Variables: &vars}, "ValidationException", "$kept"},
			"another's machine":   {statelark.ForkStart{From: arn, State: "Work", Machine: other}, "ValidationException", "the execution that it is of"},
			"no such version":     {statelark.ForkStart{From: arn, State: "Work", Machine: m + ":9"}, "StateMachineDoesNotExist", ""},
			"the name is taken":   {statelark.ForkStart{From: arn, State: "Work", Name: "e"}, "ExecutionAlreadyExists", arn},
			"state of an old one": {statelark.ForkStart{From: arn, State: "Again", Machine: m}, "ValidationException", "no state 'Again'"},
		} {
			if name == "state of an old one" {
				r.update(m, `{"StartAt":"Work","States":{"Work":{"Type":"Pass","End":true}}}`)
			}
			if c.s.Name == "" {
				c.s.Name = "fork"
			}
			_, err := r.Fork(context.Background(), c.s)
			if statelark.ErrorCode(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("%s: %v, want %s: …%s…", name, err, c.code, c.says)
			}
		}
	})
}

// A fork fails and is redriven like any other execution; so it goes on after a restart in its middle.
func TestForkIsAnExecution(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		m := r.machine("M", forkable)
		arn := r.start(m, "e", `{"id":7}`)
		time.Sleep(time.Minute)
		x, err := r.Fork(context.Background(), statelark.ForkStart{From: arn, Name: "f"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		is(t, "status", r.describe(x.ARN()).Status, statelark.Failed)
		r.restart()
		f.broken = false
		d := r.redrive(x.ARN())
		is(t, "output", d.Output, `{"n":3,"kept":7,"in":{"round":2,"worked":{"round":2}},"of":{"id":7}}`)
		forks, err := r.Forks(context.Background(), arn, 10)
		is(t, "forks", len(forks), 1)
		is(t, "error", err, nil)
		is(t, "status in the list", forks[0].Status, statelark.Succeeded)

		// Of one that runs.
		w := r.machine("W", `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":5,"Next":"B"},"B":{"Type":"Wait","Seconds":3600,"End":true}}}`)
		running := r.start(w, "w", `1`)
		time.Sleep(time.Second)
		x, err = r.Fork(context.Background(), statelark.ForkStart{From: running, State: "B", Name: "f"})
		if err != nil {
			t.Fatal(err)
		}
		r.restart()
		time.Sleep(2 * time.Hour)
		is(t, "output", r.describe(x.ARN()).Output, "5")

		// A start under the name of a fork that runs is none that was asked for before.
		x, err = r.Fork(context.Background(), statelark.ForkStart{From: running, State: "B", Name: "g"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.StartExecution(context.Background(), statelark.ExecutionStart{Machine: w, Name: "g", Input: `1`})
		code(t, err, "ExecutionAlreadyExists")
		is(t, "fork", x.Name, "g")
	})
}

func TestForkOfExpress(t *testing.T) {
	f := &failing{broken: true}
	inBubbleWith(t, Options{Owners: 2, KeepExpress: 100}, f.start, func(r *rig) {
		m := r.expressMachine("M", forkable)
		r.runSync(m, `{"id":7}`)
		seen := r.ExpressExecutions(m, 1)[0]
		f.broken = false
		x, err := r.Fork(context.Background(), statelark.ForkStart{From: seen.ARN(), Name: "f"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		want := `{"n":3,"kept":7,"in":{"round":2,"worked":{"round":2}},"of":{"id":7}}`
		got, err := r.ExpressExecution(x.ARN())
		if err != nil {
			t.Fatal(err)
		}
		is(t, "output", got.Output, want)
		x, err = r.Fork(context.Background(), statelark.ForkStart{From: got.ARN(), State: "Show", Name: "g"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		got, err = r.ExpressExecution(x.ARN())
		is(t, "error", err, nil)
		is(t, "output", got.Output, want)
		forks, err := r.Forks(context.Background(), seen.ARN(), 10)
		is(t, "error", err, nil)
		is(t, "forks", len(forks), 1)
	})
}

// BenchmarkFork compares a fork of an execution with five variables with a start, each to its end, on a store on disk.
func BenchmarkFork(b *testing.B) {
	w := waiter{make(chan struct{}, 1<<16)}
	store, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	e, m := benchEngineOn(b, store, `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"a":1,"b":2,"c":3,"d":4,"e":5},"Next":"T"},"T":{`+lambda+`,"End":true}}}`, w)
	begin := func(b *testing.B, i int) string {
		x, err := e.StartExecution(b.Context(), statelark.ExecutionStart{Machine: m, Name: fmt.Sprint(b.Name(), i), MadeUp: true, Input: `{"n":1}`})
		if err != nil {
			b.Fatal(err)
		}
		<-w.ended
		return x.ARN()
	}
	origin := begin(b, -1)
	b.Run("start", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			begin(b, i)
		}
	})
	b.Run("fork", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := e.Fork(b.Context(), statelark.ForkStart{From: origin, State: "T", Name: fmt.Sprint(b.Name(), i), MadeUp: true}); err != nil {
				b.Fatal(err)
			}
			<-w.ended
		}
	})
}
