package pebblestore

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/statelark/statelark"
)

func TestRecordRoundTrip(t *testing.T) {
	milli := rapid.Int64Range(-1<<50, 1<<50)
	rapid.Check(t, func(t *rapid.T) {
		id := statelark.NewExecID(time.UnixMilli(rapid.Int64Range(0, 1<<47).Draw(t, "id")), 3, rapid.Uint64().Draw(t, "unique"))
		x := &statelark.Execution{
			ID: id, Status: statelark.Status(rapid.IntRange(0, 6).Draw(t, "status")),
			Start:   time.UnixMilli(milli.Draw(t, "start")).UTC(),
			Events:  rapid.Int64Min(0).Draw(t, "events"),
			Machine: rapid.String().Draw(t, "machine"), Revision: rapid.String().Draw(t, "revision"), Name: rapid.String().Draw(t, "name"),
			Version: rapid.String().Draw(t, "version"), Alias: rapid.String().Draw(t, "alias"), TraceHeader: rapid.String().Draw(t, "trace"),
		}
		x.Kept = rapid.Bool().Draw(t, "kept")
		if rapid.Bool().Draw(t, "child") {
			x.MapRun, x.Items = "run"+rapid.String().Draw(t, "map run"), rapid.Int64Min(0).Draw(t, "items")
		}
		if rapid.Bool().Draw(t, "redriven") {
			x.Redrives, x.Redriven = rapid.Int64Min(1).Draw(t, "redrives"), time.UnixMilli(milli.Draw(t, "redrive date")).UTC()
			for range rapid.IntRange(0, 3).Draw(t, "tokens") {
				x.RedriveTokens = append(x.RedriveTokens, statelark.RedriveToken{Token: rapid.String().Draw(t, "token"), At: x.Redriven})
			}
		}
		if rapid.Bool().Draw(t, "mocked") {
			x.TestCase = "case" + rapid.String().Draw(t, "test case")
		}
		if rapid.Bool().Draw(t, "forked") {
			x.Fork = &statelark.Origin{
				ARN: rapid.String().Draw(t, "origin"), State: rapid.String().Draw(t, "state"),
				Event: rapid.Int64Min(0).Draw(t, "event"), Variables: rapid.Uint32().Draw(t, "variables"),
			}
		}
		if rapid.Bool().Draw(t, "stopped") {
			x.Stop = time.UnixMilli(milli.Draw(t, "stop")).UTC()
		}
		got, err := parseRecord(appendRecord(nil, id, x), id)
		if diff := cmp.Diff(x, got); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}

// A record of every kind, as it stands in directories: it is read so for good.
func TestRecordGolden(t *testing.T) {
	id := statelark.NewExecID(time.UnixMilli(1_700_000_000_000), 3, 4)
	at := time.UnixMilli(1_700_000_000_000).UTC()
	want := &statelark.Execution{
		ID: id, Status: statelark.Failed, Start: at, Stop: at.Add(time.Second), Events: 300, Parent: id, ParentWait: 9, Machine: "m", Revision: "r",
		Name: "n", Version: "v", Alias: "a", TraceHeader: "t", MapRun: "u", Items: 5, Redrives: 1, Redriven: at, Kept: true, TestCase: "c",
		RedriveTokens: []statelark.RedriveToken{{Token: "k", At: at}}, Fork: &statelark.Origin{ARN: "o", State: "s", Event: 6, Variables: 7},
	}
	stored := "\x7f\x03\x00\xd0\xaf\xab\xfe\xf9b\xac\x02" + string(id[:]) + "\t\x01m\x01r\x01n\x01v\x01a\x01t\x01u\x05\x01" +
		"\x80\xa0\xab\xfe\xf9b\x01\x01k\x80\xa0\xab\xfe\xf9b\x01c\x01o\x01s\x06\x07"
	if got := string(appendRecord(nil, id, want)); got != stored {
		t.Errorf("it is stored as\n%q, not\n%q", got, stored)
	}
	got, err := parseRecord([]byte(stored), id)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// FuzzRows parses what may stand in a broken row: what is taken for whole must come out the same again.
func FuzzRows(f *testing.F) {
	id := statelark.NewExecID(time.UnixMilli(1_700_000_000_000), 3, 4)
	x := &statelark.Execution{Status: statelark.Succeeded, Start: id.Start(), Stop: id.Start(), Machine: "m", Name: "n"}
	f.Add(appendRecord(nil, id, x))
	x.Fork = &statelark.Origin{ARN: "o", State: "s", Event: 2, Variables: 1}
	f.Add(appendRecord(nil, id, x))
	packed, _ := appendPacked(nil, bytes.Repeat([]byte("row 0"), 50), nil)
	f.Add(appendRunning(nil, id, &running{
		last: 300, status: statelark.Failed, stopped: true, stop: -1, more: true, header: packed,
		noted: []note{{kind: rowThread, seq: 7}, {kind: rowTimer, due: 1_700_000_000_500, seq: 1 << 40}, {kind: rowWork}},
	}))
	f.Add(packed)
	f.Add(appendNumbered(nil, 7, []byte("data")))
	f.Fuzz(func(t *testing.T, row []byte) {
		if x, err := parseRecord(row, id); err == nil {
			again, err := parseRecord(appendRecord(nil, id, x), id)
			if diff := cmp.Diff(x, again); err != nil || diff != "" {
				t.Errorf("record: %v (-first +second):\n%s", err, diff)
			}
		}
		var x, again running
		if err := x.parse(row, id); err == nil {
			err := again.parse(appendRunning(nil, id, &x), id)
			if diff := cmp.Diff(x, again, cmp.AllowUnexported(running{}, note{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("running: %v (-first +second):\n%s", err, diff)
			}
		}
		if data, err := unpack(row); err == nil {
			packed, _ := appendPacked(nil, data, nil)
			if same, err := unpack(packed); err != nil || !bytes.Equal(same, data) {
				t.Errorf("packed: %v, %q, want %q", err, same, data)
			}
		}
		if n, data, err := parseNumbered(row); err == nil {
			again, same, err := parseNumbered(appendNumbered(nil, n, data))
			if err != nil || again != n || string(same) != string(data) {
				t.Errorf("numbered: %v, %d %q, want %d %q", err, again, same, n, data)
			}
		}
	})
}
