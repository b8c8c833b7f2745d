package jsonata_test

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/jsonata"
)

// awsFacts are answers of the AWS service, as measured on it.
var awsFacts = []struct {
	name, expr, input string
	want              answer
}{
	{"null is a value", `$exists($.a)`, `{"a":null}`, answer{Out: `true`}},
	{"type of null", `$type(a)`, `{"a":null}`, answer{Out: `"null"`}},
	{"null stays in an array", `[null, 1]`, ``, answer{Out: `[null,1]`}},
	{"count of null", `$count(null)`, ``, answer{Out: `1`}},
	{"undefined drops a key", `{"a": missing, "b": 1}`, `{}`, answer{Out: `{"b":1}`}},

	{"infinity", `1/0`, ``, answer{Out: `"Infinity"`}},
	{"negative infinity", `-1/0`, ``, answer{Out: `"-Infinity"`}},
	{"overflow", `1e308*10`, ``, answer{Out: `"Infinity"`}},
	{"no number", `0/0`, ``, answer{Out: `"NaN"`}},
	{"infinity in an array", `[1/0]`, ``, answer{Out: `["Infinity"]`}},
	{"infinity in an object", `{"k":1/0}`, ``, answer{Out: `{"k":"Infinity"}`}},
	{"no integer", `$parseInteger("abc","0")`, ``, answer{Out: `"NaN"`}},
	{"string of infinity", `$string(1/0)`, ``, answer{Out: `"Infinity"`}},

	{"string of a third", `$string(1/3)`, ``, answer{Out: `"0.333333333333333"`}},
	{"string of a whole number", `$string(123456789012345680000)`, ``, answer{Out: `"123456789012345680000"`}},
	{"string from 1e21", `$string(1e21)`, ``, answer{Out: `"1e+21"`}},
	{"string from -1e21", `$string(-1e21)`, ``, answer{Out: `"-1e+21"`}},
	{"string of a millionth", `$string(0.000001)`, ``, answer{Out: `"0.000001"`}},
	{"string of less", `$string(0.0000001)`, ``, answer{Out: `"1e-7"`}},
	{"a long is exact", `a`, `{"a":9223372036854775807}`, answer{Out: `9223372036854775807`}},
	{"a long in an object is exact", `$`, `{"a": 9223372036854775807}`, answer{Out: `{"a":9223372036854775807}`}},
	{"beyond a long", `a`, `{"a":9223372036854775808}`, answer{Out: `9.223372036854776E18`}},
	{"string of what is beyond a long", `$string(a)`, `{"a":9223372036854775808}`, answer{Out: `"9223372036854776000"`}},
	{"parse of a long", `$parse("9223372036854775807")`, ``, answer{Out: `9223372036854775807`}},
	{"an integral fraction", `$parse('1.0')`, ``, answer{Out: `1`}},
	{"an exponent", `$parse('1e2')`, ``, answer{Out: `100`}},
	{"keys keep their order", `{"b":1,"10":2,"a":3,"2":4}`, ``, answer{Out: `{"b":1,"10":2,"a":3,"2":4}`}},

	{"parse keeps the order", `$parse('{"b":1,"a":[null]}')`, ``, answer{Out: `{"b":1,"a":[null]}`}},
	{"parse of null", `$parse('null')`, ``, answer{Out: `null`}},
	{"parse of nothing", `$parse('')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse of a blank", `$parse(' ')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse of two documents", `$parse('1 2')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse of a doubled key", `$parse('{"a":1,"a":2}')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse of a key doubled deep inside", `$parse('[{"x":{"a:":1,"a:":2}}]')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse of too large a number", `$parse('[1e400]')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse of what is no JSON", `$parse('{a}')`, ``, answer{Code: "D3137", Msg: "Invalid JSON"}},
	{"parse without an argument", `$parse()`, ``, answer{Undef: true}},
	{"parse of the value null", `$parse(null)`, ``, answer{Code: "T0410", Msg: `Argument 1 of function "parse" does not match function signature`}},
	{"parse with two arguments", `$parse('1', 2)`, ``, answer{Code: "T0410", Msg: `Argument 2 of function "parse" does not match function signature`}},
	{"parse as a value", `$map(['{"a":1}','{"a":2}'], $parse).a`, ``, answer{Out: `[1,2]`}},

	{"partition", `$partition([1,2,3,4,5], 2)`, ``, answer{Out: `[[1,2],[3,4],[5]]`}},
	{"partition truncates", `$partition([1,2,3], 2.9)`, ``, answer{Out: `[[1,2],[3]]`}},
	{"partition truncates to zero", `$partition([1,2,3], -0.5)`, ``, answer{Undef: true}},
	{"partition by zero", `$partition([1,2,3], 0)`, ``, answer{Undef: true}},
	{"partition of nothing", `$partition([], 2)`, ``, answer{Undef: true}},
	{"partition without a size", `$partition([1,2,3])`, ``, answer{Out: `[[1,2,3]]`}},
	{"partition by less", `$partition([1,2,3], -1)`, ``, answer{Code: "D3137", Msg: "Second argument must be zero or greater"}},
	{"partition of null", `$partition(null, 1)`, ``, answer{Code: "T0412", Msg: `Argument 1 of function "partition" must be an array of undefined`}},

	{"range", `$range(1, 9, 2)`, ``, answer{Out: `[1,3,5,7,9]`}},
	{"range that misses its end", `$range(1, 8, 2)`, ``, answer{Out: `[1,3,5,7]`}},
	{"range downwards, truncated", `$range(-1.7, -3.2, -1.5)`, ``, answer{Out: `[-1,-2,-3]`}},
	{"range in the wrong direction", `$range(1, 5, -1)`, ``, answer{Undef: true}},
	{"range without movement", `$range(1, 5, 0)`, ``, answer{Undef: true}},
	{"range without a step", `$range(1, 5)`, ``, answer{Undef: true}},
	{"range without an end", `$range(1)`, ``, answer{Code: "T0410", Msg: `Argument 2 of function "range" does not match function signature`}},
	{"range to an undefined end", `$range(-2, missing, 1)`, `{}`, answer{Undef: true}},
	{"range of one", `$range(3, 3, 1)`, ``, answer{Out: `3`}},
	{"range has no cap of a thousand", `$count($range(1, 200000, 1))`, ``, answer{Out: `200000`}},
	{"range at its bound", `$count($range(1, 360145, 1))`, ``, answer{Out: `360145`}},
	{"range past its bound", `$count($range(1, 360146, 1))`, ``, answer{Msg: memoryText}},

	{"hash MD5", `$hash("input data", "MD5")`, ``, answer{Out: `"812f45842bc6d66ee14572ce20db8e86"`}},
	{"hash SHA-1", `$hash("input data", "SHA-1")`, ``, answer{Out: `"aaff4a450a104cd177d28d18d74485e8cae074b7"`}},
	{"hash of UTF-8", `$hash("é", "SHA-256")`, ``, answer{Out: `"4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"`}},
	{"hash by an unknown name", `$hash("x", "sha-1")`, ``, answer{Code: "D3137", Msg: "Invalid hashing algorithm: sha-1"}},
	{"hash without a name", `$hash("x")`, ``, answer{Undef: true}},
	{"hash of a number", `$hash(1, "MD5")`, ``, answer{Code: "T0410", Msg: `Argument 1 of function "hash" does not match function signature`}},

	{"random with seed 42", `$random(42)`, ``, answer{Out: `0.7275636800328681`}},
	{"random with seed 0", `$random(0)`, ``, answer{Out: `0.730967787376657`}},
	{"random with seed 7", `$random(7)`, ``, answer{Out: `0.7306990420600421`}},
	{"random truncates its seed", `$random(7.9) = $random(7)`, ``, answer{Out: `true`}},
	{"random with two arguments", `$random(1, 2)`, ``, answer{Code: "T0410", Msg: `Argument 2 of function "random" does not match function signature`}},
	{"uuid with an argument", `$uuid('x')`, ``, answer{Code: "T0410", Msg: `Argument 1 of function "uuid" does not match function signature`}},

	{"a singleton collapses", `a.b`, `{"a":[{"b":1}]}`, answer{Out: `1`}},
	{"a singleton of objects collapses", `a.{"c":b}`, `{"a":[{"b":1}]}`, answer{Out: `{"c":1}`}},
	{"an array is forced", `[a.b]`, `{"a":[{"b":1}]}`, answer{Out: `[1]`}},

	{"eval is missing", `$eval("1")`, ``, answer{Code: "T1006", Msg: "Attempted to invoke a non-function"}},
	{"sum of strings", `$sum(['a'])`, ``, answer{Code: "T0412", Msg: `Argument 1 of function "sum" must be an array of "numbers"`}},
	{"split less than never", `$split('a','b',-1)`, ``, answer{Code: "D3020", Msg: "Third argument of split function must evaluate to a positive number"}},
	{"each of a string", `$each('x', function($v){$v})`, ``, answer{Code: "T0410", Msg: `Argument 1 of function "each" does not match function signature`}},
	{"abs of a string", `$abs('a')`, ``, answer{Code: "T0410", Msg: `Argument 1 of function "abs" does not match function signature`}},
	{"reduce by one argument", `$reduce([1,2], function($x){$x})`, ``, answer{Code: "D3050", Msg: "The second argument of reduce function must be a function with at least two arguments"}},
	{"single of many", `$single([1,2])`, ``, answer{Code: "D3138", Msg: "The $single() function expected exactly 1 matching result.  Instead it matched more."}},
	{"sqrt below zero", `$sqrt(-1)`, ``, answer{Code: "D3060", Msg: "The sqrt function cannot be applied to a negative number: -1"}},
	{"an object is no number", `1+{}`, ``, answer{Code: "T2002", Msg: `The right side of the "+" operator must evaluate to a number`}},
	{"base64 of UTF-8", `$base64encode("é")`, ``, answer{Out: `"w6k="`}},
	{"base64 and back", `$base64decode("w6k=") & $base64decode("aGk")`, ``, answer{Out: `"éhi"`}},
	{"no base64", `$base64decode("!!!")`, ``, answer{Msg: "Illegal base64"}},
	{"parse of minus zero", `$parse("-0")`, ``, answer{Out: `0`}},
	{"partition of an array of null", `$partition([null], 1)`, ``, answer{Out: `[[null]]`}},
	{"a small fraction", `1/10000`, ``, answer{Out: `1.0E-4`}},
	{"a large fraction", `12345678.5 + 0`, ``, answer{Out: `1.23456785E7`}},
	{"a picture without digits", `$formatNumber(1, "x")`, ``, answer{Code: "D3086", Msg: "The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character"}},
}

