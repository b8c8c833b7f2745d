package function

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

//go:embed bootstrap/bootstrap.py
var pythonBootstrap []byte

//go:embed bootstrap/bootstrap.cjs
var nodeBootstrap []byte

// runtimes finds the interpreters and holds the programs that make a runtime of them.
type runtimes struct {
	dir string // where the bootstraps lie

	mu           sync.Mutex
	interpreters map[string]string // path by runtime: those given, and those found so far
}

func newRuntimes(dir string, interpreters map[string]string) (*runtimes, error) {
	r := &runtimes{dir: dir, interpreters: make(map[string]string)}
	for name, path := range interpreters {
		r.interpreters[name] = path
	}
	for name, text := range map[string][]byte{"bootstrap.py": pythonBootstrap, "bootstrap.cjs": nodeBootstrap} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, fmt.Errorf("writing the bootstrap of a runtime: %w", err)
		}
	}
	return r, nil
}

// command returns the program that serves a function over the Runtime API.
func (r *runtimes) command(f *Function) ([]string, error) {
	family, err := runtimeFamily(f.Runtime)
	if err != nil {
		return nil, err
	}
	switch family {
	case familyPython:
		path, err := r.interpreter(f.Runtime, []string{f.Runtime, "python3"}, "import sys; print(sys.executable)", "-c")
		return []string{path, "-u", filepath.Join(r.dir, "bootstrap.py")}, err
	case familyNode:
		path, err := r.interpreter(f.Runtime, []string{"node"}, "console.log(process.execPath)", "-e")
		return []string{path, filepath.Join(r.dir, "bootstrap.cjs")}, err
	}
	return bootstrapOf(f)
}

// interpreter returns the path of the first of the names that runs. What a name stands for may be a wrapper that
// starts slowly, or one that cannot start the version it is named after; so the program itself is asked.
func (r *runtimes) interpreter(runtime string, names []string, program, flag string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if path := r.interpreters[runtime]; path != "" {
		return path, nil
	}
	var errs []error
	for _, name := range names {
		printed, err := exec.Command(name, flag, program).Output()
		path := strings.TrimSpace(string(printed))
		if err == nil && path != "" {
			r.interpreters[runtime] = path
			return path, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", name, err))
	}
	return "", fmt.Errorf("no interpreter for the runtime %s: %w", runtime, errors.Join(errs...))
}

// bootstrapOf returns the program that the code of a provided.* runtime brings along; for go1.x, the handler.
func bootstrapOf(f *Function) ([]string, error) {
	name := "bootstrap"
	if f.Runtime == "go1.x" {
		name = f.Handler
	}
	path := filepath.Join(f.Code.Dir, name)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("couldn't find valid bootstrap(s): [/var/task/%s]", name)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return nil, fmt.Errorf("fork/exec /var/task/%s: permission denied", name)
	}
	return []string{path}, nil
}
