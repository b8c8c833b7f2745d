package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/task"
)

func TestStats(t *testing.T) {
	var hold chan struct{}
	f := function(func(ctx context.Context, c *task.Call) (task.Outcome, error) {
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return task.Outcome{Output: c.Input}, nil
	})
	inBubbleWith(t, Options{MaxTasks: 4}, f, func(r *rig) {
		hold = make(chan struct{}) // of the bubble
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"T"},"T":{`+lambda+`,"End":true}}}`)
		synctest.Wait() // the first load of timers is over: what is set while it reads may be read as well, and fire twice
		for i := range 3 {
			r.start(m, fmt.Sprint("e", i), `{}`)
		}
		synctest.Wait()
		time.Sleep(6 * time.Second)
		synctest.Wait()
		s := r.Stats()
		is(t, "lines", len(s.Lines), 1)
		is(t, "running", s.Lines[0].Running, 1)
		is(t, "waiting", s.Lines[0].Waiting, 2)
		is(t, "timers", s.TimersLateMillis.Counts[0], 3)
		is(t, "batches", sum(s.BatchChanges.Counts), s.Commits)
		is(t, "batches that took their time", sum(s.CommitMicros.Counts), s.Commits)
		close(hold)
		synctest.Wait()
		is(t, "lines in the end", len(r.Stats().Lines), 0)
	})
}

func sum(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func TestATallyCountsUpToItsBounds(t *testing.T) {
	h := newTally(1, 10)
	for _, v := range []int64{0, 1, 2, 10, 11} {
		h.add(v)
	}
	got := h.read()
	if !slices.Equal(got.Counts, []uint64{2, 2, 1}) || got.Sum != 24 {
		t.Errorf("counted %v, sum %d", got.Counts, got.Sum)
	}
}

func TestFewLinesAreTold(t *testing.T) {
	var lines []LineStats
	for i := range maxLineStats + 10 {
		lines = append(lines, LineStats{Name: fmt.Sprint(i), Running: 1, Waiting: i})
	}
	got := longest(lines)
	if last := got[len(got)-1]; len(got) != maxLineStats+1 || last != (LineStats{"", 10, 45}) {
		t.Errorf("%d lines, the last is %+v", len(got), last)
	}
}

func TestStatsOfExecutionsAndVersions(t *testing.T) {
	inBubble(t, forever, func(r *rig) {
		ctx := t.Context()
		m := r.machine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"End":true}}}`)
		is(t, "published", len(r.Stats().Published), 0)
		if _, err := r.PublishVersion(ctx, m, "", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := r.CreateAlias(ctx, &statelark.Alias{Machine: m, Name: "a", Routes: []statelark.Route{{Version: 1, Weight: 100}}}); err != nil {
			t.Fatal(err)
		}
		is(t, "published", fmt.Sprint(r.Stats().Published), fmt.Sprint([]PublishedStats{{m, 1, 1}}))
		x, y := r.start(m, "x", "1"), r.start(m, "y", "1")
		is(t, "running", r.Stats().OpenExecutions, 2)
		is(t, "limit", r.Stats().OpenExecutionLimit, 1_000_000)
		for _, arn := range []string{x, y} {
			if _, err := r.StopExecution(ctx, arn, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		is(t, "running", r.Stats().OpenExecutions, 0)
		if err := r.DeleteAlias(ctx, m, "a"); err != nil {
			t.Fatal(err)
		}
		is(t, "published", fmt.Sprint(r.Stats().Published), fmt.Sprint([]PublishedStats{{m, 1, 0}}))
	})
}
