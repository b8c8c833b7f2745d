package function

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counted is a server that counts the connections made to it.
func counted(t testing.TB, h http.HandlerFunc) (url string, connections *atomic.Int64) {
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

// echoBody answers with the body, when it has read it: net/http's server drops the rest of one as it begins to answer.
func echoBody(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, _ = w.Write(body)
}

// TestURLKeepsConnections calls a function from many sides at a time, again and again.
func TestURLKeepsConnections(t *testing.T) {
	const callers, rounds = 40, 10
	var round sync.WaitGroup
	url, connections := counted(t, func(w http.ResponseWriter, r *http.Request) {
		round.Done() // all are here at a time, so each has a connection of its own
		round.Wait()
		echoBody(w, r)
	})
	c := declare(t, Function{Code: Code{URL: url}})
	for range rounds {
		round.Add(callers)
		var calls sync.WaitGroup
		for i := range callers {
			calls.Go(func() {
				payload := fmt.Sprintf(`{"n":%d,"fill":"%s"}`, i, strings.Repeat("x", i<<10))
				res, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{Payload: []byte(payload)})
				if err != nil || string(res.Payload) != payload {
					t.Errorf("%.20s: got %+.60v, %v", payload, res, err)
				}
			})
		}
		calls.Wait()
	}
	if n := connections.Load(); n != callers {
		t.Errorf("%d callers made %d connections in %d rounds", callers, n, rounds)
	}
}

// TestURLServerCloses: a connection that the server closed while it was idle is not used again, and no call fails.
func TestURLServerCloses(t *testing.T) {
	closed := make(chan struct{}, 100)
	s := httptest.NewUnstartedServer(http.HandlerFunc(echoBody))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	s.Start()
	defer s.Close()
	c := declare(t, Function{Code: Code{URL: s.URL}})
	for range 20 {
		if res := invoke(t, c, `1`); string(res.Payload) != `1` {
			t.Fatalf("payload %s", res.Payload)
		}
		s.CloseClientConnections()
		<-closed
	}
}

// TestURLHonoursClose: a server that says so is not sent a second request on the same connection.
func TestURLHonoursClose(t *testing.T) {
	url, connections := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		echoBody(w, r)
	})
	c := declare(t, Function{Code: Code{URL: url}})
	for range 3 {
		invoke(t, c, `1`)
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("3 calls made %d connections", n)
	}
}

// TestURLCancel: a call ends with its caller, at once, and takes nothing along.
func TestURLCancel(t *testing.T) {
	arrived := make(chan struct{}, 1)
	url, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == `"wait"` {
			arrived <- struct{}{}
			<-r.Context().Done()
			return
		}
		_, _ = w.Write(body)
	})
	c := declare(t, Function{Code: Code{URL: url}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := c.Invoke(ctx, Ref{Name: "f"}, Invocation{Payload: []byte(`"wait"`)})
		ended <- err
	}()
	<-arrived
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if res := invoke(t, c, `2`); string(res.Payload) != `2` {
		t.Errorf("the next call got %s", res.Payload)
	}
}

// TestURLOverTLS calls over https, keeps the connection, and refuses a certificate that nobody vouches for.
func TestURLOverTLS(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(echoBody))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of the call that is refused
	s.StartTLS()
	defer s.Close()
	e, err := newEndpoint(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	call := func() (*reply, error) {
		return e.call(t.Context(), time.Now().Add(30*time.Second), nil, []byte(`1`), 10)
	}
	if _, err := call(); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without a certificate: %v", err)
	}
	e.tls.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	before := connections.Load()
	for range 5 {
		if a, err := call(); err != nil || string(a.body) != `1` {
			t.Fatalf("got %v, %v", a, err)
		}
	}
	if n := connections.Load() - before; n > 2 { // a session ticket that comes late costs one
		t.Errorf("5 calls made %d connections", n)
	}
}

// TestURLGoesStraight: HTTP_PROXY in the environment of the server, which users set for their clients to this very
// server, is not for functions.
func TestURLGoesStraight(t *testing.T) {
	proxied := false
	proxy, _ := counted(t, func(http.ResponseWriter, *http.Request) { proxied = true })
	t.Setenv("HTTP_PROXY", proxy)
	c := declare(t, Function{Code: Code{URL: "http://statelark.invalid/"}})
	if _, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{}); err == nil || proxied {
		t.Errorf("the call ended with %v, through the proxy: %v", err, proxied)
	}
}

