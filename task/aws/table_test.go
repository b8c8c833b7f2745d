package aws

import (
	"errors"
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Every row speaks of operations, parameters and members that the service's model has, and of resources that definitions may name.
func TestTable(t *testing.T) {
	for i := range table {
		row := &table[i]
		for name := range row.actions {
			at := row.service + ":" + name
			a, s, op := row.operation(name)
			if a == nil {
				t.Errorf("%s is no operation", at)
				continue
			}
			if _, err := asl.ParseResource("arn:aws:states:::" + at); err != nil {
				t.Errorf("%s: %v", at, err)
			}
			_, err := asl.ParseResource("arn:aws:states:::" + at + ".sync")
			if (err == nil) != (a.job != nil) {
				t.Errorf("%s.sync: %v, and the row has %v", at, err, a.job)
			}
			for _, text := range a.texts {
				if optimisedTongue.members(op.Input)[text] == nil {
					t.Errorf("%s has no parameter %s", at, text)
				}
			}
			if a.job != nil {
				checkJob(t, at, s, a.job)
			}
		}
	}
}

func checkJob(t *testing.T, at string, s *model.Service, j *job) {
	t.Helper()
	names := make([]string, len(j.names))
	for i := range names {
		names[i] = "x"
	}
	for _, ask := range []struct{ operation, parameters string }{{j.poll, j.asks}, {j.stop, j.stops}} {
		if ask.operation == "" {
			continue
		}
		op := s.Operations[ask.operation]
		if op == nil {
			t.Errorf("%s: there is no %s", at, ask.operation)
			continue
		}
		v, err := filled(ask.parameters, names, "why")
		if err == nil {
			_, err = optimisedTongue.document(v, op.Input)
		}
		if err != nil || strings.Contains(v.Text(), "$") {
			t.Errorf("%s: %s is asked with %s: %v", at, ask.operation, v.Text(), err)
		}
	}
	poll := s.Operations[j.poll]
	if poll == nil {
		return
	}
	if j.verdict == nil && leads(poll.Output, j.status) == nil || j.result != "" && leads(poll.Output, j.result) == nil {
		t.Errorf("%s: the answer of %s has no %q or %q", at, j.poll, j.status, j.result)
	}
}

// leads follows a path in a shape.
func leads(s *model.Shape, path string) *model.Shape {
	for step := range strings.SplitSeq(path, ".") {
		name, first := strings.CutSuffix(step, "[0]")
		m := optimisedTongue.members(s)[name]
		if m == nil {
			return nil
		}
		s = m.Shape
		if first {
			s = s.Elem
		}
	}
	return s
}

// A job from its beginning to its end: what is sent, its handle, what polls ask for, how the Task ends.
func TestJobs(t *testing.T) {
	for _, tt := range []struct {
		resource, input, answer string
		sent, handle            string
		polls, goingOn          string // parameters of the poll and an answer with which it goes on
		ended, result, cause    string
		stops                   string
	}{
		{
			"batch:submitJob", `{"JobName":"n","JobQueue":"q","JobDefinition":"d"}`, `{"jobId":"i","jobName":"n"}`,
			`{"jobName":"n","jobQueue":"q","jobDefinition":"d","containerOverrides":{"environment":[{"name":"MANAGED_BY_AWS","value":"STARTED_BY_STEP_FUNCTIONS"}]}}`,
			"batch:submitJob\ni", `DescribeJobs{"jobs":["i"]}`, `{"jobs":[{"status":"RUNNING"}]}`,
			`{"jobs":[{"status":"SUCCEEDED","jobId":"i","createdAt":5,"parameters":{"a":"b"}}]}`,
			`{"CreatedAt":5,"JobId":"i","Parameters":{"a":"b"},"Status":"SUCCEEDED"}`, "",
			`TerminateJob{"jobId":"i","reason":"No \"one\" waits."}`,
		},
		{
			"batch:submitJob", `{"ContainerOverrides":{"Environment":[{"Name":"A","Value":"b"}],"Vcpus":1}}`, `{"jobId":"i"}`,
			`{"containerOverrides":{"environment":[{"name":"A","value":"b"},{"name":"MANAGED_BY_AWS","value":"STARTED_BY_STEP_FUNCTIONS"}],"vcpus":1}}`,
			"batch:submitJob\ni", `DescribeJobs{"jobs":["i"]}`, `{"jobs":[]}`,
			`{"jobs":[{"status":"FAILED","jobId":"i"}]}`, "", `States.TaskFailed: {"JobId":"i","Status":"FAILED"}`, "",
		},
		{
			"ecs:runTask", `{"TaskDefinition":"d"}`, `{"tasks":[{"taskArn":"t","clusterArn":"c"}],"failures":[]}`,
			`{"taskDefinition":"d","startedBy":"AWS Step Functions","clientToken":"UUID"}`,
			"ecs:runTask\nc\nt", `DescribeTasks{"cluster":"c","tasks":["t"]}`, `{"tasks":[{"lastStatus":"RUNNING"}]}`,
			`{"tasks":[{"lastStatus":"STOPPED","createdAt":1763700000.5,"containers":[{"exitCode":0,"name":"x"}]}]}`,
			`{"Containers":[{"ExitCode":0,"Name":"x"}],"CreatedAt":1763700000500,"LastStatus":"STOPPED"}`, "",
			`StopTask{"cluster":"c","task":"t","reason":"No \"one\" waits."}`,
		},
		{
			"ecs:runTask", `{"TaskDefinition":"d","StartedBy":"me","ClientToken":"own"}`, `{"tasks":[{"taskArn":"t","clusterArn":"c"}]}`,
			`{"taskDefinition":"d","startedBy":"me","clientToken":"own"}`,
			"ecs:runTask\nc\nt", `DescribeTasks{"cluster":"c","tasks":["t"]}`, `{"tasks":[]}`,
			`{"tasks":[{"lastStatus":"STOPPED","containers":[{"exitCode":1}]}]}`, "",
			`States.TaskFailed: {"Containers":[{"ExitCode":1}],"LastStatus":"STOPPED"}`, "",
		},
		{
			"glue:startJobRun", `{"JobName":"j","Arguments":{"--a":"b"}}`, `{"JobRunId":"r"}`, `{"JobName":"j","Arguments":{"--a":"b"}}`,
			"glue:startJobRun\nj\nr", `GetJobRun{"JobName":"j","RunId":"r"}`, `{"JobRun":{"JobRunState":"STARTING"}}`,
			`{"JobRun":{"JobRunState":"SUCCEEDED","Id":"r"}}`, `{"Id":"r","JobRunState":"SUCCEEDED"}`, "",
			`BatchStopJobRun{"JobName":"j","JobRunIds":["r"]}`,
		},
		{
			"athena:startQueryExecution", `{"QueryString":"q"}`, `{"QueryExecutionId":"i"}`, `{"QueryString":"q","ClientRequestToken":"UUID"}`,
			"athena:startQueryExecution\ni", `GetQueryExecution{"QueryExecutionId":"i"}`, `{"QueryExecution":{"Status":{"State":"QUEUED"}}}`,
			`{"QueryExecution":{"Status":{"State":"CANCELLED"}}}`, "", `States.TaskFailed: {"QueryExecution":{"Status":{"State":"CANCELLED"}}}`,
			`StopQueryExecution{"QueryExecutionId":"i"}`,
		},
		{
			"codebuild:startBuild", `{"ProjectName":"p"}`, `{"build":{"id":"i"}}`, `{"projectName":"p"}`,
			"codebuild:startBuild\ni", `BatchGetBuilds{"ids":["i"]}`, `{"builds":[{"buildStatus":"IN_PROGRESS"}]}`,
			`{"builds":[{"buildStatus":"SUCCEEDED","id":"i"}]}`, `{"Build":{"BuildStatus":"SUCCEEDED","Id":"i"}}`, "", `StopBuild{"id":"i"}`,
		},
		{
			"elasticmapreduce:createCluster", `{"Name":"n"}`, `{"JobFlowId":"j","ClusterArn":"a"}`, `{"Name":"n"}`,
			"elasticmapreduce:createCluster\nj", `DescribeCluster{"ClusterId":"j"}`, `{"Cluster":{"Status":{"State":"STARTING"}}}`,
			`{"Cluster":{"Status":{"State":"WAITING"}}}`, `{"Cluster":{"Status":{"State":"WAITING"}},"ClusterId":"j"}`, "", `TerminateJobFlows{"JobFlowIds":["j"]}`,
		},
		{
			"elasticmapreduce:addStep", `{"ClusterId":"j","Step":{"Name":"s"}}`, `{"StepIds":["s1"]}`, `{"JobFlowId":"j","Steps":[{"Name":"s"}]}`,
			"elasticmapreduce:addStep\nj\ns1", `DescribeStep{"ClusterId":"j","StepId":"s1"}`, `{"Step":{"Status":{"State":"PENDING"}}}`,
			`{"Step":{"Status":{"State":"COMPLETED"}}}`, `{"Step":{"Status":{"State":"COMPLETED"}}}`, "", `CancelSteps{"ClusterId":"j","StepIds":["s1"]}`,
		},
		{
			"sagemaker:createTrainingJob", `{"TrainingJobName":"t"}`, `{"TrainingJobArn":"a"}`, `{"TrainingJobName":"t"}`,
			"sagemaker:createTrainingJob\nt", `DescribeTrainingJob{"TrainingJobName":"t"}`, `{"TrainingJobStatus":"InProgress"}`,
			`{"TrainingJobStatus":"Completed"}`, `{"TrainingJobStatus":"Completed"}`, "", `StopTrainingJob{"TrainingJobName":"t"}`,
		},
		{
			"eks:createCluster", `{"Name":"c"}`, `{"cluster":{"name":"c"}}`, `{"name":"c","clientRequestToken":"UUID"}`,
			"eks:createCluster\nc", `DescribeCluster{"name":"c"}`, `{"cluster":{"status":"CREATING"}}`,
			`{"cluster":{"status":"ACTIVE","createdAt":1763700000}}`, `{"Cluster":{"CreatedAt":1763700000000,"Status":"ACTIVE"}}`, "", "",
		},
	} {
		f := replying(tt.answer)
		c := call(t, "arn:aws:states:::"+tt.resource+".sync", tt.input)
		out, err := Integrations(Options{Caller: f})[c.Resource.Service].Start(t.Context(), c)
		if err != nil || out.Job.Handle() != tt.handle {
			t.Errorf("%s began %q, %v", tt.resource, out.Job.Handle(), err)
			continue
		}
		if got := strings.ReplaceAll(f.asked.Input.Compact(), c.UUID(), "UUID"); got != tt.sent {
			t.Errorf("%s sends %s\nwant %s", tt.resource, got, tt.sent)
		}
		w := Watchers(Options{Caller: f})[out.Job.Kind]
		later := &task.Call{Key: c.Key, Resource: c.Resource}
		f.reply.Output = value.Checked(tt.goingOn)
		if _, done, err := w.Poll(t.Context(), later, out.Job); done || err != nil {
			t.Errorf("%s has ended: %v", tt.resource, err)
		}
		if got := f.asked.Operation + f.asked.Input.Compact(); got != tt.polls {
			t.Errorf("%s is polled with %s", tt.resource, got)
		}
		f.reply.Output = value.Checked(tt.ended)
		result, done, err := w.Poll(t.Context(), later, out.Job)
		if done != (tt.cause == "") || result.Text() != tt.result || done && err != nil || !done && err.Error() != tt.cause {
			t.Errorf("%s ended with %s, %v", tt.resource, result.Text(), err)
		}
		f.asked = &awswire.Request{Input: value.Checked(`{}`)}
		if err := w.Cancel(t.Context(), later, out.Job, `No "one" waits.`); err != nil {
			t.Errorf("%s: %v", tt.resource, err)
		}
		if got := f.asked.Operation + f.asked.Input.Compact(); tt.stops != "" && got != tt.stops {
			t.Errorf("%s is stopped with %s", tt.resource, got)
		}
	}
}

// What says nothing about a job has it polled again; what forbids to look at it fails the Task.
func TestPollErrors(t *testing.T) {
	for _, tt := range []struct {
		err    error
		failed string
	}{
		{&awswire.Error{Code: "ThrottlingException", Message: "Rate exceeded"}, ""},
		{&awswire.Error{Code: "InternalError", Status: 500}, ""},
		{&awswire.Error{Code: "X", Status: 429}, ""},
		{&awswire.Unanswered{Message: "connection refused"}, ""},
		{errors.New("the disk"), ""},
		{&awswire.Error{Code: "AccessDeniedException", Message: "No.", Status: 403, RequestID: "R"},
			"Batch.AWSBatchException: No. (Service: AWSBatch; Status Code: 403; Error Code: AccessDeniedException; Request ID: R; Proxy: null)"},
		{&awswire.Error{Code: "NotImplemented", Message: "No.", Status: 501, RequestID: "R"},
			"Batch.AWSBatchException: No. (Service: AWSBatch; Status Code: 501; Error Code: NotImplemented; Request ID: R; Proxy: null)"},
	} {
		w := Watchers(Options{Caller: &fakeService{err: tt.err}})["batch"]
		c := call(t, "arn:aws:states:::batch:submitJob.sync", `{}`)
		_, done, err := w.Poll(t.Context(), c, JobOf("batch", "submitJob", "i"))
		var failed *task.Error
		switch {
		case done || err == nil:
			t.Errorf("%v ends the job", tt.err)
		case errors.As(err, &failed) != (tt.failed != "") || tt.failed != "" && err.Error() != tt.failed:
			t.Errorf("%v: %v", tt.err, err)
		}
		err = w.Cancel(t.Context(), c, JobOf("batch", "submitJob", "i"), "")
		if (err == nil) != (tt.failed != "") {
			t.Errorf("cancelling, %v: %v", tt.err, err)
		}
	}
	w := Watchers(Options{Caller: &fakeService{err: &awswire.Error{Code: "ResourceNotFoundException", Status: 404}}})["eks"]
	c := call(t, "arn:aws:states:::eks:deleteCluster.sync", `{}`)
	if _, done, err := w.Poll(t.Context(), c, JobOf("eks", "deleteCluster", "c")); !done || err != nil {
		t.Errorf("a cluster that is gone: %v, %v", done, err)
	}
	for _, id := range []string{"", "submitJob", "submitJob\na\nb", "other\ni"} {
		if _, _, err := w.Poll(t.Context(), c, task.Job{Kind: "eks", ID: id}); err == nil {
			t.Errorf("%q is a job", id)
		}
	}
}

func TestFailures(t *testing.T) {
	const answer = `{"tasks":[],"failures":[{"arn":"a","reason":"RESOURCE:CPU"}]}`
	for suffix, fails := range map[string]bool{"": false, ".sync": true, ".waitForTaskToken": true} {
		c := call(t, "arn:aws:states:::ecs:runTask"+suffix, `{"TaskDefinition":"d"}`)
		_, err := Integrations(Options{Caller: replying(answer)})["ecs"].Start(t.Context(), c)
		if fails {
			checkFailure(t, suffix, err, "AmazonECS.Unknown", `{"Failures":[{"Arn":"a","Reason":"RESOURCE:CPU"}],"SdkHttpMetadata":`, false)
		} else if err != nil {
			t.Errorf("%q: %v", suffix, err)
		}
	}
}

func TestInvokeModel(t *testing.T) {
	f := replying(`{"body":"eyJvayI6MX0=","contentType":"application/json"}`)
	c := call(t, "arn:aws:states:::bedrock:invokeModel", `{"ModelId":"m","Body":{"a":1}}`)
	out, err := Integrations(Options{Caller: f})["bedrock"].Start(t.Context(), c)
	if err != nil || f.asked.Service != "bedrock-runtime" || f.asked.Input.Compact() != `{"modelId":"m","body":"eyJhIjoxfQ=="}` {
		t.Errorf("asks %s for %s, %v", f.asked.Service, f.asked.Input.Text(), err)
	}
	if out.Output.Text() != `{"Body":{"ok":1},"ContentType":"application/json"}` {
		t.Errorf("answers %s", out.Output.Text())
	}
}

// A task of ECS has failed when an essential container has, and no other one.
func TestEssentialContainers(t *testing.T) {
	const stopped = `{"tasks":[{"lastStatus":"STOPPED","taskDefinitionArn":"d","containers":[{"name":"main","exitCode":%},{"name":"side","exitCode":137}]}]}`
	const definition = `{"taskDefinition":{"containerDefinitions":[{"name":"main","essential":true},{"name":"side","essential":false}]}}`
	for code, fails := range map[string]bool{"0": false, "1": true} {
		p := &pages{answers: []string{strings.Replace(stopped, "%", code, 1), definition}}
		w := Watchers(Options{Caller: p})["ecs"]
		_, done, err := w.Poll(t.Context(), call(t, "arn:aws:states:::ecs:runTask.sync", `{}`), JobOf("ecs", "runTask", "c", "t"))
		if done == fails || (err != nil) != fails {
			t.Errorf("with %s it ends with %v, %v", code, done, err)
		}
		if asked := len(p.asked); fails && asked != 1 || !fails && (asked != 2 || p.asked[1] != `DescribeTaskDefinition{"taskDefinition":"d"}`) {
			t.Errorf("with %s it is asked for %q", code, p.asked)
		}
	}
	p := &pages{answers: []string{strings.Replace(stopped, "%", "0", 1), strings.Replace(definition, "false", "true", 1)}}
	_, done, err := Watchers(Options{Caller: p})["ecs"].Poll(t.Context(), call(t, "arn:aws:states:::ecs:runTask.sync", `{}`), JobOf("ecs", "runTask", "c", "t"))
	if done || err == nil {
		t.Errorf("with an essential one that fails it ends with %v, %v", done, err)
	}
}
