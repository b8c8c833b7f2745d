package console

import (
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
)

// tally counts executions by the minute, for a day.
type tally struct {
	minutes [24 * 60]minuteCounts
	running int64 // as it was told, and by what happened since
}

// minuteCounts are those of one minute.
type minuteCounts struct {
	minute                                        int64 // since 1970
	started, succeeded, failed, timedOut, aborted int
}

// at returns the counts of a minute, nil when it is too long ago.
func (t *tally) at(minute int64) *minuteCounts {
	c := &t.minutes[minute%int64(len(t.minutes))]
	if c.minute < minute {
		*c = minuteCounts{minute: minute}
	}
	if c.minute > minute {
		return nil
	}
	return c
}

func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

// count counts what a change says of the status of an execution.
func (t *tally) count(n *engine.News, redriven bool) {
	x := n.Execution
	if n.Began || redriven {
		t.running++
	}
	if c := t.at(minuteOf(x.Start)); n.Began && c != nil {
		c.started++
	}
	if !n.Ended {
		return
	}
	t.running--
	if c := t.at(minuteOf(x.Stop)); c != nil {
		c.ended(x.Status)
	}
}

// ended counts the end of an execution.
func (c *minuteCounts) ended(s statelark.Status) {
	switch s {
	case statelark.Succeeded:
		c.succeeded++
	case statelark.Failed:
		c.failed++
	case statelark.TimedOut:
		c.timedOut++
	case statelark.Aborted:
		c.aborted++
	}
}

// statuses are the executions that ended within a day, by status, and those that run.
func (t *tally) statuses(now time.Time) map[string]int {
	oldest := minuteOf(now) - int64(len(t.minutes))
	var all minuteCounts
	for i := range t.minutes {
		if c := &t.minutes[i]; c.minute > oldest {
			all.succeeded, all.failed, all.timedOut, all.aborted = all.succeeded+c.succeeded, all.failed+c.failed, all.timedOut+c.timedOut, all.aborted+c.aborted
		}
	}
	return map[string]int{
		statelark.Running.String(): int(max(0, t.running)), statelark.Succeeded.String(): all.succeeded,
		statelark.Failed.String(): all.failed, statelark.TimedOut.String(): all.timedOut, statelark.Aborted.String(): all.aborted,
	}
}

// minute is the one under way.
func (t *tally) minute(now time.Time) Minute { return t.shown(minuteOf(now)) }

func (t *tally) shown(minute int64) Minute {
	m := Minute{At: time.Unix(minute*60, 0).UTC()}
	if c := &t.minutes[minute%int64(len(t.minutes))]; c.minute == minute {
		m.Started, m.Succeeded, m.Failed = c.started, c.succeeded, c.failed+c.timedOut+c.aborted
	}
	return m
}

// hour are the last 60 minutes, oldest first.
func (t *tally) hour(now time.Time) []Minute {
	list := make([]Minute, 60)
	for i := range list {
		list[i] = t.shown(minuteOf(now) - int64(len(list)-1-i))
	}
	return list
}
