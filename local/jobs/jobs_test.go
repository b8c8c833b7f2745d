package jobs

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "eu-west-1", Account: "123456789012"}

type callers func(r *awswire.Request) (*awswire.Reply, error)

func (c callers) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) { return c(r) }

func newRunner(t *testing.T, o Options) *Runner {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// start starts a job; its end comes from the channel.
func start(t *testing.T, r *Runner, job Job) (*Run, chan End) {
	t.Helper()
	ends := make(chan End, 1)
	job.Place, job.Ended = here, func(e End) { ends <- e }
	run, err := r.Start(job)
	if err != nil {
		t.Fatal(err)
	}
	return run, ends
}

func await(t *testing.T, ends chan End) End {
	t.Helper()
	select {
	case e := <-ends:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("the job does not end")
	}
	return End{}
}

func shell(script string) []string { return []string{"sh", "-c", script} }

func TestEnds(t *testing.T) {
	r := newRunner(t, Options{})
	for _, c := range []struct {
		name string
		job  Job
		want End
		says string
	}{
		{"well", Job{Argv: shell("exit 0")}, End{Started: true}, ""},
		{"badly", Job{Argv: shell("echo one; echo two >&2; exit 3")}, End{Started: true, Code: 3}, "two"},
		{"by a signal", Job{Argv: shell("kill -9 $$")}, End{Started: true, Code: 137}, ""},
		{"too late", Job{Argv: shell("exec sleep 1000"), Timeout: 10 * time.Millisecond}, End{Started: true, Code: 143, TimedOut: true}, ""},
		{"not there", Job{Argv: []string{"no-such-program"}, Image: "i", Names: []string{"", "i"}}, End{}, "nothing is configured for i"},
		{"no command", Job{Image: "busybox"}, End{}, "busybox has no command"},
		{"no script", Job{Script: "/no/such.py"}, End{}, "/no/such.py is not there"},
		{"not stored", Job{Argv: shell("exit 0"), Before: func(context.Context) error { return errors.New("disk full") }}, End{}, "disk full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ends := start(t, r, c.job)
			got := await(t, ends)
			if !strings.Contains(got.Reason, c.says) || c.says == "" && got.Reason != "" {
				t.Errorf("the reason is %q", got.Reason)
			}
			if got.Reason = ""; got != c.want {
				t.Errorf("it ended %+v, want %+v", got, c.want)
			}
			if ok := c.name == "well"; got.OK() != ok {
				t.Errorf("it ended well: %v", got.OK())
			}
		})
	}
}

// fifo makes a pipe by which a job waits for its test, and the test for a job.
func fifo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	mkfifo(t, name)
	return name
}

