package api

import (
	"context"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
)

// Engine is what the operations need done. A refusal that the caller is to see is a *statelark.Error; any
// other error is an internal fault.
//
// What it is given has been checked: names and ARNs are well-formed, definitions compile, payloads are JSON
// and within their limits. What it returns belongs to nobody: neither side changes it.
type Engine interface {
	// CreateStateMachine stores m as its initial revision, and publishes it as a version when m has one, of which only
	// the Description counts. When there is one of that ARN already, it returns that one if both are the SameRequest
	// and were published alike, else StateMachineAlreadyExists.
	CreateStateMachine(ctx context.Context, m *statelark.StateMachine) (*statelark.StateMachine, error)
	// UpdateStateMachine returns the state machine with u applied, and with its version when u publishes. A u that changes
	// nothing makes no revision.
	UpdateStateMachine(ctx context.Context, arn string, u statelark.StateMachineUpdate) (*statelark.StateMachine, error)
	// StateMachine returns the present revision or, when the ARN is that of a version, that, with the version in it.
	StateMachine(ctx context.Context, arn string) (*statelark.StateMachine, error)
	// Target returns the state machine that an ARN is of, be it qualified by a version or an alias, without what a
	// revision holds; StateMachineDoesNotExist when it, the version or the alias is not there.
	Target(ctx context.Context, arn string) (*statelark.StateMachine, error)
	// StateMachineOf returns the revision that an execution runs.
	StateMachineOf(ctx context.Context, x *statelark.Execution) (*statelark.StateMachine, error)
	// DeleteStateMachine does nothing when there is none.
	DeleteStateMachine(ctx context.Context, arn string) error
	// StateMachines lists those of a place in the order of ARNs, the first n that come after the given one.
	StateMachines(ctx context.Context, at arn.Place, after string, n int) ([]*statelark.StateMachine, error)

	// PublishVersion makes a version of the present revision or, when there is one of it, returns that. revision, unless
	// it is "", has to name the present one, else ConflictException.
	PublishVersion(ctx context.Context, arn, revision, description string) (*statelark.Version, error)
	// Versions lists the newest n whose number is below before, 0 for no bound, in falling order.
	Versions(ctx context.Context, arn string, before int64, n int) ([]*statelark.Version, error)
	// DeleteVersion does nothing when there is none. ConflictException when an alias leads to it.
	DeleteVersion(ctx context.Context, arn string, number int64) error

	// CreateAlias stores a. When there is one of that name already, it returns that one if both are the SameRequest,
	// else ConflictException. ResourceNotFound when a version that it leads to is not there.
	CreateAlias(ctx context.Context, a *statelark.Alias) (*statelark.Alias, error)
	UpdateAlias(ctx context.Context, machine, name string, u statelark.AliasUpdate) (*statelark.Alias, error)
	Alias(ctx context.Context, machine, name string) (*statelark.Alias, error)
	// Aliases lists in the order of names, the first n that come after the given one; those that lead to a version
	// alone, unless that is 0.
	Aliases(ctx context.Context, machine string, version int64, after string, n int) ([]*statelark.Alias, error)
	// DeleteAlias does nothing when there is none.
	DeleteAlias(ctx context.Context, machine, name string) error

	// CreateActivity stores a. When there is one of that ARN already, it returns that one if both are the
	// SameRequest, else ActivityAlreadyExists.
	CreateActivity(ctx context.Context, a *statelark.Activity) (*statelark.Activity, error)
	Activity(ctx context.Context, arn string) (*statelark.Activity, error)
	// DeleteActivity does nothing when there is none.
	DeleteActivity(ctx context.Context, arn string) error
	// Activities lists those of a place in the order of ARNs, the first n that come after the given one.
	Activities(ctx context.Context, at arn.Place, after string, n int) ([]*statelark.Activity, error)

	// Tags, Tag and Untag are about the state machine or activity of that ARN; ResourceNotFound when there is
	// none. Tag answers TooManyTags when there would be more than the limit.
	Tags(ctx context.Context, arn string) ([]statelark.Tag, error)
	Tag(ctx context.Context, arn string, tags []statelark.Tag) error
	Untag(ctx context.Context, arn string, keys []string) error

	// StartExecution starts what s.Machine leads to. It returns the running execution of that name instead when it has the same
	// input, and ExecutionAlreadyExists when the name is taken otherwise. Executions of Express state machines share names.
	StartExecution(ctx context.Context, s statelark.ExecutionStart) (*statelark.Execution, error)
	// StartSyncExecution returns when the execution has ended, whichever way. It is of an Express state machine, else
	// StateMachineTypeNotSupported.
	StartSyncExecution(ctx context.Context, s statelark.ExecutionStart) (*statelark.SyncExecution, error)
	// StopExecution returns when the execution stopped; of one that had ended, when it ended.
	StopExecution(ctx context.Context, arn string, errorName, cause *string) (time.Time, error)
	// RedriveExecution takes an execution up that ended without success, and returns when. With a token that one of its last
	// ten redrives had, not a quarter of an hour ago, it returns when that was. ExecutionNotRedrivable says why not.
	RedriveExecution(ctx context.Context, arn, token string) (time.Time, error)
	Execution(ctx context.Context, arn string) (*statelark.ExecutionDetail, error)
	// Executions lists those of a state machine or, by a qualified ARN, those started through a version or an alias.
	Executions(ctx context.Context, q statelark.ExecutionQuery) ([]*statelark.Execution, error)

	// MapRun is about the Map Run of that ARN; ResourceNotFound when there is none.
	MapRun(ctx context.Context, arn string) (*statelark.MapRun, error)
	// MapRuns lists the Map Runs of an execution, n at most: those that come after what a call before returned as next, 0 at
	// first. next is 0 when there are no more.
	MapRuns(ctx context.Context, execution string, after int64, n int) (list []*statelark.MapRun, next int64, err error)
	// UpdateMapRun changes a Map Run that is under way; of one that is not it is ValidationException.
	UpdateMapRun(ctx context.Context, arn string, u statelark.MapRunUpdate) error
	// MapRunExecutions lists the children of a Map Run, of a status or (0) of any, n at most: those that come after what a
	// call before returned as next, "" at first. next is "" when there are no more.
	MapRunExecutions(ctx context.Context, arn string, s statelark.Status, after string, n int) (list []*statelark.Execution, next string, err error)

	// History returns n events at most, beginning with first, in order or in reverse. A first of 0 stands for the
	// first event or, reverse, the last.
	History(ctx context.Context, arn string, first int64, n int, reverse bool) ([]history.Event, error)

	// TestState runs one state and says how it ended. The definition compiles, and a Map or a Parallel has a mock. It
	// takes 5 minutes at most; when too many run, the answer is ThrottlingException.
	TestState(ctx context.Context, t *statelark.StateTest) (*statelark.StateTestResult, error)

	// ActivityTask waits for a task until ctx ends or the time of a long poll (60 s) is over, and then returns
	// nil.
	ActivityTask(ctx context.Context, arn, worker string) (*statelark.ActivityTask, error)
	TaskSucceeded(ctx context.Context, token, output string) error
	TaskFailed(ctx context.Context, token string, errorName, cause *string) error
	TaskHeartbeat(ctx context.Context, token string) error
}
