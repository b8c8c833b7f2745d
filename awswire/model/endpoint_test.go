package model

import "testing"

func TestEndpoint(t *testing.T) {
	for _, test := range []struct{ service, region, host, signing string }{
		{"sqs", "eu-west-1", "sqs.eu-west-1.amazonaws.com", "eu-west-1"},
		{"dynamodb", "cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"s3", "us-east-1", "s3.us-east-1.amazonaws.com", "us-east-1"},
		{"logs", "mars-north-1", "logs.mars-north-1.amazonaws.com", "mars-north-1"},
		{"stepfunctions", "us-gov-west-1", "states.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
		{"iam", "eu-west-1", "iam.amazonaws.com", "us-east-1"},
		{"iam", "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
		{"route53", "cn-north-1", "route53.amazonaws.com.cn", "cn-northwest-1"},
		{"organizations", "us-east-1", "organizations.us-east-1.amazonaws.com", "us-east-1"},
		{"organizations", "eu-central-1", "organizations.us-east-1.amazonaws.com", "us-east-1"},
		{"geo-maps", "eu-west-1", "maps.geo.eu-west-1.amazonaws.com/v2", "eu-west-1"},
		{"signin", "eu-west-1", "eu-west-1.signin.aws.amazon.com", "eu-west-1"},
		{"transcribe", "cn-north-1", "cn.transcribe.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"datazone", "eu-west-1", "datazone.eu-west-1.api.aws", "eu-west-1"},
		{"budgets", "ap-south-1", "budgets.amazonaws.com", "us-east-1"},
		{"nothing", "us-east-1", "", ""},
	} {
		if host, signing := Endpoint(test.service, test.region); host != test.host || signing != test.signing {
			t.Errorf("%s in %s is at %s, signed for %s; want %s, %s", test.service, test.region, host, signing, test.host, test.signing)
		}
	}
	if p := PartitionOf("eusc-de-east-1"); p.ID != "aws-eusc" || p.Suffix != "amazonaws.eu" {
		t.Errorf("%+v", p)
	}
}
