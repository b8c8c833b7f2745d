package telemetry

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
)

// fakeLogs notes what it is asked.
type fakeLogs struct {
	calls   []string
	missing bool
}

func (f *fakeLogs) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	if f.missing {
		return nil, &awswire.Error{Code: "ResourceNotFoundException", Message: "gone"}
	}
	stream, _ := r.Input.Get("logStreamName")
	events, _ := r.Input.Get("logEvents")
	var times []string
	for _, e := range events.Elems() {
		at, _ := e.Get("timestamp")
		times = append(times, at.Text())
	}
	group, _ := r.Input.Get("logGroupName")
	name := stream.Str()
	f.calls = append(f.calls, fmt.Sprintf("%s %s %s %s %s %v", r.Operation, r.Place.Region, r.Place.Account, group.Str(), name[:strings.LastIndexByte(name, '/')], times))
	return &awswire.Reply{}, nil
}

func TestLogGroups(t *testing.T) {
	logs := &fakeLogs{}
	l := NewLogGroups(logs, func() time.Time { return time.Date(2026, 11, 30, 12, 34, 0, 0, time.UTC) })
	const g = "arn:aws:logs:us-east-1:000000000000:log-group:/g:*"
	line := []byte(`{"execution_arn":"arn:aws:states:us-east-1:000000000000:execution:M:e"}`)
	n, err := l.Write(t.Context(), []Entry{{Line: line, At: 20, Group: g}, {Line: line, At: 10, Group: g}, {Line: line, At: 1}})
	if n != 3 || err != nil {
		t.Fatalf("%d written, %v", n, err)
	}
	n, err = l.Write(t.Context(), []Entry{{Line: line, At: 30, Group: g}})
	if n != 1 || err != nil {
		t.Fatalf("%d written, %v", n, err)
	}
	const at = " us-east-1 000000000000 /g states/M/2026-11-30-12-34 "
	want := "CreateLogStream" + at + "[]|PutLogEvents" + at + "[10 20]|PutLogEvents" + at + "[30]"
	if got := strings.Join(logs.calls, "|"); got != want {
		t.Errorf("called\n%s, want\n%s", got, want)
	}
}

func TestLogGroupsThatAreGone(t *testing.T) {
	l := NewLogGroups(&fakeLogs{missing: true}, time.Now)
	n, err := l.Write(t.Context(), []Entry{
		{Line: []byte("{}"), Group: "arn:aws:logs:us-east-1:000000000000:log-group:/g"}, {Line: []byte("{}")}, {Line: []byte("{}"), Group: "x"},
	})
	if n != 1 || err == nil || !strings.Contains(err.Error(), "gone") || !strings.Contains(err.Error(), "not the ARN") {
		t.Errorf("%d written, %v", n, err)
	}
}

func TestBatch(t *testing.T) {
	line := make([]byte, 300<<10)
	entries := []Entry{{Line: line}, {Line: line}, {Line: line}, {Line: line}}
	if n := batch(entries); n != 3 {
		t.Errorf("%d fit, want 3", n)
	}
	if n := batch([]Entry{{Line: make([]byte, 2<<20)}, {Line: line}}); n != 1 {
		t.Errorf("%d fit, want the one that is too large by itself", n)
	}
}
