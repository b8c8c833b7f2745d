// Package trace makes an OpenTelemetry trace of each execution: a span for it, for each state, for each iteration of a Map and
// for each attempt of a Task. A span is made when what it tells is over, from the history; its ids follow from the
// execution's, so they are the same after a restart.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/telemetry"
)

// Bounds of a Tracer.
const (
	maxSpans  = 8192 // that wait to be exported
	maxBatch  = 512
	maxTrails = 50_000 // executions whose open states are remembered; others are let go of, and those states have no span
	pause     = time.Second
)

// Tracer is a reader of telemetry's Tap.
type Tracer struct {
	trails   map[statelark.ExecID]*trail
	about    *resource.Resource
	exporter sdk.SpanExporter
	spans    chan sdk.ReadOnlySpan
	drops    *telemetry.Drops
	exported atomic.Int64
	failures int // of exports
	log      *slog.Logger
	closing  chan struct{}
	closed   chan struct{}
}

// New returns a Tracer that exports to an endpoint by OTLP over HTTP. An endpoint without a path gets OTLP's. Close must
// follow.
func New(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracer, error) {
	at, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("reading the endpoint of traces: %w", err)
	}
	if at.Path == "" || at.Path == "/" {
		at.Path = "/v1/traces"
	}
	c, err := newClient(at.String(), os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("setting up traces: %w", err)
	}
	exporter, err := otlptrace.New(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("setting up traces: %w", err)
	}
	return newTracer(exporter, version, log), nil
}

func newTracer(exporter sdk.SpanExporter, version string, log *slog.Logger) *Tracer {
	t := &Tracer{
		trails: map[statelark.ExecID]*trail{}, exporter: exporter, spans: make(chan sdk.ReadOnlySpan, maxSpans),
		about: resource.NewSchemaless(attribute.String("service.name", "statelark"), attribute.String("service.version", version)),
		drops: telemetry.NewDrops(log, "spans"), log: log, closing: make(chan struct{}), closed: make(chan struct{}),
	}
	go t.run()
	return t
}

// Read takes the events of a change up, and ends the spans that they end.
func (t *Tracer) Read(n *engine.News) {
	id := n.Execution.ID
	tr := t.trails[id]
	if tr == nil {
		tr = newTrail(n.Execution)
		if len(t.trails) >= maxTrails {
			for old := range t.trails { // any: most that are open wait for long
				delete(t.trails, old)
				break
			}
		}
		t.trails[id] = tr
	}
	tr.out, tr.execution, tr.machine = t.put, n.Execution, n.Machine
	for i := range n.Events {
		tr.event(&n.Events[i])
	}
	if n.Ended {
		delete(t.trails, id)
	}
}

// put queues a span, or drops it.
func (t *Tracer) put(s span) {
	select {
	case t.spans <- s.made(t.about):
	default:
		t.drops.Add(1)
	}
}

// Counts returns how many spans were exported and dropped.
func (t *Tracer) Counts() (exported, dropped int64) { return t.exported.Load(), t.drops.Count() }

func (t *Tracer) run() {
	defer close(t.closed)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		select {
		case <-t.closing: // the last export must not take long
			last := time.NewTimer(2 * time.Second)
			defer last.Stop()
			select {
			case <-last.C:
				stop()
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
	}()
	for {
		batch, more := t.take()
		if len(batch) > 0 {
			t.export(ctx, batch)
		}
		if !more {
			return
		}
	}
}

// take waits for spans, and then a little for more of them. No more: the tracer was closed and nothing is left.
func (t *Tracer) take() (batch []sdk.ReadOnlySpan, more bool) {
	var late <-chan time.Time
	for len(batch) < maxBatch {
		select {
		case s := <-t.spans:
			if batch = append(batch, s); late == nil {
				late = time.After(pause)
			}
		case <-late:
			return batch, true
		case <-t.closing:
			select {
			case s := <-t.spans:
				batch = append(batch, s)
			default:
				return batch, false
			}
		}
	}
	return batch, true
}

func (t *Tracer) export(ctx context.Context, batch []sdk.ReadOnlySpan) {
	err := ctx.Err()
	if err == nil {
		err = t.exporter.ExportSpans(ctx, batch)
	}
	if err == nil {
		t.exported.Add(int64(len(batch)))
		return
	}
	if t.failures++; t.failures%1000 == 1 { // of the rest it is told once a minute that they were dropped
		t.log.Warn("telemetry could not be handed on", "to", "traces", "error", err)
	}
	t.drops.Add(int64(len(batch)))
}

// Close exports what is queued, for a few seconds at most. Read must not be called any more.
func (t *Tracer) Close(ctx context.Context) error {
	close(t.closing)
	select {
	case <-t.closed:
	case <-ctx.Done():
		return fmt.Errorf("exporting traces: %w", ctx.Err())
	}
	if err := t.exporter.Shutdown(ctx); err != nil {
		return fmt.Errorf("exporting traces: %w", err)
	}
	return nil
}
