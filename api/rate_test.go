package api

import (
	"fmt"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/limits"
)

func TestBuckets(t *testing.T) {
	now := time.Unix(0, 0)
	b := &buckets{rate: limits.Rate{Size: 3, Refill: 2}, now: func() time.Time { return now }, at: make(map[arn.Place]*bucket)}
	here, there := arn.Place{Region: "a"}, arn.Place{Region: "b"}
	took := func(place arn.Place, tries int) (n int) {
		for range tries {
			if b.take(place) {
				n++
			}
		}
		return n
	}
	for _, step := range []struct {
		pass time.Duration
		want int
	}{{0, 3}, {500 * time.Millisecond, 1}, {-time.Hour, 0}, {time.Hour, 3}, {250 * time.Millisecond, 0}, {250 * time.Millisecond, 1}} {
		now = now.Add(step.pass)
		if got := took(here, 10); got != step.want {
			t.Errorf("after %v more: %d calls, want %d", step.pass, got, step.want)
		}
	}
	if got := took(there, 10); got != 3 {
		t.Errorf("in another place: %d calls", got)
	}
	for i := range 3 * maxBuckets {
		b.take(arn.Place{Region: fmt.Sprint(i)})
	}
	if len(b.at) > maxBuckets {
		t.Errorf("there are %d buckets", len(b.at))
	}
}
