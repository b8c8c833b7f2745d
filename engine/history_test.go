package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/statelark/statelark/history"
)

// pages reads a history in pages.
func (r *rig) pages(arn string, n int, reverse bool) []history.Event {
	r.t.Helper()
	var all []history.Event
	first := int64(0)
	for {
		page, err := r.History(context.Background(), arn, first, n, reverse)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(page) > n {
			r.t.Fatalf("a page of %d has %d events", n, len(page))
		}
		all = append(all, page...)
		if len(page) < n {
			return all
		}
		if first = page[len(page)-1].ID + 1; reverse {
			if first -= 2; first == 0 {
				return all
			}
		}
	}
}

func TestPagesOfAHistory(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		m := r.machine("M", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"T"},"T":{`+lambda+`,"End":true}}},"End":true}}}`)
		items := "[0" + strings.Repeat(",1", 299) + "]"
		d := r.run(m, "e", items)
		for _, n := range []int{1, 7, 100, 1000, 10_000} {
			for _, reverse := range []bool{false, true} {
				events := r.pages(d.ARN(), n, reverse)
				is(t, "events", int64(len(events)), d.Events)
				for i, ev := range events {
					want := int64(i + 1)
					if reverse {
						want = d.Events - int64(i)
					}
					if ev.ID != want {
						t.Fatalf("pages of %d, reverse %v: event %d stands at place %d", n, reverse, ev.ID, i)
					}
				}
			}
		}
		beyond, err := r.History(context.Background(), d.ARN(), d.Events+1, 10, false)
		if err != nil || len(beyond) > 0 {
			t.Errorf("beyond the end: %v, %v", beyond, err)
		}
	})
}

// A payload that many events show is stored once.
func TestLargePayloadsAreStoredOnce(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		var states strings.Builder
		for i := range 10 {
			fmt.Fprintf(&states, `"S%d":{"Type":"Pass","Assign":{"v%d.$":"$"},"Next":"S%d"},`, i, i, i+1)
		}
		m := r.machine("M", `{"StartAt":"S0","States":{`+states.String()+`"S10":{`+lambda+`,"Next":"W"},"W":{"Type":"Wait","Seconds":5,"Next":"P"},
			"P":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{`+lambda+`,"End":true}}},{"StartAt":"Y","States":{"Y":{"Type":"Pass","End":true}}}],"ResultSelector":{"one.$":"$[1]"},"OutputPath":"$.one","End":true}}}`)
		input := `"` + strings.Repeat("large ", 1000) + `"`
		arn := r.start(m, "e", input)
		r.restart()
		d := r.ended(arn)
		is(t, "output", d.Output == input, true)
		for _, ev := range r.pages(arn, 100, false) {
			if ev.Type == history.PassStateEntered && ev.Data != input {
				t.Errorf("event %d has %d bytes", ev.ID, len(ev.Data))
			}
		}
		total := 0
		for _, size := range r.store.blobs {
			total += size
		}
		t.Logf("%d payloads of %d bytes in all", len(r.store.blobs), total)
		if len(r.store.blobs) > 3 { // the input, the Task's result, and the result of the Parallel state
			t.Errorf("%d payloads are stored", len(r.store.blobs))
		}
	})
}
