package engine

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

func pointer(s string) *string { return &s }

// What the golden files of Map Runs hold.
var (
	goldenOrigin = origin{
		machine: "arn:aws:states:us-east-1:000000000000:stateMachine:M", revision: "INITIAL@1767225600123", name: "e",
		version: "arn:aws:states:us-east-1:000000000000:stateMachine:M:3", alias: "arn:aws:states:us-east-1:000000000000:stateMachine:M:PROD",
		start: goldenMachine.Created,
	}
	goldenRun = runState{
		origin: goldenOrigin, spec: 1, blobs: 300, express: true, batched: true, export: exportFiles, concurrency: 40, tolerated: 5,
		percentage: 12.5, phase: collecting, failure: &interp.Failure{Error: pointer("E"), Cause: pointer("ä"), Fatal: true}, aborted: true,
		cursor: []byte("\x01{\"n\":7}"), nextChild: 700, nextItem: 1400, readAll: true, bound: 1400, known: true,
		children: endings{statelark.Succeeded: 600, statelark.Failed: 3, statelark.TimedOut: 2, statelark.Aborted: 1},
		items:    endings{statelark.Succeeded: 1200, statelark.Failed: 6, statelark.TimedOut: 4, statelark.Aborted: 2},
		outputs:  4711, lastChunk: 9, indexes: 2, redrives: 1, redriven: goldenMachine.Updated, wrote: 1,
		again:      endings{statelark.Failed: 30, statelark.TimedOut: 20, statelark.Aborted: 10},
		againItems: endings{statelark.Failed: 60, statelark.TimedOut: 40, statelark.Aborted: 20}, fixed: 1, fixedItems: 2, walk: walk{1, 2},
	}
	goldenChunk = chunk{
		number: 9, first: 500, firstItem: 1000, cursor: []byte("\x00c"), at: goldenMachine.Created, count: 10,
		items: []uint32{2, 2, 2, 2, 2, 2, 2, 2, 2, 1}, begun: 7, done: bitmap{0b10011, 0}, left: 7, stored: true, blob: 12,
	}
	goldenIndex    = []segment{{blob: 2, count: 1000, well: true, first: 3, last: 1200}, {blob: 3, count: 1, again: true, first: 7, last: 7}}
	goldenStandard = []endedChild{{index: 7, items: 1, status: statelark.Succeeded, at: goldenMachine.Created}, {index: 1 << 33, items: 3, status: statelark.TimedOut, at: goldenMachine.Created}}
	goldenChildren = []endedChild{
		{index: 7, items: 1, status: statelark.Succeeded, id: statelark.ExecID([]byte("0123456789abcdef")), start: goldenMachine.Created, stop: goldenMachine.Updated, input: `{"a":1}`, output: `{"a":1}`},
		{index: 8, items: 2, status: statelark.Succeeded, id: statelark.ExecID([]byte("1123456789abcdef")), start: goldenMachine.Created, stop: goldenMachine.Updated, input: `{"a":1}`, output: `"ä"`},
		{index: 9, items: 3, status: statelark.Failed, id: statelark.ExecID([]byte("2123456789abcdef")), start: goldenMachine.Created, stop: goldenMachine.Updated, input: `1`, err: pointer("E"), cause: pointer("")},
	}
)

