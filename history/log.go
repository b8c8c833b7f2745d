package history

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/value"
)

// LogOptions are what a record in a log has beside the event, and how much of that it shows.
type LogOptions struct {
	Execution string // ARN
	MapRun    string // ARN of the Map Run that the execution is a child of, "" when none
	Redrives  int64
	// WithoutData leaves inputs, outputs, parameters and assigned variables out.
	WithoutData bool
	// Cut leaves of payloads a sign that they were there, and of errors and causes what AWS takes. It is also for events whose
	// payloads are cut already.
	Cut bool
	// Limit is how many bytes a payload may take, escaped; 0: MaxLogged.
	Limit int
}

// MaxLogged is how many bytes of a payload AWS logs, escaped: 248 KB. The rest is cut off.
const MaxLogged = 248 << 10

// AppendLog appends e as AWS logs it, in JSON and without a line's end. Numbers are strings, and the details have no
// name of their own.
func AppendLog(dst []byte, e *Event, o LogOptions) []byte {
	dst = append(dst, `{"id":"`...)
	dst = strconv.AppendInt(dst, e.ID, 10)
	dst = append(dst, `","type":"`...)
	dst = append(dst, e.Type.String()...)
	dst = append(dst, `","details":`...)
	dst = appendLogDetails(dst, e, &o)
	dst = append(dst, `,"previous_event_id":"`...)
	dst = strconv.AppendInt(dst, e.Previous, 10)
	dst = append(dst, `","event_timestamp":"`...)
	dst = strconv.AppendInt(dst, e.At, 10)
	dst = append(dst, `","execution_arn":`...)
	dst = value.AppendQuoted(dst, o.Execution)
	if o.MapRun != "" {
		dst = append(dst, `,"map_run_arn":`...)
		dst = value.AppendQuoted(dst, o.MapRun)
	}
	dst = append(dst, `,"redrive_count":"`...)
	dst = strconv.AppendInt(dst, o.Redrives, 10)
	return append(dst, '"', '}')
}

func appendLogDetails(dst []byte, e *Event, o *LogOptions) []byte {
	dst = append(dst, '{')
	start := len(dst)
	if e.Type.valid() {
		for _, f := range types[e.Type].fields {
			if !e.logs(f, o) {
				continue
			}
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = appendLogField(dst, e, f, o)
		}
	}
	return append(dst, '}')
}

// logs reports whether field f of e is logged.
func (e *Event) logs(f field, o *LogOptions) bool {
	if f == fieldParameters || f == fieldAssigned {
		return !o.WithoutData && (e.shows(f, WireOptions{}) || f == fieldAssigned && o.Cut && e.Assigned != nil)
	}
	return e.shows(f, WireOptions{WithoutData: o.WithoutData})
}

func appendLogField(dst []byte, e *Event, f field, o *LogOptions) []byte {
	name, cut := fields[f].name, false
	switch fields[f].form {
	case formNumber, formCount:
		dst = append(appendName(dst, name), '"')
		return append(strconv.AppendInt(dst, *e.number(f), 10), '"')
	case formPayload:
		dst, cut = appendCut(appendName(dst, name), *e.text(f), o.limit())
	case formAssigned:
		variables := e.Assigned
		if o.Cut {
			variables = nil
		}
		dst, cut = appendCutAssigned(appendName(dst, name), variables, o.limit())
	case formOptional:
		if !o.Cut {
			return appendField(dst, e, f)
		}
		limit := MaxCause
		if f == fieldError {
			limit = MaxError
		}
		dst, _ = appendCut(appendName(dst, name), **e.optional(f), limit)
		return dst
	default:
		if f == fieldParameters {
			dst, _ = appendCut(appendName(dst, name), *e.text(f), o.limit())
			return dst
		}
		return appendField(dst, e, f)
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `Details":{"truncated":`...)
	return append(strconv.AppendBool(dst, cut || o.Cut), '}')
}

func (o *LogOptions) limit() int {
	switch {
	case o.Cut:
		return 1
	case o.Limit == 0:
		return MaxLogged
	}
	return o.Limit
}

// What AWS takes of an error and of a cause (Fail, SendTaskFailure).
const (
	MaxError = 256
	MaxCause = 32_768
)

// CutText returns so many bytes of a text at most, whole characters; what it cut holds nothing of the text.
func CutText(text *string, most int) *string {
	if text == nil || len(*text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart((*text)[most]) {
		most--
	}
	first := strings.Clone((*text)[:most])
	return &first
}

// appendCut appends a text as a JSON string of at most limit bytes between its quotes, and reports whether some of it
// had to be left out.
func appendCut(dst []byte, text string, limit int) (_ []byte, cut bool) {
	from := len(dst) + 1
	if len(text) > limit { // escaping makes nothing shorter
		end := limit
		for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text, cut = text[:end], true
	}
	dst = value.AppendQuoted(dst, text)
	if len(dst)-1-from <= limit && !cut {
		return dst, false
	}
	return append(dst[:from+wholeWithin(dst[from:len(dst)-1], limit)], '"'), true
}

// wholeWithin returns how many of the first limit bytes of an escaped text are whole characters.
func wholeWithin(text []byte, limit int) int {
	whole := 0
	for whole < len(text) {
		n := 1
		switch c := text[whole]; {
		case c == '\\' && text[whole+1] == 'u':
			n = len(`\u0000`)
		case c == '\\':
			n = 2
		case c >= utf8.RuneSelf:
			_, n = utf8.DecodeRune(text[whole:])
		}
		if whole+n > limit {
			break
		}
		whole += n
	}
	return whole
}

// appendCutAssigned appends variables as a map from name to JSON text, those that fit into limit bytes together.
func appendCutAssigned(dst []byte, variables []value.Member, limit int) (_ []byte, cut bool) {
	dst = append(dst, '{')
	start := len(dst)
	for i, v := range variables {
		if len(dst)-start >= limit {
			return append(dst, '}'), true
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(value.AppendQuoted(dst, v.Key), ':')
		if dst, cut = appendCut(dst, v.Value.Text(), max(0, limit-(len(dst)-start))); cut {
			return append(dst, '}'), true
		}
	}
	return append(dst, '}'), false
}

// Severity is how bad an event is, as log levels go by it.
type Severity uint8

// The severities.
const (
	Routine Severity = iota // logged at ALL
	Failure                 // at ERROR, too
	Fatal                   // at FATAL, too: the execution has ended with it
)

// Severity returns how bad an event of the type is. ALL, ERROR and FATAL stand in a table of AWS's guide by type: what
// failed, timed out or was aborted, and Fail states, are errors.
func (t Type) Severity() Severity {
	switch t {
	case ExecutionAborted, ExecutionFailed, ExecutionTimedOut:
		return Fatal
	case ActivityFailed, ActivityScheduleFailed, ActivityTimedOut, EvaluationFailed, FailStateEntered,
		LambdaFunctionFailed, LambdaFunctionScheduleFailed, LambdaFunctionStartFailed, LambdaFunctionTimedOut,
		MapIterationAborted, MapIterationFailed, MapRunAborted, MapRunFailed, MapStateAborted, MapStateFailed,
		ParallelStateAborted, ParallelStateFailed,
		TaskFailed, TaskStartFailed, TaskStateAborted, TaskSubmitFailed, TaskTimedOut, WaitStateAborted:
		return Failure
	}
	return Routine
}
