package node

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// syncSDK is sdk for StartSyncExecution, before whose host the SDK puts what no resolver knows.
func syncSDK(t *testing.T, n *Node) *sfn.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(addr, "sync-"))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	options := sdk(t, n).Options()
	options.HTTPClient, options.Retryer = &http.Client{Transport: transport}, aws.NopRetryer{}
	return sfn.New(options)
}

// A server that stops does not wait for Express executions; who waits for one is told.
func TestCloseEndsSyncExecutions(t *testing.T) {
	n := startNode(t, "")
	ctx, c := t.Context(), syncSDK(t, n)
	m, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("wait"), Type: types.StateMachineTypeExpress, RoleArn: aws.String(place.RoleARN("r")),
		Definition: aws.String(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + place.FunctionARN("upper", "") +
			`","Next":"W"},"W":{"Type":"Wait","Seconds":250,"End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 1)
	go func() {
		_, err := c.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: m.StateMachineArn})
		answers <- err
	}()
	for n.engine.Stats().Express == 0 {
		runtime.Gosched()
	}
	from := time.Now()
	closeNode(t, n)
	if took := time.Since(from); took > 10*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if err := <-answers; err == nil || !strings.Contains(err.Error(), "ServiceUnavailable") {
		t.Errorf("the answer is %v", err)
	}
}

// A Task runs an Express execution to its end with the SDK: that it failed is no failure of the Task (measured).
func TestSyncExecutions(t *testing.T) {
	n := startNode(t, "")
	defer closeNode(t, n)
	ctx, c := t.Context(), syncSDK(t, n)
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
