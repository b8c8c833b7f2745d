package ecs

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
)

func TestClusters(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.want(b.do("CreateCluster", `{"clusterName":"c","tags":[{"key":"k","value":"v"}]}`), `"`+here.ARN("ecs", "cluster/c")+`"`, "cluster", "clusterArn")
	b.want(b.do("CreateCluster", `{"clusterName":"c"}`), `"ACTIVE"`, "cluster", "status")
	b.refused("CreateCluster", `{"clusterName":"a b"}`, "InvalidParameterException", "Cluster name")
	out := b.do("DescribeClusters", `{"clusters":["c","none"],"include":["TAGS"]}`)
	b.want(out, `[{"key":"k","value":"v"}]`, "clusters", 0, "tags")
	b.want(out, `[{"arn":"`+here.ARN("ecs", "cluster/none")+`","reason":"MISSING"}]`, "failures")
	b.want(b.do("DescribeClusters", `{}`), `"default"`, "clusters", 0, "clusterName")
	b.want(b.do("ListClusters", `{"maxResults":1}`), `"c"`, "nextToken")
	b.want(b.do("ListClusters", `{"nextToken":"c"}`), `["`+here.ARN("ecs", "cluster/default")+`"]`, "clusterArns")
	b.want(b.do("DeleteCluster", `{"cluster":"c"}`), `"INACTIVE"`, "cluster", "status")
	b.refused("DeleteCluster", `{"cluster":"c"}`, "ClusterNotFoundException", "Cluster not found.")
}

func TestDefinitions(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	d := b.do("RegisterTaskDefinition", `{"family":"f","requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"256","memory":"512","containerDefinitions":[{"name":"c","image":"i"}],"tags":[{"key":"k","value":"v"}]}`)
	b.want(d, `2`, "taskDefinition", "revision")
	b.want(d, `["EC2","FARGATE"]`, "taskDefinition", "compatibilities")
	b.want(d, `true`, "taskDefinition", "containerDefinitions", 0, "essential")
	b.want(d, `[]`, "taskDefinition", "containerDefinitions", 0, "portMappings")
	b.want(d, `[{"key":"k","value":"v"}]`, "tags")
	b.want(b.do("DescribeTaskDefinition", `{"taskDefinition":"f"}`), `2`, "taskDefinition", "revision")
	b.want(b.do("DescribeTaskDefinition", `{"taskDefinition":"`+here.ARN("ecs", "task-definition/f:1")+`"}`), `1`, "taskDefinition", "revision")
	b.refused("DescribeTaskDefinition", `{"taskDefinition":"g"}`, "ClientException", "Unable to describe task definition.")
	b.want(b.do("DeregisterTaskDefinition", `{"taskDefinition":"f:2"}`), `"INACTIVE"`, "taskDefinition", "status")
	b.refused("DeregisterTaskDefinition", `{"taskDefinition":"f"}`, "ClientException", "revision")
	b.want(b.do("DescribeTaskDefinition", `{"taskDefinition":"f"}`), `1`, "taskDefinition", "revision")
	b.define("exit 0", "")
	for input, want := range map[string]string{
		`{}`: "f:1 f:3", `{"sort":"DESC"}`: "f:3 f:1", `{"status":"INACTIVE"}`: "f:2", `{"familyPrefix":"g"}`: "", `{"maxResults":1}`: "f:1",
		`{"nextToken":"f:0000000001"}`: "f:3", `{"sort":"DESC","nextToken":"f:0000000003"}`: "f:1",
	} {
		var got []string
		for _, arn := range at(b.do("ListTaskDefinitions", input), "taskDefinitionArns").Elems() {
			got = append(got, nameOf(arn.Str()))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", input, got, want)
		}
	}
	for input, text := range map[string]string{
		`{"family":"a b","containerDefinitions":[{"name":"c","image":"i","memory":1}]}`:                                                            "Family",
		`{"family":"a","containerDefinitions":[]}`:                                                                                                 "Container list cannot be empty.",
		`{"family":"a","containerDefinitions":[{"image":"i","memory":1}]}`:                                                                         "Container.name",
		`{"family":"a","containerDefinitions":[{"name":"c","memory":1}]}`:                                                                          "Container.image",
		`{"family":"a","containerDefinitions":[{"name":"c","image":"i"}]}`:                                                                         "'memory'",
		`{"family":"a","containerDefinitions":[{"name":"c","image":"i","memory":1,"essential":false}]}`:                                            "essential",
		`{"family":"a","requiresCompatibilities":["FARGATE"],"containerDefinitions":[{"name":"c","image":"i","memory":1}]}`:                        "awsvpc",
		`{"family":"a","requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","containerDefinitions":[{"name":"c","image":"i","memory":1}]}`: "task level",
	} {
		b.refused("RegisterTaskDefinition", input, "ClientException", text)
	}
}

