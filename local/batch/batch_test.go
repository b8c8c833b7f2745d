package batch

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
)

func TestDefinitions(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	b.define("exit 1", `,"parameters":{"p":"1"},"retryStrategy":{"attempts":2}`)
	b.do("RegisterJobDefinition", `{"jobDefinitionName":"e","type":"container","containerProperties":{"image":"i"}}`)
	b.do("DeregisterJobDefinition", `{"jobDefinition":"e:1"}`)
	for input, want := range map[string]string{
		`{}`: "d:1 d:2 e:1", `{"status":"ACTIVE"}`: "d:1 d:2", `{"jobDefinitionName":"d"}`: "d:1 d:2", `{"jobDefinitions":["d","e","none"]}`: "d:2",
		`{"jobDefinitions":["` + here.ARN("batch", "job-definition/d:1") + `"]}`: "d:1", `{"maxResults":1}`: "d:1", `{"nextToken":"d:0000000001"}`: "d:2 e:1",
	} {
		var got []string
		for _, d := range at(b.do("DescribeJobDefinitions", input), "jobDefinitions").Elems() {
			got = append(got, at(d, "jobDefinitionName").Str()+":"+at(d, "revision").Text())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", input, got, want)
		}
	}
	d := at(b.do("DescribeJobDefinitions", `{"jobDefinitions":["d"]}`), "jobDefinitions", 0)
	b.want(d, `{"p":"1"}`, "parameters")
	b.want(d, `[]`, "containerProperties", "volumes")
	b.want(d, `2`, "retryStrategy", "attempts")
}

func TestQueues(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.want(b.do("DescribeJobQueues", `{"jobQueues":["q"]}`), `"`+here.ARN("batch", "compute-environment/ce")+`"`, "jobQueues", 0, "computeEnvironmentOrder", 0, "computeEnvironment")
	b.want(b.do("DescribeComputeEnvironments", `{}`), `"VALID"`, "computeEnvironments", 0, "status")
	b.refused("CreateJobQueue", `{"jobQueueName":"q","priority":1,"computeEnvironmentOrder":[{"order":1,"computeEnvironment":"ce"}]}`, "ClientException", "q already exists")
	b.refused("CreateJobQueue", `{"jobQueueName":"r","priority":1,"computeEnvironmentOrder":[{"order":1,"computeEnvironment":"none"}]}`, "ClientException", "none does not exist")
	b.refused("CreateJobQueue", `{"jobQueueName":"r!","priority":1,"computeEnvironmentOrder":[]}`, "ClientException", "jobQueueName")
	b.refused("CreateComputeEnvironment", `{"computeEnvironmentName":"ce","type":"UNMANAGED"}`, "ClientException", "Object already exists")
	b.refused("CreateComputeEnvironment", `{"computeEnvironmentName":"x","type":"MANAGED"}`, "ClientException", "computeResources")
	b.refused("CreateComputeEnvironment", `{"computeEnvironmentName":"x","type":"MANAGED","eksConfiguration":{}}`, "NotImplemented", "eksConfiguration")
	b.refused("DeleteJobQueue", `{"jobQueue":"q"}`, "ClientException", "DISABLED")
	b.do("UpdateJobQueue", `{"jobQueue":"q","state":"DISABLED","priority":5}`)
	b.want(b.do("DescribeJobQueues", `{}`), `5`, "jobQueues", 0, "priority")
	b.define("exit 0", "")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d"}`, "ClientException", "not ENABLED")
	b.do("UpdateComputeEnvironment", `{"computeEnvironment":"ce","state":"DISABLED"}`)
	b.refused("DeleteComputeEnvironment", `{"computeEnvironment":"ce"}`, "ClientException", "JobQueue relationship")
	b.do("DeleteJobQueue", `{"jobQueue":"`+here.ARN("batch", "job-queue/q")+`"}`)
	b.do("DeleteComputeEnvironment", `{"computeEnvironment":"ce"}`)
	b.want(b.do("DescribeJobQueues", `{"jobQueues":["q"]}`), `[]`, "jobQueues")
}

