package s3

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// destinations are what a bucket's events go to, by the lists of the configuration.
var destinations = []struct{ list, arn, noun, kind string }{
	{"QueueConfigurations", "QueueArn", "Queue", "queue"},
	{"TopicConfigurations", "TopicArn", "Topic", "topic"},
	{"LambdaFunctionConfigurations", "LambdaFunctionArn", "CloudFunction", "Lambda"},
}

// checkNotification holds a configuration against what S3 says of it, and looks whether the destinations are there.
func checkNotification(s *Service, c *call, b *bucket, doc value.Value) (value.Value, error) {
	var missed []string
	checked := output{}
	var targets []arrival
	for _, d := range destinations {
		var all []value.Value
		for _, e := range (input{doc}).list(d.list) {
			place, service, ok := destinationOf(input{e}.str(d.arn))
			if !ok {
				return doc, badArgument("The ARN could not be parsed", d.noun, input{e}.str(d.arn))
			}
			one, refusal := checkFilter(e)
			if refusal == nil {
				refusal = checkEvents(input{e}, d.list)
			}
			if refusal != nil {
				return doc, refusal
			}
			all = append(all, one)
			targets = append(targets, arrival{arn: input{e}.str(d.arn), kind: d.kind, service: service, place: place})
		}
		checked.list(d.list, withIDs(all, "Id").Elems())
	}
	if events := (input{doc}).get("EventBridgeConfiguration"); events.Exists() {
		checked.add("EventBridgeConfiguration", value.EmptyObj)
	}
	if !c.flag("SkipDestinationValidation") && s.others != nil {
		for _, t := range targets {
			if s.absent(c.ctx, t) {
				n := len(missed)/4 + 1
				missed = append(missed, fmt.Sprintf("ArgumentName%d", n), t.arn, fmt.Sprintf("ArgumentValue%d", n), "The destination "+t.kind+" does not exist")
			}
		}
		if len(missed) > 0 {
			return doc, refuse(400, "InvalidArgument", "Unable to validate the following destination configurations", missed...)
		}
		s.test(c, b, targets)
	}
	return checked.value(), nil
}

// destinationOf reads the ARN of a queue, a topic or a function.
func destinationOf(text string) (place arn.Place, service string, ok bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[5] == "" || !slices.Contains([]string{"sqs", "sns", "lambda"}, parts[2]) {
		return arn.Place{}, "", false
	}
	return arn.Place{Region: parts[3], Account: parts[4]}, parts[2], true
}

// checkEvents checks the names of events.
func checkEvents(one input, list string) *awswire.Error {
	events := one.strings("Events")
	if len(events) == 0 {
		return malformedXML()
	}
	known := memberShape("PutBucketNotificationConfiguration", "NotificationConfiguration").Member(list).Shape.Elem.Member("Events").Shape.Elem
	for _, e := range events {
		if len(known.Enum) > 0 && !slices.Contains(known.Enum, e) {
			return badArgument("The event '"+e+"' is not supported for notifications", "Event", e)
		}
	}
	return nil
}

// checkFilter checks the rules about keys; their names are shown with a capital.
func checkFilter(e value.Value) (value.Value, *awswire.Error) {
	rules := input{e}.sub("Filter").sub("Key").list("FilterRules")
	if len(rules) == 0 {
		return e, nil
	}
	shown := make([]value.Value, len(rules))
	for i, r := range rules {
		name := input{r}.str("Name")
		switch strings.ToLower(name) {
		case "prefix":
			name = "Prefix"
		case "suffix":
			name = "Suffix"
		default:
			return e, badArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", name)
		}
		shown[i] = r.With("Name", value.FromString(name))
	}
	key := value.NewObject([]value.Member{{Key: "FilterRules", Value: value.NewArray(shown)}})
	return e.With("Filter", value.NewObject([]value.Member{{Key: "Key", Value: key}})), nil
}