const (
	memoryText  = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
	timeoutText = "Expression evaluation timeout: Check for infinite loop"
	depthText   = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive. Depth=101 max=100"
)

func TestAWSFacts(t *testing.T) {
	for _, c := range awsFacts {
		t.Run(c.name, func(t *testing.T) {
			if got := evaluate(c.expr, jsonata.AWS, &jsonata.Env{}, parseInput(t, c.input)); got != c.want {
				t.Errorf("%s\n got %+v\nwant %+v", c.expr, got, c.want)
			}
		})
	}
}

// TestAWSDepth checks the forms of nesting whose last accepted and first refused size were measured.
func TestAWSDepth(t *testing.T) {
	forms := []struct {
		name string
		last int
		expr func(n int) string
	}{
		{"terms", 100, func(n int) string { return strings.Repeat("1+", n-1) + "1" }},
		{"parentheses", 99, func(n int) string { return strings.Repeat("(", n) + "1" + strings.Repeat(")", n) }},
		{"brackets", 99, func(n int) string { return strings.Repeat("[", n) + "1" + strings.Repeat("]", n) }},
		{"stages", 99, func(n int) string { return "1" + strings.Repeat(" ~> $string", n) }},
		{"calls", 31, func(n int) string {
			return `($f := function($n) { $n <= 0 ? 0 : 1 + $f($n - 1) }; $f($count([` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `])))`
		}},
	}
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			if got := evaluate(f.expr(f.last), jsonata.AWS, &jsonata.Env{}, parseInput(t, "")); got.Msg != "" {
				t.Errorf("%d: %+v", f.last, got)
			}
			if got := evaluate(f.expr(f.last+1), jsonata.AWS, &jsonata.Env{}, parseInput(t, "")); got != (answer{Msg: depthText}) {
				t.Errorf("%d: %+v", f.last+1, got)
			}
		})
	}
}

