package jsonata

import (
	"math"
	"strings"

	"github.com/statelark/statelark/value"
)

// finiteOrNull returns f as JSON can hold it.
func finiteOrNull(f float64) val {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nullVal
	}
	return numberVal(f)
}

// result turns the result of an evaluation into a JSON value, printed compact. Surrogates that stand alone
// stay escapes in its text.
func (ev *evaluator) result(v val) value.Value {
	switch v.tag {
	case tagBool:
		return value.FromBool(v.num != 0)
	case tagNumber:
		return value.FromNumberText(string(ev.appendNumber(make([]byte, 0, 32), v)))
	case tagString:
		return ev.resultString(v.text())
	case tagArray, tagObject:
		return ev.resultContainer(v)
	}
	return value.NullValue
}

// resultString keeps a surrogate that stands alone as an escape, and escapes control characters as the dialect
// does.
func (ev *evaluator) resultString(s string) value.Value {
	if strings.IndexByte(s, 0xED) >= 0 || ev.dialect == Reference && strings.ContainsFunc(s, isControl) {
		if v, err := value.Parse(quoteJSON(s)); err == nil {
			return v
		}
	}
	return value.FromString(s)
}

func isControl(r rune) bool { return r < 0x20 }

// appendString appends a string as results print it. The dialects differ in the case of hexadecimal escapes.
func (ev *evaluator) appendString(dst []byte, s string) []byte {
	if ev.dialect == Reference {
		return appendQuoted(dst, s)
	}
	return value.AppendQuoted(dst, s)
}

// resultContainer prints v. A container of the input that is spelt as the dialect spells it is returned
// itself.
func (ev *evaluator) resultContainer(v val) value.Value {
	if source, ok := v.ref.(*value.Value); ok && isCanonical(source.Compact(), ev.dialect) {
		return compact(source)
	}
	ev.text = ev.appendResult(ev.text[:0], v)
	if !ev.lone {
		return value.CheckedCompact(string(ev.text))
	}
	p := printer{dialect: ev.dialect}
	p.print(v, 0)
	if exact, err := value.Parse(string(p.out)); err == nil {
		return exact
	}
	return value.CheckedCompact(string(ev.text))
}

