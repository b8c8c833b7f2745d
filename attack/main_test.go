package attack

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	form    = flag.String("form", "", `"short": some attacks, in 90 s; "long": all of them; "": none, since what is promised is time, and other packages' tests may run beside`)
	missing = flag.Bool("missing", false, "run also what is known to be missing")
	program = flag.String("program", "", "attack this binary, not one built from the checkout")
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	if binary = *program; binary != "" || *form == "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "statelark-attack-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // of the system's temporary directory
	binary = filepath.Join(dir, "statelark")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/statelark").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// need skips a test that is not for this run.
func need(t *testing.T, short bool, lacks string) {
	t.Helper()
	switch {
	case *form == "":
		t.Skip("attacks run alone: go test ./attack -form short")
	case !short && *form != "long":
		t.Skip("it is in the long form")
	case lacks != "" && !*missing:
		t.Skip("not there yet: " + lacks)
	}
}
