package sqs

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark/awswire"
)

// peek looks at a whole queue, so many messages at a time.
func (c *client) peek(queue string, most int) string {
	c.Helper()
	var all []string
	for after := ""; ; {
		list, next, err := c.service.Peek(&awswire.Request{Service: "sqs", Place: here}, queue, after, most)
		if err != nil || len(list) > most {
			c.Fatalf("%d messages, %v", len(list), err)
		}
		for _, m := range list {
			all = append(all, m.Body+" "+m.State+" "+m.Attributes["ApproximateReceiveCount"])
		}
		if after = next; after == "" {
			return strings.Join(all, ", ")
		}
	}
}

// TestPeek looks at messages in all their states, and sees that nothing has become of them by that, and that a service that has read
// nothing yet shows the same.
func TestPeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"MessageRetentionPeriod":"60","VisibilityTimeout":"30"`)
		c.send("q", `"MessageBody":"old"`)
		time.Sleep(30 * time.Second)
		c.send("q", `"MessageBody":"b","MessageAttributes":{"n":{"DataType":"Number","StringValue":"7"}}`)
		c.send("q", `"MessageBody":"c","DelaySeconds":20`)
		c.receive("q", "")
		time.Sleep(time.Second)
		const want = "old in flight 1, b visible 0, c delayed 0"
		for _, most := range []int{1, 2, 3, 10} {
			c.want("peeked", c.peek("q", most), want)
		}
		c.want("counts", c.counts("q"), "1 1 1")
		c.restart()
		c.want("peeked after a restart", c.peek("q", 2), want)
		time.Sleep(30 * time.Second)
		c.want("peeked when one is too old", c.peek("q", 2), "b visible 0, c visible 0")
		list, _, err := c.service.Peek(&awswire.Request{Service: "sqs", Place: here}, "q", "", 1)
		if err != nil || list[0].Own["n"] != "7" {
			t.Errorf("attributes: %+v %v", list, err)
		}
	})
}

func TestPeekRefusals(t *testing.T) {
	c := start(t)
	c.queue("q", "")
	for _, of := range [][2]string{{"nothing", ""}, {"q", "nonsense"}, {"q", "00"}} {
		_, _, err := c.service.Peek(&awswire.Request{Service: "sqs", Place: here}, of[0], of[1], 1)
		if refused := (*awswire.Error)(nil); !errors.As(err, &refused) {
			t.Errorf("%q after %q: %v", of[0], of[1], err)
		}
	}
}
