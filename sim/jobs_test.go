package sim

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

const submit = `"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","Parameters":{"JobName":"j","JobQueue":"q","JobDefinition":`

// jobKinds have jobs that outlive the call which begins them, and at times the process.
var jobKinds = []*kind{
	{"job", `{"StartAt":"J","States":{"J":{` + submit + `"short"},"ResultSelector":{"job.$":"$.end"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"job":"ended"}`}, false},
	{"jobretry", `{"StartAt":"J","States":{"J":{` + submit + `"flaky"},"Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":20,"IntervalSeconds":1,"BackoffRate":1}],"ResultSelector":{"job.$":"$.end"},"End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `{"job":"ended"}`, statelark.Failed: "States.TaskFailed"}, false},
	{"joblate", `{"StartAt":"J","States":{"J":{` + submit + `"long"},"TimeoutSeconds":3,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"E"}],"End":true},"E":{"Type":"Pass","Result":"late","End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `"late"`}, false},
	{"jobcut", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"J","States":{"J":{` + submit + `"long"},"End":true}}},{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"F"},"F":{"Type":"Fail","Error":"Two"}}}],"Catch":[{"ErrorEquals":["Two"],"Next":"E"}],"End":true},"E":{"Type":"Pass","Result":"cut","End":true}}}`,
		`{}`, map[statelark.Status]string{statelark.Succeeded: `"cut"`}, true},
}

// batch is a service of jobs that no crash of an engine touches. It loses polls and refuses cancellations, and does not always
// tell that a job has ended. Its jobs are guarded by the world's mutex.
type batch struct {
	w *world
}

type batchJob struct {
	execution string
	ends      time.Time
	fails     bool
	cancelled bool
	refusals  int // cancellations that are still to be refused
}

var errAway = errors.New("the service is away")

// Start begins a job, or finds the one of that attempt.
func (b batch) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	b.w.auditDispatch(c.Key)
	b.w.pause(300 * time.Millisecond)
	definition, _ := c.Input.Get("JobDefinition")
	id := c.UUID()
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	if b.w.jobs[id] == nil {
		job := &batchJob{execution: c.Execution, ends: time.Now().Add(time.Duration(b.w.rnd.IntN(4000)) * time.Millisecond), refusals: b.w.rnd.IntN(3)}
		job.fails = definition.Str() == "flaky" && b.w.rnd.IntN(3) == 0
		if definition.Str() == "long" {
			job.ends = time.Now().Add(time.Hour * 100)
		} else if b.w.rnd.IntN(2) == 0 {
			b.w.people.Go(func() { b.tell(id, job.ends) })
		}
		b.w.jobs[id] = job
	}
	return task.Outcome{
		Output: value.NewObject([]value.Member{{Key: "JobId", Value: value.FromString(id)}}), Job: task.Job{Kind: "batch", ID: id},
	}, nil
}

// tell tells whatever engine is there then that a job has ended.
func (b batch) tell(id string, at time.Time) {
	time.Sleep(time.Until(at))
	b.w.now().Notify(task.Job{Kind: "batch", ID: id})
}

func (b batch) Poll(ctx context.Context, c *task.Call, j task.Job) (value.Value, bool, error) {
	if b.w.intn(10) == 0 { // no answer ever comes
		<-ctx.Done()
		return value.Value{}, false, ctx.Err()
	}
	b.w.pause(100 * time.Millisecond)
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	job := b.w.jobs[j.ID]
	switch {
	case job == nil || c.Execution != job.execution:
		b.w.t.Errorf("seed %d: %s watches the job %q", b.w.seed, c.Execution, j.ID)
	case b.w.rnd.IntN(4) == 0:
		return value.Value{}, false, errAway
	case time.Now().Before(job.ends):
		return value.Value{}, false, nil
	case job.fails:
		return value.Value{}, false, task.Errorf("States.TaskFailed", "it failed")
	}
	return value.Checked(`{"end":"ended"}`), true, nil
}

func (b batch) Cancel(_ context.Context, _ *task.Call, j task.Job, _ string) error {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	job := b.w.jobs[j.ID]
	if job.refusals > 0 {
		job.refusals--
		return errAway
	}
	job.cancelled = true
	return nil
}

// auditJobs wants no job to go on whose submission an execution knows of, and no execution to have one that it did not begin.
func (w *world) auditJobs() {
	for id, job := range w.jobs {
		if job.cancelled || time.Now().After(job.ends) {
			continue
		}
		events, err := w.history(job.execution)
		if statelark.ErrorCode(err) == statelark.CodeExecutionDoesNotExist {
			continue
		}
		for i := range events {
			if events[i].Type == history.TaskSubmitted && strings.Contains(events[i].Data, id) {
				w.errorf("the job %s of %s goes on\n%s", id, job.execution, w.told(job.execution))
			}
		}
		if err != nil {
			w.errorf("%s has a job: %v", job.execution, err)
		}
	}
}
