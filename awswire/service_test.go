package awswire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// echo is a service with an operation for each way to end.
func echo(log *bytes.Buffer) *Service {
	text := Struct("", Req("text", Length(0, 0)))
	return &Service{
		Target:    "Echo",
		Namespace: "test",
		Log:       slog.New(slog.NewTextHandler(log, nil)),
		Convert: func(err error) *Error {
			if errors.Is(err, io.ErrNoProgress) {
				return &Error{Code: "NoProgress", Message: "stuck", Extra: []value.Member{{Key: "since", Value: value.FromInt(3)}}}
			}
			return nil
		},
		Operations: []Operation{
			{Name: "Say", Input: text, Do: func(_ context.Context, c *Call) error { c.Out.Str("said", c.Str("text")); return nil }},
			{Name: "Nothing", Input: Struct(""), Do: func(context.Context, *Call) error { return nil }},
			{Name: "Refuse", Input: Struct(""), Do: func(_ context.Context, c *Call) error {
				c.Out.Str("half", "written")
				return &Error{Code: "Refused", Message: `no "way"`, Status: http.StatusConflict}
			}},
			{Name: "Stuck", Input: Struct(""), Do: func(context.Context, *Call) error { return fmt.Errorf("trying: %w", io.ErrNoProgress) }},
			{Name: "Fault", Input: Struct(""), Do: func(context.Context, *Call) error { return errors.New("secret of the house") }},
			{Name: "Panic", Input: Struct(""), Do: func(context.Context, *Call) error { panic("secret of the house") }},
		},
	}
}

func send(s *Service, method, path, target string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		method, path, target, body string
		status                     int
		answer                     string
		logged                     string
	}{
		{"POST", "/", "Echo.Say", `{"text":"é\u0001"}`, 200, `{"said":"é\u0001"}`, ""},
		{"POST", "/", "Echo.Nothing", `{}`, 200, `{}`, ""},
		{"POST", "/", "Echo.Nothing", ``, 200, `{}`, ""},
		{"POST", "/", "Echo.Refuse", `{}`, 409, `{"__type":"test#Refused","message":"no \"way\""}`, ""},
		{"POST", "/", "Echo.Stuck", `{}`, 400, `{"__type":"test#NoProgress","message":"stuck","since":3}`, ""},
		{"POST", "/", "Echo.Fault", `{}`, 500, internalFailureBody, `error="secret of the house"`},
		{"POST", "/", "Echo.Panic", `{}`, 500, internalFailureBody, `panic="secret of the house"`},
		{"POST", "/", "Echo.", `{}`, 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"The operation 'Echo.' is not known"}`, ""},
		{"POST", "/", "EchoSay", `{}`, 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"The operation 'EchoSay' is not known"}`, ""},
		{"POST", "/", "", `{}`, 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"The request has no X-Amz-Target"}`, ""},
		{"POST", "/x", "Echo.Say", `{}`, 404, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"POST /x is no operation of this service: they are POST / with X-Amz-Target"}`, ""},
		{"GET", "/", "Echo.Say", ``, 404, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"GET / is no operation of this service: they are POST / with X-Amz-Target"}`, ""},
		{"POST", "/", "Echo.Say", `{"text":null}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value null at 'text' failed to satisfy constraint: Member must not be null"}`, ""},
	} {
		var log bytes.Buffer
		w := send(echo(&log), test.method, test.path, test.target, strings.NewReader(test.body))
		if w.Code != test.status || w.Body.String() != test.answer {
			t.Errorf("%s %s %s %s: got %d %s", test.method, test.path, test.target, test.body, w.Code, w.Body)
		}
		if !strings.Contains(log.String(), test.logged) || test.logged == "" && log.Len() > 0 {
			t.Errorf("%s: logged %q", test.target, log.String())
		}
		h := w.Header()
		if h.Get("Content-Type") != "application/x-amz-json-1.0" || h.Get("Content-Length") != fmt.Sprint(len(test.answer)) ||
			!uuidForm.MatchString(h["X-Amzn-Requestid"][0]) {
			t.Errorf("%s: header %v", test.target, h)
		}
	}
}

const internalFailureBody = `{"__type":"com.amazon.coral.service#InternalFailure","message":"The request processing has failed because of an unknown error, exception or failure."}`

func TestRequestIDsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := requestID()
		if !uuidForm.MatchString(id) || seen[id] {
			t.Fatalf("request id %s", id)
		}
		seen[id] = true
	}
}

// TestBodySize sends bodies around the limit, with their length told and without.
func TestBodySize(t *testing.T) {
	const frame = len(`{"text":""}`)
	for _, test := range []struct {
		size   int
		status int
	}{{MaxBody, 200}, {MaxBody + 1, 413}, {3 * MaxBody, 413}} {
		body := `{"text":"` + strings.Repeat("x", test.size-frame) + `"}`
		told := strings.NewReader(body)
		untold := io.MultiReader(strings.NewReader(body)) // hides the length
		for name, r := range map[string]io.Reader{"told": told, "untold": untold} {
			w := send(echo(&bytes.Buffer{}), "POST", "/", "Echo.Say", r)
			if w.Code != test.status {
				t.Errorf("%d bytes, length %s: status %d", test.size, name, w.Code)
			}
			if w.Code != 200 && !strings.Contains(w.Body.String(), "RequestEntityTooLarge") {
				t.Errorf("%d bytes, length %s: %s", test.size, name, w.Body)
			}
		}
	}
	broken := io.MultiReader(strings.NewReader(`{"text":`), brokenReader{})
	if w := send(echo(&bytes.Buffer{}), "POST", "/", "Echo.Say", broken); w.Code != 400 {
		t.Errorf("broken body: %d %s", w.Code, w.Body)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestAnyHost sends requests as clients with a host prefix and clients behind HTTP_PROXY do.
func TestAnyHost(t *testing.T) {
	server := httptest.NewServer(echo(&bytes.Buffer{}))
	defer server.Close()
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: sync-states.us-east-1.amazonaws.com\r\n",
		"POST http://sync-localhost:1/ HTTP/1.1\r\nHost: sync-localhost:1\r\n",
		"POST http://states.invalid HTTP/1.1\r\nHost: states.invalid\r\n",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, request+"X-Amz-Target: Echo.Say\r\nContent-Length: 13\r\n\r\n{\"text\":\"hi\"}")
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(w.Body)
		if w.StatusCode != 200 || string(body) != `{"said":"hi"}` || w.Header.Get("Date") == "" {
			t.Errorf("%q: %d %s", request, w.StatusCode, body)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}
