package logs

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// put puts messages into a stream, a second apart from the clock on.
func (b *bench) put(stream string, messages ...string) value.Value {
	b.Helper()
	var events []string
	for i, m := range messages {
		events = append(events, fmt.Sprintf(`{"timestamp":%d,"message":%s}`, b.now.UnixMilli()+int64(i)*1000, value.FromString(m).Text()))
	}
	return b.do("PutLogEvents", `{"logGroupName":"g","logStreamName":"`+stream+`","logEvents":[`+strings.Join(events, ",")+`]}`)
}

func newGroup(t *testing.T, streams ...string) *bench {
	t.Helper()
	b := newBench(t, nil)
	b.do("CreateLogGroup", `{"logGroupName":"g"}`)
	for _, name := range streams {
		b.do("CreateLogStream", `{"logGroupName":"g","logStreamName":"`+name+`"}`)
	}
	return b
}

func messages(v value.Value) string {
	var out []string
	for _, e := range at(v, "events").Elems() {
		out = append(out, at(e, "message").Str())
	}
	return strings.Join(out, " ")
}

func TestGroups(t *testing.T) {
	b := newGroup(t)
	b.refused("CreateLogGroup", `{"logGroupName":"g"}`, "ResourceAlreadyExistsException", "log group already exists")
	b.refused("CreateLogGroup", `{"logGroupName":"a b"}`, "InvalidParameterException", "regular expression pattern")
	b.do("CreateLogGroup", `{"logGroupName":"/aws/Other","logGroupClass":"INFREQUENT_ACCESS","tags":{"k":"v"}}`)
	b.want(b.do("DescribeLogGroups", `{"logGroupNamePrefix":"g"}`), `"arn:aws:logs:us-east-1:123456789012:log-group:g:*"`, "logGroups", 0, "arn")
	b.want(b.do("DescribeLogGroups", `{"logGroupNamePattern":"other"}`), `"/aws/Other"`, "logGroups", 0, "logGroupName")
	b.want(b.do("ListLogGroups", `{"logGroupNamePattern":"^aws|^/aws"}`), `"/aws/Other"`, "logGroups", 0, "logGroupName")
	b.refused("DescribeLogGroups", `{"logGroupNamePattern":"x","logGroupNamePrefix":"x"}`, "InvalidParameterException", "mutually exclusive")
	page := b.do("DescribeLogGroups", `{"limit":1}`)
	b.want(b.do("DescribeLogGroups", `{"limit":1,"nextToken":"`+at(page, "nextToken").Str()+`"}`), `"g"`, "logGroups", 0, "logGroupName")

	b.do("TagLogGroup", `{"logGroupName":"g","tags":{"a":"1","b":"2"}}`)
	b.do("UntagResource", `{"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:g","tagKeys":["a"]}`)
	b.want(b.do("ListTagsLogGroup", `{"logGroupName":"g"}`), `{"b":"2"}`, "tags")
	b.refused("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":2}`, "InvalidParameterException", "enum value set: [1, 3, 5,")

	b.do("PutLogGroupDeletionProtection", `{"logGroupIdentifier":"g","deletionProtectionEnabled":true}`)
	b.refused("DeleteLogGroup", `{"logGroupName":"g"}`, "ValidationException", "protected")
	b.do("PutLogGroupDeletionProtection", `{"logGroupIdentifier":"g","deletionProtectionEnabled":false}`)
	b.do("DeleteLogGroup", `{"logGroupName":"g"}`)
	b.refused("DeleteLogGroup", `{"logGroupName":"g"}`, "ResourceNotFoundException", "The specified log group does not exist.")
}

func TestStreams(t *testing.T) {
	b := newGroup(t, "b", "a", "c")
	b.put("c", "1")
	b.now = b.now.Add(time.Minute)
	b.put("a", "2")
	b.refused("CreateLogStream", `{"logGroupName":"g","logStreamName":"a"}`, "ResourceAlreadyExistsException", "log stream already exists")
	names := func(input string) (out string) {
		for _, s := range at(b.do("DescribeLogStreams", `{"logGroupName":"g"`+input+`}`), "logStreams").Elems() {
			out += at(s, "logStreamName").Str()
		}
		return out
	}
	for _, c := range []struct{ input, want string }{
		{``, "abc"}, {`,"descending":true`, "cba"}, {`,"orderBy":"LastEventTime"`, "bca"}, {`,"orderBy":"LastEventTime","descending":true,"limit":1`, "a"},
		{`,"logStreamNamePrefix":"b"`, "b"},
	} {
		if got := names(c.input); got != c.want {
			t.Errorf("%s: %s, want %s", c.input, got, c.want)
		}
	}
	b.refused("DescribeLogStreams", `{"logGroupName":"g","orderBy":"LastEventTime","logStreamNamePrefix":"a"}`, "InvalidParameterException", "Cannot order by LastEventTime")
	b.do("DeleteLogStream", `{"logGroupName":"g","logStreamName":"a"}`)
	b.do("CreateLogStream", `{"logGroupName":"g","logStreamName":"a"}`)
	b.want(b.do("GetLogEvents", `{"logGroupName":"g","logStreamName":"a"}`), `[]`, "events")
}

func TestPutRefusals(t *testing.T) {
	b := newGroup(t, "s")
	now := b.now.UnixMilli()
	try := func(code, text string, events string) {
		t.Helper()
		b.refused("PutLogEvents", `{"logGroupName":"g","logStreamName":"s","logEvents":[`+events+`]}`, code, text)
	}
	e := func(at int64) string { return fmt.Sprintf(`{"timestamp":%d,"message":"m"}`, at) }
	try("InvalidParameterException", "chronological order", e(now)+","+e(now-1))
	try("InvalidParameterException", "24 hours", e(now-24*3600*1000-1)+","+e(now))
	big := `{"timestamp":1,"message":"` + strings.Repeat("x", 700_000) + `"}`
	try("InvalidParameterException", "Upload too large: 1400052 bytes exceeds limit of 1048576", big+","+big)
	b.refused("PutLogEvents", `{"logGroupName":"g","logStreamName":"none","logEvents":[`+e(now)+`]}`, "ResourceNotFoundException", "log stream")

	hour := int64(3600 * 1000)
	out := b.do("PutLogEvents", fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","logEvents":[%s,%s]}`, e(now+hour), e(now+3*hour)))
	b.want(out, `{"tooNewLogEventStartIndex":1}`, "rejectedLogEventsInfo")
	old := now - 14*24*hour
	out = b.do("PutLogEvents", fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","logEvents":[%s,%s]}`, e(old-1), e(old)))
	b.want(out, `{"tooOldLogEventEndIndex":1}`, "rejectedLogEventsInfo")
	b.do("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":3}`)
	out = b.do("PutLogEvents", fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","logEvents":[%s,%s]}`, e(now-4*24*hour), e(now-4*24*hour)))
	b.want(out, `{"expiredLogEventEndIndex":2}`, "rejectedLogEventsInfo")
}

