package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// restatePeer is Restate's server and a service of its Go SDK (bench/peers/restate), with the server's defaults:
// every step is in its log, flushed to the disk, before the next one begins.
type restatePeer struct {
	dir             string
	server, service *exec.Cmd
	ingress         string
	steps           int
}

func (p *restatePeer) start(c *peerSettings) error {
	binary := filepath.Join(c.cache, "restate/node_modules/@restatedev/restate-server-linux-x64/bin/restate-server")
	service := filepath.Join(c.cache, "restate/service")
	for _, file := range []string{binary, service} {
		if _, err := os.Stat(file); err != nil {
			return errMissing
		}
	}
	var err error
	if p.dir, err = os.MkdirTemp("", "bench-restate-"); err != nil {
		return err
	}
	var addr [4]string // ingress, admin, between nodes, service
	for i := range addr {
		if addr[i], err = freeAddr(); err != nil {
			return err
		}
	}
	p.ingress, p.steps = addr[0], c.steps
	p.service = exec.Command(service, addr[3])
	p.server = exec.Command(binary, "--base-dir", p.dir, "--listen-mode", "tcp", "--no-logo", "--bind-ip", "127.0.0.1",
		"--advertised-host", "127.0.0.1", "--bind-address", addr[2], "--log-filter", "warn")
	p.server.Env = append(os.Environ(), "DO_NOT_TRACK=1", "RESTATE_DISABLE_TELEMETRY=true",
		"RESTATE_INGRESS__BIND_ADDRESS="+addr[0], "RESTATE_ADMIN__BIND_ADDRESS="+addr[1])
	p.service.Stderr = os.Stderr
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	p.server.Stdout, p.server.Stderr = log, log
	if err := errors.Join(p.service.Start(), p.server.Start()); err != nil {
		return err
	}
	if err := eventually(30*time.Second, func() error {
		return request(http.MethodGet, "http://"+p.ingress+"/restate/health", "")
	}); err != nil {
		return err
	}
	return eventually(30*time.Second, func() error {
		return request(http.MethodPost, "http://"+addr[1]+"/deployments", fmt.Sprintf(`{"uri":"http://%s"}`, addr[3]))
	})
}

// request makes one request whose answer does not matter.
func request(method, url, body string) error {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %.300s", method, url, resp.Status, text)
	}
	return err
}

func (p *restatePeer) client(n int) (func() error, error) {
	return runClient(p.ingress, "/Steps/Run", n, p.steps)
}

func (p *restatePeer) processes() (server, steps []int) {
	return []int{p.server.Process.Pid}, []int{p.service.Process.Pid}
}

func (p *restatePeer) stop() {
	kill(p.server, p.service)
	_ = os.RemoveAll(p.dir)
}
