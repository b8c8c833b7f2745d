package items

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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

// WriterSpec is a ResultWriter after its state's input was put into it.
type WriterSpec struct {
	Bucket         string
	Prefix         string
	Transformation Transformation // "" is NONE
	OutputType     OutputType     // "" is JSON
}

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

// Record is a child execution as the results tell it. What is zero is left out; of a pending item there is the Input
// alone.
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

// Run names the Map Run whose results are written.
type Run struct {
	ARN string // its part after the last colon is the name of the folder
	// Redrive is how often the run was redriven. The results of a redrive are in a folder Redrive-n of their own, and its
	// manifest names the successes of all attempts before as well.
	Redrive int
}

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
	store     s3.Store
	spec      WriterSpec
	run       Run
	files     map[string]*resultFile // by the beginning of their names
	text      []byte                 // of the record at hand
	FileBytes int64                  // how large a file becomes before the next one is begun
	PartBytes int                    // of which large files are made, and how much of a file is held; S3 wants 5 MiB
}

// The sizes a Writer begins with: AWS's files have 5 GB at most.
const (
	fileBytes = 5 << 30
	partBytes = 8 << 20
)

// The files of results, in the order of the manifest.
var resultNames = []string{"FAILED", "PENDING", "SUCCEEDED"}

// NewWriter returns a writer for a Map Run. Nothing is written before the first record is.
func NewWriter(store s3.Store, spec WriterSpec, run Run) *Writer {
	w := &Writer{store: store, spec: spec, run: run, FileBytes: fileBytes, PartBytes: partBytes, files: map[string]*resultFile{}}
	for _, name := range resultNames {
		w.files[name] = &resultFile{writer: w, name: name}
	}
	return w
}

// folder returns where the results of an attempt are, with a slash at the end.
func (w *Writer) folder(redrive int) string {
	folder := w.run.ARN[strings.LastIndexByte(w.run.ARN, ':')+1:] + "/"
	if prefix := strings.TrimRight(w.spec.Prefix, "/"); prefix != "" {
		folder = prefix + "/" + folder
	}
	if redrive > 0 {
		folder += "Redrive-" + strconv.Itoa(redrive) + "/" // AWS, 2023
	}
	return folder
}

// Add writes one record.
func (w *Writer) Add(ctx context.Context, record *Record) error {
	name := "FAILED"
	switch record.Status {
	case Succeeded, Pending:
		name = string(record.Status)
	}
	file := w.files[name]
	file.begin()
	switch {
	case record.Status != Succeeded || w.spec.Transformation != Compact && w.spec.Transformation != Flatten:
		w.text = record.append(w.text[:0])
		return file.add(ctx, w.text)
	case w.spec.Transformation == Flatten && record.Output.Kind() == value.Array:
		for _, element := range record.Output.Elems() {
			w.text = element.AppendCompact(w.text[:0])
			if err := file.add(ctx, w.text); err != nil {
				return err
			}
		}
		return nil
	default:
		w.text = record.Output.AppendCompact(w.text[:0])
		return file.add(ctx, w.text)
	}
}

