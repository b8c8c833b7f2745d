package jsonata_test

import (
	"strconv"
	"strings"
)

// datePictureText writes a picture of a date: mostly legal markers between literal text.
func (g *generator) datePictureText() string {
	var b strings.Builder
	for range 1 + g.IntN(5) {
		switch g.IntN(12) {
		case 0:
			b.WriteString(pick(g, []string{"-", " ", "T", ":", "[[", "]]", ", ", "é", ".", "]"}))
		default:
			b.WriteString("[" + pick(g, strings.Split("YMDdFWwXxHhPmsfZzCEQ", "")))
			b.WriteString(pick(g, []string{"", "", "", "1", "01", "001", "0001", "N", "n", "Nn", "I", "i", "W", "w", "Ww", "A", "a", "#1", "##01", "٠", "#", "01:01", "0101", "00000", "9,9", "N1", "x"}))
			b.WriteString(pick(g, []string{"", "", "", "", "o", "t", "c", "a"}))
			b.WriteString(pick(g, []string{"", "", "", "", ",2", ",2-2", ",3-3", ",*-2", ",1-4", ",4", ",2-*", ",x", ",1-1", ", 2", ",0-0"}))
			b.WriteString("]" + pick(g, []string{"", "-", " ", ":", "/"}))
		}
	}
	if g.IntN(30) == 0 {
		b.WriteString("[Y")
	}
	return b.String()
}

// dateCall formats or parses a moment, or both in turn.
func (g *generator) dateCall() string {
	millis := pick(g, []string{"0", "-1", "1e12", "1510067557121", "-62135596800000", "253402300799999", "951782400000", "8.64e15", "8.64e15+1", "-8.64e15", "1.5", "1e13"})
	if g.IntN(2) == 0 {
		millis = strconv.FormatInt(g.Int64N(8e12)-3e12, 10)
	}
	picture := quoted(g.datePictureText())
	zone := ""
	if g.IntN(3) == 0 {
		zone = ", " + pick(g, samples['z'])
	}
	written := "$fromMillis(" + millis + ", " + picture + zone + ")"
	switch g.IntN(4) {
	case 0:
		return "$toMillis(" + written + ", " + picture + ")"
	case 1:
		return "$toMillis(" + written + ", " + quoted(g.datePictureText()) + ")"
	}
	return written
}

// numberPictureText writes a picture of fn:format-number, now and then broken.
func (g *generator) numberPictureText() string {
	one := func() string {
		s := pick(g, []string{"", "", "", "(", "x", "$", "- ", "é", "e", "%"}) + pick(g, []string{"0", "#", "#0", "000", "#,##0", "#,##,000", "##00", "0#", "", "0,0,0", "#,#", "1", "9"})
		if g.IntN(2) == 0 {
			s += "." + pick(g, []string{"0", "00", "#", "0#", "#0", "000,000", "##", "", "0,0#", "00###"})
		}
		if g.IntN(6) == 0 {
			s += pick(g, []string{"e0", "e00", "e", "e#", "E0", "e0e0"})
		}
		return s + pick(g, []string{"", "", "", "%", "‰", ")", " x", "%%", "e"})
	}
	s := one()
	if g.IntN(4) == 0 {
		s += ";" + one()
	}
	if g.IntN(40) == 0 {
		s += ";0"
	}
	return s
}

func (g *generator) numberOptions() string {
	names := []string{"decimal-separator", "grouping-separator", "exponent-separator", "minus-sign", "percent", "per-mille", "zero-digit", "digit", "pattern-separator", "infinity", "NaN", "other"}
	values := []string{`"٠"`, `"E"`, `"−"`, `"pc"`, `"!"`, `" "`, `"①"`, `"_"`}
	first := g.IntN(len(values))
	var options []string
	for i := range g.IntN(3) { // each of another character
		options = append(options, quoted(pick(g, names))+": "+values[(first+i)%len(values)])
	}
	return "{" + strings.Join(options, ", ") + "}"
}

// integerPictureText writes a picture of fn:format-integer.
func (g *generator) integerPictureText() string {
	return pick(g, []string{"0", "00", "000", "#0", "#,##0", "#.##0", "0,00,0", "1", "A", "a", "I", "i", "W", "w", "Ww", "٠", "٠٠٠", "#", "", "x", "0٠", "𝟎", "①", "０", "0 000", "#'##0", "0,0.0", "##,#0,00", "wW", "aa", "0-0", ",0", "0,"}) +
		pick(g, []string{"", "", "", ";o", ";c", ";o(-en)", ";", ";;o", ";x"})
}

