package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/value"
)

// process is the program, running.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	exited chan struct{}

	mu     sync.Mutex
	stderr bytes.Buffer // guarded by mu
}

var listeningURL = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// launch starts the program and waits until it has told its URL.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), exited: make(chan struct{})}
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	go p.watch(pipe, told)
	t.Cleanup(p.kill)
	select {
	case p.url = <-told:
	case <-p.exited:
		t.Fatalf("%q ended: %v\n%s", args, p.cmd.ProcessState, p.log())
	case <-time.After(patience):
		t.Fatalf("%q does not tell where it listens:\n%s", args, p.log())
	}
	return p
}

// watch collects standard error, tells the first URL in it and waits for the end.
func (p *process) watch(pipe io.Reader, told chan<- string) {
	for r := bufio.NewReader(pipe); ; {
		line, err := r.ReadString('\n')
		p.mu.Lock()
		p.stderr.WriteString(line)
		p.mu.Unlock()
		if url := listeningURL.FindString(line); url != "" {
			select {
			case told <- url:
			default:
			}
		}
		if err != nil {
			break
		}
	}
	_ = p.cmd.Wait() // how it ended is in ProcessState
	close(p.exited)
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// signal sends a signal and waits for the end.
func (p *process) signal(s os.Signal) *os.ProcessState {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("it does not end at %v:\n%s", s, p.log())
	}
	return p.cmd.ProcessState
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.exited
}

func (p *process) api() *client.Client { return client.New(p.url, home) }

// describe returns the status and the output of an execution.
func (p *process) describe(arn string) (status, output string) {
	p.t.Helper()
	v, err := p.api().Describe(p.t.Context(), arn)
	if err != nil {
		p.t.Fatal(err)
	}
	return client.Str(v, "status"), client.Str(v, "output")
}

// runBinary runs the program to its end.
func runBinary(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestDevBanner(t *testing.T) {
	p := launch(t, "dev", "--listen", "127.0.0.1:0", "--function", "greet=cat")
	answer, err := http.Get(p.url + "/health") // it is served as soon as it is told
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("health answered %s", answer.Status)
	}
	state := p.signal(syscall.SIGINT)
	if !state.Success() {
		t.Errorf("it ended with %v", state)
	}
	for _, part := range []string{"in memory", "greet", "export AWS_ENDPOINT_URL=" + p.url, "dynamodb, ecs", "sync-"} {
		if !strings.Contains(p.log(), part) {
			t.Errorf("the banner does not say %q:\n%s", part, p.log())
		}
	}
}

