package model

import "testing"

// The names are those of AWS's documentation and of the samples that AWS publishes.
func TestNames(t *testing.T) {
	for id, want := range map[string]struct{ task, prefix string }{
		"DynamoDB": {"dynamodb", "DynamoDb"}, "SFN": {"sfn", "Sfn"}, "S3": {"s3", "S3"}, "EC2": {"ec2", "Ec2"}, "RDS": {"rds", "Rds"},
		"EventBridge": {"eventbridge", "EventBridge"}, "CloudWatch Logs": {"cloudwatchlogs", "CloudWatchLogs"},
		"Secrets Manager": {"secretsmanager", "SecretsManager"}, "WAFV2": {"wafv2", "Wafv2"}, "SESv2": {"sesv2", "SesV2"},
		"Elastic Load Balancing v2":     {"elasticloadbalancingv2", "ElasticLoadBalancingV2"},
		"Database Migration Service":    {"databasemigration", "DatabaseMigration"},
		"Cost and Usage Report Service": {"costandusagereport", "CostAndUsageReport"},
		"Lex Runtime Service":           {"lexruntime", "LexRuntime"}, "Redshift Data": {"redshiftdata", "RedshiftData"},
		"EMR Serverless": {"emrserverless", "EmrServerless"}, "Bedrock Agent": {"bedrockagent", "BedrockAgent"},
		"Cognito Identity Provider": {"cognitoidentityprovider", "CognitoIdentityProvider"}, "IoT": {"iot", "Iot"},
		"IoTAnalytics": {"iotanalytics", "IoTAnalytics"},
	} {
		if got := TaskName(id); got != want.task {
			t.Errorf("TaskName(%q) = %s, want %s", id, got, want.task)
		}
		if got := ErrorPrefix(id); got != want.prefix {
			t.Errorf("ErrorPrefix(%q) = %s, want %s", id, got, want.prefix)
		}
	}
	for name, want := range map[string]string{
		"DBInstances": "dbInstances", "ETag": "eTag", "SSEKMSKeyId": "ssekmsKeyId", "ListObjectsV2": "listObjectsV2", "ARN": "arn",
		"DescribeDBInstances": "describeDBInstances", "ACL": "acl", "ChecksumCRC32": "checksumCRC32", "MD5OfMessageBody": "md5OfMessageBody",
		"awsvpcConfiguration": "awsvpcConfiguration", "": "", "A": "a",
	} {
		if got := Uncap(name); got != want {
			t.Errorf("Uncap(%q) = %s, want %s", name, got, want)
		}
	}
	for task, want := range map[string]string{
		"sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs", "cloudwatch": "cloudwatch", "dynamodb": "dynamodb",
		"elasticloadbalancingv2": "elbv2", "sesv2": "sesv2", "iotdataplane": "iot-data", "configservice": "",
	} {
		got := ""
		if s := ByTask(task); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("ByTask(%q) = %q, want %q", task, got, want)
		}
	}
}
