package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// server is the program on a directory: one process after the other, all at the same address.
type server struct {
	base    string // holds the data and the log
	data    string // --data
	address string
	args    []string // further arguments
	binary  string   // the program
	env     []string // further variables of its environment
	limits  string   // arguments of ulimit, "" for none
	client  *sfn.Client

	cmd  *exec.Cmd
	died chan struct{} // closed when cmd has ended
}

// newServer prepares a server; nothing runs yet. At the end of the test its process is killed, and its directory
// removed unless the test failed.
func newServer(t *testing.T, args ...string) *server {
	base, err := os.MkdirTemp("", "statelark-crash-")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{base: base, data: filepath.Join(base, "data"), args: args, binary: binary, address: freeAddress(t)}
	s.client = newClient("http://" + s.address)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("data and log are kept in %s", base)
			return
		}
		if err := os.RemoveAll(base); err != nil {
			t.Error(err)
		}
	})
	return s
}

// freeAddress returns an address where nothing listens. It is below the ports that the system gives to clients:
// among those, one of the many connections that find nobody could take the port, or even connect to itself.
func freeAddress(t *testing.T) string {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if l, err := net.Listen("tcp", address); err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// command is the program with the server's arguments.
func (s *server) command() *exec.Cmd {
	args := append([]string{"server", "--listen", s.address, "--data", s.data}, s.args...)
	cmd := exec.Command(s.binary, args...)
	if s.limits != "" {
		cmd = exec.Command("sh", append([]string{"-c", "ulimit " + s.limits + ` && exec "$0" "$@"`, s.binary}, args...)...)
	}
	cmd.Dir = s.base
	cmd.Env = append(os.Environ(), s.env...)
	return cmd
}

func (s *server) logFile() string { return filepath.Join(s.base, "server.log") }

// start starts a process, which writes to the end of the log.
func (s *server) start() error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	s.cmd, s.died = s.command(), make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	go func(cmd *exec.Cmd, died chan struct{}) {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(died)
	}(s.cmd, s.died)
	return nil
}

// answered returns once the server answers a call.
func (s *server) answered(ctx context.Context) error {
	for {
		_, err := s.client.ListStateMachines(ctx, &sfn.ListStateMachinesInput{MaxResults: 1})
		if err == nil {
			return nil
		}
		select {
		case <-s.died:
			return fmt.Errorf("the server ended by itself: %v\n%s", s.cmd.ProcessState, s.told())
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

// run starts a process and waits until it answers; it returns how long that took.
func (s *server) run(ctx context.Context) (time.Duration, error) {
	from := time.Now()
	if err := s.start(); err != nil {
		return 0, err
	}
	err := s.answered(ctx)
	return time.Since(from), err
}

// kill ends the process, if there is one, as kill -9 does.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it fails when there is nothing left to kill
	<-s.died
}

// terminate asks the process to stop, and returns how long that took and how it ended.
func (s *server) terminate(ctx context.Context) (time.Duration, *os.ProcessState, error) {
	from := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, nil, err
	}
	select {
	case <-s.died:
		return time.Since(from), s.cmd.ProcessState, nil
	case <-ctx.Done():
		return 0, nil, fmt.Errorf("it has not stopped after %v: %w", time.Since(from), ctx.Err())
	}
}

// told returns the end of the log.
func (s *server) told() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
