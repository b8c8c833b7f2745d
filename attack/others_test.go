package attack

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/servertest"
)

// What others are promised, whatever somebody does.
const (
	promisedP99 = 100 * time.Millisecond
	promisedMax = 500 * time.Millisecond
)

// noise is how much of the control's times an attacked server is excused for. It is more than one: it shares its
// processors with all that the machine does, and the control, which does little, notices less of that.
const noise = 2

// othersEvery is the time between two starts of others.
const othersEvery = 20 * time.Millisecond

const smallMachine = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}`

// others are clients that start small executions at a steady rate, whether those before were answered or not, at two
// servers: the one that is attacked and, so that the noise of the machine is known, one that is not.
type others struct {
	attacked, control *crowd
}

func newOthers(t *testing.T, attacked *servertest.Server) *others {
	control := servertest.StartBinary(t, binary)
	return &others{newCrowd(t, attacked), newCrowd(t, control)}
}

// check ends the clients and holds the server to what it promises, with an allowance for noise.
func (o *others) check(t *testing.T) string {
	t.Helper()
	a, c := o.attacked.end(), o.control.end()
	if a.failures > 0 {
		t.Errorf("%d of %d of others' StartExecution failed, the first with: %v", a.failures, a.n, a.failure)
	}
	if a.p99 > promisedP99+noise*c.p99 {
		t.Errorf("others' StartExecution p99 %v, want at most %v and twice the control's %v%s", a.p99, promisedP99, c.p99, load())
	}
	if a.max > promisedMax+noise*c.max {
		t.Errorf("others' longest StartExecution %v, want at most %v and twice the control's %v%s", a.max, promisedMax, c.max, load())
	}
	return fmt.Sprintf("others %v (control %v)", a, c)
}

// load says what the machine does, where it can be known.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (%d processors, load %s)", runtime.NumCPU(), strings.Fields(string(text))[0])
}

type crowd struct {
	cancel context.CancelFunc // ends the clients
	done   chan struct{}      // closed when no client starts another execution

	working sync.WaitGroup
	mu      sync.Mutex // guards what follows
	times   []time.Duration
	failed  []error
}

func newCrowd(t *testing.T, s *servertest.Server) *crowd {
	c := newClient(s)
	c.create(t, "small", smallMachine)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	o := &crowd{cancel: cancel, done: make(chan struct{})}
	answers, stop := context.WithCancel(context.Background())
	context.AfterFunc(ctx, func() { time.AfterFunc(patience, stop) })
	go o.run(ctx, answers, c)
	return o
}

// patience is how long, after the end, an answer is waited for.
const patience = 3 * time.Second

func (o *crowd) run(ctx, answers context.Context, c *client) {
	defer close(o.done)
	tick := time.NewTicker(othersEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		at := time.Now()
		o.working.Go(func() {
			err := c.start(answers, "small", "other-"+strconv.Itoa(n), "{}")
			took := time.Since(at)
			o.mu.Lock()
			defer o.mu.Unlock()
			o.times = append(o.times, took)
			if err != nil {
				o.failed = append(o.failed, err)
			}
		})
	}
}

// served is how a crowd was served.
type served struct {
	n, failures int
	failure     error
	p50, p99    time.Duration
	max         time.Duration
}

func (s served) String() string {
	return fmt.Sprintf("p50 %v p99 %v max %v of %d", s.p50, s.p99, s.max, s.n)
}

func (o *crowd) end() served {
	o.cancel()
	<-o.done
	o.working.Wait()
	slices.Sort(o.times)
	at := func(p int) time.Duration {
		if len(o.times) == 0 {
			return 0
		}
		return o.times[min(len(o.times)*p/100, len(o.times)-1)].Round(100 * time.Microsecond)
	}
	s := served{n: len(o.times), failures: len(o.failed), p50: at(50), p99: at(99), max: at(100)}
	if s.failures > 0 {
		s.failure = o.failed[0]
	}
	return s
}

// memory watches what a server has resident.
type memory struct {
	stop chan struct{}
	peak chan int64 // bytes, once
}

func watchMemory(s *servertest.Server) *memory {
	m := &memory{stop: make(chan struct{}), peak: make(chan int64, 1)}
	go func() {
		peak := int64(0)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, resident(s.PID()))
			select {
			case <-tick.C:
			case <-m.stop:
				m.peak <- peak
				return
			}
		}
	}()
	return m
}

// check ends the watch and holds the peak against a bound, in MB.
func (m *memory) check(t *testing.T, bound int64) string {
	t.Helper()
	close(m.stop)
	peak := <-m.peak / 1e6
	if peak > bound {
		t.Errorf("%d MB were resident at most, want at most %d MB", peak, bound)
	}
	return fmt.Sprintf("resident %d MB (bound %d)", peak, bound)
}

// resident returns the resident memory of a process in bytes, 0 where there is no /proc.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
