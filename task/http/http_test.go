package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

const connectionARN = "arn:aws:events:us-east-1:000000000000:connection/c/0"

// seen is a request as the server saw it.
type seen struct {
	method, uri, body string
	header            nethttp.Header
	length            int64
}

// rig is a server over TLS that notes requests, and a target that may call it.
type rig struct {
	t           *testing.T
	server      *httptest.Server
	mu          sync.Mutex
	seen        []seen
	answer      func(w nethttp.ResponseWriter, r *nethttp.Request)
	connections map[string]*Connection
	fails       error
	target      *Target
	now         time.Time
}

func (r *rig) Connection(_ context.Context, arn string) (*Connection, error) {
	return r.connections[arn], r.fails
}

func newRig(t *testing.T, o ClientOptions) *rig {
	r := &rig{t: t, connections: make(map[string]*Connection), now: time.Unix(1e9, 0)}
	r.server = httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.seen = append(r.seen, seen{q.Method, q.RequestURI, string(body), q.Header, q.ContentLength})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, q)
		}
	}))
	r.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.server.StartTLS()
	t.Cleanup(r.server.Close)
	if o.Allow == nil {
		o.Allow = []string{"127.0.0.1"}
	}
	o.Transport = func(tr *nethttp.Transport) {
		tr.TLSClientConfig = r.server.Client().Transport.(*nethttp.Transport).TLSClientConfig
	}
	client, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.target = New(client, r, func() time.Time { return r.now })
	return r
}

func (r *rig) call(input string, trace *task.Trace) (task.Outcome, error) {
	input = strings.ReplaceAll(input, "$URL", r.server.URL)
	return r.target.Start(context.Background(), &task.Call{
		Key:      task.Key{Execution: "arn:aws:states:eu-west-1:000000000000:execution:M:e", Seq: 1},
		Resource: asl.Resource{Service: "http", Action: "invoke"}, Input: value.Checked(input), Trace: trace,
	})
}

func (r *rig) last() seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) == 0 {
		r.t.Fatal("nothing was called")
	}
	return r.seen[len(r.seen)-1]
}

// refused wants an error of that name, and returns its cause.
func refused(t *testing.T, err error, name string) string {
	t.Helper()
	var te *task.Error
	if !errors.As(err, &te) || te.Name != name {
		t.Fatalf("the error is %v, want %s", err, name)
	}
	return te.Cause
}

