package codec

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxChunkLine bounds the line before a chunk, and a trailing field.
const maxChunkLine = 4096

var (
	errChunk   = errors.New("the body is not in the form that Content-Encoding: aws-chunked means")
	errTrailer = errors.New("the fields after the body are not those that X-Amz-Trailer names")
)

// chunks is a body in the form aws-chunked: chunks with a signature each, which is not checked, and fields after the last.
type chunks struct {
	r       *bufio.Reader
	left    int64 // of the chunk
	begun   bool  // a chunk was read, whose end of line is to come
	over    bool
	trailer http.Header // gets the fields after the body
	// announced are the fields that have to be there, and no others, in small letters.
	announced []string
}

func newChunks(r io.Reader, trailer http.Header) *chunks {
	c := &chunks{r: bufio.NewReaderSize(r, 32<<10), trailer: trailer}
	for name := range strings.SplitSeq(trailer.Get("X-Amz-Trailer"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			c.announced = append(c.announced, name)
		}
	}
	return c
}

func (c *chunks) Read(b []byte) (int, error) {
	if c.over {
		return 0, io.EOF
	}
	if len(b) == 0 {
		return 0, nil
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.over {
			return 0, io.EOF
		}
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads what is between chunks.
func (c *chunks) next() error {
	if c.begun {
		if line, err := c.line(); err != nil || line != "" {
			return broken(err)
		}
	}
	line, err := c.line()
	if err != nil {
		return broken(err)
	}
	size, _, _ := strings.Cut(line, ";")
	n, err := strconv.ParseInt(size, 16, 64)
	if err != nil || n < 0 {
		return errChunk
	}
	c.begun, c.left = true, n
	if n > 0 {
		return nil
	}
	c.over = true
	return c.fields()
}

// fields reads what is after the last chunk: fields, and an empty line, which some clients leave out.
func (c *chunks) fields() error {
	for range 100 {
		line, err := c.line()
		if line == "" {
			switch {
			case err != nil && err != io.EOF:
				return err
			case len(c.announced) > 0 && err == io.EOF:
				return io.ErrUnexpectedEOF
			case len(c.announced) > 0:
				return errTrailer
			}
			return nil
		}
		name, text, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		at := slices.Index(c.announced, name)
		switch {
		case !ok && err == io.EOF:
			return io.ErrUnexpectedEOF
		case ok && name == "x-amz-trailer-signature":
		case !ok || at < 0:
			return errTrailer
		default:
			c.trailer.Set(name, strings.TrimSpace(text))
			c.announced = slices.Delete(c.announced, at, at+1)
		}
		if err != nil {
			return broken(err)
		}
	}
	return errTrailer
}

// line reads a line, without its end. It is EOF with what there is of a line that does not end.
func (c *chunks) line() (string, error) {
	var line []byte
	for {
		part, err := c.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxChunkLine:
			return "", errChunk
		case err == bufio.ErrBufferFull:
			continue
		}
		return strings.TrimRight(string(line), "\r\n"), err
	}
}

func broken(err error) error {
	switch err {
	case nil:
		return errChunk
	case io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}
