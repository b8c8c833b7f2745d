package crash

import (
	"context"
	"fmt"
	"strings"
)

// stream is a way by which messages come to a queue.
type stream struct {
	name string
	fifo bool
	// again: a kill may have a message delivered once more, as another one.
	again bool
	// send sends a message; group and message are in its text: "NAME-CLIENT-NUMBER".
	send func(ctx context.Context, c *services, group, text string) error
}

var streams = []*stream{
	{name: "plain", send: func(ctx context.Context, c *services, _, text string) error {
		_, err := c.do(ctx, "sqs", "SendMessage", object{"QueueUrl": "plain", "MessageBody": text})
		return err
	}},
	{name: "row.fifo", fifo: true, send: func(ctx context.Context, c *services, group, text string) error {
		_, err := c.do(ctx, "sqs", "SendMessage", object{
			"QueueUrl": "row.fifo", "MessageBody": text, "MessageGroupId": group, "MessageDeduplicationId": text,
		})
		return err
	}},
	{name: "told", again: true, send: func(ctx context.Context, c *services, _, text string) error {
		_, err := c.query(ctx, "Publish", "TopicArn", arnIn("sns", "told"), "Message", text)
		return err
	}},
	{name: "toldrow.fifo", fifo: true, send: func(ctx context.Context, c *services, group, text string) error {
		_, err := c.query(ctx, "Publish", "TopicArn", arnIn("sns", "toldrow.fifo"), "Message", text, "MessageGroupId", group, "MessageDeduplicationId", text)
		return err
	}},
	{name: "event", again: true, send: func(ctx context.Context, c *services, _, text string) error {
		out, err := c.do(ctx, "events", "PutEvents", object{"Entries": []object{{"Source": "crash", "DetailType": "told", "Detail": fmt.Sprintf(`{"text":%q}`, text)}}})
		if err == nil && at(out, "FailedEntryCount") != 0.0 {
			return &denial{status: 500, code: textAt(out, "Entries", 0, "ErrorCode"), text: "the entry failed"}
		}
		return err
	}},
}

func arnIn(service, name string) string {
	return "arn:aws:" + service + ":" + region + ":" + account + ":" + name
}

// prepare makes the queue and what leads to it.
func (x *stream) prepare(ctx context.Context, c *services) error {
	attributes := object{"VisibilityTimeout": visibility}
	if x.fifo {
		attributes["FifoQueue"] = "true"
	}
	if _, err := c.do(ctx, "sqs", "CreateQueue", object{"QueueName": x.name, "Attributes": attributes}); err != nil {
		return err
	}
	queue := arnIn("sqs", x.name)
	switch {
	case strings.HasPrefix(x.name, "told"):
		fields := []string{"Name", x.name}
		if x.fifo {
			fields = append(fields, "Attributes.entry.1.key", "FifoTopic", "Attributes.entry.1.value", "true")
		}
		if _, err := c.query(ctx, "CreateTopic", fields...); err != nil {
			return err
		}
		_, err := c.query(ctx, "Subscribe", "TopicArn", arnIn("sns", x.name), "Protocol", "sqs", "Endpoint", queue,
			"Attributes.entry.1.key", "RawMessageDelivery", "Attributes.entry.1.value", "true")
		return err
	case x.name == "event":
		if _, err := c.do(ctx, "events", "PutRule", object{"Name": "told", "EventPattern": `{"source":["crash"]}`}); err != nil {
			return err
		}
		_, err := c.do(ctx, "events", "PutTargets", object{"Rule": "told", "Targets": []object{{"Id": "queue", "Arn": queue, "InputPath": "$.detail.text"}}})
		return err
	}
	return nil
}

// visibility is that of every queue, in seconds: what was received when the program was killed comes again after it.
const visibility = "4"

// parcel is a message.
type parcel struct {
	sent    bool // acknowledged; otherwise it may be there
	gone    bool // its deletion was acknowledged
	maybe   bool // its deletion was asked for
	arrived int
}

// messageText is the text of a message, without the quotes that an event's input has.
func messageText(m any) string { return strings.Trim(textAt(m, "Body"), `"`) }

// groupOf splits a text into its group and its number there.
func groupOf(text string) (group string, n int) {
	i := strings.LastIndexByte(text, '-')
	if i < 0 {
		return text, -1
	}
	if _, err := fmt.Sscan(text[i+1:], &n); err != nil {
		return text, -1
	}
	return text[:i], n
}
