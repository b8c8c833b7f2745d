package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/value"
)

// The short form of TestCrashes, for every run of the tests. STATELARK_KILLS and STATELARK_EXECUTIONS set those
// of a longer one, STATELARK_SEED repeats one.
const (
	fewKills      = 8
	fewExecutions = 200
)

// TestCrashes kills a server with -9 again and again, at random moments, while executions of all kinds of waits
// are open: timers, retries of a function, activities, nested executions, branches. Every execution whose start
// was acknowledged has to end once, as it would have without the kills, with a dense history.
//
// Functions and activity workers live in this process, so they see the server go and come back.
func TestCrashes(t *testing.T) {
	kills, executions := setting64(t, "KILLS", fewKills), setting64(t, "EXECUTIONS", fewExecutions)
	seed := setting64(t, "SEED", time.Now().UnixNano())
	t.Logf("STATELARK_SEED=%d STATELARK_KILLS=%d STATELARK_EXECUTIONS=%d", seed, kills, executions)
	chance := rand.New(rand.NewPCG(uint64(seed), 0))
	c := newCrashes(t, time.Duration(kills)*meanLife)

	server := c.launch()
	c.deploy()
	var open sync.WaitGroup
	open.Go(func() { c.startAll(int(executions)) })
	for range c.workers {
		go c.work()
	}
	for range kills {
		<-time.After(time.Duration(chance.Int64N(int64(2 * meanLife))))
		server.signal(syscall.SIGKILL)
		server = c.launch()
	}
	open.Wait()
	c.checkAll()
}

// meanLife is how long a server lives on average, once it listens.
const meanLife = 150 * time.Millisecond

func setting64(t *testing.T, name string, otherwise int64) int64 {
	text := os.Getenv(envPrefix + name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s%s: %v", envPrefix, name, err)
	}
	return n
}

// crashes is what outlives the servers.
type crashes struct {
	t       *testing.T
	ctx     context.Context // ends with the test
	args    []string
	api     *client
	span    time.Duration // how long the kills go on, about
	workers int

	started map[string]string // ARNs of the executions whose start was acknowledged, by their input
	nested  int               // how many of them start a child
	leaves  int               // how many of them are of the machine that the children are of

	mu    sync.Mutex
	calls map[string]int // of the flaky function, by its input; guarded by mu
}

func newCrashes(t *testing.T, span time.Duration) *crashes {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	c := &crashes{t: t, ctx: t.Context(), api: newClient("http://127.0.0.1:" + port), span: span, workers: 4,
		started: make(map[string]string), calls: make(map[string]int)}
	functions := httptest.NewServer(http.HandlerFunc(c.flaky))
	t.Cleanup(functions.Close)
	c.args = []string{"server", "--listen", "127.0.0.1:" + port, "--data", t.TempDir(), "--function", "flaky=" + functions.URL}
	return c
}

