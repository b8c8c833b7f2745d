package codec

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// name puts the names of the request into the header of its answer.
func (x *Exchange) name(h http.Header) {
	if x.Service.Name == "s3" {
		h.Set("X-Amz-Request-Id", x.RequestID)
		h.Set("X-Amz-Id-2", x.hostID())
		return
	}
	h.Set("X-Amzn-Requestid", x.RequestID)
}

// contentType is that of bodies in JSON or CBOR.
func (x *Exchange) contentType() string {
	switch x.Protocol {
	case model.RESTJSON:
		return "application/json"
	case model.CBOR:
		return "application/cbor"
	}
	if x.Service.JSONVersion == "" {
		return "application/x-amz-json-1.0"
	}
	return "application/x-amz-json-" + x.Service.JSONVersion
}

// Write answers the request, and closes the reply's body. It panics with http.ErrAbortHandler when a body breaks off, so that the
// client does not take what it has for all.
func (x *Exchange) Write(w http.ResponseWriter, reply *awswire.Reply) {
	if reply.Body != nil {
		defer func() { _ = reply.Body.Close() }() // it was read
	}
	out := reply.Output
	if !out.Exists() || out.IsNull() {
		out = value.EmptyObj
	}
	h := w.Header()
	x.name(h)
	status := x.Operation.Status
	var body []byte
	switch x.Protocol {
	case model.JSON:
		body = x.jsonBody(h, out)
	case model.CBOR:
		h.Set("Content-Type", "application/cbor")
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
		body = []byte{cborMap << 5}
		if s := x.Operation.Output; s != nil {
			body = appendCBOR(nil, out, s)
		}
	case model.Query, model.EC2:
		h.Set("Content-Type", "text/xml")
		body = x.resultBody(out)
	default:
		body = x.restBody(h, out, &status)
	}
	for name, texts := range reply.Header {
		h[http.CanonicalHeaderKey(name)] = texts
	}
	if reply.Status != 0 {
		status = reply.Status
	}
	x.send(w, status, body, reply)
}

