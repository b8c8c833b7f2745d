package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/statelark/statelark/samples"
	"github.com/statelark/statelark/samples/stack"
)

// hasPrograms checks that the machine has the programs that a sample needs.
func hasPrograms(s *samples.Sample) error {
	missing := stack.Missing(s)
	if missing != nil {
		return hint(exitFailed, fmt.Errorf("the sample %s needs %s, which this machine does not have", s.Name, strings.Join(missing, ", ")), "install it, and see that it is on the PATH")
	}
	return nil
}

// startDatabase starts the database of a sample, unless the parameters name one, and returns what ends it. Its data is gone with
// the folder.
func startDatabase(ctx context.Context, s *samples.Sample, folder string, parameters map[string]string) (stop func(), err error) {
	data := filepath.Join(folder, "database")
	wanted := s.Database != ""
	for name, text := range s.Parameters {
		if _, given := parameters[name]; given {
			wanted = false
			continue
		}
		parameters[name] = strings.ReplaceAll(text, "{folder}", data)
	}
	if !wanted {
		return func() {}, nil
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the database: %w", err)
	}
	var errs bytes.Buffer
	script := exec.CommandContext(ctx, "sh", filepath.Join(folder, s.Database), data)
	script.Cancel = func() error { return script.Process.Signal(syscall.SIGTERM) }
	script.Stderr = &errs
	out, err := script.StdoutPipe()
	if err == nil {
		err = script.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting the database: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "ready" {
		_ = script.Wait() // it has ended, or says why not
		return nil, fmt.Errorf("starting the database: it did not become ready:\n%s", errs.String())
	}
	return func() {
		_ = script.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = script.Wait()
	}, nil
}
