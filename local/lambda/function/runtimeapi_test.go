package function

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// bootstrapVar makes the test's own program a function: one that aws-lambda-go serves.
const bootstrapVar = "TEST_BOOTSTRAP"

// serveGo serves a handler with the runtime client of AWS for Go.
func serveGo() {
	lambda.Start(func(ctx context.Context, event json.RawMessage) (any, error) {
		if string(event) == `"fail"` {
			return nil, errors.New("as told")
		}
		c, _ := lambdacontext.FromContext(ctx)
		return map[string]any{"event": event, "id": c.AwsRequestID, "arn": c.InvokedFunctionArn}, nil
	})
}

// TestGoRuntime serves a function with aws-lambda-go, which knows the Runtime API by its address alone.
func TestGoRuntime(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{})
	upload(t, c, Function{Name: "f", Runtime: "provided.al2023", Env: map[string]string{bootstrapVar: "go"}}, "bootstrap", "#!/bin/sh\nexec "+self+"\n")
	for range 3 {
		want := `{"arn":"arn:aws:lambda:us-east-1:000000000000:function:f","event":{"a":1},"id":"req-1"}`
		if res := invoke(t, c, `{"a":1}`); string(res.Payload) != want {
			t.Fatalf("payload %s", res.Payload)
		}
	}
	if res := invoke(t, c, `"fail"`); string(res.Payload) != `{"errorMessage":"as told","errorType":"errorString"}` || res.FunctionError != unhandled {
		t.Errorf("payload %s (%q)", res.Payload, res.FunctionError)
	}
}

// TestShellRuntime is the runtime of AWS's tutorial: curl in a loop.
func TestShellRuntime(t *testing.T) {
	c := open(t, Options{})
	upload(t, c, Function{Name: "f", Runtime: "provided.al2023"}, "bootstrap", `#!/bin/sh
while true; do
  HEADERS="$(mktemp)"
  EVENT=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  rm "$HEADERS"
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$ID/response" -d "[$EVENT]" >/dev/null
done
`)
	for range 2 {
		if res := invoke(t, c, `{"a":1}`); string(res.Payload) != `[{"a":1}]` {
			t.Errorf("payload %s (%s)", res.Payload, res.FunctionError)
		}
	}
}

// TestRuntimeAPINeedsItsSecret does what the code of another function can do, and a page in a browser: it has found
// the port of a neighbour, asks for its invocations, answers them, and says that it has failed.
func TestRuntimeAPINeedsItsSecret(t *testing.T) {
	a, err := newRuntimeAPI()
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	defer http.DefaultClient.CloseIdleConnections()
	address, secret, _ := strings.Cut(a.endpoint, "/")
	d := newDelivery(&Invocation{RequestID: "req-1", Payload: []byte(`"private"`)}, time.Minute)
	handed := make(chan error, 1)
	go func() { handed <- a.hand(t.Context(), d, nil) }()

	do := func(method, path string) (int, string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, strings.NewReader(`"mine"`))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }() // it was read
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	for _, before := range []string{"", "/", "/wrong", "/" + secret[1:], "/" + secret[:10], "/" + strings.ToLower(secret), "/x/" + secret, "/%2e/" + secret} {
		for _, call := range [][2]string{{"GET", "invocation/next"}, {"POST", "init/error"}, {"POST", "invocation/req-1/response"}, {"POST", "invocation/req-1/error"}} {
			if status, body := do(call[0], before+runtimePath+call[1]); status != http.StatusForbidden || strings.Contains(body, "private") {
				t.Errorf("%s %s%s: %d %s", call[0], before, call[1], status, body)
			}
		}
	}
	select {
	case <-a.ready:
		t.Error("a stranger made the runtime ready")
	case <-a.initFailed:
		t.Error("a stranger made the runtime fail")
	case err := <-handed:
		t.Errorf("the invocation was handed out: %v", err)
	default:
	}
	if status, body := do("GET", "/"+secret+runtimePath+"invocation/next"); status != http.StatusOK || body != `"private"` {
		t.Errorf("the runtime itself got %d %s", status, body)
	}
	if err := <-handed; err != nil {
		t.Error(err)
	}
	if status, _ := do("POST", runtimePath+"invocation/req-1/response"); status != http.StatusForbidden {
		t.Errorf("a stranger's answer: %d", status)
	}
	if status, _ := do("POST", "/"+secret+runtimePath+"invocation/req-1/response"); status != http.StatusAccepted {
		t.Errorf("the answer: %d", status)
	}
	if res := <-d.answer; string(res.Payload) != `"mine"` {
		t.Errorf("it answered %s", res.Payload)
	}
}