// TestKilledServerGoesOn kills a server in the middle of executions and starts it again.
func TestKilledServerGoesOn(t *testing.T) {
	data := t.TempDir()
	first := launch(t, "server", "--listen", "127.0.0.1:0", "--data", data)
	api := first.api()
	machine, err := api.Deploy(t.Context(), "waits", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"P"},"P":{"Type":"Pass","End":true}}}`)
	if err != nil {
		t.Fatal(err)
	}
	var executions []string
	for i := range 50 {
		arn, err := api.Start(t.Context(), machine, "x"+strconv.Itoa(i), fmt.Sprintf(`{"i": %d}`, i))
		if err != nil {
			t.Fatal(err)
		}
		executions = append(executions, arn)
	}
	first.signal(syscall.SIGKILL)

	second := launch(t, "server", "--listen", "127.0.0.1:0", "--data", data)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	deadline := time.Now().Add(patience)
	for i, arn := range executions {
		status, output := second.describe(arn)
		for ; status == "RUNNING" && time.Now().Before(deadline); status, output = second.describe(arn) {
			<-poll.C
		}
		if want := fmt.Sprintf(`{"i": %d}`, i); status != "SUCCEEDED" || output != want {
			t.Errorf("%s is %s with output %s, want %s", arn, status, output, want)
		}
	}
	if state := second.signal(syscall.SIGTERM); !state.Success() {
		t.Errorf("at SIGTERM it ended with %v:\n%s", state, second.log())
	}
}

func TestServerRefusesDirectory(t *testing.T) {
	t.Run("in use", func(t *testing.T) {
		data := t.TempDir()
		launch(t, "server", "--listen", "127.0.0.1:0", "--data", data)
		_, stderr, code := runBinary(t, "server", "--listen", "127.0.0.1:0", "--data", data)
		if code != exitFailed || !strings.Contains(stderr, "in use by another process") || !strings.Contains(stderr, "next: ") {
			t.Errorf("exit %d: %s", code, stderr)
		}
	})
	t.Run("of another version", func(t *testing.T) {
		data := t.TempDir()
		db, err := pebble.Open(filepath.Join(data, "store"), &pebble.Options{Logger: quiet{}})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Set([]byte("what"), []byte("ever"), pebble.Sync), db.Close()); err != nil {
			t.Fatal(err)
		}
		_, stderr, code := runBinary(t, "server", "--listen", "127.0.0.1:0", "--data", data)
		if code != exitFailed || !strings.Contains(stderr, "of another version") || !strings.Contains(stderr, "next: ") {
			t.Errorf("exit %d: %s", code, stderr)
		}
	})
	t.Run("not a directory", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, stderr, code := runBinary(t, "server", "--listen", "127.0.0.1:0", "--data", file)
		if code != exitFailed || !strings.Contains(stderr, file) || !strings.Contains(stderr, "next: ") {
			t.Errorf("exit %d: %s", code, stderr)
		}
	})
}

// quiet is a logger for Pebble that drops everything.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

func TestServerRefusesPort(t *testing.T) {
	p := launch(t, "dev", "--listen", "127.0.0.1:0")
	_, stderr, code := runBinary(t, "dev", "--listen", strings.TrimPrefix(p.url, "http://"))
	if code != exitFailed || !strings.Contains(stderr, "address already in use") || !strings.Contains(stderr, "--listen") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// TestLogIsJSON reads every line that a server logs.
func TestLogIsJSON(t *testing.T) {
	p := launch(t, "server", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--log-format", "json")
	p.signal(syscall.SIGTERM)
	for line := range strings.Lines(p.log()) {
		var entry struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Msg == "" {
			t.Errorf("logged %q (%v)", line, err)
		}
	}
}

// TestRunOnServer runs a definition on a server twice, changed in between, and once more by its name.
func TestRunOnServer(t *testing.T) {
	p := launch(t, "dev", "--listen", "127.0.0.1:0")
	file := filepath.Join(t.TempDir(), "order.asl.json")
	for _, result := range []string{"1", "2"} {
		text := `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":` + result + `,"End":true}}}`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{file, "order"} {
			stdout, stderr, code := runBinary(t, "run", "--endpoint", p.url, what)
			if code != 0 || stdout != result+"\n" || !strings.Contains(stderr, "ExecutionSucceeded") {
				t.Errorf("%s: exit %d, printed %q\n%s", what, code, stdout, stderr)
			}
		}
	}
	_, stderr, code := runBinary(t, "run", "--endpoint", p.url, "unknown")
	if code != exitFailed || !strings.Contains(stderr, "there is no state machine unknown") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// TestInterruptStops interrupts run in the middle of an execution of a server.
func TestInterruptStops(t *testing.T) {
	p := launch(t, "dev", "--listen", "127.0.0.1:0")
	cmd := exec.Command(binary, "run", "--endpoint", p.url, "--name", "x", "--json", "testdata/cli/forever.asl.json")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(progress)
	for lines.Scan() && !strings.Contains(lines.Text(), "WaitStateEntered") {
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	_ = cmd.Wait() // the code tells
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	result, err := value.Parse(stdout.String())
	if err != nil || client.Str(result, "status") != "ABORTED" {
		t.Errorf("printed %s (%v)", stdout.String(), err)
	}
	if status, _ := p.describe(client.Str(result, "executionArn")); status != "ABORTED" {
		t.Errorf("the execution is %s", status)
	}
}

func TestVersionJSON(t *testing.T) {
	stdout, _, code := runBinary(t, "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(stdout), &b); code != 0 || err != nil || !strings.HasPrefix(b.Go, "go1.") || b.Version == "" {
		t.Errorf("exit %d, printed %s (%v)", code, stdout, err)
	}
}

// patience is how long a test waits for something that comes at once when all is well.
const patience = 30 * time.Second

// freePort returns a port that nobody listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), l.Close()
}
