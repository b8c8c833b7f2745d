package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// fakeEngine keeps what it is told and runs nothing: an execution goes on until it is stopped or a test ends
// it. It decides what the contract of Engine leaves to an engine, and nothing else.
type fakeEngine struct {
	now        func() time.Time
	machines   map[string]*statelark.StateMachine
	activities map[string]*statelark.Activity
	versions   map[string]*statelark.StateMachine // by ARN, each with its Version
	aliases    map[string]*statelark.Alias        // by ARN
	executions []*statelark.ExecutionDetail       // in order of start
	tasks      []statelark.ActivityTask           // that GetActivityTask will hand out
	events     []history.Event                    // the history of every execution
	broken     error                              // what ListStateMachines fails with
	mapRuns    []*statelark.MapRun
	children   []*statelark.Execution // of every Map Run
}

var _ Engine = (*fakeEngine)(nil)

func newFakeEngine(now func() time.Time) *fakeEngine {
	return &fakeEngine{
		now: now, machines: map[string]*statelark.StateMachine{}, activities: map[string]*statelark.Activity{},
		versions: map[string]*statelark.StateMachine{}, aliases: map[string]*statelark.Alias{},
	}
}

func (f *fakeEngine) CreateStateMachine(_ context.Context, m *statelark.StateMachine) (*statelark.StateMachine, error) {
	if old := f.machines[m.ARN]; old != nil {
		if !old.SameRequest(m) {
			return nil, statelark.Errorf(statelark.CodeStateMachineAlreadyExists, "State Machine Already Exists: '%s'", m.ARN)
		}
		return old, nil
	}
	f.machines[m.ARN] = m
	if m.Version != nil {
		return f.publish(m, m.Version.Description), nil
	}
	return m, nil
}

// publish returns a state machine as a version, a new one unless its revision has one.
func (f *fakeEngine) publish(m *statelark.StateMachine, description string) *statelark.StateMachine {
	number := int64(1)
	for _, there := range f.versions {
		if there.ARN == m.ARN && there.Revision == m.Revision {
			return there
		}
		number = max(number, there.Version.Number+1)
	}
	v := *m
	v.Version = &statelark.Version{Machine: m.ARN, Number: number, Created: f.now(), Description: description}
	f.versions[v.Version.ARN()] = &v
	return &v
}

func (f *fakeEngine) PublishVersion(_ context.Context, arn, revision, description string) (*statelark.Version, error) {
	m, err := f.present(arn)
	switch {
	case err != nil:
		return nil, err
	case revision != "" && revision != m.Revision:
		return nil, statelark.Errorf(statelark.CodeConflict, "Failed to publish the State Machine version for revision %s. "+
			"The current State Machine revision is %s.", revision, m.Revision)
	}
	return f.publish(m, description).Version, nil
}

func (f *fakeEngine) Versions(_ context.Context, arn string, before int64, n int) ([]*statelark.Version, error) {
	if _, err := f.present(arn); err != nil {
		return nil, err
	}
	var list []*statelark.Version
	for _, m := range f.versions {
		if m.ARN == arn && (before == 0 || m.Version.Number < before) {
			list = append(list, m.Version)
		}
	}
	slices.SortFunc(list, func(a, b *statelark.Version) int { return int(b.Number - a.Number) })
	return list[:min(n, len(list))], nil
}

func (f *fakeEngine) DeleteVersion(_ context.Context, arn string, number int64) error {
	delete(f.versions, statelark.VersionARN(arn, number))
	return nil
}

func (f *fakeEngine) CreateAlias(_ context.Context, a *statelark.Alias) (*statelark.Alias, error) {
	for _, r := range a.Routes {
		if arn := statelark.VersionARN(a.Machine, r.Version); f.versions[arn] == nil {
			return nil, statelark.NoSuchResource(arn)
		}
	}
	made := *a
	made.Created, made.Updated = f.now(), f.now()
	f.aliases[a.ARN()] = &made
	return &made, nil
}

