package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

const machineARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:M"

// record is an execution that started at 1,000 ms.
func record() *statelark.Execution {
	return &statelark.Execution{Machine: machineARN, Name: "x", Status: statelark.Running, Start: time.UnixMilli(1000).UTC()}
}

func machine(level statelark.LogLevel, data bool) *statelark.StateMachine {
	return &statelark.StateMachine{ARN: machineARN, Name: "M", Type: statelark.Standard,
		Logging: statelark.LoggingConfiguration{Level: level, IncludeExecutionData: data, LogGroups: []string{"group"}}}
}

// failing is the history of an execution whose Task fails and whose Fail state ends it.
func failing() []history.Event {
	name, cause := "Odd", "odd"
	return []history.Event{
		{ID: 1, At: 1000, Type: history.ExecutionStarted, Data: `{}`, RoleARN: "role"},
		{ID: 2, At: 1001, Type: history.TaskStateEntered, Name: "T", Data: `{}`},
		{ID: 3, Previous: 2, At: 1002, Type: history.LambdaFunctionScheduled, Resource: "f", Data: `{}`},
		{ID: 4, Previous: 3, At: 1003, Type: history.LambdaFunctionStarted},
		{ID: 5, Previous: 4, At: 1004, Type: history.LambdaFunctionFailed, Error: &name, Cause: &cause},
		{ID: 6, Previous: 5, At: 1005, Type: history.TaskStateExited, Name: "T", Data: `{"Error":"Odd"}`},
		{ID: 7, Previous: 6, At: 1006, Type: history.FailStateEntered, Name: "F", Data: `{"Error":"Odd"}`},
		{ID: 8, Previous: 7, At: 1007, Type: history.ExecutionFailed, Error: &name, Cause: &cause},
	}
}

// memory is a sink that keeps the lines.
type memory struct {
	mu    sync.Mutex
	lines []string
}

func (s *memory) Write(_ context.Context, entries []Entry) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range entries {
		s.lines = append(s.lines, string(e.Line))
	}
	return len(entries), nil
}

func (s *memory) Close() error { return nil }

// read returns the lines that a reader gives of some news.
func read(t *testing.T, reader func(...*Outlet) Reader, news ...*engine.News) []string {
	t.Helper()
	sink := &memory{}
	out := NewOutlet("test", sink, quiet)
	r := reader(out)
	for _, n := range news {
		r.Read(n)
	}
	if err := out.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return sink.lines
}

func toLog(o ...*Outlet) Reader     { return NewExecutionLog(o...) }
func toChanges(o ...*Outlet) Reader { return NewStatusChanges(o...) }

