package statelark

import "testing"

func TestParseARN(t *testing.T) {
	home := Place{"aws", "us-east-1", "123456789012"}
	for text, want := range map[string]ARN{
		"arn:aws:states:us-east-1:123456789012:stateMachine:m":           {home, "states", "stateMachine", "m"},
		"arn:aws:states:us-east-1:123456789012:stateMachine:m:7":         {home, "states", "stateMachine", "m:7"},
		"arn:aws:states:us-east-1:123456789012:stateMachine":             {home, "states", "stateMachine", ""},
		"arn:aws:iam::123456789012:role/path/r":                          {Place{"aws", "", "123456789012"}, "iam", "role/path/r", ""},
		"arn:aws:logs:us-east-1:123456789012:log-group:/a/b:*":           {home, "logs", "log-group", "/a/b:*"},
		"arn:aws-cn:states:cn-north-1:1:execution:m:x":                   {Place{"aws-cn", "cn-north-1", "1"}, "states", "execution", "m:x"},
		"arn:aws:states:us-east-1:123456789012:express:m:x:0f1e-2d3c:aa": {home, "states", "express", "m:x:0f1e-2d3c:aa"},
	} {
		got, ok := ParseARN(text)
		if !ok || got != want {
			t.Errorf("ParseARN(%s) = %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "arn", "m", "arn:aws:states:us-east-1:123456789012", "arn:aws:states:us-east-1:123456789012:",
		"arn::states:r:a:k", "arn:aws::r:a:k", "urn:aws:states:us-east-1:123456789012:stateMachine:m"} {
		if got, ok := ParseARN(text); ok {
			t.Errorf("ParseARN(%q) = %+v", text, got)
		}
	}
}

func TestExecutionARN(t *testing.T) {
	machine := Place{"aws", "us-east-1", "123456789012"}.StateMachineARN("m")
	arn := ExecutionARN(machine, "x")
	if arn != "arn:aws:states:us-east-1:123456789012:execution:m:x" {
		t.Errorf("ExecutionARN = %s", arn)
	}
	if m, name, ok := SplitExecutionARN(arn); !ok || m != machine || name != "x" {
		t.Errorf("SplitExecutionARN = %s, %s, %v", m, name, ok)
	}
	for _, text := range []string{"", "x", machine, machine + ":1", "arn:aws:states:us-east-1:123456789012:execution:m:"} {
		if m, name, ok := SplitExecutionARN(text); ok {
			t.Errorf("SplitExecutionARN(%q) = %s, %s", text, m, name)
		}
	}
}
