package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
)

var place = arn.Place{Region: "us-east-1", Account: "000000000000"}

// world is a store, the engine that now runs on it, and what lives around them.
type world struct {
	t       *testing.T
	seed    uint64
	store   *memstore.Store
	over    chan struct{}  // closed when no more trouble is made
	people  sync.WaitGroup // callers and workers
	mended  chan struct{}  // closed when nothing is redriven any more
	menders sync.WaitGroup // who redrive
	objects *objects

	mu      sync.Mutex // guards all below
	rnd     *rand.Rand
	nodes   []node        // one, or two that take each other's shards
	setBack time.Duration // of the clock of the wall
	started []started
	ended   map[string]*statelark.ExecutionDetail // every execution that was ever seen to have ended
	stops   map[string]bool                       // executions that somebody wanted to stop
	answers map[string]string                     // what was acknowledged as the result of an execution
	called  map[string]map[uint64]bool            // attempts of which a function was called, by execution
	spent   []string                              // task tokens of waits that are over
	updated int                                   // the last acknowledged revision of changing
	deleted bool                                  // the deletion of doomed was acknowledged
	// published has the revision of each version of changing, by the version's ARN; live is there once the alias is.
	published map[string]int
	live      bool
	express   map[string]bool // Express executions whose start was acknowledged
	redrives  map[string]*redrives
	forks     [][2]string                  // origin and fork, by their ARNs, of those that were acknowledged
	disturbed map[string]bool              // executions of whose Map Runs somebody wanted to stop a child
	counted   map[string]*statelark.MapRun // of Map Runs, as they were last told
	jobs      map[string]*batchJob
	done      map[string]int // how often each came to its end, by ARN and by input
}

// node is an engine that runs, and the store as it sees it.
type node struct {
	view   *faulty
	engine *engine.Engine
}

// started is an execution whose start was acknowledged.
type started struct {
	arn      string
	kind     *kind
	revision int // of changing, when it was not started through a version: at least this one
}

func (w *world) intn(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rnd.IntN(n)
}

// pause lets up to that much time pass.
func (w *world) pause(longest time.Duration) {
	time.Sleep(time.Duration(w.intn(int(longest/time.Millisecond)+1)) * time.Millisecond)
}

// now returns an engine that runs.
func (w *world) now() *engine.Engine {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[w.rnd.IntN(len(w.nodes))].engine
}

// contested reports whether two engines are after the shards.
func (w *world) contested() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.nodes) > 1
}

// wall is the clock that the engines see.
func (w *world) wall() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(-w.setBack)
}

func (w *world) errorf(format string, a ...any) {
	w.t.Errorf("seed %d: "+format, append([]any{w.seed}, a...)...)
}

// patience is the engine's own, or none at all: then every step that can be is set aside.
func (w *world) patience() time.Duration { return -time.Duration(w.intn(2)) }

// boot starts an engine on the store, with a view of its own.
func (w *world) boot(number int) {
	view := &faulty{Store: w.store, rnd: rand.New(rand.NewPCG(w.seed, uint64(w.intn(1<<30)))), commits: 0.02, reads: 0.005, scans: 0.0003}
	targets := &task.Registry{}
	targets.SetFunctions(&functions{w: w, begun: make(map[task.Key]bool)})
	targets.Set("lambda:invoke", notifier{w})
	var e *engine.Engine
	for {
		e = engine.New(view, targets, engine.Options{
			Node: fmt.Sprint("node ", number), Nesting: aws.Nesting{}, Objects: w.objects, Owners: 3, MaxLive: 6, Patience: w.patience(), LongPoll: 5 * time.Second, Log: slog.New(alarm{slog.DiscardHandler, w}), Now: w.wall,
		})
		targets.Set("states:startExecution", aws.NewStates(e))
		targets.Set("batch:submitJob", batch{w})
		targets.Watch("batch", batch{w}, 0)
		err := e.Start(context.Background())
		if err == nil {
			break
		}
		if !errors.Is(err, statelark.ErrUnavailable) {
			w.t.Fatalf("seed %d: opening: %v", w.seed, err)
		}
	}
	w.mu.Lock()
	w.nodes[number] = node{view, e}
	w.mu.Unlock()
}

// alarm is a log that nobody reads, but for what the engine says of faults of its own.
type alarm struct {
	slog.Handler
	w *world
}

func (alarm) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (a alarm) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "please report it") {
		var about []string
		r.Attrs(func(at slog.Attr) bool { about = append(about, at.String()); return true })
		a.w.errorf("%s: %v", r.Message, about)
	}
	return nil
}

// crash ends an engine as kill -9 does: nothing that it has not committed by now is ever committed.
func (w *world) crash() {
	number := w.intn(len(w.nodes))
	w.end(w.nodes[number])
	w.boot(number)
}

func (w *world) end(n node) {
	n.view.crash()
	if err := n.engine.Close(context.Background()); err != nil {
		w.errorf("closing: %v", err)
	}
}

