package jsonpath

import (
	"errors"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

func TestPathProperties(t *testing.T) {
	for _, c := range []struct {
		path                        string
		root                        string
		isRoot, definite, reference bool
	}{
		{"$", "$", true, true, true},
		{"$.a", "$", false, true, true},
		{"$['a'][0].b", "$", false, true, true},
		{"$$", "$$", false, true, true},
		{"$$.Execution.Id", "$$", false, true, true},
		{"$x", "x", false, true, true},
		{"$x.a[0]", "x", false, true, true},
		{"$größe_1.a", "größe_1", false, true, true},
		{"$.a[-1]", "$", false, true, false},
		{"$.a[(@.length-1)]", "$", false, true, false},
		{"$['a','b']", "$", false, true, false},
		{"$.a.length()", "$", false, true, false},
		{"$.a['length()']", "$", false, true, true},
		{"$.a[0,1]", "$", false, false, false},
		{"$.a[1:]", "$", false, false, false},
		{"$.a[*]", "$", false, false, false},
		{"$.*", "$", false, false, false},
		{"$..a", "$", false, false, false},
		{"$.a[?(@.b)]", "$", false, false, false},
		{"$x[*].b", "x", false, false, false},
	} {
		p, err := Parse(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		if p.Root() != c.root || p.IsRoot() != c.isRoot || p.Definite() != c.definite || (p.Reference() == nil) != c.reference {
			t.Errorf("%s: root %s, is root %v, definite %v, reference %v, want %+v",
				c.path, p.Root(), p.IsRoot(), p.Definite(), p.Reference(), c)
		}
	}
}

func TestExprParts(t *testing.T) {
	e, err := ParseExpr("States.Format('{} {}', $.a[*], States.Array($$.b, 1, $x.c))")
	if err != nil {
		t.Fatal(err)
	}
	if e.Call() != "States.Format" || e.Path() != nil {
		t.Errorf("the call is %q and the path %v", e.Call(), e.Path())
	}
	var paths []string
	for _, p := range e.Paths() {
		paths = append(paths, p.String())
	}
	if got := strings.Join(paths, " "); got != "$.a[*] $$.b $x.c" {
		t.Errorf("the paths are %s", got)
	}
	e, err = ParseExpr("$.a")
	if err != nil {
		t.Fatal(err)
	}
	if e.Call() != "" || e.Path().String() != "$.a" || len(e.Paths()) != 1 {
		t.Errorf("the call is %q, the path %v, the paths %v", e.Call(), e.Path(), e.Paths())
	}
}

func TestSpacesAroundAPath(t *testing.T) {
	for _, text := range []string{" $.a", "$.a ", "$. a", "$.a .b", "$ "} {
		if p, err := Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, p)
		}
	}
}

// TestWorkIsBounded walks a document that is deep enough for a path with several ".." to run for hours.
func TestWorkIsBounded(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900)
	p, err := Parse("$..a..a..a..b")
	if err != nil {
		t.Fatal(err)
	}
	var miss *NotFoundError
	if _, err := p.Eval(&Env{Input: parse(t, deep)}); !errors.As(err, &miss) || !miss.Misapplied {
		t.Errorf("got %v", err)
	}
}

// TestErrorTexts holds the texts that AWS prints.
func TestErrorTexts(t *testing.T) {
	env := &Env{Input: parse(t, `{"list":[1],"x":"t"}`)}
	for expression, want := range map[string]string{
		"$.list.length()":       "Invalid path '$.list.length()' : Property ['length()'] not found in path $['list']",
		"$.NoSuchPath":          "Invalid path '$.NoSuchPath' : No results for path: $['NoSuchPath']",
		"$.no.such.result.path": "Invalid path '$.no.such.result.path' : Missing property in path $['no']",
		"States.Array($.no)": "The function 'States.Array($.no)' had the following error: The JsonPath argument for the field '$.no' " +
			`could not be found in the input '{"list":[1],"x":"t"}'`,
	} {
		e, err := ParseExpr(expression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Eval(env); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", expression, err, want)
		}
	}
}

