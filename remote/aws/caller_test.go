package aws

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"

// alone has no credentials but those of the test.
func alone(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// backend answers as it is told, and notes what it is asked.
type backend struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []*http.Request
	bodies  []string
	answers []func(w http.ResponseWriter)
}

func newBackend(t *testing.T, answers ...func(http.ResponseWriter)) *backend {
	t.Helper()
	b := &backend{answers: answers}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, r)
	b.bodies = append(b.bodies, string(body))
	n := min(len(b.asked), len(b.answers)) - 1
	b.answers[n](w)
}

func answer(status int, body string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// caller calls the backend, and waits for nothing.
func caller(t *testing.T, url string, change ...func(*Service)) (*Caller, *[]time.Duration) {
	t.Helper()
	var waited []time.Duration
	c := New(Options{
		Service: func(string) Service {
			s := Service{Endpoint: url}
			for _, c := range change {
				c(&s)
			}
			return s
		},
		Pause: func(ctx context.Context, d time.Duration) error {
			waited = append(waited, d)
			return ctx.Err()
		},
	})
	t.Cleanup(c.Close)
	return c, &waited
}

func request(t *testing.T, operation, input string) *awswire.Request {
	t.Helper()
	in, err := value.Parse(input)
	if err != nil {
		t.Fatalf("%v in %s", err, input)
	}
	service, operation, _ := strings.Cut(operation, ".")
	return &awswire.Request{Service: service, Operation: operation, Place: arn.Place{Region: "eu-west-1", Account: "111111111111"}, Input: in}
}

func TestCall(t *testing.T) {
	alone(t)
	for _, tt := range []struct {
		operation, input, upload string
		asked, body              string // that arrive
		scope                    string // of the signature
		answer                   func(http.ResponseWriter)
		output, streamed         string
	}{
		{
			operation: "dynamodb.GetItem", input: `{"TableName":"t","Key":{"id":{"S":"1"}}}`,
			asked: "POST / DynamoDB_20120810.GetItem", body: `{"TableName":"t","Key":{"id":{"S":"1"}}}`, scope: "/eu-west-1/dynamodb/aws4_request",
			answer: answer(200, `{"Item":{"id":{"S":"1"}}}`), output: `{"Item":{"id":{"S":"1"}}}`,
		},
		{
			operation: "sns.Publish", input: `{"TopicArn":"a:b","Message":"m"}`,
			asked: "POST / ", body: "Action=Publish&Version=2010-03-31&TopicArn=a%3Ab&Message=m", scope: "/eu-west-1/sns/aws4_request",
			answer: answer(200, `<PublishResponse><PublishResult><MessageId>i</MessageId></PublishResult></PublishResponse>`), output: `{"MessageId":"i"}`,
		},
		{
			operation: "lambda.Invoke", input: `{"FunctionName":"f","Payload":"eyJhIjoxfQ=="}`,
			asked: "POST /2015-03-31/functions/f/invocations ", body: `{"a":1}`, scope: "/eu-west-1/lambda/aws4_request",
			answer: answer(200, `{"b":2}`, "X-Amz-Executed-Version", "3"), output: `{"StatusCode":200,"ExecutedVersion":"3","Payload":"eyJiIjoyfQ=="}`,
		},
		{
			operation: "s3.PutObject", input: `{"Bucket":"b","Key":"a b/ü"}`, upload: "text",
			asked: "PUT /b/a%20b/%C3%BC ", body: "text", scope: "/eu-west-1/s3/aws4_request",
			answer: answer(200, "", "ETag", `"e"`), output: `{"ETag":"\"e\""}`,
		},
		{
			operation: "s3.GetObject", input: `{"Bucket":"b","Key":"k"}`, asked: "GET /b/k ", scope: "/eu-west-1/s3/aws4_request",
			answer: answer(200, "streamed", "ETag", `"e"`, "Content-Type", "text/plain"),
			output: `{"ContentLength":8,"ETag":"\"e\"","ContentType":"text/plain"}`, streamed: "streamed",
		},
	} {
		b := newBackend(t, tt.answer)
		c, _ := caller(t, b.URL)
		r := request(t, tt.operation, tt.input)
		if tt.upload != "" {
			r.Body, r.Length = strings.NewReader(tt.upload), int64(len(tt.upload))
		}
		reply, err := c.Call(t.Context(), r)
		if err != nil {
			t.Errorf("%s: %v", tt.operation, err)
			continue
		}
		asked := b.asked[0]
		if got := asked.Method + " " + asked.URL.EscapedPath() + " " + asked.Header.Get("X-Amz-Target"); got != tt.asked || b.bodies[0] != tt.body {
			t.Errorf("%s asks %s with %s", tt.operation, got, b.bodies[0])
		}
		if got := asked.Header.Get("Authorization"); !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(got, tt.scope) {
			t.Errorf("%s is signed with %s", tt.operation, got)
		}
		if (asked.Header.Get("X-Amz-Content-Sha256") != "") != (r.Service == "s3") {
			t.Errorf("%s has the hash %s", tt.operation, asked.Header.Get("X-Amz-Content-Sha256"))
		}
		if !value.Equal(reply.Output, value.Checked(tt.output)) {
			t.Errorf("%s answers %s, want %s", tt.operation, reply.Output.Text(), tt.output)
		}
		if reply.Body != nil {
			text, err := io.ReadAll(reply.Body)
			if err != nil || string(text) != tt.streamed || reply.Body.Close() != nil {
				t.Errorf("%s streams %q, %v", tt.operation, text, err)
			}
		} else if tt.streamed != "" {
			t.Errorf("%s streams nothing", tt.operation)
		}
	}
}

// What may pass is tried three times, everything else once; waits grow and are drawn.
func TestAttempts(t *testing.T) {
	alone(t)
	no := func(status int, code string) func(http.ResponseWriter) {
		return answer(status, `{"__type":"x#`+code+`","message":"No."}`, "X-Amzn-Requestid", "R")
	}
	yes := answer(200, `{}`)
	for name, tt := range map[string]struct {
		answers []func(http.ResponseWriter)
		asked   int
		err     string
	}{
		"yes":              {[]func(http.ResponseWriter){yes}, 1, ""},
		"faults, then yes": {[]func(http.ResponseWriter){no(500, "InternalServerError"), no(503, "X"), yes}, 3, ""},
		"throttled":        {[]func(http.ResponseWriter){no(400, "ThrottlingException")}, 3, "ThrottlingException"},
		"fault":            {[]func(http.ResponseWriter){no(502, "X")}, 3, "X"},
		"refused":          {[]func(http.ResponseWriter){no(400, "ValidationException")}, 1, "ValidationException"},
		"forbidden":        {[]func(http.ResponseWriter){no(403, "AccessDeniedException")}, 1, "AccessDeniedException"},
		"not there":        {[]func(http.ResponseWriter){no(501, "NotImplemented")}, 1, "NotImplemented"},
		"sent elsewhere":   {[]func(http.ResponseWriter){answer(307, "", "Location", "http://127.0.0.1:1/")}, 1, "307"},
	} {
		b := newBackend(t, tt.answers...)
		c, waited := caller(t, b.URL)
		_, err := c.Call(t.Context(), request(t, "dynamodb.GetItem", `{"TableName":"t","Key":{}}`))
		var refused *awswire.Error
		switch {
		case tt.err == "" && err != nil, tt.err != "" && !errors.As(err, &refused):
			t.Errorf("%s: %v", name, err)
		case refused != nil && (!strings.Contains(refused.Code, tt.err) || refused.Attempts != tt.asked):
			t.Errorf("%s: %+v", name, refused)
		}
		if len(b.asked) != tt.asked || len(*waited) != tt.asked-1 {
			t.Errorf("%s: asked %d times, with waits %v", name, len(b.asked), *waited)
		}
		for i, d := range *waited {
			if d <= 0 || d > throttled<<i {
				t.Errorf("%s: wait %d is %v", name, i, d)
			}
		}
	}
}

// A body is sent again from its beginning, or not at all.
func TestBodyIsSentAgain(t *testing.T) {
	alone(t)
	for name, tt := range map[string]struct {
		body io.Reader
		sent string
	}{
		"seeks":        {bytes.NewReader([]byte("text")), "text,text"},
		"is read once": {io.MultiReader(strings.NewReader("text")), "text"},
	} {
		b := newBackend(t, answer(500, ""), answer(200, ""))
		c, _ := caller(t, b.URL)
		r := request(t, "s3.PutObject", `{"Bucket":"b","Key":"k"}`)
		r.Body, r.Length = tt.body, 4
		_, err := c.Call(t.Context(), r)
		if got := strings.Join(b.bodies, ","); got != tt.sent || (err == nil) != (tt.sent == "text,text") {
			t.Errorf("%s: sent %s, %v", name, got, err)
		}
	}
}

// Silence is told in the words of the SDK, and no secret is.
func TestSilence(t *testing.T) {
	alone(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	tls.Config.ErrorLog = nil
	defer tls.Close()
	for name, tt := range map[string]struct {
		url, message string
		dial         func(ctx context.Context, network, address string) (net.Conn, error)
	}{
		"closed": {closed.URL, "Unable to execute HTTP request: Connect to " + strings.TrimPrefix(closed.URL, "http://") + " failed: Connection refused", nil},
		"no such host": {"http://no-such-queue", "Unable to execute HTTP request: no-such-queue: Name or service not known",
			func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "no-such-queue", IsNotFound: true}}
			}},
		"certificate": {tls.URL, "Unable to execute HTTP request: tls: failed to verify certificate: x509: ", nil},
		"breaks off":  {"http://h", "Unable to execute HTTP request: EOF", func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }},
	} {
		c, waited := caller(t, tt.url+"/?password="+secret)
		if tt.dial != nil {
			c.http.Transport.(*http.Transport).DialContext = tt.dial
		}
		_, err := c.Call(t.Context(), request(t, "sqs.SendMessage", `{"QueueUrl":"q","MessageBody":"b"}`))
		var silence *awswire.Unanswered
		if !errors.As(err, &silence) || !strings.HasPrefix(silence.Message, tt.message) || silence.Attempts != 3 || len(*waited) != 2 {
			t.Errorf("%s: %#v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error tells a secret", name)
		}
	}
}

// A call that is given up ends at once, and is no answer.
func TestGivenUp(t *testing.T) {
	alone(t)
	ctx, cancel := context.WithCancel(t.Context())
	b := newBackend(t, func(w http.ResponseWriter) {
		cancel()
		w.WriteHeader(http.StatusInternalServerError)
	})
	c, _ := caller(t, b.URL)
	if _, err := c.Call(ctx, request(t, "dynamodb.GetItem", `{"TableName":"t","Key":{}}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestNothingIsSent(t *testing.T) {
	alone(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	c := New(Options{Transport: func(tr *http.Transport) {
		tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
			t.Error("something is sent")
			return nil, io.EOF
		}
	}})
	defer c.Close()
	for operation, want := range map[string]string{
		"dynamodb.GetItem": "Unable to load credentials from any of the providers in the chain: none was found",
		"s3.GetObject":     "making a request of s3.GetObject: Bucket is missing, which is a part of the path",
		"s3.PutObjekt":     "UnknownOperationException: AWS has no operation PutObjekt of s3.",
	} {
		if _, err := c.Call(t.Context(), request(t, operation, `{}`)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", operation, err)
		}
	}
}
