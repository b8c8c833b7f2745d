package trace

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

func variables(pairs ...string) func(string) string {
	return func(name string) string {
		if i := slices.Index(pairs, name); i >= 0 {
			return pairs[i+1]
		}
		return ""
	}
}

func TestClientTriesAgain(t *testing.T) {
	answers := []int{503, 429, 200}
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var sent tracepb.TracesData
		if err := proto.Unmarshal(body, &sent); err != nil || len(sent.ResourceSpans) != 1 {
			t.Errorf("sent %d resources, %v", len(sent.ResourceSpans), err)
		}
		got = append(got, r.Header.Get("X-Key")+" "+r.Header.Get("Content-Type"))
		w.WriteHeader(answers[0])
		answers = answers[1:]
	}))
	defer server.Close()
	c, err := newClient(server.URL, variables("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a, x-other=c", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-key=b%20c"))
	if err != nil {
		t.Fatal(err)
	}
	c.pause = 1
	spans := []*tracepb.ResourceSpans{{SchemaUrl: "s"}}
	if err := c.UploadTraces(t.Context(), spans); err != nil || len(got) != 3 || got[0] != "b c application/x-protobuf" {
		t.Errorf("%v after %q", err, got)
	}
	answers = []int{400}
	if err := c.UploadTraces(t.Context(), spans); err == nil || len(answers) != 0 {
		t.Errorf("a refusal for good: %v, %d answers are left", err, len(answers))
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestClientIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][]string{
		{"OTEL_EXPORTER_OTLP_HEADERS", "secret"}, {"OTEL_EXPORTER_OTLP_CERTIFICATE", empty + ".not"}, {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", empty},
	} {
		if _, err := newClient("http://127.0.0.1:1", variables(pair...)); err == nil {
			t.Errorf("%s=%s is taken", pair[0], pair[1])
		}
	}
}
