package attack

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/servertest"
)

// consoleAssaults are what hostile pages and browsers do with the console.
var consoleAssaults = []assault{
	{"1,000 streams", true, "", 300, streams},
	{"1,000 streams that nobody reads", false, "", 300, unreadStreams},
	{"64 readers of everything", true, "", 300, readEverything},
	{"huge questions", false, "", 250, hugeQuestions},
}

const getStream = "GET /api/stream?topics=overview,list HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

// streams listens to everything, on more connections than there may be streams.
func streams(_ *testing.T, addr string) {
	connect(addr, 1000, 3*time.Second, func(c net.Conn) {
		_, _ = io.WriteString(c, getStream)
		_, _ = io.Copy(io.Discard, c)
	})
}

// unreadStreams asks for streams, and reads nothing of them.
func unreadStreams(_ *testing.T, addr string) {
	connect(addr, 1000, 3*time.Second, func(c net.Conn) {
		_ = c.(*net.TCPConn).SetReadBuffer(1 << 10)
		_, _ = io.WriteString(c, getStream)
		hold(3 * time.Second)
	})
}

// readEverything asks for the dearest pages again and again, each client as soon as it has the one before.
func readEverything(_ *testing.T, addr string) {
	const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:small"
	connect(addr, 64, 3*time.Second, func(c net.Conn) {
		buf := make([]byte, 64<<10)
		for {
			for _, path := range []string{"overview", "machines", "machine/grid?n=50&arn=" + machine, "executions?q=small&count=1&n=1000"} {
				if _, err := fmt.Fprintf(c, "GET /api/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n", path); err != nil {
					return
				}
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		}
	})
}

// hugeQuestions asks what takes long to understand.
func hugeQuestions(_ *testing.T, addr string) {
	deep, wide := strings.Repeat("(", 20_000), strings.Repeat("a%20", 15_000)
	connect(addr, 32, 3*time.Second, func(c net.Conn) {
		for _, path := range []string{"executions?q=" + deep, "executions?count=1&q=" + wide, "resolve?text=" + wide, "stream?topics=" + strings.Repeat("list,", 10_000)} {
			_, _ = fmt.Fprintf(c, "GET /api/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path)
		}
		_, _ = io.Copy(io.Discard, c)
	})
}

// TestForeignPages: what pages of other sites, and pages of a name that was made to resolve to this machine, can send does nothing.
func TestForeignPages(t *testing.T) {
	need(t, true, "")
	server := servertest.StartBinary(t, binary)
	for name, header := range map[string]map[string]string{
		"a form":               {"Content-Type": "application/x-www-form-urlencoded"},
		"text":                 {"Content-Type": "text/plain"},
		"JSON, without header": {"Content-Type": "application/json"},
		"another site":         {"Content-Type": "application/json", "X-Statelark-Console": "1", "Sec-Fetch-Site": "cross-site"},
		"another origin":       {"Content-Type": "application/json", "X-Statelark-Console": "1", "Origin": "http://evil.example"},
		"a sandbox":            {"Content-Type": "application/json", "X-Statelark-Console": "1", "Origin": "null"},
		"another name":         {"Content-Type": "application/json", "X-Statelark-Console": "1", "Host": "evil.example"},
	} {
		body := `{"name":"evil","roleArn":"arn:aws:iam::000000000000:role/r","definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/aws/CreateStateMachine", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range header {
			if r.Header.Set(k, v); k == "Host" {
				r.Host = v
			}
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // the status tells
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if got, err := newClient(server).call(t.Context(), "ListStateMachines", object{}); err != nil || fmt.Sprint(got["stateMachines"]) != "[]" {
		t.Errorf("there is %v %v", got, err)
	}
}
