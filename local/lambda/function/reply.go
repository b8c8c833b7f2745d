package function

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"time"
)

// reply is the answer to a request over HTTP/1.1.
type reply struct {
	code   int
	status string // "404 Not Found"
	failed bool   // X-Amz-Function-Error is there and not empty
	body   []byte // one byte longer than the limit when it is too long

	version    string
	chunked    bool
	length     int64 // of the body; -1: not told
	connection []byte
	keep       time.Duration // how long the connection may be kept; 0: it is over
}

// maxHead bounds the head of an answer, in bytes.
const maxHead = 1 << 20

// receive reads an answer with at most limit bytes of its body, and one more to tell that there are more.
func receive(in *bufio.Reader, limit int) (*reply, error) {
	r := &reply{code: 100}
	for room := maxHead; r.code >= 100 && r.code < 200; { // what precedes the answer proper
		*r = reply{length: -1, keep: maxIdle}
		if err := r.readHead(in, &room); err != nil {
			return nil, err
		}
		if r.code == 101 {
			return nil, errors.New("the server switches protocols unasked")
		}
	}
	if err := r.readBody(in, limit); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return r, nil
}

func (r *reply) readHead(in *bufio.Reader, room *int) error {
	line, err := readLine(in, room)
	if err != nil {
		return err
	}
	if err := r.readStatus(line); err != nil {
		return err
	}
	for {
		line, err = readLine(in, room)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		name, value, err := cutField(line)
		if err != nil {
			return err
		}
		if err := r.field(name, value); err != nil {
			return err
		}
	}
	if r.version == "1.0" && !hasWord(r.connection, "keep-alive") || hasWord(r.connection, "close") {
		r.keep = 0
	}
	return nil
}

// cutField takes a line of a head apart.
func cutField(line []byte) (name, value []byte, err error) {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || !isToken(name) || hasControl(value) {
		return nil, nil, fmt.Errorf("malformed header line %q", line)
	}
	return name, bytes.Trim(value, " \t"), nil
}

// readStatus reads "HTTP/1.1 200 OK".
func (r *reply) readStatus(line []byte) error {
	version, status, found := bytes.Cut(line, []byte(" "))
	status = bytes.TrimLeft(status, " ")
	number, _, _ := bytes.Cut(status, []byte(" "))
	code, err := strconv.ParseUint(string(number), 10, 16)
	if !found || len(number) != 3 || err != nil || code < 100 {
		return fmt.Errorf("malformed HTTP status line %q", line)
	}
	switch string(version) {
	case "HTTP/1.1":
		r.version = "1.1"
	case "HTTP/1.0":
		r.version = "1.0"
	default:
		return fmt.Errorf("malformed HTTP version %q", version)
	}
	r.code, r.status = int(code), string(status)
	return nil
}

// field takes up a header field that matters here.
func (r *reply) field(name, value []byte) error {
	switch {
	case fold(name, "content-length"):
		n, err := strconv.ParseUint(string(value), 10, 63)
		if err != nil || r.length >= 0 && r.length != int64(n) {
			return fmt.Errorf("bad Content-Length %q", value)
		}
		r.length = int64(n)
	case fold(name, "transfer-encoding") && r.version == "1.1":
		if r.chunked || !fold(value, "chunked") {
			return fmt.Errorf("unsupported transfer encoding %q", value)
		}
		r.chunked = true
	case fold(name, "connection"):
		r.connection = append(append(r.connection, ','), value...)
	case fold(name, "keep-alive"):
		for option := range bytes.SplitSeq(value, []byte(",")) {
			text, ok := bytes.CutPrefix(bytes.TrimSpace(option), []byte("timeout="))
			if n, err := strconv.ParseUint(string(text), 10, 16); ok && err == nil {
				r.keep = max(0, min(r.keep, time.Duration(n)*time.Second-time.Second))
			}
		}
	case fold(name, "x-amz-function-error"):
		r.failed = len(value) > 0
	}
	return nil
}

func (r *reply) readBody(in *bufio.Reader, limit int) (err error) {
	var body io.Reader = in
	switch {
	case r.code == 204 || r.code == 304:
		return nil
	case r.chunked:
		body = httputil.NewChunkedReader(in)
	case r.length < 0: // until the connection ends
		r.keep = 0
	case r.length <= int64(min(limit, writeWhole)): // the common case
		r.body = make([]byte, r.length)
		_, err = io.ReadFull(in, r.body)
		return noEOF(err)
	default:
		body = io.LimitReader(in, r.length)
	}
	r.body, err = io.ReadAll(io.LimitReader(body, int64(limit)+1))
	switch {
	case err != nil:
		return noEOF(err)
	case len(r.body) > limit:
		r.keep = 0 // the rest is not read
	case r.chunked:
		return r.readTrailer(in)
	case r.length >= 0 && int64(len(r.body)) < r.length:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// readTrailer reads what follows the last chunk.
func (r *reply) readTrailer(in *bufio.Reader) error {
	for room := maxHead; ; {
		line, err := readLine(in, &room)
		if err != nil || len(line) == 0 {
			return noEOF(err)
		}
		if _, _, err := cutField(line); err != nil {
			return err
		}
	}
}

// noEOF makes an end that comes too soon an error.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readLine returns a line without its end, valid until the next read. It takes from room what it read.
func readLine(in *bufio.Reader, room *int) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		whole := bytes.Clone(line)
		for err == bufio.ErrBufferFull && len(whole) < *room {
			line, err = in.ReadSlice('\n')
			whole = append(whole, line...)
		}
		line = whole
	}
	if *room -= len(line); *room < 0 {
		return nil, errors.New("the head of the answer is too long")
	}
	if err != nil {
		if len(line) > 0 {
			err = noEOF(err)
		}
		return nil, err
	}
	line = line[:len(line)-1]
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// isToken reports whether name can be that of a header field.
func isToken(name []byte) bool {
	for _, c := range name {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0:
		default:
			return false
		}
	}
	return len(name) > 0
}

// hasControl reports whether a header field's value has a character that it must not have.
func hasControl[T string | []byte](value T) bool {
	for i := range len(value) {
		if value[i] < ' ' && value[i] != '\t' || value[i] == 0x7f {
			return true
		}
	}
	return false
}

// fold reports whether text is lower, whatever its case.
func fold(text []byte, lower string) bool {
	return len(text) == len(lower) && bytes.EqualFold(text, []byte(lower))
}

// hasWord looks for a word in a list with commas.
func hasWord(list []byte, word string) bool {
	for item := range bytes.SplitSeq(list, []byte(",")) {
		if fold(bytes.TrimSpace(item), word) {
			return true
		}
	}
	return false
}
