package jsonata_test

import (
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

// heavy are expressions that take long between two nodes of theirs, or go on and on.
var heavy = []string{
	`$map([1..100000], function($i) { $pad("", 1000000) ~> $uppercase() ~> $length() })`,
	`($a := [1..800000]; $b := [1..800000]; $map([1..100000], function($i) { $a = $b }))`,
	`($a := [1..800000]; $map([1..100000], function($i) { $sum($reverse($a)) }))`,
	`($a := [1..800000]; $map([1..100000], function($i) { $a[-1] in $a }))`,
	`($a := [1..800000]; $map([1..100000], function($i) { [$a, $a][0] }))`,
	`($a := [1..800000]; $map([1..100000], function($i) { [1, 2][$a] }))`,
	`($a := [1..300000]; $map([1..100000], function($i) { $a ~> $string() ~> $length() }))`,
	`($s := $pad("", 3000000); $t := $s & "x"; $u := $s & "y"; $map([1..100000], function($i) { $t < $u }))`,
	`($s := $pad("", 3000000); $t := $s & "x"; $u := $s & "y"; $map([1..100000], function($i) { $t = $u }))`,
	`($s := $pad("", 3000000); $map([1..100000], function($i) { $s & $i & "" ? 1 }))`,
	`($s := $pad("", 1000000, "ab"); $map([1..100000], function($i) { $split($s, "") ~> $count() }))`,
	`($s := $pad("", 1000000, "ab"); $map([1..100000], function($i) { $replace($s, "a", "") ~> $length() }))`,
	`($s := $pad("", 1000000, "ab"); $map([1..100000], function($i) { $base64encode($s) ~> $base64decode() ~> $length() }))`,
	`($s := $pad("", 1000000, "1"); $map([1..100000], function($i) { $formatInteger($i, $s) ~> $length() }))`,
	`$map([1..100000], function($i) { $formatInteger($i, $pad("", 200000, "0,0.")) ~> $length() })`,
	`$map([1..100000], function($i) { $formatNumber($i, $pad("", 200001, "0,")) ~> $length() })`,
	`$distinct($map([1..20000], function($i) { {"a": $i, "b": [$i]} }))`,
	`$sort($map([1..100000], function($i) { $string($i) }), function($a, $b) { $length($a) > $length($b) })`,
	`($a := [1..800000]; $map([1..100000], function($i) { $sort($a)[0] }))`,
	`($a := [1..800000]; $map([1..100000], function($i) { $boolean($a) }))`,
	`($a := [1..200000]; $map([1..100000], function($i) { $zip($a, $a) ~> $count() }))`,
	`($o := $merge($map([1..20000], function($i) { {$string($i): $i} })); $map([1..100000], function($i) { $keys($o) ~> $count() }))`,
	`($o := $merge($map([1..20000], function($i) { {$string($i): $i} })); $map([1..100000], function($i) { $spread($o) ~> $count() }))`,
	`($o := $merge($map([1..20000], function($i) { {$string($i): $i} })); $o ~> |$|{}, $keys($)|)`,
	`($o := $merge($map([1..20000], function($i) { {$string($i): $i} })); $map([1..100000], function($i) { $clone($o) ~> $count() }))`,
	`[1..100000].{"a": $}@$x.{"b": $x}{"k": $count(b)} ~> $string() ~> $map(function($v) { $v })`,
	`$map([1..100000], function($i) { [1..100000].$ ~> $count() })`,
	`$map([1..100000], function($i) { ([1..100000])[[1..100]] ~> $count() })`,
	`($f := function() { $f() }; $f())`,
	`($s := $pad("", 3000, "aaaaaaaaaaaaaaaaaaaaaaaaa!"); $match($s, /(a|aa)+$|!/))`,
	`$replace($pad("", 100000, "aaaaaaaaaaaaaaaaaaaaaa!"), /(a+)+$|!/, "")`,
	`$match($pad("", 40, "a") & "!", /^(a+)+$/)`,
	`($s := $pad("", 100000, "a"); $map([1..1000], function($i) { $contains($s, /(?=.*b)x/) }))`,
	`($s := $pad("", 100000, "ab"); $map([1..1000], function($i) { $match($s, /(ab)*?c/) }))`,
	`($s := $pad("", 20000, "ab"); $match($s, /(?<=^.*)b(?!.*a)|(.*)\1c/))`,
}

// TestWork ends evaluations after some units of work: each must then end at once, ask no more, and have taken about as
// long as its units stand for.
func TestWork(t *testing.T) {
	const limit = 500 // some 25 ms
	for _, src := range heavy {
		for _, d := range []jsonata.Dialect{jsonata.Reference, jsonata.AWS} {
			units, start := 0, time.Now()
			got := evaluate(src, d, &jsonata.Env{Work: func() bool { units++; return units < limit }}, parseInput(t, ""))
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s took %v and gave %+v", src, took, got.Msg)
			}
			if units > limit || units == limit && !strings.Contains(got.Msg, "timeout") {
				t.Errorf("%s: told of %d units and gave %+v", src, units, got.Msg)
			}
		}
	}
}

// TestWorkIsTheSame expects an evaluation to take the same work each time, also on a document that was opened before.
func TestWorkIsTheSame(t *testing.T) {
	for _, c := range append(benchmarks, struct{ name, expr, input string }{"Whole", `$`, benchBig()}, struct{ name, expr, input string }{"Print", `$string($)`, benchBig()}) {
		e, err := jsonata.Parse(c.expr, jsonata.AWS)
		if err != nil {
			t.Fatal(err)
		}
		count := func(input value.Value) int {
			units := 0
			if _, _, err := e.Eval(&jsonata.Env{Work: func() bool { units++; return true }}, input); err != nil {
				t.Fatal(err)
			}
			return units
		}
		input := parseInput(t, c.input)
		first, second, third := count(input), count(input), count(parseInput(t, c.input))
		if first != second || first != third {
			t.Errorf("%s: %d, %d and %d units", c.name, first, second, third)
		}
		if len(c.input) > 10000 && first == 0 {
			t.Errorf("%s: no work on %d bytes", c.name, len(c.input))
		}
	}
}

// TestAbandon abandons evaluations by a panic: those that come after are the same as ever.
func TestAbandon(t *testing.T) {
	const src = `($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $sum($map([1..3000], function($i) { $f(5) + $length($pad("", $i)) })))`
	e, err := jsonata.Parse(src, jsonata.AWS)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	want, _, err := e.Eval(&jsonata.Env{Work: func() bool { total++; return true }}, value.Value{})
	if err != nil {
		t.Fatal(err)
	}
	for stop := 1; stop <= total; stop += 1 + total/20 {
		func() {
			defer func() {
				if p := recover(); p != "abandoned" {
					t.Errorf("after %d units: recovered %v", stop, p)
				}
			}()
			units := 0
			_, _, _ = e.Eval(&jsonata.Env{Work: func() bool {
				if units++; units == stop {
					panic("abandoned")
				}
				return true
			}}, value.Value{})
		}()
		if got, _, err := e.Eval(&jsonata.Env{}, value.Value{}); err != nil || got.Text() != want.Text() {
			t.Fatalf("after one that was abandoned: %s, %v; want %s", got.Text(), err, want.Text())
		}
	}
}
