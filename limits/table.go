package limits

import "time"

// Unit is what a limit counts.
type Unit string

// The units.
const (
	Count      Unit = "count"
	Bytes      Unit = "bytes"
	Characters Unit = "characters"
	Time       Unit = "time"
)

// Limit is one of Limits: how it is set, and what it is in the presets. 0 in a preset: there is none.
type Limit struct {
	Name      string // of the setting
	Unit      Unit
	AWS, Free int64 // Time: nanoseconds
	// Least and Most are the bounds of what it may be set to; Most 0: any, and none at all.
	Least, Most int64
	Of          string // what it is a limit of
	Error       string // what is answered when it is hit

	at func(*Limits) *int64
}

const (
	day    = 24 * time.Hour
	kib    = 1 << 10
	mib    = 1 << 20
	gb     = 1_000_000_000
	second = int64(time.Second)
)

// maxEvent is the largest id of an event that memory and rows have room for.
const maxEvent = 1<<31 - 1

// Table lists all limits, in the order of Limits.
func Table() []Limit { return table }

var table = []Limit{
	{"request-bytes", Bytes, mib, 96 * mib, 64 * kib, gb, "the body of a request", "RequestEntityTooLargeException",
		func(l *Limits) *int64 { return (*int64)(&l.RequestBytes) }},
	{"definition-bytes", Bytes, mib, 32 * mib, kib, gb, "a definition", "ValidationException",
		func(l *Limits) *int64 { return (*int64)(&l.DefinitionBytes) }},
	{"payload-bytes", Bytes, 262_144, 32 * mib, kib, gb, "an input, output or result, of executions, states and tasks", "ValidationException, `States.DataLimitExceeded`",
		func(l *Limits) *int64 { return (*int64)(&l.PayloadBytes) }},
	{"name-characters", Characters, 80, 80, 80, 1000, "a name: of state machines, executions, activities, workers, states", "ValidationException, InvalidDefinition",
		func(l *Limits) *int64 { return (*int64)(&l.NameCharacters) }},
	{"tags", Count, 50, 0, 1, 0, "the tags of a resource", "TooManyTags",
		func(l *Limits) *int64 { return (*int64)(&l.Tags) }},

	{"events", Count, 25_000, 0, 100, maxEvent, "the events of a history, of STANDARD executions", "`States.Runtime`",
		func(l *Limits) *int64 { return (*int64)(&l.Events) }},
	{"execution-time", Time, int64(365 * day), 0, second, 0, "a STANDARD execution", "TIMED_OUT",
		func(l *Limits) *int64 { return (*int64)(&l.ExecutionTime) }},
	{"express-time", Time, int64(5 * time.Minute), int64(day), second, 0, "an EXPRESS execution, which nothing else can stop", "TIMED_OUT",
		func(l *Limits) *int64 { return (*int64)(&l.ExpressTime) }},
	{"open-executions", Count, 1_000_000, 0, 1, 0, "the STANDARD executions of a region and account that run", "ExecutionLimitExceeded",
		func(l *Limits) *int64 { return (*int64)(&l.OpenExecutions) }},
	{"retention", Time, int64(90 * day), int64(90 * day), second, 0, "how long closed executions are kept", "ExecutionDoesNotExist",
		func(l *Limits) *int64 { return (*int64)(&l.Retention) }},
	{"redrive-window", Time, int64(14 * day), 0, second, 0, "how long after its end an execution can be redriven", "ExecutionNotRedrivable",
		func(l *Limits) *int64 { return (*int64)(&l.RedriveWindow) }},

	{"assign-bytes", Bytes, 262_144, 32 * mib, kib, gb, "what one `Assign` sets", "`States.DataLimitExceeded`",
		func(l *Limits) *int64 { return (*int64)(&l.AssignBytes) }},
	{"variables-bytes", Bytes, 10 * mib, 128 * mib, kib, gb, "all variables of an execution", "`States.DataLimitExceeded`",
		func(l *Limits) *int64 { return (*int64)(&l.VariablesBytes) }},
	{"map-concurrency", Count, 40, 1000, 1, 1 << 20, "iterations of an inline Map that run at once where `MaxConcurrency` is 0", "more wait",
		func(l *Limits) *int64 { return (*int64)(&l.MapConcurrency) }},
	{"range-elements", Count, 1000, 1_000_000, 1, 1_000_000, "the elements of `States.ArrayRange`", "`States.IntrinsicFailure`",
		func(l *Limits) *int64 { return (*int64)(&l.RangeElements) }},

	{"state-machines", Count, 100_000, 0, 1, 0, "the state machines of a region and account", "StateMachineLimitExceeded",
		func(l *Limits) *int64 { return (*int64)(&l.StateMachines) }},
	{"versions", Count, 1000, 0, 1, 0, "the versions of a state machine", "ServiceQuotaExceededException",
		func(l *Limits) *int64 { return (*int64)(&l.Versions) }},
	{"aliases", Count, 100, 0, 1, 0, "the aliases of a state machine", "ServiceQuotaExceededException",
		func(l *Limits) *int64 { return (*int64)(&l.Aliases) }},
	{"activities", Count, 100_000, 0, 1, 0, "the activities of a region and account", "ActivityLimitExceeded",
		func(l *Limits) *int64 { return (*int64)(&l.Activities) }},
	{"activity-pollers", Count, 1000, 0, 1, 0, "the workers that wait for one activity", "ActivityWorkerLimitExceeded",
		func(l *Limits) *int64 { return (*int64)(&l.ActivityPollers) }},
	{"poll-time", Time, int64(time.Minute), int64(time.Minute), second, int64(10 * time.Minute), "how long GetActivityTask waits", "an empty answer",
		func(l *Limits) *int64 { return (*int64)(&l.PollTime) }},
	{"test-state-time", Time, int64(5 * time.Minute), 0, second, 0, "a TestState", "`States.Timeout`",
		func(l *Limits) *int64 { return (*int64)(&l.TestStateTime) }},
	{"http-task-time", Time, int64(time.Minute), 0, second, 0, "a call of `http:invoke`", "`States.Http.Socket`",
		func(l *Limits) *int64 { return (*int64)(&l.HTTPTaskTime) }},

	{"map-run-children", Count, 10_000, 10_000, 1, 1 << 20, "the child executions of a Map Run that run at once", "more wait",
		func(l *Limits) *int64 { return (*int64)(&l.MapRunChildren) }},
	{"map-run-items", Count, 100_000_000, 0, 1, 0, "the items of a Map Run", "what follows is not read",
		func(l *Limits) *int64 { return (*int64)(&l.MapRunItems) }},
	{"map-run-source-bytes", Bytes, 10 * gb, 0, kib, 0, "the file that items are read from", "`States.ItemReaderFailed`",
		func(l *Limits) *int64 { return (*int64)(&l.MapRunSourceBytes) }},
	{"csv-header-bytes", Bytes, 10 * kib, mib, 1, 16 * mib, "the header of a CSV file", "`States.ItemReaderFailed`",
		func(l *Limits) *int64 { return (*int64)(&l.CSVHeaderBytes) }},
	{"map-run-result-bytes", Bytes, 5 * gb, 5 * gb, kib, 0, "a file of results of a Map Run", "another file",
		func(l *Limits) *int64 { return (*int64)(&l.MapRunResultBytes) }},
	{"open-map-runs", Count, 1000, 0, 1, 0, "the Map Runs of a region and account that run", "more wait",
		func(l *Limits) *int64 { return (*int64)(&l.OpenMapRuns) }},
	{"map-run-redrives", Count, 1000, 0, 1, 0, "the redrives of a Map Run", "`States.Runtime`",
		func(l *Limits) *int64 { return (*int64)(&l.MapRunRedrives) }},
}

