package jsonata_test

import (
	"bufio"
	"encoding/json"
	"errors"
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
	dir     string
	process *exec.Cmd
	in      io.WriteCloser
	lines   chan string // what it prints; closed when it ends
}

// question is what the reference is asked.
type question struct {
	Expr string `json:"expr"`
	Data string `json:"data,omitempty"`
}

// reply is what it answers; Crash is an error of JavaScript itself, where the reference forgot a check, or says that
// it did not answer at all. Position and Token are those of an error.
type reply struct {
	answer
	Crash    string          `json:"crash,omitempty"`
	Position int             `json:"position,omitempty"`
	Token    json.RawMessage `json:"token,omitempty"`
}

// startReference starts Node on the module in the directory that JSONATA_REF names, and skips the test when there is
// none.
func startReference(t *testing.T) *reference {
	dir := os.Getenv("JSONATA_REF")
	if dir == "" {
		t.Skip("JSONATA_REF does not name the directory of the reference module (npm i jsonata@2.0.6)")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	r := &reference{dir: dir}
	r.start(t)
	t.Cleanup(r.end)
	return r
}

func (r *reference) start(t *testing.T) {
	t.Helper()
	r.process = exec.Command("node", "testdata/reference.js", r.dir)
	r.process.Env = append(os.Environ(), "TZ=UTC")
	r.process.Stderr = os.Stderr
	var err error
	if r.in, err = r.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := r.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(out)
		scanner.Buffer(nil, 1<<28)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
	}()
	r.lines = lines
}

// end ends the process, be it in an endless loop.
func (r *reference) end() {
	_ = r.in.Close()
	_ = r.process.Process.Kill()
	for range r.lines { // so that the reader ends
	}
	_ = r.process.Wait()
}

// patience is how long the reference may take for one answer.
const patience = 10 * time.Second

// ask sends questions while it reads the replies to those before. Where the reference gives no answer it is started
// anew after that question.
func (r *reference) ask(t *testing.T, questions []question) []reply {
	t.Helper()
	replies := make([]reply, len(questions))
	for from := 0; from < len(questions); {
		go send(r.in, questions[from:])
		for from < len(questions) {
			line, ok := r.line()
			if !ok {
				replies[from].Crash = "no answer"
				from++
				r.end()
				r.start(t)
				break
			}
			if err := json.Unmarshal([]byte(line), &replies[from]); err != nil {
				t.Fatal(err)
			}
			from++
		}
	}
	return replies
}

// send writes questions, as far as the reference takes them.
func send(to io.Writer, questions []question) {
	w := bufio.NewWriter(to)
	encoder := json.NewEncoder(w)
	for _, q := range questions {
		if encoder.Encode(q) != nil {
			return
		}
	}
	_ = w.Flush()
}

// line returns the next line that the reference prints; false when none comes.
func (r *reference) line() (string, bool) {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case line, ok := <-r.lines:
		return line, ok
	case <-late.C:
		return "", false
	}
}

// verdict is how an answer compares with the reference's.
type verdict int

const (
	agrees     verdict = iota
	crashed            // an error of JavaScript itself, or no answer: there is nothing to compare with
	otherError         // both fail, for different reasons
	deviates           // one of the deviations that the README lists
	disagrees
)

var (
	// functionName is the name of a function in a message. The reference names the function as it was last called
	// by name, be it by another expression.
	functionName = regexp.MustCompile(`function (undefined|"\w*")`)
	// partialCall is a partial application.
	partialCall = regexp.MustCompile(`[(,]\s*\?\s*[,)]`)
	// regexCall is a regular expression that is called as a function.
	regexCall = regexp.MustCompile(`/[^/]+/[im]*\(`)
	// astralClass is a regular expression with a character of two UTF-16 units.
	astralClass = regexp.MustCompile(`/.*[\x{10000}-\x{10FFFF}].*/`)
)

// deviation is a row of the README's list of deviations, as far as a question and its answers tell that it is at work.
type deviation struct {
	name  string
	shows func(q question, got, want reply) bool
}

var deviations = []deviation{
	{"object constructor on an empty array", func(q question, got, want reply) bool {
		return strings.Contains(q.Expr, "{") &&
			(q.Data == "[]" || strings.Contains(q.Expr, "[]") || strings.ReplaceAll(want.Out, "[null]", "[]") == got.Out)
	}},
	{"transform that puts an object inside itself", func(_ question, got, _ reply) bool {
		return strings.HasSuffix(got.Msg, "inside itself")
	}},
	{"partial application of a built-in function", func(q question, _, _ reply) bool {
		return partialCall.MatchString(q.Expr)
	}},
	{"function inside of the result", func(_ question, _, want reply) bool {
		said := want.Out + want.Msg
		return strings.Contains(said, `"_jsonata_`) || strings.Contains(said, `\"_jsonata_`) ||
			strings.Contains(want.Out, `{"definition":"<`) || strings.Contains(want.Out, "async function")
	}},
	{"name of a function in a message", func(_ question, got, want reply) bool {
		return got.Code != "" && got.Code == want.Code &&
			functionName.ReplaceAllString(got.Msg, "") == functionName.ReplaceAllString(want.Msg, "")
	}},
	{"$formatInteger in roman numerals", func(q question, _, want reply) bool {
		return len(want.Out) > 10000 && strings.Contains(q.Expr, "$formatInteger")
	}},
	{"$formatBase of digits that float64 does not hold", func(q question, got, want reply) bool {
		return len(got.Out) == len(want.Out) && strings.Contains(q.Expr, "$formatBase")
	}},
	{"wildcards that find the interpreter's flags", func(q question, _, want reply) bool {
		return strings.Contains(q.Expr, "[*") || strings.HasSuffix(q.Expr, ".*") && strings.Contains(want.Out, "true") ||
			strings.Contains(want.Out, `"isParallelCall"`)
	}},
	{"regular expression called with what is no string", func(q question, _, _ reply) bool {
		return regexCall.MatchString(q.Expr)
	}},
	{"half of a character of two UTF-16 units", func(q question, _, _ reply) bool {
		return strings.Contains(q.Expr, `"\ud83d"`) || astralClass.MatchString(q.Expr)
	}},
}

