package clients

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/servertest"
)

// TestServices runs the suites of clients/services, by boto3, against each service that is built in.
func TestServices(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	python := pytest(t)
	binary := servertest.Build(t)
	for _, suite := range suites(t) {
		t.Run(suiteName(suite), func(t *testing.T) {
			t.Parallel()
			server := servertest.StartBinary(t, binary)
			runSuite(t, python, suite, server.URL, server.ClientEnv())
		})
	}
}

// TestServicesAgainstMoto runs the same suites against moto, which shows that they are true of more than this server. Where moto
// is not as AWS, a test says so (moto_differs).
func TestServicesAgainstMoto(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	python := pytest(t)
	for _, suite := range suites(t) {
		t.Run(suiteName(suite), func(t *testing.T) {
			t.Parallel()
			env := append(os.Environ(), "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_DEFAULT_REGION=us-east-1", "STATELARK_AGAINST=moto")
			runSuite(t, python, suite, startMoto(t), env)
		})
	}
}

// suites are the files of tests, one a service.
func suites(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("services/test_*.py")
	if err != nil || len(found) == 0 {
		t.Fatalf("there are no suites: %v", err)
	}
	return found
}

func suiteName(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "test_"), ".py")
}

// pytest returns the python that has pytest and boto3.
func pytest(t *testing.T) string {
	t.Helper()
	python := servertest.Program(t, "python3")
	if exec.Command(python, "-c", "import boto3, pytest").Run() != nil {
		servertest.Missing(t, servertest.RequireClients, "this test needs boto3 and pytest, which this machine's python3 does not have")
	}
	return python
}

// nothingToRun is how pytest ends when a file skips itself: moto runs no jobs without Docker.
const nothingToRun = 5

func runSuite(t *testing.T, python, suite, endpoint string, env []string) {
	t.Helper()
	command := exec.Command(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite)
	command.Env = append(env, "STATELARK_ENDPOINT="+endpoint, "PYTHONDONTWRITEBYTECODE=1")
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == nothingToRun {
		t.Skipf("%s has nothing that can run there: %s", suite, lastLine(string(out)))
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", suite, err, out)
	}
	t.Log(lastLine(string(out)))
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// startMoto starts a moto server, which ends with the test, and returns its address.
func startMoto(t *testing.T) string {
	t.Helper()
	moto, err := exec.LookPath("moto_server")
	if err != nil {
		servertest.Missing(t, servertest.RequireClients, "this test needs moto_server, which is not there")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(moto, "-H", "127.0.0.1", "-p", port)
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Running on") {
			go func() { // it stops writing when nobody reads
				for lines.Scan() {
				}
			}()
			return "http://127.0.0.1:" + port
		}
	}
	t.Fatalf("moto_server did not start: %v", lines.Err())
	return ""
}
