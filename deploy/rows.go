package deploy

// rows are the types of resources that can be deployed.
var rows map[string]*row

func init() { // preparations refer to rows
	rows = map[string]*row{}
	for _, part := range []map[string]*row{dataRows, messageRows, computeRows, workflowRows, idleRows} {
		for kind, r := range part {
			rows[kind] = r
		}
	}
}

// dataRows are where data is kept.
var dataRows = map[string]*row{
	"AWS::DynamoDB::Table": {
		name:  "TableName",
		holds: true,
		create: []step{
			{call: "dynamodb:CreateTable", copy: "TableName AttributeDefinitions KeySchema BillingMode GlobalSecondaryIndexes LocalSecondaryIndexes ProvisionedThroughput Tags TableClass DeletionProtectionEnabled",
				input: `{"StreamSpecification": StreamSpecification ? $merge([{"StreamEnabled": true}, StreamSpecification])}`},
			{call: "dynamodb:DescribeTable", copy: "TableName", until: `$answer.Table.TableStatus = "ACTIVE"`},
			{call: "dynamodb:UpdateTimeToLive", when: `TimeToLiveSpecification.Enabled`, copy: "TableName TimeToLiveSpecification"},
		},
		update: []step{
			{call: "dynamodb:UpdateTable", when: `BillingMode or ProvisionedThroughput or TableClass or $exists(DeletionProtectionEnabled) or StreamSpecification or $old.StreamSpecification`,
				copy:  "TableName BillingMode ProvisionedThroughput TableClass DeletionProtectionEnabled",
				input: `{"StreamSpecification": StreamSpecification ? $merge([{"StreamEnabled": true}, StreamSpecification]) : $old.StreamSpecification ? {"StreamEnabled": false}}`},
			{call: "dynamodb:DescribeTable", copy: "TableName", until: `$answer.Table.TableStatus = "ACTIVE"`, after: true},
			{call: "dynamodb:UpdateTimeToLive", when: `TimeToLiveSpecification or $old.TimeToLiveSpecification`, copy: "TableName", input: `{"TimeToLiveSpecification": TimeToLiveSpecification ? TimeToLiveSpecification : $merge([$old.TimeToLiveSpecification, {"Enabled": false}])}`},
			{call: "dynamodb:UntagResource", when: `$lost($old.Tags, Tags)`, input: `{"ResourceArn": $arn("dynamodb", "table/" & TableName), "TagKeys": $lost($old.Tags, Tags)}`},
			{call: "dynamodb:TagResource", when: `Tags`, input: `{"ResourceArn": $arn("dynamodb", "table/" & TableName), "Tags": [Tags]}`},
		},
		remove: []step{
			{call: "dynamodb:DeleteTable", copy: "TableName", gone: "ResourceNotFoundException"},
			{call: "dynamodb:DescribeTable", copy: "TableName", until: `false`, gone: "ResourceNotFoundException"},
		},
		resets: "StreamSpecification TimeToLiveSpecification Tags",
		id:     `TableName`,
		attributes: map[string]string{
			"Arn":       `$arn("dynamodb", "table/" & TableName)`,
			"StreamArn": `$made.CreateTable.TableDescription.LatestStreamArn`,
		},
		idle: []string{"PointInTimeRecoverySpecification", "SSESpecification", "ContributorInsightsSpecification", "KinesisStreamSpecification", "OnDemandThroughput", "WarmThroughput", "ResourcePolicy"},
	},
	"AWS::S3::Bucket": {
		name:  "BucketName",
		lower: true,
		holds: true,
		create: []step{
			{call: "s3:CreateBucket", input: `{"Bucket": BucketName, "CreateBucketConfiguration": $region != "us-east-1" ? {"LocationConstraint": $region}}`},
			{call: "s3:PutBucketVersioning", when: `VersioningConfiguration`, input: `{"Bucket": BucketName, "VersioningConfiguration": VersioningConfiguration}`},
			{call: "s3:PutBucketTagging", when: `Tags`, input: `{"Bucket": BucketName, "Tagging": {"TagSet": [Tags]}}`},
		},
		update: []step{
			{call: "s3:PutBucketVersioning", input: `{"Bucket": BucketName, "VersioningConfiguration": VersioningConfiguration ? VersioningConfiguration : {"Status": "Suspended"}}`},
			{call: "s3:PutBucketTagging", input: `{"Bucket": BucketName, "Tagging": {"TagSet": [Tags]}}`},
		},
		remove: []step{{call: "s3:DeleteBucket", input: `{"Bucket": BucketName}`, gone: "NoSuchBucket"}},
		resets: "VersioningConfiguration Tags",
		id:     `BucketName`,
		attributes: map[string]string{
			"Arn":                `"arn:" & $partition & ":s3:::" & BucketName`,
			"DomainName":         `BucketName & ".s3.amazonaws.com"`,
			"RegionalDomainName": `BucketName & ".s3." & $region & ".amazonaws.com"`,
		},
		idle: []string{"AccessControl", "BucketEncryption", "CorsConfiguration", "LifecycleConfiguration", "LoggingConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration"},
	},
	"AWS::SecretsManager::Secret": {
		name:   "Name",
		secret: []string{"SecretString"},
		create: []step{
			{call: "secretsmanager:GetRandomPassword", when: `GenerateSecretString`, input: `$sift(GenerateSecretString, function($v, $k) { $not($k in ["SecretStringTemplate", "GenerateStringKey"]) })`},
			{call: "secretsmanager:CreateSecret", copy: "Name Description KmsKeyId Tags", input: secretText},
		},
		update: []step{
			{call: "secretsmanager:UpdateSecret", input: `{"SecretId": $id, "Description": Description, "SecretString": SecretString}`},
			{call: "secretsmanager:UntagResource", when: `$lost($old.Tags, Tags)`, input: `{"SecretId": $id, "TagKeys": $lost($old.Tags, Tags)}`},
			{call: "secretsmanager:TagResource", when: `Tags`, input: `{"SecretId": $id, "Tags": [Tags]}`},
		},
		remove:     []step{{call: "secretsmanager:DeleteSecret", input: `{"SecretId": $id ? $id : Name, "ForceDeleteWithoutRecovery": true}`, gone: "ResourceNotFoundException"}},
		resets:     "Tags",
		id:         `$made.CreateSecret.ARN`,
		attributes: map[string]string{"Id": `$made.CreateSecret.ARN`},
	},
	"AWS::SSM::Parameter": {
		name:       "Name",
		create:     []step{{call: "ssm:PutParameter", copy: "Name Type Value Description AllowedPattern Tier DataType", input: `{"Tags": Tags ? [$each(Tags, function($v, $k) { {"Key": $k, "Value": $v} })]}`}},
		update:     []step{{call: "ssm:PutParameter", copy: "Name Type Value Description AllowedPattern Tier DataType", input: `{"Overwrite": true}`}},
		remove:     []step{{call: "ssm:DeleteParameter", copy: "Name", gone: "ParameterNotFound"}},
		id:         `Name`,
		attributes: map[string]string{"Type": `Type`, "Value": `Value`},
		idle:       []string{"Policies"},
	},
}

