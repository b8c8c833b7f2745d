package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// flow is executions of one activity each, and the workers that poll for them over HTTP.
type flow struct {
	srv      *server
	activity string // ARN
	machine  string // ARN

	started, done atomic.Int64
	failure       atomic.Value // of type error: what went wrong last
	stopped       chan struct{}
}

// maxOpen keeps the queue short: what is measured is the flow.
const maxOpen = 2000

func newFlow(srv *server) (*flow, error) {
	if err := srv.call("CreateActivity", `{"name":"work"}`, nil); err != nil {
		return nil, err
	}
	activity := place.ActivityARN("work")
	machine, err := srv.create("worked", fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":%q,"End":true}}}`, activity))
	if err != nil {
		return nil, err
	}
	return &flow{srv: srv, activity: activity, machine: machine, stopped: make(chan struct{})}, nil
}

// work takes tasks and answers them until the flow is stopped or the server is gone.
func (f *flow) work() {
	for {
		select {
		case <-f.stopped:
			return
		default:
		}
		var out []byte
		if err := f.srv.call("GetActivityTask", fmt.Sprintf(`{"activityArn":%q}`, f.activity), &out); err != nil {
			return
		}
		var task struct{ TaskToken string }
		if err := json.Unmarshal(out, &task); err != nil || task.TaskToken == "" {
			continue
		}
		if err := f.srv.call("SendTaskSuccess", fmt.Sprintf(`{"taskToken":%q,"output":"{}"}`, task.TaskToken), nil); err != nil {
			f.failure.Store(err)
			return
		}
		f.done.Add(1)
	}
}

// start starts executions until then.
func (f *flow) start(until time.Time) {
	for time.Now().Before(until) {
		if f.started.Load()-f.done.Load() > maxOpen {
			time.Sleep(time.Millisecond)
			continue
		}
		if err := f.srv.call("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q}`, f.machine), nil); err != nil {
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
	const starters, workers = 32, 64
	var starting, working sync.WaitGroup
	cpu, from := srv.cpu(), time.Now()
	for range workers {
		working.Go(f.work)
	}
	for range starters {
		starting.Go(func() { f.start(from.Add(s.duration)) })
	}
	starting.Wait()
	err = srv.drained(f.machine)
	total, used, n := time.Since(from), srv.cpu()-cpu, float64(f.done.Load())
	if failed, _ := f.failure.Load().(error); err == nil {
		err = failed
	}
	close(f.stopped)
	srv.stop(false) // ends the workers' polls, too
	working.Wait()
	if err != nil {
		return err
	}
	fmt.Printf("%-34s %8.0f executions/s   server CPU %.0f µs/execution\n", "activity worker over HTTP", n/total.Seconds(), float64(used.Microseconds())/n)
	return nil
}
