package http

import (
	nethttp "net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// shown is the request as TestState shows it, the headers as a list in brackets. Without secrets what a connection added is
// left out.
func (r *Request) shown(secrets bool) *task.HTTPRequest {
	var headers []string
	for _, f := range r.Headers {
		if !f.Secret || secrets {
			headers = append(headers, f.Name+": "+f.Value)
		}
	}
	body := r.Shown
	if secrets {
		body = r.Body
	}
	return &task.HTTPRequest{
		Protocol: r.URL.Scheme, Method: r.Method, URL: r.fullURL(secrets).String(), Headers: bracketed(headers), Body: string(body),
	}
}

// shown is the answer as TestState shows it.
func (r *Response) shown(scheme string) *task.HTTPResponse {
	var headers []string
	for _, h := range r.Headers {
		for _, v := range h.Values {
			headers = append(headers, h.Name+": "+v)
		}
	}
	return &task.HTTPResponse{
		Protocol: scheme, StatusCode: strconv.Itoa(r.Status), StatusMessage: r.StatusText, Headers: bracketed(headers), Body: string(r.Body),
	}
}

func bracketed(list []string) string { return "[" + strings.Join(list, ", ") + "]" }

// headers are those of an answer. HTTP/2 has them in small letters.
func headers(answer *nethttp.Response) []Header {
	var all []Header
	for name, values := range answer.Header {
		if answer.ProtoMajor > 1 {
			name = strings.ToLower(name)
		}
		all = append(all, Header{name, values})
	}
	slices.SortFunc(all, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Header returns the first value of a header, "" when the answer has none.
func (r *Response) Header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) && len(h.Values) > 0 {
			return h.Values[0]
		}
	}
	return ""
}

// Result is what a Task gets of the answer: Headers (each a list), ResponseBody (JSON or text), StatusCode and StatusText.
func (r *Response) Result() value.Value {
	members := make([]value.Member, 0, len(r.Headers))
	for _, h := range r.Headers {
		values := make([]value.Value, 0, len(h.Values))
		for _, v := range h.Values {
			values = append(values, value.FromString(v))
		}
		members = append(members, value.Member{Key: h.Name, Value: value.NewArray(values)})
	}
	return value.NewObject([]value.Member{
		{Key: "Headers", Value: value.NewObject(members)},
		{Key: "ResponseBody", Value: r.body()},
		{Key: "StatusCode", Value: value.FromInt(int64(r.Status))},
		{Key: "StatusText", Value: value.FromString(r.StatusText)},
	})
}

// body is JSON where the answer says so or looks like it, else text.
func (r *Response) body() value.Value {
	text := string(r.Body)
	kind := strings.ToLower(r.Header("Content-Type"))
	if kind == "" || strings.Contains(kind, "json") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if v, err := value.Parse(text); err == nil {
			return v
		}
	}
	return value.FromString(text)
}
