package gateway

import (
	"errors"
	"strconv"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// TestInside asks within the process.
func TestInside(t *testing.T) {
	f := table()
	for _, test := range []struct{ service, operation, input, want string }{
		{"dynamodb", "PutItem", `{"TableName":"t","Item":{}}`, ""},
		{"dynamodb", "PutItem", `{"TableName":"t"}`, "400 ValidationException: 1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"},
		{"dynamodb", "PutItem", ``, "400 ValidationException: 2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'item' failed to satisfy constraint: Member must not be null"},
		{"dynamodb", "PutItem", `{"TableName":{},"Item":{}}`, "400 SerializationException: Start of structure or map found where not expected."},
		{"dynamodb", "BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{}}]}}`,
			"400 ValidationException: 1 validation error detected: Value null at 'requestItems.t.member.1.member.putRequest.item' failed to satisfy constraint: Member must not be null"},
		{"s3", "PutBucketTagging", `{"Bucket":"b"}`, "501 NotImplemented: s3.PutBucketTagging"},
		{"ssm", "PutParameter", `{"Name":"a","Value":"b","Tier":"Best"}`,
			"400 ValidationException: 1 validation error detected: Value 'Best' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]"},
		{"glue", "CreateDatabase", `{"DatabaseInput":{"Name":"a\u0001"}}`, "400 ValidationException: 1 validation error detected: Value 'a\x01' at 'databaseInput.name' failed to satisfy constraint: " +
			`Member must satisfy regular expression pattern: [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*`},
		{"glue", "CreateDatabase", `{"DatabaseInput":{"Name":"\ud83d\ude00ü"}}`, "501 NotImplemented: glue.CreateDatabase"},
		{"nothing", "Do", `{}`, "501 NotImplemented: nothing.Do"}, {"s3", "Do", `{}`, "501 NotImplemented: s3.Do"}, {"s3", "ListBuckets", ``, ""},
		{"sns", "GetTopicAttributes", `{"TopicArn":"a"}`, "404 NotFound: Topic does not exist"},
		{"sqs", "GetQueueUrl", `{"QueueName":"a"}`, "400 QueueDoesNotExist: The specified queue does not exist."},
	} {
		got := ""
		_, err := Inside{f}.Call(t.Context(), &awswire.Request{Service: test.service, Operation: test.operation, Input: value.Checked(test.input)})
		var no *awswire.Error
		if errors.As(err, &no) {
			got = strconv.Itoa(no.Status) + " " + no.Error()
		}
		if got != test.want {
			t.Errorf("%s.%s %s: %s\nwant %s", test.service, test.operation, test.input, got, test.want)
		}
	}
}
