package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

var place = statelark.Place{Partition: "aws", Region: "us-east-1", Account: "000000000000"}

// world is a store, the engine that now runs on it, and what lives around them.
type world struct {
	t       *testing.T
	seed    uint64
	rnd     *rand.Rand
	mu      sync.Mutex // guards rnd and engine
	store   *memstore.Store
	view    *faulty
	engine  *engine.Engine
	started []started
	over    chan struct{}
	people  sync.WaitGroup // workers and callers
}

// started is an execution whose start was acknowledged.
type started struct {
	arn  string
	kind *kind
}

func (w *world) intn(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rnd.IntN(n)
}

func (w *world) now() *engine.Engine {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.engine
}

// boot starts an engine on the store, with a view of its own.
func (w *world) boot() {
	view := &faulty{Store: w.store, rnd: rand.New(rand.NewPCG(w.seed, uint64(w.intn(1<<30)))), rate: 0.02}
	targets := &task.Registry{}
	targets.SetFunctions(functions{w})
	targets.Set("lambda:invoke", notifier{w})
	var e *engine.Engine
	for {
		e = engine.New(view, engine.Config{
			Place: place, Targets: targets, Owners: 3, MaxLive: 6, LongPoll: 5 * time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		targets.Set("states:startExecution", e.Nested())
		err := e.Start(context.Background())
		if err == nil {
			break
		}
		if !errors.Is(err, statelark.ErrUnavailable) {
			w.t.Fatalf("seed %d: opening: %v", w.seed, err)
		}
	}
	w.mu.Lock()
	w.view, w.engine = view, e
	w.mu.Unlock()
}

// crash ends the engine as kill -9 does: nothing that it has not committed by now is ever committed.
func (w *world) crash() {
	w.view.crash()
	if err := w.now().Close(context.Background()); err != nil {
		w.t.Errorf("seed %d: closing: %v", w.seed, err)
	}
	w.boot()
}

// functions are the Lambda functions of the world. The name tells what one does; it may take its time, and it may
// take it so long that it is given up.
type functions struct{ w *world }

func (f functions) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
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
	return task.Outcome{Output: c.Input}, nil
}

// notifier takes a task token and answers it after a while, sometimes twice, from whatever engine is there then.
type notifier struct{ w *world }

func (n notifier) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	payload, _ := c.Input.Get("Payload")
	token, _ := payload.Get("token")
	delay, twice := time.Duration(n.w.intn(2000))*time.Millisecond, n.w.intn(4) == 0
	n.w.people.Go(func() {
		time.Sleep(delay)
		n.w.insist(func(e *engine.Engine) error {
			return e.TaskSucceeded(context.Background(), token.Str(), `{"answered":true}`)
		})
		if twice {
			n.w.insist(func(e *engine.Engine) error {
				return e.TaskSucceeded(context.Background(), token.Str(), `{"answered":"twice"}`)
			})
		}
	})
	return task.Outcome{Output: value.EmptyObj}, nil
}

// insist calls until the answer is clear: success, or a refusal of the API.
func (w *world) insist(call func(*engine.Engine) error) {
	for {
		err := call(w.now())
		code := statelark.ErrorCode(err)
		if err == nil || code != "" && code != "ServiceUnavailable" && code != "ThrottlingException" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// worker serves an activity. It drops a task now and then, as one does that dies.
func (w *world) worker(arn string) {
	for {
		select {
		case <-w.over:
			return
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		got, err := w.now().ActivityTask(ctx, arn, "worker")
		cancel()
		if err != nil || got == nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		time.Sleep(time.Duration(w.intn(200)) * time.Millisecond)
		switch w.intn(10) {
		case 0: // dies
		case 1:
			name := "Refused"
			w.insist(func(e *engine.Engine) error { return e.TaskFailed(context.Background(), got.Token, &name, nil) })
		default:
			w.insist(func(e *engine.Engine) error { return e.TaskSucceeded(context.Background(), got.Token, got.Input) })
		}
	}
}

// populate makes the state machines and the activity of the world.
func (w *world) populate() {
	w.insist(func(e *engine.Engine) error {
		_, err := e.CreateActivity(context.Background(), &statelark.Activity{ARN: place.ActivityARN("act"), Name: "act"})
		return err
	})
	for _, k := range kinds {
		w.insist(func(e *engine.Engine) error {
			_, err := e.CreateStateMachine(context.Background(), &statelark.StateMachine{
				ARN: place.StateMachineARN(k.name), Name: k.name, Type: statelark.Standard, Definition: k.definition,
				RoleARN: "arn:aws:iam::000000000000:role/r", Logging: statelark.LoggingConfiguration{Level: statelark.LogOff},
			})
			return err
		})
	}
}

// start starts an execution and notes it once that is acknowledged. A start whose outcome is unclear is made again
// under the same name, as a client does.
func (w *world) start(i int) {
	k := kinds[w.intn(len(kinds))]
	name, tries := fmt.Sprintf("e-%d", i), 0
	for {
		_, err := w.now().StartExecution(context.Background(), statelark.ExecutionStart{
			Machine: place.StateMachineARN(k.name), Name: name, Input: k.input,
		})
		if err == nil || statelark.ErrorCode(err) == "ExecutionAlreadyExists" { // it ended before we heard of its start
			break
		}
		if tries++; tries > 2000 {
			w.t.Errorf("seed %d: %s cannot be started: %v", w.seed, name, err)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = append(w.started, started{statelark.ExecutionARN(place.StateMachineARN(k.name), name), k})
}

// live runs the world until every execution has ended.
func (w *world) live() {
	w.over = make(chan struct{})
	w.boot()
	w.populate()
	for range 2 {
		w.people.Go(func() { w.worker(place.ActivityARN("act")) })
	}
	crashes, starts := w.intn(4), 8+w.intn(12)
	var starting sync.WaitGroup
	for i := range starts {
		starting.Go(func() {
			time.Sleep(time.Duration(w.intn(1500)) * time.Millisecond)
			w.start(i)
		})
	}
	for range crashes {
		time.Sleep(time.Duration(w.intn(1200)) * time.Millisecond)
		w.crash()
	}
	starting.Wait()
	w.awaitEnds()
	close(w.over)
	w.people.Wait()
	w.audit()
	w.view.crash() // what comes now must not matter
	if err := w.now().Close(context.Background()); err != nil {
		w.t.Errorf("seed %d: closing: %v", w.seed, err)
	}
}

// awaitEnds waits, at most an hour of the world's time, until no execution runs.
func (w *world) awaitEnds() {
	deadline := time.Now().Add(time.Hour)
	for _, s := range w.started {
		for {
			d, err := w.now().Execution(context.Background(), s.arn)
			if err == nil && d.Status != statelark.Running {
				break
			}
			if time.Now().After(deadline) {
				w.t.Fatalf("seed %d: %s has not ended: %v\n%s", w.seed, s.arn, err, w.told(s.arn))
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// told prints the history of an execution.
func (w *world) told(arn string) string {
	events, err := w.now().History(context.Background(), arn, 0, 1000, false)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, ev := range events {
		text, _ := json.Marshal(ev)
		fmt.Fprintf(&b, "%d<%d %s %s\n", ev.ID, ev.Previous, ev.Type, text)
	}
	return b.String()
}
