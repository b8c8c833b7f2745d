package jsonata_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

const suitePath = "../../shared/jsonata/suite-2.0.6.jsonl"

// suiteCase is one case of the reference's own test suite, with what the reference answered under Node.
type suiteCase struct {
	ID        int    `json:"id"`
	Group     string `json:"group"`
	Expr      source `json:"expr"`
	Data      string `json:"data"`
	Bindings  string `json:"bindings"`
	TimeLimit int    `json:"timelimit"`
	Depth     int    `json:"depth"`
	Ref       answer `json:"ref"`
}

// source is the text of an expression. A surrogate that stands alone, which no Go string can hold, is kept as
// the escape that a string literal of the language has for it.
type source string

var loneSurrogate = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}([^\\]|$)`)

func (s *source) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(loneSurrogate.ReplaceAllFunc(text, func(m []byte) []byte {
		return append([]byte{'\\'}, m...)
	}), (*string)(s))
}

// answer is what an evaluation gave: exactly one of output, undefined and an error.
type answer struct {
	Out   string `json:"out,omitempty"`
	Undef bool   `json:"undef,omitempty"`
	Code  string `json:"code,omitempty"`
	Msg   string `json:"msg,omitempty"`
}

// readLines decodes a file of one JSON document a line.
func readLines[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		if os.IsNotExist(err) && os.Getenv("STATELARK_REQUIRE_SHARED") != "1" {
			t.Skipf("%s is not there", path)
		}
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	var lines []T
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		var line T
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%s: line %d: %v", path, len(lines)+1, err)
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// parseInput parses JSON text; none gives the absent value.
func parseInput(t testing.TB, text string) value.Value {
	t.Helper()
	if text == "" {
		return value.Value{}
	}
	v, err := value.Parse(text)
	if err != nil {
		t.Fatalf("parsing %s: %v", text, err)
	}
	return v
}

// evaluate parses and evaluates in one go and brings whatever comes of it into the form of an answer.
func evaluate(src string, d jsonata.Dialect, env *jsonata.Env, input value.Value) answer {
	e, err := jsonata.Parse(src, d)
	if err != nil {
		return failed(err)
	}
	v, ok, err := e.Eval(env, input)
	switch {
	case err != nil:
		return failed(err)
	case !ok:
		return answer{Undef: true}
	}
	return answer{Out: v.Text()}
}

func failed(err error) answer {
	var e *jsonata.Error
	if errors.As(err, &e) {
		return answer{Code: e.Code, Msg: e.Message}
	}
	return answer{Msg: err.Error()}
}

func (c *suiteCase) run(t *testing.T) answer {
	env := &jsonata.Env{
		Now:    func() time.Time { return time.Now() },
		Random: func() float64 { return 0.25 },
		Limits: jsonata.Limits{Depth: c.Depth},
	}
	if c.TimeLimit > 0 {
		end := time.Now().Add(time.Duration(c.TimeLimit) * time.Millisecond)
		env.Work = func() bool { return time.Now().Before(end) }
	}
	if c.Bindings != "" {
		env.Bindings = map[string]value.Value{}
		for _, m := range parseInput(t, c.Bindings).Members() {
			env.Bindings[m.Key] = m.Value
		}
	}
	return evaluate(string(c.Expr), jsonata.Reference, env, parseInput(t, c.Data))
}

// recordedText is how much of a message the runner kept that recorded the suite's answers.
const recordedText = 100

// sameAnswer compares with what the reference answered. The runner lost the text of errors of the test harness
// and cut long texts.
func sameAnswer(got, want answer) bool {
	if want.Msg == "[object Object]" || want.Msg == "" {
		got.Msg, want.Msg = "", ""
	}
	if len([]rune(want.Msg)) == recordedText && strings.HasPrefix(got.Msg, want.Msg) {
		got.Msg = want.Msg
	}
	return got == want
}

// TestSuite holds every answer against the reference's: value, error code and text. None differs.
func TestSuite(t *testing.T) {
	cases := readLines[suiteCase](t, suitePath)
	for _, c := range cases {
		if got := c.run(t); !sameAnswer(got, c.Ref) {
			t.Errorf("case %d (%s): %s\ninput %s\n got %+v\nwant %+v", c.ID, c.Group, c.Expr, shorten(c.Data), got, c.Ref)
		}
	}
	t.Logf("%d cases", len(cases))
}

func shorten(s string) string {
	if len(s) > 300 {
		return strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
