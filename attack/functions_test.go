package attack

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/statelark/statelark/servertest"
)

func callOf(function string) string {
	return jsonpath(fmt.Sprintf(`{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:%s","End":true}`, function))
}

// TestSlowTarget: more calls of a slow function than the server makes at a time, beside calls of a quick one.
func TestSlowTarget(t *testing.T) {
	need(t, true, "")
	release := make(chan struct{})
	targets := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(targets.Close)
	server := servertest.StartBinary(t, binary, "--function", "slow="+targets.URL+"/slow", "--function", "quick="+targets.URL+"/quick")
	t.Cleanup(func() { close(release) }) // before the server is stopped, unless that was done already
	c := newClient(server)
	c.create(t, "quick", callOf("quick"))
	c.create(t, "hostile", callOf("slow"))
	watch := watchMemory(server)
	a := attack{count: 2500}
	a.begin(t.Context(), c, "first").Wait()
	crowd := newOthers(t, server)
	hold(2 * time.Second)
	var longest time.Duration
	for i := range 20 {
		from, name := time.Now(), fmt.Sprintf("quick-%d", i)
		if err := c.start(t.Context(), "quick", name, "{}"); err != nil {
			t.Fatal(err)
		}
		if status, output, err := c.await(t.Context(), "quick", name, 5*time.Second); err != nil || status != "SUCCEEDED" {
			t.Fatalf("a quick function beside 2,500 slow calls: %s %s %v", status, output, err)
		}
		longest = max(longest, time.Since(from))
	}
	if longest > time.Second {
		t.Errorf("a quick function took up to %v beside 2,500 slow calls", longest)
	}
	figures := crowd.check(t) + "; " + a.stop(t, c, "first") + "; " + watch.check(t, 300)
	took := server.Stop(t)
	if took > promisedEnd {
		t.Errorf("the server ended %v after SIGTERM, want within %v", took, promisedEnd)
	}
	t.Logf("quick calls %v at most; %s; SIGTERM %v", longest.Round(time.Millisecond), figures, took.Round(time.Millisecond))
}

// TestLateTimers: executions that wait for a second, beside eight that loop through a long expression.
func TestLateTimers(t *testing.T) {
	need(t, true, "")
	server := servertest.StartBinary(t, binary)
	c := newClient(server)
	c.create(t, "hostile", loop(`{"Type":"Pass","Output":`+jsonata(1, third)+`,"Next":"B"}`))
	c.create(t, "waits", jsonpath(`{"Type":"Wait","Seconds":1,"End":true}`))
	a := attack{count: 8}
	begun := a.begin(t.Context(), c, "first")
	type outcome struct {
		took time.Duration
		err  error
	}
	outcomes := make(chan outcome)
	const n = 40
	for i := range n {
		go func() {
			from, name := time.Now(), fmt.Sprintf("wait-%d", i)
			err := c.start(t.Context(), "waits", name, "{}")
			if err == nil {
				var status string
				if status, _, err = c.await(t.Context(), "waits", name, 20*time.Second); status != "SUCCEEDED" {
					err = fmt.Errorf("it says %s, %w", status, err)
				}
			}
			outcomes <- outcome{time.Since(from), err}
		}()
	}
	var longest time.Duration
	for range n {
		o := <-outcomes
		longest = max(longest, o.took)
		if o.err != nil {
			t.Error(o.err)
		}
	}
	if longest > time.Second+promisedMax {
		t.Errorf("executions that wait for 1 s take up to %v", longest)
	}
	t.Logf("waits of 1 s take %v at most; %s", longest, a.stop(t, c, "first"))
	begun.Wait()
}

