package deploy

// machineSettings are the settings of a state machine at the API, whose names begin with small letters.
const machineSettings = "LoggingConfiguration TracingConfiguration EncryptionConfiguration"

// workflowRows are those of Step Functions. DefinitionString is what a preparation made of the definition, wherever it stands
// (see definition.go).
var workflowRows = map[string]*row{
	"AWS::StepFunctions::StateMachine": {
		name: "StateMachineName",
		create: []step{
			{call: "stepfunctions:CreateStateMachine", camel: true, copy: machineSettings,
				input: `{"name": StateMachineName, "definition": DefinitionString, "roleArn": RoleArn, "type": StateMachineType, "tags": $lowTags(Tags)}`},
			{call: "stepfunctions:DescribeStateMachine", input: `{"stateMachineArn": $arn("states", "stateMachine:" & StateMachineName)}`},
		},
		update: []step{
			{call: "stepfunctions:UpdateStateMachine", camel: true, copy: machineSettings,
				input: `{"stateMachineArn": $id, "definition": DefinitionString, "roleArn": RoleArn,
					"loggingConfiguration": $old.LoggingConfiguration and $not($exists(LoggingConfiguration)) ? {"level": "OFF", "includeExecutionData": false, "destinations": []},
					"tracingConfiguration": $old.TracingConfiguration and $not($exists(TracingConfiguration)) ? {"enabled": false},
					"encryptionConfiguration": $old.EncryptionConfiguration and $not($exists(EncryptionConfiguration)) ? {"type": "AWS_OWNED_KEY"}}`},
			{call: "stepfunctions:DescribeStateMachine", input: `{"stateMachineArn": $id}`, after: true},
			{call: "stepfunctions:UntagResource", when: `$lost($old.Tags, Tags)`, input: `{"resourceArn": $id, "tagKeys": $lost($old.Tags, Tags)}`},
			{call: "stepfunctions:TagResource", when: `Tags`, input: `{"resourceArn": $id, "tags": $lowTags(Tags)}`},
		},
		remove: []step{
			{call: "stepfunctions:DeleteStateMachine", input: `{"stateMachineArn": $id}`},
			{call: "stepfunctions:DescribeStateMachine", input: `{"stateMachineArn": $id}`, until: `false`, gone: "StateMachineDoesNotExist"},
		},
		resets: "LoggingConfiguration TracingConfiguration EncryptionConfiguration Tags",
		id:     `$arn("states", "stateMachine:" & StateMachineName)`,
		attributes: map[string]string{
			"Arn": `$arn("states", "stateMachine:" & StateMachineName)`, "Name": `StateMachineName`,
			"StateMachineRevisionId": `$made.DescribeStateMachine ? ($made.DescribeStateMachine.revisionId ? $made.DescribeStateMachine.revisionId : "INITIAL")`,
		},
		moving:  []string{"StateMachineRevisionId"},
		prepare: prepareMachine,
	},
	"AWS::StepFunctions::StateMachineVersion": {
		create: []step{{call: "stepfunctions:PublishStateMachineVersion", input: `{"stateMachineArn": StateMachineArn, "description": Description,
			"revisionId": StateMachineRevisionId != "INITIAL" ? StateMachineRevisionId}`}},
		remove: []step{
			{call: "stepfunctions:DeleteStateMachineVersion", when: `$id`, input: `{"stateMachineVersionArn": $id}`},
		},
		id:         `$made.PublishStateMachineVersion.stateMachineVersionArn`,
		attributes: map[string]string{"Arn": `$made.PublishStateMachineVersion.stateMachineVersionArn`},
	},
	"AWS::StepFunctions::StateMachineAlias": {
		name: "Name",
		create: []step{{call: "stepfunctions:CreateStateMachineAlias", input: `{"name": Name, "description": Description,
			"routingConfiguration": ` + aliasRoutes + `}`}},
		update: []step{{call: "stepfunctions:UpdateStateMachineAlias", input: `{"stateMachineAliasArn": $id, "description": Description,
			"routingConfiguration": ` + aliasRoutes + `}`}},
		remove:     []step{{call: "stepfunctions:DeleteStateMachineAlias", when: `$id`, input: `{"stateMachineAliasArn": $id}`, gone: "ResourceNotFound"}},
		id:         `$made.CreateStateMachineAlias.stateMachineAliasArn`,
		attributes: map[string]string{"Arn": `$made.CreateStateMachineAlias.stateMachineAliasArn`},
	},
	"AWS::StepFunctions::Activity": {
		name:   "Name",
		create: []step{{call: "stepfunctions:CreateActivity", input: `{"name": Name, "tags": $lowTags(Tags), "encryptionConfiguration": EncryptionConfiguration ? {"kmsKeyId": EncryptionConfiguration.KmsKeyId, "type": EncryptionConfiguration.Type, "kmsDataKeyReusePeriodSeconds": EncryptionConfiguration.KmsDataKeyReusePeriodSeconds}}`}},
		update: []step{
			{call: "stepfunctions:UntagResource", when: `$lost($old.Tags, Tags)`, input: `{"resourceArn": $id, "tagKeys": $lost($old.Tags, Tags)}`},
			{call: "stepfunctions:TagResource", when: `Tags`, input: `{"resourceArn": $id, "tags": $lowTags(Tags)}`},
		},
		remove:     []step{{call: "stepfunctions:DeleteActivity", input: `{"activityArn": $id}`}},
		resets:     "Tags",
		id:         `$arn("states", "activity:" & Name)`,
		attributes: map[string]string{"Arn": `$arn("states", "activity:" & Name)`, "Name": `Name`},
	},
}

