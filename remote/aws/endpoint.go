package aws

import (
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire/model"
)

// endpoint is AWS's own endpoint of a service in a region; region is that of signatures.
type awsEndpoint struct{ host, region string }

// suffixes are those of the hosts of partitions, by the beginning of the names of their regions.
var suffixes = map[string]string{"cn-": "amazonaws.com.cn"}

// global are the services that have one endpoint for a partition.
var global = map[string]awsEndpoint{
	"iam": {"iam.amazonaws.com", "us-east-1"}, "route53": {"route53.amazonaws.com", "us-east-1"},
	"cloudfront": {"cloudfront.amazonaws.com", "us-east-1"}, "organizations": {"organizations.us-east-1.amazonaws.com", "us-east-1"},
	"budgets": {"budgets.amazonaws.com", "us-east-1"}, "waf": {"waf.amazonaws.com", "us-east-1"},
}

func endpoint(s *model.Service, region string) (awsEndpoint, bool) {
	if !arn.IsRegion(region) {
		return awsEndpoint{}, false
	}
	if e, ok := global[s.Name]; ok && !strings.HasPrefix(region, "cn-") {
		return e, true
	}
	suffix := "amazonaws.com"
	for begin, other := range suffixes {
		if strings.HasPrefix(region, begin) {
			suffix = other
		}
	}
	return awsEndpoint{s.EndpointPrefix + "." + region + "." + suffix, region}, true
}
