// Package codec puts requests and answers of AWS's services into HTTP, and gets them out again, as a server and as a client. What
// the services are it takes from package model: documents (awswire.Request, awswire.Reply) are the same whatever the protocol.
//
// It speaks AWS JSON 1.0 and 1.1, REST-JSON, REST-XML, the query protocol, EC2's and Smithy RPC v2 CBOR. Event streams are not
// among that: operations that have one are refused.
package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// Options is how requests are read.
type Options struct {
	// MaxBody is how many bytes of a body are held in memory, MaxStream how many one may have that is not.
	MaxBody, MaxStream int64
	Check              Check
}

// Exchange is a request on its way to an answer, which is in the same protocol.
type Exchange struct {
	Service   *model.Service
	Operation *model.Operation // nil: none that the service has
	Protocol  model.Protocol
	RequestID string

	plan *plan
	head bool // the answer has no body
}

// Read reads a request for a service. The Exchange answers it, whether there is an error or not.
func Read(s *model.Service, r *http.Request, o Options) (*Exchange, *awswire.Request, error) {
	x := &Exchange{Service: s, plan: planOf(s), RequestID: newRequestID(s), head: r.Method == http.MethodHead}
	x.Protocol = protocolOf(s, r)
	request := &awswire.Request{Service: s.Name, ID: x.RequestID, Header: r.Header, Input: value.EmptyObj}
	reader := &reading{x, r, o, request}
	var err error
	switch x.Protocol {
	case model.JSON:
		err = reader.json()
	case model.CBOR:
		err = reader.cbor()
	case model.Query, model.EC2:
		err = reader.form()
	default:
		err = reader.rest()
	}
	if err != nil {
		return x, nil, x.wrong(err)
	}
	request.Operation = x.Operation.Name
	if x.Operation.Input != nil {
		if err := x.plan.check(request.Input, x.Operation.Input, o.Check); err != nil {
			return x, nil, err
		}
	}
	return x, request, nil
}

func newRequestID(s *model.Service) string {
	id := string(awswire.AppendRequestID(nil))
	if s.Name == "s3" {
		return strings.ToUpper(strings.ReplaceAll(id, "-", ""))[:16]
	}
	return id
}

