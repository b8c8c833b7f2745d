package jsonata_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// generator writes random expressions over sampleInputs. It aims at what is legal and meaningful, and now and
// then misses: arguments of the wrong type, names that are not there, operators between what does not fit.
type generator struct {
	*rand.Rand
	vars  []string   // variables in scope
	known []question // expressions to change and to combine
}

// question writes a question of the given kind, of any for "".
func (g *generator) question(kind string) question {
	g.vars = nil
	if kind == "" {
		kind = pick(g, []string{"any", "any", "any", "call", "call", "date", "integer", "number", "regex", "soup", "mutation", "mutation", "graft", "graft"})
	}
	known, other := pick(g, g.known), pick(g, g.known)
	switch kind {
	case "call":
		return question{g.call(), pick(g, sampleInputs)}
	case "date":
		return question{g.dateCall(), ""}
	case "integer":
		return question{g.integerCall(), ""}
	case "number":
		return question{g.numberCall(), ""}
	case "regex":
		return question{g.regexCall(), ""}
	case "soup":
		return question{g.tokenSoup(), pick(g, sampleInputs)}
	case "mutation":
		return question{g.mutation(known.Expr, other.Expr), known.Data}
	case "graft":
		return question{g.graft(known.Expr, other.Expr), known.Data}
	}
	return question{g.any(2 + g.IntN(4)), pick(g, sampleInputs)}
}

// sampleInputs are the documents that generated expressions run on.
var sampleInputs = []string{
	`{"a":1,"b":"two","c":[1,2,3],"d":{"e":4,"f":[{"g":1,"h":"x"},{"g":2,"h":"y"},{"g":3}]},"i":null,"j":true,"k":[],"l":{},"m":[[1,2],[3,[4]]]}`,
	`{"items":[{"id":1,"name":"Hat","price":34.45,"qty":2,"tags":["new","red"],"size":{"w":3,"h":2}},{"id":2,"name":"Coat","price":107.99,"qty":1,"tags":["red"]},{"id":3,"name":"Hat","price":21.67,"qty":4,"tags":[],"size":{"w":1,"h":9}}],"total":198.56,"currency":"EUR","flags":{"vip":true,"2":"two","1":"one"}}`,
	`[{"x":1,"y":"a"},{"x":2,"y":"b","z":[{"x":9}]},{"x":3}]`,
	`{"orders":[{"oid":"o1","lines":[{"sku":"p","n":2},{"sku":"q","n":1}]},{"oid":"o2","lines":{"sku":"p","n":5}},{"oid":"o3"}],"stock":[{"sku":"p","left":7},{"sku":"q","left":0}]}`,
	`"text with 2 words"`,
	`42.5`,
	`[]`,
	``,
}

var (
	fieldNames = strings.Fields("a b c d e f g h i j k l m items id name price qty tags size w flags vip total orders oid lines sku n stock left x y z currency missing")
	variables  = strings.Fields("v w acc row i")
	words      = []string{`"two"`, `"Hat"`, `"red"`, `""`, `"a,b,c"`, `"x"`, `"Hello World"`, `"2"`, `"-3.5"`, `"é😀"`, `"p"`, `" pad  me "`, `'it'`}
	numbers    = []string{"0", "1", "2", "3", "-1", "0.5", "10", "2.5", "1e3", "100.25", "-7", "1.005", "123456.789", "1e21", "1e-7"}
	patterns   = []string{`/a/`, `/[a-z]+/`, `/(\w)(\w)?/i`, `/\d+/`, `/l+/`, `/(H)(a)t/`, `/\s/`, `/e|o/`}
)

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// oneOf calls one of the given functions.
func (g *generator) oneOf(alternatives ...func() string) string { return pick(g, alternatives)() }

// any writes an expression of any type.
func (g *generator) any(depth int) string {
	if depth <= 0 {
		return g.leaf()
	}
	d := depth - 1
	return g.oneOf(
		func() string { return g.path(d) }, func() string { return g.path(d) }, func() string { return g.path(d) },
		func() string { return g.number(d) }, func() string { return g.str(d) }, func() string { return g.boolean(d) },
		func() string { return g.array(d) }, func() string { return g.array(d) }, func() string { return g.object(d) },
		func() string { return g.condition(d) }, func() string { return g.block(d) }, func() string { return g.chain(d) },
		func() string { return g.transform(d) }, func() string { return g.apply(d) },
	)
}

