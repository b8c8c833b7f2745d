package asl

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

// requiredParameters are the parameters that the service misses when a definition leaves them out.
var requiredParameters = map[string][]string{
	"dynamodb:getItem":      {"TableName", "Key"},
	"dynamodb:putItem":      {"TableName", "Item"},
	"ecs:runTask":           {"TaskDefinition"},
	"events:putEvents":      {"Entries"},
	"glue:startJobRun":      {"JobName"},
	"lambda:invoke":         {"FunctionName"},
	"sns:publish":           {"Message"},
	"sqs:sendMessage":       {"QueueUrl", "MessageBody"},
	"states:startExecution": {"StateMachineArn"},
}
