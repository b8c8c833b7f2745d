package jobs

import (
	"os/exec"
	"slices"
	"strings"
)

// Containers runs images.
type Containers interface {
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
type CLI struct{ Program string }

// FindCLI returns the engine that this machine has, nil when it has none.
func FindCLI() Containers {
	for _, name := range []string{"docker", "podman"} {
		if path, err := exec.LookPath(name); err == nil {
			return CLI{path}
		}
	}
	return nil
}

// Run is of Containers. The container is in the network of the host, where the server is; values of variables are not on
// the command line, where others could read them.
func (c CLI) Run(box Container) (argv, kill []string) {
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
