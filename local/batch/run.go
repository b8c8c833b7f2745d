package batch

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
)

// nowhere is the place of what is kept of all places.
var nowhere arn.Place

// Why a job is in its state, as AWS words it.
const (
	reasonExited     = "Essential container in task exited"
	reasonTimedOut   = "Job attempt duration exceeded timeout"
	reasonHost       = "Host EC2 (instance i-local) terminated."
	reasonDependency = "Dependent Job failed"
)

var errOver = errors.New("the job is not to be run any more")

// start hands a job to the runner. mu is held.
func (s *Service) start(j *job) error {
	name, exact := family(j.Definition)
	image := text(j.Container, "image")
	stream := name + "/default/" + uuid.NewString()
	at, id := j.place(), j.ID
	run, err := s.o.Runner.Start(jobs.Job{
		Place: at, Names: []string{exact, name, image}, Image: image, Argv: j.argv(), Env: j.env(), Timeout: j.limit(),
		Group: "/aws/batch/job", Stream: stream,
		Before: func(ctx context.Context) error { return s.begin(ctx, at, id, stream) },
		Ended:  func(end jobs.End) { s.end(at, id, &end) },
	})
	if err != nil {
		return err
	}
	s.runs[id] = run
	return nil
}

// begin notes that a job runs, before it does.
func (s *Service) begin(ctx context.Context, at arn.Place, id, stream string) error {
	s.mu.Lock()
	j, err := s.jobs.Get(at, id)
	if err == nil && (j == nil || j.ended()) {
		err = errOver
	}
	if err == nil {
		j.Status, j.StartedAt = running, s.millis()
		j.Container["logStreamName"] = stream
		j.Container["taskArn"] = at.ARN("ecs", "task/AWSBatch-local/"+taskID(stream))
		err = s.jobs.Save(j, at, id)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := s.o.Store.Durable(ctx); err != nil {
		return err
	}
	s.o.Tell(ctx, at, j.event())
	return nil
}

// taskID is the id of a task in the name of a stream.
func taskID(stream string) string { return stream[len(stream)-36:] }

// event is what EventBridge is told of a job.
func (j *job) event() *jobs.Event {
	return &jobs.Event{Source: "aws.batch", Type: "Batch Job State Change", Resources: []string{j.ARN}, Detail: &j.description}
}

// end notes how an attempt has ended, and what follows.
func (s *Service) end(at arn.Place, id string, end *jobs.End) {
	s.mu.Lock()
	delete(s.runs, id)
	told, err := s.attemptEnded(at, id, end)
	s.mu.Unlock()
	if err != nil {
		s.o.Log.Error("the end of a job could not be stored", "job", id, "error", err)
		return
	}
	s.tell(told...)
}

// tell tells of changes that were applied.
func (s *Service) tell(all ...*job) {
	for _, j := range all {
		var names []string
		if j.ended() {
			names = []string{j.ID}
		}
		s.o.Tell(context.Background(), j.place(), j.event(), names...)
	}
}

// attemptEnded stores the end of an attempt, and returns the jobs that are in another state now. mu is held.
func (s *Service) attemptEnded(at arn.Place, id string, end *jobs.End) ([]*job, error) {
	j, err := s.jobs.Get(at, id)
	if err != nil || j == nil || j.ended() {
		return nil, err
	}
	now := s.millis()
	statusReason, reason, code := j.why(end)
	if j.Status == running {
		container := map[string]any{"networkInterfaces": []any{}}
		for _, name := range []string{"logStreamName", "taskArn"} {
			if v := text(j.Container, name); v != "" {
				container[name] = v
			}
		}
		note(container, reason, code)
		j.Attempts = append(j.Attempts, attempt{container, j.StartedAt, now, statusReason})
	}
	note(j.Container, reason, code)
	if !end.OK() && !end.TimedOut && j.Stop == "" && j.again(statusReason, reason, code) {
		j.Status, j.StatusReason = runnable, statusReason
		if err := s.jobs.Save(j, at, id); err != nil {
			return nil, err
		}
		if err := s.start(j); err == nil || errors.Is(err, jobs.ErrClosed) { // then the next start of the server runs it
			return []*job{j}, nil
		}
		statusReason = "Too many jobs wait to be run"
	}
	status := failed
	if end.OK() {
		status = succeeded
	}
	return s.finish(j, status, statusReason)
}

// note adds to a container how it ended.
func note(container map[string]any, reason string, code *int) {
	if code != nil {
		container["exitCode"] = *code
	}
	if reason != "" {
		container["reason"] = reason
	}
}

// lost is the end of an attempt whose server was killed.
var lost = jobs.End{Started: true, Code: -1, Reason: reasonHost}

// why words how an attempt has ended.
func (j *job) why(end *jobs.End) (statusReason, reason string, code *int) {
	switch {
	case j.Stop != "":
		statusReason = j.Stop
	case end.TimedOut:
		statusReason = reasonTimedOut
	case end.Reason == reasonHost && end.Code < 0:
		return reasonHost, "", nil
	case !end.Started:
		return "Task failed to start", end.Reason, nil
	default:
		statusReason = reasonExited
	}
	if end.Started {
		code = &end.Code
	}
	return statusReason, "", code
}

// finish ends a job, and with it those that wait for it in vain; those that need not wait any more are started. It returns all
// that are in another state now. mu is held.
func (s *Service) finish(j *job, status, reason string) ([]*job, error) {
	told := []*job{j}
	var b kv.Batch
	at := j.place()
	j.Status, j.StatusReason, j.StoppedAt, j.Waits = status, reason, s.millis(), nil
	err := s.jobs.Set(&b, j, at, j.ID)
	if err == nil {
		err = s.over.Set(&b, j.pointer(), at, stamp(j.StoppedAt), j.ID)
	}
	if err != nil {
		return nil, err
	}
	s.active.Delete(&b, nowhere, j.ID)
	waiting, err := s.dependants.List(at, j.ID)
	if err != nil {
		return nil, err
	}
	s.dependants.DeleteAll(&b, at, j.ID)
	var parent *job
	if j.Parent != "" {
		if parent, err = s.childEnds(&b, at, j); err != nil {
			return nil, err
		}
	}
	if err := s.o.Store.Apply(&b); err != nil {
		return nil, err
	}
	more, err := s.endArray(parent)
	if told = append(told, more...); err != nil {
		return told, err
	}
	for _, p := range waiting {
		more, err := s.released(at, p.ID, j)
		if err != nil {
			return told, fmt.Errorf("going on with job %s: %w", p.ID, err)
		}
		told = append(told, more...)
	}
	return told, nil
}

// released goes on with a job that waited for another one, which has ended.
func (s *Service) released(at arn.Place, id string, other *job) ([]*job, error) {
	j, err := s.jobs.Get(at, id)
	if err != nil || j == nil || j.ended() {
		return nil, err
	}
	if other.Status == failed {
		return s.finish(j, failed, reasonDependency)
	}
	left := j.Waits[:0]
	for _, w := range j.Waits {
		if w != other.ID {
			left = append(left, w)
		}
	}
	if j.Waits = left; len(left) == 0 {
		j.Status = runnable
	}
	if err := s.jobs.Save(j, at, id); err != nil || j.Status != runnable {
		return nil, err
	}
	if err := s.start(j); err != nil && !errors.Is(err, jobs.ErrClosed) {
		return s.finish(j, failed, "Too many jobs wait to be run")
	}
	return []*job{j}, nil
}

// Resume takes up the jobs that the server had when it ended: those that waited go on, those that ran have lost their host. It is
// called when all services are there; what comes before it does the same.
func (s *Service) Resume() error { return s.resume() }

// resumeOnce is Resume the first time.
func (s *Service) resumeOnce() error {
	told, err := s.takeUp()
	s.teller.Beside(func() { s.tell(told...) })
	if err != nil {
		s.o.Log.Error("jobs could not be taken up; those that waited do not run before the next start", "error", err)
	}
	return err
}

func (s *Service) takeUp() (told []*job, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.active.List(nowhere)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		j, err := s.jobs.Get(p.place(), p.ID)
		if err != nil {
			return told, err
		}
		more, err := s.takeUpJob(j)
		if err != nil {
			return told, err
		}
		told = append(told, more...)
	}
	return told, nil
}

func (s *Service) takeUpJob(j *job) ([]*job, error) {
	switch {
	case j == nil:
		return nil, nil
	case j.isArray():
		return s.endArray(j)
	case j.Status == running:
		end := lost
		return s.attemptEnded(j.place(), j.ID, &end)
	case j.Status == runnable:
		if err := s.start(j); err != nil && !errors.Is(err, jobs.ErrClosed) {
			return s.finish(j, failed, "Too many jobs wait to be run")
		}
	case j.Status == pending: // the one it waited for may have ended and the server with it, before this one went on
		for _, id := range j.Waits {
			other, err := s.jobs.Get(j.place(), id)
			if err != nil {
				return nil, err
			}
			if other != nil && other.ended() {
				return s.released(j.place(), j.ID, other)
			}
		}
	}
	return nil, nil
}