// python starts a server with functions in Python: for each, the body of its handler.
func python(t *testing.T, bodies map[string]string, more string) *servertest.Server {
	t.Helper()
	servertest.Program(t, "python3")
	var config strings.Builder
	config.WriteString("functions:\n")
	for name, body := range bodies {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		text := "def handler(event, context):\n    " + strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n    ") + "\n"
		if err := os.WriteFile(filepath.Join(dir, "app.py"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&config, "  %s: {dir: %q, runtime: python3.12, handler: app.handler%s}\n", name, dir, more)
	}
	file := filepath.Join(t.TempDir(), "statelark.yaml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return servertest.StartBinary(t, binary, "--config", file)
}

func invoke(t *testing.T, s *servertest.Server, function, event string) string {
	t.Helper()
	resp, err := http.Post(s.URL+"/2015-03-31/functions/"+function+"/invocations", "application/json", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNeighbours: a function looks through the ports of this machine for the Runtime API of another one, takes its
// event and says that its start has failed.
func TestNeighbours(t *testing.T) {
	need(t, true, "")
	server := python(t, map[string]string{
		"neighbour": "import time\ntime.sleep(event.get('sleep', 0))\nreturn {'got': event}",
		"spy": `
import concurrent.futures, http.client, os
own = os.environ['AWS_LAMBDA_RUNTIME_API']
def ask(port, method, path, body=None):
    c = http.client.HTTPConnection('127.0.0.1', port, timeout=1.5)
    try:
        c.request(method, path, body)
        r = c.getresponse()
        return (r.status, r.read(400).decode('utf-8', 'replace'))
    except Exception as e:
        return None
    finally:
        c.close()
sockets = set()
for fd in os.listdir('/proc/%d/fd' % event['server']):
    try: sockets.add(os.readlink('/proc/%d/fd/%s' % (event['server'], fd)))
    except OSError: pass
ports = []
for line in open('/proc/net/tcp').read().splitlines()[1:]:
    f = line.split()
    if f[3] == '0A' and 'socket:[%s]' % f[9] in sockets: ports.append(int(f[1].split(':')[1], 16))
# each is asked as by one who knows no secret, and with what this function knows
prefixes = {'', '/' + own.partition('/')[2] if '/' in own else ''}
tries = [(p, m, x + path, b) for p in ports if own.partition('/')[0] != '127.0.0.1:%d' % p
         for x in prefixes
         for m, path, b in [('GET', '/2018-06-01/runtime/invocation/next', None), ('POST', '/2018-06-01/runtime/init/error', '{}')]]
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    found = list(pool.map(lambda t: ask(*t), tries))
return {'taken': [[t[2], f] for t, f in zip(tries, found) if f and f[0] < 300], 'asked': len(tries)}
`,
	}, ", timeout: 10s")
	if got := invoke(t, server, "neighbour", `{"warm":1}`); !strings.Contains(got, "warm") {
		t.Fatalf("the neighbour answers %s", got)
	}
	spied := make(chan string, 1)
	go func() { spied <- invokeText(server, "spy", fmt.Sprintf(`{"server":%d}`, server.PID())) }()
	var lost atomic.Int64
	for i := range 10 { // events pass while the other one looks
		event := fmt.Sprintf(`{"secret-of-neighbour":%d,"sleep":0.05}`, i)
		if got := invoke(t, server, "neighbour", event); !strings.Contains(got, "secret-of-neighbour") {
			lost.Add(1)
			t.Errorf("event %d of the neighbour was answered with %.200s", i, got)
		}
	}
	got := <-spied
	if !strings.Contains(got, `"asked"`) || strings.Contains(got, `"asked": 0`) {
		t.Fatalf("the function did not look: %s", got)
	}
	if !strings.Contains(got, `"taken": []`) {
		t.Errorf("a function took from the Runtime API of another: %s", got)
	}
	t.Logf("%s, %d events lost", got, lost.Load())
}

func invokeText(s *servertest.Server, function, event string) string {
	resp, err := http.Post(s.URL+"/2015-03-31/functions/"+function+"/invocations", "application/json", strings.NewReader(event))
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}

// beating is a handler that leaves a child outside its process group, which writes the time into a file for a
// minute, and then runs for 30 s itself.
func beating(t *testing.T, mark string, environment string) string {
	script := filepath.Join(t.TempDir(), "beat.py")
	text := fmt.Sprintf(`
import os, time
end = time.time() + 60
while time.time() < end:
    open(%q, 'w').write(str(time.time()))
    time.sleep(0.05)
`, mark)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2): os.dup2(null, fd)
        os.closerange(3, 256)
        os.execve(sys.executable, [sys.executable, %q], %s)
    os._exit(0)
time.sleep(30)
`, script, environment)
}

// beats reports whether the child still writes.
func beats(t *testing.T, mark string) bool {
	t.Helper()
	first, err := os.ReadFile(mark)
	if err != nil {
		t.Fatalf("the child never ran: %v", err)
	}
	hold(time.Second)
	second, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	return !bytes.Equal(first, second)
}

// TestForkAway: a function leaves a child outside its process group and runs past its time limit.
func TestForkAway(t *testing.T) {
	for name, environment := range map[string]string{"as it is": "dict(os.environ)", "without an environment": "{}"} {
		t.Run(name, func(t *testing.T) {
			need(t, true, "")
			mark := filepath.Join(t.TempDir(), "beat")
			server := python(t, map[string]string{"fork": beating(t, mark, environment)}, ", timeout: 2s")
			if got := invoke(t, server, "fork", `{}`); !strings.Contains(got, "timed out") {
				t.Errorf("past its time limit the function answers %s", got)
			}
			hold(500 * time.Millisecond) // for the child to be ended
			if beats(t, mark) {
				t.Error("a child that left the process group outlives the time limit")
			}
		})
	}
}

// TestForkAwayAndKill: the server is killed meanwhile, and started again.
func TestForkAwayAndKill(t *testing.T) {
	need(t, true, "")
	mark := filepath.Join(t.TempDir(), "beat")
	server := python(t, map[string]string{"fork": beating(t, mark, "dict(os.environ)")}, "")
	go invokeText(server, "fork", `{}`)
	for range 200 {
		if _, err := os.Stat(mark); err == nil {
			break
		}
		hold(25 * time.Millisecond)
	}
	server.Kill(t)
	servertest.StartBinary(t, binary, "--data", server.Data)
	hold(500 * time.Millisecond) // for the child to be ended
	if beats(t, mark) {
		t.Error("a child that left the process group outlives the server and its successor's start")
	}
}
