package glue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
)

// The states of a run.
const (
	starting  = "STARTING"
	running   = "RUNNING"
	stopping  = "STOPPING"
	stopped   = "STOPPED"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMEOUT"
)

// keepRuns is how long the runs of a job are remembered, forgetAtOnce how many of them a start forgets.
const (
	keepRuns     = 90 * 24 * time.Hour
	forgetAtOnce = 10
)

var errOver = errors.New("the run is not to be begun any more")

// run is a run of a job as it is stored.
type run struct {
	description
	Region    string `json:"region"`
	Account   string `json:"account"`
	StartedMS int64  `json:"startedMs"`
	// Of the job, as it was when the run began:
	Kind    string   `json:"kind"` // of its command: glueetl, pythonshell
	Script  string   `json:"script"`
	Argv    []string `json:"argv"`
	Retries int64    `json:"retries"` // that are left
}

// description is what GetJobRun says of a run.
type description struct {
	ID              string            `json:"Id"`
	Attempt         int64             `json:"Attempt"`
	Previous        string            `json:"PreviousRunId,omitempty"`
	Job             string            `json:"JobName"`
	Mode            string            `json:"JobMode,omitempty"`
	StartedOn       float64           `json:"StartedOn"`
	LastModifiedOn  float64           `json:"LastModifiedOn"`
	CompletedOn     float64           `json:"CompletedOn,omitempty"`
	State           string            `json:"JobRunState"`
	Arguments       map[string]string `json:"Arguments,omitempty"`
	ErrorMessage    string            `json:"ErrorMessage,omitempty"`
	Predecessors    []string          `json:"PredecessorRuns"`
	Capacity        int64             `json:"AllocatedCapacity"`
	ExecutionTime   int64             `json:"ExecutionTime"`
	Timeout         int64             `json:"Timeout"` // minutes
	MaxCapacity     float64           `json:"MaxCapacity,omitempty"`
	WorkerType      string            `json:"WorkerType,omitempty"`
	NumberOfWorkers int64             `json:"NumberOfWorkers,omitempty"`
	LogGroup        string            `json:"LogGroupName"`
	GlueVersion     string            `json:"GlueVersion,omitempty"`
	ExecutionClass  string            `json:"ExecutionClass,omitempty"`
}

func (r *run) place() arn.Place { return arn.Place{Region: r.Region, Account: r.Account} }

func (r *run) pointer() *pointer { return &pointer{r.Region, r.Account, r.Job, r.ID} }

func (r *run) ended() bool {
	return r.State == stopped || r.State == succeeded || r.State == failed || r.State == timedOut
}

type startInput struct {
	Name            string            `json:"JobName"`
	Previous        string            `json:"JobRunId"`
	Arguments       map[string]string `json:"Arguments"`
	Timeout         *int64            `json:"Timeout"`
	MaxCapacity     *float64          `json:"MaxCapacity"`
	WorkerType      string            `json:"WorkerType"`
	NumberOfWorkers int64             `json:"NumberOfWorkers"`
	ExecutionClass  string            `json:"ExecutionClass"`
}

type startOutput struct {
	ID string `json:"JobRunId"`
}

