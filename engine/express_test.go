package engine

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// expressMachine makes an Express state machine and returns its ARN.
func (r *rig) expressMachine(name, definition string) string {
	r.t.Helper()
	m, err := r.CreateStateMachine(context.Background(), &statelark.StateMachine{
		ARN: here.StateMachineARN(name), Name: name, Type: statelark.Express, Definition: definition, RoleARN: role,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return m.ARN
}

// unstored starts an Express execution of which nothing is stored, and returns its id and how it will end.
func (r *rig) unstored(machine, input string) (statelark.ExecID, <-chan *expressEnd) {
	r.t.Helper()
	_, p, err := r.machines.present(context.Background(), machine)
	if err != nil {
		r.t.Fatal(err)
	}
	now := r.now()
	ends := make(chan *expressEnd, 2)
	x := &statelark.Execution{ID: r.expressID(now), Machine: machine, Name: "x", Status: statelark.Running, Start: now, Express: true}
	id := x.ID
	if err := r.startExpress(&expressStart{record: x, program: p, input: value.Checked(input), ended: func(e *expressEnd) { ends <- e }}); err != nil {
		r.t.Fatal(err)
	}
	return id, ends
}

func TestExpressEnds(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := map[string]struct {
		definition string
		want       statelark.Status
		output     string
		error      *string
		after      time.Duration
		events     int64
	}{
		"at once":      {`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`, statelark.Succeeded, `{"n":1}`, nil, 0, 4},
		"with a task":  {`{"StartAt":"T","States":{"T":{` + lambda + `,"End":true}}}`, statelark.Succeeded, `{"n":1}`, nil, 0, 7},
		"after a wait": {`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}}}`, statelark.Succeeded, `{"n":1}`, nil, 100 * time.Second, 4},
		"as a failure": {`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}`, statelark.Failed, "", text("E"), 0, 3},
		"at its limit": {`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}`, statelark.TimedOut, "", nil, 5 * time.Minute, 3},
		"at its own limit": {`{"TimeoutSeconds":7,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}`,
			statelark.TimedOut, "", nil, 7 * time.Second, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				_, ends := r.unstored(r.expressMachine("M", test.definition), `{"n":1}`)
				end := <-ends
				if end.err != nil || end.Status != test.want || end.Output != test.output || !same(end.Error, test.error) || end.Events != test.events {
					t.Errorf("ended as %+v", end)
				}
				if took := end.Stop.Sub(end.Start); took != test.after {
					t.Errorf("it took %v, want %v", took, test.after)
				}
				if arn := end.ARN(); !strings.HasPrefix(arn, "arn:aws:states:us-east-1:000000000000:express:M:x:") {
					t.Errorf("its ARN is %s", arn)
				}
				r.empty()
			})
		})
	}
}

func same(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// empty fails the test unless nothing is left of any Express execution.
func (r *rig) empty() {
	r.t.Helper()
	synctest.Wait()
	if n, bytes := r.express.count.Load(), r.express.bytes.Load(); n != 0 || bytes != 0 {
		r.t.Errorf("%d executions are under way, with %d bytes", n, bytes)
	}
	for _, o := range r.owners {
		if len(o.express.live) > 0 || len(o.timers.alarms) > 0 {
			r.t.Errorf("%d executions and %d timers are left", len(o.express.live), len(o.timers.alarms))
		}
	}
}

func TestExpressIsStopped(t *testing.T) {
	given := make(chan struct{})
	f := func(ctx context.Context, _ *task.Call) (task.Outcome, error) {
		<-ctx.Done()
		close(given)
		return task.Outcome{}, ctx.Err()
	}
	inBubble(t, f, func(r *rig) {
		id, ends := r.unstored(r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`), `{}`)
		name, cause := "E", "C"
		if !r.stopExpress(t.Context(), id, &name, &cause) {
			t.Fatal("it was not told")
		}
		if end := <-ends; end.Status != statelark.Aborted || !same(end.Error, &name) || !same(end.Cause, &cause) {
			t.Errorf("ended as %+v", end)
		}
		<-given
		r.empty()
	})
}

// A step that computes for long is given up when its execution is stopped.
func TestExpressIsStoppedWhileItComputes(t *testing.T) {
	inBubbleWith(t, Options{Owners: 1, Patience: -1}, echo, func(r *rig) {
		const endless = `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% $sum($map([1..100000],function($v){$v+1})) %}","Next":"A"}}}`
		id, ends := r.unstored(r.expressMachine("M", endless), `{}`)
		r.stopExpress(t.Context(), id, nil, nil)
		if end := <-ends; end.Status != statelark.Aborted {
			t.Errorf("ended as %+v", end)
		}
		r.empty()
	})
}

func TestExpressEndsWithTheEngine(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		machine := r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`)
		_, ends := r.unstored(machine, `{}`)
		synctest.Wait()
		r.restart()
		if end := <-ends; end.err == nil {
			t.Errorf("ended as %+v", end)
		}
		if len(ends) > 0 {
			t.Error("it ended twice")
		}
	})
}

// What the store does is nothing to an Express execution.
func TestExpressOutlivesTheStore(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		_, ends := r.unstored(r.expressMachine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"Next":"T"},"T":{`+lambda+`,"End":true}}}`), `{}`)
		time.Sleep(time.Second)
		r.renew()
		if end := <-ends; end.Status != statelark.Succeeded {
			t.Errorf("ended as %+v", end)
		}
		r.empty()
	})
}

func TestExpressHasBounds(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, MaxExpress: 3}, forever, func(r *rig) {
		machine := r.expressMachine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`)
		for range 3 {
			r.unstored(machine, `{}`)
		}
		_, p, err := r.machines.present(t.Context(), machine)
		if err != nil {
			t.Fatal(err)
		}
		x := &statelark.Execution{ID: r.expressID(r.now()), Machine: machine, Express: true}
		if err := r.startExpress(&expressStart{record: x, program: p, input: value.EmptyObj}); !statelark.Refused(err) {
			t.Errorf("the fourth got %v", err)
		}
	})
}
