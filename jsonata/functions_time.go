package jsonata

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// clock returns the time of the evaluation, which stands still while it lasts.
func (ev *evaluator) clock() time.Time {
	if !ev.hasNow {
		ev.now = time.Unix(0, 0)
		if ev.env.Now != nil {
			ev.now = ev.env.Now()
		}
		ev.hasNow = true
	}
	return ev.now
}

func now(c *call) (val, *Error) {
	return c.formatTime(float64(c.ev.clock().UnixMilli()), c.arg(0), c.arg(1))
}

func millis(c *call) (val, *Error) {
	return numberVal(float64(c.ev.clock().UnixMilli())), nil
}

func fromMillis(c *call) (val, *Error) {
	n := c.arg(0)
	if !n.defined() {
		return undefined, nil
	}
	return c.formatTime(n.num, c.arg(1), c.arg(2))
}

func (c *call) formatTime(millis float64, picture, offset val) (val, *Error) {
	text := isoPicture
	if picture.defined() {
		text = picture.text()
	}
	var z zone
	if offset.defined() {
		z = parseZone(offset.text())
	}
	p, err := c.ev.datePicture(text)
	if err != nil {
		return undefined, err
	}
	s, err := p.format(millis, z)
	return stringVal(s), err
}

func toMillis(c *call) (val, *Error) {
	s, picture := c.arg(0), c.arg(1)
	if !s.defined() {
		return undefined, nil
	}
	if !picture.defined() {
		m, ok := parseISO(s.text())
		if !ok {
			return undefined, failValue("D3110", s)
		}
		return numberVal(m), nil
	}
	p, err := c.ev.datePicture(picture.text())
	if err != nil {
		return undefined, err
	}
	return p.parse(c.ev, s.text())
}

// parseISO reads an ISO 8601 timestamp: a year, a month, a day, a time, a fraction and a zone, of which all
// but the year may be missing. It returns NaN for what has the form but is no moment, and false without the form.
func parseISO(s string) (float64, bool) {
	t := isoScanner{rest: s}
	year, ok := t.digits(4)
	if !ok {
		return 0, false
	}
	month, day, clock, zone := 1, 1, [3]int{}, 0
	if n, ok := t.part("-", '1'); ok {
		month = n
		if n, ok := t.part("-", '3'); ok {
			day = n
		}
	}
	timed := false
	if h, ok := t.part("T", '2'); ok {
		m, ok1 := t.part(":", '5')
		s, ok2 := t.part(":", '5')
		if !ok1 || !ok2 {
			return 0, false
		}
		clock, timed = [3]int{h, m, s}, true
	}
	fraction, zoned := 0.0, false
	if rest, ok := strings.CutPrefix(t.rest, "."); ok {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if digits == "" {
			return 0, false
		}
		t.rest = rest[len(digits):]
		fraction, _ = strconv.ParseFloat("0."+digits, 64)
		if !timed {
			fraction = math.NaN()
		}
	}
	if zone, zoned = t.zone(); !zoned && t.rest != "" {
		return 0, false
	}
	valid := month >= 1 && month <= 12 && day >= 1 && day <= 31 && (clock[0] < 24 || clock == [3]int{24, 0, 0} && fraction == 0)
	if !valid || zone <= -24*60 || zone >= 24*60 || zoned && !timed && zone != 0 {
		return math.NaN(), true
	}
	at := time.Date(year, time.Month(month), day, clock[0], clock[1], clock[2], 0, time.UTC)
	return float64(at.UnixMilli()) + math.Floor(fraction*1000) - float64(zone)*60000, true
}

// isoScanner walks a timestamp.
type isoScanner struct{ rest string }

// digits reads exactly n digits.
func (t *isoScanner) digits(n int) (int, bool) {
	if len(t.rest) < n {
		return 0, false
	}
	v := 0
	for i := range n {
		if !isDigit(t.rest[i]) {
			return 0, false
		}
		v = v*10 + int(t.rest[i]-'0')
	}
	t.rest = t.rest[n:]
	return v, true
}

// part reads prefix and two digits, the first at most most.
func (t *isoScanner) part(prefix string, most byte) (int, bool) {
	after, ok := strings.CutPrefix(t.rest, prefix)
	if !ok || after == "" || after[0] > most {
		return 0, false
	}
	ahead := isoScanner{rest: after}
	n, ok := ahead.digits(2)
	if ok {
		t.rest = ahead.rest
	}
	return n, ok
}

