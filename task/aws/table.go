package aws

// The optimised integrations. What is not said here is the service's own: operations, names, shapes.
//
// The words with which jobs end are those of the services' API references. Where AWS has published what a Task answers in the
// end, the result is that; else it is what the service tells of the job.

var table = []integration{
	{
		service: "dynamodb", errors: "DynamoDB", base: "AmazonDynamoDBException", client: "AmazonDynamoDBv2",
		actions: map[string]action{"getItem": {}, "putItem": {}, "updateItem": {}, "deleteItem": {}},
	},
	{
		service: "sqs", errors: "SQS", base: "AmazonSQSException", client: "AmazonSQS",
		codes: map[string]string{ // those of the query protocol, which the SDK shows
			"QueueDoesNotExist":    "AWS.SimpleQueueService.NonExistentQueue",
			"UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
		},
		actions: map[string]action{"sendMessage": {texts: []string{"MessageBody"}, prepare: queueHost}},
	},
	{
		service: "sns", errors: "SNS", base: "AmazonSNSException", client: "AmazonSNS",
		actions: map[string]action{"publish": {texts: []string{"Message"}}},
	},
	{
		service: "events", errors: "EventBridge", base: "AmazonEventBridgeException", client: "AmazonEventBridge", bare: true,
		actions: map[string]action{"putEvents": {prepare: eventEntries, fails: failedEntries}},
	},
	{
		service: "batch", errors: "Batch", base: "AWSBatchException", client: "AWSBatch",
		actions: map[string]action{"submitJob": {prepare: managedJob, job: &job{
			names: []string{"out.JobId"},
			poll:  "DescribeJobs", asks: `{"Jobs":["$0"]}`,
			status: "Jobs[0].Status", done: []string{"SUCCEEDED"}, failed: []string{"FAILED"}, result: "Jobs[0]",
			stop: "TerminateJob", stops: `{"JobId":"$0","Reason":"$reason"}`,
		}}},
	},
	{
		service: "ecs", errors: "ECS", base: "AmazonECSException", client: "AmazonECS",
		actions: map[string]action{"runTask": {prepare: startedBy, fails: failedTasks, waits: true, job: &job{
			names: []string{"out.Tasks[0].ClusterArn", "out.Tasks[0].TaskArn"},
			poll:  "DescribeTasks", asks: `{"Cluster":"$0","Tasks":["$1"]}`, verdict: taskVerdict, result: "Tasks[0]",
			stop: "StopTask", stops: `{"Cluster":"$0","Task":"$1","Reason":"$reason"}`,
		}}},
	},
	{
		service: "glue", errors: "Glue", base: "AWSGlueException", client: "AWSGlue",
		actions: map[string]action{"startJobRun": {shape: jobRun, job: &job{
			names: []string{"in.JobName", "out.JobRunId"},
			poll:  "GetJobRun", asks: `{"JobName":"$0","RunId":"$1"}`,
			status: "JobRun.JobRunState", done: []string{"SUCCEEDED", "STOPPED"}, failed: []string{"FAILED", "TIMEOUT", "ERROR", "EXPIRED"},
			result: "JobRun",
			stop:   "BatchStopJobRun", stops: `{"JobName":"$0","JobRunIds":["$1"]}`,
		}}},
	},
	{
		service: "athena", errors: "Athena", base: "AmazonAthenaException", client: "AmazonAthena",
		actions: map[string]action{
			"startQueryExecution": {job: &job{
				names: []string{"out.QueryExecutionId"},
				poll:  "GetQueryExecution", asks: `{"QueryExecutionId":"$0"}`,
				status: "QueryExecution.Status.State", done: []string{"SUCCEEDED"}, failed: []string{"FAILED", "CANCELLED"},
				stop: "StopQueryExecution", stops: `{"QueryExecutionId":"$0"}`,
			}},
			"stopQueryExecution": {}, "getQueryExecution": {}, "getQueryResults": {},
		},
	},
	{
		service: "bedrock", errors: "Bedrock", base: "AmazonBedrockException", client: "AmazonBedrock", bare: true,
		actions: map[string]action{
			"invokeModel": {model: "bedrock-runtime", prepare: modelBody, own: true, shape: modelAnswer},
			"createModelCustomizationJob": {job: &job{
				names: []string{"out.JobArn"},
				poll:  "GetModelCustomizationJob", asks: `{"JobIdentifier":"$0"}`,
				status: "Status", done: []string{"Completed"}, failed: []string{"Failed", "Stopped"},
				stop: "StopModelCustomizationJob", stops: `{"JobIdentifier":"$0"}`,
			}},
		},
	},
	{
		service: "codebuild", errors: "CodeBuild", base: "AWSCodeBuildException", client: "AWSCodeBuild",
		actions: map[string]action{
			"startBuild": {job: &job{
				names: []string{"out.Build.Id"},
				poll:  "BatchGetBuilds", asks: `{"Ids":["$0"]}`,
				status: "Builds[0].BuildStatus", done: []string{"SUCCEEDED"}, failed: []string{"FAILED", "FAULT", "TIMED_OUT", "STOPPED"},
				result: "Builds[0]", under: "Build",
				stop: "StopBuild", stops: `{"Id":"$0"}`,
			}},
			"startBuildBatch": {job: buildBatch("out.BuildBatch.Id")}, "retryBuildBatch": {job: buildBatch("out.BuildBatch.Id")},
			"stopBuild": {}, "batchDeleteBuilds": {}, "batchGetReports": {}, "stopBuildBatch": {}, "deleteBuildBatch": {},
		},
	},
	{
		service: "databrew", errors: "DataBrew", base: "AWSGlueDataBrewException", client: "AWSGlueDataBrew",
		actions: map[string]action{"startJobRun": {job: &job{
			names: []string{"in.Name", "out.RunId"},
			poll:  "DescribeJobRun", asks: `{"Name":"$0","RunId":"$1"}`,
			status: "State", done: []string{"SUCCEEDED"}, failed: []string{"FAILED", "STOPPED", "TIMEOUT"},
			stop: "StopJobRun", stops: `{"Name":"$0","RunId":"$1"}`,
		}}},
	},
	{
		service: "eks", errors: "EKS", base: "AmazonEKSException", client: "AmazonEKS",
		actions: map[string]action{
			"createCluster": {job: &job{
				names: []string{"in.Name"}, poll: "DescribeCluster", asks: `{"Name":"$0"}`,
				status: "Cluster.Status", done: []string{"ACTIVE"}, failed: []string{"FAILED"},
			}},
			"deleteCluster": {job: &job{
				names: []string{"in.Name"}, poll: "DescribeCluster", asks: `{"Name":"$0"}`,
				status: "Cluster.Status", failed: []string{"FAILED"}, gone: true,
			}},
			"createFargateProfile": {job: fargateProfile("ACTIVE", "CREATE_FAILED")},
			"deleteFargateProfile": {job: fargateProfile("", "DELETE_FAILED")},
			"createNodegroup":      {job: nodegroup("ACTIVE", "CREATE_FAILED")},
			"deleteNodegroup":      {job: nodegroup("", "DELETE_FAILED")},
		},
	},
	{
		service: "elasticmapreduce", model: "emr", errors: "ElasticMapReduce", base: "AmazonElasticMapReduceException", client: "AmazonElasticMapReduce",
		actions: map[string]action{
			"createCluster": {operation: "RunJobFlow", shape: clusterID, job: &job{
				names: []string{"out.ClusterId"}, poll: "DescribeCluster", asks: `{"ClusterId":"$0"}`,
				status: "Cluster.Status.State", done: []string{"RUNNING", "WAITING"}, failed: []string{"TERMINATED", "TERMINATED_WITH_ERRORS"},
				extra: `{"ClusterId":"$0"}`,
				stop:  "TerminateJobFlows", stops: `{"JobFlowIds":["$0"]}`,
			}},
			"terminateCluster": {operation: "TerminateJobFlows", prepare: renamed("ClusterId", "JobFlowIds", true), own: true, job: &job{
				names: []string{"in.JobFlowIds[0]"}, poll: "DescribeCluster", asks: `{"ClusterId":"$0"}`,
				status: "Cluster.Status.State", done: []string{"TERMINATED", "TERMINATED_WITH_ERRORS"},
			}},
			"setClusterTerminationProtection": {operation: "SetTerminationProtection", prepare: renamed("ClusterId", "JobFlowIds", true), own: true},
			"addStep": {operation: "AddJobFlowSteps", prepare: oneStep, own: true, shape: oneStepID, job: &job{
				names: []string{"in.JobFlowId", "out.StepId"}, poll: "DescribeStep", asks: `{"ClusterId":"$0","StepId":"$1"}`,
				status: "Step.Status.State", done: []string{"COMPLETED"}, failed: []string{"CANCELLED", "FAILED", "INTERRUPTED"},
				stop: "CancelSteps", stops: `{"ClusterId":"$0","StepIds":["$1"]}`,
			}},
			"modifyInstanceFleetByName": {operation: "ModifyInstanceFleet", own: true, find: instances{
				list: "ListInstanceFleets", all: "InstanceFleets", name: "InstanceFleetName", id: "InstanceFleetId", one: "InstanceFleet", to: "InstanceFleet",
			}.find},
			"modifyInstanceGroupByName": {operation: "ModifyInstanceGroups", own: true, find: instances{
				list: "ListInstanceGroups", all: "InstanceGroups", name: "InstanceGroupName", id: "InstanceGroupId", one: "InstanceGroup", to: "InstanceGroups", many: true,
			}.find},
			"cancelStep": {operation: "CancelSteps", prepare: renamed("StepId", "StepIds", true), own: true, shape: oneCancelled},
		},
	},
	{
		service: "emr-containers", errors: "EMRContainers", base: "AmazonEMRContainersException", client: "AmazonEMRContainers",
		actions: map[string]action{
			"createVirtualCluster": {},
			"deleteVirtualCluster": {job: &job{
				names: []string{"out.Id"}, poll: "DescribeVirtualCluster", asks: `{"Id":"$0"}`,
				status: "VirtualCluster.State", done: []string{"TERMINATED"}, failed: []string{"ARRESTED"},
			}},
			"startJobRun": {job: &job{
				names: []string{"out.VirtualClusterId", "out.Id"}, poll: "DescribeJobRun", asks: `{"VirtualClusterId":"$0","Id":"$1"}`,
				status: "JobRun.State", done: []string{"COMPLETED"}, failed: []string{"FAILED", "CANCELLED"},
				stop: "CancelJobRun", stops: `{"VirtualClusterId":"$0","Id":"$1"}`,
			}},
		},
	},
	{
		service: "emr-serverless", errors: "EmrServerless", base: "EmrServerlessException", client: "EmrServerless", bare: true,
		actions: map[string]action{
			"createApplication": {job: application("out.ApplicationId", "CREATED", "TERMINATED")},
			"startApplication":  {job: application("in.ApplicationId", "STARTED", "TERMINATED")},
			"stopApplication":   {job: application("in.ApplicationId", "STOPPED", "TERMINATED")},
			"deleteApplication": {job: application("in.ApplicationId", "TERMINATED")},
			"startJobRun":       {job: applicationJob("out.JobRunId", "SUCCESS", "FAILED", "CANCELLED")},
			"cancelJobRun":      {job: applicationJob("in.JobRunId", "CANCELLED", "SUCCESS", "FAILED")},
		},
	},
	{
		service: "mediaconvert", errors: "MediaConvert", base: "AWSMediaConvertException", client: "AWSMediaConvert", bare: true,
		actions: map[string]action{"createJob": {job: &job{
			names: []string{"out.Job.Id"}, poll: "GetJob", asks: `{"Id":"$0"}`,
			status: "Job.Status", done: []string{"COMPLETE"}, failed: []string{"ERROR", "CANCELED"},
			stop: "CancelJob", stops: `{"Id":"$0"}`,
		}}},
	},
	{
		service: "sagemaker", errors: "SageMaker", base: "AmazonSageMakerException", client: "AmazonSageMaker",
		actions: map[string]action{
			"createEndpoint": {}, "createEndpointConfig": {}, "createModel": {}, "updateEndpoint": {},
			"createHyperParameterTuningJob": {job: learning("HyperParameterTuningJob")}, "createLabelingJob": {job: learning("LabelingJob")},
			"createProcessingJob": {job: learning("ProcessingJob")}, "createTrainingJob": {job: learning("TrainingJob")},
			"createTransformJob": {job: learning("TransformJob")},
		},
	},
}