// hear waits until a job has written into a pipe.
func hear(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStop(t *testing.T) {
	r := newRunner(t, Options{Grace: 50 * time.Millisecond})
	for name, c := range map[string]struct {
		script string
		code   int
	}{
		"at once": {"trap 'exit 7' TERM; echo > PIPE; while :; do sleep 0.01; done", 7},
		"killed":  {"trap '' TERM; echo > PIPE; while :; do sleep 0.01; done", 137},
	} {
		t.Run(name, func(t *testing.T) {
			pipe := fifo(t)
			run, ends := start(t, r, Job{Argv: shell(strings.ReplaceAll(c.script, "PIPE", pipe))})
			hear(t, pipe)
			run.Stop()
			run.Stop()
			if got := await(t, ends); !got.Stopped || got.Code != c.code {
				t.Errorf("it ended %+v", got)
			}
		})
	}
}

// TestPlaces: jobs wait for a place in their order; one that is stopped before does not run; no more wait than may.
func TestPlaces(t *testing.T) {
	r := newRunner(t, Options{Concurrency: 1, Queue: 2})
	pipe, ran := fifo(t), filepath.Join(t.TempDir(), "ran")
	_, first := start(t, r, Job{Argv: shell("read line < " + pipe)})
	second, stopped := start(t, r, Job{Argv: shell("echo second >> " + ran)})
	_, third := start(t, r, Job{Argv: shell("echo third >> " + ran)})
	if _, err := r.Start(Job{Argv: shell("exit 0")}); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	second.Stop()
	if got := await(t, stopped); !got.Stopped || got.Started {
		t.Errorf("it ended %+v", got)
	}
	if err := os.WriteFile(pipe, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	await(t, first)
	await(t, third)
	if text := hear(t, ran); text != "third\n" {
		t.Errorf("there ran %q", text)
	}
}

// TestClose: what runs is killed with its children, and nobody is told that it ended.
func TestClose(t *testing.T) {
	r, err := New(Options{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	pipe := fifo(t)
	_, ends := start(t, r, Job{Argv: shell("trap '' TERM; echo > " + pipe + "; while :; do sleep 0.01; done")})
	_, waiting := start(t, r, Job{Argv: shell("exit 0")})
	hear(t, pipe)
	r.Close()
	if len(ends)+len(waiting) > 0 {
		t.Error("somebody was told")
	}
	if _, err := r.Start(Job{}); !errors.Is(err, ErrClosed) {
		t.Errorf("a job after the end: %v", err)
	}
}

func TestWhatRuns(t *testing.T) {
	script := filepath.Join(t.TempDir(), "s.py")
	if err := os.WriteFile(script, []byte("import sys; print('script', *sys.argv[1:])"), 0o600); err != nil {
		t.Fatal(err)
	}
	s3 := func(r *awswire.Request) (*awswire.Reply, error) {
		key, _ := r.Input.Get("Key")
		if r.Service != "s3" || key.Str() != "dir/s.py" || r.Place != here {
			return nil, &awswire.Error{Code: "NoSuchKey"}
		}
		return &awswire.Reply{Body: io.NopCloser(strings.NewReader("import sys; print('object', *sys.argv[1:])"))}, nil
	}
	r := newRunner(t, Options{
		Commands: map[string]Command{"named": {Argv: shell(`echo configured "$@" $COLOR`), Dir: "/", Env: map[string]string{"COLOR": "red"}}},
		Others:   callers(s3),
	})
	for name, c := range map[string]struct {
		job  Job
		want string
	}{
		"configured": {Job{Names: []string{"other", "named"}, Argv: []string{"x", "a", "b"}, Entry: []string{"e"}, Env: []string{"COLOR=blue"}}, "configured a b red"},
		"container":  {Job{Entry: []string{"echo", "entry"}, Argv: []string{"a"}}, "entry a"},
		"script":     {Job{Script: script, Argv: []string{"--x", "1"}}, "script --x 1"},
		"object":     {Job{Script: "s3://bucket/dir/s.py", Argv: []string{"2"}}, "object 2"},
		"gone":       {Job{Script: "s3://bucket/dir/other.py"}, "reading the script s3://bucket/dir/other.py: NoSuchKey: "},
	} {
		t.Run(name, func(t *testing.T) {
			c.job.Place = here
			p, err := r.resolve(&c.job)
			if err != nil {
				if err.Error() != c.want {
					t.Error(err)
				}
				return
			}
			defer p.done()
			out := output(t, r, &c.job, p)
			if out != c.want {
				t.Errorf("it printed %q, want %q", out, c.want)
			}
		})
	}
}

// logs is a CloudWatch Logs that keeps what it is given.
type logs struct {
	mu    sync.Mutex
	calls []string
	lines []string
}

func (l *logs) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Service != "logs" {
		return nil, &awswire.Error{Code: "NotImplemented"}
	}
	l.calls = append(l.calls, r.Operation)
	if r.Operation == "CreateLogGroup" {
		return nil, &awswire.Error{Code: "ResourceAlreadyExistsException"}
	}
	group, _ := r.Input.Get("logGroupName")
	stream, _ := r.Input.Get("logStreamName")
	events, _ := r.Input.Get("logEvents")
	for _, e := range events.Elems() {
		text, _ := e.Get("message")
		l.lines = append(l.lines, group.Str()+" "+stream.Str()+" "+text.Str())
	}
	return &awswire.Reply{Output: value.EmptyObj}, nil
}

func TestLogs(t *testing.T) {
	l := &logs{}
	r := newRunner(t, Options{Others: l})
	_, ends := start(t, r, Job{Argv: shell(`echo one; echo; printf 't\377wo' >&2`), Group: "/g", Stream: "s"})
	await(t, ends)
	if want := []string{"/g s one", "/g s  ", "/g s t\uFFFDwo"}; !slices.Equal(l.lines, want) {
		t.Errorf("there are %q, want %q", l.lines, want)
	}
	if l.calls[0] != "CreateLogGroup" || l.calls[1] != "CreateLogStream" || l.calls[2] != "PutLogEvents" {
		t.Errorf("it called %v", l.calls)
	}
	l.lines = nil
	_, ends = start(t, r, Job{Argv: shell("seq 1 20000"), Group: "/g", Stream: "s"})
	await(t, ends)
	if n := len(l.lines); n > 4*maxLines || n < maxLines || !strings.HasSuffix(strings.Join(l.lines, "\n"), "\n/g s 20000") && !strings.Contains(strings.Join(l.lines, "\n"), "lines were lost") {
		t.Errorf("of 20,000 lines there are %d, and the last is %s", n, l.lines[n-1])
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "real")
	t.Setenv("AWS_PROFILE", "real")
	t.Setenv("STATELARK_X", "secret")
	r := newRunner(t, Options{Endpoint: "http://127.0.0.1:8083", AccountKeys: true})
	got := r.environment(&Job{Place: here, Env: []string{"OWN=1"}}, &program{env: []string{"OWN=2"}})
	for _, want := range []string{"AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=http://127.0.0.1:8083", "AWS_ACCESS_KEY_ID=123456789012", "OWN=1", "PATH=" + os.Getenv("PATH")} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing in %q", want, got)
		}
	}
	if got[len(got)-1] != "OWN=2" {
		t.Errorf("the last is %s", got[len(got)-1])
	}
	for _, kv := range got {
		if strings.Contains(kv, "real") || strings.Contains(kv, "STATELARK_X") {
			t.Errorf("%s is passed on", kv)
		}
	}
}

// TestNoEngine: a machine may have the command alone.
func TestNoEngine(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if box := FindCLI(); box == nil || box.Ready() {
		t.Error("an engine that does not answer is ready")
	}
}

// TestContainers runs an engine that is a script.
func TestContainers(t *testing.T) {
	dir := t.TempDir()
	engine := filepath.Join(dir, "docker")
	told := filepath.Join(dir, "told")
	if err := os.WriteFile(engine, []byte("#!/bin/sh\n[ \"$1\" = info ] && exit 0\necho \"$@\" >> "+told+"\nenv | grep ^COLOR >> "+told+"\nexit 5\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	box := FindCLI()
	if box == nil || !box.Ready() {
		t.Fatal("no engine was found")
	}
	r := newRunner(t, Options{Containers: box})
	_, ends := start(t, r, Job{Image: "busybox:1", Entry: []string{"sh", "-c"}, Argv: []string{"exit 5"}, Env: []string{"COLOR=red"}})
	if got := await(t, ends); got.Code != 5 {
		t.Errorf("it ended %+v", got)
	}
	text := hear(t, told)
	if !strings.HasPrefix(text, "run --rm --init --name statelark-") || !strings.Contains(text, "--env COLOR --entrypoint sh busybox:1 -c exit 5\n") || !strings.HasSuffix(text, "\nCOLOR=red\n") {
		t.Errorf("the engine was told %q", text)
	}
	if strings.Contains(text, "wJalr") {
		t.Error("a secret is on the command line")
	}
	_, kill := box.Run(Container{Name: "n"})
	if strings.Join(kill[1:], " ") != "kill n" {
		t.Errorf("it is killed by %v", kill)
	}
}