// zone reads Z, +hh:mm or +hhmm at the end, in minutes.
func (t *isoScanner) zone() (int, bool) {
	if t.rest == "Z" {
		return 0, true
	}
	if t.rest == "" || t.rest[0] != '+' && t.rest[0] != '-' {
		return 0, false
	}
	ahead := isoScanner{rest: t.rest}
	h, ok := ahead.part(t.rest[:1], '2')
	separator := ""
	if strings.HasPrefix(ahead.rest, ":") {
		separator = ":"
	}
	m, ok2 := ahead.part(separator, '5')
	if !ok || !ok2 || ahead.rest != "" {
		return 0, false
	}
	if t.rest[0] == '-' {
		return -h*60 - m, true
	}
	return h*60 + m, true
}

// pattern returns the regular expression that matches the text of one part.
func (d *datePart) pattern() (string, *Error) {
	switch {
	case d.component == 0:
		return escapePattern(d.literal), nil
	case d.component == 'Z' || d.component == 'z':
		s := "[-+][0-9]+"
		if d.component == 'z' {
			s = "GMT" + s
		}
		if d.integer.regular > 0 {
			s += d.integer.separator[0].char + "[0-9]+"
		}
		return s, nil
	case d.integer != nil:
		return d.integer.pattern(d.yearWidth)
	case strings.IndexByte("MxFP", d.component) < 0:
		return "", failValue("D3133", stringVal(componentText(d.component)))
	}
	return "[a-zA-Z]+", nil
}

