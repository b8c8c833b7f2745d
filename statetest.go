package statelark

import "github.com/statelark/statelark/arn"

// StateTest is what TestState is asked: how one state behaves. Texts are as they were sent.
type StateTest struct {
	Place      arn.Place
	Definition string // of the state or, when StateName is given, of whatever it stands in
	StateName  string
	RoleARN    string // "" when the state calls nothing
	Input      string // JSON
	Variables  string // a JSON object; "": none
	Context    string // a JSON object, the context object; "": as in an execution
	Mock       *StateMock
	Retries    int64   // attempts that the retrier which matches has granted before
	Failed     int64   // iterations of the Map that failed
	ReaderData *string // what the ItemReader of the Map reads, as it stands at its source; nil: not known
	// RevealSecrets: what a connection adds to an HTTP request is to be shown.
	RevealSecrets bool
}

// StateMock stands for the work of a state: its result, JSON, or its failure, when Result is nil.
type StateMock struct {
	Result       *string
	Error, Cause *string
}

// TestStatus is how a test of a state ended.
type TestStatus string

// The statuses.
const (
	TestSucceeded   TestStatus = "SUCCEEDED"
	TestFailed      TestStatus = "FAILED"
	TestRetriable   TestStatus = "RETRIABLE"
	TestCaughtError TestStatus = "CAUGHT_ERROR"
)

// StateTestResult is how a test of a state ended.
type StateTestResult struct {
	Status       TestStatus
	Output       *string // JSON; nil: there is none
	Error, Cause *string
	Next         string // "" when the state leads nowhere
	Inspection   StateInspection
}

// StateInspection is what the steps through a state came to. What it has not come to is missing.
type StateInspection struct {
	Steps []InspectedStep

	MaxConcurrency             *int64
	ToleratedFailureCount      *int64
	ToleratedFailurePercentage *float64

	CatchIndex   *int
	RetryIndex   *int
	RetryBackoff int64 // whole seconds, when RetryIndex is there

	Request  *HTTPRequest // of an HTTP Task
	Response *HTTPResponse
}

// InspectedStep is what one step came to, JSON, under its name in the API.
type InspectedStep struct{ Name, Value string }

// HTTPRequest is a request that an HTTP Task made, as TestState shows it: headers and body are texts.
type HTTPRequest struct{ Protocol, Method, URL, Headers, Body string }

// HTTPResponse is the answer to it.
type HTTPResponse struct{ Protocol, StatusCode, StatusMessage, Headers, Body string }