func (s *Service) startRun(_ context.Context, r *awswire.Request, in *startInput) (*startOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.jobs.Get(r.Place, in.Name)
	switch {
	case err != nil:
		return nil, err
	case j == nil:
		return nil, notFound("Failed to start job run due to missing metadata")
	}
	if in.Previous != "" {
		if old, err := s.runs.Get(r.Place, in.Name, in.Previous); err != nil || old == nil {
			return nil, orElse(err, invalid("JobRunId %s does not exist.", in.Previous))
		}
	}
	n, err := s.count(r.Place, in.Name)
	switch {
	case err != nil:
		return nil, err
	case n >= j.concurrent():
		return nil, refuse("ConcurrentRunsExceededException", "Concurrent runs exceeded for %s", in.Name)
	}
	x := s.newRun(r.Place, *j, in)
	if err := s.begin(x); err != nil {
		if errors.Is(err, jobs.ErrFull) {
			return nil, refuse("ResourceNumberLimitExceededException", "Too many job runs wait to be run")
		}
		return nil, err
	}
	return &startOutput{x.ID}, nil
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// count counts the runs of a job that have not ended.
func (s *Service) count(at arn.Place, name string) (n int64, err error) {
	for p, err := range s.active.All(nowhere) {
		if err != nil {
			return 0, err
		}
		if p.Job == name && p.place() == at {
			n++
		}
	}
	return n, nil
}

// newRun makes a run of a job.
func (s *Service) newRun(at arn.Place, j job, in *startInput) *run {
	now := s.seconds()
	x := &run{Region: at.Region, Account: at.Account, StartedMS: s.o.Now().UnixMilli(), Retries: j.number("MaxRetries", 0),
		Kind: j.command("Name"), Script: j.command("ScriptLocation"), description: description{
			ID: newID(), Previous: in.Previous, Job: in.Name, Mode: j.text("JobMode"), StartedOn: now, LastModifiedOn: now, State: starting,
			Arguments: in.Arguments, Predecessors: []string{}, Capacity: j.number("AllocatedCapacity", 0), Timeout: j.number("Timeout", 2880),
			WorkerType: j.text("WorkerType"), NumberOfWorkers: j.number("NumberOfWorkers", 0), LogGroup: "/aws-glue/jobs",
			GlueVersion: j.text("GlueVersion"), ExecutionClass: j.text("ExecutionClass"),
		}}
	x.MaxCapacity, _ = j["MaxCapacity"].(float64)
	if x.Kind == "pythonshell" {
		x.LogGroup = "/aws-glue/python-jobs"
	}
	if in.Timeout != nil {
		x.Timeout = *in.Timeout
	}
	if in.MaxCapacity != nil {
		x.MaxCapacity = *in.MaxCapacity
	}
	if in.WorkerType != "" {
		x.WorkerType, x.NumberOfWorkers = in.WorkerType, in.NumberOfWorkers
	}
	if in.ExecutionClass != "" {
		x.ExecutionClass = in.ExecutionClass
	}
	x.Argv = argv(j, in.Arguments)
	return x
}

// argv are the arguments of the script: those of the job under those of the run under those that none may override.
func argv(j job, given map[string]string) []string {
	all := j.arguments("DefaultArguments")
	maps.Copy(all, given)
	maps.Copy(all, j.arguments("NonOverridableArguments"))
	var list []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name)
		if all[name] != "" {
			list = append(list, all[name])
		}
	}
	return list
}

// newID is the id of a run: jr_ and 64 hexadecimal digits.
func newID() string {
	return "jr_" + strings.ReplaceAll(uuid.NewString()+uuid.NewString(), "-", "")
}

// begin hands a new run to the runner and stores it; the runner waits for that. mu is held.
func (s *Service) begin(x *run) error {
	if err := s.hand(x); err != nil {
		return err
	}
	var b kv.Batch
	at := x.place()
	err := s.runs.Set(&b, x, at, x.Job, x.ID)
	if err == nil {
		err = s.started.Set(&b, x.pointer(), at, x.Job, stamp(x.StartedMS), x.ID)
	}
	if err == nil {
		err = s.active.Set(&b, x.pointer(), nowhere, x.ID)
	}
	if err == nil {
		err = s.forget(&b, x)
	}
	if err == nil {
		err = s.o.Store.Apply(&b)
	}
	return err // without a row the runner's turn finds nothing to run
}

// forget adds to a batch the removal of some runs of the job that began long ago.
func (s *Service) forget(b *kv.Batch, x *run) error {
	at, n := x.place(), 0
	for p, err := range s.started.Range(s.started.Key(at, x.Job), s.started.Key(at, x.Job, stamp(x.StartedMS-keepRuns.Milliseconds())), false) {
		if err != nil {
			return err
		}
		old, err := s.runs.Get(at, x.Job, p.ID)
		if err != nil {
			return err
		}
		if old != nil && old.ended() {
			s.runs.Delete(b, at, x.Job, old.ID)
			s.started.Delete(b, at, x.Job, stamp(old.StartedMS), old.ID)
		}
		if n++; n == forgetAtOnce {
			break
		}
	}
	return nil
}

// hand hands a run to the runner.
func (s *Service) hand(x *run) error {
	at, name, id := x.place(), x.Job, x.ID
	args := x.Argv
	if x.Kind != "pythonshell" {
		args = slices.Concat(args, []string{"--JOB_NAME", name, "--JOB_RUN_ID", id})
	}
	program, err := s.o.Runner.Start(jobs.Job{
		Place: at, Names: []string{name, x.Script}, Script: x.Script, Argv: args, Timeout: time.Duration(x.Timeout) * time.Minute,
		Group: x.LogGroup + "/output", Stream: id,
		Before: func(ctx context.Context) error { return s.begun(ctx, at, name, id) },
		Ended:  func(end jobs.End) { s.end(at, name, id, &end) },
	})
	if err != nil {
		return err
	}
	s.running[id] = program
	return nil
}

