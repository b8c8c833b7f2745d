package node

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// A Task runs an Express execution to its end with the SDK: that it failed is no failure of the Task (measured).
func TestSyncExecutions(t *testing.T) {
	n := startNode(t, "")
	defer closeNode(t, n)
	ctx, c := t.Context(), sdk(t, n)
	options := c.Options()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(addr, "sync-")) // which no resolver knows
	}}
	t.Cleanup(transport.CloseIdleConnections)
	options.HTTPClient = &http.Client{Transport: transport}
	c = sfn.New(options)
	child, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("child"), Type: types.StateMachineTypeExpress, RoleArn: aws.String(place.RoleARN("r")),
		Definition: aws.String(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"U"},
			"F":{"Type":"Fail","Error":"E","Cause":"C"},"U":{"Type":"Task","Resource":"` + place.FunctionARN("upper", "") + `","End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: child.StateMachineArn, Input: aws.String(`{"a":"b"}`)})
	if err != nil || x.Status != types.SyncExecutionStatusSucceeded || *x.Output != `{"A":"B"}` || x.BillingDetails.BilledMemoryUsedInMB != 64 {
		t.Errorf("%+v: %v", x, err)
	}
	parent := `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:startSyncExecution","Parameters":{"StateMachineArn":%q,"Input":{"fail":1}},"End":true}}}`
	arn := begin(t, c, "parent", fmt.Sprintf(parent, *child.StateMachineArn), `{}`)
	if d := await(t, c, arn); d.Status != types.ExecutionStatusSucceeded || !strings.Contains(aws.ToString(d.Output), `"Status":"FAILED"`) ||
		!strings.Contains(*d.Output, `"Error":"E"`) || !strings.Contains(*d.Output, `"Cause":"C"`) {
		t.Errorf("%v %s %s", d.Status, aws.ToString(d.Output), aws.ToString(d.Cause))
	}
	arn = begin(t, c, "other", fmt.Sprintf(parent, place.StateMachineARN("parent")), `{}`)
	if d := await(t, c, arn); aws.ToString(d.Error) != "Sfn.StateMachineTypeNotSupportedException" {
		t.Errorf("%v %s %s", d.Status, aws.ToString(d.Error), aws.ToString(d.Cause))
	}
}
