package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark/arn"
)

const role = `"roleArn":"arn:aws:iam::000000000000:role/bench"`

// create makes a state machine and returns its ARN.
func (s *server) create(name, definition string) (string, error) {
	text, _ := json.Marshal(definition)
	err := s.call("CreateStateMachine", fmt.Sprintf(`{"name":%q,"definition":%s,%s}`, name, text, role), nil)
	return place.StateMachineARN(name), err
}

// fiveStates is the machine of the targets: Pass, Task, Choice, Pass, Succeed.
const fiveStates = `{"StartAt":"Prepare","States":{
"Prepare":{"Type":"Pass","Parameters":{"order.$":"$.order","total.$":"$.total"},"Next":"Charge"},
"Charge":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:echo","ResultPath":"$.receipt","Next":"Large?"},
"Large?":{"Type":"Choice","Choices":[{"Variable":"$.total","NumericGreaterThan":100,"Next":"Note"}],"Default":"Done"},
"Note":{"Type":"Pass","Result":"large","ResultPath":"$.size","Next":"Done"},
"Done":{"Type":"Succeed"}}}`

// fiveInput is about 500 bytes.
var fiveInput = `{"order":{"id":"o-1234567890","customer":"` + strings.Repeat("c", 60) + `","lines":[` +
	strings.TrimSuffix(strings.Repeat(`{"sku":"sku-12345","quantity":2,"price":19.99},`, 7), ",") + `]},"total":279.86}`

// benchHTTP: durable executions of five states, started over HTTP and waited for until all have ended.
func benchHTTP(s settings) error {
	for _, clients := range s.clients {
		var rates, cpus []float64
		var p50s, p99s []time.Duration
		for i := range s.runs {
			r, err := startLoad(s, clients, i == s.runs-1)
			if err != nil {
				return err
			}
			rates, cpus = append(rates, r.rate), append(cpus, r.cpu)
			p50s, p99s = append(p50s, r.p50), append(p99s, r.p99)
		}
		fmt.Printf("5-state execution, durable, HTTP   clients %3d   %8.0f executions/s   StartExecution p50 %v p99 %v   server CPU %.0f µs/execution\n",
			clients, median(rates), median(p50s).Round(time.Microsecond), median(p99s).Round(time.Microsecond), median(cpus))
	}
	return nil
}

type load struct {
	rate, cpu float64
	p50, p99  time.Duration
}

