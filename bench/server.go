package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/node"
	"github.com/statelark/statelark/task"
)

var place = arn.Place{Region: "us-east-1", Account: "000000000000"}

// echo is a task that runs in the server's process: its result is its input.
type echo struct{}

func (echo) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	return task.Outcome{Output: c.Input}, nil
}

// serveBench is the server's side: what users get, with echo as every function, and profiles at an address of their own.
func serveBench(addr, dir, profiles string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx := context.Background()
	go node.KeepMemory(ctx, node.DefaultMemory)
	if err := os.MkdirAll(bucketsDir(dir), 0o755); err != nil {
		return err
	}
	n, err := node.Start(ctx, node.Config{Listen: addr, Place: place, Data: dir, S3Directory: bucketsDir(dir), Search: os.Getenv("STATELARK_SEARCH")}, node.Options{Log: log, Invoke: echo{}})
	if err != nil {
		return err
	}
	go func() { _ = http.ListenAndServe(profiles, http.HandlerFunc(pprof.Profile)) }() // whoever asks for profiles misses them
	return <-n.Done()
}

// server is a running server process.
type server struct {
	cmd      *exec.Cmd
	addr     string
	profiles string // address
	dir      string
	http     *http.Client
}

// startServer starts the server on a store in dir ("" : a new one) and returns once it answers, with how long that took.
func startServer(dir string) (*server, time.Duration, error) {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "statelark-bench-"); err != nil {
			return nil, 0, err
		}
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	profiles, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	s := &server{
		addr: addr, profiles: profiles, dir: dir, cmd: exec.Command(self, "-serve", addr, "-dir", dir, "-profiles", profiles),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024, MaxConnsPerHost: 0}},
	}
	s.cmd.Stderr = os.Stderr
	from := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, err
	}
	for time.Since(from) < 30*time.Second {
		if err := s.call("ListStateMachines", `{}`, nil); err == nil {
			return s, time.Since(from), nil
		}
		time.Sleep(500 * time.Microsecond)
	}
	return nil, 0, errors.New("the server did not answer within 30 s")
}

// stop kills the server and, with clean, removes its store.
func (s *server) stop(clean bool) {
	_ = s.cmd.Process.Signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
	if clean {
		_ = os.RemoveAll(s.dir)
	}
}

// call makes one API call; out, when not nil, gets the body of the answer.
func (s *server) call(op, body string, out *[]byte) error {
	req, err := http.NewRequest(http.MethodPost, "http://"+s.addr+"/", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header["X-Amz-Target"] = []string{"AWSStepFunctions." + op}
	req.Header["Content-Type"] = []string{"application/x-amz-json-1.0"}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if out == nil && resp.StatusCode == http.StatusOK {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", op, bytes.TrimSpace(text))
	}
	*out = text
	return nil
}

func (s *server) cpu() time.Duration { return cpuOf(s.cmd.Process.Pid) }

func (s *server) rss() int64 { return rssOf(s.cmd.Process.Pid) }

// profileTo writes a CPU profile of the server over d to a file; the returned function waits for it.
func (s *server) profileTo(file string, d time.Duration) func() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		resp, err := s.http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.profiles, int(d.Seconds())))
		if err != nil {
			return
		}
		defer func() { _ = resp.Body.Close() }()
		f, err := os.Create(file)
		if err != nil {
			return
		}
		_, _ = io.Copy(f, resp.Body)
		_ = f.Close()
	}()
	return func() { <-done }
}
