package statelark

import (
	"iter"
	"time"

	"github.com/statelark/statelark/arn"
)

// Status is the state of an execution as the API names it.
type Status uint8

// The statuses of an execution. The zero Status is none.
const (
	Running Status = iota + 1
	Succeeded
	Failed
	TimedOut
	Aborted
	PendingRedrive
)

var statusNames = [...]string{"", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"}

// String returns AWS's word for the status.
func (s Status) String() string { return statusNames[s] }

// ParseStatus returns the status of AWS's word, false when there is none such.
func ParseStatus(word string) (Status, bool) {
	for i, n := range statusNames {
		if i > 0 && n == word {
			return Status(i), true
		}
	}
	return 0, false
}

// Execution is the record of an execution. Its payloads (input, output, error, cause) are not in it: they
// stand in the first and the last event of its history.
type Execution struct {
	ID      ExecID
	Machine string // ARN of the state machine, unqualified
	// Revision names the revision of the state machine that the execution runs, for good.
	Revision    string
	Name        string
	Status      Status
	Start       time.Time // to the millisecond, as all times here
	Stop        time.Time // zero while it runs
	Events      int64     // id of the last event, as of the last change of Status
	Version     string    // ARN of the version it was started through, "" when none
	Alias       string    // ARN of the alias it was started through, "" when none
	TraceHeader string
	// Parent is the execution whose Task started this one, the zero id when there is none; ParentWait names the
	// attempt, and what it waits for.
	Parent     ExecID
	ParentWait uint64
	// MapRun is the ARN of the Map Run that the execution is a child of, "" when none; Items is how many items it was
	// given, 0 unless they were batched.
	MapRun string
	Items  int64
	// Express says that it is one of an Express state machine, or an Express child of a Map Run: no store has it.
	Express bool
	// Kept: it has ended, and has the memory that a redrive goes on from.
	Kept bool
	// Redrives counts how often the execution was redriven; Redriven is when it last was, zero when never. RedriveTokens
	// are the client tokens of those redrives, the last ten.
	Redrives      int64
	Redriven      time.Time
	RedriveTokens []RedriveToken
	// TestCase names the case of the mock configuration that the execution runs with, "" when none.
	TestCase string
	// Fork tells what the execution was forked from, nil when it was not. It never changes.
	Fork *Origin
}

// Lists names the lists that the execution is in, which never change: that of its Map Run or, when it has none, that of
// its state machine, those of the version and the alias that it was started through, and that of the forks of its origin.
func (x *Execution) Lists() iter.Seq[string] {
	return func(yield func(string) bool) {
		if x.MapRun != "" {
			yield(x.MapRun)
			return
		}
		for _, list := range [...]string{x.Machine, x.Version, x.Alias} {
			if list != "" && !yield(list) {
				return
			}
		}
		if x.Fork != nil {
			yield(ForkList(x.Fork.ARN))
		}
	}
}

// ARN returns the ARN of the execution.
func (x *Execution) ARN() string {
	if x.Express {
		return arn.Express(x.Machine, x.Name, x.ID.UUID())
	}
	return arn.Execution(x.Machine, x.Name)
}

// RedriveToken is a client token that a redrive was asked for with, and when that was.
type RedriveToken struct {
	Token string
	At    time.Time
}

// RedriveStatus tells whether an execution can be redriven, in AWS's words.
type RedriveStatus string

// What an execution can be.
const (
	Redrivable         RedriveStatus = "REDRIVABLE"
	NotRedrivable      RedriveStatus = "NOT_REDRIVABLE"
	RedrivableByMapRun RedriveStatus = "REDRIVABLE_BY_MAP_RUN"
)

// ExecutionStart is what StartExecution asks for.
type ExecutionStart struct {
	Machine     string // ARN of the state machine, qualified by a version or an alias or not
	Name        string // never "": whoever was given none makes one up
	MadeUp      bool   // the name was made up at random, and cannot be taken
	Input       string // JSON text
	TraceHeader string // "" when none
	TestCase    string // of the mock configuration, "" when none
}

// SyncExecution is an execution that StartSyncExecution ran, with what AWS would bill for it.
type SyncExecution struct {
	ExecutionDetail
	BilledMB int64
	BilledMS int64
}

// ExecutionDetail is an execution with its payloads.
type ExecutionDetail struct {
	Execution
	Input        string
	Output       string  // "" unless it succeeded
	Error, Cause *string // nil when it has none
	// RedriveStatus tells whether it can be redriven, and RedriveReason why not, "" when it can.
	RedriveStatus RedriveStatus
	RedriveReason string
}