func is[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestResult(t *testing.T) {
	r := newRig(t, ClientOptions{})
	r.answer = func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header()["Date"] = []string{"now"}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("X-Two", "1")
		w.Header().Add("X-Two", "2")
		_, _ = io.WriteString(w, `{"a": [1]}`)
	}
	out, err := r.call(`{"ApiEndpoint":"$URL/p?q=1","Method":"GET","Headers":{"X-A":"b"},"QueryParameters":{"x y":"1&2","l":["a","b"],"n":5}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "output", out.Output.Compact(), `{"Headers":{"Content-Length":["10"],"Content-Type":["application/json"],"Date":["now"],"X-Two":["1","2"]},`+
		`"ResponseBody":{"a":[1]},"StatusCode":200,"StatusText":"OK"}`)
	got := r.last()
	is(t, "URI", got.uri, "/p?q=1&x%20y=1%262&l=a&l=b&n=5")
	is(t, "user agent", got.header.Get("User-Agent"), "Amazon|StepFunctions|HttpInvoke|eu-west-1")
	is(t, "range", got.header.Get("Range"), "bytes=0-262144")
	is(t, "header", got.header.Get("X-A"), "b")
	is(t, "encoding", got.header.Get("Accept-Encoding"), "")
	is(t, "length", got.length, 0)
}

func TestBodies(t *testing.T) {
	for _, c := range []struct{ name, input, body, kind string }{
		{"json", `"RequestBody":{"a":[1, "ü"]}`, `{"a":[1,"ü"]}`, "application/json; charset=UTF-8"},
		{"text", `"RequestBody":"<a/>","Headers":{"content-type":"text/xml"}`, `<a/>`, "text/xml"},
		{"none", `"Transform":{"RequestBodyEncoding":"NONE"}`, ``, ""},
		{"form", `"RequestBody":{"customer":"1","metadata":{"order_details":"monthly report"},"n":null,"b":true,"array":["a","b"]},"Transform":{"RequestBodyEncoding":"URL_ENCODED"}`,
			`customer=1&metadata%5Border_details%5D=monthly%20report&n=&b=true&array%5B0%5D=a&array%5B1%5D=b`, "application/x-www-form-urlencoded"},
		{"repeat", `"RequestBody":{"array":["a",{"x":1}]},"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"REPEAT"}}`,
			`array=a&array%5Bx%5D=1`, "application/x-www-form-urlencoded"},
		{"commas", `"RequestBody":{"array":["a","b c"]},"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"COMMAS"}}`,
			`array=a%2Cb%20c`, "application/x-www-form-urlencoded"},
		{"brackets", `"RequestBody":{"array":["a","b"]},"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"BRACKETS"}}`,
			`array%5B%5D=a&array%5B%5D=b`, "application/x-www-form-urlencoded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, ClientOptions{})
			if _, err := r.call(`{"ApiEndpoint":"$URL/","Method":"POST",`+c.input+`}`, nil); err != nil {
				t.Fatal(err)
			}
			got := r.last()
			is(t, "body", got.body, c.body)
			is(t, "content type", got.header.Get("Content-Type"), c.kind)
		})
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		status           int
		want, failed     string
	}{
		{"text", "text/plain", "12", 200, `"12"`, ""},
		{"json by its look", "text/plain", `[1]`, 200, `[1]`, ""},
		{"broken json", "application/json", `{`, 200, `"{"`, ""},
		{"empty", "", "", 204, `""`, ""},
		{"not found", "application/json", `{"message":"no"}`, 404, `{"message":"no"}`, "States.Http.StatusCode.404"},
		{"no reason", "", "", 503, "Service Unavailable", "States.Http.StatusCode.503"},
		{"redirect", "", "", 302, "Found", "States.Http.StatusCode.302"},
		{"picture", "image/png", "x", 200, "image/png", "States.Runtime"},
		{"bytes", "application/octet-stream", "x", 200, "octet-stream", "States.Runtime"},
		{"no text", "text/plain", "\xff\xfe", 200, "", "States.Runtime"},
		{"too large", "text/plain", strings.Repeat("x", 101), 200, "'http' returned a result", "States.DataLimitExceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, ClientOptions{MaxBody: 100})
			r.answer = func(w nethttp.ResponseWriter, _ *nethttp.Request) {
				w.Header()["Content-Type"] = nil
				if c.kind != "" {
					w.Header().Set("Content-Type", c.kind)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}
			out, err := r.call(`{"ApiEndpoint":"$URL/","Method":"GET"}`, nil)
			is(t, "calls", len(r.seen), 1)
			if c.failed != "" {
				if cause := refused(t, err, c.failed); !strings.Contains(cause, c.want) {
					t.Errorf("the cause is %s", cause)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, _ := out.Output.Get("ResponseBody")
			is(t, "body", body.Compact(), c.want)
		})
	}
}

func TestRefusedParameters(t *testing.T) {
	r := newRig(t, ClientOptions{})
	for name, input := range map[string]string{
		"no endpoint":   `"Method":"GET"`,
		"no url":        `"ApiEndpoint":"here","Method":"GET"`,
		"method":        `"ApiEndpoint":"$URL","Method":"TRACE"`,
		"no method":     `"ApiEndpoint":"$URL"`,
		"host":          `"ApiEndpoint":"$URL","Method":"GET","Headers":{"hOst":"x"}`,
		"authorization": `"ApiEndpoint":"$URL","Method":"GET","Headers":{"Authorization":"x"}`,
		"x-amz":         `"ApiEndpoint":"$URL","Method":"GET","Headers":{"X-Amz-Date":"x"}`,
		"forwarded":     `"ApiEndpoint":"$URL","Method":"GET","Headers":{"x-forwarded-for":"x"}`,
		"header name":   `"ApiEndpoint":"$URL","Method":"GET","Headers":{"a b":"x"}`,
		"header value":  `"ApiEndpoint":"$URL","Method":"GET","Headers":{"a":"x\r\nHost: y"}`,
		"headers":       `"ApiEndpoint":"$URL","Method":"GET","Headers":"x"`,
		"query":         `"ApiEndpoint":"$URL","Method":"GET","QueryParameters":5`,
		"encoding":      `"ApiEndpoint":"$URL","Method":"GET","Transform":{"RequestBodyEncoding":"XML"}`,
		"arrays":        `"ApiEndpoint":"$URL","Method":"GET","Transform":{"RequestEncodingOptions":{"ArrayFormat":"X"}}`,
		"user":          `"ApiEndpoint":"https://a:b@127.0.0.1/","Method":"GET"`,
		"scheme":        `"ApiEndpoint":"ftp://127.0.0.1/","Method":"GET"`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.call("{"+input+"}", nil)
			refused(t, err, "States.Runtime")
		})
	}
	is(t, "calls", len(r.seen), 0)
}

