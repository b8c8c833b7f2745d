package crash

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// redriven is an execution that failed and was redriven once.
type redriven struct {
	id, arn string
	at      time.Time // as acknowledged
}

// The first function is done once, whatever happens to the second.
const mendDefinition = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mark","Next":"P"},
	"P":{"Type":"Parallel","Next":"E","Branches":[
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mend","End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mark","End":true}}}]},
	"E":{"Type":"Pass","OutputPath":"$[0]","End":true}}}`

// mender starts executions that fail and redrives them, asking until it is told that this was done.
func (c *campaign) mender() {
	for n := 0; !c.isOver(); n++ {
		r := &redriven{id: fmt.Sprint("mend-", n)}
		c.clients.Go(func() { c.mend(r) })
		pause(c.ctx, time.Duration(c.intn(100))*time.Millisecond)
	}
}

func (c *campaign) mend(r *redriven) {
	r.arn = c.start("mending", r.id, fmt.Sprintf(`{"id":%q}`, r.id))
	if d := c.ended(r.arn); d == nil || d.Status != types.ExecutionStatusFailed {
		c.t.Errorf("%s has not failed: %+v", r.id, d)
		return
	}
	c.mu.Lock()
	c.mended[r.id] = true
	c.mu.Unlock()
	token := "token-" + r.id
	if c.must("redriving "+r.id, func(ctx context.Context) error {
		out, err := c.client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &r.arn, ClientToken: &token})
		if err == nil {
			r.at = *out.RedriveDate
		}
		return err
	}) {
		c.mu.Lock()
		c.broken = append(c.broken, r)
		c.mu.Unlock()
	}
}

// auditRedrives checks that each execution was redriven once and did not do again what it had done.
func (c *campaign) auditRedrives() {
	for _, r := range c.broken {
		d := c.ended(r.arn)
		if d == nil {
			return
		}
		if d.Status != types.ExecutionStatusSucceeded || *d.RedriveCount != 1 || !d.RedriveDate.Equal(r.at) {
			c.t.Errorf("%s is %s, and was redriven %d times, at %v; %v was acknowledged", r.id, d.Status, *d.RedriveCount, d.RedriveDate, r.at)
		}
		events, err := history(c.ctx, c.client, r.arn)
		if err != nil {
			c.t.Error(err)
		}
		left, redrives := make(map[string]int), 0
		for i := range events {
			if events[i].Id != int64(i+1) {
				c.t.Errorf("%s: event %d stands at place %d", r.id, events[i].Id, i+1)
			}
			switch ev := &events[i]; ev.Type {
			case types.HistoryEventTypeExecutionRedriven:
				redrives++
			case types.HistoryEventTypeTaskStateExited:
				left[*ev.StateExitedEventDetails.Name]++
			}
		}
		if redrives != 1 || left["A"] != 1 || left["B"] != 1 || left["C"] != 1 {
			c.t.Errorf("%s has %d redrives, and left its Tasks %v times\n%s", r.id, redrives, left, tell(events))
		}
	}
}