// append appends the record as AWS writes it: members in the order of their names, times in milliseconds.
func (r *Record) append(dst []byte) []byte {
	dst = append(dst, '{')
	begin := len(dst)
	member := func(name string, tell bool, form func([]byte) []byte) {
		if !tell {
			return
		}
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = form(append(value.AppendQuoted(dst, name), ':'))
	}
	text := func(s string) func([]byte) []byte {
		return func(dst []byte) []byte { return value.AppendQuoted(dst, s) }
	}
	moment := func(t time.Time) func([]byte) []byte {
		return text(t.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	included := func(dst []byte) []byte { return append(dst, `{"Included":true}`...) }
	began := r.ExecutionArn != ""
	member("Cause", r.HasCause || r.Cause != "", text(r.Cause))
	member("Error", r.HasError || r.Error != "", text(r.Error))
	member("ExecutionArn", began, text(r.ExecutionArn))
	member("Input", r.Input.Exists(), text(r.Input.Text()))
	member("InputDetails", r.Input.Exists(), included)
	member("Name", r.Name != "", text(r.Name))
	member("Output", r.Output.Exists(), text(r.Output.Text()))
	member("OutputDetails", began, included) // failures have it, too
	member("RedriveCount", began, func(dst []byte) []byte { return strconv.AppendInt(dst, int64(r.RedriveCount), 10) })
	member("RedriveDate", !r.RedriveDate.IsZero(), moment(r.RedriveDate))
	member("RedriveStatus", r.RedriveStatus != "", text(r.RedriveStatus))
	member("RedriveStatusReason", r.RedriveStatusReason != "", text(r.RedriveStatusReason))
	member("StartDate", !r.StartDate.IsZero(), moment(r.StartDate))
	member("StateMachineArn", r.StateMachineArn != "", text(r.StateMachineArn))
	member("Status", r.Status != "", text(string(r.Status)))
	member("StopDate", !r.StopDate.IsZero(), moment(r.StopDate))
	return append(dst, '}')
}

// writtenFile is a file as the manifest names it.
type writtenFile struct {
	Key  string
	Size int64
}

// manifest is manifest.json.
type manifest struct {
	DestinationBucket string
	MapRunArn         string
	ResultFiles       struct {
		FAILED, PENDING, SUCCEEDED []writtenFile
	}
}

// maxEarlier is how large the manifest of the attempt before may be, in bytes.
const maxEarlier = 16 << 20

// Finish completes the files and writes the manifest: when it returns, all of it is durable.
func (w *Writer) Finish(ctx context.Context) (Result, error) {
	m := manifest{DestinationBucket: w.spec.Bucket, MapRunArn: w.run.ARN}
	m.ResultFiles.SUCCEEDED = []writtenFile{}
	if w.run.Redrive > 0 {
		earlier, err := w.earlier(ctx)
		if err != nil {
			return Result{}, err
		}
		m.ResultFiles.SUCCEEDED = append(m.ResultFiles.SUCCEEDED, earlier...)
	}
	for name, list := range map[string]*[]writtenFile{
		"FAILED": &m.ResultFiles.FAILED, "PENDING": &m.ResultFiles.PENDING, "SUCCEEDED": &m.ResultFiles.SUCCEEDED,
	} {
		if err := w.files[name].end(ctx); err != nil {
			return Result{}, err
		}
		*list = append(append([]writtenFile{}, *list...), w.files[name].done...)
	}
	text, err := json.Marshal(&m)
	if err != nil {
		return Result{}, fmt.Errorf("printing a manifest of results: %w", err)
	}
	key := w.folder(w.run.Redrive) + "manifest.json"
	if _, err := w.store.Put(ctx, w.spec.Bucket, key, bytes.NewReader(text)); err != nil {
		return Result{}, w.blame(key, err)
	}
	return Result{w.spec.Bucket, key}, nil
}

// earlier returns the files of successes of the attempts before this one.
func (w *Writer) earlier(ctx context.Context) ([]writtenFile, error) {
	key := w.folder(w.run.Redrive-1) + "manifest.json"
	got, err := w.store.Get(ctx, s3.GetRequest{Bucket: w.spec.Bucket, Key: key})
	if s3.Is(err, s3.NoSuchKey) {
		return nil, nil // that attempt was stopped before it wrote anything, or somebody removed it
	}
	if err != nil {
		return nil, w.blame(key, err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxEarlier))
	if err != nil {
		return nil, w.blame(key, err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, w.blame(key, err)
	}
	return m.ResultFiles.SUCCEEDED, nil
}

// Abort forgets the files that were not complete. After Finish it does nothing.
func (w *Writer) Abort(ctx context.Context) {
	for _, file := range w.files {
		file.abort(ctx)
	}
}

// blame makes a *WriterError of what happened to an object; the context's errors stay what they are.
func (w *Writer) blame(key string, err error) error {
	var refused *s3.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &refused):
		return &WriterError{fmt.Sprintf("Failed to write s3://%s/%s: %s: %s", w.spec.Bucket, key, refused.Code, refused.Text()), err}
	default:
		return &WriterError{fmt.Sprintf("Failed to write s3://%s/%s: %v", w.spec.Bucket, key, err), err}
	}
}
