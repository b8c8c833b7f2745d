package codec

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// TestRequestFields looks at what is in a request beside the document: where it goes, and checksums (of the bodies that botocore makes).
func TestRequestFields(t *testing.T) {
	once := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text)) }
	for _, test := range []struct {
		name, service, operation, input string
		body                            io.Reader
		url, field, want                string
	}{
		{"MD5", "s3control", "PutBucketTagging", `{"AccountId":"1","Bucket":"b","Tagging":{"TagSet":[]}}`, nil, "", "Content-Md5", "bIed6Qcnn+304NSEPpDh+g=="},
		{"CRC32 by itself", "s3", "DeleteObjects", `{"Bucket":"b","Delete":{"Objects":[]}}`, nil, "https://host/p/b?delete", "X-Amz-Checksum-Crc32", "ly05pA=="},
		{"as asked", "s3", "PutObject", `{"Bucket":"b","Key":"k","ChecksumAlgorithm":"SHA1"}`, strings.NewReader("hello"), "https://host/p/b/k", "X-Amz-Checksum-Sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="},
		{"given", "s3", "PutObject", `{"Bucket":"b","Key":"k","ChecksumCRC32":"x"}`, strings.NewReader("hello"), "", "X-Amz-Checksum-Crc32", "x"},
		{"read but once", "s3", "PutObject", `{"Bucket":"b","Key":"k","ChecksumAlgorithm":"SHA1"}`, once("hello"), "", "X-Amz-Sdk-Checksum-Algorithm", ""},
		{"none", "s3", "PutObject", `{"Bucket":"b","Key":"a b/+"}`, strings.NewReader("hello"), "https://host/p/b/a%20b/%2B", "X-Amz-Checksum-Crc32", ""},
		{"old errors", "sqs", "ListQueues", ``, nil, "https://host/p/", "X-Amzn-Query-Mode", "true"},
		{"metadata", "s3", "PutObject", `{"Bucket":"b","Key":"k","Metadata":{"A-b":"c"}}`, strings.NewReader("hello"), "", "x-amz-meta-A-b", "c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := model.Load(test.service)
			request := &awswire.Request{Input: value.Checked(test.input), Body: test.body, Length: 5}
			r, err := NewRequest(t.Context(), s, s.Operations[test.operation], "https://host/p/", request)
			if err != nil {
				t.Fatal(err)
			}
			if test.url != "" && r.URL.String() != test.url {
				t.Errorf("URL %s, want %s", r.URL, test.url)
			}
			if got := strings.Join(r.Header[test.field], ","); got != test.want {
				t.Errorf("%s: %q, want %q (%v)", test.field, got, test.want, r.Header)
			}
			if test.body == nil {
				return
			}
			if sent, err := io.ReadAll(r.Body); err != nil || string(sent) != "hello" || r.ContentLength != 5 {
				t.Errorf("body %q of %d, %v", sent, r.ContentLength, err)
			}
			if r.GetBody == nil {
				return
			}
			again, err := r.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if sent, err := io.ReadAll(again); err != nil || string(sent) != "hello" {
				t.Errorf("body again %q, %v", sent, err)
			}
		})
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	for _, test := range []struct{ service, operation, input, endpoint, want string }{
		{"s3", "GetObject", `{"Bucket":"b"}`, "https://host", "Key is missing"},
		{"s3", "GetObject", `{"Bucket":"","Key":"k"}`, "https://host", "Bucket is missing"},
		{"s3", "DeleteObjects", `{"Bucket":"b","Delete":{"Objects":[]},"ChecksumAlgorithm":"ROT13"}`, "https://host", "no checksum algorithm ROT13"},
		{"lambda", "Invoke", `{"FunctionName":"f","Payload":"%"}`, "https://host", "Payload is not Base64"},
		{"sqs", "ListQueues", `{}`, "host", "is no URL"},
	} {
		s := model.Load(test.service)
		_, err := NewRequest(t.Context(), s, s.Operations[test.operation], test.endpoint, &awswire.Request{Input: value.Checked(test.input)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v, want %s", test.operation, test.input, err, test.want)
		}
	}
}

func TestVirtualHost(t *testing.T) {
	for _, test := range []struct{ bucket, url, want string }{
		{"b-1", "https://s3.amazonaws.com/b-1/a%20b//c?x", "https://b-1.s3.amazonaws.com/a%20b//c?x"},
		{"b-1", "https://s3.amazonaws.com/b-1?list-type=2", "https://b-1.s3.amazonaws.com/?list-type=2"},
		{"b.1", "https://s3.amazonaws.com/b.1/k", "https://s3.amazonaws.com/b.1/k"},
		{"b", "https://s3.amazonaws.com/bb/k", "https://s3.amazonaws.com/bb/k"},
		{"", "https://s3.amazonaws.com/", "https://s3.amazonaws.com/"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if VirtualHost(r, test.bucket); r.URL.String() != test.want {
			t.Errorf("%s of %s: %s, want %s", test.url, test.bucket, r.URL, test.want)
		}
	}
}

// TestRefusals reads answers that say no.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, service, operation string
		status                   int
		body                     string
		want                     awswire.Error
	}{
		{"S3", "s3", "CreateBucket", 409, "<Error><Code>BucketAlreadyExists</Code><Message>m</Message><RequestId>r</RequestId></Error>",
			awswire.Error{Code: "BucketAlreadyExists", Message: "m", Status: 409, RequestID: "r"}},
		{"late", "s3", "CopyObject", 200, "<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code><Message>m</Message></Error>", awswire.Error{Code: "SlowDown", Message: "m", Status: 500}},
		{"no body", "s3", "HeadObject", 404, "", awswire.Error{Code: "404", Message: "Not Found", Status: 404}},
		{"query", "sns", "Publish", 404, `<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
			awswire.Error{Code: "NotFound", Message: "m", Status: 404, RequestID: "r"}},
		{"EC2", "ec2", "RunInstances", 400, `<Response><Errors><Error><Code>InvalidAMIID.NotFound</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>`,
			awswire.Error{Code: "InvalidAMIID.NotFound", Message: "m", Status: 400, RequestID: "r"}},
		{"JSON", "sqs", "GetQueueUrl", 400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}`, awswire.Error{Code: "QueueDoesNotExist", Message: "m", Status: 400}},
		{"a proxy", "sqs", "GetQueueUrl", 502, `<html>`, awswire.Error{Code: "502", Message: "<html>", Status: 502}},
	} {
		s := model.Load(test.service)
		w := &http.Response{StatusCode: test.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(test.body)), ContentLength: int64(len(test.body))}
		_, err := ReadReply(s, s.Operations[test.operation], w)
		e, ok := err.(*awswire.Error)
		if !ok || e.Code != test.want.Code || e.Message != test.want.Message || e.Status != test.want.Status || e.RequestID != test.want.RequestID || len(e.Extra) > 0 {
			t.Errorf("%s: %+v, want %+v", test.name, err, test.want)
		}
	}
}
