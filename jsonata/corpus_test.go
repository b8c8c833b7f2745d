package jsonata_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/jsonata"
)

const corpusPath = "testdata/corpus.jsonl"

var rewrite = flag.Bool("rewrite", false, "ask the reference (JSONATA_REF) anew what the cases of the corpus give")

// corpusCase is one case of the project's own corpus; what it gives was asked of the reference.
type corpusCase struct {
	About string `json:"about"`
	Expr  string `json:"expr"`
	Input string `json:"input,omitempty"`
	answer
}

// TestCorpus holds the answers against the corpus. With -rewrite it takes the reference's answers into the
// corpus first.
func TestCorpus(t *testing.T) {
	cases := readLines[corpusCase](t, corpusPath)
	if *rewrite {
		rewriteCorpus(t, cases)
	}
	for _, c := range cases {
		if got := evaluate(c.Expr, jsonata.Reference, &jsonata.Env{Now: func() time.Time { return standingClock }}, parseInput(t, c.Input)); got != c.answer {
			t.Errorf("%s: %s\ninput %s\n got %+v\nwant %+v", c.About, c.Expr, c.Input, got, c.answer)
		}
	}
	t.Logf("%d cases", len(cases))
}

func rewriteCorpus(t *testing.T, cases []corpusCase) {
	questions := make([]question, len(cases))
	for i, c := range cases {
		questions[i] = question{Expr: c.Expr, Data: c.Input}
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for i, r := range startReference(t).ask(t, questions) {
		if r.Crash != "" {
			t.Fatalf("the reference crashes on %s: %s", cases[i].Expr, r.Crash)
		}
		cases[i].answer = r.answer
		if err := encoder.Encode(cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(corpusPath, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
