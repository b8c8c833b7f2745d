package lambda

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestURLEvent(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://host/_function/r/a/id/one/two?a=1&a=2&b=%20", strings.NewReader(""))
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	r.Header.Add("X-Many", "1")
	r.Header.Add("X-Many", "2")
	r.Header.Set("Cookie", "k=v; l=w")
	e := urlEventOf(r, "id", "/one/two", []byte("é"))
	e.Context = urlContext{HTTP: e.Context.HTTP}
	got, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":"2.0","routeKey":"$default","rawPath":"/one/two","rawQueryString":"a=1&a=2&b=%20","cookies":["k=v","l=w"],` +
		`"headers":{"content-type":"text/plain; charset=utf-8","host":"host","x-many":"1,2"},"queryStringParameters":{"a":"1,2","b":" "},` +
		`"requestContext":{"accountId":"","apiId":"","domainName":"","domainPrefix":"","http":{"method":"POST","path":"/one/two","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":""},` +
		`"requestId":"","routeKey":"","stage":"","time":"","timeEpoch":0},"body":"é","isBase64Encoded":false}`
	if diff := cmp.Diff(want, strings.ReplaceAll(string(got), `\u0026`, "&")); diff != "" {
		t.Errorf("the event (-want +got):\n%s", diff)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if e := urlEventOf(r, "id", "/", []byte("a=b")); !e.IsBase64Encoded || *e.Body != "YT1i" {
		t.Errorf("the body of a form is %q", *e.Body)
	}
}

func TestURLAnswer(t *testing.T) {
	for _, tt := range []struct {
		payload, body, kind string
		status              int
	}{
		{`{"a":1}`, `{"a":1}`, "application/json", 200},
		{`"text"`, `"text"`, "application/json", 200},
		{`{"statusCode":404,"body":"none","headers":{"content-type":"text/plain"}}`, "none", "text/plain", 404},
		{`{"statusCode":201,"body":"YQ==","isBase64Encoded":true}`, "a", "application/json", 201},
		{`{"statusCode":201,"body":"?","isBase64Encoded":true}`, `{"Message":"Internal Server Error"}`, "application/json", 502},
	} {
		w := httptest.NewRecorder()
		answerURL(w, []byte(tt.payload))
		if w.Code != tt.status || w.Body.String() != tt.body || w.Header().Get("Content-Type") != tt.kind {
			t.Errorf("%s: %d %s %s", tt.payload, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}
