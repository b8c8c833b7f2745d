package deploy_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/deploy"
	"github.com/statelark/statelark/servertest"
	"github.com/statelark/statelark/value"
)

// TestOnServer deploys templates to the real server: twice, the second time with nothing to do; runs the workflow that the Output
// names; and deletes all of it, after which nothing is left.
func TestOnServer(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server")
	}
	server := servertest.Start(t)
	services, place, err := client.New(server.URL, arn.Place{Region: "us-east-1", Account: "000000000000"}).Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ template, output, input, want string }{
		{"all.yaml", "Arn", `{"a": 1}`, `{"a": 1}`},
		{"cdk/Shop.template.json", "Arn", `{"order": 7}`, `{"MessageId":"*"}`},
		{"sam.json", "", "", ""},
		{"serverless.yaml", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.template, func(t *testing.T) {
			template, err := deploy.ReadTemplate("testdata/" + test.template)
			if err != nil {
				t.Fatal(err)
			}
			d := &deploy.Deployment{Template: template, Stack: "stack", Place: place, Caller: services}
			if test.template == "all.yaml" {
				setImage(t, services, place)
			}
			outputs := execute(t, d, true)
			execute(t, d, false)
			if test.output != "" {
				machine, _ := outputs.Get(test.output)
				runMachine(t, server, machine.Str(), test.input, test.want)
			}
			gone := &deploy.Deployment{Stack: "stack", Place: place, Caller: services}
			execute(t, gone, true)
			execute(t, gone, false)
		})
	}
}

// setImage sets the parameter of the Parameter Store that the template reads.
func setImage(t *testing.T, services *client.Services, place arn.Place) {
	in := value.Checked(`{"Name":"/images/print","Type":"String","Value":"print:1","Overwrite":true}`)
	_, err := services.Call(t.Context(), &awswire.Request{Service: "ssm", Operation: "PutParameter", Place: place, Input: in})
	if err != nil {
		t.Fatal(err)
	}
}

// execute deploys, and checks whether there was something to do.
func execute(t *testing.T, d *deploy.Deployment, something bool) value.Value {
	t.Helper()
	p, err := d.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Changed(); (n > 0) != something {
		t.Errorf("there are %d changes: %+v", n, p.Changes)
	}
	outputs, err := p.Execute(t.Context(), func(deploy.Change) {})
	if err != nil {
		t.Fatal(err)
	}
	return outputs
}

// runMachine runs a state machine and compares its output; "*" stands for any text.
func runMachine(t *testing.T, server *servertest.Server, machine, input, want string) {
	t.Helper()
	sdk := server.Client()
	started, err := sdk.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	var x *sfn.DescribeExecutionOutput
	for end := time.Now().Add(time.Minute); x == nil || x.Status == types.ExecutionStatusRunning; {
		if x, err = sdk.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn}); err != nil || time.Now().After(end) {
			t.Fatal(x, err)
		}
	}
	var got, wanted map[string]any
	_, _ = json.Unmarshal([]byte(aws.ToString(x.Output)), &got), json.Unmarshal([]byte(want), &wanted)
	for key, v := range wanted {
		if text, isText := got[key].(string); v != got[key] && (v != "*" || !isText || text == "") {
			t.Errorf("it ended %s with %s, want %s (%s %s)", x.Status, aws.ToString(x.Output), want, aws.ToString(x.Error), aws.ToString(x.Cause))
		}
	}
}
