package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// fake is a Caller that answers by a table and keeps what it was asked.
type fake struct {
	mu      sync.Mutex
	replies map[string]func(*awswire.Request) (*awswire.Reply, error) // by service.Operation
	asked   []string
}

func (f *fake) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	name := r.Service + "." + r.Operation
	f.mu.Lock()
	f.asked = append(f.asked, name+" "+r.Place.Region+" "+r.Place.Account+" "+r.Input.Compact())
	do := f.replies[name]
	f.mu.Unlock()
	if do == nil {
		return nil, &awswire.Error{Code: "NotImplemented", Message: name, Status: 501}
	}
	return do(r)
}

func (f *fake) last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.asked) == 0 {
		return ""
	}
	return f.asked[len(f.asked)-1]
}

func answer(text string) func(*awswire.Request) (*awswire.Reply, error) {
	return func(*awswire.Request) (*awswire.Reply, error) {
		return &awswire.Reply{Output: value.Checked(text)}, nil
	}
}

func refusal(e awswire.Error) func(*awswire.Request) (*awswire.Reply, error) {
	return func(*awswire.Request) (*awswire.Reply, error) { return nil, &e }
}

// stored answers with what it was sent: the digest of the body, as ETag.
func stored(r *awswire.Request) (*awswire.Reply, error) {
	h := sha256.New()
	n, err := io.Copy(h, r.Body)
	if err != nil {
		return nil, err
	}
	if r.Length >= 0 && n != r.Length {
		return nil, fmt.Errorf("%d bytes, announced were %d", n, r.Length)
	}
	return &awswire.Reply{Output: value.NewObject([]value.Member{{Key: "ETag", Value: value.FromString(`"` + hex.EncodeToString(h.Sum(nil))[:32] + `"`)}})}, nil
}

func object(text string) func(*awswire.Request) (*awswire.Reply, error) {
	return func(*awswire.Request) (*awswire.Reply, error) {
		return &awswire.Reply{
			Output: value.Checked(`{"ETag":"\"e\"","ContentType":"text/plain","ContentLength":` + fmt.Sprint(len(text)) +
				`,"LastModified":1700000000.5,"Metadata":{"colour":"blue"}}`),
			Body: io.NopCloser(strings.NewReader(text)), Length: int64(len(text)),
		}, nil
	}
}

