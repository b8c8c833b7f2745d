package codec

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// text1 is one member of an error, a text.
func text1(name, text string) []value.Member {
	return []value.Member{{Key: name, Value: value.FromString(text)}}
}

// failure returns what a client is told of an error: a fault is the operator's to read.
func (x *Exchange) failure(err error) *awswire.Error {
	var e *awswire.Error
	if errors.As(err, &e) {
		return e
	}
	if x.Service != nil && x.Service.Name == "s3" {
		return &awswire.Error{Code: "InternalError", Message: "We encountered an internal error. Please try again.", Status: 500}
	}
	return &awswire.Error{Code: "InternalFailure", Status: 500,
		Message: "The request processing has failed because of an unknown error, exception or failure."}
}

// shapeOf returns the shape of an error by its name or its code, nil when the model has none.
func (x *Exchange) shapeOf(code string) *model.Shape {
	if x.plan == nil {
		return nil
	}
	if x.Operation != nil {
		for _, s := range x.Operation.Errors {
			if s.Name == code || s.ErrorCode == code {
				return s
			}
		}
	}
	return x.plan.errors[code]
}

func statusOf(e *awswire.Error, s *model.Shape) int {
	switch {
	case e.Status != 0:
		return e.Status
	case s == nil:
		return http.StatusBadRequest
	case s.ErrorStatus != 0:
		return s.ErrorStatus
	case s.Fault:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// namespaces stand before the names of errors in JSON, of the services that have one there.
var namespaces = map[string]string{
	"dynamodb": "com.amazonaws.dynamodb.v20120810", "sqs": "com.amazonaws.sqs", "stepfunctions": "com.amazonaws.states.v2016_11_23",
}

// messageName is the name of the member that has the message.
func messageName(s *model.Shape) string {
	if s != nil {
		for i := range s.Members {
			if name := s.Members[i].WireName(); strings.EqualFold(name, "message") {
				return name
			}
		}
	}
	return "message"
}

// WriteError answers the request with an error. One that is no *awswire.Error is a fault, of which the client is told no more.
func (x *Exchange) WriteError(w http.ResponseWriter, err error) {
	e := x.failure(err)
	s := x.shapeOf(e.Code)
	status := statusOf(e, s)
	h := w.Header()
	for name, texts := range e.Header {
		h[http.CanonicalHeaderKey(name)] = texts
	}
	x.name(h)
	var body []byte
	switch x.Protocol {
	case model.RESTXML:
		body = x.xmlError(h, e, s)
	case model.Query, model.EC2:
		body = x.queryError(h, e, s, status)
	case model.CBOR:
		body = x.cborError(h, e, s)
	default:
		body = x.jsonError(h, e, s, status)
	}
	if x.head || status == http.StatusNotModified || status == http.StatusNoContent {
		body = nil
		h.Del("Content-Type")
	}
	if status != http.StatusNotModified && status != http.StatusNoContent {
		h.Set("Content-Length", lengthText(int64(len(body))))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: there is nobody to tell
}

func (x *Exchange) typeName(e *awswire.Error) string {
	namespace := e.Namespace
	if namespace == "" {
		namespace = namespaces[x.Service.Name]
	}
	if namespace == "" || strings.HasPrefix(namespace, "com.amazon.coral") && namespaces[x.Service.Name] == "" {
		return e.Code
	}
	return namespace + "#" + e.Code
}

func (x *Exchange) errorObject(e *awswire.Error, s *model.Shape, withType bool) []value.Member {
	var members []value.Member
	if withType {
		members = text1("__type", x.typeName(e))
	}
	name := messageName(s)
	if x.Service.Name == "dynamodb" && len(e.Extra) > 0 {
		name = "Message" // beside the item that a condition was not true of (recorded)
	}
	members = append(members, text1(name, e.Message)...)
	return append(members, x.extra(e, s)...)
}

// extra returns the members of an error beside its message, as JSON has them.
func (x *Exchange) extra(e *awswire.Error, s *model.Shape) []value.Member {
	if len(e.Extra) == 0 || s == nil {
		return e.Extra
	}
	extra := slices.Clone(e.Extra)
	for i := range extra {
		if m := s.Member(extra[i].Key); m != nil {
			extra[i] = value.Member{Key: m.WireName(), Value: x.plan.toJSON(extra[i].Value, m.Shape)}
		}
	}
	return extra
}

func (x *Exchange) jsonError(h http.Header, e *awswire.Error, s *model.Shape, status int) []byte {
	rest := x.Protocol == model.RESTJSON
	if rest {
		h.Set("X-Amzn-Errortype", e.Code)
	}
	x.queryCode(h, e, s, status)
	h.Set("Content-Type", x.contentType())
	return value.NewObject(x.errorObject(e, s, !rest)).AppendCompact(nil)
}

// queryCode tells the code that an error has in the query protocol, if the service spoke it before.
func (x *Exchange) queryCode(h http.Header, e *awswire.Error, s *model.Shape, status int) {
	if !x.Service.QueryErrors {
		return
	}
	h.Set("X-Amzn-Query-Error", queryCode(e, s)+";"+sender(status))
}

func queryCode(e *awswire.Error, s *model.Shape) string {
	if s != nil && s.ErrorCode != "" {
		return s.ErrorCode
	}
	if old := unmodelled[e.Code]; old != "" {
		return old
	}
	return e.Code
}

// unmodelled are the codes in the query protocol of errors that the model does not have. (Recorded, SQS.)
var unmodelled = map[string]string{
	"InvalidParameterValueException":    "InvalidParameterValue",
	"MissingRequiredParameterException": "MissingParameter",
}

// sender says whose fault an error is.
func sender(status int) string {
	if status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

func (x *Exchange) cborError(h http.Header, e *awswire.Error, s *model.Shape) []byte {
	x.queryCode(h, e, s, statusOf(e, s))
	h.Set("Content-Type", x.contentType())
	h.Set("Smithy-Protocol", "rpc-v2-cbor")
	shape := s
	if shape == nil {
		shape = &model.Shape{}
	}
	members := x.errorObject(e, s, true)
	dst := appendHead(nil, cborMap, uint64(len(members)))
	for _, m := range members {
		of := &model.Shape{}
		if known := shape.Member(m.Key); known != nil {
			of = known.Shape
		}
		dst = appendCBOR(appendCBORText(dst, m.Key), m.Value, of)
	}
	return dst
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func appendSimple(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	dst = appendText(dst, text)
	return append(append(append(dst, "</"...), name...), '>')
}

// AppendElements appends an element of XML with some of text in it, each a name and its text.
func AppendElements(dst []byte, name string, texts [][2]string) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	for _, t := range texts {
		dst = appendSimple(dst, t[0], t[1])
	}
	return append(append(append(dst, "</"...), name...), '>')
}

// appendErrorMembers appends what an error has beside code and message.
func (x *Exchange) appendErrorMembers(dst []byte, e *awswire.Error, s *model.Shape) []byte {
	form := xmlForm{query: x.Protocol == model.Query, server: true}
	for _, m := range e.Extra {
		known := (*model.Member)(nil)
		if s != nil {
			known = s.Member(m.Key)
		}
		switch {
		case known != nil:
			dst = form.appendMember(dst, value.NewObject([]value.Member{m}), known)
		case m.Value.Kind() == value.String:
			dst = appendSimple(dst, m.Key, m.Value.Str())
		default:
			dst = appendSimple(dst, m.Key, m.Value.Compact())
		}
	}
	return dst
}

func (x *Exchange) xmlError(h http.Header, e *awswire.Error, s *model.Shape) []byte {
	h.Set("Content-Type", "application/xml")
	dst := append([]byte(nil), xmlHead...)
	bare := x.Service.Name == "s3"
	if !bare {
		dst = append(dst, "<ErrorResponse"...)
		if x.Service.Namespace != "" {
			dst = append(appendText(append(dst, ` xmlns="`...), x.Service.Namespace), '"')
		}
		dst = append(dst, '>')
	}
	dst = append(dst, "<Error>"...)
	if !bare {
		dst = appendSimple(dst, "Type", sender(statusOf(e, s)))
	}
	dst = appendSimple(dst, "Code", queryCode(e, s))
	dst = appendSimple(dst, "Message", e.Message)
	dst = x.appendErrorMembers(dst, e, s)
	if bare {
		dst = appendSimple(dst, "RequestId", x.RequestID)
		return append(appendSimple(dst, "HostId", x.hostID()), "</Error>"...)
	}
	dst = appendSimple(append(dst, "</Error>"...), "RequestId", x.RequestID)
	return append(dst, "</ErrorResponse>"...)
}

func (x *Exchange) queryError(h http.Header, e *awswire.Error, s *model.Shape, status int) []byte {
	h.Set("Content-Type", "text/xml")
	code := queryCode(e, s)
	if code == "ValidationException" && e.Namespace != "" {
		code = "ValidationError" // of the framework, in this protocol
	}
	dst := append([]byte(nil), xmlHead...)
	if x.Protocol == model.EC2 {
		dst = append(dst, "<Response><Errors><Error>"...)
		dst = appendSimple(appendSimple(dst, "Code", code), "Message", e.Message)
		dst = append(x.appendErrorMembers(dst, e, s), "</Error></Errors>"...)
		return append(appendSimple(dst, "RequestID", x.RequestID), "</Response>"...)
	}
	dst = append(dst, "<ErrorResponse"...)
	if x.Service.Namespace != "" {
		dst = append(appendText(append(dst, ` xmlns="`...), x.Service.Namespace), '"')
	}
	dst = append(dst, "><Error>"...)
	dst = appendSimple(dst, "Type", sender(status))
	dst = appendSimple(appendSimple(dst, "Code", code), "Message", e.Message)
	dst = append(x.appendErrorMembers(dst, e, s), "</Error>"...)
	return append(appendSimple(dst, "RequestId", x.RequestID), "</ErrorResponse>"...)
}
