package crash

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	audited := w.audit(t.Context())
	w.auditLog()
	return audited
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

// stuckAfter is how long nothing may end while executions run that ought to: none takes half as long.
const stuckAfter = time.Minute

// drain waits until no execution runs and all ends were seen. When nothing ends any more that is wrong, and it tells
// what still runs.
func (w *world) drain() {
	var before []string
	since := time.Now()
	for pause(w.ctx, 100*time.Millisecond) {
		ctx, cancel := context.WithTimeout(w.ctx, stuckAfter)
		left, err := w.left(ctx)
		cancel()
		switch {
		case w.ctx.Err() != nil:
			return
		case err != nil:
			w.wrong("what runs cannot be listed: %v\n%s", err, w.server.told())
		case len(left) == 0:
			return
		case !slices.Equal(left, before):
			before, since = left, time.Now()
		case time.Since(since) > stuckAfter:
			w.wrong("nothing has ended for %v, and there are left:\n%s", stuckAfter, w.tellLeft(left))
		}
	}
}

// left returns the ARNs of the executions that run or whose end was not seen, in order.
func (w *world) left(ctx context.Context) ([]string, error) {
	var arns []string
	for _, k := range slices.Concat(kinds, children) {
		items, err := list(ctx, w.client, k.name, types.ExecutionStatusRunning)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			arns = append(arns, *item.ExecutionArn)
		}
	}
	w.mu.Lock()
	for x := range w.open {
		arns = append(arns, x.arn)
	}
	w.mu.Unlock()
	slices.Sort(arns)
	return slices.Compact(arns), nil
}

// tellLeft tells what the clients and the server know of the first of the executions that are left.
func (w *world) tellLeft(arns []string) string {
	var b strings.Builder
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	for _, arn := range arns[:min(len(arns), 10)] {
		fmt.Fprintf(&b, "%s\n", arn)
		if x := w.find(arn[strings.LastIndexByte(arn, ':')+1:]); x != nil {
			x.mu.Lock()
			fmt.Fprintf(&b, "\tacknowledged as of %v, StopExecution was called: %v, and answered: %v\n", x.start, x.stopping, x.stopped)
			x.mu.Unlock()
		}
		events, err := history(ctx, w.client, arn)
		if err != nil {
			fmt.Fprintf(&b, "\tits history: %v\n", err)
		}
		b.WriteString(tell(events))
	}
	if more := len(arns) - 10; more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	return b.String()
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