// AWSRates are the token buckets of AWS in its large regions, by operation.
var AWSRates = map[string]Rate{
	"StartExecution": {1300, 300}, "RedriveExecution": {1300, 300}, "StopExecution": {1000, 200},
	"GetActivityTask": {3000, 500}, "SendTaskSuccess": {3000, 500}, "SendTaskFailure": {3000, 500}, "SendTaskHeartbeat": {3000, 500},
	"DescribeExecution": {300, 15}, "GetExecutionHistory": {400, 20}, "ListExecutions": {200, 5}, "ListActivities": {100, 10},
	"ListStateMachines": {100, 5}, "DescribeStateMachine": {200, 20}, "DescribeStateMachineForExecution": {200, 1},
	"DescribeStateMachineAlias": {200, 1}, "DescribeMapRun": {200, 1}, "DescribeActivity": {200, 1},
	"ListMapRuns": {100, 1}, "ListStateMachineAliases": {100, 1}, "ListStateMachineVersions": {100, 1}, "ListTagsForResource": {100, 1},
	"CreateActivity": {100, 1}, "CreateStateMachine": {100, 1}, "CreateStateMachineAlias": {100, 1}, "UpdateStateMachine": {100, 1},
	"UpdateStateMachineAlias": {100, 1}, "UpdateMapRun": {100, 1}, "DeleteActivity": {100, 1}, "DeleteStateMachine": {100, 1},
	"DeleteStateMachineAlias": {100, 1}, "DeleteStateMachineVersion": {100, 1}, "PublishStateMachineVersion": {100, 1},
	"ValidateStateMachineDefinition": {100, 1}, "TagResource": {200, 1}, "UntagResource": {200, 1}, "TestState": {50, 10},
	"StartSyncExecution": {6000, 6000},
}
