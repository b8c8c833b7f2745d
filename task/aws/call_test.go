package aws

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// service answers every request alike, and notes the last one.
type fakeService struct {
	asked *awswire.Request
	body  string
	reply awswire.Reply
	err   error
}

func (f *fakeService) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	f.asked = r
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		f.body = string(raw)
	}
	return &f.reply, f.err
}

func replying(output string) *fakeService {
	return &fakeService{reply: awswire.Reply{Output: value.Checked(output)}}
}

func TestSDK(t *testing.T) {
	for _, tt := range []struct {
		resource, input                    string
		operation, document, body, message string // that is sent
		answer, result                     string
	}{
		{
			"dynamodb:putItem", `{"TableName":"t","Item":{"id":{"S":"1"},"raw":{"B":"hi"}}}`,
			"dynamodb.PutItem", `{"TableName":"t","Item":{"id":{"S":"1"},"raw":{"B":"aGk="}}}`, "", "", `{}`, `{}`,
		},
		{
			"dynamodb:getItem", `{"TableName":"t","Key":{"Id":{"S":"1"}},"ConsistentRead":"true"}`,
			"dynamodb.GetItem", `{"TableName":"t","Key":{"Id":{"S":"1"}},"ConsistentRead":true}`, "", "",
			`{"Item":{"b":{"N":"2"},"a":{"B":"aGk="},"c":{"B":"//8="}}}`, `{"Item":{"b":{"N":"2"},"a":{"B":"hi"},"c":{"B":"//8="}}}`,
		},
		{
			"s3:putObject", `{"Bucket":"b","Key":"k","Body":{"a": [1, 2]},"Metadata":{"who":"me"}}`,
			"s3.PutObject", `{"Bucket":"b","Key":"k","Metadata":{"who":"me"},"ChecksumAlgorithm":"CRC32","ChecksumCRC32":"F9bbhA=="}`, `{"a":[1,2]}`, "",
			`{"ETag":"\"x\"","ChecksumCRC32":"y","SSEKMSKeyId":"z"}`, `{"ChecksumCRC32":"y","ETag":"\"x\"","SsekmsKeyId":"z"}`,
		},
		{
			"s3:putObject", `{"Bucket":"b","Key":"k","Body":"text","Acl":"private","Expires":"2026-01-02T03:04:05Z","ChecksumSHA256":"own"}`,
			"s3.PutObject", `{"Bucket":"b","Key":"k","ACL":"private","Expires":1767323045,"ChecksumSHA256":"own"}`, `"text"`, "", `{}`, `{}`,
		},
		{
			"rds:describeDBInstances", `{"DbInstanceIdentifier":"d","MaxRecords":"5"}`,
			"rds.DescribeDBInstances", `{"DBInstanceIdentifier":"d","MaxRecords":5}`, "", "",
			`{"DBInstances":[{"DBInstanceArn":"a","InstanceCreateTime":1763700000.25,"MultiAZ":false,"Engine":null}]}`,
			`{"DbInstances":[{"DbInstanceArn":"a","InstanceCreateTime":"2025-11-21T04:40:00.250Z","MultiAZ":false}]}`,
		},
		{
			"sfn:startExecution", `{"StateMachineArn":"m","Input":{"a":"b"},"Name":null}`,
			"stepfunctions.StartExecution", `{"stateMachineArn":"m","input":"{\"a\":\"b\"}"}`, "", "",
			`{"startDate":1763700000,"executionArn":"e"}`, `{"ExecutionArn":"e","StartDate":"2025-11-21T04:40:00Z"}`,
		},
		{
			"lambda:invoke", `{"FunctionName":"f","Payload":{"a":1}}`,
			"lambda.Invoke", `{"FunctionName":"f","Payload":"eyJhIjoxfQ=="}`, "", "",
			`{"StatusCode":200,"Payload":"eyJvayI6dHJ1ZX0=","ExecutedVersion":"$LATEST"}`,
			`{"ExecutedVersion":"$LATEST","Payload":"{\"ok\":true}","StatusCode":200}`,
		},
		{
			"s3:listObjectsV2", `{"Bucket":"b"}`, "s3.ListObjectsV2", `{"Bucket":"b"}`, "", "",
			`{"Contents":[],"KeyCount":0,"IsTruncated":false}`, `{"IsTruncated":false,"KeyCount":0}`,
		},
		{
			"dynamodb:query", `{"TableName":"t"}`, "dynamodb.Query", `{"TableName":"t"}`, "", "", `{"Items":[],"Count":0}`, `{"Count":0,"Items":[]}`,
		},
		{
			"sqs:receiveMessage", `{"QueueUrl":"q"}`, "sqs.ReceiveMessage", `{"QueueUrl":"q"}`, "", "",
			`{"Messages":[{"MD5OfBody":"m","Body":"b"}]}`, `{"Messages":[{"Body":"b","Md5OfBody":"m"}]}`,
		},
	} {
		f := replying(tt.answer)
		c := call(t, "arn:aws:states:::aws-sdk:"+tt.resource, tt.input)
		out, err := NewSDK(Options{Caller: f}).Start(t.Context(), c)
		if err != nil {
			t.Errorf("%s: %v", tt.resource, err)
			continue
		}
		if got := f.asked.Service + "." + f.asked.Operation; got != tt.operation {
			t.Errorf("%s asks for %s", tt.resource, got)
		}
		if got := f.asked.Input.Compact(); got != tt.document || f.body != tt.body {
			t.Errorf("%s sends %s and %q", tt.resource, got, f.body)
		}
		if got := out.Output.Text(); got != tt.result {
			t.Errorf("%s answers %s, want %s", tt.resource, got, tt.result)
		}
	}
}

