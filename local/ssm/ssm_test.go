package ssm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

func TestPut(t *testing.T) {
	b := newBench(t, nil)
	b.want(b.do("PutParameter", `{"Name":"/a/b","Value":"1","Type":"String"}`), `{"Version":1,"Tier":"Standard"}`)
	b.refused("PutParameter", `{"Name":"/a/b","Value":"2","Type":"String"}`, "ParameterAlreadyExists", "To overwrite this value")
	b.want(b.do("PutParameter", `{"Name":"/a/b","Value":"2","Overwrite":true}`), "2", "Version")
	long := strings.Repeat("x", 4097)
	b.refused("PutParameter", `{"Name":"long","Value":"`+long+`","Type":"String"}`, "ValidationException", "4096 characters")
	b.want(b.do("PutParameter", `{"Name":"long","Value":"`+long+`","Type":"String","Tier":"Intelligent-Tiering"}`), `"Advanced"`, "Tier")
	for _, c := range []struct{ name, code, text string }{
		{"aws-x", "ValidationException", `prefixed with "aws" or "ssm"`},
		{"/aws/x", "AccessDeniedException", "No access to reserved parameter name: /aws/x."},
		{"/ssm/x", "ValidationException", `prefixed with "ssm"`},
		{"a/b", "ValidationException", "fully qualified"},
		{"a b", "ValidationException", "letters, numbers"},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "HierarchyLevelLimitExceededException", ""},
	} {
		b.refused("PutParameter", `{"Name":"`+c.name+`","Value":"1","Type":"String"}`, c.code, c.text)
	}
	b.refused("PutParameter", `{"Name":"n","Value":"1"}`, "ValidationException", "type is required")
	b.refused("PutParameter", `{"Name":"n","Value":"a1","Type":"String","AllowedPattern":"[a-z]+"}`, "ParameterPatternMismatchException", "[a-z]+")
	b.refused("PutParameter", `{"Name":"n","Value":"1","Type":"String","Overwrite":true,"Tags":[{"Key":"k","Value":"v"}]}`, "ValidationException", "tags and overwrite")
}

func TestSelectors(t *testing.T) {
	b := newBench(t, nil)
	for i := range 3 {
		b.do("PutParameter", fmt.Sprintf(`{"Name":"p","Value":"v%d","Type":"String","Overwrite":true}`, i+1))
	}
	b.want(b.do("LabelParameterVersion", `{"Name":"p","ParameterVersion":2,"Labels":["good","1bad","aws-bad"]}`), `["1bad","aws-bad"]`, "InvalidLabels")
	for _, c := range []struct{ name, value, selector, told string }{
		{"p", "v3", "", "p"}, {"/p", "v3", "", "/p"}, {"p:1", "v1", ":1", "p"}, {"p:good", "v2", ":good", "p"},
		{"arn:aws:ssm:us-east-1:123456789012:parameter/p", "v3", "", "p"},
	} {
		got := b.do("GetParameter", `{"Name":"`+c.name+`"}`)
		b.want(got, `"`+c.value+`"`, "Parameter", "Value")
		b.want(got, `"`+c.told+`"`, "Parameter", "Name")
		if s := at(got, "Parameter", "Selector").Str(); s != c.selector {
			t.Errorf("%s has the selector %q", c.name, s)
		}
	}
	b.refused("GetParameter", `{"Name":"p:4"}`, "ParameterVersionNotFound", "version 4 of p")
	b.refused("GetParameter", `{"Name":"p:bad"}`, "ParameterVersionNotFound", "bad")
	b.refused("GetParameter", `{"Name":"q"}`, "ParameterNotFound", "")
	b.want(b.do("GetParameters", `{"Names":["p:9","q","p"]}`), `["p:9","q"]`, "InvalidParameters")
	b.want(b.do("GetParameterHistory", `{"Name":"p"}`), `["good"]`, "Parameters", 1, "Labels")
	b.want(b.do("UnlabelParameterVersion", `{"Name":"p","ParameterVersion":2,"Labels":["good","none"]}`), `{"RemovedLabels":["good"],"InvalidLabels":["none"]}`)
}

