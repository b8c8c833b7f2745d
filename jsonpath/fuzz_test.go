package jsonpath

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// seeds gives every case of the corpora with the input it stands under.
func seeds(f *testing.F, add func(expression, input string)) {
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.txt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no corpora: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		input := "null"
		for _, line := range strings.Split(string(text), "\n") {
			if rest, ok := strings.CutPrefix(line, "input "); ok {
				input = rest
				continue
			}
			expression, _, _ := strings.Cut(line, "  ")
			add(expression, input)
		}
	}
}

// FuzzParse: an error is a *SyntaxError that points into the text, and what is read prints as it was written.
func FuzzParse(f *testing.F) {
	seeds(f, func(expression, _ string) { f.Add(expression) })
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExpr(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Text != text || syntax.Offset < 0 || syntax.Offset > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		if e.String() != text {
			t.Fatalf("%q prints as %q", text, e)
		}
		for _, p := range e.Paths() {
			again, err := Parse(p.String())
			if err != nil {
				t.Fatalf("%q was read once and then not: %v", p, err)
			}
			if again.normal(len(again.steps)) != p.normal(len(p.steps)) || again.Root() != p.Root() {
				t.Fatalf("%q was read once as %s and then as %s", p, p.normal(len(p.steps)), again.normal(len(again.steps)))
			}
		}
	})
}

// FuzzEval: an error has its type, a path of several matches gives an array, the input stays as it was, and a
// second evaluation gives the same.
func FuzzEval(f *testing.F) {
	seeds(f, func(expression, input string) { f.Add(expression, input) })
	f.Fuzz(func(t *testing.T, text, input string) {
		v, err := value.Parse(input)
		if err != nil {
			return
		}
		e, err := ParseExpr(text)
		if err != nil {
			return
		}
		env := &Env{Input: v, Context: v, Random: func() uint64 { return 1 }, UUID: func() string { return "uuid" }}
		first, firstErr := e.Eval(env)
		if firstErr != nil {
			var miss *NotFoundError
			var failed *CallError
			if !errors.As(firstErr, &miss) && !errors.As(firstErr, &failed) {
				t.Fatalf("%q of %s: %#v", text, input, firstErr)
			}
		}
		if p := e.Path(); p != nil && firstErr == nil && !p.Definite() && first.Kind() != value.Array {
			t.Fatalf("%q of %s gave %s", text, input, first.Text())
		}
		if v.Text() != strings.TrimSpace(input) {
			t.Fatalf("%q turned %s into %s", text, input, v.Text())
		}
		second, secondErr := e.Eval(env)
		if (firstErr == nil) != (secondErr == nil) || first.Text() != second.Text() {
			t.Fatalf("%q of %s gave %s, %v and then %s, %v", text, input, first.Text(), firstErr, second.Text(), secondErr)
		}
	})
}

// FuzzSet: what Set wrote, Eval finds; and a path that Eval finds, Set can write.
func FuzzSet(f *testing.F) {
	seeds(f, func(expression, input string) {
		path, _, _ := strings.Cut(expression, " = ")
		f.Add(path, input)
	})
	f.Fuzz(func(t *testing.T, path, input string) {
		root, err := value.Parse(input)
		if err != nil {
			return
		}
		p, err := Parse(path)
		if err != nil || p.Reference() != nil || p.Root() != "$" {
			return
		}
		_, missing := p.Eval(&Env{Input: root})
		v := value.FromString("written")
		out, err := p.Set(root, v)
		if err != nil {
			var failed *SetError
			if missing == nil || !errors.As(err, &failed) {
				t.Fatalf("%q of %s: %v", path, input, err)
			}
			return
		}
		got, err := p.Eval(&Env{Input: out})
		if err != nil || !value.Equal(got, v) {
			t.Fatalf("%q of %s: wrote %s, read %s, %v", path, input, out.Text(), got.Text(), err)
		}
		if _, err := value.Parse(out.Text()); err != nil {
			t.Fatalf("%q of %s wrote %s: %v", path, input, out.Text(), err)
		}
	})
}
