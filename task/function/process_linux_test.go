package function

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// serverVar makes the test binary a server that is to be killed.
const serverVar = "TEST_FUNCTION_SERVER"

// TestServer is no test of itself: TestServerDeath runs it in a process of its own.
func TestServer(t *testing.T) {
	path := os.Getenv(serverVar)
	if path == "" {
		t.Skip("the process that TestServerDeath starts")
	}
	c := open(t, Options{})
	upload(t, c, Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler",
		Env: map[string]string{"PIDS": path}}, "handler.py", leaver)
	invoke(t, c, `"fine"`)
	fmt.Println("warm")
	select {} // until it is killed
}

func TestServerDeath(t *testing.T) {
	path := t.TempDir() + "/pids"
	cmd := exec.Command(os.Args[0], "-test.run=^TestServer$")
	cmd.Env = append(os.Environ(), serverVar+"="+path, "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewScanner(out); in.Scan() && !strings.Contains(in.Text(), "warm"); {
	}
	pids := readPIDs(path)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if len(pids) != 3 {
		t.Fatalf("the server's function had the processes %v", pids)
	}
	eventually(t, "the sandbox of the dead server is gone", func() bool { return !running(pids[0]) })
	for _, pid := range pids[1:] { // nobody is left to kill what the sandbox had started
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
