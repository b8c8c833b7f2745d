package interp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// busy is a JSONata expression of some units of work; endless never ends.
const (
	busy    = `$sum($map([1..2000], function($i) { $i + 1 }))`
	endless = `($f := function() { $f() }; $f())`
)

func parsed(t *testing.T, definition string) *asl.Machine {
	t.Helper()
	m, found := asl.Parse(definition, asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(found))
	}
	return m
}

// TestInterrupted: a step that the host interrupts is abandoned, wherever it is, and its rows give the same again.
func TestInterrupted(t *testing.T) {
	for name, definition := range map[string]string{
		"expression": `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% ` + endless + ` %}","End":true}}}`,
		"loop": `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"B"},
			"B":{"Type":"Pass","Next":"A"},"E":{"Type":"Succeed"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			asked, host := 0, scriptHost
			host.Interrupted = func() bool { asked++; return asked == 3 }
			x := NewExec(scriptIdentity, host, parsed(t, definition), value.EmptyObj, 1)
			var d Decision
			if err := x.StepInto(&d, Event{Kind: Started, At: time.UnixMilli(1)}); !errors.Is(err, ErrInterrupted) || asked != 3 {
				t.Errorf("it was asked %d times and said %v", asked, err)
			}
		})
	}
}

// TestInterruptedPassesFaultsOn: a fault of our own is not taken for an interruption.
func TestInterruptedPassesFaultsOn(t *testing.T) {
	host := scriptHost
	host.HasActivity = func(string) bool { panic("a fault") }
	x := NewExec(scriptIdentity, host, parsed(t, `{"StartAt":"T","States":{"T":{`+goldenActivity+`,"End":true}}}`), value.EmptyObj, 1)
	defer func() {
		if p := recover(); p != "a fault" {
			t.Errorf("it panicked with %v", p)
		}
	}()
	x.Step(Event{Kind: Started, At: time.UnixMilli(1)})
}

// TestWorkOfAnExpression: an expression that does not end fails as AWS's does, after so many units, whatever the clock says.
func TestWorkOfAnExpression(t *testing.T) {
	asked, host := 0, scriptHost
	host.Interrupted = func() bool { asked++; return false }
	m := parsed(t, `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% `+endless+` %}","End":true}}}`)
	x := NewExec(scriptIdentity, host, m, value.EmptyObj, 1)
	x.bounds.expression = 50
	d := x.Step(Event{Kind: Started, At: time.UnixMilli(1)})
	if asked != 51 || d.End == nil || *d.End.Error != "States.QueryEvaluationError" ||
		!strings.HasSuffix(*d.End.Cause, "Expression evaluation timeout: Check for infinite loop") {
		t.Errorf("it was asked %d times and ended with %+v", asked, d.End)
	}
}

// TestWorkOfPaths: JSONPath has no bound for an expression, and the same for a state.
func TestWorkOfPaths(t *testing.T) {
	for name, state := range map[string]string{
		"Parameters": `"Type":"Pass","Parameters":{"v.$":"States.ArrayUnique($)"},"End":true`,
		"a path":     `"Type":"Pass","Parameters":{"v.$":"$..x"},"End":true`,
		"InputPath":  `"Type":"Pass","InputPath":"$..x","End":true`,
		"Assign":     `"Type":"Pass","Assign":{"v.$":"States.ArrayLength($..x)"},"End":true`,
	} {
		t.Run(name, func(t *testing.T) {
			m := parsed(t, `{"StartAt":"T","States":{"T":{`+state+`}}}`)
			for bound, fails := range map[int]bool{10: true, 10_000: false} {
				x := NewExec(scriptIdentity, scriptHost, m, numbers(50_000), 1)
				x.bounds.visit = bound
				d := x.Step(Event{Kind: Started, At: time.UnixMilli(1)})
				if exhausted := d.End != nil && d.End.Error != nil && *d.End.Error == "States.Runtime" && strings.Contains(*d.End.Cause, exhaustedCause); exhausted != fails {
					t.Errorf("bound %d: it ended with %+v", bound, d.End)
				}
				if x.used < StepBudget {
					t.Errorf("it used %d turns", x.used)
				}
			}
		})
	}
}

// TestWorkOfAState: all expressions of a state together have a bound, which the failure tells; it can be caught.
func TestWorkOfAState(t *testing.T) {
	field := func(i int) string { return fmt.Sprintf(`"f%d":"{%% %s %%}"`, i, busy) }
	fields := field(0)
	for i := range 40 {
		fields += "," + field(i+1)
	}
	m := parsed(t, `{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{`+goldenTask+`,"Arguments":{`+fields+`},
		"Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Next":"C"}],"End":true},"C":{"Type":"Succeed"}}}`)
	for bound, caught := range map[int]bool{1000: false, 20: true} {
		x := NewExec(scriptIdentity, scriptHost, m, value.EmptyObj, 1)
		x.bounds.visit = bound
		d := x.Step(Event{Kind: Started, At: time.UnixMilli(1)})
		if d.More {
			d = x.Step(Event{Kind: Continue, At: time.UnixMilli(1)})
		}
		if (d.End != nil) != caught {
			t.Fatalf("bound %d: %+v", bound, d)
		}
		if caught && !strings.Contains(d.End.Output.Text(), exhaustedCause) {
			t.Errorf("the catcher got %s", d.End.Output.Text())
		}
	}
}
