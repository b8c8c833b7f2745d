// Command bench measures Statelark as its users meet it: a server process with the durable store, spoken to over
// HTTP by a load generator in another process on the same machine.
//
//	go run ./bench                 every benchmark, 3 runs of 5 s each, medians
//	go run ./bench -run http -runs 1 -time 2s
//	go run ./bench -run services -short
//
// Rates on a shared machine move by ±40 %; CPU time per operation is the figure to compare. Server CPU is that of
// the server process alone (user and system, from /proc), without the load generator.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"
)

type settings struct {
	runs     int
	duration time.Duration
	clients  []int
	idle     int
	items    int
	profile  string
}

// benchmark is one line or several of the report.
type benchmark struct {
	name string
	run  func(settings) error
}

var benchmarks = []benchmark{
	{"startup", benchStartup},
	{"http", benchHTTP},
	{"express", benchExpress},
	{"events", benchEvents},
	{"map", benchMap},
	{"maps", benchMaps},
	{"distributed", benchDistributed},
	{"activity", benchActivity},
	{"writes", benchWrites},
	{"services", benchServices},
	{"idle", benchIdle},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "peers" {
		if err := comparePeers(os.Args[2:]); err != nil {
			fail(fmt.Errorf("peers: %w", err))
		}
		return
	}
	serve := flag.String("serve", "", "be the server of a benchmark, on this address")
	dir := flag.String("dir", "", "with -serve: its directory")
	profiles := flag.String("profiles", "", "with -serve: the address of its CPU profiles")
	steps := flag.String("steps", "", "be the steps of the peers' workflow, on this address")
	activity := flag.String("activity", "", "with -steps: the activity at -serve that workers poll")
	workers := flag.Int("workers", 0, "with -steps: so many of them")
	pattern := flag.String("run", ".", "run the benchmarks whose name matches")
	s := settings{clients: []int{1, 16, 256}}
	flag.IntVar(&s.runs, "runs", 3, "runs of each; the median is printed")
	flag.DurationVar(&s.duration, "time", 5*time.Second, "length of a run")
	short := flag.Bool("short", false, "one run of a second: whether it all works, more than how fast it is")
	flag.IntVar(&s.idle, "idle", 1_000_000, "executions of the benchmark idle")
	flag.IntVar(&s.items, "items", 1_000_000, "lines of the benchmark distributed; a tenth of it with STANDARD children")
	flag.StringVar(&s.profile, "cpuprofile", "", "write the server's CPU profile of the last run here")
	flag.Parse()
	if *short {
		s.runs, s.duration = 1, time.Second
	}
	if *steps != "" {
		if err := serveSteps(*steps, *serve, *activity, *workers); err != nil {
			fail(err)
		}
		return
	}
	if *serve != "" {
		if err := serveBench(*serve, *dir, *profiles); err != nil {
			fail(err)
		}
		return
	}
	match, err := regexp.Compile(*pattern)
	if err != nil {
		fail(err)
	}
	for _, b := range benchmarks {
		if match.MatchString(b.name) {
			if err := b.run(s); err != nil {
				fail(fmt.Errorf("%s: %w", b.name, err))
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// median of durations or rates, which it sorts.
func median[T float64 | time.Duration](xs []T) T {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

func percentile(xs []time.Duration, p float64) time.Duration {
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return xs[min(len(xs)-1, int(float64(len(xs))*p))]
}
