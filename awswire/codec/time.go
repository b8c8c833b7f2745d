package codec

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// Forms of times, as models name them.
const (
	isoTime  = "iso8601"
	rfcTime  = "rfc822"
	unixTime = "unixTimestamp"
)

// timeText returns a time of a document in a form; false when v is no time. With millis an ISO 8601 time has its milliseconds
// even if they are zero, as servers write it.
func timeText(v value.Value, form string, millis bool) (string, bool) {
	ms, ok := timeOf(v)
	if !ok {
		return "", false
	}
	t := time.UnixMilli(ms).UTC()
	switch form {
	case rfcTime:
		return t.Format(http.TimeFormat), true
	case unixTime:
		return string(awswire.AppendTime(nil, ms)), true
	}
	if millis || ms%1000 != 0 {
		return t.Format("2006-01-02T15:04:05.000Z"), true
	}
	return t.Format("2006-01-02T15:04:05Z"), true
}

// maxSeconds bounds times to those that have a year of four digits.
const maxSeconds = 253402300799

// timeOf returns a time of a document in milliseconds since 1970: a number of seconds, or a text as a protocol has it.
func timeOf(v value.Value) (ms int64, ok bool) {
	switch v.Kind() {
	case value.Number:
		f := v.Float()
		if f > maxSeconds || f < -62135596800 {
			return 0, false
		}
		return int64(math.Round(f * 1000)), true
	case value.String:
		return parseTime(v.Str())
	}
	return 0, false
}

// parseTime reads a time in any of the forms.
func parseTime(text string) (ms int64, ok bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339Nano, http.TimeFormat, time.RFC1123, time.RFC1123Z, "2006-01-02T15:04:05.999999999",
		"20060102T150405Z", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMilli(), true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f <= maxSeconds && f >= -62135596800) {
		return 0, false
	}
	return int64(math.Round(f * 1000)), true
}

// seconds is a time as documents have it.
func seconds(ms int64) value.Value {
	return value.FromNumberText(string(awswire.AppendTime(nil, ms)))
}
