package jsonata

import (
	"math"
	"strings"
	"time"
)

// datePicture is an analysed picture of fn:format-dateTime.
type datePicture struct {
	parts []datePart
	regex *regex // matches what the picture describes, made on first use
}

// datePart is a piece of literal text or one component of a date.
type datePart struct {
	literal   string
	component byte // 0 for literal text

	names     bool // written as a name, in the case of letters
	letters   letterCase
	integer   *integerPicture // nil for names
	modifier  byte            // the second presentation modifier; 0 for none
	minWidth  int             // -1 when not given
	maxWidth  int             // -1 when not given
	yearWidth int             // digits kept of Y, M and D; -1 for all
	sized     bool            // a width was given
}

// defaultPresentation is how a component is written whose marker does not say.
var defaultPresentation = map[byte]string{
	'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1", 'h': "1",
	'P': "n", 'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n",
}

const isoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

// datePicture analyses a picture, once per evaluation.
func (ev *evaluator) datePicture(text string) (*datePicture, *Error) {
	if p, ok := ev.pictures[text]; ok {
		return p, nil
	}
	p, err := parseDatePicture(text)
	if err != nil {
		return nil, err
	}
	if ev.pictures == nil {
		ev.pictures = map[string]*datePicture{}
	}
	ev.pictures[text] = p
	return p, nil
}

func parseDatePicture(picture string) (*datePicture, *Error) {
	p := &datePicture{}
	literal := func(s string) {
		if s != "" {
			p.parts = append(p.parts, datePart{literal: strings.ReplaceAll(s, "]]", "]")})
		}
	}
	for {
		open := strings.IndexByte(picture, '[')
		if open < 0 {
			literal(picture)
			return p, nil
		}
		literal(picture[:open])
		picture = picture[open+1:]
		if strings.HasPrefix(picture, "[") {
			p.parts = append(p.parts, datePart{literal: "["})
			picture = picture[1:]
			continue
		}
		end := strings.IndexByte(picture, ']')
		if end < 0 {
			return nil, fail("D3135")
		}
		part, err := parseMarker(picture[:end])
		if err != nil {
			return nil, err
		}
		p.parts = append(p.parts, part)
		picture = picture[end+1:]
	}
}

// parseMarker reads what stands between brackets: a component, its presentation, its width.
func parseMarker(marker string) (datePart, *Error) {
	marker = strings.Join(strings.Fields(marker), "")
	d := datePart{minWidth: -1, maxWidth: -1, yearWidth: -1}
	if marker != "" {
		d.component = marker[0]
		marker = marker[1:]
	}
	if i := strings.LastIndexByte(marker, ','); i >= 0 {
		least, most, _ := strings.Cut(marker[i+1:], "-")
		d.minWidth, d.maxWidth, d.sized = parseWidth(least), parseWidth(most), true
		marker = marker[:i]
	}
	presentation := marker
	switch n := len(marker); {
	case n > 1 && strings.IndexByte("atco", marker[n-1]) >= 0:
		d.modifier = marker[n-1]
		presentation = marker[:n-1]
	case n == 0:
		var ok bool
		if presentation, ok = defaultPresentation[d.component]; !ok {
			return d, failValue("D3132", stringVal(componentText(d.component)))
		}
	}
	return d, d.present(presentation)
}

func componentText(c byte) string {
	if c == 0 {
		return ""
	}
	return string(rune(c))
}

// parseWidth reads one bound of a width, -1 for none.
func parseWidth(s string) int {
	if f := parseIntPrefix(s); !math.IsNaN(f) {
		return int(math.Min(f, 1000))
	}
	return -1
}