func TestGetLogEvents(t *testing.T) {
	b := newGroup(t, "s")
	b.put("s", "1", "2", "3", "4", "5")
	get := func(more string) value.Value {
		t.Helper()
		return b.do("GetLogEvents", `{"logGroupName":"g","logStreamName":"s"`+more+`}`)
	}
	page := get(`,"limit":2`)
	if got := messages(page); got != "4 5" {
		t.Errorf("the last page is %s", got)
	}
	page = get(`,"limit":2,"nextToken":` + at(page, "nextBackwardToken").Compact())
	if got := messages(page); got != "2 3" {
		t.Errorf("the page before is %s", got)
	}
	forward := get(`,"limit":9,"nextToken":` + at(page, "nextForwardToken").Compact())
	if got := messages(forward); got != "4 5" {
		t.Errorf("forward again: %s", got)
	}
	end := get(`,"nextToken":` + at(forward, "nextForwardToken").Compact())
	if messages(end) != "" || at(end, "nextForwardToken").Str() != at(forward, "nextForwardToken").Str() {
		t.Errorf("at the end: %s", end.Text())
	}
	b.now = b.now.Add(5 * time.Second)
	b.put("s", "6")
	if got := messages(get(`,"nextToken":` + at(end, "nextForwardToken").Compact())); got != "6" {
		t.Errorf("what came later: %s", got)
	}
	start := b.now.Add(-4 * time.Second).UnixMilli()
	if got := messages(get(fmt.Sprintf(`,"startFromHead":true,"startTime":%d,"endTime":%d`, start, start+2000))); got != "2 3" {
		t.Errorf("between times: %s", got)
	}
	for _, token := range []string{"x", "f/3", "x/3" + strings.Repeat("0", 55) + "/s", "f/3" + strings.Repeat("a", 55) + "/s"} {
		b.refused("GetLogEvents", `{"logGroupName":"g","logStreamName":"s","nextToken":"`+token+`"}`, "InvalidParameterException", "The specified nextToken is invalid.")
	}
}

