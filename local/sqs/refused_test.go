package sqs

import (
	"errors"
	"testing"
	"time"

	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// refusing is a store that takes nothing while full is set.
type refusing struct {
	kv.Store
	full bool
}

func (r *refusing) Apply(b *kv.Batch) error {
	if r.full {
		return errors.New("no space left")
	}
	return r.Store.Apply(b)
}

// TestRefusedByStore: what the store did not take has not happened: no message is there that was not sent, none is gone or in flight, and
// no group is locked.
func TestRefusedByStore(t *testing.T) {
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is memory
	store := &refusing{Store: db.Part("sqs")}
	c := &client{TB: t, service: New(local.Options{Store: store, Endpoint: "http://127.0.0.1:8083", Now: time.Now})}
	for _, queue := range []struct{ create, more string }{
		{`{"QueueName":"q"}`, ""},
		{`{"QueueName":"q.fifo","Attributes":{"FifoQueue":"true","ContentBasedDeduplication":"true"}}`, `,"MessageGroupId":"g"`},
	} {
		var made struct{ QueueURL string }
		c.ok("CreateQueue", queue.create, &made)
		url := made.QueueURL
		send := func(text string) string {
			return `{"QueueUrl":"` + url + `","MessageBody":"` + text + `"` + queue.more + `}`
		}
		receive := `{"QueueUrl":"` + url + `","MaxNumberOfMessages":10}`
		c.ok("SendMessage", send("first"), nil)
		store.full = true
		for operation, input := range map[string]string{"SendMessage": send("refused"), "ReceiveMessage": receive} {
			if _, err := c.do(t.Context(), operation, input); err == nil {
				t.Errorf("with a full store %s of %s is answered", operation, url)
			}
		}
		store.full = false
		c.ok("SendMessage", send("second"), nil)
		var got receiveOutput
		c.ok("ReceiveMessage", receive, &got)
		if n := len(got.Messages); n != 2 {
			t.Errorf("%s has %d messages, want the two that were sent", url, n)
		}
	}
}
