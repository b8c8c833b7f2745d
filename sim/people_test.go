package sim

import (
	"context"
	"sync"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// functions are the Lambda functions of the world, as one engine calls them. The name tells what one does; it may take
// its time, and it may take it so long that it is given up.
type functions struct {
	w     *world
	mu    sync.Mutex
	begun map[task.Key]bool
}

func (f *functions) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	f.mu.Lock()
	if f.begun[c.Key] && !f.w.contested() { // there it may have lost the shard meanwhile, and won it again
		f.w.errorf("attempt %d of %s was dispatched twice by one process", c.Seq, c.Execution)
	}
	f.begun[c.Key] = true
	f.mu.Unlock()
	if !f.w.auditExpressDispatch(c) {
		f.w.auditDispatch(c.Key)
	}
	delay := time.Duration(f.w.intn(300)) * time.Millisecond
	if c.Resource.Function == "slow" {
		delay = 10 * time.Minute
	}
	select {
	case <-ctx.Done():
		return task.Outcome{}, ctx.Err()
	case <-time.After(delay):
	}
	if c.Resource.Function == "flaky" && f.w.intn(3) == 0 {
		return task.Outcome{}, task.Errorf("Flaky", "not this time")
	}
	if c.Resource.Function == "done" {
		f.w.expressDone(c)
	}
	return task.Outcome{Output: c.Input}, nil
}

// notifier takes a task token. It is answered after a while, by whatever engine is there then: sometimes by two at
// once, of whom one at most must be heard.
type notifier struct{ w *world }

func (n notifier) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	payload, _ := c.Input.Get("Payload")
	token, _ := payload.Get("token")
	answers := []string{`{"answered":true}`}
	if n.w.intn(3) == 0 {
		answers = append(answers, `{"answered":"by another"}`)
	}
	for _, answer := range answers {
		delay := time.Duration(n.w.intn(2000)) * time.Millisecond
		n.w.people.Go(func() {
			time.Sleep(delay)
			n.w.succeed(c.Execution, token.Str(), answer)
		})
	}
	return task.Outcome{Output: value.EmptyObj}, nil
}

// succeed gives the one task of an execution its result, and notes it when that is acknowledged at the first try. An
// answer that had to be given again may have been refused because the first had counted.
func (w *world) succeed(execution, token, output string) {
	err := w.insist(func(e *engine.Engine) error { return e.TaskSucceeded(context.Background(), token, output) })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spent = append(w.spent, token)
	if err != nil || execution == "" {
		return
	}
	if before, twice := w.answers[execution]; twice {
		w.errorf("%s was answered %s and %s, and both were acknowledged", execution, before, output)
	}
	w.answers[execution] = output
}

// quiet reports whether the world is over, after a pause.
func (w *world) quiet(longest time.Duration) bool {
	select {
	case <-w.over:
		return true
	case <-time.After(time.Duration(w.intn(int(longest/time.Millisecond)+1)) * time.Millisecond):
		return false
	}
}

// worker serves an activity. It drops a task now and then, as one does that dies.
func (w *world) worker() {
	for !w.quiet(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		got, err := w.now().ActivityTask(ctx, place.ActivityARN("act"), "worker")
		cancel()
		if err != nil || got == nil {
			continue
		}
		w.pause(200 * time.Millisecond)
		if w.intn(2) == 0 {
			_ = w.now().TaskHeartbeat(context.Background(), got.Token) // heard or not
			w.pause(200 * time.Millisecond)
		}
		switch w.intn(10) {
		case 0: // dies
		case 1:
			name := "Refused"
			_ = w.insist(func(e *engine.Engine) error { return e.TaskFailed(context.Background(), got.Token, &name, nil) })
			w.mu.Lock()
			w.spent = append(w.spent, got.Token)
			w.mu.Unlock()
		default:
			w.succeed("", got.Token, got.Input)
		}
	}
}

// stopper stops executions of every kind, those that others started included.
func (w *world) stopper() {
	for !w.quiet(1500 * time.Millisecond) {
		q := statelark.ExecutionQuery{Machine: place.StateMachineARN(kinds[w.intn(len(kinds))].name), Status: statelark.Running, Limit: 5}
		running, err := w.now().Executions(context.Background(), q)
		if err != nil || len(running) == 0 {
			continue
		}
		arn := running[w.intn(len(running))].ARN()
		w.mu.Lock()
		w.stops[arn] = true
		w.mu.Unlock()
		err = w.insist(func(e *engine.Engine) error {
			_, err := e.StopExecution(context.Background(), arn, nil, nil)
			return err
		})
		if err != nil {
			w.errorf("%s cannot be stopped: %v", arn, err)
		}
		if d := w.look(arn); d != nil && d.Status == statelark.Running && !w.mending(arn) {
			w.errorf("%s was stopped, and runs", arn)
		}
	}
}

