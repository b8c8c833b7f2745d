package ecs

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
)

// Why a task has stopped, as AWS words it.
const (
	codeFailed = "TaskFailedToStart"
	codeExited = "EssentialContainerExited"
	codeUser   = "UserInitiated"

	reasonExited = "Essential container in task exited"
	reasonHost   = "Host EC2 (instance i-local) terminated."
)

var errOver = errors.New("the task is not to be run any more")

// start hands the containers of a task to the runner. mu is held.
func (s *Service) start(t *task) error {
	runs := map[string]*jobs.Run{}
	for _, d := range t.Definitions {
		run, err := s.o.Runner.Start(s.job(t, d))
		if err != nil {
			for _, other := range runs {
				other.Stop()
			}
			return err
		}
		runs[text(d, "name")] = run
	}
	s.runs[t.ID] = runs
	return nil
}

// job is a container as the runner has it.
func (s *Service) job(t *task, d map[string]any) jobs.Job {
	at, cluster, id, name := t.place(), t.ClusterName, t.ID, text(d, "name")
	exact := nameOf(t.DefinitionARN)
	family, _, _ := strings.Cut(exact, ":")
	group, stream := logs(d, family, name, id)
	return jobs.Job{
		Place: at, Names: []string{exact + "/" + name, family + "/" + name, exact, family, text(d, "image")}, Image: text(d, "image"),
		Entry: texts(d["entryPoint"]), Argv: texts(d["command"]), Env: append(environment(d), "AWS_EXECUTION_ENV=AWS_ECS_"+t.LaunchType),
		Group: group, Stream: stream,
		Before: func(ctx context.Context) error { return s.begun(ctx, at, cluster, id, name) },
		Ended:  func(end jobs.End) { s.exited(at, cluster, id, name, &end) },
	}
}

// logs says where the output of a container goes: as its log configuration says, or to a group of the family.
func logs(d map[string]any, family, name, id string) (group, stream string) {
	group, prefix := "/ecs/"+family, "ecs"
	if config, _ := d["logConfiguration"].(map[string]any); text(config, "logDriver") == "awslogs" {
		options, _ := config["options"].(map[string]any)
		if g := text(options, "awslogs-group"); g != "" {
			group = g
		}
		if p := text(options, "awslogs-stream-prefix"); p != "" {
			prefix = p
		}
	}
	return group, prefix + "/" + name + "/" + id
}

func environment(d map[string]any) []string {
	var vars []string
	list, _ := d["environment"].([]any)
	for _, e := range list {
		pair, _ := e.(map[string]any)
		if name := text(pair, "name"); name != "" {
			vars = append(vars, name+"="+text(pair, "value"))
		}
	}
	return vars
}

func texts(v any) []string {
	var all []string
	list, _ := v.([]any)
	for _, e := range list {
		s, _ := e.(string)
		all = append(all, s)
	}
	return all
}

