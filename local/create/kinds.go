package create

import (
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// kind is one kind of thing that can be made.
type kind struct {
	service   string
	operation string // that makes it
	misses    func(r *awswire.Request, no *awswire.Error) bool
	name      func(r *awswire.Request) string
	// input is that of the operation; false when the request does not say enough.
	input func(r *awswire.Request, name string) (value.Value, bool)
	// before is what it needs, which is made first under the same name; nil: nothing.
	before *kind
}

var kinds = []*kind{
	{
		service: "dynamodb", operation: "CreateTable", misses: codes("ResourceNotFoundException"), input: table,
		name: lastOf("TableName", "/"),
	},
	{
		service: "sqs", operation: "CreateQueue", misses: codes("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
		name: func(r *awswire.Request) string {
			if r.Operation == "GetQueueUrl" {
				return text(r, "QueueName")
			}
			return lastOf("QueueUrl", "/")(r)
		},
		input: func(_ *awswire.Request, name string) (value.Value, bool) {
			return fifo(object("QueueName", name), name, "FifoQueue"), true
		},
	},
	{
		service: "sns", operation: "CreateTopic", misses: codes("NotFound", "NotFoundException"),
		name: func(r *awswire.Request) string {
			if name := lastOf("TopicArn", ":")(r); name != "" {
				return name
			}
			if target := text(r, "TargetArn"); !strings.Contains(target, "/") {
				return lastOf("TargetArn", ":")(r)
			}
			return "" // an endpoint of a phone
		},
		input: func(_ *awswire.Request, name string) (value.Value, bool) {
			return fifo(object("Name", name), name, "FifoTopic"), true
		},
	},
	{
		service: "s3", operation: "CreateBucket", misses: codes("NoSuchBucket"), name: lastOf("Bucket", ":"),
		input: func(r *awswire.Request, name string) (value.Value, bool) {
			in := object("Bucket", name)
			if r.Place.Region != "us-east-1" {
				in = in.With("CreateBucketConfiguration", object("LocationConstraint", r.Place.Region))
			}
			return in, r.Operation != "DeleteBucket" && !strings.HasPrefix(r.Operation, "HeadBucket")
		},
	},
	{
		service: "logs", operation: "CreateLogGroup", name: lastOf("logGroupName", ":"),
		misses: func(_ *awswire.Request, no *awswire.Error) bool {
			return no.Code == "ResourceNotFoundException" && !strings.Contains(no.Message, "stream")
		},
		input: func(_ *awswire.Request, name string) (value.Value, bool) { return object("logGroupName", name), true },
	},
	{
		service: "logs", operation: "CreateLogStream", name: lastOf("logStreamName", ":"),
		misses: func(r *awswire.Request, no *awswire.Error) bool {
			return no.Code == "ResourceNotFoundException" && strings.Contains(no.Message, "stream") && r.Operation == "PutLogEvents"
		},
		input: func(r *awswire.Request, name string) (value.Value, bool) {
			return object("logGroupName", text(r, "logGroupName"), "logStreamName", name), true
		},
	},
	{
		service: "events", operation: "CreateEventBus", misses: codes("ResourceNotFoundException"),
		name: func(r *awswire.Request) string {
			if r.Operation != "PutEvents" {
				return lastOf("EventBusName", "/")(r)
			}
			entries, _ := r.Input.Get("Entries")
			for _, e := range entries.Elems() {
				if bus, _ := e.Get("EventBusName"); bus.Str() != "" {
					return last(bus.Str(), "/")
				}
			}
			return ""
		},
		input: func(_ *awswire.Request, name string) (value.Value, bool) { return object("Name", name), true },
	},
	{
		service: "batch", operation: "RegisterJobDefinition", misses: says("SubmitJob", "definition"),
		name: func(r *awswire.Request) string {
			name, _, _ := strings.Cut(lastOf("jobDefinition", "/")(r), ":")
			return name
		},
		input: func(_ *awswire.Request, name string) (value.Value, bool) {
			return object("jobDefinitionName", name, "type", "container").With("containerProperties", object("image", name)), true
		},
	},
	{
		service: "batch", operation: "CreateJobQueue", misses: says("SubmitJob", "queue"), name: lastOf("jobQueue", "/"),
		input: func(_ *awswire.Request, name string) (value.Value, bool) {
			order := object("computeEnvironment", name).With("order", value.FromInt(1))
			return object("jobQueueName", name, "state", "ENABLED").With("priority", value.FromInt(1)).
				With("computeEnvironmentOrder", value.NewArray([]value.Value{order})), true
		},
		before: &kind{operation: "CreateComputeEnvironment", input: func(_ *awswire.Request, name string) (value.Value, bool) {
			return object("computeEnvironmentName", name, "type", "UNMANAGED", "state", "ENABLED"), true
		}},
	},
	{
		service: "ecs", operation: "CreateCluster", misses: codes("ClusterNotFoundException"),
		name: func(r *awswire.Request) string {
			if name := lastOf("cluster", "/")(r); name != "" {
				return name
			}
			return "default"
		},
		input: func(_ *awswire.Request, name string) (value.Value, bool) { return object("clusterName", name), true },
	},
	{
		service: "ecs", operation: "RegisterTaskDefinition", misses: says("RunTask", "definition"),
		name: func(r *awswire.Request) string {
			family, _, _ := strings.Cut(lastOf("taskDefinition", "/")(r), ":")
			return family
		},
		input: func(r *awswire.Request, name string) (value.Value, bool) { return taskDefinition(r, name), true },
	},
	{
		service: "glue", operation: "CreateJob", misses: codes("EntityNotFoundException"), name: lastOf("JobName", "/"),
		input: func(r *awswire.Request, name string) (value.Value, bool) {
			return object("Name", name, "Role", "arn:aws:iam::"+r.Place.Account+":role/"+name).
				With("Command", object("Name", "pythonshell", "ScriptLocation", name)), r.Operation == "StartJobRun"
		},
	},
}

// codes: the code of the error is one of these.
func codes(codes ...string) func(*awswire.Request, *awswire.Error) bool {
	return func(_ *awswire.Request, no *awswire.Error) bool {
		for _, code := range codes {
			if no.Code == code {
				return true
			}
		}
		return false
	}
}

// says: the message of an error that has no better code speaks of a thing that is not there.
func says(operation, thing string) func(*awswire.Request, *awswire.Error) bool {
	return func(r *awswire.Request, no *awswire.Error) bool {
		message := strings.ToLower(no.Message)
		return r.Operation == operation && no.Code == "ClientException" && strings.Contains(message, thing) &&
			(strings.Contains(message, "not found") || strings.Contains(message, "not exist") || strings.Contains(message, "unable to describe"))
	}
}

// text is a member of the input that is a text.
func text(r *awswire.Request, name string) string {
	v, _ := r.Input.Get(name)
	return v.Str()
}

// lastOf is what stands last in a member: the name in an ARN or a URL.
func lastOf(member, separator string) func(*awswire.Request) string {
	return func(r *awswire.Request) string { return last(text(r, member), separator) }
}

func last(text, separator string) string { return text[strings.LastIndex(text, separator)+1:] }

// object is an object of texts: a name, a text, a name …
func object(texts ...string) value.Value {
	var members []value.Member
	for i := 0; i < len(texts); i += 2 {
		members = append(members, value.Member{Key: texts[i], Value: value.FromString(texts[i+1])})
	}
	return value.NewObject(members)
}

// fifo says in an attribute that something is first in, first out, where its name ends so.
func fifo(in value.Value, name, attribute string) value.Value {
	if !strings.HasSuffix(name, ".fifo") {
		return in
	}
	return in.With("Attributes", object(attribute, "true"))
}

// taskDefinition has the containers that the request overrides, or one that is called as the family is.
func taskDefinition(r *awswire.Request, family string) value.Value {
	overrides, _ := r.Input.Get("overrides")
	given, _ := overrides.Get("containerOverrides")
	names := []string{}
	for _, o := range given.Elems() {
		if name, _ := o.Get("name"); name.Str() != "" {
			names = append(names, name.Str())
		}
	}
	if len(names) == 0 {
		names = append(names, family)
	}
	containers := make([]value.Value, len(names))
	for i, name := range names {
		containers[i] = object("name", name, "image", family).With("essential", value.True).With("memory", value.FromInt(taskMemory))
	}
	in := object("family", family).With("containerDefinitions", value.NewArray(containers))
	if _, own := r.Input.Get("networkConfiguration"); own || text(r, "launchType") == "FARGATE" {
		in = in.With("networkMode", value.FromString("awsvpc")).With("cpu", value.FromString("256")).With("memory", value.FromString("512")).
			With("requiresCompatibilities", value.NewArray([]value.Value{value.FromString("FARGATE")}))
	}
	return in
}

// taskMemory is that of a container, in MiB: one has to be named.
const taskMemory = 512
