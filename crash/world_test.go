package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// world is a server, the clients around it, and all that it told them.
type world struct {
	t         *testing.T
	server    *server
	client    *sfn.Client
	functions *httptest.Server
	ctx       context.Context // of the clients; it ends with the first failure
	end       context.CancelFunc
	clients   sync.WaitGroup
	slots     chan struct{} // one for every execution that is open
	enough    chan struct{} // closed when no more executions are to be started

	mu         sync.Mutex // guards what follows
	rnd        *rand.Rand
	executions []*execution
	byName     map[string]*execution
	open       map[*execution]bool // acknowledged, and no end seen
	opened     chan struct{}       // closed when nine tenths of the slots were open for the first time
	failures   int
}

// execution is what is known of one.
type execution struct {
	kind    *kind
	n       int
	name    string
	arn     string
	seconds int // of its Wait state, if it has one

	// mu guards what follows. Nothing is called while it is held.
	mu       sync.Mutex
	start    time.Time // startDate as acknowledged, zero: it is not known whether it began
	end      *ending   // the first one seen
	stopping bool      // StopExecution was called
	stopped  bool      // and has answered well
	read     []uint64  // fingerprints of the events that were read
	tokens   []string  // that were given for its task
	late     bool      // it was cut off for so long that every timeout is over
	offered  []ending  // answers that were sent for its task
	accepted []ending  // those that were acknowledged
}

// newWorld starts a server with the functions, and makes the state machines and the activity.
func newWorld(t *testing.T, seed uint64, open int) *world {
	w := emptyWorld(t, seed, open)
	if _, err := w.server.run(w.ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.populate(); err != nil {
		t.Fatal(err)
	}
	return w
}

// emptyWorld prepares a server with the functions; nothing runs yet.
func emptyWorld(t *testing.T, seed uint64, open int) *world {
	w := &world{
		t: t, rnd: rand.New(rand.NewPCG(seed, 0)), slots: make(chan struct{}, open), enough: make(chan struct{}),
		byName: make(map[string]*execution), open: make(map[*execution]bool), opened: make(chan struct{}),
	}
	w.ctx, w.end = context.WithTimeout(t.Context(), timeLeft(t))
	w.functions = httptest.NewServer(w.functionHandler())
	var args []string
	for _, f := range functionNames {
		args = append(args, "--function", f+"="+w.functions.URL+"/"+f)
	}
	w.server = newServer(t, args...)
	w.client = w.server.client
	t.Cleanup(func() {
		w.end()
		w.server.kill()
		w.functions.CloseClientConnections()
		w.functions.Close()
		w.clients.Wait()
		if t.Failed() {
			t.Logf("it happened with -seed %d -kills %d -open %d", seed, *kills, open)
		}
	})
	return w
}

// timeLeft is how long the test may take: it must end before the testing package ends the process, for then
// nobody would stop the server.
func timeLeft(t *testing.T) time.Duration {
	if deadline, ok := t.Deadline(); ok {
		return time.Until(deadline) - 10*time.Second
	}
	return time.Hour
}

func (w *world) populate() error {
	if _, err := w.client.CreateActivity(w.ctx, &sfn.CreateActivityInput{Name: aws.String("work")}); err != nil {
		return err
	}
	for _, k := range slices.Concat(kinds, children) {
		text, err := definition(k.name)
		if err != nil {
			return err
		}
		_, err = w.client.CreateStateMachine(w.ctx, &sfn.CreateStateMachineInput{Name: &k.name, Definition: &text, RoleArn: aws.String(role)})
		if err != nil {
			return fmt.Errorf("making %s: %w", k.name, err)
		}
	}
	return nil
}

// intn draws a number below n.
func (w *world) intn(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rnd.IntN(n)
}

// upTo draws a duration below d.
func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.intn(int(d))) }

// wrong notes a failure. The clients are sent home: what they do would only blur what happened.
func (w *world) wrong(format string, a ...any) {
	w.mu.Lock()
	w.failures++
	told := w.failures <= 10
	w.mu.Unlock()
	w.end()
	if told {
		w.t.Errorf(format, a...)
	} else {
		w.t.Fail()
	}
}

// live lets the clients in.
func (w *world) live() {
	for range 16 {
		w.clients.Go(w.starter)
	}
	w.serve()
}

