package history

// Type is the type of an event.
type Type uint8

// The event types of the API, in its order. The zero Type is none.
const (
	ActivityFailed Type = iota + 1
	ActivityScheduleFailed
	ActivityScheduled
	ActivityStarted
	ActivitySucceeded
	ActivityTimedOut
	ChoiceStateEntered
	ChoiceStateExited
	EvaluationFailed
	ExecutionAborted
	ExecutionFailed
	ExecutionRedriven
	ExecutionStarted
	ExecutionSucceeded
	ExecutionTimedOut
	FailStateEntered
	LambdaFunctionFailed
	LambdaFunctionScheduleFailed
	LambdaFunctionScheduled
	LambdaFunctionStartFailed
	LambdaFunctionStarted
	LambdaFunctionSucceeded
	LambdaFunctionTimedOut
	MapIterationAborted
	MapIterationFailed
	MapIterationStarted
	MapIterationSucceeded
	MapRunAborted
	MapRunFailed
	MapRunRedriven
	MapRunStarted
	MapRunSucceeded
	MapStateAborted
	MapStateEntered
	MapStateExited
	MapStateFailed
	MapStateStarted
	MapStateSucceeded
	ParallelStateAborted
	ParallelStateEntered
	ParallelStateExited
	ParallelStateFailed
	ParallelStateStarted
	ParallelStateSucceeded
	PassStateEntered
	PassStateExited
	SucceedStateEntered
	SucceedStateExited
	TaskFailed
	TaskScheduled
	TaskStartFailed
	TaskStarted
	TaskStateAborted
	TaskStateEntered
	TaskStateExited
	TaskSubmitFailed
	TaskSubmitted
	TaskSucceeded
	TaskTimedOut
	WaitStateAborted
	WaitStateEntered
	WaitStateExited
)
