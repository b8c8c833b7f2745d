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
		if rapid.Bool().Draw(t, "stopped") {
			x.Stop = time.UnixMilli(milli.Draw(t, "stop")).UTC()
		}
		got, err := parseRecord(appendRecord(nil, id, x), id)
		if diff := cmp.Diff(x, got); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}

// FuzzRows parses what may stand in a broken row: what is taken for whole must come out the same again.
func FuzzRows(f *testing.F) {
	id := statelark.NewExecID(time.UnixMilli(1_700_000_000_000), 3, 4)
	x := &statelark.Execution{Status: statelark.Succeeded, Start: id.Start(), Stop: id.Start(), Machine: "m", Name: "n"}
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
