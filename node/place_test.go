package node

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/value"
)

var arnPattern = regexp.MustCompile(`arn:[^"'\\\s{},]+`)

// TestOnePlace looks at every ARN that a server makes in its answers, histories, contexts, errors and the
// environment of functions: all have the partition, the region and the account of the server.
func TestOnePlace(t *testing.T) {
	noLeaks(t)
	for _, place := range []arn.Place{{Region: "cn-north-1", Account: "123456789012"}, {Region: "us-gov-west-1", Account: "210987654321"}} {
		told := command("told", "sh", "-c", `cat >/dev/null; echo "\"$AWS_LAMBDA_FUNCTION_ARN\""`)
		n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: place, Functions: []function.Function{told}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer closeNode(t, n)
		kinds := make(map[string]bool)
		for _, found := range arnPattern.FindAllString(everyAnswer(t, n), -1) {
			a, ok := arn.Parse(found)
			at := place
			switch {
			case a.Resource == "lambda:invoke":
				at = arn.Place{}
			case a.Service == "iam":
				at.Region = ""
			}
			if !ok || a.Place() != at || a.Partition != place.Partition() {
				t.Errorf("in %s, %s the server made %s", place.Region, place.Account, found)
			}
			kind, _ := a.Cut()
			kinds[kind] = true
		}
		for _, kind := range []string{"stateMachine", "execution", "activity", "function", "mapRun", "role/statelark"} {
			if !kinds[kind] {
				t.Errorf("no answer had an ARN of a %s", kind)
			}
		}
	}
}

// everyAnswer calls what answers with ARNs and returns all the answers, errors included.
func everyAnswer(t *testing.T, n *Node) string {
	t.Helper()
	var all strings.Builder
	c := client.New(n.URL(), n.cfg.Place)
	t.Cleanup(c.HTTP.CloseIdleConnections)
	call := func(operation string, in ...value.Member) value.Value {
		v, err := c.Call(t.Context(), operation, in...)
		if err != nil {
			all.WriteString(err.Error() + "\n")
		}
		all.WriteString(v.Text() + "\n")
		return v
	}
	definition := `{"StartAt":"F","States":{
		"F":{"Type":"Task","Resource":"INVOKE","Parameters":{"FunctionName":"told"},"ResultSelector":{"told.$":"$.Payload"},"Next":"C"},
		"C":{"Type":"Pass","Parameters":{"all.$":"$$"},"Next":"M"},
		"M":{"Type":"Map","ItemsPath":"$.all.Execution.Input.items","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"Next":"X"},
		"X":{"Type":"Task","Resource":"INVOKE","Parameters":{"FunctionName":"absent"},"End":true}}}`
	definition = strings.ReplaceAll(definition, "INVOKE", "arn:"+n.cfg.Place.Partition()+":states:::lambda:invoke")
	machine, err := c.Deploy(t.Context(), "m", definition)
	if err != nil {
		t.Fatal(err)
	}
	execution := client.Str(call("StartExecution", client.Text("stateMachineArn", machine), client.Text("name", "x"), client.Text("input", `{"items":[1]}`)), "executionArn")
	await(t, sdk(t, n), &execution)
	call("GetExecutionHistory", client.Text("executionArn", execution))
	call("DescribeExecution", client.Text("executionArn", execution))
	call("DescribeStateMachine", client.Text("stateMachineArn", machine))
	call("DescribeStateMachineForExecution", client.Text("executionArn", execution))
	call("ListExecutions", client.Text("stateMachineArn", machine))
	call("ListStateMachines")
	call("CreateActivity", client.Text("name", "a"))
	call("ListActivities")
	call("StartExecution", client.Text("stateMachineArn", machine), client.Text("name", "x"), client.Text("input", "2"))
	call("DescribeExecution", client.Text("executionArn", execution+"x"))
	call("DescribeStateMachine", client.Text("stateMachineArn", machine+"x"))
	call("StopExecution", client.Text("executionArn", execution+"x"))
	for _, path := range []string{"", "/told", "/told/configuration", "/told/versions", "/absent"} {
		answer, err := http.Get(n.URL() + "/2015-03-31/functions" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read
		if err != nil {
			t.Fatal(err)
		}
		all.Write(body)
	}
	return all.String()
}