// present applies the first presentation modifier.
func (d *datePart) present(presentation string) *Error {
	var err *Error
	switch {
	case strings.HasPrefix(presentation, "n"):
		d.names = true
	case strings.HasPrefix(presentation, "N"):
		d.names, d.letters = true, upperCase
		if strings.HasPrefix(presentation, "Nn") {
			d.letters = titleCase
		}
	case strings.IndexByte("YMDdFWwXxHhmsf", d.component) >= 0:
		picture := presentation
		if d.modifier != 0 {
			picture += ";" + string(rune(d.modifier))
		}
		if d.integer, err = parseIntegerPicture(picture); err != nil {
			return err
		}
		if d.integer.form == formDecimal || d.integer.form == formSequence {
			d.integer.mandatory = max(d.integer.mandatory, d.minWidth)
		}
		if d.component == 'Y' || d.component == 'M' || d.component == 'D' {
			if d.maxWidth >= 0 {
				d.yearWidth, d.integer.mandatory = d.maxWidth, d.maxWidth
			} else if w := d.integer.mandatory + d.integer.optional; w >= 2 {
				d.yearWidth = w
			}
		}
	}
	if d.component == 'Z' || d.component == 'z' {
		d.integer, err = parseIntegerPicture(presentation)
	}
	return err
}

