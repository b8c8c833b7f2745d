package jsonata

import (
	"fmt"
	"strings"

	"github.com/dlclark/regexp2/v2/syntax"
)

// regex is a regular expression of JavaScript. Like JavaScript without the u flag it matches UTF-16 units, so
// the text is handed over as one rune a unit.
type regex struct {
	source string
	flags  string
	*program
}

func compileRegex(source, flags string) (*regex, *Error) {
	options := syntax.RegexOptions(0)
	if strings.Contains(flags, "i") {
		options |= syntax.IgnoreCase
	}
	if strings.Contains(flags, "m") {
		options |= syntax.Multiline
	}
	p, err := compileProgram(escapeUnits(source), options)
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("Invalid regular expression: /%s/: %v", source, err)}
	}
	return &regex{source: source, flags: flags, program: p}, nil
}

// escapeUnits spells characters that take two UTF-16 units as two escapes.
func escapeUnits(pattern string) string {
	var b strings.Builder
	for _, r := range pattern {
		if r < 0x10000 {
			b.WriteRune(r)
			continue
		}
		for _, u := range toUnits(string(r)) {
			fmt.Fprintf(&b, `\u%04X`, u)
		}
	}
	return b.String()
}

// found is one match.
type found struct {
	text       string
	start, end int // in UTF-16 units
	groups     []val
}

// matcher gives the matches of a regular expression, or of a function that plays one, one after the other.
type matcher interface {
	// next returns nil when there is no further match.
	next() (*found, *Error)
}

// regexMatcher walks the matches of a regular expression.
type regexMatcher struct {
	regex *regex
	matching
	from  int
	later bool // a match was given before
}

func (ev *evaluator) regexMatcher(r *regex, text string) *regexMatcher {
	return &regexMatcher{regex: r, matching: matching{program: r.program, ev: ev, text: toUnits(text)}}
}

func (m *regexMatcher) next() (*found, *Error) {
	if m.later && m.from >= len(m.text) {
		return nil, nil
	}
	groups, err := m.search(m.from)
	if err != nil || groups == nil {
		return nil, err
	}
	whole := groups[0]
	f := &found{text: fromUnits(m.text[whole.from:whole.to]), start: whole.from, end: whole.to}
	if m.later && f.text == "" {
		return nil, failValue("D1004", stringVal(m.regex.source))
	}
	for _, g := range groups[1:] {
		if g == noRange {
			f.groups = append(f.groups, undefined)
		} else {
			m.steps += (g.to - g.from) / bytesRead
			f.groups = append(f.groups, stringVal(fromUnits(m.text[g.from:g.to])))
		}
	}
	m.from, m.later = f.end, true
	return f, nil
}

// function returns the expression as the function that it is in the language: from a string to its first match at
// or after the place in the second argument, an object that holds a function for the next one.
func (r *regex) function(pos int) *function {
	return &function{regex: r, host: true, arity: 2, takes: 2, native: func(c *call) (val, *Error) {
		text := c.arg(0)
		if text.tag != tagString {
			s, err := c.ev.stringOrEmpty(text)
			if err != nil {
				return undefined, err
			}
			text = stringVal(s)
		}
		if err := c.ev.spend(text.weight(c.ev.dialect)); err != nil {
			return undefined, err
		}
		m := c.ev.regexMatcher(r, text.text())
		if from := c.arg(1); from.tag == tagNumber {
			m.from = max(0, truncInt(from.num))
		}
		if m.from > len(m.text) {
			return undefined, nil
		}
		v, err := m.object()
		if err != nil {
			err = err.at(pos)
		}
		return v, err
	}}
}

// object returns the next match as an object of the language.
func (m *regexMatcher) object() (val, *Error) {
	f, err := m.next()
	if err != nil || f == nil {
		return undefined, err
	}
	o := f.object()
	from := m.from
	o.set("next", functionVal(&function{host: true, native: func(c *call) (val, *Error) {
		again := regexMatcher{regex: m.regex, matching: matching{program: m.program, ev: c.ev, text: m.text}, from: from, later: true}
		return again.object()
	}}))
	return objectVal(o), nil
}

func (f *found) object() *object {
	o := &object{}
	o.set("match", stringVal(f.text))
	o.set("start", numberVal(float64(f.start)))
	o.set("end", numberVal(float64(f.end)))
	o.set("groups", elemsVal(f.groups))
	return o
}

// functionMatcher walks the matches that a function of the expression gives.
type functionMatcher struct {
	call *call
	fn   val
	args []val
	done bool
}

func (m *functionMatcher) next() (*found, *Error) {
	if m.done {
		return nil, nil
	}
	v, err := m.call.ev.invoke(m.fn, m.args, nullVal, m.call.env)
	if err != nil || !v.defined() {
		m.done = true
		return nil, err
	}
	d := m.call.ev.dialect
	text, start, end := v.get("match", d), v.get("start", d), v.get("end", d)
	groups, next := v.get("groups", d), v.get("next", d)
	if start.tag != tagNumber && groups.tag != tagArray && next.tag != tagFunction {
		return nil, fail("T1010")
	}
	f := &found{text: text.text()}
	if start.tag == tagNumber {
		f.start = floorInt(start.num)
	}
	if end.tag == tagNumber {
		f.end = floorInt(end.num)
	}
	l := groups.list(d)
	f.groups = l.all()
	m.fn, m.args = next, nil
	m.done = next.tag != tagFunction
	return f, nil
}

// matcher returns the matches of fn in text.
func (c *call) matcher(fn val, text string) matcher {
	if f := fn.function(); f != nil && f.regex != nil {
		return c.ev.regexMatcher(f.regex, text)
	}
	return &functionMatcher{call: c, fn: fn, args: []val{stringVal(text)}}
}
