package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// TestBlock paints the histories of testdata/progress after each of their events. NAME.jsonl holds the events and
// NAME.asl.json the definition; NAME.txt shows the blocks.
func TestBlock(t *testing.T) {
	histories, err := filepath.Glob("testdata/progress/*.jsonl")
	if err != nil || len(histories) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, path := range histories {
		name := strings.TrimSuffix(path, ".jsonl")
		t.Run(filepath.Base(name), func(t *testing.T) {
			got := blocks(t, name)
			if *rewrite {
				if err := os.WriteFile(name+".txt", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("- expected, + painted:\n%s", diff)
			}
		})
	}
}

func blocks(t *testing.T, name string) string {
	definition, err := os.ReadFile(name + ".asl.json")
	if err != nil {
		t.Fatal(err)
	}
	machine, found := asl.Parse(string(definition), asl.Options{})
	if machine == nil {
		t.Fatal(asl.Message(found))
	}
	events, err := os.ReadFile(name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	p := newProgress(machine)
	b := &blockPainter{name: filepath.Base(name)}
	var out strings.Builder
	for line := range strings.Lines(string(events)) {
		v, err := value.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		e := readEvent(v)
		p.add(&e)
		out.WriteString(e.kind + "\n" + strings.Join(b.lines(p, e.at.Add(100*time.Millisecond), 60), "\n") + "\n\n")
	}
	return out.String()
}

// TestBlockRepaints paints one block over another and shows the end of one that is too high.
func TestBlockRepaints(t *testing.T) {
	p := newProgress(nil)
	var out bytes.Buffer
	b := &blockPainter{w: &out, name: "m", size: func() (int, int) { return 20, 4 }}
	at := time.UnixMilli(0)
	p.add(&event{id: 1, kind: "ExecutionStarted", at: at})
	b.paint(p, at)
	for i, name := range []string{"A", "B", "C with a long name, longer than the terminal is wide"} {
		p.add(&event{id: int64(i) + 2, kind: "PassStateEntered", name: name, at: at})
	}
	b.paint(p, at)
	b.paint(p, at)
	line := func(text string) string { return "\r\x1b[2K" + text + "\n" }
	block := line("● m  running  00:00…") + line("   … 2 more") + line(" ⟳ C with a long na…") + "\x1b[J"
	want := line("● m  running  00:00…") + "\x1b[J" + "\x1b[1A" + block + "\x1b[3A" + block
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("- expected, + painted:\n%s", diff)
	}
}

func TestStyle(t *testing.T) {
	for _, test := range []struct {
		mode string
		env  map[string]string
		want bool
	}{
		{"auto", nil, false}, // a buffer is no terminal
		{"auto", map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{"auto", map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{"auto", map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{"always", map[string]string{"NO_COLOR": "1"}, true},
		{"never", map[string]string{"CLICOLOR_FORCE": "1"}, false},
	} {
		s, err := newStyle(test.mode, new(bytes.Buffer), func(name string) string { return test.env[name] })
		if err != nil || s.coloured != test.want {
			t.Errorf("--color %s with %v: %v, %v", test.mode, test.env, s.coloured, err)
		}
	}
}
