package samples

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/statelark/statelark/servertest"
)

// sample is the folder of one workflow.
type sample struct {
	dir      string
	workflow string // file name
	children []string
	worker   bool
}

func TestSamples(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server for each sample")
	}
	binary := servertest.Build(t)
	dirs, err := filepath.Glob("*/workflow.asl.*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("there are no samples (%v)", err)
	}
	for _, path := range dirs {
		s := newSample(t, path)
		if exists(filepath.Join(s.dir, "template.yaml")) {
			continue // it wants what the template names
		}
		t.Run(s.dir, func(t *testing.T) {
			t.Parallel()
			s.need(t)
			if !s.worker && len(s.children) == 0 {
				t.Run("in process", func(t *testing.T) { s.runAll(t, binary, "--local") })
			}
			t.Run("server", func(t *testing.T) {
				server := servertest.StartBinary(t, binary, s.config(t)...)
				s.prepare(t, server)
				s.runAll(t, binary, "--endpoint", server.URL)
			})
		})
	}
}

func newSample(t *testing.T, workflow string) *sample {
	s := &sample{dir: filepath.Dir(workflow), workflow: filepath.Base(workflow)}
	files, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		switch name := f.Name(); {
		case name == "worker.py":
			s.worker = true
		case strings.HasSuffix(name, ".asl.json") && name != s.workflow:
			s.children = append(s.children, name)
		}
	}
	return s
}

// need skips the test when the machine lacks what the sample's programs need.
func (s *sample) need(t *testing.T) {
	err := filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case filepath.Ext(path) == ".py":
			needPython(t, strings.Contains(read(t, path), "import boto3"))
		case filepath.Ext(path) == ".js":
			servertest.Program(t, "node")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func needPython(t *testing.T, boto3 bool) string {
	t.Helper()
	python := servertest.Program(t, "python3")
	if boto3 && exec.Command(python, "-c", "import boto3").Run() != nil {
		servertest.Missing(t, servertest.RequireClients, "this test needs boto3, which this machine's python3 does not have")
	}
	return python
}

// config returns the flags that name the sample's configuration.
func (s *sample) config(t *testing.T) []string {
	path, err := filepath.Abs(filepath.Join(s.dir, "statelark.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return []string{"--config", path}
}

var activityARN = regexp.MustCompile(`arn:aws:states:[a-z0-9-]+:\d{12}:activity:([A-Za-z0-9_-]+)`)

// prepare creates what the workflow takes for granted: activities, and the state machines that it starts.
func (s *sample) prepare(t *testing.T, server *servertest.Server) {
	client := server.Client()
	for _, m := range activityARN.FindAllStringSubmatch(read(t, filepath.Join(s.dir, s.workflow)), -1) {
		if _, err := client.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: &m[1]}); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range s.children {
		_, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
			Name:       aws.String(strings.TrimSuffix(file, ".asl.json")),
			Definition: aws.String(read(t, filepath.Join(s.dir, file))),
			RoleArn:    aws.String("arn:aws:iam::123456789012:role/samples"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if s.worker {
		startWorker(t, server, filepath.Join(s.dir, "worker.py"))
	}
}

// startWorker runs a Python program until the test ends.
func startWorker(t *testing.T, server *servertest.Server, program string) {
	var out bytes.Buffer
	worker := exec.Command(needPython(t, true), program)
	worker.Env = server.ClientEnv()
	worker.Stdout, worker.Stderr = &out, &out
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := worker.Process.Kill()
		_ = worker.Wait() // it was killed
		if errors.Is(err, os.ErrProcessDone) || t.Failed() {
			t.Errorf("the worker (%v) said:\n%s", err, out.String())
		}
	})
}

// runAll runs every case of the sample.
func (s *sample) runAll(t *testing.T, binary string, where ...string) {
	inputs, err := filepath.Glob(filepath.Join(s.dir, "input*.json"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("%s has no input (%v)", s.dir, err)
	}
	for _, input := range inputs {
		name := strings.TrimPrefix(filepath.Base(input), "input")
		t.Run("input"+strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			args := append([]string{"run", filepath.Join(s.dir, s.workflow), "--input", "@" + input, "--json"}, where...)
			args = append(args, s.config(t)...)
			if values := filepath.Join(s.dir, "values.yaml"); exists(values) {
				args = append(args, "--subst-file", values)
			}
			ended := run(t, binary, args...)
			if want := filepath.Join(s.dir, "expected"+name); exists(want) {
				ended.mustGive(t, read(t, want))
			} else {
				ended.mustFail(t, read(t, filepath.Join(s.dir, "failure"+name)))
			}
		})
	}
}

// ending is how an execution ended, as "statelark run --json" prints it.
type ending struct {
	Status string          `json:"status"`
	Output json.RawMessage `json:"output"`
	Error  string          `json:"error"`
	Cause  string          `json:"cause"`

	exitCode int
	stderr   string
}

// exitCodes are those that the command documents.
var exitCodes = map[string]int{"SUCCEEDED": 0, "FAILED": 1, "TIMED_OUT": 5, "ABORTED": 6}

// run runs "statelark run --json …" and checks that its exit code goes with the status.
func run(t *testing.T, binary string, args ...string) *ending {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.Command(binary, args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	e := &ending{exitCode: command.ProcessState.ExitCode(), stderr: stderr.String()}
	if err := json.Unmarshal(stdout.Bytes(), e); err != nil {
		t.Fatalf("statelark %s ended with code %d and printed %q:\n%s", strings.Join(args, " "), e.exitCode, &stdout, &stderr)
	}
	if want, known := exitCodes[e.Status]; !known || e.exitCode != want {
		t.Errorf("the exit code of %s is %d, want %d", e.Status, e.exitCode, want)
	}
	return e
}

// mustGive checks the output to the letter.
func (e *ending) mustGive(t *testing.T, want string) {
	t.Helper()
	if got := string(e.Output); e.Status != "SUCCEEDED" || got != strings.TrimSpace(want) {
		t.Errorf("ended %s with output\n%s\nwant\n%s\n%s", e.Status, got, want, e.stderr)
	}
}

// mustFail checks the members that want has.
func (e *ending) mustFail(t *testing.T, want string) {
	t.Helper()
	got := map[string]string{"status": e.Status, "error": e.Error, "cause": e.Cause}
	var members map[string]string
	if err := json.Unmarshal([]byte(want), &members); err != nil {
		t.Fatalf("reading the expected failure: %v", err)
	}
	for key, text := range members {
		if got[key] != text {
			t.Errorf("%s is %q, want %q\n%s", key, got[key], text, e.stderr)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
