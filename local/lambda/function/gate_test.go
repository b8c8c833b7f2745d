package function

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// TestGateIsFair: who waited longest runs next, and one that gives up holds up nobody.
func TestGateIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 100)
		var order []int
		done := make(chan struct{})
		enter := func(ctx context.Context, n int) {
			place, err := g.reserve()
			if err != nil {
				t.Error(err)
				return
			}
			go func() {
				if err := place.wait(ctx); err != nil {
					return
				}
				order = append(order, n) // one at a time: each of them is let in by the test
				<-done
				place.leave()
			}()
			synctest.Wait()
		}
		left, leave := context.WithCancel(t.Context())
		for n := range 20 {
			ctx := t.Context()
			if n == 5 {
				ctx = left
			}
			enter(ctx, n)
		}
		leave()
		synctest.Wait()
		for range 19 {
			done <- struct{}{}
			synctest.Wait()
		}
		if !slices.IsSorted(order) || len(order) != 19 {
			t.Errorf("they ran in the order %v", order)
		}
	})
}

func TestGateIsBounded(t *testing.T) {
	g := newGate(1, 2)
	for range 2 {
		if _, err := g.reserve(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := g.reserve()
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != "TooManyRequestsException" {
		t.Errorf("the third of a queue of two got %v", err)
	}
}

func TestConcurrencySettings(t *testing.T) {
	for _, test := range []struct{ all, own, command, url int }{
		{0, 0, 16, 1000}, {0, 3, 3, 3}, {5, 0, 5, 5}, {5, 3, 3, 3},
	} {
		c := open(t, Options{Concurrency: test.all})
		for name, code := range map[string]Code{"command": {Command: []string{"true"}}, "url": {URL: "http://h"}} {
			if err := c.Declare(Function{Name: name, Concurrency: test.own, Code: code}); err != nil {
				t.Fatal(err)
			}
		}
		got := [2]int{cap(c.functions[key{name: "command"}].latest.gate.slots), cap(c.functions[key{name: "url"}].latest.gate.slots)}
		if got != [2]int{test.command, test.url} {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}
