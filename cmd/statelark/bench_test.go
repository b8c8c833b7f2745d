package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/client"
)

// BenchmarkStart measures a server from the start of its process to its first answer, over a store that is
// there already, and the memory that it then holds. The program is built as releases are.
func BenchmarkStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "statelark")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	data := b.TempDir()
	start(b, program, data) // makes the store
	var times []time.Duration
	var memory []float64
	for b.Loop() {
		took, rss := start(b, program, data)
		times, memory = append(times, took), append(memory, rss)
	}
	slices.Sort(times)
	slices.Sort(memory)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "median-ms/start")
	b.ReportMetric(memory[len(memory)/2], "median-MB-rss")
	b.ReportMetric(float64(info.Size())/1e6, "MB-binary")
}

// start starts a server, waits for an answer, and kills it.
func start(b *testing.B, program, data string) (took time.Duration, rss float64) {
	port, err := freePort()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, "server", "--listen", "127.0.0.1:"+port, "--data", data)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it is alive, or else the benchmark has failed already
		_ = cmd.Wait()
	}()
	api := client.New("http://127.0.0.1:"+port, home)
	for {
		if _, err = api.Call(b.Context(), "ListStateMachines"); err == nil {
			break
		}
		if time.Since(began) > patience {
			b.Fatal(err)
		}
	}
	took = time.Since(began)
	rss, err = residentMemory(cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	return took, rss
}

// residentMemory is what Linux says a process holds, in MB.
func residentMemory(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if size, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(size), "kB")), 64)
			return kb / 1000, err
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}
