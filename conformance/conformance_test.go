package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/servertest"
)

// services are those that the server offers beside Step Functions, as the runner names them.
const services = "all"

// floor is what an area has reached.
type floor struct {
	Passing int `json:"passing"` // cases that pass with grade history
	Of      int `json:"of"`      // cases that need no service but those offered
}

// outcome is what the runner says of one case.
type outcome struct {
	ID     string
	Area   string
	Result string // "ran", "skipped" or "error"
	Why    string // of what did not run
	// History is where the complete history differs; empty when nothing does.
	History string
}

func (o *outcome) counts() bool { return o.Result != "skipped" }
func (o *outcome) passes() bool { return o.Result == "ran" && o.History == "" }

func TestRecordedCases(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	var floors map[string]floor
	var reasons map[string]string
	readJSON(t, "floors.json", &floors)
	readJSON(t, "misses.json", &reasons)
	outcomes := play(t, slices.Sorted(maps.Keys(floors)))
	reached := tally(outcomes)
	for _, problem := range judge(floors, reached, reasons, outcomes) {
		t.Error(problem)
	}
	t.Log("\n" + report(floors, reached, reasons, outcomes))
}

// play runs the cases of the areas against a new server.
func play(t *testing.T, areas []string) []outcome {
	runner := servertest.Shared(t, "conformance", "run_cases.py")
	cases := servertest.Shared(t, "conformance", "open")
	python := servertest.Program(t, "python3")
	server := servertest.Start(t)
	results := filepath.Join(t.TempDir(), "results.json")
	command := exec.Command(python, runner, cases, "--endpoint", server.URL, "--services", services,
		"--grade", "history", "--area", strings.Join(areas, ","), "--jobs", "8", "--json", results)
	command.Env = server.ClientEnv()
	out, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatalf("running %s: %v", runner, err)
	}
	// The runner fails when any case does; whether that is all right is ours to say. That it came to its end is
	// seen by the file it writes last.
	if _, err := os.Stat(results); err != nil {
		t.Fatalf("%s wrote no results:\n%s", runner, out)
	}
	var outcomes []outcome
	readJSON(t, results, &outcomes)
	return outcomes
}

// tally counts what was reached in each area.
func tally(outcomes []outcome) map[string]floor {
	reached := make(map[string]floor)
	for _, o := range outcomes {
		f := reached[o.Area]
		if o.counts() {
			f.Of++
		}
		if o.passes() {
			f.Passing++
		}
		reached[o.Area] = f
	}
	return reached
}

// judge returns what is wrong: floors that are not reached, cases that have gone, and misses without a reason.
func judge(floors, reached map[string]floor, reasons map[string]string, outcomes []outcome) []string {
	var problems []string
	for _, area := range slices.Sorted(maps.Keys(floors)) {
		want, got := floors[area], reached[area]
		if got.Of < want.Of {
			problems = append(problems, fmt.Sprintf("%s: %d cases ran, floors.json says %d", area, got.Of, want.Of))
		}
		if got.Passing < want.Passing {
			problems = append(problems, fmt.Sprintf("%s: %d cases pass, the floor is %d", area, got.Passing, want.Passing))
		}
	}
	for _, o := range outcomes {
		if o.counts() && !o.passes() && reasons[o.ID] == "" {
			problems = append(problems, fmt.Sprintf("%s does not pass, and misses.json gives no reason: %s", o.ID, cmp.Or(o.History, o.Why)))
		}
	}
	return problems
}

// report is the table of the areas, the misses, and what could be tightened.
func report(floors, reached map[string]floor, reasons map[string]string, outcomes []outcome) string {
	var b strings.Builder
	var all floor
	fmt.Fprintf(&b, "%-22s %7s %7s %7s\n", "area", "passing", "of", "floor")
	for _, area := range slices.Sorted(maps.Keys(reached)) {
		got := reached[area]
		fmt.Fprintf(&b, "%-22s %7d %7d %7d\n", area, got.Passing, got.Of, floors[area].Passing)
		all.Passing += got.Passing
		all.Of += got.Of
	}
	fmt.Fprintf(&b, "%-22s %7d %7d   %.1f %%\n", "together", all.Passing, all.Of, 100*float64(all.Passing)/float64(max(all.Of, 1)))
	for _, o := range outcomes {
		switch {
		case !o.counts():
			fmt.Fprintf(&b, "not counted: %s (%s)\n", o.ID, o.Why)
		case !o.passes():
			fmt.Fprintf(&b, "miss: %s: %s\n", o.ID, reasons[o.ID])
		case reasons[o.ID] != "":
			fmt.Fprintf(&b, "passes now: %s; take it out of misses.json\n", o.ID)
		}
	}
	for _, area := range slices.Sorted(maps.Keys(floors)) {
		if reached[area].Passing > floors[area].Passing || reached[area].Of > floors[area].Of {
			fmt.Fprintf(&b, "the floor of %s can be raised to %d of %d\n", area, reached[area].Passing, reached[area].Of)
		}
	}
	return b.String()
}

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}

// TestJudge proves that the test above can fail.
func TestJudge(t *testing.T) {
	passes := outcome{ID: "good", Area: "base", Result: "ran"}
	fails := outcome{ID: "bad", Area: "base", Result: "ran", History: "events[3]"}
	breaks := outcome{ID: "broken", Area: "base", Result: "error", Why: "no answer"}
	skipped := outcome{ID: "other", Area: "base", Result: "skipped", Why: "needs sqs"}
	tests := map[string]struct {
		floor    floor
		reasons  map[string]string
		outcomes []outcome
		want     []string
	}{
		"all well":         {floor{1, 1}, nil, []outcome{passes, skipped}, nil},
		"better than that": {floor{0, 0}, nil, []outcome{passes}, nil},
		"known miss":       {floor{1, 2}, map[string]string{"bad": "why"}, []outcome{passes, fails}, nil},
		"under the floor": {floor{2, 2}, map[string]string{"bad": "why"}, []outcome{passes, fails},
			[]string{"base: 1 cases pass, the floor is 2"}},
		"cases gone": {floor{1, 2}, nil, []outcome{passes},
			[]string{"base: 1 cases ran, floors.json says 2"}},
		"nothing ran": {floor{1, 1}, nil, nil,
			[]string{"base: 0 cases ran, floors.json says 1", "base: 0 cases pass, the floor is 1"}},
		"no reason": {floor{1, 2}, nil, []outcome{passes, fails},
			[]string{"bad does not pass, and misses.json gives no reason: events[3]"}},
		"error without reason": {floor{0, 1}, nil, []outcome{breaks},
			[]string{"broken does not pass, and misses.json gives no reason: no answer"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := judge(map[string]floor{"base": test.floor}, tally(test.outcomes), test.reasons, test.outcomes)
			if !slices.Equal(got, test.want) {
				t.Errorf("judged %q, want %q", got, test.want)
			}
		})
	}
}
