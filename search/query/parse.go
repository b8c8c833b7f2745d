package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark"
)

// Bounds of a text.
const (
	maxText  = 4096 // bytes
	maxDepth = 32   // of parentheses and negations
	maxConds = 64
)

// Parse understands a text. An error is a *Failure.
func Parse(text string) (*Query, error) {
	p := &parser{text: text}
	if len(text) > maxText {
		return nil, &Failure{fmt.Sprintf("a query has at most %d bytes", maxText), maxText, len(text)}
	}
	p.space()
	if p.at == len(text) {
		return &Query{}, nil
	}
	root := p.or(0)
	if p.failed == nil && p.at < len(text) {
		p.fail(p.at, p.at+1, "a ) without a (")
	}
	if p.failed != nil {
		return nil, p.failed
	}
	q := &Query{root: root}
	q.Walk(func(c *Cond, _ bool) {
		switch c.Field {
		case MapRun, Text, Word, Input, Output:
			q.children = true
		}
	})
	return q, nil
}

// parser reads a text from left to right. Once failed is set nothing that it returns is looked at.
type parser struct {
	text   string
	at     int
	conds  int
	failed *Failure
}

// fail notes the first failure, and ends the text.
func (p *parser) fail(start, end int, format string, args ...any) {
	if p.failed == nil {
		p.failed = &Failure{fmt.Sprintf(format, args...), min(start, len(p.text)), min(end, len(p.text))}
	}
	p.at = len(p.text)
}

