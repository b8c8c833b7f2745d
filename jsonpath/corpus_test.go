package jsonpath

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

var rewrite = flag.Bool("rewrite", false, "write what comes out into the corpora; read the difference before committing it")

// A corpus is a text file. A line with a keyword and JSON text sets the stage for the lines that follow it:
//
//	input {"a":1}      $, which also forgets the context and the variables
//	context {"b":2}    $$
//	var x [1,2]        $x
//	random 7           what the source of random bits gives
//
// Every other line is a case: an expression, at least two spaces, and what it must give, which is JSON text or
// else '!' and the error. Blank lines and lines that start with '#' are left alone.
type corpus struct {
	env  *Env
	vars map[string]value.Value
}

// run checks every case of the file with eval, which returns what stands on the right.
func runCorpus(t *testing.T, pattern string, eval func(expression string, env *Env) (value.Value, error)) {
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus matches %s: %v", pattern, err)
	}
	cases := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := corpus{env: &Env{}}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if strings.TrimSpace(line) == "" || line[0] == '#' || c.stage(t, line) {
				continue
			}
			expression, want, found := strings.Cut(line, "  ")
			want = strings.TrimSpace(want)
			got := answer(eval(expression, c.env))
			if got != want && *rewrite {
				lines[i] = fmt.Sprintf("%-40s  %s", expression, got)
			} else if got != want || !found {
				t.Errorf("%s:%d: %s\n got %s\nwant %s", file, i+1, expression, got, want)
			}
			cases++
		}
		if *rewrite {
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d cases", cases)
}

// stage applies a line that starts with a keyword.
func (c *corpus) stage(t *testing.T, line string) bool {
	t.Helper()
	keyword, rest, _ := strings.Cut(line, " ")
	name := ""
	if keyword == "var" {
		name, rest, _ = strings.Cut(rest, " ")
	}
	switch keyword {
	case "input", "context", "var", "random":
	default:
		return false
	}
	v, err := value.Parse(rest)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	switch keyword {
	case "input":
		c.vars = make(map[string]value.Value)
		vars := c.vars
		c.env = &Env{
			Input: v,
			Var:   func(name string) (value.Value, bool) { x, ok := vars[name]; return x, ok },
			UUID:  func() string { return "b5b1f9a2-3f0c-4d0a-9a63-6d8c0f3c7c11" },
		}
	case "context":
		c.env.Context = v
	case "var":
		c.vars[name] = v
	case "random":
		n, _ := v.Int()
		c.env.Random = func() uint64 { return uint64(n) }
	}
	return true
}

func answer(v value.Value, err error) string {
	if err == nil {
		return v.Text()
	}
	var syntax *SyntaxError
	var miss *NotFoundError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("! syntax at %d: %s", syntax.Offset, syntax.Msg)
	case errors.As(err, &miss) && miss.IndexPastEnd:
		return "! past the end: " + miss.Detail
	case errors.As(err, &miss) && miss.Misapplied:
		return "! misapplied: " + miss.Detail
	case errors.As(err, &miss):
		return "! " + miss.Detail
	}
	return "! " + err.Error()
}

func TestPaths(t *testing.T) {
	runCorpus(t, "paths/*.txt", func(expression string, env *Env) (value.Value, error) {
		p, err := Parse(expression)
		if err != nil {
			return value.Value{}, err
		}
		if p.String() != expression {
			t.Errorf("%s prints as %s", expression, p)
		}
		return p.Eval(env)
	})
}

func TestIntrinsics(t *testing.T) {
	runCorpus(t, "intrinsics/*.txt", func(expression string, env *Env) (value.Value, error) {
		e, err := ParseExpr(expression)
		if err != nil {
			return value.Value{}, err
		}
		if e.String() != expression {
			t.Errorf("%s prints as %s", expression, e)
		}
		return e.Eval(env)
	})
}

// TestSet takes cases of the form "path = value".
func TestSet(t *testing.T) {
	runCorpus(t, "set/*.txt", func(expression string, env *Env) (value.Value, error) {
		path, text, _ := strings.Cut(expression, " = ")
		v, err := value.Parse(text)
		if err != nil {
			return value.Value{}, err
		}
		p, err := Parse(path)
		if err != nil {
			return value.Value{}, err
		}
		if err := p.Reference(); err != nil {
			return value.Value{}, err
		}
		return p.Set(env.Input, v)
	})
}
