package awswire

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// JSON10 is the protocol AWS JSON 1.0: POST / for all, on any host. Which service and operation a request is meant for is
// told by its X-Amz-Target alone, so that requests for the host "sync-…" and requests in absolute form (through HTTP_PROXY)
// are served as well.
var JSON10 Protocol = json10{}

type json10 struct{}

func (json10) handler(s *Service) http.Handler { return http.HandlerFunc(s.serveJSON10) }

// contentType of the protocol's requests and answers.
const contentType = "application/x-amz-json-1.0"

// serveJSON10 answers one request.
func (s *Service) serveJSON10(w http.ResponseWriter, r *http.Request) {
	out := buffers.Get().(*[]byte)
	body, err := s.answer(r, *out)
	status := http.StatusOK
	if err != nil {
		body = err.appendBody(body[:0], s.Namespace)
		status = err.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
	}
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Amzn-Requestid"] = []string{requestID()}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: there is nobody to tell
	recycle(out, body)
}

// answer carries a request out and appends the body of the answer to dst.
func (s *Service) answer(r *http.Request, dst []byte) (body []byte, failure *Error) {
	op, err := s.find(r)
	if err != nil {
		return dst, err
	}
	in, err := read(r, op.Input)
	if err != nil {
		return dst, err
	}
	c := &Call{Input: Input{in}, Header: r.Header, Out: Writer{append(dst, '{')}}
	if err := s.do(r.Context(), op, c); err != nil {
		return dst, err
	}
	c.Out.Close('}')
	return c.Out.buf, nil
}

// find returns the operation that the request names.
func (s *Service) find(r *http.Request) (*Operation, *Error) {
	if r.Method != http.MethodPost || r.URL.Path != "/" && r.URL.Path != "" {
		e := unknownOperation(r.Method + " " + r.URL.Path + " is no operation of this service: they are POST / with X-Amz-Target")
		e.Status = http.StatusNotFound
		return nil, e
	}
	target := r.Header.Get("X-Amz-Target")
	if name, ok := strings.CutPrefix(target, s.Target); ok && strings.HasPrefix(name, ".") {
		if op := s.byName[name[1:]]; op != nil {
			return op, nil
		}
	}
	if target == "" {
		return nil, unknownOperation("The request has no X-Amz-Target")
	}
	return nil, unknownOperation("The operation '" + target + "' is not known")
}

// read returns the body of a request as the checked input of shape s. An empty body is an empty input.
func read(r *http.Request, s *Shape) (value.Value, *Error) {
	if r.ContentLength > MaxBody {
		return value.Value{}, tooLarge()
	}
	text, err := readBody(r.Body)
	if err != nil {
		return value.Value{}, err
	}
	in := value.EmptyObj
	if text != "" {
		v, err := value.Parse(text)
		if err != nil {
			return value.Value{}, serialization(err.Error())
		}
		in = v
	}
	if err := check(in, s); err != nil {
		return value.Value{}, err
	}
	return in, nil
}

func readBody(r io.Reader) (string, *Error) {
	pooled := buffers.Get().(*[]byte)
	b := *pooled
	defer func() { recycle(pooled, b) }()
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > MaxBody:
			return "", tooLarge()
		case err == io.EOF:
			return string(b), nil
		case err != nil:
			return "", serialization("The body could not be read: " + err.Error())
		}
	}
}