// run runs the world until every execution has ended.
func (w *world) run() {
	w.over = make(chan struct{})
	w.called = make(map[string]map[uint64]bool)
	w.ended, w.stops, w.answers = make(map[string]*statelark.ExecutionDetail), make(map[string]bool), make(map[string]string)
	w.published, w.express, w.done = make(map[string]int), make(map[string]bool), make(map[string]int)
	w.mended, w.redrives = make(chan struct{}), make(map[string]*redrives)
	w.jobs = make(map[string]*batchJob)
	w.objects, w.counted = newObjects(w), make(map[string]*statelark.MapRun)
	w.disturbed = make(map[string]bool)
	w.objects.putTable()
	people := []func(){w.expresser, w.worker, w.worker, w.stopper, w.pest, w.watcher, w.clockmaker, w.foreman, w.tuner}
	contested := w.intn(4) == 0
	if contested {
		w.store.LeaseTime = time.Duration(500+w.intn(5000)) * time.Millisecond
	} else { // what one node changes of state machines and activities another one does not hear of
		people = append(people, w.deleter, w.updater)
	}
	w.nodes = make([]node, 1)
	w.boot(0)
	w.populate()
	if contested {
		w.nodes = append(w.nodes, w.nodes[0])
		w.boot(1)
	}
	for _, person := range people {
		w.people.Go(person)
	}
	for number := range 2 {
		w.menders.Go(func() { w.mender(number) })
	}
	crashes, starts := w.intn(4), 8+w.intn(12)
	var starting sync.WaitGroup
	for i := range starts {
		starting.Go(func() {
			w.pause(1500 * time.Millisecond)
			w.start(i)
		})
	}
	starting.Go(w.forker)
	for range crashes {
		w.pause(1200 * time.Millisecond)
		w.crash()
	}
	starting.Wait()
	w.awaitEnds()
	close(w.mended)
	w.menders.Wait()
	w.awaitEnds()
	close(w.over)
	w.people.Wait()
	w.awaitExpress()
	for _, n := range w.nodes {
		n.view.calm()
	}
	time.Sleep(time.Minute) // what is still on its way arrives
	w.audit()
	for _, n := range w.nodes { // what comes now must not matter
		w.end(n)
	}
}

// populate makes the state machines and the activities of the world.
func (w *world) populate() {
	for _, name := range []string{"act", "deleted"} {
		w.must("creating an activity", func(e *engine.Engine) error {
			_, err := e.CreateActivity(context.Background(), &statelark.Activity{ARN: place.ActivityARN(name), Name: name})
			return err
		})
	}
	for _, k := range append(kinds[:len(kinds):len(kinds)], expressKind) {
		w.must("creating a state machine", func(e *engine.Engine) error { return create(e, k) })
	}
}

func create(e *engine.Engine, k *kind) error {
	typ := statelark.Standard
	if k == expressKind {
		typ = statelark.Express
	}
	_, err := e.CreateStateMachine(context.Background(), &statelark.StateMachine{
		ARN: place.StateMachineARN(k.name), Name: k.name, Type: typ, Definition: k.definition,
		RoleARN: "arn:aws:iam::000000000000:role/r", Logging: statelark.LoggingConfiguration{Level: statelark.LogOff},
	})
	return err
}

// insist calls until the answer is clear: success, or a refusal of the API.
func (w *world) insist(call func(*engine.Engine) error) error {
	for {
		err := call(w.now())
		code := statelark.ErrorCode(err)
		if err == nil || code != "" && code != "ServiceUnavailable" && code != "ThrottlingException" {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// start starts an execution and notes it once that is acknowledged. A start whose outcome is unclear is made again
// under the same name, as a client does.
func (w *world) start(i int) {
	k := kinds[w.intn(len(kinds))]
	w.mu.Lock()
	machine := place.StateMachineARN(k.name)
	s := started{arn.Execution(machine, fmt.Sprintf("e-%d", i)), k, w.updated}
	if k == changing && w.live && w.rnd.IntN(2) == 0 {
		machine = arn.Qualified(machine, alias)
	}
	w.mu.Unlock()
	err := w.insist(func(e *engine.Engine) error {
		_, err := e.StartExecution(context.Background(), statelark.ExecutionStart{
			Machine: machine, Name: fmt.Sprintf("e-%d", i), Input: k.input,
		})
		return err
	})
	switch code := statelark.ErrorCode(err); {
	case code == "", code == "ExecutionAlreadyExists": // it ended before we heard of its start
	case (k == doomed || k == doomedMap) && (code == "StateMachineDeleting" || code == "StateMachineDoesNotExist"):
		return
	default:
		w.errorf("%s cannot be started: %v", s.arn, err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = append(w.started, s)
}

// look reads an execution, which must not change once it has ended, but by a redrive. It is nil when there was no clear answer.
func (w *world) look(arn string) *statelark.ExecutionDetail {
	d, err := w.now().Execution(context.Background(), arn)
	if err != nil || d.Status == statelark.Running {
		return d
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	first := w.ended[arn]
	if first == nil || d.Redrives > first.Redrives {
		w.ended[arn] = d
		return d
	}
	if d.Redrives == first.Redrives && (d.Status != first.Status || d.Output != first.Output || d.Events != first.Events || !d.Stop.Equal(first.Stop)) {
		w.errorf("%s had ended %v at %v with %s, and now %v at %v with %s", arn, first.Status, first.Stop, first.Output, d.Status, d.Stop, d.Output)
	}
	return d
}

// awaitEnds waits, at most two hours of the world's time, until no execution runs that was started from outside.
func (w *world) awaitEnds() {
	deadline := time.Now().Add(2 * time.Hour)
	for _, s := range w.started {
		for {
			if d := w.look(s.arn); d != nil && d.Status != statelark.Running {
				break
			}
			if time.Now().After(deadline) {
				w.t.Fatalf("seed %d: %s has not ended\n%s", w.seed, s.arn, w.told(s.arn))
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}