func (f *fakeEngine) UpdateAlias(ctx context.Context, machine, name string, u statelark.AliasUpdate) (*statelark.Alias, error) {
	a, err := f.Alias(ctx, machine, name)
	if err != nil {
		return nil, err
	}
	next, _ := u.Apply(a)
	next.Updated = f.now()
	f.aliases[a.ARN()] = next
	return next, nil
}

func (f *fakeEngine) Alias(_ context.Context, machine, name string) (*statelark.Alias, error) {
	text := arn.Qualified(machine, name)
	if a := f.aliases[text]; a != nil {
		return a, nil
	}
	return nil, statelark.NoSuchResource(text)
}

func (f *fakeEngine) Aliases(_ context.Context, machine string, version int64, after string, n int) ([]*statelark.Alias, error) {
	of := map[string]*statelark.Alias{}
	for _, a := range f.aliases {
		if a.Machine == machine && (version == 0 || a.Leads(version)) {
			of[a.Name] = a
		}
	}
	return pick(of, "", after, n), nil
}

func (f *fakeEngine) DeleteAlias(_ context.Context, machine, name string) error {
	delete(f.aliases, arn.Qualified(machine, name))
	return nil
}

func (f *fakeEngine) Target(ctx context.Context, text string) (*statelark.StateMachine, error) {
	if a := f.aliases[text]; a != nil {
		text = a.Machine
	}
	return f.StateMachine(ctx, text)
}

func (f *fakeEngine) UpdateStateMachine(_ context.Context, arn string, u statelark.StateMachineUpdate) (*statelark.StateMachine, error) {
	m, err := f.present(arn)
	if err != nil {
		return nil, err
	}
	next, changed := u.Apply(m)
	if !changed && u.Publish != nil {
		return f.publish(m, u.Publish.Description), nil
	}
	if !changed {
		return m, nil
	}
	n, _ := strconv.Atoi(strings.TrimPrefix(m.Revision, "revision-"))
	next.Revision = "revision-" + strconv.Itoa(n+1)
	next.Updated = f.now()
	f.machines[arn] = next
	if u.Publish != nil {
		return f.publish(next, u.Publish.Description), nil
	}
	return next, nil
}

func (f *fakeEngine) StateMachine(_ context.Context, arn string) (*statelark.StateMachine, error) {
	if m := f.versions[arn]; m != nil {
		return m, nil
	}
	return f.present(arn)
}

func (f *fakeEngine) present(arn string) (*statelark.StateMachine, error) {
	if m := f.machines[arn]; m != nil {
		return m, nil
	}
	return nil, statelark.Errorf(statelark.CodeStateMachineDoesNotExist, "State Machine Does Not Exist: '%s'", arn)
}

func (f *fakeEngine) StateMachineOf(ctx context.Context, x *statelark.Execution) (*statelark.StateMachine, error) {
	return f.StateMachine(ctx, x.Machine)
}

func (f *fakeEngine) DeleteStateMachine(_ context.Context, arn string) error {
	delete(f.machines, arn)
	return nil
}

func (f *fakeEngine) StateMachines(_ context.Context, at arn.Place, after string, n int) ([]*statelark.StateMachine, error) {
	return pick(f.machines, at.StateMachineARN(""), after, n), f.broken
}

func (f *fakeEngine) CreateActivity(_ context.Context, a *statelark.Activity) (*statelark.Activity, error) {
	if old := f.activities[a.ARN]; old != nil {
		if !old.SameRequest(a) {
			return nil, statelark.Errorf(statelark.CodeActivityAlreadyExists, "Activity Already Exists: '%s'", a.ARN)
		}
		return old, nil
	}
	f.activities[a.ARN] = a
	return a, nil
}

func (f *fakeEngine) Activity(_ context.Context, arn string) (*statelark.Activity, error) {
	if a := f.activities[arn]; a != nil {
		return a, nil
	}
	return nil, statelark.Errorf(statelark.CodeActivityDoesNotExist, "Activity Does Not Exist: '%s'", arn)
}