// The stored forms of Map Runs are read for ever: a golden file is never changed.
func TestGoldenMapRuns(t *testing.T) {
	parent, run := statelark.ExecID([]byte("parent-012345678")), statelark.ExecID([]byte("run-012345678901"))
	r := &mapRun{
		id: run, name: "6b1a2f0e-8f2a-4c55-9f0e-0d6f6f9d1f10", arn: "arn:aws:states:us-east-1:000000000000:mapRun:M/L:6b1a2f0e-8f2a-4c55-9f0e-0d6f6f9d1f10",
		record: &statelark.Execution{Revision: goldenOrigin.revision, Parent: parent, ParentWait: 4}, state: &runState{batched: true, redrives: 3},
		program: &program{record: &statelark.StateMachine{ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:M/L"}},
	}
	c := goldenChunk
	c.blob = 0
	c.inputs = []value.Value{value.Checked(`{"i":0}`), value.Checked(`{"i":1}`)}
	begun := &beginning{
		parent: &parentWait{exec: run, seq: 3<<indexBits | 501, tells: tellsRun}, id: r.childID(&c, 1), mapRun: r.arn, items: 2,
		start: statelark.ExecutionStart{Machine: r.program.record.ARN, Name: r.childName(&c, 1), Input: `{"i":1}`},
	}
	tested := &mapRun{id: run, name: r.name, arn: r.arn, record: &statelark.Execution{Revision: goldenOrigin.revision, TestCase: "HappyPath"}, state: r.state, program: r.program}
	beginning := runBeginning{parent: parent, seq: 4, arn: r.arn, origin: goldenOrigin, spec: "see package interp"}
	ended := childEndedMessage(parentWait{run, 3<<indexBits | 500, tellsRun}, &statelark.Execution{Status: statelark.Failed}, &interp.End{Output: value.Checked("12345")})
	for _, g := range []struct {
		name string
		data []byte
		want any
		read func([]byte) (any, error)
	}{
		{"maprun.v1", goldenRun.append(nil), &goldenRun, func(b []byte) (any, error) { return parseRunState(b) }},
		{"maprun-chunk.v1", goldenChunk.append(nil), &goldenChunk, func(b []byte) (any, error) { return parseChunk(9, b) }},
		{"maprun-index.v1", appendIndex(nil, goldenIndex), goldenIndex, func(b []byte) (any, error) { return parseIndex(b) }},
		{"maprun-standard.v1", appendSegment(nil, false, goldenStandard), goldenStandard, func(b []byte) (any, error) { return parseSegment(b) }},
		{"maprun-express.v1", appendSegment(nil, true, goldenChildren), goldenChildren, func(b []byte) (any, error) { return parseSegment(b) }},
		{"message-child", beginChildMessage(r, &c, 1).Data, begun, func(b []byte) (any, error) {
			got, revision, err := parseBeginChild(r.childID(&c, 1), b[1:])
			if err == nil && len(b) == len(beginChildMessage(r, &c, 1).Data) {
				is(t, "revision", revision, goldenOrigin.revision)
			}
			return got, err
		}},
		{"message-test", beginChildMessage(tested, &c, 1).Data, begun, func(b []byte) (any, error) {
			testCase, rest := parseBeginTest(b[1:])
			got, _, err := parseBeginChild(r.childID(&c, 1), rest)
			if err == nil && len(rest) > 0 {
				is(t, "test case", testCase, "HappyPath")
			}
			return got, err
		}},
		{"message-run", beginning.append([]byte{messageBeginRun}), &beginning, func(b []byte) (any, error) { return parseRunBeginning(b[1:]) }},
		{"message-ended", ended.Data, childEnd{index: 500, redrive: 3, status: statelark.Failed, output: 5, fixed: true}, func(b []byte) (any, error) {
			return parseChildEnd(&statelark.Message{MessageKey: ended.MessageKey, Data: b})
		}},
		{"message-run-failed", runEndedMessage(r.record, "", goldenRun.failure).Data, interp.Event{Kind: interp.MapRunFailed, Seq: 4, Error: pointer("E"), Cause: pointer("ä"), Fatal: true}, readRunEnded},
		{"message-run-succeeded", runEndedMessage(r.record, "[1]", nil).Data, interp.Event{Kind: interp.MapRunSucceeded, Seq: 4, Output: value.Checked("[1]")}, readRunEnded},
	} {
		t.Run(g.name, func(t *testing.T) {
			name := "testdata/golden/" + g.name
			data, err := os.ReadFile(name)
			if os.IsNotExist(err) && os.Getenv("STATELARK_NEW_GOLDEN") != "" {
				data, err = g.data, os.WriteFile(name, g.data, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(data, g.data) {
				t.Errorf("the stored form is no longer that of %s: %q", name, g.data)
			}
			got, err := g.read(data)
			if err != nil || !reflect.DeepEqual(got, g.want) {
				t.Errorf("%s is read as %+v, %v; want %+v", name, got, err, g.want)
			}
			for cut := range len(data) - 1 {
				_, _ = g.read(append([]byte{}, data[:cut+1]...)) // an error, or less than there was; no panic
			}
		})
	}
}

// TestMapRunsOfALaterReleaseAreRefused: the version is looked at before anything else.
func TestMapRunsOfALaterReleaseAreRefused(t *testing.T) {
	for name, read := range map[string]func([]byte) error{
		"maprun.v1":          func(b []byte) error { _, err := parseRunState(b); return err },
		"maprun-chunk.v1":    func(b []byte) error { _, err := parseChunk(9, b); return err },
		"maprun-index.v1":    func(b []byte) error { _, err := parseIndex(b); return err },
		"maprun-standard.v1": func(b []byte) error { _, err := parseSegment(b); return err },
		"maprun-express.v1":  func(b []byte) error { _, err := parseSegment(b); return err },
	} {
		data, err := os.ReadFile("testdata/golden/" + name)
		if err != nil {
			t.Fatal(err)
		}
		data[0]++
		if err := read(data); err == nil || !strings.Contains(err.Error(), "a later release wrote it") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMessagesOfMapRuns: those that say no more than what they are. Their keys and kinds are stored, and stay what they are.
func TestMessagesOfMapRuns(t *testing.T) {
	parent, run := statelark.ExecID([]byte("parent-012345678")), statelark.ExecID([]byte("run-012345678901"))
	r := &mapRun{id: run, state: &runState{redrives: 3}, program: &program{record: new(statelark.StateMachine)}}
	again := &chunk{blob: 1, again: []endedChild{{index: 7}}}
	l := &live{record: &statelark.Execution{ID: parent}}
	for want, m := range map[string]statelark.Message{
		"8000000000000004 0a706172656e742d303132333435363738": redriveRunMessage(l, &interp.StartMapRun{Seq: 4, Redrive: "arn:aws:states:us-east-1:000000000000:mapRun:M/L:u"}),
		"c000000000000004 05706172656e742d303132333435363738": stopRunMessage(run, parent, 4),
		"c000000000000003 08": stopChildMessage(r, run),
		"8000000000000003 0c": r.childMessage(again, 0),
	} {
		is(t, "message", fmt.Sprintf("%016x %x", m.Seq, m.Data), want)
	}
}

func readRunEnded(b []byte) (any, error) {
	var m message
	err := m.runEnded(4, b[1:])
	return m.event, err
}

func TestNamesOfChildren(t *testing.T) {
	seen := make(map[string]bool)
	for _, run := range []string{"a", "6b1a2f0e-8f2a-4c55-9f0e-0d6f6f9d1f10"} {
		for _, index := range []int64{0, 1, 2, 255, 256, 99_999_999, 1<<40 - 1} {
			name := childName(run, index)
			if seen[name] {
				t.Errorf("%s is the name of two", name)
			}
			seen[name] = true
			if got, ok := childIndex(run, name); !ok || got != index {
				t.Errorf("%s is read as %d, %v; want %d", name, got, ok, index)
			}
			if _, ok := childIndex(run+"b", name); ok {
				t.Errorf("%s is taken for a child of another run", name)
			}
			if name[14] != '4' || fmt.Sprintf("%c", name[19])[0] < '8' {
				t.Errorf("%s is no UUID of version 4", name)
			}
		}
	}
	for _, name := range []string{"", "x", "6b1a2f0e-8f2a-4c55-9f0e-0d6f6f9d1f10", "6b1a2f0e-8f2a-4c55-9f0e-0d6f6f9d1f1z"} {
		if _, ok := childIndex("a", name); ok {
			t.Errorf("%q is taken for the name of a child", name)
		}
	}
}
