package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// appPeer is an engine whose client is a library: an application of ours uses it, which does the steps as well, and
// answers POST /run with a workflow's result. Its CPU time counts as that of the steps.
type appPeer struct {
	launch func(p *appPeer, cache string) error // starts server and app, which is to listen on addr

	dir         string
	addr        string
	server, app *exec.Cmd
	steps       int
}

func (p *appPeer) start(c *peerSettings) error {
	var err error
	if p.dir, err = os.MkdirTemp("", "bench-peer-"); err != nil {
		return err
	}
	if p.addr, err = freeAddr(); err != nil {
		return err
	}
	p.steps = c.steps
	if err := p.launch(p, c.cache); err != nil {
		return err
	}
	return eventually(time.Minute, func() error {
		return request(http.MethodPost, "http://"+p.addr+"/run", payloadOf("first", p.steps))
	})
}

// command prepares a process of the peer, with its output in a file.
func (p *appPeer) command(name string, args ...string) (*exec.Cmd, error) {
	if _, err := os.Stat(name); err != nil {
		return nil, errMissing
	}
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, log, log
	return cmd, nil
}

func (p *appPeer) client(n int) (func() error, error) { return runClient(p.addr, "/run", n, p.steps) }

// runClient returns a client of something that answers a request with a workflow's result, which is its payload.
func runClient(addr, path string, n, steps int) (func() error, error) {
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	run := 0
	return func() error {
		run++
		want := payloadOf(fmt.Sprintf("c%d-%d", n, run), steps)
		got, err := c.post(path, "Content-Type: application/json\r\n", want)
		if err == nil && string(got) != want {
			err = fmt.Errorf("the result is %q", got)
		}
		return err
	}, nil
}

func (p *appPeer) processes() (server, steps []int) {
	return family(p.server.Process.Pid), []int{p.app.Process.Pid}
}

func (p *appPeer) stop() {
	kill(p.app)
	if p.server != nil && p.server.Process != nil {
		_ = p.server.Process.Signal(syscall.SIGQUIT) // PostgreSQL's immediate shutdown, which takes its children along
		_ = p.server.Wait()
	}
	_ = os.RemoveAll(p.dir)
}

// family returns a process and its children.
func family(pid int) []int {
	all := []int{pid}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return all
	}
	for _, f := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(f); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// temporalApp starts Temporal's server on a SQLite file, and a worker of its Go SDK.
func temporalApp(mode string) func(p *appPeer, cache string) error {
	return func(p *appPeer, cache string) error {
		addr, err := freeAddr()
		if err != nil {
			return err
		}
		program := filepath.Join(cache, "temporal/temporal")
		if p.server, err = p.command(program, "server", addr, filepath.Join(p.dir, "temporal.db")); err != nil {
			return err
		}
		if err := p.server.Start(); err != nil {
			return err
		}
		return eventually(time.Minute, func() error {
			if err := listening(addr); err != nil {
				return err
			}
			if p.app, err = p.command(program, "worker", addr, p.addr, mode); err != nil {
				return err
			}
			if err := p.app.Start(); err != nil {
				return err
			}
			err := eventually(5*time.Second, func() error { return listening(p.addr) })
			if err != nil {
				kill(p.app) // the server was not ready
			}
			return err
		})
	}
}

// dbosApp starts PostgreSQL with its defaults, which flush every commit, and an application of DBOS for Python.
func dbosApp(p *appPeer, cache string) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(addr, ":")
	if err := p.postgres(port); err != nil {
		return err
	}
	if err := eventually(20*time.Second, func() error { return listening(addr) }); err != nil {
		return err
	}
	source, err := filepath.Abs("bench/peers/dbos/steps.py")
	if err != nil {
		return err
	}
	_, http, _ := strings.Cut(p.addr, ":")
	url := fmt.Sprintf("postgresql://postgres@127.0.0.1:%s/steps", port)
	if p.app, err = p.command(filepath.Join(cache, "py/bin/python"), source, http, url); err != nil {
		return err
	}
	return p.app.Start()
}

// postgres starts a server on a directory of its own, as another user where we are root.
func (p *appPeer) postgres(port string) error {
	programs, err := exec.LookPath("postgres")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
		if len(found) == 0 {
			return fmt.Errorf("PostgreSQL is %w", errMissing)
		}
		programs = found[len(found)-1]
	}
	if programs, err = filepath.EvalSymlinks(programs); err != nil {
		return err
	}
	var as *syscall.SysProcAttr
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		if err := os.Chown(p.dir, uid, gid); err != nil {
			return err
		}
	}
	data := filepath.Join(p.dir, "data")
	initialize, err := p.command(filepath.Join(filepath.Dir(programs), "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	if err != nil {
		return err
	}
	initialize.SysProcAttr = as
	if err := initialize.Run(); err != nil {
		return fmt.Errorf("running initdb: %w", err)
	}
	if p.server, err = p.command(programs, "-D", data, "-p", port, "-h", "127.0.0.1", "-k", p.dir, "-c", "max_connections=400"); err != nil {
		return err
	}
	p.server.SysProcAttr = as
	return p.server.Start()
}

func listening(addr string) error {
	c, err := dial(addr)
	return errors.Join(err, closeConn(c))
}

func closeConn(c *conn) error {
	if c == nil {
		return nil
	}
	return c.Close()
}