// learning is a job of SageMaker of some kind.
func learning(kind string) *job {
	name := `{"` + kind + `Name":"$0"}`
	return &job{
		names: []string{"in." + kind + "Name"}, poll: "Describe" + kind, asks: name,
		status: kind + "Status", done: []string{"Completed"}, failed: []string{"Failed", "Stopped"},
		stop: "Stop" + kind, stops: name,
	}
}

func buildBatch(id string) *job {
	return &job{
		names: []string{id}, poll: "BatchGetBuildBatches", asks: `{"Ids":["$0"]}`,
		status: "BuildBatches[0].BuildBatchStatus", done: []string{"SUCCEEDED"}, failed: []string{"FAILED", "FAULT", "TIMED_OUT", "STOPPED"},
		result: "BuildBatches[0]", under: "BuildBatch",
		stop: "StopBuildBatch", stops: `{"Id":"$0"}`,
	}
}

// fargateProfile ends with a word, or when the profile is gone.
func fargateProfile(done, failed string) *job {
	return &job{
		names: []string{"in.ClusterName", "in.FargateProfileName"}, poll: "DescribeFargateProfile", asks: `{"ClusterName":"$0","FargateProfileName":"$1"}`,
		status: "FargateProfile.Status", done: words(done), failed: words(failed), gone: done == "",
	}
}

// nodegroup ends with a word, or when the group is gone.
func nodegroup(done, failed string) *job {
	return &job{
		names: []string{"in.ClusterName", "in.NodegroupName"}, poll: "DescribeNodegroup", asks: `{"ClusterName":"$0","NodegroupName":"$1"}`,
		status: "Nodegroup.Status", done: words(done), failed: words(failed), gone: done == "",
	}
}

// words are a word, unless it is "".
func words(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

func application(id, done string, failed ...string) *job {
	return &job{
		names: []string{id}, poll: "GetApplication", asks: `{"ApplicationId":"$0"}`,
		status: "Application.State", done: []string{done}, failed: failed,
	}
}

func applicationJob(id, done string, failed ...string) *job {
	j := &job{
		names: []string{"in.ApplicationId", id}, poll: "GetJobRun", asks: `{"ApplicationId":"$0","JobRunId":"$1"}`,
		status: "JobRun.State", done: []string{done}, failed: failed,
	}
	if done == "SUCCESS" {
		j.stop, j.stops = "CancelJobRun", j.asks
	}
	return j
}
