package dynamodb

import (
	"strings"
	"testing"
	"time"
)

func TestResourcePolicies(t *testing.T) {
	const (
		table = `'ResourceArn':'arn:aws:dynamodb:us-east-1:123456789012:table/users'`
		wrong = "PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: "
		first = "{'RevisionId':'1800000000000'}"
	)
	s := newServer(t)
	s.must("CreateTable", usersTable)
	s.refuses("GetResourcePolicy", `{`+table+`}`, wrong+"arn:aws:dynamodb:us-east-1:123456789012:table/users")
	s.refuses("GetResourcePolicy", `{`+table[:len(table)-1]+`2'}`, "ResourceNotFoundException: Requested resource not found: Table: users2 not found")
	s.is("DeleteResourcePolicy", `{`+table+`}`, "{}")
	s.refuses("PutResourcePolicy", `{`+table+`,'Policy':'x'}`, "ValidationException: Invalid policy document: Syntax errors in policy")
	s.is("PutResourcePolicy", `{`+table+`,'Policy':'{}','ExpectedRevisionId':'NO_POLICY'}`, first)
	s.now = s.now.Add(time.Second)
	s.is("PutResourcePolicy", `{`+table+`,'Policy':'{}'}`, first) // nothing is new
	s.refuses("PutResourcePolicy", `{`+table+`,'Policy':'{ }','ExpectedRevisionId':'NO_POLICY'}`,
		wrong+"Requested policy update expecting none to be present for table users, but a policy exists with revision id 1800000000000.")
	s.is("PutResourcePolicy", `{`+table+`,'Policy':'{ }','ExpectedRevisionId':'1800000000000'}`, "{'RevisionId':'1800000001000'}")
	s.refuses("DeleteResourcePolicy", `{`+table+`,'ExpectedRevisionId':'1800000000000'}`,
		wrong+"Requested update for policy with revision id 1800000000000, but the policy associated to target table users has revision id 1800000001000.")
	s.is("GetResourcePolicy", `{`+table+`}`, "{'Policy':'{ }','RevisionId':'1800000001000'}")
	s.is("DeleteResourcePolicy", `{`+table+`}`, "{'RevisionId':'1800000001000'}")
	s.is("PutResourcePolicy", `{`+table+`,'Policy':'{}'}`, "{'RevisionId':'1800000001001'}") // above all before
	s.must("CreateTable", strings.Replace(usersTable, "users", "others", 1)[:len(usersTable)]+`,'ResourcePolicy':'{}'}`)
	s.is("GetResourcePolicy", `{`+strings.Replace(table, "users", "others", 1)+`}`, "{'Policy':'{}','RevisionId':'1800000001000'}")
}
