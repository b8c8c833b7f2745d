package node

import (
	"fmt"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/local/create"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
	httptask "github.com/statelark/statelark/task/http"
)

// slowJobs are the kinds of job that are asked after less often, as AWS does.
var slowJobs = map[string]time.Duration{"glue": time.Minute, "elasticmapreduce": time.Minute}

// registerServices names the targets of Tasks that call services of AWS, and HTTP endpoints.
func (n *Node) registerServices(targets *task.Registry) error {
	held := limits.Or(n.cfg.Limits)
	o := aws.Options{Caller: n.taskCaller(), BuiltIn: n.callers.embedded, MaxResult: int64(held.PayloadBytes)}
	targets.Set("aws-sdk", aws.NewSDK(o))
	targets.Set("aws-sdk:sfn", n.api.Target())
	for service, target := range aws.Integrations(o) {
		targets.Set(service, target)
	}
	for kind, watcher := range aws.Watchers(o) {
		targets.Watch(kind, watcher, slowJobs[kind])
	}
	client, err := httptask.NewClient(httptask.ClientOptions{Allow: n.cfg.HTTPAllow, Timeout: held.HTTPTaskTime, MaxBody: int64(held.PayloadBytes)})
	if err != nil {
		return fmt.Errorf("the calls of HTTP endpoints: %w", err)
	}
	invoke := httptask.New(client, n.events, n.opts.Now)
	n.events.Invoke(invoke)
	targets.Set("http:invoke", invoke)
	targets.Set("apigateway", aws.NewAPIGateway(client, n.outside))
	return nil
}

// taskCaller is who does what Tasks ask of services.
func (n *Node) taskCaller() awswire.Caller {
	if !n.cfg.AutoCreate {
		return n.callers
	}
	return create.New(create.Options{Caller: n.callers, BuiltIn: n.callers.embedded, Tell: func(m create.Made) {
		n.log.Info("made what a task names", "service", m.Service, "operation", m.Operation, "name", m.Name, "region", m.Place.Region, "account", m.Place.Account)
	}})
}
