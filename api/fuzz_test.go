package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/value"
)

// FuzzRequest sends anything to any operation. The answer is always one of AWS's form: an object, with a type
// and a message when the request is refused, and never a fault.
func FuzzRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if request, ok := strings.CutPrefix(line, "> "); ok {
				operation, body, _ := strings.Cut(strings.TrimSuffix(request, "\n"), " ")
				f.Add(operation, arns.Replace(body))
			}
		}
	}
	f.Fuzz(func(t *testing.T, operation, body string) {
		faults := &faultCounter{}
		now := func() time.Time { return time.UnixMilli(1_767_225_600_250) }
		s := New(newFakeEngine(now), testPlace, Options{Now: now, Log: slog.New(faults)})
		w := serve(s.Service(), operation, body, http.Header{})
		answer, err := value.Parse(w.Body.String())
		if err != nil || answer.Kind() != value.Object {
			t.Fatalf("answer %q: %v", w.Body, err)
		}
		if faults.n > 0 || w.Code >= 500 {
			t.Fatalf("fault: %d %s %s", w.Code, w.Body, faults.last)
		}
		if w.Code == http.StatusOK {
			return
		}
		kind, _ := answer.Get("__type")
		message, ok := answer.Get("message")
		if _, name, hash := strings.Cut(kind.Str(), "#"); !hash || name == "" || !ok || message.Kind() != value.String {
			t.Fatalf("refusal of no known form: %s", w.Body)
		}
	})
}

// faultCounter is a log that counts its records.
type faultCounter struct {
	n    int
	last string
}

func (f *faultCounter) Enabled(context.Context, slog.Level) bool { return true }
func (f *faultCounter) WithAttrs([]slog.Attr) slog.Handler       { return f }
func (f *faultCounter) WithGroup(string) slog.Handler            { return f }
func (f *faultCounter) Handle(_ context.Context, r slog.Record) error {
	f.n++
	r.Attrs(func(a slog.Attr) bool { f.last += fmt.Sprint(a); return true })
	return nil
}

// FuzzToken reads whatever comes as a token for the next page.
func FuzzToken(f *testing.F) {
	f.Add("", "{}")
	f.Add("cRJA985WhMIAAAAAaVcKgmFybjphd3M6c3RhdGVz", `{"maxResults":1}`)
	now := func() time.Time { return time.UnixMilli(1_767_225_600_250) }
	s := New(newFakeEngine(now), testPlace, Options{Now: now})
	h := s.Service()
	f.Fuzz(func(t *testing.T, token, args string) {
		v, err := value.Parse(args)
		if err != nil || v.Kind() != value.Object {
			v = value.EmptyObj
		}
		body := v.With("nextToken", value.FromString(token)).Compact()
		if w := serve(h, "ListActivities", body, http.Header{}); w.Code == http.StatusOK {
			t.Fatalf("token that was never given is taken: %s", body)
		}
	})
}