func TestAWSLimits(t *testing.T) {
	expired := &jsonata.Env{Work: func() bool { return false }}
	cases := []struct {
		name, expr string
		env        *jsonata.Env
		want       answer
	}{
		{"numbers that fit", `[1..873782] ~> $count()`, &jsonata.Env{}, answer{Out: "873782"}},
		{"one number too many", `[1..873783] ~> $count()`, &jsonata.Env{}, answer{Msg: memoryText}},
		{"a string that fits", `$length($pad("", 4194304))`, &jsonata.Env{}, answer{Out: "4194304"}},
		{"a string twice as long", `$length($pad("", 8388608))`, &jsonata.Env{}, answer{Msg: memoryText}},
		{"strings that add up", `$map([1..3], function($i) { $pad("", 4194304) })`, &jsonata.Env{}, answer{Msg: memoryText}},
		{"an endless loop", `($f := function() { $f() }; $f())`, expired, answer{Msg: timeoutText}},
		{"a step budget", `($f := function() { $f() }; $f())`, &jsonata.Env{Limits: jsonata.Limits{Steps: 10000}}, answer{Msg: timeoutText}},
		{"endless regular expression", `$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)`,
			&jsonata.Env{Limits: jsonata.Limits{Steps: 100000}}, answer{Msg: timeoutText}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := evaluate(c.expr, jsonata.AWS, c.env, parseInput(t, "")); got != c.want {
				t.Errorf("%s\n got %+v\nwant %+v", c.expr, got, c.want)
			}
		})
	}
}