func (g *generator) leaf() string {
	return g.oneOf(
		func() string { return pick(g, fieldNames) }, func() string { return pick(g, fieldNames) },
		func() string { return pick(g, numbers) }, func() string { return pick(g, words) },
		func() string { return pick(g, []string{"true", "false", "null", "$", "$$", "[]", "{}"}) },
		g.variable,
	)
}

func (g *generator) variable() string {
	if len(g.vars) == 0 {
		return "$" + pick(g, variables)
	}
	return "$" + pick(g, g.vars)
}

// scoped runs f with more variables in scope.
func (g *generator) scoped(vars []string, f func() string) string {
	old := g.vars
	g.vars = append(append([]string(nil), old...), vars...)
	s := f()
	g.vars = old
	return s
}

func (g *generator) path(depth int) string {
	s := g.oneOf(
		func() string { return pick(g, fieldNames) }, func() string { return pick(g, fieldNames) },
		func() string { return pick(g, []string{"$", "$$", "*", "**"}) },
		g.variable,
		func() string { return "(" + g.any(depth) + ")" },
	)
	for range g.IntN(4) {
		s += g.step(depth)
	}
	return s
}

func (g *generator) step(depth int) string {
	switch g.IntN(19) {
	case 0, 1, 2, 3, 4, 5:
		return "." + pick(g, fieldNames)
	case 6:
		return "." + pick(g, []string{"*", "**", "$", "%", "%.%"})
	case 7:
		return "[" + pick(g, []string{"0", "-1", "1", "[0,1]", "[0..1]", "true"}) + "]"
	case 8:
		return "[" + g.boolean(depth-1) + "]"
	case 9:
		return "[]"
	case 10:
		return ".(" + g.any(depth-1) + ")"
	case 11:
		return "^(" + pick(g, []string{"", ">", "<"}) + pick(g, fieldNames) + ")"
	case 12:
		return "." + g.object(depth-1)
	case 13:
		return "." + g.array(depth-1)
	case 14:
		v := pick(g, variables)
		g.vars = append(g.vars[:len(g.vars):len(g.vars)], v)
		return pick(g, []string{"@$", "#$"}) + v
	case 15:
		return "[" + pick(g, []string{"%.a", "$i", "%.oid", "$$", "$.x", "%.%.x"}) + pick(g, []string{" = 1", " > 0", " = 'o1'", ""}) + "]"
	case 16:
		return "^(" + pick(g, fieldNames) + ", >" + g.number(depth-1) + ")"
	case 17:
		return "." + pick(g, []string{"$string()", "$sum($)", "$keys()", "$type($)", "$length()", "$number()", "$uppercase()", "$boolean()", "$count($)", "$substring(1)", "$lookup('x')", "$spread()"})
	default:
		return "{" + g.str(depth-1) + ":" + g.any(depth-1) + "}"
	}
}

