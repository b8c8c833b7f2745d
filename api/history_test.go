package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// TestHistoryPages walks histories page by page: every event comes once, in order.
func TestHistoryPages(t *testing.T) {
	p := newPlayer(t)
	p.play(`> CreateStateMachine {"name":"m","definition":"$pass","roleArn":"arn:aws:iam::123456789012:role/r"}
> StartExecution {"stateMachineArn":"$machinem","name":"x"}`)
	for _, n := range []int{1, 99, 100, 101, 250} {
		p.engine.events = events(n)
		for _, size := range []int{0, 1, 99, 100, 101, 249, 250, 1000} {
			for _, reverse := range []bool{false, true} {
				want, step := 1, 1
				if reverse {
					want, step = n, -1
				}
				full := size
				if size == 0 {
					full = defaultPage
				}
				for page := range historyPages(t, p.api, size, reverse) {
					if len(page) != full && want+step*len(page) != n+1 && want+step*len(page) != 0 {
						t.Errorf("%d events by %d, reverse %v: a page of %d", n, size, reverse, len(page))
					}
					for _, id := range page {
						if id != int64(want) {
							t.Fatalf("%d events by %d, reverse %v: event %d is %d", n, size, reverse, want, id)
						}
						want += step
					}
				}
				if want != n+1 && want != 0 {
					t.Errorf("%d events by %d, reverse %v: ended before %d", n, size, reverse, want)
				}
			}
		}
	}
}

// TestHistoryBytes asks for many large events: a page does not grow without bound.
func TestHistoryBytes(t *testing.T) {
	p := newPlayer(t)
	p.play(`> CreateStateMachine {"name":"m","definition":"$pass","roleArn":"arn:aws:iam::123456789012:role/r"}
> StartExecution {"stateMachineArn":"$machinem","name":"x"}`)
	p.engine.events = events(60)
	for i := range p.engine.events {
		p.engine.events[i].Data = `"` + strings.Repeat("x", asl.MaxPayload-2) + `"`
	}
	next := int64(1)
	pages := 0
	for page := range historyPages(t, p.api, 1000, false) {
		pages++
		if bytes := len(page) * asl.MaxPayload; bytes == 0 || bytes > historyBytes+2*asl.MaxPayload {
			t.Errorf("page %d has %d events", pages, len(page))
		}
		for _, id := range page {
			if id != next {
				t.Fatalf("event %d is %d", next, id)
			}
			next++
		}
	}
	if next != 61 || pages < 3 {
		t.Errorf("%d events on %d pages", next-1, pages)
	}
}

// historyPages yields the ids of the events on each page.
func historyPages(t *testing.T, h http.Handler, size int, reverse bool) func(func([]int64) bool) {
	return func(yield func([]int64) bool) {
		token := ""
		for {
			body := fmt.Sprintf(`{"executionArn":"%s","maxResults":%d,"reverseOrder":%v%s}`, testPlace.ARN("states", "execution:m:x"), size, reverse, token)
			w := serve(h, "GetExecutionHistory", body, http.Header{})
			answer, err := value.Parse(w.Body.String())
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%s: %d %.200s %v", body, w.Code, w.Body, err)
			}
			list, _ := answer.Get("events")
			var ids []int64
			for _, e := range list.Elems() {
				id, _ := e.Get("id")
				i, _ := id.Int()
				ids = append(ids, i)
			}
			next, more := answer.Get("nextToken")
			if !yield(ids) || !more {
				return
			}
			token = `,"nextToken":` + next.Text()
		}
	}
}
