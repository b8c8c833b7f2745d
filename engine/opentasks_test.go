package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unique"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/task"
)

// twoTasks waits for a worker of activity a and, in ten iterations, for tokens of a target.
const twoTasks = `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
	{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","HeartbeatSeconds":600,"TimeoutSeconds":7200,"End":true}}},
	{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task",
		"Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$"},"End":true}}},"End":true}}}
	],"End":true}}}`

func (r *rig) openTasks(q OpenTaskQuery) *OpenTasks {
	r.t.Helper()
	q.Place = here
	if q.Limit == 0 {
		q.Limit = 100
	}
	page, err := r.OpenTasks(context.Background(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return page
}

func TestOpenTasks(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.extra = func(targets *task.Registry) {
			targets.Set("sqs:sendMessage", function(func(context.Context, *task.Call) (task.Outcome, error) {
				return task.Outcome{Output: parsed(`{"MessageId":"1"}`)}, nil
			}))
		}
		r.restart()
		r.activity("a")
		m := r.machine("M", twoTasks)
		x := r.start(m, "e", `{"items":[0,1,2,3,4,5,6,7,8,9]}`)
		synctest.Wait()
		page := r.openTasks(OpenTaskQuery{})
		is(t, "open", len(page.Tasks), 11)
		is(t, "total", page.Total, 11)
		is(t, "next", page.Next, "")
		is(t, "uses", fmt.Sprint(r.ActivityUses()), "map[arn:aws:states:us-east-1:000000000000:activity:a:{1 0 0}]")
		got := r.poll("worker 7")
		time.Sleep(time.Minute)
		a := r.openTasks(OpenTaskQuery{Resource: here.ActivityARN("a")}).Tasks[0]
		is(t, "worker", a.Worker, "worker 7")
		is(t, "token", a.Token, got.Token)
		is(t, "state", a.State, "A")
		is(t, "execution", a.Execution.ARN(), x)
		is(t, "times out", a.TimesOut.Sub(a.Since), 2*time.Hour)
		is(t, "heartbeat", a.Heartbeat.Sub(a.Since), 10*time.Minute)
		is(t, "uses", fmt.Sprint(r.ActivityUses()), "map[arn:aws:states:us-east-1:000000000000:activity:a:{0 1 0}]")
		is(t, "of another machine", r.openTasks(OpenTaskQuery{Machine: m + "x"}).Total, 0)

		// What is known after a restart is what was known before.
		before := fmt.Sprint(r.ActivityUses())
		r.restart()
		synctest.Wait()
		is(t, "uses", fmt.Sprint(r.ActivityUses()), before)
		synctest.Wait()
		is(t, "total", r.openTasks(OpenTaskQuery{}).Total, 11)
		var tokens []string
		for after := ""; ; {
			page := r.openTasks(OpenTaskQuery{Machine: m, After: after, Limit: 4})
			for i := range page.Tasks {
				tokens = append(tokens, page.Tasks[i].Token)
				if k := &page.Tasks[i]; !k.Activity && (!k.Taken || !strings.Contains(k.Input, `"MessageBody":`)) {
					t.Errorf("%+v", k)
				}
			}
			if after = page.Next; after == "" {
				break
			}
		}
		is(t, "tokens", len(tokens), 11)
		for i, token := range tokens {
			if err := r.TaskSucceeded(context.Background(), token, `1`); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			is(t, "left", r.openTasks(OpenTaskQuery{}).Total, 10-i)
		}
		is(t, "status", r.describe(x).Status, statelark.Succeeded)
		is(t, "known", len(r.Engine.open.tasks), 0)
		_, err := r.OpenTasks(context.Background(), OpenTaskQuery{Place: here, After: "x", Limit: 1})
		code(t, err, "InvalidToken")
	})
}

// Tasks that are given up are open no more, whatever gave them up; other places see none of them.
func TestOpenTasksThatAreGivenUp(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		m := r.machine("M", activityTask(`,"TimeoutSeconds":60`))
		stopped := r.start(m, "stopped", `1`)
		r.start(m, "times out", `2`)
		synctest.Wait()
		is(t, "open", r.openTasks(OpenTaskQuery{}).Total, 2)
		elsewhere, err := r.OpenTasks(context.Background(), OpenTaskQuery{Place: arn.Place{Region: "eu-west-1", Account: here.Account}, Limit: 9})
		is(t, "elsewhere", elsewhere.Total, 0)
		is(t, "error", err, nil)
		if _, err := r.StopExecution(context.Background(), stopped, nil, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		is(t, "open", r.openTasks(OpenTaskQuery{}).Total, 1)
		time.Sleep(time.Hour)
		is(t, "open", r.openTasks(OpenTaskQuery{}).Total, 0)
		is(t, "known", len(r.Engine.open.tasks), 0)

		// What is known and is not so is forgotten by whoever looks.
		r.Engine.open.put(taskKey{r.describeID(stopped), 1}, openTask{machine: unique.Make(m), resource: unique.Make("x")})
		is(t, "shown", len(r.openTasks(OpenTaskQuery{}).Tasks), 0)
		is(t, "known", len(r.Engine.open.tasks), 0)
	})
}

// goldenOpen is the golden file of the work row of an open task.
func goldenOpen() golden {
	t := openTask{state: unique.Make("Approve order")}
	return golden{
		name: "work-open", first: 1, now: openVersion, want: t.state.Value(),
		write: func() []byte { return t.append(nil)[1:] },
		read: func(data []byte) (any, error) {
			state, err := readOpen(data)
			if err != nil {
				return nil, err
			}
			return state, nil
		},
	}
}

func BenchmarkOpenTasks(b *testing.B) {
	o := newOpenTasks()
	machine, resource := unique.Make(here.StateMachineARN("M")), unique.Make(here.ActivityARN("a"))
	for i := range 100_000 {
		o.put(taskKey{statelark.NewExecID(time.UnixMilli(int64(i)), 1, uint64(i)), 7}, openTask{machine: machine, resource: resource})
	}
	for b.Loop() {
		if _, total := o.page(func(*openTask) bool { return true }, taskKey{}, 101); total != 100_000 {
			b.Fatal(total)
		}
	}
}

// A task that a worker takes after a restart, which has its call from a row, is still open after the next one.
func TestOpenTaskTakenAfterARestart(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		r.activity("a")
		r.start(r.machine("M", activityTask("")), "e", `1`)
		synctest.Wait()
		r.restart()
		synctest.Wait()
		r.poll("w")
		r.restart()
		synctest.Wait()
		page := r.openTasks(OpenTaskQuery{Resource: here.ActivityARN("a")})
		is(t, "open", len(page.Tasks), 1)
		is(t, "worker", page.Tasks[0].Worker, "w")
	})
}
