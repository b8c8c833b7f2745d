package interp

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
)

// Golden rows are what a build wrote: testdata/golden/vN/NAME holds the memory of an execution in rows of version N, as
// lines "row THREAD HEX", "run SEQ HEX" (of a Map Run) and "payload ID TEXT". Those of older versions were written by the build of that time and are
// never written again: they stand for the rows in the stores of users, which every later build must read.
//
// When TestGoldenRows says that the present rows differ, the stored form has changed. Either that was not meant, or:
// rowVersion rises, the reader of the old version stays (codec.go), and -rewrite writes a folder for the new one. The
// files of a version that was released are not to change.

const goldenDir = "testdata/golden"

const (
	goldenTask     = `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"`
	goldenActivity = `"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a"`
	goldenToken    = `"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"}`
)

type goldenLife struct {
	name, states, input string
	verbs               []string
}

// goldenLives are executions that between them have every kind of row.
var goldenLives = []goldenLife{
	{"loop", `"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"E"}],"Default":"A"},"E":{"Type":"Succeed"}}`,
		`{"n":1}`, nil},
	{"task", `"TimeoutSeconds":90,"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":1,"w.$":"$.text"},"Next":"T"},"T":{` + goldenTask + `,"TimeoutSeconds":60,"End":true}}`,
		`{"text":"ä"}`, nil},
	{"middle payload", `"StartAt":"T","States":{"T":{` + goldenTask + `,"End":true}}`, `"` + strings.Repeat("m", 1000) + `"`, nil},
	{"large payload", `"StartAt":"T","States":{"T":{` + goldenTask + `,"End":true}}`, `"` + strings.Repeat("l", 5000) + `"`, nil},
	{"activity", `"StartAt":"T","States":{"T":{` + goldenActivity + `,"HeartbeatSeconds":10,"TimeoutSeconds":60,"End":true}}`, `1`, []string{"pick T worker"}},
	{"token", `"StartAt":"T","States":{"T":{` + goldenToken + `,"HeartbeatSeconds":10,"End":true}}`, `1`, []string{"submit T {\"a\":1}"}},
	{"wait", `"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}`, `{}`, nil},
	{"retry", `"StartAt":"T","States":{"T":{` + goldenTask + `,"Retry":[{"ErrorEquals":["E"]},{"ErrorEquals":["States.ALL"],"JitterStrategy":"FULL"}],"End":true}}`,
		`{}`, []string{"fail T X -"}},
	{"parallel", `"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},{"StartAt":"T","States":{"T":{` + goldenTask + `,"End":true}}}],"End":true}}`,
		`{"n":1}`, nil},
	{"map", `"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":2,"ItemSelector":{"i.$":"$$.Map.Item.Value","k.$":"$.k"},"ItemProcessor":{"StartAt":"T","States":{"T":{` + goldenTask + `,"End":true}}},"End":true}}`,
		`{"l":[1,2,3,4],"k":"v"}`, []string{"succeed T \"done\""}},
	{"distributed", `"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ToleratedFailureCount":2,"ToleratedFailurePercentage":50,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"T","States":{"T":{` + goldenTask + `,"End":true}}},"End":true}}`,
		`[1,2,3,4]`, nil},
}

// lived runs the life and returns it as it stands then.
func lived(t *testing.T, i int) *script {
	life := goldenLives[i]
	s := newScript(t, goldenMachine(t, i))
	s.whole = true
	s.x = NewExec(scriptIdentity, scriptHost, s.m, s.parse(life.input), 1)
	d := s.x.Step(Event{Kind: Started, At: s.now})
	s.check(&d)
	s.keep(&d)
	for _, verb := range life.verbs {
		s.now = s.now.Add(time.Second)
		s.verb(verb)
	}
	return s
}

func goldenMachine(t *testing.T, i int) *asl.Machine {
	m, found := asl.Parse("{"+goldenLives[i].states+"}", asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(found))
	}
	return m
}

// goldenText is the content of a golden file.
func goldenText(s *script) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(s.rows)) {
		fmt.Fprintf(&b, "row %d %x\n", id, s.rows[id])
	}
	for _, seq := range slices.Sorted(maps.Keys(s.runs)) {
		fmt.Fprintf(&b, "run %d %x\n", seq, s.runs[seq])
	}
	for _, id := range slices.Sorted(maps.Keys(s.payloads)) {
		fmt.Fprintf(&b, "payload %d %s\n", id, s.payloads[id])
	}
	return b.String()
}

// readGolden reads a golden file into s.
func readGolden(t *testing.T, s *script, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		kind, rest, _ := strings.Cut(lines.Text(), " ")
		number, text, _ := strings.Cut(rest, " ")
		id, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if kind == "payload" {
			s.payloads[uint32(id)] = text
			continue
		}
		if kind == "run" {
			if s.runs[id], err = hex.DecodeString(text); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			continue
		}
		if s.rows[uint32(id)], err = hex.DecodeString(text); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

// TestGoldenRows holds the present form against the files of its version.
func TestGoldenRows(t *testing.T) {
	for i, life := range goldenLives {
		t.Run(life.name, func(t *testing.T) {
			file := filepath.Join(goldenDir, fmt.Sprintf("v%d", rowVersion), strings.ReplaceAll(life.name, " ", "_"))
			got := goldenText(lived(t, i))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the stored form has changed; see the head of golden_test.go. -want +got:\n%s", diff)
			}
		})
	}
}

