package jsonata

import (
	"math"
	"strconv"
	"strings"
)

// mapString applies f to the first argument, undefined staying undefined.
func (c *call) mapString(f func(string) string) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	return stringVal(f(s.text())), nil
}

func str(c *call) (val, *Error) {
	v := c.arg(0)
	if !v.defined() {
		return undefined, nil
	}
	s, err := c.ev.stringify(v, c.arg(1).isTrue())
	return stringVal(s), err
}

func substring(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	n := runeCount(s.text())
	start := c.arg(1).num
	if float64(n)+start < 0 {
		start = 0
	}
	end := float64(n)
	if l := c.arg(2); l.defined() {
		if l.num <= 0 || !c.arg(1).defined() {
			return stringVal(""), nil
		}
		end = start + l.num
		if start < 0 {
			end += float64(n)
		}
	}
	return stringVal(sliceRunes(s.text(), sliceIndex(start, n), sliceIndex(end, n))), nil
}

// sliceIndex turns an argument of JavaScript's slice into a place among n items.
func sliceIndex(f float64, n int) int {
	i := truncInt(f)
	if i < 0 {
		i += n
	}
	return max(0, min(i, n))
}

// sliceRunes returns the characters from start up to before end.
func sliceRunes(s string, start, end int) string {
	if start >= end {
		return ""
	}
	if isASCII(s) {
		return s[start:end]
	}
	from, pos := 0, 0
	for i := 0; i < end; i++ {
		if i == start {
			from = pos
		}
		_, size := nextRune(s[pos:])
		pos += size
	}
	return s[from:pos]
}

func substringBefore(c *call) (val, *Error) {
	return c.mapString(func(s string) string {
		before, _, found := strings.Cut(s, c.needle())
		if found {
			return before
		}
		return s
	})
}

func substringAfter(c *call) (val, *Error) {
	return c.mapString(func(s string) string {
		_, after, found := strings.Cut(s, c.needle())
		if found {
			return after
		}
		return s
	})
}

// needle returns the second argument as a string to search for.
func (c *call) needle() string {
	if n := c.arg(1); n.defined() {
		return n.text()
	}
	return "undefined"
}

func lowercase(c *call) (val, *Error) { return c.mapString(toLower) }
func uppercase(c *call) (val, *Error) { return c.mapString(toUpper) }

func length(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	return numberVal(float64(runeCount(s.text()))), nil
}

func trim(c *call) (val, *Error) { return c.mapString(collapseSpace) }

// collapseSpace turns each run of white space into one space and drops it at either end.
func collapseSpace(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }), " ")
}

func pad(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	width := truncInt(c.arg(1).num)
	missing := int(math.Abs(float64(width))) - runeCount(s.text())
	if missing <= 0 {
		return s, nil
	}
	char := c.arg(2).text()
	if char == "" {
		char = " "
	}
	n := runeCount(char)
	if missing/n > c.ev.maxMemory/len(char) {
		return undefined, c.ev.failMemory()
	}
	if err := c.ev.spend(missing / bytesRead); err != nil {
		return undefined, err
	}
	padding := sliceRunes(strings.Repeat(char, missing/n+1), 0, missing)
	if width > 0 {
		return stringVal(joinStrings(s.text(), padding)), nil
	}
	return stringVal(joinStrings(padding, s.text())), nil
}

func contains(c *call) (val, *Error) {
	s, token := c.arg(0), c.arg(1)
	if !s.defined() {
		return undefined, nil
	}
	if token.tag == tagString {
		return boolVal(strings.Contains(s.text(), token.text())), nil
	}
	f, err := c.matcher(token, s.text()).next()
	return boolVal(f != nil), err
}

// limit reads the optional argument i that bounds a number of matches.
func (c *call) limit(i int, code string) (float64, *Error) {
	l := c.arg(i)
	if !l.defined() {
		return math.Inf(1), nil
	}
	if l.num < 0 {
		e := failValue(code, l)
		e.Index = i + 1
		return 0, e
	}
	return l.num, nil
}

