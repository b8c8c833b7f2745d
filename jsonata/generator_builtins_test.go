package jsonata_test

import "strings"

// builtinCalls lists the built-in functions with the kinds of their arguments, a letter each: s string, n number,
// b boolean, a array, N numbers, S strings, o object, O objects, f function, r string or regular expression,
// x anything, d date picture, q number picture, i integer picture, z zone, k options of $formatNumber,
// t timestamp, w integer in words or numerals, e expression, u part of a URL, 6 base64.
var builtinCalls = strings.Fields(`sum:N count:a max:N min:N average:N string:xb substring:snn substringBefore:ss
	substringAfter:ss lowercase:s uppercase:s length:s trim:s pad:sns match:srn contains:sr replace:srsn replace:srfn split:srn
	join:Ss formatNumber:nqk formatBase:nn formatInteger:ni parseInteger:wi number:x number:s floor:n ceil:n round:nn abs:n
	sqrt:n power:nn boolean:x not:x map:af zip:aaa filter:af single:af reduce:afx sift:of keys:x keys:o lookup:os lookup:as
	append:xx exists:x spread:x merge:O reverse:a each:of error:s assert:bs type:x sort:a sort:af distinct:a base64encode:s
	base64decode:6 encodeUrlComponent:s encodeUrl:s decodeUrlComponent:u decodeUrl:u toMillis:t toMillis:td fromMillis:ndz clone:o
	eval:ex`)

// samples are expressions by kind of argument. Those of "x" are of every kind there is.
var samples = map[rune][]string{
	's': {`""`, `"a"`, `"abc"`, `"a b  c"`, `" \t\n"`, `"é"`, `"😀x"`, `"\ud83d"`, `"x\ude00y"`, `"\ud83d\ude00"`, `"İß"`, `"ΑΣ"`, `"ǆ"`, `"true"`, `"null"`,
		`"a,b;c"`, `"Hello, World"`, `"\u0000\u001f"`, `"\u2028"`, `"0"`, `"$1"`, `"$"`, `"a\\b\"c"`, `"ſK"`, `"\u00a0x\ufeff"`, `"aaaa"`, `"%41"`},
	'n': {"0", "1", "2", "-1", "-2", "3", "0.5", "1.5", "2.5", "-0.5", "-1.5", "10", "16", "36", "100", "1e21", "1e-7", "123456789.987654321", "9007199254740993",
		"1e300", "1.7976931348623157e308", "-0", "0.1+0.2", "1/3", "1234.5678", "0.000001", "12345678901234567890", "-1e300", "1e15", "999999999999999.9", "(1/0)", "(0/0)", "(-1/0)"},
	'b': {"true", "false"},
	'a': {"[]", "[1]", "[1,2,3]", `["b","a","c"]`, "[[1],[2]]", "[[]]", "[[[1]]]", "[null]", `[1,"a"]`, "[true,false]", `[{"a":1},{"a":2,"b":3}]`, "[1..3]", "[3,1,2,1]",
		"[nothing]", "[$sum]", "[0.1,1,0]", `["",""]`, "[1,1.0,-0,0]", "[{},{}]", `[[1,2],[3,4]]`, `[{"a":[1,2]},{"a":3}]`},
	'N': {"[1,2,3]", "[]", "[0.1,0.2]", "[-0]", "[1e308,1e308]", "[1..5]", "5", "[5]", "[-1,-2.5]", "[1e21]"},
	'S': {`["a","b"]`, `[]`, `["é","😀"]`, `"a"`, `["\ud83d","\ude00"]`, `["",""]`, `["x"]`},
	'o': {"{}", `{"a":1}`, `{"b":1,"a":2,"10":3,"2":4}`, `{"a":{"b":[1,2]}}`, `{"a":null,"b":[]}`, `{"a":nothing,"b":2}`, `{"a":$sum}`, `{"":1}`, `{"é":"😀"}`, `{"a":[{"b":1},{"b":2}]}`},
	'O': {`[{"a":1},{"a":2}]`, `{"a":1}`, "[]", `[{"b":1},{"a":2,"1":3}]`, "[{}]", `[{"a":{"x":1}},{"a":{"y":2}}]`},
	'f': {"$sum", "$string", "$uppercase", "$not", "$append", "function($x){$x}", "function(){1}", "function($a,$b){$a+$b}", "function($a,$b){$a>$b}", "function($v,$i,$a){[$v,$i,$count($a)]}",
		"function($v,$k){$k}", "function($v){$v.a}", "$substring(?,1)", "$append(?,1)", "function($x)<n:n>{$x*2}", "function($x){nothing}", "function($x){$boolean($x)}",
		"function($a,$b,$c,$d){[$a,$b,$c,$d]}", "($string ~> $length)", "$trim", "$keys", "$type", "$zip", "function($m){$m.match & $m.groups[0]}", "function($m){1}", "function($x)<s-:s>{$x}",
		"|$|{'z':1}|", "λ($x){$x}", "$map(?,$string)", "$exists", "$boolean"},
	'd': nil, 'q': nil, 'i': nil, 'r': nil, 'k': nil, // composed
	'z': {`"+0000"`, `"+0530"`, `"-0800"`, `"0100"`, `"-0130"`, `"Z"`, `""`, `"+1"`, `"+14"`, `"-1234"`, `"+01:00"`, `"99999"`, `"0x10"`, `" 0200"`},
	't': {`"2018"`, `"2018-02-03"`, `"2018-02-03T04:05:06.007Z"`, `"3rd February 2018"`, `"2018-W05-6"`, `"12:30 pm"`, `"12:30 am 1999"`, `"MMXVIII"`, `"2018 34"`, `"Saturday, 3 Feb 2018"`,
		`"two thousand and eighteen"`, `"1999-12-31T23:59:59.999+14:00"`, `"0001-01-01"`, `"9999-12-31"`, `"-2018"`, `""`, `"2018-02-30"`, `"04:05:06"`, `"2020-366"`, `"20200229T010203"`},
	'w': {`"12"`, `"twelve"`, `"one hundred and one"`, `"MCMXC"`, `"iv"`, `"xyz"`, `"12th"`, `"1,234,567"`, `"-12"`, `"٣٤"`, `""`, `"twenty-first"`, `"one million, two hundred thousand"`, `"two thousand and eighteen"`, `"12abc"`, `"0x1f"`, `"ninety-first"`},
	'e': {`"1"`, `"$sum([1,2])"`, `"a"`, `"[1,2"`, `"$x"`, `"$"`, `"$.a"`, `"1+'a'"`, `""`, `"{\"a\":1}"`, `"$$"`, `"function($x){$x}"`, `"$eval('1')"`, `"%"`, `"[1,2,3][$>1]"`},
	'u': {`"a%20b"`, `"%E2%9C%93"`, `"%"`, `"%zz"`, `"%C3"`, `"%2F%3f%23"`, `"%F0%9F%98%80"`, `"%ED%A0%80"`, `"a+b"`, `"%c3%a9"`, `"%80"`, `"%C0%80"`, `"%F5%80%80%80"`, `"é"`},
	'6': {`"YWJj"`, `"YQ=="`, `"YQ"`, `"w6k="`, `"!!!"`, `"-_-_"`, `"Y Q"`, `""`, `"AA=AA"`, `"gICA"`, `"é"`},
	'x': {"nothing", "null", "true", "false", "0", "1", "-2", "1.5", `""`, `"a"`, `"1"`, "[]", "[1,2]", `["a"]`, "[[1],2]", "{}", `{"a":1}`, "$sum", "function($x){$x}", "[nothing]", "[null]",
		"$", "$$", "a", "c", "d.f", "items", "*", "**", "[1..3]", "(1;2)", "$x", "[{},{}]", "$string(?)", `{"a":[]}`, "m", "items.tags", "c[]", "a[]", "k[]", "items[0]"},
}

