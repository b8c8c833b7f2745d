package console

import (
	"bufio"
	"bytes"
	"context"
	"fmt"

	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

// heard is a message of a stream.
type heard struct {
	id   int64
	name string
	data string
}

// listener reads a stream.
type listener struct {
	messages chan heard
	first    int64 // the id that the stream began with
	leave    context.CancelFunc
}

// listen opens a stream, and returns once it is there.
func (h *house) listen(topics string, header ...string) *listener {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", h.url+"/api/stream?topics="+topics, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("User", "vera")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || kind != "text/event-stream" {
		h.t.Fatalf("%d %s", resp.StatusCode, kind)
	}
	l := &listener{messages: make(chan heard, 1000), leave: cancel}
	lines := bufio.NewReader(resp.Body)
	if l.first = readMessage(lines).id; l.first == 0 {
		h.t.Fatal("the stream begins without an id")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(l.messages)
		defer func() { _ = resp.Body.Close() }()
		for {
			m := readMessage(lines)
			if m.id == 0 {
				return
			}
			l.messages <- m
		}
	}()
	h.t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

// readMessage reads the next message of a stream; one without an id: there is none.
func readMessage(r *bufio.Reader) (m heard) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return heard{}
		}
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			m.id, _ = strconv.ParseInt(text, 10, 64)
		case "event":
			m.name = text
		case "data":
			m.data = text
		case "":
			if m.id != 0 {
				return m
			}
		}
	}
}

// await returns the first message whose data has a text.
func (l *listener) await(t *testing.T, text string) heard {
	t.Helper()
	for m := range l.messages {
		if strings.Contains(m.data, text) {
			return m
		}
	}
	t.Fatalf("the stream ended without %s", text)
	return heard{}
}

func TestStream(t *testing.T) {
	h := newHouse(t)
	m := h.create("m", passing)
	x := strings.Replace(m, "stateMachine", "execution", 1) + ":x"
	l := h.listen("list,x:" + x)
	h.run(m, "other", `{}`)
	h.run(m, "x", `{"secret":1}`)
	events := l.await(t, `"type":"ExecutionSucceeded"`)
	if events.name != "x" || !strings.Contains(events.data, `"status":"SUCCEEDED"`) || strings.Contains(events.data, "secret") {
		t.Errorf("%+v", events)
	}
	if list := l.await(t, x); list.name != "list" || list.id <= l.first {
		t.Errorf("%+v", list)
	}
}

