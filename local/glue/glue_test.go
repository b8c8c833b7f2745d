package glue

import (
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
)

func TestJobs(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.create("", `,"DefaultArguments":{"--a":"1"},"Tags":{"t":"1"},"Description":"d"`)
	j := at(b.do("GetJob", `{"JobName":"j"}`), "Job")
	b.want(j, `"pythonshell"`, "Command", "Name")
	b.want(j, `1`, "ExecutionProperty", "MaxConcurrentRuns")
	b.want(j, `2880`, "Timeout")
	b.want(j, `0.0625`, "MaxCapacity")
	if at(j, "Tags").Exists() || !at(j, "CreatedOn").Exists() {
		t.Errorf("it is %s", j.Compact())
	}
	b.refused("CreateJob", `{"Name":"j","Role":"r","Command":{"ScriptLocation":"s"}}`, "AlreadyExistsException", "j already")
	b.refused("CreateJob", `{"Name":"k","Role":"r"}`, "InvalidInputException", "Command")
	b.refused("CreateJob", `{"Name":"k","Command":{"ScriptLocation":"s"}}`, "InvalidInputException", "Role")
	b.refused("CreateJob", `{"Name":"k","Role":"r","Command":{"ScriptLocation":"s"},"MaxRetries":11}`, "InvalidInputException", "MaxRetries")
	b.do("CreateJob", `{"Name":"k","Role":"r","Command":{"Name":"glueetl","ScriptLocation":"s"}}`)
	b.want(b.do("UpdateJob", `{"JobName":"j","JobUpdate":{"Role":"r","Command":{"ScriptLocation":"s"},"Timeout":5}}`), `"j"`, "JobName")
	j = at(b.do("GetJob", `{"JobName":"j"}`), "Job")
	b.want(j, `5`, "Timeout")
	if at(j, "Description").Exists() {
		t.Error("what the update left out is still there")
	}
	b.want(b.do("ListJobs", `{}`), `["j","k"]`, "JobNames")
	b.want(b.do("ListJobs", `{"Tags":{"t":"1"}}`), `["j"]`, "JobNames")
	b.want(b.do("ListJobs", `{"MaxResults":1}`), `"j"`, "NextToken")
	b.want(b.do("GetJobs", `{"NextToken":"j"}`), `"k"`, "Jobs", 0, "Name")
	b.do("DeleteJob", `{"JobName":"j"}`)
	b.do("DeleteJob", `{"JobName":"j"}`)
	b.refused("GetJob", `{"JobName":"j"}`, "EntityNotFoundException", "j not found")
	b.refused("UpdateJob", `{"JobName":"j","JobUpdate":{}}`, "EntityNotFoundException", "j not found")
	b.refused("StartJobRun", `{"JobName":"j"}`, "EntityNotFoundException", "Failed to start job run due to missing metadata")
}

func TestRun(t *testing.T) {
	b := newBench(t, jobs.Options{})
	pipe := b.pipe()
	b.create("import sys; open('"+pipe+"','w').write(' '.join(sys.argv[1:]))",
		`,"DefaultArguments":{"--a":"1","--b":"1","--c":"1"},"NonOverridableArguments":{"--c":"3"}`)
	id := b.start(`,"Arguments":{"--b":"2","--c":"2","--flag":""}`)
	if got := b.hear(pipe); got != "--a 1 --b 2 --c 3 --flag" {
		t.Errorf("the script got %q", got)
	}
	x := b.await(id)
	b.want(x, `"SUCCEEDED"`, "JobRunState")
	b.want(x, `{"--b":"2","--c":"2","--flag":""}`, "Arguments")
	b.want(x, `"j"`, "JobName")
	b.want(x, `0`, "Attempt")
	if !strings.HasPrefix(id, "jr_") || len(id) != 67 {
		t.Errorf("the id is %s", id)
	}
	b.refused("GetJobRun", `{"JobName":"j","RunId":"x"}`, "EntityNotFoundException", "x")
	b.refused("StartJobRun", `{"JobName":"j","JobRunId":"x"}`, "InvalidInputException", "x")
	next := b.start(`,"JobRunId":"` + id + `"`)
	b.hear(pipe)
	b.want(b.await(next), `"`+id+`"`, "PreviousRunId")
	b.shut()
	if got := strings.Join(b.events, ","); got != id+" SUCCEEDED,"+next+" SUCCEEDED" {
		t.Errorf("told was %s", got)
	}
	b.open()
}

func TestRunFails(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.create("raise Exception('broken')", `,"MaxRetries":1`)
	id := b.start("")
	x := b.await(id)
	b.want(x, `"FAILED"`, "JobRunState")
	b.want(x, `"Exception: broken"`, "ErrorMessage")
	x = b.await(id + "_attempt_1")
	b.want(x, `"FAILED"`, "JobRunState")
	b.want(x, `1`, "Attempt")
	b.want(x, `"`+id+`"`, "PreviousRunId")
	runs := b.do("GetJobRuns", `{"JobName":"j"}`)
	b.want(runs, `"`+id+`_attempt_1"`, "JobRuns", 0, "Id")
	b.want(runs, `"`+id+`"`, "JobRuns", 1, "Id")
	token := at(b.do("GetJobRuns", `{"JobName":"j","MaxResults":1}`), "NextToken").Str()
	b.want(b.do("GetJobRuns", `{"JobName":"j","NextToken":"`+token+`"}`), `"`+id+`"`, "JobRuns", 0, "Id")
	b.refused("GetJobRuns", `{"JobName":"none"}`, "EntityNotFoundException", "none")
}

