package codec

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// FuzzRead has requests of all protocols read. What is accepted is a document that JSON can say, and whatever it is, there is an answer.
func FuzzRead(f *testing.F) {
	for _, seed := range []struct{ service, method, uri, target, kind, body string }{
		{"dynamodb", "POST", "/", "DynamoDB_20120810.PutItem", "", `{"TableName":"t","Item":{"a":{"S":"x"},"n":null}}`},
		{"sns", "POST", "/?Action=Publish", "", "application/x-www-form-urlencoded", "Message=x&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType=String"},
		{"sqs", "POST", "/1/q", "", "application/x-www-form-urlencoded", "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.7.Id=b"},
		{"ec2", "POST", "/", "", "application/x-www-form-urlencoded", "Action=RunInstances&TagSpecification.1.Tag.1.Key=a&MinCount=1"},
		{"s3", "POST", "/b?delete", "", "", "<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>"},
		{"s3", "PUT", "/b/k%2F//x?partNumber=1&uploadId=u", "", "", "3\r\nabc\r\n0\r\n\r\n"},
		{"s3", "PUT", "/b?acl", "", "", `<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"/></Grant></AccessControlList></AccessControlPolicy>`},
		{"batch", "POST", "/v1/submitjob", "", "", `{"jobName":"n","parameters":{"a":"b"}}`},
		{"lambda", "GET", "/2015-03-31/functions/f%3A1?Qualifier=2", "", "", ""},
		{"cloudwatch", "POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "cbor", "", "\xa1\x69Namespace\x61n"},
		{"route53", "GET", "/2013-04-01/hostedzone?maxitems=1", "", "", ""},
	} {
		f.Add(seed.service, seed.method, seed.uri, seed.target, seed.kind, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, service, method, uri, target, kind string, body []byte) {
		s := model.Load(service)
		if s == nil {
			return
		}
		u, err := url.ParseRequestURI(uri)
		if err != nil || !strings.HasPrefix(uri, "/") {
			return
		}
		r := &http.Request{Method: method, URL: u, Host: "h", Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
		switch {
		case target == "cbor":
			r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
		case target == "chunks":
			r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		case target != "":
			r.Header.Set("X-Amz-Target", target)
		}
		r.Header.Set("Content-Type", kind)
		x, request, err := Read(s, r, Options{MaxBody: 1 << 16, MaxStream: 1 << 16, Check: Everything})
		w := httptest.NewRecorder()
		if err != nil {
			x.WriteError(w, err)
			if w.Code < 400 {
				t.Errorf("%v is answered with %d", err, w.Code)
			}
			return
		}
		if _, err := value.Parse(request.Input.Compact()); err != nil {
			t.Errorf("the document %q: %v", request.Input.Compact(), err)
		}
		if request.Body != nil {
			_, _ = io.Copy(io.Discard, request.Body) // may say no
		}
		x.Write(w, &awswire.Reply{})
	})
}

// FuzzCBOR has CBOR read. What is read is written, and read as the same again.
func FuzzCBOR(f *testing.F) {
	for _, seed := range []string{"\xa0", "\xbf\xff", "\xa1\x61a\x01", "\x9f\x01\x20\xff", "\x5f\x41a\x41b\xff", "\xc1\x1a\x65\x00\x00\x00", "\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
		"\xf9\x7e\x00", "\xf9\x00\x01", "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", "\xf6", "\x7f\x62\xc3\xbc\xff", "\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseCBOR(data)
		if err != nil {
			return
		}
		if _, err := value.Parse(v.Compact()); err != nil {
			t.Fatalf("the document %q: %v", v.Compact(), err)
		}
		again, err := parseCBOR(appendCBOR(nil, v, &model.Shape{}))
		if err != nil || again.Compact() != v.Compact() && !value.Equal(again, v) {
			t.Errorf("%s is read as %s again: %v", v.Compact(), again.Compact(), err)
		}
	})
}

// FuzzChunks has bodies in chunks read, in pieces of all sizes, to the same end.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("3;chunk-signature=0\r\nabc\r\n0;chunk-signature=0\r\nx-amz-checksum-crc32:AA==\r\n\r\n"), 1)
	f.Add([]byte("0\r\n"), 7)
	f.Add([]byte("ffffffffffffffff\r\n"), 3)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if size < 1 || size > 100 {
			return
		}
		whole, err := io.ReadAll(newChunks(bytes.NewReader(data), http.Header{}))
		c := newChunks(bytes.NewReader(data), http.Header{})
		var parts []byte
		piece := make([]byte, size)
		var err2 error
		for err2 == nil {
			var n int
			n, err2 = c.Read(piece)
			parts = append(parts, piece[:n]...)
		}
		if err2 == io.EOF {
			err2 = nil
		}
		if !bytes.Equal(whole, parts) || !errors.Is(err2, err) {
			t.Errorf("%q (%v) and in pieces %q (%v)", whole, err, parts, err2)
		}
		if len(whole) > len(data) {
			t.Errorf("%d bytes of %d", len(whole), len(data))
		}
	})
}

// FuzzReply has answers of all protocols read.
func FuzzReply(f *testing.F) {
	for _, seed := range []struct {
		service, operation string
		status             int
		body               string
	}{
		{"dynamodb", "GetItem", 200, `{"Item":{"a":{"S":"x"}}}`}, {"dynamodb", "GetItem", 400, `{"__type":"a#B:c","message":"m"}`},
		{"sns", "ListTopics", 200, "<r><ListTopicsResult><Topics><member><TopicArn>a</TopicArn></member></Topics></ListTopicsResult></r>"},
		{"s3", "ListObjectsV2", 200, "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>"},
		{"s3", "CopyObject", 200, "<Error><Code>SlowDown</Code></Error>"}, {"s3", "GetBucketLocation", 200, "<LocationConstraint>EU</LocationConstraint>"},
		{"ec2", "DescribeInstances", 200, "<r><reservationSet><item><ownerId>1</ownerId></item></reservationSet></r>"},
		{"lambda", "Invoke", 200, "{}"}, {"batch", "DescribeJobs", 500, "<html>"},
	} {
		f.Add(seed.service, seed.operation, seed.status, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, service, operation string, status int, body []byte) {
		s := model.Load(service)
		if s == nil || s.Operations[operation] == nil || status < 200 || status > 599 {
			return
		}
		w := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
		reply, err := ReadReply(s, s.Operations[operation], w)
		var refused *awswire.Error
		switch {
		case err == nil:
			if _, err := value.Parse(reply.Output.Compact()); err != nil {
				t.Errorf("the document %q: %v", reply.Output.Compact(), err)
			}
		case errors.As(err, &refused) && (refused.Code == "" || refused.Status < 300):
			t.Errorf("%+v", refused)
		case status >= 300 && refused == nil:
			t.Errorf("%d: %v", status, err)
		}
	})
}

func TestChecksums(t *testing.T) {
	// The check values of the CRC catalogue, and those of RFC 1321 and FIPS 180.
	for algorithm, want := range map[string]string{
		"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg=", "MD5": "JfnnlDI7RTiF9RgfG2JNCw==",
		"SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=", "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	} {
		h := NewChecksum(algorithm)
		_, _ = io.WriteString(h, "123456789")
		if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s is %s, want %s", algorithm, got, want)
		}
	}
	if NewChecksum("ROT13") != nil {
		t.Error("there is a checksum ROT13")
	}
}
