package jobs

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// Containers runs images.
type Containers interface {
	// Ready reports whether containers can be run. It may take seconds.
	Ready() bool
	// Run returns the command that runs a container in the foreground and removes it at its end, and the one that kills it. The
	// variables of the container are in the environment of the first.
	Run(c Container) (argv, kill []string)
}

// Container is what is to be run.
type Container struct {
	Name  string
	Image string
	Entry []string // nil: what the image says
	Argv  []string // nil: what the image says
	Env   []string // NAME=value
}

// CLI is a container engine by its command: docker, podman.
type CLI struct {
	Program string
	once    sync.Once
	ready   bool
}

// answerTime is how long an engine may take to say that it is there.
const answerTime = 10 * time.Second

// Ready asks the engine, once: a machine may have the command, and no engine behind it.
func (c *CLI) Ready() bool {
	c.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), answerTime)
		defer cancel()
		c.ready = exec.CommandContext(ctx, c.Program, "info").Run() == nil
	})
	return c.ready
}

// FindCLI returns the engine whose command this machine has, nil when it has none.
func FindCLI() Containers {
	for _, name := range []string{"docker", "podman"} {
		if path, err := exec.LookPath(name); err == nil {
			return &CLI{Program: path}
		}
	}
	return nil
}

// Run is of Containers. The container is in the network of the host, where the server is; values of variables are not on
// the command line, where others could read them.
func (c *CLI) Run(box Container) (argv, kill []string) {
	argv = []string{c.Program, "run", "--rm", "--init", "--name", box.Name, "--network", "host"}
	var names []string
	for _, kv := range box.Env {
		name, _, _ := strings.Cut(kv, "=")
		if !slices.Contains(names, name) {
			names = append(names, name)
			argv = append(argv, "--env", name)
		}
	}
	args := box.Argv
	if len(box.Entry) > 0 {
		argv, args = append(argv, "--entrypoint", box.Entry[0]), slices.Concat(box.Entry[1:], box.Argv)
	}
	return slices.Concat(argv, []string{box.Image}, args), []string{c.Program, "kill", box.Name}
}
