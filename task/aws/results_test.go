package aws

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
)

// Every structure that results.txt names is there, and every line is read as it says.
func TestResults(t *testing.T) {
	seen := map[*awswire.Shape]bool{}
	var walk func(at string, s *awswire.Shape)
	walk = func(at string, s *awswire.Shape) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		if s.Kind == 0 {
			t.Errorf("%s has no kind", at)
		}
		if s.Name != "" && len(s.Members) == 0 && !strings.Contains(resultsText, "\n."+s.Name+"\n") {
			t.Errorf("%s is a %s, which has no line", at, s.Name)
		}
		walk(at+"[]", s.Elem)
		for _, m := range s.Members {
			walk(at+"."+m.Name, m.Shape)
		}
	}
	for action, s := range results() {
		walk(action, s)
	}
	if len(results()) < 300 {
		t.Errorf("there are %d actions", len(results()))
	}
	for begun, told := range jobs {
		if results()[begun] == nil || results()[told] == nil {
			t.Errorf("%s or %s is no action", begun, told)
		}
	}
	run := results()["sfn:describeMapRun"]
	for _, m := range run.Members {
		switch m.Name {
		case "Status":
			if !m.Required || m.Shape.Kind != awswire.String || len(m.Shape.Enum) != 4 {
				t.Errorf("Status is %+v", m.Shape)
			}
		case "MapRunArn":
			if m.Shape.Min != 1 || m.Shape.Max != 2000 {
				t.Errorf("MapRunArn is %+v", m.Shape)
			}
		}
	}
}

func TestResultShape(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:states:::dynamodb:putItem":              "Attributes",
		"arn:aws:states:::aws-sdk:dynamodb:putItem":      "Attributes",
		"arn:aws:states:::events:putEvents":              "FailedEntryCount",
		"arn:aws:states:::aws-sdk:eventbridge:putEvents": "FailedEntryCount",
		"arn:aws:states:::states:startExecution":         "ExecutionArn StartDate",
		"arn:aws:states:::states:startExecution.sync":    "ExecutionArn StateMachineArn",
		"arn:aws:states:::states:startExecution.sync:2":  "ExecutionArn StateMachineArn",
		"arn:aws:states:::batch:submitJob.sync":          "Jobs",

		"arn:aws:states:::sqs:sendMessage.waitForTaskToken": "",
		"arn:aws:states:::http:invoke":                      "",
		"arn:aws:states:::glue:startJobRun.sync":            "JobRun",
		"arn:aws:states:::sagemaker:createTrainingJob.sync": "TrainingJobName TrainingJobArn",
		"arn:aws:states:::sagemaker:createTrainingJob":      "TrainingJobArn",
		"arn:aws:states:::eks:deleteCluster.sync":           "",
		"arn:aws:states:::elasticmapreduce:addStep":         "",
		"arn:aws:states:::aws-sdk:rds:describeDBInstances":  "Marker DbInstances",
		"arn:aws:states:::aws-sdk:rds:describeThings":       "",
		"arn:aws:lambda:us-east-1:000000000000:function:f":  "",
		"arn:aws:states:us-east-1:000000000000:activity:a":  "",
	} {
		r, err := asl.ParseResource(arn)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if s := ResultShape(&r); s != nil {
			for i, m := range s.Members {
				if i > 1 {
					break
				}
				if i > 0 {
					got += " "
				}
				got += m.Name
			}
		}
		if len(got) < len(want) || got[:len(want)] != want || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
	rds, _ := asl.ParseResource("arn:aws:states:::aws-sdk:rds:describeDBInstances")
	kinds := make(map[string]awswire.Kind)
	for _, m := range ResultShape(&rds).Members[1].Shape.Elem.Members {
		kinds[m.Name] = m.Shape.Kind
	}
	for name, kind := range map[string]awswire.Kind{"AllocatedStorage": awswire.Float, "InstanceCreateTime": awswire.String, "MultiAZ": awswire.Boolean, "VpcSecurityGroups": awswire.List} {
		if kinds[name] != kind {
			t.Errorf("%s is of kind %d", name, kinds[name])
		}
	}
	// An integration has JSON where the SDK has bytes.
	for arn, kind := range map[string]awswire.Kind{"arn:aws:states:::lambda:invoke": 0, "arn:aws:states:::aws-sdk:lambda:invoke": awswire.String} {
		r, _ := asl.ParseResource(arn)
		for _, m := range ResultShape(&r).Members {
			if m.Name == "Payload" && m.Shape.Kind != kind {
				t.Errorf("%s: the payload is of kind %d", arn, m.Shape.Kind)
			}
		}
	}
}
