package jsonata

// builtin is one row of the table of built-in functions.
type builtin struct {
	name      string
	signature string
	native    func(c *call) (val, *Error)
	arity     int // arguments that $map and its like pass
}

// builtins are the built-in functions of each dialect.
var builtins [2]map[string]*function

// table lists the functions that both dialects have.
var table = []builtin{
	{"sum", "<a<n>:n>", sum, 1},
	{"count", "<a:n>", count, 1},
	{"max", "<a<n>:n>", maximum, 1},
	{"min", "<a<n>:n>", minimum, 1},
	{"average", "<a<n>:n>", average, 1},
	{"string", "<x-b?:s>", str, 1},
	{"substring", "<s-nn?:s>", substring, 3},
	{"substringBefore", "<s-s:s>", substringBefore, 2},
	{"substringAfter", "<s-s:s>", substringAfter, 2},
	{"lowercase", "<s-:s>", lowercase, 1},
	{"uppercase", "<s-:s>", uppercase, 1},
	{"length", "<s-:n>", length, 1},
	{"trim", "<s-:s>", trim, 1},
	{"pad", "<s-ns?:s>", pad, 3},
	{"match", "<s-f<s:o>n?:a<o>>", matchAll, 3},
	{"contains", "<s-(sf):b>", contains, 2},
	{"replace", "<s-(sf)(sf)n?:s>", replace, 4},
	{"split", "<s-(sf)n?:a<s>>", split, 3},
	{"join", "<a<s>s?:s>", join, 2},
	{"formatNumber", "<n-so?:s>", formatNumber, 3},
	{"formatBase", "<n-n?:s>", formatBase, 2},
	{"formatInteger", "<n-s:s>", formatInteger, 2},
	{"parseInteger", "<s-s:n>", parseInteger, 2},
	{"number", "<(nsb)-:n>", number, 1},
	{"floor", "<n-:n>", floor, 1},
	{"ceil", "<n-:n>", ceil, 1},
	{"round", "<n-n?:n>", round, 2},
	{"abs", "<n-:n>", abs, 1},
	{"sqrt", "<n-:n>", sqrt, 1},
	{"power", "<n-n:n>", power, 2},
	{"random", "<:n>", random, 0},
	{"boolean", "<x-:b>", boolean, 1},
	{"not", "<x-:b>", not, 1},
	{"map", "<af>", mapItems, 2},
	{"zip", "<a+>", zip, 0},
	{"filter", "<af>", filterItems, 2},
	{"single", "<af?>", single, 2},
	{"reduce", "<afj?:j>", reduce, 3},
	{"sift", "<o-f?:o>", sift, 2},
	{"keys", "<x-:a<s>>", keys, 1},
	{"lookup", "<x-s:x>", lookup, 2},
	{"append", "<xx:a>", appendItems, 2},
	{"exists", "<x:b>", exists, 1},
	{"spread", "<x-:a<o>>", spread, 1},
	{"merge", "<a<o>:o>", merge, 1},
	{"reverse", "<a:a>", reverse, 1},
	{"each", "<o-f:a>", each, 2},
	{"error", "<s?:x>", raise, 1},
	{"assert", "<bs?:x>", assert, 2},
	{"type", "<x:s>", typeOf, 1},
	{"sort", "<af?:a>", sortArray, 2},
	{"shuffle", "<a:a>", shuffle, 1},
	{"distinct", "<x:x>", distinct, 1},
	{"base64encode", "<s-:s>", base64encode, 1},
	{"base64decode", "<s-:s>", base64decode, 1},
	{"encodeUrlComponent", "<s-:s>", encodeURLComponent, 1},
	{"encodeUrl", "<s-:s>", encodeURL, 1},
	{"decodeUrlComponent", "<s-:s>", decodeURLComponent, 1},
	{"decodeUrl", "<s-:s>", decodeURL, 1},
	{"toMillis", "<s-s?:n>", toMillis, 2},
	{"fromMillis", "<n-s?s?:s>", fromMillis, 3},
	{"now", "<s?s?:s>", now, 2},
	{"millis", "<:n>", millis, 0},
	{"clone", "<(oa)-:o>", clone, 1},
}

// referenceTable lists the functions that the reference alone has.
var referenceTable = []builtin{
	{"eval", "<sx?:x>", evalText, 2},
}

func init() {
	builtins[Reference] = functions(table, referenceTable)
	builtins[AWS] = functions(table, awsTable)
}

// glances are the functions that do not go through what they are given, or count the steps of that themselves.
var glances = map[string]bool{
	"count": true, "boolean": true, "not": true, "exists": true, "type": true, "error": true, "assert": true, "lookup": true,
	"map": true, "filter": true, "single": true, "reduce": true, "now": true, "millis": true, "random": true, "uuid": true,
}

// functions makes the functions of the given tables; a later row replaces an earlier one.
func functions(tables ...[]builtin) map[string]*function {
	m := map[string]*function{}
	for _, t := range tables {
		for _, b := range t {
			sig := mustSignature(b.signature)
			m[b.name] = &function{
				native: b.native, name: b.name, sig: sig, arity: b.arity, takes: max(1, b.arity, len(sig.params)), through: !glances[b.name],
			}
		}
	}
	return m
}

func mustSignature(text string) *signature {
	s, err := parseSignature(text)
	if err != nil {
		panic("jsonata: built-in signature " + text + ": " + err.Code)
	}
	return s
}
