package codec

import (
	"bytes"
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

// BenchmarkRead is what it costs to read and check a request, and to answer it with an empty object.
func BenchmarkRead(b *testing.B) {
	for _, bench := range []struct{ name, service, method, uri, target, kind, body string }{
		{"PutItem", "dynamodb", "POST", "/", "DynamoDB_20120810.PutItem", "",
			`{"TableName":"orders","Item":{"id":{"S":"0001"},"n":{"N":"12"},"tags":{"SS":["a","b"]},"body":{"S":"` + strings.Repeat("x", 300) + `"}}}`},
		{"SendMessage", "sqs", "POST", "/", "AmazonSQS.SendMessage", "", `{"QueueUrl":"http://localhost/1/q","MessageBody":"` + strings.Repeat("x", 300) + `"}`},
		{"Publish", "sns", "POST", "/", "", "application/x-www-form-urlencoded", "Action=Publish&Version=2010-03-31&TopicArn=arn&Message=" + strings.Repeat("x", 300)},
		{"PutObject", "s3", "PUT", "/bucket/key", "", "", strings.Repeat("x", 300)},
		{"DeleteObjects", "s3", "POST", "/bucket?delete", "", "", "<Delete>" + strings.Repeat("<Object><Key>a</Key></Object>", 100) + "</Delete>"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := model.Load(bench.service)
			u, _ := url.ParseRequestURI(bench.uri)
			header := http.Header{"Content-Type": {bench.kind}}
			if bench.target != "" {
				header.Set("X-Amz-Target", bench.target)
			}
			b.ReportAllocs()
			for b.Loop() {
				r := &http.Request{Method: bench.method, URL: u, Host: "h", Header: header, Body: io.NopCloser(strings.NewReader(bench.body)), ContentLength: int64(len(bench.body))}
				x, request, err := Read(s, r, Options{MaxBody: 1 << 20, MaxStream: 1 << 20, Check: Everything})
				if err != nil {
					b.Fatal(err)
				}
				if request.Body != nil {
					_, _ = io.Copy(io.Discard, request.Body)
				}
				x.Write(&discard{header: http.Header{}}, &awswire.Reply{})
			}
		})
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// TestHostileBodies has bodies read that are small and would be large in memory.
func TestHostileBodies(t *testing.T) {
	for name, test := range map[string]struct{ service, uri, target, body, code string }{
		"elements":  {"s3", "/b?delete", "", "<Delete>" + strings.Repeat("<a/>", 300_000) + "</Delete>", "MalformedXML"},
		"depth":     {"s3", "/b?delete", "", strings.Repeat("<a>", 100_000), "MalformedXML"},
		"text":      {"s3", "/b?delete", "", "<Delete>" + strings.Repeat("<![CDATA[x]]>", 100_000) + "</Delete>", ""},
		"entities":  {"s3", "/b?delete", "", `<!DOCTYPE a [<!ENTITY x "y">]><Delete>&x;</Delete>`, "MalformedXML"},
		"params":    {"sns", "/", "", "Action=Publish&" + strings.Repeat("a&", 300_000), "MalformedQueryString"},
		"path":      {"sns", "/", "", "Action=Publish&" + strings.Repeat("a.", 300_000), "MalformedQueryString"},
		"sparse":    {"sns", "/", "", "Action=PublishBatch&TopicArn=a&PublishBatchRequestEntries.member.999999999.Id=a", ""},
		"values":    {"dynamodb", "/", "DynamoDB_20120810.PutItem", `{"a":[` + strings.Repeat("1,", 1_100_000) + `1]}`, "SerializationException"},
		"arrays":    {"dynamodb", "/", "DynamoDB_20120810.PutItem", strings.Repeat("[", 100_000), "SerializationException"},
		"items":     {"cloudwatch", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "cbor", "\xa1\x61a\x9f" + strings.Repeat("\x80", 1_100_000) + "\xff", "SerializationException"},
		"announced": {"cloudwatch", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "cbor", "\xa1\x61a\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "SerializationException"},
		"too large": {"s3", "/b?delete", "", strings.Repeat("x", 5<<20), "EntityTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, test.uri, bytes.NewReader([]byte(test.body)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			switch test.target {
			case "":
			case "cbor":
				r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
			default:
				r.Header.Set("X-Amz-Target", test.target)
			}
			_, request, err := Read(model.Load(test.service), r, Options{MaxBody: 4 << 20, MaxStream: 4 << 20})
			if test.code == "" {
				if err != nil || request.Input.Kind() != value.Object {
					t.Errorf("%v", err)
				}
				return
			}
			if e, ok := err.(*awswire.Error); !ok || e.Code != test.code {
				t.Errorf("%v, want %s", err, test.code)
			}
		})
	}
}