func (f *fakeEngine) DeleteActivity(_ context.Context, arn string) error {
	delete(f.activities, arn)
	return nil
}

func (f *fakeEngine) Activities(_ context.Context, at arn.Place, after string, n int) ([]*statelark.Activity, error) {
	return pick(f.activities, at.ActivityARN(""), after, n), nil
}

// pick returns the first n records whose ARNs begin with prefix and come after the given one.
func pick[T any](records map[string]*T, prefix, after string, n int) []*T {
	var arns []string
	for arn := range records {
		if arn > after && strings.HasPrefix(arn, prefix) {
			arns = append(arns, arn)
		}
	}
	slices.Sort(arns)
	var list []*T
	for _, arn := range arns[:min(n, len(arns))] {
		list = append(list, records[arn])
	}
	return list
}

// tags returns where the tags of arn are.
func (f *fakeEngine) tags(arn string) (*[]statelark.Tag, error) {
	if m := f.machines[arn]; m != nil {
		return &m.Tags, nil
	}
	if a := f.activities[arn]; a != nil {
		return &a.Tags, nil
	}
	return nil, statelark.ResourceNotFound(arn)
}

func (f *fakeEngine) Tags(_ context.Context, arn string) ([]statelark.Tag, error) {
	tags, err := f.tags(arn)
	if err != nil {
		return nil, err
	}
	return *tags, nil
}

func (f *fakeEngine) Tag(_ context.Context, arn string, put []statelark.Tag) error {
	tags, err := f.tags(arn)
	if err != nil {
		return err
	}
	next := statelark.PutTags(*tags, put)
	if len(next) > 50 {
		return statelark.TooManyTags(arn)
	}
	*tags = next
	return nil
}

func (f *fakeEngine) Untag(_ context.Context, arn string, keys []string) error {
	tags, err := f.tags(arn)
	if err != nil {
		return err
	}
	*tags = statelark.DropTags(*tags, keys)
	return nil
}

func (f *fakeEngine) StartExecution(ctx context.Context, s statelark.ExecutionStart) (*statelark.Execution, error) {
	m, err := f.Target(ctx, s.Machine)
	if err != nil {
		return nil, err
	}
	s.Machine = m.ARN
	for _, x := range f.executions {
		if x.Machine != s.Machine || x.Name != s.Name {
			continue
		}
		if x.Status != statelark.Running || x.Input != s.Input {
			return nil, statelark.Errorf(statelark.CodeExecutionAlreadyExists, "Execution Already Exists: '%s'", x.ARN())
		}
		return &x.Execution, nil
	}
	x := &statelark.ExecutionDetail{Input: s.Input, Execution: statelark.Execution{
		ID:      statelark.NewExecID(f.now(), 0, uint64(len(f.executions)+1)),
		Machine: s.Machine, Name: s.Name, Status: statelark.Running, Start: f.now(), TraceHeader: s.TraceHeader,
	}}
	f.executions = append(f.executions, x)
	return &x.Execution, nil
}

// StartSyncExecution echoes its input; one whose input is a text fails with that.
func (f *fakeEngine) StartSyncExecution(ctx context.Context, s statelark.ExecutionStart) (*statelark.SyncExecution, error) {
	m, err := f.StateMachine(ctx, s.Machine)
	if err != nil {
		return nil, err
	}
	if m.Type != statelark.Express {
		return nil, statelark.TypeNotSupported()
	}
	x := &statelark.SyncExecution{BilledMB: 64, BilledMS: 100, ExecutionDetail: statelark.ExecutionDetail{Input: s.Input, Output: s.Input,
		Execution: statelark.Execution{
			ID: statelark.NewExecID(f.now(), 0, 1), Machine: s.Machine, Name: s.Name, Status: statelark.Succeeded, Express: true,
			Start: f.now(), Stop: f.now(), TraceHeader: s.TraceHeader,
		}}}
	if v := value.Checked(s.Input); v.Kind() == value.String {
		e := v.Str()
		x.Status, x.Output, x.Error, x.Cause = statelark.Failed, "", &e, &e
	}
	return x, nil
}

