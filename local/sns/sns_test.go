package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/sqs"
	"github.com/statelark/statelark/value"
)

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

// client calls SNS and the services that it delivers to, in process.
type client struct {
	testing.TB
	store    *kv.DB
	services *local.Services
	sns      *Service
	posts    *posts
	refuse   atomic.Bool // queues take no message for now
}

// Call is how SNS reaches the other services.
func (c *client) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	if c.refuse.Load() && r.Service == "sqs" {
		return nil, &awswire.Error{Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable}
	}
	return c.services.Call(ctx, r)
}

// posts is the network: it answers HTTP endpoints' part.
type posts struct {
	mu     sync.Mutex
	status []int // of the answers to come; 200 when there are none
	got    []post
}

type post struct {
	at     time.Time
	header http.Header
	body   string
}

func (p *posts) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

func (p *posts) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, post{time.Now(), r.Header, string(body)})
	status := http.StatusOK
	if len(p.status) > 0 {
		status, p.status = p.status[0], p.status[1:]
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: http.NoBody, Request: r}, nil
}

func start(t testing.TB) *client {
	t.Helper()
	store, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{TB: t, store: store, posts: &posts{}}
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
	if err := c.services.Close(context.Background()); err != nil {
		c.Error(err)
	}
}

// restart makes new services over the same store.
func (c *client) restart() {
	if c.services != nil {
		c.stop()
	}
	log := slog.New(slog.DiscardHandler)
	c.services = local.NewServices(c.store.Part("s"), log)
	o := local.Options{Endpoint: "http://127.0.0.1:8083", Others: c.services, Now: time.Now, Log: log}
	o.Store = c.store.Part("sqs")
	c.services.Add("sqs", sqs.New(o))
	o.Store, o.Others = c.store.Part("sns"), c
	c.sns = New(Options{Options: o})
	c.sns.client.Transport = c.posts
	c.services.Add("sns", c.sns)
}

func (c *client) do(operation, input string) (value.Value, error) {
	c.Helper()
	in, err := value.Parse(input)
	if err != nil {
		c.Fatalf("%s: %v", input, err)
	}
	service := "sns"
	if name, ok := strings.CutPrefix(operation, "sqs."); ok {
		service, operation = "sqs", name
	}
	reply, err := c.services.Call(context.Background(), &awswire.Request{Service: service, Operation: operation, Place: here, Input: in})
	if err != nil {
		return value.Value{}, err
	}
	return reply.Output, nil
}

func (c *client) ok(operation, input string) map[string]any {
	c.Helper()
	doc, err := c.do(operation, input)
	if err != nil {
		c.Fatalf("%s %s: %v", operation, input, err)
	}
	out := map[string]any{}
	if doc.Kind() == value.Object {
		if err := json.Unmarshal([]byte(doc.Text()), &out); err != nil {
			c.Fatal(err)
		}
	}
	return out
}

func (c *client) refused(operation, input string) string {
	c.Helper()
	_, err := c.do(operation, input)
	var refusal *awswire.Error
	if !errors.As(err, &refusal) {
		c.Fatalf("%s %s: %v, want a refusal", operation, input, err)
	}
	return refusal.Error()
}

func (c *client) want(what string, got, want any) {
	c.Helper()
	if got != want {
		c.Errorf("%s:\n%v\nwant\n%v", what, got, want)
	}
}

const (
	topicARN = "arn:aws:sns:us-east-1:123456789012:"
	queueARN = "arn:aws:sqs:us-east-1:123456789012:"
)

// topic makes a topic and queues that have subscribed to it; attributes are those of the subscriptions.
func (c *client) topic(name, attributes string, queues ...string) {
	c.Helper()
	fifo := ""
	if strings.HasSuffix(name, ".fifo") {
		fifo = `"FifoTopic":"true"`
	}
	c.ok("CreateTopic", fmt.Sprintf(`{"Name":%q,"Attributes":{%s}}`, name, fifo))
	for _, q := range queues {
		set := ""
		if strings.HasSuffix(q, ".fifo") {
			set = `"FifoQueue":"true"`
		}
		c.ok("sqs.CreateQueue", fmt.Sprintf(`{"QueueName":%q,"Attributes":{%s}}`, q, set))
		c.ok("Subscribe", fmt.Sprintf(`{"TopicArn":%q,"Protocol":"sqs","Endpoint":%q,"Attributes":{%s}}`, topicARN+name, queueARN+q, attributes))
	}
}

