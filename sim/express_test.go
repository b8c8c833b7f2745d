package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/task"
)

// expressKind is the Express state machine of the world. Its last function tells that an execution came to its end.
var expressKind = &kind{name: "express", definition: `{"StartAt":"T","States":{"T":{` + fn + `echo","Next":"W"},"W":{"Type":"Wait","Seconds":1,"Next":"D"},"D":{` + fn + `done","End":true}}}`}

// expresser starts Express executions and waits for some.
func (w *world) expresser() {
	for n := 0; !w.quiet(300 * time.Millisecond); n++ {
		start := statelark.ExecutionStart{Machine: place.StateMachineARN(expressKind.name), Name: "x"} // all of them
		if w.intn(2) == 0 {
			start.Input = fmt.Sprintf(`{"sync":%d}`, n)
			x, err := w.now().StartSyncExecution(context.Background(), start)
			done := w.doneOf(start.Input)
			switch {
			case err == nil && (x.Status != statelark.Succeeded || x.Output != start.Input || done != 1):
				w.errorf("%s ended %v with %s, and came to its end %d times", x.ARN(), x.Status, x.Output, done)
			case err != nil && statelark.Refused(err) && statelark.ErrorCode(err) != statelark.CodeServiceUnavailable:
				w.errorf("an Express execution was refused: %v", err)
			}
			continue
		}
		start.Input = fmt.Sprintf(`{"async":%d}`, n)
		var x *statelark.Execution
		w.must("starting an Express execution", func(e *engine.Engine) (err error) {
			x, err = e.StartExecution(context.Background(), start)
			return err
		})
		w.mu.Lock()
		w.express[x.ARN()] = true
		w.mu.Unlock()
	}
}

// expressDone notes that an execution has come to its end.
func (w *world) expressDone(c *task.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[c.Execution]++
	w.done[c.Input.Text()]++
}

// doneOf returns how often an execution of that ARN, or one with that input, has come to its end.
func (w *world) doneOf(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done[what]
}

// auditExpressDispatch checks, when a function is called, that an execution that is to run at least once has its row.
func (w *world) auditExpressDispatch(c *task.Call) bool {
	_, _, last, ok := arn.SplitExpress(c.Execution)
	if !ok {
		return false
	}
	id, _ := statelark.ParseUUID(last)
	rows, err := w.store.Inbox(context.Background(), id.Shard(), statelark.MessageKey{}, 1000)
	there := false
	for _, r := range rows {
		there = there || r.To == id
	}
	if err != nil || there != strings.Contains(c.Input.Text(), "async") && !w.contested() {
		w.errorf("%s calls a function for %s; that it has a row is %v, %v", c.Execution, c.Input.Text(), there, err)
	}
	return true
}

// awaitExpress waits until every Express execution that was acknowledged has come to its end, at least once.
func (w *world) awaitExpress() {
	deadline := time.Now().Add(time.Hour)
	for arn := range w.express {
		for w.doneOf(arn) == 0 {
			if time.Now().After(deadline) {
				w.t.Fatalf("seed %d: %s was acknowledged, and never came to its end", w.seed, arn)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// auditExpress checks that none ran twice that is to run at most once.
func (w *world) auditExpress() {
	for what, n := range w.done {
		if n > 1 && strings.Contains(what, "sync") && !strings.Contains(what, "async") {
			w.errorf("the Express execution with the input %s came to its end %d times", what, n)
		}
	}
}