// serve lets those in who work, and those who watch.
func (w *world) serve() {
	for range 24 {
		w.clients.Go(w.worker)
	}
	w.clients.Go(w.watch)
	w.clients.Go(w.reread)
}

// starter keeps starting executions whenever a slot is free.
func (w *world) starter() {
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.enough:
			return
		case w.slots <- struct{}{}:
			w.startOne(w.newExecution(), w.intn(10) > 0)
		}
	}
}

func (w *world) newExecution() *execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := &execution{kind: w.drawKind(), n: len(w.executions), seconds: 1 + w.rnd.IntN(5)}
	x.name = fmt.Sprintf("%s-%d", x.kind.name, x.n)
	x.arn = arnOf("execution:" + x.kind.name + ":" + x.name)
	w.executions = append(w.executions, x)
	w.byName[x.name] = x
	return x
}

// drawKind draws a kind by its weight; mu is held.
func (w *world) drawKind() *kind {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	at := w.rnd.IntN(total)
	for _, k := range kinds {
		if at -= k.weight; at < 0 {
			return k
		}
	}
	panic("unreachable")
}

// startOne starts an execution. When the answer does not come it asks again under the same name; a client that is not
// patient gives up instead and never knows.
func (w *world) startOne(x *execution, patient bool) {
	begun, unsure := time.Time{}, false
	before, err := insist(w.ctx, func(ctx context.Context) error {
		if unsure && !patient {
			return nil
		}
		out, err := w.client.StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: aws.String(arnOf("stateMachine:" + x.kind.name)), Name: &x.name,
			Input: aws.String(fill(input, x.n, x.name, x.seconds)),
		})
		if err == nil {
			begun = *out.StartDate
			if *out.ExecutionArn != x.arn {
				w.wrong("%s was started as %s", x.arn, *out.ExecutionArn)
			}
		}
		unsure = true
		return err
	})
	switch {
	case err == nil && !begun.IsZero():
		w.acknowledged(x, begun)
	case err == nil: // gave up; should it run it would do so for ever if nobody stopped it
		<-w.slots
		if x.kind.stop {
			w.clients.Go(func() { w.stop(x) })
		}
	case codeOf(err) == "ExecutionAlreadyExists" && before:
		// It began when nobody heard of it, and has ended since: its start is not asked for again.
		w.acknowledged(x, time.Time{})
	case w.ctx.Err() == nil:
		w.wrong("starting %s: %v", x.name, err)
	}
}

// acknowledged notes that an execution has begun, and sends somebody to stop it if that is its end; start is zero when
// only that is known.
func (w *world) acknowledged(x *execution, start time.Time) {
	if start.IsZero() {
		d, err := w.describe(w.ctx, x.arn)
		if err != nil {
			if w.ctx.Err() == nil {
				w.wrong("%s exists already, and then: %v", x.name, err)
			}
			return
		}
		start = *d.StartDate
	}
	x.mu.Lock()
	x.start = start
	x.mu.Unlock()
	w.mu.Lock()
	w.open[x] = true
	if len(w.open) >= cap(w.slots)*9/10 {
		select {
		case <-w.opened:
		default:
			close(w.opened)
		}
	}
	w.mu.Unlock()
	if x.kind.stop || w.intn(25) == 0 {
		w.clients.Go(func() { w.stop(x) })
	}
}

// stop stops an execution after a while.
func (w *world) stop(x *execution) {
	if !pause(w.ctx, w.upTo(5*time.Second)) {
		return
	}
	x.mu.Lock()
	x.stopping = true
	known := !x.start.IsZero()
	x.mu.Unlock()
	aborted := x.aborted()
	_, err := insist(w.ctx, func(ctx context.Context) error {
		_, err := w.client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &x.arn, Error: &aborted.error, Cause: &aborted.cause})
		return err
	})
	switch {
	case err == nil:
		x.mu.Lock()
		x.stopped = true
		x.mu.Unlock()
		w.look(x, true)
	case w.ctx.Err() != nil, !known && codeOf(err) == "ExecutionDoesNotExist":
	default:
		w.wrong("stopping %s: %v", x.name, err)
	}
}

// aborted is the end of an execution that was stopped.
func (x *execution) aborted() ending {
	return ending{status: types.ExecutionStatusAborted, error: "Stopped", cause: "by the client of " + x.name}
}