// TestGoldenRowsAreRead reads the rows of every version. What they give must be the memory that the life gives today.
func TestGoldenRowsAreRead(t *testing.T) {
	for version := 1; version <= rowVersion; version++ {
		for i, life := range goldenLives {
			if life.name == "distributed" && version <= 2 {
				continue // see TestOutdatedMap
			}
			t.Run(fmt.Sprintf("v%d %s", version, life.name), func(t *testing.T) {
				want := lived(t, i)
				s := newScript(t, want.m)
				readGolden(t, s, filepath.Join(goldenDir, fmt.Sprintf("v%d", version), strings.ReplaceAll(life.name, " ", "_")))
				s.now, s.events = want.now, want.events
				s.load()
				if diff := cmp.Diff(memory(want), memory(s)); diff != "" {
					t.Fatalf("-in memory +read:\n%s", diff)
				}
				ev := Event{Kind: Stopped, At: want.now.Add(time.Second)}
				if a, b := want.step(ev), s.step(ev); a != b {
					t.Errorf("it was stopped and said\n%swant\n%s", b, a)
				}
			})
		}
	}
}

// TestOutdatedMap reads executions in which the children of a distributed Map are threads. Whatever comes next, the state
// is tried again, with a Map Run, and the children's tasks are given up.
func TestOutdatedMap(t *testing.T) {
	i := slices.IndexFunc(goldenLives, func(l goldenLife) bool { return l.name == "distributed" })
	for version := 1; version <= 2; version++ {
		s := newScript(t, goldenMachine(t, i))
		readGolden(t, s, filepath.Join(goldenDir, fmt.Sprintf("v%d", version), "distributed"))
		s.load()
		for id := range s.x.LastEvent() {
			s.events = append(s.events, history.Event{ID: id + 1})
		}
		got := s.verb("succeed T 3") + s.verb("at +1s") + s.verb(`succeed-run M [1]`)
		want := strings.Join([]string{
			"  cancel 3 ", "  cancel 4 ", "  arm 5 +0s",
			"  5<4 MapStateStarted length=4", "  6<5 MapRunStarted",
			"  map run 6 arn:aws:states:us-east-1:000000000000:mapRun:M/L:ID concurrency=0 tolerated=2 percentage=50 items=[1,2,3,4]",
			"  disarm 5",
			"  7<6 MapRunSucceeded", "  8<7 MapStateSucceeded", "  9<7 MapStateExited M [1]", "  10<9 ExecutionSucceeded [1]", "  end SUCCEEDED [1]", "",
		}, "\n")
		got = regexp.MustCompile("L:[0-9a-f-]{36}").ReplaceAllString(got, "L:ID")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %d, -want +got:\n%s", version, diff)
		}
	}
}

// memory prints all that the rows of an execution hold, with payloads in place.
func memory(s *script) []string {
	out := []string{fmt.Sprintf("0 %x", s.x.AppendHeader(nil, s))}
	for _, id := range s.x.threadIDs() {
		out = append(out, fmt.Sprintf("%d %x", id, s.x.threads[id].AppendRow(nil, s)))
	}
	for _, seq := range slices.Sorted(maps.Keys(s.runs)) {
		run, err := LoadMapRun(scriptIdentity, scriptHost, s.m, s.runs[seq], s)
		if err != nil {
			return append(out, err.Error())
		}
		out = append(out, fmt.Sprintf("run %d %x", seq, run.AppendRow(nil, s)))
	}
	return out
}

// TestFrozenNumbers holds the numbers that rows have: a new phase, wait or status gets the next one, and none is ever
// given to something else.
func TestFrozenNumbers(t *testing.T) {
	for name, c := range map[string]struct{ got, want uint8 }{
		"entering": {uint8(entering), 1}, "waiting": {uint8(waiting), 2}, "joining": {uint8(joining), 3}, "done": {uint8(done), 4}, "stopped": {uint8(stopped), 6},
		"waitTask": {uint8(waitTask), 1}, "waitTime": {uint8(waitTime), 2}, "waitRetry": {uint8(waitRetry), 3},
		"waitRun": {uint8(waitRun), 4},
		"New":     {uint8(New), 0}, "Running": {uint8(Running), 1}, "Succeeded": {uint8(Succeeded), 2}, "Failed": {uint8(Failed), 3},
		"TimedOut": {uint8(TimedOut), 4}, "Aborted": {uint8(Aborted), 5},
		"topThread": {topThread, 1},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, and %d in the stores of users", name, c.got, c.want)
		}
	}
}

// TestStaleRowOfTheTop: a row that the top thread had while it joined stays in the store, and row 0 counts.
func TestStaleRowOfTheTop(t *testing.T) {
	s := newScript(t, parsed(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"T","States":{"T":{`+goldenTask+`,"End":true}}}],"Next":"U"},
		"U":{`+goldenTask+`,"End":true}}}`))
	s.verb("start 1")
	if s.rows[topThread] == nil {
		t.Fatal("a thread that joins has no row")
	}
	s.verb("succeed T 2") // reads the rows back, the stale one among them
	if s.rows[topThread] == nil || s.x.threads[topThread].phase != waiting || s.x.threads[topThread].input.Text() != "[2]" {
		t.Errorf("the top thread is %+v", s.x.threads[topThread])
	}
}
