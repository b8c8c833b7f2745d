package crash

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

const (
	region  = "us-east-1"
	account = "000000000000"
	role    = "arn:aws:iam::000000000000:role/crash"
)

func arnOf(resource string) string {
	return "arn:aws:states:" + region + ":" + account + ":" + resource
}

// newClient makes a client that asks once: what a lost answer means is for the test to decide.
func newClient(url string) *sfn.Client {
	return sfn.New(sfn.Options{
		Region: region, BaseEndpoint: &url, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		HTTPClient:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}},
	})
}

// settled reports whether err says what became of a call. Any other error leaves that open: the connection broke,
// or the server had trouble of its own.
func settled(err error) bool {
	if err == nil {
		return true
	}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.HTTPStatusCode() >= http.StatusInternalServerError {
		return false
	}
	return codeOf(err) != "" && codeOf(err) != "ThrottlingException"
}

// codeOf returns the API's code of an error, "" when there is none.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// insist makes a call again and again until its outcome is settled or ctx ends, and returns what it came to.
// before reports whether there were tries whose outcome is not known.
func insist(ctx context.Context, call func(context.Context) error) (before bool, err error) {
	for {
		if err = call(ctx); settled(err) {
			return before, err
		}
		before = true
		if !pause(ctx, 10*time.Millisecond) {
			return before, errors.Join(err, ctx.Err())
		}
	}
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// history reads all events of an execution, each page until it comes.
func history(ctx context.Context, c *sfn.Client, arn string) ([]types.HistoryEvent, error) {
	var events []types.HistoryEvent
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000}
	for {
		var page *sfn.GetExecutionHistoryOutput
		_, err := insist(ctx, func(ctx context.Context) (err error) {
			page, err = c.GetExecutionHistory(ctx, in)
			return err
		})
		if err != nil {
			return nil, err
		}
		events = append(events, page.Events...)
		if page.NextToken == nil {
			return events, nil
		}
		in.NextToken = page.NextToken
	}
}

// list reads the list of a state machine's executions, of one status or, with "", all; each page until it comes.
func list(ctx context.Context, c *sfn.Client, machine string, status types.ExecutionStatus) ([]types.ExecutionListItem, error) {
	var items []types.ExecutionListItem
	in := &sfn.ListExecutionsInput{StateMachineArn: aws.String(arnOf("stateMachine:" + machine)), StatusFilter: status, MaxResults: 1000}
	for {
		var page *sfn.ListExecutionsOutput
		_, err := insist(ctx, func(ctx context.Context) (err error) {
			page, err = c.ListExecutions(ctx, in)
			return err
		})
		if err != nil {
			return nil, err
		}
		items = append(items, page.Executions...)
		if page.NextToken == nil {
			return items, nil
		}
		in.NextToken = page.NextToken
	}
}