func TestLevels(t *testing.T) {
	tests := []struct {
		level statelark.LogLevel
		want  []string
	}{
		{statelark.LogAll, []string{"1", "2", "3", "4", "5", "6", "7", "8"}},
		{statelark.LogError, []string{"5", "7", "8"}},
		{statelark.LogFatal, []string{"8"}},
		{statelark.LogOff, nil},
	}
	for _, test := range tests {
		for _, data := range []bool{false, true} {
			var got []string
			for _, line := range read(t, toLog, engine.NewNews(record(), machine(test.level, data), failing())) {
				var r struct {
					ID      string         `json:"id"`
					Details map[string]any `json:"details"`
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					t.Fatal(err)
				}
				got = append(got, r.ID)
				if _, has := r.Details["input"]; has != (data && slices.Contains([]string{"1", "2", "3", "7"}, r.ID)) {
					t.Errorf("%s, data %t: input of event %s is there: %t", test.level, data, r.ID, has)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: logged %v, want %v", test.level, got, test.want)
			}
		}
	}
}

func TestALogNamesTheMapRun(t *testing.T) {
	x := record()
	x.MapRun, x.Redrives = "run", 3
	lines := read(t, toLog, engine.NewNews(x, machine(statelark.LogFatal, false), failing()))
	want := `{"id":"8","type":"ExecutionFailed","details":{"error":"Odd","cause":"odd"},"previous_event_id":"7","event_timestamp":"1007",` +
		`"execution_arn":"arn:aws:states:eu-west-1:123456789012:execution:M:x","map_run_arn":"run","redrive_count":"3"}`
	if len(lines) != 1 || lines[0] != want {
		t.Errorf("logged\n%s\nwant\n%s", lines, want)
	}
}

// details returns the details of status changes.
func details(t *testing.T, lines []string) (found []map[string]any) {
	t.Helper()
	for _, line := range lines {
		var event struct {
			DetailType string `json:"detail-type"`
			Source     string
			Account    string
			Region     string
			Resources  []string
			Detail     map[string]any
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if event.DetailType != "Step Functions Execution Status Change" || event.Source != "aws.states" || event.Account != "123456789012" ||
			event.Region != "eu-west-1" || len(event.Resources) != 1 {
			t.Errorf("the event is %+v", event)
		}
		found = append(found, event.Detail)
	}
	return found
}

func TestStatusChanges(t *testing.T) {
	first, last := engine.NewNews(record(), machine(statelark.LogOff, false), failing()[:2]), engine.NewNews(record(), machine(statelark.LogOff, false), failing()[2:])
	first.Input, last.Input = `{"a":1}`, `{"a":1}`
	redriven := record()
	redriven.Redrives, redriven.Redriven = 1, time.UnixMilli(2000)
	again := engine.NewNews(redriven, machine(statelark.LogOff, false), []history.Event{
		{ID: 9, At: 2000, Type: history.ExecutionRedriven, RedriveCount: 1}, {ID: 10, At: 2001, Type: history.ExecutionSucceeded, Data: `"out"`}})
	again.Input = `{"a":1}`
	common := map[string]any{
		"executionArn": "arn:aws:states:eu-west-1:123456789012:execution:M:x", "stateMachineArn": machineARN, "stateMachineVersionArn": nil,
		"stateMachineAliasArn": nil, "name": "x", "startDate": 1000.0, "input": `{"a":1}`, "inputDetails": map[string]any{"included": true},
	}
	want := []map[string]any{
		{"status": "RUNNING", "stopDate": nil, "output": nil, "outputDetails": nil, "error": nil, "cause": nil,
			"redriveCount": 0.0, "redriveDate": nil, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Execution is RUNNING and cannot be redriven"},
		{"status": "FAILED", "stopDate": 1007.0, "output": nil, "outputDetails": nil, "error": "Odd", "cause": "odd",
			"redriveCount": 0.0, "redriveDate": nil, "redriveStatus": "REDRIVABLE", "redriveStatusReason": nil},
		{"status": "RUNNING", "stopDate": nil, "output": nil, "outputDetails": nil, "error": nil, "cause": nil,
			"redriveCount": 1.0, "redriveDate": 2000.0, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Execution is RUNNING and cannot be redriven"},
		{"status": "SUCCEEDED", "stopDate": 2001.0, "output": `"out"`, "outputDetails": map[string]any{"included": true}, "error": nil, "cause": nil,
			"redriveCount": 1.0, "redriveDate": 2000.0, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven"},
	}
	for _, w := range want {
		for name, v := range common {
			w[name] = v
		}
	}
	if diff := cmp.Diff(want, details(t, read(t, toChanges, first, last, again))); diff != "" {
		t.Error(diff)
	}
	express := machine(statelark.LogOff, false)
	express.Type = statelark.Express
	if lines := read(t, toChanges, engine.NewNews(record(), express, failing())); len(lines) != 0 {
		t.Errorf("an express execution is told: %s", lines)
	}
}

func TestAStatusChangeWithoutItsPayloads(t *testing.T) {
	n := engine.NewNews(record(), machine(statelark.LogOff, false), []history.Event{{ID: 5, At: 2000, Type: history.ExecutionSucceeded, Data: `1`}})
	n.Input = `"` + strings.Repeat(`\n`, 100_000) + `"`
	d := details(t, read(t, toChanges, n))[0]
	not := map[string]any{"included": false}
	if d["input"] != nil || d["output"] != nil || !reflect.DeepEqual(d["inputDetails"], not) || !reflect.DeepEqual(d["outputDetails"], not) {
		t.Errorf("input %v %v, output %v %v", d["input"], d["inputDetails"], d["output"], d["outputDetails"])
	}
}

// stuck is a sink whose writes never end, but for the end of their context.
type stuck struct{ began chan struct{} }

func (s stuck) Write(ctx context.Context, entries []Entry) (int, error) {
	select {
	case s.began <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

func (stuck) Close() error { return nil }

func TestAStuckSinkHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad, good := NewOutlet("bad", stuck{make(chan struct{}, 1)}, quiet), &memory{}
		outlets := []*Outlet{bad, NewOutlet("good", good, quiet)}
		r := NewExecutionLog(outlets...)
		const executions = 4000 // 8 lines each
		for range executions {
			r.Read(engine.NewNews(record(), machine(statelark.LogAll, true), failing()))
			synctest.Wait() // the good one keeps up
		}
		for _, o := range outlets {
			_, dropped, queued := o.Counts()
			if want := int64(executions*8 - maxEntries); o == bad && (dropped != want || queued != maxEntries) {
				t.Errorf("dropped %d and queued %d, want %d and %d", dropped, queued, want, maxEntries)
			}
			if o != bad && dropped != 0 {
				t.Errorf("the good one dropped %d", dropped)
			}
			_ = o.Close(t.Context())
		}
		if len(good.lines) != executions*8 {
			t.Errorf("the good one has %d lines", len(good.lines))
		}
	})
}

// blocking is a reader that stands still until it is let go.
type blocking struct{ free chan struct{} }

func (b blocking) Read(*engine.News) { <-b.free }

func TestATapNeverWaits(t *testing.T) {
	b := blocking{make(chan struct{})}
	tap := NewTap(quiet, b)
	for range 2 * maxNews {
		tap.Tell(engine.NewNews(record(), machine(statelark.LogAll, true), failing()))
	}
	if dropped := tap.Dropped(); dropped < maxNews-1 || dropped > maxNews { // one may be with the reader
		t.Errorf("dropped %d", dropped)
	}
	close(b.free)
	if err := tap.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// tiny is what is left of a News, by reading it.
type tiny struct {
	free chan struct{}
	cut  int
}

func (r *tiny) Read(n *engine.News) {
	<-r.free
	if n.Cut {
		r.cut++
	}
}

func TestATapHoldsFewBytes(t *testing.T) {
	r := &tiny{free: make(chan struct{})}
	tap := NewTap(quiet, r)
	for range 100 {
		large := engine.NewNews(record(), machine(statelark.LogAll, true), []history.Event{{ID: 1, Data: strings.Repeat("x", 1<<20)}})
		tap.Tell(large)
	}
	if held, dropped := tap.bytes.Load(), tap.Dropped(); held < maxNewsBytes || held > maxNewsBytes+100 || dropped != 0 {
		t.Errorf("%d bytes are held, %d dropped", held, dropped)
	}
	close(r.free)
	if err := tap.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if held := tap.bytes.Load(); held != 0 || r.cut != 100-maxNewsBytes>>20 {
		t.Errorf("%d bytes are still counted, %d were cut", held, r.cut)
	}
}

// Variables, errors and causes count, too, and no more of a cause is kept than AWS takes when there is no room.
func TestATapCountsAllTexts(t *testing.T) {
	r := &tiny{free: make(chan struct{})}
	tap := NewTap(quiet, r)
	for i := range 100 {
		cause := strings.Repeat("x", 1<<20)
		e := history.Event{ID: 1, Type: history.ExecutionFailed, Cause: &cause}
		if i%2 == 1 {
			e = history.Event{ID: 1, Type: history.PassStateExited, Data: "1", Assigned: []value.Member{{Key: "v", Value: value.FromString(cause)}}}
		}
		tap.Tell(engine.NewNews(record(), machine(statelark.LogAll, true), []history.Event{e}))
	}
	held := tap.bytes.Load()
	close(r.free)
	if err := tap.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if whole := 100 - r.cut; whole < 30 || whole > 32 || held > maxNewsBytes/4*5 || tap.Dropped() != 0 || tap.bytes.Load() != 0 {
		t.Errorf("%d are whole, %d bytes held, %d dropped", whole, held, tap.Dropped())
	}
}

// What does not fit into the queue of a sink is told without its payloads.
func TestAFullOutletGetsLinesWithoutPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &slow{next: make(chan struct{})}
		out := NewOutlet("slow", sink, quiet)
		log, changes := NewExecutionLog(out), NewStatusChanges(out)
		data, causes := `"`+strings.Repeat("x", 200_000)+`"`, []string{"odd", strings.Repeat("ä", 10<<20)}
		const executions = 200
		for i := range executions {
			n := engine.NewNews(record(), machine(statelark.LogAll, true), []history.Event{
				{ID: 1, At: 1000, Type: history.ExecutionStarted, Data: data}, {ID: 2, At: 1000, Type: history.ExecutionFailed, Cause: &causes[i/(executions-1)]}})
			n.Input = data
			log.Read(n)
			changes.Read(n)
		}
		if _, dropped, _ := out.Counts(); dropped != 0 || out.bytes > maxEntryBytes {
			t.Errorf("dropped %d, holds %d bytes", dropped, out.bytes)
		}
		close(sink.next)
		if err := out.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		var whole, cut, included, left int
		for _, line := range sink.lines {
			whole += strings.Count(line, `{"truncated":false}`)
			cut += strings.Count(line, `{"truncated":true}`)
			included += strings.Count(line, `{"included":true}`)
			left += strings.Count(line, `{"included":false}`)
		}
		if len(sink.lines) != 4*executions || whole == 0 || whole+cut != executions || included == 0 || included+left != 2*executions {
			t.Errorf("%d lines, %d and %d log payloads, %d and %d of changes", len(sink.lines), whole, cut, included, left)
		}
	})
}

func TestNewsWithoutPayloads(t *testing.T) {
	n := engine.NewNews(record(), machine(statelark.LogAll, true), []history.Event{
		{ID: 1, At: 1000, Type: history.ExecutionStarted, Data: `{"a":1}`}, {ID: 2, At: 1000, Type: history.ExecutionSucceeded, Data: `[2]`}})
	n.Input = `{"a":1}`
	n.CutPayloads()
	not := map[string]any{"included": false}
	d := details(t, read(t, toChanges, n))
	if d[0]["input"] != nil || !reflect.DeepEqual(d[0]["inputDetails"], not) || d[0]["outputDetails"] != nil ||
		!reflect.DeepEqual(d[1]["inputDetails"], not) || !reflect.DeepEqual(d[1]["outputDetails"], not) {
		t.Errorf("told %v", d)
	}
	for _, line := range read(t, toLog, n) {
		if !strings.Contains(line, `Details":{"truncated":true}`) {
			t.Errorf("logged %s", line)
		}
	}
}

func entry(line string) []Entry { return []Entry{{Line: []byte(line)}} }

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFileRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := OpenFile(path, 8)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"1", "2", "3", "4", "5", "a line that is too long", "6"} {
		if n, err := f.Write(t.Context(), entry(line)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if n, err := f.Write(t.Context(), slices.Concat(entry("7"), entry("8"), entry("9"), entry("0"))); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "0\n", ".1": "6\n7\n8\n9\n", ".2": "a line that is too long\n", ".3": "5\n", ".4": "1\n2\n3\n4\n", ".5": ""} {
		if got := content(t, path+name); got != want {
			t.Errorf("log%s is %q, want %q", name, got, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAFileThatWasMovedIsBegunAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := OpenFile(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(t.Context(), entry("1"))
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	f.looked = time.Now().Add(-lookEvery)
	if _, err := f.Write(t.Context(), entry("2")); err != nil {
		t.Fatal(err)
	}
	if content(t, path+".moved") != "1\n" || content(t, path) != "2\n" {
		t.Errorf("moved %q, new %q", content(t, path+".moved"), content(t, path))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// receiver is a server of a webhook that answers with the given codes, and 200 after that.
func receiver(t *testing.T, codes ...int) (url string, bodies func() []string) {
	var mu sync.Mutex
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(body))
		if n := len(got); n <= len(codes) {
			w.WriteHeader(codes[n-1])
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func TestAWebhookTriesAgain(t *testing.T) {
	url, bodies := receiver(t, http.StatusServiceUnavailable)
	h := NewWebhook(url)
	n, err := h.Write(t.Context(), slices.Concat(entry("1"), entry("2")))
	if n != 2 || err != nil || !slices.Equal(bodies(), []string{"1", "1", "2"}) {
		t.Errorf("posted %d, %v, %q", n, err, bodies())
	}
	_ = h.Close()
}

func TestAWebhookTakesARefusalForAnAnswer(t *testing.T) {
	url, bodies := receiver(t, http.StatusNotFound, http.StatusFound)
	h := NewWebhook(url)
	n, err := h.Write(t.Context(), slices.Concat(entry("1"), entry("2"), entry("3")))
	if n != 1 || err == nil || !slices.Equal(bodies(), []string{"1", "2", "3"}) {
		t.Errorf("posted %d, %v, %q", n, err, bodies())
	}
	_ = h.Close()
}

func TestAWebhookThatIsDown(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	var log bytes.Buffer
	out := NewOutlet("hook", NewWebhook(s.URL+"?secret"), slog.New(slog.NewTextHandler(&log, nil)))
	r := NewStatusChanges(out)
	n := engine.NewNews(record(), machine(statelark.LogOff, false), failing())
	for range maxEntries {
		r.Read(n)
	}
	if _, dropped, queued := out.Counts(); dropped+queued < 2*maxEntries-maxBatch || queued > maxEntries {
		t.Errorf("dropped %d, queued %d", dropped, queued)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := out.Close(ended); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log tells the URL: %s", log.String())
	}
}

// closedPipe is a stream that takes so many bytes.
type closedPipe int

func (p closedPipe) Write(b []byte) (int, error) {
	if len(b) > int(p) {
		return int(p), errors.New("closed")
	}
	return len(b), nil
}

func TestAStreamTellsWhatWentOut(t *testing.T) {
	s := &Stream{W: closedPipe(5)}
	if n, err := s.Write(t.Context(), slices.Concat(entry("12"), entry("34"), entry("56"))); n != 1 || err == nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if n, err := s.Write(t.Context(), entry("1234")); n != 1 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
}

// slow is a sink that takes one entry after the other, when it is let.
type slow struct {
	memory
	next chan struct{}
}

func (s *slow) Write(ctx context.Context, entries []Entry) (int, error) {
	<-s.next
	return s.memory.Write(ctx, entries)
}

// What lines lie in is used again, and never while one of them is still to be written.
func TestLinesThatWaitStayWhatTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &slow{next: make(chan struct{})}
		out := NewOutlet("slow", sink, quiet)
		var want []string
		line := make([]byte, 0, pieceBytes)
		for round := range 50 {
			for i := range 40 {
				line = append(line[:0], strings.Repeat(string(rune('a'+round%26)), 1+i*i*i%(pieceBytes/3))...)
				want = append(want, string(line))
				out.Put(func(int) []byte { return line }, Entry{Line: line})
			}
			select {
			case sink.next <- struct{}{}:
			default:
			}
		}
		close(sink.next)
		if err := out.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sink.lines, want) {
			t.Errorf("%d lines came out, %d went in, or some differ", len(sink.lines), len(want))
		}
	})
}
