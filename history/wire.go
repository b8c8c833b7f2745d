package history

import (
	"strconv"

	"github.com/statelark/statelark/value"
)

// WireOptions say how much of an event is shown.
type WireOptions struct {
	// WithoutData leaves inputs and outputs out, as includeExecutionData=false does. The parameters of
	// TaskScheduled and assigned variables stay, as with AWS.
	WithoutData bool
}

// AppendJSON appends e as a HistoryEvent of the API, in JSON.
func AppendJSON(dst []byte, e *Event, o WireOptions) []byte {
	dst = append(dst, `{"timestamp":`...)
	dst = appendSeconds(dst, e.At)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, e.Type.String()...)
	dst = append(dst, `","id":`...)
	dst = strconv.AppendInt(dst, e.ID, 10)
	dst = append(dst, `,"previousEventId":`...)
	dst = strconv.AppendInt(dst, e.Previous, 10)
	if e.Type.valid() && types[e.Type].details != "" {
		dst = appendName(append(dst, ','), types[e.Type].details)
		dst = appendDetails(dst, e, o)
	}
	return append(dst, '}')
}

// appendSeconds appends Unix milliseconds as seconds with three decimals.
func appendSeconds(dst []byte, milli int64) []byte {
	if milli < 0 {
		dst = append(dst, '-')
		milli = -milli
	}
	dst = strconv.AppendInt(dst, milli/1000, 10)
	milli %= 1000
	return append(dst, '.', '0'+byte(milli/100), '0'+byte(milli/10%10), '0'+byte(milli%10))
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

// appendDetails appends the details member's object.
func appendDetails(dst []byte, e *Event, o WireOptions) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for _, f := range types[e.Type].fields {
		if !e.shows(f, o) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendField(dst, e, f)
	}
	return append(dst, '}')
}

// shows reports whether field f of e is printed.
func (e *Event) shows(f field, o WireOptions) bool {
	switch fields[f].form {
	case formMaybe, formRole:
		return *e.text(f) != ""
	case formOptional:
		return *e.optional(f) != nil
	case formCount:
		return *e.number(f) != 0
	case formPayload:
		return *e.text(f) != "" && !o.WithoutData
	case formAssigned:
		return len(e.Assigned) > 0
	}
	return true
}

// appendField appends field f of e as a member of the details object.
func appendField(dst []byte, e *Event, f field) []byte {
	name := fields[f].name
	dst = appendName(dst, name)
	switch fields[f].form {
	case formText, formMaybe:
		return value.AppendQuoted(dst, *e.text(f))
	case formOptional:
		return value.AppendQuoted(dst, **e.optional(f))
	case formNumber, formCount:
		return strconv.AppendInt(dst, *e.number(f), 10)
	case formRole:
		dst = append(dst, `{"roleArn":`...)
		dst = value.AppendQuoted(dst, *e.text(f))
		return append(dst, '}')
	case formPayload:
		dst = value.AppendQuoted(dst, *e.text(f))
	case formAssigned:
		dst = appendAssigned(dst, e.Assigned)
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	return append(dst, `Details":{"truncated":false}`...)
}

// appendAssigned appends variables as a map from name to JSON text.
func appendAssigned(dst []byte, variables []value.Member) []byte {
	dst = append(dst, '{')
	for i, v := range variables {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = value.AppendQuoted(dst, v.Key)
		dst = append(dst, ':')
		dst = value.AppendQuoted(dst, v.Value.Text())
	}
	return append(dst, '}')
}
