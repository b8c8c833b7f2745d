package stack

import (
	"context"
	"io/fs"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/statelark/statelark/samples"
)

func samplesFile(s *samples.Sample, name string) ([]byte, error) { return fs.ReadFile(s.Files(), name) }

// adminFolders are where some programs lie that only root has on the PATH.
var adminFolders = []string{"/usr/sbin", "/usr/local/sbin"}

// Missing are the programs that a sample needs and this machine does not have, and the modules of Python.
func Missing(s *samples.Sample) []string {
	var missing []string
	for _, name := range s.Needs {
		_, err := exec.LookPath(name)
		for _, dir := range adminFolders {
			if err != nil {
				_, err = exec.LookPath(filepath.Join(dir, name))
			}
		}
		if err != nil {
			missing = append(missing, name)
		}
	}
	for _, name := range s.Modules {
		if missing == nil && !hasModule(name) {
			missing = append(missing, name+" (a module of Python)")
		}
	}
	return missing
}

// modules are those of Python that were looked for, and whether they are there.
var modules sync.Map

// hasModule reports whether Python has a module. It is looked for once.
func hasModule(name string) bool {
	if known, ok := modules.Load(name); ok {
		return known.(bool)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	found := exec.CommandContext(ctx, "python3", "-c", "import "+name).Run() == nil
	modules.Store(name, found)
	return found
}
