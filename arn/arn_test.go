package arn

import "testing"

func TestPartition(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-central-2": "aws", "ap-southeast-7": "aws", "mx-central-1": "aws", "": "aws",
		"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	} {
		if got := (Place{Region: region}).Partition(); got != want {
			t.Errorf("partition of %q is %s, want %s", region, got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	china := Place{"cn-north-1", "123456789012"}
	machine := china.StateMachineARN("m")
	for got, want := range map[string]string{
		machine:                       "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:m",
		china.ActivityARN("a"):        "arn:aws-cn:states:cn-north-1:123456789012:activity:a",
		china.FunctionARN("f", ""):    "arn:aws-cn:lambda:cn-north-1:123456789012:function:f",
		china.FunctionARN("f", "7"):   "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:7",
		china.RoleARN("r"):            "arn:aws-cn:iam::123456789012:role/r",
		china.ARN("sqs", "q"):         "arn:aws-cn:sqs:cn-north-1:123456789012:q",
		Execution(machine, "x"):       "arn:aws-cn:states:cn-north-1:123456789012:execution:m:x",
		MapRun(machine, "Label", "u"): "arn:aws-cn:states:cn-north-1:123456789012:mapRun:m/Label:u",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		a, ok := Parse(got)
		if !ok || a.String() != got || a.Account != china.Account || a.Partition != "aws-cn" {
			t.Errorf("Parse(%s) = %+v, %v", got, a, ok)
		}
		if a.Service != "iam" && a.Place() != china {
			t.Errorf("%s is in %v", got, a.Place())
		}
	}
}

func TestParse(t *testing.T) {
	type want struct {
		a        ARN
		kind, id string
	}
	const account = "123456789012"
	states := func(resource string) ARN { return ARN{"aws", "states", "us-east-1", account, resource} }
	for text, want := range map[string]want{
		"arn:aws:states:us-east-1:123456789012:stateMachine:m":       {states("stateMachine:m"), "stateMachine", "m"},
		"arn:aws:states:us-east-1:123456789012:stateMachine:m:7":     {states("stateMachine:m:7"), "stateMachine", "m:7"},
		"arn:aws:states:us-east-1:123456789012:stateMachine":         {states("stateMachine"), "stateMachine", ""},
		"arn:aws:states:us-east-1:123456789012:express:m:x:0f1e:aa":  {states("express:m:x:0f1e:aa"), "express", "m:x:0f1e:aa"},
		"arn:aws:iam::123456789012:role/path/r":                      {ARN{"aws", "iam", "", account, "role/path/r"}, "role/path/r", ""},
		"arn:aws:logs:us-east-1:123456789012:log-group:/a/b:*":       {ARN{"aws", "logs", "us-east-1", account, "log-group:/a/b:*"}, "log-group", "/a/b:*"},
		"arn:aws-cn:states:cn-north-1:1:execution:m:x":               {ARN{"aws-cn", "states", "cn-north-1", "1", "execution:m:x"}, "execution", "m:x"},
		"arn:aws:s3:::bucket/key":                                    {ARN{"aws", "s3", "", "", "bucket/key"}, "bucket/key", ""},
		"arn:aws:states:::aws-sdk:dynamodb:getItem.waitForTaskToken": {ARN{"aws", "states", "", "", "aws-sdk:dynamodb:getItem.waitForTaskToken"}, "aws-sdk", "dynamodb:getItem.waitForTaskToken"},
	} {
		got, ok := Parse(text)
		if !ok || got != want.a {
			t.Errorf("Parse(%s) = %+v, %v", text, got, ok)
		}
		if kind, id := got.Cut(); kind != want.kind || id != want.id {
			t.Errorf("%s: kind %q, id %q", text, kind, id)
		}
		if got.String() != text {
			t.Errorf("%s became %s", text, got)
		}
	}
	for _, text := range []string{"", "arn", "m", "arn:aws:states:us-east-1:123456789012", "arn:aws:states:us-east-1:123456789012:",
		"arn::states:r:a:k", "arn:aws::r:a:k", "urn:aws:states:us-east-1:123456789012:stateMachine:m"} {
		if got, ok := Parse(text); ok {
			t.Errorf("Parse(%q) = %+v", text, got)
		}
	}
}

func TestExecution(t *testing.T) {
	machine := Place{"us-east-1", "123456789012"}.StateMachineARN("m")
	x := Execution(machine, "x")
	if m, name, ok := SplitExecution(x); !ok || m != machine || name != "x" {
		t.Errorf("SplitExecution(%s) = %s, %s, %v", x, m, name, ok)
	}
	for _, text := range []string{"", "x", machine, machine + ":1", "arn:aws:states:us-east-1:123456789012:execution:m:"} {
		if m, name, ok := SplitExecution(text); ok {
			t.Errorf("SplitExecution(%q) = %s, %s", text, m, name)
		}
	}
}

func TestQualified(t *testing.T) {
	machine := Place{"us-east-1", "123456789012"}.StateMachineARN("m")
	for text, want := range map[string][2]string{
		machine:                            {machine, ""},
		Qualified(machine, "7"):            {machine, "7"},
		Qualified(machine, "PROD"):         {machine, "PROD"},
		machine + ":":                      {machine, ""},
		machine + ":7:8":                   {machine, "7:8"},
		machine + "/Label":                 {machine + "/Label", ""},
		"":                                 {"", ""},
		"arn:aws:states:r:a:execution:m:x": {"arn:aws:states:r:a:execution:m:x", ""},
	} {
		if m, q := SplitQualified(text); m != want[0] || q != want[1] {
			t.Errorf("SplitQualified(%s) = %s, %s", text, m, q)
		}
	}
}

func TestExpress(t *testing.T) {
	machine := Place{"us-east-1", "123456789012"}.StateMachineARN("m")
	x := Express(machine, "x", "0f1e")
	if x != "arn:aws:states:us-east-1:123456789012:express:m:x:0f1e" {
		t.Error(x)
	}
	if m, name, id, ok := SplitExpress(x); !ok || m != machine || name != "x" || id != "0f1e" {
		t.Errorf("SplitExpress(%s) = %s, %s, %s, %v", x, m, name, id, ok)
	}
	for _, text := range []string{"", "x", machine, Execution(machine, "x"), "arn:aws:states:us-east-1:123456789012:express:m:x",
		"arn:aws:states:us-east-1:123456789012:express:m:x:", "arn:aws:states:us-east-1:123456789012:express:m::0f1e"} {
		if m, name, id, ok := SplitExpress(text); ok {
			t.Errorf("SplitExpress(%q) = %s, %s, %s", text, m, name, id)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:states:us-east-1:123456789012:execution:m:x")
	f.Add("arn:aws:iam::123456789012:role/r")
	f.Fuzz(func(t *testing.T, text string) {
		if a, ok := Parse(text); ok && a.String() != text {
			t.Errorf("%q became %q", text, a.String())
		}
	})
}

func TestIsRegion(t *testing.T) {
	for text, want := range map[string]bool{
		"us-east-1": true, "us-gov-west-1": true, "eusc-de-east-1": true, "ap-southeast-10": true, "us-isob-east-1": true,
		"": false, "us": false, "us-1": false, "us-east": false, "us-east-": false, "-east-1": false, "US-EAST-1": false, "us-east-1a": false, "u-east-1": false,
		"us-e/st-1": false, "us-east-1-": false,
	} {
		if IsRegion(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
