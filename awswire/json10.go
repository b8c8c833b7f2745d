package awswire

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
)

// JSON10 is the protocol AWS JSON 1.0: POST / for all, on any host. Which service and operation a request is meant for is
// told by its X-Amz-Target alone, so that requests for the host "sync-…" and requests in absolute form (through HTTP_PROXY)
// are served as well.
var JSON10 Protocol = json10{}

type json10 struct{}

func (json10) handler(s *Service) http.Handler { return http.HandlerFunc(s.serveJSON10) }

// ContentType is that of the protocol's requests and answers.
const ContentType = "application/x-amz-json-1.0"

// serveJSON10 answers one request.
func (s *Service) serveJSON10(w http.ResponseWriter, r *http.Request) {
	out := buffers.Get().(*[]byte)
	body, err := s.answer(r, *out)
	status := http.StatusOK
	if err != nil {
		status, body = s.refusal(err, r.Header.Get("X-Amz-Target"), body[:0])
	}
	h := w.Header()
	h["Content-Type"] = []string{ContentType}
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
	text, err := s.read(r)
	if err != nil {
		return dst, err
	}
	return s.carryOut(r.Context(), op, s.Places.ofRequest(r), r.Header, text, dst)
}

// find returns the operation that the request names.
func (s *Service) find(r *http.Request) (*Operation, *Error) {
	if r.Method != http.MethodPost || r.URL.Path != "/" && r.URL.Path != "" {
		e := unknownOperation(r.Method + " " + r.URL.Path + " is no operation of this service: they are POST / with X-Amz-Target")
		e.Status = http.StatusNotFound
		return nil, e
	}
	return s.operation(r.Header.Get("X-Amz-Target"))
}

// read returns the body of a request.
func (s *Service) read(r *http.Request) (string, *Error) {
	limit := cmp.Or(s.MaxBody, MaxBody)
	if r.ContentLength > limit {
		return "", tooLarge(limit)
	}
	return readBody(r.Body, limit)
}

func readBody(r io.Reader, limit int64) (string, *Error) {
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
		case int64(len(b)) > limit:
			return "", tooLarge(limit)
		case err == io.EOF:
			return string(b), nil
		case err != nil:
			return "", serialization("The body could not be read: " + err.Error())
		}
	}
}
