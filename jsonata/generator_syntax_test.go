package jsonata_test

import (
	"regexp"
	"slices"
	"strings"
)

// tokens are words of the language, and what is nearly one.
var tokens = append(strings.Fields("a b items x `a b` `é` . . .. [ ] [ ] { } ( ) ( ) , ; : := ? ~> @ # % * ** + - / | ^ ^( < > <= >= = != & and or in ! ~ "+
	"$ $$ $v $sum $map function λ function($x){ } $f( true false null 0 1 2.5 1e3 1e400 01 1. .5 0x1 'x' \"y\" \"\\u0041\" \"\\q\" \"\\u12\" ` ' \" "+
	"/a/ /a/i /[/ // /* */ <n:n> <a<s>> <s-(nb)?:x> <x<n>> <(a<n>)> ?: ?? => == || && \\ é 😀 [] {} () @$v #$i |$|{}| $.a %.a [0] ^(a) \"k\":1"), " ", "\n", "/* c */", "\u00a0")

// tokenSoup writes words of the language in any order.
func (g *generator) tokenSoup() string {
	var b strings.Builder
	for range 1 + g.IntN(9) {
		b.WriteString(pick(g, tokens))
		if g.IntN(3) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

var word = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|[$\w]+|\.\.|:=|~>|[!<>]=|\*\*|\s+|.`)

// mutation changes a few tokens of a known expression.
func (g *generator) mutation(expr, other string) string {
	words, from := word.FindAllString(expr, -1), word.FindAllString(other, -1)
	for range 1 + g.IntN(3) {
		if len(words) == 0 || len(from) == 0 {
			return expr
		}
		i := g.IntN(len(words))
		switch g.IntN(6) {
		case 0:
			words = slices.Delete(words, i, i+1)
		case 1:
			words = slices.Insert(words, i, pick(g, tokens))
		case 2:
			words[i] = pick(g, tokens)
		case 3:
			words[i] = pick(g, from)
		case 4:
			j := g.IntN(len(words))
			words[i], words[j] = words[j], words[i]
		default:
			at := g.IntN(len(from))
			words = slices.Insert(words, i, from[at:min(at+1+g.IntN(6), len(from))]...)
		}
	}
	return strings.Join(words, "")
}

// graft puts a part of one expression after, before or around another.
func (g *generator) graft(expr, other string) string {
	return pick(g, []string{
		expr + "." + other, "(" + expr + ").(" + other + ")", expr + "[" + other + "]", expr + " ~> " + other, "[" + expr + ", " + other + "]",
		expr + "{" + other + ": $}", `{"a": ` + expr + `, "b": ` + other + "}", "(" + expr + "; " + other + ")", expr + " & " + other, expr + " = " + other,
		expr + "^(" + other + ")", "$map(" + expr + ", function($v, $i) {" + other + "})", "($v := " + expr + "; " + other + ")", expr + " ? " + other + " : " + expr,
		expr + "@$v.(" + other + ")", expr + "#$i[" + other + "]", "(" + expr + ")[]." + other, "$string(" + expr + ") & $string(" + other + ")", "**.(" + expr + ")", "$ ~> |" + expr + "|{\"q\":" + other + "}|",
		"[" + expr + ".." + other + "]", expr + " in " + other, expr + " + " + other, "-(" + expr + ")", "(" + expr + ")[[" + other + "]]", "$sort(" + expr + ", function($l, $r) {" + other + "})", "*.(" + expr + ").%." + other,
	})
}