func (g *generator) integerCall() string {
	n := pick(g, samples['n'])
	if g.IntN(2) == 0 {
		n = strconv.FormatInt(g.Int64N(1<<(1+g.IntN(52)))-100, 10)
	}
	picture := quoted(g.integerPictureText())
	if g.IntN(3) == 0 {
		return "$parseInteger($formatInteger(" + n + ", " + picture + "), " + picture + ")"
	}
	return "$formatInteger(" + n + ", " + picture + ")"
}

func (g *generator) numberCall() string {
	n := pick(g, samples['n'])
	switch g.IntN(4) {
	case 0:
		n = strconv.FormatFloat((g.Float64()-0.3)*float64(int64(1)<<g.IntN(50)), 'g', 1+g.IntN(16), 64)
	case 1:
		n = strconv.FormatFloat(g.Float64()/float64(int64(1)<<g.IntN(50)), 'g', -1, 64)
	}
	switch g.IntN(5) {
	case 0:
		return "$round(" + n + ", " + strconv.Itoa(g.IntN(30)-15) + ")"
	case 1:
		return "$formatBase(" + n + ", " + strconv.Itoa(g.IntN(40)) + ")"
	case 2:
		return pick(g, []string{"$string(", "$number($string(", "$power(2, ", "$sqrt(", "("}) + n + "))"
	}
	if g.IntN(3) == 0 {
		return "$formatNumber(" + n + ", " + quoted(g.numberPictureText()) + ", " + g.numberOptions() + ")"
	}
	return "$formatNumber(" + n + ", " + quoted(g.numberPictureText()) + ")"
}

// regex writes a regular expression literal.
func (g *generator) regex() string {
	return "/" + g.alternatives(2) + "/" + pick(g, []string{"", "", "", "i", "m", "im", "g", "u"})
}

func (g *generator) alternatives(depth int) string {
	var b strings.Builder
	for i := range 1 + g.IntN(6)/4 {
		if i > 0 {
			b.WriteByte('|')
		}
		for range 1 + g.IntN(3) {
			b.WriteString(g.regexAtom(depth) + pick(g, []string{"", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,}", "{0,2}", "{1,2}?"}))
		}
	}
	return b.String()
}

func (g *generator) regexAtom(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return pick(g, []string{"(", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?<n>"}) + g.alternatives(depth-1) + ")"
	}
	return pick(g, []string{"a", "b", "l", "o", "x", ".", `\d`, `\w`, `\s`, `\W`, `\D`, `\S`, `\b`, `\B`, "^", "$", "[abc]", "[^a]", "[a-z]", "[0-9,]", `[\w-]`, `\/`, `\.`, `\u00e9`, `\x61`, `\1`, `\2`,
		"é", "😀", "[😀é]", ",", " ", `\n`, `\t`, `[^\s,]`, `\-`, `[\]]`, `\cA`, `\0`, `[\b]`, `\k<n>`, "[]", "[^]", `\p{L}`, "{", "}", "]"})
}

// regexCall writes a call that matches a regular expression.
func (g *generator) regexCall() string {
	text := pick(g, []string{`"abc"`, `"Hello World"`, `"a,b,c"`, `"aabbaa"`, `"line1\nline2\r\n"`, `"é😀é"`, `"xaxbx"`, `"2018-02-03"`, `""`, `"a b  c"`, `"\ud83dx"`, `"ſKk"`, `"l\u2028o"`})
	re := g.regex()
	switch g.IntN(8) {
	case 0:
		return "$contains(" + text + ", " + re + ")"
	case 1:
		return "$split(" + text + ", " + re + pick(g, []string{"", ", 0", ", 1", ", 2", ", 1.5"}) + ")"
	case 2, 3:
		return "$replace(" + text + ", " + re + ", " + pick(g, []string{`"<$1>"`, `"$0$0"`, `"$$"`, `"$2$1"`, `"$"`, `"$12"`, `"$a"`, `"$ 1"`, `"$-1"`, `""`, `"$01"`, "$uppercase", "function($m){$m.groups[0]}", "function($m){$m.match & $string($m.start)}"}) +
			pick(g, []string{"", "", ", 0", ", 1", ", 2"}) + ")"
	case 4:
		return re + "(" + text + ")" + pick(g, []string{"", ".match", ".next().match", ".groups", ".end"})
	}
	return "$match(" + text + ", " + re + pick(g, []string{"", "", ", 1", ", 2", ", 0"}) + ")" + pick(g, []string{"", "", ".match", ".groups", "[0].index", "[1]"})
}
