package crash

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// figures are what TestKill measures.
type figures struct {
	kills, early int             // early: before the process answered
	open         []int           // executions, at each kill
	answered     []time.Duration // from the start of a process to its first answer
	resumed      []time.Duration // until every Wait that was over by then had ended
	cut          int             // killed before that
}

// TestKill kills the program again and again while its clients live on.
func TestKill(t *testing.T) {
	n := *kills
	if testing.Short() {
		n = min(n, 3)
	}
	w := newWorld(t, *seed, *open)
	w.live()
	select {
	case <-w.opened:
	case <-w.ctx.Done():
		t.Fatalf("there have never been %d executions open at once", *open)
	}
	var f figures
	for f.kills < n && w.ctx.Err() == nil {
		if err := w.killOnce(&f); err != nil {
			t.Fatalf("after %d kills: %v", f.kills, err)
		}
	}
	audited := w.finish(t)
	t.Logf("seed %d: %d kills, %d of them before the first answer, %d executions open (median), %d audited",
		*seed, f.kills, f.early, median(f.open), audited)
	t.Logf("start to first answer: p50 %v, max %v (%d starts)", median(f.answered), longest(f.answered), len(f.answered))
	t.Logf("start to all overdue Waits ended: p50 %v, max %v (%d starts; %d were killed before)",
		median(f.resumed), longest(f.resumed), len(f.resumed), f.cut)
}

// finish lets everything come to its end and audits it; it returns how many executions that were.
func (w *world) finish(t *testing.T) int {
	close(w.enough)
	w.drain()
	if w.ctx.Err() != nil {
		t.Fatal("the clients have given up")
	}
	w.end()
	w.server.kill() // what is told after this was kept on disk
	if _, err := w.server.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w.audit(t.Context())
}

// killOnce kills the process and starts the next one, of which it kills some before they answer. It returns when
// that has had up to 300 ms.
func (w *world) killOnce(f *figures) error {
	w.mu.Lock()
	f.open = append(f.open, len(w.open))
	w.mu.Unlock()
	f.kills++
	w.server.kill()
	from := time.Now()
	if err := w.server.start(); err != nil {
		return err
	}
	if w.intn(3) == 0 {
		f.kills++
		f.early++
		pause(w.ctx, w.upTo(60*time.Millisecond))
		w.server.kill()
		from = time.Now()
		if err := w.server.start(); err != nil {
			return err
		}
	}
	if err := w.server.answered(w.ctx); err != nil {
		return err
	}
	f.answered = append(f.answered, time.Since(from))
	until := time.Now().Add(w.upTo(300 * time.Millisecond))
	w.measureResumption(f, from, until)
	pause(w.ctx, time.Until(until))
	return nil
}

// measureResumption measures how long after from every Wait has ended that was over before the server answered.
func (w *world) measureResumption(f *figures, from, until time.Time) {
	var overdue []*execution
	w.mu.Lock()
	for x := range w.open {
		if x.kind.name == "wait" && time.Since(x.start) > time.Duration(x.seconds)*time.Second {
			overdue = append(overdue, x)
		}
	}
	w.mu.Unlock()
	if len(overdue) == 0 {
		return
	}
	for _, x := range overdue {
		for {
			d, err := w.client.DescribeExecution(w.ctx, &sfn.DescribeExecutionInput{ExecutionArn: &x.arn})
			if err == nil && d.Status != types.ExecutionStatusRunning {
				break
			}
			if time.Now().After(until) || w.ctx.Err() != nil {
				f.cut++
				return
			}
		}
	}
	f.resumed = append(f.resumed, time.Since(from))
}

// drain waits until no execution runs and all ends were seen.
func (w *world) drain() {
	for _, k := range slices.Concat(kinds, children) {
		for running := 1; running > 0 && pause(w.ctx, 20*time.Millisecond); {
			items, err := list(w.ctx, w.client, k.name, types.ExecutionStatusRunning)
			if err == nil {
				running = len(items)
			}
		}
	}
	for open := 1; open > 0 && pause(w.ctx, 20*time.Millisecond); {
		w.mu.Lock()
		open = len(w.open)
		w.mu.Unlock()
	}
}

func median[T int | time.Duration](all []T) T {
	if len(all) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

func longest(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return slices.Max(all)
}
