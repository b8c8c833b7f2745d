package items

import (
	"errors"
	"io"
)

// window is the part of a content that a reader looks at: unread bytes, and where they stand. A record is looked for in
// bytes; when it does not end there, more makes them more. So a record is looked through twice at most on average.
type window struct {
	from   io.Reader
	bytes  []byte // unread
	offset int64  // of bytes[0] in the content
	ended  bool   // bytes are all there is
	buffer []byte
}

// firstLook is how many bytes are read at a time when records are small.
const firstLook = 64 << 10

func newWindow(from io.Reader, offset int64) *window { return &window{from: from, offset: offset} }

// more adds to bytes what follows; at the end of the content it sets ended. A record that has no end within
// MaxItemBytes is refused.
func (w *window) more() error {
	if w.ended {
		return io.ErrUnexpectedEOF
	}
	if len(w.bytes) >= MaxItemBytes {
		return fail("The item at byte %d is larger than %d bytes.", w.offset, MaxItemBytes)
	}
	if want := max(firstLook, 2*len(w.bytes)); len(w.buffer) < want {
		next := make([]byte, want)
		w.bytes = next[:copy(next, w.bytes)]
		w.buffer = next
	} else {
		w.bytes = w.buffer[:copy(w.buffer, w.bytes)]
	}
	n := len(w.bytes)
	for free := w.buffer[n:]; len(free) > 0; {
		got, err := w.from.Read(free)
		free, n = free[got:], n+got
		if errors.Is(err, io.EOF) {
			w.ended = true
			break
		}
		if err != nil {
			w.bytes = w.buffer[:n]
			return err
		}
	}
	w.bytes = w.buffer[:n]
	return nil
}

// advance goes past n bytes.
func (w *window) advance(n int) {
	w.bytes, w.offset = w.bytes[n:], w.offset+int64(n)
}

// find lets look have the bytes, and more of them until it has found what it looks for or there are no more. Look
// returns 0 when it needs more; where w.ended it gets what there is and may need no more.
func (w *window) find(look func(bytes []byte, ended bool) (int, error)) (int, error) {
	for {
		n, err := look(w.bytes, w.ended)
		if n > 0 || err != nil || w.ended {
			return n, err
		}
		if err := w.more(); err != nil {
			return 0, err
		}
	}
}

// skipMark goes past a byte order mark at the beginning of the content.
func (w *window) skipMark() error {
	for w.offset == 0 && len(w.bytes) < 3 && !w.ended {
		if err := w.more(); err != nil {
			return err
		}
	}
	if w.offset == 0 && len(w.bytes) >= 3 && string(w.bytes[:3]) == "\xef\xbb\xbf" {
		w.advance(3)
	}
	return nil
}
