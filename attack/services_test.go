package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/servertest"
)

// siege is what hostile clients do with a service that is built in.
type siege struct {
	name  string
	short bool
	lacks string
	bound int64 // of resident memory, in MB
	setup func(t *testing.T, c *client)
	do    func(ctx context.Context, c *client)
}

var sieges = []siege{
	{"scans with a filter", true, "", 500, manyItems, scans},
	{"5,000 long polls", true, "", 500, aQueue, longPolls},
	{"large bodies", true, "", 500, aQueue, largeCalls},
	{"garbage", true, "", 300, aQueue, garbage},
	{"floods of sends", false, "", 500, aQueue, sends},
	{"large objects", false, "", 400, aBucket, largeObjects},
}

// TestServices: who floods one service does not hold up those who start executions.
func TestServices(t *testing.T) {
	for _, a := range sieges {
		t.Run(a.name, func(t *testing.T) {
			need(t, a.short, a.lacks)
			server := servertest.StartBinary(t, binary)
			c := newClient(server)
			a.setup(t, c)
			watch, crowd := watchMemory(server), newOthers(t, server)
			ctx, cancel := context.WithTimeout(t.Context(), holdTime)
			a.do(ctx, c)
			cancel()
			figures := crowd.check(t) + "; " + watch.check(t, a.bound)
			ctx, cancel = context.WithCancel(t.Context())
			var again sync.WaitGroup
			again.Go(func() { a.do(ctx, c) })
			hold(time.Second) // the server goes in the midst of it
			took := server.Stop(t)
			cancel()
			again.Wait()
			if took > promisedEnd {
				t.Errorf("the server ended %v after SIGTERM, want within %v", took, promisedEnd)
			}
			t.Logf("%s; SIGTERM %v", figures, took.Round(time.Millisecond))
		})
	}
}

// ask makes a call of a service, and does not care for the answer beyond its status.
func (c *client) ask(ctx context.Context, method, service, path string, body []byte, target string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
		req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func (c *client) set(t *testing.T, method, service, path, target, body string) {
	t.Helper()
	if status, err := c.ask(t.Context(), method, service, path, []byte(body), target); err != nil || status != http.StatusOK {
		t.Fatalf("%s %s: %d, %v", target, path, status, err)
	}
}

// manyItems makes a table with 25 MB.
func manyItems(t *testing.T, c *client) {
	c.set(t, http.MethodPost, "dynamodb", "/", "DynamoDB_20120810.CreateTable", `{"TableName":"items","BillingMode":"PAY_PER_REQUEST",`+
		`"AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],"KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]}`)
	for i := range 100 {
		var puts []object
		for j := range 25 {
			puts = append(puts, object{"PutRequest": object{"Item": object{"k": object{"S": fmt.Sprint(i, "-", j)}, "v": object{"S": strings.Repeat("x", 10_000)}}}})
		}
		body, err := json.Marshal(object{"RequestItems": object{"items": puts}})
		if err != nil {
			t.Fatal(err)
		}
		c.set(t, http.MethodPost, "dynamodb", "/", "DynamoDB_20120810.BatchWriteItem", string(body))
	}
}

func aQueue(t *testing.T, c *client) {
	c.set(t, http.MethodPost, "sqs", "/", "AmazonSQS.CreateQueue", `{"QueueName":"q"}`)
}

func aBucket(t *testing.T, c *client) { c.set(t, http.MethodPut, "s3", "/bucket", "", "") }

// crowdOf does the same with many clients, until ctx ends or the server has gone.
func crowdOf(ctx context.Context, n int, do func(i int) error) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for failed := 0; ctx.Err() == nil && failed < 3; {
				if do(i) != nil {
					failed++
				}
			}
		})
	}
	wg.Wait()
}

func scans(ctx context.Context, c *client) {
	crowdOf(ctx, 32, func(int) error {
		_, err := c.ask(ctx, http.MethodPost, "dynamodb", "/", []byte(`{"TableName":"items","FilterExpression":"contains(v, :y)","ExpressionAttributeValues":{":y":{"S":"y"}}}`),
			"DynamoDB_20120810.Scan")
		return err
	})
}

func longPolls(ctx context.Context, c *client) {
	crowdOf(ctx, 5000, func(int) error {
		_, err := c.ask(ctx, http.MethodPost, "sqs", "/", []byte(`{"QueueUrl":"q","WaitTimeSeconds":20}`), "AmazonSQS.ReceiveMessage")
		return err
	})
}

// largeCalls sends the largest bodies that services take, and larger ones.
func largeCalls(ctx context.Context, c *client) {
	text := strings.Repeat("x", 15<<20)
	crowdOf(ctx, 24, func(i int) error {
		service, target := "dynamodb", "DynamoDB_20120810.PutItem"
		if i%2 == 0 {
			service, target = "sqs", "AmazonSQS.SendMessage"
		}
		_, err := c.ask(ctx, http.MethodPost, service, "/", []byte(`{"TableName":"none","QueueUrl":"q","MessageBody":"`+text+`"}`), target)
		return err
	})
}

// garbage sends what no client sends.
func garbage(ctx context.Context, c *client) {
	addr := strings.TrimPrefix(c.url, "http://")
	deep := strings.Repeat(`{"M":`, 20_000)
	frames := []string{
		"PUT /bucket/key HTTP/1.1\r\nHost: s3.localhost\r\nx-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nx-amz-decoded-content-length: 9999999\r\nContent-Length: 40\r\n\r\nffffffffffffffff;chunk-signature=0\r\nabcd",
		fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: %d\r\n\r\n%s", len(deep), deep),
		"POST /service/GraniteServiceVersion20100801/operation/x HTTP/1.1\r\nHost: localhost\r\nSmithy-Protocol: rpc-v2-cbor\r\nContent-Length: 5\r\n\r\n\x9b\xff\xff\xff\xff",
		"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60\r\n\r\nAction=Publish&Version=2010-03-31&A.entry.999999999.key=%zz&x",
		"\x00\xff\x16\x03\x01 garbage\r\n\r\n",
	}
	crowdOf(ctx, 50, func(i int) error {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return err
		}
		defer conn.Close() //nolint:errcheck // hostile clients do not care
		_ = conn.SetDeadline(time.Now().Add(500 * time.Millisecond))
		_, _ = io.WriteString(conn, frames[i%len(frames)])
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<16))
		return nil
	})
}

func sends(ctx context.Context, c *client) {
	crowdOf(ctx, 64, func(int) error {
		_, err := c.ask(ctx, http.MethodPost, "sqs", "/", []byte(`{"QueueUrl":"q","MessageBody":"some text"}`), "AmazonSQS.SendMessage")
		return err
	})
}

func largeObjects(ctx context.Context, c *client) {
	body := bytes.Repeat([]byte("x"), 64<<20)
	crowdOf(ctx, 4, func(i int) error {
		_, err := c.ask(ctx, http.MethodPut, "s3", fmt.Sprint("/bucket/", i), body, "")
		return err
	})
}
