package logs

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// count are the bytes of the events that the store has, as held counts them.
func (b *bench) count() (bytes int64) {
	b.Helper()
	for st, err := range b.streams.All(here, b.groupID()) {
		if err != nil {
			b.Fatal(err)
		}
		for e, err := range b.events.All(here, st.ID) {
			if err != nil {
				b.Fatal(err)
			}
			bytes += e.held()
		}
	}
	return bytes
}

func (b *bench) groupID() string {
	b.Helper()
	g, err := b.groups.Get(here, "g")
	if err != nil || g == nil {
		b.Fatal(g, err)
	}
	return g.ID
}

func boundedGroup(t *testing.T, most int64, streams ...string) *bench {
	t.Helper()
	b := newBounded(t, nil, most)
	b.do("CreateLogGroup", `{"logGroupName":"g"}`)
	for _, name := range streams {
		b.do("CreateLogStream", `{"logGroupName":"g","logStreamName":"`+name+`"}`)
	}
	return b
}

// A store in memory keeps to its bound, whoever writes, and the count is what is there.
func TestEventsInMemoryAreBounded(t *testing.T) {
	const most = 100 * (rowBytes + 4)
	b := boundedGroup(t, most, "old", "busy")
	b.put("old", "o001", "o002")
	for i := range 350 {
		b.now = b.now.Add(time.Second)
		b.put("busy", fmt.Sprintf("b%03d", i))
		if got := b.count(); got > most || got != b.held.total {
			t.Fatalf("after %d: %d bytes are there, %d counted, %d may be", i, got, b.held.total, most)
		}
	}
	read := func(stream string) string {
		return messages(b.do("GetLogEvents", `{"logGroupName":"g","logStreamName":"`+stream+`","startFromHead":true}`))
	}
	if got := read("old"); got != "" {
		t.Errorf("the stream that nobody writes to has %s", got)
	}
	busy := strings.Fields(read("busy"))
	if len(busy) < 80 || busy[len(busy)-1] != "b349" || busy[0] != fmt.Sprintf("b%03d", 350-len(busy)) {
		t.Errorf("the stream has %d events, from %s to %s", len(busy), busy[0], busy[len(busy)-1])
	}
	b.want(b.do("DescribeLogGroups", `{}`), fmt.Sprint(len(busy)*(4+eventBytes)), "logGroups", 0, "storedBytes")
	b.put("old", "again")
	if got := read("old"); got != "again" {
		t.Errorf("the stream that lost its events has %q", got)
	}
}

// What is deleted or past its retention does not count.
func TestEventsThatWentDoNotCount(t *testing.T) {
	b := boundedGroup(t, 1<<20, "a", "b")
	b.put("a", "1", "2")
	b.put("b", "3")
	b.do("DeleteLogStream", `{"logGroupName":"g","logStreamName":"a"}`)
	if got := b.held.total; got != rowBytes+1 {
		t.Errorf("%d bytes without the stream", got)
	}
	b.now = b.now.Add(25 * time.Hour)
	b.put("b", "4")
	b.do("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":1}`)
	if got := b.held.total; got != rowBytes+1 || got != b.count() {
		t.Errorf("%d bytes after the retention, %d are there", got, b.count())
	}
	b.do("DeleteLogGroup", `{"logGroupName":"g"}`)
	if got := b.held; got.total != 0 || len(got.streams) != 0 {
		t.Errorf("%d bytes of %d streams without the group", got.total, len(got.streams))
	}
}