func TestManyVersions(t *testing.T) {
	b := newBench(t, nil)
	put := `{"Name":"p","Value":"v","Type":"String","Overwrite":true}`
	for range maxVersions {
		b.do("PutParameter", put)
	}
	b.do("LabelParameterVersion", `{"Name":"p","ParameterVersion":1,"Labels":["first"]}`)
	b.refused("PutParameter", put, "ParameterMaxVersionLimitExceeded", "Version 1, the oldest version")
	b.do("LabelParameterVersion", `{"Name":"p","ParameterVersion":2,"Labels":["first"]}`)
	b.do("PutParameter", put)
	b.refused("GetParameter", `{"Name":"p:1"}`, "ParameterVersionNotFound", "")
	b.do("GetParameter", `{"Name":"p:2"}`)
}

func TestSecureString(t *testing.T) {
	b := newBench(t, nil)
	b.do("PutParameter", `{"Name":"p","Value":"hidden","Type":"SecureString"}`)
	shut := at(b.do("GetParameter", `{"Name":"p"}`), "Parameter", "Value").Str()
	if strings.Contains(shut, "hidden") || !strings.HasPrefix(shut, "AQICAH") {
		t.Errorf("not decrypted it is %s", shut)
	}
	b.want(b.do("GetParameter", `{"Name":"p","WithDecryption":true}`), `"hidden"`, "Parameter", "Value")
	b.want(b.do("DescribeParameters", `{}`), `"alias/aws/ssm"`, "Parameters", 0, "KeyId")
}

func TestPathsAndFilters(t *testing.T) {
	b := newBench(t, nil)
	for _, name := range []string{"top", "/a/x", "/a/b/y", "/a/b/z", "/ab/x"} {
		kind := "String"
		if strings.HasSuffix(name, "z") {
			kind = "SecureString"
		}
		b.do("PutParameter", `{"Name":"`+name+`","Value":"`+name+`","Type":"`+kind+`","Tags":[{"Key":"k","Value":"`+name+`"}]}`)
	}
	names := func(op, input string) string {
		var out []string
		for _, p := range at(b.do(op, input), "Parameters").Elems() {
			out = append(out, at(p, "Name").Str())
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct{ op, input, want string }{
		{"GetParametersByPath", `{"Path":"/a"}`, "/a/x"},
		{"GetParametersByPath", `{"Path":"/a/","Recursive":true}`, "/a/b/y /a/b/z /a/x"},
		{"GetParametersByPath", `{"Path":"/","Recursive":false}`, "top"},
		{"GetParametersByPath", `{"Path":"/a","Recursive":true,"ParameterFilters":[{"Key":"Type","Values":["SecureString"]}]}`, "/a/b/z"},
		{"GetParametersByPath", `{"Path":"/aws/service"}`, ""},
		{"DescribeParameters", `{"Filters":[{"Key":"Name","Values":["/a/"]}]}`, "/a/b/y /a/b/z /a/x"},
		{"DescribeParameters", `{"ParameterFilters":[{"Key":"Name","Option":"Contains","Values":["x"]}]}`, "/a/x /ab/x"},
		{"DescribeParameters", `{"ParameterFilters":[{"Key":"Path","Option":"Recursive","Values":["/a/b","/ab"]}]}`, "/a/b/y /a/b/z /ab/x"},
		{"DescribeParameters", `{"ParameterFilters":[{"Key":"tag:k","Values":["top"]}]}`, "top"},
		{"DescribeParameters", `{"ParameterFilters":[{"Key":"Name","Values":["/top"]}]}`, "top"},
	} {
		if got := names(c.op, c.input); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.op, c.input, got, c.want)
		}
	}
	b.refused("GetParametersByPath", `{"Path":"a"}`, "ValidationException", "must begin with a forward slash")
	b.refused("GetParametersByPath", `{"Path":"/a","ParameterFilters":[{"Key":"Name","Values":["x"]}]}`, "InvalidFilterKey", "not valid: Name")
	b.refused("DescribeParameters", `{"ParameterFilters":[{"Key":"Type","Option":"Contains","Values":["x"]}]}`, "InvalidFilterOption", "[BeginsWith, Equals]")
	page := b.do("DescribeParameters", `{"MaxResults":4}`)
	if n := at(b.do("DescribeParameters", `{"MaxResults":4,"NextToken":"`+at(page, "NextToken").Str()+`"}`), "Parameters").Len(); n != 1 {
		t.Errorf("the second page has %d", n)
	}
}

