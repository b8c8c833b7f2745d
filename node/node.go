// Package node is a whole server put together: store, listener, functions, engine, APIs, HTTP. The binary, the
// measurements and the tests start one; none of them builds its own.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/api"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/console/auth"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/events"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/local/sqs"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/pebblestore"
	remoteaws "github.com/statelark/statelark/remote/aws"
	remotes3 "github.com/statelark/statelark/remote/s3"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/search"
	"github.com/statelark/statelark/shortcut"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/task/mock"
	"github.com/statelark/statelark/telemetry"
	"github.com/statelark/statelark/value"
)

// Node is a server that runs.
//
// What is built later may use what was built before, and is closed before it: store, listener, functions,
// telemetry, engine, HTTP. So the first byte is served when everything else stands.
type Node struct {
	cfg  Config
	opts Options
	log  *slog.Logger

	store    statelark.Store
	listener net.Listener
	catalog  *function.Catalog
	lambda   *lambda.Handler
	output   *lambda.Logs // of functions
	tellers  tellers
	hub      *console.Hub         // nil: there is no console
	mocks    *mock.Mocks          // nil: there are none
	buckets  *directory.Directory // nil: there is none
	kv       *kv.DB
	local    *local.Services
	events   *events.Service
	callers  *callers
	queues   *sqs.Service
	auth     *auth.Auth // nil: there is no console
	audit    *console.AuditLog
	outside  *remoteaws.Caller
	runner   *jobs.Runner
	notified atomic.Pointer[engine.Engine] // hears of the ends of jobs
	engine   *engine.Engine
	index    *search.Index                 // nil: there is none
	missed   atomic.Pointer[telemetry.Tap] // tells the index how much of the news it did not get
	api      *api.Server
	http     *shortcut.Server
	hits     *hits
	files    int        // that the process may have open
	served   chan error // gets the end of http, once
	closing  atomic.Bool
}

// Start builds a node and lets it serve. Whatever fails, nothing of it is left; what failed is a *StartError.
func Start(ctx context.Context, cfg Config, o Options) (_ *Node, err error) {
	n := &Node{cfg: cfg, opts: o, log: o.Log, served: make(chan error, 1)}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if n.opts.Now == nil {
		n.opts.Now = time.Now
	}
	n.hits = newHits(n.log, n.opts.Now)
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close(context.WithoutCancel(ctx)))
		}
	}()
	if n.files, err = fileLimit(); err != nil {
		return nil, &StartError{Files, err}
	}
	if n.store, err = n.openStore(); err != nil {
		return nil, err
	}
	if cfg.MockConfig != "" {
		if n.mocks, err = mock.Open(cfg.MockConfig); err != nil {
			return nil, &StartError{Mocks, err}
		}
	}
	if n.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, &StartError{Listener, err}
	}
	if n.catalog, err = n.openCatalog(); err != nil {
		return nil, &StartError{Functions, err}
	}
	if cfg.S3Directory != "" {
		if n.buckets, err = directory.Open(cfg.S3Directory); err != nil {
			return nil, &StartError{Buckets, err}
		}
	}
	if err = n.openServices(); err != nil {
		return nil, &StartError{BuiltIn, err}
	}
	if err = n.openTellers(ctx); err != nil {
		return nil, &StartError{TelemetryPart, err}
	}
	if n.engine, err = n.openEngine(ctx); err != nil {
		return nil, &StartError{Engine, err}
	}
	if n.index != nil {
		n.index.Start(n.engine)
	}
	n.registerSources()
	if err = errors.Join(n.local.Resume(), n.lambda.Resume()); err != nil {
		return nil, &StartError{BuiltIn, err}
	}
	if err = n.openConsole(); err != nil {
		return nil, &StartError{Console, err}
	}
	n.http = n.server()
	go func() { n.served <- n.http.Serve(n.listener) }()
	return n, nil
}

// maxClosedBytes bounds the histories and payloads of closed executions that a node in memory keeps.
const maxClosedBytes = 1 << 30