// absent reports whether a destination does not exist. One that nobody can tell of is taken for there.
func (s *Service) absent(ctx context.Context, t arrival) bool {
	operation, member, text := "GetQueueUrl", "QueueName", t.arn[strings.LastIndexByte(t.arn, ':')+1:]
	switch t.service {
	case "sns":
		operation, member, text = "GetTopicAttributes", "TopicArn", t.arn
	case "lambda":
		operation, member, text = "GetFunction", "FunctionName", t.arn
	}
	in := value.NewObject([]value.Member{{Key: member, Value: value.FromString(text)}})
	_, err := s.others.Call(ctx, &awswire.Request{Service: t.service, Operation: operation, Place: t.place, Input: in})
	refusal, refused := err.(*awswire.Error)
	return refused && refusal.Code != "NotImplemented"
}

// arrival is something that is to reach a destination.
type arrival struct {
	arn, kind, service string
	place              arn.Place
	text               string // the message
}

// maxArrivals bounds what waits to be delivered; what does not fit is lost, with a line in the log.
const maxArrivals = 10000

// deliveries is the queue of what is to be told, and one goroutine that tells it while there is anything.
type deliveries struct {
	s    *Service
	stop context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	queue   []arrival
	running bool
	closed  bool
}

func (d *deliveries) init(s *Service) {
	d.s = s
	d.stop, d.end = context.WithCancel(context.Background())
}

func (d *deliveries) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.end()
	d.work.Wait()
}

func (d *deliveries) add(all []arrival) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(all) == 0 {
		return
	}
	if len(d.queue)+len(all) > maxArrivals {
		d.s.log.Warn("events of S3 are lost: too many wait for their delivery", "waiting", len(d.queue))
		return
	}
	d.queue = append(d.queue, all...)
	if !d.running {
		d.running = true
		d.work.Go(d.deliver)
	}
}

func (d *deliveries) deliver() {
	for {
		d.mu.Lock()
		batch := d.queue
		d.queue = nil
		d.running = len(batch) > 0
		d.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		if err := d.s.store.Durable(d.stop); err != nil { // so nothing of it has happened for certain
			if d.stop.Err() == nil {
				d.s.log.Warn("events of S3 are lost: what they tell of is not durable", "events", len(batch), "error", err)
			}
			continue
		}
		for _, a := range batch {
			if err := d.s.send(d.stop, a); err != nil && d.stop.Err() == nil {
				d.s.log.Warn("an event of S3 could not be delivered", "to", a.arn, "error", err)
			}
		}
	}
}

// send hands a message to its destination.
func (s *Service) send(ctx context.Context, a arrival) error {
	r := &awswire.Request{Service: a.service, Place: a.place, ID: newUUID()}
	var in output
	switch a.service {
	case "sqs":
		r.Operation = "SendMessage"
		in.text("QueueUrl", "https://sqs."+a.place.Region+".amazonaws.com/"+a.place.Account+"/"+a.arn[strings.LastIndexByte(a.arn, ':')+1:])
		in.text("MessageBody", a.text)
	case "sns":
		r.Operation = "Publish"
		in.text("TopicArn", a.arn)
		in.text("Subject", "Amazon S3 Notification")
		in.text("Message", a.text)
	case "lambda":
		r.Operation = "Invoke"
		in.text("FunctionName", a.arn)
		in.text("InvocationType", "Event")
		in.text("Payload", base64.StdEncoding.EncodeToString([]byte(a.text)))
	case "events":
		r.Operation = "PutEvents"
		in.add("Entries", value.Checked(a.text))
	}
	r.Input = in.value()
	reply, err := s.others.Call(ctx, r)
	if err == nil && reply.Body != nil {
		err = reply.Body.Close()
	}
	return err
}

