package jsonata_test

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/jsonata"
)

// reference is the reference implementation, run by Node.
type reference struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

// question is what the reference is asked.
type question struct {
	Expr string `json:"expr"`
	Data string `json:"data,omitempty"`
}

// reply is what it answers; Crash is an error of JavaScript itself, where the reference forgot a check.
type reply struct {
	answer
	Crash string `json:"crash,omitempty"`
}

// startReference starts Node on the module in the directory that JSONATA_REF names, and skips the test when there is
// none.
func startReference(t *testing.T) *reference {
	dir := os.Getenv("JSONATA_REF")
	if dir == "" {
		t.Skip("JSONATA_REF does not name the directory of the reference module (npm i jsonata@2.0.6)")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	cmd := exec.Command(node, "testdata/reference.js", dir)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		done := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		done.Stop()
	})
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<26)
	return &reference{in: in, out: scanner}
}

// ask sends questions while it reads the replies to those before.
func (r *reference) ask(t *testing.T, questions []question) []reply {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(r.in)
		encoder := json.NewEncoder(w)
		for _, q := range questions {
			if err := encoder.Encode(q); err != nil {
				sent <- err
				return
			}
		}
		sent <- w.Flush()
	}()
	replies := make([]reply, len(questions))
	for i := range replies {
		if !r.out.Scan() {
			t.Fatalf("the reference ended at %+v: %v", questions[i], r.out.Err())
		}
		if err := json.Unmarshal(r.out.Bytes(), &replies[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return replies
}

// verdict is how an answer compares with the reference's.
type verdict int

const (
	agrees     verdict = iota
	crashed            // an error of JavaScript itself: there is nothing to compare with
	otherError         // both fail, for different reasons
	deviates           // one of the deviations that the README lists
	disagrees
)

// functionName is the name of a function in a message. The reference names the function as it was last called by
// name, be it by another expression.
var functionName = regexp.MustCompile(`function (undefined|"\w*")`)

// judge compares an answer with the reference's.
//
// Of several errors in the parts of one array or object the reference, which evaluates them concurrently,
// reports the one that happens to come first. An object constructor that runs on an empty array adds an element
// to that array there. An object may be put inside itself, and a partial application of a
// built-in function takes arguments of the wrong type.
func judge(q question, got answer, want reply) verdict {
	switch {
	case want.Crash != "":
		return crashed
	case got == want.answer:
		return agrees
	case got.Code != "" && want.Code != "" && strings.ContainsAny(q.Expr, "[{"):
		return otherError
	case strings.Contains(q.Expr, "{") && (strings.Contains(q.Data, "[]") || strings.ReplaceAll(want.Out, "[null]", "[]") == got.Out),
		strings.HasSuffix(got.Msg, "inside itself"),
		got.Code == want.Code && functionName.ReplaceAllString(got.Msg, "") == functionName.ReplaceAllString(want.Msg, ""),
		got.Code == "T0410" && strings.Contains(q.Expr, "(?"):
		return deviates
	}
	return disagrees
}

// TestDifferential asks the reference and this implementation the same random questions. JSONATA_FUZZ_N says how
// many, JSONATA_FUZZ_SEED which.
func TestDifferential(t *testing.T) {
	ref := startReference(t)
	n, seed := envInt(t, "JSONATA_FUZZ_N", 3000), envInt(t, "JSONATA_FUZZ_SEED", 1)
	g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 0))}
	questions := make([]question, n)
	for i := range questions {
		g.vars = nil
		questions[i] = question{Expr: g.any(2 + g.IntN(4)), Data: pick(g, sampleInputs)}
	}
	verdicts := map[verdict]int{}
	for i, want := range ref.ask(t, questions) {
		q := questions[i]
		env := &jsonata.Env{Limits: jsonata.Limits{Steps: 5e6}}
		got := evaluate(q.Expr, jsonata.Reference, env, parseInput(t, q.Data))
		v := judge(q, got, want)
		verdicts[v]++
		switch v {
		case otherError, deviates:
			t.Logf("seed %d, question %d is answered otherwise for a known reason: %s\ninput %s\n got %+v\nwant %+v", seed, i, q.Expr, q.Data, got, want.answer)
		case disagrees:
			t.Errorf("seed %d, question %d: %s\ninput %s\n got %+v\nwant %+v", seed, i, q.Expr, q.Data, got, want.answer)
		}
	}
	t.Logf("seed %d: %d questions: %d agree, %d disagree, %d fail for another reason, %d deviate as listed, the reference itself crashed on %d",
		seed, n, verdicts[agrees], verdicts[disagrees], verdicts[otherError], verdicts[deviates], verdicts[crashed])
}

func envInt(t *testing.T, name string, standard int) int {
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