func TestJobSucceeds(t *testing.T) {
	b := newBench(t, jobs.Options{})
	pipe := b.pipe()
	b.define(`echo $A $B $C $AWS_BATCH_JOB_ATTEMPT $AWS_BATCH_JQ_NAME $0 $1 $AWS_BATCH_JOB_ID > `+pipe, `,"parameters":{"p":"default","q":"kept"},"tags":{"t":"1"}`)
	id := b.submit(`,"parameters":{"p":"given"},"containerOverrides":{"environment":[{"name":"B","value":"2"},{"name":"C","value":"3"}],` +
		`"command":["sh","-c","echo $A $B $C $AWS_BATCH_JOB_ATTEMPT $AWS_BATCH_JQ_NAME $0 $1 $2 $AWS_BATCH_JOB_ID > ` + pipe + `","Ref::p","Ref::q","Ref::r"]}`)
	if got, want := b.hear(pipe), "1 2 3 1 q given kept Ref::r "+id; got != want {
		t.Errorf("the job saw %q, want %q", got, want)
	}
	j := b.await(id)
	b.want(j, `"SUCCEEDED"`, "status")
	b.want(j, `"Essential container in task exited"`, "statusReason")
	b.want(j, `0`, "container", "exitCode")
	b.want(j, `"`+here.ARN("batch", "job/"+id)+`"`, "jobArn")
	b.want(j, `"`+here.ARN("batch", "job-queue/q")+`"`, "jobQueue")
	b.want(j, `"`+here.ARN("batch", "job-definition/d:1")+`"`, "jobDefinition")
	b.want(j, `{"p":"given","q":"kept"}`, "parameters")
	b.want(j, `{"t":"1"}`, "tags")
	b.want(j, `0`, "attempts", 0, "container", "exitCode")
	if stream := at(j, "container", "logStreamName").Str(); !strings.HasPrefix(stream, "d/default/") {
		t.Errorf("the stream is %s", stream)
	}
	b.shut()
	if got := strings.Join(b.events, ","); got != id+" RUNNING,"+id+" SUCCEEDED" {
		t.Errorf("told was %s", got)
	}
	b.open()
}

func TestAttempts(t *testing.T) {
	for name, c := range map[string]struct {
		script, more string
		attempts     int
		status, why  string
		code         string
	}{
		"once":        {"exit 3", ``, 1, "FAILED", "Essential container in task exited", "3"},
		"all":         {"exit 3", `,"retryStrategy":{"attempts":3}`, 3, "FAILED", "Essential container in task exited", "3"},
		"the second":  {`test $AWS_BATCH_JOB_ATTEMPT = 2`, `,"retryStrategy":{"attempts":3}`, 2, "SUCCEEDED", "Essential container in task exited", "0"},
		"exit":        {"exit 3", `,"retryStrategy":{"attempts":3,"evaluateOnExit":[{"onExitCode":"4","action":"RETRY"},{"onExitCode":"3*","action":"exit"}]}`, 1, "FAILED", "Essential container in task exited", "3"},
		"retry":       {"exit 3", `,"retryStrategy":{"attempts":2,"evaluateOnExit":[{"onStatusReason":"essential*","action":"RETRY"},{"onReason":"*","action":"EXIT"}]}`, 2, "FAILED", "Essential container in task exited", "3"},
		"no rule":     {"exit 3", `,"retryStrategy":{"attempts":2,"evaluateOnExit":[{"onReason":"x/y","action":"EXIT"}]}`, 2, "FAILED", "Essential container in task exited", "3"},
		"not started": {"", `,"containerOverrides":{"command":["no-such-program"]}`, 1, "FAILED", "Task failed to start", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, jobs.Options{})
			b.define(c.script, "")
			j := b.await(b.submit(c.more))
			b.want(j, `"`+c.status+`"`, "status")
			b.want(j, `"`+c.why+`"`, "statusReason")
			if n := at(j, "attempts").Len(); n != c.attempts {
				t.Errorf("there were %d attempts", n)
			}
			if code := at(j, "container", "exitCode"); code.Exists() && code.Text() != c.code || !code.Exists() && c.code != "null" {
				t.Errorf("the exit code is %s", code.Text())
			}
		})
	}
}

