package jobs

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

// ServiceOptions is what a service of jobs is made with.
type ServiceOptions struct {
	local.Options
	Runner *Runner
	// Ended is told of each job that has ended, once that is durable, by the names that an integration of Step Functions gets of
	// it: the id of a job of Batch, cluster and ARN of a task of ECS, name and run of a job of Glue. nil: nobody is.
	Ended func(names ...string)
}

// Event is what a service tells EventBridge of a job.
type Event struct {
	Source, Type string
	Resources    []string
	Detail       any // as encoding/json makes it
}

// Tell makes durable what was applied, and then tells of it: names are those of a job that has ended, none of one that goes on.
func (o *ServiceOptions) Tell(ctx context.Context, at arn.Place, e *Event, names ...string) {
	if err := o.Store.Durable(ctx); err != nil {
		return // nobody is to know of it
	}
	if o.Ended != nil && len(names) > 0 {
		o.Ended(names...)
	}
	if o.Others == nil || e == nil {
		return
	}
	if err := o.put(ctx, at, e); err != nil {
		o.Log.Debug("event of a job was not put", "source", e.Source, "error", err)
	}
}

func (o *ServiceOptions) put(ctx context.Context, at arn.Place, e *Event) error {
	detail, err := local.Document(e.Detail)
	if err != nil {
		return err
	}
	input, err := local.Document(map[string]any{"Entries": []map[string]any{{
		"Source": e.Source, "DetailType": e.Type, "Resources": e.Resources, "Detail": detail.Text(),
	}}})
	if err != nil {
		return err
	}
	_, err = o.Others.Call(ctx, &awswire.Request{Service: "events", Operation: "PutEvents", Place: at, Input: input, ID: uuid.NewString(), Length: -1})
	return err
}

// Teller tells of changes beside the operation that made them, which waits for the disk itself.
type Teller struct{ work sync.WaitGroup }

// Beside runs tell.
func (t *Teller) Beside(tell func()) { t.work.Go(tell) }

// Wait returns when all is told.
func (t *Teller) Wait() { t.work.Wait() }
