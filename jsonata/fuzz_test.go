package jsonata_test

import (
	"errors"
	"os"
	"testing"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

// addExpressions seeds a fuzz target with the project's own corpus.
func addExpressions(f *testing.F, add func(expr, input string)) {
	if _, err := os.Stat(corpusPath); err != nil {
		f.Fatal(err)
	}
	for _, c := range readLines[corpusCase](f, corpusPath) {
		add(c.Expr, c.Input)
	}
}

func FuzzParse(f *testing.F) {
	addExpressions(f, func(expr, _ string) { f.Add(expr) })
	f.Fuzz(func(t *testing.T, src string) {
		for _, d := range []jsonata.Dialect{jsonata.Reference, jsonata.AWS} {
			e, err := jsonata.Parse(src, d)
			if err != nil {
				var parseErr *jsonata.Error
				if !errors.As(err, &parseErr) || parseErr.Message == "" || parseErr.Position > len(src) {
					t.Fatalf("%q: %#v", src, err)
				}
				continue
			}
			if e.String() != src {
				t.Fatalf("%q prints as %q", src, e.String())
			}
			e.References()
		}
	})
}

func FuzzEval(f *testing.F) {
	addExpressions(f, func(expr, input string) { f.Add(expr, input) })
	limits := jsonata.Limits{Steps: 20000, Memory: 1 << 20}
	f.Fuzz(func(t *testing.T, src, text string) {
		input, err := value.Parse(text)
		if err != nil {
			input = value.Value{}
		}
		for _, d := range []jsonata.Dialect{jsonata.Reference, jsonata.AWS} {
			e, err := jsonata.Parse(src, d)
			if err != nil {
				return
			}
			v, ok, err := e.Eval(&jsonata.Env{Limits: limits}, input)
			if err != nil || !ok {
				continue
			}
			if _, err := value.Parse(v.Text()); err != nil {
				t.Fatalf("%q on %s gives %s: %v", src, text, v.Text(), err)
			}
		}
	})
}