// received are the bodies that a queue has, each received for good.
func (c *client) received(queue string) []string {
	c.Helper()
	var bodies []string
	for {
		out := c.ok("sqs.ReceiveMessage", fmt.Sprintf(`{"QueueUrl":%q,"MaxNumberOfMessages":10}`, queue))
		list, _ := out["Messages"].([]any)
		if len(list) == 0 {
			return bodies
		}
		for _, m := range list {
			m := m.(map[string]any)
			bodies = append(bodies, m["Body"].(string))
			c.ok("sqs.DeleteMessage", fmt.Sprintf(`{"QueueUrl":%q,"ReceiptHandle":%q}`, queue, m["ReceiptHandle"]))
		}
	}
}

func TestEnvelope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", "", "q")
		id := c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Subject":"<s>","Message":"a \"text\"","MessageAttributes":{`+
			`"n":{"DataType":"Number","StringValue":"1"},"b":{"DataType":"Binary","BinaryValue":"AgME"}}}`)["MessageId"].(string)
		body := c.received("q")[0]
		var got map[string]any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		sub := c.ok("ListSubscriptions", `{}`)["Subscriptions"].([]any)[0].(map[string]any)["SubscriptionArn"].(string)
		c.want("body", body, `{
  "Type" : "Notification",
  "MessageId" : "`+id+`",
  "TopicArn" : "`+topicARN+`t",
  "Subject" : "<s>",
  "Message" : "a \"text\"",
  "Timestamp" : "2000-01-01T00:00:00.000Z",
  "SignatureVersion" : "1",
  "Signature" : "`+got["Signature"].(string)+`",
  "SigningCertURL" : "http://127.0.0.1:8083/`+c.sns.signer.name+`",
  "UnsubscribeURL" : "http://127.0.0.1:8083/?Action=Unsubscribe&SubscriptionArn=`+sub+`",
  "MessageAttributes" : {
    "b" : {"Type":"Binary","Value":"AgME"},
    "n" : {"Type":"Number","Value":"1"}
  }
}`)
	})
}

func TestRawAndStructure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", `"RawMessageDelivery":"true"`, "q")
		c.ok("Publish", `{"TargetArn":"`+topicARN+`t","MessageStructure":"json","Message":"{\"default\":\"d\",\"sqs\":\"for queues\"}"}`)
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","MessageStructure":"json","Message":"{\"default\":\"d\",\"sqs\":{\"not\":\"text\"}}"}`)
		c.want("bodies", strings.Join(c.received("q"), "|"), "for queues|d")
	})
}

func TestPublishRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", "", "q")
		c.topic("t.fifo", "", "q.fifo")
		c.want("a subscription of nothing to nothing", c.refused("Subscribe", `{"TopicArn":"`+topicARN+`none","Protocol":"sqs","Endpoint":"x"}`), "NotFound: Topic does not exist")
		off := c.disabledDevice()
		for _, x := range []struct{ input, want string }{
			{`"Message":"m"`, "InvalidParameter: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
			{`"TopicArn":"` + topicARN + `none","Message":"m"`, "NotFound: Topic does not exist"},
			{`"TopicArn":"arn:aws:sns:eu-west-1:123456789012:t","Message":"m"`, "InvalidParameter: Invalid parameter: TopicArn"},
			{`"TopicArn":"` + topicARN + `t","Message":"` + strings.Repeat("x", maxMessageBytes+1) + `"`, "InvalidParameter: Invalid parameter: Message too long"},
			{`"TopicArn":"` + topicARN + `t","Message":"m","Subject":"a\nb"`, "InvalidParameter: Invalid parameter: Subject"},
			{`"TopicArn":"` + topicARN + `t","Message":"m","MessageDeduplicationId":"d"`,
				"InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"},
			{`"TopicArn":"` + topicARN + `t.fifo","Message":"m"`, "InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO topics"},
			{`"TopicArn":"` + topicARN + `t.fifo","Message":"m","MessageGroupId":"g"`,
				"InvalidParameter: Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"},
			{`"TargetArn":"` + off + `","Message":"not JSON","MessageStructure":"json"`, "EndpointDisabled: Endpoint is disabled"},
			{`"PhoneNumber":"+1a","Message":"m"`, "InvalidParameter: Invalid parameter: PhoneNumber Reason: +1a is not valid to publish to"},
		} {
			c.want(x.input[:min(len(x.input), 80)], c.refused("Publish", "{"+x.input+"}"), x.want)
		}
		c.want("nothing was sent", len(c.received("q"))+len(c.received("q.fifo")), 0)
	})
}

