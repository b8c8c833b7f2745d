package crash

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// redriven is an execution that failed and was redriven once.
type redriven struct {
	id, machine, input, arn string
	fails                   []string  // what is mended before
	at                      time.Time // as acknowledged
}

// The first function is done once, whatever happens to the second.
const mendDefinition = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mark","Next":"P"},
	"P":{"Type":"Parallel","Next":"E","Branches":[
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mend","End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mark","End":true}}}]},
	"E":{"Type":"Pass","OutputPath":"$[0]","End":true}}}`

// runItems is how many items a Map Run has whose execution is redriven: those with an odd number fail at first.
const runItems = 40

// mendRunDefinition is a machine with such a Map Run, with children of a type.
func mendRunDefinition(typ string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ToleratedFailureCount":` + strconv.Itoa(runItems/2-1) + `,"MaxConcurrency":10,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + typ + `"},"StartAt":"A","States":{
			"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mark","Next":"B"},
			"B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mend","End":true}}},"End":true}}}`
}

// runMender does the same to executions with Map Runs.
func (c *campaign) runMender() {
	for n := 0; !c.isOver(); n++ {
		r := &redriven{id: fmt.Sprint("run-", n), machine: "mendingrun" + childTypes[n%2]}
		var items []string
		for i := range runItems {
			id := fmt.Sprintf("%s-%d", r.id, i)
			if i%2 == 0 {
				c.mu.Lock()
				c.mended[id] = true
				c.mu.Unlock()
			} else {
				r.fails = append(r.fails, id)
			}
			items = append(items, fmt.Sprintf(`{"id":%q}`, id))
		}
		r.input = "[" + strings.Join(items, ",") + "]"
		c.clients.Go(func() { c.mend(r) })
		pause(c.ctx, 500*time.Millisecond)
	}
}

// mender starts executions that fail and redrives them, asking until it is told that this was done.
func (c *campaign) mender() {
	for n := 0; !c.isOver(); n++ {
		id := fmt.Sprint("mend-", n)
		r := &redriven{id: id, machine: "mending", input: fmt.Sprintf(`{"id":%q}`, id), fails: []string{id}}
		c.clients.Go(func() { c.mend(r) })
		pause(c.ctx, time.Duration(c.intn(100))*time.Millisecond)
	}
}

func (c *campaign) mend(r *redriven) {
	r.arn = c.start(r.machine, r.id, r.input)
	if d := c.ended(r.arn); d == nil || d.Status != types.ExecutionStatusFailed {
		c.t.Errorf("%s has not failed: %+v", r.id, d)
		return
	}
	c.mu.Lock()
	for _, id := range r.fails {
		c.mended[id] = true
	}
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
		if r.machine != "mending" {
			c.auditRun(r, d, events)
			continue
		}
		if redrives != 1 || left["A"] != 1 || left["B"] != 1 || left["C"] != 1 {
			c.t.Errorf("%s has %d redrives, and left its Tasks %v times\n%s", r.id, redrives, left, tell(events))
		}
	}
}

// auditRun checks the Map Run of an execution that was redriven once: all of its items came to their end, and no STANDARD
// child did its first Task again.
func (c *campaign) auditRun(r *redriven, d *sfn.DescribeExecutionOutput, events []types.HistoryEvent) {
	if aws.ToString(d.Output) != r.input {
		c.t.Errorf("%s ended with %s", r.id, aws.ToString(d.Output))
	}
	var run string
	for i := range events {
		if began := events[i].MapRunStartedEventDetails; began != nil {
			run = *began.MapRunArn
		}
	}
	var m *sfn.DescribeMapRunOutput
	if !c.must("describing a Map Run", func(ctx context.Context) (err error) {
		m, err = c.client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &run})
		return err
	}) {
		return
	}
	if n := m.ItemCounts; *m.RedriveCount != 1 || n.Total != runItems || n.Succeeded != runItems {
		c.t.Errorf("the run of %s was redriven %d times, and its counts are %+v", r.id, *m.RedriveCount, n)
	}
	if n := c.countChildren(run); n != runItems {
		c.t.Errorf("the run of %s has %d children on its list", r.id, n)
	}
	if strings.HasSuffix(r.machine, "STANDARD") {
		c.auditFirstTasks(r, run)
	}
}

// auditFirstTasks checks that the children of a run have left their first Task once.
func (c *campaign) auditFirstTasks(r *redriven, run string) {
	var page *sfn.ListExecutionsOutput
	c.must("listing children", func(ctx context.Context) (err error) {
		page, err = c.client.ListExecutions(ctx, &sfn.ListExecutionsInput{MapRunArn: &run, MaxResults: 1000})
		return err
	})
	for _, x := range page.Executions {
		events, err := history(c.ctx, c.client, *x.ExecutionArn)
		if err != nil {
			c.t.Error(err)
		}
		left := 0
		for i := range events {
			if exit := events[i].StateExitedEventDetails; exit != nil && *exit.Name == "A" {
				left++
			}
		}
		if left != 1 {
			c.t.Errorf("a child of %s has left its first Task %d times\n%s", r.id, left, tell(events))
		}
	}
}
