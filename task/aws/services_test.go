package aws

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
)

func TestServices(t *testing.T) {
	const notRecognized = "The resource provided arn:aws:states:::%s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
	for _, tt := range []struct {
		resource, parameters string
		want                 []string
	}{
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":{"any":{"S.$":"$.x"}}}`, nil},
		{"aws-sdk:dynamodb:putItem", `{"TableName.$":"$.t","Item.$":"$.i"}`, nil},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":{"any":{"s":"x"}}}`, []string{`The field "s" is not supported by Step Functions`}},
		{"aws-sdk:dynamodb:putItem", `{"tableName":"t","Item.$":"$.i"}`, []string{`The field "tableName" is not supported by Step Functions`, "The field 'TableName' is required but was missing"}},
		{"aws-sdk:dynamodb:putThing", `{}`, []string{notRecognized}},
		{"aws-sdk:dynamo:putItem", `{}`, []string{notRecognized}},
		{"aws-sdk:kinesis:subscribeToShard", `{}`, []string{notRecognized}},
		{"aws-sdk:s3:listBuckets", `{}`, nil},
		{"aws-sdk:s3:putObject.waitForTaskToken", `{"Bucket":"b","Key":"k","Body":{"any":{"thing":[1]},"Token.$":"$$.Task.Token"}}`, nil},
		{"aws-sdk:rds:describeDBInstances", `{"DbInstanceIdentifier":"d"}`, nil},
		{"aws-sdk:ec2:runInstances", `{"MaxCount":1,"MinCount":1,"TagSpecifications":[{"ResourceType":"instance","Tags":[{"Key":"a","value":"b"}]}]}`,
			[]string{`The field "value" is not supported by Step Functions`}},
		{"aws-sdk:athena:startQueryExecution", `{"QueryString":"q"}`, nil},
		{"aws-sdk:sfn:startExecution", `{"StateMachineArn":"m","Input":{"any":"thing"}}`, nil},
		{"dynamodb:getItem", `{"TableName":"t","Key":{},"Foo":1}`, []string{`The field "Foo" is not supported by Step Functions`}},
		{"sqs:sendMessage", `{"QueueUrl":"q","MessageBody":{"any":"thing"}}`, nil},
		{"sns:publish", `{"Message":{"any":"thing"},"TopicArn":"t"}`, nil},
		{"events:putEvents", `{"Entries":[{"Detail":{"any":"thing"},"Kind":"x"}]}`, []string{`The field "Kind" is not supported by Step Functions`}},
		{"batch:submitJob.sync", `{"JobName":"n","JobQueue":"q","JobDefinition":"d","Parameters":{"any":"thing"}}`, nil},
		{"ecs:runTask.sync", `{"TaskDefinition":"d","NetworkConfiguration":{"AwsvpcConfiguration":{"Subnets":["s"]}}}`, nil},
		{"elasticmapreduce:addStep.sync", `{"ClusterId":"c","Step":{"Name":"n"}}`, nil},
		{"bedrock:invokeModel", `{"ModelId":"m","Input":{"S3Uri":"s3://b/k"}}`, nil},
		{"ecs:runTask.sync", `{"TaskDefinition":"d","CapacityProviderStrategy":[{"CapacityProvider":"FARGATE"}],"PropagateTags":"TASK_DEFINITION",` +
			`"Overrides":{"ContainerOverrides":[{"Name":"c","Environment":[{"Name":"A","Value.$":"$.a"}]}]}}`, nil},
		{"eks:createNodegroup.sync", `{"ClusterName":"c","NodegroupName":"n","NodeRole":"r","Subnets":["s"]}`, nil},
		{"emr-containers:startJobRun.sync", `{"VirtualClusterId":"v","JobDriver":{"SparkSubmitJobDriver":{"EntryPoint":"e"}}}`, nil},
		{"emr-serverless:startJobRun.sync", `{"ApplicationId":"a","ExecutionRoleArn":"r","JobDriver":{"SparkSubmit":{"EntryPoint":"e"}}}`, nil},
		{"codebuild:startBuild.sync", `{"ProjectName":"p","EnvironmentVariablesOverride":[{"Name":"a","Type":"PLAINTEXT","Value":"v"}]}`, nil},
		{"sagemaker:createTransformJob.sync", `{"TransformJobName":"t","ModelName":"m","TransformInput":{"DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"u"}}},` +
			`"TransformOutput":{"S3OutputPath":"p"},"TransformResources":{"InstanceCount":1,"InstanceType":"t"}}`, nil},
		{"elasticmapreduce:createCluster.sync", `{"Name":"n","ServiceRole":"r","ReleaseLabel":"emr-6.0","Applications":[{"Name":"Hive"}],"VisibleToAllUsers":true,` +
			`"Instances":{"KeepJobFlowAliveWhenNoSteps":true,"InstanceFleets":[{"InstanceFleetType":"MASTER","TargetOnDemandCapacity":1,"InstanceTypeConfigs":[{"InstanceType":"m"}]}]}}`, nil},
		{"lambda:invoke", `{"FunctionName":"f","Payload":{"any":"thing"}}`, nil},
	} {
		text := `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::` + tt.resource + `","Parameters":` + tt.parameters + `,"End":true}}}`
		_, found := asl.Parse(text, asl.Options{Services: Services{}})
		var got []string
		for _, d := range found {
			if d.Severity == asl.SeverityError {
				got = append(got, d.Message)
			}
		}
		want := slices.Clone(tt.want)
		for i := range want {
			want[i] = strings.Replace(want[i], "%s", tt.resource, 1)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.resource, got, want)
		}
	}
}

// What AWS took in the recordings, the models do not refuse.
func TestServicesTakeWhatAWSTook(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/conformance/open/*.json")
	if len(files) == 0 {
		if os.Getenv("STATELARK_REQUIRE_SHARED") == "1" {
			t.Fatal("no recorded cases at ../../../shared/conformance/open")
		}
		t.Skip("no recorded cases at ../../../shared/conformance/open")
	}
	definition := regexp.MustCompile(`"arn:aws:states:::(aws-sdk|dynamodb|sqs|sns|events|batch|ecs|glue)`)
	checked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Steps []struct {
				Params struct{ Definition any }
			}
		}
		if json.Unmarshal(text, &c) != nil {
			continue
		}
		for _, step := range c.Steps {
			text, _ := step.Params.Definition.(string)
			if !definition.MatchString(text) {
				continue
			}
			checked++
			if m, _ := asl.Parse(text, asl.Options{}); m == nil {
				continue // which AWS refused as well
			}
			if m, found := asl.Parse(text, asl.Options{Services: Services{}}); m == nil {
				t.Errorf("%s: %v", filepath.Base(file), found)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d definitions call services", checked)
	}
}
