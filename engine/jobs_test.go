package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// batch is a service of jobs outside of the engine: what it has outlives a restart.
type batch struct {
	mu       sync.Mutex
	jobs     map[string]*batchJob // by the UUID of the attempt that began it
	polls    []time.Duration      // since the start of the test
	from     time.Time
	failPoll error
	quick    bool // jobs end by themselves
	failStop int  // cancellations that are refused
	hold     chan struct{}
	asked    int // cancellations, the refused ones included
	call     task.Call
}

type batchJob struct {
	result, failure string
	cancelled       int
}

func newBatch() *batch { return &batch{jobs: make(map[string]*batchJob), from: time.Now()} }

func (b *batch) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	b.mu.Lock()
	id := c.UUID()
	if b.jobs[id] == nil {
		b.jobs[id] = &batchJob{}
	}
	hold := b.hold
	b.mu.Unlock()
	if hold != nil {
		<-hold
	}
	return task.Outcome{Output: value.Checked(`{"JobId":"x"}`), Job: task.Job{Kind: "batch", ID: id}}, nil
}

func (b *batch) Poll(_ context.Context, c *task.Call, j task.Job) (value.Value, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.polls, b.call = append(b.polls, time.Since(b.from)), *c
	job := b.jobs[j.ID]
	switch {
	case b.failPoll != nil:
		return value.Value{}, false, b.failPoll
	case job == nil:
		return value.Value{}, false, task.Errorf("Batch.Gone", "there is no job %s", j.ID)
	case job.failure != "":
		return value.Value{}, false, task.Errorf("States.TaskFailed", "%s", job.failure)
	case job.result != "":
		return value.Checked(job.result), true, nil
	case b.quick:
		return value.Checked(`1`), true, nil
	}
	return value.Value{}, false, nil
}

func (b *batch) Cancel(_ context.Context, _ *task.Call, j task.Job, reason string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if b.asked <= b.failStop {
		return errors.New("not now")
	}
	if !strings.Contains(reason, ":execution:M:e") {
		return errors.New("no reason")
	}
	b.jobs[j.ID].cancelled++
	return nil
}

// only returns the id of the one job there is.
func (b *batch) only(t *testing.T) (string, *batchJob) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.jobs) != 1 {
		t.Fatalf("there are %d jobs", len(b.jobs))
	}
	for id, j := range b.jobs {
		return id, j
	}
	return "", nil
}

func (b *batch) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

const submitJob = `"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","Parameters":{"JobName":"n","JobQueue":"q","JobDefinition":"d"}`

const syncJob = `{"StartAt":"T","States":{"T":{` + submitJob + `,"End":true}}}`

// withJobs runs test with an engine that has a service of jobs.
func withJobs(t *testing.T, test func(r *rig, b *batch)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBatch()
		r := &rig{t: t, store: newFrail(), options: Options{Owners: 2}, function: echo}
		r.extra = func(targets *task.Registry) {
			targets.Set("batch:submitJob", b)
			targets.Watch("batch", b, 0)
		}
		r.open()
		defer r.shut()
		test(r, b)
	})
}

func (r *rig) nothingIsLeft(d *statelark.ExecutionDetail) {
	r.t.Helper()
	synctest.Wait()
	work, err := r.store.Work(context.Background(), d.ID.Shard(), statelark.MessageKey{}, 10)
	if err != nil || len(work) > 0 {
		r.t.Errorf("work is left: %v, %v", work, err)
	}
	inbox, err := r.store.Inbox(context.Background(), d.ID.Shard(), statelark.MessageKey{}, 10)
	if err != nil || len(inbox) > 0 {
		r.t.Errorf("messages are left: %v, %v", inbox, err)
	}
	r.jobs.mu.Lock()
	defer r.jobs.mu.Unlock()
	is(r.t, "jobs in memory", len(r.jobs.watched)+len(r.jobs.named)+len(r.jobs.cancels), 0)
	for _, l := range r.jobs.lanes {
		is(r.t, "errands", len(l.due)+l.active, 0)
	}
}

func TestJobIsPolled(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		is(t, "status", r.describe(arn).Status, statelark.Running)
		is(t, "submitted", r.count(arn, history.TaskSubmitted), 1)
		if first := b.polls[0]; first < 800*time.Millisecond || first > 1200*time.Millisecond {
			t.Errorf("the first poll came after %v", first)
		}
		last := b.polls[len(b.polls)-1] - b.polls[len(b.polls)-2]
		if last < 24*time.Second || last > 36*time.Second || len(b.polls) < 20 || len(b.polls) > 40 {
			t.Errorf("%d polls came, the last after %v", len(b.polls), last)
		}
		is(t, "role", b.call.Role, "")
		is(t, "execution", b.call.Execution, arn)
		is(t, "resource", b.call.Resource.ARN, "arn:aws:states:::batch:submitJob.sync")
		_, job := b.only(t)
		b.set(func() { job.result = `{"Status":"SUCCEEDED"}` })
		d := r.ended(arn)
		is(t, "output", d.Output, `{"Status":"SUCCEEDED"}`)
		r.nothingIsLeft(d)
	})
}

