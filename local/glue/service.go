// Package glue is the jobs of AWS Glue and their runs: scripts and commands, which package jobs runs. The data catalogue, crawlers,
// triggers and all else of Glue are not here.
//
// Rows, each behind the place (package record):
//
//	job NAME              a job
//	run NAME ID           a run of it
//	started NAME TIME ID  names a run; the time in ms with thirteen digits
//
// And in no place: active ID, which names a run that has not ended. Those of a server that ended have failed with it.
package glue

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

// Service is the jobs of Glue.
type Service struct {
	o   jobs.ServiceOptions
	ops map[string]local.Operation

	jobs    record.Table[job]
	runs    record.Table[run]
	started record.Table[pointer]
	active  record.Table[pointer]

	resume func() error // once
	teller jobs.Teller

	mu      sync.Mutex // one change at a time: each reads what it changes
	running map[string]*jobs.Run
}

// pointer names a run.
type pointer struct {
	Region  string `json:"region"`
	Account string `json:"account"`
	Job     string `json:"job"`
	ID      string `json:"id"`
}

func (p *pointer) place() arn.Place { return arn.Place{Region: p.Region, Account: p.Account} }

// nowhere is the place of what is kept of all places.
var nowhere arn.Place

// New makes the service. Resume follows when the others are there.
func New(o jobs.ServiceOptions) *Service {
	s := &Service{
		o: o, running: map[string]*jobs.Run{},
		jobs:    record.NewTable[job](o.Store, "job"),
		runs:    record.NewTable[run](o.Store, "run"),
		started: record.NewTable[pointer](o.Store, "started"),
		active:  record.NewTable[pointer](o.Store, "active"),
	}
	s.resume = sync.OnceValue(s.resumeOnce)
	s.ops = map[string]local.Operation{
		"BatchStopJobRun": op(s, s.stopRuns),
		"CreateJob":       op(s, s.createJob),
		"DeleteJob":       op(s, s.deleteJob),
		"GetJob":          op(s, s.getJob),
		"GetJobRun":       op(s, s.getRun),
		"GetJobRuns":      op(s, s.getRuns),
		"GetJobs":         op(s, s.getJobs),
		"GetTags":         op(s, s.getTags),
		"ListJobs":        op(s, s.listJobs),
		"StartJobRun":     op(s, s.startRun),
		"TagResource":     op(s, s.tagResource),
		"UntagResource":   op(s, s.untagResource),
		"UpdateJob":       op(s, s.updateJob),
	}
	return s
}

// op makes an operation, before which the service has taken up its runs.
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

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

func invalid(format string, a ...any) *awswire.Error {
	return refuse("InvalidInputException", format, a...)
}

func notFound(format string, a ...any) *awswire.Error {
	return refuse("EntityNotFoundException", format, a...)
}

func stamp(ms int64) string { return fmt.Sprintf("%013d", ms) }

func (s *Service) seconds() float64 { return local.Seconds(s.o.Now()) }

// pageSize is how many entries an answer has.
func pageSize(asked, most int) int {
	if asked < 1 || asked > most {
		return most
	}
	return asked
}