// startLoad starts executions from so many clients for a run's length, then waits until the server has ended them
// all; the rate counts the whole time.
func startLoad(s settings, clients int, last bool) (load, error) {
	srv, _, err := startServer("")
	if err != nil {
		return load{}, err
	}
	defer srv.stop(true)
	arn, err := srv.create("five", fiveStates)
	if err != nil {
		return load{}, err
	}
	input, _ := json.Marshal(fiveInput)
	body := fmt.Sprintf(`{"stateMachineArn":%q,"input":%s}`, arn, input)
	if s.profile != "" && last {
		defer srv.profileTo(fmt.Sprintf("%s.%d", s.profile, clients), s.duration)()
	}
	var n atomic.Int64
	var failure atomic.Value
	latencies := make([][]time.Duration, clients)
	var wg sync.WaitGroup
	cpu, from := srv.cpu(), time.Now()
	for c := range clients {
		wg.Go(func() {
			for time.Since(from) < s.duration {
				at := time.Now()
				if err := srv.call("StartExecution", body, nil); err != nil {
					failure.Store(err)
					return
				}
				latencies[c] = append(latencies[c], time.Since(at))
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err, _ := failure.Load().(error); err != nil {
		return load{}, err
	}
	if err := srv.drained(arn); err != nil {
		return load{}, err
	}
	total := time.Since(from)
	used := srv.cpu() - cpu
	var all []time.Duration
	for _, l := range latencies {
		all = append(all, l...)
	}
	count := float64(n.Load())
	return load{count / total.Seconds(), float64(used.Microseconds()) / count, percentile(all, .5), percentile(all, .99)}, nil
}

// drained waits until no execution of the machine runs.
func (s *server) drained(arn string) error {
	for from := time.Now(); time.Since(from) < 2*time.Minute; time.Sleep(2 * time.Millisecond) {
		var out []byte
		if err := s.call("ListExecutions", fmt.Sprintf(`{"stateMachineArn":%q,"statusFilter":"RUNNING","maxResults":1}`, arn), &out); err != nil {
			return err
		}
		if strings.Contains(string(out), `"executions":[]`) {
			return nil
		}
	}
	return fmt.Errorf("executions of %s still run after 2 minutes", arn)
}

// await waits until one execution has ended with SUCCEEDED or, if failed, FAILED.
func (s *server) await(execution, status string) error {
	for from := time.Now(); time.Since(from) < time.Minute; time.Sleep(time.Millisecond) {
		var out []byte
		if err := s.call("DescribeExecution", fmt.Sprintf(`{"executionArn":%q}`, execution), &out); err != nil {
			return err
		}
		switch {
		case strings.Contains(string(out), `"status":"`+status+`"`):
			return nil
		case !strings.Contains(string(out), `"status":"RUNNING"`):
			return fmt.Errorf("execution ended otherwise: %.300s", out)
		}
	}
	return fmt.Errorf("execution %s still runs after a minute", execution)
}

// oneTimes is how many executions a run of one has: the CPU time of a process is told in steps of 10 ms.
const oneTimes = 20

// one runs one execution after another and reports medians.
func one(s settings, label, definition, input, status string, units float64, unit string) error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer srv.stop(true)
	arn, err := srv.create("one", definition)
	if err != nil {
		return err
	}
	text, _ := json.Marshal(input)
	var times []time.Duration
	var cpus []float64
	for i := range s.runs {
		cpu := srv.cpu()
		for k := range oneTimes {
			from := time.Now()
			name := fmt.Sprintf("run-%d-%d", i, k)
			if err := srv.call("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":%q,"input":%s}`, arn, name, text), nil); err != nil {
				return err
			}
			if err := srv.await(strings.Replace(arn, ":stateMachine:", ":execution:", 1)+":"+name, status); err != nil {
				return err
			}
			times = append(times, time.Since(from))
		}
		cpus = append(cpus, float64((srv.cpu()-cpu).Microseconds())/units/oneTimes)
	}
	t := median(times)
	fmt.Printf("%-34s %8.0f %s/s   %v   server CPU %.2f µs/%s\n", label, units/t.Seconds(), unit, t.Round(time.Millisecond), median(cpus), strings.TrimSuffix(unit, "s"))
	return nil
}

// benchEvents: one execution that loops until its history is full.
func benchEvents(s settings) error {
	return one(s, "one execution to 25,000 events",
		`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":0,"Next":"A"}],"Default":"C"},"C":{"Type":"Succeed"}}}`,
		`{"n":0}`, "FAILED", 25_000, "events")
}

// benchMap: one inline Map of 1,000 items, two Pass states each.
func benchMap(s settings) error {
	items := "[" + strings.TrimSuffix(strings.Repeat(`{"id":1,"name":"item"},`, 1000), ",") + "]"
	return one(s, "inline Map, 1,000 items × 2 Pass",
		`{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}},"End":true}}}`,
		items, "SUCCEEDED", 1000, "items")
}

// benchMaps: 64 clients that run Maps of 4,000 items each, and the most memory that takes.
func benchMaps(s settings) error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer srv.stop(true)
	machine, err := srv.create("maps", `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":40,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}}}`)
	if err != nil {
		return err
	}
	items := "[" + strings.TrimSuffix(strings.Repeat(`{"id":1,"name":"item"},`, 4000), ",") + "]"
	text, _ := json.Marshal(items)
	const clients = 64
	failures := make([]error, clients)
	var wg sync.WaitGroup
	cpu, from := srv.cpu(), time.Now()
	var n atomic.Int64
	for c := range clients {
		wg.Go(func() {
			for run := 0; time.Since(from) < s.duration && failures[c] == nil; run++ {
				name := fmt.Sprintf("c%d-%d", c, run)
				if failures[c] = srv.call("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":%q,"input":%s}`, machine, name, text), nil); failures[c] == nil {
					failures[c] = srv.await(arn.Execution(machine, name), "SUCCEEDED")
				}
				n.Add(4000)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	count := float64(n.Load())
	fmt.Printf("%-34s %8.0f items/s   server CPU %.2f µs/item   resident %.0f MB at most\n", "Maps of 4,000 items, 64 clients",
		count/time.Since(from).Seconds(), float64((srv.cpu()-cpu).Microseconds())/count, float64(peakOf(srv.cmd.Process.Pid))/1e6)
	return nil
}

// benchStartup: process start to first answer on an empty store, and memory then.
func benchStartup(s settings) error {
	var times []time.Duration
	var memory []float64
	for range max(s.runs, 5) {
		srv, took, err := startServer("")
		if err != nil {
			return err
		}
		times = append(times, took)
		memory = append(memory, float64(srv.rss()))
		srv.stop(true)
	}
	fmt.Printf("%-34s %v to the first answer, %.0f MB resident\n", "start on an empty store", median(times).Round(time.Millisecond), median(memory)/1e6)
	return nil
}

// benchIdle: executions that wait for a day, the memory they take, and how long a killed server needs to be back.
func benchIdle(s settings) error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer func() { srv.stop(true) }()
	arn, err := srv.create("idle", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}}`)
	if err != nil {
		return err
	}
	before := srv.rss()
	var next atomic.Int64
	var failure atomic.Value
	var wg sync.WaitGroup
	from := time.Now()
	body := fmt.Sprintf(`{"stateMachineArn":%q,"input":"{\"order\":\"o-123\"}"}`, arn)
	for range 256 {
		wg.Go(func() {
			for next.Add(1) <= int64(s.idle) {
				if err := srv.call("StartExecution", body, nil); err != nil {
					failure.Store(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err, _ := failure.Load().(error); err != nil {
		return err
	}
	took := time.Since(from)
	time.Sleep(3 * time.Second) // let the collector and the compactions settle
	after := srv.rss()
	srv.stop(false)
	again, up, err := startServer(srv.dir)
	if err != nil {
		return err
	}
	srv = again
	fmt.Printf("%d idle executions          started at %.0f/s; resident %.0f MB, of which before %.0f MB; killed: first answer after %v, then %.0f MB\n",
		s.idle, float64(s.idle)/took.Seconds(), float64(after)/1e6, float64(before)/1e6, up.Round(time.Millisecond), float64(srv.rss())/1e6)
	return nil
}
