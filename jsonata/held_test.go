package jsonata

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// times joins n copies of text, in which # is the number of the copy.
func times(n int, text, between string) string {
	copies := make([]string, n)
	for i := range copies {
		copies[i] = strings.ReplaceAll(text, "#", strconv.Itoa(i))
	}
	return strings.Join(copies, between)
}

// TestHeld: what an evaluation holds at a time is bounded, in whatever way it holds it; what it no longer holds does not
// count.
func TestHeld(t *testing.T) {
	const large = "$append([1..400000], [1])" // 12 MB
	for expression, bounded := range map[string]bool{
		"(" + times(60, "$a# := "+large, ";") + "; 1)":                                                           true,
		"(" + times(60, "$a# := $pad('', 6900000)", ";") + "; 1)":                                                true,
		"$count([" + times(60, large, ",") + "])":                                                                true,
		"$count([" + times(60, "["+large+"]", ",") + "])":                                                        true,
		"$count({" + times(60, `"a#":`+large, ",") + "})":                                                        true,
		"$zip(" + times(60, large, ",") + ")":                                                                    true,
		"($f := function($n, $l) { $n = 0 ? 0 : $count($l) + $f($n-1, $append($l, [1])) }; $f(14, [1..800000]))": true,
		"$count([1..800000].[[[]]])":                                                                             true,
		"$count([1..800000].{})":                                                                                 true,
		"$count([1..800000].($x := $; function() { $x }))":                                                       true,
		"(" + times(12, "$count("+large+")", ";") + ")":                                                          false,
		"(" + times(12, "($x := "+large+"; $count($x))", ";") + ")":                                              false,
		"$sum([1..12].($x := " + large + "; $y := $map([1..3], function($v) { $v + $x[0] }); $y[0]))":            false,
		"$reduce([1..3000], $append)[2999]":                                                                      false,
		"($f := function($n, $l) { $n = 0 ? $l : $f($n-1, $append([1..200000], [$n])) }; $f(30, [])[0])":         false,
		"$count($map([1..800000], function($v) { $v + 1 }))":                                                     false,
	} {
		e, err := Parse(expression, AWS)
		if err != nil {
			t.Fatal(err)
		}
		most, units := uint64(0), 0
		work := func() bool {
			if units++; units%200 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return true
		}
		_, _, err = e.Eval(&Env{Work: work}, value.Value{})
		if (err != nil) != bounded || bounded && !strings.Contains(err.Error(), "memory limit exceeded") {
			t.Errorf("%.70s: %v", expression, err)
		}
		if most > 3*awsHeld {
			t.Errorf("%.70s: %d MB were in use", expression, most>>20)
		}
	}
}
