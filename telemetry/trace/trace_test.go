package trace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// kept is an exporter that keeps the spans.
type kept struct {
	mu    sync.Mutex
	spans []sdk.ReadOnlySpan
	err   error
}

func (k *kept) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, spans...)
	return k.err
}

func (*kept) Shutdown(context.Context) error { return nil }

const machineARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:M"

func newsOf(x *statelark.Execution, events ...history.Event) *engine.News {
	n := engine.NewNews(x, &statelark.StateMachine{ARN: machineARN, Name: "M", Type: statelark.Standard}, events)
	n.Began = events[0].Type == history.ExecutionStarted
	n.Ended = strings.HasPrefix(events[len(events)-1].Type.String(), "Execution")
	return n
}

func record(name string) *statelark.Execution {
	start := time.UnixMilli(1000).UTC()
	return &statelark.Execution{ID: statelark.NewExecID(start, 1, 7), Machine: machineARN, Name: name, Start: start}
}

// spansOf returns the spans of some news, "name kind from-to parent" each, failures with their name.
func spansOf(t *testing.T, news ...*engine.News) []string {
	t.Helper()
	k := &kept{}
	tracer := newTracer(k, "v", quiet)
	for _, n := range news {
		tracer.Read(n)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, s := range k.spans {
		names[s.SpanContext().SpanID().String()] = s.Name()
	}
	var found []string
	for _, s := range k.spans {
		text := fmt.Sprintf("%s %d-%d", s.Name(), s.StartTime().UnixMilli(), s.EndTime().UnixMilli())
		if s.Parent().SpanID().IsValid() {
			parent := s.Parent().SpanID().String()
			if names[parent] != "" {
				parent = names[parent]
			}
			text += " in " + parent
		}
		if s.Status().Code == codes.Error {
			text += " " + s.Status().Description
		}
		found = append(found, text)
	}
	return found
}

func isSpans(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("spans\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestATaskWithARetry(t *testing.T) {
	wrong, cause := "Odd", "it is odd"
	x := record("x")
	isSpans(t, spansOf(t,
		newsOf(x,
			history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted},
			history.Event{ID: 2, At: 1000, Type: history.TaskStateEntered, Name: "T"},
			history.Event{ID: 3, Previous: 2, At: 1001, Type: history.LambdaFunctionScheduled, Resource: "f"},
			history.Event{ID: 4, Previous: 3, At: 1002, Type: history.LambdaFunctionStarted}),
		newsOf(x,
			history.Event{ID: 5, Previous: 4, At: 1005, Type: history.LambdaFunctionFailed, Error: &wrong, Cause: &cause}),
		newsOf(x,
			history.Event{ID: 6, Previous: 5, At: 2005, Type: history.LambdaFunctionScheduled, Resource: "f"},
			history.Event{ID: 7, Previous: 6, At: 2006, Type: history.LambdaFunctionStarted},
			history.Event{ID: 8, Previous: 7, At: 2007, Type: history.LambdaFunctionSucceeded},
			history.Event{ID: 9, Previous: 8, At: 2008, Type: history.TaskStateExited, Name: "T"},
			history.Event{ID: 10, Previous: 9, At: 2008, Type: history.ExecutionSucceeded})),
		"f 1001-1005 in T Odd: it is odd", "f 2005-2007 in T", "T 1000-2008 in M", "M 1000-2008")
}

func TestAMapOneAfterTheOther(t *testing.T) {
	isSpans(t, spansOf(t, newsOf(record("x"),
		history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted},
		history.Event{ID: 2, At: 1001, Type: history.MapStateEntered, Name: "Map"},
		history.Event{ID: 3, Previous: 2, At: 1002, Type: history.MapStateStarted, Length: 2},
		history.Event{ID: 4, Previous: 3, At: 1003, Type: history.MapIterationStarted, Name: "Map"},
		history.Event{ID: 5, Previous: 4, At: 1004, Type: history.PassStateEntered, Name: "P"},
		history.Event{ID: 6, Previous: 5, At: 1005, Type: history.PassStateExited, Name: "P"},
		history.Event{ID: 7, Previous: 6, At: 1006, Type: history.MapIterationSucceeded, Name: "Map"},
		history.Event{ID: 8, Previous: 6, At: 1007, Type: history.MapIterationStarted, Name: "Map", Index: 1}, // AWS chains it so
		history.Event{ID: 9, Previous: 8, At: 1008, Type: history.PassStateEntered, Name: "P"},
		history.Event{ID: 10, Previous: 9, At: 1009, Type: history.PassStateExited, Name: "P"},
		history.Event{ID: 11, Previous: 10, At: 1010, Type: history.MapIterationSucceeded, Name: "Map", Index: 1},
		history.Event{ID: 12, Previous: 11, At: 1011, Type: history.MapStateSucceeded},
		history.Event{ID: 13, Previous: 11, At: 1012, Type: history.MapStateExited, Name: "Map"},
		history.Event{ID: 14, Previous: 13, At: 1013, Type: history.ExecutionSucceeded})),
		"P 1004-1005 in Map", "Map 1003-1006 in Map", "P 1008-1009 in Map", "Map 1007-1010 in Map", "Map 1001-1012 in M", "M 1000-1013")
}