func TestConnections(t *testing.T) {
	r := newRig(t, ClientOptions{})
	added := Parameters{
		Headers: []Parameter{{"header-param", "connection"}}, Query: []Parameter{{"QueryParam", "c 1"}}, Body: []Parameter{{"BodyParam", "connection"}},
	}
	r.connections[connectionARN] = &Connection{APIKey: &APIKey{"ApiKey", "key-value"}, Parameters: added}
	input := `{"ApiEndpoint":"$URL/path","Method":"POST","Authentication":{"ConnectionArn":"` + connectionARN + `"},
		"Headers":{"Request-Id":"1","Header-Param":"definition"},"RequestBody":{"Job":"x","BodyParam":"definition"},"QueryParameters":{"QueryParam":"definition","b":"2"}}`
	if _, err := r.call(input, nil); err != nil {
		t.Fatal(err)
	}
	got := r.last()
	is(t, "URI", got.uri, "/path?b=2&QueryParam=c%201")
	is(t, "body", got.body, `{"Job":"x","BodyParam":"connection"}`)
	is(t, "headers", fmt.Sprint(got.header["Header-Param"], got.header["Apikey"], got.header["Request-Id"]), "[connection] [key-value] [1]")

	r.connections[connectionARN] = &Connection{Basic: &Basic{"user", "pass"}, Parameters: added}
	if _, err := r.call(strings.Replace(input, `"Authentication"`, `"InvocationConfig"`, 1), nil); err != nil {
		t.Fatal(err)
	}
	is(t, "authorization", r.last().header.Get("Authorization"), "Basic dXNlcjpwYXNz")

	_, err := r.call(strings.Replace(input, `{"Job":"x","BodyParam":"definition"}`, `"text"`, 1), nil)
	refused(t, err, "States.Runtime")
	delete(r.connections, connectionARN)
	_, err = r.call(input, nil)
	refused(t, err, "Events.ConnectionResource.ResourceNotFound")
	r.fails = ConnectionError("AuthInProgress", "wait")
	_, err = r.call(input, nil)
	refused(t, err, "Events.ConnectionResource.AuthInProgress")
	r.fails = errors.New("the password is hunter2")
	_, err = r.call(input, nil)
	if cause := refused(t, err, "Events.ConnectionResource.InternalError"); strings.Contains(cause, "hunter2") {
		t.Errorf("the cause is %s", cause)
	}
}

// TestTokens: a token is kept until it ends, is asked for once more when it is refused, and belongs to its credentials.
func TestTokens(t *testing.T) {
	r := newRig(t, ClientOptions{})
	given, valid := 0, "1"
	r.answer = func(w nethttp.ResponseWriter, q *nethttp.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case q.URL.Path == "/token":
			given++
			_, _ = fmt.Fprintf(w, `{"access_token":"%d","token_type":"bearer","expires_in":100}`, given)
		case q.Header.Get("Authorization") != "Bearer "+valid:
			w.WriteHeader(401)
		}
	}
	o := &OAuth{Endpoint: r.server.URL + "/token", Method: "POST", ClientID: "me", ClientSecret: "s&t",
		Parameters: Parameters{Body: []Parameter{{"scope", "all"}}, Headers: []Parameter{{"X-H", "h"}}, Query: []Parameter{{"q", "1"}}}}
	r.connections[connectionARN] = &Connection{OAuth: o}
	call := func(wantCalls int) {
		t.Helper()
		before := len(r.seen)
		if _, err := r.call(`{"ApiEndpoint":"$URL/x","Method":"GET","Authentication":{"ConnectionArn":"`+connectionARN+`"}}`, nil); err != nil {
			t.Fatal(err)
		}
		is(t, "calls", len(r.seen)-before, wantCalls)
	}
	call(2)
	first := r.seen[0]
	is(t, "request", first.method+" "+first.uri+" "+first.body, "POST /token?q=1 grant_type=client_credentials&client_id=me&client_secret=s%26t&scope=all")
	is(t, "content type", first.header.Get("Content-Type"), "application/x-www-form-urlencoded")
	is(t, "header", first.header.Get("X-H"), "h")
	call(1)
	r.now = r.now.Add(71 * time.Second) // a token has half a minute left
	valid = "2"
	call(2)
	valid = "3"
	call(3) // refused, token, again
	changed := *o
	changed.ClientSecret = "new"
	r.connections[connectionARN] = &Connection{OAuth: &changed}
	valid = "4"
	call(2)
	o.Method = "GET"
	r.connections[connectionARN] = &Connection{OAuth: o}
	valid = "5"
	call(2)
	is(t, "query", r.seen[len(r.seen)-2].uri, "/token?q=1&grant_type=client_credentials&client_id=me&client_secret=s%26t&scope=all")
	valid = "none"
	_, err := r.call(`{"ApiEndpoint":"$URL/x","Method":"GET","Authentication":{"ConnectionArn":"`+connectionARN+`"}}`, nil)
	refused(t, err, "States.Http.StatusCode.401")
}

