package statelark

import "time"

// MapRun is a run of a distributed Map as the API shows it.
type MapRun struct {
	ARN       string
	Execution string // ARN of the execution whose state it is a run of
	Machine   string // ARN of the state machine of its children: that of the execution, with the label of the state
	Status    Status // Running, Succeeded, Failed or Aborted
	Start     time.Time
	Stop      time.Time // zero while it runs

	Concurrency         int64   // how many children may run at once, 0: no bound
	ToleratedCount      int64   // how many items may fail, 0 also when it is not given
	ToleratedPercentage float64 // likewise

	Items      MapRunCounts // items of the data set
	Executions MapRunCounts // children; as many as items, unless those are batched

	Redrives int64
	Redriven time.Time // zero when it never was
}

// MapRunCounts tells how far items or children are. Total is the sum of those above it.
type MapRunCounts struct {
	Pending, Running, Succeeded, Failed, TimedOut, Aborted int64
	Total                                                  int64
	ResultsWritten                                         int64
	FailuresNotRedrivable, PendingRedrive                  int64
}

// MapRunUpdate says what UpdateMapRun changes; nil fields stay as they are.
type MapRunUpdate struct {
	Concurrency         *int64
	ToleratedCount      *int64
	ToleratedPercentage *float64
}
