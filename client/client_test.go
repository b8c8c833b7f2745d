package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
)

var home = arn.Place{Region: "cn-north-1", Account: "123456789012"}

func serve(t *testing.T, answer func(operation, body string) (int, string)) *Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status, text := answer(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions."), string(body))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return New(s.URL, home)
}

func TestCall(t *testing.T) {
	c := serve(t, func(operation, _ string) (int, string) {
		switch operation {
		case "Refused":
			return 400, `{"__type":"com.amazonaws#InvalidName","message":"no"}`
		case "Page":
			return 502, "<html>"
		}
		return 200, `{}`
	})
	if _, err := c.Call(t.Context(), "Fine"); err != nil {
		t.Error(err)
	}
	var refused *statelark.Error
	if _, err := c.Call(t.Context(), "Refused"); !errors.As(err, &refused) || refused.Code != "InvalidName" || refused.Message != "no" {
		t.Errorf("refused: %v", err)
	}
	if _, err := c.Call(t.Context(), "Page"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a page: %v", err)
	}
	if _, err := New("http://127.0.0.1:1", home).Call(t.Context(), "Fine"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("nobody: %v", err)
	}
}

// TestDeploy: a machine that is there already is looked for, page by page, and updated; the role is of the server's place.
func TestDeploy(t *testing.T) {
	var calls []string
	c := serve(t, func(operation, body string) (int, string) {
		calls = append(calls, operation)
		switch {
		case operation == "CreateStateMachine":
			if !strings.Contains(body, `"roleArn":"arn:aws-cn:iam::123456789012:role/statelark"`) {
				t.Errorf("created with %s", body)
			}
			return 400, `{"__type":"x#StateMachineAlreadyExists","message":"other"}`
		case operation == "ListStateMachines" && !strings.Contains(body, "next"):
			return 200, `{"stateMachines":[{"name":"a","stateMachineArn":"arn:a"}],"nextToken":"next"}`
		}
		return 200, `{"stateMachines":[{"name":"m","stateMachineArn":"arn:m"}]}`
	})
	machine, err := c.Deploy(t.Context(), "m", "{}")
	if err != nil || machine != "arn:m" {
		t.Errorf("got %s, %v", machine, err)
	}
	if got := strings.Join(calls, " "); got != "CreateStateMachine ListStateMachines ListStateMachines UpdateStateMachine" {
		t.Errorf("it called %s", got)
	}
}

// TestEventsAfter reads a history from its end, two events a page, and no further than it has to.
func TestEventsAfter(t *testing.T) {
	last := 7
	c := serve(t, func(_, body string) (int, string) {
		from := last
		if _, token, ok := strings.Cut(body, `"nextToken":"`); ok {
			_, _ = fmt.Sscan(strings.TrimRight(token, `"}`), &from)
		}
		if from < 2 {
			t.Error("it reads on after the event it knows")
		}
		return 200, fmt.Sprintf(`{"events":[{"id":%d},{"id":%d}],"nextToken":"%d"}`, from, from-1, from-2)
	})
	events, err := c.EventsAfter(t.Context(), "x", 4, false)
	if err != nil || len(events) != 3 {
		t.Fatalf("got %v, %v", events, err)
	}
	for i, e := range events {
		if id, _ := e.Get("id"); id.Text() != fmt.Sprint(5+i) {
			t.Errorf("event %d has the id %s", i, id.Text())
		}
	}
}