func TestExpiration(t *testing.T) {
	b := newBench(t, nil)
	policy := `[{\"Type\":\"Expiration\",\"Version\":\"1.0\",\"Attributes\":{\"Timestamp\":\"2026-03-01T13:00:00.000Z\"}}]`
	b.do("PutParameter", `{"Name":"p","Value":"1","Type":"String","Tier":"Advanced","Policies":"`+policy+`"}`)
	b.want(b.do("DescribeParameters", `{}`), `"Expiration"`, "Parameters", 0, "Policies", 0, "PolicyType")
	b.now = b.now.Add(time.Hour)
	b.refused("GetParameter", `{"Name":"p"}`, "ParameterNotFound", "")
	b.refused("PutParameter", `{"Name":"p","Value":"1","Type":"String","Tier":"Advanced","Policies":"[{\"Type\":\"X\"}]"}`, "InvalidPolicyTypeException", "")
}

func TestTags(t *testing.T) {
	b := newBench(t, nil)
	b.do("PutParameter", `{"Name":"/a/p","Value":"1","Type":"String"}`)
	b.do("AddTagsToResource", `{"ResourceType":"Parameter","ResourceId":"/a/p","Tags":[{"Key":"x","Value":"1"},{"Key":"y","Value":"2"}]}`)
	b.do("RemoveTagsFromResource", `{"ResourceType":"Parameter","ResourceId":"/a/p","TagKeys":["x"]}`)
	b.want(b.do("ListTagsForResource", `{"ResourceType":"Parameter","ResourceId":"/a/p"}`), `[{"Key":"y","Value":"2"}]`, "TagList")
	b.refused("ListTagsForResource", `{"ResourceType":"Parameter","ResourceId":"q"}`, "InvalidResourceId", "")
}

// TestOthers has Secrets Manager and EventBridge beside the service.
func TestOthers(t *testing.T) {
	var told []string
	b := newBench(t, callers(func(r *awswire.Request) (*awswire.Reply, error) {
		if r.Service == "events" {
			told = append(told, at(r.Input, "Entries", 0, "Detail").Str())
			return &awswire.Reply{}, nil
		}
		if at(r.Input, "SecretId").Str() != "mine" {
			return nil, &awswire.Error{Code: "ResourceNotFoundException"}
		}
		return &awswire.Reply{Output: value.Checked(`{"ARN":"arn:s","SecretString":"hush","CreatedDate":5.5}`)}, nil
	}))
	got := b.do("GetParameter", `{"Name":"/aws/reference/secretsmanager/mine","WithDecryption":true}`)
	b.want(got, `"hush"`, "Parameter", "Value")
	b.want(got, `"SecureString"`, "Parameter", "Type")
	b.refused("GetParameter", `{"Name":"/aws/reference/secretsmanager/other","WithDecryption":true}`, "ParameterNotFound", "secretsmanager/other not found.")
	b.refused("GetParameter", `{"Name":"/aws/reference/secretsmanager/mine"}`, "ValidationException", "WithDecryption")
	b.do("PutParameter", `{"Name":"p","Value":"1","Type":"String"}`)
	b.do("DeleteParameter", `{"Name":"p"}`)
	if len(told) != 2 || told[1] != `{"name":"p","operation":"Delete","type":"String"}` {
		t.Errorf("told %q", told)
	}
}
