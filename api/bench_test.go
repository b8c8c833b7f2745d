package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// startEngine starts executions by answering at once.
type startEngine struct {
	fakeEngine
	start time.Time
}

func (e *startEngine) StartExecution(_ context.Context, s statelark.ExecutionStart) (*statelark.Execution, error) {
	return &statelark.Execution{Machine: s.Machine, Name: s.Name, Start: e.start}, nil
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func startHandler() http.Handler {
	start := time.UnixMilli(1_767_225_600_250)
	return New(&startEngine{start: start}, testPlace, Options{Now: func() time.Time { return start }}).Service()
}

// BenchmarkStartExecution is the way of a request through decode, check, call and encode, without the network.
func BenchmarkStartExecution(b *testing.B) {
	for _, bench := range []struct{ name, body string }{
		{"small", `{"stateMachineArn":"$machinem","name":"4f6c8f1e-7d0c-4a43-9a46-1f5a3a0a7b11","input":"{\"order\":{\"id\":12345,\"items\":[1,2,3]}}"}`},
		{"unnamed", `{"stateMachineArn":"$machinem"}`},
		{"4KiB", `{"stateMachineArn":"$machinem","name":"n","input":"{\"text\":\"` + strings.Repeat("lorem ipsum ", 340) + `\"}"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			h := startHandler()
			body := strings.NewReader(arns.Replace(bench.body))
			r, err := http.NewRequest(http.MethodPost, "/", body)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("X-Amz-Target", "AWSStepFunctions.StartExecution")
			w := &discard{header: http.Header{}}
			b.SetBytes(body.Size())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := body.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				h.ServeHTTP(w, r)
			}
		})
	}
}

// answers is an engine that answers at once.
type answers struct {
	startEngine
	events []history.Event
	detail statelark.ExecutionDetail
	task   statelark.ActivityTask
}

func (a *answers) Execution(context.Context, string) (*statelark.ExecutionDetail, error) {
	return &a.detail, nil
}
func (a *answers) ActivityTask(context.Context, string, string) (*statelark.ActivityTask, error) {
	return &a.task, nil
}
func (a *answers) TaskSucceeded(context.Context, string, string) error { return nil }
func (a *answers) History(context.Context, string, int64, int, bool) ([]history.Event, error) {
	return a.events, nil
}

// BenchmarkOperations is the way of the usual requests from the parsed head to the body of the answer, with payloads of 500
// bytes and a history of 17 events.
func BenchmarkOperations(b *testing.B) {
	start := time.UnixMilli(1_767_225_600_250)
	payload := `{"text":"` + strings.Repeat("lorem ipsum ", 40) + `"}`
	quoted := string(value.AppendQuoted(nil, payload))
	x := statelark.Execution{Machine: testPlace.StateMachineARN("m"), Name: "4f6c8f1e-7d0c-4a43-9a46-1f5a3a0a7b11", Status: statelark.Succeeded,
		Start: start, Stop: start.Add(time.Second), Events: 17}
	service := New(&answers{
		startEngine: startEngine{start: start},
		detail:      statelark.ExecutionDetail{Execution: x, Input: payload, Output: payload},
		task:        statelark.ActivityTask{Token: strings.Repeat("t", 120), Input: payload},
		events:      events(17),
	}, testPlace, Options{Now: func() time.Time { return start }}).Service()
	for _, op := range []struct{ name, body string }{
		{"StartExecution", `{"stateMachineArn":"` + x.Machine + `","name":"` + x.Name + `","input":` + quoted + `}`},
		{"DescribeExecution", `{"executionArn":"` + x.ARN() + `"}`},
		{"GetActivityTask", `{"activityArn":"` + testPlace.ActivityARN("a") + `","workerName":"w"}`},
		{"SendTaskSuccess", `{"taskToken":"` + strings.Repeat("t", 120) + `","output":` + quoted + `}`},
		{"GetExecutionHistory", `{"executionArn":"` + x.ARN() + `"}`},
	} {
		b.Run(op.name, func(b *testing.B) {
			out := make([]byte, 0, 1<<14)
			target, body := "AWSStepFunctions."+op.name, []byte(op.body)
			b.ReportAllocs()
			for b.Loop() {
				status, answer := service.Answer(b.Context(), testPlace, target, nil, string(body), out)
				if status != http.StatusOK {
					b.Fatalf("%s", answer)
				}
			}
		})
	}
}

// BenchmarkStartExecutionHTTP is the same with the network, and with the clients in the same process: 32 of them
// for each processor, a connection each.
func BenchmarkStartExecutionHTTP(b *testing.B) {
	server := httptest.NewServer(startHandler())
	defer server.Close()
	body := arns.Replace(`{"stateMachineArn":"$machinem","name":"4f6c8f1e-7d0c-4a43-9a46-1f5a3a0a7b11","input":"{\"order\":{\"id\":12345}}"}`)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("X-Amz-Target", "AWSStepFunctions.StartExecution")
			w, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, w.Body)
			if err != nil || w.StatusCode != http.StatusOK || w.Body.Close() != nil {
				b.Errorf("status %d, %v", w.StatusCode, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
