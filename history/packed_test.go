package history_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/value"
)

// blobs is Payloads in memory.
type blobs []string

func (b *blobs) Put(text string) uint32 {
	*b = append(*b, text)
	return uint32(len(*b) - 1)
}

func (b *blobs) Known(text string) (uint32, bool) {
	i := slices.Index(*b, text)
	return uint32(max(i, 0)), i >= 0
}

func (b *blobs) Get(id uint32) (string, error) {
	if int(id) >= len(*b) {
		return "", errors.New("there is no such blob")
	}
	return (*b)[id], nil
}

// sameEvents compares events, values by their text.
var sameEvents = cmp.Options{
	cmp.Comparer(func(a, b value.Value) bool { return a.Text() == b.Text() }),
	cmpopts.EquateEmpty(),
}

func encode(events []history.Event, p row.Payloads) []byte {
	var x history.Encoder
	return x.Encode(nil, events, p)
}

func decode(block []byte, p row.Payloads) ([]history.Event, error) {
	var events []history.Event
	var e history.Event
	d := history.NewDecoder(block, p)
	for d.Next(&e) {
		events = append(events, e)
	}
	return events, d.Err()
}

// texts draws from few texts, so that they repeat, with lengths on both sides of the limit.
var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"", "Pass", "Task", `{"a":1}`, strings.Repeat("x", 4<<10), strings.Repeat("y", 4<<10+1), strings.Repeat("z", 70_000)}),
	rapid.String(),
)

func drawEvent(t *rapid.T, id int64) history.Event {
	e := history.Event{
		ID: id, Previous: rapid.OneOf(rapid.Just(id-1), rapid.Int64()).Draw(t, "previous"),
		At:   rapid.OneOf(rapid.Just(int64(1_700_000_000_000)), rapid.Int64()).Draw(t, "at"),
		Type: history.Type(rapid.IntRange(1, 62).Draw(t, "type")),
	}
	shown := keysShown(e.Type)
	draw := func(slot *string, names ...string) {
		for _, name := range names {
			if shown[name] {
				*slot = texts.Draw(t, name)
			}
		}
	}
	draw(&e.Name, "name", "workerName", "state")
	draw(&e.Data, "input", "output", "parameters")
	draw(&e.Resource, "resource")
	draw(&e.ResourceType, "resourceType")
	draw(&e.Region, "region")
	draw(&e.RoleARN, "roleArn", "taskCredentials")
	draw(&e.Version, "stateMachineVersionArn")
	draw(&e.Alias, "stateMachineAliasArn")
	draw(&e.MapRun, "mapRunArn")
	draw(&e.Location, "location")
	number := func(slot *int64, name string) {
		if shown[name] {
			*slot = rapid.Int64().Draw(t, name)
		}
	}
	number(&e.Timeout, "timeoutInSeconds")
	number(&e.Heartbeat, "heartbeatInSeconds")
	number(&e.Index, "index")
	number(&e.Length, "length")
	number(&e.RedriveCount, "redriveCount")
	if shown["error"] {
		e.Error = rapid.Ptr(texts, true).Draw(t, "error")
		e.Cause = rapid.Ptr(texts, true).Draw(t, "cause")
	}
	if shown["assignedVariables"] {
		for i := range rapid.IntRange(0, 3).Draw(t, "variables") {
			v := value.FromString(texts.Draw(t, "variable"))
			e.Assigned = append(e.Assigned, value.Member{Key: fmt.Sprintf("v%d", i), Value: v})
		}
	}
	return e
}

// keysShown returns the names of the details that a type has.
func keysShown(typ history.Type) map[string]bool {
	e := full(typ)
	v, err := value.ParseBytes(history.AppendJSON(nil, &e, history.WireOptions{}))
	if err != nil {
		panic(err)
	}
	shown := make(map[string]bool)
	for _, m := range v.Members() {
		for _, detail := range m.Value.Members() {
			shown[detail.Key] = true
		}
	}
	return shown
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(1, 30_000).Draw(t, "first")
		events := make([]history.Event, rapid.IntRange(0, 30).Draw(t, "events"))
		for i := range events {
			events[i] = drawEvent(t, first+int64(i))
		}
		var kept blobs
		for _, p := range []row.Payloads{&kept, nil} {
			got, err := decode(encode(events, p), p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(events, got, sameEvents); diff != "" {
				t.Fatalf("events differ (-want +got):\n%s", diff)
			}
		}
	})
}