// begun notes that a run is under way, before it is.
func (s *Service) begun(ctx context.Context, at arn.Place, name, id string) error {
	s.mu.Lock()
	x, err := s.runs.Get(at, name, id)
	if err == nil && (x == nil || x.State != starting) {
		err = errOver
	}
	if err == nil {
		x.State, x.LastModifiedOn = running, s.seconds()
		err = s.runs.Save(x, at, name, id)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.o.Store.Durable(ctx)
}

// end notes how a run has ended, and begins the next when it is to be tried again.
func (s *Service) end(at arn.Place, name, id string, end *jobs.End) {
	s.mu.Lock()
	delete(s.running, id)
	x, err := s.runs.Get(at, name, id)
	if err == nil && x != nil && !x.ended() {
		err = s.finish(x, end)
	} else {
		x = nil
	}
	s.mu.Unlock()
	if err != nil {
		s.o.Log.Error("the end of a job run could not be stored", "run", id, "error", err)
		return
	}
	s.tell(x)
}

// finish stores how a run has ended. mu is held.
func (s *Service) finish(x *run, end *jobs.End) error {
	now := s.o.Now()
	x.CompletedOn, x.LastModifiedOn, x.ExecutionTime = s.seconds(), s.seconds(), (now.UnixMilli()-x.StartedMS)/1000
	switch {
	case x.State == stopping || end.Stopped:
		x.State = stopped
	case end.TimedOut:
		x.State, x.ErrorMessage = timedOut, "Job run timed out after "+fmt.Sprint(x.Timeout)+" minutes."
	case end.OK():
		x.State = succeeded
	default:
		x.State, x.ErrorMessage = failed, message(end)
	}
	var b kv.Batch
	at := x.place()
	if err := s.runs.Set(&b, x, at, x.Job, x.ID); err != nil {
		return err
	}
	s.active.Delete(&b, nowhere, x.ID)
	if err := s.o.Store.Apply(&b); err != nil {
		return err
	}
	if x.State != failed || x.Retries <= 0 {
		return nil
	}
	next := *x
	base, _, _ := strings.Cut(x.ID, "_attempt_")
	next.Attempt, next.Retries, next.Previous = x.Attempt+1, x.Retries-1, x.ID
	next.ID = fmt.Sprintf("%s_attempt_%d", base, next.Attempt)
	next.State, next.ErrorMessage, next.CompletedOn, next.ExecutionTime = starting, "", 0, 0
	next.StartedOn, next.LastModifiedOn, next.StartedMS = s.seconds(), s.seconds(), now.UnixMilli()
	if err := s.begin(&next); err != nil && !errors.Is(err, jobs.ErrFull) && !errors.Is(err, jobs.ErrClosed) {
		return err
	}
	return nil
}

// message says why a run has failed.
func message(end *jobs.End) string {
	if !end.Started {
		return end.Reason
	}
	if end.Reason != "" {
		return end.Reason
	}
	return fmt.Sprintf("Command failed with exit code %d", end.Code)
}

// tell tells that a run has ended; nil: none has.
func (s *Service) tell(x *run) {
	if x == nil {
		return
	}
	severity := "INFO"
	if x.State == failed || x.State == timedOut {
		severity = "ERROR"
	}
	said := x.ErrorMessage
	if said == "" {
		said = "Job run " + strings.ToLower(x.State)
	}
	e := &jobs.Event{Source: "aws.glue", Type: "Glue Job State Change", Resources: []string{}, Detail: map[string]string{
		"jobName": x.Job, "severity": severity, "state": x.State, "jobRunId": x.ID, "message": said,
	}}
	s.o.Tell(context.Background(), x.place(), e, x.Job, x.ID)
}

// Resume takes up the runs that the server had when it ended: those that had not begun do so, the others have failed. It is called
// when all services are there; what comes before it does the same.
func (s *Service) Resume() error { return s.resume() }

// resumeOnce is Resume the first time.
func (s *Service) resumeOnce() error {
	over, err := s.takeUp()
	s.teller.Beside(func() { s.tellAll(over) })
	if err != nil {
		s.o.Log.Error("job runs could not be taken up; those that waited do not run before the next start", "error", err)
	}
	return err
}

func (s *Service) tellAll(list []*run) {
	for _, x := range list {
		s.tell(x)
	}
}

func (s *Service) takeUp() (over []*run, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.active.List(nowhere)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		x, err := s.runs.Get(p.place(), p.Job, p.ID)
		if err != nil {
			return over, err
		}
		if x == nil || x.ended() {
			continue
		}
		if x.State == starting {
			if err := s.hand(x); err == nil || errors.Is(err, jobs.ErrClosed) {
				continue
			}
		}
		if err := s.finish(x, &jobs.End{Reason: "Internal service error : the server of the job run was shut down"}); err != nil {
			return over, err
		}
		over = append(over, x)
	}
	return over, nil
}