func TestConcurrentRuns(t *testing.T) {
	b := newBench(t, jobs.Options{Grace: 20 * time.Millisecond})
	pipe := b.pipe()
	b.create("import time; open('"+pipe+"','w').write('x'); time.sleep(1000)", `,"ExecutionProperty":{"MaxConcurrentRuns":2}`)
	first := b.start("")
	b.hear(pipe)
	second := b.start("")
	b.hear(pipe)
	b.refused("StartJobRun", `{"JobName":"j"}`, "ConcurrentRunsExceededException", "Concurrent runs exceeded for j")
	out := b.do("BatchStopJobRun", `{"JobName":"j","JobRunIds":["`+first+`","none"]}`)
	b.want(out, `[{"JobName":"j","JobRunId":"`+first+`"}]`, "SuccessfulSubmissions")
	b.want(out, `"EntityNotFoundException"`, "Errors", 0, "ErrorDetail", "ErrorCode")
	b.want(b.await(first), `"STOPPED"`, "JobRunState")
	b.want(b.do("BatchStopJobRun", `{"JobName":"j","JobRunIds":["`+first+`"]}`), `"`+first+`"`, "Errors", 0, "JobRunId")
	b.start("")
	b.hear(pipe)
	b.do("BatchStopJobRun", `{"JobName":"j","JobRunIds":["`+second+`"]}`)
	b.want(b.await(second), `"STOPPED"`, "JobRunState")
}

// TestRestart: what waited runs, and what ran has failed.
func TestRestart(t *testing.T) {
	b := newBench(t, jobs.Options{Concurrency: 1})
	pipe := b.pipe()
	b.create("import sys, time; open('"+pipe+"','w').write('x'); '--quick' in sys.argv or time.sleep(1000)", `,"ExecutionProperty":{"MaxConcurrentRuns":2}`)
	lost := b.start("")
	b.hear(pipe)
	waits := b.start(`,"Arguments":{"--quick":""}`)
	b.restart()
	x := b.await(lost)
	b.want(x, `"FAILED"`, "JobRunState")
	if why := at(x, "ErrorMessage").Str(); !strings.Contains(why, "Internal service error") {
		t.Errorf("the reason is %s", why)
	}
	b.hear(pipe)
	b.want(b.await(waits), `"SUCCEEDED"`, "JobRunState")
	if left, err := b.active.List(nowhere); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestStoredForm: what an earlier build has stored is read.
func TestStoredForm(t *testing.T) {
	b := newBench(t, jobs.Options{})
	put(b, "job", []string{"old"}, `{"Name":"old","Role":"r","Command":{"Name":"pythonshell","ScriptLocation":"s"},"ExecutionProperty":{"MaxConcurrentRuns":3},"CreatedOn":1.5}`)
	b.want(b.do("GetJob", `{"JobName":"old"}`), `1.5`, "Job", "CreatedOn")
	put(b, "run", []string{"j", "jr_1"}, `{"Id":"jr_1","Attempt":0,"JobName":"j","StartedOn":1,"LastModifiedOn":2,"CompletedOn":2,"JobRunState":"FAILED","ErrorMessage":"e","PredecessorRuns":[],"AllocatedCapacity":0,"ExecutionTime":1,"Timeout":10,"LogGroupName":"g","region":"us-east-1","account":"123456789012","startedMs":1000,"kind":"pythonshell","script":"s","argv":["--a"],"retries":0}`)
	x := b.run("jr_1")
	b.want(x, `"FAILED"`, "JobRunState")
	b.want(x, `"e"`, "ErrorMessage")
}

func put(b *bench, kind string, parts []string, text string) {
	b.Helper()
	var batch kv.Batch
	batch.Set(record.NewTable[struct{}](b.Service.o.Store, kind).Key(here, parts...), append([]byte{1}, text...))
	if err := b.Service.o.Store.Apply(&batch); err != nil {
		b.Fatal(err)
	}
}

func TestTags(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.create("", `,"Tags":{"a":"1"}`)
	arn := here.ARN("glue", "job/j")
	b.do("TagResource", `{"ResourceArn":"`+arn+`","TagsToAdd":{"b":"2"}}`)
	b.want(b.do("GetTags", `{"ResourceArn":"`+arn+`"}`), `{"a":"1","b":"2"}`, "Tags")
	b.do("UntagResource", `{"ResourceArn":"`+arn+`","TagsToRemove":["a"]}`)
	b.want(b.do("GetTags", `{"ResourceArn":"`+arn+`"}`), `{"b":"2"}`, "Tags")
	b.refused("GetTags", `{"ResourceArn":"`+here.ARN("glue", "job/none")+`"}`, "EntityNotFoundException", "none")
	b.refused("GetTags", `{"ResourceArn":"`+here.ARN("glue", "crawler/c")+`"}`, "NotImplemented", "jobs")
}
