package aws

import (
	"bufio"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/servertest"
	"github.com/statelark/statelark/value"
)

// moto starts a server that somebody else wrote, which speaks as AWS does, and returns its URL.
func moto(t *testing.T) string {
	t.Helper()
	program := servertest.Program(t, "moto_server")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := strings.Cut(address, ":")
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "Running on") {
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-drained
		_ = cmd.Wait()
	})
	return "http://" + address
}

// One operation of every protocol and more, on a server that was written for AWS's own clients.
func TestMoto(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server")
	}
	url := moto(t)
	alone(t)
	c := New(Options{Service: func(string) Service { return Service{Endpoint: url, Region: "us-east-1"} }})
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, tt := range []struct{ operation, input, upload, path, want string }{
		{"dynamodb.CreateTable", `{"TableName":"t","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}`, "", "TableDescription.TableName", "t"},
		{"dynamodb.PutItem", `{"TableName":"t","Item":{"id":{"S":"1"},"raw":{"B":"aGk="}}}`, "", "", ""},
		{"dynamodb.GetItem", `{"TableName":"t","Key":{"id":{"S":"1"}}}`, "", "Item.raw.B", "aGk="},
		{"sqs.CreateQueue", `{"QueueName":"q.fifo","Attributes":{"FifoQueue":"true"}}`, "", "QueueUrl", url + "/123456789012/q.fifo"},
		{"sqs.SendMessage", `{"QueueUrl":"` + url + `/123456789012/q.fifo","MessageBody":"b","MessageGroupId":"g","MessageDeduplicationId":"d"}`, "", "MD5OfMessageBody", "92eb5ffee6ae2fec3ad71c777531578f"},
		{"sns.CreateTopic", `{"Name":"n"}`, "", "TopicArn", "arn:aws:sns:us-east-1:123456789012:n"},
		{"s3.CreateBucket", `{"Bucket":"bucket"}`, "", "", ""},
		{"s3.PutObject", `{"Bucket":"bucket","Key":"a b/ü","Metadata":{"who":"me"}}`, "text", "ETag", `"1cb251ec0d568de6a929b520c4aed8d1"`},
		{"s3.HeadObject", `{"Bucket":"bucket","Key":"a b/ü"}`, "", "Metadata.who", "me"},
		{"s3.DeleteObjects", `{"Bucket":"bucket","Delete":{"Objects":[{"Key":"a b/ü"}]}}`, "", "", ""},
		{"ec2.RunInstances", `{"ImageId":"ami-12c6146b","MinCount":1,"MaxCount":1,"TagSpecifications":[{"ResourceType":"instance","Tags":[{"Key":"k","Value":"v"}]}]}`, "", "", ""},
		{"iam.CreateUser", `{"UserName":"u"}`, "", "User.UserName", "u"},
		{"sts.GetCallerIdentity", `{}`, "", "Account", "123456789012"},
		{"kms.CreateKey", `{"Description":"d"}`, "", "KeyMetadata.Description", "d"},
		{"secretsmanager.CreateSecret", `{"Name":"s","SecretString":"x"}`, "", "Name", "s"},
		{"ssm.PutParameter", `{"Name":"p","Value":"v","Type":"String"}`, "", "", ""},
		{"events.PutRule", `{"Name":"r","ScheduleExpression":"rate(1 day)"}`, "", "RuleArn", "arn:aws:events:us-east-1:123456789012:rule/r"},
		{"logs.CreateLogGroup", `{"logGroupName":"g"}`, "", "", ""},
		{"lambda.ListFunctions", `{}`, "", "", ""},
		{"ecs.CreateCluster", `{"clusterName":"c"}`, "", "cluster.clusterName", "c"},
		{"glue.CreateDatabase", `{"DatabaseInput":{"Name":"d"}}`, "", "", ""},
		{"athena.CreateWorkGroup", `{"Name":"w"}`, "", "", ""},
		{"batch.DescribeJobQueues", `{}`, "", "", ""},
		{"rds.CreateDBInstance", `{"DBInstanceIdentifier":"d","DBInstanceClass":"db.m1.small","Engine":"mysql"}`, "", "DBInstance.Engine", "mysql"},
		{"route53.CreateHostedZone", `{"Name":"example.org","CallerReference":"r"}`, "", "HostedZone.Name", "example.org."},
		{"cloudwatch.PutMetricData", `{"Namespace":"n","MetricData":[{"MetricName":"m","Value":1.5}]}`, "", "", ""},
	} {
		r := request(t, tt.operation, tt.input)
		if tt.upload != "" {
			r.Body, r.Length = strings.NewReader(tt.upload), int64(len(tt.upload))
		}
		reply, err := c.Call(ctx, r)
		if err != nil {
			t.Errorf("%s: %v", tt.operation, err)
			continue
		}
		if got := follow(reply.Output, tt.path); tt.path != "" && got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.operation, tt.path, got, tt.want)
		}
	}
	for operation, want := range map[string]*awswire.Error{
		`s3.GetObject{"Bucket":"bucket","Key":"gone"}`:                       {Code: "NoSuchKey", Status: 404},
		`s3.ListObjectsV2{"Bucket":"no-such-bucket"}`:                        {Code: "NoSuchBucket", Status: 404},
		`dynamodb.GetItem{"TableName":"no","Key":{"id":{"S":"1"}}}`:          {Code: "ResourceNotFoundException", Status: 400},
		`sns.Publish{"TopicArn":"arn:aws:sns:us-east-1:1:no","Message":"m"}`: {Code: "NotFound", Status: 404},
		`ec2.TerminateInstances{"InstanceIds":["i-1234567890abcdef0"]}`:      {Code: "InvalidInstanceID.NotFound", Status: 400},
		`lambda.GetFunction{"FunctionName":"no"}`:                            {Code: "ResourceNotFoundException", Status: 404},
	} {
		name, input, _ := strings.Cut(operation, "{")
		_, err := c.Call(ctx, request(t, name, "{"+input))
		got, ok := err.(*awswire.Error) //nolint:errorlint // it is the error itself
		if !ok || got.Code != want.Code || got.Status != want.Status || got.Message == "" {
			t.Errorf("%s: %+v", operation, err)
		}
	}
}

// follow follows a path of names to a text.
func follow(v value.Value, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		v, _ = v.Get(name)
	}
	return v.Str()
}
