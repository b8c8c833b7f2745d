package shortcut

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble runs f with a server on pipes. The bubble sees to it that nothing of the server is left.
func inBubble(t *testing.T, f func(*testing.T, *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serve(r.pipes)
		f(t, r)
		r.end()
	})
}

const hello, helloBack = `{"text":"hello"}`, `200 {"text":"hello"}`

func TestRequestsFollowEachOther(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		c := r.dial()
		large := `{"text":"` + strings.Repeat("x", 40<<10) + `"}`
		for _, body := range []string{hello, large, hello} {
			go c.send(request("Echo", body))
			if got := c.answer(); got != "200 "+body {
				t.Errorf("%.80s…", got)
			}
		}
		for b := range []byte(request("Echo", hello)) { // byte by byte
			c.send(request("Echo", hello)[b : b+1])
		}
		if got := c.answer(); got != helloBack {
			t.Error(got)
		}
		go c.send(request("Echo", hello) + request("Echo", `{}`) + request("Echo", hello))
		for _, want := range []string{helloBack, "400 ", helloBack} {
			if got := c.answer(); !strings.HasPrefix(got, want) {
				t.Errorf("%s is not %s", got, want)
			}
		}
		if n := r.byHTTP.Load(); n != 0 {
			t.Errorf("package net/http answered %d requests", n)
		}
	})
}

// After anything unusual package net/http has the connection.
func TestHandOver(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		c := r.dial()
		chunked := "POST / HTTP/1.1\r\nHost: known\r\nX-Amz-Target: Test.Echo\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + hello + "\r\n0\r\n\r\n"
		go c.send(request("Echo", hello) + chunked + request("Echo", hello))
		for range 3 {
			if got := c.answer(); got != helloBack {
				t.Error(got)
			}
		}
		if n := r.byHTTP.Load(); n != 2 {
			t.Errorf("package net/http answered %d requests", n)
		}
	})
}

func TestTimes(t *testing.T) {
	whole := request("Echo", hello)
	for name, c := range map[string]struct {
		first    string // is sent and answered before
		sent     string
		min, max time.Duration
	}{
		"nothing":                    {"", "", headerTimeout, headerTimeout},
		"a part of a head":           {"", whole[:20], headerTimeout, headerTimeout},
		"a part of a later head":     {whole, whole[:20], headerTimeout, headerTimeout},
		"a part of a body":           {"", whole[:len(whole)-1], bodyTimeout, bodyTimeout},
		"a part of a later body":     {whole, whole[:len(whole)-1], bodyTimeout, bodyTimeout},
		"nothing more":               {whole, "", idleTimeout - idleTimeout/slack, idleTimeout},
		"a part of the first line":   {"", "PO", headerTimeout, headerTimeout},
		"a part of what is not ours": {"", "GET / HTTP/1.1\r\n", headerTimeout, headerTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *rig) {
				conn := r.dial()
				if c.first != "" {
					conn.send(c.first)
					conn.answer()
				}
				from := time.Now()
				conn.send(c.sent)
				conn.over()
				if took := time.Since(from); took < c.min || took > c.max {
					t.Errorf("it was closed after %v", took)
				}
			})
		})
	}
}

// A connection in use is not closed, however long it is.
func TestLongConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		c := r.dial()
		for range 100 {
			c.send(request("Echo", hello))
			if got := c.answer(); got != helloBack {
				t.Fatal(got)
			}
			time.Sleep(idleTimeout - idleTimeout/slack - time.Millisecond) // in the bubble's time
		}
	})
}

func TestClientLeaves(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		for _, after := range []time.Duration{0, watchAfter, time.Hour} {
			c := r.dial()
			c.send(request("Wait", ""))
			time.Sleep(after) // in the bubble's time
			from := time.Now()
			_ = c.Close()
			if err := <-r.left; err == nil || time.Since(from) > watchAfter {
				t.Errorf("%v, after %v", err, time.Since(from))
			}
		}
	})
}

// What the client sends while it waits is kept.
func TestRequestDuringAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		c := r.dial()
		for _, wait := range []time.Duration{time.Millisecond, watchAfter, time.Minute, 10 * time.Minute} {
			c.send(request("Wait", ""))
			time.Sleep(wait) // in the bubble's time
			next := request("Echo", hello)
			go c.send(next)
			synctest.Wait()
			r.release <- struct{}{}
			for _, want := range []string{"200 {}", helloBack} {
				if got := c.answer(); got != want {
					t.Errorf("%v: %s is not %s", wait, got, want)
				}
			}
		}
	})
}

func TestShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		resting, fresh, working, theirs := r.dial(), r.dial(), r.dial(), r.dial()
		resting.send(request("Echo", hello))
		resting.answer()
		working.send(request("Wait", ""))
		theirs.send(strings.Replace(request("Wait", ""), "Host", "Connection: close\r\nHost", 1))
		synctest.Wait()
		if r.waiting.Load() != 2 || r.byHTTP.Load() != 1 {
			t.Fatalf("%d wait, %d in package net/http", r.waiting.Load(), r.byHTTP.Load())
		}
		shut := make(chan error, 1)
		go func() { shut <- r.server.Shutdown(t.Context()) }()
		resting.over()
		fresh.over()
		synctest.Wait()
		select {
		case err := <-shut:
			t.Fatal("Shutdown does not wait: ", err)
		default:
		}
		close(r.release)
		for _, c := range []*client{working, theirs} {
			if got := c.answer(); got != "200 {}" {
				t.Error(got)
			}
			c.over()
		}
		if err := <-shut; err != nil {
			t.Error(err)
		}
		if err := <-r.served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		r.served <- http.ErrServerClosed // for the end of the test
	})
}

func TestShutdownIsCutShort(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		c := r.dial()
		c.send(request("Wait", ""))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := r.server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-r.left; err == nil {
			t.Error("Close leaves a request alone")
		}
	})
}
