package lambda

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/local/kv"
)

// TestStored reads what the first form has left on disks.
func TestStored(t *testing.T) {
	store := memory(t)
	var b kv.Batch
	for key, text := range map[string]string{
		"\x00\x00event-source-mapping\x00us-east-1\x00000000000000\x00u\x00": `{"id":"u","region":"us-east-1","account":"000000000000",` +
			`"queue":"arn:aws:sqs:us-east-1:000000000000:q","function":"f","qualifier":"live","batchSize":20,"window":5,"concurrency":7,"partial":true,"disabled":true,` +
			`"tags":{"a":"b"},"modified":"2026-01-01T00:00:00Z","change":"Creating"}`,
		"us-east-1\x00000000000000\x00layer\x00l\x0000000000000000000002\x00": `{"name":"l","number":2,"description":"d","license":"MIT","runtimes":["python3.12"],` +
			`"architectures":["arm64"],"sha256":"c2hh","size":3,"created":"2026-01-01T00:00:00Z","policy":{"Revision":"r","Statements":[{"Sid":"s","Effect":"Allow","Principal":"*",` +
			`"Action":"lambda:GetLayerVersion","Resource":"x"}]}}`,
		"us-east-1\x00000000000000\x00layer-number\x00l\x00": `{"last":2}`,
		"us-east-1\x00000000000000\x00code-signing\x00csc-1\x00": `{"CodeSigningConfigId":"csc-1","CodeSigningConfigArn":"arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-1",` +
			`"Description":"d","AllowedPublishers":{"SigningProfileVersionArns":[]},"CodeSigningPolicies":{"UntrustedArtifactOnDeployment":"Warn"},"LastModified":"2026-01-01T00:00:00.000+0000"}`,
	} {
		b.Set([]byte(key), []byte("\x01"+text))
	}
	if err := store.Apply(&b); err != nil {
		t.Fatal(err)
	}
	h := mapper(t, newQueue(), store, nil)
	for _, tt := range []struct {
		operation, input string
		want             map[string]any
	}{
		{"GetEventSourceMapping", `{"UUID":"u"}`, map[string]any{
			"UUID": "u", "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:q", "EventSourceMappingArn": "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u",
			"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:live", "BatchSize": 20.0, "MaximumBatchingWindowInSeconds": 5.0,
			"FunctionResponseTypes": []any{"ReportBatchItemFailures"}, "ScalingConfig": map[string]any{"MaximumConcurrency": 7.0},
			"LastModified": 1767225600.0, "State": "Disabled", "StateTransitionReason": "USER_INITIATED",
		}},
		{"ListTags", `{"Resource":"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u"}`, map[string]any{"Tags": map[string]any{"a": "b"}}},
		{"ListLayerVersions", `{"LayerName":"l"}`, map[string]any{"LayerVersions": []any{map[string]any{
			"LayerVersionArn": "arn:aws:lambda:us-east-1:000000000000:layer:l:2", "Description": "d", "CreatedDate": "2026-01-01T00:00:00.000+0000", "Version": 2.0,
			"CompatibleRuntimes": []any{"python3.12"}, "LicenseInfo": "MIT", "CompatibleArchitectures": []any{"arm64"},
		}}}},
		{"GetCodeSigningConfig", `{"CodeSigningConfigArn":"arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-1"}`, map[string]any{"CodeSigningConfig": map[string]any{
			"CodeSigningConfigId": "csc-1", "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-1", "Description": "d",
			"AllowedPublishers": map[string]any{"SigningProfileVersionArns": []any{}}, "CodeSigningPolicies": map[string]any{"UntrustedArtifactOnDeployment": "Warn"},
			"LastModified": "2026-01-01T00:00:00.000+0000",
		}}},
	} {
		if diff := cmp.Diff(tt.want, must(t, h, tt.operation, tt.input)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.operation, diff)
		}
	}
	policy := must(t, h, "GetLayerVersionPolicy", `{"LayerName":"l","VersionNumber":2}`)
	if policy["RevisionId"] != "r" {
		t.Errorf("the policy is %v", policy)
	}
}