func table() *fake {
	return &fake{replies: map[string]func(*awswire.Request) (*awswire.Reply, error){
		"dynamodb.PutItem": answer(`{"Attributes":{"a":{"B":"AAEC"},"n":{"N":"1"}}}`),
		"dynamodb.GetItem": refusal(awswire.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found"}),
		"dynamodb.DeleteItem": refusal(awswire.Error{Code: "ConditionalCheckFailedException", Message: "The conditional request failed",
			Extra: []value.Member{{Key: "Item", Value: value.Checked(`{"a":{"S":"x"}}`)}}}),
		"dynamodb.DescribeTable": answer(`{"Table":{"TableName":"abc","CreationDateTime":1700000000.25}}`),
		"dynamodb.TransactWriteItems": refusal(awswire.Error{Code: "TransactionCanceledException", Message: "cancelled",
			Extra: []value.Member{{Key: "CancellationReasons", Value: value.Checked(`[{"Code":"None"}]`)}}}),
		"sqs.SendMessage":               answer(`{"MessageId":"m","MD5OfMessageBody":"d"}`),
		"sqs.GetQueueUrl":               refusal(awswire.Error{Code: "QueueDoesNotExist", Message: "The specified queue does not exist."}),
		"sqs.ReceiveMessage":            answer(`{"Messages":[{"MessageId":"m","Body":"a<b","Attributes":{"SentTimestamp":"1"},"MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"AAEC"}}}]}`),
		"sns.Publish":                   answer(`{"MessageId":"m"}`),
		"sns.ListTopics":                answer(`{"Topics":[{"TopicArn":"arn:1"},{"TopicArn":"arn:2"}]}`),
		"sns.CreateTopic":               refusal(awswire.Error{Code: "InvalidParameterException", Message: "Invalid parameter: Topic Name"}),
		"sns.GetTopicAttributes":        refusal(awswire.Error{Code: "NotFound", Message: "Topic does not exist"}),
		"sts.GetCallerIdentity":         answer(`{"Account":"123456789012","Arn":"arn:aws:iam::123456789012:root","UserId":"123456789012"}`),
		"s3.PutObject":                  stored,
		"s3.UploadPart":                 stored,
		"s3.GetObject":                  object("hello"),
		"s3.HeadObject":                 refusal(awswire.Error{Code: "NotFound", Status: 404, Message: "Not Found"}),
		"s3.ListBuckets":                answer(`{"Buckets":[{"Name":"b1","CreationDate":1700000000}],"Owner":{"ID":"i","DisplayName":"d"}}`),
		"s3.ListObjectsV2":              answer(`{"Name":"b1","KeyCount":2,"MaxKeys":1000,"IsTruncated":false,"Contents":[{"Key":"a&b","Size":5,"LastModified":1700000000},{"Key":"ü","Size":6}],"CommonPrefixes":[{"Prefix":"p/"}]}`),
		"s3.DeleteObjects":              answer(`{"Deleted":[{"Key":"a"}],"Errors":[{"Key":"b","Code":"AccessDenied","Message":"no"}]}`),
		"s3.GetBucketLocation":          answer(`{"LocationConstraint":"eu-west-1"}`),
		"s3.GetBucketAcl":               answer(`{"Owner":{"ID":"i"},"Grants":[{"Grantee":{"ID":"i","Type":"CanonicalUser"},"Permission":"FULL_CONTROL"}]}`),
		"s3.CopyObject":                 refusal(awswire.Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Status: 404, Extra: []value.Member{{Key: "Key", Value: value.FromString("k")}}}),
		"s3.CreateBucket":               answer(`{"Location":"/b1"}`),
		"batch.SubmitJob":               answer(`{"jobId":"1","jobName":"n","jobArn":"arn"}`),
		"batch.DescribeJobs":            refusal(awswire.Error{Code: "ClientException", Message: "no"}),
		"logs.PutLogEvents":             answer(`{"nextSequenceToken":"t"}`),
		"events.PutEvents":              func(*awswire.Request) (*awswire.Reply, error) { return nil, errors.New("a fault") },
		"ssm.GetParameter":              func(*awswire.Request) (*awswire.Reply, error) { panic("broken") },
		"ecs.ListClusters":              answer(`{"clusterArns":[]}`),
		"secretsmanager.GetSecretValue": answer(`{"Name":"s","SecretBinary":"AAEC","CreatedDate":1700000000}`),
		"cloudwatch.PutMetricData":      func(*awswire.Request) (*awswire.Reply, error) { return nil, nil },
		"cloudwatch.GetMetricData":      answer(`{"MetricDataResults":[{"Id":"a","Timestamps":[1700000000],"Values":[1.5],"StatusCode":"Complete"}]}`),
	}}
}

func start(t *testing.T) (*fake, *httptest.Server) {
	t.Helper()
	f := table()
	offered := map[string]bool{}
	for name := range f.replies {
		service, _, _ := strings.Cut(name, ".")
		offered[service] = true
	}
	g := New(f, func(name string) bool { return offered[name] }, awswire.Places{Home: arn.Place{Region: "us-east-1", Account: "111111111111"}, FromKey: true},
		Options{Anonymous: true, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))})
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return f, server
}

// TestBoto3 has the real client speak to a gateway, in every protocol.
func TestBoto3(t *testing.T) {
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		if os.Getenv("STATELARK_REQUIRE_CLIENTS") != "" {
			t.Fatal("boto3 is not there: ", err)
		}
		t.Skip("boto3 is not there: ", err)
	}
	_, server := start(t)
	out, err := exec.Command("python3", "testdata/client.py", server.URL).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// send sends a request as a client without a library does.
func send(t *testing.T, server *httptest.Server, method, path, body string, fields ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			r.Host = fields[i+1]
		}
		r.Header.Set(fields[i], fields[i+1])
	}
	w, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, w.Header, string(text)
}

