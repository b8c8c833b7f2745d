package secrets

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

func TestCreate(t *testing.T) {
	b := newBench(t, nil)
	token := strings.Repeat("a", 32)
	made := b.do("CreateSecret", `{"Name":"db","SecretString":"x","ClientRequestToken":"`+token+`","Tags":[{"Key":"k","Value":"v"}]}`)
	full := at(made, "ARN").Str()
	if prefix := here.ARN("secretsmanager", "secret:db-"); !strings.HasPrefix(full, prefix) || len(full) != len(prefix)+suffixLength {
		t.Errorf("the ARN is %s", full)
	}
	b.want(made, `"`+token+`"`, "VersionId")

	again := b.do("CreateSecret", `{"Name":"db","SecretString":"x","ClientRequestToken":"`+token+`"}`)
	b.want(again, at(made, "ARN").Compact(), "ARN")
	b.refused("CreateSecret", `{"Name":"db","SecretString":"y","ClientRequestToken":"`+token+`"}`, "ResourceExistsException", "You can't use ClientRequestToken "+token+" because that value is already in use for a version of secret "+full+".")
	b.refused("CreateSecret", `{"Name":"db","SecretString":"x","ClientRequestToken":"`+strings.Repeat("b", 32)+`"}`, "ResourceExistsException", "secret db already exists")
	b.refused("CreateSecret", `{"Name":"two words"}`, "ValidationException", "Invalid name")
	b.refused("CreateSecret", `{"Name":"n","SecretString":"x","SecretBinary":"eA=="}`, "InvalidParameterException", "both")

	for _, id := range []string{"db", full, full[:len(full)-suffixLength-1]} {
		b.want(b.do("GetSecretValue", `{"SecretId":"`+id+`"}`), `"x"`, "SecretString")
	}
	for _, id := range []string{full[:len(full)-1], full + "x", "DB", strings.Replace(full, "us-east-1", "eu-west-1", 1)} {
		b.refused("GetSecretValue", `{"SecretId":"`+id+`"}`, "ResourceNotFoundException", "can't find the specified secret.")
	}
}

// TestNameLikeAnARN looks up a secret whose name ends like the suffix of an ARN.
func TestNameLikeAnARN(t *testing.T) {
	b := newBench(t, nil)
	b.do("CreateSecret", `{"Name":"a","SecretString":"short"}`)
	full := at(b.do("CreateSecret", `{"Name":"a-b1c2d3","SecretString":"long"}`), "ARN").Str()
	b.want(b.do("GetSecretValue", `{"SecretId":"`+full[:len(full)-7]+`"}`), `"long"`, "SecretString")
	b.want(b.do("GetSecretValue", `{"SecretId":"`+full+`"}`), `"long"`, "SecretString")
}

func stagesOf(b *bench) map[string]string {
	out := map[string]string{}
	for _, v := range at(b.do("ListSecretVersionIds", `{"SecretId":"s","IncludeDeprecated":true}`), "Versions").Elems() {
		var stages []string
		for _, s := range at(v, "VersionStages").Elems() {
			stages = append(stages, s.Str())
		}
		out[at(v, "VersionId").Str()[:1]] = strings.Join(stages, " ")
	}
	return out
}

func TestStages(t *testing.T) {
	b := newBench(t, nil)
	id := func(letter string) string { return strings.Repeat(letter, 32) }
	put := func(letter, more string) {
		b.now = b.now.Add(time.Second)
		b.do("PutSecretValue", `{"SecretId":"s","SecretString":"`+letter+`","ClientRequestToken":"`+id(letter)+`"`+more+`}`)
	}
	b.do("CreateSecret", `{"Name":"s"}`)
	b.refused("GetSecretValue", `{"SecretId":"s"}`, "ResourceNotFoundException", "staging label: AWSCURRENT")
	put("a", `,"VersionStages":["mine"]`)
	put("b", "")
	put("c", `,"VersionStages":["AWSPENDING","mine"]`)
	want := func(step string, want map[string]string) {
		t.Helper()
		got := stagesOf(b)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s has %q, want %q", step, k, got[k], v)
			}
		}
	}
	want("puts", map[string]string{"a": "AWSPREVIOUS", "b": "AWSCURRENT", "c": "AWSPENDING mine"})
	b.do("UpdateSecretVersionStage", `{"SecretId":"s","VersionStage":"AWSCURRENT","MoveToVersionId":"`+id("c")+`","RemoveFromVersionId":"`+id("b")+`"}`)
	want("a move", map[string]string{"a": "", "b": "AWSPREVIOUS", "c": "AWSPENDING mine AWSCURRENT"})
	b.do("UpdateSecretVersionStage", `{"SecretId":"s","VersionStage":"AWSCURRENT","MoveToVersionId":"`+id("b")+`","RemoveFromVersionId":"`+id("c")+`"}`)
	want("a move back", map[string]string{"b": "AWSCURRENT", "c": "AWSPENDING mine AWSPREVIOUS"})

	b.refused("UpdateSecretVersionStage", `{"SecretId":"s","VersionStage":"AWSCURRENT","MoveToVersionId":"`+id("c")+`"}`, "InvalidParameterException", "can't be empty")
	b.refused("UpdateSecretVersionStage", `{"SecretId":"s","VersionStage":"AWSCURRENT","RemoveFromVersionId":"`+id("b")+`"}`, "InvalidParameterException", "only move")
	b.refused("PutSecretValue", `{"SecretId":"s","SecretString":"other","ClientRequestToken":"`+id("b")+`"}`, "ResourceExistsException", "already in use")
	b.refused("GetSecretValue", `{"SecretId":"s","VersionId":"`+id("b")+`","VersionStage":"AWSPENDING"}`, "InvalidRequestException", "not associated")
	b.want(b.do("ListSecretVersionIds", `{"SecretId":"s","MaxResults":1}`), `["AWSCURRENT"]`, "Versions", 0, "VersionStages")
}

