package asl

import (
	"iter"
	"maps"
	"slices"
)

// The optimised integrations: which actions a service has, and which patterns an action can be called with.

// sdkService stands before the name of a service that is called through the AWS SDK.
const sdkService = "aws-sdk"

// patterns is a set of Pattern.
type patterns uint8

const (
	request  patterns = 1 << RequestResponse
	job               = request | 1<<Sync
	callback          = request | 1<<WaitForTaskToken
)

func (p patterns) has(pattern Pattern) bool { return p&(1<<pattern) != 0 }

var integrations = map[string]map[string]patterns{
	"apigateway": {"invoke": callback},
	"athena": {"startQueryExecution": job, "stopQueryExecution": request, "getQueryExecution": request,
		"getQueryResults": request},
	"batch":             {"submitJob": job},
	"bedrock":           {"invokeModel": callback, "createModelCustomizationJob": job},
	"bedrockagentcore":  {"invokeHarness": request},
	"bedrock-agentcore": {"invokeHarness": request},
	"codebuild": {"startBuild": job, "stopBuild": request, "batchDeleteBuilds": request, "batchGetReports": request,
		"startBuildBatch": job, "stopBuildBatch": request, "retryBuildBatch": job, "deleteBuildBatch": request},
	"databrew": {"startJobRun": job},
	"dynamodb": {"getItem": request, "putItem": request, "deleteItem": request, "updateItem": request},
	"ecs":      {"runTask": job | callback},
	"eks": {"createCluster": job, "deleteCluster": job, "createFargateProfile": job, "deleteFargateProfile": job,
		"createNodegroup": job, "deleteNodegroup": job, "call": callback, "runJob": job | callback},
	"elasticmapreduce": {"createCluster": job, "terminateCluster": job, "setClusterTerminationProtection": request,
		"addStep": job, "cancelStep": request, "modifyInstanceFleetByName": request, "modifyInstanceGroupByName": request},
	"emr-containers": {"createVirtualCluster": request, "deleteVirtualCluster": job, "startJobRun": job},
	"emr-serverless": {"createApplication": job, "startApplication": job, "stopApplication": job,
		"deleteApplication": job, "startJobRun": job, "cancelJobRun": job},
	"events":       {"putEvents": callback},
	"glue":         {"startJobRun": job},
	"http":         {"invoke": request},
	"lambda":       {"invoke": callback},
	"mediaconvert": {"createJob": job},
	"sagemaker": {"createEndpoint": request, "createEndpointConfig": request, "createModel": request,
		"updateEndpoint": request, "createHyperParameterTuningJob": job, "createLabelingJob": job,
		"createProcessingJob": job, "createTrainingJob": job, "createTransformJob": job},
	"sns":    {"publish": callback},
	"sqs":    {"sendMessage": callback},
	"states": {"startExecution": job | callback | 1<<Sync2},
}

// parameters is what is known of the parameters of an action.
type parameters struct {
	required []string // those that the service misses when a definition leaves them out
	texts    []string // those that have to be strings; one that is not is noticed when the state runs
	known    []string // all others that there are; nil with no texts: it is not known
}

var integrationParameters = map[string]parameters{
	"apigateway:invoke": {
		required: []string{"ApiEndpoint", "Method"},
		known: []string{"ApiEndpoint", "Method", "Headers", "Stage", "Path", "QueryParameters", "RequestBody", "AllowNullValues",
			"AuthType"},
	},
	"dynamodb:getItem": {required: []string{"TableName", "Key"}},
	"dynamodb:putItem": {required: []string{"TableName", "Item"}},
	"ecs:runTask":      {required: []string{"TaskDefinition"}},
	"events:putEvents": {required: []string{"Entries"}},
	"glue:startJobRun": {required: []string{"JobName"}},
	"lambda:invoke": {
		required: []string{"FunctionName"},
		texts:    []string{"FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext"},
		known:    []string{"Payload"},
	},
	"sns:publish":     {required: []string{"Message"}},
	"sqs:sendMessage": {required: []string{"QueueUrl", "MessageBody"}},
	"states:startExecution": {
		required: []string{"StateMachineArn"},
		known:    []string{"StateMachineArn", "Name", "Input", "TraceHeader"},
	},
}

// parameters returns what is known of the parameters that the resource takes.
func (r *Resource) parameters() parameters { return integrationParameters[r.Service+":"+r.Action] }

// takes reports whether there is a parameter of that name.
func (p *parameters) takes(name string) bool {
	return p.known == nil || slices.Contains(p.known, name) || slices.Contains(p.texts, name)
}

// Integrations yields the actions of the optimised integrations, by service and by action, each with the patterns that it
// can be called with.
func Integrations() iter.Seq2[Resource, []Pattern] {
	return func(yield func(Resource, []Pattern) bool) {
		for _, service := range slices.Sorted(maps.Keys(integrations)) {
			for _, action := range slices.Sorted(maps.Keys(integrations[service])) {
				var can []Pattern
				for p := RequestResponse; p <= WaitForTaskToken; p++ {
					if integrations[service][action].has(p) {
						can = append(can, p)
					}
				}
				r := Resource{ARN: "arn:aws:states:::" + service + ":" + action, Service: service, Action: action, Pattern: RequestResponse}
				if !yield(r, can) {
					return
				}
			}
		}
	}
}

// Known are the parameters of an optimised integration that the States Language knows of itself, those that are required
// first; nil when it knows none. There may be others.
func (r *Resource) Known() (required, others []string) {
	p := r.parameters()
	for _, name := range slices.Concat(p.texts, p.known) {
		if !slices.Contains(p.required, name) && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	return p.required, others
}