func signed(service string) string {
	return "AWS4-HMAC-SHA256 Credential=123456789012/20261121/eu-west-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

// TestRaw looks at requests and answers as they are.
func TestRaw(t *testing.T) {
	f, server := start(t)
	for _, test := range []struct {
		name, method, path, body string
		fields                   []string
		status                   int
		asked, answer            string
	}{
		{"validation", "POST", "/", `{"TableName":"abc"}`, []string{"X-Amz-Target", "DynamoDB_20120810.PutItem"}, 400, "",
			`{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"}`},
		{"type", "POST", "/", `{"TableName":1,"Item":{}}`, []string{"X-Amz-Target", "DynamoDB_20120810.PutItem"}, 400, "",
			`{"__type":"com.amazon.coral.service#SerializationException","message":"NUMBER_VALUE can not be converted to a String"}`},
		{"place", "POST", "/", `{"TableName":"abc", "Item":{"a":{"S":"x"}}}`, []string{"X-Amz-Target", "DynamoDB_20120810.PutItem", "Authorization", signed("dynamodb")}, 200,
			`dynamodb.PutItem eu-west-1 123456789012 {"TableName":"abc","Item":{"a":{"S":"x"}}}`, `{"Attributes":{"a":{"B":"AAEC"},"n":{"N":"1"}}}`},
		{"failed condition", "POST", "/", `{"TableName":"abc","Key":{}}`, []string{"X-Amz-Target", "DynamoDB_20120810.DeleteItem"}, 400, "",
			`{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Message":"The conditional request failed","Item":{"a":{"S":"x"}}}`},
		{"old queue", "POST", "/123456789012/q", "Action=SendMessage&Version=2012-11-05&MessageBody=hi&MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v",
			[]string{"Authorization", signed("sqs"), "Content-Type", "application/x-www-form-urlencoded", "Host", "h:1"}, 200,
			`sqs.SendMessage eu-west-1 123456789012 {"QueueUrl":"http://h:1/123456789012/q","MessageBody":"hi","MessageAttributes":{"k":{"StringValue":"v","DataType":"String"}}}`,
			`<SendMessageResult><MD5OfMessageBody>d</MD5OfMessageBody><MessageId>m</MessageId></SendMessageResult>`},
		{"old queue answer", "POST", "/", "Action=ReceiveMessage&Version=2012-11-05&QueueUrl=q&AttributeName.1=All", []string{"Authorization", signed("sqs"), "Content-Type", "application/x-www-form-urlencoded"}, 200,
			`"AttributeNames":["All"]`, `<Message><MessageId>m</MessageId><Body>a&lt;b</Body><Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute><MessageAttribute><Name>k</Name><Value><BinaryValue>AAEC</BinaryValue><DataType>Binary</DataType></Value></MessageAttribute></Message>`},
		{"old queue error", "POST", "/", "Action=GetQueueUrl&Version=2012-11-05&QueueName=q", []string{"Authorization", signed("sqs"), "Content-Type", "application/x-www-form-urlencoded"}, 400,
			"", `<Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message></Error>`},
		{"unsigned queue", "POST", "/123456789012/q", "Action=SendMessage&MessageBody=hi", []string{"Content-Type", "application/x-www-form-urlencoded", "Host", "h:1"}, 200,
			`sqs.SendMessage us-east-1 111111111111 {"QueueUrl":"http://h:1/123456789012/q","MessageBody":"hi"}`, "<MessageId>m</MessageId>"},
		{"unsigned query", "GET", "/?Action=ListTopics&Version=2010-03-31", "", nil, 200, "sns.ListTopics", "<member><TopicArn>arn:1</TopicArn></member>"},
		{"target of nobody", "POST", "/", "{}", []string{"X-Amz-Target", "Nobody.Does", "Authorization", signed("logs")}, 400, "", `{"__type":"UnknownOperationException","message":`},
		{"unknown action", "POST", "/", "Action=Fly&Version=2010-03-31", []string{"Authorization", signed("sns"), "Content-Type", "application/x-www-form-urlencoded"}, 400, "", "<Code>InvalidAction</Code>"},
		{"not built in", "POST", "/", "{}", []string{"X-Amz-Target", "TrentService.ListKeys"}, 501, "", `{"__type":"NotImplemented","message":"The service kms is not built in. An endpoint that has it can be set for kms."}`},
		{"no JSON", "POST", "/", "{", []string{"X-Amz-Target", "Logs_20140328.PutLogEvents"}, 400, "", `"SerializationException"`},
		{"virtual host", "GET", "/k%20e/y", "", []string{"Host", "bkt.s3.us-east-1.localhost:1", "Authorization", signed("s3")}, 200, `s3.GetObject eu-west-1 123456789012 {"Bucket":"bkt","Key":"k e/y"}`, "hello"},
		{"localhost", "GET", "/k", "", []string{"Host", "bkt.localhost:1", "Authorization", signed("s3")}, 200, `{"Bucket":"bkt","Key":"k"}`, "hello"},
		{"anonymous", "GET", "/bkt//k", "", nil, 200, `{"Bucket":"bkt","Key":"/k"}`, "hello"},
		{"presigned", "GET", "/bkt/k?X-Amz-Credential=123456789012%2F20261121%2Feu-west-1%2Fs3%2Faws4_request", "", nil, 200, `s3.GetObject eu-west-1 123456789012`, "hello"},
		{"x-id", "GET", "/bkt/k?x-id=GetObject&list-type=2", "", []string{"Authorization", signed("s3")}, 200, `s3.GetObject`, "hello"},
		{"head", "HEAD", "/bkt/k", "", []string{"Authorization", signed("s3")}, 404, "s3.HeadObject", ""},
		{"no such key", "PUT", "/bkt/k", "", []string{"Authorization", signed("s3"), "x-amz-copy-source", "a/b"}, 404, "s3.CopyObject",
			"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key><RequestId>"},
		{"bad XML", "POST", "/bkt?delete", "<Delete>", []string{"Authorization", signed("s3")}, 400, "", "<Code>MalformedXML</Code>"},
		{"bad MD5", "PUT", "/bkt/k", "x", []string{"Authorization", signed("s3"), "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}, 400, "", "<Code>BadDigest</Code><Message>The Content-MD5 you specified did not match what we received.</Message>"},
		{"no MD5", "PUT", "/bkt/k", "x", []string{"Authorization", signed("s3"), "Content-MD5", "x"}, 400, "", "<Code>InvalidDigest</Code>"},
		{"bad CRC32", "PUT", "/bkt/k", "x", []string{"Authorization", signed("s3"), "x-amz-checksum-crc32", "AAAAAA=="}, 400, "", "<Message>The CRC32 you specified did not match the calculated checksum.</Message>"},
		{"bad SHA256", "PUT", "/bkt/k", "x", []string{"Authorization", signed("s3"), "x-amz-content-sha256", strings.Repeat("0", 64)}, 400, "", "<Code>XAmzContentSHA256Mismatch</Code>"},
		{"chunks", "PUT", "/bkt/k", "3;chunk-signature=0\r\nabc\r\n2;chunk-signature=0\r\nde\r\n0;chunk-signature=0\r\nx-amz-checksum-crc32:hYfYZQ==\r\nx-amz-trailer-signature:0\r\n\r\n",
			[]string{"Authorization", signed("s3"), "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "Content-Encoding", "aws-chunked,gzip", "x-amz-decoded-content-length", "5", "x-amz-trailer", "x-amz-checksum-crc32"}, 200,
			`{"Bucket":"bkt","ContentEncoding":"gzip","ContentLength":5,"Key":"k"}`, ""},
		{"bad trailer", "PUT", "/bkt/k", "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
			[]string{"Authorization", signed("s3"), "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length", "3", "x-amz-trailer", "x-amz-checksum-crc32"}, 400,
			"", "<Code>BadDigest</Code>"},
		{"short chunks", "PUT", "/bkt/k", "5\r\nabc", []string{"Authorization", signed("s3"), "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length", "5"}, 400, "", "<Code>IncompleteBody</Code>"},
		{"no method", "PATCH", "/bkt", "", []string{"Authorization", signed("s3")}, 405, "", "<Code>MethodNotAllowed</Code>"},
		{"number", "GET", "/bkt?list-type=2&max-keys=x", "", []string{"Authorization", signed("s3")}, 400, "", "<Code>InvalidArgument</Code>"},
		{"no route", "GET", "/v1/nothing", "", []string{"Authorization", signed("batch")}, 404, "", `{"message":"GET /v1/nothing is not an operation of batch."}`},
		{"rest", "POST", "/v1/submitjob", `{"jobName":"n","jobQueue":"q","jobDefinition":"d"}`, []string{"Authorization", signed("batch")}, 200, `batch.SubmitJob eu-west-1 123456789012 {"jobName":"n","jobQueue":"q","jobDefinition":"d"}`, `{"jobId":"1","jobName":"n","jobArn":"arn"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, header, text := send(t, server, test.method, test.path, test.body, test.fields...)
			if status != test.status || !strings.Contains(text, test.answer) {
				t.Errorf("%d %v %s, want %d %s", status, header, text, test.status, test.answer)
			}
			if asked := f.last(); !strings.Contains(asked, test.asked) {
				t.Errorf("asked was %s, want %s", asked, test.asked)
			}
			if header.Get("X-Amzn-Requestid") == "" && header.Get("X-Amz-Request-Id") == "" {
				t.Errorf("the answer has no name: %v", header)
			}
		})
	}
}
