package items

import (
	"context"
	"time"

	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/value"
)

// OutputType is the form of the files with results.
type OutputType string

// The forms; the files end in .json either way.
const (
	OutputJSON  OutputType = "JSON"  // an array
	OutputJSONL OutputType = "JSONL" // a record a line
)

// The transformations of results beside None, which gives records of child executions. Failures are always records.
const (
	Compact Transformation = "COMPACT" // the outputs alone
	Flatten Transformation = "FLATTEN" // the outputs alone, the elements of arrays in their place
)

// WriterSpec is a ResultWriter after its state's input was put into it. Its JSON form is stored and read for ever.
type WriterSpec struct {
	Version        int            `json:"v"` // 1
	Bucket         string         `json:"bucket"`
	Prefix         string         `json:"prefix,omitempty"`
	Transformation Transformation `json:"transformation,omitempty"` // "" is NONE
	OutputType     OutputType     `json:"outputType,omitempty"`     // "" is JSON
}

// WriterSpecVersion is the version of a WriterSpec made by this build.
const WriterSpecVersion = 1

// Status is how a child ended, or that it has not.
type Status string

// The statuses, as DescribeExecution has them, and the one of items that no child was started for.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
	Pending   Status = "PENDING"
)

// Record is a child execution as the results tell it. What is zero is left out.
type Record struct {
	ExecutionArn        string
	Name                string
	StateMachineArn     string
	Status              Status
	Input, Output       value.Value
	Error, Cause        string
	HasError, HasCause  bool // an empty Error or Cause is told
	StartDate, StopDate time.Time
	RedriveCount        int
	RedriveDate         time.Time
	RedriveStatus       string
	RedriveStatusReason string
}

// WriterError says why results cannot be written: the cause of States.ResultWriterFailed.
type WriterError struct {
	Cause string
	Err   error
}

// Error implements error.
func (e *WriterError) Error() string { return e.Cause }

// Unwrap returns what is behind the error.
func (e *WriterError) Unwrap() error { return e.Err }

// Result is the output of a Map state with a ResultWriter.
type Result struct {
	Bucket, Key string // of the manifest
}

// Value returns {"MapRunArn":…,"ResultWriterDetails":{"Bucket":…,"Key":…}}.
func (r Result) Value(mapRunARN string) value.Value {
	return value.NewObject([]value.Member{
		{Key: "MapRunArn", Value: value.FromString(mapRunARN)},
		{Key: "ResultWriterDetails", Value: value.NewObject([]value.Member{
			{Key: "Bucket", Value: value.FromString(r.Bucket)},
			{Key: "Key", Value: value.FromString(r.Key)},
		})},
	})
}

// Writer writes the results of one Map Run as the objects SUCCEEDED_n.json, FAILED_n.json, PENDING_n.json and
// manifest.json below <Prefix>/<uuid of the Map Run>/. The same records in the same order make the same objects, so a
// run whose writer was lost is written again from its first record. A Writer is for one goroutine.
type Writer struct {
	store s3.Store
}

// NewWriter returns a writer for a Map Run. Nothing is written before the first record is.
func NewWriter(store s3.Store, spec WriterSpec, mapRunARN string) (*Writer, error) {
	return &Writer{store}, nil
}

// Add writes one record.
func (w *Writer) Add(ctx context.Context, record *Record) error {
	return &WriterError{Cause: "ResultWriter is not supported yet."}
}

// Finish completes the files and writes the manifest: when it returns, all of it is durable.
func (w *Writer) Finish(ctx context.Context) (Result, error) {
	return Result{}, &WriterError{Cause: "ResultWriter is not supported yet."}
}

// Abort forgets the files that were not complete. After Finish it does nothing.
func (w *Writer) Abort(ctx context.Context) {}
