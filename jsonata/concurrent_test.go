package jsonata_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/statelark/statelark/jsonata"
)

// TestShared evaluates shared expressions on a shared input from many goroutines; the race detector watches.
func TestShared(t *testing.T) {
	input := parseInput(t, benchSmall)
	env := &jsonata.Env{}
	exprs := []string{
		`items[qty > 1]^(>price).sku`, `items.{"s": $uppercase(sku), "t": qty * price}`, `$match(note, /[aeiou](\w)/).groups`,
		`$fromMillis(1510067557121, "[FNn] [D1o] [MNn]")`, `items#$i.{"i": $i, "p": %.total}`, `$ ~> |items|{"x": qty}, "sku"|`,
		`($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $map([1..10], $f))`, `$reduce(items.price, function($a, $b) { $a + $b })`,
	}
	for _, src := range exprs {
		e, err := jsonata.Parse(src, jsonata.AWS)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		want, _, err := e.Eval(env, input)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					if got, _, err := e.Eval(env, input); err != nil || got.Text() != want.Text() {
						t.Errorf("%s: got %s, %v; want %s", src, got.Text(), err, want.Text())
						return
					}
				}
			})
		}
		all.Wait()
	}
}

// TestHostile evaluates what aims at the evaluator itself: deep values, exploding values, endless loops.
func TestHostile(t *testing.T) {
	limits := jsonata.Limits{Steps: 200000, Memory: 1 << 24}
	for _, src := range []string{
		`($f := function($s, $n) { $n = 0 ? $s : $f([[$s]], $n - 1) }; $f(1, 5000))`,
		`($f := function($s, $n) { $n = 0 ? $s : $f([$s, $s], $n - 1) }; $string($f(1, 60)))`,
		`($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("x", 60))`,
		`($f := function($s, $n) { $n = 0 ? $s : $f({"a": $s, "b": $s}, $n - 1) }; $f(1, 60) = $f(1, 60))`,
		`($f := function($g, $n) { $n = 0 ? $g : $f($g ~> $g, $n - 1) }; $f($string, 40)(1))`,
		`($f := function($g, $n) { $n = 0 ? $g : $f($g(?), $n - 1) }; $f($string, 20000)(1))`,
		`{"a": {}} ~> |$|{"b": $}|`,
		`{"a": {"c": 1}} ~> |a|{"b": $$, "d": [$]}|`,
		`($f := function() { $f() }; $f())`,
		`$pad("", 1e15, "ab")`, `$pad("", -1e15)`, `[1..1e7] ~> $map(function($x) { $x }) ~> $count()`,
		`$replace($pad("", 100000, "a"), "a", $pad("", 100000, "b"))`, `$join($map([1..100000], function($i) { $pad("", 100000) }))`,
		`$formatNumber(0, "0e0")`, `$formatNumber(-5, "0.0e0")`, `$formatInteger(1e300, "I")`, `$formatInteger(1/0, "w")`, `$formatInteger(1e308, "w")`,
		`function($a)<` + strings.Repeat("n?", 60) + `>{1}(` + strings.Repeat("1,", 30) + `"x")`,
		`$fromMillis(1e300)`, `$toMillis("9999999999", "[Y]")`, `$fromMillis(0, "[Y,99999999999999999999]")`,
		`$reduce([1..100000], function($a, $b) { [$a] })`, `$reduce([1..100000], $zip)`, `**.**.**.**`,
	} {
		for _, d := range []jsonata.Dialect{jsonata.Reference, jsonata.AWS} {
			got := evaluate(src, d, &jsonata.Env{Limits: limits}, parseInput(t, benchSmall))
			if len(got.Out) > 1<<23 {
				t.Errorf("%s gives %d bytes", src, len(got.Out))
			}
		}
	}
}
