package interp

import (
	"testing"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// TestDelay: Wait states and attempts wait as long as the host says, timeouts stay.
func TestDelay(t *testing.T) {
	const definition = `{"StartAt": "W", "States": {
		"W": {"Type": "Wait", "Seconds": 60, "Next": "T"},
		"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "TimeoutSeconds": 50,
			"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 30}], "End": true}}}`
	for _, test := range []struct {
		name                 string
		delay                func(int64) int64
		wait, timeout, retry int64 // ms
	}{
		{"none", nil, 60_000, 50_000, 30_000},
		{"a tenth", func(ms int64) int64 { return ms / 10 }, 6000, 50_000, 3000},
		{"nothing", func(int64) int64 { return 0 }, 0, 50_000, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, found := asl.Parse(definition, asl.Options{})
			if m == nil {
				t.Fatal(found)
			}
			host := scriptHost
			host.Delay = test.delay
			x := NewExec(scriptIdentity, host, m, value.EmptyObj, 1)
			at := scriptIdentity.StartedAt
			step := func(ev Event, want int64) Decision {
				t.Helper()
				ev.At = at
				d := x.Step(ev)
				if len(d.Arm) != 1 || d.Arm[0].Due-at.UnixMilli() != want {
					t.Errorf("event %d arms %v, want %d ms", ev.Kind, d.Arm, want)
				}
				return d
			}
			var d Decision
			if test.wait > 0 {
				d = step(Event{Kind: Started}, test.wait)
				at = at.Add(1e6 * 60_000)
				d = step(Event{Kind: TimerFired, Seq: d.Arm[0].Seq}, test.timeout)
			} else {
				d = step(Event{Kind: Started}, test.timeout)
			}
			name, cause := "E", "why"
			step(Event{Kind: TaskFailed, Seq: d.Run[0].Seq, Error: &name, Cause: &cause}, test.retry)
		})
	}
}
