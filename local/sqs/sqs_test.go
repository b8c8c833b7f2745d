package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// client calls a service in process.
type client struct {
	testing.TB
	service *Service
	store   *kv.DB
}

func start(t testing.TB) *client {
	t.Helper()
	store, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{TB: t, store: store}
	c.restart()
	t.Cleanup(func() {
		c.stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *client) stop() {
	c.Helper()
	if err := c.service.Close(context.Background()); err != nil {
		c.Error(err)
	}
}

// restart makes a new service over the same store.
func (c *client) restart() {
	if c.service != nil {
		c.stop()
	}
	c.service = New(local.Options{Store: c.store.Part("sqs"), Endpoint: "http://127.0.0.1:8083", Now: time.Now})
}

func (c *client) do(ctx context.Context, operation, input string) (value.Value, error) {
	c.Helper()
	in, err := value.Parse(input)
	if err != nil {
		c.Fatalf("%s: %v", input, err)
	}
	do := c.service.Operations()[operation]
	if do == nil {
		c.Fatalf("no operation %s", operation)
	}
	reply, err := do(ctx, &awswire.Request{Service: "sqs", Operation: operation, Place: here, Input: in})
	if err != nil {
		return value.Value{}, err
	}
	return reply.Output, nil
}

// ok calls an operation that is to succeed and reads its answer.
func (c *client) ok(operation, input string, out any) {
	c.Helper()
	doc, err := c.do(context.Background(), operation, input)
	if err != nil {
		c.Fatalf("%s %s: %v", operation, input, err)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(doc.Text()), out); err != nil {
			c.Fatal(err)
		}
	}
}

// refused calls an operation that is to be refused and returns "Code: message".
func (c *client) refused(operation, input string) string {
	c.Helper()
	_, err := c.do(context.Background(), operation, input)
	var refusal *awswire.Error
	if !errors.As(err, &refusal) {
		c.Fatalf("%s %s: %v, want a refusal", operation, input, err)
	}
	return refusal.Error()
}

// queue makes a queue; attributes is what stands in its object.
func (c *client) queue(name, attributes string) {
	c.Helper()
	c.ok("CreateQueue", fmt.Sprintf(`{"QueueName":%q,"Attributes":{%s}}`, name, attributes), nil)
}

func (c *client) send(queue, more string) sendMessageOutput {
	c.Helper()
	var out sendMessageOutput
	c.ok("SendMessage", fmt.Sprintf(`{"QueueUrl":%q,%s}`, queue, more), &out)
	return out
}

// receive returns the bodies, with spaces between them, and the messages.
func (c *client) receive(queue, more string) (string, []receivedMessage) {
	c.Helper()
	var out receiveOutput
	c.ok("ReceiveMessage", fmt.Sprintf(`{"QueueUrl":%q%s}`, queue, more), &out)
	var bodies []string
	for _, m := range out.Messages {
		bodies = append(bodies, m.Body)
	}
	return strings.Join(bodies, " "), out.Messages
}

func (c *client) delete(queue string, m receivedMessage) {
	c.Helper()
	c.ok("DeleteMessage", fmt.Sprintf(`{"QueueUrl":%q,"ReceiptHandle":%q}`, queue, m.ReceiptHandle), nil)
}

func (c *client) attribute(queue, name string) string {
	c.Helper()
	var out attributesOutput
	c.ok("GetQueueAttributes", fmt.Sprintf(`{"QueueUrl":%q,"AttributeNames":["All"]}`, queue), &out)
	return out.Attributes[name]
}

// counts are the numbers of messages that are visible, in flight and delayed.
func (c *client) counts(queue string) string {
	c.Helper()
	return c.attribute(queue, "ApproximateNumberOfMessages") + " " + c.attribute(queue, "ApproximateNumberOfMessagesNotVisible") + " " +
		c.attribute(queue, "ApproximateNumberOfMessagesDelayed")
}

// rows counts the rows of a kind.
func (c *client) rows(kind byte) int {
	n := 0
	for _, err := range c.store.Part("sqs").Scan([]byte{kind}, []byte{kind + 1}, false) {
		if err != nil {
			c.Fatal(err)
		}
		n++
	}
	return n
}

func (c *client) want(what string, got, want any) {
	c.Helper()
	if got != want {
		c.Errorf("%s: %v, want %v", what, got, want)
	}
}

const all = `,"MaxNumberOfMessages":10`

func TestSendReceiveDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"VisibilityTimeout":"10"`)
		sent := c.send("q", `"MessageBody":"one","MessageAttributes":{"Foo":{"DataType":"String","StringValue":"Bar"}}`)
		c.want("MD5", sent.MD5OfMessageBody+" "+sent.MD5OfMessageAttributes, "f97c5d29941bfb1b2fdab0874906ab82 ae7155c6026991b6d54b11589678bf9c")
		c.send("q", `"MessageBody":"two"`)
		bodies, got := c.receive("http://elsewhere:1/123456789012/q", `,"AttributeNames":["All"],"MessageAttributeNames":["F.*"]`)
		c.want("first receive", bodies, "one")
		c.want("id", got[0].MessageID, sent.MessageID)
		c.want("count", got[0].Attributes["ApproximateReceiveCount"], "1")
		c.want("attribute", *got[0].MessageAttributes["Foo"].StringValue, "Bar")
		c.want("counts", c.counts("q"), "1 1 0")
		time.Sleep(5 * time.Second)
		bodies, _ = c.receive("q", all)
		c.want("second receive", bodies, "two")
		time.Sleep(5 * time.Second)
		bodies, again := c.receive("q", all)
		c.want("after the timeout of the first", bodies, "one")
		c.delete("q", got[0])
		c.want("an old handle deletes as well", c.counts("q"), "0 1 0")
		c.delete("q", again[0])
		c.want("deleted twice", c.counts("q"), "0 1 0")
	})
}

// What is received and deleted is so after a restart as well.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"VisibilityTimeout":"10"`)
		for i := range 5 {
			c.send("q", fmt.Sprintf(`"MessageBody":"m%d"`, i))
		}
		c.send("q", `"MessageBody":"late","DelaySeconds":3`)
		_, got := c.receive("q", `,"MaxNumberOfMessages":2`)
		c.delete("q", got[0])
		c.restart()
		c.want("counts", c.counts("q"), "3 1 1")
		bodies, _ := c.receive("q", `,"MaxNumberOfMessages":1`)
		c.want("next", bodies, "m2")
		c.delete("q", got[1])
		c.want("counts after a handle of before", c.counts("q"), "2 1 1")
		time.Sleep(3 * time.Second)
		bodies, _ = c.receive("q", all)
		c.want("with the delayed one", bodies, "m3 m4 late")
	})
}

