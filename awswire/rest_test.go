package awswire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// restService has one operation with a member in each part of a request.
func restService() *Service {
	text := &Shape{Kind: String}
	return &Service{Protocol: REST{}, Operations: []Operation{
		{Name: "Do", Method: "PUT", Path: "/v1/things/{name}", Status: http.StatusCreated, MaxBody: 100, Input: Struct("",
			Label("ThingName", "name", Length(1, 3)), Query("MaxItems", "max", Range(1, 9)), Query("TagKeys", "key", ListOf(text)),
			Head("Kind", "X-Kind", Words("A", "B")), Opt("Tags", MapOf(Matching(0, "[a-z]+"), Length(0, 2))), Opt("Zip", Bytes())),
			Do: func(_ context.Context, c *Call) error {
				c.Out.Str("ThingName", c.Str("ThingName"))
				c.Out.Int("MaxItems", c.Int("MaxItems"))
				c.Out.Str("TagKeys", strings.Join(c.Strs("TagKeys"), "+"))
				c.Out.Str("Kind", c.Str("Kind"))
				c.Out.Str("Tag", c.Strings("Tags")["k"])
				c.Out.Str("Zip", string(c.Blob("Zip")))
				return nil
			}},
		{Name: "Plain", Method: "POST", Path: "/v1/plain", Plain: true, Input: Struct(""), Do: func(_ context.Context, c *Call) error {
			c.Head.Set("X-Own", "1")
			c.Raw = c.Payload
			return nil
		}},
		{Name: "Nothing", Method: "DELETE", Path: "/v1/plain", Status: http.StatusNoContent, Input: Struct(""), Do: func(context.Context, *Call) error { return nil }},
		{Name: "Fails", Method: "GET", Path: "/v1/fails", Input: Struct(""), Do: func(context.Context, *Call) error { return errors.New("secret") }},
		{Name: "Panics", Method: "GET", Path: "/v1/panics", Input: Struct(""), Do: func(context.Context, *Call) error { panic("secret") }},
	}}
}

func TestREST(t *testing.T) {
	for _, test := range []struct {
		method, target, kind, body string
		status                     int
		want                       string
	}{
		{"PUT", "/v1/things/abc?max=3&key=x&key=y", "A", `{"Tags":{"k":"v"},"Zip":"aGk="}`, 201,
			`{"ThingName":"abc","MaxItems":3,"TagKeys":"x+y","Kind":"A","Tag":"v","Zip":"hi"}`},
		{"PUT", "/v1/things/abc", "", `{"ThingName":"other","MaxItems":5,"Kind":"B","Unknown":1}`, 201,
			`{"ThingName":"abc","MaxItems":0,"TagKeys":"","Kind":"","Tag":"","Zip":""}`}, // what belongs elsewhere is not taken from the body
		{"PUT", "/v1/things/äöü", "", ``, 201, `"ThingName":"äöü"`}, // three characters
		{"PUT", "/v1/things/long?max=10", "C", `{"Tags":{"K":"v"}}`, 400, `4 validation errors detected: ` +
			`Value 'long' at 'thingName' failed to satisfy constraint: Member must have length less than or equal to 3; ` +
			`Value '10' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 9; ` +
			`Value 'C' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [A, B]; ` +
			`Value '{K=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-z]+]`},
		{"PUT", "/v1/things/a", "", `{"Tags":{"k":"long"}}`, 400, `Map value must satisfy constraint: [Member must have length less than or equal to 2]`},
		{"PUT", "/v1/things/a?max=x", "", ``, 400, `max is not a number: x`},
		{"PUT", "/v1/things/a", "", `[]`, 400, `it is no object`},
		{"PUT", "/v1/things/a", "", `{"Zip":"a b"}`, 400, `not valid Base64`},
		{"PUT", "/v1/things/a", "", `{"Tags":{"k":1}}`, 400, `NUMBER_VALUE can not be converted to a String`},
		{"PUT", "/v1/things/a", "", `{"x":"` + strings.Repeat("x", 100) + `"}`, 413, `Request must be smaller than 100 bytes`},
		{"POST", "/v1/plain", "", `no JSON`, 200, `no JSON`},
		{"DELETE", "/v1/plain", "", ``, 204, ``},
		{"GET", "/v1/fails", "", ``, 500, `unknown error`},
		{"GET", "/v1/panics", "", ``, 500, `unknown error`},
		{"GET", "/v2", "", ``, 404, `GET /v2 is not an operation`},
	} {
		for _, chunked := range []bool{false, true} {
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.target, strings.NewReader(test.body))
			if chunked {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(test.body)), -1
			}
			if test.kind != "" {
				r.Header.Set("X-Kind", test.kind)
			}
			w := httptest.NewRecorder()
			restService().ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s %s (in chunks: %v): %d %s, want %d %s", test.method, test.target, chunked, w.Code, w.Body, test.status, test.want)
			}
			if w.Header().Get("X-Amzn-Requestid") == "" {
				t.Errorf("%s %s: no request id", test.method, test.target)
			}
		}
	}
}

// TestRESTRefusesUnread: a body that says it is too long is not read, and takes no memory.
func TestRESTRefusesUnread(t *testing.T) {
	body := &counting{Reader: strings.NewReader(strings.Repeat("x", 1000))}
	r := httptest.NewRequestWithContext(t.Context(), "PUT", "/v1/things/a", body)
	r.ContentLength = 1000
	w := httptest.NewRecorder()
	restService().ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || body.n > 0 {
		t.Errorf("%d, %d bytes read", w.Code, body.n)
	}
}

// counting counts what is read.
type counting struct {
	io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// TestRESTLargeBody: a large body is held once, an error quotes little of it, and many small values in it are refused
// before they are looked into.
func TestRESTLargeBody(t *testing.T) {
	const size = 32 << 20
	s := &Service{Protocol: REST{}, Operations: []Operation{{Name: "Do", Method: "PUT", Path: "/{name}", MaxBody: 2 * size,
		Input: Struct("", Label("ThingName", "name", Length(1, 3)), Opt("Short", Length(0, 10)), Opt("Zip", Bytes())),
		Do: func(_ context.Context, c *Call) error {
			c.Out.Int("size", int64(len(c.Str("Zip"))))
			return nil
		}}}}
	for name, c := range map[string]struct {
		body, want string
		most       uint64
	}{
		"an archive":  {`{"Zip":"` + strings.Repeat("A", size) + `"}`, `{"size":` + strconv.Itoa(size) + `}`, size + size/4},
		"a text":      {`{"Short":"` + strings.Repeat("A", size) + `"}`, `length less than or equal to 10`, size + size/4},
		"many values": {`{"Zip":"","Other":[` + strings.Repeat("[],", size/3) + `0]}`, `too many values`, size + size/4},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "PUT", "/a", strings.NewReader(c.body))
		w := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		if !strings.Contains(w.Body.String(), c.want) || w.Body.Len() > 2*maxQuoted {
			t.Errorf("%s: %.300s", name, w.Body)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > c.most {
			t.Errorf("%s: %d bytes were allocated for %d", name, made, len(c.body))
		}
	}
}
