package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/statelark/statelark"
)

// span is one that is over.
type span struct {
	trace      trace.TraceID
	id, parent trace.SpanID // parent 0: none
	remote     bool         // the parent is not ours
	name       string
	kind       trace.SpanKind
	from, to   int64  // Unix ms
	failed     string // error name, "" when it did not fail
	cause      string
	attributes []attribute.KeyValue
}

// maxCause is how many bytes of a cause are told.
const maxCause = 1 << 10

// made returns the span as exporters take it.
func (s *span) made(about *resource.Resource) sdk.ReadOnlySpan {
	stub := tracetest.SpanStub{
		Name: s.name, SpanKind: s.kind, StartTime: time.UnixMilli(s.from), EndTime: time.UnixMilli(s.to), Attributes: s.attributes,
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: s.trace, SpanID: s.id, TraceFlags: trace.FlagsSampled}),
		Resource:    about, InstrumentationScope: instrumentation.Scope{Name: "github.com/statelark/statelark"},
	}
	if s.parent.IsValid() {
		stub.Parent = trace.NewSpanContext(trace.SpanContextConfig{TraceID: s.trace, SpanID: s.parent, TraceFlags: trace.FlagsSampled, Remote: s.remote})
	}
	if s.failed != "" {
		cause := s.cause[:min(len(s.cause), maxCause)]
		stub.Attributes = append(stub.Attributes, attribute.String("error.type", s.failed))
		stub.Status = sdk.Status{Code: codes.Error, Description: strings.ToValidUTF8(strings.TrimSuffix(s.failed+": "+cause, ": "), "")}
	}
	return stub.Snapshot()
}

// header is what a trace header says.
type header struct {
	trace   trace.TraceID // 0: nothing
	parent  trace.SpanID  // 0: nothing
	dropped bool          // Sampled=0
}

// parseHeader reads a trace header of X-Ray: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1, in
// any order and each part may be missing. What cannot be read is nothing.
func parseHeader(text string) (h header) {
	for part := range strings.SplitSeq(text, ";") {
		key, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(key) {
		case "root":
			if v, ok := strings.CutPrefix(v, "1-"); ok {
				if id, err := trace.TraceIDFromHex(strings.ToLower(strings.Replace(v, "-", "", 1))); err == nil {
					h.trace = id
				}
			}
		case "parent":
			if id, err := trace.SpanIDFromHex(strings.ToLower(v)); err == nil {
				h.parent = id
			}
		case "sampled":
			h.dropped = v == "0"
		}
	}
	return h
}

// traceID is the id of the trace of an execution whose start named none.
func traceID(id statelark.ExecID) (t trace.TraceID) {
	sum := sha256.Sum256([]byte("statelark trace " + id.String()))
	copy(t[:], sum[:])
	return t
}

// spanID is the id of the span that an event of an execution begins; of the execution itself, event is 0 less the number of
// its redrives.
func spanID(id statelark.ExecID, event int64) (s trace.SpanID) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("statelark span "+id.String()), uint64(event)))
	copy(s[:], sum[:])
	return s
}
