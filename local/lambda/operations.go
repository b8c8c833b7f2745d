package lambda

import (
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// Shapes that more than one operation has. The patterns are as the API spells them.
var (
	text          = &awswire.Shape{Kind: awswire.String}
	flagShape     = awswire.Flag()
	qualifier     = awswire.Query("Qualifier", "Qualifier", awswire.Matching(128, function.QualifierPattern))
	revision      = awswire.Opt("RevisionId", text)
	description   = awswire.Opt("Description", awswire.Length(0, 256))
	tagsShape     = awswire.MapOf(nil, text)
	variablesKeys = awswire.Matching(0, `[a-zA-Z]([a-zA-Z0-9_])+`)
	environment   = awswire.Struct("Environment", awswire.Opt("Variables",
		&awswire.Shape{Kind: awswire.Map, Keys: variablesKeys, Elem: text, Sensitive: true}))
	roleShape    = awswire.Matching(0, `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`)
	handlerShape = awswire.Matching(128, `[^\s]+`)
	timeoutShape = awswire.Range(1, int64(function.MaxTimeout/time.Second))
	memoryShape  = awswire.Range(function.MinMemoryMB, function.MaxMemoryMB)

	// name is the function in the path.
	name     = awswire.Label("FunctionName", "name", awswire.Matching(0, function.NamePattern))
	resource = awswire.Label("Resource", "arn", text)
	named    = awswire.Struct("", qualifier, name)

	codeMembers = []awswire.Member{
		awswire.Opt("ZipFile", awswire.Bytes()), awswire.Opt("S3Bucket", text), awswire.Opt("S3Key", text),
		awswire.Opt("S3ObjectVersion", text), awswire.Opt("ImageUri", text),
	}
	settingsMembers = []awswire.Member{
		awswire.Opt("Handler", handlerShape), description, awswire.Opt("Timeout", timeoutShape),
		awswire.Opt("MemorySize", memoryShape), awswire.Opt("Runtime", text), awswire.Opt("Environment", environment),
		awswire.Opt("Layers", awswire.ListOf(text)), awswire.Opt("EphemeralStorage", awswire.Struct("EphemeralStorage",
			awswire.Req("Size", awswire.Range(512, 10240)))),
		awswire.Opt("TracingConfig", awswire.Struct("TracingConfig", awswire.Opt("Mode", awswire.Words("Active", "PassThrough")))),
		awswire.Opt("SnapStart", awswire.Struct("SnapStart", awswire.Opt("ApplyOn", awswire.Words("PublishedVersions", "None")))),
		awswire.Opt("DeadLetterConfig", awswire.Struct("DeadLetterConfig", awswire.Opt("TargetArn", text))), awswire.Opt("KMSKeyArn", text),
		awswire.Opt("VpcConfig", awswire.Struct("VpcConfig", awswire.Opt("SubnetIds", awswire.ListOf(awswire.Matching(1024, `subnet-[0-9a-z]*`))),
			awswire.Opt("SecurityGroupIds", awswire.ListOf(awswire.Matching(1024, `sg-[0-9a-zA-Z]*`))))),
		awswire.Opt("LoggingConfig", awswire.Struct("LoggingConfig",
			awswire.Opt("LogFormat", awswire.Words("JSON", "Text")), awswire.Opt("LogGroup", text),
			awswire.Opt("ApplicationLogLevel", awswire.Words("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")),
			awswire.Opt("SystemLogLevel", awswire.Words("DEBUG", "INFO", "WARN")))),
	}
	pageMembers = []awswire.Member{
		awswire.Query("Marker", "Marker", text), awswire.Query("MaxItems", "MaxItems", awswire.Range(1, maxItems)),
	}
	aliasMembers = []awswire.Member{
		description, awswire.Opt("RoutingConfig", awswire.Struct("AliasRoutingConfiguration",
			awswire.Opt("AdditionalVersionWeights", awswire.MapOf(nil, number)))),
	}
	architectures = awswire.Opt("Architectures", awswire.ListOf(awswire.Words("x86_64", "arm64")))

	versionShape = awswire.Matching(1024, `(\$LATEST(\.PUBLISHED)?|[0-9]+)`)

	number = &awswire.Shape{Kind: awswire.Float}
)

// createPattern is that of FunctionName where a function is made.
const createPattern = `(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?` +
	`(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`

// input returns the shape of an operation's input.
func input(members ...[]awswire.Member) *awswire.Shape {
	var all []awswire.Member
	for _, m := range members {
		all = append(all, m...)
	}
	return awswire.Struct("", all...)
}

// of makes a list of members.
func of(members ...awswire.Member) []awswire.Member { return members }

// operations is the table of the API: to add an operation, add a row and its function.
func (h *Handler) operations() []awswire.Operation {
	const functions = "/2015-03-31/functions"
	create := input(of(awswire.Req("FunctionName", awswire.Matching(0, createPattern)), awswire.Req("Code", awswire.Struct("FunctionCode", codeMembers...)),
		awswire.Opt("PackageType", awswire.Words("Zip", "Image")), awswire.Req("Role", roleShape)), settingsMembers,
		of(awswire.Opt("Publish", flagShape), awswire.Opt("Tags", tagsShape), architectures))
	list := input(pageMembers, of(awswire.Query("FunctionVersion", "FunctionVersion", awswire.Words("ALL"))))
	alias := awswire.Label("Name", "alias", text)
	version := awswire.Opt("FunctionVersion", versionShape)
	return append([]awswire.Operation{
		{Name: "CreateFunction", Method: "POST", Path: functions, Status: http.StatusCreated, Input: create, MaxBody: maxUpload, Do: h.createFunction},
		{Name: "CreateFunction", Method: "POST", Path: functions + "/{$}", Status: http.StatusCreated, Input: create, MaxBody: maxUpload, Do: h.createFunction},
		{Name: "ListFunctions", Method: "GET", Path: functions, Input: list, Do: h.listFunctions},
		{Name: "ListFunctions", Method: "GET", Path: functions + "/{$}", Input: list, Do: h.listFunctions},
		{Name: "GetFunction", Method: "GET", Path: functions + "/{name}", Input: named, Do: h.getFunction},
		{Name: "DeleteFunction", Method: "DELETE", Path: functions + "/{name}", Status: http.StatusNoContent, Input: named, Do: h.deleteFunction},
		{Name: "GetFunctionConfiguration", Method: "GET", Path: functions + "/{name}/configuration", Input: named, Do: h.getConfiguration},
		{Name: "UpdateFunctionConfiguration", Method: "PUT", Path: functions + "/{name}/configuration",
			Input: input(of(name, awswire.Opt("Role", roleShape)), settingsMembers, of(revision)), Do: h.updateConfiguration},
		{Name: "UpdateFunctionCode", Method: "PUT", Path: functions + "/{name}/code", MaxBody: maxUpload,
			Input: input(of(name), codeMembers, of(awswire.Opt("Publish", flagShape), awswire.Opt("DryRun", flagShape), revision, architectures)), Do: h.updateCode},
		{Name: "DownloadCode", Method: "GET", Path: functions + "/{name}/code", Input: named, Do: h.downloadCode},
		{Name: "Invoke", Method: "POST", Path: functions + "/{name}/invocations", Plain: true, MaxBody: maxInvocation, Do: h.invoke,
			Input: input(of(name, qualifier, awswire.Head("InvocationType", "X-Amz-Invocation-Type", awswire.Words("Event", "RequestResponse", "DryRun")),
				awswire.Head("LogType", "X-Amz-Log-Type", awswire.Words("None", "Tail")), awswire.Head("ClientContext", "X-Amz-Client-Context", text)))},

		{Name: "PublishVersion", Method: "POST", Path: functions + "/{name}/versions", Status: http.StatusCreated,
			Input: input(of(name, awswire.Opt("CodeSha256", text), description, revision)), Do: h.publishVersion},
		{Name: "ListVersionsByFunction", Method: "GET", Path: functions + "/{name}/versions", Input: input(of(name), pageMembers), Do: h.listVersions},
		{Name: "CreateAlias", Method: "POST", Path: functions + "/{name}/aliases", Status: http.StatusCreated,
			Input: input(of(name, awswire.Req("Name", text), awswire.Req("FunctionVersion", versionShape)), aliasMembers), Do: h.createAlias},
		{Name: "ListAliases", Method: "GET", Path: functions + "/{name}/aliases", Input: input(of(name, awswire.Query("FunctionVersion", "FunctionVersion", versionShape)), pageMembers), Do: h.listAliases},
		{Name: "GetAlias", Method: "GET", Path: functions + "/{name}/aliases/{alias}", Input: input(of(name, alias)), Do: h.getAlias},
		{Name: "UpdateAlias", Method: "PUT", Path: functions + "/{name}/aliases/{alias}", Input: input(of(name, alias, version, revision), aliasMembers), Do: h.updateAlias},
		{Name: "DeleteAlias", Method: "DELETE", Path: functions + "/{name}/aliases/{alias}", Status: http.StatusNoContent, Input: input(of(name, alias)), Do: h.deleteAlias},

		{Name: "ListTags", Method: "GET", Path: "/2017-03-31/tags/{arn}", Input: input(of(resource)), Do: h.listTags},
		{Name: "TagResource", Method: "POST", Path: "/2017-03-31/tags/{arn}", Status: http.StatusNoContent,
			Input: input(of(resource, awswire.Req("Tags", tagsShape))), Do: h.tagResource},
		{Name: "UntagResource", Method: "DELETE", Path: "/2017-03-31/tags/{arn}", Status: http.StatusNoContent,
			Input: input(of(resource, awswire.Query("TagKeys", "tagKeys", awswire.ListOf(text)))), Do: h.untagResource},

		{Name: "GetAccountSettings", Method: "GET", Path: "/2016-08-19/account-settings", Input: input(), Do: h.getAccountSettings},
		{Name: "GetAccountSettings", Method: "GET", Path: "/2016-08-19/account-settings/{$}", Input: input(), Do: h.getAccountSettings},
	}, slices.Concat(h.noteOperations(), h.layerOperations(), h.mappingOperations())...)
}

// noteOperations are those about what is kept of a function beside itself.
func (h *Handler) noteOperations() []awswire.Operation {
	const functions = "/2015-03-31/functions/{name}"
	sid := awswire.Req("StatementId", awswire.Matching(100, `([a-zA-Z0-9-_]+)`))
	permission := input(of(name, qualifier, sid, awswire.Req("Action", awswire.Matching(0, `(lambda:[*]|lambda:[a-zA-Z]+|[*])`)), awswire.Req("Principal", text),
		awswire.Opt("SourceArn", text), awswire.Opt("SourceAccount", awswire.Matching(12, `\d{12}`)), awswire.Opt("EventSourceToken", text), awswire.Opt("PrincipalOrgID", text),
		awswire.Opt("FunctionUrlAuthType", awswire.Words("NONE", "AWS_IAM")), revision))
	unpermit := input(of(name, qualifier, awswire.Label("StatementId", "sid", text), awswire.Query("RevisionId", "RevisionId", text)))
	auth, mode := awswire.Words("NONE", "AWS_IAM"), awswire.Words("BUFFERED", "RESPONSE_STREAM")
	crossOrigin := awswire.Opt("Cors", awswire.Struct("Cors"))
	listed := input(of(name), pageMembers)
	events := input(of(name, qualifier, awswire.Opt("MaximumRetryAttempts", awswire.Range(0, 2)),
		awswire.Opt("MaximumEventAgeInSeconds", awswire.Range(60, 21600)), awswire.Opt("DestinationConfig", awswire.Struct("DestinationConfig"))))
	managed := input(of(name, qualifier, awswire.Req("UpdateRuntimeOn", awswire.Words("Auto", "Manual", "FunctionUpdate")), awswire.Opt("RuntimeVersionArn", text)))
	const invoke, url, provisioned = "/2019-09-25/functions/{name}/event-invoke-config", "/2021-10-31/functions/{name}/url", "/2019-09-30/functions/{name}/provisioned-concurrency"
	return []awswire.Operation{
		{Name: "AddPermission", Method: "POST", Path: functions + "/policy", Status: http.StatusCreated, Input: permission, Do: h.addPermission},
		{Name: "RemovePermission", Method: "DELETE", Path: functions + "/policy/{sid}", Status: http.StatusNoContent, Input: unpermit, Do: h.removePermission},
		{Name: "GetPolicy", Method: "GET", Path: functions + "/policy", Input: named, Do: h.getPolicy},

		{Name: "CreateFunctionUrlConfig", Method: "POST", Path: url, Status: http.StatusCreated,
			Input: input(of(name, qualifier, awswire.Req("AuthType", auth), awswire.Opt("InvokeMode", mode), crossOrigin)), Do: h.createURL},
		{Name: "GetFunctionUrlConfig", Method: "GET", Path: url, Input: named, Do: h.getURL},
		{Name: "UpdateFunctionUrlConfig", Method: "PUT", Path: url,
			Input: input(of(name, qualifier, awswire.Opt("AuthType", auth), awswire.Opt("InvokeMode", mode), crossOrigin)), Do: h.updateURL},
		{Name: "DeleteFunctionUrlConfig", Method: "DELETE", Path: url, Status: http.StatusNoContent, Input: named, Do: h.deleteURL},
		{Name: "ListFunctionUrlConfigs", Method: "GET", Path: url + "s", Input: listed, Do: h.listURLs},

		{Name: "PutFunctionConcurrency", Method: "PUT", Path: "/2017-10-31/functions/{name}/concurrency",
			Input: input(of(name, awswire.Req("ReservedConcurrentExecutions", awswire.Range(0, math.MaxInt32)))), Do: h.putConcurrency},
		{Name: "DeleteFunctionConcurrency", Method: "DELETE", Path: "/2017-10-31/functions/{name}/concurrency", Status: http.StatusNoContent, Input: input(of(name)), Do: h.deleteConcurrency},
		{Name: "GetFunctionConcurrency", Method: "GET", Path: "/2019-09-30/functions/{name}/concurrency", Input: input(of(name)), Do: h.getConcurrency},
		{Name: "PutProvisionedConcurrencyConfig", Method: "PUT", Path: provisioned, Status: http.StatusAccepted,
			Input: input(of(name, qualifier, awswire.Req("ProvisionedConcurrentExecutions", &awswire.Shape{Kind: awswire.Integer}))), Do: h.putProvisioned},
		{Name: "GetProvisionedConcurrencyConfig", Method: "GET", Path: provisioned, Input: input(of(name, qualifier, awswire.Query("List", "List", text), pageMembers[0], pageMembers[1])), Do: h.getOrListProvisioned},
		{Name: "DeleteProvisionedConcurrencyConfig", Method: "DELETE", Path: provisioned, Status: http.StatusNoContent, Input: named, Do: h.deleteProvisioned},

		{Name: "PutFunctionEventInvokeConfig", Method: "PUT", Path: invoke, Input: events, Do: h.putEventInvoke},
		{Name: "UpdateFunctionEventInvokeConfig", Method: "POST", Path: invoke, Input: events, Do: h.updateEventInvoke},
		{Name: "GetFunctionEventInvokeConfig", Method: "GET", Path: invoke, Input: named, Do: h.getEventInvoke},
		{Name: "DeleteFunctionEventInvokeConfig", Method: "DELETE", Path: invoke, Status: http.StatusNoContent, Input: named, Do: h.deleteEventInvoke},
		{Name: "ListFunctionEventInvokeConfigs", Method: "GET", Path: invoke + "/list", Input: listed, Do: h.listEventInvoke},

		{Name: "PutFunctionRecursionConfig", Method: "PUT", Path: "/2024-08-31/functions/{name}/recursion-config",
			Input: input(of(name, awswire.Req("RecursiveLoop", awswire.Words("Terminate", "Allow")))), Do: h.putRecursion},
		{Name: "GetFunctionRecursionConfig", Method: "GET", Path: "/2024-08-31/functions/{name}/recursion-config", Input: input(of(name)), Do: h.getRecursion},
		{Name: "PutRuntimeManagementConfig", Method: "PUT", Path: "/2021-07-20/functions/{name}/runtime-management-config", Input: managed, Do: h.putRuntimeManagement},
		{Name: "GetRuntimeManagementConfig", Method: "GET", Path: "/2021-07-20/functions/{name}/runtime-management-config", Input: named, Do: h.getRuntimeManagement},
	}
}

// layerOperations are those about layers and code signing configurations.
func (h *Handler) layerOperations() []awswire.Operation {
	const layers, signings, signing = "/2018-10-31/layers", "/2020-04-22/code-signing-configs", "/2020-06-30/functions/{name}/code-signing-config"
	const version = layers + "/{layer}/versions/{number}"
	layer := awswire.Label("LayerName", "layer", awswire.Length(1, 140))
	number := awswire.Label("VersionNumber", "number", &awswire.Shape{Kind: awswire.Integer})
	one := input(of(layer, number))
	config := awswire.Label("CodeSigningConfigArn", "config", text)
	signed := of(description, awswire.Opt("AllowedPublishers", awswire.Struct("AllowedPublishers")), awswire.Opt("CodeSigningPolicies", awswire.Struct("CodeSigningPolicies")))
	runtimes := awswire.Query("CompatibleRuntime", "CompatibleRuntime", text)
	return []awswire.Operation{
		{Name: "PublishLayerVersion", Method: "POST", Path: layers + "/{layer}/versions", Status: http.StatusCreated, MaxBody: maxUpload,
			Input: input(of(layer, description, awswire.Req("Content", awswire.Struct("LayerVersionContentInput", codeMembers[:4]...)),
				awswire.Opt("CompatibleRuntimes", awswire.ListOf(text)), awswire.Opt("LicenseInfo", awswire.Length(0, 512)),
				awswire.Opt("CompatibleArchitectures", awswire.ListOf(awswire.Words("x86_64", "arm64"))))), Do: h.publishLayer},
		{Name: "GetLayerVersion", Method: "GET", Path: version, Input: one, Do: h.getLayer},
		{Name: "GetLayerVersionByArn", Method: "GET", Path: layers, Input: input(of(awswire.Query("Arn", "Arn", text), awswire.Query("Find", "find", text), pageMembers[0], pageMembers[1])), Do: h.findLayers},
		{Name: "DeleteLayerVersion", Method: "DELETE", Path: version, Status: http.StatusNoContent, Input: one, Do: h.deleteLayer},
		{Name: "ListLayerVersions", Method: "GET", Path: layers + "/{layer}/versions", Input: input(of(layer, runtimes), pageMembers), Do: h.listLayerVersions},
		{Name: "DownloadLayer", Method: "GET", Path: layers + "/{arn}/content", Input: input(of(awswire.Label("Arn", "arn", text))), Do: h.layerArchive},
		{Name: "AddLayerVersionPermission", Method: "POST", Path: version + "/policy", Status: http.StatusCreated,
			Input: input(of(layer, number, awswire.Req("StatementId", awswire.Matching(100, `([a-zA-Z0-9-_]+)`)), awswire.Req("Action", awswire.Matching(0, `lambda:GetLayerVersion`)),
				awswire.Req("Principal", awswire.Matching(0, `\d{12}|\*|arn:(aws[a-zA-Z-]*):iam::\d{12}:root`)), awswire.Opt("OrganizationId", text), awswire.Query("RevisionId", "RevisionId", text))), Do: h.addLayerPermission},
		{Name: "RemoveLayerVersionPermission", Method: "DELETE", Path: version + "/policy/{sid}", Status: http.StatusNoContent,
			Input: input(of(layer, number, awswire.Label("StatementId", "sid", text), awswire.Query("RevisionId", "RevisionId", text))), Do: h.removeLayerPermission},
		{Name: "GetLayerVersionPolicy", Method: "GET", Path: version + "/policy", Input: one, Do: h.getLayerPolicy},

		{Name: "CreateCodeSigningConfig", Method: "POST", Path: signings, Status: http.StatusCreated, Input: input(signed), Do: h.createSigning},
		{Name: "ListCodeSigningConfigs", Method: "GET", Path: signings, Input: input(pageMembers), Do: h.listSigning},
		{Name: "GetCodeSigningConfig", Method: "GET", Path: signings + "/{config}", Input: input(of(config)), Do: h.getSigning},
		{Name: "UpdateCodeSigningConfig", Method: "PUT", Path: signings + "/{config}", Input: input(of(config), signed), Do: h.updateSigning},
		{Name: "DeleteCodeSigningConfig", Method: "DELETE", Path: signings + "/{config}", Status: http.StatusNoContent, Input: input(of(config)), Do: h.deleteSigning},
		{Name: "ListFunctionsByCodeSigningConfig", Method: "GET", Path: signings + "/{config}/functions", Input: input(of(config), pageMembers), Do: h.listSigned},
		{Name: "PutFunctionCodeSigningConfig", Method: "PUT", Path: signing, Input: input(of(name, awswire.Req("CodeSigningConfigArn", text))), Do: h.putFunctionSigning},
		{Name: "GetFunctionCodeSigningConfig", Method: "GET", Path: signing, Input: input(of(name)), Do: h.getCodeSigning},
		{Name: "DeleteFunctionCodeSigningConfig", Method: "DELETE", Path: signing, Status: http.StatusNoContent, Input: input(of(name)), Do: h.deleteFunctionSigning},
	}
}

// mappingOperations are those about event source mappings.
func (h *Handler) mappingOperations() []awswire.Operation {
	const mappings = "/2015-03-31/event-source-mappings"
	id := awswire.Label("UUID", "uuid", text)
	flags := of(awswire.Opt("Enabled", flagShape), awswire.Opt("BatchSize", awswire.Range(1, 10000)), awswire.Opt("MaximumBatchingWindowInSeconds", awswire.Range(0, 300)),
		awswire.Opt("FunctionResponseTypes", awswire.ListOf(awswire.Words(partialFailures))), awswire.Opt("FilterCriteria", awswire.Struct("FilterCriteria")),
		awswire.Opt("ScalingConfig", awswire.Struct("ScalingConfig", awswire.Opt("MaximumConcurrency", awswire.Range(2, 1000)))))
	called := awswire.Matching(0, function.NamePattern)
	create := input(of(awswire.Opt("EventSourceArn", text), awswire.Req("FunctionName", called), awswire.Opt("Tags", tagsShape)), flags)
	list := input(of(awswire.Query("EventSourceArn", "EventSourceArn", text), awswire.Query("FunctionName", "FunctionName", called)), pageMembers)
	return []awswire.Operation{
		{Name: "CreateEventSourceMapping", Method: "POST", Path: mappings, Status: http.StatusAccepted, Input: create, Do: h.createMapping},
		{Name: "CreateEventSourceMapping", Method: "POST", Path: mappings + "/{$}", Status: http.StatusAccepted, Input: create, Do: h.createMapping},
		{Name: "ListEventSourceMappings", Method: "GET", Path: mappings, Input: list, Do: h.listMappings},
		{Name: "ListEventSourceMappings", Method: "GET", Path: mappings + "/{$}", Input: list, Do: h.listMappings},
		{Name: "GetEventSourceMapping", Method: "GET", Path: mappings + "/{uuid}", Input: input(of(id)), Do: h.getMapping},
		{Name: "UpdateEventSourceMapping", Method: "PUT", Path: mappings + "/{uuid}", Status: http.StatusAccepted,
			Input: input(of(id, awswire.Opt("FunctionName", called)), flags), Do: h.updateMapping},
		{Name: "DeleteEventSourceMapping", Method: "DELETE", Path: mappings + "/{uuid}", Status: http.StatusAccepted, Input: input(of(id)), Do: h.deleteMapping},
	}
}