func TestTime(t *testing.T) {
	r := newRig(t, ClientOptions{Timeout: 20 * time.Millisecond})
	over := make(chan struct{})
	r.answer = func(nethttp.ResponseWriter, *nethttp.Request) { <-over }
	defer close(over)
	_, err := r.call(`{"ApiEndpoint":"$URL/","Method":"GET"}`, nil)
	refused(t, err, "States.Http.Socket")
}

// TestNoAnswer: what net/http says of a failed call has the whole URL in it.
func TestNoAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	r := newRig(t, ClientOptions{})
	r.connections[connectionARN] = &Connection{Parameters: Parameters{Query: []Parameter{{"key", "hunter2"}}}}
	_, err = r.call(`{"ApiEndpoint":"https://`+address+`/","Method":"GET","Authentication":{"ConnectionArn":"`+connectionARN+`"}}`, nil)
	cause := refused(t, err, "States.Http.Socket")
	if strings.Contains(cause, "hunter2") || !strings.Contains(cause, "refused") {
		t.Errorf("the cause is %s", cause)
	}
}

// TestSecrets: nothing that a connection has is in an error or in what is shown, unless that is wanted.
func TestSecrets(t *testing.T) {
	secrets := []string{"hunter2", "aHVudGVyMjpodW50ZXIy"} // the second is Base64 of hunter2:hunter2
	params := Parameters{
		Headers: []Parameter{{"X-S", "hunter2"}}, Query: []Parameter{{"qs", "hunter2"}}, Body: []Parameter{{"bs", "hunter2"}},
	}
	for name, conn := range map[string]*Connection{
		"basic": {Basic: &Basic{"hunter2", "hunter2"}, Parameters: params},
		"key":   {APIKey: &APIKey{"X-Key", "hunter2"}, Parameters: params},
		"oauth": {OAuth: &OAuth{Endpoint: "https://127.0.0.1:1/?hunter2", Method: "GET", ClientID: "hunter2", ClientSecret: "hunter2"}, Parameters: params},
		"none":  {Parameters: params},
	} {
		for _, status := range []int{200, 500} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				r := newRig(t, ClientOptions{})
				r.answer = func(w nethttp.ResponseWriter, _ *nethttp.Request) { w.WriteHeader(status) }
				r.connections[connectionARN] = conn
				var trace task.Trace
				out, err := r.call(`{"ApiEndpoint":"$URL/","Method":"POST","RequestBody":{"a":1},"Headers":{"x-s":"mine","Y":"z"},"Authentication":{"ConnectionArn":"`+connectionARN+`"}}`, &trace)
				told, _ := json.Marshal([]any{out.Output.Text(), trace.Request, trace.Response, fmt.Sprint(err)})
				for _, s := range secrets {
					if bytes.Contains(told, []byte(s)) {
						t.Errorf("%s is told: %s", s, told)
					}
				}
			})
		}
	}
}