func TestFilterLogEvents(t *testing.T) {
	b := newGroup(t, "x", "y", "z")
	b.put("x", "a1", "b2", "a3")
	b.now = b.now.Add(500 * time.Millisecond)
	b.put("y", "a4", "a5")
	for _, c := range []struct{ more, want string }{
		{``, "a1 a4 b2 a5 a3"},
		{`,"filterPattern":"a"`, "a1 a4 a5 a3"},
		{`,"logStreamNames":["y"]`, "a4 a5"},
		{`,"logStreamNamePrefix":"x","filterPattern":"-b2"`, "a1 a3"},
		{fmt.Sprintf(`,"startTime":%d,"endTime":%d`, b.now.UnixMilli(), b.now.UnixMilli()+1000), "a4 b2 a5"},
	} {
		if got := messages(b.do("FilterLogEvents", `{"logGroupName":"g"`+c.more+`}`)); got != c.want {
			t.Errorf("%s: %s, want %s", c.more, got, c.want)
		}
	}
	var all []string
	for token := ""; ; {
		out := b.do("FilterLogEvents", `{"logGroupName":"g","limit":2,"nextToken":"`+token+`"}`)
		all = append(all, messages(out))
		if token = at(out, "nextToken").Str(); token == "" {
			break
		}
	}
	if got := strings.Join(all, "|"); got != "a1 a4|b2 a5|a3" {
		t.Errorf("the pages are %s", got)
	}
	b.refused("FilterLogEvents", `{"logGroupName":"g","logStreamNames":["none"]}`, "ResourceNotFoundException", "log stream")
	b.refused("FilterLogEvents", `{"logGroupName":"none"}`, "ResourceNotFoundException", "log group")
}

