package console

import (
	"context"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
)

// Engine is what is read of an engine. What it returns belongs to nobody: neither side changes it. A refusal is a
// *statelark.Error.
type Engine interface {
	// StateMachines lists those of a place in the order of ARNs, without what a revision holds.
	StateMachines(ctx context.Context, at arn.Place, after string, n int) ([]*statelark.StateMachine, error)
	// StateMachine returns the present revision; StateMachineOf, the one that an execution runs.
	StateMachine(ctx context.Context, arn string) (*statelark.StateMachine, error)
	StateMachineOf(ctx context.Context, x *statelark.Execution) (*statelark.StateMachine, error)

	Execution(ctx context.Context, arn string) (*statelark.ExecutionDetail, error)
	// ExecutionARN returns the ARN of the execution with that id, "" when the store has none.
	ExecutionARN(ctx context.Context, id statelark.ExecID) (string, error)
	// Executions lists those of a state machine, a version, an alias or a Map Run.
	Executions(ctx context.Context, q statelark.ExecutionQuery) ([]*statelark.Execution, error)
	// ExpressExecutions and ExpressExecution know those that ended last.
	ExpressExecutions(machine string, n int) []*engine.ExpressSeen
	ExpressExecution(arn string) (*engine.ExpressSeen, error)
	Fork(ctx context.Context, s statelark.ForkStart) (*statelark.Execution, error)
	// Forks returns those of an execution, newest first.
	Forks(ctx context.Context, arn string, n int) ([]*statelark.Execution, error)
	// Stages tells what became of the data in the visit of a state that began with that event.
	Stages(ctx context.Context, arn string, event int64) (*engine.Stages, error)
	// OpenTasks returns a page of the Tasks that wait for a token or a worker, ActivityUses what activities have to do.
	OpenTasks(ctx context.Context, q engine.OpenTaskQuery) (*engine.OpenTasks, error)
	ActivityUses() map[string]engine.ActivityUse
	// Activities lists those of a place in the order of ARNs.
	Activities(ctx context.Context, at arn.Place, after string, n int) ([]*statelark.Activity, error)
	MapRun(ctx context.Context, arn string) (*statelark.MapRun, error)
	// History returns n events at most, beginning with first; with a first of 0 and reverse, the last ones.
	History(ctx context.Context, arn string, first int64, n int, reverse bool) ([]history.Event, error)
}
