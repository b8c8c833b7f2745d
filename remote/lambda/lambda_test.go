package lambda

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task/aws"
)

// TestInvoke wants the request that AWS's SDKs make, and its answer read as they read it.
func TestInvoke(t *testing.T) {
	type request struct{ URL, Type, Context, Log, Body string }
	var got request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a broken one shows
		got = request{r.Method + " " + r.URL.String(), r.Header.Get("X-Amz-Invocation-Type"), r.Header.Get("X-Amz-Client-Context"), r.Header.Get("X-Amz-Log-Type"), string(body)}
		switch r.URL.Path {
		case "/2015-03-31/functions/fails/invocations":
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorType":"E"}`)
		case "/2015-03-31/functions/absent/invocations":
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException:http://x")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"Type":"User","Message":"Function not found"}`)
		case "/2015-03-31/functions/broken/invocations":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
		default:
			w.Header().Set("X-Amz-Executed-Version", "$LATEST")
			w.Header().Set("X-Amz-Log-Result", "aGVsbG8=")
			_, _ = io.WriteString(w, `{"paid":true}`)
		}
	}))
	defer s.Close()
	e := New(s.URL + "/")
	res, err := asl.ParseResource("arn:aws:lambda:us-east-1:000000000000:function:direct:live")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		in   aws.Invocation
		want request
	}{
		{aws.Invocation{Function: "charge", Payload: []byte(`{"a":1}`)},
			request{"POST /2015-03-31/functions/charge/invocations", "RequestResponse", "", "", `{"a":1}`}},
		{aws.Invocation{Function: "arn:aws:lambda:eu-west-1:000000000000:function:charge:3", Type: "Event", ClientContext: "e30=", WantLog: true},
			request{"POST /2015-03-31/functions/charge/invocations?Qualifier=3", "Event", "e30=", "Tail", ""}},
		{aws.Invocation{Direct: &res}, request{"POST /2015-03-31/functions/direct/invocations?Qualifier=live", "RequestResponse", "", "", ""}},
		{aws.Invocation{Function: "a/b", Qualifier: "q"}, request{"POST /2015-03-31/functions/a%2Fb/invocations?Qualifier=q", "RequestResponse", "", "", ""}},
	} {
		out, err := e.Invoke(t.Context(), &test.in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Error(diff)
		}
		want := &aws.Invoked{Status: 200, Payload: []byte(`{"paid":true}`), Log: []byte("hello"), Version: "$LATEST"}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}
	}
	if out, err := e.Invoke(t.Context(), &aws.Invocation{Function: "fails"}); err != nil || !out.Failed {
		t.Errorf("a function that fails: %v, %v", out, err)
	}
	for function, code := range map[string]string{"absent": "ResourceNotFoundException", "broken": "ServiceException"} {
		var no *awswire.Error
		if _, err := e.Invoke(t.Context(), &aws.Invocation{Function: function}); !errors.As(err, &no) || no.Code != code {
			t.Errorf("%s: %v", function, err)
		}
	}
	var silence *awswire.Unanswered
	if _, err := New("http://127.0.0.1:1").Invoke(t.Context(), &aws.Invocation{Function: "f"}); !errors.As(err, &silence) || !strings.HasPrefix(silence.Message, "Unable to execute HTTP request: ") {
		t.Errorf("nobody there: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Invoke(gone, &aws.Invocation{Function: "f"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
