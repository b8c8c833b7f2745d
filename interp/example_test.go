package interp_test

import (
	"fmt"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// An event goes in, and a Decision comes out that says all there is to do. The host does it: it stores the history and
// the rows, then runs the tasks, and what comes of them is the next event.
func ExampleExec_Step() {
	machine, _ := asl.Parse(`{"StartAt":"Greet","States":{"Greet":{"Type":"Task",
		"Resource":"arn:aws:lambda:us-east-1:123456789012:function:greet","End":true}}}`, asl.Options{})
	x := interp.NewExec(interp.Identity{Name: "example"}, interp.Host{}, machine, value.Checked(`{"who":"you"}`), 1)

	for ev := (interp.Event{Kind: interp.Started, At: time.Unix(1_700_000_000, 0)}); x.Status() <= interp.Running; {
		d := x.Step(ev)
		for _, h := range d.History {
			fmt.Println(h.ID, h.Type)
		}
		for _, task := range d.Run {
			fmt.Println("run", task.Resource.Function, task.Input.Text())
			ev = interp.Event{Kind: interp.TaskSucceeded, Seq: task.Seq, Output: value.Checked(`"Hello!"`), At: ev.At.Add(time.Second)}
		}
	}

	// Output:
	// 1 ExecutionStarted
	// 2 TaskStateEntered
	// 3 LambdaFunctionScheduled
	// 4 LambdaFunctionStarted
	// run greet {"who":"you"}
	// 5 LambdaFunctionSucceeded
	// 6 TaskStateExited
	// 7 ExecutionSucceeded
}
