// Package limits holds every quota of the service that is about size, count or time, as one struct with two presets:
// AWS, what AWS publishes, and Free, which keeps no more than this server needs for itself. It is data: whoever keeps a
// limit is given the struct, and reads its field.
//
//	l := limits.AWS()
//	err := l.Set("payload-bytes", "1MiB")
//	if l.PayloadBytes.Exceeded(int64(len(text))) { … }
package limits

import "time"

// Bound is how much of something there may be at most; 0: as much as there is room for.
type Bound int64

// Exceeded reports whether n is more than the bound.
func (b Bound) Exceeded(n int64) bool { return b > 0 && n > int64(b) }

// Reached reports whether n is all that the bound allows.
func (b Bound) Reached(n int64) bool { return b > 0 && n >= int64(b) }

// Or returns the bound, or n where there is none.
func (b Bound) Or(n int64) int64 {
	if b == 0 {
		return n
	}
	return int64(b)
}

// Limits are what holds in a server. It does not change once the server has it. The numbers named are AWS's, as its
// guide publishes them ("Service quotas"); table.go has those of both presets.
type Limits struct {
	// Of requests, in bytes of UTF-8.

	RequestBytes    Bound // body of a request: 1 MiB; RequestEntityTooLargeException
	DefinitionBytes Bound // definition of a state machine: 1 MiB; ValidationException
	// PayloadBytes bounds inputs, outputs and results of executions, states and tasks, what a Map or Parallel state
	// collects, and a batch of items: 262,144. ValidationException of a request, States.DataLimitExceeded in an execution.
	PayloadBytes   Bound
	NameCharacters Bound // of state machines, executions, activities, workers and states: 80
	Tags           Bound // of a resource: 50; TooManyTags

	// Of executions.

	// Events is the id of the last event that a history may have: 25,000; the execution fails with States.Runtime.
	Events         Bound
	ExecutionTime  time.Duration // of a STANDARD execution, from its start: a year; 0: no bound
	ExpressTime    time.Duration // of an EXPRESS execution: 5 minutes; States.Timeout; 0: no bound
	OpenExecutions Bound         // STANDARD ones of a place: 1,000,000; ExecutionLimitExceeded
	Retention      time.Duration // how long closed executions are kept: 90 days; 0: for ever
	RedriveWindow  time.Duration // after its end in which an execution may be redriven: 14 days; 0: as long as it is kept

	// Of the language.

	AssignBytes    Bound // of all that one Assign sets: 256 KiB; States.DataLimitExceeded
	VariablesBytes Bound // of all variables of an execution: 10 MiB; States.DataLimitExceeded
	// MapConcurrency is how many iterations of an inline Map run at once where MaxConcurrency is 0: 40.
	MapConcurrency Bound
	RangeElements  Bound // of States.ArrayRange: 1,000; States.IntrinsicFailure

	// Of nouns.

	StateMachines   Bound         // of a place: 100,000; StateMachineLimitExceeded
	Versions        Bound         // of a state machine: 1,000; ServiceQuotaExceededException
	Aliases         Bound         // of a state machine: 100; ServiceQuotaExceededException
	Activities      Bound         // of a place: 100,000; ActivityLimitExceeded
	ActivityPollers Bound         // that wait for tasks of one activity: 1,000; ActivityWorkerLimitExceeded
	PollTime        time.Duration // of GetActivityTask: 60 s
	TestStateTime   time.Duration // of a TestState: 5 minutes; 0: no bound
	HTTPTaskTime    time.Duration // of a call of http:invoke: 60 s; States.Http.Socket; 0: no bound

	// Of Map Runs (mode DISTRIBUTED).

	MapRunChildren    Bound // child executions that run at once, where MaxConcurrency is 0 or more: 10,000
	MapRunItems       Bound // that one run reads, and MaxItems may say: 100,000,000; what follows is not read
	MapRunSourceBytes Bound // of one item source: 10 GB; States.ItemReaderFailed
	CSVHeaderBytes    Bound // of the header of a CSV file: 10 KiB; States.ItemReaderFailed
	MapRunResultBytes Bound // of one file of results: 5 GB; another file is begun
	OpenMapRuns       Bound // of a place: 1,000; more wait at MapRunStarted
	MapRunRedrives    Bound // of one Map Run: 1,000; States.Runtime of its state

	// Rates are the token buckets of operations, each for a region and account: AWS has those of AWSRates, and both presets
	// none. ThrottlingException `Rate exceeded`. The map is not changed once it is here.
	Rates map[string]Rate
}

// Rate is a token bucket: how many tokens it holds, and how many it gets a second. An operation takes one.
type Rate struct{ Size, Refill float64 }

// AWS returns the quotas of AWS, with no rates.
func AWS() Limits { return preset(func(l *Limit) int64 { return l.AWS }) }

// Free returns limits that leave payloads up to 32 MiB and no other bound than the store's.
func Free() Limits { return preset(func(l *Limit) int64 { return l.Free }) }

func preset(of func(*Limit) int64) (l Limits) {
	for i := range table {
		*table[i].at(&l) = of(&table[i])
	}
	return l
}

// Or returns l, or AWS's limits when it is nil.
func Or(l *Limits) *Limits {
	if l == nil {
		return &aws
	}
	return l
}

var aws = AWS()