// TestStreamResumes wants a stream that comes back to get what it has missed, and to be told when that is not there.
func TestStreamResumes(t *testing.T) {
	h := newHouse(t)
	m := h.create("m", passing)
	first := h.listen("list")
	h.run(m, "a", `{}`)
	seen := first.await(t, ":a")
	first.leave()
	for range first.messages {
	}
	other := h.listen("list")
	h.run(m, "b", `{}`)
	other.await(t, ":b") // it is in the ring, and nothing follows
	second := h.listen("list", "Last-Event-ID", fmt.Sprint(seen.id))
	if got := <-second.messages; got.name != "list" || !strings.Contains(got.data, ":b") || strings.Contains(got.data, ":a\"") {
		t.Errorf("after coming back: %+v", got)
	}
	third := h.listen(fmt.Sprintf("list,x:%s&new=x:%s&after=%d", m+"y", m+"y", seen.id)) // a page of it was opened just now
	if got := <-third.messages; got.name != "list" || !strings.Contains(got.data, ":b") {
		t.Errorf("with a new topic: %+v", got)
	}
	for name, header := range map[string]string{"another topic": "overview", "a topic nobody had": "x:" + m + "x"} {
		if got := <-h.listen(header, "Last-Event-ID", fmt.Sprint(seen.id)).messages; got.name != "resync" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, id := range map[string]int64{"an earlier process": 5, "a later one": seen.id + 1e9} {
		if got := <-h.listen("list", "Last-Event-ID", fmt.Sprint(id)).messages; got.name != "resync" || got.id <= seen.id {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTopics(t *testing.T) {
	h := newHouse(t)
	many := strings.Repeat("x:arn:aws:states:us-east-1:123456789012:execution:m:%d,", maxTopics+1)
	args := make([]any, maxTopics+1)
	for i := range args {
		args[i] = i
	}
	for _, topics := range []string{"", ",", "nothing", "x:", "x:abc", fmt.Sprintf(many, args...), "x:arn:aws:states:us-east-1:1:execution:" + strings.Repeat("x", maxARN)} {
		if status, text := h.request("GET", "/api/stream?topics="+topics, "vera", ""); status != 400 {
			t.Errorf("%.60q: %d %s", topics, status, text)
		}
	}
}

// TestManyStreams wants no more streams than there may be, and room for the next once one has left.
func TestManyStreams(t *testing.T) {
	h := newHouse(t)
	var all []*listener
	for range maxStreams {
		all = append(all, h.listen("list"))
	}
	if status, text := h.request("GET", "/api/stream?topics=list", "vera", ""); status != http.StatusServiceUnavailable {
		t.Errorf("one more: %d %s", status, text)
	}
	all[0].leave()
	for range all[0].messages {
	}
	for {
		h.hub.mu.Lock()
		open := len(h.hub.streams)
		h.hub.mu.Unlock()
		if open < maxStreams {
			break
		}
	}
	h.listen("list")
}

// TestCloseEndsStreams wants streams to end with the hub, though nothing happens.
func TestCloseEndsStreams(t *testing.T) {
	h := newHouse(t)
	l := h.listen("overview")
	h.hub.Close()
	for range l.messages {
	}
}

// news is one change of an execution with so many events from an id on.
func news(name string, first int64, n int, ended bool) *engine.News {
	x := &statelark.Execution{Machine: here.StateMachineARN("m"), Name: name, Status: statelark.Running, Start: time.Now()}
	change := engine.NewNews(x, &statelark.StateMachine{}, nil)
	change.Began, change.Ended = first == 1, ended
	if ended {
		x.Status, x.Stop = statelark.Succeeded, x.Start
	}
	for i := range n {
		change.Events = append(change.Events, history.Event{ID: first + int64(i), Type: history.PassStateEntered, Name: "A", At: x.Start.UnixMilli(), Data: "{}"})
	}
	return change
}

// TestBursts wants many changes to become few messages, and too many a resync.
func TestBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		defer h.Close()
		x := executionMark + here.StateMachineARN("m")
		x = strings.Replace(x, "stateMachine", "execution", 1) + ":x"
		s, _, err := h.open([]string{listTopic, overviewTopic, x}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer h.leave(s)
		for i := range 1000 {
			h.Read(news("x", int64(1+i), 1, false))
			h.Read(news(fmt.Sprint(i), 1, 1, true))
		}
		synctest.Wait()
		time.Sleep(2 * time.Second) // of the bubble
		counts, events, rows := map[string]int{}, 0, 0
		list, whole := h.take(s)
		for _, m := range list {
			counts[m.name]++
			events += bytes.Count(m.data, []byte(`"prev"`))
			rows = bytes.Count(m.data, []byte(`"arn"`))
		}
		if !whole || counts["x"] > 20 || events != 1000 || counts["list"] > 20 || counts["overview"] > 3 || counts["resync"] > 0 {
			t.Errorf("%v, %d events, %d rows", counts, events, rows)
		}
		for i := range 2 * maxPending / 100 {
			h.Read(news("x", int64(1001+100*i), 100, false))
		}
		time.Sleep(time.Second)
		if list, _ := h.take(s); list[len(list)-1].name != "resync" && list[0].name != "resync" {
			t.Errorf("after too much: %d messages, the first %s", len(list), list[0].name)
		}
	})
}

// TestSlowStream wants a stream that the ring has gone on without to be told, and the ring to stay within its bounds.
func TestSlowStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		defer h.Close()
		s, _, err := h.open([]string{listTopic}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 * maxRing / 2 {
			h.mu.Lock()
			h.push(listTopic, listTopic, StreamList{Executions: []ExecutionRow{{Name: strings.Repeat("x", 4000), ARN: fmt.Sprint(i)}}})
			h.mu.Unlock()
		}
		if len(h.ring) > maxRing || h.bytes > maxRingBytes {
			t.Errorf("the ring has %d messages, %d bytes", len(h.ring), h.bytes)
		}
		if list, whole := h.take(s); whole || len(list) > 0 {
			t.Errorf("%d messages", len(list))
		}
		if list, whole := h.take(s); !whole || len(list) > 0 {
			t.Errorf("afterwards %d messages, %v", len(list), whole)
		}
		h.leave(s)
		time.Sleep(topicLingers + time.Minute)
		if h.watched.Load() != 0 || len(h.topics) != 0 {
			t.Errorf("%d topics are looked at", len(h.topics))
		}
	})
}

// BenchmarkUnheard is the cost of a change that nobody looks at, for the goroutine of the tap.
func BenchmarkUnheard(b *testing.B) {
	h := NewHub(time.Now)
	defer h.Close()
	for name, change := range map[string]*engine.News{"middle": news("x", 5, 6, false), "end": news("x", 5, 6, true)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h.Read(change)
			}
		})
	}
}

// BenchmarkHeard is the cost of one of an execution that somebody looks at.
func BenchmarkHeard(b *testing.B) {
	h := NewHub(time.Now)
	defer h.Close()
	s, _, _ := h.open([]string{executionMark + "arn:aws:states:us-east-1:123456789012:execution:m:x"}, nil, 0)
	defer h.leave(s)
	change := news("x", 5, 6, false)
	for b.Loop() {
		h.Read(change)
	}
}
