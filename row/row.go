// Package row is the form in which everything is stored that is not a payload: varints, and texts with their length
// before them, one after the other. Whoever owns a row puts a version byte first and says in what order the rest
// follows; this package knows no row.
package row

import (
	"encoding/binary"
	"errors"
)

// InlineMax is the number of bytes up to which a payload stands in a row itself. A longer one is kept once for all rows
// and history blocks of an execution, and each holds its number: see Payloads.
//
// What recurs is the input of a state: in the thread's row, in the work row, in the block. A blob costs a key, some 40
// bytes, so that a second copy of a few hundred bytes is dearer.
const InlineMax = 256

// Payloads keeps the payloads of one execution that are too long to stand in rows, by number.
type Payloads interface {
	// Put keeps text and returns its number, which is never 0. A text that was put before may get the number it has.
	Put(text string) uint32
	// Known returns the number of a text that was put before, as far as that is still known.
	Known(text string) (uint32, bool)
	// Get returns the text of a number.
	Get(id uint32) (string, error)
}

// Writer appends to a row. The zero Writer begins a new one and keeps every payload in it.
type Writer struct {
	buf      []byte
	payloads Payloads
}

// NewWriter returns a Writer that appends to dst.
func NewWriter(dst []byte, p Payloads) Writer { return Writer{buf: dst, payloads: p} }

// Row returns what was written, dst included.
func (w *Writer) Row() []byte { return w.buf }

// Byte appends a byte: a version or a set of flags.
func (w *Writer) Byte(b byte) { w.buf = append(w.buf, b) }

// Uint appends a number.
func (w *Writer) Uint(n uint64) { w.buf = binary.AppendUvarint(w.buf, n) }

// Int appends a number that may be negative; one near 0 is short.
func (w *Writer) Int(n int64) { w.buf = binary.AppendVarint(w.buf, n) }

// Bool appends 1 or 0.
func (w *Writer) Bool(b bool) {
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

// Text appends the length of s and s.
func (w *Writer) Text(s string) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// Raw appends s alone: its length is known to the reader, or it is all that follows.
func (w *Writer) Raw(s string) { w.buf = append(w.buf, s...) }

// Payload appends the length of text plus one and text; or, of a long one, 0 and its number.
func (w *Writer) Payload(text string) {
	if len(text) > InlineMax && w.payloads != nil {
		w.buf = append(w.buf, 0)
		w.Uint(uint64(w.payloads.Put(text)))
		return
	}
	w.Uint(uint64(len(text)) + 1)
	w.buf = append(w.buf, text...)
}

// ErrShort is the error of a Reader whose row ended too early.
var ErrShort = errors.New("row is cut short")

// ErrLong is the error of Done when something is left.
var ErrLong = errors.New("row is longer than what it holds")

// Reader reads what a Writer wrote. After the first error, which Err returns, every read gives zero.
type Reader struct {
	rest     string
	payloads Payloads
	err      error
}

// NewReader returns a Reader of a row. Its texts are parts of one copy of it: whoever keeps a short text for long copies
// that once more.
func NewReader(data []byte, p Payloads) Reader { return Reader{rest: string(data), payloads: p} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Fail makes err the error of the Reader, unless it has one.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = ""
}

// Len returns how many bytes are unread.
func (r *Reader) Len() int { return len(r.rest) }

// Done returns the first error, or ErrLong when the row goes on.
func (r *Reader) Done() error {
	if r.err == nil && r.rest != "" {
		r.Fail(ErrLong)
	}
	return r.err
}

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if r.rest == "" {
		r.Fail(ErrShort)
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// Uint reads a number.
func (r *Reader) Uint() uint64 {
	if r.rest != "" && r.rest[0] < 0x80 {
		n := uint64(r.rest[0])
		r.rest = r.rest[1:]
		return n
	}
	return r.long()
}

// long reads a number of more than one byte.
func (r *Reader) long() uint64 {
	var n uint64
	for i, shift := 0, 0; i < len(r.rest) && i < binary.MaxVarintLen64; i, shift = i+1, shift+7 {
		b := r.rest[i]
		if shift == 63 && b > 1 {
			break
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			r.rest = r.rest[i+1:]
			return n
		}
	}
	r.Fail(ErrShort)
	return 0
}

// Int reads a number that may be negative.
func (r *Reader) Int() int64 {
	n := r.Uint()
	return int64(n>>1) ^ -int64(n&1)
}

// Bool reads whether a number is not 0.
func (r *Reader) Bool() bool { return r.Uint() != 0 }

// Count reads a number of things that follow, each at least a byte long.
func (r *Reader) Count() int {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.Fail(ErrShort)
		return 0
	}
	return int(n)
}

// Text reads a text and its length.
func (r *Reader) Text() string { return r.Raw(r.Uint()) }

// Raw reads n bytes.
func (r *Reader) Raw(n uint64) string {
	if n > uint64(len(r.rest)) {
		r.Fail(ErrShort)
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// Payload reads a payload, wherever it is.
func (r *Reader) Payload() string {
	n := r.Uint()
	switch {
	case r.err != nil:
		return ""
	case n > 0:
		return r.Raw(n - 1)
	}
	return r.Blob(r.Uint())
}

var errNoPayloads = errors.New("row names a payload that nobody keeps")

// Blob returns the payload of a number.
func (r *Reader) Blob(id uint64) string {
	if r.err != nil {
		return ""
	}
	if r.payloads == nil || id>>32 != 0 {
		r.Fail(errNoPayloads)
		return ""
	}
	text, err := r.payloads.Get(uint32(id))
	if err != nil {
		r.Fail(err)
	}
	return text
}