func TestBranchesThatAreGivenUp(t *testing.T) {
	wrong := "Odd"
	isSpans(t, spansOf(t, newsOf(record("x"),
		history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted},
		history.Event{ID: 2, At: 1001, Type: history.ParallelStateEntered, Name: "Both"},
		history.Event{ID: 3, Previous: 2, At: 1002, Type: history.ParallelStateStarted},
		history.Event{ID: 4, Previous: 3, At: 1003, Type: history.WaitStateEntered, Name: "W"},
		history.Event{ID: 5, Previous: 3, At: 1004, Type: history.FailStateEntered, Name: "F"},
		history.Event{ID: 6, Previous: 4, At: 1005, Type: history.WaitStateAborted},
		history.Event{ID: 7, Previous: 5, At: 1005, Type: history.ParallelStateFailed},
		history.Event{ID: 8, Previous: 7, At: 1006, Type: history.ParallelStateExited, Name: "Both"}, // it was caught
		history.Event{ID: 9, Previous: 8, At: 1007, Type: history.PassStateEntered, Name: "P"},
		history.Event{ID: 10, Previous: 9, At: 1008, Type: history.ExecutionAborted, Error: &wrong})),
		"W 1003-1006 in Both Aborted", "F 1004-1006 in Both Aborted", "Both 1001-1006 in M", "P 1007-1008 in M Odd", "M 1000-1008 Odd")
}

func TestATraceHeader(t *testing.T) {
	started, over := history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted}, history.Event{ID: 2, Previous: 1, At: 1001, Type: history.ExecutionSucceeded}
	k := &kept{}
	tracer := newTracer(k, "v", quiet)
	for i, h := range []string{"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
		"Sampled=0;Root=1-5759e988-bd862e3fe1be46a994272793", "Parent=53995c3f42cd8ad8;Root=nonsense", ""} {
		x := record(fmt.Sprint(i))
		x.ID, x.TraceHeader = statelark.NewExecID(x.Start, 1, uint64(i)), h
		tracer.Read(newsOf(x, started, over))
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(k.spans) != 3 {
		t.Fatalf("%d spans", len(k.spans))
	}
	first := k.spans[0]
	if got := first.SpanContext().TraceID().String() + first.Parent().SpanID().String(); got != "5759e988bd862e3fe1be46a99427279353995c3f42cd8ad8" {
		t.Errorf("trace and parent are %s", got)
	}
	for _, s := range k.spans[1:] {
		if !s.SpanContext().TraceID().IsValid() || s.Parent().IsValid() {
			t.Errorf("without a header: trace %s, parent %s", s.SpanContext().TraceID(), s.Parent().SpanID())
		}
	}
}

// What was begun before the server started has no span, but the execution has.
func TestAnExecutionThatIsTakenUp(t *testing.T) {
	isSpans(t, spansOf(t, newsOf(record("x"),
		history.Event{ID: 5, Previous: 4, At: 2000, Type: history.LambdaFunctionSucceeded},
		history.Event{ID: 6, Previous: 5, At: 2001, Type: history.TaskStateExited, Name: "T"},
		history.Event{ID: 7, Previous: 6, At: 2002, Type: history.SucceedStateEntered, Name: "S"},
		history.Event{ID: 8, Previous: 7, At: 2003, Type: history.SucceedStateExited, Name: "S"},
		history.Event{ID: 9, Previous: 8, At: 2003, Type: history.ExecutionSucceeded})),
		"S 2002-2003 in M", "M 1000-2003")
}

func TestALongLoopIsFollowedInLittleMemory(t *testing.T) {
	k := &kept{}
	tracer := newTracer(k, "v", quiet)
	x := record("x")
	tracer.Read(newsOf(x, history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted}))
	for id := int64(2); id < 20_000; id += 2 {
		n := newsOf(x, history.Event{ID: id, Previous: max(0, id-1), At: id, Type: history.PassStateEntered, Name: "P"},
			history.Event{ID: id + 1, Previous: id, At: id, Type: history.PassStateExited, Name: "P"})
		n.Ended = false
		tracer.Read(n)
	}
	if tr := tracer.trails[x.ID]; len(tr.places) > 3 || len(tr.open) > 0 {
		t.Errorf("%d places, %d open", len(tr.places), len(tr.open))
	}
	tracer.Read(newsOf(x, history.Event{ID: 20_000, Previous: 19_999, At: 20_000, Type: history.ExecutionSucceeded}))
	if len(tracer.trails) != 0 {
		t.Error("it is remembered")
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// lines gets what is written to it, a line at a time.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestSpansThatCannotBeExportedAreCounted(t *testing.T) {
	told := make(lines, 10)
	tracer := newTracer(&kept{err: errors.New("down")}, "v", slog.New(slog.NewTextHandler(told, nil)))
	tracer.Read(newsOf(record("x"), history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted}, history.Event{ID: 2, Previous: 1, At: 1001, Type: history.ExecutionSucceeded}))
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if line := <-told; !strings.Contains(line, "could not be handed on") || !strings.Contains(line, "error=down") {
		t.Errorf("nobody is told why: %q", line)
	}
	if exported, dropped := tracer.Counts(); exported != 0 || dropped != 1 {
		t.Errorf("exported %d, dropped %d", exported, dropped)
	}
}

func TestExportOverHTTP(t *testing.T) {
	got := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Error(err)
		}
		for _, about := range request.GetResourceSpans() {
			for _, scope := range about.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					got <- r.URL.Path + " " + span.GetName()
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer s.Close()
	tracer, err := New(t.Context(), s.URL, "v", quiet)
	if err != nil {
		t.Fatal(err)
	}
	tracer.Read(newsOf(record("x"), history.Event{ID: 1, At: 1000, Type: history.ExecutionStarted}, history.Event{ID: 2, Previous: 1, At: 1001, Type: history.ExecutionSucceeded}))
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if span := <-got; span != "/v1/traces M" {
		t.Errorf("exported %q", span)
	}
	http.DefaultClient.CloseIdleConnections()
}