// judge compares an answer with the reference's. Where they differ it says which deviation excuses that.
func judge(q question, got, want reply) (v verdict, why string) {
	switch {
	case want.Crash != "":
		return crashed, ""
	case got.answer == want.answer && (!strings.HasPrefix(got.Code, "S") || samePlace(got, want)):
		return agrees, ""
	case got.answer == want.answer:
		return disagrees, ""
	}
	for _, d := range deviations {
		if d.shows(q, got, want) {
			return deviates, d.name
		}
	}
	if got.Code != "" && want.Code != "" && strings.ContainsAny(q.Expr, "[{") {
		return otherError, "several errors in the parts of one array or object"
	}
	return disagrees, ""
}

// samePlace compares the position and the token of an error of the parser. The reference gives S0217 no position.
func samePlace(got, want reply) bool {
	return (got.Position == want.Position || want.Code == "S0217") && string(got.Token) == string(want.Token)
}

// respond returns what this implementation answers.
func respond(t *testing.T, q question) reply {
	env := &jsonata.Env{Now: func() time.Time { return standingClock }, Limits: jsonata.Limits{Steps: 5e6}}
	r := reply{answer: evaluate(q.Expr, jsonata.Reference, env, parseInput(t, q.Data))}
	if _, err := jsonata.Parse(q.Expr, jsonata.Reference); err != nil {
		var e *jsonata.Error
		errors.As(err, &e)
		r.Position, r.Token = e.Position, json.RawMessage(e.Token)
	}
	return r
}

// standingClock is the time that testdata/reference.js tells.
var standingClock = time.UnixMilli(1510067557121)

// TestDifferential asks the reference and this implementation the same random questions. JSONATA_FUZZ_N says how
// many, JSONATA_FUZZ_SEED which, JSONATA_FUZZ_KIND of what kind only.
func TestDifferential(t *testing.T) {
	ref := startReference(t)
	n, seed := envInt(t, "JSONATA_FUZZ_N", 3000), envInt(t, "JSONATA_FUZZ_SEED", 1)
	g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 0)), known: knownExpressions(t)}
	kind := os.Getenv("JSONATA_FUZZ_KIND")
	verdicts := map[verdict]int{}
	for asked := 0; asked < n; {
		questions := make([]question, min(5000, n-asked))
		for i := range questions {
			questions[i] = g.question(kind)
		}
		for i, want := range ref.ask(t, questions) {
			verdicts[compare(t, questions[i], want)]++
		}
		asked += len(questions)
	}
	t.Logf("seed %d: %d questions: %d agree, %d disagree, %d fail for another reason, %d deviate as listed, the reference itself crashed on %d",
		seed, n, verdicts[agrees], verdicts[disagrees], verdicts[otherError], verdicts[deviates], verdicts[crashed])
}

// compare judges this implementation's answer to q, and logs what is not the same.
func compare(t *testing.T, q question, want reply) verdict {
	got := respond(t, q)
	v, why := judge(q, got, want)
	const both = "%s\ninput %s\n got %+v %s %d\nwant %+v %s %d"
	switch v {
	case otherError, deviates:
		t.Logf("otherwise, for %s: "+both, why, q.Expr, q.Data, got.answer, got.Token, got.Position, want.answer, want.Token, want.Position)
	case disagrees:
		t.Errorf("disagreed: "+both, q.Expr, q.Data, got.answer, got.Token, got.Position, want.answer, want.Token, want.Position)
	}
	return v
}

// knownExpressions are the expressions of the corpus and, where it is there, of the reference's own suite, on their
// inputs.
func knownExpressions(t *testing.T) []question {
	var known []question
	costly := regexp.MustCompile(`000000`)
	chance := regexp.MustCompile(`\$(random|shuffle)`)
	add := func(expr, data string) {
		if len(expr) < 400 && len(data) < 5000 && !costly.MatchString(expr) && !chance.MatchString(expr) {
			known = append(known, question{expr, data})
		}
	}
	for _, c := range readLines[corpusCase](t, corpusPath) {
		add(c.Expr, c.Input)
	}
	if _, err := os.Stat(suitePath); err == nil {
		for _, c := range readLines[suiteCase](t, suitePath) {
			if c.TimeLimit == 0 && c.Bindings == "" {
				add(string(c.Expr), c.Data)
			}
		}
	}
	return known
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
