package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// flow is executions of one activity each, started as fast as they are taken, and the workers that poll for them
// over HTTP in a process of their own.
type flow struct {
	srv     *server
	machine string // ARN
	workers *exec.Cmd
	ends    io.ReadCloser

	started, done atomic.Int64
	failure       atomic.Value // of type error: what went wrong last
}

const (
	flowStarters = 32
	flowWorkers  = 64
	// maxOpen keeps the queue short: what is measured is the flow.
	maxOpen = 2000
)

func newFlow(srv *server) (*flow, error) {
	if err := srv.call("CreateActivity", `{"name":"work"}`, nil); err != nil {
		return nil, err
	}
	machine, err := srv.create("worked", fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":%q,"End":true}}}`, place.ActivityARN("work")))
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	f := &flow{srv: srv, machine: machine}
	f.workers, f.ends, err = startStepper(addr, srv.addr, flowWorkers)
	if err != nil {
		kill(f.workers)
		return nil, err
	}
	go f.count()
	return f, nil
}

// count counts the tasks that were answered.
func (f *flow) count() {
	for lines := bufio.NewScanner(f.ends); lines.Scan(); {
		f.done.Add(1)
	}
}

// start starts executions until then.
func (f *flow) start(n int, until time.Time) {
	c, err := dial(f.srv.addr)
	if err != nil {
		f.failure.Store(err)
		return
	}
	defer func() { _ = c.Close() }()
	for run := 0; time.Now().Before(until); {
		if f.started.Load()-f.done.Load() > maxOpen {
			time.Sleep(time.Millisecond)
			continue
		}
		run++
		input, _ := json.Marshal(payloadOf(fmt.Sprintf("c%d-%d", n, run), 1))
		if _, err := c.aws("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"input":%s}`, f.machine, input)); err != nil {
			f.failure.Store(err)
			return
		}
		f.started.Add(1)
	}
}

// benchActivity measures a flow.
func benchActivity(s settings) error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer srv.stop(true)
	f, err := newFlow(srv)
	if err != nil {
		return err
	}
	defer func() { kill(f.workers); _ = f.ends.Close() }()
	worker, self := f.workers.Process.Pid, os.Getpid()
	cpu, workersCPU, ownCPU, from := srv.cpu(), cpuOf(worker), cpuOf(self), time.Now()
	var starting sync.WaitGroup
	for n := range flowStarters {
		starting.Go(func() { f.start(n, from.Add(s.duration)) })
	}
	starting.Wait()
	if err := srv.drained(f.machine); err != nil {
		return err
	}
	if failed, _ := f.failure.Load().(error); failed != nil {
		return failed
	}
	total, n := time.Since(from), float64(f.started.Load())
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / n }
	fmt.Printf("%-34s %8.0f executions/s   CPU µs/execution: server %.0f, %d workers %.0f, %d starters %.0f\n", "one activity, workers over HTTP", n/total.Seconds(),
		each(srv.cpu()-cpu), flowWorkers, each(cpuOf(worker)-workersCPU), flowStarters, each(cpuOf(self)-ownCPU))
	return nil
}
