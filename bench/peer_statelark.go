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
	c.built = dir
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

// clean removes what build made.
func (c *peerSettings) clean() {
	if c.built != "" {
		_ = os.RemoveAll(c.built)
	}
}

// statelarkPeer is the real binary with its durable store, and a process for the steps: functions behind URLs or,
// with workers, an activity.
type statelarkPeer struct {
	workers int
	n       int // steps of the workflow

	dir           string
	server, steps *exec.Cmd
	addr, machine string
	profiles      string // address

	mu      sync.Mutex // guards waiting
	waiting map[string]chan struct{}
}

func (p *statelarkPeer) start(c *peerSettings) error {
	p.waiting, p.n = make(map[string]chan struct{}), c.steps
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
	for i := range p.n {
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
	for i := range p.n {
		resource := fmt.Sprintf("arn:aws:lambda:us-east-1:000000000000:function:step%d", i)
		if p.workers > 0 {
			resource = place.ActivityARN("work")
		}
		next := fmt.Sprintf(`"Next":"S%d"`, i+1)
		if i == p.n-1 {
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
	var ends io.ReadCloser
	var err error
	if p.steps, ends, err = startStepper(addr, p.addr, p.workers); err == nil {
		go p.listen(ends)
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

// client starts an execution, is told by the last step that it is done, and then asks for the result.
func (p *statelarkPeer) client(n int) (func() error, error) {
	c, err := dial(p.addr)
	if err != nil {
		return nil, err
	}
	done := make(chan struct{}, 1)
	e := execution{call: c.aws, machine: p.machine, told: func() error {
		select {
		case <-done:
			return nil
		case <-time.After(time.Minute):
			return fmt.Errorf("the last step of client %d was not done within a minute", n)
		}
	}}
	run := 0
	return func() error {
		run++
		id := fmt.Sprintf("c%d-%d", n, run)
		p.mu.Lock()
		p.waiting[id] = done
		p.mu.Unlock()
		return e.run(id, payloadOf(id, p.n))
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
	s := &server{profiles: p.profiles, http: http.DefaultClient}
	return s.profileTo(file, d)
}