// pest answers what was answered before, and what never was asked.
func (w *world) pest() {
	for !w.quiet(500 * time.Millisecond) {
		w.mu.Lock()
		var token string
		if n := len(w.spent); n > 0 {
			token = w.spent[w.rnd.IntN(n)]
		}
		w.mu.Unlock()
		name := "Late"
		for what, call := range map[string]func(*engine.Engine) error{
			"a result":    func(e *engine.Engine) error { return e.TaskSucceeded(context.Background(), token, `"late"`) },
			"a failure":   func(e *engine.Engine) error { return e.TaskFailed(context.Background(), token, &name, nil) },
			"a heartbeat": func(e *engine.Engine) error { return e.TaskHeartbeat(context.Background(), token) },
		} {
			if err := w.insist(call); err == nil {
				w.errorf("%s was taken from a worker whose task is over", what)
			}
		}
	}
}

// watcher looks at executions, which must not change once they have ended.
func (w *world) watcher() {
	for !w.quiet(50 * time.Millisecond) {
		w.mu.Lock()
		var arn string
		if n := len(w.started); n > 0 {
			arn = w.started[w.rnd.IntN(n)].arn
		}
		w.mu.Unlock()
		if arn != "" {
			w.look(arn)
		}
	}
}

// deleter deletes a state machine and an activity, and makes them again sometimes.
func (w *world) deleter() {
	for !w.quiet(4 * time.Second) {
		if w.intn(2) == 0 {
			w.must("deleting an activity", func(e *engine.Engine) error {
				return e.DeleteActivity(context.Background(), place.ActivityARN("deleted"))
			})
			continue
		}
		w.must("deleting a state machine", func(e *engine.Engine) error {
			return e.DeleteStateMachine(context.Background(), place.StateMachineARN(doomed.name))
		})
		w.must("deleting a state machine", func(e *engine.Engine) error {
			return e.DeleteStateMachine(context.Background(), place.StateMachineARN(doomedMap.name))
		})
		w.mu.Lock()
		w.deleted = true
		w.mu.Unlock()
		if w.quiet(3*time.Second) || w.intn(2) == 0 {
			return
		}
		if err := w.insist(func(e *engine.Engine) error { return create(e, doomed) }); err == nil {
			w.mu.Lock()
			w.deleted = false
			w.mu.Unlock()
		}
	}
}

func (w *world) must(what string, call func(*engine.Engine) error) {
	if err := w.insist(call); err != nil {
		w.errorf("%s: %v", what, err)
	}
}

// updater gives changing one definition after the other, as versions. Its alias leads to the newest two; what is older
// goes.
func (w *world) updater() {
	machine := place.StateMachineARN(changing.name)
	var last int64
	for n := 1; !w.quiet(time.Second); n++ {
		u := statelark.StateMachineUpdate{Definition: new(string), Publish: &statelark.Version{}}
		*u.Definition = revision(n)
		var made *statelark.Version
		w.must("updating", func(e *engine.Engine) error {
			m, err := e.UpdateStateMachine(context.Background(), machine, u)
			if err == nil {
				made = m.Version
			}
			return err
		})
		if made == nil || made.Number <= last {
			w.errorf("revision %d was published as %+v, after version %d", n, made, last)
			return
		}
		w.mu.Lock()
		w.updated, w.published[made.ARN()] = n, n
		w.mu.Unlock()
		w.point(machine, last, made.Number)
		last = made.Number
	}
}

// point makes the alias of changing lead to the last version and the one that was made now.
func (w *world) point(machine string, last, made int64) {
	if last == 0 {
		w.must("creating an alias", func(e *engine.Engine) error {
			_, err := e.CreateAlias(context.Background(), &statelark.Alias{
				Machine: machine, Name: alias, Routes: []statelark.Route{{Version: made, Weight: 100}},
			})
			return err
		})
		w.mu.Lock()
		w.live = true
		w.mu.Unlock()
		return
	}
	w.must("moving an alias", func(e *engine.Engine) error {
		_, err := e.UpdateAlias(context.Background(), machine, alias, statelark.AliasUpdate{
			Routes: []statelark.Route{{Version: last, Weight: 50}, {Version: made, Weight: 50}},
		})
		return err
	})
	w.must("deleting a version", func(e *engine.Engine) error { return e.DeleteVersion(context.Background(), machine, last-1) })
	if err := w.insist(func(e *engine.Engine) error { return e.DeleteVersion(context.Background(), machine, last) }); err == nil {
		w.errorf("version %d was deleted, and the alias leads to it", last)
	}
}

// clockmaker sets the clock of the wall back a little, and right again.
func (w *world) clockmaker() {
	for !w.quiet(2 * time.Second) {
		back := time.Duration(w.intn(4)*100) * time.Millisecond
		w.mu.Lock()
		w.setBack = back
		w.mu.Unlock()
	}
}
