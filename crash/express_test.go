package crash

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// TestExpressRunsAgain kills the program while clients start Express executions: each that was acknowledged comes to its
// end, at least once, though no store has it while it runs.
func TestExpressRunsAgain(t *testing.T) {
	var mu sync.Mutex
	done, acknowledged := make(map[int]int), make(map[int]bool)
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct{ N int }
		if r.URL.Path == "/done" && json.Unmarshal(body, &in) == nil {
			mu.Lock()
			done[in.N]++
			mu.Unlock()
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(functions.Close)
	s := newServer(t, "--function", "done="+functions.URL+"/done")
	if _, err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("express"), Type: types.StateMachineTypeExpress, RoleArn: aws.String(role),
		Definition: aws.String(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"D"},"D":{"Type":"Task","Resource":"` +
			"arn:aws:lambda:" + region + ":" + account + ":function:done" + `","End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	enough := make(chan struct{})
	var clients sync.WaitGroup
	for c := range 8 {
		clients.Go(func() {
			for n := c; ; n += 8 {
				select {
				case <-enough:
					return
				default:
				}
				_, err := s.client.StartExecution(t.Context(), &sfn.StartExecutionInput{
					StateMachineArn: aws.String(arnOf("stateMachine:express")), Name: aws.String("x"), Input: aws.String(fmt.Sprintf(`{"N":%d}`, n)),
				})
				if err == nil {
					mu.Lock()
					acknowledged[n] = true
					mu.Unlock()
				}
				pause(t.Context(), 5*time.Millisecond)
			}
		})
	}
	for range 3 {
		pause(t.Context(), 700*time.Millisecond)
		s.kill()
		if _, err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(enough)
	clients.Wait()
	left := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for i := range acknowledged {
			if done[i] == 0 {
				n++
			}
		}
		return n
	}
	for from := time.Now(); left() > 0; pause(t.Context(), 10*time.Millisecond) {
		if time.Since(from) > 30*time.Second {
			t.Fatalf("%d of %d executions that were acknowledged have never come to their end", left(), len(acknowledged))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	again := 0
	for _, n := range done {
		if n > 1 {
			again++
		}
	}
	t.Logf("%d executions acknowledged, %d came to their end, %d of them more than once", len(acknowledged), len(done), again)
}
