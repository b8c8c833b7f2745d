package function

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// running reports whether a process is there and not a zombie.
func running(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return runtime.GOOS != "linux"
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return after[0] != 'Z'
}

// eventually waits for what happens outside of this process.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(20 * time.Second); !done(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// signals is a named pipe by which functions and their test signal each other.
type signals struct{ *os.File }

func newSignals(t testing.TB) (signals, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return signals{f}, path
}

// wait waits for n signals.
func (s signals) wait(t testing.TB, n int) {
	t.Helper()
	if err := s.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := s.Read(make([]byte, 1)); err != nil {
			t.Fatalf("waiting for a signal of the function: %v", err)
		}
	}
}

func (s signals) send(t testing.TB, n int) {
	t.Helper()
	if _, err := s.WriteString(strings.Repeat(".", n)); err != nil {
		t.Fatal(err)
	}
}

// meeting is a function that says it is there, waits to be let go, and answers with its process id.
const meeting = `
import os
def handler(event, context):
    with open(os.environ["HERE"], "wb", 0) as here: here.write(b".")
    with open(os.environ["GO"], "rb", 0) as go: go.read(1)
    return os.getpid()
`

func uploadMeeting(t testing.TB, c *Catalog) (here, release signals) {
	t.Helper()
	here, herePath := newSignals(t)
	release, goPath := newSignals(t)
	upload(t, c, Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler",
		Env: map[string]string{"HERE": herePath, "GO": goPath}}, "handler.py", meeting)
	return here, release
}

type answer struct {
	res *Result
	err error
}

// goInvoke invokes f in the background.
func goInvoke(ctx context.Context, c *Catalog, payload string) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		res, err := c.Invoke(ctx, Ref{Name: "f"}, Invocation{Payload: []byte(payload)})
		done <- answer{res, err}
	}()
	return done
}

func TestConcurrency(t *testing.T) {
	const n = 4
	c := open(t, Options{Concurrency: n})
	here, release := uploadMeeting(t, c)
	var calls []<-chan answer
	for range n {
		calls = append(calls, goInvoke(t.Context(), c, `{}`))
	}
	here.wait(t, n) // all are in their handlers at once
	release.send(t, n)
	pids := make(map[string]bool)
	for _, call := range calls {
		a := <-call
		if a.err != nil {
			t.Fatal(a.err)
		}
		pids[string(a.res.Payload)] = true
	}
	if len(pids) != n {
		t.Errorf("%d invocations at once had %d processes", n, len(pids))
	}
	for range 2 * n {
		release.send(t, 1)
		if pid := string(invoke(t, c, `{}`).Payload); !pids[pid] {
			t.Errorf("an invocation had the new process %s though %d were warm", pid, n)
		}
	}
}

func TestQueue(t *testing.T) {
	c := open(t, Options{Concurrency: 1, Queue: 1})
	here, release := uploadMeeting(t, c)
	gate := c.functions[key{home, "f"}].latest.gate
	running := goInvoke(t.Context(), c, `{}`)
	here.wait(t, 1)
	waiting := goInvoke(t.Context(), c, `{}`)
	eventually(t, "the second invocation waits", func() bool { return gate.waiting.Load() == 1 })

	_, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{})
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != "TooManyRequestsException" || refused.Status != 429 {
		t.Errorf("the third invocation got %v, want TooManyRequestsException", err)
	}
	if err := c.InvokeEvent(Ref{Name: "f"}, Invocation{}); !errors.As(err, &refused) {
		t.Errorf("an event got %v, want TooManyRequestsException", err)
	}
	release.send(t, 2)
	first, second := <-running, <-waiting
	if first.err != nil || second.err != nil {
		t.Fatal(first.err, second.err)
	}
	if !bytes.Equal(first.res.Payload, second.res.Payload) {
		t.Errorf("the process %s was not used again, but %s", first.res.Payload, second.res.Payload)
	}
}

// leaver leaves two children behind, one of them in a session of its own, and answers with all process ids.
// What it does then depends on the event.
const leaver = `
import json, os, subprocess, sys, time
def handler(event, context):
    near = subprocess.Popen(["sleep", "1000"])
    far = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    with open(os.environ["PIDS"], "w") as pids: json.dump([os.getpid(), near.pid, far.pid], pids)
    if event == "hang": time.sleep(1000)
    if event == "die": os._exit(1)
    return "done"
`

// uploadLeaver adds leaver, which writes its process ids to the file that is returned.
func uploadLeaver(t testing.TB, c *Catalog, timeout time.Duration) (pids func() []int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pids")
	upload(t, c, Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler", Timeout: timeout,
		Env: map[string]string{"PIDS": path}}, "handler.py", leaver)
	return func() []int { return readPIDs(path) }
}