func (f *fakeEngine) StopExecution(ctx context.Context, arn string, errorName, cause *string) (time.Time, error) {
	x, err := f.Execution(ctx, arn)
	if err != nil {
		return time.Time{}, err
	}
	if x.Status == statelark.Running {
		x.Status, x.Stop, x.Error, x.Cause = statelark.Aborted, f.now(), errorName, cause
	}
	return x.Stop, nil
}

func (f *fakeEngine) RedriveExecution(ctx context.Context, arn, _ string) (time.Time, error) {
	x, err := f.Execution(ctx, arn)
	switch {
	case err != nil:
		return time.Time{}, err
	case x.RedriveStatus != statelark.Redrivable:
		return time.Time{}, statelark.Errorf(statelark.CodeExecutionNotRedrivable, "%s", x.RedriveReason)
	}
	x.Redrives++
	x.Status, x.Stop, x.Redriven, x.Error, x.Cause = statelark.Running, time.Time{}, f.now(), nil, nil
	return x.Redriven, nil
}

func (f *fakeEngine) Execution(_ context.Context, arn string) (*statelark.ExecutionDetail, error) {
	for _, x := range f.executions {
		if x.ARN() == arn {
			x.RedriveStatus, x.RedriveReason = statelark.Redrivable, ""
			if x.Status == statelark.Running || x.Status == statelark.Succeeded {
				x.RedriveStatus, x.RedriveReason = statelark.NotRedrivable, "Execution is "+x.Status.String()+" and cannot be redriven"
			}
			return x, nil
		}
	}
	return nil, statelark.Errorf(statelark.CodeExecutionDoesNotExist, "Execution Does Not Exist: '%s'", arn)
}

func (f *fakeEngine) Executions(_ context.Context, q statelark.ExecutionQuery) ([]*statelark.Execution, error) {
	var list []*statelark.Execution
	for _, x := range slices.Backward(f.executions) {
		older := q.Before == statelark.ExecID{} || slices.Compare(x.ID[:], q.Before[:]) < 0
		if older && x.Machine == q.Machine && (q.Status == 0 || q.Status == x.Status) && len(list) < q.Limit {
			list = append(list, &x.Execution)
		}
	}
	return list, nil
}

func (f *fakeEngine) History(ctx context.Context, arn string, first int64, n int, reverse bool) ([]history.Event, error) {
	if _, err := f.Execution(ctx, arn); err != nil {
		return nil, err
	}
	var list []history.Event
	for _, e := range f.events {
		if first == 0 || !reverse && e.ID >= first || reverse && e.ID <= first {
			list = append(list, e)
		}
	}
	if reverse {
		slices.Reverse(list)
	}
	return list[:min(n, len(list))], nil
}

func (f *fakeEngine) MapRun(_ context.Context, arn string) (*statelark.MapRun, error) {
	for _, r := range f.mapRuns {
		if r.ARN == arn {
			return r, nil
		}
	}
	return nil, statelark.ResourceNotFound(arn)
}

func (f *fakeEngine) MapRuns(ctx context.Context, execution string, after int64, n int) (list []*statelark.MapRun, next int64, err error) {
	if _, err := f.Execution(ctx, execution); err != nil {
		return nil, 0, err
	}
	for i, r := range f.mapRuns {
		if r.Execution != execution || int64(i) < after {
			continue
		}
		if len(list) == n {
			return list, int64(i), nil
		}
		list = append(list, r)
	}
	return list, 0, nil
}

