package lambda

import (
	"net/http"
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
		awswire.Opt("VpcConfig", awswire.Struct("VpcConfig", awswire.Opt("SubnetIds", awswire.ListOf(text)), awswire.Opt("SecurityGroupIds", awswire.ListOf(text)))),
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
	version := awswire.Opt("FunctionVersion", text)
	return []awswire.Operation{
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
			Input: input(of(name, awswire.Req("Name", text), awswire.Req("FunctionVersion", text)), aliasMembers), Do: h.createAlias},
		{Name: "ListAliases", Method: "GET", Path: functions + "/{name}/aliases", Input: input(of(name), pageMembers), Do: h.listAliases},
		{Name: "GetAlias", Method: "GET", Path: functions + "/{name}/aliases/{alias}", Input: input(of(name, alias)), Do: h.getAlias},
		{Name: "UpdateAlias", Method: "PUT", Path: functions + "/{name}/aliases/{alias}", Input: input(of(name, alias, version), aliasMembers), Do: h.updateAlias},
		{Name: "DeleteAlias", Method: "DELETE", Path: functions + "/{name}/aliases/{alias}", Status: http.StatusNoContent, Input: input(of(name, alias)), Do: h.deleteAlias},

		{Name: "ListTags", Method: "GET", Path: "/2017-03-31/tags/{arn}", Input: input(of(resource)), Do: h.listTags},
		{Name: "TagResource", Method: "POST", Path: "/2017-03-31/tags/{arn}", Status: http.StatusNoContent,
			Input: input(of(resource, awswire.Req("Tags", tagsShape))), Do: h.tagResource},
		{Name: "UntagResource", Method: "DELETE", Path: "/2017-03-31/tags/{arn}", Status: http.StatusNoContent,
			Input: input(of(resource, awswire.Query("TagKeys", "tagKeys", awswire.ListOf(text)))), Do: h.untagResource},

		{Name: "GetAccountSettings", Method: "GET", Path: "/2016-08-19/account-settings", Input: input(), Do: h.getAccountSettings},
		{Name: "GetAccountSettings", Method: "GET", Path: "/2016-08-19/account-settings/{$}", Input: input(), Do: h.getAccountSettings},
		{Name: "GetPolicy", Method: "GET", Path: functions + "/{name}/policy", Input: named, Do: h.getPolicy},
		{Name: "GetFunctionConcurrency", Method: "GET", Path: "/2019-09-30/functions/{name}/concurrency", Input: named, Do: h.getConcurrency},
		{Name: "GetFunctionCodeSigningConfig", Method: "GET", Path: "/2020-06-30/functions/{name}/code-signing-config", Input: named, Do: h.getCodeSigning},
		{Name: "GetRuntimeManagementConfig", Method: "GET", Path: "/2021-07-20/functions/{name}/runtime-management-config", Input: named, Do: h.getRuntimeManagement},
		{Name: "GetFunctionRecursionConfig", Method: "GET", Path: "/2024-08-31/functions/{name}/recursion-config", Input: named, Do: h.getRecursion},
	}
}