func TestJobFails(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		synctest.Wait()
		_, job := b.only(t)
		b.set(func() { job.failure = `{"Status":"FAILED"}` })
		d := r.ended(arn)
		is(t, "error", text(d.Error), "States.TaskFailed")
		is(t, "cause", text(d.Cause), `{"Status":"FAILED"}`)
		is(t, "cancelled", b.asked, 0)
		r.nothingIsLeft(d)
	})
}

// TestJobIsPushed: whoever has the job need not be polled. A push may come before the engine knows of the job.
func TestJobIsPushed(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		id, job := b.only(t)
		b.set(func() { job.result = `1` })
		polls := len(b.polls)
		r.Notify(task.Job{Kind: "batch", ID: id})
		synctest.Wait()
		is(t, "status", r.describe(arn).Status, statelark.Succeeded)
		is(t, "polls", len(b.polls), polls+1)
	})
	withJobs(t, func(r *rig, b *batch) {
		b.hold = make(chan struct{})
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		synctest.Wait()
		id, job := b.only(t)
		b.set(func() { job.result = `1` })
		r.Notify(task.Job{Kind: "batch", ID: id})
		close(b.hold)
		synctest.Wait()
		is(t, "status", r.describe(arn).Status, statelark.Succeeded)
	})
}

func TestPollsThatFail(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		b.failPoll = errors.New("no route to host")
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		time.Sleep(time.Hour)
		synctest.Wait()
		is(t, "status", r.describe(arn).Status, statelark.Running)
		_, job := b.only(t)
		b.set(func() { b.failPoll, job.result = nil, `2` })
		is(t, "output", r.ended(arn).Output, `2`)
		b.failPoll = task.Errorf("Batch.AccessDeniedException", "no")
		is(t, "error", text(r.run(r.machine("M", syncJob), "f", `{}`).Error), "Batch.AccessDeniedException")
	})
}

// TestRestartBetweenSubmitAndPoll: what was submitted is watched again, and not begun again.
func TestRestartBetweenSubmitAndPoll(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		synctest.Wait()
		is(t, "submitted", r.count(arn, history.TaskSubmitted), 1)
		is(t, "polls", len(b.polls), 0)
		r.restart()
		_, job := b.only(t)
		b.set(func() { job.result = `3` })
		d := r.ended(arn)
		is(t, "output", d.Output, `3`)
		is(t, "submitted", r.count(arn, history.TaskSubmitted), 1)
		r.nothingIsLeft(d)
	})
}

// TestJobOfAStoppedExecution: it is cancelled, though that is refused at first, and though the server ends meanwhile.
func TestJobOfAStoppedExecution(t *testing.T) {
	stop := func(r *rig, arn string) *statelark.ExecutionDetail {
		synctest.Wait()
		if _, err := r.StopExecution(context.Background(), arn, nil, nil); err != nil {
			r.t.Fatal(err)
		}
		return r.describe(arn)
	}
	withJobs(t, func(r *rig, b *batch) {
		b.failStop = 2
		d := stop(r, r.start(r.machine("M", syncJob), "e", `{}`))
		time.Sleep(time.Minute)
		synctest.Wait()
		_, job := b.only(t)
		is(t, "cancelled", job.cancelled, 1)
		is(t, "asked", b.asked, 3)
		r.nothingIsLeft(d)
	})
	withJobs(t, func(r *rig, b *batch) {
		b.failStop = 1
		d := stop(r, r.start(r.machine("M", syncJob), "e", `{}`))
		synctest.Wait()
		is(t, "asked", b.asked, 1)
		r.restart()
		time.Sleep(time.Minute)
		synctest.Wait()
		_, job := b.only(t)
		is(t, "cancelled", job.cancelled, 1)
		r.nothingIsLeft(d)
	})
	withJobs(t, func(r *rig, b *batch) {
		b.failStop = 1000
		d := stop(r, r.start(r.machine("M", syncJob), "e", `{}`))
		time.Sleep(time.Hour)
		synctest.Wait()
		is(t, "asked", b.asked, cancelOnce)
		r.nothingIsLeft(d)
	})
}

// TestStoppedWhileTheJobBegins: the request is on its way when the execution ends. Its job is cancelled once it is known.
func TestStoppedWhileTheJobBegins(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		b.hold = make(chan struct{})
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		synctest.Wait()
		if _, err := r.StopExecution(context.Background(), arn, nil, nil); err != nil {
			t.Fatal(err)
		}
		close(b.hold)
		time.Sleep(time.Minute)
		synctest.Wait()
		_, job := b.only(t)
		is(t, "cancelled", job.cancelled, 1)
		is(t, "submitted", r.count(arn, history.TaskSubmitted), 0)
		r.nothingIsLeft(r.describe(arn))
	})
}

