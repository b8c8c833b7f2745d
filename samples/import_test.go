package samples

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/statelark/statelark/servertest"
)

// importing is the way through samples/import/README.md.
type importing struct {
	dir    string // a copy of the sample
	args   []string
	binary string
	server *servertest.Server
	client *sfn.Client
}

const importLines = 100_000

// TestImport maps over 100,000 lines, kills the server in the middle, and redrives what fails.
func TestImport(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers and a hundred thousand lines")
	}
	s := newImporting(t)
	execution := s.begin(t)
	run := s.mapRun(t, execution, func(r *sfn.DescribeMapRunOutput) bool { return r.ItemCounts.Succeeded > 0 })
	s.server.Kill(t)
	s.start(t)
	s.wait(t, execution, types.ExecutionStatusFailed)
	failed := s.mapRun(t, execution, func(r *sfn.DescribeMapRunOutput) bool { return r.Status == types.MapRunStatusFailed })
	if *failed.MapRunArn != *run.MapRunArn {
		t.Errorf("after the kill there is another Map Run, %s", *failed.MapRunArn)
	}
	if n := failed.ItemCounts.Failed; n != 500 {
		t.Errorf("%d items failed, want the 500 of one child", n)
	}
	s.mustHave(t, failed)

	rates := `{"EUR": 1, "USD": 0.9, "GBP": 1.2}`
	if err := os.WriteFile(filepath.Join(s.dir, "functions", "rates.json"), []byte(rates), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &execution}); err != nil {
		t.Fatal(err)
	}
	s.wait(t, execution, types.ExecutionStatusSucceeded)
	ended := s.mapRun(t, execution, func(r *sfn.DescribeMapRunOutput) bool { return r.Status == types.MapRunStatusSucceeded })
	s.mustHave(t, ended)
	if n := ended.ItemCounts.Succeeded; n != importLines {
		t.Errorf("%d items succeeded, want %d", n, importLines)
	}
	if n := s.written(t); n != importLines {
		t.Errorf("the result files tell of %d orders, want %d", n, importLines)
	}
}

func newImporting(t *testing.T) *importing {
	python := needPython(t, false)
	s := &importing{dir: t.TempDir(), binary: servertest.Build(t)}
	if err := os.CopyFS(s.dir, os.DirFS("import")); err != nil {
		t.Fatal(err)
	}
	bucket := filepath.Join(s.dir, "buckets", "imports")
	if err := os.MkdirAll(bucket, 0o700); err != nil {
		t.Fatal(err)
	}
	made := exec.Command(python, filepath.Join(s.dir, "make.py"), filepath.Join(bucket, "orders.csv"))
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("make.py: %v\n%s", err, out)
	}
	s.args = []string{"--config", filepath.Join(s.dir, "statelark.yaml"), "--data", filepath.Join(s.dir, "data"),
		"--s3-directory", filepath.Join(s.dir, "buckets")}
	s.start(t)
	return s
}

func (s *importing) start(t *testing.T) {
	s.server = servertest.StartBinary(t, s.binary, s.args...)
	s.client = s.server.Client()
}

// begin starts the execution.
func (s *importing) begin(t *testing.T) string {
	name, role := "import", "arn:aws:iam::123456789012:role/any"
	definition := read(t, filepath.Join(s.dir, "import.asl.json"))
	made, err := s.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: &role})
	if err != nil {
		t.Fatal(err)
	}
	input := `{"key": "orders.csv"}`
	started, err := s.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: made.StateMachineArn, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return *started.ExecutionArn
}

// until asks again and again, for two minutes at most, until is says yes.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(2 * time.Minute); !is(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

func (s *importing) wait(t *testing.T, execution string, want types.ExecutionStatus) {
	t.Helper()
	var x *sfn.DescribeExecutionOutput
	until(t, "the end of the execution", func() (ended bool) {
		var err error
		if x, err = s.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution}); err != nil {
			t.Fatal(err)
		}
		return x.Status != types.ExecutionStatusRunning
	})
	if x.Status != want {
		cause := ""
		if x.Cause != nil {
			cause = *x.Cause
		}
		t.Fatalf("the execution is %s, want %s: %s", x.Status, want, cause)
	}
}

// mapRun returns the one Map Run of the execution, once it is as wanted.
func (s *importing) mapRun(t *testing.T, execution string, is func(*sfn.DescribeMapRunOutput) bool) (run *sfn.DescribeMapRunOutput) {
	t.Helper()
	until(t, "the Map Run", func() bool {
		list, err := s.client.ListMapRuns(t.Context(), &sfn.ListMapRunsInput{ExecutionArn: &execution})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.MapRuns) == 0 {
			return false
		}
		if run, err = s.client.DescribeMapRun(t.Context(), &sfn.DescribeMapRunInput{MapRunArn: list.MapRuns[0].MapRunArn}); err != nil {
			t.Fatal(err)
		}
		return len(list.MapRuns) == 1 && is(run)
	})
	return run
}

// mustHave holds the counters of a run that has ended to each other.
func (s *importing) mustHave(t *testing.T, r *sfn.DescribeMapRunOutput) {
	t.Helper()
	c := r.ItemCounts
	if sum := c.Pending + c.Running + c.Succeeded + c.Failed + c.TimedOut + c.Aborted; sum != c.Total || c.Total != importLines || c.Running != 0 {
		t.Errorf("the counters of items are %+v", *c)
	}
}

// written counts the orders that the result files tell of: those that the last manifest names.
func (s *importing) written(t *testing.T) (orders int) {
	bucket := filepath.Join(s.dir, "buckets", "imports")
	manifests, err := filepath.Glob(filepath.Join(bucket, "results", "*", "Redrive-1", "manifest.json"))
	if err != nil || len(manifests) != 1 {
		t.Fatalf("the manifests of the redrive are %q (%v)", manifests, err)
	}
	var manifest struct {
		ResultFiles map[string][]struct{ Key string }
	}
	if err := json.Unmarshal([]byte(read(t, manifests[0])), &manifest); err != nil {
		t.Fatal(err)
	}
	if n := len(manifest.ResultFiles["FAILED"]) + len(manifest.ResultFiles["PENDING"]); n != 0 {
		t.Errorf("the manifest names %d files of what did not succeed", n)
	}
	for _, file := range manifest.ResultFiles["SUCCEEDED"] {
		lines := bufio.NewScanner(strings.NewReader(read(t, filepath.Join(bucket, file.Key))))
		for lines.Scan() {
			var result struct{ Orders int }
			if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
				t.Fatal(err)
			}
			orders += result.Orders
		}
	}
	return orders
}
