package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write what the commands print into testdata/cli")

// TestCommandLines runs the scripts of testdata/cli. A line "$ statelark …" is a command; below it stands what it
// prints: lines of standard error with "! " before them, then those of standard output, then the exit code when
// it is not 0. "< FILE" at the end of a command is its standard input. What differs from run to run (times,
// UUIDs) is masked.
func TestCommandLines(t *testing.T) {
	runScripts(t, "testdata/cli/*.txt", runCommand)
}

// runScripts runs scripts, whose commands run runs, in testdata/cli.
func runScripts(t *testing.T, pattern string, run func(t *testing.T, line string) string) {
	scripts, err := filepath.Glob(pattern)
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			abs, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir("testdata/cli")
			got := runScript(t, string(want), run)
			if *rewrite {
				if err := os.WriteFile(abs, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (- expected, + printed):\n%s", path, diff)
			}
		})
	}
}

// runScript runs the commands of a script and returns the script with what they print now.
func runScript(t *testing.T, script string, run func(t *testing.T, line string) string) string {
	var out strings.Builder
	for line := range strings.Lines(script) {
		command, isCommand := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ statelark")
		switch {
		case isCommand:
			out.WriteString(line)
			out.WriteString(run(t, command))
		case strings.HasPrefix(line, "# ") || line == "\n":
			out.WriteString(line)
		}
	}
	return out.String()
}

func runCommand(t *testing.T, line string) string {
	var stdin io.Reader = strings.NewReader("")
	command, file, redirected := strings.Cut(line, " < ")
	if redirected {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }() // it was only read
		stdin = f
	}
	args, err := splitWords(command)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var stdout, stderr bytes.Buffer
	code := execute(context.Background(), args, stdin, &stdout, &stderr)
	var out strings.Builder
	for text := range strings.Lines(stderr.String()) {
		out.WriteString(strings.TrimRight("! "+mask(strings.TrimSuffix(text, "\n")), " ") + "\n")
	}
	for text := range strings.Lines(stdout.String()) {
		if text != "\n" { // an empty line stands between commands
			out.WriteString(mask(strings.TrimSuffix(text, "\n")) + "\n")
		}
	}
	if code != 0 {
		fmt.Fprintf(&out, "exit %d\n", code)
	}
	return out.String()
}

var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`^\d\d:\d\d\.\d{3}`), "MM:SS.mmm"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "DATE AND TIME"},
	{regexp.MustCompile(`\b(TOOK|\d+ ms|\d+\.\d s)( *)(\)|$|REDRIVES)`), "TOOK $3"},
	{regexp.MustCompile(`^( *\d+)  \d\d:\d\d\.\d{3}`), "$1  MM:SS.mmm"},
	{regexp.MustCompile(`http://127\.0\.0\.1:[1-9]\d{4}/?`), "URL"},
}

func mask(line string) string {
	for _, m := range masks {
		line = m.pattern.ReplaceAllString(line, m.with)
	}
	return strings.TrimRight(line, " ")
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`python3 greet.py`:           {"python3", "greet.py"},
		`  a   b  `:                  {"a", "b"},
		`python3 -c "print('x y')"`:  {"python3", "-c", "print('x y')"},
		`echo 'a "b" \' c\ d "e\"f"`: {"echo", `a "b" \`, "c d", `e"f`},
		`echo ""`:                    {"echo", ""},
		``:                           nil,
	} {
		got, err := splitWords(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s", line, diff)
		}
	}
	for _, line := range []string{`a "b`, `a 'b`, `a\`} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%q was split into %q", line, got)
		}
	}
}

func TestVersionFlag(t *testing.T) {
	var stdout bytes.Buffer
	code := execute(t.Context(), []string{"--version"}, nil, &stdout, io.Discard)
	if want := "statelark version " + buildVersion() + "\n"; code != exitOK || stdout.String() != want {
		t.Errorf("it prints %q and ends with %d, want %q", stdout.String(), code, want)
	}
}
