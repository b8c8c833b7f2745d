package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// functionNames are the Lambda functions of the world; each is a path of functionHandler.
var functionNames = []string{"echo", "flaky", "broken", "slow", "ask"}

// functionHandler serves the functions. They keep nothing: a call that comes twice is answered twice.
func (w *world) functionHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(rw http.ResponseWriter, r *http.Request) {
		if event, ok := w.event(rw, r); ok && pause(r.Context(), w.upTo(300*time.Millisecond)) {
			answer(rw, event)
		}
	})
	mux.HandleFunc("/flaky", func(rw http.ResponseWriter, r *http.Request) {
		var in struct {
			Retries int
			Input   json.RawMessage
		}
		event, ok := w.event(rw, r)
		switch {
		case !ok || !w.read(event, &in):
		case in.Retries < 2:
			answerError(rw, "Flaky", fmt.Sprintf("after %d retries", in.Retries))
		default:
			answer(rw, in.Input)
		}
	})
	mux.HandleFunc("/broken", func(rw http.ResponseWriter, r *http.Request) {
		var in struct{ Name string }
		if event, ok := w.event(rw, r); ok && w.read(event, &in) {
			answerError(rw, "Broken", "for "+in.Name)
		}
	})
	mux.HandleFunc("/slow", func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.event(rw, r); ok {
			pause(r.Context(), time.Hour)
		}
	})
	mux.HandleFunc("/ask", func(rw http.ResponseWriter, r *http.Request) {
		var in struct{ Name, Token string }
		if event, ok := w.event(rw, r); ok && w.read(event, &in) {
			if x := w.find(in.Name); x != nil {
				x.mu.Lock()
				x.tokens = append(x.tokens, in.Token)
				x.mu.Unlock()
			}
			w.clients.Go(func() { w.answerToken(in.Name, in.Token) })
			answer(rw, json.RawMessage(`{}`))
		}
	})
	return mux
}

// event reads the event of a call; it fails when the caller dies meanwhile.
func (w *world) event(rw http.ResponseWriter, r *http.Request) (event json.RawMessage, ok bool) {
	err := json.NewDecoder(r.Body).Decode(&event)
	if err != nil && r.Context().Err() == nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
	}
	return event, err == nil
}

func (w *world) read(event json.RawMessage, into any) bool {
	err := json.Unmarshal(event, into)
	if err != nil {
		w.wrong("a function was called with %s: %v", event, err)
	}
	return err == nil
}

// answer answers a call. When that fails the caller has died, and will call again.
func answer(rw http.ResponseWriter, body []byte) {
	rw.Header().Set("Content-Type", "application/json")
	_, _ = rw.Write(body)
}

func answerError(rw http.ResponseWriter, kind, message string) {
	rw.Header().Set("X-Amz-Function-Error", "Unhandled")
	answer(rw, fmt.Appendf(nil, `{"errorType":%q,"errorMessage":%q}`, kind, message))
}

// answerToken is somebody who was given a task token, and answers after a while; one in six refuses.
func (w *world) answerToken(name, token string) {
	if pause(w.ctx, w.upTo(3*time.Second)) {
		w.settle(w.find(name), token, w.intn(6) == 0)
	}
}

// worker serves the activity: it works for a while, with heartbeats. One in eight tasks it forgets, as a worker does
// that dies, and one in eight fails.
func (w *world) worker() {
	for w.ctx.Err() == nil {
		task, err := w.client.GetActivityTask(w.ctx, &sfn.GetActivityTaskInput{ActivityArn: aws.String(arnOf("activity:work"))})
		if err != nil || aws.ToString(task.TaskToken) == "" {
			pause(w.ctx, 10*time.Millisecond)
			continue
		}
		var in struct{ Name string }
		if !w.read(json.RawMessage(*task.Input), &in) {
			return
		}
		fate := w.intn(8)
		for i := w.intn(4); i > 0; i-- {
			if !pause(w.ctx, 400*time.Millisecond) {
				return
			}
			_, _ = w.client.SendTaskHeartbeat(w.ctx, &sfn.SendTaskHeartbeatInput{TaskToken: task.TaskToken}) // if it is lost, so is the task
		}
		if fate > 0 {
			w.settle(w.find(in.Name), *task.TaskToken, fate == 1)
		}
	}
}

func (w *world) find(name string) *execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.byName[name]
}

// settle answers a task token, with an answer that no other is like, until it is known what became of that.
func (w *world) settle(x *execution, token string, refuse bool) {
	if x == nil {
		w.wrong("there is a task of an execution that nobody started")
		return
	}
	x.mu.Lock()
	e := succeeded(fmt.Sprintf(`{"n":%d,"answer":%d}`, x.n, len(x.offered)))
	if refuse {
		e = failed("Refused", fmt.Sprintf("answer %d for %s", len(x.offered), x.name))
	}
	x.offered = append(x.offered, e)
	x.mu.Unlock()
	_, err := insist(w.ctx, func(ctx context.Context) (err error) {
		if refuse {
			_, err = w.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: &token, Error: &e.error, Cause: &e.cause})
		} else {
			_, err = w.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: &e.output})
		}
		return err
	})
	switch {
	case err == nil:
		x.mu.Lock()
		x.accepted = append(x.accepted, e)
		x.mu.Unlock()
	case w.ctx.Err() == nil && codeOf(err) != "TaskTimedOut" && codeOf(err) != "TaskDoesNotExist":
		w.wrong("answering the task of %s: %v", x.name, err)
	}
}
