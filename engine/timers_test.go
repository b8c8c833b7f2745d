package engine

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// timersHeld returns how many timers all owners hold, and how many of those were taken away.
func (r *rig) timersHeld() (armed, gone int) {
	for _, o := range r.owners {
		o.timers.mu.Lock()
		armed, gone = armed+len(o.timers.heap), gone+len(o.timers.gone)
		o.timers.mu.Unlock()
	}
	return armed, gone
}

func TestTimersThatFiredAreForgotten(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}`)
		synctest.Wait() // what was there at the start has been read
		for i := range 100 {
			r.start(m, fmt.Sprint("e", i), `{}`)
		}
		synctest.Wait()
		armed, gone := r.timersHeld()
		is(t, "armed", armed, 100)
		is(t, "taken away", gone, 0)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		armed, gone = r.timersHeld()
		is(t, "armed in the end", armed, 0)
		is(t, "taken away in the end", gone, 0)
	})
}

func TestTimersThatWereTakenAwayAreForgottenWhenTheyWouldFire(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"T","States":{"T":{`+lambda+`,"TimeoutSeconds":20,"End":true}}}`)
		synctest.Wait() // what was there at the start has been read
		for i := range 100 {
			r.run(m, fmt.Sprint("e", i), `{}`)
		}
		time.Sleep(21 * time.Second)
		synctest.Wait()
		armed, gone := r.timersHeld()
		is(t, "armed", armed, 0)
		is(t, "taken away", gone, 0)
	})
}

// A Wait beyond what is kept in memory is read from the store when its time comes near, to the millisecond.
func TestWaitsOfAllLengths(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		for _, seconds := range []int{1, 59, 60, 61, 90, 119, 121, 3600, 7200} {
			m := r.machine(fmt.Sprint("M", seconds), fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":%d,"End":true}}}`, seconds))
			d := r.run(m, "e", `{}`)
			is(t, "duration", d.Stop.Sub(d.Start), time.Duration(seconds)*time.Second)
		}
	})
}

func TestTimersAfterARestart(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"End":true}}}`)
		before, during := r.start(m, "before", `{}`), r.start(m, "during", `{}`)
		time.Sleep(10 * time.Second)
		r.restart()
		is(t, "duration", func() time.Duration { d := r.ended(before); return d.Stop.Sub(d.Start) }(), 30*time.Second)
		is(t, "duration", func() time.Duration { d := r.ended(during); return d.Stop.Sub(d.Start) }(), 30*time.Second)
		late := r.start(m, "late", `{}`)
		r.shut()
		time.Sleep(time.Minute) // its time comes while nobody is there
		r.open()
		is(t, "duration", func() time.Duration { d := r.ended(late); return d.Stop.Sub(d.Start) }(), time.Minute)
	})
}
