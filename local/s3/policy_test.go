package s3

import (
	"errors"
	"strconv"
	"testing"

	"github.com/statelark/statelark/awswire"
)

// TestPolicies puts policies that S3 takes and others.
func TestPolicies(t *testing.T) {
	b := start(t, "")
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	statement := func(principal, action, resource, more string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":` + action + `,"Resource":` + resource + more + `}]}`
	}
	const someone, objects, whole = `{"AWS":"123456789012"}`, `"arn:aws:s3:::bkt/*"`, `"arn:aws:s3:::bkt"`
	for _, c := range []struct{ policy, want string }{
		{statement(someone, `"s3:GetObject"`, objects, ""), ""},
		{statement(`{"AWS":["arn:aws:iam::123456789012:role/r","*"]}`, `"s3:Get*"`, `["arn:aws:s3:::bkt","arn:aws:s3:::bkt/a*"]`, `,"Condition":{"StringLikeIfExists":{"aws:Referer":"x"}}`), ""},
		{statement(`{"Service":"logging.s3.amazonaws.com"}`, `"s3:PutObject"`, objects, `,"Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":"x"}}`), ""},
		{statement(someone, `["s3:ListBucket","s3:*"]`, whole, ""), ""},
		{statement(someone, `"s3:SomethingNew"`, whole, ""), ""},
		{statement(`"*"`, `"s3:GetObject"`, objects, ""), "AccessDenied: Access Denied"},
		{statement(`["*"]`, `"s3:GetObject"`, objects, ""), "MalformedPolicy: Invalid principal in policy"},
		{statement(`{"AWS":"nobody"}`, `"s3:GetObject"`, objects, ""), "MalformedPolicy: Invalid principal in policy"},
		{statement(`{"AWS":[]}`, `"s3:GetObject"`, objects, ""), "MalformedPolicy: Invalid principal in policy"},
		{statement(`{"AWS":"arn:aws:iam::123456789012:*"}`, `"s3:GetObject"`, objects, ""), "MalformedPolicy: Invalid principal in policy"},
		{statement(`{}`, `"s3:GetObject"`, objects, ""), "MalformedPolicy: Invalid principal in policy"},
		{statement(someone, `"ec2:Run"`, objects, ""), "MalformedPolicy: Policy has invalid action"},
		{statement(someone, `[]`, objects, ""), "MalformedPolicy: Policy has invalid action"},
		{statement(someone, `"s3:GetObject"`, `"arn:aws:s3:::other/*"`, ""), "MalformedPolicy: Policy has invalid resource"},
		{statement(someone, `"s3:GetObject"`, `"arn:aws:iam:::bkt/*"`, ""), "MalformedPolicy: Policy has invalid resource"},
		{statement(someone, `"s3:GetObject"`, `[]`, ""), "MalformedPolicy: Policy has invalid resource"},
		{statement(someone, `"s3:GetObject"`, whole, ""), "MalformedPolicy: Action does not apply to any resource(s) in statement"},
		{statement(someone, `["s3:GetObject","s3:???tBucket"]`, objects, ""), "MalformedPolicy: Action does not apply to any resource(s) in statement"},
		{statement(someone, `"s3:GetObject"`, objects, `,"Condition":{"StringIs":{"aws:Referer":"x"}}`), "MalformedPolicy: Invalid Condition type : StringIs"},
		{`{"Version":"2012-10-18","Statement":[]}`, "MalformedPolicy: The policy must contain a valid version string"},
		{`{"Statement":[]}`, "MalformedPolicy: Could not parse the policy: Statement is empty!"},
		{`{}`, "MalformedPolicy: Missing required field Statement"},
		{`[]`, "MalformedPolicy: Policies must be valid JSON and the first byte must be '{'"},
	} {
		_, err := b.ask("PutBucketPolicy", `{"Bucket":"bkt","Policy":`+strconv.Quote(c.policy)+`}`, nil)
		got := ""
		if refusal := (*awswire.Error)(nil); errors.As(err, &refusal) {
			got = refusal.Code + ": " + refusal.Message
		} else if err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.policy, got, c.want)
		}
	}
}
