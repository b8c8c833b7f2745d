package node

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/batch"
	"github.com/statelark/statelark/local/dynamodb"
	"github.com/statelark/statelark/local/ecs"
	"github.com/statelark/statelark/local/events"
	"github.com/statelark/statelark/local/gateway"
	"github.com/statelark/statelark/local/glue"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/logs"
	"github.com/statelark/statelark/local/s3"
	"github.com/statelark/statelark/local/secrets"
	"github.com/statelark/statelark/local/sns"
	"github.com/statelark/statelark/local/sqs"
	"github.com/statelark/statelark/local/ssm"
	"github.com/statelark/statelark/local/sts"
	remoteaws "github.com/statelark/statelark/remote/aws"
	"github.com/statelark/statelark/task/aws"
	httptask "github.com/statelark/statelark/task/http"
)

// Service says where one service of AWS is for the Tasks that call it.
type Service struct {
	// Endpoint is Embedded, AWS or a URL; "": as Config.ServiceEndpoint says.
	Endpoint string
	// Of calls that leave the node; "": those of the execution and of the standard credentials.
	Region, Account, Profile, Role string
}

// Endpoints that are no URLs.
const (
	Embedded = "embedded" // the service that is built in
	AWS      = "aws"      // the service at AWS
)

// CheckEndpoint says what is wrong with the endpoint of a service.
func CheckEndpoint(text string) error {
	if text == "" || text == Embedded || text == AWS {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("it has to be %s, %s or a URL such as http://127.0.0.1:8000", Embedded, AWS)
	}
	return nil
}

// CheckHTTPAllow says what is wrong with Config.HTTPAllow.
func CheckHTTPAllow(allow []string) error { return httptask.CheckAllow(allow) }

// callers leads the calls of services to those who have them. It is filled before the first call.
type callers struct {
	cfg *Config
	// own have a place of their own in the node: Step Functions and Lambda.
	own     map[string]awswire.Caller
	local   *local.Services
	outside awswire.Caller
}

// endpoint is where a service is: Embedded, AWS or a URL.
func (c *callers) endpoint(service string) string {
	return cmp.Or(c.cfg.Services[service].Endpoint, c.cfg.ServiceEndpoint, Embedded)
}

// builtIn reports whether the node has a service, wherever Tasks are sent.
func (c *callers) builtIn(service string) bool { return c.own[service] != nil || c.local.Has(service) }

// embedded reports whether a service is one of the node's.
func (c *callers) embedded(service string) bool {
	return c.endpoint(service) == Embedded && c.builtIn(service)
}

// Call carries out an operation, wherever the service is.
func (c *callers) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	if c.endpoint(r.Service) != Embedded {
		return c.outside.Call(ctx, r)
	}
	if c.own[r.Service] == nil {
		return gateway.Inside{Services: c.local}.Call(ctx, r)
	}
	return c.inside(ctx, r)
}

// inside carries out an operation of a service that is built in.
func (c *callers) inside(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	if own := c.own[r.Service]; own != nil {
		return own.Call(ctx, r)
	}
	return c.local.Call(ctx, r)
}

// insideOnly is the Caller of what comes over HTTP and of the services themselves.
type insideOnly struct{ *callers }

// Call carries out an operation of a service that is built in, wherever Tasks are sent.
func (c insideOnly) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	return c.inside(ctx, r)
}

// openServices opens the store of the services that are built in, and makes them.
func (n *Node) openServices() (err error) {
	if n.kv, err = kv.Open(n.folder("services"), kv.Options{Log: n.log}); err != nil {
		return err
	}
	n.local = local.NewServices(n.kv.Part(""), n.log)
	n.outside = remoteaws.New(remoteaws.Options{Service: n.cfg.outside})
	n.callers = &callers{cfg: &n.cfg, own: map[string]awswire.Caller{}, local: n.local, outside: n.outside}
	if n.runner, err = n.newRunner(); err != nil {
		return err
	}
	for name, build := range n.builders() {
		n.local.Add(name, build(local.Options{
			Store: n.kv.Part(name), Others: insideOnly{n.callers}, Endpoint: n.URL(), Now: n.opts.Now, Log: n.log.With("service", name),
		}))
	}
	return nil
}