func (g *generator) number(depth int) string {
	if depth <= 0 {
		return pick(g, numbers)
	}
	d := depth - 1
	n := func() string { return g.number(d) }
	return g.oneOf(
		func() string { return pick(g, numbers) }, func() string { return g.path(d) },
		func() string { return n() + pick(g, []string{" + ", " - ", " * ", " / ", " % "}) + n() },
		func() string { return "-" + n() }, func() string { return "(" + n() + ")" },
		func() string { return "$sum(" + g.array(d) + ")" }, func() string { return "$count(" + g.any(d) + ")" },
		func() string { return pick(g, []string{"$max(", "$min(", "$average("}) + g.array(d) + ")" },
		func() string { return pick(g, []string{"$floor(", "$ceil(", "$abs(", "$round("}) + n() + ")" },
		func() string { return "$round(" + n() + ", " + pick(g, []string{"1", "2", "-1", "0"}) + ")" },
		func() string { return "$length(" + g.str(d) + ")" }, func() string { return "$number(" + g.any(d) + ")" },
		func() string { return "$parseInteger(" + g.str(d) + ", '0')" },
		func() string { return "$toMillis('20" + strconv.Itoa(10+g.IntN(20)) + "-02-03T04:05:06.007Z')" },
		func() string { return "$reduce(" + g.array(d) + ", " + g.lambda(d, 2) + ")" },
		func() string { return "$reduce(" + g.array(d) + ", function($v, $w) { $v + $w }, " + n() + ")" },
		func() string { return "$power(" + n() + ", " + pick(g, []string{"2", "0.5", "-1", "3"}) + ")" },
		func() string { return "$sqrt(" + n() + ")" },
		func() string {
			return "$number(" + pick(g, []string{`"0x1F"`, `"1e5"`, `"0b11"`, `" 1"`, `"-0"`, `"1e999"`, `"0o17"`, `"abc 0b1"`}) + ")"
		},
		func() string { return "$toMillis(" + pick(g, timestamps) + ")" },
		func() string { return "$toMillis(" + pick(g, parsedDates) + ")" },
		func() string { return "$parseInteger(" + pick(g, parsedIntegers) + ")" },
	)
}

func (g *generator) str(depth int) string {
	if depth <= 0 {
		return pick(g, words)
	}
	d := depth - 1
	s := func() string { return g.str(d) }
	return g.oneOf(
		func() string { return pick(g, words) }, func() string { return g.path(d) },
		func() string { return g.any(d) + " & " + g.any(d) },
		func() string { return "$string(" + g.any(d) + ")" }, func() string { return "$string(" + g.any(d) + ", true)" },
		func() string { return pick(g, []string{"$uppercase(", "$lowercase(", "$trim("}) + s() + ")" },
		func() string { return "$substring(" + s() + ", " + g.number(d) + ")" },
		func() string {
			return "$substring(" + s() + ", " + pick(g, numbers[:8]) + ", " + pick(g, numbers[:8]) + ")"
		},
		func() string {
			return pick(g, []string{"$substringBefore(", "$substringAfter("}) + s() + ", " + s() + ")"
		},
		func() string { return "$pad(" + s() + ", " + strconv.Itoa(g.IntN(30)-15) + ", " + pick(g, words) + ")" },
		func() string { return "$join(" + g.array(d) + ", " + s() + ")" },
		func() string {
			return "$replace(" + s() + ", " + g.token() + ", " + pick(g, []string{`"<$1>"`, `"$$-$0"`, `"x"`, `"$12"`}) + ")"
		},
		func() string { return "$type(" + g.any(d) + ")" },
		func() string {
			return "$formatNumber(" + g.number(d) + ", " + pick(g, []string{`"#,##0.00"`, `"0"`, `"00.0#"`, `"#0%"`, `"(0);[0]"`, `"#,#,0.000"`}) + ")"
		},
		func() string {
			return "$formatBase(" + g.number(d) + ", " + pick(g, []string{"2", "16", "36", "10"}) + ")"
		},
		func() string {
			return "$formatInteger(" + g.number(d) + ", " + pick(g, []string{`"w"`, `"I"`, `"a"`, `"#,##0"`, `"1;o"`, `"Ww;o"`, `"000"`}) + ")"
		},
		func() string {
			return "$fromMillis(" + strconv.FormatInt(g.Int64N(4e12)-1e12, 10) + g.datePicture() + ")"
		},
		func() string {
			return pick(g, []string{"$base64encode(", "$encodeUrl(", "$encodeUrlComponent("}) + s() + ")"
		},
	)
}