func (n *Node) openStore() (statelark.Store, error) {
	if n.cfg.Data == "" {
		store := memstore.New()
		store.MaxClosed, store.MaxClosedBytes = n.cfg.MaxClosed, maxClosedBytes
		return store, nil
	}
	_ = os.MkdirAll(n.cfg.Data, 0o711) // functions of another user pass through it; what is wrong here, opening the store tells
	store, err := pebblestore.Open(filepath.Join(n.cfg.Data, "store"), pebblestore.Options{
		Log: n.log, Build: "statelark " + n.version(), CacheBytes: n.cfg.memory() / 4, OpenFiles: n.files / 4,
	})
	if err != nil {
		return nil, &StartError{Store, err}
	}
	return store, nil
}

// settling is how long functions are on their way: long enough to be seen, short enough not to be waited for.
const settling = 100 * time.Millisecond

// openCatalog makes the catalogue of functions and declares those of the configuration.
func (n *Node) openCatalog() (*function.Catalog, error) {
	n.output = lambda.NewLogs(func() awswire.Caller { return insideOnly{n.callers} }, n.log)
	o := function.Options{Settling: settling, EndpointURL: n.URL(), Concurrency: n.cfg.FunctionConcurrency,
		PassEnv: n.cfg.PassEnv, User: n.cfg.FunctionUser, AccountKeys: n.cfg.AccountFromKey, Log: n.log, Output: n.output.Add}
	if n.cfg.Data != "" {
		o.Dir = filepath.Join(n.cfg.Data, "functions")
	}
	catalog, err := function.NewCatalog(n.cfg.Place, o)
	if err != nil {
		return nil, err
	}
	return catalog, n.cfg.declareFunctions(catalog)
}

// objects is where Map Runs read and write: S3, wherever that is; the directory of buckets when S3 is outside, which does not know it.
func (n *Node) objects() s3.Store {
	if n.buckets == nil || n.callers.embedded("s3") {
		return &remotes3.Store{Caller: n.callers, Place: n.cfg.Place}
	}
	return n.buckets
}

// openEngine starts the engine with its targets.
func (n *Node) openEngine(ctx context.Context) (*engine.Engine, error) {
	functions := n.functions()
	targets := &task.Registry{}
	e := engine.New(n.store, targets, engine.Options{
		Nesting: aws.Nesting{}, Objects: n.objects(), Log: n.log, Tap: n.tellers.engineTap(), Now: n.opts.Now,
		Limits: n.cfg.Limits, Hit: n.hits.execution, Delay: n.cfg.Delay,
		MaxLiveBytes: int(n.cfg.memory() * 3 / 8), MaxExpressBytes: int(n.cfg.memory() / 8), KeepExpress: n.cfg.KeepExpress,
	})
	n.notified.Store(e)
	o := api.Options{Log: n.log, Now: n.opts.Now, AccountFromKey: n.cfg.AccountFromKey, Limits: n.cfg.Limits, Hit: n.hits.request}
	if n.mocks != nil {
		targets.SetMocks(n.mocks)
		o.Mocks = n.mocks
	}
	n.api = api.New(e, n.cfg.Place, o)
	targets.SetFunctions(functions)
	targets.Set("lambda:invoke", functions)
	targets.Set("states:startExecution", aws.NewStates(e))
	n.lambda = lambda.New(n.catalog, lambda.Options{URL: n.URL(), Store: n.kv.Part("lambda"), Others: insideOnly{n.callers},
		FetchObject: n.fetchObject, Log: n.log, AccountFromKey: n.cfg.AccountFromKey})
	n.callers.own["stepfunctions"], n.callers.own["lambda"] = n.api.Service(), n.lambda
	if err := n.registerServices(targets); err != nil {
		return nil, err
	}
	if err := e.Start(ctx); err != nil {
		return nil, err
	}
	if err := n.events.Start(); err != nil {
		return nil, fmt.Errorf("going on with events: %w", err)
	}
	return e, nil
}

// functions is the target of Lambda functions.
func (n *Node) functions() task.Target {
	switch {
	case n.opts.Invoke != nil:
		return n.opts.Invoke
	case n.callers.endpoint("lambda") != Embedded:
		return aws.NewLambda(aws.NewFunctions(n.callers))
	}
	return lambda.NewTarget(n.catalog)
}