// appendResult appends the JSON text of v: null for what has no JSON form in an array, nothing for such a
// member of an object.
func (ev *evaluator) appendResult(dst []byte, v val) []byte {
	switch v.tag {
	case tagBool:
		return append(dst, formatBool(v.num != 0)...)
	case tagNumber:
		return ev.appendNumber(dst, v)
	case tagString:
		ev.lone = ev.lone || hasLoneSurrogate(v.text())
		return ev.appendString(dst, v.text())
	case tagArray, tagObject:
		if source, ok := v.ref.(*value.Value); ok {
			text := source.Compact()
			ev.steps += len(text) / bytesRead
			if isCanonical(text, ev.dialect) {
				return append(dst, text...)
			}
		}
		if v.tag == tagObject {
			return ev.appendMembers(dst, v.members(ev.dialect))
		}
		l := v.list(ev.dialect)
		dst = append(dst, '[')
		for i := range l.len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = ev.appendResult(dst, l.at(i))
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

func (ev *evaluator) appendMembers(dst []byte, members []member) []byte {
	dst = append(dst, '{')
	first := true
	for i := range members {
		m := &members[i]
		if !m.val.defined() || m.val.tag == tagFunction {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(ev.appendString(dst, m.key), ':')
		dst = ev.appendResult(dst, m.val)
	}
	return append(dst, '}')
}

// appendNumber appends a number as results print it.
func (ev *evaluator) appendNumber(dst []byte, v val) []byte {
	switch {
	case v.text() != "":
		return append(dst, v.text()...)
	case ev.dialect == AWS && (math.IsNaN(v.num) || math.IsInf(v.num, 0)):
		return value.AppendQuoted(dst, formatFloat(v.num))
	case ev.dialect == AWS:
		return appendJavaNumber(dst, v.num)
	}
	return appendJSONNumber(dst, v.num)
}

// hasLoneSurrogate reports whether s holds a surrogate that stands alone.
func hasLoneSurrogate(s string) bool {
	for i := strings.IndexByte(s, 0xED); i >= 0; {
		if _, lone := loneSurrogate(s[i:]); lone {
			return true
		}
		next := strings.IndexByte(s[i+1:], 0xED)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// compact returns v with its text in compact form.
func compact(v *value.Value) value.Value {
	text := v.Compact()
	if text == v.Text() {
		return *v
	}
	c, err := value.Parse(text)
	if err != nil {
		return *v
	}
	return c
}

// isCanonical reports whether compact JSON text is what the dialect would print after a round trip through
// its number model and its key order. It may say no where yes would do.
func isCanonical(text string, d Dialect) bool {
	if d == Reference && strings.Contains(text, `\u`) {
		return false
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := stringEnd(text, i)
			if d == Reference && isDigit(text[i+1]) && end < len(text) && text[end] == ':' {
				return false
			}
			i = end
		case c == '-' || isDigit(c):
			end := i + 1
			for end < len(text) && strings.IndexByte(",]}", text[end]) < 0 {
				end++
			}
			if !isCanonicalNumber(text[i:end]) {
				return false
			}
			i = end
		default:
			i++
		}
	}
	return true
}

// stringEnd returns the place after the string that starts at i.
func stringEnd(text string, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// isCanonicalNumber accepts the integers and the plain decimals whose spelling is the shortest in every
// notation.
func isCanonicalNumber(text string) bool {
	if text[0] == '-' {
		text = text[1:]
		if text == "0" {
			return false
		}
	}
	if len(text) > 15 || strings.ContainsAny(text, "eE") {
		return false
	}
	whole, fraction, decimal := strings.Cut(text, ".")
	if !decimal {
		return true
	}
	return len(whole) <= 7 && fraction[len(fraction)-1] != '0' && (whole != "0" || fraction[0] != '0')
}

// renderValue prints a value as the messages of errors show it.
func renderValue(v val) string {
	switch v.tag {
	case tagUndefined:
		return ""
	case tagFunction:
		if v.function().host {
			return ""
		}
		return "{}"
	}
	p := printer{dialect: Reference}
	p.print(v, 0)
	return string(p.out)
}

// stringify casts a value to a string as $string does.
func (ev *evaluator) stringify(v val, pretty bool) (string, *Error) {
	switch v.tag {
	case tagString:
		return v.text(), nil
	case tagFunction:
		return "", nil
	case tagNumber:
		if ev.dialect == Reference && (math.IsNaN(v.num) || math.IsInf(v.num, 0)) {
			return "", failValue("D3001", v)
		}
		if v.text() != "" {
			return v.text(), nil
		}
		return castNumber(v.num, ev.dialect), nil
	case tagBool:
		return formatBool(v.num != 0), nil
	case tagArray:
		if v.isOuterWrapper() {
			v = v.built().elems[0]
		}
	}
	p := printer{dialect: ev.dialect, cast: true, pretty: pretty, limit: ev.maxMemory}
	p.print(v, 0)
	if p.infinite {
		return "", failValue("D1001", numberVal(math.Inf(1)))
	}
	if len(p.out) > ev.maxMemory {
		return "", ev.failMemory()
	}
	if err := ev.spend(len(p.out) / bytesMade); err != nil {
		return "", err
	}
	return string(p.out), nil
}

// printer writes values as JSON text.
type printer struct {
	out      []byte
	dialect  Dialect
	cast     bool // for $string: numbers have 15 digits, functions print as ""
	pretty   bool
	limit    int  // stop once out is longer; 0 for none
	infinite bool // an infinite number was met, which $string refuses
}

func (p *printer) print(v val, depth int) {
	if p.limit > 0 && len(p.out) > p.limit {
		return
	}
	switch v.tag {
	case tagBool:
		p.out = append(p.out, formatBool(v.num != 0)...)
	case tagNumber:
		p.number(v)
	case tagString:
		p.out = appendQuoted(p.out, v.text())
	case tagArray:
		l := v.list(p.dialect)
		p.container('[', ']', l.len(), depth, func(i int) { p.print(l.at(i), depth+1) })
	case tagObject:
		members := p.members(v)
		p.container('{', '}', len(members), depth, func(i int) {
			p.out = append(appendQuoted(p.out, members[i].key), ':')
			if p.pretty {
				p.out = append(p.out, ' ')
			}
			p.print(members[i].val, depth+1)
		})
	case tagFunction:
		if p.cast {
			p.out = append(p.out, `""`...)
			return
		}
		p.out = append(p.out, "null"...)
	default:
		p.out = append(p.out, "null"...)
	}
}

func formatBool(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// members returns the members that have a JSON form.
func (p *printer) members(v val) []member {
	all := v.members(p.dialect)
	prints := func(m member) bool { return m.val.defined() && (p.cast || m.val.tag != tagFunction) }
	for i := range all {
		if prints(all[i]) {
			continue
		}
		some := append([]member(nil), all[:i]...)
		for _, m := range all[i+1:] {
			if prints(m) {
				some = append(some, m)
			}
		}
		return some
	}
	return all
}

func (p *printer) number(v val) {
	switch {
	case v.text() != "":
		p.out = append(p.out, v.text()...)
	case math.IsNaN(v.num) || math.IsInf(v.num, 0):
		p.notFinite(v.num)
	case p.cast:
		p.out = append(p.out, castNumber(v.num, p.dialect)...)
	default:
		p.out = append(p.out, formatFloat(v.num)...)
	}
}

// castNumber prints f as $string does: with 15 digits, in the AWS dialect whole numbers with all of theirs.
func castNumber(f float64, d Dialect) string {
	if d == AWS && (f == math.Trunc(f) || math.IsNaN(f)) {
		return formatFloat(f)
	}
	if f = round15(f); math.IsInf(f, 0) {
		return "null" // as JSON, rounded beyond the largest number
	}
	return formatFloat(f)
}

func (p *printer) notFinite(f float64) {
	switch {
	case p.dialect == AWS:
		p.out = appendQuoted(p.out, formatFloat(f))
	case p.cast && math.IsInf(f, 0):
		p.infinite = true
	default:
		p.out = append(p.out, "null"...)
	}
}

// container writes n items between brackets.
func (p *printer) container(opening, closing byte, n, depth int, item func(i int)) {
	p.out = append(p.out, opening)
	for i := range n {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		p.newline(depth + 1)
		item(i)
	}
	if n > 0 {
		p.newline(depth)
	}
	p.out = append(p.out, closing)
}

func (p *printer) newline(depth int) {
	if p.pretty {
		p.out = append(p.out, '\n')
		p.out = append(p.out, strings.Repeat("  ", depth)...)
	}
}
