package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// threeStates is an Express machine without a task: Pass, Choice, Pass.
const threeStates = `{"StartAt":"Prepare","States":{
"Prepare":{"Type":"Pass","Parameters":{"order.$":"$.order","total.$":"$.total"},"Next":"Large?"},
"Large?":{"Type":"Choice","Choices":[{"Variable":"$.total","NumericGreaterThan":100,"Next":"Note"}],"Default":"Note"},
"Note":{"Type":"Pass","Result":"large","ResultPath":"$.size","End":true}}}`

// benchExpress: Express executions over HTTP, as long as each caller waits (sync) and as fast as they are taken (async).
func benchExpress(s settings) error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer srv.stop(true)
	for name, definition := range map[string]string{"three": threeStates, "five": fiveStates} {
		text, _ := json.Marshal(definition)
		if err := srv.call("CreateStateMachine", fmt.Sprintf(`{"name":%q,"type":"EXPRESS","definition":%s,%s}`, name, text, role), nil); err != nil {
			return err
		}
	}
	for _, c := range []struct{ label, op, machine, want string }{
		{"3 states, sync", "StartSyncExecution", "three", "SUCCEEDED"},
		{"5 states with a task, sync", "StartSyncExecution", "five", "SUCCEEDED"},
		{"5 states with a task, async", "StartExecution", "five", "express:five"},
	} {
		for _, clients := range s.clients {
			var rates, cpus []float64
			var p50s, p99s []time.Duration
			for range s.runs {
				r, err := expressLoad(s, srv, clients, c.op, c.machine, c.want)
				if err != nil {
					return err
				}
				rates, cpus, p50s, p99s = append(rates, r.rate), append(cpus, r.cpu), append(p50s, r.p50), append(p99s, r.p99)
			}
			fmt.Printf("Express, %-28s clients %3d   %8.0f executions/s   p50 %v p99 %v   server CPU %.0f µs/execution\n",
				c.label, clients, median(rates), median(p50s).Round(time.Microsecond), median(p99s).Round(time.Microsecond), median(cpus))
		}
	}
	return nil
}

// expressLoad calls an operation from so many clients for a run's length. want is in every answer.
func expressLoad(s settings, srv *server, clients int, op, machine, want string) (load, error) {
	input, _ := json.Marshal(fiveInput)
	body := fmt.Sprintf(`{"stateMachineArn":%q,"input":%s}`, place.StateMachineARN(machine), input)
	if s.profile != "" {
		defer srv.profileTo(fmt.Sprintf("%s.%s.%s.%d", s.profile, op, machine, clients), s.duration)()
	}
	var n atomic.Int64
	latencies, failures := make([][]time.Duration, clients), make([]error, clients)
	var wg sync.WaitGroup
	cpu, from := srv.cpu(), time.Now()
	for c := range clients {
		wg.Go(func() {
			conn, err := dial(srv.addr)
			if err != nil {
				failures[c] = err
				return
			}
			defer func() { _ = conn.Close() }()
			for at := time.Now(); at.Sub(from) < s.duration; n.Add(1) {
				answer, err := conn.aws(op, body)
				if err == nil && !strings.Contains(string(answer), want) {
					err = fmt.Errorf("%s: %.300s", op, answer)
				}
				if err != nil {
					failures[c] = err
					return
				}
				now := time.Now()
				latencies[c] = append(latencies[c], now.Sub(at))
				at = now
			}
		})
	}
	wg.Wait()
	total, used := time.Since(from), srv.cpu()-cpu
	if err := errors.Join(failures...); err != nil {
		return load{}, err
	}
	var all []time.Duration
	for _, l := range latencies {
		all = append(all, l...)
	}
	count := float64(n.Load())
	return load{count / total.Seconds(), float64(used.Microseconds()) / count, percentile(all, .5), percentile(all, .99)}, nil
}