func TestStops(t *testing.T) {
	b := newBench(t, jobs.Options{Concurrency: 1, Grace: 20 * time.Millisecond})
	pipe := b.pipe()
	b.define("trap '' TERM; echo > "+pipe+"; while :; do sleep 0.01; done", `,"retryStrategy":{"attempts":3}`)
	id := b.submit("")
	b.hear(pipe)
	waits := b.submit("")
	b.want(b.job(waits), `"RUNNABLE"`, "status")
	b.do("CancelJob", `{"jobId":"`+id+`","reason":"no"}`)
	b.want(b.job(id), `"RUNNING"`, "status")
	b.do("CancelJob", `{"jobId":"`+waits+`","reason":"enough"}`)
	j := b.await(waits)
	b.want(j, `"FAILED"`, "status")
	b.want(j, `"enough"`, "statusReason")
	b.want(j, `true`, "isCancelled")
	b.want(j, `[]`, "attempts")
	b.do("TerminateJob", `{"jobId":"`+id+`","reason":"over"}`)
	j = b.await(id)
	b.want(j, `"FAILED"`, "status")
	b.want(j, `"over"`, "statusReason")
	b.want(j, `137`, "container", "exitCode")
	b.do("TerminateJob", `{"jobId":"`+id+`","reason":"again"}`)
	b.want(b.job(id), `"over"`, "statusReason")
	b.refused("TerminateJob", `{"jobId":"none","reason":"x"}`, "ClientException", "none does not exist")
}