// An event is what it is, whichever of those before it were skipped.
func TestSkip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := make([]history.Event, rapid.IntRange(1, 10).Draw(t, "events"))
		for i := range events {
			events[i] = drawEvent(t, int64(i+1))
		}
		var kept blobs
		d := history.NewDecoder(encode(events, &kept), &kept)
		for i := range events {
			if rapid.Bool().Draw(t, "skip") {
				d.Skip()
				continue
			}
			var got history.Event
			if !d.Next(&got) {
				t.Fatal(d.Err())
			}
			if diff := cmp.Diff(events[i], got, sameEvents); diff != "" {
				t.Fatalf("event %d differs (-want +got):\n%s", i+1, diff)
			}
		}
	})
}

func TestSkippedBlobsAreNotRead(t *testing.T) {
	long := func(s string) string { return strings.Repeat(s, 5000) }
	events := []history.Event{
		{ID: 1, Type: history.PassStateEntered, Data: long("a")},
		{ID: 2, Previous: 1, Type: history.PassStateEntered, Data: long("b")},
		{ID: 3, Previous: 2, Type: history.PassStateExited, Data: long("b")},
	}
	kept := &counted{}
	d := history.NewDecoder(encode(events, kept), kept)
	d.Skip()
	d.Skip()
	var e history.Event
	if !d.Next(&e) || e.Data != events[2].Data || kept.read != 1 {
		t.Errorf("%v; %d blobs were read", d.Err(), kept.read)
	}
}

// counted counts the blobs that are read.
type counted struct {
	blobs
	read int
}

func (c *counted) Get(id uint32) (string, error) {
	c.read++
	return c.blobs.Get(id)
}

func TestRoundTripOfEveryType(t *testing.T) {
	for _, typ := range allTypes(t) {
		want := full(typ)
		got, err := decode(encode([]history.Event{want}, nil), nil)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v: %v, %d events", typ, err, len(got))
		}
		wire := string(history.AppendJSON(nil, &got[0], history.WireOptions{}))
		if whole := string(history.AppendJSON(nil, &want, history.WireOptions{})); wire != whole {
			t.Errorf("%v:\n got %s\nwant %s", typ, wire, whole)
		}
	}
}

func TestDecoderStopsWhereItIsLeft(t *testing.T) {
	events := sample()
	d := history.NewDecoder(encode(events, nil), nil)
	var e history.Event
	for i := range 3 {
		if !d.Next(&e) || e.ID != events[i].ID {
			t.Fatalf("event %d: %v, id %d", i, d.Err(), e.ID)
		}
	}
	if d.Err() != nil {
		t.Error(d.Err())
	}
}

func TestRepeatedTextsAreStoredOnce(t *testing.T) {
	long := strings.Repeat("payload ", 100)
	again := strings.Clone(long)
	one := encode([]history.Event{{ID: 1, Type: history.PassStateEntered, Data: long}}, nil)
	two := encode([]history.Event{
		{ID: 1, Type: history.PassStateEntered, Data: long},
		{ID: 2, Previous: 1, Type: history.PassStateExited, Data: again},
	}, nil)
	if grown := len(two) - len(one); grown > 8 {
		t.Errorf("a second event with the same payload takes %d bytes", grown)
	}

	var kept blobs
	huge := strings.Repeat(long, 10)
	encode([]history.Event{
		{ID: 1, Type: history.PassStateEntered, Data: huge},
		{ID: 2, Previous: 1, Type: history.PassStateExited, Data: strings.Clone(huge)},
	}, &kept)
	if len(kept) != 1 || kept[0] != huge {
		t.Errorf("a payload that comes twice is %d blobs", len(kept))
	}
}

func TestManyTexts(t *testing.T) {
	var events []history.Event
	for i := range int64(5000) {
		name := fmt.Sprintf("State %d", i/2)
		events = append(events, history.Event{ID: i + 1, Previous: i, Type: history.PassStateEntered, Name: name, Data: name})
	}
	var x history.Encoder
	for round := range 2 {
		got, err := decode(x.Encode(nil, events, nil), nil)
		if diff := cmp.Diff(events, got, sameEvents); err != nil || diff != "" {
			t.Fatalf("round %d: %v (-want +got):\n%s", round, err, diff)
		}
	}
}

