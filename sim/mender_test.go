package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
)

// mendKinds fail now and then, and have Tasks that must not run again once they have succeeded.
var mendKinds = []*kind{
	{name: "mending", definition: `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[` +
		`{"StartAt":"A","States":{"A":{` + fn + `echo","Next":"B"},"B":{` + fn + `flaky","End":true}}},` +
		`{"StartAt":"C","States":{"C":{` + fn + `echo","Next":"D"},"D":{` + fn + `flaky","End":true}}}],"Next":"E"},` +
		`"E":{` + fn + `flaky","Next":"F"},"F":{` + fn + `echo","End":true}}}`,
		input: `{"m":1}`, ends: flakyEnds(`[{"m":1},{"m":1}]`)},
	{name: "mendingmap", definition: `{"StartAt":"A","States":{"A":{` + fn + `echo","Next":"M"},"M":{"Type":"Map","MaxConcurrency":3,"ItemProcessor":` +
		`{"StartAt":"B","States":{"B":{` + fn + `echo","Next":"C"},"C":{` + fn + `flaky","End":true}}},"Next":"D"},"D":{` + fn + `flaky","End":true}}}`,
		input: `[1,2,3,4,5]`, ends: flakyEnds(`[1,2,3,4,5]`)},
	{name: "mendinglate", definition: `{"TimeoutSeconds":2,"StartAt":"A","States":{"A":{` + fn + `echo","Next":"W"},"W":{"Type":"Wait","Seconds":1,"Next":"B"},` +
		`"B":{` + fn + `echo","Next":"X"},"X":{"Type":"Wait","Seconds":1,"Next":"C"},"C":{` + fn + `echo","End":true}}}`,
		input: `{"l":1}`, ends: map[statelark.Status]string{statelark.Succeeded: `{"l":1}`, statelark.TimedOut: ""}},
}

func flakyEnds(output string) map[statelark.Status]string {
	return map[statelark.Status]string{statelark.Succeeded: output, statelark.Failed: "Flaky"}
}

// onceEach says of some kinds how often each of their Tasks comes to its end when an execution succeeds, however often it
// was redriven on its way: no more than once for each branch and each item.
var onceEach = map[string]map[string]int{
	"mending":     {"A": 1, "B": 1, "C": 1, "D": 1, "E": 1, "F": 1},
	"mendingmap":  {"A": 1, "B": 5, "C": 5, "D": 1},
	"mendinglate": {"A": 1, "B": 1, "C": 1},
	"retry":       {"T": 1},
	"parallel":    {"A": 1},
	"map":         {"T": 5},
}

// redrives is what is known of the redrives of one execution.
type redrives struct {
	asked        int // some may not be answered yet
	acknowledged int
	unclear      int // refused, perhaps because one that was not answered had counted
}

const maxAsked = 6

// mender redrives executions that have ended without success, and asks twice for some redrives.
func (w *world) mender(number int) {
	for n := 0; ; n++ {
		select {
		case <-w.mended:
			return
		case <-time.After(time.Duration(w.intn(700)) * time.Millisecond):
		}
		if arn := w.broken(); arn != "" {
			w.mend(arn, fmt.Sprintf("mender-%d-%d", number, n))
		}
	}
}

// broken chooses an execution that has ended without success, "" when it finds none.
func (w *world) broken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, s := range w.started {
		d, r := w.ended[s.arn], w.redrives[s.arn]
		if d != nil && d.Status != statelark.Succeeded && s.kind != doomed && s.kind != doomedMap && (r == nil || r.asked < maxAsked) {
			found = append(found, s.arn)
		}
	}
	if len(found) == 0 {
		return ""
	}
	arn := found[w.rnd.IntN(len(found))]
	if w.redrives[arn] == nil {
		w.redrives[arn] = new(redrives)
	}
	w.redrives[arn].asked++
	return arn
}

// mend redrives an execution, under a token that makes it one redrive however often it is asked for.
func (w *world) mend(arn, token string) {
	var at time.Time
	tries := 0
	redrive := func(e *engine.Engine) (err error) {
		tries++
		at, err = e.RedriveExecution(context.Background(), arn, token)
		return err
	}
	err := w.insist(redrive)
	first := at
	switch {
	case err == nil && w.intn(2) == 0:
		if err := w.insist(redrive); err != nil || !at.Equal(first) {
			w.errorf("%s was redriven at %v and, for the same token, at %v, %v", arn, first, at, err)
		}
	case err != nil && statelark.ErrorCode(err) != statelark.CodeExecutionNotRedrivable:
		w.errorf("%s cannot be redriven: %v", arn, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch r := w.redrives[arn]; {
	case err == nil:
		r.acknowledged++
	case tries > 1:
		r.unclear++
	}
}

// mending reports whether somebody has wanted to redrive an execution.
func (w *world) mending(arn string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.redrives[arn] != nil
}

// auditRedrives checks that every redrive that was acknowledged was made, and no other.
func (w *world) auditRedrives() {
	for arn, r := range w.redrives {
		d := w.look(arn)
		if d == nil {
			w.errorf("%s was redriven, and cannot be read", arn)
			continue
		}
		if made := int(d.Redrives); made < r.acknowledged || made > r.acknowledged+r.unclear {
			w.errorf("%s was redriven %d times; it was asked for %+v\n%s", arn, made, *r, w.told(arn))
		}
	}
}

func (k *kind) maps() bool { return strings.Contains(k.definition, "DISTRIBUTED") }
