package search

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/search/query"
)

var rewrite = flag.Bool("rewrite", false, "write the rows of testdata")

// goldenDocuments are those of the segment in testdata, in the order of their ids.
func goldenDocuments() []*document {
	at := epoch.UnixMilli()
	child := &document{
		id: statelark.NewExecID(epoch, 1, 1), status: statelark.Running, start: at - 5, machine: machine + "orders/each", name: "child",
		mapRun: "arn:aws:states:us-east-1:123456789012:mapRun:orders/each:u", payloads: query.Payloads{Input: `{"n": 1`},
	}
	failed := &document{
		id: statelark.NewExecID(epoch.Add(time.Second), 2, 2), status: statelark.Failed, start: at + 1000, stop: at + 900, machine: machine + "orders",
		name: "failed", err: "Card.Declined", alias: machine + "orders:PROD", version: machine + "orders:3", redrives: 2, events: 300,
		payloads: query.Payloads{Input: `{"id": 7}`, Cause: "no money"},
	}
	done := &document{
		id: statelark.NewExecID(epoch.Add(2*time.Second), 3, 3), status: statelark.Succeeded, start: at + 2000, stop: at + 2000, machine: machine + "orders",
		name: "done", events: 12, payloads: query.Payloads{Input: `{}`, Output: `{"parcel": ["P1", 2.50]}`},
	}
	return []*document{child, failed, done}
}

// TestGolden reads the rows that the first build with an index wrote. Rows of a new form have a new version, and the old ones
// stay readable, or are left out and made anew.
func TestGolden(t *testing.T) {
	s, p := buildSegment(7, goldenDocuments())
	s = s.without([]mark{{7, 0, true}})
	files := map[string]*[]byte{"header": &p.header, "records": &p.records, "payloads": &p.payloads, "filter": &p.filter}
	p.header = s.append()
	for name, data := range files {
		path := "testdata/segment1." + name
		if *rewrite {
			if err := os.WriteFile(path, *data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if *data, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := parseHeader(7, p.header)
	if err != nil {
		t.Fatal(err)
	}
	compared := cmp.AllowUnexported(segment{}, document{})
	if diff := cmp.Diff(s, got, compared); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	r, err := parseRecords(p.records)
	if err != nil {
		t.Fatal(err)
	}
	payloads, err := parsePayloads(p.payloads, got.count)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range goldenDocuments() {
		d := r.document(i)
		d.payloads = payloads[i]
		if diff := cmp.Diff(want, d, compared); diff != "" {
			t.Errorf("document %d (-want +got):\n%s", i, diff)
		}
	}
	f, err := parseFilter(p.filter)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"input.id=7": true, "output.parcel=2.5": true, "input.n=1": true, "input.id=8": false} {
		var terms []query.Term
		parse(t, text).Walk(func(c *query.Cond, _ bool) { terms, _ = c.Terms() })
		if f.has(terms[0]) != want {
			t.Errorf("the filter has %s: %v", text, !want)
		}
	}
}

// TestBroken: a row that is broken is an error, and never a panic.
func TestBroken(t *testing.T) {
	_, p := buildSegment(7, goldenDocuments())
	parsers := map[string]func([]byte) error{
		"header":   func(b []byte) error { _, err := parseHeader(7, b); return err },
		"records":  func(b []byte) error { _, err := parseRecords(b); return err },
		"payloads": func(b []byte) error { _, err := parsePayloads(b, 3); return err },
	}
	for name, data := range map[string][]byte{"header": p.header, "records": p.records, "payloads": p.payloads} {
		for n := range data {
			if err := parsers[name](data[:n]); err == nil {
				t.Errorf("%s cut at %d of %d: no error", name, n, len(data))
			}
		}
		data[0]++
		if err := parsers[name](data); err == nil {
			t.Errorf("%s of another version: no error", name)
		}
	}
}
