package awswire

import (
	"bytes"
	"strconv"
	"time"

	"github.com/statelark/statelark/value"
)

// Writer builds the JSON body of an answer by appending to it. Members come in the order of the calls; the
// commas between them are its own business.
type Writer struct{ buf []byte }

// Bytes returns what was written. It is valid until the next call.
func (w *Writer) Bytes() []byte { return w.buf }

// Raw appends through add, which gets the buffer, with the comma due put in, and returns it with one JSON value
// more.
func (w *Writer) Raw(add func(dst []byte) []byte) { w.buf = add(w.next()) }

// next puts in the comma that is due before another value or member.
func (w *Writer) next() []byte {
	if n := len(w.buf); n > 0 {
		switch w.buf[n-1] {
		case '{', '[', ':':
		default:
			w.buf = append(w.buf, ',')
		}
	}
	return w.buf
}

// Key begins a member; its value has to follow.
func (w *Writer) Key(name string) { w.buf = append(value.AppendQuoted(w.next(), name), ':') }

// Open begins an object or array that is the value of a member, or, without a name, an element.
func (w *Writer) Open(name string, bracket byte) {
	if name != "" {
		w.Key(name)
	}
	w.buf = append(w.next(), bracket)
}

// Close ends what Open began, with the bracket that closes it.
func (w *Writer) Close(bracket byte) { w.buf = append(w.buf, bracket) }

// Str writes a member that is a string.
func (w *Writer) Str(name, s string) {
	w.Key(name)
	w.buf = value.AppendQuoted(w.buf, s)
}

// StrElem writes an element that is a string.
func (w *Writer) StrElem(s string) { w.buf = value.AppendQuoted(w.next(), s) }

// StrIf writes a member that is a string, unless it is "".
func (w *Writer) StrIf(name, s string) {
	if s != "" {
		w.Str(name, s)
	}
}

// StrPtr writes a member that is a string, unless it is nil.
func (w *Writer) StrPtr(name string, s *string) {
	if s != nil {
		w.Str(name, *s)
	}
}

// Int writes a member that is a number.
func (w *Writer) Int(name string, i int64) {
	w.Key(name)
	w.buf = strconv.AppendInt(w.buf, i, 10)
}

// Float writes a member that is a number, with a fraction even when it is whole.
func (w *Writer) Float(name string, f float64) {
	w.Key(name)
	from := len(w.buf)
	w.buf = value.AppendFloat(w.buf, f)
	if !bytes.ContainsAny(w.buf[from:], ".e") {
		w.buf = append(w.buf, ".0"...)
	}
}

// Bool writes a member that is a boolean.
func (w *Writer) Bool(name string, b bool) {
	w.Key(name)
	w.buf = strconv.AppendBool(w.buf, b)
}

// Time writes a member that is a timestamp: seconds since 1970 with the milliseconds as fraction.
func (w *Writer) Time(name string, t time.Time) {
	w.Key(name)
	w.buf = AppendTime(w.buf, t.UnixMilli())
}

// AppendTime appends a time given in milliseconds since 1970 as JSON 1.0 writes timestamps: a number of
// seconds, with as much of the fraction as is not zero.
func AppendTime(dst []byte, ms int64) []byte {
	sign := ms < 0
	if sign {
		ms = -ms
		dst = append(dst, '-')
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	frac := ms % 1000
	if frac == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+frac/100), byte('0'+frac/10%10), byte('0'+frac%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}
