package interp

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

func benchMachine(b *testing.B, definition string) *asl.Machine {
	b.Helper()
	m, found := asl.Parse(definition, asl.Options{})
	if m == nil {
		b.Fatal(asl.Message(found))
	}
	return m
}

// BenchmarkStep runs an execution of five states from its start to its end: two steps, for it waits once.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct{ name, definition string }{
		{"JSONPath", `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"n.$":"$.n","s":"text"},"ResultPath":"$.a","Next":"B"},
			"B":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":100,"Next":"C"},{"Variable":"$.a.s","StringEquals":"text","Next":"C"}],"Default":"C"},
			"C":{"Type":"Pass","Assign":{"v.$":"$.a"},"Next":"D"},
			"D":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":60,"ResultPath":"$.d","Next":"E"},"E":{"Type":"Succeed"}}}`},
		{"JSONata", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":{"n":"{% $states.input.n %}","a":{"s":"text"}},"Next":"B"},
			"B":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.n > 100 %}","Next":"C"},{"Condition":"{% $states.input.a.s = 'text' %}","Next":"C"}],"Default":"C"},
			"C":{"Type":"Pass","Assign":{"v":"{% $states.input.a %}"},"Next":"D"},
			"D":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":60,"Output":"{% $merge([$states.input, {'d': $states.result}]) %}","Next":"E"},"E":{"Type":"Succeed"}}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, input, result := benchMachine(b, c.definition), value.Checked(`{"n":7,"list":[1,2,3]}`), value.Checked(`{"ok":true}`)
			at := time.UnixMilli(1_700_000_000_000)
			var d Decision
			b.ReportAllocs()
			for b.Loop() {
				x := NewExec(scriptIdentity, scriptHost, m, input, 1)
				if err := x.StepInto(&d, Event{Kind: Started, At: at}); err != nil {
					b.Fatal(err)
				}
				if err := x.StepInto(&d, Event{Kind: TaskSucceeded, Seq: d.Run[0].Seq, Output: result, At: at}); err != nil {
					b.Fatal(err)
				}
				if d.End == nil || d.End.Status != Succeeded {
					b.Fatal("it has not succeeded")
				}
			}
		})
	}
}

// BenchmarkLoop is the way of an endless loop to the limit of 25,000 events.
func BenchmarkLoop(b *testing.B) {
	m := benchMachine(b, `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"B"},
		"B":{"Type":"Pass","Next":"A"},"E":{"Type":"Succeed"}}}`)
	var d Decision
	for b.Loop() {
		x := NewExec(scriptIdentity, scriptHost, m, value.EmptyObj, 1)
		for ev := (Event{Kind: Started}); x.Status() <= Running; ev = (Event{Kind: Continue}) {
			if err := x.StepInto(&d, ev); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*25_000/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkMap runs a Map state of 1,000 items of two states each.
func BenchmarkMap(b *testing.B) {
	m := benchMachine(b, `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}},"End":true}}}`)
	text := []byte("[0")
	for range 999 {
		text = append(text, ",1"...)
	}
	input := value.Checked(string(append(text, ']')))
	var d Decision
	for b.Loop() {
		x := NewExec(scriptIdentity, scriptHost, m, input, 1)
		for ev := (Event{Kind: Started}); x.Status() <= Running; ev = (Event{Kind: Continue}) {
			if err := x.StepInto(&d, ev); err != nil {
				b.Fatal(err)
			}
		}
		if x.Status() != Succeeded {
			b.Fatal("it has not succeeded")
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "items/s")
}

// BenchmarkHeld measures what a Map state of 4,000 items holds in memory when all of them but the last have ended, or
// wait for a task, beside the text of the input.
func BenchmarkHeld(b *testing.B) {
	const items = 4000
	text := "[" + strings.TrimSuffix(strings.Repeat(`{"id":1,"name":"item"},`, items), ",") + "]"
	for _, c := range []struct{ name, states string }{
		{"ended", `"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$$.State.Name","StringEquals":"no","Next":"C"}],"Default":"C"},"C":{"Type":"Pass","End":true}`},
		{"waiting", `"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":60,"End":true}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := benchMachine(b, `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":5000,"ItemProcessor":{"StartAt":"A","States":{`+c.states+`}},"End":true}}}`)
			held, estimate := 0.0, 0.0
			for b.Loop() {
				x := NewExec(scriptIdentity, scriptHost, m, value.Checked(text), 1)
				var d Decision
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				last := uint32(items)
				for ev := (Event{Kind: Started}); ; ev = (Event{Kind: Continue}) {
					if err := x.StepInto(&d, ev); err != nil {
						b.Fatal(err)
					}
					if t := x.threads[last]; !d.More || t != nil && t.phase == done {
						break
					}
				}
				d = Decision{}
				runtime.GC()
				runtime.ReadMemStats(&after)
				held += (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / items
				estimate += float64(x.Size()-len(text)) / items
				runtime.KeepAlive(x)
			}
			b.ReportMetric(held/float64(b.N), "B/item")
			b.ReportMetric(estimate/float64(b.N), "estimated-B/item")
		})
	}
}