func TestTask(t *testing.T) {
	b := newBench(t, jobs.Options{})
	pipe := b.pipe()
	b.define(`echo $A $B $C $AWS_EXECUTION_ENV > `+pipe+`; exit 0`, "")
	arn := b.run(`,"startedBy":"me","tags":[{"key":"k","value":"v"}],"overrides":{"containerOverrides":[{"name":"c","environment":[{"name":"B","value":"2"},{"name":"C","value":"3"}]}]}`)
	if got := b.hear(pipe); got != "1 2 3 AWS_ECS_EC2" {
		t.Errorf("the container saw %q", got)
	}
	x := b.await(arn)
	b.want(x, `"STOPPED"`, "lastStatus")
	b.want(x, `"EssentialContainerExited"`, "stopCode")
	b.want(x, `"Essential container in task exited"`, "stoppedReason")
	b.want(x, `0`, "containers", 0, "exitCode")
	b.want(x, `"family:f"`, "group")
	b.want(x, `"me"`, "startedBy")
	b.want(x, `[{"key":"k","value":"v"}]`, "tags")
	b.want(x, `"`+here.ARN("ecs", "task-definition/f:1")+`"`, "taskDefinitionArn")
	b.shut()
	if got := strings.Join(b.events, ","); got != arn+" RUNNING,"+arn+" STOPPED" {
		t.Errorf("told was %s", got)
	}
	b.open()
}

func TestFargate(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.do("RegisterTaskDefinition", `{"family":"f","requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"256","memory":"512","containerDefinitions":[{"name":"c","image":"i","command":["sh","-c","exit 4"]}]}`)
	b.refused("RunTask", `{"taskDefinition":"f","launchType":"FARGATE"}`, "InvalidParameterException", "Network Configuration must be provided")
	out := b.do("RunTask", `{"taskDefinition":"f","launchType":"FARGATE","count":2,"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}}}`)
	b.want(out, `[]`, "failures")
	b.want(out, `"PROVISIONING"`, "tasks", 0, "lastStatus")
	b.want(out, `[{"name":"subnetId","value":"subnet-1"}]`, "tasks", 1, "attachments", 0, "details")
	first, second := at(out, "tasks", 0, "taskArn").Str(), at(out, "tasks", 1, "taskArn").Str()
	for range 2 {
		<-b.ended
	}
	for _, arn := range []string{first, second} {
		x := b.task(arn)
		b.want(x, `4`, "containers", 0, "exitCode")
		b.want(x, `"FARGATE"`, "launchType")
		b.want(x, `"DELETED"`, "attachments", 0, "status")
	}
}