// disabledDevice makes an endpoint of a device that takes nothing.
func (c *client) disabledDevice() string {
	c.Helper()
	app := c.ok("CreatePlatformApplication", `{"Name":"app","Platform":"GCM","Attributes":{"PlatformCredential":"x"}}`)
	made := c.ok("CreatePlatformEndpoint", fmt.Sprintf(`{"PlatformApplicationArn":%q,"Token":"device","Attributes":{"Enabled":"false"}}`, app["PlatformApplicationArn"]))
	return made["EndpointArn"].(string)
}

func TestFIFO(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t.fifo", `"RawMessageDelivery":"true"`, "a.fifo", "b")
		publish := func(group, dedup, text string) map[string]any {
			return c.ok("Publish", fmt.Sprintf(`{"TopicArn":%q,"MessageGroupId":%q,"MessageDeduplicationId":%q,"Message":%q}`, topicARN+"t.fifo", group, dedup, text))
		}
		first := publish("g", "1", "one")
		publish("g", "2", "two")
		c.restart()
		again := publish("h", "1", "one again")
		c.want("a duplicate", fmt.Sprint(again), fmt.Sprint(first))
		publish("g", "3", "three")
		c.want("in order, once", strings.Join(c.received("a.fifo"), " "), "one two three")
		c.want("a standard queue has them as well", len(c.received("b")), 3)
		time.Sleep(dedupInterval)
		publish("h", "1", "one again")
		c.want("after five minutes", strings.Join(c.received("a.fifo"), " "), "one again")
		if keys := c.rows(kindSent); keys != 1 {
			t.Errorf("%d deduplication ids are kept, want 1", keys)
		}
		c.want("the outbox", c.rows(kindDelivery), 0)
	})
}

// A message that could not be delivered for a while is not overtaken by those of its group, over a restart either; those of another
// group do not wait for it.
func TestFIFOAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t.fifo", `"RawMessageDelivery":"true"`, "a.fifo", "b")
		publish := func(group, text string) {
			c.ok("Publish", fmt.Sprintf(`{"TopicArn":%q,"MessageGroupId":%q,"MessageDeduplicationId":%q,"Message":%q}`, topicARN+"t.fifo", group, text, text))
		}
		publish("g", "zero")
		c.refuse.Store(true)
		publish("g", "one")
		c.refuse.Store(false)
		publish("g", "two")
		publish("h", "other")
		publish("g", "three")
		synctest.Wait()
		c.want("before the next attempt", strings.Join(c.received("a.fifo"), " "), "zero other")
		c.restart()
		publish("g", "four")
		synctest.Wait()
		c.want("after a restart", strings.Join(c.received("a.fifo"), " "), "")
		time.Sleep(time.Second)
		synctest.Wait()
		publish("g", "five")
		c.want("in order", strings.Join(c.received("a.fifo"), " "), "one two three four five")
		c.want("a standard queue has them as well", len(c.received("b")), 7)
		c.want("the outbox", c.rows(kindDelivery), 0)
		c.want("the lines", c.sns.outbox.lines.total+len(c.sns.outbox.lines.of), 0)
	})
}