func (p *parser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// ends reports whether a word ends before the byte at i.
func (p *parser) ends(i int) bool {
	return i >= len(p.text) || isSpace(p.text[i]) || p.text[i] == '(' || p.text[i] == ')'
}

// keyword takes a word that stands alone, if it is next.
func (p *parser) keyword(word string) bool {
	end := p.at + len(word)
	if end > len(p.text) || p.text[p.at:end] != word || !p.ends(end) {
		return false
	}
	p.at = end
	p.space()
	return true
}

func (p *parser) or(depth int) Node {
	from := p.at
	nodes := Or{p.and(depth)}
	for p.keyword("OR") {
		nodes = append(nodes, p.and(depth))
	}
	if len(nodes) == 1 {
		return nodes[0]
	}
	if p.failed == nil && slices.Contains(nodes, nil) {
		p.fail(from, p.at, "OR has nothing at one of its sides")
	}
	byCost(nodes)
	return nodes
}

func (p *parser) and(depth int) Node {
	var nodes And
	for p.at < len(p.text) && p.text[p.at] != ')' {
		if len(nodes) > 0 {
			from := p.at
			if p.keyword("AND") && (p.at == len(p.text) || p.text[p.at] == ')') {
				p.fail(from, from+3, "AND has nothing after it")
			}
		}
		if p.failed != nil || p.orNext() {
			break
		}
		nodes = append(nodes, p.unary(depth))
		p.space()
	}
	switch {
	case p.failed != nil:
		return nil
	case len(nodes) == 0:
		p.fail(p.at, p.at+1, "a condition is missing here")
		return nil
	case len(nodes) == 1:
		return nodes[0]
	}
	byCost(nodes)
	return nodes
}

func (p *parser) orNext() bool {
	return strings.HasPrefix(p.text[p.at:], "OR") && p.ends(p.at+2)
}

func (p *parser) unary(depth int) Node {
	start := p.at
	if depth > maxDepth {
		p.fail(start, start+1, "this is nested too deeply")
		return nil
	}
	negated := p.keyword("NOT")
	if !negated && p.text[p.at] == '-' && !p.ends(p.at+1) || !negated && strings.HasPrefix(p.text[p.at:], "-(") {
		p.at++
		negated = true
	}
	switch {
	case p.at == len(p.text) || p.text[p.at] == ')':
		p.fail(start, p.at, "what is not wanted is missing")
		return nil
	case negated:
		return &Not{p.unary(depth + 1)}
	case p.text[p.at] != '(':
		return p.cond()
	}
	p.at++
	p.space()
	inner := p.or(depth + 1)
	if p.at == len(p.text) {
		p.fail(start, start+1, "a ( without a )")
		return nil
	}
	p.at++ // the )
	return inner
}

// cond reads one condition.
func (p *parser) cond() Node {
	if p.conds++; p.conds > maxConds {
		p.fail(p.at, p.at+1, "a query has at most %d conditions", maxConds)
		return nil
	}
	c := &Cond{Start: p.at}
	if p.text[p.at] == '"' {
		c.Field, c.Op = Text, Contains
		if text, ok := p.quoted(); ok {
			c.Values = []Value{textValue(text, []string{text})}
		}
		c.End = p.at
		return c
	}
	negated, ok := p.field(c)
	if !ok {
		return p.word(c)
	}
	p.values(c)
	if c.End = p.at; p.failed == nil {
		p.understand(c)
	}
	if negated {
		return &Not{c}
	}
	return c
}

// word reads a word that stands alone.
func (p *parser) word(c *Cond) Node {
	c.Field, c.Op = Word, Is
	v := p.raw(false)
	c.Values, c.End = []Value{v}, p.at
	if len(v.Parts) > 1 && strings.Join(v.Parts, "") == "" {
		p.fail(c.Start, c.End, "a * alone is everything; leave it out")
	}
	return c
}

// field reads the name of a field, a path in it and an operator, if that is what is next.
func (p *parser) field(c *Cond) (negated, ok bool) {
	start := p.at
	end := start
	for end < len(p.text) && isLetter(p.text[end]) {
		end++
	}
	word := strings.ToLower(p.text[start:end])
	p.at = end
	if c.Field, ok = fields[word]; ok && c.Field.kind() == kindPayload {
		c.Path = p.path()
	}
	opStart := p.at
	op, negated, found := p.op()
	switch {
	case p.failed != nil:
		return false, true
	case !found && ok && p.at+1 < len(p.text) && p.text[p.at] == '!' && strings.IndexByte("~><:", p.text[p.at+1]) >= 0:
		p.fail(opStart, p.at+2, "this is no operator: put a - before the field to turn it round")
		return false, true
	case !found || word == "arn" || word == "":
		p.at = start
		return false, false
	case !ok:
		p.fail(start, opStart, "there is no field %q: there are %s; put a text in quotes", word, fieldWords())
		return false, true
	}
	c.Op = op
	if negated && op != Is {
		p.fail(opStart, p.at, "this is no operator")
	}
	return negated, true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func fieldWords() string { return strings.Join(slices.Sorted(maps.Keys(fields)), ", ") }

// ops are the operators, the longer ones first.
var ops = []struct {
	text    string
	op      Op
	negated bool
}{{"!=", Is, true}, {">=", AtLeast, false}, {"<=", AtMost, false}, {">", More, false}, {"<", Less, false}, {":", Is, false}, {"=", Is, false}, {"~", Contains, false}}

func (p *parser) op() (op Op, negated, found bool) {
	for _, o := range ops {
		if strings.HasPrefix(p.text[p.at:], o.text) {
			p.at += len(o.text)
			return o.op, o.negated, true
		}
	}
	return 0, false, false
}

// path reads the path after input or output: .key, ["key"], [0], [*].
func (p *parser) path() (steps []Step) {
	for p.at < len(p.text) && p.failed == nil {
		switch p.text[p.at] {
		case '.':
			p.at++
			steps = append(steps, Step{Key: p.key()})
		case '[':
			steps = append(steps, p.bracket())
		default:
			return steps
		}
	}
	return steps
}

// key reads a key after a point: up to what may follow it.
func (p *parser) key() string {
	var key strings.Builder
	start := p.at
	for !p.ends(p.at) && !strings.ContainsRune(`.[:=<>~!"`, rune(p.text[p.at])) {
		if p.text[p.at] == '\\' && p.at+1 < len(p.text) {
			p.at++
		}
		key.WriteByte(p.text[p.at])
		p.at++
	}
	if key.Len() == 0 && p.failed == nil {
		p.fail(start, start+1, "a key of the payload is missing after the point")
	}
	return key.String()
}

func (p *parser) bracket() Step {
	start := p.at
	p.at++
	var s Step
	if p.at < len(p.text) && p.text[p.at] == '"' {
		s.Key, _ = p.quoted()
	} else {
		end := strings.IndexByte(p.text[p.at:], ']')
		if end < 0 {
			p.fail(start, start+1, "a [ without a ]")
			return s
		}
		inner := p.text[p.at : p.at+end]
		n, err := strconv.Atoi(inner)
		if s.Element, s.Index = true, n; inner == "*" {
			s.Index = -1
		} else if err != nil || n < 0 {
			p.fail(start, p.at+end+1, `between [ and ] stands the number of an element, * or a key in quotes`)
		}
		p.at = min(p.at+end, len(p.text))
	}
	if p.failed == nil && (p.at >= len(p.text) || p.text[p.at] != ']') {
		p.fail(start, p.at, "a [ without a ]")
	}
	p.at = min(p.at+1, len(p.text))
	return s
}

// values reads the values of a condition, with commas in between.
func (p *parser) values(c *Cond) {
	for {
		start := p.at
		if p.at < len(p.text) && p.text[p.at] == '"' {
			if text, ok := p.quoted(); ok {
				c.Values = append(c.Values, textValue(text, []string{text}))
			}
		} else {
			c.Values = append(c.Values, p.raw(true))
			if p.at == start {
				p.fail(c.Start, p.at, "a value is missing here")
			}
		}
		if p.at >= len(p.text) || p.text[p.at] != ',' {
			if p.failed == nil && !p.ends(p.at) {
				p.fail(p.at, p.at+1, "a space is missing here")
			}
			return
		}
		p.at++
	}
}

// raw reads a text without quotes, up to a space or a parenthesis, or (list) to a comma.
func (p *parser) raw(list bool) Value {
	var text, part strings.Builder
	var parts []string
	for !p.ends(p.at) && !(list && p.text[p.at] == ',') {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '\\' && p.at < len(p.text):
			text.WriteByte(p.text[p.at])
			part.WriteByte(p.text[p.at])
			p.at++
			continue
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
		text.WriteByte(c)
	}
	return textValue(text.String(), append(parts, part.String()))
}

// quoted reads a text in quotes, in which \ takes the next character as it is.
func (p *parser) quoted() (string, bool) {
	start := p.at
	var text strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return text.String(), true
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			text.WriteByte(p.text[p.at])
		default:
			text.WriteByte(c)
		}
	}
	p.fail(start, start+1, "a quote that does not end")
	return "", false
}

