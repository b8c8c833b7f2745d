package lambda

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// logStore is a CloudWatch Logs.
type logStore struct {
	mu      sync.Mutex
	made    map[string]bool
	batches []int
	lines   []string // GROUP STREAM TEXT
}

func (s *logStore) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct {
		LogGroupName, LogStreamName string
		LogEvents                   []struct{ Message string }
	}
	if err := json.Unmarshal([]byte(r.Input.Text()), &in); err != nil {
		return nil, err
	}
	name := in.LogGroupName + " " + in.LogStreamName
	switch r.Operation {
	case "CreateLogGroup", "CreateLogStream":
		if s.made[name] {
			return nil, &awswire.Error{Code: "ResourceAlreadyExistsException"}
		}
		s.made[name] = true
	case "PutLogEvents":
		if !s.made[name] {
			return nil, &awswire.Error{Code: "ResourceNotFoundException"}
		}
		s.batches = append(s.batches, len(in.LogEvents))
		for _, e := range in.LogEvents {
			s.lines = append(s.lines, name+" "+e.Message)
		}
	}
	return &awswire.Reply{}, nil
}

func newLogStore() (*logStore, *Logs) {
	s := &logStore{made: map[string]bool{}}
	return s, NewLogs(func() awswire.Caller { return s }, slog.New(slog.DiscardHandler))
}

func TestLogsAreSentInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := newLogStore()
		for _, text := range []string{"a\n", "b\n"} {
			l.Add(function.Line{Group: "g", Stream: "s", Time: time.Now(), Text: text})
		}
		l.Add(function.Line{Group: "g", Stream: "t", Time: time.Now(), Text: "c\n"})
		time.Sleep(2 * sendEvery)
		synctest.Wait()
		slices.Sort(s.lines)
		if diff := cmp.Diff([]string{"g s a\n", "g s b\n", "g t c\n"}, s.lines); diff != "" {
			t.Errorf("the lines (-want +got):\n%s", diff)
		}
		l.Add(function.Line{Group: "g", Stream: "s", Time: time.Now(), Text: "d\n"})
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.lines[len(s.lines)-1]; got != "g s d\n" {
			t.Errorf("the last line is %q", got)
		}
	})
}

func TestLogsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := newLogStore()
		for range maxWaiting + 10 {
			l.Add(function.Line{Group: "g", Stream: "s", Time: time.Now(), Text: "\n"})
		}
		l.mu.Lock()
		lost := l.lost
		l.mu.Unlock()
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lost != 10 || len(s.lines) != maxWaiting || slices.Max(s.batches) > maxEvents {
			t.Errorf("%d lines were lost and %d sent, in batches of %d", lost, len(s.lines), s.batches)
		}
	})
}

func TestBatchLength(t *testing.T) {
	line := function.Line{Text: strings.Repeat("x", 256<<10)}
	if n := batchLength([]function.Line{line, line, line, line, line}); n != 3 {
		t.Errorf("a batch has %d lines of 256 KiB, want 3", n)
	}
}
