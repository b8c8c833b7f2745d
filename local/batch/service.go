// Package batch is AWS Batch: queues of jobs, which package jobs runs. Jobs of several nodes and of EKS are not here.
//
// Rows, each behind the place (package record):
//
//	definition NAME REVISION    a job definition; the revision with ten digits
//	environment NAME            a compute environment
//	queue NAME                  a job queue
//	job ID                      a job
//	queued QUEUE TIME ID        names a job of a queue, or of array/ID, an array job; the time in ms with thirteen digits
//	dependant ID OTHER          OTHER waits for the end of the job ID
//	ended TIME ID               names a job that has ended, to be forgotten some time
//
// And in no place: active ID, which names a job that has not ended. Those that ran when the server ended have lost their host;
// they are run again where their retry strategy says so, as at AWS, and have failed otherwise.
package batch

import (
	"context"
	"fmt"
	"sync"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/record"
)

// Service is AWS Batch.
type Service struct {
	o   jobs.ServiceOptions
	ops map[string]local.Operation

	definitions  record.Table[definition]
	environments record.Table[environment]
	queues       record.Table[queue]
	jobs         record.Table[job]
	queued       record.Table[pointer]
	dependants   record.Table[pointer]
	over         record.Table[pointer]
	active       record.Table[pointer]

	resume func() error // once
	teller jobs.Teller

	mu   sync.Mutex // one change at a time: each reads what it changes
	runs map[string]*jobs.Run
}

// pointer names a job.
type pointer struct {
	Region  string `json:"region"`
	Account string `json:"account"`
	ID      string `json:"id"`
}

func (p *pointer) place() arn.Place { return arn.Place{Region: p.Region, Account: p.Account} }

// New makes the service. Resume follows when the others are there.
func New(o jobs.ServiceOptions) *Service {
	s := &Service{
		o: o, runs: map[string]*jobs.Run{},
		definitions:  record.NewTable[definition](o.Store, "definition"),
		environments: record.NewTable[environment](o.Store, "environment"),
		queues:       record.NewTable[queue](o.Store, "queue"),
		jobs:         record.NewTable[job](o.Store, "job"),
		queued:       record.NewTable[pointer](o.Store, "queued"),
		dependants:   record.NewTable[pointer](o.Store, "dependant"),
		over:         record.NewTable[pointer](o.Store, "ended"),
		active:       record.NewTable[pointer](o.Store, "active"),
	}
	s.resume = sync.OnceValue(s.resumeOnce)
	s.ops = map[string]local.Operation{
		"CancelJob":                   op(s, s.cancelJob),
		"CreateComputeEnvironment":    op(s, s.createEnvironment),
		"CreateJobQueue":              op(s, s.createQueue),
		"DeleteComputeEnvironment":    op(s, s.deleteEnvironment),
		"DeleteJobQueue":              op(s, s.deleteQueue),
		"DeregisterJobDefinition":     op(s, s.deregister),
		"DescribeComputeEnvironments": op(s, s.describeEnvironments),
		"DescribeJobDefinitions":      op(s, s.describeDefinitions),
		"DescribeJobQueues":           op(s, s.describeQueues),
		"DescribeJobs":                op(s, s.describeJobs),
		"ListJobs":                    op(s, s.listJobs),
		"ListTagsForResource":         op(s, s.listTags),
		"RegisterJobDefinition":       op(s, s.register),
		"SubmitJob":                   op(s, s.submitJob),
		"TagResource":                 op(s, s.tagResource),
		"TerminateJob":                op(s, s.terminateJob),
		"UntagResource":               op(s, s.untagResource),
		"UpdateComputeEnvironment":    op(s, s.updateEnvironment),
		"UpdateJobQueue":              op(s, s.updateQueue),
	}
	return s
}

// op makes an operation, before which the service has taken up its jobs.
func op[In, Out any](s *Service, do func(ctx context.Context, r *awswire.Request, in *In) (*Out, error)) local.Operation {
	inner := local.Op(do)
	return func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
		_ = s.Resume() // it was logged
		return inner(ctx, r)
	}
}

// Operations are local.Service's.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close is local.Service's. Whoever has the Runner closes it first.
func (s *Service) Close(context.Context) error {
	s.teller.Wait()
	return nil
}

// refuse is an answer that says no, in the words of Batch.
func refuse(r *awswire.Request, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: "ClientException", Message: fmt.Sprintf("Error executing request, Exception : %s, RequestId: %s", fmt.Sprintf(format, a...), r.ID)}
}

func (s *Service) millis() int64 { return s.o.Now().UnixMilli() }

func number(n int64) string { return fmt.Sprintf("%010d", n) }

func stamp(ms int64) string { return fmt.Sprintf("%013d", ms) }
