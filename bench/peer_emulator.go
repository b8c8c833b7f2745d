package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
)

// emulatorPeer is a server of the Step Functions API that runs the steps itself, as Pass states: what emulators
// can, in memory, and what Statelark does durably.
type emulatorPeer struct {
	launch func(p *emulatorPeer, c *peerSettings) (*exec.Cmd, error) // to listen on addr

	// anew says that each call has a connection of its own: moto closes it, and on one of MiniStack's that stays Linux
	// would wait 40 ms for the second half of an answer that is written in two.
	anew bool

	dir, addr string
	server    *exec.Cmd
	machine   string
}

func (p *emulatorPeer) start(c *peerSettings) error {
	var err error
	if p.dir, err = os.MkdirTemp("", "bench-peer-"); err != nil {
		return err
	}
	if p.addr, err = freeAddr(); err != nil {
		return err
	}
	if p.server, err = p.launch(p, c); err != nil {
		return err
	}
	if _, err := os.Stat(p.server.Path); err != nil {
		return errMissing
	}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	p.server.Dir, p.server.Stdout, p.server.Stderr = p.dir, log, log
	if err := p.server.Start(); err != nil {
		return err
	}
	return eventually(30*time.Second, func() error { return p.define(c.steps) })
}

func (p *emulatorPeer) define(steps int) error {
	states := make([]string, steps)
	for i := range states {
		next := fmt.Sprintf(`"Next":"S%d"`, i+1)
		if i == steps-1 {
			next = `"End":true`
		}
		states[i] = fmt.Sprintf(`"S%d":{"Type":"Pass",%s}`, i, next)
	}
	c, err := dial(p.addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	text, _ := json.Marshal(`{"StartAt":"S0","States":{` + strings.Join(states, ",") + `}}`)
	answer, err := c.aws("CreateStateMachine", fmt.Sprintf(`{"name":"steps","definition":%s,%s}`, text, role))
	if err != nil {
		return err
	}
	var created struct{ StateMachineArn string }
	err = json.Unmarshal(answer, &created)
	p.machine = created.StateMachineArn
	return err
}

// client starts an execution and asks for its result, at once and then after pauses that grow.
func (p *emulatorPeer) client(n int) (func() error, error) {
	c, err := dial(p.addr)
	if err != nil {
		return nil, err
	}
	e := execution{call: c.aws, machine: p.machine, told: func() error { return nil }} // nobody tells
	if p.anew {
		_ = c.Close()
		e.call = p.callAnew
	}
	run := 0
	return func() error {
		run++
		id := fmt.Sprintf("c%d-%d", n, run)
		return e.run(id, payloadOf(id, 0))
	}, nil
}

// callAnew makes a call over a connection of its own.
func (p *emulatorPeer) callAnew(op, body string) ([]byte, error) {
	c, err := dial(p.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return c.aws(op, body)
}

func (p *emulatorPeer) processes() (server, steps []int) { return family(p.server.Process.Pid), nil }

func (p *emulatorPeer) stop() {
	kill(p.server)
	_ = os.RemoveAll(p.dir)
}

func statelarkPass(p *emulatorPeer, c *peerSettings) (*exec.Cmd, error) {
	return exec.Command(c.binary, "server", "--listen", p.addr, "--data", filepath.Join(p.dir, "data"), "--log-level", "warn"), nil
}

func ministack(p *emulatorPeer, c *peerSettings) (*exec.Cmd, error) {
	_, port, _ := strings.Cut(p.addr, ":")
	cmd := exec.Command(filepath.Join(c.cache, "py/bin/ministack"))
	cmd.Env = append(os.Environ(), "GATEWAY_PORT="+port, "EDGE_PORT="+port, "LOG_LEVEL=ERROR")
	return cmd, nil
}

// motoMain starts moto's server, which runs no execution unless it is told to.
const motoMain = `import sys; from moto.core.config import default_user_config as c; c["stepfunctions"]["execute_state_machine"] = True
from moto.server import main; main(sys.argv[1:])`

func moto(p *emulatorPeer, c *peerSettings) (*exec.Cmd, error) {
	_, port, _ := strings.Cut(p.addr, ":")
	return exec.Command(filepath.Join(c.cache, "py/bin/python"), "-c", motoMain, "-H", "127.0.0.1", "-p", port), nil
}

// execution is a client's way from StartExecution to the result.
type execution struct {
	call    func(op, body string) ([]byte, error)
	machine string       // ARN
	told    func() error // returns when the last step is done

	// pause is how long the client waits after that. The end is durable a commit later than the last step: waiting
	// for about as long as that took before, it seldom asks twice and does not measure its own asking.
	pause time.Duration
}

const leastPause = 100 * time.Microsecond

func (e *execution) run(id, want string) error {
	input, _ := json.Marshal(want)
	if _, err := e.call("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":%q,"input":%s}`, e.machine, id, input)); err != nil {
		return err
	}
	if err := e.told(); err != nil {
		return err
	}
	for asked := 1; ; asked++ {
		time.Sleep(max(e.pause, leastPause))
		answer, err := e.call("DescribeExecution", fmt.Sprintf(`{"executionArn":%q}`, arn.Execution(e.machine, id)))
		if err != nil {
			return err
		}
		var got struct{ Status, Output string }
		if err := json.Unmarshal(answer, &got); err != nil {
			return err
		}
		switch {
		case got.Status == "RUNNING":
			e.pause = max(e.pause, leastPause) * 5 / 4
			continue
		case asked == 1:
			e.pause -= e.pause / 32
		}
		if got.Status != "SUCCEEDED" || !sameJSON(got.Output, want) {
			return fmt.Errorf("%s ended with %s and %q", id, got.Status, got.Output)
		}
		return nil
	}
}

// sameJSON takes differences of spaces for none: emulators write JSON anew.
func sameJSON(a, b string) bool {
	return a == b || strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "")
}
