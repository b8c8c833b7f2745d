package codec

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// maxReply bounds the body of an answer that is held in memory.
const maxReply = 16 << 20

// ReadReply reads the answer to a request of NewRequest. An answer that says no is an *awswire.Error; any other error says that it
// could not be read. The body of the answer is closed, unless it is the reply's.
func ReadReply(s *model.Service, op *model.Operation, w *http.Response) (*awswire.Reply, error) {
	p := planOf(s)
	if w.StatusCode < 300 && streamed(op.Output) != nil {
		return p.streamReply(op, w)
	}
	body, err := io.ReadAll(io.LimitReader(w.Body, maxReply+1))
	if closed := w.Body.Close(); err == nil && closed != nil {
		err = closed
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer of %s.%s: %w", s.Name, op.Name, err)
	case len(body) > maxReply:
		return nil, fmt.Errorf("reading the answer of %s.%s: it has more than %d bytes", s.Name, op.Name, maxReply)
	case w.StatusCode >= 300:
		return nil, p.readError(op, w, body)
	}
	if refused := p.lateError(op, w, body); refused != nil {
		return nil, refused
	}
	out, err := p.readOutput(op, w, body)
	if err != nil { // told as text: it is no answer of the service, whatever it is
		return nil, fmt.Errorf("reading the answer of %s.%s: %s", s.Name, op.Name, err.Error())
	}
	return &awswire.Reply{Output: out, Status: w.StatusCode, Header: w.Header}, nil
}

// streamReply is the reply whose body goes on to the caller.
func (p *plan) streamReply(op *model.Operation, w *http.Response) (*awswire.Reply, error) {
	o := &outside{header: w.Header, status: w.StatusCode}
	members, err := o.read(op.Output)
	if err != nil {
		_ = w.Body.Close() // it was not read
		return nil, fmt.Errorf("reading the answer of %s.%s: %w", p.service.Name, op.Name, err)
	}
	return &awswire.Reply{Output: value.NewObject(members), Body: w.Body, Length: w.ContentLength, Status: w.StatusCode, Header: w.Header}, nil
}

func (p *plan) readOutput(op *model.Operation, w *http.Response, body []byte) (value.Value, error) {
	s := op.Output
	if s == nil {
		return value.EmptyObj, nil
	}
	switch p.service.Protocol {
	case model.JSON:
		return p.readJSON(string(body), s)
	case model.CBOR:
		if len(body) == 0 {
			return value.EmptyObj, nil
		}
		v, err := parseCBOR(body)
		if err != nil {
			return value.Value{}, err
		}
		return p.cleaned(v, s), nil
	case model.Query, model.EC2:
		return p.readResult(op, body)
	case model.RESTXML:
		if p.service.Name == "s3" && op.Name == "GetBucketLocation" && len(body) > 0 {
			return readLocation(body)
		}
	}
	o := &outside{header: w.Header, status: w.StatusCode}
	members, err := o.read(s)
	if err != nil {
		return value.Value{}, err
	}
	return p.withBody(members, body, s, p.service.Protocol, true)
}

// readResult reads an answer of the query protocol or EC2's.
func (p *plan) readResult(op *model.Operation, body []byte) (value.Value, error) {
	if len(op.Output.Members) == 0 {
		return value.EmptyObj, nil
	}
	root, err := parseXML(strings.NewReader(string(body)), maxAnswered)
	if err != nil {
		return value.Value{}, err
	}
	if op.ResultWrapper != "" {
		if k := root.kid(op.ResultWrapper); k != nil {
			root = k
		}
	}
	return xmlForm{server: true}.fromXML(root, op.Output)
}

// readLocation reads the location of a bucket, which is the root itself.
func readLocation(body []byte) (value.Value, error) {
	root, err := parseXML(strings.NewReader(string(body)), maxAnswered)
	if err != nil || root.text == "" {
		return value.EmptyObj, err
	}
	return value.NewObject(text1("LocationConstraint", root.text)), nil
}

// lateError reads an error that S3 answers with the status of success, because it had begun a copy before it knew.
func (p *plan) lateError(op *model.Operation, w *http.Response, body []byte) *awswire.Error {
	if p.service.Name != "s3" || !strings.Contains(string(body[:min(len(body), 200)]), "<Error>") {
		return nil
	}
	root, err := parseXML(strings.NewReader(string(body)), maxAnswered)
	if err != nil || root.name != "Error" {
		return nil
	}
	failed := *w
	failed.StatusCode = http.StatusInternalServerError
	return p.readError(op, &failed, body)
}

