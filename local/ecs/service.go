// Package ecs is as much of the Elastic Container Service as tasks need: clusters, task definitions, and tasks, whose containers
// package jobs runs. Services and container instances are not here.
//
// Rows, each behind the place (package record):
//
//	cluster NAME                   a cluster
//	definition FAMILY REVISION     a task definition; the revision with ten digits
//	task CLUSTER ID                a task
//	token TOKEN                    the tasks that were started with a client token
//	ended TIME CLUSTER ID          names a task that has stopped, to be forgotten some time; the time in ms with thirteen digits
//
// And in no place: active ID, which names a task that has not stopped. Those of a server that ended have stopped with it.
package ecs

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/record"
)

// Service is the Elastic Container Service.
type Service struct {
	o   jobs.ServiceOptions
	ops map[string]local.Operation

	clusters    record.Table[cluster]
	definitions record.Table[definition]
	tasks       record.Table[task]
	tokens      record.Table[started]
	over        record.Table[pointer]
	active      record.Table[pointer]

	resume func() error // once
	teller jobs.Teller

	mu   sync.Mutex                      // one change at a time: each reads what it changes
	runs map[string]map[string]*jobs.Run // by task and container
}

// pointer names a task.
type pointer struct {
	Region  string `json:"region"`
	Account string `json:"account"`
	Cluster string `json:"cluster"`
	ID      string `json:"id"`
}

func (p *pointer) place() arn.Place { return arn.Place{Region: p.Region, Account: p.Account} }

// nowhere is the place of what is kept of all places.
var nowhere arn.Place

// New makes the service. Resume follows when the others are there.
func New(o jobs.ServiceOptions) *Service {
	s := &Service{
		o: o, runs: map[string]map[string]*jobs.Run{},
		clusters:    record.NewTable[cluster](o.Store, "cluster"),
		definitions: record.NewTable[definition](o.Store, "definition"),
		tasks:       record.NewTable[task](o.Store, "task"),
		tokens:      record.NewTable[started](o.Store, "token"),
		over:        record.NewTable[pointer](o.Store, "ended"),
		active:      record.NewTable[pointer](o.Store, "active"),
	}
	s.resume = sync.OnceValue(s.resumeOnce)
	s.ops = map[string]local.Operation{
		"CreateCluster":            op(s, s.createCluster),
		"DeleteCluster":            op(s, s.deleteCluster),
		"DeregisterTaskDefinition": op(s, s.deregister),
		"DescribeClusters":         op(s, s.describeClusters),
		"DescribeTaskDefinition":   op(s, s.describeDefinition),
		"DescribeTasks":            op(s, s.describeTasks),
		"ListClusters":             op(s, s.listClusters),
		"ListTagsForResource":      op(s, s.listTags),
		"ListTaskDefinitions":      op(s, s.listDefinitions),
		"ListTasks":                op(s, s.listTasks),
		"RegisterTaskDefinition":   op(s, s.register),
		"RunTask":                  op(s, s.runTask),
		"StopTask":                 op(s, s.stopTask),
		"TagResource":              op(s, s.tagResource),
		"UntagResource":            op(s, s.untagResource),
	}
	return s
}

// op makes an operation, before which the service has taken up its tasks.
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
	return refuse("InvalidParameterException", format, a...)
}

func client(format string, a ...any) *awswire.Error { return refuse("ClientException", format, a...) }

func noCluster() *awswire.Error { return refuse("ClusterNotFoundException", "Cluster not found.") }

func number(n int64) string { return fmt.Sprintf("%010d", n) }

func stamp(ms int64) string { return fmt.Sprintf("%013d", ms) }

func (s *Service) seconds() float64 { return local.Seconds(s.o.Now()) }

// tag is a tag of anything.
type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// nameOf is the last part of an ARN, or a name as it is.
func nameOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// pageSize is how many entries an answer has.
func pageSize(asked int) int {
	if asked < 1 || asked > 100 {
		return 100
	}
	return asked
}