func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"VisibilityTimeout":"4"`)
		begun := time.Now()
		after := func() string { return time.Since(begun).String() }
		bodies, _ := c.receive("q", `,"WaitTimeSeconds":3`)
		c.want("nothing", bodies+" after "+after(), " after 3s")

		// Those who wait are served in their order, at once.
		var wg sync.WaitGroup
		var mu sync.Mutex
		var served []string
		for i := range 3 {
			wg.Go(func() {
				bodies, _ := c.receive("q", `,"WaitTimeSeconds":20`)
				mu.Lock()
				defer mu.Unlock()
				served = append(served, fmt.Sprintf("%d:%s:%s", i, bodies, after()))
			})
			synctest.Wait()
		}
		for i := range 3 {
			time.Sleep(time.Second)
			c.send("q", fmt.Sprintf(`"MessageBody":"m%d"`, i))
			synctest.Wait()
		}
		wg.Wait()
		c.want("served", strings.Join(served, " "), "0:m0:4s 1:m1:5s 2:m2:6s")

		// A message that becomes visible again serves as well.
		bodies, got := c.receive("q", `,"WaitTimeSeconds":20`)
		c.want("visible again", bodies+" after "+after(), "m0 after 8s")
		go func() {
			time.Sleep(time.Second / 2)
			c.ok("ChangeMessageVisibility", fmt.Sprintf(`{"QueueUrl":"q","ReceiptHandle":%q,"VisibilityTimeout":0}`, got[0].ReceiptHandle), nil)
		}()
		bodies, _ = c.receive("q", `,"WaitTimeSeconds":20`)
		c.want("made visible", bodies+" after "+after(), "m0 after 8.5s")
	})
}

// A client that leaves takes no message with it.
func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", "")
		ctx, leave := context.WithCancel(context.Background())
		over := make(chan error)
		go func() {
			_, err := c.do(ctx, "ReceiveMessage", `{"QueueUrl":"q","WaitTimeSeconds":20}`)
			over <- err
		}()
		synctest.Wait()
		leave()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		c.send("q", `"MessageBody":"m"`)
		c.want("counts", c.counts("q"), "1 0 0")
	})
}

func TestDeletedQueueEndsReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", "")
		over := make(chan error)
		go func() {
			_, err := c.do(context.Background(), "ReceiveMessage", `{"QueueUrl":"q","WaitTimeSeconds":20}`)
			over <- err
		}()
		synctest.Wait()
		c.ok("DeleteQueue", `{"QueueUrl":"q"}`, nil)
		if err := <-over; err == nil || err.Error() != "QueueDoesNotExist: The specified queue does not exist." {
			t.Error(err)
		}
		c.want("a host alone", c.refused("SendMessage", `{"QueueUrl":"http://somewhere/","MessageBody":"m"}`), "QueueDoesNotExist: The specified queue does not exist.")
		c.want("no address", c.refused("SendMessage", `{"QueueUrl":"/","MessageBody":"m"}`), "InvalidAddress: The address / is not valid for this endpoint.")
		c.want("afterwards", c.refused("SendMessage", `{"QueueUrl":"q","MessageBody":"m"}`), "QueueDoesNotExist: The specified queue does not exist.")
	})
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q", `"MessageRetentionPeriod":"60"`)
		c.send("q", `"MessageBody":"old"`)
		time.Sleep(30 * time.Second)
		c.send("q", `"MessageBody":"young"`)
		time.Sleep(30 * time.Second)
		c.want("counts", c.counts("q"), "1 0 0")
		bodies, _ := c.receive("q", all)
		c.want("received", bodies, "young")
		time.Sleep(30 * time.Second)
		c.want("counts, in flight and too old", c.counts("q"), "0 0 0")
	})
}

func TestDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("dead", "")
		c.queue("q", `"VisibilityTimeout":"1","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:123456789012:dead\",\"maxReceiveCount\":\"2\"}"`)
		sent := c.send("q", `"MessageBody":"m"`)
		for range 2 {
			bodies, _ := c.receive("q", "")
			c.want("received", bodies, "m")
			time.Sleep(time.Second)
		}
		c.want("counts before", c.counts("q")+", "+c.counts("dead"), "1 0 0, 0 0 0")
		bodies, _ := c.receive("q", "")
		c.want("third receive", bodies, "")
		c.want("counts after", c.counts("q")+", "+c.counts("dead"), "0 0 0, 1 0 0")
		_, got := c.receive("dead", `,"AttributeNames":["All"],"VisibilityTimeout":0`)
		c.want("dead letter", got[0].MessageID+" "+got[0].Attributes["ApproximateReceiveCount"]+" "+got[0].Attributes["DeadLetterQueueSourceArn"],
			sent.MessageID+" 3 arn:aws:sqs:us-east-1:123456789012:q")

		var task startMoveOutput
		c.ok("StartMessageMoveTask", `{"SourceArn":"arn:aws:sqs:us-east-1:123456789012:dead"}`, &task)
		synctest.Wait()
		var list listMovesOutput
		c.ok("ListMessageMoveTasks", `{"SourceArn":"arn:aws:sqs:us-east-1:123456789012:dead"}`, &list)
		c.want("task", fmt.Sprintf("%s %d of %d", list.Results[0].Status, list.Results[0].ApproximateNumberOfMessagesMoved, list.Results[0].ApproximateNumberOfMessagesToMove), "COMPLETED 1 of 1")
		_, got = c.receive("q", `,"AttributeNames":["All"]`)
		c.want("moved back", got[0].Body+" "+got[0].Attributes["ApproximateReceiveCount"], "m 1")
	})
}

// A task at a rate goes on after a restart, and ends when its destination is gone.
func TestMoveTaskAtARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("dead", "")
		c.queue("to", "")
		c.queue("q", `"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:123456789012:dead\",\"maxReceiveCount\":1}"`)
		for range 6 {
			c.send("dead", `"MessageBody":"m"`)
		}
		const source = `"SourceArn":"arn:aws:sqs:us-east-1:123456789012:dead"`
		startTask := `{` + source + `,"DestinationArn":"arn:aws:sqs:us-east-1:123456789012:to","MaxNumberOfMessagesPerSecond":1}`
		c.ok("StartMessageMoveTask", startTask, nil)
		c.want("a second task", c.refused("StartMessageMoveTask", startTask),
			"InvalidParameterValueException: There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		time.Sleep(2500 * time.Millisecond)
		c.want("moved so far", c.counts("to"), "3 0 0")
		c.restart()
		c.want("after the restart", c.counts("to"), "3 0 0")
		time.Sleep(500 * time.Millisecond)
		c.want("going on", c.counts("to"), "4 0 0")
		c.ok("DeleteQueue", `{"QueueUrl":"to"}`, nil)
		time.Sleep(time.Second)
		var list listMovesOutput
		c.ok("ListMessageMoveTasks", `{`+source+`}`, &list)
		c.want("task", list.Results[0].Status+" "+list.Results[0].FailureReason, "FAILED AWS.SimpleQueueService.NonExistentQueue")
		c.want("what stays", c.counts("dead"), "2 0 0")
	})
}

func fifoSend(c *client, group, body string) sendMessageOutput {
	c.Helper()
	return c.send("q.fifo", fmt.Sprintf(`"MessageBody":%q,"MessageGroupId":%q`, body, group))
}

func TestFIFOOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q.fifo", `"FifoQueue":"true","ContentBasedDeduplication":"true","VisibilityTimeout":"10"`)
		for _, m := range []string{"a1", "b1", "a2", "a3", "c1", "b2"} {
			fifoSend(c, m[:1], m)
		}
		bodies, first := c.receive("q.fifo", `,"MaxNumberOfMessages":2`)
		c.want("one group first", bodies, "a1 a2")
		bodies, _ = c.receive("q.fifo", all)
		c.want("no locked group", bodies, "b1 b2 c1")
		c.restart()
		bodies, _ = c.receive("q.fifo", all)
		c.want("locked over a restart", bodies, "")
		c.delete("q.fifo", first[0])
		bodies, _ = c.receive("q.fifo", all)
		c.want("a2 locks still", bodies, "")
		c.ok("ChangeMessageVisibility", fmt.Sprintf(`{"QueueUrl":"q.fifo","ReceiptHandle":%q,"VisibilityTimeout":0}`, first[1].ReceiptHandle), nil)
		bodies, _ = c.receive("q.fifo", all)
		c.want("unlocked", bodies, "a2 a3")
		c.want("a handle that is over", c.refused("DeleteMessage", fmt.Sprintf(`{"QueueUrl":"q.fifo","ReceiptHandle":%q}`, first[1].ReceiptHandle)),
			"InvalidParameterValueException: Value "+first[1].ReceiptHandle+" for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
	})
}

func TestFIFODeduplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q.fifo", `"FifoQueue":"true","ContentBasedDeduplication":"true"`)
		one := fifoSend(c, "a", "same")
		two := fifoSend(c, "b", "same")
		c.want("the second is the first", two.MessageID+two.SequenceNumber, one.MessageID+one.SequenceNumber)
		if len(one.SequenceNumber) != 20 {
			t.Error(one.SequenceNumber)
		}
		time.Sleep(5*time.Minute - time.Millisecond)
		c.restart()
		fifoSend(c, "a", "same")
		c.want("within five minutes", c.counts("q.fifo"), "1 0 0")
		time.Sleep(time.Millisecond)
		three := fifoSend(c, "a", "same")
		c.want("after five minutes", c.counts("q.fifo"), "2 0 0")
		if three.SequenceNumber <= one.SequenceNumber {
			t.Error(three.SequenceNumber, "does not follow", one.SequenceNumber)
		}
		c.ok("SetQueueAttributes", `{"QueueUrl":"q.fifo","Attributes":{"DeduplicationScope":"messageGroup","FifoThroughputLimit":"perMessageGroupId"}}`, nil)
		fifoSend(c, "c", "same")
		c.want("the change takes its time", c.counts("q.fifo"), "2 0 0")
		time.Sleep(time.Minute)
		fifoSend(c, "c", "same")
		c.want("by group", c.counts("q.fifo"), "3 0 0")
		c.ok("PurgeQueue", `{"QueueUrl":"q.fifo"}`, nil)
		fifoSend(c, "c", "same")
		c.want("purged", c.counts("q.fifo"), "1 0 0")
		c.want("ids that are kept", c.rows(kindDedup)+c.rows(kindExpiry), 2)
		time.Sleep(6 * time.Minute)
		c.fill("q.fifo", 4, func(int) string { return `,"MessageGroupId":"a","MessageDeduplicationId":"twice"` })
		c.want("a batch deduplicates as well", c.counts("q.fifo"), "2 0 0")
		c.want("old ids are gone", c.rows(kindDedup)+c.rows(kindExpiry), 2)
	})
}

func TestReceiveAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.queue("q.fifo", `"FifoQueue":"true","ContentBasedDeduplication":"true","VisibilityTimeout":"10"`)
		fifoSend(c, "a", "m")
		const attempt = `,"ReceiveRequestAttemptId":"x"`
		_, one := c.receive("q.fifo", attempt)
		time.Sleep(9 * time.Second)
		_, two := c.receive("q.fifo", attempt)
		c.want("the same again", two[0].ReceiptHandle, one[0].ReceiptHandle)
		time.Sleep(9 * time.Second)
		bodies, _ := c.receive("q.fifo", "")
		c.want("its timeout began anew", bodies, "")
		c.delete("q.fifo", two[0])
		bodies, _ = c.receive("q.fifo", attempt)
		c.want("deleted", bodies, "")
	})
}
