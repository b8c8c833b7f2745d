package client

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// answering is a server of one service after the other: it answers by the target of a request, else by its method and path.
func answering(t *testing.T, answers map[string]string) (*Client, *[]string) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		what := r.Header.Get("X-Amz-Target")
		if what == "" && strings.Contains(string(body), "Action=GetCallerIdentity") {
			what = "GetCallerIdentity"
		}
		if what == "" {
			what = r.Method + " " + r.URL.Path
		}
		scope, _, _ := strings.Cut(r.Header.Get("Authorization"), ",")
		parts := strings.Split(scope, "/")
		seen = append(seen, what+" "+string(body)+" "+strings.Join(parts[2:], "/"))
		text, ok := answers[what]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			text = `{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}`
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return New(server.URL, arn.Place{Region: "eu-west-1", Account: "000000000000"}), &seen
}

const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

func TestServices(t *testing.T) {
	c, seen := answering(t, map[string]string{
		"GetCallerIdentity": identity, "AmazonSQS.GetQueueUrl": `{"QueueUrl": "http://h/1/q"}`, "PUT /b/k": "",
	})
	s, place, err := c.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if place != (arn.Place{Region: "eu-west-1", Account: "123456789012"}) {
		t.Errorf("the place is %v", place)
	}
	answer, err := s.Call(t.Context(), &awswire.Request{Service: "sqs", Operation: "GetQueueUrl", Place: place, Input: value.Checked(`{"QueueName":"q"}`)})
	if err != nil || Str(answer.Output, "QueueUrl") != "http://h/1/q" {
		t.Errorf("it answers %v (%v)", answer, err)
	}
	body := strings.NewReader("text")
	_, err = s.Call(t.Context(), &awswire.Request{Service: "s3", Operation: "PutObject", Place: place, Input: value.Checked(`{"Bucket":"b","Key":"k"}`), Body: body, Length: 4})
	if err != nil {
		t.Error(err)
	}
	for i, want := range []string{"eu-west-1/sts/aws4_request", `{"QueueName":"q"} eu-west-1/sqs/aws4_request`, "PUT /b/k text eu-west-1/s3/aws4_request"} {
		if i >= len(*seen) || !strings.HasSuffix((*seen)[i], want) {
			t.Errorf("the requests are %q, want %q", *seen, want)
		}
	}
}

func TestServicesRefuse(t *testing.T) {
	c, _ := answering(t, map[string]string{"GetCallerIdentity": identity, "AmazonSQS.ListQueues": "this is no JSON"})
	s, place, err := c.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Call(t.Context(), &awswire.Request{Service: "sqs", Operation: "DeleteQueue", Place: place, Input: value.Checked(`{"QueueUrl":"q"}`)})
	var refused *awswire.Error
	if !errors.As(err, &refused) || refused.Code != "QueueDoesNotExist" || refused.Message != "no such queue" {
		t.Errorf("the error is %v", err)
	}
	_, err = s.Call(t.Context(), &awswire.Request{Service: "sqs", Operation: "ListQueues", Place: place, Input: value.EmptyObj})
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("an answer that is no JSON: %v", err)
	}
	if _, err = s.Call(t.Context(), &awswire.Request{Service: "sqs", Operation: "Sing"}); err == nil {
		t.Error("there is no operation Sing")
	}
	gone := New("http://127.0.0.1:1", place)
	if _, _, err := gone.Services(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a server that is not there: %v", err)
	}
}