// eachMatch calls f for the matches of pattern in text, at most limit of them, and reports whether f saw any.
func (c *call) eachMatch(pattern val, text string, limit float64, f func(*found) *Error) (bool, *Error) {
	m := c.matcher(pattern, text)
	some := false
	// The match after the last one wanted is still looked for: an empty one is an error even then.
	for count := 0.0; ; count++ {
		match, err := m.next()
		if err != nil || match == nil || count >= limit {
			return some, err
		}
		if err := c.ev.spend(1); err != nil {
			return some, err
		}
		some = true
		if err := f(match); err != nil {
			return some, err
		}
	}
}

func matchAll(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	limit, err := c.limit(2, "D3040")
	if err != nil {
		return undefined, err
	}
	result := newSequence()
	if !(limit > 0) {
		return arrayVal(result), nil
	}
	_, err = c.eachMatch(c.arg(1), s.text(), limit, func(f *found) *Error {
		o := &object{}
		o.set("match", stringVal(f.text))
		o.set("index", numberVal(float64(f.start)))
		o.set("groups", elemsVal(f.groups))
		result.push(objectVal(o))
		return nil
	})
	return arrayVal(result), err
}

func replace(c *call) (val, *Error) {
	s, pattern := c.arg(0), c.arg(1)
	if !s.defined() {
		return undefined, nil
	}
	if pattern.tag == tagString && pattern.text() == "" {
		e := failValue("D3010", pattern)
		e.Index = 2
		return undefined, e
	}
	limit, err := c.limit(3, "D3011")
	switch {
	case err != nil:
		return undefined, err
	case !(limit > 0): // be it NaN
		return s, nil
	case pattern.tag == tagString:
		return c.replaceText(s.text(), pattern.text(), limit)
	}
	return c.replaceMatches(s, pattern, limit)
}

// replaceText replaces a string, by what the replacement casts to when that is no string.
func (c *call) replaceText(s, pattern string, limit float64) (val, *Error) {
	n := -1
	if limit < float64(len(s)) {
		n = int(math.Ceil(limit))
	}
	by := "undefined"
	if r := c.arg(2); r.defined() {
		var err *Error
		if by, err = c.ev.stringify(r, false); err != nil {
			return undefined, err
		}
	}
	matches := strings.Count(s, pattern)
	grown := matches * len(by)
	if grown > c.ev.maxMemory {
		return undefined, c.ev.failMemory()
	}
	if err := c.ev.spend(matches/compared + (len(s)+grown)/bytesRead); err != nil {
		return undefined, err
	}
	return stringVal(strings.Replace(s, pattern, by, n)), nil
}

func (c *call) replaceMatches(s, pattern val, limit float64) (val, *Error) {
	units := toUnits(s.text())
	slice := func(from, to int) string {
		from, to = max(0, min(from, len(units))), max(0, min(to, len(units)))
		if from > to {
			from, to = to, from
		}
		return fromUnits(units[from:to])
	}
	position := 0
	var out strings.Builder
	some, err := c.eachMatch(pattern, s.text(), limit, func(f *found) *Error {
		by, err := c.replacement(f)
		if err != nil {
			return err
		}
		out.WriteString(slice(position, f.start))
		out.WriteString(by)
		position = f.start + utf16Len(f.text)
		if out.Len() > c.ev.maxMemory {
			return c.ev.failMemory()
		}
		return nil
	})
	if err != nil || !some {
		return s, err
	}
	return stringVal(joinSurrogates(out.String() + slice(position, len(units)))), nil
}

// replacement returns what replaces a match: the result of a function, or the text of the third argument with
// its references to groups filled in.
func (c *call) replacement(f *found) (string, *Error) {
	by := c.arg(2)
	if by.tag == tagString {
		if err := c.ev.spend(by.weight(c.ev.dialect)); err != nil {
			return "", err
		}
		return expandGroups(by.text(), f), nil
	}
	v, err := c.ev.invoke(by, []val{objectVal(f.object())}, nullVal, c.env)
	if err != nil {
		return "", err
	}
	if v.tag != tagString {
		return "", failValue("D3012", v)
	}
	return v.text(), nil
}