var (
	dayNames   = strings.Fields("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
	monthNames = strings.Fields("January February March April May June July August September October November December")
)

// calendar reads the components of a moment, in UTC; all of them are NaN where JavaScript's dates do not reach.
type calendar struct {
	millis float64 // since 1970
	t      time.Time
}

// maxMillis is the last moment that JavaScript's dates reach, in either direction.
const maxMillis = 8.64e15

const dayMillis = 24 * 60 * 60 * 1000

// newCalendar returns the calendar at millis since 1970.
func newCalendar(millis float64) calendar {
	if !(math.Abs(millis) <= maxMillis) {
		return calendar{millis: math.NaN()}
	}
	millis = math.Trunc(millis)
	whole := math.Floor(millis / 1000)
	return calendar{millis, time.Unix(int64(whole), int64(millis-whole*1000)*int64(time.Millisecond)).UTC()}
}

// midnight is the start of a day. As everywhere in the reference, years below 100 are of the twentieth century.
func midnight(year, month, day float64) float64 { return utcMillis(year, month, day, 0, 0, 0, 0) }

// firstWeek returns the Monday of the first week of the month, or of the year whose first month it is. The first
// week is the one with the first Thursday. Months before the first and after the twelfth are those of the years
// before and after.
func firstWeek(year, month float64) float64 {
	years := math.Floor((month - 1) / 12)
	year, month = year+years, month-12*years
	first := midnight(year, month, 1)
	day := newCalendar(first).weekday()
	if day > 4 {
		return first + (8-day)*dayMillis
	}
	return first - (day-1)*dayMillis
}

// weekday counts from Monday, 1, to Sunday, 7.
func (c calendar) weekday() float64 {
	switch d := c.t.Weekday(); {
	case math.IsNaN(c.millis):
		return math.NaN()
	case d == time.Sunday:
		return 7
	default:
		return float64(d)
	}
}

// weekNumber counts the weeks from start to the day of c.
func (c calendar) weekNumber(start float64) float64 {
	today := midnight(c.component('Y'), c.component('M'), c.component('D'))
	return (today-start)/(7*dayMillis) + 1
}

// week returns the number of the week in the period that starts in month of year and is months long; a week
// may belong to the period before or after.
func (c calendar) week(year, month, months, most float64) float64 {
	w := c.weekNumber(firstWeek(year, month))
	switch {
	case w > most && c.weekNumber(firstWeek(year, month+months)) >= 1:
		w = 1
	case w < 1:
		w = c.weekNumber(firstWeek(year, month-months))
	}
	return math.Floor(w)
}

// component returns a numeric component.
func (c calendar) component(name byte) float64 {
	if math.IsNaN(c.millis) {
		return math.NaN()
	}
	year, month := float64(c.t.Year()), float64(c.t.Month())
	switch name {
	case 'Y':
		return year
	case 'M':
		return month
	case 'D':
		return float64(c.t.Day())
	case 'd':
		return (midnight(year, month, float64(c.t.Day()))-midnight(year, 1, 1))/dayMillis + 1
	case 'F':
		return c.weekday()
	case 'W':
		return c.week(year, 1, 12, 52)
	case 'w':
		return c.week(year, month, 1, 4)
	case 'X':
		return year + c.shift(firstWeek(year, 1), firstWeek(year+1, 1))
	case 'x':
		m := month + c.shift(firstWeek(year, month), firstWeek(year, month+1))
		return math.Mod(m+11, 12) + 1
	case 'H':
		return float64(c.t.Hour())
	case 'h':
		return float64((c.t.Hour()+11)%12 + 1)
	case 'm':
		return float64(c.t.Minute())
	case 's':
		return float64(c.t.Second())
	case 'f':
		return float64(c.t.Nanosecond() / int(time.Millisecond))
	case 'P':
		return float64(c.t.Hour() / 12)
	}
	return 0
}

// shift says whether c lies before start (-1), after end (1) or between (0).
func (c calendar) shift(start, end float64) float64 {
	switch {
	case c.millis < start:
		return -1
	case c.millis >= end:
		return 1
	}
	return 0
}

// zone is an offset from UTC; both parts are NaN where the text gave no number.
type zone struct{ hours, minutes float64 }

// parseZone reads an offset written as +hhmm.
func parseZone(s string) zone {
	f := parseIntPrefix(s)
	return zone{hours: math.Floor(f / 100), minutes: math.Mod(f, 100)}
}

// format prints a moment.
func (p *datePicture) format(millis float64, z zone) (string, *Error) {
	c := newCalendar(millis + (60*z.hours+z.minutes)*60*1000)
	var out strings.Builder
	for i := range p.parts {
		d := &p.parts[i]
		if d.component == 0 {
			out.WriteString(d.literal)
			continue
		}
		s, err := d.format(c, z)
		if err != nil {
			return "", err
		}
		out.WriteString(s)
	}
	return out.String(), nil
}

func (d *datePart) format(c calendar, z zone) (string, *Error) {
	switch d.component {
	case 'Z', 'z':
		return d.formatZone(z)
	case 'P':
		s := "am"
		if c.component('P') == 1 {
			s = "pm"
		}
		if d.names && d.letters == upperCase {
			s = strings.ToUpper(s)
		}
		return s, nil
	case 'C', 'E':
		return "ISO", nil
	}
	if strings.IndexByte("YMDdFWwXxHhmsf", d.component) < 0 {
		return "undefined", nil
	}
	n := c.component(d.component)
	if d.component == 'Y' && d.yearWidth != -1 {
		n = math.Mod(n, math.Pow(10, float64(d.yearWidth)))
	}
	if d.names {
		return d.formatName(n)
	}
	return d.integer.format(n)
}

func (d *datePart) formatName(n float64) (string, *Error) {
	names := dayNames
	switch d.component {
	case 'M', 'x':
		names = monthNames
	case 'F':
	default:
		return "", failValue("D3133", stringVal(componentText(d.component)))
	}
	if math.IsNaN(n) {
		return "undefined", nil
	}
	return d.cut(d.letters.apply(names[int(n)-1])), nil
}

// cut shortens a name to the widest it may be.
func (d *datePart) cut(name string) string {
	if d.maxWidth >= 0 && len(name) > d.maxWidth {
		return name[:d.maxWidth]
	}
	return name
}

func (d *datePart) formatZone(z zone) (string, *Error) {
	offset := z.hours*100 + z.minutes
	s := ""
	var err *Error
	switch digits := d.integer.mandatory; {
	case d.integer.regular > 0 || digits == 3 || digits == 4:
		s, err = d.integer.format(offset)
	case digits == 1 || digits == 2:
		s, err = d.integer.format(z.hours)
		if z.minutes != 0 {
			s += ":" + twoDigits(z.minutes)
		}
	default:
		err = failValue("D3134", numberVal(float64(digits)))
	}
	if err != nil {
		return "", err
	}
	if offset >= 0 {
		s = "+" + s
	}
	if d.component == 'z' {
		s = "GMT" + s
	}
	if offset == 0 && d.modifier == 't' {
		s = "Z"
	}
	return s, nil
}

func twoDigits(n float64) string {
	p := integerPicture{zero: '0', mandatory: 2}
	s, _ := p.format(n)
	return s
}
