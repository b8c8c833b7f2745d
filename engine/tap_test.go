package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/task"
)

// listener keeps the news and tells when an execution ends.
type listener struct {
	mu    sync.Mutex
	news  []*News
	ended chan struct{}
}

func (l *listener) Tell(n *News) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news = append(l.news, n)
	if n.Ended {
		close(l.ended)
	}
}

// refusing is a target that answers every call with an error.
type refusing struct{}

func (refusing) Start(context.Context, *task.Call) (task.Outcome, error) {
	return task.Outcome{}, task.Errorf("Odd", "it is odd")
}

func TestATapIsToldWhatIsDurable(t *testing.T) {
	tap, store := &listener{ended: make(chan struct{})}, memstore.New()
	targets := &task.Registry{}
	targets.SetFunctions(refusing{})
	e, err := Open(t.Context(), store, targets, Options{Tap: tap})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close(context.Background()) }()
	m, err := e.CreateStateMachine(t.Context(), &statelark.StateMachine{
		ARN: here.StateMachineARN("M"), Name: "M", Type: statelark.Standard, RoleARN: role,
		Definition: `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"T"},"T":{` + lambda + `,"End":true}}}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.StartExecution(t.Context(), statelark.ExecutionStart{Machine: m.ARN, Name: "x", Input: `{"n": 1}`})
	if err != nil {
		t.Fatal(err)
	}
	<-tap.ended
	detail, err := e.Execution(t.Context(), x.ARN())
	if err != nil {
		t.Fatal(err)
	}
	tap.mu.Lock()
	defer tap.mu.Unlock()
	first, last := tap.news[0], tap.news[len(tap.news)-1]
	var types []history.Type
	for _, n := range tap.news {
		for _, ev := range n.Events {
			types = append(types, ev.Type)
		}
	}
	want := []history.Type{
		history.ExecutionStarted, history.PassStateEntered, history.PassStateExited, history.TaskStateEntered,
		history.LambdaFunctionScheduled, history.LambdaFunctionStarted, history.LambdaFunctionFailed, history.ExecutionFailed,
	}
	switch {
	case !slices.Equal(types, want):
		t.Errorf("told of %v, want %v", types, want)
	case !first.Began || first.Ended || first.Execution.Status != statelark.Running || first.Input != `{"n": 1}`:
		t.Errorf("the first news is %+v", first)
	case last.Began || last.Execution.Status != statelark.Failed || !last.Execution.Stop.Equal(detail.Stop) || last.Input != `{"n": 1}`:
		t.Errorf("the last news is %+v", last)
	case last.Machine.Name != "M":
		t.Errorf("the machine is %+v", last.Machine)
	}
}

func TestATapIsToldOfExpressExecutions(t *testing.T) {
	tap := &listener{ended: make(chan struct{})}
	inBubbleWith(t, Options{Tap: tap}, echo, func(r *rig) {
		m := r.expressMachine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail","Error":"Odd"}}}`)
		r.runSync(m, `{"n": 1}`)
	})
	first, last := tap.news[0], tap.news[len(tap.news)-1]
	arn := first.Execution.ARN()
	var types []history.Type
	for _, n := range tap.news {
		for _, ev := range n.Events {
			types = append(types, ev.Type)
		}
	}
	want := []history.Type{history.ExecutionStarted, history.WaitStateEntered, history.WaitStateExited, history.FailStateEntered, history.ExecutionFailed}
	switch {
	case !slices.Equal(types, want):
		t.Errorf("told of %v, want %v", types, want)
	case !first.Began || first.Input != `{"n": 1}` || first.Machine.Type != statelark.Express || !strings.Contains(arn, ":express:M:"):
		t.Errorf("the first news is %+v of %s", first, arn)
	case !last.Ended || last.Execution.Status != statelark.Failed || last.Execution.ARN() != arn || last.Execution.Stop.Sub(last.Execution.Start) != time.Second:
		t.Errorf("the last news is %+v of %+v", last, last.Execution)
	case first.Bill != Bill{} || last.Bill != Bill{UsedMB: 51, BilledMB: 64, BilledMS: 1000}:
		t.Errorf("the bills are %+v and %+v", first.Bill, last.Bill)
	}
}

// One that is cut off in the middle of a step gives no decision; its end is told nevertheless.
func TestATapIsToldOfAnExpressExecutionThatIsCutOff(t *testing.T) {
	tap := &listener{ended: make(chan struct{})}
	inBubbleWith(t, Options{Owners: 1, Patience: -1, Tap: tap}, echo, func(r *rig) {
		const endless = `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% $sum($map([1..100000],function($v){$v+1})) %}","Next":"A"}}}`
		id, ends := r.unstored(r.expressMachine("M", endless), `{}`)
		r.stopExpress(t.Context(), id, nil, nil)
		<-ends
	})
	last := tap.news[len(tap.news)-1]
	if ev := last.Events[len(last.Events)-1]; !last.Ended || last.Execution.Status != statelark.Aborted || ev.Type != history.ExecutionAborted || ev.Previous != ev.ID-1 {
		t.Errorf("the last news is %+v of %+v", last, last.Execution)
	}
}

// tape keeps all news.
type tape struct {
	mu   sync.Mutex
	news []*News
}

func (t *tape) Tell(n *News) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news = append(t.news, n)
}

// of returns the first news with an event of a type.
func (t *tape) of(kind history.Type, run bool) *News {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.news {
		if (n.Execution.MapRun != "") == run && slices.ContainsFunc(n.Events, func(e history.Event) bool { return e.Type == kind }) {
			return n
		}
	}
	return nil
}

// Logs and status changes tell of a child which Map Run it is of, and of whatever follows a redrive how often there was one.
func TestATapIsToldOfMapRunsAndRedrives(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			tap, f := &tape{}, &failing{broken: true}
			inBubbleWith(t, Options{Owners: 2, Tap: tap}, f.start, func(r *rig) {
				m := r.machine("M", `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ItemProcessor":{
					"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"`+kind+`"},"StartAt":"P","States":{"P":{`+pass+`,"End":true}}},"Next":"T"},"T":`+functionState+`}}`)
				x := r.run(m, "e", `[1]`).ARN()
				f.broken = false
				is(t, "status", r.redrive(x).Status, statelark.Succeeded)
				list, _, err := r.MapRuns(t.Context(), x, 0, 10)
				if err != nil || len(list) != 1 {
					t.Fatal(list, err)
				}
				for _, event := range []history.Type{history.ExecutionStarted, history.ExecutionSucceeded} {
					child := tap.of(event, true)
					if child == nil || child.Execution.MapRun != list[0].ARN || child.Machine.ARN != m+"/L" {
						t.Errorf("of a child it is told %+v", child)
					}
				}
				is(t, "redrives before", tap.of(history.ExecutionFailed, false).Execution.Redrives, 0)
				for _, event := range []history.Type{history.ExecutionRedriven, history.ExecutionSucceeded} {
					n := tap.of(event, false)
					if n == nil || n.Execution.Redrives != 1 || n.Execution.Redriven.IsZero() || n.Input != `[1]` {
						t.Errorf("of the redrive it is told %+v", n)
					}
				}
			})
		})
	}
}
