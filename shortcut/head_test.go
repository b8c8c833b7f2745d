package shortcut

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// odd are requests that have to fare as they do in package net/http, and whether the loop takes them.
var odd = map[string]bool{
	request("Echo", hello): true,
	request("Echo", `{}`):  true,
	request("None", hello): true,
	request("Echo", `{"`):  true,

	"POST / HTTP/1.1\r\nhost:known\r\nx-amz-target:\tTest.Echo \r\ncontent-length:016\r\nX-Amzn-Trace-Id: Root=1\r\nConnection: Keep-Alive\r\n\r\n" + hello: true,

	"GET / HTTP/1.1\r\nHost: known\r\n\r\n": false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nAuthorization: AWS4-HMAC-SHA256 Credential=K/20261129/eu-west-1/states/aws4_request, Signature=0\r\n\r\n" + hello +
		"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nauthorization: AWS4-HMAC-SHA256 Credential=K/20261129/eu-west-2/states/aws4_request\r\n\r\n" + hello +
		"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello: true,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n" + hello:           false,
	"POST /x HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                                  false,
	"POST http://known/ HTTP/1.1\r\nHost: other\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                       false,
	"POST / HTTP/1.0\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                                   false,
	"POST  / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                                  false,
	"POST / HTTP/1.1\nHost: known\nX-Amz-Target: Test.Echo\nContent-Length: 16\n\n" + hello:                                                             false,
	"POST / HTTP/1.1\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                                                  false,
	"POST / HTTP/1.1\r\nHost: other\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                                   false,
	"POST / HTTP/1.1\r\nHost: known\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                    false,
	"POST / HTTP/1.1\r\nHost: kn\x00wn\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n\r\n" + hello:                                                false,
	"POST / HTTP/1.1\r\nHost: known\r\nContent-Length: 16\r\n\r\n" + hello:                                                                              false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\n\r\n":                                                                                 false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nX-Amz-Target: Test.None\r\nContent-Length: 16\r\n\r\n" + hello:                        false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nContent-Length: 16\r\n\r\n" + hello:                             false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nContent-Length: 15\r\n\r\n" + hello:                             false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: +16\r\n\r\n" + hello:                                                  false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16, 16\r\n\r\n" + hello:                                               false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: -1\r\n\r\n" + hello:                                                   false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 1048577\r\n\r\n" + hello:                                              false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length : 16\r\n\r\n" + hello:                                                  false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\n Content-Length: 16\r\n\r\n" + hello:                                                  false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + hello + "\r\n0\r\n": false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nTransfer-Encoding: identity\r\n\r\n" + hello:                    false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nTransfer-Encoding:\r\n\r\n" + hello:                             false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nExpect: 100-continue\r\n\r\n" + hello:                           false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nExpect: x\r\n\r\n" + hello:                                      false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nConnection: close\r\n\r\n" + hello:                              false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nOrigin: http://elsewhere\r\n\r\n" + hello:                       false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nSec-Fetch-Site: none\r\n\r\n" + hello:                           false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nX: a\r b\r\n\r\n" + hello:                                       false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nX: a\x00b\r\n\r\n" + hello:                                      false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nX: a\r\n b\r\n\r\n" + hello:                                     false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\n: a\r\n\r\n" + hello:                                            false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nX\r\n\r\n" + hello:                                              false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nX: é\r\n\r\n" + hello:                                           false,
	"\r\n" + request("Echo", hello): false,
	"POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nContent-Length: 16\r\nX: " + strings.Repeat("x", 10<<10) + "\r\n\r\n" + hello: false,
	request("Echo", `{"text":"`+strings.Repeat("x", 100<<10)+`"}`):                                                                              false,
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": false,
	"\x16\x03\x01 no TLS here":         false,
}

// TestSameAnswers sends requests to a server and to one of package net/http alone.
func TestSameAnswers(t *testing.T) {
	r := newRig(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.serve(listener)
	defer r.end()
	theirs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain := &http.Server{Handler: r.server.HTTP.Handler}
	go func() { _ = plain.Serve(theirs) }()
	defer func() { _ = plain.Close() }()
	for text, taken := range odd {
		before := r.byHTTP.Load()
		got := exchange(t, listener.Addr(), text)
		if loop := r.byHTTP.Load() == before; taken && !loop {
			t.Errorf("%.200q: the loop does not take it", text)
		}
		if _, v := parseHead([]byte(text)); (v == ours) != taken && !knowsLater(text) {
			t.Errorf("%.200q: the verdict is %d", text, v)
		}
		if want := exchange(t, theirs.Addr(), text); got != want {
			t.Errorf("%.200q:\n%q, not\n%q", text, got, want)
		}
	}
}

// knowsLater reports whether a request has a head that the loop takes and is refused after it.
func knowsLater(text string) bool {
	return strings.Contains(text, "Host: other\r\nX-Amz-Target") && !strings.Contains(text, "http://") || len(text) > maxHead
}

// exchange sends text and returns the answers.
func exchange(t *testing.T, addr net.Addr, text string) string {
	t.Helper()
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // all is read
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn) // a server that refuses may reset the connection
	head, body, _ := strings.Cut(string(changing.ReplaceAll(answer, nil)), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n") + "\n\n" + body
}

// changing are the lines of an answer that differ from each to the next.
var changing = regexp.MustCompile(`(Date|X-Amzn-Requestid): [^\r]*\r\n`)

// FuzzParseHead holds the loop's reading of a request against package net/http's.
func FuzzParseHead(f *testing.F) {
	for text := range odd {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	seen := make(chan string, 1)
	l := newPipes()
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		seen <- fmt.Sprint(r.Method, r.URL, r.Proto, r.TransferEncoding, r.Close, r.Trailer, r.Host, r.ContentLength, r.Header["X-Amz-Target"],
			r.Header["X-Amzn-Trace-Id"], r.Header["Origin"], r.Header["Sec-Fetch-Site"], r.Header["Expect"], r.Header["Upgrade"], string(body), err)
	})}
	go func() { _ = server.Serve(l) }()
	f.Cleanup(func() { _ = server.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		h, v := parseHead([]byte(text))
		if v != ours || len(text) < h.size+h.length {
			return
		}
		trace := []string(nil)
		if h.trace != nil {
			trace = []string{string(h.trace)}
		}
		none := []string(nil)
		want := fmt.Sprint("POST", "/", "HTTP/1.1", none, false, http.Header(nil), string(h.host), h.length, []string{string(h.target)},
			trace, none, none, none, none, text[h.size:h.size+h.length], error(nil))
		here, there := net.Pipe()
		l.conns <- there
		go func() {
			_, _ = io.WriteString(here, text[:h.size+h.length]) // what is wrong, the answer tells
		}()
		answered := make(chan string, 1)
		go func() {
			var first [12]byte
			_, _ = io.ReadFull(here, first[:]) // it is compared
			answered <- string(first[:])
			_, _ = io.Copy(io.Discard, here)
		}()
		if got := <-answered; got != "HTTP/1.1 200" {
			t.Fatalf("package net/http answers %q", got)
		}
		_ = here.Close()
		if got := <-seen; got != want {
			t.Errorf("package net/http reads %q, the loop %q", got, want)
		}
	})
}