// test tells new destinations that they are such.
func (s *Service) test(c *call, b *bucket, targets []arrival) {
	var o output
	o.text("Service", "Amazon S3")
	o.text("Event", "s3:TestEvent")
	o.text("Time", s.now().UTC().Format("2006-01-02T15:04:05.000Z"))
	o.text("Bucket", b.Name)
	o.text("RequestId", c.r.ID)
	o.text("HostId", c.r.ID)
	for i := range targets {
		targets[i].text = o.value().Compact()
	}
	s.news.add(slices.DeleteFunc(targets, func(a arrival) bool { return a.service == "lambda" }))
}

// happened tells the destinations of a bucket of something that became of an object.
func (s *Service) happened(c *call, b *bucket, event string, v *version) {
	doc, err := s.configuration(b.Name, "notification", "")
	if err != nil || !doc.Exists() || s.others == nil {
		return
	}
	var all []arrival
	for _, d := range destinations {
		for _, e := range (input{doc}).list(d.list) {
			one := input{e}
			if !hears(one, event, v.Key) {
				continue
			}
			place, service, ok := destinationOf(one.str(d.arn))
			if ok {
				record := s.record(c, b, one.str("Id"), event, v)
				all = append(all, arrival{one.str(d.arn), d.kind, service, place, `{"Records":[` + record.Compact() + `]}`})
			}
		}
	}
	if (input{doc}).has("EventBridgeConfiguration") {
		if a, ok := s.bridged(c, b, event, v); ok {
			all = append(all, a)
		}
	}
	s.news.add(all)
}

// hears reports whether a configuration is about an event on a key.
func hears(one input, event, key string) bool {
	about := slices.ContainsFunc(one.strings("Events"), func(pattern string) bool { return wildcard(strings.TrimPrefix(pattern, "s3:"), event) })
	if !about {
		return false
	}
	for _, r := range one.sub("Filter").sub("Key").list("FilterRules") {
		rule := input{r}
		match := strings.HasPrefix
		if rule.str("Name") == "Suffix" {
			match = strings.HasSuffix
		}
		if !match(key, rule.str("Value")) {
			return false
		}
	}
	return true
}

