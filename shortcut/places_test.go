package shortcut

import (
	"testing"
	"testing/synctest"
	"time"
)

// withPlaces is inBubble with a bound. full counts the calls of Full.
func withPlaces(t *testing.T, places int, f func(t *testing.T, r *rig, full *int)) {
	synctest.Test(t, func(t *testing.T) {
		full := 0
		r := newRig(t)
		r.server.MaxConns, r.server.Full = places, func() { full++ }
		r.serve(r.pipes)
		f(t, r, &full)
		r.end()
	})
}

// TestLongestIdleGivesWay: a connection for which there is no place gets that of the one that has been idle longest, be
// it the loop's or package net/http's.
func TestLongestIdleGivesWay(t *testing.T) {
	withPlaces(t, 3, func(t *testing.T, r *rig, full *int) {
		const get = "GET / HTTP/1.1\r\nHost: known\r\n\r\n"
		var conns []*client
		for i, text := range []string{request("Echo", hello), get, request("Echo", hello), request("Echo", hello), get, request("Echo", hello)} {
			c := r.dial()
			go c.send(text)
			c.answer()
			conns = append(conns, c)
			if i >= 3 {
				conns[i-3].over()
			}
			synctest.Wait()
			if n := r.server.taken(); n > 3 {
				t.Errorf("%d connections have a place", n)
			}
			time.Sleep(time.Second)
		}
		if *full != 3 {
			t.Errorf("it was full %d times", *full)
		}
		go conns[3].send(request("Echo", hello)) // it is still there
		if got := conns[3].answer(); got != helloBack {
			t.Error(got)
		}
	})
}

// TestBusyKeepTheirPlaces: no connection with a request loses its place; the next one gets it after the answer.
func TestBusyKeepTheirPlaces(t *testing.T) {
	const chunked = "POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Wait\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
	for name, wait := range map[string]string{"the loop's": request("Wait", "{}"), "package net/http's": chunked} {
		t.Run(name, func(t *testing.T) {
			withPlaces(t, 2, func(t *testing.T, r *rig, _ *int) {
				busy := []*client{r.dial(), r.dial()}
				waited := make(chan string, len(busy))
				for _, c := range busy {
					go func() {
						c.send(wait)
						waited <- c.answer()
					}()
				}
				synctest.Wait()
				next := r.dial()
				answered := make(chan string, 1)
				go func() {
					next.send(request("Echo", hello))
					answered <- next.answer()
				}()
				time.Sleep(time.Second)
				if len(answered) > 0 {
					t.Fatalf("the third connection is answered %s", <-answered)
				}
				r.release <- struct{}{}
				if got := <-answered; got != helloBack {
					t.Error(got)
				}
				r.release <- struct{}{}
				for range busy {
					if got := <-waited; got != "200 {}" {
						t.Error(got)
					}
				}
			})
		})
	}
}