// readPIDs returns the three numbers that a leaver has written, nil as long as it has not.
func readPIDs(path string) []int {
	text, _ := os.ReadFile(path) // not there yet
	var a, b, c int
	if n, _ := fmt.Sscanf(string(text), "[%d, %d, %d]", &a, &b, &c); n < 3 || !bytes.HasSuffix(text, []byte("]")) {
		return nil
	}
	return []int{a, b, c}
}

func checkGone(t *testing.T, pids []int) {
	t.Helper()
	if len(pids) != 3 {
		t.Fatalf("the function left the processes %v, want three", pids)
	}
	if runtime.GOOS != "linux" {
		pids = pids[:2] // a child in a session of its own is found on Linux only
	}
	for i, pid := range pids {
		eventually(t, fmt.Sprintf("process %d of %d is gone", i+1, len(pids)), func() bool { return !running(pid) })
	}
}

func TestTimeoutKillsTree(t *testing.T) {
	c := open(t, Options{})
	pids := uploadLeaver(t, c, time.Second)
	res := invoke(t, c, `"hang"`)
	want := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: req-1 Error: Task timed out after 1.00 seconds"}`
	if string(res.Payload) != want || res.FunctionError != unhandled {
		t.Errorf("payload %s, want %s", res.Payload, want)
	}
	checkGone(t, pids())
	if res := invoke(t, c, `"fine"`); string(res.Payload) != `"done"` {
		t.Errorf("after a timeout the function answers %s", res.Payload)
	}
}

func TestCrashKillsTree(t *testing.T) {
	c := open(t, Options{})
	pids := uploadLeaver(t, c, 0)
	if res := invoke(t, c, `"die"`); !strings.Contains(string(res.Payload), "Runtime.ExitError") {
		t.Errorf("payload %s", res.Payload)
	}
	checkGone(t, pids())
}

func TestCancelKillsTree(t *testing.T) {
	c := open(t, Options{})
	pids := uploadLeaver(t, c, 0)
	ctx, cancel := context.WithCancel(t.Context())
	call := goInvoke(ctx, c, `"hang"`)
	eventually(t, "the function hangs", func() bool { return pids() != nil })
	cancel()
	if a := <-call; !errors.Is(a.err, context.Canceled) {
		t.Errorf("the cancelled invocation ended with %v", a.err)
	}
	checkGone(t, pids())
}

func TestCloseKillsTree(t *testing.T) {
	for _, event := range []string{`"fine"`, `"hang"`} { // an idle sandbox, and a busy one
		t.Run(event, func(t *testing.T) {
			c := open(t, Options{})
			pids := uploadLeaver(t, c, 0)
			call := goInvoke(t.Context(), c, event)
			eventually(t, "the function runs", func() bool { return pids() != nil })
			if event == `"fine"` {
				<-call
				call = nil
			}
			if err := c.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkGone(t, pids())
			if call == nil {
				return
			}
			if a := <-call; !errors.Is(a.err, context.Canceled) {
				t.Errorf("the invocation ended with %v", a.err)
			}
		})
	}
}

func TestReap(t *testing.T) {
	c := open(t, Options{IdleTimeout: time.Millisecond})
	pids := uploadLeaver(t, c, 0)
	invoke(t, c, `"fine"`)
	checkGone(t, pids())
	if res := invoke(t, c, `"fine"`); string(res.Payload) != `"done"` {
		t.Errorf("after the sandbox was reaped the function answers %s", res.Payload)
	}
}

// TestIdleDeath sees that a sandbox whose process has died while idle is not used.
func TestIdleDeath(t *testing.T) {
	c := open(t, Options{})
	pids := uploadLeaver(t, c, 0)
	invoke(t, c, `"fine"`)
	idle := c.functions[key{home, "f"}].latest.runner.(*pool).idle[0]
	if err := syscall.Kill(pids()[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-idle.proc.Exited
	if res := invoke(t, c, `"fine"`); string(res.Payload) != `"done"` {
		t.Errorf("the function answers %s", res.Payload)
	}
}

func TestUpdateLetsRunningFinish(t *testing.T) {
	c := open(t, Options{})
	here, release := uploadMeeting(t, c)
	call := goInvoke(t.Context(), c, `{}`)
	here.wait(t, 1)
	_, err := c.Update(Ref{Name: "f"}, Change{Archive: archiveOf(t, "handler.py", "def handler(event, context):\n    return 'new'\n")})
	if err != nil {
		t.Fatal(err)
	}
	if res := invoke(t, c, `{}`); string(res.Payload) != `"new"` {
		t.Errorf("after the update the function answers %s", res.Payload)
	}
	release.send(t, 1)
	a := <-call
	if a.err != nil {
		t.Fatal(a.err)
	}
	pid, err := strconv.Atoi(string(a.res.Payload))
	if err != nil {
		t.Fatalf("the old code answered %s", a.res.Payload)
	}
	eventually(t, "the old process is gone", func() bool { return !running(pid) })
}

// TestUpdatesUnderLoad sees that no invocation is lost to an update.
func TestUpdatesUnderLoad(t *testing.T) {
	c := open(t, Options{})
	upload(t, c, Function{Name: "f", Runtime: "provided.al2023"}, "bootstrap", bootstrapProgram)
	var updated atomic.Bool
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for !updated.Load() {
				res, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{Payload: []byte("1")})
				if err != nil || string(res.Payload) != "2" {
					t.Errorf("while the function is updated it answers %v (%v)", res, err)
					return
				}
			}
		})
	}
	for i := range 5 {
		_, err := c.Update(Ref{Name: "f"}, Change{Apply: func(f *Function) { f.MemoryMB = 128 + i }})
		if err != nil {
			t.Error(err)
		}
		if _, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{Payload: []byte("1")}); err != nil {
			t.Error(err)
		}
	}
	updated.Store(true)
	wg.Wait()
}

