package events

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/local/kv"
)

// TestVersion1 goes on with rows as the first version has written them: keys and values, quoted, one a line. The file never changes; a
// later form gets one of its own.
func TestVersion1(t *testing.T) {
	text, err := os.ReadFile("testdata/version1.txt")
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(b *bench) {
		var batch kv.Batch
		for line := range strings.Lines(string(text)) {
			key, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			k, err1 := strconv.Unquote(key)
			v, err2 := strconv.Unquote(rest)
			if err1 != nil || err2 != nil {
				b.Fatalf("%s: %v, %v", line, err1, err2)
			}
			batch.Set([]byte(k), []byte(v))
		}
		if err := b.o.Store.Apply(&batch); err != nil {
			b.Fatal(err)
		}
		b.want(b.do("DescribeEventBus", `{"Name":"x"}`), `"x"`, "Name")
		b.want(b.do("ListTagsForResource", `{"ResourceARN":"`+busARN(here, "x")+`"}`), `[{"Key":"k","Value":"v"}]`, "Tags")
		b.want(b.do("DescribeArchive", `{"ArchiveName":"a"}`), "1", "EventCount")
		c := at(b.do("DescribeApiDestination", `{"Name":"d"}`), "ConnectionArn").Str()
		if got, err := b.Connection(b.Context(), c); err != nil || got.Basic.Password != "hush" {
			b.Errorf("the connection is %+v, %v", got, err)
		}
		if err := b.Start(); err != nil { // an event for the queue, a replay of it, and a schedule were on their way
			b.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.wantTold(`"MessageBody":"{\"n\":1}"`, `"MessageBody":"{\"n\":1}"`)
		b.want(b.do("DescribeReplay", `{"ReplayName":"p"}`), `"COMPLETED"`, "State")
		time.Sleep(4 * time.Minute)
		b.wantTold(`"MessageBody":"\"timed\""`)
	})
}