func TestRetention(t *testing.T) {
	b := newGroup(t, "s")
	b.put("s", "old")
	b.now = b.now.Add(48 * time.Hour)
	b.put("s", "new")
	b.do("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":1}`)
	b.do("DeleteRetentionPolicy", `{"logGroupName":"g"}`)
	if got := messages(b.do("FilterLogEvents", `{"logGroupName":"g"}`)); got != "new" {
		t.Errorf("after the sweep: %s", got)
	}
}

func TestFilters(t *testing.T) {
	b := newGroup(t)
	b.do("PutMetricFilter", `{"logGroupName":"g","filterName":"f","filterPattern":"{ $.a = 1 }","metricTransformations":[{"metricName":"m","metricNamespace":"n","metricValue":"1","defaultValue":0}]}`)
	b.want(b.do("DescribeMetricFilters", `{"metricName":"m","metricNamespace":"n"}`), `[{"metricName":"m","metricNamespace":"n","metricValue":"1","defaultValue":0}]`, "metricFilters", 0, "metricTransformations")
	b.refused("PutMetricFilter", `{"logGroupName":"g","filterName":"f","filterPattern":"{","metricTransformations":[{"metricName":"m","metricNamespace":"n","metricValue":"1"}]}`, "InvalidParameterException", "Invalid filter pattern")
	b.want(b.do("DescribeLogGroups", `{}`), "1", "logGroups", 0, "metricFilterCount")
	b.do("DeleteMetricFilter", `{"logGroupName":"g","filterName":"f"}`)
	b.refused("DeleteMetricFilter", `{"logGroupName":"g","filterName":"f"}`, "ResourceNotFoundException", "metric filter")
	out := b.do("TestMetricFilter", `{"filterPattern":"[a, b=2]","logEventMessages":["1 1","1 2"]}`)
	b.want(out, `[{"eventNumber":2,"eventMessage":"1 2","extractedValues":{"$a":"1","$b":"2"}}]`, "matches")
}

// TestSubscription has a function that subscribes to a group.
func TestSubscription(t *testing.T) {
	got := make(chan dataMessage, 1)
	b := newBench(t, callers(func(r *awswire.Request) (*awswire.Reply, error) {
		if r.Operation == "GetFunction" {
			return &awswire.Reply{}, nil
		}
		var in struct{ Payload []byte }
		var event struct{ Awslogs struct{ Data []byte } }
		var m dataMessage
		err := json.Unmarshal([]byte(r.Input.Text()), &in)
		if err == nil {
			err = json.Unmarshal(in.Payload, &event)
		}
		var z io.Reader
		if err == nil {
			z, err = gzip.NewReader(bytes.NewReader(event.Awslogs.Data))
		}
		if err == nil {
			err = json.NewDecoder(z).Decode(&m)
		}
		if err != nil {
			t.Error(err)
		}
		got <- m
		return &awswire.Reply{}, nil
	}))
	b.do("CreateLogGroup", `{"logGroupName":"g"}`)
	b.do("CreateLogStream", `{"logGroupName":"g","logStreamName":"s"}`)
	const function = "arn:aws:lambda:us-east-1:123456789012:function:f"
	b.do("PutSubscriptionFilter", `{"logGroupName":"g","filterName":"one","filterPattern":"yes","destinationArn":"`+function+`"}`)
	b.want(b.do("DescribeSubscriptionFilters", `{"logGroupName":"g"}`), `"ByLogStream"`, "subscriptionFilters", 0, "distribution")
	b.put("s", "no", "yes")
	m := <-got
	if m.Type != "DATA_MESSAGE" || m.Stream != "s" || len(m.Events) != 1 || m.Events[0].Message != "yes" || len(m.Events[0].ID) != 56 {
		t.Errorf("delivered %+v", m)
	}
	b.do("PutSubscriptionFilter", `{"logGroupName":"g","filterName":"two","filterPattern":"never","destinationArn":"`+function+`"}`)
	b.refused("PutSubscriptionFilter", `{"logGroupName":"g","filterName":"three","filterPattern":"","destinationArn":"`+function+`"}`, "LimitExceededException", "Resource limit exceeded.")
	b.refused("PutSubscriptionFilter", `{"logGroupName":"g","filterName":"x","filterPattern":"","destinationArn":"arn:aws:lambda:us-east-1:999999999999:function:f"}`, "AccessDeniedException", "Cross-account")
	b.do("DeleteSubscriptionFilter", `{"logGroupName":"g","filterName":"one"}`)
}

func TestQueries(t *testing.T) {
	b := newGroup(t, "s")
	b.put("s", `{"level":"error","ms":5}`, `{"level":"info","ms":70}`, `{"level":"error","ms":12}`, "text with error")
	run := func(text string) string {
		t.Helper()
		q, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		id := at(b.do("StartQuery", fmt.Sprintf(`{"logGroupName":"g","startTime":%d,"endTime":%d,"queryString":%s}`, b.now.Unix()-60, b.now.Unix()+60, q)), "queryId").Str()
		var rows []string
		for _, row := range at(b.do("GetQueryResults", `{"queryId":"`+id+`"}`), "results").Elems() {
			var cells []string
			for _, c := range row.Elems() {
				if at(c, "field").Str() != "@ptr" {
					cells = append(cells, at(c, "value").Str())
				}
			}
			rows = append(rows, strings.Join(cells, ","))
		}
		return strings.Join(rows, " ")
	}
	for _, c := range []struct{ query, want string }{
		{`fields ms | filter level = "error" | sort ms desc`, "12 5"},
		{`fields level, ms | filter ms > 10 | sort ms asc | limit 1`, "error,12"},
		{`fields ms | filter @message like /info|with/ | sort @timestamp asc`, "70 "},
		{`fields @message | filter @message not like "error"`, `{"level":"info","ms":70}`},
	} {
		if got := run(c.query); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
	b.refused("StartQuery", `{"logGroupName":"g","startTime":1,"endTime":2,"queryString":"stats count(*)"}`, "MalformedQueryException", "not built in")
	b.refused("StartQuery", `{"logGroupName":"none","startTime":1,"endTime":2,"queryString":"fields a"}`, "ResourceNotFoundException", "Log group 'none' does not exist for account ID '123456789012'")
	b.want(b.do("DescribeQueries", `{"logGroupName":"g","maxResults":1}`), `"Complete"`, "queries", 0, "status")
}

func TestPolicies(t *testing.T) {
	b := newBench(t, nil)
	put := func(name string) string {
		return `{"policyName":"` + name + `","policyDocument":"{\"Statement\":[{\"Action\":\"logs:*\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":[\"a.b\"]},\"Resource\":\"*\"}]}"}`
	}
	out := b.do("PutResourcePolicy", put("p0"))
	want := `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"a.b"},"Action":"logs:*","Resource":"*"}]}`
	if got := at(out, "resourcePolicy", "policyDocument").Str(); got != want {
		t.Errorf("kept as %s", got)
	}
	for i := 1; i < maxPolicies; i++ {
		b.do("PutResourcePolicy", put(fmt.Sprint("p", i)))
	}
	b.refused("PutResourcePolicy", put("p10"), "LimitExceededException", "Resource limit exceeded.")
	b.do("PutResourcePolicy", put("p1"))
	b.do("DeleteResourcePolicy", `{"policyName":"p1"}`)
	b.refused("DeleteResourcePolicy", `{"policyName":"p1"}`, "ResourceNotFoundException", "Policy with name [p1] does not exist.")
}

func TestDestinations(t *testing.T) {
	b := newBench(t, nil)
	b.do("PutDestination", `{"destinationName":"d","targetArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s","roleArn":"r"}`)
	b.do("TagResource", `{"resourceArn":"arn:aws:logs:us-east-1:123456789012:destination:d","tags":{"k":"v"}}`)
	b.want(b.do("ListTagsForResource", `{"resourceArn":"arn:aws:logs:us-east-1:123456789012:destination:d"}`), `{"k":"v"}`, "tags")
	b.want(b.do("DescribeDestinations", `{"DestinationNamePrefix":"d"}`), `"d"`, "destinations", 0, "destinationName")
	b.do("DeleteDestination", `{"destinationName":"d"}`)
	b.do("PutDeliveryDestination", `{"name":"d","deliveryDestinationConfiguration":{"destinationResourceArn":"arn:aws:s3:::b"}}`)
	b.want(b.do("GetDeliveryDestination", `{"name":"d"}`), `"S3"`, "deliveryDestination", "deliveryDestinationType")
	b.refused("PutDeliveryDestination", `{"name":"d","outputFormat":"x","deliveryDestinationConfiguration":{"destinationResourceArn":"arn:aws:s3:::b"}}`, "ValidationException", "[w3c, raw, json, plain, parquet]")
	b.do("DeleteDeliveryDestination", `{"name":"d"}`)
	b.refused("GetDeliveryDestination", `{"name":"d"}`, "ResourceNotFoundException", "Requested Delivery Destination does not exist in this account.")
}