// describe asks for an execution until there is an answer.
func (w *world) describe(ctx context.Context, arn string) (*sfn.DescribeExecutionOutput, error) {
	var d *sfn.DescribeExecutionOutput
	_, err := insist(ctx, func(ctx context.Context) (err error) {
		d, err = w.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		return err
	})
	return d, err
}

// look looks at an execution, and notes its end. ended: it is known to have ended.
func (w *world) look(x *execution, ended bool) {
	d, err := w.describe(w.ctx, x.arn)
	switch {
	case w.ctx.Err() != nil:
	case err != nil:
		w.wrong("%s was acknowledged, and then: %v", x.name, err)
	case d.Status != types.ExecutionStatusRunning:
		w.ended(x, endingOf(d))
	case ended:
		w.wrong("%s runs, although it was said to have ended or its end was read", x.name)
	}
}

func endingOf(d *sfn.DescribeExecutionOutput) ending {
	return ending{d.Status, aws.ToString(d.Output), aws.ToString(d.Error), aws.ToString(d.Cause)}
}

// ended notes an end that was seen: the first one is the only one.
func (w *world) ended(x *execution, e ending) {
	x.mu.Lock()
	first := x.end == nil
	if first {
		x.end = &e
	}
	was := *x.end
	x.mu.Unlock()
	if !first {
		if was != e {
			w.wrong("%s ended as %v, and later as %v", x.name, was, e)
		}
		return
	}
	w.mu.Lock()
	known := w.open[x]
	delete(w.open, x)
	w.mu.Unlock()
	if known {
		<-w.slots
	}
}

// watch finds out what has ended, by the lists of what runs.
func (w *world) watch() {
	for pause(w.ctx, 50*time.Millisecond) {
		byKind := make(map[*kind][]*execution)
		w.mu.Lock()
		for x := range w.open {
			byKind[x.kind] = append(byKind[x.kind], x)
		}
		w.mu.Unlock()
		for k, open := range byKind {
			w.watchKind(k, open)
		}
	}
}

// watchKind looks at those executions that are not on the list of what runs, which is read after they were known
// to have begun.
func (w *world) watchKind(k *kind, open []*execution) {
	items, err := list(w.ctx, w.client, k.name, types.ExecutionStatusRunning)
	if err != nil {
		return
	}
	runs := make(map[string]bool, len(items))
	for _, item := range items {
		runs[*item.ExecutionArn] = true
	}
	for _, x := range open {
		if !runs[x.arn] {
			w.look(x, true)
		}
	}
}

// reread looks again at executions that have ended, and at histories while they grow: what was once told stays.
func (w *world) reread() {
	for pause(w.ctx, 5*time.Millisecond) {
		w.mu.Lock()
		if len(w.executions) == 0 {
			w.mu.Unlock()
			continue
		}
		x := w.executions[w.rnd.IntN(len(w.executions))]
		w.mu.Unlock()
		x.mu.Lock()
		begun, ended := !x.start.IsZero(), x.end != nil
		x.mu.Unlock()
		if begun && ended {
			w.look(x, true)
		} else if begun {
			w.readHistory(x)
		}
	}
}

// readHistory reads the history of an execution so far.
func (w *world) readHistory(x *execution) {
	events, err := history(w.ctx, w.client, x.arn)
	if err == nil {
		w.compareHistory(x, events)
	}
}

// compareHistory holds a history against what was read of it before.
func (w *world) compareHistory(x *execution, events []types.HistoryEvent) {
	now := make([]uint64, len(events))
	for i := range events {
		now[i] = fingerprint(&events[i])
	}
	x.mu.Lock()
	before := x.read
	if len(now) >= len(before) {
		x.read = now
	}
	x.mu.Unlock()
	common := min(len(before), len(now))
	if !slices.Equal(before[:common], now[:common]) {
		w.wrong("%s: events that were read before have changed:\n%s", x.name, tell(events))
	}
	if len(now) < len(before) {
		w.wrong("%s: %d events were read before, now there are %d:\n%s", x.name, len(before), len(now), tell(events))
	}
}

// tell prints a history, the end of a long one.
func tell(events []types.HistoryEvent) string {
	var b strings.Builder
	for _, ev := range events[max(0, len(events)-60):] {
		fmt.Fprintf(&b, "\t%d<%d %s %s\n", ev.Id, ev.PreviousEventId, ev.Timestamp.Format("15:04:05.000"), ev.Type)
	}
	return b.String()
}