// expandGroups fills in $0 for the match, $n for a group and $$ for a dollar sign. A number takes as many
// digits as there are groups to name, one fewer when it would name none of them.
func expandGroups(text string, f *found) string {
	var out strings.Builder
	digits := 1
	if n := len(f.groups); n > 0 {
		digits = len(strconv.Itoa(n))
	}
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		text = rest
		switch {
		case strings.HasPrefix(text, "$"):
			out.WriteByte('$')
			text = text[1:]
			continue
		case strings.HasPrefix(text, "0"):
			out.WriteString(f.text)
			text = text[1:]
			continue
		}
		index, ok := leadingInt(text[:min(digits, len(text))])
		if ok && digits > 1 && index > len(f.groups) {
			index, ok = leadingInt(text[:min(digits-1, len(text))])
		}
		if !ok {
			out.WriteByte('$')
			continue
		}
		if index >= 1 && index <= len(f.groups) {
			out.WriteString(f.groups[index-1].text())
		}
		text = text[min(len(strconv.Itoa(index)), len(text)):]
	}
}

// leadingInt reads the integer that s starts with, as JavaScript's parseInt does.
func leadingInt(s string) (int, bool) {
	t := strings.TrimLeft(s, spaces)
	sign := ""
	if t != "" && (t[0] == '+' || t[0] == '-') {
		sign, t = t[:1], t[1:]
	}
	end := 0
	for end < len(t) && isDigit(t[end]) {
		end++
	}
	n, err := strconv.Atoi(sign + t[:end])
	return n, err == nil
}

func split(c *call) (val, *Error) {
	s, separator := c.arg(0), c.arg(1)
	if !s.defined() {
		return undefined, nil
	}
	limit, err := c.limit(2, "D3020")
	if err != nil {
		return undefined, err
	}
	result := &array{}
	if !(limit > 0) {
		return arrayVal(result), nil
	}
	if separator.tag == tagString {
		if c.arg(2).defined() {
			limit = toUint32(limit)
		}
		err := c.splitText(result, s.text(), separator.text(), limit)
		return arrayVal(result), err
	}
	units := toUnits(s.text())
	start, count := 0, 0.0
	_, err = c.eachMatch(separator, s.text(), limit, func(f *found) *Error {
		from, to := max(0, min(start, len(units))), max(0, min(f.start, len(units)))
		result.push(stringVal(fromUnits(units[min(from, to):max(from, to)])))
		start = f.end
		count++
		return nil
	})
	if err != nil {
		return undefined, err
	}
	if count < limit {
		result.push(stringVal(fromUnits(units[max(0, min(start, len(units))):])))
	}
	return arrayVal(result), nil
}

// toUint32 is what JavaScript makes of a number where it needs 32 bits without a sign.
func toUint32(f float64) float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return 0
	}
	return math.Mod(math.Trunc(f), 1<<32)
}

func (c *call) splitText(result *array, s, separator string, limit float64) *Error {
	if separator == "" {
		for i, u := range toUnits(s) {
			if float64(i) >= limit {
				break
			}
			if err := c.ev.spend(4); err != nil {
				return err
			}
			result.push(stringVal(fromUnits([]rune{u})))
		}
		return nil
	}
	for float64(result.len()) < limit {
		if err := c.ev.spend(1); err != nil {
			return err
		}
		before, after, found := strings.Cut(s, separator)
		result.push(stringVal(before))
		if !found {
			break
		}
		s = after
	}
	return nil
}

func join(c *call) (val, *Error) {
	if !c.arg(0).defined() {
		return undefined, nil
	}
	separator := c.arg(1).text()
	l := c.arg(0).list(c.ev.dialect)
	size := 0
	for i := range l.len() {
		if size += len(separator) + len(l.at(i).text()); size-len(separator) > c.ev.maxMemory {
			return undefined, c.ev.failMemory()
		}
	}
	if err := c.ev.spend(size / bytesCopied); err != nil {
		return undefined, err
	}
	var out strings.Builder
	out.Grow(size)
	for i := range l.len() {
		if i > 0 {
			out.WriteString(separator)
		}
		out.WriteString(l.at(i).text())
	}
	return stringVal(joinSurrogates(out.String())), nil
}
