package items_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/value"
)

const runARN = "arn:aws:states:us-east-1:123456789012:mapRun:m/Map:ad9b5f27-090b-3ac6-9beb-243cd77144a7"

func parsed(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func success(t testing.TB, name, output string) *items.Record {
	at := time.Date(2025, 2, 4, 1, 49, 50, 99e6, time.UTC)
	return &items.Record{
		ExecutionArn: "arn:x:" + name, Name: name, StateMachineArn: "arn:m", Status: items.Succeeded,
		Input: parsed(t, `{"a": 1}`), Output: parsed(t, output), StartDate: at, StopDate: at.Add(time.Second),
		RedriveStatus: "NOT_REDRIVABLE", RedriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
	}
}

// objects reads all objects of the bucket "data".
func objects(t testing.TB, store s3.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	page, err := store.List(context.Background(), s3.ListRequest{Bucket: "data"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range page.Objects {
		got, err := store.Get(context.Background(), s3.GetRequest{Bucket: "data", Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		all[o.Key] = string(text)
	}
	return all
}

func written(t testing.TB, store *directory.Directory, spec items.WriterSpec, run items.Run, tune func(*items.Writer), records ...*items.Record) items.Result {
	t.Helper()
	w := items.NewWriter(store, spec, run)
	if tune != nil {
		tune(w)
	}
	for _, record := range records {
		if err := w.Add(context.Background(), record); err != nil {
			t.Fatal(err)
		}
	}
	result, err := w.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestResults(t *testing.T) {
	const folder = "csvJobs/ad9b5f27-090b-3ac6-9beb-243cd77144a7/"
	failure := &items.Record{
		ExecutionArn: "arn:x:c", Name: "c", StateMachineArn: "arn:m", Status: items.TimedOut, Error: "States.Timeout",
		Input: parsed(t, `2`), StartDate: time.Unix(0, 0), StopDate: time.Unix(60, 0), RedriveCount: 1, RedriveDate: time.Unix(9, 0),
		RedriveStatus: "REDRIVABLE_BY_MAP_RUN",
	}
	pending := &items.Record{Status: items.Pending, Input: parsed(t, `"x"`)}
	const recordA = `{"ExecutionArn":"arn:x:a","Input":"{\"a\": 1}","InputDetails":{"Included":true},"Name":"a","Output":"[1, {\"b\":2}]","OutputDetails":{"Included":true},` +
		`"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"2025-02-04T01:49:50.099Z","StateMachineArn":"arn:m","Status":"SUCCEEDED","StopDate":"2025-02-04T01:49:51.099Z"}`
	recordB := strings.NewReplacer("arn:x:a", "arn:x:b", `"Name":"a"`, `"Name":"b"`, `[1, {\"b\":2}]`, `3`).Replace(recordA)
	const recordC = `{"Error":"States.Timeout","ExecutionArn":"arn:x:c","Input":"2","InputDetails":{"Included":true},"Name":"c","OutputDetails":{"Included":true},` +
		`"RedriveCount":1,"RedriveDate":"1970-01-01T00:00:09.000Z","RedriveStatus":"REDRIVABLE_BY_MAP_RUN","StartDate":"1970-01-01T00:00:00.000Z","StateMachineArn":"arn:m","Status":"TIMED_OUT","StopDate":"1970-01-01T00:01:00.000Z"}`
	const recordD = `{"Input":"\"x\"","InputDetails":{"Included":true},"Status":"PENDING"}`
	tests := map[string]struct {
		transformation                items.Transformation
		output                        items.OutputType
		succeeded, failed, notStarted string
	}{
		"none":     {"", "", "[" + recordA + "," + recordB + "]", "[" + recordC + "]", "[" + recordD + "]"},
		"lines":    {items.None, items.OutputJSONL, recordA + "\n" + recordB + "\n", recordC + "\n", recordD + "\n"},
		"compact":  {items.Compact, items.OutputJSON, `[[1,{"b":2}],3]`, "[" + recordC + "]", "[" + recordD + "]"},
		"flatten":  {items.Flatten, items.OutputJSON, `[1,{"b":2},3]`, "[" + recordC + "]", "[" + recordD + "]"},
		"flatten2": {items.Flatten, items.OutputJSONL, "1\n{\"b\":2}\n3\n", recordC + "\n", recordD + "\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := bucket(t, nil)
			spec := items.WriterSpec{Bucket: "data", Prefix: "csvJobs", Transformation: test.transformation, OutputType: test.output}
			result := written(t, store, spec, items.Run{ARN: runARN}, nil, success(t, "a", `[1, {"b":2}]`), failure, pending, success(t, "b", "3"))
			want := map[string]string{
				folder + "SUCCEEDED_0.json": test.succeeded,
				folder + "FAILED_0.json":    test.failed,
				folder + "PENDING_0.json":   test.notStarted,
				folder + "manifest.json": fmt.Sprintf(`{"DestinationBucket":"data","MapRunArn":"%s","ResultFiles":{"FAILED":[{"Key":"%sFAILED_0.json","Size":%d}],`+
					`"PENDING":[{"Key":"%[2]sPENDING_0.json","Size":%[4]d}],"SUCCEEDED":[{"Key":"%[2]sSUCCEEDED_0.json","Size":%[5]d}]}}`,
					runARN, folder, len(test.failed), len(test.notStarted), len(test.succeeded)),
			}
			if diff := cmp.Diff(want, objects(t, store)); diff != "" {
				t.Error(diff)
			}
			wantResult := `{"MapRunArn":"` + runARN + `","ResultWriterDetails":{"Bucket":"data","Key":"` + folder + `manifest.json"}}`
			if got := result.Value(runARN).Text(); got != wantResult {
				t.Errorf("result %s, want %s", got, wantResult)
			}
		})
	}
}

func TestNoResults(t *testing.T) {
	store := bucket(t, nil)
	written(t, store, items.WriterSpec{Bucket: "data"}, items.Run{ARN: runARN}, nil)
	want := map[string]string{"ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json": `{"DestinationBucket":"data","MapRunArn":"` + runARN + `","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}`}
	if diff := cmp.Diff(want, objects(t, store)); diff != "" {
		t.Error(diff)
	}
}

// TestResultsAreCut writes files of 100 bytes at most, in parts of 16, and the same again after a writer was lost.
func TestResultsAreCut(t *testing.T) {
	for _, output := range []items.OutputType{items.OutputJSON, items.OutputJSONL} {
		store := bucket(t, nil)
		spec := items.WriterSpec{Bucket: "data", Prefix: "p/", Transformation: items.Compact, OutputType: output}
		small := func(w *items.Writer) { w.FileBytes, w.PartBytes = 100, 16 }
		var records []*items.Record
		for i := range 50 {
			records = append(records, success(t, "a", fmt.Sprint(1000+i)))
		}
		lost := items.NewWriter(store, spec, items.Run{ARN: runARN})
		small(lost)
		for _, record := range records[:33] {
			if err := lost.Add(context.Background(), record); err != nil {
				t.Fatal(err)
			}
		}
		written(t, store, spec, items.Run{ARN: runARN}, small, records...)
		first := objects(t, store)
		lost.Abort(context.Background())
		written(t, store, spec, items.Run{ARN: runARN}, small, records...)
		if diff := cmp.Diff(first, objects(t, store)); diff != "" {
			t.Error(diff)
		}
		if len(first) != 4 { // 50 values of 5 bytes in files of 99 or 100
			t.Errorf("%s: %d objects: %q", output, len(first), first)
		}
		var got []string
		for i := range len(first) - 1 {
			text := first[fmt.Sprintf("p/ad9b5f27-090b-3ac6-9beb-243cd77144a7/SUCCEEDED_%d.json", i)]
			if len(text) > 100 {
				t.Errorf("%s: file %d has %d bytes", output, i, len(text))
			}
			if output == items.OutputJSON {
				for _, v := range parsed(t, text).Elems() {
					got = append(got, v.Text())
				}
			} else {
				got = append(got, strings.Fields(text)...)
			}
		}
		if len(got) != 50 || got[0] != "1000" || got[49] != "1049" {
			t.Errorf("%s: %q", output, got)
		}
	}
}

func TestResultsOfARedrive(t *testing.T) {
	store := bucket(t, nil)
	spec := items.WriterSpec{Bucket: "data", Prefix: "p", Transformation: items.Compact}
	failure := &items.Record{Status: items.Failed, Input: parsed(t, "1")}
	written(t, store, spec, items.Run{ARN: runARN}, nil, success(t, "a", "1"), failure)
	written(t, store, spec, items.Run{ARN: runARN, Redrive: 1}, nil, failure)
	result := written(t, store, spec, items.Run{ARN: runARN, Redrive: 2}, nil, success(t, "b", "2"))
	const folder = "p/ad9b5f27-090b-3ac6-9beb-243cd77144a7/"
	if result.Key != folder+"Redrive-2/manifest.json" {
		t.Error(result.Key)
	}
	want := `{"DestinationBucket":"data","MapRunArn":"` + runARN + `","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[{"Key":"` + folder + `SUCCEEDED_0.json","Size":3},{"Key":"` + folder + `Redrive-2/SUCCEEDED_0.json","Size":3}]}}`
	if got := objects(t, store)[result.Key]; got != want {
		t.Errorf("manifest %s, want %s", got, want)
	}
}

func TestResultsCannotBeWritten(t *testing.T) {
	w := items.NewWriter(bucket(t, nil), items.WriterSpec{Bucket: "nowhere"}, items.Run{ARN: runARN})
	_, err := w.Finish(context.Background())
	var known *items.WriterError
	if !errors.As(err, &known) || known.Cause != "Failed to write s3://nowhere/ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json: NoSuchBucket: The specified bucket does not exist" {
		t.Errorf("error %v", err)
	}
}