// server returns all that the node answers over HTTP. Nobody has to sign in, so a page in a browser on this machine
// could upload a function and run it: what pages of other origins send is refused, and what is sent to another name.
func (n *Node) server() *shortcut.Server {
	known, states := newHosts(n.cfg.Listen, n.cfg.AllowedHosts), n.api.Service()
	services := n.gateway()
	handler := known.guard(sameOrigin(&router{
		states:      states,
		services:    services,
		console:     n.newConsole(states),
		functions:   n.lambda,
		welcome:     n.welcome(),
		healthy:     n.healthy,
		ready:       n.ready,
		metrics:     n.metricsHandler(),
		bodyTimeout: bodyTimeout,
		bodies:      newBodies(bodyBudget, bodyTimeout),
	}, services.Handles))
	front := newFront(handler, states, known, n.log)
	front.MaxConns = maxConns(n.files)
	front.Full = (&fullLog{bound: front.MaxConns, files: n.files, log: n.log, now: n.opts.Now}).tell
	return front
}

// fetchObject reads an object of S3, with which functions are made.
func (n *Node) fetchObject(ctx context.Context, bucket, key, version string) ([]byte, error) {
	members := []value.Member{{Key: "Bucket", Value: value.FromString(bucket)}, {Key: "Key", Value: value.FromString(key)}}
	if version != "" {
		members = append(members, value.Member{Key: "VersionId", Value: value.FromString(version)})
	}
	reply, err := n.callers.Call(ctx, &awswire.Request{Service: "s3", Operation: "GetObject", Place: n.cfg.Place, Input: value.NewObject(members)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(reply.Body, function.MaxArchive+1))
	if err == nil && len(text) > function.MaxArchive {
		err = errors.New("the object is larger than an archive may be")
	}
	return text, err
}

// healthy says why the node cannot do its work, nil when it can. A store that only reads takes nothing on, so it is
// made to write: that a record which never was is gone.
func (n *Node) healthy(ctx context.Context) error {
	nothing := statelark.MetaOp{Key: "health", Expect: statelark.AnyRevision}
	return errors.Join(n.store.Commit(ctx, &statelark.Batch{Meta: []statelark.MetaOp{nothing}}), n.kv.Durable(ctx))
}

// ready says why no request should be sent to the node, nil when it takes them. Its engine has started by then, since
// nothing is served before.
func (n *Node) ready(ctx context.Context) error {
	if n.closing.Load() {
		return errors.New("the server is shutting down")
	}
	return n.healthy(ctx)
}

// URL is where clients on this machine find the node.
func (n *Node) URL() string {
	addr := n.listener.Addr().(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
}

// Done gets the error with which the node stopped serving of itself.
func (n *Node) Done() <-chan error { return n.served }

// Close stops the node, once, and returns when nothing of it is left, or when ctx ends. What was decided is on disk by
// then; running executions go on at the next start, when the store is durable.
func (n *Node) Close(ctx context.Context) error {
	n.closing.Store(true)
	if n.hub != nil {
		n.hub.Close() // ends the streams, which Shutdown waits for
	}
	var errs []error
	shut := make(chan error, 1)
	if n.http != nil {
		go func() { shut <- n.http.Shutdown(ctx) }()
	} else {
		if n.listener != nil {
			errs = append(errs, n.listener.Close())
		}
		shut <- nil
	}
	if n.local != nil {
		n.local.EndWaits() // as the next
	}
	if n.engine != nil {
		errs = append(errs, n.engine.Close(ctx)) // ends the long polls, which Shutdown waits for
	}
	if err := <-shut; err != nil {
		errs = append(errs, fmt.Errorf("ending the requests: %w", err), n.http.Close())
	}
	if n.audit != nil {
		errs = append(errs, n.audit.Close())
	}
	errs = append(errs, n.tellers.close(ctx))
	if n.index != nil {
		errs = append(errs, n.index.Close(ctx))
	}
	if n.lambda != nil {
		errs = append(errs, n.lambda.Close(ctx))
	}
	if n.catalog != nil {
		errs = append(errs, n.catalog.Close(ctx), n.output.Close(ctx))
	}
	if n.runner != nil {
		n.runner.Close()
	}
	if n.local != nil {
		errs = append(errs, n.local.Close(ctx))
	}
	if n.outside != nil {
		n.outside.Close()
	}
	if n.kv != nil {
		errs = append(errs, n.kv.Close())
	}
	if n.buckets != nil {
		errs = append(errs, n.buckets.Close())
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	return errors.Join(errs...)
}
