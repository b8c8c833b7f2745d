package awswire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// REST is the protocol REST-JSON: method and path tell the operation, and members of the input are in the path, the query,
// the header and the object of the body.
type REST struct {
	// ErrorBody makes the body of an answer that says no; nil: an object with the message.
	ErrorBody func(*Error) value.Value
}

func (p REST) handler(s *Service) http.Handler {
	mux := http.NewServeMux()
	for i := range s.Operations {
		op := &s.Operations[i]
		mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) { p.serve(s, op, w, r) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		e := unknownOperation(r.Method + " " + r.URL.Path + " is not an operation that is offered here.")
		e.Status = http.StatusNotFound
		p.refuse(w, requestID(), e)
	})
	return mux
}

// serve answers one request.
func (p REST) serve(s *Service, op *Operation, w http.ResponseWriter, r *http.Request) {
	c := &Call{Header: r.Header, Place: s.Places.ofRequest(r), Head: w.Header(), RequestID: requestID(), Out: Writer{[]byte{'{'}}}
	err := p.read(s, op, c, r)
	if err == nil {
		err = s.do(r.Context(), op, c)
	}
	if err != nil {
		p.refuse(w, c.RequestID, err)
		return
	}
	body := c.Raw
	if body == nil {
		c.Out.Close('}')
		body = c.Out.buf
	}
	status := op.Status
	switch {
	case c.Status != 0:
		status = c.Status
	case status == 0:
		status = http.StatusOK
	}
	h := c.Head
	h.Set("X-Amzn-Requestid", c.RequestID)
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: there is nobody to tell
}

// refuse answers with an error.
func (p REST) refuse(w http.ResponseWriter, id string, e *Error) {
	body := value.NewObject(append([]value.Member{{Key: "message", Value: value.FromString(e.Message)}}, e.Extra...))
	if p.ErrorBody != nil {
		body = p.ErrorBody(e)
	}
	text := body.AppendCompact(nil)
	h := w.Header()
	h.Set("X-Amzn-Requestid", id)
	h.Set("X-Amzn-Errortype", e.Code)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client is gone: there is nobody to tell
}

// read fills in the call with the checked input of a request.
func (p REST) read(s *Service, op *Operation, c *Call, r *http.Request) *Error {
	var members []value.Member
	var err *Error
	if op.Plain {
		var body bytes.Buffer
		err = op.readBody(r, &body)
		c.Payload = body.Bytes()
	} else {
		members, err = op.object(r)
	}
	if err != nil {
		return err
	}
	if members, err = outside(op, r, members); err != nil {
		return err
	}
	in := value.NewObject(members)
	if err := check(in, op.Input); err != nil {
		return err
	}
	c.Input = Input{in}
	return nil
}

// maxCommas bounds how many values a large body has. What is large is one value, an archive; many small ones take
// twenty times their text when they are looked into.
const maxCommas = 100_000

// object returns the members of the object that is the body of a request; nil for an empty body.
func (op *Operation) object(r *http.Request) ([]value.Member, *Error) {
	var body strings.Builder
	if err := op.readBody(r, &body); err != nil || body.Len() == 0 {
		return nil, err
	}
	if body.Len() > MaxBody && strings.Count(body.String(), ",") > maxCommas {
		return nil, serialization("Could not parse request body into json: it has too many values")
	}
	v, err := value.Parse(body.String())
	if err != nil {
		return nil, serialization("Could not parse request body into json: " + err.Error())
	}
	if v.Kind() != value.Object {
		return nil, serialization("Could not parse request body into json: it is no object")
	}
	return slices.Clone(v.Members()), nil
}

// outside adds the members that are not in the body, and drops what the body has in their place.
func outside(op *Operation, r *http.Request, members []value.Member) ([]value.Member, *Error) {
	query := r.URL.Query()
	for _, m := range op.Input.Members {
		var texts []string
		switch m.Where {
		case InBody:
			continue
		case InPath:
			texts = []string{r.PathValue(m.Wire)}
		case InQuery:
			texts = query[m.Wire]
		case InHeader:
			texts = r.Header.Values(m.Wire)
		}
		members = slices.DeleteFunc(members, func(b value.Member) bool { return b.Key == m.Name })
		if len(texts) == 0 {
			continue
		}
		v, err := fromTexts(m, texts)
		if err != nil {
			return nil, err
		}
		members = append(members, value.Member{Key: m.Name, Value: v})
	}
	return members, nil
}

// fromTexts makes a value of the texts that stand for a member outside of the body.
func fromTexts(m Member, texts []string) (value.Value, *Error) {
	switch m.Shape.Kind {
	case Integer:
		if _, err := strconv.ParseInt(texts[0], 10, 32); err != nil {
			return value.Value{}, serialization(m.Wire + " is not a number: " + texts[0])
		}
		return value.FromNumberText(texts[0]), nil
	case List:
		elems := make([]value.Value, len(texts))
		for i, text := range texts {
			elems[i] = value.FromString(text)
		}
		return value.NewArray(elems), nil
	}
	return value.FromString(texts[0]), nil
}

// room is memory that a body is read into.
type room interface {
	io.Writer
	Grow(n int)
	Len() int
}

// readBody reads the body of a request, into memory of its length where that is told.
func (op *Operation) readBody(r *http.Request, into room) *Error {
	limit := op.MaxBody
	if limit == 0 {
		limit = MaxBody
	}
	if r.ContentLength > limit {
		return tooLong(limit)
	}
	if r.ContentLength > 0 { // the memory is taken when the body comes, and has had its turn
		if _, err := io.CopyN(into, r.Body, 1); err != nil {
			return unread(err)
		}
		into.Grow(int(r.ContentLength) - 1)
	}
	_, err := io.Copy(struct{ io.Writer }{into}, io.LimitReader(r.Body, limit+1-int64(into.Len())))
	switch {
	case err != nil:
		return unread(err)
	case int64(into.Len()) < r.ContentLength:
		return unread(io.ErrUnexpectedEOF)
	case int64(into.Len()) > limit:
		return tooLong(limit)
	}
	return nil
}

func unread(err error) *Error {
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		return serialization("The body could not be read: " + err.Error())
	}
	return &Error{Code: "ServiceUnavailableException", Message: "The body could not be read: " + err.Error(), Status: http.StatusServiceUnavailable}
}

func tooLong(limit int64) *Error {
	return &Error{Code: "RequestEntityTooLargeException", Message: "Request must be smaller than " + strconv.FormatInt(limit, 10) + " bytes",
		Status: http.StatusRequestEntityTooLarge}
}
