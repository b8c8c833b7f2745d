package history_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/history"
)

var rewrite = flag.Bool("rewrite", false, "write the golden block of the present version")

// testdata/golden/v1 is a block as the builds of version 1 write it, and what it says: an event of each type, a text that
// comes again, a blob. When it differs, the stored form or the number of a type has changed. Either that was not meant,
// or packedVersion rises, the decoder of the old version stays, and -rewrite writes the file of the new one. Types are
// only ever added, at the end. The file of a version that was released is not to change.
const goldenBlock = "testdata/golden/v1"

func goldenEvents() []history.Event {
	var events []history.Event
	for typ := history.Type(1); typ.String() != ""; typ++ {
		e := full(typ)
		e.ID, e.At = int64(typ), e.At+int64(typ/5)
		events = append(events, e)
	}
	n := int64(len(events))
	long := strings.Repeat("long ", 1000)
	return append(events,
		history.Event{ID: n + 1, Previous: n, Type: history.ExecutionFailed, Cause: &long},
		history.Event{ID: n + 2, Previous: n + 1, Type: history.ExecutionFailed, Error: &long})
}

// goldenText is a block in hex and its events in JSON, which shows types by name.
func goldenText(t *testing.T, block []byte, kept *blobs) string {
	t.Helper()
	events, err := decode(block, kept)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%x\n", block)
	for i := range events {
		b.Write(history.AppendJSON(nil, &events[i], history.WireOptions{}))
		b.WriteString("\n")
	}
	return b.String()
}

func TestGoldenBlock(t *testing.T) {
	var kept blobs
	got := goldenText(t, encode(goldenEvents(), &kept), &kept)
	if *rewrite {
		if err := os.WriteFile(goldenBlock, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenBlock)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the stored form has changed; see the head of this file. -want +got:\n%s", diff)
	}
}

// TestGoldenBlockIsRead reads the block of the file itself.
func TestGoldenBlockIsRead(t *testing.T) {
	want, err := os.ReadFile(goldenBlock)
	if err != nil {
		t.Fatal(err)
	}
	var block []byte
	first, _, _ := strings.Cut(string(want), "\n")
	if _, err := fmt.Sscanf(first, "%x", &block); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), goldenText(t, block, &blobs{strings.Repeat("long ", 1000)})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