// hostID is the second name that S3 has for a request.
func (x *Exchange) hostID() string {
	sum := sha256.Sum256([]byte(x.RequestID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// protocolOf tells in which of its protocols a service is asked.
func protocolOf(s *model.Service, r *http.Request) model.Protocol {
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return model.CBOR
	case s.Protocol == model.RESTXML, s.Protocol == model.RESTJSON, s.Protocol == model.EC2:
		return s.Protocol
	case r.Header.Get("X-Amz-Target") != "":
		return model.JSON
	}
	content, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if content == "application/x-www-form-urlencoded" || strings.Contains(r.URL.RawQuery, "Action=") {
		return model.Query
	}
	return s.Protocol
}

// wrong returns the error that is told of what is wrong with a request.
func (x *Exchange) wrong(err error) error {
	var text *wrongText
	switch {
	case !errors.As(err, &text):
		return err
	case x.Service.Name == "s3":
		return &awswire.Error{Code: "InvalidArgument", Message: "Provided argument: " + text.Error()}
	case x.Protocol == model.Query || x.Protocol == model.EC2:
		return &awswire.Error{Code: "MalformedInput", Message: text.Error()}
	}
	return serialization(text.Error())
}

// reading is a request that is being read.
type reading struct {
	x       *Exchange
	r       *http.Request
	o       Options
	request *awswire.Request
}

// operation looks up the operation of that name.
func (r *reading) operation(name string) error {
	op := r.x.Service.Operations[name]
	switch {
	case op == nil:
		code := "UnknownOperationException"
		if r.x.Protocol == model.Query || r.x.Protocol == model.EC2 {
			code = "InvalidAction"
		}
		return &awswire.Error{Namespace: "com.amazon.coral.service", Code: code,
			Message: "The action or operation '" + name + "' is not known to " + r.x.Service.Name + "."}
	case op.Input != nil && hasEvents(op.Input) || op.Output != nil && hasEvents(op.Output):
		r.x.Operation = op
		return &awswire.Error{Code: "NotImplemented", Message: "The operation " + name + " streams events, which is not built in.", Status: 501}
	}
	r.x.Operation = op
	return nil
}

func hasEvents(s *model.Shape) bool {
	for i := range s.Members {
		if s.Members[i].Shape.EventStream {
			return true
		}
	}
	return false
}

// body reads the whole body.
func (r *reading) body(from io.Reader) ([]byte, error) {
	limit := r.o.MaxBody
	if r.r.ContentLength > limit {
		return nil, r.tooLarge(limit)
	}
	b, err := io.ReadAll(io.LimitReader(from, limit+1))
	var own *awswire.Error
	switch {
	case errors.As(err, &own):
		return nil, own
	case err != nil:
		return nil, serialization("The body could not be read: " + err.Error())
	case int64(len(b)) > limit:
		return nil, r.tooLarge(limit)
	}
	return b, nil
}

func (r *reading) tooLarge(limit int64) error {
	e := &awswire.Error{Code: "RequestEntityTooLarge", Limit: "request-bytes", Status: http.StatusRequestEntityTooLarge,
		Message: "The request is larger than " + lengthText(limit) + " bytes"}
	switch {
	case r.x.Service.Name == "s3":
		e.Code, e.Message, e.Status = "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", http.StatusBadRequest
	case r.x.Protocol == model.RESTJSON:
		e.Code, e.Message = "RequestEntityTooLargeException", "Request must be smaller than "+lengthText(limit)+" bytes"
	}
	return e
}

// maxCommas bounds how many values a large body of JSON has. In memory one takes much more than its two bytes.
const maxCommas = 1 << 20

func (r *reading) json() error {
	target := r.r.Header.Get("X-Amz-Target")
	name := target[strings.LastIndexByte(target, '.')+1:]
	if err := r.operation(name); err != nil {
		return err
	}
	b, err := r.body(r.r.Body)
	if err != nil {
		return err
	}
	if bytes.Count(b, []byte(",")) > maxCommas {
		return serialization("The body has too many values")
	}
	in := r.x.Operation.Input
	if in == nil {
		in = &model.Shape{Kind: model.Structure}
	}
	v, err := r.x.plan.readJSON(string(b), in)
	if err != nil {
		return serialization(err.Error())
	}
	if v.Kind() != value.Object {
		return serialization("Unexpected field type")
	}
	r.request.Input = v
	return nil
}

func (r *reading) cbor() error {
	_, name, _ := strings.Cut(r.r.URL.Path, "/operation/")
	if err := r.operation(name); err != nil {
		return err
	}
	b, err := r.body(r.r.Body)
	if err != nil || len(b) == 0 {
		return err
	}
	v, err := parseCBOR(b)
	if err != nil {
		return serialization(err.Error())
	}
	if v.Kind() != value.Object {
		return serialization("The body is not a map")
	}
	if r.request.Input = v; r.x.Operation.Input != nil {
		r.request.Input = r.x.plan.cleaned(v, r.x.Operation.Input)
	}
	return nil
}

// maxParams bounds how many parameters a query has. In memory one takes much more than its two bytes.
const maxParams = 50_000

func (r *reading) form() error {
	b, err := r.body(r.r.Body)
	if err != nil {
		return err
	}
	if bytes.Count(b, []byte("&")) > maxParams {
		return &awswire.Error{Code: "MalformedQueryString", Message: "The query has too many parameters."}
	}
	params, err := url.ParseQuery(string(b))
	if err != nil {
		return &awswire.Error{Code: "MalformedQueryString", Message: "The query string contains a syntax error."}
	}
	for name, texts := range r.r.URL.Query() {
		if _, ok := params[name]; !ok {
			params[name] = texts
		}
	}
	name := params.Get("Action")
	if name == "" {
		return &awswire.Error{Code: "MissingAction", Message: "The request must contain the parameter Action."}
	}
	if err := r.operation(name); err != nil {
		return err
	}
	tree, err := paramTree(params)
	if err != nil {
		return &awswire.Error{Code: "MalformedQueryString", Message: err.Error()}
	}
	r.queueURL(tree)
	if in := r.x.Operation.Input; in != nil {
		r.request.Input, err = form{ec2: r.x.Protocol == model.EC2}.fromParams(tree, in, false)
	}
	return err
}

// queueURL adds the QueueUrl of a query to SQS that is sent to that URL, as the old protocol has it.
func (r *reading) queueURL(tree *param) {
	if r.x.Service.Name == "sqs" && tree.kids["QueueUrl"] == nil && strings.Count(r.r.URL.Path, "/") >= 2 {
		k := tree.make("QueueUrl")
		k.text, k.set = "http://"+r.r.Host+r.r.URL.Path, true
	}
}

// rest reads a request of a REST protocol.
func (r *reading) rest() error {
	query := r.r.URL.Query()
	op, labels := r.x.plan.find(r.r, query)
	if op == nil {
		return r.noRoute()
	}
	if err := r.operation(op.Name); err != nil {
		return err
	}
	if op.Input == nil {
		return nil
	}
	body, err := r.source()
	if err != nil {
		return err
	}
	_, fixed, _ := strings.Cut(op.Path, "?")
	for part := range strings.SplitSeq(fixed, "&") { // they are the operation's, and no member's
		name, _, _ := strings.Cut(part, "=")
		delete(query, name)
	}
	o := &outside{labels: labels, query: query, header: r.r.Header}
	members, err := o.read(op.Input)
	if err != nil {
		return err
	}
	if streamed(op.Input) != nil {
		r.request.Body = body
		r.request.Length = r.length()
		r.request.Input = value.NewObject(members)
		return nil
	}
	held, err := r.body(body)
	if err != nil {
		return err
	}
	r.request.Input, err = r.x.plan.withBody(members, held, op.Input, r.x.Protocol, false)
	return err
}

// noRoute is the answer to a request that is for no operation.
func (r *reading) noRoute() error {
	if r.x.Service.Name == "s3" {
		return &awswire.Error{Code: "MethodNotAllowed", Message: "The specified method is not allowed against this resource.", Status: 405,
			Extra: append(text1("Method", r.r.Method), text1("ResourceType", "SERVICE")...)}
	}
	return &awswire.Error{Namespace: "com.amazon.coral.service", Code: "UnknownOperationException", Status: http.StatusNotFound,
		Message: r.r.Method + " " + r.r.URL.Path + " is not an operation of " + r.x.Service.Name + "."}
}

// length is that of the body itself.
func (r *reading) length() int64 {
	if text := r.r.Header.Get("X-Amz-Decoded-Content-Length"); text != "" {
		if v, err := scalar(text, &model.Shape{Kind: model.Long}, ""); err == nil {
			n, _ := v.Int()
			return n
		}
	}
	return r.r.ContentLength
}

// source returns the body without aws-chunked around it, held against what the header says of it.
func (r *reading) source() (io.Reader, error) {
	var body io.Reader = r.r.Body
	h := r.r.Header
	if r.x.Service.Name != "s3" {
		return body, nil
	}
	chunked := strings.HasPrefix(h.Get("X-Amz-Content-Sha256"), "STREAMING-")
	if encoding := h.Get("Content-Encoding"); strings.HasPrefix(encoding, "aws-chunked") {
		chunked = true
		rest := strings.TrimLeft(strings.TrimPrefix(encoding, "aws-chunked"), ", ")
		if h.Del("Content-Encoding"); rest != "" {
			h.Set("Content-Encoding", rest)
		}
	}
	if chunked {
		body = newChunks(body, h)
		if h.Del("Content-Length"); r.length() >= 0 {
			h.Set("Content-Length", lengthText(r.length()))
		}
	}
	all, wrong := digests(h, r.x.Operation.ChecksumMember != "")
	if wrong != nil {
		return nil, wrong
	}
	length := r.length()
	switch {
	case length > r.o.MaxStream:
		return nil, r.tooLarge(r.o.MaxStream)
	case length < 0:
		body = &bounded{body, r.o.MaxStream, r}
	}
	return &verifier{Reader: body, digests: all, trailer: h, left: length}, nil
}

// bounded is a body whose length is not known beforehand.
type bounded struct {
	io.Reader
	left int64
	r    *reading
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, b.r.tooLarge(b.r.o.MaxStream)
	}
	return n, err
}

// withBody adds what a body has to the members that are outside of it.
func (p *plan) withBody(members []value.Member, body []byte, s *model.Shape, protocol model.Protocol, answer bool) (value.Value, error) {
	payload := s
	name := s.Payload
	if name != "" {
		m := s.Member(name)
		if len(body) == 0 {
			return value.NewObject(members), nil
		}
		switch payload = m.Shape; payload.Kind {
		case model.Blob:
			return value.NewObject(append(members, text1(name, base64.StdEncoding.EncodeToString(body))...)), nil
		case model.String:
			return value.NewObject(append(members, text1(name, string(body))...)), nil
		}
	} else if len(body) == 0 || !bodyMembers(s) {
		return value.NewObject(members), nil
	}
	v, err := p.parseBody(body, payload, protocol, answer)
	switch {
	case err != nil:
		return value.Value{}, err
	case name != "":
		return value.NewObject(append(members, value.Member{Key: name, Value: v})), nil
	case len(members) == 0:
		return v, nil
	}
	for i := range s.Members {
		m := &s.Members[i]
		if mv, ok := v.Get(m.Name); ok && m.Location == model.Body && !mv.IsNull() {
			members = append(members, value.Member{Key: m.Name, Value: mv})
		}
	}
	return value.NewObject(members), nil
}

func (p *plan) parseBody(body []byte, s *model.Shape, protocol model.Protocol, answer bool) (value.Value, error) {
	if protocol == model.RESTXML {
		limit := maxAsked
		if answer {
			limit = maxAnswered
		}
		root, err := parseXML(strings.NewReader(string(body)), limit)
		if err != nil {
			return value.Value{}, malformed(p.service)
		}
		v, err := xmlForm{server: answer}.fromXML(root, s)
		var text *wrongText
		if errors.As(err, &text) {
			return value.Value{}, malformed(p.service)
		}
		return v, err
	}
	v, err := p.readJSON(string(body), s)
	if err != nil {
		return value.Value{}, serialization(err.Error())
	}
	if v.Kind() != value.Object && s.Kind == model.Structure && !s.Document {
		return value.Value{}, serialization("Unexpected field type")
	}
	return v, nil
}

func malformed(s *model.Service) error {
	if s.Name == "s3" {
		return &awswire.Error{Code: "MalformedXML", Message: "The XML you provided was not well-formed or did not validate against our published schema"}
	}
	return &awswire.Error{Code: "MalformedInput", Message: "The body is not the XML of the operation's input."}
}
