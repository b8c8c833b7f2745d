package api

import (
	"strings"
	"unicode"

	"github.com/statelark/statelark/awswire"
)

// maxTraceHeader is how many characters the header of an X-Ray trace may have.
const maxTraceHeader = 256

// Shapes that more than one operation has.
var (
	arnShape          = awswire.Length(1, 256)
	longARNShape      = awswire.Length(1, 2000)
	descriptionShape  = awswire.Secret(0, 256)
	errorNameShape    = awswire.Secret(0, 256)
	causeShape        = awswire.Secret(0, 32_768)
	taskTokenShape    = awswire.Length(1, 2048)
	machineTypeShape  = awswire.Words("STANDARD", "EXPRESS")
	includedDataShape = awswire.Words("ALL_DATA", metadataOnly)
	pageSizeShape     = awswire.Range(0, 1000)
	pageTokenShape    = awswire.Length(1, 1024)
	flagShape         = awswire.Flag()

	traceHeaderShape = &awswire.Shape{Kind: awswire.String, Max: maxTraceHeader,
		Pattern: &awswire.Pattern{Text: `\p{ASCII}*`, Match: isASCII}}

	// The order of the words is the one that AWS prints.
	executionStatusShape = awswire.Words("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")

	aliasNameShape = &awswire.Shape{Kind: awswire.String, Min: 1, Max: 80,
		Pattern: &awswire.Pattern{Text: `^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`, Match: isAliasName}}
	clientTokenShape = &awswire.Shape{Kind: awswire.String, Min: 1, Max: 64, Pattern: &awswire.Pattern{Text: `[!-~]+`, Match: isClientToken}}
	routingShape     = &awswire.Shape{Kind: awswire.List, Min: 1, Max: 2, Elem: awswire.Struct("RoutingConfigurationListItem",
		awswire.Req("stateMachineVersionArn", arnShape), awswire.Req("weight", awswire.Range(0, 100)))}

	tagShape = awswire.Struct("Tag",
		awswire.Opt("key", awswire.Length(1, 128)),
		awswire.Opt("value", awswire.Length(0, 256)))
	tagsShape = awswire.ListOf(tagShape)

	loggingConfigurationShape = awswire.Struct("LoggingConfiguration",
		awswire.Opt("level", awswire.Words("ALL", "ERROR", "FATAL", "OFF")),
		awswire.Opt("includeExecutionData", flagShape),
		awswire.Opt("destinations", awswire.ListOf(awswire.Struct("LogDestination",
			awswire.Opt("cloudWatchLogsLogGroup", awswire.Struct("CloudWatchLogsLogGroup",
				awswire.Opt("logGroupArn", arnShape)))))))
	tracingConfigurationShape    = awswire.Struct("TracingConfiguration", awswire.Opt("enabled", flagShape))
	encryptionConfigurationShape = awswire.Struct("EncryptionConfiguration",
		awswire.Req("type", awswire.Words(awsOwnedKey, customerKey)),
		awswire.Opt("kmsKeyId", awswire.Length(1, 2048)),
		awswire.Opt("kmsDataKeyReusePeriodSeconds", awswire.Range(60, 900)))
)

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// input returns the shape of an operation's input.
func input(members ...awswire.Member) *awswire.Shape { return awswire.Struct("", members...) }

