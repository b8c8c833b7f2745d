package aws

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/task"
	web "github.com/statelark/statelark/task/http"
)

type signing struct{ place arn.Place }

func (s *signing) Sign(_ context.Context, r *http.Request, body []byte, place arn.Place, role, owner string) error {
	s.place = place
	r.Header.Set("Authorization", "signed "+r.URL.Path+" "+string(body)+" "+role+" "+owner)
	return nil
}

func TestAPIGateway(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = r.Method + " " + r.URL.String() + " " + strings.Join(r.Header["X-A"], ",") + " " + r.Header.Get("Authorization") + " " + string(body)
		if strings.HasSuffix(r.URL.Path, "no") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"Missing Authentication Token"}`)
			return
		}
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	defer server.Close()
	client, err := web.NewClient(web.ClientOptions{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	signer := &signing{}
	invoke := func(parameters string) (task.Outcome, error) {
		c := call(t, "arn:aws:states:::apigateway:invoke", `{"ApiEndpoint":"`+server.URL+`",`+parameters+`}`)
		return NewAPIGateway(client, signer).Start(t.Context(), c)
	}
	out, err := invoke(`"Method":"POST","Stage":"s","Path":"/a/b","QueryParameters":{"q":["1","2 3"]},"Headers":{"X-A":["x","y"]},"RequestBody":{"a":null,"b":[1]}`)
	if err != nil || got != `POST /s/a/b?q=1&q=2%203 x,y  {"b":[1]}` {
		t.Errorf("sent %s, %v", got, err)
	}
	if text := out.Output.Text(); text != `{"Headers":{"Content-Length":["11"],"Content-Type":["application/json"]},"ResponseBody":{"ok":true},"StatusCode":200,"StatusText":"OK"}` {
		t.Errorf("got %s", text)
	}
	if _, err = invoke(`"Method":"GET","Path":"p","AuthType":"IAM_ROLE","RequestBody":{"a":null},"AllowNullValues":true`); err != nil ||
		got != `GET /p  signed /p {"a":null}  arn:aws:states:us-east-1:111111111111:stateMachine:m {"a":null}` || signer.place.Account != "111111111111" {
		t.Errorf("sent %s, %v", got, err)
	}
	_, err = invoke(`"Method":"GET","Path":"no"`)
	checkFailure(t, "403", err, "ApiGateway.403", `{"message":"Missing Authentication Token"}`, false)
	_, err = invoke(`"Method":"GET","Headers":{"X-A":"x"}`)
	checkFailure(t, "a header that is no list", err, "States.Runtime", "The Parameters ", true)
	_, err = invoke(`"Method":"GET","Header":{}`)
	checkFailure(t, "unknown", err, "States.Runtime", "The Parameters ", true)
	server.Close()
	_, err = invoke(`"Method":"GET"`)
	checkFailure(t, "closed", err, "ApiGateway.SdkClientException", "Unable to execute HTTP request: The call to 127.0.0.1:", false)
}