func textValue(text string, parts []string) Value {
	v := Value{Text: text, Parts: parts, folded: fold(text)}
	if len(parts) == 1 {
		n, err := strconv.ParseFloat(text, 64)
		v.Number, v.IsNumber = n, err == nil && isNumeral(text)
	}
	return v
}

// isNumeral reports whether JSON may spell a number so; Inf, NaN, 0x1 and 1_0 are texts.
func isNumeral(text string) bool {
	digits := false
	for i := range len(text) {
		switch c := text[i]; {
		case c-'0' < 10:
			digits = true
		case c != '-' && c != '.' && c != '+' && c != 'e' && c != 'E':
			return false
		}
	}
	return digits
}

// understand reads the values of a condition as its field has them.
func (p *parser) understand(c *Cond) {
	ordered := c.Op >= More
	kind := c.Field.kind()
	switch {
	case ordered && len(c.Values) > 1:
		p.fail(c.Start, c.End, "more and less take one value")
	case ordered && (kind == kindText || kind == kindStatus):
		p.fail(c.Start, c.End, "this field has no order: write : or ~")
	case !ordered && (kind == kindTime || kind == kindDuration):
		p.fail(c.Start, c.End, "this field takes >, >=, < or <=")
	case c.Op == Contains && (kind == kindNumber || kind == kindStatus):
		p.fail(c.Start, c.End, "this field takes no ~")
	}
	for i := range c.Values {
		v := &c.Values[i]
		var ok bool
		var want string
		switch kind {
		case kindStatus:
			v.Status, ok = statelark.ParseStatus(strings.ToUpper(v.Text))
			want = "a status is RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE"
		case kindTime:
			ok = v.moment()
			want = "a time is 2h (ago), 7d, 2026-11-30 or 2026-11-30T10:00, in UTC unless it says where"
		case kindDuration:
			v.Duration, ok = parseDuration(v.Text)
			want = "a duration is 500ms, 10s, 1h30m or 7d"
		case kindNumber:
			ok, want = v.IsNumber, "this field takes a number"
		default:
			ok = true
		}
		if !ok {
			p.fail(c.Start, c.End, "%s", want)
		}
	}
}

// layouts are how a time may be spelt.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"}

// moment reads the text as a time or as an age.
func (v *Value) moment() bool {
	if v.Duration, v.Age = parseDuration(v.Text); v.Age {
		return true
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, v.Text); err == nil {
			v.Time = t
			return true
		}
	}
	return false
}

var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// maxDuration keeps times that are that long ago within what time.Time.Add can tell.
const maxDuration = 200 * 365 * 24 * time.Hour

// parseDuration reads 1h30m, 10s, 7d and the like.
func parseDuration(text string) (time.Duration, bool) {
	var sum float64
	for rest := text; rest != ""; {
		n := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		u := n
		for u < len(rest) && isLetter(rest[u]) {
			u++
		}
		unit, known := units[rest[n:u]]
		amount, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil || !known {
			return 0, false
		}
		sum += amount * float64(unit)
		rest = rest[u:]
	}
	return time.Duration(sum), text != "" && sum <= float64(maxDuration)
}
