package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test, built as users build it.
var binary string

func TestMain(m *testing.M) {
	// The commands run with the defaults, whatever the shell of the developer has set.
	for _, name := range []string{"AWS_ENDPOINT_URL_SFN", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID",
		"AWS_PROFILE", "AWS_ACCOUNT_ID", "SFN_MOCK_CONFIG", "WAIT_TIME_SCALE", "LAMBDA_ENDPOINT", "NO_COLOR", "CLICOLOR_FORCE", "STATELARK_CONFIG"} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "statelark-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // of the system's temporary directory
	binary = filepath.Join(dir, "statelark")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
