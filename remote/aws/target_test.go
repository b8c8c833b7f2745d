package aws

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Where requests go at AWS.
func TestHosts(t *testing.T) {
	alone(t)
	for _, tt := range []struct{ operation, input, host string }{
		{"dynamodb.GetItem", `{"TableName":"t","Key":{}}`, "dynamodb.eu-west-1.amazonaws.com:443"},
		{"s3.GetObject", `{"Bucket":"bucket","Key":"k"}`, "bucket.s3.eu-west-1.amazonaws.com:443"},
		{"s3.GetObject", `{"Bucket":"my.bucket","Key":"k"}`, "s3.eu-west-1.amazonaws.com:443"},
		{"sqs.SendMessage", `{"QueueUrl":"https://sqs.us-west-2.amazonaws.com/1/q","MessageBody":"b"}`, "sqs.us-west-2.amazonaws.com:443"},
		{"sqs.SendMessage", `{"QueueUrl":"https://example.org/1/q","MessageBody":"b"}`, "sqs.eu-west-1.amazonaws.com:443"},
		{"organizations.ListAccounts", `{}`, "organizations.us-east-1.amazonaws.com:443"},
		{"iam.ListUsers", `{}`, "iam.amazonaws.com:443"},
		{"stepfunctions.StartSyncExecution", `{"stateMachineArn":"m"}`, "sync-states.eu-west-1.amazonaws.com:443"},
	} {
		var dialed []string
		c := New(Options{
			Pause: func(context.Context, time.Duration) error { return nil },
			Transport: func(tr *http.Transport) {
				tr.Proxy = nil
				tr.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
					dialed = append(dialed, address)
					return nil, io.EOF
				}
			},
		})
		_, err := c.Call(t.Context(), request(t, tt.operation, tt.input))
		if err == nil || len(dialed) != 3 || dialed[0] != tt.host {
			t.Errorf("%s %s goes to %q: %v", tt.operation, tt.input, dialed, err)
		}
		c.Close()
	}
}

func TestEndpointsOfRegions(t *testing.T) {
	alone(t)
	c := New(Options{})
	defer c.Close()
	r := request(t, "dynamodb.GetItem", `{"TableName":"t","Key":{}}`)
	r.Place.Region = "a b"
	if _, err := c.Call(t.Context(), r); err == nil || !strings.Contains(err.Error(), "there is no region") {
		t.Errorf("a region that is none: %v", err)
	}
}

// A bucket is followed to its region, once.
func TestBucketElsewhere(t *testing.T) {
	alone(t)
	away := answer(301, `<Error><Code>PermanentRedirect</Code><Message>No.</Message></Error>`, "X-Amz-Bucket-Region", "ap-south-1")
	for name, tt := range map[string]struct {
		answers []func(http.ResponseWriter)
		hosts   string
		fails   bool
	}{
		"there":      {[]func(http.ResponseWriter){away, answer(200, "x")}, "bucket.s3.eu-west-1.amazonaws.com bucket.s3.ap-south-1.amazonaws.com", false},
		"not at all": {[]func(http.ResponseWriter){away}, "bucket.s3.eu-west-1.amazonaws.com bucket.s3.ap-south-1.amazonaws.com", true},
	} {
		b := newBackend(t, tt.answers...)
		c := New(Options{
			Pause: func(context.Context, time.Duration) error { return nil },
			Transport: func(tr *http.Transport) {
				tr.Proxy = nil
				tr.DialTLSContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, network, b.Listener.Addr().String())
				}
			},
		})
		reply, err := c.Call(t.Context(), request(t, "s3.GetObject", `{"Bucket":"bucket","Key":"k"}`))
		if (err != nil) != tt.fails {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && reply.Body.Close() != nil {
			t.Errorf("%s: the body cannot be closed", name)
		}
		var hosts []string
		for _, r := range b.asked {
			hosts = append(hosts, r.Host)
		}
		if got := strings.Join(hosts, " "); got != tt.hosts {
			t.Errorf("%s: asked %s", name, got)
		}
		if last := b.asked[len(b.asked)-1]; !strings.Contains(last.Header.Get("Authorization"), "/ap-south-1/s3/") {
			t.Errorf("%s: signed with %s", name, last.Header.Get("Authorization"))
		}
		c.Close()
	}
}
