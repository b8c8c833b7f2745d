package items

import (
	"bytes"
	"io"

	"github.com/statelark/statelark/value"
)

// lines reads JSON Lines: a value a line. Lines of white space are no items.
type lines struct {
	*window
}

func (l *lines) at() place { return place{Offset: l.offset} }

func (l *lines) close() {}

func (l *lines) next() (Item, error) {
	if err := l.skipMark(); err != nil {
		return Item{}, err
	}
	for {
		n, err := l.find(endOfLine)
		if err != nil {
			return Item{}, err
		}
		if n == 0 {
			return Item{}, io.EOF
		}
		if n > MaxItemBytes {
			return Item{}, fail("The item at byte %d is larger than %d bytes.", l.offset, MaxItemBytes)
		}
		line := l.bytes[:n]
		if len(bytes.TrimSpace(line)) == 0 {
			l.advance(n)
			continue
		}
		v, err := value.ParseBytes(line)
		if err != nil {
			return Item{}, l.syntax(err)
		}
		l.advance(n)
		return Item{Value: v.Compacted()}, nil
	}
}

// endOfLine returns how long the first line is, its end included; 0 when it does not end.
func endOfLine(text []byte, ended bool) (int, error) {
	n := bytes.IndexByte(text, '\n') + 1
	if n == 0 && ended {
		n = len(text)
	}
	return n, nil
}
