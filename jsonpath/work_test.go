package jsonpath

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// rows returns the array of n values that format makes of 0, 1, ….
func rows(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// heavy are expressions whose work grows with the input, with the least units that each has to tell of on it.
var heavy = []struct {
	expr, input string
	units       int
}{
	{"States.ArrayPartition($.l, 1)", `{"l":` + rows(100000, "%d") + `}`, 100},
	{"States.ArrayUnique($.l)", `{"l":` + rows(40000, "%d") + `}`, 100},
	{"States.ArrayUnique($.l)", `{"l":` + rows(40000, `[1,{"a":%d}]`) + `}`, 100},
	{"States.ArrayContains($.l, -1)", `{"l":` + rows(40000, "%d") + `}`, 30},
	{"States.ArrayContains($.l, $.x)", `{"l":` + rows(2000, `["`+strings.Repeat("x", 1000)+`%d"]`) + `,"x":["` + strings.Repeat("x", 1001) + `"]}`, 50},
	{"States.ArrayGetItem($.l[?(@.a > 3)], 0)", `{"l":` + rows(40000, `{"a":%d}`) + `}`, 100},
	{"$..l[0]", `{"l":` + rows(40000, "%d") + `}`, 30},
	{"$.l[?(@ =~ /.*(a|b)*c/)]", `{"l":` + rows(20000, `"aaaaaaaaaaaaaaaaaaaaa%d"`) + `}`, 100},
	{"$.l[*].a.b", `{"l":` + rows(40000, `{"a":{"b":%d}}`) + `}`, 70},
	{"$.l[0:40000]['a','b']", `{"l":` + rows(40000, `{"a":%d,"b":1}`) + `}`, 70},
	{"States.Format('" + strings.Repeat("{}", 50) + "'" + strings.Repeat(", $", 50) + ")", `{"l":` + rows(10000, "%d") + `}`, 50},
	{"States.JsonToString($)", `{"l":` + rows(100000, "%d") + `}`, 15},
	{"States.StringToJson(States.JsonToString($))", `{"l":` + rows(100000, "%d") + `}`, 50},
	{"States.JsonMerge($.m, $.m, false)", `{"m":{` + strings.Trim(rows(40000, `"k%d":1`), "[]") + `}}`, 100},
	{"States.StringSplit($.t, ',')", `{"t":"` + strings.Repeat("a,", 100000) + `"}`, 20},
	{"States.Hash(States.Array(" + strings.Repeat("$.t,", 99) + "$.t), 'MD5')", `{"t":"` + strings.Repeat("a", 50000) + `"}`, 100},
}

// TestWork expects of every evaluation the same number of units each time, and that it ends at once where it is told to.
func TestWorkUnits(t *testing.T) {
	for _, c := range heavy {
		t.Run(c.expr[:min(30, len(c.expr))], func(t *testing.T) {
			e, err := ParseExpr(c.expr)
			if err != nil {
				t.Fatal(err)
			}
			count := func(input value.Value, limit int) (units int, v value.Value, err error) {
				v, err = e.Eval(&Env{Input: input, Work: func() bool { units++; return units < limit }})
				return units, v, err
			}
			input := parse(t, c.input)
			total, want, wantErr := count(input, 1<<30)
			if total < c.units {
				t.Errorf("%d units, expected at least %d", total, c.units)
			}
			if again, _, _ := count(parse(t, c.input), 1<<30); again != total {
				t.Errorf("%d units, then %d", total, again)
			}
			for _, limit := range []int{1, total / 2, total} {
				if limit < 1 {
					continue
				}
				if units, _, err := count(input, limit); units != limit || !errors.Is(err, ErrWork) {
					t.Errorf("ended after %d units: %d units, error %v", limit, units, err)
				}
			}
			if _, got, err := count(input, total+1); got.Text() != want.Text() || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("afterwards: %v; before: %v", err, wantErr)
			}
		})
	}
}

// TestTextIsBounded expects no call to make a text of many times its input.
func TestTextIsBounded(t *testing.T) {
	input := parse(t, `{"l":`+rows(20000, "%d")+`}`)
	for _, expr := range []string{
		"States.Format('" + strings.Repeat("{}", 500) + "'" + strings.Repeat(", $", 500) + ")",
		"States.JsonToString(States.Array(" + strings.Repeat("$, ", 500) + "$))",
		"States.Hash(States.Array(" + strings.Repeat("$, ", 500) + "$), 'MD5')",
	} {
		e, err := ParseExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := e.Eval(&Env{Input: input}); !errors.Is(err, ErrMemory) {
			t.Errorf("%.40s gives %d bytes, error %v", expr, v.Size(), err)
		}
	}
}

// TestUnique compares with every value in turn, as the function is defined.
func TestUnique(t *testing.T) {
	for _, text := range []string{
		`[1, 1.0, 1e0, 10e-1, "1", true, null, null, false, 0, -0, -0.0]`,
		`[9007199254740993, 9007199254740992, 9007199254740992.0, 9007199254740993.0, 1e999, 1e1000]`,
		`["a", "\u0061", "é", "\u00e9", "", "\ud800", "\udc00"]`,
		`[{"a":1,"b":[2]}, {"b":[2.0],"a":1}, {"a":1}, {}, {"a":[2],"b":1}, [1,2], [2,1], [[1],[2]], [[1,2]], []]`,
		`[{"a":1,"a":2}, {"a":2}, [[]], [{}], [null], ["null"]]`,
	} {
		elems := parse(t, text).Elems()
		var want []value.Value
	next:
		for _, e := range elems {
			for _, w := range want {
				if value.Equal(e, w) {
					continue next
				}
			}
			want = append(want, e)
		}
		x, err := ParseExpr("States.ArrayUnique($)")
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.Eval(&Env{Input: parse(t, text)})
		if err != nil || got.Compact() != value.NewArray(want).Compact() {
			t.Errorf("%s: %s, %v; want %s", text, got.Compact(), err, value.NewArray(want).Compact())
		}
	}
}

// TestMemoryIsBounded expects every way to make much of little to end early, and to tell why.
func TestMemoryIsBounded(t *testing.T) {
	input := parse(t, `{"l":`+rows(100_000, "%d")+`,"t":"`+strings.Repeat("a,", 100_000)+`","m":{`+strings.Trim(rows(20_000, `"k%d":1`), "[]")+
		`},"rows":`+rows(3000, `[[[%d]]]`)+`}`)
	const times = 200
	for _, expr := range []string{
		"States.ArrayPartition($.l, 1)", "States.ArrayUnique($.l)", "States.StringSplit($.t, ',')", "States.JsonMerge($.m, $.m, false)",
		"States.Format('{}', $.l)", "States.JsonToString($.l)", "States.StringToJson(States.JsonToString($.l))", "$..*", "$.l[*]", "$.l[0:100000]",
		"$.rows..[0]",
	} {
		e, err := ParseExpr("States.Array(" + strings.Repeat(expr+",", times) + "1)")
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = e.Eval(&Env{Input: input})
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrMemory) {
			t.Errorf("%.40s, %d times: error %v", expr, times, err)
		}
		// What a text grows through counts as well, and the race detector allocates a tenth more.
		if made := after.TotalAlloc - before.TotalAlloc; made > 4*maxMade {
			t.Errorf("%.40s, %d times: %d MB were allocated", expr, times, made>>20)
		}
	}
}