func TestDeletion(t *testing.T) {
	b := newBench(t, nil)
	b.do("CreateSecret", `{"Name":"s","SecretString":"1"}`)
	b.refused("DeleteSecret", `{"SecretId":"s","RecoveryWindowInDays":6}`, "InvalidParameterException", "between 7 and 30")
	b.do("DeleteSecret", `{"SecretId":"s","RecoveryWindowInDays":7}`)
	b.refused("GetSecretValue", `{"SecretId":"s"}`, "InvalidRequestException", "marked for deletion")
	b.refused("CreateSecret", `{"Name":"s"}`, "InvalidRequestException", "already scheduled for deletion")
	b.want(b.do("ListSecrets", `{}`), `[]`, "SecretList")
	b.want(b.do("ListSecrets", `{"IncludePlannedDeletion":true}`), `"s"`, "SecretList", 0, "Name")
	b.do("RestoreSecret", `{"SecretId":"s"}`)
	b.want(b.do("GetSecretValue", `{"SecretId":"s"}`), `"1"`, "SecretString")

	b.do("DeleteSecret", `{"SecretId":"s","RecoveryWindowInDays":7}`)
	b.now = b.now.Add(7 * 24 * time.Hour)
	b.refused("DescribeSecret", `{"SecretId":"s"}`, "ResourceNotFoundException", "")
	b.do("CreateSecret", `{"Name":"s","SecretString":"2"}`)
	b.do("DeleteSecret", `{"SecretId":"s","ForceDeleteWithoutRecovery":true}`)
	b.do("DeleteSecret", `{"SecretId":"s","ForceDeleteWithoutRecovery":true}`)
	b.refused("DeleteSecret", `{"SecretId":"s"}`, "ResourceNotFoundException", "")
}

func TestFilters(t *testing.T) {
	b := newBench(t, nil)
	b.do("CreateSecret", `{"Name":"prod/db","Description":"The Main database","Tags":[{"Key":"Team","Value":"core"}]}`)
	b.do("CreateSecret", `{"Name":"test/db","Description":"for testSuites","Tags":[{"Key":"team","Value":"web"}]}`)
	for _, c := range []struct{ filters, want string }{
		{`[{"Key":"name","Values":["prod"]}]`, "prod/db"},
		{`[{"Key":"name","Values":["Prod"]}]`, ""},
		{`[{"Key":"name","Values":["!prod"]}]`, "test/db"},
		{`[{"Key":"name","Values":["prod","test"]}]`, "prod/db test/db"},
		{`[{"Key":"description","Values":["main DATA"]}]`, "prod/db"},
		{`[{"Key":"description","Values":["suites"]}]`, "test/db"},
		{`[{"Key":"tag-key","Values":["team"]},{"Key":"tag-value","Values":["we"]}]`, "test/db"},
		{`[{"Key":"all","Values":["core"]}]`, "prod/db"},
		{`[{"Key":"owning-service","Values":["rds"]}]`, ""},
	} {
		var names []string
		for _, x := range at(b.do("ListSecrets", `{"Filters":`+c.filters+`}`), "SecretList").Elems() {
			names = append(names, at(x, "Name").Str())
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.filters, got, c.want)
		}
	}
	batch := b.do("BatchGetSecretValue", `{"SecretIdList":["prod/db","none"]}`)
	b.want(batch, `"ResourceNotFoundException"`, "Errors", 1, "ErrorCode")
	page := b.do("ListSecrets", `{"MaxResults":1,"SortBy":"name","SortOrder":"desc"}`)
	b.want(page, `"test/db"`, "SecretList", 0, "Name")
	b.want(b.do("ListSecrets", `{"MaxResults":1,"SortBy":"name","SortOrder":"desc","NextToken":"`+at(page, "NextToken").Str()+`"}`), `"prod/db"`, "SecretList", 0, "Name")
}

