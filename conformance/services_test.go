package conformance

import (
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

// grades are how many cases of a service pass, by the runner's grades.
type grades struct {
	Calls   int `json:"calls"`   // every call succeeds or fails as at AWS
	Answers int `json:"answers"` // and every recorded field is there with its value
	Full    int `json:"full"`    // and every text, and no field more
	Of      int `json:"of"`      // cases that need no service but those offered
}

// serviceFloor is what a service has reached, and what moto did on the same cases.
type serviceFloor struct {
	grades
	Moto grades `json:"moto"`
	// OutOfReach is how many cases nobody can pass by the grade answers, and Why that is so.
	OutOfReach int    `json:"outOfReach"`
	Why        string `json:"why"`
}

// serviceOutcome is what the runner says of one case: where it fails in each grade, empty where it does not.
type serviceOutcome struct {
	ID, Service, Result, Why string
	Calls, Answers, Full     string
}

// What has to be reached of the cases of each service, in hundredths: of all, and of those that are in reach.
const (
	wantCalls   = 85
	wantAnswers = 70
)

// TestServices plays the recorded cases of the services that are built in, each on a server of its own, one after the
// other: some of them count what is in the account.
func TestServices(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	var floors map[string]serviceFloor
	readJSON(t, "services.json", &floors)
	names := slices.Sorted(maps.Keys(floors))
	binary := servertest.Build(t)
	for _, service := range names {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			outcomes := playService(t, binary, service, names)
			reached := tallyService(outcomes)
			for _, problem := range judgeService(floors[service], reached) {
				t.Error(problem)
			}
			t.Logf("\n%s", reportService(service, floors[service], reached, outcomes))
		})
	}
}

func playService(t *testing.T, binary, service string, offered []string) []serviceOutcome {
	runner := servertest.Shared(t, "conformance", "run_service_cases.py")
	cases := servertest.Shared(t, "conformance", "services", "open")
	python := servertest.Program(t, "python3")
	server := servertest.StartBinary(t, binary)
	results := filepath.Join(t.TempDir(), "results.json")
	command := exec.Command(python, runner, cases, "--endpoint", server.URL, "--services", service,
		"--offered", strings.Join(offered, ","), "--jobs", "1", "--quiet", "--json", results)
	command.Env = server.ClientEnv()
	out, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatalf("running %s: %v", runner, err)
	}
	if _, err := os.Stat(results); err != nil {
		t.Fatalf("%s wrote no results:\n%s", runner, out)
	}
	var outcomes []serviceOutcome
	readJSON(t, results, &outcomes)
	return outcomes
}

func tallyService(outcomes []serviceOutcome) grades {
	var g grades
	for _, o := range outcomes {
		if o.Result == "skipped" {
			continue
		}
		g.Of++
		for _, grade := range []struct {
			where string
			count *int
		}{{o.Calls, &g.Calls}, {o.Answers, &g.Answers}, {o.Full, &g.Full}} {
			if o.Result == "ran" && grade.where == "" {
				*grade.count++
			}
		}
	}
	return g
}

// judgeService returns what is wrong: less than the floor, than what is wanted of every service, or than moto does.
func judgeService(floor serviceFloor, got grades) []string {
	var problems []string
	need := func(grade string, got, want int, why string) {
		if got < want {
			problems = append(problems, fmt.Sprintf("%s: %d cases, %s is %d", grade, got, why, want))
		}
	}
	need("of", got.Of, floor.Of, "the number in services.json")
	need("calls", got.Calls, floor.Calls, "the floor")
	need("answers", got.Answers, floor.Answers, "the floor")
	need("full", got.Full, floor.Full, "the floor")
	need("calls", got.Calls, (wantCalls*got.Of+99)/100, "what is wanted")
	need("answers", got.Answers, (wantAnswers*(got.Of-floor.OutOfReach)+99)/100, "what is wanted")
	need("calls", got.Calls, floor.Moto.Calls, "moto's number")
	need("answers", got.Answers, floor.Moto.Answers, "moto's number")
	return problems
}

func reportService(service string, floor serviceFloor, got grades, outcomes []serviceOutcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s of %3d: calls %3d (floor %3d, moto %3d), answers %3d (floor %3d, moto %3d), full %3d (floor %3d, moto %3d)\n", service, got.Of,
		got.Calls, floor.Calls, floor.Moto.Calls, got.Answers, floor.Answers, floor.Moto.Answers, got.Full, floor.Full, floor.Moto.Full)
	for _, o := range outcomes {
		switch {
		case o.Result == "skipped":
			fmt.Fprintf(&b, "not counted: %s (%s)\n", o.ID, o.Why)
		case o.Result != "ran":
			fmt.Fprintf(&b, "error: %s: %s\n", o.ID, o.Why)
		case o.Calls != "":
			fmt.Fprintf(&b, "calls: %s: %s\n", o.ID, cut(o.Calls))
		case o.Answers != "":
			fmt.Fprintf(&b, "answers: %s: %s\n", o.ID, cut(o.Answers))
		}
	}
	return b.String()
}

// cut shortens a text for a report.
func cut(text string) string {
	if len(text) > 300 {
		return text[:300] + "…"
	}
	return text
}

// TestJudgeService proves that the test above can fail.
func TestJudgeService(t *testing.T) {
	floor := serviceFloor{grades: grades{Calls: 9, Answers: 8, Full: 3, Of: 10}, Moto: grades{Calls: 5, Answers: 9}}
	for name, c := range map[string]struct {
		got  grades
		want []string
	}{
		"all well":  {grades{Calls: 10, Answers: 9, Full: 3, Of: 10}, nil},
		"moto":      {grades{Calls: 9, Answers: 8, Full: 3, Of: 10}, []string{"answers: 8 cases, moto's number is 9"}},
		"floor":     {grades{Calls: 10, Answers: 10, Full: 2, Of: 10}, []string{"full: 2 cases, the floor is 3"}},
		"not there": {grades{Calls: 9, Answers: 9, Full: 9, Of: 9}, []string{"of: 9 cases, the number in services.json is 10"}},
		"wanted":    {grades{Calls: 9, Answers: 9, Full: 3, Of: 20}, []string{"calls: 9 cases, what is wanted is 17", "answers: 9 cases, what is wanted is 14"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judgeService(floor, c.got); !slices.Equal(got, c.want) {
				t.Errorf("judged %q, want %q", got, c.want)
			}
		})
	}
}
