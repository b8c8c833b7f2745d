package sqs

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fill sends n messages in batches: "0", "1", ...
func (c *client) fill(queue string, n int, more func(i int) string) {
	c.Helper()
	for begin := 0; begin < n; begin += maxBatch {
		var entries []string
		for i := begin; i < min(n, begin+maxBatch); i++ {
			entries = append(entries, fmt.Sprintf(`{"Id":"%d","MessageBody":"%d"%s}`, i, i, more(i)))
		}
		c.ok("SendMessageBatch", fmt.Sprintf(`{"QueueUrl":%q,"Entries":[%s]}`, queue, strings.Join(entries, ",")), nil)
	}
}

// drain receives and deletes n messages, which come in order.
func (c *client) drain(queue string, from, n int) {
	c.Helper()
	for i := from; i < from+n; {
		bodies, got := c.receive(queue, all)
		if len(got) == 0 {
			c.Fatalf("nothing is left after %d", i)
		}
		var entries []string
		for j, m := range got {
			if m.Body != fmt.Sprint(i) {
				c.Fatalf("got %s, want %d first", bodies, i)
			}
			i++
			entries = append(entries, fmt.Sprintf(`{"Id":"%d","ReceiptHandle":%q}`, j, m.ReceiptHandle))
		}
		c.ok("DeleteMessageBatch", fmt.Sprintf(`{"QueueUrl":%q,"Entries":[%s]}`, queue, strings.Join(entries, ",")), nil)
	}
}

// A queue that is larger than its index has all messages, in order, before and after a restart.
func TestLargeQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", "")
		const n = window + 2*pageSize + 5
		c.fill("q", n, func(int) string { return "" })
		c.want("counts", c.counts("q"), fmt.Sprint(n, " 0 0"))
		q, err := c.service.find(queueKey{here, "q"})
		if err != nil || len(q.entries) != window || q.unloaded != n-window {
			t.Fatalf("%v, %d entries, %d beside", err, len(q.entries), q.unloaded)
		}
		c.drain("q", 0, 500)
		c.restart()
		c.want("counts after a restart", c.counts("q"), fmt.Sprint(n-500, " 0 0"))
		c.drain("q", 500, n-500)
		c.want("counts at the end", c.counts("q"), "0 0 0")
		c.fill("q", 3, func(int) string { return "" })
		c.drain("q", 0, 3)
	})
}

// While more than the index holds is in flight, more is loaded.
func TestManyInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"VisibilityTimeout":"60"`)
		const n = window + pageSize + 10
		c.fill("q", n, func(int) string { return "" })
		for i := range n / 10 {
			if bodies, _ := c.receive("q", all); !strings.HasPrefix(bodies, fmt.Sprint(i*10, " ")) {
				t.Fatalf("receive %d has %s", i, bodies)
			}
		}
		c.want("all are in flight", c.counts("q"), fmt.Sprint("0 ", n, " 0"))
		time.Sleep(time.Minute)
		c.want("all are back", c.counts("q"), fmt.Sprint(n, " 0 0"))
		c.drain("q", 0, n)
	})
}

// What is too old behind the index goes as well, when its turn comes.
func TestRetentionBehindTheIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"MessageRetentionPeriod":"60"`)
		c.fill("q", window+pageSize, func(int) string { return "" })
		time.Sleep(time.Minute)
		c.send("q", `"MessageBody":"young"`)
		bodies, _ := c.receive("q", "")
		c.want("received", bodies, "young")
		c.want("counts", c.counts("q"), "0 1 0")
	})
}

func TestInFlightLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", "")
		c.send("q", `"MessageBody":"m"`)
		q, err := c.service.find(queueKey{here, "q"})
		if err != nil {
			t.Fatal(err)
		}
		q.inflight += maxInflight // as if others were
		c.want("short poll", c.refused("ReceiveMessage", `{"QueueUrl":"q"}`), "OverLimit: The maximum number of in flight messages is reached: 120000.")
		bodies, _ := c.receive("q", `,"WaitTimeSeconds":1`)
		c.want("long poll", bodies, "")
		q.inflight -= maxInflight
		bodies, _ = c.receive("q", "")
		c.want("afterwards", bodies, "m")
	})
}