// flaky fails twice for each input and then returns it.
func (c *crashes) flaky(w http.ResponseWriter, r *http.Request) {
	input, err := io.ReadAll(r.Body)
	if err != nil {
		return // the server was killed while it sent
	}
	c.mu.Lock()
	c.calls[string(input)]++
	n := c.calls[string(input)]
	c.mu.Unlock()
	if n <= 2 {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(input) // the server may be gone
}

func (c *crashes) launch() *process { return launch(c.t, c.args...) }

// crashMachines are the kinds of waits. Each gives back its input.
var crashMachines = map[string]string{
	"waits": `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.seconds","Next":"P"},"P":{"Type":"Pass","End":true}}}`,
	"retries": `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.seconds","Next":"T"},
		"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:flaky",
		"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"BackoffRate":1.0,"MaxAttempts":1000}],"End":true}}}`,
	"activities": `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.seconds","Next":"A"},
		"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:crash","HeartbeatSeconds":2,
		"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"BackoffRate":1.0,"MaxAttempts":1000}],"End":true}}}`,
	"nested": `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
		"Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:waits","Input.$":"$"},"OutputPath":"$.Output","End":true}}}`,
	"branches": `{"StartAt":"B","States":{"B":{"Type":"Parallel","OutputPath":"$[1]","End":true,"Branches":[
		{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"Q"},"Q":{"Type":"Pass","End":true}}},
		{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.seconds","End":true}}}]}}}`,
}

var crashPlace = statelark.Place{Partition: "aws", Region: defaultRegion, Account: defaultAccount}

func (c *crashes) deploy() {
	if _, err := c.api.call(c.ctx, "CreateActivity", text("name", "crash")); err != nil {
		c.t.Fatal(err)
	}
	for name, definition := range crashMachines {
		if _, err := c.api.deploy(c.ctx, name, definition); err != nil {
			c.t.Fatal(err)
		}
	}
}

// startAll starts n executions, in turn of each machine, that wait until about when the kills end. A start that
// was not acknowledged is tried again under the same name.
func (c *crashes) startAll(n int) {
	names := slices.Sorted(maps.Keys(crashMachines))
	for i := range n {
		name := names[i%len(names)]
		seconds := 1 + i*int(c.span/time.Second+1)/n
		input := fmt.Sprintf(`{"i": %d, "seconds": %d}`, i, seconds)
		for {
			arn, err := c.api.start(c.ctx, crashPlace.StateMachineARN(name), "x"+strconv.Itoa(i), input)
			if err == nil {
				c.started[input] = arn
				break
			}
			if !c.serverGone(err) {
				c.t.Errorf("starting %d: %v", i, err)
				return
			}
			c.pause()
		}
		switch name {
		case "nested":
			c.nested++
		case "waits":
			c.leaves++
		}
	}
}

// serverGone reports whether a call failed since the server was killed, or had just begun to come back.
func (c *crashes) serverGone(err error) bool {
	return c.ctx.Err() == nil && (errors.Is(err, errUnreachable) || statelark.ErrorCode(err) == "ThrottlingException")
}

// pause is how long a client waits before it tries a server again.
func (c *crashes) pause() {
	select {
	case <-time.After(5 * time.Millisecond):
	case <-c.ctx.Done():
	}
}

// work is an activity worker: it gives back what it gets.
func (c *crashes) work() {
	for c.ctx.Err() == nil {
		got, err := c.api.call(c.ctx, "GetActivityTask", text("activityArn", crashPlace.ActivityARN("crash")))
		token := str(got, "taskToken")
		if err != nil || token == "" {
			c.pause()
			continue
		}
		// When this gets lost, the heartbeat runs out and the task comes again.
		_, _ = c.api.call(c.ctx, "SendTaskSuccess", text("taskToken", token), text("output", str(got, "input")))
	}
}

// checkAll waits for the end of every execution and checks how it went.
func (c *crashes) checkAll() {
	deadline := time.Now().Add(c.span + 2*patience)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for input, arn := range c.started {
		var v value.Value
		for {
			var err error
			if v, err = c.api.describe(c.ctx, arn); err != nil {
				c.t.Fatalf("%s is lost: %v", arn, err)
			}
			if str(v, "status") != "RUNNING" || time.Now().After(deadline) {
				break
			}
			<-poll.C
		}
		if status := str(v, "status"); status != "SUCCEEDED" || compact(str(v, "output")) != compact(input) {
			c.t.Errorf("%s with input %s is %s: output %s, %s %s", arn, input, status, str(v, "output"), str(v, "error"), str(v, "cause"))
		}
		c.checkHistory(arn)
	}
	c.checkChildren()
	c.t.Logf("%d executions checked", len(c.started))
}

// checkChildren holds that every nested execution started one child.
func (c *crashes) checkChildren() {
	in := []value.Member{text("stateMachineArn", crashPlace.StateMachineARN("waits"))}
	n := 0
	for {
		page, err := c.api.call(c.ctx, "ListExecutions", in...)
		if err != nil {
			c.t.Fatal(err)
		}
		list, _ := page.Get("executions")
		n += list.Len()
		next := str(page, "nextToken")
		if next == "" {
			break
		}
		in = append(in[:1], text("nextToken", next))
	}
	if n != c.leaves+c.nested {
		c.t.Errorf("there are %d executions of the machine that the %d nested ones start, %d of them our own", n, c.nested, c.leaves)
	}
}

func compact(text string) string {
	v, err := value.Parse(text)
	if err != nil {
		return text
	}
	return v.Compact()
}

// checkHistory holds that ids are dense, that causes come before effects, and that the end comes once and last.
func (c *crashes) checkHistory(arn string) {
	events, err := c.api.eventsAfter(c.ctx, arn, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range events {
		e := &events[i]
		_, ends := e.terminal()
		if e.id != int64(i)+1 || e.previous >= e.id || ends != (i == len(events)-1) {
			c.t.Errorf("%s: event %d of %d is %s with id %d after %d", arn, i+1, len(events), e.kind, e.id, e.previous)
		}
	}
}