// secretText is the text of a secret: as it is given, or made up, alone or as a member of a template.
const secretText = `{"SecretString": GenerateSecretString ? (
	$password := $made.GetRandomPassword.RandomPassword;
	GenerateSecretString.GenerateStringKey
		? $string($merge([$parse(GenerateSecretString.SecretStringTemplate), {GenerateSecretString.GenerateStringKey: $password}]))
		: $password
) : SecretString}`

// queueAttributes are the properties of a queue that are its attributes at the API, where they are texts.
const queueAttributes = `$merge([$each({
	"ContentBasedDeduplication": ContentBasedDeduplication, "DeduplicationScope": DeduplicationScope, "DelaySeconds": DelaySeconds,
	"FifoThroughputLimit": FifoThroughputLimit, "KmsMasterKeyId": KmsMasterKeyId, "KmsDataKeyReusePeriodSeconds": KmsDataKeyReusePeriodSeconds,
	"MaximumMessageSize": MaximumMessageSize, "MessageRetentionPeriod": MessageRetentionPeriod,
	"ReceiveMessageWaitTimeSeconds": ReceiveMessageWaitTimeSeconds, "RedriveAllowPolicy": RedriveAllowPolicy, "RedrivePolicy": RedrivePolicy,
	"SqsManagedSseEnabled": SqsManagedSseEnabled, "VisibilityTimeout": VisibilityTimeout
}, function($v, $k) { {$k: $string($v)} })])`

// queueDefaults are what attributes go back to that are no longer in the template.
const queueDefaults = `{"DelaySeconds": "0", "KmsMasterKeyId": "", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
	"ReceiveMessageWaitTimeSeconds": "0", "RedriveAllowPolicy": "", "RedrivePolicy": "", "VisibilityTimeout": "30"}`

