package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/statelark/statelark/servertest"
)

// searched is what GET /api/executions answers.
type searched struct {
	Executions []struct{ Name, Status string }
	Count      int
	Partial    bool
}

func search(t *testing.T, server, query string) (answer searched) {
	t.Helper()
	resp, err := http.Get(server + "/api/executions?count=1&q=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestSearchAfterKill kills a server in the middle of load, twice, and wants every execution that was acknowledged to be found
// once the index says that it is whole.
func TestSearchAfterKill(t *testing.T) {
	const clients = 8
	binary, ctx := servertest.Build(t), context.Background()
	server := servertest.StartBinary(t, binary)
	data := server.Data
	made, err := server.Client().CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("found"), RoleArn: aws.String("arn:aws:iam::000000000000:role/x"),
		Definition: aws.String(`{"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "W"}, "W": {"Type": "Choice", "Default": "E",
			"Choices": [{"Variable": "$.long", "BooleanEquals": true, "Next": "L"}]}, "L": {"Type": "Wait", "Seconds": 600, "Next": "E"}, "E": {"Type": "Succeed"}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged, long := 0, 0
	var mu sync.Mutex // guards both
	for round := range 2 {
		client := server.Client()
		load, stop := context.WithCancel(ctx)
		enough := make(chan struct{}, 1)
		var group sync.WaitGroup
		for c := range clients {
			group.Go(func() {
				for i := 0; load.Err() == nil; i++ {
					_, err := client.StartExecution(load, &sfn.StartExecutionInput{
						StateMachineArn: made.StateMachineArn, Name: aws.String(fmt.Sprintf("r%d-c%d-%d", round, c, i)),
						Input: aws.String(fmt.Sprintf(`{"mark": "r%dc%di%d", "long": %t}`, round, c, i, i%10 == 0)),
					}, func(o *sfn.Options) { o.RetryMaxAttempts = 1 })
					if err != nil {
						return // killed
					}
					mu.Lock()
					if acknowledged++; i%10 == 0 {
						long++
					}
					if acknowledged >= 1500*(round+1) {
						select {
						case enough <- struct{}{}:
						default:
						}
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		server.Kill(t)
		stop()
		group.Wait()
		server = servertest.StartBinary(t, binary, "--data", data)
		deadline := time.Now().Add(time.Minute)
		var all searched
		for all = search(t, server.URL, ""); all.Partial; all = search(t, server.URL, "") {
			if time.Now().After(deadline) {
				t.Fatal("the index is not whole after a minute")
			}
			time.Sleep(20 * time.Millisecond) // the binary tells in no other way
		}
		// Of each client, one start may have been durable whose answer was lost.
		if least, most := acknowledged, acknowledged+clients*(round+1); all.Count < least || all.Count > most {
			t.Errorf("round %d: %d executions are found, %d to %d were begun", round, all.Count, least, most)
		}
		if running := search(t, server.URL, "status:RUNNING input.long=true"); running.Count < long {
			t.Errorf("round %d: %d run, and %d were begun", round, running.Count, long)
		}
		for _, mark := range []string{"c0i0", "c3i10", "c7i20"} {
			mark = fmt.Sprint("r", round, mark)
			if got := search(t, server.URL, "input.mark="+mark); len(got.Executions) != 1 {
				t.Errorf("round %d: %d executions have the mark %s", round, len(got.Executions), mark)
			}
		}
	}
}
