// Package servertest runs the real binary for tests: it builds cmd/statelark, starts a server on a free port
// with a durable store, and stops it in order when the test ends.
//
// It also knows what a test may need that a machine with Go alone does not have. A test that does not find it
// skips and says why, unless the environment says that it must not:
//
//	STATELARK_REQUIRE_SHARED=1   the folder ../shared beside the checkout has to be there
//	STATELARK_REQUIRE_CLIENTS=1  so have the AWS CLI, Python with boto3, Node and the npm client
package servertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Names of the variables that turn a skip into a failure.
const (
	RequireShared  = "STATELARK_REQUIRE_SHARED"
	RequireClients = "STATELARK_REQUIRE_CLIENTS"
)

const (
	startTime = 30 * time.Second // to the first log line that says where it listens
	stopTime  = 30 * time.Second // from SIGTERM to the end
)

// Root returns the root folder of the checkout.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("finding the checkout: the test binary does not know its source files")
	}
	return filepath.Dir(filepath.Dir(file))
}

// Shared returns the path of something in the folder shared beside the checkout. When it is not there, the
// test skips, or fails where RequireShared is set.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(t), "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		Missing(t, RequireShared, "this test reads "+filepath.Join(append([]string{"../shared"}, elem...)...)+", which is not beside this checkout")
	}
	return path
}

// Program returns the path of a program of the machine. When there is none, the test skips, or fails where
// RequireClients is set.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, RequireClients, "this test runs "+name+", which this machine does not have")
	}
	return path
}

// Missing ends a test that lacks something: it fails when the variable is set and skips otherwise.
func Missing(t testing.TB, variable, what string) {
	t.Helper()
	if os.Getenv(variable) == "1" {
		t.Fatalf("%s, and %s=1 is set", what, variable)
	}
	t.Skip(what)
}

// Build builds the binary and returns its path. It is gone when the test ends.
func Build(t testing.TB) string {
	t.Helper()
	root := Root(t)
	readSources(t, root)
	path := filepath.Join(t.TempDir(), "statelark")
	build := exec.Command("go", "build", "-o", path, "./cmd/statelark")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building cmd/statelark: %v\n%s", err, out)
	}
	return path
}

// readSources lists every folder of the checkout. The go command notes which folders a test has read: a cached
// result would otherwise outlive a change of the binary, of which the test binary knows nothing.
func readSources(t testing.TB, root string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatalf("reading the checkout: %v", err)
	}
}

// Server is a running server.
type Server struct {
	URL  string
	Data string // the directory of its store

	command *exec.Cmd
	log     *logReader
	stopped bool
}

// Start builds the binary and starts a server with a store in a directory of its own. More arguments go to
// "statelark server". The server is stopped when the test ends, and the test fails when it does not stop in
// order.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartBinary(t, Build(t), args...)
}

// StartBinary starts a server of a binary that was built before.
func StartBinary(t testing.TB, binary string, args ...string) *Server {
	t.Helper()
	s := &Server{Data: t.TempDir(), log: newLogReader()}
	base := []string{"server", "--listen", "127.0.0.1:0", "--data", s.Data, "--log-format", "json"}
	s.command = exec.Command(binary, append(base, args...)...)
	s.command.Dir = t.TempDir() // where no configuration file lies
	s.command.Env = withoutSettings(os.Environ())
	stderr, err := s.command.StderrPipe()
	if err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	go s.log.read(stderr)
	t.Cleanup(func() { s.Stop(t) })
	select {
	case s.URL = <-s.log.url:
	case <-s.log.done:
	case <-time.After(startTime):
	}
	if s.URL == "" {
		t.Fatalf("the server did not say where it listens:\n%s", s.log)
	}
	return s
}

// withoutSettings drops what would change the server or lead a client elsewhere.
func withoutSettings(env []string) []string {
	var kept []string
	for _, v := range env {
		if !strings.HasPrefix(v, "STATELARK_") && !strings.HasPrefix(v, "AWS_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// ClientEnv is the environment of a client that talks to the server: the endpoint, and credentials that any
// server of ours takes.
func (s *Server) ClientEnv() []string {
	return append(withoutSettings(os.Environ()),
		"AWS_ENDPOINT_URL="+s.URL,
		"AWS_REGION=us-east-1",
		"AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
	)
}

// PID returns the id of the server's process.
func (s *Server) PID() int { return s.command.Process.Pid }

// Stop ends the server as an operator does, fails the test when that does not go well, and returns how long it
// took. A server that is stopped already stays so.
func (s *Server) Stop(t testing.TB) time.Duration {
	t.Helper()
	if s.stopped {
		return 0
	}
	s.stopped = true
	from := time.Now()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("stopping the server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	kill := context.AfterFunc(ctx, func() { _ = s.command.Process.Kill() }) // Wait reports it
	defer kill()
	<-s.log.done // before Wait, which closes the pipe
	if err := s.command.Wait(); err != nil {
		t.Errorf("the server did not stop in order: %v", err)
	}
	if t.Failed() {
		t.Logf("the server's log:\n%s", s.log)
	}
	return time.Since(from)
}

// Kill ends the server's process at once, as a crash does. Its directory stays, for StartBinary with --data.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.stopped = true
	if err := s.command.Process.Kill(); err != nil {
		t.Errorf("killing the server: %v", err)
	}
	<-s.log.done
	_ = s.command.Wait() // it says "killed"
}

// logReader keeps a server's log and finds the line that says where it listens.
type logReader struct {
	url  chan string   // gets the URL, once
	done chan struct{} // closed at the end of the log

	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func newLogReader() *logReader {
	return &logReader{url: make(chan string, 1), done: make(chan struct{})}
}

func (l *logReader) read(log io.Reader) {
	defer close(l.done)
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		l.mu.Lock()
		l.text.Write(line)
		l.mu.Unlock()
		if err != nil {
			return
		}
		var entry struct{ Msg, URL string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "listening" {
			select {
			case l.url <- entry.URL:
			default: // it was said before
			}
		}
	}
}

// String returns the log so far.
func (l *logReader) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
