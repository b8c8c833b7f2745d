package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
)

// profiled is a file that is added to the program when it is built for measuring: it serves profiles.
//
//go:embed profiled.go.txt
var profiled []byte

// build builds the program that users run, with profiled beside its sources.
func (c *peerSettings) build() error {
	if c.binary != "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "statelark-bench-")
	if err != nil {
		return err
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("finding the checkout: %w", err)
	}
	source, overlay := filepath.Join(dir, "profiled.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(source, profiled, 0o600); err != nil {
		return err
	}
	place := filepath.Join(strings.TrimSpace(string(root)), "cmd/statelark/profiled.go")
	text, _ := json.Marshal(map[string]any{"Replace": map[string]string{place: source}})
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return err
	}
	c.binary = filepath.Join(dir, "statelark")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", c.binary, "./cmd/statelark")
	build.Dir, build.Stderr = strings.TrimSpace(string(root)), os.Stderr
	return build.Run()
}

// statelarkPeer is the real binary with its durable store, and a process for the steps: functions behind URLs or,
// with workers, an activity.
type statelarkPeer struct {
	workers int

	dir           string
	server, steps *exec.Cmd
	addr, machine string
	profiles      string // address

	mu      sync.Mutex // guards waiting
	waiting map[string]chan struct{}
}

func (p *statelarkPeer) start(c *peerSettings) error {
	p.waiting = make(map[string]chan struct{})
	var err error
	if p.dir, err = os.MkdirTemp("", "statelark-bench-"); err != nil {
		return err
	}
	var steps string
	for _, addr := range []*string{&p.addr, &p.profiles, &steps} {
		if *addr, err = freeAddr(); err != nil {
			return err
		}
	}
	args := []string{"server", "--listen", p.addr, "--data", filepath.Join(p.dir, "data"), "--log-level", "warn"}
	for i := range stepsOf {
		args = append(args, "--function", fmt.Sprintf("step%d=http://%s/step", i, steps))
	}
	p.server = exec.Command(c.binary, args...)
	p.server.Env = append(os.Environ(), "BENCH_PROFILES="+p.profiles)
	p.server.Dir, p.server.Stderr = p.dir, os.Stderr
	if err := p.server.Start(); err != nil {
		return err
	}
	if err := eventually(10*time.Second, func() error { return request(http.MethodGet, "http://"+p.addr+"/health", "") }); err != nil {
		return err
	}
	if err := p.define(); err != nil {
		return err
	}
	return p.startSteps(steps)
}

// define creates the activity and the state machine.
func (p *statelarkPeer) define() error {
	c, err := dial(p.addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.aws("CreateActivity", `{"name":"work"}`); err != nil {
		return err
	}
	var states []string
	for i := range stepsOf {
		resource := fmt.Sprintf("arn:aws:lambda:us-east-1:000000000000:function:step%d", i)
		if p.workers > 0 {
			resource = place.ActivityARN("work")
		}
		next := fmt.Sprintf(`"Next":"S%d"`, i+1)
		if i == stepsOf-1 {
			next = `"End":true`
		}
		states = append(states, fmt.Sprintf(`"S%d":{"Type":"Task","Resource":%q,%s}`, i, resource, next))
	}
	text, _ := json.Marshal(`{"StartAt":"S0","States":{` + strings.Join(states, ",") + `}}`)
	p.machine = place.StateMachineARN("steps")
	_, err = c.aws("CreateStateMachine", fmt.Sprintf(`{"name":"steps","definition":%s,%s}`, text, role))
	return err
}

func (p *statelarkPeer) startSteps(addr string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p.steps = exec.Command(self, "-steps", addr, "-serve", p.addr, "-activity", place.ActivityARN("work"), "-workers", fmt.Sprint(p.workers))
	p.steps.Stdout, p.steps.Stderr = os.Stdout, os.Stderr
	if err := p.steps.Start(); err != nil {
		return err
	}
	var ends *http.Response
	err = eventually(10*time.Second, func() (err error) {
		ends, err = http.Get("http://" + addr + "/ends") //nolint:bodyclose // listen closes it
		return err
	})
	if err == nil {
		go p.listen(ends.Body)
	}
	return err
}

// listen wakes the clients whose last step is done.
func (p *statelarkPeer) listen(ends io.ReadCloser) {
	defer func() { _ = ends.Close() }()
	for lines := bufio.NewScanner(ends); lines.Scan(); {
		p.mu.Lock()
		woken := p.waiting[lines.Text()]
		delete(p.waiting, lines.Text())
		p.mu.Unlock()
		if woken != nil {
			woken <- struct{}{}
		}
	}
}

// client starts an execution, is told by the last step that it is done, and then asks DescribeExecution for the
// result. The end is durable a commit later than the last step: the client waits for about as long as that took
// before, so that it seldom has to ask twice and does not measure its own asking.
func (p *statelarkPeer) client(n int) (func() error, error) {
	c, err := dial(p.addr)
	if err != nil {
		return nil, err
	}
	told, pause, run := make(chan struct{}, 1), 100*time.Microsecond, 0
	return func() error {
		run++
		id := fmt.Sprintf("c%d-%d", n, run)
		want := payload(id)
		p.mu.Lock()
		p.waiting[id] = told
		p.mu.Unlock()
		input, _ := json.Marshal(want)
		if _, err := c.aws("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":%q,"input":%s}`, p.machine, id, input)); err != nil {
			return err
		}
		select {
		case <-told:
		case <-time.After(time.Minute):
			return fmt.Errorf("the last step of %s was not done within a minute", id)
		}
		first := true
		for {
			time.Sleep(pause)
			answer, err := c.aws("DescribeExecution", fmt.Sprintf(`{"executionArn":%q}`, arn.Execution(p.machine, id)))
			if err != nil {
				return err
			}
			var got struct{ Status, Output string }
			if err := json.Unmarshal(answer, &got); err != nil {
				return err
			}
			switch {
			case got.Status == "RUNNING":
				pause, first = pause+pause/4+10*time.Microsecond, false
				continue
			case first:
				pause -= pause / 32
			}
			if got.Status != "SUCCEEDED" || got.Output != want {
				return fmt.Errorf("%s ended with %s and %q", id, got.Status, got.Output)
			}
			return nil
		}
	}, nil
}

func (p *statelarkPeer) processes() (server, steps []int) {
	return []int{p.server.Process.Pid}, []int{p.steps.Process.Pid}
}

func (p *statelarkPeer) stop() {
	kill(p.server, p.steps)
	_ = os.RemoveAll(p.dir)
}

// profileTo writes a CPU profile of the server over d to a file; the returned function waits for it.
func (p *statelarkPeer) profileTo(file string, d time.Duration) func() {
	s := &server{addr: p.profiles, http: http.DefaultClient}
	return s.profileTo(file, d)
}
