package gateway

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

type callerFunc func(*awswire.Request) (*awswire.Reply, error)

func (f callerFunc) Call(_ context.Context, r *awswire.Request) (*awswire.Reply, error) { return f(r) }

// The addresses in messages of SNS are for SNS without a signature; others are not.
func TestLinks(t *testing.T) {
	var asked *awswire.Request
	g := New(callerFunc(func(r *awswire.Request) (*awswire.Reply, error) {
		asked = r
		doc, err := value.Parse(`{"SubscriptionArn":"a","Certificate":"pem"}`)
		return &awswire.Reply{Output: doc}, err
	}), func(name string) bool { return name == "sns" || name == "s3" }, awswire.Places{Home: arn.Place{Region: "us-east-1", Account: "000000000000"}}, Options{Anonymous: true})
	for _, x := range []struct{ method, url, operation string }{
		{"GET", "/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A1%3At&Token=x", "ConfirmSubscription"},
		{"GET", "/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:1:t:s", "Unsubscribe"},
		{"GET", "/SimpleNotificationService-0123.pem", "SigningCertificate"},
		{"POST", "/?Action=Unsubscribe&SubscriptionArn=x", ""},
		{"GET", "/?Action=DeleteTopic&TopicArn=x", ""},
		{"GET", "/bucket/SimpleNotificationService-0123.pem", ""},
	} {
		asked = nil
		r := httptest.NewRequest(x.method, x.url, nil)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		got := ""
		if asked != nil && asked.Service == "sns" {
			got = asked.Operation
		}
		if got != x.operation || got != "" && w.Code != 200 {
			t.Errorf("%s %s: %q, %d; want %q", x.method, x.url, got, w.Code, x.operation)
		}
	}
}