// begun notes that a container runs, before it does.
func (s *Service) begun(ctx context.Context, at arn.Place, cluster, id, name string) error {
	s.mu.Lock()
	t, err := s.tasks.Get(at, cluster, id)
	if err == nil && (t == nil || t.stopped() || t.DesiredStatus == statusStopped) {
		err = errOver
	}
	first := false
	if err == nil {
		first = t.LastStatus != statusRunning
		c := t.container(name)
		c.LastStatus, c.RuntimeID = statusRunning, t.ID+"-"+uuid.NewString()[:8]
		if first {
			t.LastStatus, t.StartedAt, t.Connectivity = statusRunning, s.seconds(), "CONNECTED"
			for _, a := range t.Attachments {
				a["status"] = "ATTACHED"
			}
		}
		t.Version++
		err = s.tasks.Save(t, at, cluster, id)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := s.o.Store.Durable(ctx); err != nil {
		return err
	}
	if first {
		s.o.Tell(ctx, at, t.event())
	}
	return nil
}

// event is what EventBridge is told of a task.
func (t *task) event() *jobs.Event {
	return &jobs.Event{Source: "aws.ecs", Type: "ECS Task State Change", Resources: []string{t.ARN}, Detail: t.shown(false)}
}

// exited notes how a container has ended, and what follows for its task.
func (s *Service) exited(at arn.Place, cluster, id, name string, end *jobs.End) {
	s.mu.Lock()
	t, err := s.containerEnded(at, cluster, id, name, end)
	s.mu.Unlock()
	if err != nil {
		s.o.Log.Error("the end of a task could not be stored", "task", id, "error", err)
		return
	}
	s.tell(t)
}

// tell tells that a task has stopped; nil: none has.
func (s *Service) tell(t *task) {
	if t != nil {
		s.o.Tell(context.Background(), t.place(), t.event(), t.ClusterARN, t.ARN)
	}
}

// containerEnded stores the end of a container, and returns its task if that has stopped now. mu is held.
func (s *Service) containerEnded(at arn.Place, cluster, id, name string, end *jobs.End) (*task, error) {
	runs := s.runs[id]
	delete(runs, name)
	t, err := s.tasks.Get(at, cluster, id)
	if err != nil || t == nil || t.stopped() {
		delete(s.runs, id)
		return nil, err
	}
	c := t.container(name)
	c.LastStatus = statusStopped
	if end.Started {
		c.ExitCode = &end.Code
	} else if !end.Stopped && t.DesiredStatus != statusStopped {
		c.Reason = end.Reason
	}
	if t.DesiredStatus != statusStopped && (isEssential(t.definition(name)) || !end.Started) {
		t.DesiredStatus, t.StoppingAt = statusStopped, s.seconds()
		t.StopCode, t.StoppedReason = codeExited, reasonExited
		if !end.Started {
			t.StopCode, t.StoppedReason = codeFailed, end.Reason
		}
		for _, other := range maps.Clone(runs) {
			other.Stop()
		}
	}
	t.Version++
	if len(runs) > 0 {
		return nil, s.tasks.Save(t, at, cluster, id)
	}
	delete(s.runs, id)
	if t.StopCode == "" { // containers that are not essential alone were left, which cannot be
		t.StopCode, t.StoppedReason = codeExited, reasonExited
	}
	return t, s.stop(t)
}

// stop stores that a task has stopped.
func (s *Service) stop(t *task) error {
	t.LastStatus, t.DesiredStatus, t.StoppedAt, t.StoppedMS = statusStopped, statusStopped, s.seconds(), s.o.Now().UnixMilli()
	for _, a := range t.Attachments {
		a["status"] = "DELETED"
	}
	for _, c := range t.Containers {
		c.LastStatus = statusStopped
	}
	var b kv.Batch
	at := t.place()
	if err := s.tasks.Set(&b, t, at, t.ClusterName, t.ID); err != nil {
		return err
	}
	if err := s.over.Set(&b, t.pointer(), at, stamp(t.StoppedMS), t.ClusterName, t.ID); err != nil {
		return err
	}
	s.active.Delete(&b, nowhere, t.ID)
	return s.o.Store.Apply(&b)
}

// Resume takes up the tasks that the server had when it ended: those that had not begun do so, the others have lost their host. It is
// called when all services are there; what comes before it does the same.
func (s *Service) Resume() error { return s.resume() }

// resumeOnce is Resume the first time.
func (s *Service) resumeOnce() error {
	stopped, err := s.takeUp()
	s.teller.Beside(func() { s.tellAll(stopped) })
	if err != nil {
		s.o.Log.Error("tasks could not be taken up; those that waited do not run before the next start", "error", err)
	}
	return err
}

func (s *Service) tellAll(list []*task) {
	for _, x := range list {
		s.tell(x)
	}
}

func (s *Service) takeUp() (stopped []*task, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.active.List(nowhere)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		t, err := s.tasks.Get(p.place(), p.Cluster, p.ID)
		switch {
		case err != nil:
			return stopped, err
		case t == nil:
			continue
		case t.LastStatus != statusRunning && t.DesiredStatus != statusStopped:
			if err := s.start(t); err == nil || errors.Is(err, jobs.ErrClosed) {
				continue
			}
			t.StopCode, t.StoppedReason = codeFailed, "RESOURCE:CPU"
		case t.StoppedReason == "":
			t.StoppedReason = reasonHost
		}
		if err := s.stop(t); err != nil {
			return stopped, err
		}
		stopped = append(stopped, t)
	}
	return stopped, nil
}
