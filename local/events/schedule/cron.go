package schedule

import (
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// cron is an expression of six fields: minutes, hours, days of the month, months, days of the week (1 is Sunday), years.
type cron struct {
	minutes, hours, days, months, weekdays uint64 // bits
	years                                  [4]uint64
	anyDay, anyWeekday                     bool // ?
	lastDay                                bool // L: the last of the month
	beforeLast                             int  // L-n
	nearest                                int  // nW: the weekday nearest to the nth; -1: LW, the last weekday
	lastWeekday                            int  // nL: the last such day of the month
	nth, nthWeekday                        int  // day#n
}

const firstYear, lastYear = 1970, 2199

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

func parseCron(text string) (*cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 6 {
		return nil, ErrInvalid
	}
	c := &cron{}
	if !c.parseDay(fields[2]) || !c.parseWeekday(fields[4]) || c.anyDay == c.anyWeekday || !c.parseYears(fields[5]) {
		return nil, ErrInvalid
	}
	for _, f := range []struct {
		to        *uint64
		text      string
		low, high int
		names     []string
	}{{&c.minutes, fields[0], 0, 59, nil}, {&c.hours, fields[1], 0, 23, nil}, {&c.months, fields[3], 1, 12, monthNames}} {
		ok := parseList(f.text, f.low, f.high, f.names, func(n int) { *f.to |= 1 << n })
		if !ok {
			return nil, ErrInvalid
		}
	}
	return c, nil
}

func (c *cron) parseDay(text string) bool {
	switch {
	case text == "?":
		c.anyDay = true
		return true
	case text == "L":
		c.lastDay = true
		return true
	case text == "LW":
		c.nearest = -1
		return true
	case strings.HasPrefix(text, "L-"):
		n, err := strconv.Atoi(text[2:])
		c.lastDay, c.beforeLast = true, n
		return err == nil && n >= 0 && n <= 30
	case strings.HasSuffix(text, "W"):
		n, err := strconv.Atoi(text[:len(text)-1])
		c.nearest = n
		return err == nil && n >= 1 && n <= 31
	}
	return parseList(text, 1, 31, nil, func(n int) { c.days |= 1 << n })
}

func (c *cron) parseWeekday(text string) bool {
	number := func(text string) (int, bool) { return parseNumber(text, 1, 7, dayNames) }
	if text == "?" {
		c.anyWeekday = true
		return true
	}
	if text == "L" {
		c.weekdays = 1 << 7
		return true
	}
	if day, n, ok := strings.Cut(text, "#"); ok {
		var nth int
		c.nthWeekday, ok = number(day)
		nth, err := strconv.Atoi(n)
		c.nth = nth
		return ok && err == nil && nth >= 1 && nth <= 5
	}
	if day, ok := strings.CutSuffix(text, "L"); ok {
		c.lastWeekday, ok = number(day)
		return ok
	}
	return parseList(text, 1, 7, dayNames, func(n int) { c.weekdays |= 1 << n })
}

func (c *cron) parseYears(text string) bool {
	return parseList(text, firstYear, lastYear, nil, func(n int) { c.years[(n-firstYear)/64] |= 1 << ((n - firstYear) % 64) })
}

func parseNumber(text string, low, high int, names []string) (int, bool) {
	for i, name := range names {
		if strings.EqualFold(text, name) {
			return low + i, true
		}
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= low && n <= high && text[0] != '+' && text[0] != '-'
}

// parseList reads a list of numbers, ranges and steps.
func parseList(text string, low, high int, names []string, add func(int)) bool {
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > high {
				return false
			}
			step = n
		}
		from, to := low, high
		if first, last, ok := strings.Cut(span, "-"); ok {
			var ok1, ok2 bool
			from, ok1 = parseNumber(first, low, high, names)
			to, ok2 = parseNumber(last, low, high, names)
			if !ok1 || !ok2 {
				return false
			}
		} else if span != "*" {
			if from, ok = parseNumber(span, low, high, names); !ok {
				return false
			}
			if !stepped {
				to = from
			}
		}
		if from > to { // round the end
			for n := from; n <= high; n += step {
				add(n)
			}
			from = low
		}
		for n := from; n <= to; n += step {
			add(n)
		}
	}
	return true
}

// next returns the first minute after a time that fits, the zero time when there is none.
func (c *cron) next(after time.Time) time.Time {
	t := after.Truncate(time.Minute).Add(time.Minute)
	for year := t.Year(); year <= lastYear; year++ {
		if year < firstYear || c.years[(year-firstYear)/64]&(1<<((year-firstYear)%64)) == 0 {
			continue
		}
		for month := time.January; month <= time.December; month++ {
			if c.months&(1<<month) == 0 || year == t.Year() && month < t.Month() {
				continue
			}
			if found := c.inMonth(year, month, t); !found.IsZero() {
				return found
			}
		}
	}
	return time.Time{}
}

// inMonth returns the first fitting minute of a month from t on.
func (c *cron) inMonth(year int, month time.Month, t time.Time) time.Time {
	days := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	for day := 1; day <= days; day++ {
		if !c.onDay(year, month, day, days) {
			continue
		}
		date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if !date.Add(24 * time.Hour).After(t) {
			continue
		}
		for hours := c.hours; hours != 0; hours &= hours - 1 {
			for minutes := c.minutes; minutes != 0; minutes &= minutes - 1 {
				at := date.Add(time.Duration(bits.TrailingZeros64(hours))*time.Hour + time.Duration(bits.TrailingZeros64(minutes))*time.Minute)
				if !at.Before(t) {
					return at
				}
			}
		}
	}
	return time.Time{}
}

func (c *cron) onDay(year int, month time.Month, day, days int) bool {
	weekday := int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()) + 1
	switch {
	case c.nth > 0:
		return weekday == c.nthWeekday && (day-1)/7+1 == c.nth
	case c.lastWeekday > 0:
		return weekday == c.lastWeekday && day+7 > days
	case !c.anyWeekday:
		return c.weekdays&(1<<weekday) != 0
	case c.lastDay:
		return day == days-c.beforeLast
	case c.nearest != 0:
		return day == nearestWeekday(year, month, c.nearest, days)
	}
	return c.days&(1<<day) != 0
}

// nearestWeekday is the day from Monday to Friday that is nearest to a day, in the same month; -1 is the last such day.
func nearestWeekday(year int, month time.Month, day, days int) int {
	if day == -1 {
		day = days
	}
	if day > days {
		return 0
	}
	switch time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == days {
			return day - 2
		}
		return day + 1
	}
	return day
}
