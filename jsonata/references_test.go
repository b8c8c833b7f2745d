package jsonata

import (
	"fmt"
	"testing"
)

// TestReferences lists what expressions read: from their item, from $states, from variables.
func TestReferences(t *testing.T) {
	for src, want := range map[string]string{
		`$states.input.a[b = $c].d`:     "[] [input] [c]",
		`phone`:                         "[phone] [] []",
		`$`:                             "[$] [] []",
		`$$.a`:                          "[$$] [] []",
		`{a: b.c, "d": [e, -f, $g(h)]}`: "[a b e f h] [] [g]",
		`$map($states.input.a, function($x){ b + $x + $y })`:           "[b] [input] [y]",
		`($x := $x + 1; $x + $z)`:                                      "[] [] [x z]",
		`($f := function($n){ $n < 1 ? 1 : $n * $f($n - 1) }; $f($m))`: "[] [] [m]",
		`$v.items^(price, >$w){name: $sum(total * $r)}`:                "[] [] [v w r]",
		`$states.errorOutput.Cause & $states.result`:                   "[] [errorOutput result] []",
		`$o.a@$x.b#$i[$x.c = $i].{"k": $x.d}`:                          "[] [] [o]",
		`$a ~> $map(function($v){ $v.b }) ~> |c|{"d": $e}|`:            "[] [] [a e]",
		`($count($q); $now())`:                                         "[] [] [q]",
		`"text"`:                                                       "[] [] []",
	} {
		e, err := Parse(src, AWS)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		context, states, variables := e.References()
		if got := fmt.Sprint(context, states, variables); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}
