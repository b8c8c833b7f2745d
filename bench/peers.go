package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// peer is something that runs the workflow of the table: steps of payloadSize bytes, each durable before the
// next begins (where the peer is durable at all), from the call to the result.
type peer interface {
	// start brings it up, from nothing. Its error wraps errMissing where it is not installed.
	start(c *peerSettings) error
	// client returns what one client does: run a workflow and return once its result is there.
	client(n int) (func() error, error)
	// processes returns the process ids of the server and of what does the steps, where that is another process.
	processes() (server, steps []int)
	stop()
}

var errMissing = errors.New("not installed; see bench/peers/install")

type namedPeer struct {
	name string
	peer func() peer
}

var peers = []namedPeer{
	{"statelark-url", func() peer { return &statelarkPeer{} }},
	{"statelark-activity", func() peer { return &statelarkPeer{workers: 64} }},
	{"restate", func() peer { return &restatePeer{} }},
	{"temporal-activity", func() peer { return &appPeer{launch: temporalApp("activities")} }},
	{"temporal-local", func() peer { return &appPeer{launch: temporalApp("local")} }},
	{"dbos", func() peer { return &appPeer{launch: dbosApp} }},
	{"statelark-pass", func() peer { return &emulatorPeer{launch: statelarkPass} }},
	{"ministack-pass", func() peer { return &emulatorPeer{launch: ministack, anew: true} }},
	{"moto-pass", func() peer { return &emulatorPeer{launch: moto, anew: true} }},
}

type peerSettings struct {
	clients  []int
	duration time.Duration
	warmup   time.Duration
	runs     int
	steps    int    // of the workflow
	binary   string // of Statelark; "": build it
	built    string // directory of what was built
	profile  string
	cache    string
}

// comparePeers is the command "peers".
func comparePeers(args []string) error {
	flags := flag.NewFlagSet("peers", flag.ExitOnError)
	pattern := flags.String("run", ".", "run the peers whose name matches")
	clients := flags.String("clients", "1,16,256", "numbers of clients")
	c := &peerSettings{}
	flags.IntVar(&c.runs, "runs", 1, "rounds over all peers; every round prints its lines")
	flags.IntVar(&c.steps, "steps", 5, "steps of the workflow")
	flags.DurationVar(&c.duration, "time", 10*time.Second, "length of a run")
	flags.DurationVar(&c.warmup, "warmup", 2*time.Second, "time before each run that is not counted")
	flags.StringVar(&c.binary, "binary", "", "measure this Statelark binary, not one built from the checkout")
	flags.StringVar(&c.profile, "cpuprofile", "", "write Statelark's CPU profiles to `PREFIX`.PEER.CLIENTS.pprof")
	home, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	flags.StringVar(&c.cache, "cache", filepath.Join(home, "statelark-bench"), "where bench/peers/install has put the peers")
	_ = flags.Parse(args) // it exits
	if c.clients, err = numbers(*clients); err != nil {
		return err
	}
	match, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}
	defer c.clean()
	if err := c.build(); err != nil {
		return err
	}
	fmt.Println("peer                 clients  workflows/s     p50      p99  CPU µs/workflow: server  steps  generator    all   server RSS")
	for range c.runs {
		for _, p := range peers {
			if match.MatchString(p.name) {
				c.measure(p)
			}
		}
	}
	return nil
}

func numbers(list string) ([]int, error) {
	var ns []int
	for f := range strings.SplitSeq(list, ",") {
		var n int
		if _, err := fmt.Sscan(f, &n); err != nil {
			return nil, fmt.Errorf("reading %q as a number: %w", f, err)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

// measure prints a peer's lines. What goes wrong with one does not end the others.
func (c *peerSettings) measure(p namedPeer) {
	for _, clients := range c.clients {
		err := c.measureOne(p, clients)
		if err == nil {
			continue
		}
		fmt.Printf("%-20s %7d  %v\n", p.name, clients, err)
		if errors.Is(err, errMissing) {
			return
		}
	}
}

// measureOne is a line: a fresh server, a warm-up, a run.
func (c *peerSettings) measureOne(p namedPeer, clients int) error {
	peer := p.peer()
	defer peer.stop()
	if err := peer.start(c); err != nil {
		return err
	}
	run := peerRun{peer: peer, clients: clients}
	if err := run.dial(); err != nil {
		return err
	}
	if _, err := run.load(c.warmup); err != nil {
		return err
	}
	server, steps := peer.processes()
	if profiled, ok := peer.(interface {
		profileTo(string, time.Duration) func()
	}); ok && c.profile != "" {
		defer profiled.profileTo(fmt.Sprintf("%s.%s.%d.pprof", c.profile, p.name, clients), c.duration)()
	}
	serverCPU, stepsCPU, ownCPU, from := cpuOf(server...), cpuOf(steps...), cpuOf(os.Getpid()), time.Now()
	times, err := run.load(c.duration)
	if err != nil {
		return err
	}
	took, n := time.Since(from), float64(max(len(times), 1))
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / n }
	own, done, did := cpuOf(os.Getpid())-ownCPU, cpuOf(server...)-serverCPU, cpuOf(steps...)-stepsCPU
	fmt.Printf("%-20s %7d  %11.1f  %8v %8v  %23.0f %6.0f %10.0f %6.0f  %8.0f MB\n", p.name, clients, n/took.Seconds(),
		percentile(times, .5).Round(10*time.Microsecond), percentile(times, .99).Round(10*time.Microsecond),
		each(done), each(did), each(own), each(done+did+own), float64(rssOf(server...))/1e6)
	return nil
}

// peerRun is clients in a closed loop.
type peerRun struct {
	peer    peer
	clients int
	calls   []func() error
}

func (r *peerRun) dial() error {
	for n := range r.clients {
		call, err := r.peer.client(n)
		if err != nil {
			return err
		}
		r.calls = append(r.calls, call)
	}
	return nil
}

// load runs workflows for so long and returns how long each took. A workflow that has begun is waited for.
func (r *peerRun) load(d time.Duration) ([]time.Duration, error) {
	times, failures := make([][]time.Duration, r.clients), make([]error, r.clients)
	var wg sync.WaitGroup
	from := time.Now()
	for n, call := range r.calls {
		wg.Go(func() {
			for time.Since(from) < d {
				at := time.Now()
				if failures[n] = call(); failures[n] != nil {
					return
				}
				times[n] = append(times[n], time.Since(at))
			}
		})
	}
	wg.Wait()
	var all []time.Duration
	for _, t := range times {
		all = append(all, t...)
	}
	return all, errors.Join(failures...)
}