const subscriptionAttributes = `$merge([$each({
	"FilterPolicy": FilterPolicy, "FilterPolicyScope": FilterPolicyScope, "RawMessageDelivery": RawMessageDelivery,
	"RedrivePolicy": RedrivePolicy, "DeliveryPolicy": DeliveryPolicy
}, function($v, $k) { {$k: $string($v)} })])`

const topicAttributes = `$merge([$each({
	"ContentBasedDeduplication": ContentBasedDeduplication, "DisplayName": DisplayName, "FifoThroughputScope": FifoThroughputScope,
	"KmsMasterKeyId": KmsMasterKeyId, "SignatureVersion": SignatureVersion, "TracingConfig": TracingConfig
}, function($v, $k) { {$k: $string($v)} })])`

// messageRows are what messages and events go through.
var messageRows = map[string]*row{
	"AWS::SQS::Queue": {
		name:  "QueueName",
		holds: true,
		create: []step{{call: "sqs:CreateQueue", input: `{"QueueName": QueueName, "tags": $pairs(Tags),
			"Attributes": $merge([` + queueAttributes + `, FifoQueue = true or FifoQueue = "true" ? {"FifoQueue": "true"} : {}])}`}},
		update: []step{
			{call: "sqs:SetQueueAttributes", input: `($now := ` + queueAttributes + `; {"QueueUrl": $id, "Attributes":
				$merge([$sift(` + queueDefaults + `, function($v, $k) { $exists($lookup($old, $k)) and $not($exists($lookup($now, $k))) }), $now])})`},
			{call: "sqs:UntagQueue", when: `$lost($old.Tags, Tags)`, input: `{"QueueUrl": $id, "TagKeys": $lost($old.Tags, Tags)}`},
			{call: "sqs:TagQueue", when: `Tags`, input: `{"QueueUrl": $id, "Tags": $pairs(Tags)}`},
		},
		remove: []step{{call: "sqs:DeleteQueue", input: `{"QueueUrl": $id ? $id : QueueName}`, gone: "QueueDoesNotExist"}},
		resets: "DelaySeconds KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy VisibilityTimeout Tags",
		id:     `$made.CreateQueue.QueueUrl`,
		attributes: map[string]string{
			"Arn": `$arn("sqs", QueueName)`, "QueueName": `QueueName`, "QueueUrl": `$made.CreateQueue.QueueUrl`,
		},
	},
	"AWS::SNS::Topic": {
		name: "TopicName",
		create: []step{
			{call: "sns:CreateTopic", input: `{"Name": TopicName, "Tags": Tags ? [Tags],
				"Attributes": $merge([` + topicAttributes + `, FifoTopic = true or FifoTopic = "true" ? {"FifoTopic": "true"} : {}])}`},
			{call: "sns:Subscribe", each: `Subscription`, input: `{"TopicArn": $arn("sns", TopicName), "Protocol": $item.Protocol, "Endpoint": $item.Endpoint}`},
		},
		update: []step{
			{call: "sns:SetTopicAttributes", each: `[$each(` + topicAttributes + `, function($v, $k) { {"k": $k, "v": $v} })]`,
				input: `{"TopicArn": $id, "AttributeName": $item.k, "AttributeValue": $item.v}`},
			{call: "sns:UntagResource", when: `$lost($old.Tags, Tags)`, input: `{"ResourceArn": $id, "TagKeys": $lost($old.Tags, Tags)}`},
			{call: "sns:TagResource", when: `Tags`, input: `{"ResourceArn": $id, "Tags": [Tags]}`},
		},
		remove:     []step{{call: "sns:DeleteTopic", input: `{"TopicArn": $id}`, gone: "NotFound"}},
		resets:     "Tags",
		id:         `$arn("sns", TopicName)`,
		attributes: map[string]string{"TopicArn": `$arn("sns", TopicName)`, "TopicName": `TopicName`},
		idle:       []string{"ArchivePolicy", "DataProtectionPolicy", "DeliveryStatusLogging"},
	},
	"AWS::SNS::Subscription": {
		create: []step{{call: "sns:Subscribe", copy: "TopicArn Protocol Endpoint", input: `{"ReturnSubscriptionArn": true, "Attributes": ` + subscriptionAttributes + `}`}},
		update: []step{{call: "sns:SetSubscriptionAttributes", each: `[$each(` + subscriptionAttributes + `, function($v, $k) { {"k": $k, "v": $v} })]`,
			input: `{"SubscriptionArn": $id, "AttributeName": $item.k, "AttributeValue": $item.v}`}},
		remove:     []step{{call: "sns:Unsubscribe", when: `$id`, input: `{"SubscriptionArn": $id}`, gone: "NotFound"}},
		id:         `$made.Subscribe.SubscriptionArn`,
		attributes: map[string]string{"Arn": `$made.Subscribe.SubscriptionArn`},
		idle:       []string{"Region", "SubscriptionRoleArn", "ReplayPolicy"},
	},
	"AWS::Events::EventBus": {
		name:       "Name",
		create:     []step{{call: "events:CreateEventBus", copy: "Name Description Tags"}},
		remove:     []step{{call: "events:DeleteEventBus", copy: "Name", gone: "ResourceNotFoundException"}},
		id:         `Name`,
		attributes: map[string]string{"Arn": `$arn("events", "event-bus/" & Name)`, "Name": `Name`},
		idle:       []string{"DeadLetterConfig", "KmsKeyIdentifier", "Policy", "LogConfig"},
	},
	"AWS::Events::Rule": {
		name: "Name",
		create: []step{
			{call: "events:PutRule", copy: "Name Description EventBusName RoleArn ScheduleExpression State Tags", input: `{"EventPattern": $text(EventPattern)}`},
			{call: "events:PutTargets", when: `Targets`, input: `{"Rule": Name, "EventBusName": EventBusName, "Targets": [Targets]}`},
		},
		update: []step{
			{call: "events:PutRule", copy: "Name Description EventBusName RoleArn ScheduleExpression State", input: `{"EventPattern": $text(EventPattern)}`},
			{call: "events:RemoveTargets", when: `$old.Targets.Id[$not($ in $$.Targets.Id)]`, input: `{"Rule": Name, "EventBusName": EventBusName, "Ids": [$old.Targets.Id[$not($ in $$.Targets.Id)]]}`},
			{call: "events:PutTargets", when: `Targets`, input: `{"Rule": Name, "EventBusName": EventBusName, "Targets": [Targets]}`},
		},
		remove: []step{
			{call: "events:RemoveTargets", when: `Targets`, input: `{"Rule": Name, "EventBusName": EventBusName, "Ids": [Targets.Id]}`, gone: "ResourceNotFoundException"},
			{call: "events:DeleteRule", input: `{"Name": Name, "EventBusName": EventBusName}`, gone: "ResourceNotFoundException"},
		},
		resets:     "Targets",
		id:         `EventBusName and EventBusName != "default" ? EventBusName & "|" & Name : Name`,
		attributes: map[string]string{"Arn": `$arn("events", "rule/" & (EventBusName and EventBusName != "default" ? $split(EventBusName, "/")[-1] & "/" & Name : Name))`},
	},
	"AWS::Events::Connection": {
		name:   "Name",
		secret: []string{"AuthParameters"},
		create: []step{{call: "events:CreateConnection", copy: "Name Description AuthorizationType AuthParameters"}},
		update: []step{{call: "events:UpdateConnection", copy: "Name Description AuthorizationType AuthParameters"}},
		remove: []step{{call: "events:DeleteConnection", copy: "Name", gone: "ResourceNotFoundException"}},
		id:     `Name`,
		attributes: map[string]string{
			"Arn": `$made.CreateConnection.ConnectionArn`, "SecretArn": `$made.CreateConnection.SecretArn`,
		},
		idle: []string{"InvocationConnectivityParameters", "KmsKeyIdentifier"},
	},
	"AWS::Logs::LogGroup": {
		name: "LogGroupName",
		create: []step{
			{call: "logs:CreateLogGroup", input: `{"logGroupName": LogGroupName, "logGroupClass": LogGroupClass, "tags": $pairs(Tags)}`},
			{call: "logs:PutRetentionPolicy", when: `RetentionInDays`, input: `{"logGroupName": LogGroupName, "retentionInDays": RetentionInDays}`},
		},
		update: []step{
			{call: "logs:PutRetentionPolicy", when: `RetentionInDays`, input: `{"logGroupName": LogGroupName, "retentionInDays": RetentionInDays}`},
			{call: "logs:DeleteRetentionPolicy", when: `$not($exists(RetentionInDays))`, input: `{"logGroupName": LogGroupName}`},
		},
		remove:     []step{{call: "logs:DeleteLogGroup", input: `{"logGroupName": LogGroupName}`, gone: "ResourceNotFoundException"}},
		resets:     "RetentionInDays",
		id:         `LogGroupName`,
		attributes: map[string]string{"Arn": `$arn("logs", "log-group:" & LogGroupName & ":*")`},
		idle:       []string{"DataProtectionPolicy", "FieldIndexPolicies", "KmsKeyId", "DeletionProtectionEnabled"},
	},
}
