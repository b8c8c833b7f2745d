package function

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/local/process"
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
	for _, pid := range pids[1:] {
		if !running(pid) {
			t.Errorf("process %d ended without a server; the test shows nothing", pid)
		}
	}
	open(t, Options{}) // the next server
	checkGone(t, pids)
}

// hider leaves children behind that hide: in sessions and process groups of their own and without the environment that
// marks them, one of them with a parent that is no more.
const hider = `
import json, os, subprocess, time
def handler(event, context):
    far = subprocess.Popen(["sleep", "1000"], start_new_session=True, env={})
    orphan = subprocess.run(["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"], start_new_session=True,
                            env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE).stdout
    with open(os.environ["PIDS"], "w") as pids: json.dump([os.getpid(), far.pid, int(orphan)], pids)
    if event == "hang": time.sleep(1000)
    if event == "die": os._exit(1)
    return "done"
`

// TestNothingHides: what a function leaves behind goes with it, whatever it does not to be found.
func TestNothingHides(t *testing.T) {
	for _, event := range []string{`"hang"`, `"die"`, `"fine"`} {
		t.Run(event, func(t *testing.T) {
			c := open(t, Options{})
			path := t.TempDir() + "/pids"
			upload(t, c, Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler", Timeout: time.Second,
				Env: map[string]string{"PIDS": path}}, "handler.py", hider)
			invoke(t, c, event)
			pids := readPIDs(path)
			if event == `"fine"` {
				for _, pid := range pids {
					if !running(pid) {
						t.Errorf("process %d is gone, and its sandbox is still warm", pid)
					}
				}
				if err := c.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			checkGone(t, pids)
			for _, pid := range pids { // no zombie is left of them
				eventually(t, "the process was reaped", func() bool { _, err := os.Stat(fmt.Sprint("/proc/", pid)); return err != nil })
			}
		})
	}
}

// TestOthersAreLeftAlone: a child of the server that belongs to no function, and the children of another server that runs.
func TestOthersAreLeftAlone(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	cmd.Env = []string{process.CookieName + "=" + process.ServerMark() + "x"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }() // it was killed
	c := declare(t, Function{Code: Code{Command: []string{"sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo 1"}}})
	invoke(t, c, `1`)
	process.KillLeftovers(slog.New(slog.DiscardHandler))
	if !running(cmd.Process.Pid) {
		t.Error("it was killed")
	}
}