func TestCallErrorNames(t *testing.T) {
	env := &Env{Input: parse(t, `{"n":1}`)}
	for expression, want := range map[string]string{
		"States.Array($.no)":        ErrorRuntime,
		"States.Array($.n[0])":      ErrorRuntime,
		"States.ArrayLength($.n)":   ErrorIntrinsicFailure,
		"States.StringToJson('{}')": "",
	} {
		e, err := ParseExpr(expression)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Eval(env)
		var failed *CallError
		if errors.As(err, &failed); failed == nil && want != "" || failed != nil && failed.Name != want {
			t.Errorf("%s: got %v, want the error %q", expression, err, want)
		}
	}
}

// TestLongTexts looks at the limits of 10,000 characters, which are not bytes.
func TestLongTexts(t *testing.T) {
	for _, c := range []struct {
		call string
		text string
		ok   bool
	}{
		{"States.Base64Encode($)", strings.Repeat("a", 10000), true},
		{"States.Base64Encode($)", strings.Repeat("a", 10001), false},
		{"States.Base64Encode($)", strings.Repeat("😀", 10000), true},
		{"States.Base64Encode($)", strings.Repeat("😀", 10001), false},
		{"States.Base64Decode($)", strings.Repeat("A", 10000), true},
		{"States.Base64Decode($)", strings.Repeat("A", 10004), false},
		{"States.Hash($, 'MD5')", strings.Repeat("é", 10000), true},
		{"States.Hash($, 'MD5')", strings.Repeat("é", 10001), false},
	} {
		e, err := ParseExpr(c.call)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Eval(&Env{Input: value.FromString(c.text)}); (err == nil) != c.ok {
			t.Errorf("%s of %d bytes: the error is %v", c.call, len(c.text), err)
		}
	}
}

// TestSetLeavesTheOldValue checks that what was written into is as it was.
func TestSetLeavesTheOldValue(t *testing.T) {
	const text = `{"a":{"b":[1,{"c":2}]}}`
	old := parse(t, text)
	p, err := Parse("$.a.b[1].c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Set(old, value.True); err != nil {
		t.Fatal(err)
	}
	if !value.Equal(old, parse(t, text)) {
		t.Errorf("the old value became %s", old.Compact())
	}
}

// TestSetIntoNothing writes into the absent value, which counts as an empty object.
func TestSetIntoNothing(t *testing.T) {
	p, err := Parse("$.a.b")
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Set(value.Value{}, value.True)
	if err != nil || got.Compact() != `{"a":{"b":true}}` {
		t.Errorf("got %s, %v", got.Compact(), err)
	}
}

// TestJavaRandom compares with the first nextDouble of java.util.Random, as AWS's $random(seed) gives it.
func TestJavaRandom(t *testing.T) {
	for seed, want := range map[int64]float64{42: 0.7275636800328681, 0: 0.730967787376657, 7: 0.7306990420600421} {
		r := newJavaRandom(seed)
		high, low := int64(r.next(26)), int64(r.next(27))
		if got := float64(high<<27|low) / (1 << 53); got != want {
			t.Errorf("seed %d: got %v, want %v", seed, got, want)
		}
	}
}

func TestMathRandomStaysInRange(t *testing.T) {
	e, err := ParseExpr("States.MathRandom($[0], $[1], $[2])")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int64]bool)
	for seed := int64(-500); seed < 500; seed++ {
		input := value.NewArray([]value.Value{value.FromInt(-3), value.FromInt(4), value.FromInt(seed)})
		v, err := e.Eval(&Env{Input: input})
		n, ok := v.Int()
		if err != nil || !ok || n < -3 || n >= 4 {
			t.Fatalf("seed %d: got %s, %v", seed, v.Text(), err)
		}
		seen[n] = true
	}
	if len(seen) != 7 {
		t.Errorf("1,000 seeds gave %d of 7 numbers", len(seen))
	}
}

func parse(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
