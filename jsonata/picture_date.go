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
		d.integer.mandatory = max(d.integer.mandatory, d.minWidth)
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

// calendar reads the components of a moment, in UTC.
type calendar struct{ t time.Time }

// maxMillis is the last moment that JavaScript's dates reach, in either direction.
const maxMillis = 8.64e15

// newCalendar returns the calendar at millis since 1970.
func newCalendar(millis float64) calendar {
	millis = math.Trunc(millis)
	whole := math.Floor(millis / 1000)
	return calendar{time.Unix(int64(whole), int64(millis-whole*1000)*int64(time.Millisecond)).UTC()}
}

// firstWeek returns the Monday of the first week of the month that contains t, or of its year when whole is
// set. The first week is the one with the first Thursday.
func firstWeek(year int, month time.Month) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	day := isoWeekday(first)
	if day > 4 {
		return first.AddDate(0, 0, 8-day)
	}
	return first.AddDate(0, 0, 1-day)
}

func isoWeekday(t time.Time) int {
	if d := int(t.Weekday()); d > 0 {
		return d
	}
	return 7
}

// weekNumber counts the weeks from start to the day of c.
func (c calendar) weekNumber(start time.Time) float64 {
	today := time.Date(c.t.Year(), c.t.Month(), c.t.Day(), 0, 0, 0, 0, time.UTC)
	return today.Sub(start).Hours()/(24*7) + 1
}

// week returns the number of the week in the period that starts in month of year and is months long; a week
// may belong to the period before or after.
func (c calendar) week(year int, month time.Month, months, most int) int {
	w := c.weekNumber(firstWeek(year, month))
	next := firstWeek(year, month+time.Month(months))
	switch {
	case w > float64(most) && c.weekNumber(next) >= 1:
		w = 1
	case w < 1:
		w = c.weekNumber(firstWeek(year, month-time.Month(months)))
	}
	return int(math.Floor(w))
}

// component returns a numeric component.
func (c calendar) component(name byte) int {
	year, month := c.t.Year(), c.t.Month()
	switch name {
	case 'Y':
		return year
	case 'M':
		return int(month)
	case 'D':
		return c.t.Day()
	case 'd':
		return c.t.YearDay()
	case 'F':
		return isoWeekday(c.t)
	case 'W':
		return c.week(year, time.January, 12, 52)
	case 'w':
		return c.week(year, month, 1, 4)
	case 'X':
		return year + c.shift(firstWeek(year, time.January), firstWeek(year+1, time.January))
	case 'x':
		m := int(month) + c.shift(firstWeek(year, month), firstWeek(year, month+1))
		return (m+11)%12 + 1
	case 'H':
		return c.t.Hour()
	case 'h':
		return (c.t.Hour()+11)%12 + 1
	case 'm':
		return c.t.Minute()
	case 's':
		return c.t.Second()
	case 'f':
		return c.t.Nanosecond() / int(time.Millisecond)
	case 'P':
		return c.t.Hour() / 12
	}
	return 0
}

// shift says whether c lies before start (-1), behind end (1) or between (0).
func (c calendar) shift(start, end time.Time) int {
	switch {
	case c.t.Before(start):
		return -1
	case !c.t.Before(end):
		return 1
	}
	return 0
}

// zone is an offset from UTC.
type zone struct{ hours, minutes int }

// parseZone reads an offset written as +hhmm.
func parseZone(s string) (zone, bool) {
	f := parseIntPrefix(s)
	if math.IsNaN(f) || math.Abs(f) > 1e6 {
		return zone{}, false
	}
	offset := int(f)
	return zone{hours: int(math.Floor(f / 100)), minutes: offset % 100}, true
}

// format prints a moment.
func (p *datePicture) format(millis float64, z zone) (string, *Error) {
	if !(math.Abs(millis) <= maxMillis) {
		return "Invalid Date", nil
	}
	c := newCalendar(millis + float64(60*z.hours+z.minutes)*60*1000)
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
		n %= int(math.Pow(10, float64(min(d.yearWidth, 9))))
	}
	if d.names {
		return d.formatName(n)
	}
	return d.integer.format(float64(n))
}

func (d *datePart) formatName(n int) (string, *Error) {
	name := ""
	switch d.component {
	case 'M', 'x':
		name = monthNames[n-1]
	case 'F':
		name = dayNames[n-1]
	default:
		return "", failValue("D3133", stringVal(componentText(d.component)))
	}
	return d.cut(d.letters.apply(name)), nil
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
		s, err = d.integer.format(float64(offset))
	case digits == 1 || digits == 2:
		s, err = d.integer.format(float64(z.hours))
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

func twoDigits(n int) string {
	p := integerPicture{zero: '0', mandatory: 2}
	s, _ := p.format(float64(n))
	return s
}
