package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark"
)

// startEngine starts executions by answering at once.
type startEngine struct {
	fakeEngine
	x statelark.Execution
}

func (e *startEngine) StartExecution(_ context.Context, s statelark.ExecutionStart) (*statelark.Execution, error) {
	e.x.Machine, e.x.Name = s.Machine, s.Name
	return &e.x, nil
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkStartExecution is the way of a request through decode, check, call and encode, without the network.
func BenchmarkStartExecution(b *testing.B) {
	for _, bench := range []struct{ name, body string }{
		{"small", `{"stateMachineArn":"$machinem","name":"4f6c8f1e-7d0c-4a43-9a46-1f5a3a0a7b11","input":"{\"order\":{\"id\":12345,\"items\":[1,2,3]}}"}`},
		{"unnamed", `{"stateMachineArn":"$machinem"}`},
		{"4KiB", `{"stateMachineArn":"$machinem","name":"n","input":"{\"text\":\"` + strings.Repeat("lorem ipsum ", 340) + `\"}"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			start := time.UnixMilli(1_767_225_600_250)
			s := &Server{Engine: &startEngine{x: statelark.Execution{Start: start}}, Place: testPlace,
				Now: func() time.Time { return start }, Log: slog.New(slog.DiscardHandler)}
			h := s.Handler()
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
