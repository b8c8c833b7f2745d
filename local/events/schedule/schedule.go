// Package schedule is the schedule expressions of AWS: rate(5 minutes) and cron(0 12 * * ? *), in UTC.
package schedule

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Schedule says when something is due.
type Schedule struct {
	every time.Duration // of a rate; 0: a cron expression
	cron  *cron
}

// ErrInvalid is the error for what is no expression.
var ErrInvalid = errors.New("the schedule expression is not valid")

// Parse reads an expression.
func Parse(text string) (*Schedule, error) {
	if inner, ok := within(text, "rate("); ok {
		return parseRate(inner)
	}
	if inner, ok := within(text, "cron("); ok {
		c, err := parseCron(inner)
		if err != nil {
			return nil, err
		}
		return &Schedule{cron: c}, nil
	}
	return nil, ErrInvalid
}

func within(text, opening string) (string, bool) {
	rest, ok := strings.CutPrefix(text, opening)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, ")")
}

// parseRate reads "1 minute", "5 hours": the unit agrees with the number.
func parseRate(text string) (*Schedule, error) {
	count, unit, ok := strings.Cut(text, " ")
	n, err := strconv.ParseInt(count, 10, 32)
	if !ok || err != nil || n < 1 || count[0] == '+' {
		return nil, ErrInvalid
	}
	if n > 1 {
		if unit, ok = strings.CutSuffix(unit, "s"); !ok {
			return nil, ErrInvalid
		}
	}
	each, ok := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[unit]
	if !ok || n > int64(100*365*24*time.Hour/each) {
		return nil, ErrInvalid
	}
	return &Schedule{every: time.Duration(n) * each}, nil
}

// Next returns when it is due for the first time after a time; the zero time: never again. Rates count from begin.
func (s *Schedule) Next(begin, after time.Time) time.Time {
	if s.cron != nil {
		return s.cron.next(after.UTC())
	}
	if after.Before(begin) {
		return begin.Add(s.every)
	}
	return begin.Add((after.Sub(begin)/s.every + 1) * s.every)
}