// outside says where a service is that is not the node's.
func (cfg *Config) outside(name string) remoteaws.Service {
	s := cfg.Services[name]
	at := remoteaws.Service{Region: s.Region, Account: s.Account, Profile: s.Profile, Role: s.Role}
	if endpoint := cmp.Or(s.Endpoint, cfg.ServiceEndpoint); endpoint != AWS && endpoint != Embedded {
		at.Endpoint = endpoint
	}
	return at
}

// gateway serves the services that are built in over HTTP.
func (n *Node) gateway() *gateway.Gateway {
	return gateway.New(insideOnly{n.callers}, n.callers.builtIn, awswire.Places{Home: n.cfg.Place, FromKey: n.cfg.AccountFromKey},
		gateway.Options{Anonymous: true, Log: n.log})
}

// folder is a folder of the node's directory; "" when it keeps everything in memory.
func (n *Node) folder(name string) string {
	if n.cfg.Data == "" {
		return ""
	}
	return filepath.Join(n.cfg.Data, name)
}

// memoryLogBytes is what log events may take of a server that keeps everything in memory.
const memoryLogBytes = 64 << 20

// newLogs makes CloudWatch Logs. Without a directory events would fill the memory in time.
func (n *Node) newLogs(o local.Options) local.Service {
	options := logs.Options{Options: o}
	if n.cfg.Data == "" {
		options.MaxBytes = memoryLogBytes
	}
	return logs.New(options)
}

// newS3 makes S3, whose buckets are its own and the folders of the directory of buckets.
func (n *Node) newS3(o local.Options) local.Service {
	options := s3.Options{Options: o, Dir: n.folder("objects")}
	if n.buckets != nil {
		options.Folders = n.buckets
	}
	return s3.New(options)
}

// newRunner makes what runs the jobs of Batch, ECS and Glue.
func (n *Node) newRunner() (*jobs.Runner, error) {
	return jobs.New(jobs.Options{
		Commands: n.cfg.Jobs, Containers: jobs.FindCLI(), Others: insideOnly{n.callers}, Endpoint: n.URL(), PassEnv: n.cfg.PassEnv,
		User: n.cfg.FunctionUser, AccountKeys: n.cfg.AccountFromKey, Log: n.log,
	})
}

// jobs is what a service of jobs is made with: the Task that began a job is told of its end.
func (n *Node) jobs(o local.Options, service, action string) jobs.ServiceOptions {
	return jobs.ServiceOptions{Options: o, Runner: n.runner, Ended: func(names ...string) {
		if e := n.notified.Load(); e != nil { // what ended before it was there is asked after
			e.Notify(aws.JobOf(service, action, names...))
		}
	}}
}

// notLinkLocal keeps messages of topics from where clouds have the credentials of machines (169.254.169.254).
func notLinkLocal(a netip.Addr) bool { return !a.Unmap().IsLinkLocalUnicast() }

// builders make the services that are built in, by the names that the model has for them.
func (n *Node) builders() map[string]func(local.Options) local.Service {
	return map[string]func(local.Options) local.Service{
		"dynamodb": func(o local.Options) local.Service { return dynamodb.New(o) },
		"s3":       n.newS3,
		"events": func(o local.Options) local.Service {
			n.events = events.New(o)
			return n.events
		},
		"batch": func(o local.Options) local.Service { return batch.New(n.jobs(o, "batch", "submitJob")) },
		"ecs":   func(o local.Options) local.Service { return ecs.New(n.jobs(o, "ecs", "runTask")) },
		"glue":  func(o local.Options) local.Service { return glue.New(n.jobs(o, "glue", "startJobRun")) },

		"logs":           n.newLogs,
		"secretsmanager": func(o local.Options) local.Service { return secrets.New(o) },
		"sns": func(o local.Options) local.Service {
			return sns.New(sns.Options{Options: o, AllowAddress: notLinkLocal})
		},
		"sqs": func(o local.Options) local.Service {
			n.queues = sqs.New(o)
			return n.queues
		},
		"ssm": func(o local.Options) local.Service { return ssm.New(o) },
		"sts": func(o local.Options) local.Service { return sts.New(o) },
	}
}