func TestPassword(t *testing.T) {
	b := newBench(t, nil)
	for range 100 {
		p := at(b.do("GetRandomPassword", `{"PasswordLength":5,"IncludeSpace":true}`), "RandomPassword").Str()
		for _, letters := range []string{lower, strings.ToUpper(lower), "0123456789", punctuation, " "} {
			if len(p) != 5 || !strings.ContainsAny(p, letters) {
				t.Fatalf("%q has none of %q", p, letters)
			}
		}
	}
	b.refused("GetRandomPassword", `{"ExcludeLowercase":true,"ExcludeUppercase":true,"ExcludePunctuation":true,"ExcludeCharacters":"1234567890x"}`,
		"InvalidParameterException", "exclude all")
	b.refused("GetRandomPassword", `{"PasswordLength":3}`, "InvalidParameterException", "too short")
}

func TestPolicy(t *testing.T) {
	b := newBench(t, nil)
	b.do("CreateSecret", `{"Name":"s"}`)
	b.refused("PutResourcePolicy", `{"SecretId":"s","ResourcePolicy":"{"}`, "MalformedPolicyDocumentException", "")
	const open = `{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}]}`
	b.refused("PutResourcePolicy", `{"SecretId":"s","BlockPublicPolicy":true,"ResourcePolicy":"`+open+`"}`, "PublicPolicyException", "")
	b.do("PutResourcePolicy", `{"SecretId":"s","ResourcePolicy":"`+open+`"}`)
	b.want(b.do("GetResourcePolicy", `{"SecretId":"s"}`), `"`+open+`"`, "ResourcePolicy")
	b.do("DeleteResourcePolicy", `{"SecretId":"s"}`)
	b.want(b.do("GetResourcePolicy", `{"SecretId":"s"}`), "", "ResourcePolicy")
}

// TestRotation has a function that does what AWS's template does.
func TestRotation(t *testing.T) {
	var b *bench
	steps, done := []string{}, make(chan struct{})
	b = newBench(t, callers(func(r *awswire.Request) (*awswire.Reply, error) {
		if r.Operation == "GetFunction" {
			if at(r.Input, "FunctionName").Str() != "rotate" {
				return nil, &awswire.Error{Code: "ResourceNotFoundException"}
			}
			return &awswire.Reply{}, nil
		}
		event := payloadOf(t, r)
		id := `"SecretId":"` + at(event, "SecretId").Str() + `"`
		token := at(event, "ClientRequestToken").Str()
		step := at(event, "Step").Str()
		steps = append(steps, step)
		switch step {
		case "createSecret":
			b.refused("GetSecretValue", `{`+id+`,"VersionId":"`+token+`","VersionStage":"AWSPENDING"}`, "ResourceNotFoundException", token)
			b.do("PutSecretValue", `{`+id+`,"ClientRequestToken":"`+token+`","SecretString":"new","VersionStages":["AWSPENDING"]}`)
		case "finishSecret":
			old := at(b.do("GetSecretValue", `{`+id+`}`), "VersionId").Str()
			b.do("UpdateSecretVersionStage", `{`+id+`,"VersionStage":"AWSCURRENT","MoveToVersionId":"`+token+`","RemoveFromVersionId":"`+old+`"}`)
			close(done)
		}
		return &awswire.Reply{}, nil
	}))
	b.do("CreateSecret", `{"Name":"s","SecretString":"old"}`)
	b.refused("RotateSecret", `{"SecretId":"s"}`, "InvalidRequestException", "Lambda function ARN")
	b.refused("RotateSecret", `{"SecretId":"s","RotationLambdaARN":"none"}`, "AccessDeniedException", "cannot invoke")
	b.do("RotateSecret", `{"SecretId":"s","RotationLambdaARN":"rotate","RotationRules":{"AutomaticallyAfterDays":3}}`)
	<-done
	b.rotations.Wait()
	if got := strings.Join(steps, " "); got != "createSecret setSecret testSecret finishSecret" {
		t.Errorf("the steps were %s", got)
	}
	b.want(b.do("GetSecretValue", `{"SecretId":"s"}`), `"new"`, "SecretString")
	b.want(b.do("GetSecretValue", `{"SecretId":"s","VersionStage":"AWSPREVIOUS"}`), `"old"`, "SecretString")
	d := b.do("DescribeSecret", `{"SecretId":"s"}`)
	b.want(d, "true", "RotationEnabled")
	if !at(d, "LastRotatedDate").Exists() {
		t.Error("the rotation has no date")
	}
}

func payloadOf(t *testing.T, r *awswire.Request) value.Value {
	t.Helper()
	var in struct{ Payload []byte }
	if err := json.Unmarshal([]byte(r.Input.Text()), &in); err != nil {
		t.Fatal(err)
	}
	v, err := value.ParseBytes(in.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