func TestTrace(t *testing.T) {
	r := newRig(t, ClientOptions{})
	r.connections[connectionARN] = &Connection{Basic: &Basic{"u", "p"}, Parameters: Parameters{
		Headers: []Parameter{{"CustomHeader1", "v1"}}, Query: []Parameter{{"QueryParam1", "q1"}}, Body: []Parameter{{"BodyKey1", "b1"}},
	}}
	r.answer = func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header()["Date"] = []string{"now"}
		_, _ = io.WriteString(w, "hello")
	}
	input := `{"ApiEndpoint":"$URL/get","Method":"GET","Headers":{"definitionHeader":"h1"},"RequestBody":{"message":"Hello"},"QueryParameters":{"queryParam":"q1"},"Authentication":{"ConnectionArn":"` + connectionARN + `"}}`
	trace := &task.Trace{Secrets: true}
	if _, err := r.call(input, trace); err != nil {
		t.Fatal(err)
	}
	want := task.HTTPRequest{Protocol: "https", Method: "GET", URL: r.server.URL + "/get?queryParam=q1&QueryParam1=q1",
		Headers: "[definitionHeader: h1, Authorization: Basic dTpw, CustomHeader1: v1, User-Agent: Amazon|StepFunctions|HttpInvoke|eu-west-1, Range: bytes=0-262144]",
		Body:    `{"message":"Hello","BodyKey1":"b1"}`}
	is(t, "request", *trace.Request, want)
	is(t, "response", *trace.Response, task.HTTPResponse{Protocol: "https", StatusCode: "200", StatusMessage: "OK",
		Headers: "[Content-Length: 5, Content-Type: text/plain; charset=utf-8, Date: now]", Body: "hello"})
	trace = &task.Trace{}
	if _, err := r.call(input, trace); err != nil {
		t.Fatal(err)
	}
	want.URL, want.Body = r.server.URL+"/get?queryParam=q1", `{"message":"Hello"}`
	want.Headers = "[definitionHeader: h1, User-Agent: Amazon|StepFunctions|HttpInvoke|eu-west-1, Range: bytes=0-262144]"
	is(t, "request without secrets", *trace.Request, want)
}

// TestGuard: where a name leads to is looked at when the connection is made.
func TestGuard(t *testing.T) {
	r := newRig(t, ClientOptions{Allow: []string{"elsewhere"}})
	_, port, _ := net.SplitHostPort(r.server.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.1.2.3", "192.168.0.1", "[fd00:ec2::254]", "[fe80::1]", "100.64.0.1", "2130706433"} {
		_, err := r.call(`{"ApiEndpoint":"https://`+host+`:`+port+`/","Method":"GET"}`, nil)
		var te *task.Error
		if !errors.As(err, &te) || te.Name != "States.Runtime" && host != "2130706433" {
			t.Errorf("%s: %v", host, err)
		}
	}
	is(t, "calls", len(r.seen), 0)
	for entry, host := range map[string]string{"127.0.0.0/8": "127.0.0.1", "localhost": "localhost", "LOCAL*": "localhost"} {
		r := newRig(t, ClientOptions{Allow: []string{entry}})
		_, port, _ := net.SplitHostPort(r.server.Listener.Addr().String())
		_, err := r.call(`{"ApiEndpoint":"https://`+host+`:`+port+`/","Method":"GET"}`, nil)
		if err != nil && !strings.Contains(err.Error(), "certificate") { // the test's is for an address
			t.Errorf("%s: %v", entry, err)
		}
	}
	for _, entry := range []string{"", "a/b", "http://x", "[", "a:80"} {
		if _, err := NewClient(ClientOptions{Allow: []string{entry}}); err == nil {
			t.Errorf("%q is taken for a host", entry)
		}
	}
}

func TestPlainHTTP(t *testing.T) {
	plainServer := httptest.NewServer(nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) {}))
	defer plainServer.Close()
	for entry, ok := range map[string]bool{"127.0.0.1": true, "127.0.0.0/8": true, "elsewhere": false} {
		r := newRig(t, ClientOptions{Allow: []string{entry}})
		_, err := r.call(`{"ApiEndpoint":"`+plainServer.URL+`","Method":"GET"}`, nil)
		if ok != (err == nil) {
			t.Errorf("with %s: %v", entry, err)
		}
	}
}

func TestPublic(t *testing.T) {
	g := &guard{}
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1]:443": true, "[::ffff:8.8.8.8]:1": true,
		"[::ffff:10.0.0.1]:1": false, "[64:ff9b::7f00:1]:1": false, "[2002:7f00:1::]:1": false, "[::7f00:1]:1": false, "224.0.0.1:1": false,
		"255.255.255.255:1": false, "172.16.0.1:1": false, "172.32.0.1:1": true, "[ff02::1]:1": false, "[::]:1": false,
	} {
		if err := g.address("h", address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestFullURL(t *testing.T) {
	u, _ := url.Parse("https://h/p?a=1#f")
	r := &Request{URL: u, Query: []Field{{"b", "ü", false}}}
	is(t, "URL", r.FullURL().String(), "https://h/p?a=1&b=%C3%BC")
}