// aliasRoutes are the versions that an alias leads to. A gradual deployment is not done: the alias leads to the new version at once.
const aliasRoutes = `DeploymentPreference
	? [{"stateMachineVersionArn": DeploymentPreference.StateMachineVersionArn, "weight": 100}]
	: [RoutingConfiguration.{"stateMachineVersionArn": StateMachineVersionArn, "weight": $number(Weight)}]`

// idleRows are what servers here have no use for. Whatever refers to them gets the name and the ARN that they would have.
var idleRows = map[string]*row{
	"AWS::CDK::Metadata":                  {nothing: "it is for AWS's statistics"},
	"AWS::IAM::Role":                      {nothing: noPermissions, name: "RoleName", id: `RoleName`, attributes: map[string]string{"Arn": iamARN("role", "RoleName"), "RoleId": `RoleName`}},
	"AWS::IAM::User":                      {nothing: noPermissions, name: "UserName", id: `UserName`, attributes: map[string]string{"Arn": iamARN("user", "UserName")}},
	"AWS::IAM::Group":                     {nothing: noPermissions, name: "GroupName", id: `GroupName`, attributes: map[string]string{"Arn": iamARN("group", "GroupName")}},
	"AWS::IAM::ManagedPolicy":             {nothing: noPermissions, name: "ManagedPolicyName", id: iamARN("policy", "ManagedPolicyName"), attributes: map[string]string{"PolicyArn": iamARN("policy", "ManagedPolicyName")}},
	"AWS::IAM::Policy":                    {nothing: noPermissions, name: "PolicyName", id: `PolicyName`},
	"AWS::IAM::InstanceProfile":           {nothing: noPermissions, name: "InstanceProfileName", id: `InstanceProfileName`, attributes: map[string]string{"Arn": iamARN("instance-profile", "InstanceProfileName")}},
	"AWS::Lambda::Permission":             {nothing: noPermissions},
	"AWS::Lambda::EventInvokeConfig":      {nothing: "asynchronous calls go as the server's settings say"},
	"AWS::SQS::QueuePolicy":               {nothing: noPermissions},
	"AWS::SQS::QueueInlinePolicy":         {nothing: noPermissions},
	"AWS::SNS::TopicPolicy":               {nothing: noPermissions},
	"AWS::SNS::TopicInlinePolicy":         {nothing: noPermissions},
	"AWS::S3::BucketPolicy":               {nothing: noPermissions},
	"AWS::Events::EventBusPolicy":         {nothing: noPermissions},
	"AWS::SecretsManager::ResourcePolicy": {nothing: noPermissions},
	"AWS::Logs::ResourcePolicy":           {nothing: noPermissions},
}

const noPermissions = "permissions are not checked"

func iamARN(kind, property string) string {
	return `"arn:" & $partition & ":iam::" & $account & ":` + kind + `" & (Path ? Path : "/") & ` + property
}