func TestDependencies(t *testing.T) {
	b := newBench(t, jobs.Options{})
	pipe := b.pipe()
	b.define("read code < "+pipe+"; exit $code", "")
	first := b.submit("")
	second := b.submit(`,"dependsOn":[{"jobId":"` + first + `"}],"containerOverrides":{"command":["true"]}`)
	third := b.submit(`,"dependsOn":[{"jobId":"` + second + `"},{"jobId":"` + first + `"}],"containerOverrides":{"command":["true"]}`)
	b.want(b.job(second), `"PENDING"`, "status")
	write(t, pipe, "0\n")
	b.want(b.await(third), `"SUCCEEDED"`, "status")
	b.want(b.job(second), `"SUCCEEDED"`, "status")
	after := b.submit(`,"dependsOn":[{"jobId":"` + first + `"}],"containerOverrides":{"command":["true"]}`)
	b.want(b.await(after), `"SUCCEEDED"`, "status")

	fails := b.submit("")
	child := b.submit(`,"dependsOn":[{"jobId":"` + fails + `"}]`)
	grandchild := b.submit(`,"dependsOn":[{"jobId":"` + child + `"}]`)
	write(t, pipe, "1\n")
	b.want(b.await(grandchild), `"FAILED"`, "status")
	b.want(b.job(child), `"Dependent Job failed"`, "statusReason")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d","dependsOn":[{"jobId":"none"}]}`, "ClientException", "none")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d","dependsOn":[{"jobId":"`+fails+`"}]}`, "ClientException", "failed")
}

func write(t *testing.T, pipe, text string) {
	t.Helper()
	if err := os.WriteFile(pipe, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

// TestRestart: what waited runs, what ran has lost its host, and is run again where its strategy says so.
func TestRestart(t *testing.T) {
	b := newBench(t, jobs.Options{Concurrency: 2})
	pipe, go2 := b.pipe(), b.pipe()
	b.define("test $AWS_BATCH_JOB_ATTEMPT = 2 && exit 0; echo > "+pipe+"; exec sleep 1000", "")
	lost := b.submit("")
	b.hear(pipe)
	again := b.submit(`,"retryStrategy":{"attempts":2,"evaluateOnExit":[{"onStatusReason":"Host EC2*","action":"RETRY"},{"onReason":"*","action":"EXIT"}]}`)
	b.hear(pipe)
	waits := b.submit(`,"containerOverrides":{"command":["sh","-c","read x < ` + go2 + `"]}`)
	depends := b.submit(`,"dependsOn":[{"jobId":"` + again + `"}],"containerOverrides":{"command":["true"]}`)
	b.restart()
	j := b.await(lost)
	b.want(j, `"FAILED"`, "status")
	if why := at(j, "statusReason").Str(); !strings.HasPrefix(why, "Host EC2") {
		t.Errorf("the reason is %s", why)
	}
	b.want(b.await(depends), `"SUCCEEDED"`, "status")
	j = b.job(again)
	b.want(j, `"SUCCEEDED"`, "status")
	if n := at(j, "attempts").Len(); n != 2 {
		t.Errorf("there were %d attempts", n)
	}
	write(t, go2, "go\n")
	b.want(b.await(waits), `"SUCCEEDED"`, "status")
	left, err := b.active.List(nowhere)
	if err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	if len(b.runs) > 0 {
		t.Errorf("in memory are %v", b.runs)
	}
}

func TestList(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	var ids []string
	for range 5 {
		ids = append(ids, b.submit(""))
		b.await(ids[len(ids)-1])
	}
	b.want(b.do("ListJobs", `{"jobQueue":"q"}`), `[]`, "jobSummaryList")
	var got []string
	token := ""
	for pages := 0; ; pages++ {
		out := b.do("ListJobs", `{"jobQueue":"q","jobStatus":"SUCCEEDED","maxResults":2,"nextToken":"`+token+`"}`)
		for _, j := range at(out, "jobSummaryList").Elems() {
			got = append([]string{at(j, "jobId").Str()}, got...)
		}
		if token = at(out, "nextToken").Str(); token == "" {
			if pages != 2 {
				t.Errorf("there were %d pages", pages)
			}
			break
		}
	}
	if strings.Join(got, ",") != strings.Join(ids, ",") {
		t.Errorf("listed are %v, want %v", got, ids)
	}
	for filter, want := range map[string]int{
		`{"name":"JOB_NAME","values":["J*"]}`: 5, `{"name":"JOB_NAME","values":["k"]}`: 0, `{"name":"JOB_DEFINITION","values":["d"]}`: 5,
		`{"name":"AFTER_CREATED_AT","values":["0"]}`: 5, `{"name":"BEFORE_CREATED_AT","values":["0"]}`: 0,
	} {
		if n := at(b.do("ListJobs", `{"jobQueue":"q","filters":[`+filter+`]}`), "jobSummaryList").Len(); n != want {
			t.Errorf("%s: %d", filter, n)
		}
	}
	b.refused("ListJobs", `{"jobQueue":"none"}`, "ClientException", "none")
	b.mu.Lock()
	b.now = b.now.Add(8 * 24 * time.Hour)
	b.mu.Unlock()
	b.await(b.submit(""))
	b.want(b.do("DescribeJobs", `{"jobs":["`+ids[0]+`"]}`), `[]`, "jobs")
}

func TestWhatIsNotHere(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	for _, more := range []string{`"dependsOn":[{"type":"SEQUENTIAL"}]`, `"nodeOverrides":{}`, `"eksPropertiesOverride":{}`, `"ecsPropertiesOverride":{}`} {
		b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d",`+more+`}`, "NotImplemented", "SubmitJob with")
	}
	b.refused("RegisterJobDefinition", `{"jobDefinitionName":"m","type":"multinode"}`, "NotImplemented", "RegisterJobDefinition")
	b.refused("RegisterJobDefinition", `{"jobDefinitionName":"m","type":"container"}`, "ClientException", "image")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"none","jobDefinition":"d"}`, "ClientException", "Error executing request, Exception : JobQueue none not found, RequestId: R")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"none"}`, "ClientException", "JobDefinition none not found")
	b.do("DeregisterJobDefinition", `{"jobDefinition":"d:1"}`)
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d"}`, "ClientException", "not found")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d:1"}`, "ClientException", "not ACTIVE")
}

// TestStoredForm: what an earlier build has stored is read.
func TestStoredForm(t *testing.T) {
	b := newBench(t, jobs.Options{})
	put(b, "job", []string{"id"}, `{"jobArn":"arn:j","jobName":"j","jobId":"id","jobQueue":"arn:q","status":"FAILED","attempts":[{"container":{"exitCode":1},"startedAt":1,"stoppedAt":2,"statusReason":"r"}],"statusReason":"r","createdAt":1,"retryStrategy":{"attempts":1,"evaluateOnExit":[]},"startedAt":1,"stoppedAt":2,"dependsOn":[],"jobDefinition":"arn:d","parameters":{},"container":{"image":"i","exitCode":1},"tags":{},"propagateTags":false,"platformCapabilities":[],"isCancelled":false,"isTerminated":false,"region":"us-east-1","account":"123456789012","queueName":"q"}`)
	j := b.job("id")
	b.want(j, `1`, "container", "exitCode")
	b.want(j, `1`, "attempts", 0, "container", "exitCode")
	put(b, "definition", []string{"old", "0000000001"}, `{"jobDefinitionName":"old","jobDefinitionArn":"arn:d","revision":1,"status":"ACTIVE","type":"container","parameters":{"p":"1"},"containerProperties":{"image":"i"},"tags":{},"propagateTags":false,"containerOrchestrationType":"ECS"}`)
	b.want(b.do("DescribeJobDefinitions", `{"jobDefinitions":["old"]}`), `"i"`, "jobDefinitions", 0, "containerProperties", "image")
	put(b, "queue", []string{"old"}, `{"jobQueueName":"old","jobQueueArn":"arn:q","state":"ENABLED","status":"VALID","statusReason":"","priority":7,"computeEnvironmentOrder":[],"tags":{},"jobQueueType":"ECS"}`)
	b.want(b.do("DescribeJobQueues", `{"jobQueues":["old"]}`), `7`, "jobQueues", 0, "priority")
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
	b.define("exit 0", `,"tags":{"a":"1"}`)
	for _, name := range []string{"job-definition/d:1", "job-queue/q", "compute-environment/ce", "job/" + b.submit("")} {
		arn := here.ARN("batch", name)
		b.do("TagResource", `{"resourceArn":"`+arn+`","tags":{"a":"2","b":"3"}}`)
		b.want(b.do("ListTagsForResource", `{"resourceArn":"`+arn+`"}`), `{"a":"2","b":"3"}`, "tags")
		b.do("UntagResource", `{"resourceArn":"`+arn+`","tagKeys":["a","c"]}`)
		b.want(b.do("ListTagsForResource", `{"resourceArn":"`+arn+`"}`), `{"b":"3"}`, "tags")
	}
	b.refused("TagResource", `{"resourceArn":"`+here.ARN("batch", "job-queue/none")+`","tags":{"a":"2"}}`, "ClientException", "does not exist")
	b.refused("TagResource", `{"resourceArn":"none","tags":{"a":"2"}}`, "ClientException", "does not exist")
}

func TestArrays(t *testing.T) {
	b := newBench(t, jobs.Options{Grace: 20 * time.Millisecond})
	b.define("test $AWS_BATCH_JOB_ARRAY_INDEX != 1 || test $AWS_BATCH_JOB_ATTEMPT = 2", `,"retryStrategy":{"attempts":2}`)
	id := b.submit(`,"arrayProperties":{"size":3}`)
	after := b.submit(`,"dependsOn":[{"jobId":"` + id + `"}],"containerOverrides":{"command":["true"]}`)
	b.want(b.await(after), `"SUCCEEDED"`, "status")
	j := b.job(id)
	b.want(j, `"SUCCEEDED"`, "status")
	b.want(j, `3`, "arrayProperties", "size")
	b.want(j, `3`, "arrayProperties", "statusSummary", "SUCCEEDED")
	b.want(j, `0`, "arrayProperties", "statusSummary", "FAILED")
	child := b.job(id + ":1")
	b.want(child, `1`, "arrayProperties", "index")
	if n := at(child, "attempts").Len(); n != 2 {
		t.Errorf("there were %d attempts", n)
	}
	if n := at(b.do("ListJobs", `{"arrayJobId":"`+id+`","jobStatus":"SUCCEEDED"}`), "jobSummaryList").Len(); n != 3 {
		t.Errorf("listed are %d children", n)
	}
	if n := at(b.do("ListJobs", `{"jobQueue":"q","jobStatus":"SUCCEEDED"}`), "jobSummaryList").Len(); n != 2 {
		t.Errorf("listed are %d jobs", n)
	}

	b.define("exit $AWS_BATCH_JOB_ARRAY_INDEX", "")
	fails := b.submit(`,"arrayProperties":{"size":2}`)
	b.want(b.await(fails), `"Array Child Job failed"`, "statusReason")
	b.refused("SubmitJob", `{"jobName":"j","jobQueue":"q","jobDefinition":"d","arrayProperties":{"size":1}}`, "ClientException", "array size")
}

func TestArrayIsStoppedAndTakenUp(t *testing.T) {
	b := newBench(t, jobs.Options{Concurrency: 2, Grace: 20 * time.Millisecond})
	pipe := b.pipe()
	b.define("echo > "+pipe+"; exec sleep 1000", "")
	id := b.submit(`,"arrayProperties":{"size":3}`)
	b.hear(pipe)
	b.do("TerminateJob", `{"jobId":"`+id+`","reason":"enough"}`)
	j := b.await(id)
	b.want(j, `"FAILED"`, "status")
	b.want(j, `true`, "isTerminated")
	b.want(j, `3`, "arrayProperties", "statusSummary", "FAILED")
	b.want(b.job(id+":2"), `"enough"`, "statusReason")

	id = b.submit(`,"arrayProperties":{"size":2}`)
	b.hear(pipe)
	b.restart()
	b.do("TerminateJob", `{"jobId":"`+id+`","reason":"over"}`)
	b.want(b.await(id), `"FAILED"`, "status")
	if left, err := b.active.List(nowhere); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
