package gateway

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// failing fails every call.
type failing func() error

func (f failing) Call(context.Context, *awswire.Request) (*awswire.Reply, error) { return nil, f() }

// A fault that every request meets is one line a minute, however its figures change. Another is told beside it.
func TestFaultsAreToldOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	now, free, text := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 50, "no space left: %d MB free"
	fail := failing(func() error {
		free--
		return fmt.Errorf(text, free)
	})
	g := New(fail, func(string) bool { return true }, awswire.Places{Home: arn.Place{Region: "us-east-1", Account: "123456789012"}},
		Options{Anonymous: true, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }})
	ask := func(times int) {
		for range times {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{}`))
			r.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
			r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			w := httptest.NewRecorder()
			if g.ServeHTTP(w, r); w.Code != http.StatusInternalServerError {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
	}
	lines := func() int { return strings.Count(log.String(), "operation failed") }
	ask(10)
	if lines() != 1 {
		t.Errorf("%d lines of ten faults:\n%s", lines(), &log)
	}
	text = "reading a row: %d"
	ask(1)
	if lines() != 2 {
		t.Errorf("another fault is not told:\n%s", &log)
	}
	text, now = "no space left: %d MB free", now.Add(faultsEvery)
	ask(1)
	if lines() != 3 || !strings.Contains(log.String(), `"failures not told before"=9`) {
		t.Errorf("after a minute:\n%s", &log)
	}
}