func escapePattern(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if strings.IndexByte(`.*+?^${}()|[]\`, s[i]) >= 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// pattern returns the regular expression that matches an integer; width is the number of digits, -1 for any.
func (p *integerPicture) pattern(width int) (string, *Error) {
	upper := p.letters == upperCase
	switch {
	case p.form == formLetters && upper:
		return "[A-Z]+", nil
	case p.form == formLetters:
		return "[a-z]+", nil
	case p.form == formRoman && upper:
		return "[MDCLXVI]+", nil
	case p.form == formRoman:
		return "[mdclxvi]+", nil
	case p.form == formWords:
		return "(?:" + strings.Join(wordOrder, "|") + `|and|[\-, ])+`, nil
	case p.form == formSequence:
		return "", failValue("D3130", stringVal(p.token))
	}
	s := "[0-9]+"
	if width > 0 {
		s = "[0-9]{" + strconv.Itoa(width) + "}"
		if p.optional > 0 {
			s = "[0-9]{" + strconv.Itoa(width-p.optional) + "," + strconv.Itoa(width) + "}" // below zero, this matches itself only
		}
	}
	if p.ordinal {
		s += "(?:th|st|nd|rd)"
	}
	return s, nil
}

// read returns what the text of one part says; false for nothing.
func (d *datePart) read(s string) (float64, bool, *Error) {
	switch d.component {
	case 'Z', 'z':
		return d.readZone(s), true, nil
	}
	if d.integer != nil {
		f, err := d.integer.parse(s)
		return f, true, err
	}
	names := monthNames
	switch d.component {
	case 'F':
		names = dayNames
	case 'P':
		switch s {
		case "am", "AM":
			return 0, true, nil
		case "pm", "PM":
			return 1, true, nil
		}
		return 0, false, nil
	}
	for i := len(names) - 1; i >= 0; i-- {
		name := names[i]
		if d.maxWidth > 0 {
			name = name[:min(d.maxWidth, len(name))]
		}
		if name == s {
			return float64(i + 1), true, nil
		}
	}
	return 0, false, nil
}

// readZone returns an offset in minutes.
func (d *datePart) readZone(s string) float64 {
	if d.component == 'z' {
		s = s[3:]
	}
	if d.integer.regular > 0 {
		h, m, _ := strings.Cut(s, d.integer.separator[0].char)
		return parseIntPrefix(h)*60 + parseIntPrefix(m)
	}
	if len(s) <= 3 {
		return parseIntPrefix(s) * 60
	}
	return parseIntPrefix(s[:3])*60 + parseIntPrefix(s[3:])
}

// matcher returns the expression that matches a whole text, one group a part.
func (p *datePicture) matcher() (*regex, *Error) {
	if p.regex != nil {
		return p.regex, nil
	}
	var pattern strings.Builder
	pattern.WriteByte('^')
	for i := range p.parts {
		s, err := p.parts[i].pattern()
		if err != nil {
			return nil, err
		}
		pattern.WriteString("(" + s + ")")
	}
	pattern.WriteByte('$')
	var err *Error
	p.regex, err = compileRegex(pattern.String(), "i")
	return p.regex, err
}

// partSteps is what it costs to make one part of a picture a regular expression.
const partSteps = 20

// parse reads a timestamp as the picture writes it, undefined when it does not match.
func (p *datePicture) parse(ev *evaluator, s string) (val, *Error) {
	r, err := p.matcher()
	if err == nil {
		err = ev.spend(len(p.parts) * partSteps)
	}
	if err != nil {
		return undefined, err
	}
	f, err := ev.regexMatcher(r, s).next()
	if err != nil || f == nil {
		return undefined, err
	}
	given := dateParts{}
	some := false
	for i := range p.parts {
		d := &p.parts[i]
		if d.component == 0 {
			continue
		}
		some = true
		n, ok, err := d.read(f.groups[i].text())
		if err != nil {
			return undefined, err
		}
		if ok {
			given[d.component] = n
		} else {
			delete(given, d.component)
		}
	}
	if !some {
		return undefined, nil
	}
	n, err := given.millis(newCalendar(float64(ev.clock().UnixMilli())))
	return numberVal(n), err
}

// dateParts holds the components that a text gave.
type dateParts map[byte]float64

// mask returns one bit for each of the components, the first highest; a component that is zero counts as
// missing here.
func (p dateParts) mask(components string) int {
	mask := 0
	for i := range len(components) {
		mask <<= 1
		if n := p[components[i]]; n != 0 && !math.IsNaN(n) {
			mask |= 1
		}
	}
	return mask
}

// The sets of components that make up a date and a time, as masks.
const (
	dateComponents, timeComponents = "YXMxWwdD", "PHhmsf"

	yearMonthDay   = 0b10100001
	yearDay        = 0b10000010
	monthWeekDay   = 0b01010100
	yearWeekDay    = 0b01001000
	time24, time12 = 0b010111, 0b101111
)

// isType reports whether the components given are among those of a set, and some of it is given.
func isType(mask, set int) bool { return mask&^set == 0 && mask&set != 0 }

// millis computes the moment. What is missing left of the first component given is taken from now, right of
// the last one it is the least; a gap between is an error.
func (p dateParts) millis(now calendar) (float64, *Error) {
	date := p.mask(dateComponents)
	byDay := !isType(date, yearMonthDay) && isType(date, yearDay)
	byMonthWeek := isType(date, monthWeekDay)
	byYearWeek := !byMonthWeek && isType(date, yearWeekDay)
	clock := p.mask(timeComponents)
	halfDay := !isType(clock, time24) && isType(clock, time12)
	order := "YMD"
	switch {
	case byDay:
		order = "YD"
	case byMonthWeek:
		order = "XxwF"
	case byYearWeek:
		order = "XWF"
	}
	if halfDay {
		order += "Phmsf"
	} else {
		order += "Hmsf"
	}
	if err := p.fill(order, now); err != nil {
		return 0, err
	}
	if byMonthWeek || byYearWeek {
		return 0, fail("D3136")
	}
	month, day := math.Max(p['M'], 1), p['D']
	if byDay {
		month, day = 1, p['d']
	}
	if halfDay {
		p['H'] = math.Mod(p['h'], 12)
		if p['h'] != 12 {
			p['H'] = p['h']
		}
		if p['P'] == 1 {
			p['H'] += 12
		}
	}
	at := utcMillis(p['Y'], month, day, p['H'], p['m'], p['s'], p['f'])
	offset := p['Z']
	if offset == 0 {
		offset = p['z']
	}
	return at - offset*60*1000, nil
}

// fill sets the missing components in order.
func (p dateParts) fill(order string, now calendar) *Error {
	started, ended := false, false
	for i := range len(order) {
		c := order[i]
		_, given := p[c]
		switch {
		case given && ended:
			return fail("D3136")
		case given:
			started = true
		case started:
			p[c] = 0
			if c == 'M' || c == 'D' || c == 'd' {
				p[c] = 1
			}
			ended = true
		case c == 'P':
			p[c] = -1 // neither am nor pm, as the reference has it
		default:
			p[c] = now.component(c)
		}
	}
	return nil
}

// utcMillis is JavaScript's Date.UTC: components may lie out of range, years below 100 are of the twentieth
// century.
func utcMillis(year, month, day, hour, minute, second, milli float64) float64 {
	for _, n := range []float64{year, month, day, hour, minute, second, milli} {
		if math.IsNaN(n) || math.Abs(n) > 1e9 {
			return math.NaN()
		}
	}
	y := int(year)
	if y >= 0 && y <= 99 {
		y += 1900
	}
	days := float64(time.Date(y, time.Month(int(month)), 1, 0, 0, 0, 0, time.UTC).Unix())/86400 + math.Trunc(day) - 1
	at := days*86400000 + math.Trunc(hour)*3600000 + math.Trunc(minute)*60000 + math.Trunc(second)*1000 + math.Trunc(milli)
	if math.Abs(at) > maxMillis {
		return math.NaN()
	}
	return at
}