// call writes a call of a built-in function with arguments of the right kinds, mostly, in right number, mostly.
func (g *generator) call() string {
	name, kinds, _ := strings.Cut(pick(g, builtinCalls), ":")
	n := len(kinds)
	if g.IntN(3) == 0 {
		n = g.IntN(n + 2)
	}
	args := make([]string, n)
	for i := range args {
		kind := 'x'
		if i < len(kinds) && g.IntN(6) > 0 {
			kind = rune(kinds[i])
		}
		args[i] = g.sample(kind)
	}
	return g.invocation("$"+name, args)
}

// sample writes an expression of the given kind.
func (g *generator) sample(kind rune) string {
	switch kind {
	case 'd':
		return quoted(g.datePictureText())
	case 'q':
		return quoted(g.numberPictureText())
	case 'i':
		return quoted(g.integerPictureText())
	case 'k':
		return g.numberOptions()
	case 'r':
		if g.IntN(4) == 0 {
			return pick(g, samples['s'])
		}
		return g.regex()
	}
	return pick(g, samples[kind])
}

// invocation writes one of the ways in which a function can be called.
func (g *generator) invocation(f string, args []string) string {
	list := strings.Join(args, ", ")
	plain := f + "(" + list + ")"
	if len(args) == 0 {
		return pick(g, []string{plain, plain + "[]", g.sample('x') + "." + plain, g.sample('x') + " ~> " + plain, g.sample('x') + " ~> " + f})
	}
	rest := strings.Join(args[1:], ", ")
	switch g.IntN(16) {
	case 0:
		return "(" + args[0] + ")." + f + "(" + rest + ")"
	case 1:
		return args[0] + " ~> " + f + "(" + rest + ")"
	case 2:
		return f + "(" + strings.Join(append([]string{"?"}, args[1:]...), ", ") + ")(" + args[0] + ")"
	case 3:
		return "[" + args[0] + ", " + args[0] + "].(" + f + "(" + strings.Join(append([]string{"$"}, args[1:]...), ", ") + "))"
	case 4:
		return "$string(" + plain + ", true)"
	case 5:
		return "[" + plain + "]"
	case 6:
		return plain + "[" + pick(g, []string{"0", "-1", "", "true", "$ = 1"}) + "]"
	case 7:
		return "$type(" + plain + ")"
	case 8:
		return "(" + plain + ")." + pick(g, []string{"a", "*", "$", "match", "groups", "$string()", "**"})
	case 9:
		return "$map([" + args[0] + "], " + f + ")"
	case 10:
		return "($f := " + f + "; $f(" + list + "))"
	}
	return plain
}

// quoted writes s as a string literal.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