func TestInitHang(t *testing.T) {
	c := open(t, Options{InitTimeout: 300 * time.Millisecond})
	python(t, c, "import time\ntime.sleep(1000)\n")
	res := invoke(t, c, `{}`)
	if want := "Task timed out after 0.30 seconds"; !strings.Contains(string(res.Payload), want) {
		t.Errorf("payload %s, want %s", res.Payload, want)
	}
}

// TestLargePayload sends as much as there may be through both runtimes, in text of several bytes a letter.
func TestLargePayload(t *testing.T) {
	payload := `"` + strings.Repeat("é", (MaxPayload-2)/2) + `"`
	for lang, add := range map[string]func(*Catalog){
		"python": func(c *Catalog) { python(t, c, echo) },
		"node":   func(c *Catalog) { node(t, c, "exports.handler = async (event) => event;") },
	} {
		c := open(t, Options{})
		add(c)
		for range 2 {
			if res := invoke(t, c, payload); string(res.Payload) != payload {
				t.Errorf("%s answers %d bytes to %d: %.200s", lang, len(res.Payload), len(payload), res.Payload)
			}
		}
	}
}

func TestEvent(t *testing.T) {
	c := open(t, Options{})
	here, release := uploadMeeting(t, c)
	if err := c.InvokeEvent(Ref{Name: "f"}, Invocation{}); err != nil {
		t.Fatal(err)
	}
	here.wait(t, 1)
	release.send(t, 1)
}

// An event that fails is run again, by the function as it is then, and no more often than allowed.
func TestEventIsRunAgain(t *testing.T) {
	c := open(t, Options{EventRetries: []time.Duration{time.Millisecond, time.Millisecond}})
	script := func(then string) string { return "read x; echo \"$x\" >> runs; n=$(wc -l < runs); " + then }
	for name, then := range map[string]string{
		"recovers": `if [ $n -lt 2 ]; then exit 1; fi; echo 1; : > over`,
		"fails":    `if [ $n -ge 3 ]; then : > over; fi; exit 1`,
	} {
		dir := t.TempDir()
		over := filepath.Join(dir, "over")
		if err := syscall.Mkfifo(over, 0o600); err != nil {
			t.Fatal(err)
		}
		f := Function{Name: name, Timeout: 10 * time.Second, Code: Code{Command: []string{"sh", "-c", "cd " + dir + "; " + script(then)}}}
		if err := c.Declare(f); err != nil {
			t.Fatal(err)
		}
		if err := c.InvokeEvent(Ref{Name: name}, Invocation{Payload: []byte(`"p"`)}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.ReadFile(over); err != nil { // waits for the function to open it
			t.Fatal(err)
		}
		want := map[string]string{"recovers": "\"p\"\n\"p\"\n", "fails": "\"p\"\n\"p\"\n\"p\"\n"}[name]
		if runs, err := os.ReadFile(filepath.Join(dir, "runs")); err != nil || string(runs) != want {
			t.Errorf("%s ran with %q, %v; want %q", name, runs, err, want)
		}
	}
}

func TestLogTail(t *testing.T) {
	c := open(t, Options{})
	python(t, c, "import sys\ndef handler(event, context):\n    print('first' if event else 'x' * 10000)\n    print('to stderr', file=sys.stderr)\n")
	for _, payload := range []string{"true", "false", "true"} {
		res, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{RequestID: "r", Payload: []byte(payload), WantLog: true})
		if err != nil {
			t.Fatal(err)
		}
		log := string(res.Log)
		if payload == "true" && !strings.HasPrefix(log, "START RequestId: r Version: $LATEST\nfirst\nto stderr\nEND RequestId: r\nREPORT RequestId: r\tDuration: ") {
			t.Errorf("the log is %q", log)
		}
		if payload == "false" && (len(log) != LogTail || !strings.Contains(log, "xxx\nto stderr\nEND RequestId: r\n")) {
			t.Errorf("the long log has %d bytes and ends %q", len(log), log[max(0, len(log)-200):])
		}
	}
}