// TestContainersOfATask: when one that is essential ends, the others are stopped; one that is not may end as it likes.
func TestContainersOfATask(t *testing.T) {
	b := newBench(t, jobs.Options{Grace: 20 * time.Millisecond})
	side, done := b.pipe(), b.pipe()
	b.define("read x < "+done+"; exit 3",
		`,{"name":"side","image":"i","essential":false,"command":["sh","-c","echo > `+side+`; exec sleep 1000"]},{"name":"short","image":"i","essential":false,"command":["false"]}`)
	arn := b.run("")
	b.hear(side)
	if err := os.WriteFile(done, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	x := b.await(arn)
	b.want(x, `3`, "containers", 0, "exitCode")
	b.want(x, `143`, "containers", 1, "exitCode")
	b.want(x, `1`, "containers", 2, "exitCode")
	b.want(x, `"EssentialContainerExited"`, "stopCode")
	if len(b.runs) > 0 {
		t.Errorf("in memory are %v", b.runs)
	}
}

func TestTaskThatDoesNotStart(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.do("RegisterTaskDefinition", `{"family":"f","memory":"1","containerDefinitions":[{"name":"c","image":"no/image"},{"name":"d","image":"i","command":["sleep","1000"]}]}`)
	x := b.await(b.run(""))
	b.want(x, `"TaskFailedToStart"`, "stopCode")
	if why := at(x, "stoppedReason").Str(); !strings.Contains(why, "CannotPullContainerError: no/image") || at(x, "containers", 0, "reason").Str() != why {
		t.Errorf("it is %s", x.Compact())
	}
	if code := at(x, "containers", 0, "exitCode"); code.Exists() {
		t.Errorf("the exit code is %s", code.Text())
	}
}

func TestStopTask(t *testing.T) {
	b := newBench(t, jobs.Options{Concurrency: 1, Grace: 20 * time.Millisecond})
	pipe := b.pipe()
	b.define("echo > "+pipe+"; exec sleep 1000", "")
	arn, waits := b.run(""), b.run("")
	b.hear(pipe)
	if n := at(b.do("ListTasks", `{}`), "taskArns").Len(); n != 2 {
		t.Errorf("listed are %d tasks", n)
	}
	b.want(b.do("StopTask", `{"task":"`+waits+`"}`), `"UserInitiated"`, "task", "stopCode")
	b.want(b.await(waits), `"Task stopped by user"`, "stoppedReason")
	b.refused("DeleteCluster", `{"cluster":"default"}`, "ClusterContainsTasksException", "")
	b.want(b.do("DescribeClusters", `{}`), `1`, "clusters", 0, "runningTasksCount")
	b.want(b.do("StopTask", `{"task":"`+nameOf(arn)+`","reason":"enough"}`), `"STOPPED"`, "task", "desiredStatus")
	x := b.await(arn)
	b.want(x, `"enough"`, "stoppedReason")
	b.want(x, `143`, "containers", 0, "exitCode")
	b.want(b.do("StopTask", `{"task":"`+arn+`","reason":"again"}`), `"enough"`, "task", "stoppedReason")
	b.refused("StopTask", `{"task":"none"}`, "InvalidParameterException", "not found")
}

func TestClientToken(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	first := b.run(`,"clientToken":"t"`)
	if again := b.run(`,"clientToken":"t"`); again != first {
		t.Errorf("again it is %s, not %s", again, first)
	}
	b.refused("RunTask", `{"taskDefinition":"f","clientToken":"t","count":2}`, "ConflictException", "client token t")
	if other := b.run(`,"clientToken":"u"`); other == first {
		t.Error("another token gives the same task")
	}
	b.await(first)
	b.mu.Lock()
	b.now = b.now.Add(25 * time.Hour)
	b.mu.Unlock()
	if again := b.run(`,"clientToken":"t"`); again == first {
		t.Error("a day later the token gives the same task")
	}
	b.want(b.do("DescribeTasks", `{"tasks":["`+first+`"]}`), `"MISSING"`, "failures", 0, "reason")
	if again := b.run(`,"clientToken":"t"`); again == first {
		t.Error("the token gives a task that is forgotten")
	}
}

func TestRefusedTasks(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	b.refused("RunTask", `{"taskDefinition":"f","cluster":"none"}`, "ClusterNotFoundException", "Cluster not found.")
	b.refused("RunTask", `{"taskDefinition":"g"}`, "ClientException", "TaskDefinition not found.")
	b.refused("RunTask", `{"taskDefinition":"f","count":11}`, "InvalidParameterException", "count")
	b.refused("RunTask", `{"taskDefinition":"f","launchType":"FARGATE"}`, "InvalidParameterException", "does not support launch_type FARGATE")
	b.refused("RunTask", `{"taskDefinition":"f","networkConfiguration":{"awsvpcConfiguration":{"subnets":["s"]}}}`, "InvalidParameterException", "not valid")
	b.refused("RunTask", `{"taskDefinition":"f","overrides":{"containerOverrides":[{"name":"x"}]}}`, "InvalidParameterException", "container named x")
	b.refused("RunTask", `{"taskDefinition":"f","launchType":"EC2","capacityProviderStrategy":[{"capacityProvider":"p"}]}`, "InvalidParameterException", "both")
	b.refused("DescribeTasks", `{"tasks":[]}`, "InvalidParameterException", "empty")
	b.want(b.do("DescribeTasks", `{"tasks":["none"]}`), `"MISSING"`, "failures", 0, "reason")
	b.do("DeregisterTaskDefinition", `{"taskDefinition":"f:1"}`)
	b.refused("RunTask", `{"taskDefinition":"f:1"}`, "ClientException", "inactive")
}

// TestRestart: what waited runs, and what ran has stopped with its host.
func TestRestart(t *testing.T) {
	b := newBench(t, jobs.Options{Concurrency: 1})
	pipe := b.pipe()
	b.define("echo > "+pipe+"; exec sleep 1000", "")
	lost := b.run("")
	b.hear(pipe)
	waits := b.run(`,"overrides":{"containerOverrides":[{"name":"c","command":["exit 0"]}]}`)
	b.restart()
	x := b.await(lost)
	b.want(x, `"STOPPED"`, "lastStatus")
	if why := at(x, "stoppedReason").Str(); !strings.HasPrefix(why, "Host EC2") {
		t.Errorf("the reason is %s", why)
	}
	b.want(b.await(waits), `0`, "containers", 0, "exitCode")
	if left, err := b.active.List(nowhere); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestList(t *testing.T) {
	b := newBench(t, jobs.Options{})
	b.define("exit 0", "")
	for range 3 {
		b.await(b.run(`,"startedBy":"x"`))
	}
	for input, want := range map[string]int{
		`{}`: 0, `{"desiredStatus":"STOPPED"}`: 3, `{"desiredStatus":"STOPPED","family":"g"}`: 0, `{"desiredStatus":"STOPPED","startedBy":"x","launchType":"EC2"}`: 3,
		`{"desiredStatus":"STOPPED","maxResults":2}`: 2, `{"containerInstance":"i"}`: 0,
	} {
		if n := at(b.do("ListTasks", input), "taskArns").Len(); n != want {
			t.Errorf("%s: %d", input, n)
		}
	}
	token := at(b.do("ListTasks", `{"desiredStatus":"STOPPED","maxResults":2}`), "nextToken").Str()
	if n := at(b.do("ListTasks", `{"desiredStatus":"STOPPED","nextToken":"`+token+`"}`), "taskArns").Len(); n != 1 {
		t.Errorf("on the second page are %d", n)
	}
	b.refused("ListTasks", `{"serviceName":"s"}`, "ServiceNotFoundException", "")
}

// TestStoredForm: what an earlier build has stored is read.
func TestStoredForm(t *testing.T) {
	b := newBench(t, jobs.Options{})
	put(b, "task", []string{"default", "0123"}, `{"attachments":[],"attributes":[],"availabilityZone":"us-east-1a","clusterArn":"arn:c","containers":[{"containerArn":"arn:k","taskArn":"arn:t","name":"c","image":"i","lastStatus":"STOPPED","exitCode":3,"networkInterfaces":[],"healthStatus":"UNKNOWN","cpu":"0"}],"createdAt":1,"desiredStatus":"STOPPED","enableExecuteCommand":false,"group":"family:f","healthStatus":"UNKNOWN","lastStatus":"STOPPED","launchType":"EC2","overrides":{},"stopCode":"EssentialContainerExited","stoppedAt":2,"tags":null,"taskArn":"arn:t","taskDefinitionArn":"arn:aws:ecs:us-east-1:1:task-definition/f:1","version":3,"region":"us-east-1","account":"123456789012","clusterName":"default","id":"0123","containerDefinitions":[{"name":"c"}],"stoppedMs":2000}`)
	x := b.task("0123")
	b.want(x, `3`, "containers", 0, "exitCode")
	b.want(x, `"EssentialContainerExited"`, "stopCode")
	put(b, "definition", []string{"f", "0000000001"}, `{"taskDefinitionArn":"arn:d","containerDefinitions":[{"name":"c","image":"i"}],"family":"f","revision":1,"volumes":[],"status":"ACTIVE","placementConstraints":[],"compatibilities":["EC2"],"registeredAt":1,"registeredBy":"r"}`)
	b.want(b.do("DescribeTaskDefinition", `{"taskDefinition":"f"}`), `"i"`, "taskDefinition", "containerDefinitions", 0, "image")
	put(b, "cluster", []string{"old"}, `{"clusterArn":"arn:c","clusterName":"old","status":"ACTIVE","tags":[]}`)
	b.want(b.do("DescribeClusters", `{"clusters":["old"]}`), `"arn:c"`, "clusters", 0, "clusterArn")
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
	b.define("exit 0", "")
	task := b.run("")
	b.await(task)
	for _, arn := range []string{task, here.ARN("ecs", "task-definition/f:1"), here.ARN("ecs", "cluster/default")} {
		b.do("TagResource", `{"resourceArn":"`+arn+`","tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}]}`)
		b.do("TagResource", `{"resourceArn":"`+arn+`","tags":[{"key":"a","value":"3"}]}`)
		b.want(b.do("ListTagsForResource", `{"resourceArn":"`+arn+`"}`), `[{"key":"b","value":"2"},{"key":"a","value":"3"}]`, "tags")
		b.do("UntagResource", `{"resourceArn":"`+arn+`","tagKeys":["b"]}`)
		b.want(b.do("ListTagsForResource", `{"resourceArn":"`+arn+`"}`), `[{"key":"a","value":"3"}]`, "tags")
	}
	b.refused("ListTagsForResource", `{"resourceArn":"`+here.ARN("ecs", "cluster/none")+`"}`, "InvalidParameterException", "cluster was not found")
}