// readError reads an answer that says no. When it says nothing that can be read, its status is the code.
func (p *plan) readError(op *model.Operation, w *http.Response, body []byte) *awswire.Error {
	e := &awswire.Error{Status: w.StatusCode, RequestID: firstField(w.Header, "X-Amzn-Requestid", "X-Amz-Request-Id"), HostID: w.Header.Get("X-Amz-Id-2")}
	switch p.service.Protocol {
	case model.JSON, model.RESTJSON:
		v, err := parseJSON(string(body))
		if err != nil || v.Kind() != value.Object {
			v = value.NewObject(text1("message", strings.ToValidUTF8(string(body[:min(len(body), 1000)]), "")))
		}
		p.objectError(e, op, w.Header, v)
	case model.CBOR:
		v, err := parseCBOR(body)
		if err != nil || v.Kind() != value.Object {
			v = value.EmptyObj
		}
		p.objectError(e, op, w.Header, v)
	default:
		p.elementError(e, op, body)
	}
	if e.Code == "" {
		e.Code = strconv.Itoa(w.StatusCode)
		if e.Message == "" {
			e.Message = http.StatusText(w.StatusCode)
		}
	}
	if s := p.errorOf(op, e.Code); s != nil && len(p.routes) > 0 {
		if members, err := (&outside{header: w.Header, status: w.StatusCode}).read(s); err == nil {
			e.Extra = append(e.Extra, members...)
		}
	}
	return e
}

func firstField(h http.Header, names ...string) string {
	for _, name := range names {
		if text := h.Get(name); text != "" {
			return text
		}
	}
	return ""
}

// errorOf returns the shape of an error of the operation, or of any other of the service.
func (p *plan) errorOf(op *model.Operation, code string) *model.Shape {
	x := &Exchange{Operation: op, plan: p}
	return x.shapeOf(code)
}

// codeOf cuts a code out of namespace#Code:URL.
func codeOf(text string) string {
	text = text[strings.LastIndexByte(text, '#')+1:]
	code, _, _ := strings.Cut(text, ":")
	return code
}

// objectError fills in an error from an object, which JSON or CBOR has.
func (p *plan) objectError(e *awswire.Error, op *model.Operation, h http.Header, v value.Value) {
	str := func(names ...string) string {
		for _, name := range names {
			if m, ok := v.Get(name); ok && m.Kind() == value.String {
				return m.Str()
			}
		}
		return ""
	}
	kind := h.Get("X-Amzn-Errortype")
	if kind == "" {
		kind = str("__type", "code", "Code")
	}
	e.Code = codeOf(kind)
	e.Message = str("message", "Message", "errorMessage")
	s := p.errorOf(op, e.Code)
	if s != nil {
		v = p.fromJSON(v, s)
	}
	for _, m := range v.Members() {
		switch strings.ToLower(m.Key) {
		case "__type", "message", "errormessage", "code":
		default:
			e.Extra = append(e.Extra, m)
		}
	}
}

// elementError fills in an error from the XML of the query protocol, EC2's, or REST-XML.
func (p *plan) elementError(e *awswire.Error, op *model.Operation, body []byte) {
	root, err := parseXML(strings.NewReader(string(body)), maxAnswered)
	if err != nil {
		e.Message = strings.ToValidUTF8(string(body[:min(len(body), 1000)]), "")
		return
	}
	inner := root
	if k := root.kid("Errors"); k != nil {
		inner = k
	}
	if k := inner.kid("Error"); k != nil {
		inner = k
	}
	e.Code, e.Message = inner.kidText("Code"), firstText(inner, "Message", "message")
	for _, from := range []*element{root, inner} {
		if id := firstText(from, "RequestId", "RequestID"); id != "" && e.RequestID == "" {
			e.RequestID = id
		}
	}
	s := p.errorOf(op, e.Code)
	seen := map[string]bool{"Code": true, "Message": true, "message": true, "Type": true, "RequestId": true, "RequestID": true, "HostId": true}
	for _, k := range inner.kids {
		if seen[k.name] {
			continue
		}
		seen[k.name] = true
		v := value.FromString(k.text)
		name := k.name
		if s != nil {
			for i := range s.Members {
				if m := &s.Members[i]; m.WireName() == k.name {
					if known, err := (xmlForm{server: true}).member(inner, m); err == nil && known.Exists() {
						name, v = m.Name, known
					}
				}
			}
		}
		e.Extra = append(e.Extra, value.Member{Key: name, Value: v})
	}
}

func firstText(e *element, names ...string) string {
	for _, name := range names {
		if text := e.kidText(name); text != "" {
			return text
		}
	}
	return ""
}