func (x *Exchange) send(w http.ResponseWriter, status int, body []byte, reply *awswire.Reply) {
	h := w.Header()
	bodiless := status == http.StatusNoContent || status == http.StatusNotModified
	switch {
	case bodiless:
		h.Del("Content-Type")
	case reply.Body != nil && reply.Length >= 0:
		h.Set("Content-Length", lengthText(reply.Length))
	case reply.Body == nil && !x.head:
		h.Set("Content-Length", lengthText(int64(len(body))))
	}
	w.WriteHeader(status)
	if x.head || bodiless {
		return
	}
	if reply.Body == nil {
		_, _ = w.Write(body) // the client is gone: there is nobody to tell
		return
	}
	if _, err := io.Copy(w, reply.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (x *Exchange) jsonBody(h http.Header, out value.Value) []byte {
	h.Set("Content-Type", x.contentType())
	s := x.Operation.Output
	if s == nil {
		// Operations without an output answer nothing at all, or an empty object: clients take both.
		return nil
	}
	return x.plan.toJSON(out, s).AppendCompact(nil)
}

// resultBody is the answer in the query protocol or EC2's.
func (x *Exchange) resultBody(out value.Value) []byte {
	op := x.Operation
	form := xmlForm{query: x.Protocol == model.Query && x.Service.Protocol != model.EC2, server: true}
	dst := append([]byte(nil), xmlHead...)
	dst = append(append(append(dst, '<'), op.Name...), "Response"...)
	namespace := x.Service.Namespace
	switch {
	case namespace == "" && x.Protocol == model.EC2:
		namespace = "http://ec2.amazonaws.com/doc/" + x.Service.Version + "/"
	case namespace == "" && x.Service.Name == "sqs":
		namespace = "http://queue.amazonaws.com/doc/" + x.Service.Version + "/"
	}
	if namespace != "" {
		dst = append(appendText(append(dst, ` xmlns="`...), namespace), '"')
	}
	dst = append(dst, '>')
	if x.Protocol == model.EC2 {
		dst = appendSimple(dst, "requestId", x.RequestID)
		if op.Output != nil {
			dst = form.appendContent(dst, out, op.Output)
		}
	} else {
		if op.Output != nil {
			wrapper := op.ResultWrapper
			if wrapper == "" {
				wrapper = op.Name + "Result"
			}
			dst = form.appendElement(dst, wrapper, out, op.Output, "", "")
		}
		dst = append(dst, "<ResponseMetadata>"...)
		dst = append(appendSimple(dst, "RequestId", x.RequestID), "</ResponseMetadata>"...)
	}
	return append(append(append(dst, "</"...), op.Name...), "Response>"...)
}

// restBody is the answer in a REST protocol; what is not in the body goes to the header and the status.
func (x *Exchange) restBody(h http.Header, out value.Value, status *int) []byte {
	s := x.Operation.Output
	if s == nil {
		return nil
	}
	o := &outside{header: h, labels: map[string]string{}, query: url.Values{}}
	o.write(out, s, true)
	if o.status != 0 {
		*status = o.status
	}
	if x.Service.Name == "s3" && x.Operation.Name == "GetBucketLocation" {
		return x.locationBody(h, out)
	}
	payload, v := s, out
	if s.Payload != "" {
		m := s.Member(s.Payload)
		var ok bool
		if v, ok = out.Get(m.Name); !ok || v.IsNull() {
			return nil
		}
		switch payload = m.Shape; payload.Kind {
		case model.Blob:
			raw, _ := base64.StdEncoding.DecodeString(v.Str())
			return raw
		case model.String:
			return []byte(v.Str())
		}
	} else if !bodyMembers(s) {
		if x.Protocol == model.RESTJSON && len(s.Members) == 0 {
			h.Set("Content-Type", "application/json")
			return []byte("{}")
		}
		return nil
	}
	if x.Protocol == model.RESTJSON {
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json")
		}
		return x.plan.toJSON(v, payload).AppendCompact(nil)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/xml")
	}
	return xmlForm{server: true}.appendRoot([]byte(xmlHead), x.rootName(payload), x.namespace(), v, payload)
}

func (x *Exchange) namespace() string {
	if x.Service.Namespace == "" && x.Service.Name == "s3" {
		return "http://s3.amazonaws.com/doc/2006-03-01/"
	}
	return x.Service.Namespace
}

// roots are the names of the root of S3's answers, where they are not made of the operation's; clients do not look at them.
var roots = map[string]string{
	"ListBuckets": "ListAllMyBucketsResult", "ListObjects": "ListBucketResult", "ListObjectsV2": "ListBucketResult",
	"ListObjectVersions": "ListVersionsResult", "CreateMultipartUpload": "InitiateMultipartUploadResult", "DeleteObjects": "DeleteResult",
	"GetBucketTagging": "Tagging", "GetObjectTagging": "Tagging", "GetBucketVersioning": "VersioningConfiguration",
	"GetBucketAcl": "AccessControlPolicy", "GetObjectAcl": "AccessControlPolicy", "GetBucketCors": "CORSConfiguration",
	"GetBucketLifecycleConfiguration": "LifecycleConfiguration", "GetBucketWebsite": "WebsiteConfiguration",
	"GetBucketLogging": "BucketLoggingStatus", "GetBucketRequestPayment": "RequestPaymentConfiguration",
	"GetObjectAttributes": "GetObjectAttributesResponse", "GetBucketNotificationConfiguration": "NotificationConfiguration",
	"GetBucketAccelerateConfiguration": "AccelerateConfiguration",
}

func (x *Exchange) rootName(payload *model.Shape) string {
	if name := roots[x.Operation.Name]; name != "" {
		return name
	}
	if s := x.Operation.Output; s.Payload != "" {
		return s.Member(s.Payload).WireName()
	}
	if payload.XMLName != "" {
		return payload.XMLName
	}
	return x.Operation.Name + "Result"
}

// locationBody is the answer of GetBucketLocation, whose one member is the root itself.
func (x *Exchange) locationBody(h http.Header, out value.Value) []byte {
	h.Set("Content-Type", "application/xml")
	dst := append([]byte(xmlHead), `<LocationConstraint xmlns="`+x.namespace()+`">`...)
	v, _ := out.Get("LocationConstraint")
	return append(appendText(dst, v.Str()), "</LocationConstraint>"...)
}
