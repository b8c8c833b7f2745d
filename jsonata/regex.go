package jsonata

import (
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// defaultRegexTime bounds one match of a regular expression whose evaluation sets no bound of its own.
const defaultRegexTime = time.Second

// regex is a regular expression of JavaScript. Like JavaScript without the u flag it matches UTF-16 units, so
// the text is handed over as one rune a unit.
type regex struct {
	source string
	flags  string
	re     *regexp2.Regexp
}

func compileRegex(source, flags string) (*regex, *Error) {
	re, err := compileWith(source, flags, defaultRegexTime)
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("Invalid regular expression: /%s/: %v", source, err)}
	}
	return &regex{source: source, flags: flags, re: re}, nil
}

func compileWith(source, flags string, limit time.Duration) (*regexp2.Regexp, error) {
	options := regexp2.ECMAScript
	if strings.Contains(flags, "i") {
		options |= regexp2.IgnoreCase
	}
	if strings.Contains(flags, "m") {
		options |= regexp2.Multiline
	}
	re, err := regexp2.Compile(escapeUnits(source), options, regexp2.OptionMaintainCaptureOrder())
	if err == nil {
		re.MatchTimeout = limit
	}
	return re, err
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

// limited returns the expression under the time limit of the evaluation.
func (ev *evaluator) limited(r *regex) (*regexp2.Regexp, *Error) {
	limit := ev.env.Limits.RegexTime
	if limit <= 0 || limit == defaultRegexTime {
		return r.re, nil
	}
	key := r.flags + "/" + r.source
	if known, ok := ev.regexes[key]; ok {
		return known.re, nil
	}
	re, err := compileWith(r.source, r.flags, limit)
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	if ev.regexes == nil {
		ev.regexes = map[string]*regex{}
	}
	ev.regexes[key] = &regex{re: re}
	return re, nil
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
	ev    *evaluator
	regex *regex
	units []rune
	from  int
	later bool // a match was given before
}

func (m *regexMatcher) next() (*found, *Error) {
	if m.later && m.from >= len(m.units) {
		return nil, nil
	}
	re, err := m.ev.limited(m.regex)
	if err != nil {
		return nil, err
	}
	match, failure := re.FindRunesMatchStartingAt(m.units, m.from)
	if failure != nil {
		return nil, m.ev.dialect.failTimeout()
	}
	if match == nil {
		return nil, m.ev.spend((len(m.units) - m.from) / matched)
	}
	if err := m.ev.spend(1 + (match.RuneIndex+match.RuneLength-m.from)/matched); err != nil {
		return nil, err
	}
	f := &found{text: fromUnits(match.Runes()), start: match.RuneIndex, end: match.RuneIndex + match.RuneLength}
	if m.later && f.text == "" {
		return nil, failValue("D1004", stringVal(m.regex.source))
	}
	for _, g := range match.Groups()[1:] {
		if len(g.Captures) == 0 {
			f.groups = append(f.groups, undefined)
		} else {
			f.groups = append(f.groups, stringVal(fromUnits(g.Runes())))
		}
	}
	m.from, m.later = f.end, true
	return f, nil
}

// function returns the expression as the function that it is in the language: from a string to its first match at
// or behind the place in the second argument, an object that holds a function for the next one.
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
		m := &regexMatcher{ev: c.ev, regex: r, units: toUnits(text.text())}
		if from := c.arg(1); from.tag == tagNumber {
			m.from = max(0, truncInt(from.num))
		}
		if m.from > len(m.units) {
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
	state := *m
	o.set("next", functionVal(&function{host: true, native: func(*call) (val, *Error) {
		again := state
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
		return &regexMatcher{ev: c.ev, regex: f.regex, units: toUnits(text)}
	}
	return &functionMatcher{call: c, fn: fn, args: []val{stringVal(text)}}
}
