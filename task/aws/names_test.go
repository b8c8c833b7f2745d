package aws

import (
	"testing"

	"github.com/statelark/statelark/awswire/model"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		what       string
		make       func(string) string
		from, for2 string
	}{
		{"service", model.ErrorPrefix, "DynamoDB", "DynamoDb"},
		{"service", model.ErrorPrefix, "SFN", "Sfn"},
		{"service", model.ErrorPrefix, "IoTAnalytics", "IoTAnalytics"},
		{"service", model.ErrorPrefix, "IoT", "Iot"},
		{"service", model.ErrorPrefix, "S3", "S3"},
		{"service", model.ErrorPrefix, "EC2", "Ec2"},
		{"service", model.ErrorPrefix, "Secrets Manager", "SecretsManager"},
		{"service", model.ErrorPrefix, "CloudWatch Logs", "CloudWatchLogs"},
		{"service", model.ErrorPrefix, "WAFV2", "Wafv2"},
		{"service", model.ErrorPrefix, "SESv2", "SesV2"},
		{"service", model.ErrorPrefix, "Elastic Load Balancing v2", "ElasticLoadBalancingV2"},
		{"service", model.ErrorPrefix, "Database Migration Service", "DatabaseMigration"},
		{"service", model.ErrorPrefix, "Cost and Usage Report Service", "CostAndUsageReport"},
		{"service", model.ErrorPrefix, "Lex Runtime Service", "LexRuntime"},
		{"resource", model.TaskName, "Redshift Data", "redshiftdata"},
		{"resource", model.TaskName, "EMR Serverless", "emrserverless"},
		{"resource", model.TaskName, "Bedrock Agent", "bedrockagent"},
		{"resource", model.TaskName, "Cognito Identity Provider", "cognitoidentityprovider"},
		{"action", sdkAction, "DescribeDBInstances", "describeDBInstances"},
		{"action", sdkAction, "ListObjectsV2", "listObjectsV2"},
		{"member", sdkMember, "DBInstanceIdentifier", "DbInstanceIdentifier"},
		{"member", sdkMember, "ETag", "ETag"},
		{"member", sdkMember, "ARN", "Arn"},
		{"member", sdkMember, "ACL", "Acl"},
		{"member", sdkMember, "ChecksumCRC32", "ChecksumCRC32"},
		{"member", sdkMember, "VPCSecurityGroups", "VpcSecurityGroups"},
		{"member", sdkMember, "awsvpcConfiguration", "AwsvpcConfiguration"},
		{"member", sdkMember, "MD5OfMessageBody", "Md5OfMessageBody"},
		{"member", sdkMember, "SSEKMSKeyId", "SsekmsKeyId"},
		{"member", sdkMember, "equals", "EqualsValue"},
		{"member", sdkMember, "static", "StaticValue"},
		{"error", sdkException, "ConditionalCheckFailedException", "ConditionalCheckFailedException"},
		{"error", sdkException, "NoSuchKey", "NoSuchKeyException"},
		{"error", sdkException, "InvalidToken", "InvalidTokenException"},
		{"error", sdkException, "DBInstanceNotFoundFault", "DbInstanceNotFoundException"},
		{"error of version 1", exception, "StateMachineDoesNotExist", "StateMachineDoesNotExistException"},
		{"error of version 1", exception, "NotFoundException", "NotFoundException"},
	} {
		if got := tt.make(tt.from); got != tt.for2 {
			t.Errorf("%s %s is %s, want %s", tt.what, tt.from, got, tt.for2)
		}
	}
}

// No two services share a name in resources, but the two models of one service; no two operations of a service and no two members
// of a shape do either.
func TestNamesAreDistinct(t *testing.T) {
	services := make(map[string]string)
	for _, name := range model.Names() {
		s := model.Load(name)
		if other, has := services[s.TaskName()]; has && s.TaskName() != "pinpointsmsvoice" {
			t.Errorf("%s and %s are both %s", name, other, s.TaskName())
		}
		services[s.TaskName()] = name
		if len(actionsOf(s)) != len(s.Operations) {
			t.Errorf("%s has %d operations and %d actions", name, len(s.Operations), len(actionsOf(s)))
		}
		seen := make(map[*model.Shape]bool)
		for _, op := range s.Operations {
			distinctMembers(t, name+"."+op.Name, op.Input, seen)
			distinctMembers(t, name+"."+op.Name, op.Output, seen)
		}
	}
	if len(services) < 400 {
		t.Errorf("there are %d services", len(services))
	}
}

func distinctMembers(t *testing.T, at string, s *model.Shape, seen map[*model.Shape]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for _, name := range []namer{sdkMember, capital} {
		names := make(map[string]string)
		for _, m := range s.Members {
			if other, has := names[name(m.Name)]; has {
				t.Errorf("%s: %s and %s are both %s", at, m.Name, other, name(m.Name))
			}
			names[name(m.Name)] = m.Name
		}
	}
	for _, m := range s.Members {
		distinctMembers(t, at, m.Shape, seen)
	}
	distinctMembers(t, at, s.Elem, seen)
}
