package crash

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// revision is the n-th definition of the state machine changing, whose executions tell it at their end.
func revision(n int) string {
	return fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"P"},"P":{"Type":"Pass","Result":%d,"End":true}}}`, n)
}

// publisher publishes one version after the other, has an alias lead to the newest, and starts an execution through it.
func (c *campaign) publisher() {
	machine := arnOf("stateMachine:changing")
	alias := machine + ":live"
	for n := 1; !c.isOver(); n++ {
		definition, version := revision(n), ""
		c.must("publishing", func(ctx context.Context) error {
			out, err := c.client.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: &machine, Definition: &definition, Publish: true})
			if err == nil {
				version = *out.StateMachineVersionArn
			}
			return err
		})
		c.mu.Lock()
		c.published[version] = n
		c.mu.Unlock()
		routes := []types.RoutingConfigurationListItem{{StateMachineVersionArn: &version, Weight: 100}}
		c.must("moving the alias", func(ctx context.Context) (err error) {
			if n == 1 {
				_, err = c.client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("live"), RoutingConfiguration: routes})
				return err
			}
			_, err = c.client.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: &alias, RoutingConfiguration: routes})
			return err
		})
		c.start("changing:live", fmt.Sprint("of-", n), `{}`)
		pause(c.ctx, time.Duration(c.intn(200))*time.Millisecond)
	}
}

// auditVersions checks that each version that was acknowledged is what it was, that the alias leads to the last, and that
// each execution ran the version that it was led to.
func (c *campaign) auditVersions() {
	var last int
	for version, n := range c.published {
		last = max(last, n)
		var d *sfn.DescribeStateMachineOutput
		if c.must("describing "+version, func(ctx context.Context) (err error) {
			d, err = c.client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &version})
			return err
		}) && *d.Definition != revision(n) {
			c.t.Errorf("%s was published as revision %d, and is %s", version, n, *d.Definition)
		}
	}
	for n := range last {
		arn := arnOf(fmt.Sprint("execution:changing:of-", n+1))
		d := c.ended(arn)
		if d == nil {
			return
		}
		if ran := c.published[aws.ToString(d.StateMachineVersionArn)]; ran != n+1 || aws.ToString(d.Output) != fmt.Sprint(n+1) ||
			!strings.HasSuffix(aws.ToString(d.StateMachineAliasArn), ":changing:live") {
			c.t.Errorf("%s was led to revision %d by %s, and ended %v", arn, ran, aws.ToString(d.StateMachineAliasArn), endingOf(d))
		}
	}
}
