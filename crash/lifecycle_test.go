package crash

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// TestTerminate stops the program in order, again and again, while its clients live on: it is gone within seconds,
// says that all is well, and has lost nothing.
func TestTerminate(t *testing.T) {
	w := newWorld(t, *seed, 60)
	w.live()
	var stops []time.Duration
	for range 4 {
		pause(w.ctx, 300*time.Millisecond+w.upTo(500*time.Millisecond))
		took, end, err := w.server.terminate(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !end.Success() {
			t.Fatalf("after SIGTERM it ended with %v\n%s", end, w.server.told())
		}
		stops = append(stops, took)
		if _, err := w.server.run(w.ctx); err != nil {
			t.Fatal(err)
		}
	}
	w.finish(t)
	if slowest := longest(stops); slowest > 5*time.Second {
		t.Errorf("it took up to %v to stop", slowest)
	}
	t.Logf("SIGTERM to the end of the process: p50 %v, max %v", median(stops), longest(stops))
}

// refusal starts another process with the arguments of s, which is expected to refuse; it returns what that says.
func refusal(t *testing.T, s *server) string {
	t.Helper()
	cmd := s.command()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() }) // it fails if the process has ended
	defer watchdog.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("it ended with %v, want exit status 1\n%s", err, &said)
	}
	return said.String()
}

// expectAll checks that a text says everything that it has to.
func expectAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}

// TestOneProcess: a directory serves one process, and the other is told so.
func TestOneProcess(t *testing.T) {
	first := newServer(t)
	if _, err := first.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := newServer(t)
	second.data = first.data
	expectAll(t, refusal(t, second), "in use by another process", first.data, "--data")
	if err := first.answered(t.Context()); err != nil {
		t.Errorf("the first process suffered from the second: %v", err)
	}
	first.kill()
	if _, err := second.run(t.Context()); err != nil {
		t.Errorf("the lock outlives its process: %v", err)
	}
}

// TestOtherVersion: a directory whose version this program does not know is refused, and left as it is.
func TestOtherVersion(t *testing.T) {
	s := newServer(t)
	if _, err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.kill()
	store := filepath.Join(s.data, "store")
	db, err := pebble.Open(store, &pebble.Options{Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set([]byte("v"), []byte("999"), pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	expectAll(t, refusal(t, s), "of another version", "999", "use statelark ", s.data, "--data")
}

// quiet drops what Pebble reports.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

// TestNoDirectory: a --data that cannot be a directory is refused with its name.
func TestNoDirectory(t *testing.T) {
	s := newServer(t)
	if err := os.WriteFile(s.data, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	expectAll(t, refusal(t, s), s.data, "--data")
}