var (
	timestamps = []string{`"2018"`, `"2018-02"`, `"2018-02-03"`, `"2018-02-03T04:05:06Z"`, `"2018-02-03T04:05:06.7+01:30"`,
		`"2018-02-03T04:05:06-0800"`, `"2018-02-31"`, `"2018-13-01"`, `"2018-02-03T24:00:00Z"`, `"2018-02-03T25:00:00Z"`,
		`"2018-2-3"`, `"20180203"`, `"2018-02-03T04:05Z"`, `"2018-02-03T04:05:06"`, `"2018-00-00"`, `"2018-02-03T04:05:06.123456Z"`}
	parsedDates = []string{`"2018-02-03", "[Y]-[M]-[D]"`, `"3rd February 2018", "[D1o] [MNn] [Y]"`, `"4:05 pm 2001-1-2", "[h]:[m] [P] [Y]-[M]-[D]"`,
		`"2018-034", "[Y]-[d]"`, `"MMXVIII 2", "[YI] [M]"`, `"two thousand and eighteen", "[Yw]"`, `"2018-02-03T04:05:06+01:00", "[Y]-[M]-[D]T[H]:[m]:[s][Z]"`,
		`"20180203", "[Y0001][M01][D01]"`, `"Sat Feb 3 2018", "[FNn,3-3] [MNn,3-3] [D] [Y]"`, `"12am 2018", "[h][P] [Y]"`, `"x", "[Y]"`,
		`"2018 04", "[Y] [H]"`, `"2018-W05", "[X]-W[W]"`, `"2018-02-03 GMT-3", "[Y]-[M]-[D] [z]"`, `"18-2", "[Y,2-2]-[M]"`, `"2018.123", "[Y].[f]"`}
	parsedIntegers = []string{`"twenty-one", "w"`, `"MCMXC", "I"`, `"xiv", "i"`, `"ab", "a"`, `"AB", "A"`, `"1,234", "#,##0"`, `"12th", "0;o"`,
		`"one hundred and five thousand, two hundredth", "w"`, `"١٢", "٠"`, `"nine", "0"`, `"-5", "0"`, `"1:000", "0:000"`, `"two", "x"`}
)

func (g *generator) datePicture() string {
	if g.IntN(3) == 0 {
		return ""
	}
	return `, "` + pick(g, []string{"[Y]-[M01]-[D01]", "[FNn], [D1o] [MNn] [Y0001]", "[H01]:[m]:[s].[f001] [Z]", "[h]:[m01][P] [z]",
		"[X]-W[W01]-[F1]", "[w] [x] [d]", "[Y,2-2] [MN,3-3]", "[dwo] [Yi]"}) + `"` +
		pick(g, []string{"", `, "+0530"`, `, "-0800"`, `, "0000"`})
}

func (g *generator) token() string {
	if g.IntN(2) == 0 {
		return pick(g, patterns)
	}
	return pick(g, words)
}

func (g *generator) boolean(depth int) string {
	if depth <= 0 {
		return pick(g, []string{"true", "false", "$", "a", "x", "qty"})
	}
	d := depth - 1
	return g.oneOf(
		func() string { return g.any(d) + pick(g, []string{" = ", " != "}) + g.any(d) },
		func() string { return g.number(d) + pick(g, []string{" < ", " > ", " <= ", " >= "}) + g.number(d) },
		func() string { return g.any(d) + pick(g, []string{" < ", " >= "}) + g.any(d) },
		func() string { return g.any(d) + " in " + g.array(d) },
		func() string { return g.boolean(d) + pick(g, []string{" and ", " or "}) + g.boolean(d) },
		func() string { return pick(g, []string{"$not(", "$boolean(", "$exists("}) + g.any(d) + ")" },
		func() string { return "$contains(" + g.str(d) + ", " + g.token() + ")" },
	)
}

func (g *generator) array(depth int) string {
	if depth <= 0 {
		return pick(g, []string{"c", "items", "[1,2,3]", `["a","b"]`, "k", "m", "orders", "$", "[1..4]"})
	}
	d := depth - 1
	return g.oneOf(
		func() string { return g.path(d) },
		func() string { return "[" + g.list(d) + "]" },
		func() string { return "[" + pick(g, numbers[:5]) + ".." + pick(g, numbers[:5]) + "]" },
		func() string { return "$map(" + g.array(d) + ", " + g.function(d, 1+g.IntN(3)) + ")" },
		func() string { return "$filter(" + g.array(d) + ", " + g.lambda(d, 1+g.IntN(2)) + ")" },
		func() string { return "$each(" + g.object(d) + ", " + g.lambda(d, 2) + ")" },
		func() string { return "$append(" + g.any(d) + ", " + g.any(d) + ")" },
		func() string {
			return pick(g, []string{"$reverse(", "$distinct(", "$keys(", "$spread("}) + g.any(d) + ")"
		},
		func() string {
			return "$sort(" + g.array(d) + pick(g, []string{")", ", function($l, $r) { $l > $r })"})
		},
		func() string { return "$zip(" + g.array(d) + ", " + g.array(d) + ")" },
		func() string { return "$split(" + g.str(d) + ", " + g.token() + pick(g, []string{")", ", 2)"}) },
		func() string { return "$match(" + g.str(d) + ", " + pick(g, patterns) + pick(g, []string{")", ", 2)"}) },
		func() string { return "$lookup(" + g.any(d) + ", " + pick(g, []string{`"x"`, `"id"`, `"1"`}) + ")" },
	)
}