// A queue that takes nothing for an hour has the message in the end; after 23 days it is given up.
func TestQueueIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", `"RawMessageDelivery":"true"`, "q")
		c.refuse.Store(true)
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"m"}`)
		time.Sleep(time.Hour)
		c.want("the outbox", c.rows(kindDelivery), 1)
		c.refuse.Store(false)
		time.Sleep(internalMost * time.Second)
		synctest.Wait()
		c.want("the queue", strings.Join(c.received("q"), " "), "m")
		c.want("the outbox", c.rows(kindDelivery), 0)
	})
	total, d := time.Duration(0), delivery{Protocol: "lambda"}
	for {
		d.Attempts++
		delay, again := d.again()
		if !again {
			break
		}
		total += delay
	}
	if days := total.Hours() / 24; days < 22.9 || days > 23.1 {
		t.Errorf("attempts are made for %.1f days", days)
	}
}

// rows counts the rows of a kind.
func (c *client) rows(kind byte) int {
	n := 0
	for _, err := range c.store.Part("sns").Scan([]byte{kind}, []byte{kind + 1}, false) {
		if err != nil {
			c.Fatal(err)
		}
		n++
	}
	return n
}

func TestHTTPConfirmationAndRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", "", "dead")
		sub := c.ok("Subscribe", `{"TopicArn":"`+topicARN+`t","Protocol":"http","Endpoint":"http://listener/x","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"`+queueARN+`dead\"}"}}`)
		c.want("subscribed", sub["SubscriptionArn"], "pending confirmation")
		synctest.Wait()
		var ask map[string]string
		if err := json.Unmarshal([]byte(c.posts.got[0].body), &ask); err != nil {
			t.Fatal(err)
		}
		c.want("asked", ask["Type"]+" "+c.posts.got[0].header.Get("X-Amz-Sns-Message-Type"), "SubscriptionConfirmation SubscriptionConfirmation")
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"too early"}`)
		c.received("dead")
		confirmed := c.ok("ConfirmSubscription", fmt.Sprintf(`{"TopicArn":%q,"Token":%q}`, topicARN+"t", ask["Token"]))["SubscriptionArn"].(string)
		c.want("attributes", c.ok("GetSubscriptionAttributes", `{"SubscriptionArn":"`+confirmed+`"}`)["Attributes"].(map[string]any)["PendingConfirmation"], "false")
		c.ok("SetSubscriptionAttributes", `{"SubscriptionArn":"`+confirmed+`","AttributeName":"RawMessageDelivery","AttributeValue":"true"}`)

		// Twice 503, then it works.
		begun := time.Now()
		c.posts.got, c.posts.status = nil, []int{503, 429}
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"m"}`)
		time.Sleep(time.Hour)
		var at []string
		for _, p := range c.posts.got {
			at = append(at, p.body+" "+p.at.Sub(begun).String())
		}
		c.want("attempts", strings.Join(at, ", "), "m 0s, m 20s, m 40s")
		c.received("dead")

		// What cannot be delivered goes to the dead-letter queue: 404 at once, 500 after the fourth attempt.
		c.posts.got, c.posts.status = nil, []int{404, 500, 500, 500, 500}
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"gone"}`)
		synctest.Wait()
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"failing"}`)
		time.Sleep(time.Hour)
		var dead []string
		for _, body := range c.received("dead") {
			if !strings.HasPrefix(body, "{") { // those are of the queue's own subscription
				dead = append(dead, body)
			}
		}
		c.want("dead letters", strings.Join(dead, " "), "gone failing")
		c.want("the outbox", c.rows(kindDelivery), 0)
	})
}

// What is in the outbox at the end of a process is delivered by the next.
func TestOutboxOverRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", "")
		c.ok("Subscribe", `{"TopicArn":"`+topicARN+`t","Protocol":"http","Endpoint":"http://listener/"}`)
		synctest.Wait()
		c.posts.got, c.posts.status = nil, []int{500}
		c.ok("Subscribe", `{"TopicArn":"`+topicARN+`t","Protocol":"http","Endpoint":"http://listener/2"}`)
		synctest.Wait()
		c.want("attempts", c.posts.count(), 1)
		c.restart()
		if err := c.sns.Resume(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(19 * time.Second)
		c.want("attempts before it is due", c.posts.count(), 1)
		time.Sleep(time.Second)
		synctest.Wait()
		c.want("attempts", c.posts.count(), 2)
	})
}

// The X-Ray header of a publish goes on with the message.
func TestTraceHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.topic("t", "", "q")
		in, err := value.Parse(`{"TopicArn":"` + topicARN + `t","Message":"m"}`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.services.Call(context.Background(), &awswire.Request{Service: "sns", Operation: "Publish", Place: here, Input: in,
			Header: http.Header{"X-Amzn-Trace-Id": {"Root=1-2-3"}}}); err != nil {
			t.Fatal(err)
		}
		got := c.ok("sqs.ReceiveMessage", `{"QueueUrl":"q","AttributeNames":["AWSTraceHeader"]}`)["Messages"].([]any)[0].(map[string]any)
		c.want("attributes", fmt.Sprint(got["Attributes"]), "map[AWSTraceHeader:Root=1-2-3]")
	})
}

func TestAddressIsNotAllowed(t *testing.T) {
	asked := ""
	s := New(Options{AllowAddress: func(a netip.Addr) bool {
		asked += a.String()
		return false
	}})
	err := s.post(context.Background(), &delivery{Endpoint: "http://127.0.0.1:9/", ContentType: plainText})
	var final permanent
	if !errors.As(err, &final) || asked != "127.0.0.1" {
		t.Errorf("%v, asked for %q", err, asked)
	}
}

func TestQueueIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.ok("sqs.CreateQueue", `{"QueueName":"dead"}`)
		c.topic("t", `"RawMessageDelivery":"true","RedrivePolicy":"{\"deadLetterTargetArn\":\"`+queueARN+`dead\"}"`, "q")
		c.ok("sqs.DeleteQueue", `{"QueueUrl":"q"}`)
		c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"m"}`)
		c.want("dead letters", strings.Join(c.received("dead"), " "), "m")
	})
}