// operations is the table of the API: to add an operation, add a row and its function.
func (s *Server) operations() []awswire.Operation {
	req, opt := awswire.Req, awswire.Opt
	// An ARN has two names at most, and some 90 characters more.
	arnShape := awswire.Length(1, max(256, 96+2*int64(s.limits.NameCharacters)))
	nameShape := awswire.Length(1, int64(s.limits.NameCharacters)).Under("name-characters")
	definitionShape := awswire.Secret(1, int64(s.limits.DefinitionBytes)).Under("definition-bytes")
	payloadShape := awswire.Payload(int64(s.limits.PayloadBytes)).Under("payload-bytes")
	mockShape, stateConfigurationShape := testShapes(payloadShape)
	return []awswire.Operation{
		{Name: "CreateStateMachine", Do: s.createStateMachine, Input: input(
			req("name", nameShape), req("definition", definitionShape), req("roleArn", arnShape), opt("type", machineTypeShape),
			opt("loggingConfiguration", loggingConfigurationShape), opt("tags", tagsShape),
			opt("tracingConfiguration", tracingConfigurationShape), opt("publish", flagShape),
			opt("versionDescription", descriptionShape),
			opt("encryptionConfiguration", encryptionConfigurationShape))},
		{Name: "UpdateStateMachine", Do: s.updateStateMachine, Input: input(
			req("stateMachineArn", arnShape), opt("definition", definitionShape), opt("roleArn", arnShape),
			opt("loggingConfiguration", loggingConfigurationShape), opt("tracingConfiguration", tracingConfigurationShape),
			opt("publish", flagShape), opt("versionDescription", descriptionShape),
			opt("encryptionConfiguration", encryptionConfigurationShape))},
		{Name: "DescribeStateMachine", Do: s.describeStateMachine, Input: input(
			req("stateMachineArn", arnShape), opt("includedData", includedDataShape))},
		{Name: "DescribeStateMachineForExecution", Do: s.describeStateMachineForExecution, Input: input(
			req("executionArn", arnShape), opt("includedData", includedDataShape))},
		{Name: "ListStateMachines", Do: s.listStateMachines, Input: input(
			opt("maxResults", pageSizeShape), opt("nextToken", pageTokenShape))},
		{Name: "DeleteStateMachine", Do: s.deleteStateMachine, Input: input(req("stateMachineArn", arnShape))},
		{Name: "ValidateStateMachineDefinition", Do: s.validateDefinition, Input: input(
			req("definition", definitionShape), opt("type", machineTypeShape),
			opt("severity", awswire.Words("ERROR", "WARNING")), opt("maxResults", awswire.Range(0, maxDiagnostics)))},

		{Name: "PublishStateMachineVersion", Do: s.publishVersion, Input: input(
			req("stateMachineArn", arnShape), opt("revisionId", &awswire.Shape{Kind: awswire.String}), opt("description", descriptionShape))},
		{Name: "ListStateMachineVersions", Do: s.listVersions, Input: input(
			req("stateMachineArn", arnShape), opt("nextToken", pageTokenShape), opt("maxResults", pageSizeShape))},
		{Name: "DeleteStateMachineVersion", Do: s.deleteVersion, Input: input(req("stateMachineVersionArn", longARNShape))},
		{Name: "CreateStateMachineAlias", Do: s.createAlias, Input: input(
			opt("description", descriptionShape), req("name", aliasNameShape), req("routingConfiguration", routingShape))},
		{Name: "UpdateStateMachineAlias", Do: s.updateAlias, Input: input(
			req("stateMachineAliasArn", arnShape), opt("description", descriptionShape), opt("routingConfiguration", routingShape))},
		{Name: "DescribeStateMachineAlias", Do: s.describeAlias, Input: input(req("stateMachineAliasArn", arnShape))},
		{Name: "ListStateMachineAliases", Do: s.listAliases, Input: input(
			req("stateMachineArn", arnShape), opt("nextToken", pageTokenShape), opt("maxResults", pageSizeShape))},
		{Name: "DeleteStateMachineAlias", Do: s.deleteAlias, Input: input(req("stateMachineAliasArn", arnShape))},

		{Name: "StartExecution", Do: s.startExecution, Input: input(
			req("stateMachineArn", arnShape), opt("name", nameShape), opt("input", payloadShape), opt("traceHeader", traceHeaderShape))},
		{Name: "StartSyncExecution", Do: s.startSyncExecution, Input: input(
			req("stateMachineArn", arnShape), opt("name", nameShape), opt("input", payloadShape), opt("traceHeader", traceHeaderShape),
			opt("includedData", includedDataShape))},
		{Name: "StopExecution", Do: s.stopExecution, Input: input(
			req("executionArn", arnShape), opt("error", errorNameShape), opt("cause", causeShape))},
		{Name: "RedriveExecution", Do: s.redriveExecution, Input: input(
			req("executionArn", arnShape), opt("clientToken", clientTokenShape))},
		{Name: "DescribeExecution", Do: s.describeExecution, Input: input(
			req("executionArn", arnShape), opt("includedData", includedDataShape))},
		{Name: "ListExecutions", Do: s.listExecutions, Input: input(
			opt("stateMachineArn", arnShape), opt("statusFilter", executionStatusShape), opt("maxResults", pageSizeShape),
			opt("nextToken", awswire.Length(1, 3096)), opt("mapRunArn", longARNShape),
			opt("redriveFilter", awswire.Words("REDRIVEN", "NOT_REDRIVEN")))},
		{Name: "GetExecutionHistory", Do: s.getExecutionHistory, Input: input(
			req("executionArn", arnShape), opt("maxResults", pageSizeShape), opt("reverseOrder", flagShape),
			opt("nextToken", pageTokenShape), opt("includeExecutionData", flagShape))},

		{Name: "TestState", Do: s.testState, Input: input(
			req("definition", definitionShape), opt("roleArn", arnShape), opt("input", payloadShape),
			opt("inspectionLevel", awswire.Words("INFO", inspectDebug, inspectTrace)), opt("revealSecrets", flagShape),
			opt("variables", payloadShape), opt("stateName", awswire.Secret(1, 80)), opt("mock", mockShape),
			opt("context", payloadShape), opt("stateConfiguration", stateConfigurationShape))},

		{Name: "DescribeMapRun", Do: s.describeMapRun, Input: input(req("mapRunArn", longARNShape))},
		{Name: "ListMapRuns", Do: s.listMapRuns, Input: input(
			req("executionArn", arnShape), opt("maxResults", pageSizeShape), opt("nextToken", pageTokenShape))},
		{Name: "UpdateMapRun", Do: s.updateMapRun, Input: input(
			req("mapRunArn", longARNShape), opt("maxConcurrency", awswire.Range(0, 0)),
			opt("toleratedFailurePercentage", awswire.FloatRange(0, 100)), opt("toleratedFailureCount", awswire.Range(0, 0)))},

		{Name: "CreateActivity", Do: s.createActivity, Input: input(
			req("name", nameShape), opt("tags", tagsShape), opt("encryptionConfiguration", encryptionConfigurationShape))},
		{Name: "DescribeActivity", Do: s.describeActivity, Input: input(req("activityArn", arnShape))},
		{Name: "ListActivities", Do: s.listActivities, Input: input(
			opt("maxResults", pageSizeShape), opt("nextToken", pageTokenShape))},
		{Name: "DeleteActivity", Do: s.deleteActivity, Input: input(req("activityArn", arnShape))},
		{Name: "GetActivityTask", Do: s.getActivityTask, Input: input(
			req("activityArn", arnShape), opt("workerName", nameShape))},
		{Name: "SendTaskSuccess", Do: s.sendTaskSuccess, Input: input(
			req("taskToken", taskTokenShape), req("output", payloadShape))},
		{Name: "SendTaskFailure", Do: s.sendTaskFailure, Input: input(
			req("taskToken", taskTokenShape), opt("error", errorNameShape), opt("cause", causeShape))},
		{Name: "SendTaskHeartbeat", Do: s.sendTaskHeartbeat, Input: input(req("taskToken", taskTokenShape))},

		{Name: "TagResource", Do: s.tagResource, Input: input(req("resourceArn", arnShape), req("tags", tagsShape))},
		{Name: "UntagResource", Do: s.untagResource, Input: input(
			req("resourceArn", arnShape), req("tagKeys", awswire.ListOf(awswire.Length(1, 128))))},
		{Name: "ListTagsForResource", Do: s.listTagsForResource, Input: input(req("resourceArn", arnShape))},
	}
}
