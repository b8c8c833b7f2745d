package crash

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	kills   = flag.Int("kills", 8, "how often the program is killed")
	open    = flag.Int("open", 150, "how many executions are kept open meanwhile")
	many    = flag.Int("many", 2000, "how many executions TestManyOpen has open when it kills the program")
	suspend = flag.Duration("suspend", 2*time.Second, "for how long TestSuspended stops the program")
	damages = flag.Int("damages", 6, "how often TestDamagedFiles damages a file")
	golden  = flag.String("golden", "", "TestWriteGolden writes a directory of this name")
	program = flag.String("program", "", "binary to use instead of one built from this checkout")
	seed    = flag.Uint64("seed", 1, "chooses kinds, delays and moments")
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "statelark-crash-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // of the system's temporary directory
	if *program != "" {
		binary = *program
		return m.Run()
	}
	binary = filepath.Join(dir, "statelark")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/statelark").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
