package function

import (
	"context"
	"time"

	"github.com/statelark/statelark/arn"
)

// Bounds of what goes into a function and what comes out of it, in bytes, as on AWS.
const (
	MaxPayload      = 6 << 20
	MaxEventPayload = 1 << 20
	MaxResponse     = 6<<20 + 100
)

// LogTail is how much of what a function printed a caller may ask for, in bytes.
const LogTail = 4 << 10

// unhandled is what Lambda says of every function error.
const unhandled = "Unhandled"

// Invocation is one call of a function.
type Invocation struct {
	RequestID     string
	Payload       []byte // JSON
	ClientContext []byte // JSON, nil when there is none
	WantLog       bool
	Valid         bool // the payload is known to be JSON

	arn   string    // under which the function was called
	place arn.Place // of that ARN
}

// Result is what a function answered. A function that failed has answered too.
type Result struct {
	Payload       []byte // JSON, as a rule: a function may print what it likes
	FunctionError string // "" or "Unhandled"; then Payload tells the error
	Log           []byte // the end of what was printed, when it was asked for
	Version       string // of the function that ran

	cause string // what Lambda itself reports in Payload, for the log; "": nothing
}

// runner carries out the invocations of one version of a function. A failure of the function is a Result; an
// error is an *Error, that of ctx, or a fault of the machine.
type runner interface {
	run(ctx context.Context, inv *Invocation) (*Result, error)
	// close ends what the runner keeps between invocations, and returns when it is gone. No invocation is
	// under way and none comes after.
	close()
}

// deadline is when an invocation that begins now has to be over.
func (f *Function) deadline() time.Time { return time.Now().Add(f.Timeout) }