func TestJobOfAStateThatTimesOut(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		d := r.run(r.machine("M", `{"StartAt":"T","States":{"T":{`+submitJob+`,"TimeoutSeconds":90,
			"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"E"}],"End":true},"E":{"Type":"Pass","Result":"late","End":true}}}`), "e", `{}`)
		is(t, "output", d.Output, `"late"`)
		time.Sleep(time.Minute)
		synctest.Wait()
		_, job := b.only(t)
		is(t, "cancelled", job.cancelled, 1)
		is(t, "deadline", b.call.Deadline.Sub(d.Start).Round(time.Second), 90*time.Second)
		r.nothingIsLeft(d)
	})
}

func TestJobOfABranchBesideOneThatFails(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		d := r.run(r.machine("M", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
			{"StartAt":"T","States":{"T":{`+submitJob+`,"End":true}}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"F"},"F":{"Type":"Fail"}}}],"End":true}}}`), "e", `{}`)
		is(t, "status", d.Status, statelark.Failed)
		time.Sleep(time.Minute)
		synctest.Wait()
		_, job := b.only(t)
		is(t, "cancelled", job.cancelled, 1)
		r.nothingIsLeft(d)
	})
}

// TestTokenEndsAJobsTask: of a token and a job the first that comes counts. The job goes on, as on AWS.
func TestTokenEndsAJobsTask(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		token := b.call.Token
		if err := r.TaskSucceeded(context.Background(), token, `"by token"`); err != nil {
			t.Fatal(err)
		}
		d := r.ended(arn)
		is(t, "output", d.Output, `"by token"`)
		polls := len(b.polls)
		time.Sleep(time.Hour)
		synctest.Wait()
		is(t, "polls", len(b.polls), polls)
		is(t, "cancelled", b.asked, 0)
		r.nothingIsLeft(d)
	})
}

// TestRedriveOfAFailedJob: a redrive begins another job.
func TestRedriveOfAFailedJob(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		arn := r.start(r.machine("M", syncJob), "e", `{}`)
		synctest.Wait()
		id, job := b.only(t)
		b.set(func() { job.failure = `{}` })
		is(t, "status", r.ended(arn).Status, statelark.Failed)
		if _, err := r.RedriveExecution(context.Background(), arn, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.set(func() {
			is(t, "jobs", len(b.jobs), 2)
			for other, j := range b.jobs {
				if other != id {
					j.result = `4`
				}
			}
		})
		d := r.ended(arn)
		is(t, "output", d.Output, `4`)
		r.nothingIsLeft(d)
	})
}

// TestJobsAtOnce: no more are polled at once than there are places, and each is in its turn.
func TestJobsAtOnce(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		items := strings.Repeat(",1", 99)
		arn := r.start(r.machine("M", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"T","States":{"T":{`+submitJob+`,"End":true}}},"End":true}}}`), "e", `[1`+items+`]`)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		b.set(func() { b.quick = true })
		d := r.ended(arn)
		is(t, "jobs", len(b.jobs), 100)
		is(t, "output", d.Output, `[1`+items+`]`)
		r.nothingIsLeft(d)
	})
}

// TestMoreJobsThanMemoryHasRoomFor: the others are found in the store when some have ended.
func TestMoreJobsThanMemoryHasRoomFor(t *testing.T) {
	withJobs(t, func(r *rig, b *batch) {
		r.jobs.room = 8
		arn := r.start(r.machine("M", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"T","States":{"T":{`+submitJob+`,"End":true}}},"End":true}}}`), "e", `[1`+strings.Repeat(",1", 29)+`]`)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		is(t, "watched", len(r.jobs.watched), 8)
		b.set(func() { b.quick = true })
		r.nothingIsLeft(r.ended(arn))
	})
}

// What is stored of jobs is read by every later release: these are the bytes.
func TestStoredFormsOfJobs(t *testing.T) {
	handle := "batch:\x01\x25arn:aws:states:::batch:submitJob.sync\x01rid:of/job"
	j := &jobRow{seq: 7, arn: "arn:x", deadline: 2, handle: handle}
	is(t, "row", string(j.append(nil)), "\xf1\x05arn:x\x04\x38"+handle)
	id := statelark.ExecID([]byte("exec-0123456789a"))
	m := cancelMessage(id, j)
	is(t, "message", string(m.Data), "\x0d\x05arn:x\x04\x38"+handle)
	is(t, "key", m.Seq, 1<<62|7)
	for _, data := range [][]byte{j.append(nil), m.Data} {
		got, err := readJobRow(data)
		if err != nil {
			t.Fatal(err)
		}
		got.seq = 7
		is(t, "row read", got, *j)
		c, job, err := got.job("t")
		if err != nil {
			t.Fatal(err)
		}
		is(t, "job", job, task.Job{Kind: "batch", ID: "id:of/job"})
		is(t, "role", c.Role, "r")
		is(t, "key", c.Key, task.Key{Execution: "arn:x", Seq: 7})
		is(t, "resource", c.Resource.Action, "submitJob")
		is(t, "deadline", c.Deadline.UnixMilli(), 2)
	}
	for handle, want := range map[string]bool{
		handle: true, "": false, "batch:x": false, childJob(id): false, string(id[:]): false,
		"arn:aws:states:us-east-1:000000000000:mapRun:M/L:u": false,
	} {
		is(t, "handle "+handle, isJobHandle(handle), want)
	}
}