// wildcard matches text against a pattern with one * at most.
func wildcard(pattern, text string) bool {
	before, after, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

// record is an event as S3 tells queues, topics and functions.
func (s *Service) record(c *call, b *bucket, id, event string, v *version) value.Value {
	sequencer := strings.ToUpper(fmt.Sprintf("%018X", v.sequence(s)))
	object := output{}
	object.text("key", urlEventKey(v.Key))
	if v.Size > 0 || strings.HasPrefix(event, "ObjectCreated") || strings.HasPrefix(event, "ObjectRestore") {
		object.int("size", v.Size)
	}
	object.str("eTag", v.ETag)
	object.str("versionId", v.ID)
	tagging := strings.HasPrefix(event, "ObjectTagging") || strings.HasPrefix(event, "ObjectAcl")
	if tagging {
		object.members = slices.DeleteFunc(object.members, func(m value.Member) bool { return m.Key == "size" })
	} else {
		object.text("sequencer", sequencer)
	}
	var owner, where, about, o output
	owner.text("principalId", strings.ToUpper(canonicalID(b.Owner)[:14]))
	where.text("name", b.Name)
	where.add("ownerIdentity", owner.value())
	where.text("arn", bucketARN(c, b.Name))
	about.text("s3SchemaVersion", "1.0")
	about.text("configurationId", id)
	about.add("bucket", where.value())
	about.add("object", object.value())
	if o.text("eventVersion", "2.1"); tagging {
		o.members[0].Value = value.FromString("2.3")
	}
	o.text("eventSource", "aws:s3")
	o.text("awsRegion", b.Region)
	o.text("eventTime", s.now().UTC().Format("2006-01-02T15:04:05.000Z"))
	o.text("eventName", event)
	o.add("userIdentity", principal(c, event))
	o.add("requestParameters", value.NewObject([]value.Member{{Key: "sourceIPAddress", Value: value.FromString("127.0.0.1")}}))
	o.add("responseElements", value.NewObject([]value.Member{{Key: "x-amz-request-id", Value: value.FromString(c.r.ID)}, {Key: "x-amz-id-2", Value: value.FromString(c.r.ID)}}))
	o.add("s3", about.value())
	if event == "ObjectRestore:Completed" {
		o.add("glacierEventData", restoreData(v))
	}
	return o.value()
}

func principal(c *call, event string) value.Value {
	who := "AWS:AIDA" + strings.ToUpper(canonicalID(c.r.Place.Account)[20:37])
	if event == "ObjectRestore:Completed" {
		who = "AmazonCustomer:" + strings.ToUpper(canonicalID(c.r.Place.Account)[:14])
	}
	return value.NewObject([]value.Member{{Key: "principalId", Value: value.FromString(who)}})
}

func restoreData(v *version) value.Value {
	var data, o output
	data.text("lifecycleRestorationExpiryTime", time.UnixMilli(v.Restored).UTC().Format("2006-01-02T15:04:05.000Z"))
	data.text("lifecycleRestoreStorageClass", classOf(v))
	o.add("restoreEventData", data.value())
	return o.value()
}

// sequence puts the events of a key in order.
func (v *version) sequence(s *Service) uint64 {
	if v.Seq != 0 {
		return uint64(v.Seq)
	}
	return uint64(s.now().UnixNano())
}

// urlEventKey escapes a key as events have it.
func urlEventKey(key string) string { return urlText(key) }

// bridgedNames are what EventBridge calls an event, and why it happened.
var bridgedNames = []struct{ event, detail, reason string }{
	{"ObjectCreated:Put", "Object Created", "PutObject"},
	{"ObjectCreated:Post", "Object Created", "POST Object"},
	{"ObjectCreated:Copy", "Object Created", "CopyObject"},
	{"ObjectCreated:CompleteMultipartUpload", "Object Created", "CompleteMultipartUpload"},
	{"ObjectRemoved:Delete", "Object Deleted", "DeleteObject"},
	{"ObjectRemoved:DeleteMarkerCreated", "Object Deleted", "DeleteObject"},
	{"ObjectRestore:Post", "Object Restore Initiated", ""},
	{"ObjectRestore:Completed", "Object Restore Completed", ""},
	{"ObjectTagging:Put", "Object Tags Added", ""},
	{"ObjectTagging:Delete", "Object Tags Deleted", ""},
	{"ObjectAcl:Put", "Object ACL Updated", ""},
}

// bridged is an event as S3 tells EventBridge.
func (s *Service) bridged(c *call, b *bucket, event string, v *version) (arrival, bool) {
	for _, n := range bridgedNames {
		if n.event != event {
			continue
		}
		var object, detail, entry output
		object.text("key", v.Key)
		if n.detail == "Object Created" {
			object.int("size", v.Size)
		}
		object.str("etag", v.ETag)
		object.str("version-id", v.ID)
		raw := binary.BigEndian.AppendUint64(nil, v.sequence(s))
		object.text("sequencer", fmt.Sprintf("%018X", raw))
		detail.text("version", "0")
		detail.add("bucket", value.NewObject([]value.Member{{Key: "name", Value: value.FromString(b.Name)}}))
		detail.add("object", object.value())
		detail.text("request-id", c.r.ID)
		detail.text("requester", c.r.Place.Account)
		detail.text("source-ip-address", "127.0.0.1")
		detail.str("reason", n.reason)
		if n.detail == "Object Deleted" {
			kind := "Permanently Deleted"
			if event == "ObjectRemoved:DeleteMarkerCreated" {
				kind = "Delete Marker Created"
			}
			detail.text("deletion-type", kind)
		}
		entry.text("Source", "aws.s3")
		entry.text("DetailType", n.detail)
		entry.text("Detail", detail.value().Compact())
		entry.add("Resources", texts(bucketARN(c, b.Name)))
		place := c.r.Place
		place.Region = b.Region
		return arrival{service: "events", place: place, arn: "default event bus", text: value.NewArray([]value.Value{entry.value()}).Compact()}, true
	}
	return arrival{}, false
}
