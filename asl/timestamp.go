package asl

import (
	"errors"
	"time"
)

// ParseTimestamp reads an RFC 3339 date-time with an upper-case T and a zone, its Z upper-case, and any number of
// fraction digits. time.Parse alone would take an hour of one digit and a comma as well.
func ParseTimestamp(text string) (time.Time, error) {
	if len(text) < len("2006-01-02T15:04:05Z") || text[13] != ':' || text[19] == ',' {
		return time.Time{}, errors.New("it is not of the form 2006-01-02T15:04:05Z")
	}
	return time.Parse(time.RFC3339Nano, text)
}
