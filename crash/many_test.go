package crash

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// TestManyOpen kills the program under a crowd of executions, lets a tenth of them become overdue, and measures how
// long the next process takes until it answers and until it has caught up: until all that was overdue has ended, and
// a worker has a task that was queued before.
func TestManyOpen(t *testing.T) {
	s := newServer(t)
	if _, err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	overdue, queued := *many/10, *many/5
	sleeping := *many - overdue - queued
	makeMachines(t, s.client, "stopped", "queued", "until")
	from := time.Now()
	startMany(t, s.client, "stopped", sleeping, `{}`)
	startMany(t, s.client, "queued", queued, `{}`)
	rate := float64(sleeping+queued) / time.Since(from).Seconds()
	due := time.Now().Add(time.Second + time.Duration(2*float64(overdue)/rate*float64(time.Second)))
	startMany(t, s.client, "until", overdue, fmt.Sprintf(`{"until":%q}`, due.UTC().Format(time.RFC3339Nano)))
	if left := time.Until(due); left < 0 {
		t.Errorf("the executions that were to be overdue have ended before: %v too late", -left)
	}
	s.kill()
	pause(t.Context(), time.Until(due))

	from = time.Now()
	answered, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	task, err := s.client.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: aws.String(arnOf("activity:work"))})
	if err != nil || aws.ToString(task.TaskToken) == "" {
		t.Fatalf("a worker got %+v, %v", task, err)
	}
	worked := time.Since(from)
	awaitNone(t, s.client, "until")
	t.Logf("%d executions open, started at %.0f/s; from the start of the next process: %v to its first answer, %v to a queued task, %v to the end of %d overdue Waits",
		*many, rate, answered, worked, time.Since(from), overdue)

	count(t, s.client, "stopped", types.ExecutionStatusRunning, sleeping)
	count(t, s.client, "queued", types.ExecutionStatusRunning, queued)
	count(t, s.client, "until", types.ExecutionStatusSucceeded, overdue)
}

// makeMachines makes state machines of testdata, and the activity.
func makeMachines(t *testing.T, c *sfn.Client, names ...string) {
	t.Helper()
	if _, err := c.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("work")}); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := definition(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: &name, Definition: &text, RoleArn: aws.String(role)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// startMany starts n executions, from several clients.
func startMany(t *testing.T, c *sfn.Client, machine string, n int, in string) {
	t.Helper()
	var next atomic.Int64
	var clients sync.WaitGroup
	for range 32 {
		clients.Go(func() {
			for i := int(next.Add(1)); i <= n && !t.Failed(); i = int(next.Add(1)) {
				_, err := insist(t.Context(), func(ctx context.Context) error {
					_, err := c.StartExecution(ctx, &sfn.StartExecutionInput{
						StateMachineArn: aws.String(arnOf("stateMachine:" + machine)), Name: aws.String(fmt.Sprint(machine, "-", i)), Input: &in,
					})
					return err
				})
				if err != nil {
					t.Errorf("starting %s: %v", machine, err)
				}
			}
		})
	}
	clients.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// awaitNone waits until no execution of a machine runs.
func awaitNone(t *testing.T, c *sfn.Client, machine string) {
	t.Helper()
	in := &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(arnOf("stateMachine:" + machine)), StatusFilter: types.ExecutionStatusRunning, MaxResults: 1,
	}
	for {
		out, err := c.ListExecutions(t.Context(), in)
		if settled(err) && err != nil {
			t.Fatal(err)
		}
		if err == nil && len(out.Executions) == 0 {
			return
		}
		if !pause(t.Context(), 5*time.Millisecond) {
			t.Fatalf("executions of %s do not end", machine)
		}
	}
}

// count checks how many executions a machine has of one status, which all of them have to have.
func count(t *testing.T, c *sfn.Client, machine string, status types.ExecutionStatus, want int) {
	t.Helper()
	items, err := list(t.Context(), c, machine, "")
	if err != nil {
		t.Fatal(err)
	}
	arns := make(map[string]bool, len(items))
	for _, item := range items {
		arns[*item.ExecutionArn] = true
		if item.Status != status {
			t.Errorf("%s is %s, want %s", *item.ExecutionArn, item.Status, status)
		}
	}
	if len(items) != want || len(arns) != want {
		t.Errorf("%s has %d executions on its list, %d different ones, want %d", machine, len(items), len(arns), want)
	}
}