// A member that makes a request idempotent follows from the attempt.
func TestTokens(t *testing.T) {
	f := replying(`{}`)
	c := call(t, "arn:aws:states:::aws-sdk:ecs:createService", `{"ServiceName":"s"}`)
	for range 2 {
		if _, err := NewSDK(Options{Caller: f}).Start(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	c = call(t, "arn:aws:states:::aws-sdk:athena:startQueryExecution", `{"QueryString":"q"}`)
	if _, err := NewSDK(Options{Caller: f}).Start(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := f.asked.Input.Compact(); got != `{"QueryString":"q","ClientRequestToken":"`+c.UUID()+`"}` {
		t.Errorf("sends %s", got)
	}
	c = call(t, "arn:aws:states:::aws-sdk:athena:startQueryExecution", `{"QueryString":"q","ClientRequestToken":"own"}`)
	if _, err := NewSDK(Options{Caller: f}).Start(t.Context(), c); err != nil || !strings.Contains(f.asked.Input.Text(), `"own"`) {
		t.Errorf("sends %s, %v", f.asked.Input.Text(), err)
	}
}

// What is streamed is text where it is UTF-8, and bounded.
func TestStreamedAnswers(t *testing.T) {
	for _, tt := range []struct{ body, result, err string }{
		{"grüß", `{"Body":"grüß","ContentLength":3,"Metadata":{}}`, ""},
		{"\xff\xfe", `{"Body":"//4=","ContentLength":3,"Metadata":{}}`, ""},
		{strings.Repeat("x", 100), "", "States.DataLimitExceeded: The state/task 'aws-sdk:s3' returned a result with a size exceeding the maximum number of bytes service limit."},
	} {
		f := replying(`{"ContentLength":3}`)
		f.reply.Body = io.NopCloser(bytes.NewReader([]byte(tt.body)))
		out, err := NewSDK(Options{Caller: f, MaxResult: 99}).Start(t.Context(), call(t, "arn:aws:states:::aws-sdk:s3:getObject", `{"Bucket":"b","Key":"k"}`))
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
			t.Errorf("%q: %v", tt.body, err)
		}
		if got := out.Output.Text(); got != tt.result {
			t.Errorf("%q: %s", tt.body, got)
		}
		if got := f.asked.Input.Text(); got != `{"Bucket":"b","Key":"k","ChecksumMode":"ENABLED"}` {
			t.Errorf("%q: asked for %s", tt.body, got)
		}
	}
}

func TestSDKRefusals(t *testing.T) {
	for _, tt := range []struct {
		resource    string
		err         error
		name, cause string
		fatal       bool
	}{
		{
			"s3:listObjects", &awswire.Error{Code: "NoSuchBucket", Message: "The specified bucket does not exist", Status: 404, RequestID: "R", HostID: "H"},
			"S3.NoSuchBucketException", "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: R, Extended Request ID: H) (SDK Attempt Count: 1)", false,
		},
		{
			"s3:headObject", &awswire.Error{Code: "NotFound", Status: 404, RequestID: "R", HostID: "H"},
			"S3.NoSuchKeyException", "null (Service: S3, Status Code: 404, Request ID: R, Extended Request ID: H) (SDK Attempt Count: 1)", false,
		},
		{
			"secretsmanager:createSecret", &awswire.Error{Code: "ValidationException", Message: "Invalid name.", RequestID: "R"},
			"SecretsManager.SecretsManagerException", "Invalid name. (Service: SecretsManager, Status Code: 400, Request ID: R) (SDK Attempt Count: 1)", false,
		},
		{
			"dynamodb:putItem", &awswire.Error{Code: "ConditionalCheckFailedException", Message: "The conditional request failed", RequestID: "R", Attempts: 3},
			"DynamoDb.ConditionalCheckFailedException", "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: R) (SDK Attempt Count: 3)", false,
		},
		{
			"rds:describeDBInstances", &awswire.Error{Code: "DBInstanceNotFound", Message: "No.", Status: 404, RequestID: "R"},
			"Rds.DbInstanceNotFoundException", "No. (Service: Rds, Status Code: 404, Request ID: R) (SDK Attempt Count: 1)", false,
		},
		{
			"sqs:receiveMessage", &awswire.Unanswered{Message: "Unable to execute HTTP request: h: Name or service not known"},
			"Sqs.SdkClientException", "Unable to execute HTTP request: h: Name or service not known", false,
		},
		{
			"sns:publish", errors.New("a panic"),
			"Sns.SnsException", "The request processing has failed because of an unknown error, exception or failure. (Service: Sns, Status Code: 500, Request ID: ", false,
		},
	} {
		_, err := NewSDK(Options{Caller: &fakeService{err: tt.err}}).Start(t.Context(), call(t, "arn:aws:states:::aws-sdk:"+tt.resource, `{}`))
		checkFailure(t, tt.resource, err, tt.name, tt.cause, tt.fatal)
	}
	_, err := NewSDK(Options{Caller: replying(`{}`)}).Start(t.Context(), call(t, "arn:aws:states:::aws-sdk:sqs:sendMessage", `{"QueueUrl":"q","MessageAttributes":{"a":{"Kind":"x"}}}`))
	checkFailure(t, "unknown", err, "States.Runtime", `The Parameters '{"QueueUrl":"q","MessageAttributes":{"a":{"Kind":"x"}}}' could not be used to start the Task: `+
		`[The field "Kind" is not supported by Step Functions]`, true)
	for _, resource := range []string{"sqs:sendMail", "mail:send", "kinesis:subscribeToShard", "transcribestreaming:startStreamTranscription"} {
		_, err := NewSDK(Options{Caller: replying(`{}`)}).Start(t.Context(), call(t, "arn:aws:states:::aws-sdk:"+resource, `{}`))
		checkFailure(t, resource, err, "States.TaskFailed", "This server has no operation for ", false)
	}
	if _, err := NewSDK(Options{Caller: &fakeService{err: context.Canceled}}).Start(t.Context(), call(t, "arn:aws:states:::aws-sdk:sqs:sendMessage", `{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up ends with %v", err)
	}
}

func checkFailure(t *testing.T, what string, err error, name, cause string, fatal bool) {
	t.Helper()
	var failed *task.Error
	if !errors.As(err, &failed) {
		t.Errorf("%s ends with %v", what, err)
		return
	}
	if failed.Name != name || !strings.HasPrefix(failed.Cause, cause) || failed.Fatal != fatal {
		t.Errorf("%s fails with\n%s: %s\nwant\n%s: %s", what, failed.Name, failed.Cause, name, cause)
	}
}

func TestOptimised(t *testing.T) {
	for _, tt := range []struct{ resource, input, operation, document, answer, result string }{
		{
			"dynamodb:putItem", `{"TableName":"t","Item":{"id":{"B":"aGk="}}}`,
			"dynamodb.PutItem", `{"TableName":"t","Item":{"id":{"B":"aGk="}}}`, `{}`, `{}`,
		},
		{
			"dynamodb:updateItem", `{"TableName":"t"}`, "dynamodb.UpdateItem", `{"TableName":"t"}`,
			`{"Attributes":{"b":{"S":"x"},"a":{"B":"aGk="}}}`, `{"Attributes":{"b":{"S":"x"},"a":{"B":"aGk="}}}`,
		},
		{
			"sqs:sendMessage", `{"QueueUrl":"http://h/1/q","MessageBody":{"a": 1}}`,
			"sqs.SendMessage", `{"QueueUrl":"http://h/1/q","MessageBody":"{\"a\":1}"}`,
			`{"MessageId":"i","MD5OfMessageBody":"m"}`, `{"MD5OfMessageBody":"m","MessageId":"i"}`,
		},
		{
			"sns:publish", `{"TopicArn":"t","Message":5,"MessageAttributes":{"a":{"DataType":"String","StringValue":"s"}}}`,
			"sns.Publish", `{"TopicArn":"t","Message":"5","MessageAttributes":{"a":{"DataType":"String","StringValue":"s"}}}`,
			`{"MessageId":"i"}`, `{"MessageId":"i"}`,
		},
		{
			"events:putEvents", `{"Entries":[{"Detail":{"a": 1},"Source":"s"},{"Detail":"{}","Resources":["own"]}]}`,
			"events.PutEvents", `{"Entries":[{"Detail":"{\"a\":1}","Source":"s","Resources":["arn:aws:states:us-east-1:111111111111:execution:m:e",` +
				`"arn:aws:states:us-east-1:111111111111:stateMachine:m"]},{"Detail":"{}","Resources":["own",` +
				`"arn:aws:states:us-east-1:111111111111:execution:m:e","arn:aws:states:us-east-1:111111111111:stateMachine:m"]}]}`,
			`{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}`, `{"Entries":[{"EventId":"e"}],"FailedEntryCount":0}`,
		},
	} {
		f := replying(tt.answer)
		c := call(t, "arn:aws:states:::"+tt.resource, tt.input)
		out, err := Integrations(Options{Caller: f})[c.Resource.Service].Start(t.Context(), c)
		if err != nil {
			t.Errorf("%s: %v", tt.resource, err)
			continue
		}
		if got := f.asked.Service + "." + f.asked.Operation; got != tt.operation {
			t.Errorf("%s asks for %s", tt.resource, got)
		}
		if got := f.asked.Input.Compact(); got != tt.document {
			t.Errorf("%s sends %s, want %s", tt.resource, got, tt.document)
		}
		if got := without(without(out.Output, "SdkHttpMetadata"), "SdkResponseMetadata").Compact(); got != tt.result {
			t.Errorf("%s answers %s, want %s", tt.resource, got, tt.result)
		}
	}
}

// The answer of a Task shows the header that came, or that would have come from the service.
func TestEnvelope(t *testing.T) {
	f := replying(`{}`)
	c := call(t, "arn:aws:states:::dynamodb:putItem", `{}`)
	start := func() string {
		out, err := Integrations(Options{Caller: f})["dynamodb"].Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return out.Output.Text()
	}
	if got := start(); !strings.Contains(got, `"AllHttpHeaders":{"Server":["Server"],"Connection":["keep-alive"],"x-amzn-RequestId":["`+f.asked.ID+
		`"],"x-amz-crc32":["2745614147"],"Content-Length":["2"],"Date":[`) || !strings.Contains(got, `"HttpHeaders":{"Connection":"keep-alive","Content-Length":"2","Content-Type":`) {
		t.Errorf("got %s", got)
	}
	f.reply.Header = http.Header{"X-Amzn-Requestid": {"R"}, "Content-Length": {"2"}, "X-Other": {"o"}}
	want := `{"SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["R"],"Content-Length":["2"]},"HttpHeaders":{"Content-Length":"2","x-amzn-RequestId":"R"},` +
		`"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"R"}}`
	if got := start(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOptimisedRefusals(t *testing.T) {
	for _, tt := range []struct {
		resource    string
		err         error
		name, cause string
		phase       task.Phase
	}{
		{
			"sns:publish", &awswire.Error{Code: "NotFound", Message: "Topic does not exist", Status: 404, RequestID: "R"},
			"SNS.NotFoundException", "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: R; Proxy: null)", task.Ran,
		},
		{
			"sns:publish.waitForTaskToken", &awswire.Error{Code: "InvalidParameter", Message: "No.", RequestID: "R"},
			"SNS.InvalidParameterException", "No. (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; Request ID: R; Proxy: null)", task.Submit,
		},
		{
			"dynamodb:getItem", &awswire.Error{Code: "ValidationException", Message: "No.", RequestID: "R"},
			"DynamoDB.AmazonDynamoDBException", "No. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: R; Proxy: null)", task.Ran,
		},
		{
			"sqs:sendMessage", &awswire.Error{Code: "QueueDoesNotExist", Message: "No.", RequestID: "R"},
			"SQS.QueueDoesNotExistException", "No. (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: R; Proxy: null)", task.Ran,
		},
		{
			"sqs:sendMessage", &awswire.Unanswered{Message: "Unable to execute HTTP request: connection refused"},
			"SQS.SdkClientException", "Unable to execute HTTP request: connection refused", task.Ran,
		},
	} {
		c := call(t, "arn:aws:states:::"+tt.resource, `{}`)
		_, err := Integrations(Options{Caller: &fakeService{err: tt.err}})[c.Resource.Service].Start(t.Context(), c)
		checkFailure(t, tt.resource, err, tt.name, tt.cause, false)
		var failed *task.Error
		if errors.As(err, &failed) && failed.Phase != tt.phase {
			t.Errorf("%s fails in phase %d", tt.resource, failed.Phase)
		}
	}
	c := call(t, "arn:aws:states:::sqs:sendMessage", `{"QueueUrl":"http://no-such-queue","MessageBody":"b"}`)
	_, err := Integrations(Options{Caller: replying(`{}`)})["sqs"].Start(t.Context(), c)
	checkFailure(t, "no queue", err, "SQS.SdkClientException", "Unable to execute HTTP request: no-such-queue: Name or service not known", false)
	c = call(t, "arn:aws:states:::sqs:sendMessage", `{"QueueUrl":"http://h/1/q","MessageAttributes":{"a":{"StringValue":5}}}`)
	_, err = Integrations(Options{Caller: replying(`{}`)})["sqs"].Start(t.Context(), c)
	checkFailure(t, "no text", err, "States.Runtime", `The Parameters '{"QueueUrl":"http://h/1/q","MessageAttributes":{"a":{"StringValue":5}}}' could not be used to start the Task: `+
		`[The value for the field 'StringValue' must be a STRING]`, true)
	c = call(t, "arn:aws:states:::events:putEvents", `{"Entries":[]}`)
	_, err = Integrations(Options{Caller: replying(`{"FailedEntryCount":1,"Entries":[{"ErrorCode":"c"}]}`)})["events"].Start(t.Context(), c)
	checkFailure(t, "failed entry", err, "EventBridge.FailedEntry", `{"Entries":[{"ErrorCode":"c"}],"FailedEntryCount":1}`, false)
}

// Bytes go there and back.
func TestBytes(t *testing.T) {
	for _, text := range []string{"", "plain", "ü", `{"a":1}`} {
		doc := sdkTongue.scalar(value.FromString(text), blob)
		if raw, err := base64.StdEncoding.DecodeString(doc.Str()); err != nil || string(raw) != text {
			t.Errorf("%q is sent as %s", text, doc.Text())
		}
		if back := sdkTongue.result(doc, blob); back.Str() != text {
			t.Errorf("%q comes back as %s", text, back.Text())
		}
	}
}

var blob = &model.Shape{Kind: model.Blob}

// pages answers one operation after the other.
type pages struct {
	asked   []string
	answers []string
}

func (p *pages) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	p.asked = append(p.asked, r.Operation+r.Input.Compact())
	return &awswire.Reply{Output: value.Checked(p.answers[len(p.asked)-1])}, nil
}

func TestInstancesByName(t *testing.T) {
	const first, second = `{"InstanceGroups":[{"Id":"g1","Name":"a"}],"Marker":"m"}`, `{"InstanceGroups":[{"Id":"g2","Name":"b"}]}`
	p := &pages{answers: []string{first, second, `{}`}}
	c := call(t, "arn:aws:states:::elasticmapreduce:modifyInstanceGroupByName", `{"ClusterId":"c","InstanceGroupName":"b","InstanceGroup":{"InstanceCount":3}}`)
	if _, err := Integrations(Options{Caller: p})["elasticmapreduce"].Start(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	want := []string{`ListInstanceGroups{"ClusterId":"c"}`, `ListInstanceGroups{"ClusterId":"c","Marker":"m"}`,
		`ModifyInstanceGroups{"ClusterId":"c","InstanceGroups":[{"InstanceCount":3,"InstanceGroupId":"g2"}]}`}
	if !slices.Equal(p.asked, want) {
		t.Errorf("asked for %q", p.asked)
	}
	p = &pages{answers: []string{second}}
	c = call(t, "arn:aws:states:::elasticmapreduce:modifyInstanceFleetByName", `{"ClusterId":"c","InstanceFleetName":"x"}`)
	_, err := Integrations(Options{Caller: p})["elasticmapreduce"].Start(t.Context(), c)
	checkFailure(t, "no fleet", err, "ElasticMapReduce.AmazonElasticMapReduceException", "Cluster c has no InstanceFleet named x.", false)
}