func (g *generator) list(depth int) string {
	items := make([]string, g.IntN(4))
	for i := range items {
		items[i] = g.any(depth)
	}
	return strings.Join(items, ", ")
}

func (g *generator) object(depth int) string {
	if g.IntN(8) == 0 && depth > 0 {
		return pick(g, []string{"$merge(", "$sift("}) + g.any(depth-1) + pick(g, []string{")", ", function($v){$v})"})
	}
	items := make([]string, g.IntN(4))
	for i := range items {
		items[i] = fmt.Sprintf(`"%s": %s`, pick(g, []string{"a", "b", "10", "2", "key", "x"}), g.any(depth-1))
	}
	return "{" + strings.Join(items, ", ") + "}"
}

func (g *generator) lambda(depth, params int) string {
	names := variables[:params]
	sig := ""
	if g.IntN(8) == 0 {
		sig = pick(g, []string{"<n:n>", "<x-:x>", "<a<n>>", "<s-n?:s>", "<(sn)x?>", "<o+:a>", "<j?n?>"})
	}
	return "function($" + strings.Join(names, ", $") + ")" + sig + " { " + g.scoped(names, func() string { return g.any(depth - 1) }) + " }"
}

func (g *generator) function(depth, params int) string {
	if g.IntN(4) == 0 {
		return pick(g, []string{"$string", "$uppercase", "$sum", "$count", "$boolean", "$type", "$substring(?, 0, 1)", "$append(?, 1)", "$not", "$keys"})
	}
	return g.lambda(depth, params)
}

func (g *generator) condition(depth int) string {
	s := g.boolean(depth) + " ? " + g.any(depth)
	if g.IntN(4) > 0 {
		s += " : " + g.any(depth)
	}
	return "(" + s + ")"
}

func (g *generator) block(depth int) string {
	v := pick(g, variables)
	return "($" + v + " := " + g.any(depth) + "; " + g.scoped([]string{v}, func() string { return g.any(depth) }) + ")"
}

func (g *generator) chain(depth int) string {
	return g.any(depth) + " ~> " + g.oneOf(
		func() string {
			return pick(g, []string{"$string()", "$count()", "$uppercase", "$sum", "$reverse()", "$distinct", "$keys()", "$type"})
		},
		func() string { return g.lambda(depth, 1) },
		func() string { return "$map(" + g.function(depth, 1) + ")" },
		func() string { return "$append(" + g.any(depth) + ")" },
	)
}

func (g *generator) transform(depth int) string {
	return g.any(depth) + " ~> |" + pick(g, []string{"$", "items", "d.f", "*", "orders.lines", "**"}) + "|" + g.object(depth) +
		pick(g, []string{"", `,"a"`, `,["x","id"]`}) + "|"
}

func (g *generator) apply(depth int) string {
	return g.oneOf(
		func() string { return g.lambda(depth, 2) + "(" + g.any(depth) + ", " + g.any(depth) + ")" },
		func() string { return "$single(" + g.array(depth) + ", " + g.lambda(depth, 1) + ")" },
		func() string { return "$assert(" + g.boolean(depth) + `, "no")` },
		func() string {
			return pick(g, []string{"$sum", "$substring", "$map", "$round", "$join"}) + "(" + g.list(depth) + ")"
		},
	)
}
