package deploy

// computeRows are functions and jobs.
var computeRows = map[string]*row{
	// $code is the archive, in Base64; the property Code is but its digest (see archive.go).
	"AWS::Lambda::Function": {
		name: "FunctionName",
		create: []step{{call: "lambda:CreateFunction", copy: "FunctionName Runtime Handler Role Description Timeout MemorySize Environment",
			input: `{"Code": Code ? {"ZipFile": $code}, "Tags": $pairs(Tags)}`}},
		update: []step{
			{call: "lambda:UpdateFunctionCode", when: `Code`, copy: "FunctionName", input: `{"ZipFile": $code}`},
			{call: "lambda:UpdateFunctionConfiguration", copy: "FunctionName Runtime Handler Role",
				input: `{"Description": Description ? Description : "", "Timeout": Timeout ? Timeout : 3, "MemorySize": MemorySize ? MemorySize : 128,
					"Environment": Environment ? Environment : {"Variables": {}}}`},
			{call: "lambda:UntagResource", when: `$lost($old.Tags, Tags)`, input: `{"Resource": $arn("lambda", "function:" & FunctionName), "TagKeys": $lost($old.Tags, Tags)}`},
			{call: "lambda:TagResource", when: `Tags`, input: `{"Resource": $arn("lambda", "function:" & FunctionName), "Tags": $pairs(Tags)}`},
		},
		remove:     []step{{call: "lambda:DeleteFunction", copy: "FunctionName", gone: "ResourceNotFoundException"}},
		resets:     "Description Timeout MemorySize Environment Tags",
		id:         `FunctionName`,
		attributes: map[string]string{"Arn": `$arn("lambda", "function:" & FunctionName)`},
		idle: []string{"Architectures", "CodeSigningConfigArn", "DeadLetterConfig", "EphemeralStorage", "KmsKeyArn", "LoggingConfig", "RecursiveLoop",
			"ReservedConcurrentExecutions", "RuntimeManagementConfig", "SnapStart", "TracingConfig", "VpcConfig"},
		prepare: prepareFunction,
	},
	"AWS::Lambda::Version": {
		create:     []step{{call: "lambda:PublishVersion", copy: "FunctionName CodeSha256 Description"}},
		remove:     []step{{call: "lambda:DeleteFunction", when: `$id`, copy: "FunctionName", input: `{"Qualifier": $split($id, ":")[-1]}`, gone: "ResourceNotFoundException"}},
		id:         `$made.PublishVersion.FunctionArn`,
		attributes: map[string]string{"Version": `$made.PublishVersion.Version`, "FunctionArn": `$made.PublishVersion.FunctionArn`},
		idle:       []string{"ProvisionedConcurrencyConfig", "RuntimePolicy"},
	},
	"AWS::Lambda::Alias": {
		name:       "Name",
		create:     []step{{call: "lambda:CreateAlias", copy: "FunctionName FunctionVersion Name Description"}},
		update:     []step{{call: "lambda:UpdateAlias", copy: "FunctionName FunctionVersion Name Description"}},
		remove:     []step{{call: "lambda:DeleteAlias", copy: "FunctionName Name", gone: "ResourceNotFoundException"}},
		id:         `$made.CreateAlias.AliasArn`,
		attributes: map[string]string{"AliasArn": `$made.CreateAlias.AliasArn`},
		idle:       []string{"ProvisionedConcurrencyConfig"},
	},
	"AWS::Batch::ComputeEnvironment": {
		name:   "ComputeEnvironmentName",
		create: []step{{call: "batch:CreateComputeEnvironment", copy: "ComputeEnvironmentName Type State ComputeResources ServiceRole Tags UnmanagedvCpus", camel: true}},
		update: []step{{call: "batch:UpdateComputeEnvironment", copy: "State ComputeResources ServiceRole", input: `{"ComputeEnvironment": ComputeEnvironmentName}`, camel: true}},
		remove: []step{
			{call: "batch:UpdateComputeEnvironment", input: `{"computeEnvironment": ComputeEnvironmentName, "state": "DISABLED"}`, gone: "ClientException"},
			{call: "batch:DeleteComputeEnvironment", input: `{"computeEnvironment": ComputeEnvironmentName}`, gone: "ClientException"},
		},
		id:         `$arn("batch", "compute-environment/" & ComputeEnvironmentName)`,
		attributes: map[string]string{"ComputeEnvironmentArn": `$arn("batch", "compute-environment/" & ComputeEnvironmentName)`},
		idle:       []string{"EksConfiguration", "ReplaceComputeEnvironment", "UpdatePolicy", "Context"},
	},
	"AWS::Batch::JobQueue": {
		name:   "JobQueueName",
		create: []step{{call: "batch:CreateJobQueue", copy: "JobQueueName Priority State ComputeEnvironmentOrder Tags", camel: true}},
		update: []step{{call: "batch:UpdateJobQueue", copy: "Priority State ComputeEnvironmentOrder", input: `{"JobQueue": JobQueueName}`, camel: true}},
		remove: []step{
			{call: "batch:UpdateJobQueue", input: `{"jobQueue": JobQueueName, "state": "DISABLED"}`, gone: "ClientException"},
			{call: "batch:DeleteJobQueue", input: `{"jobQueue": JobQueueName}`, gone: "ClientException"},
			{call: "batch:DescribeJobQueues", input: `{"jobQueues": [JobQueueName]}`, until: `$count($answer.jobQueues) = 0 or $answer.jobQueues[0].status = "DELETED"`},
		},
		id:         `$arn("batch", "job-queue/" & JobQueueName)`,
		attributes: map[string]string{"JobQueueArn": `$arn("batch", "job-queue/" & JobQueueName)`},
		idle:       []string{"JobQueueType", "JobStateTimeLimitActions", "SchedulingPolicyArn", "ServiceEnvironmentOrder"},
	},
	// A change makes the next revision; earlier ones stay.
	"AWS::Batch::JobDefinition": {
		name: "JobDefinitionName",
		create: []step{{call: "batch:RegisterJobDefinition", camel: true,
			copy: "JobDefinitionName Type ContainerProperties NodeProperties EcsProperties Parameters PlatformCapabilities PropagateTags RetryStrategy SchedulingPriority Timeout Tags"}},
		update: []step{{call: "batch:RegisterJobDefinition", camel: true,
			copy: "JobDefinitionName Type ContainerProperties NodeProperties EcsProperties Parameters PlatformCapabilities PropagateTags RetryStrategy SchedulingPriority Timeout Tags"}},
		remove:     []step{{call: "batch:DeregisterJobDefinition", when: `$id`, input: `{"jobDefinition": $id}`, gone: "ClientException"}},
		resets:     "Type ContainerProperties NodeProperties EcsProperties Parameters PlatformCapabilities PropagateTags RetryStrategy SchedulingPriority Timeout",
		id:         `$made.RegisterJobDefinition.jobDefinitionArn`,
		attributes: map[string]string{"JobDefinitionArn": `$made.RegisterJobDefinition.jobDefinitionArn`},
		moving:     []string{"Ref", "JobDefinitionArn"},
		idle:       []string{"ConsumableResourceProperties", "ResourceRetentionPolicy"},
	},
	"AWS::Batch::SchedulingPolicy": {
		nothing: "jobs run in the order of their submission", name: "Name",
		id: `$arn("batch", "scheduling-policy/" & Name)`, attributes: map[string]string{"Arn": `$arn("batch", "scheduling-policy/" & Name)`},
	},
	"AWS::ECS::Cluster": {
		name:       "ClusterName",
		create:     []step{{call: "ecs:CreateCluster", copy: "ClusterName Tags", camel: true}},
		remove:     []step{{call: "ecs:DeleteCluster", input: `{"cluster": ClusterName}`, gone: "ClusterNotFoundException"}},
		id:         `ClusterName`,
		attributes: map[string]string{"Arn": `$arn("ecs", "cluster/" & ClusterName)`},
		idle:       []string{"CapacityProviders", "ClusterSettings", "Configuration", "DefaultCapacityProviderStrategy", "ServiceConnectDefaults"},
	},
	"AWS::ECS::TaskDefinition": {
		name: "Family",
		create: []step{{call: "ecs:RegisterTaskDefinition", camel: true, input: `{"Tags": $lowTags(Tags)}`,
			copy: "Family ContainerDefinitions Cpu Memory EphemeralStorage ExecutionRoleArn TaskRoleArn IpcMode NetworkMode PidMode PlacementConstraints RequiresCompatibilities RuntimePlatform Volumes"}},
		update: []step{{call: "ecs:RegisterTaskDefinition", camel: true, input: `{"Tags": $lowTags(Tags)}`,
			copy: "Family ContainerDefinitions Cpu Memory EphemeralStorage ExecutionRoleArn TaskRoleArn IpcMode NetworkMode PidMode PlacementConstraints RequiresCompatibilities RuntimePlatform Volumes"}},
		remove:     []step{{call: "ecs:DeregisterTaskDefinition", when: `$id`, input: `{"taskDefinition": $id}`, gone: "ClientException"}},
		resets:     "Cpu Memory EphemeralStorage ExecutionRoleArn TaskRoleArn IpcMode NetworkMode PidMode PlacementConstraints RequiresCompatibilities RuntimePlatform Volumes Tags",
		id:         `$made.RegisterTaskDefinition.taskDefinition.taskDefinitionArn`,
		attributes: map[string]string{"TaskDefinitionArn": `$made.RegisterTaskDefinition.taskDefinition.taskDefinitionArn`},
		moving:     []string{"Ref", "TaskDefinitionArn"},
		idle:       []string{"EnableFaultInjection", "InferenceAccelerators", "ProxyConfiguration"},
	},
	"AWS::Glue::Job": {
		name:       "Name",
		create:     []step{{call: "glue:CreateJob", copy: "Name " + glueSettings + " Tags"}},
		update:     []step{{call: "glue:UpdateJob", input: `{"JobName": Name, "JobUpdate": $sift({` + glueUpdate + `}, function($v) { $exists($v) })}`}},
		remove:     []step{{call: "glue:DeleteJob", input: `{"JobName": Name}`, gone: "EntityNotFoundException"}},
		resets:     glueSettings, // an update overwrites all
		id:         `Name`,
		attributes: map[string]string{},
		idle:       []string{"JobMode", "JobRunQueuingEnabled", "LogUri", "MaintenanceWindow", "NotificationProperty", "SecurityConfiguration"},
		prepare:    prepareJob,
	},
}

const glueSettings = "Role Command DefaultArguments NonOverridableArguments Description ExecutionProperty GlueVersion ExecutionClass MaxCapacity MaxRetries NumberOfWorkers WorkerType Timeout Connections AllocatedCapacity"

const glueUpdate = `"Role": Role, "Command": Command, "DefaultArguments": DefaultArguments, "NonOverridableArguments": NonOverridableArguments,
	"Description": Description, "ExecutionProperty": ExecutionProperty, "GlueVersion": GlueVersion, "ExecutionClass": ExecutionClass,
	"MaxCapacity": MaxCapacity, "MaxRetries": MaxRetries, "NumberOfWorkers": NumberOfWorkers, "WorkerType": WorkerType, "Timeout": Timeout,
	"Connections": Connections, "AllocatedCapacity": AllocatedCapacity`
