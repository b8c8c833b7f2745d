package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// bucketsDir is where the server of a benchmark has its buckets.
func bucketsDir(dir string) string { return filepath.Join(dir, "buckets") }

// writeLines makes a CSV file of n lines, some 100 bytes each.
func writeLines(name string, n int) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	_, _ = fmt.Fprintln(w, "id,name,address,amount,comment")
	for i := range n {
		_, _ = fmt.Fprintf(w, "%d,customer number %d,\"12 Long Street, Springfield\",%d.25,nothing to say about this one\n", i, i, i%1000)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// benchDistributed: Map Runs over the lines of a CSV file, with results in files, and what a client meets meanwhile that
// starts one execution after another.
func benchDistributed(s settings) error {
	for _, c := range []struct {
		kind  string
		items int
	}{{"EXPRESS", s.items}, {"STANDARD", s.items / 10}} {
		if err := distributed(c.kind, c.items); err != nil {
			return err
		}
	}
	return nil
}

// mapOfLines is a Map Run over the lines of a CSV file, with results in files.
func mapOfLines(kind string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
		"Parameters":{"Bucket":"data","Key":"in.csv"},"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"data","Prefix":"out"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind + `"},"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"End":true}}}`
}

func distributed(kind string, n int) error {
	srv, _, err := startServer("")
	if err != nil {
		return err
	}
	defer srv.stop(true)
	if err := writeLines(filepath.Join(bucketsDir(srv.dir), "data", "in.csv"), n); err != nil {
		return err
	}
	machine, err := srv.create("map", mapOfLines(kind))
	if err != nil {
		return err
	}
	other, err := srv.create("other", `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`)
	if err != nil {
		return err
	}
	cpu, from := srv.cpu(), time.Now()
	if err := srv.call("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":"run","input":"{}"}`, machine), nil); err != nil {
		return err
	}
	execution := strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":run"
	waits, done, err := srv.startMeanwhile(other, execution, int64(n))
	if err != nil {
		return err
	}
	mapped, took := done.Sub(from), time.Since(from)
	fmt.Printf("%-34s %8.0f items/s   %d in %v, results written after %v   server CPU %.1f µs/item   resident %.0f MB at most\n",
		"Map Run of a CSV file, "+kind, float64(n)/mapped.Seconds(), n, mapped.Round(time.Millisecond), took.Round(time.Millisecond),
		float64((srv.cpu()-cpu).Microseconds())/float64(n), float64(peakOf(srv.cmd.Process.Pid))/1e6)
	fmt.Printf("%-34s          p50 %v   p99 %v   of %d\n", "  StartExecution meanwhile", percentile(waits, .5).Round(10*time.Microsecond),
		percentile(waits, .99).Round(10*time.Microsecond), len(waits))
	return nil
}

// startMeanwhile starts one execution of a machine after another until the Map Run of an execution has ended. It returns
// how long each start took, and when n items of the run were seen to be done.
func (s *server) startMeanwhile(machine, execution string, n int64) (waits []time.Duration, done time.Time, err error) {
	looked := time.Now()
	for i := 0; ; i++ {
		began := time.Now()
		if err := s.call("StartExecution", fmt.Sprintf(`{"stateMachineArn":%q,"name":"o-%d","input":"{}"}`, machine, i), nil); err != nil {
			return nil, done, err
		}
		waits = append(waits, time.Since(began))
		time.Sleep(2 * time.Millisecond)
		if time.Since(looked) < 20*time.Millisecond {
			continue
		}
		looked = time.Now()
		succeeded, status, err := s.mapRun(execution)
		if err != nil {
			return nil, done, err
		}
		if succeeded == n && done.IsZero() {
			done = time.Now()
		}
		switch status {
		case "RUNNING":
		case "SUCCEEDED":
			return waits, done, nil
		default:
			return nil, done, fmt.Errorf("the Map Run ended %s", status)
		}
	}
}

// mapRun tells how many items of the one Map Run of an execution succeeded, and how the run stands.
func (s *server) mapRun(execution string) (succeeded int64, status string, err error) {
	var out []byte
	if err := s.call("ListMapRuns", fmt.Sprintf(`{"executionArn":%q}`, execution), &out); err != nil {
		return 0, "", err
	}
	var list struct {
		MapRuns []struct {
			MapRunArn string `json:"mapRunArn"`
		} `json:"mapRuns"`
	}
	if err := json.Unmarshal(out, &list); err != nil || len(list.MapRuns) == 0 {
		return 0, "RUNNING", err
	}
	if err := s.call("DescribeMapRun", fmt.Sprintf(`{"mapRunArn":%q}`, list.MapRuns[0].MapRunArn), &out); err != nil {
		return 0, "", err
	}
	var run struct {
		Status     string `json:"status"`
		ItemCounts struct {
			Succeeded int64 `json:"succeeded"`
		} `json:"itemCounts"`
	}
	err = json.Unmarshal(out, &run)
	return run.ItemCounts.Succeeded, run.Status, err
}