func (f *fakeEngine) UpdateMapRun(ctx context.Context, arn string, u statelark.MapRunUpdate) error {
	r, err := f.MapRun(ctx, arn)
	if err != nil {
		return err
	}
	if u.Concurrency != nil {
		r.Concurrency = *u.Concurrency
	}
	if u.ToleratedCount != nil {
		r.ToleratedCount = *u.ToleratedCount
	}
	if u.ToleratedPercentage != nil {
		r.ToleratedPercentage = *u.ToleratedPercentage
	}
	return nil
}

func (f *fakeEngine) MapRunExecutions(ctx context.Context, arn string, _ statelark.Status, _ string, _ int) ([]*statelark.Execution, string, error) {
	_, err := f.MapRun(ctx, arn)
	return f.children, "", err
}

func (f *fakeEngine) ActivityTask(ctx context.Context, arn, _ string) (*statelark.ActivityTask, error) {
	if _, err := f.Activity(ctx, arn); err != nil || len(f.tasks) == 0 {
		return nil, err
	}
	t := f.tasks[0]
	f.tasks = f.tasks[1:]
	return &t, nil
}

func (f *fakeEngine) TaskSucceeded(_ context.Context, token, output string) error {
	if err := f.answer(token); err != nil {
		return err
	}
	if r := value.Refuse(output); r != nil {
		return statelark.Errorf(statelark.CodeInvalidOutput, "Invalid Output: '%s'", r)
	}
	return nil
}

func (f *fakeEngine) TaskFailed(_ context.Context, token string, _, _ *string) error {
	return f.answer(token)
}

func (f *fakeEngine) TaskHeartbeat(_ context.Context, token string) error { return f.answer(token) }

// answer takes any answer to the token "live" and none to others.
func (f *fakeEngine) answer(token string) error {
	switch token {
	case "live":
		return nil
	case "gone":
		return statelark.Errorf(statelark.CodeTaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'")
	}
	return statelark.Errorf(statelark.CodeInvalidToken, "Invalid Token: 'Invalid token'")
}

// end ends an execution with output, or with error and cause.
func (f *fakeEngine) end(name, status, output string) error {
	for _, x := range f.executions {
		if x.Name != name {
			continue
		}
		var ok bool
		if x.Status, ok = statelark.ParseStatus(status); !ok {
			return fmt.Errorf("no status %q", status)
		}
		x.Stop, x.Events = f.now(), 5
		if x.Status == statelark.Succeeded {
			x.Output = output
		} else if e, c, ok := strings.Cut(output, " "); ok {
			x.Error, x.Cause = &e, &c
		}
		return nil
	}
	return fmt.Errorf("no execution %q", name)
}

// TestState answers with what it was asked, in every field that an answer may have.
func (f *fakeEngine) TestState(_ context.Context, t *statelark.StateTest) (*statelark.StateTestResult, error) {
	r := &statelark.StateTestResult{Status: statelark.TestSucceeded, Output: &t.Input, Next: "Next"}
	in := &r.Inspection
	for _, step := range []statelark.InspectedStep{{Name: "input", Value: t.Input}, {Name: "variables", Value: t.Variables}} {
		if step.Value != "" {
			in.Steps = append(in.Steps, step)
		}
	}
	if t.RevealSecrets {
		in.Request = &statelark.HTTPRequest{Protocol: "https", Method: "GET", URL: "https://x", Headers: "{}"}
		in.Response = &statelark.HTTPResponse{Protocol: "https", StatusCode: "200", StatusMessage: "OK", Body: "b"}
	}
	if m := t.Mock; m != nil && m.Result == nil {
		one, percentage := 1, 12.5
		r.Status, r.Output, r.Next, r.Error, r.Cause = statelark.TestRetriable, nil, "", m.Error, m.Cause
		in.RetryIndex, in.RetryBackoff, in.CatchIndex = &one, t.Retries, &one
		in.MaxConcurrency, in.ToleratedFailureCount, in.ToleratedFailurePercentage = &t.Failed, &t.Failed, &percentage
	}
	return r, nil
}
