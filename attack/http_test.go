package attack

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/servertest"
)

// assault is what hostile clients do with the server's port.
type assault struct {
	name  string
	short bool
	lacks string
	bound int64 // of resident memory, in MB
	do    func(t *testing.T, addr string)
}

var assaults = []assault{
	{"12 bodies of 71 MB at a time", true, "", 400, largeBodies(71 << 20)},
	{"12 bodies of 60 MB at a time", true, "", 400, largeBodies(60 << 20)},
	{"500 slow bodies", false, "", 300, slowBodies},
	{"5,000 headers", true, "", 200, manyHeaders},
	{"300 pipelined requests", true, "", 200, pipelined},
	{"4,000 idle connections", false, "", 300, idleConnections},
}

func TestClients(t *testing.T) {
	for _, a := range slices.Concat(assaults, consoleAssaults) {
		t.Run(a.name, func(t *testing.T) {
			need(t, a.short, a.lacks)
			server := servertest.StartBinary(t, binary)
			watch, crowd := watchMemory(server), newOthers(t, server)
			addr := strings.TrimPrefix(server.URL, "http://")
			for from := time.Now(); time.Since(from) < holdTime; {
				a.do(t, addr)
			}
			figures := crowd.check(t) + "; " + watch.check(t, a.bound)
			var again sync.WaitGroup
			again.Go(func() { a.do(t, addr) })
			hold(time.Second) // the server goes in the midst of it
			took := server.Stop(t)
			again.Wait()
			if took > promisedEnd {
				t.Errorf("the server ended %v after SIGTERM, want within %v", took, promisedEnd)
			}
			t.Logf("%s; SIGTERM %v", figures, took.Round(time.Millisecond))
		})
	}
}

const post = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AWSStepFunctions.%s\r\n"

// connect opens connections, which are closed when d has gone by or the function that it returns is called.
func connect(addr string, n int, d time.Duration, each func(net.Conn)) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return // the server may refuse
			}
			defer c.Close() //nolint:errcheck // hostile clients do not care
			_ = c.SetDeadline(time.Now().Add(d))
			each(c)
		})
	}
	wg.Wait()
}

// largeBodies sends what might be archives, the largest thing that the server takes, all at a time: of 71 MB, which
// is too large, or 60, which is not.
func largeBodies(size int) func(*testing.T, string) {
	return func(_ *testing.T, addr string) {
		body := bytes.Repeat([]byte("A"), size)
		head := fmt.Sprintf("POST /2015-03-31/functions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", size+20)
		connect(addr, 12, 10*time.Second, func(c net.Conn) {
			if _, err := io.WriteString(c, head+`{"FunctionName":"`); err != nil {
				return
			}
			if _, err := c.Write(body); err != nil {
				return
			}
			_, _ = io.WriteString(c, `"} `)
			_, _ = io.Copy(io.Discard, io.LimitReader(c, 1))
		})
	}
}

// slowBodies sends a byte now and then.
func slowBodies(_ *testing.T, addr string) {
	connect(addr, 500, 4*time.Second, func(c net.Conn) {
		if _, err := fmt.Fprintf(c, post+"Content-Length: 200000\r\n\r\n", "StartExecution"); err != nil {
			return
		}
		for tick := time.Tick(100 * time.Millisecond); ; <-tick {
			if _, err := c.Write([]byte{' '}); err != nil {
				return
			}
		}
	})
}

func manyHeaders(t *testing.T, addr string) {
	var headers strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&headers, "X-Header-%d: %d\r\n", i, i)
	}
	for range 5 {
		connect(addr, 10, 5*time.Second, func(c net.Conn) {
			_, _ = fmt.Fprintf(c, post+"%sContent-Length: 2\r\n\r\n{}", "ListStateMachines", headers.String())
			text := make([]byte, 12)
			_, _ = io.ReadFull(c, text)
			if strings.HasPrefix(string(text), "HTTP/1.1 5") {
				t.Errorf("5,000 headers are answered with %q", text)
			}
		})
	}
}

func pipelined(t *testing.T, addr string) {
	const requests = 300
	one := fmt.Sprintf(post+"Content-Length: 2\r\n\r\n{}", "ListStateMachines")
	for range 3 {
		connect(addr, 10, 10*time.Second, func(c net.Conn) {
			go io.WriteString(c, strings.Repeat(one, requests)) //nolint:errcheck // what is missing is not answered
			answers, rest := 0, make([]byte, 64<<10)
			for kept := ""; answers < requests; {
				n, err := c.Read(rest)
				kept += string(rest[:n])
				answers += strings.Count(kept, "HTTP/1.1 200")
				kept = kept[max(0, len(kept)-11):]
				if err != nil {
					return // at its end the server may break off
				}
			}
			if answers != requests {
				t.Errorf("%d of %d pipelined requests were answered", answers, requests)
			}
		})
	}
}

func idleConnections(_ *testing.T, addr string) {
	connect(addr, 4000, 4*time.Second, func(c net.Conn) {
		_, _ = fmt.Fprintf(c, post+"Content-Length: 2\r\n\r\n{}", "ListStateMachines")
		_, _ = io.Copy(io.Discard, c)
	})
}

// TestHost: a web page whose name was made to resolve to this machine comes with that name as Host.
func TestHost(t *testing.T) {
	need(t, true, "")
	server := servertest.StartBinary(t, binary)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	hostname := "evil.example"
	for host, taken := range map[string]bool{
		"127.0.0.1:" + port: true, "localhost:" + port: true, "[::1]:" + port: true, "sync-127.0.0.1:" + port: true, "sync-localhost": true,
		hostname: false, hostname + ":" + port: false, "sync-" + hostname: false, "127.0.0.1." + hostname: false, "localhost." + hostname + ":" + port: false,
	} {
		for _, path := range []string{"/", "/2015-03-31/functions"} {
			if status, text := withHost(t, server.URL+path, host); (status != http.StatusForbidden && status != http.StatusMisdirectedRequest && status != http.StatusBadRequest) != taken {
				t.Errorf("POST %s with Host %q is answered %d %.200q, taken: want %t", path, host, status, text, taken)
			}
		}
	}
}

// withHost makes a request that the server answers well when it takes the host.
func withHost(t *testing.T, url, host string) (status int, text string) {
	t.Helper()
	method, body := http.MethodPost, "{}"
	if strings.HasSuffix(url, "/functions") {
		method, body = http.MethodGet, ""
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(all)
}