// TestURLHeaderInjection: no part of an ARN begins a header field of its own.
func TestURLHeaderInjection(t *testing.T) {
	url, _ := counted(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a request arrived: %v", r.Header) })
	c := declare(t, Function{Code: Code{URL: url}})
	r := Ref{Name: "f"}
	r.Place.Region = "us-east-1\r\nX-Mine: 1"
	if _, err := c.Invoke(t.Context(), r, Invocation{}); err == nil || !strings.Contains(err.Error(), "control character") {
		t.Errorf("the call ended with %v", err)
	}
}

func TestParseURL(t *testing.T) {
	for _, text := range []string{"", "x", "ftp://h/", "http://", "http:///path", "http://h:port/", "http://a b/", "http://h/\r\nX: y"} {
		if u, err := parseURL(text); err == nil {
			t.Errorf("%q was read as %v", text, u)
		}
	}
	for text, want := range map[string][2]string{
		"http://h":                {"h:80", "POST / HTTP/1.1\r\nHost: h\r\n"},
		"https://h/a?b=c":         {"h:443", "POST /a?b=c HTTP/1.1\r\nHost: h\r\n"},
		"http://[::1]:99/%20":     {"[::1]:99", "POST /%20 HTTP/1.1\r\nHost: [::1]:99\r\n"},
		"http://user:pass@h:1/#f": {"h:1", "Authorization: Basic dXNlcjpwYXNz\r\n"},
	} {
		e, err := newEndpoint(text)
		if err != nil || e.addr != want[0] || !strings.Contains(string(e.head), want[1]) {
			t.Errorf("%s: %v, %+v", text, err, e)
		}
	}
}

// replies are what servers may say.
var replies = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\ncontent-length:2\r\nConnection: close\r\n\r\n{}rest",
	"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.0 200 OK\r\n\r\nuntil the end",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n1",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: X\r\n\r\n2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 500 No\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=1000\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "nonsense\r\n\r\n", "", "HTTP/1.1 200 OK\r\n",
	"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\na b: c\r\n\r\n", "HTTP/1.1 200 OK\r\n: c\r\n\r\n",
	"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
	"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10_000) + "\r\nContent-Length: 2\r\n\r\n{}",
}

// compareReply reads an answer here and with net/http: what is taken here is taken there and means the same.
func compareReply(t *testing.T, text string) {
	const limit = 1 << 20
	a, err := receive(bufio.NewReader(strings.NewReader(text)), limit)
	resp, wantErr := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), &http.Request{Method: http.MethodPost})
	for wantErr == nil && resp.StatusCode/100 == 1 {
		return // net/http's transport skips it, this function does not
	}
	var body []byte
	if wantErr == nil {
		body, wantErr = io.ReadAll(resp.Body)
	}
	switch {
	case err != nil:
		if wantErr == nil {
			t.Logf("%q is refused here: %v", text, err)
		}
	case wantErr != nil && strings.Contains(wantErr.Error(), "trailer"): // it wants "\r\n" at the end of one
	case wantErr != nil:
		t.Errorf("%q is an answer here: %+v; net/http says %v", text, a, wantErr)
	case a.code != resp.StatusCode || a.status != resp.Status || a.failed != (resp.Header.Get("X-Amz-Function-Error") != ""):
		t.Errorf("%q: %d %q, failed %v; net/http says %q", text, a.code, a.status, a.failed, resp.Status)
	case !bytes.Equal(a.body, body):
		t.Errorf("%q has the body %q; net/http says %q", text, a.body, body)
	case a.keep > 0 && resp.Close:
		t.Errorf("%q keeps a connection that is over", text)
	}
}

func TestReceive(t *testing.T) {
	for _, text := range replies {
		compareReply(t, text)
	}
	for text, want := range map[string]string{
		replies[0]: "{}", replies[3]: "until the end", replies[4]: "1", replies[6]: "{}", replies[13]: "{}", replies[23]: "{}", replies[24]: "{}",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + replies[0]: "{}",
	} {
		a, err := receive(bufio.NewReader(strings.NewReader(text)), 100)
		if err != nil || string(a.body) != want {
			t.Errorf("%q: %+v, %v", text, a, err)
		}
	}
	for text, want := range map[string]time.Duration{
		replies[0]: maxIdle, replies[1]: 0, replies[3]: 0, replies[4]: maxIdle, replies[13]: 4 * time.Second,
		"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 0\r\n\r\n": 0,
	} {
		if a, err := receive(bufio.NewReader(strings.NewReader(text)), 100); err != nil || a.keep != want {
			t.Errorf("%q: kept %v, %v; want %v", text, a.keep, err, want)
		}
	}
	endless := io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nX: "), neverEnding('x'))
	if _, err := receive(bufio.NewReader(endless), 100); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("an endless head: %v", err)
	}
	a, err := receive(bufio.NewReader(io.MultiReader(strings.NewReader(replies[3]), neverEnding('x'))), 100)
	if err != nil || len(a.body) != 101 || a.keep != 0 {
		t.Errorf("an endless body: %+v, %v", a, err)
	}
}

// neverEnding is a reader of one byte for ever.
type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

func FuzzReceive(f *testing.F) {
	for _, text := range replies {
		f.Add(text)
	}
	f.Fuzz(compareReply)
}

// BenchmarkURL is a call of a function through the catalogue; the server is in this process too.
func BenchmarkURL(b *testing.B) {
	url, _ := counted(b, echoBody)
	c := open(b, Options{})
	if err := c.Declare(Function{Name: "f", Timeout: time.Minute, Code: Code{URL: url}}); err != nil {
		b.Fatal(err)
	}
	payload := `{"fill":"` + strings.Repeat("x", 490) + `"}`
	b.ReportAllocs()
	for b.Loop() {
		invoke(b, c, payload)
	}
}