func TestBrokenBlocks(t *testing.T) {
	var kept blobs
	events := append(sample(), history.Event{ID: 18, Type: history.ExecutionFailed, Cause: ptr(strings.Repeat("c", 5000))})
	block := encode(events, &kept)
	for n := range block {
		if _, err := decode(block[:n], &kept); err == nil {
			t.Errorf("a block cut to %d of %d bytes is read without an error", n, len(block))
		}
	}
	if _, err := decode(append(block[:len(block):len(block)], 0), &kept); err == nil {
		t.Error("a block with a byte too many is read without an error")
	}
	if _, err := decode(block, nil); err == nil {
		t.Error("a block with a blob is read without payloads")
	}
	if _, err := decode(block, &blobs{}); err == nil {
		t.Error("a block whose blob is lost is read without an error")
	}
	other := append([]byte{block[0] + 1}, block[1:]...)
	if _, err := decode(other, &kept); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a block of another version: %v", err)
	}
}

func FuzzDecoder(f *testing.F) {
	var kept blobs
	f.Add(encode(sample(), &kept))
	for typ := history.Type(1); typ.String() != ""; typ++ {
		f.Add(encode([]history.Event{full(typ), full(typ)}, &kept))
	}
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0})
	f.Fuzz(func(t *testing.T, block []byte) {
		kept := blobs{"one", "two"}
		events, err := decode(block, &kept)
		if err != nil {
			return
		}
		again, err := decode(encode(events, nil), nil)
		if diff := cmp.Diff(events, again, sameEvents); err != nil || diff != "" {
			t.Fatalf("%v, events differ (-first +second):\n%s", err, diff)
		}
	})
}

// sample is the history of an execution of five states with payloads of 500 bytes, as an engine makes it:
// the texts of one state are the same strings as those of the next.
func sample() []history.Event {
	payload := `{"data":"` + strings.Repeat("0123456789", 49) + `"}`
	events := []history.Event{{Type: history.ExecutionStarted, Data: payload, RoleARN: "arn:aws:iam::123456789012:role/statelark"}}
	for _, state := range []string{"First", "Second", "Third", "Fourth"} {
		events = append(events,
			history.Event{Type: history.PassStateEntered, Name: state, Data: payload},
			history.Event{Type: history.PassStateExited, Name: state, Data: payload})
	}
	result := `{"result":"` + strings.Repeat("9876543210", 49) + `"}`
	events = append(events,
		history.Event{Type: history.TaskStateEntered, Name: "Call", Data: payload},
		history.Event{Type: history.TaskScheduled, ResourceType: "lambda", Resource: "invoke", Region: "us-east-1", Data: payload, Timeout: 60},
		history.Event{Type: history.TaskStarted, ResourceType: "lambda", Resource: "invoke"},
		history.Event{Type: history.TaskSucceeded, ResourceType: "lambda", Resource: "invoke", Data: result},
		history.Event{Type: history.TaskStateExited, Name: "Call", Data: result},
		history.Event{Type: history.SucceedStateEntered, Name: "Done", Data: result},
		history.Event{Type: history.SucceedStateExited, Name: "Done", Data: result},
		history.Event{Type: history.ExecutionSucceeded, Data: result})
	for i := range events {
		events[i].ID, events[i].Previous = int64(i+1), int64(i)
		events[i].At = 1_700_000_000_000 + int64(i/5)
	}
	return events
}

func perEvent(b *testing.B, events int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
}

func BenchmarkEncode(b *testing.B) {
	events := sample()
	var x history.Encoder
	var block []byte
	b.ReportAllocs()
	for b.Loop() {
		block = x.Encode(block[:0], events, nil)
	}
	b.ReportMetric(float64(len(block))/float64(len(events)), "B/event")
	perEvent(b, len(events))
}

func BenchmarkDecode(b *testing.B) {
	events := sample()
	block := encode(events, nil)
	var e history.Event
	b.ReportAllocs()
	for b.Loop() {
		d := history.NewDecoder(block, nil)
		for d.Next(&e) {
		}
		if d.Err() != nil {
			b.Fatal(d.Err())
		}
	}
	perEvent(b, len(events))
}

func BenchmarkAppendJSON(b *testing.B) {
	events := sample()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for i := range events {
			dst = history.AppendJSON(dst, &events[i], history.WireOptions{})
		}
	}
	perEvent(b, len(events))
}
