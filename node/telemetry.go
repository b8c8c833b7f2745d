package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/pebblestore"
	"github.com/statelark/statelark/telemetry"
	"github.com/statelark/statelark/telemetry/metrics"
	"github.com/statelark/statelark/telemetry/trace"
)

// Telemetry is what a node tells of its executions and of itself, and whom. The zero value: metrics to who asks on this
// machine.
type Telemetry struct {
	// ExecutionLog is where the events go that logging configurations ask for: Stdout, or the path of a file; "": nowhere.
	ExecutionLog string
	// LogBytes is how large a file grows before the next one is begun; 0: DefaultLogBytes.
	LogBytes int64
	// StatusChanges are where changes of status go: Stdout, paths of files and http or https URLs.
	StatusChanges []string
	// Metrics is who may read /metrics; "": MetricsLocal.
	Metrics string
	// TraceEndpoint is the URL that traces go to by OTLP over HTTP; "": there are none.
	TraceEndpoint string
}

// Stdout is the word for standard output in the settings of telemetry.
const Stdout = "stdout"

// DefaultLogBytes is how large a file of telemetry grows, in bytes.
const DefaultLogBytes = 100e6

// logGroups is the way to the log groups that state machines name.
const logGroups = "cloudwatch-logs"

// eventBus is the way to EventBridge.
const eventBus = "eventbridge"

// eventsHeard reports whether anybody may listen to events in a place. EventBridge outside is told of all where it was set for
// this service itself: who sends all services to AWS does not mean what happens here.
func (n *Node) eventsHeard(at arn.Place) bool {
	if n.callers.embedded("events") {
		return n.events.Heard(at)
	}
	return n.cfg.Services["events"].Endpoint != ""
}

// Who may read /metrics.
const (
	MetricsLocal = "local" // who calls from this machine
	MetricsAll   = "all"
	MetricsOff   = "off" // nobody; nothing is counted
)

// Check says what is wrong with the settings.
func (t *Telemetry) Check() error {
	switch t.Metrics {
	case "", MetricsLocal, MetricsAll, MetricsOff:
	default:
		return fmt.Errorf("metrics is %q; it has to be local, all or off", t.Metrics)
	}
	for _, to := range t.StatusChanges {
		if to == "" || strings.Contains(to, "://") && !isURL(to) {
			return fmt.Errorf("status-changes has %q; it has to be stdout, paths of files, and http or https URLs", to)
		}
	}
	if strings.Contains(t.ExecutionLog, "://") {
		return fmt.Errorf("execution-log is %q; it has to be stdout or the path of a file", t.ExecutionLog)
	}
	if t.TraceEndpoint != "" && !isURL(t.TraceEndpoint) {
		return fmt.Errorf("trace-endpoint is %q; it has to be an http or https URL, such as http://127.0.0.1:4318", t.TraceEndpoint)
	}
	return nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// tellers are the parts of a node that tell the outside what executions did. They are there before the engine and
// outlive it.
type tellers struct {
	tap      *telemetry.Tap
	outlets  map[string]*telemetry.Outlet // by where they lead to
	tracer   *trace.Tracer                // nil: there are no traces
	registry *prometheus.Registry         // nil: there are no metrics
}

// openTellers sets telemetry up. What was opened is in n.tellers even when there is an error.
func (n *Node) openTellers(ctx context.Context) error {
	cfg, t := &n.cfg.Telemetry, &n.tellers
	if err := cfg.Check(); err != nil {
		return err
	}
	t.outlets = map[string]*telemetry.Outlet{}
	logs := []*telemetry.Outlet{telemetry.NewOutlet(logGroups, telemetry.NewLogGroups(n.callers, n.opts.Now), n.log)}
	t.outlets[logGroups] = logs[0]
	if cfg.ExecutionLog != "" {
		out, err := n.outlet(cfg.ExecutionLog)
		if err != nil {
			return err
		}
		logs = append(logs, out)
	}
	readers := []telemetry.Reader{telemetry.NewExecutionLog(logs...)}
	var changes []*telemetry.Outlet
	for _, to := range cfg.StatusChanges {
		out, err := n.outlet(to)
		if err != nil {
			return err
		}
		changes = append(changes, out)
	}
	bus := telemetry.NewOutlet(eventBus, &telemetry.EventBus{Caller: n.callers}, n.log)
	t.outlets[eventBus] = bus
	told := telemetry.NewStatusChanges(changes...)
	told.Bus(bus, n.eventsHeard)
	readers = append(readers, told)
	if cfg.Metrics != MetricsOff {
		t.registry = prometheus.NewRegistry()
		metrics.Runtime(t.registry)
		readers = append(readers, metrics.NewExecutions(t.registry))
	}
	if cfg.TraceEndpoint != "" {
		var err error
		if t.tracer, err = trace.New(ctx, cfg.TraceEndpoint, n.version(), n.log); err != nil {
			return err
		}
		readers = append(readers, t.tracer)
	}
	if n.cfg.Console != ConsoleOff {
		n.hub = console.NewHub(n.opts.Now)
		readers = append(readers, n.hub)
	}
	if err := n.openSearch(ctx); err != nil {
		return err
	}
	if n.index != nil {
		readers = append(readers, n.index)
	}
	tap := telemetry.NewTap(n.log, readers...)
	n.missed.Store(tap)
	t.tap = tap
	return nil
}

// outlet returns the way to a place; there is one to each.
func (n *Node) outlet(to string) (*telemetry.Outlet, error) {
	if out := n.tellers.outlets[to]; out != nil {
		return out, nil
	}
	name := to
	var sink telemetry.Sink
	switch {
	case to == Stdout:
		sink = &telemetry.Stream{W: os.Stdout}
	case isURL(to):
		u, err := url.Parse(to)
		if err != nil {
			return nil, err // isURL has seen it
		}
		sink, name = telemetry.NewWebhook(to), u.Scheme+"://"+u.Host // the rest may hold a secret
	default:
		size := n.cfg.Telemetry.LogBytes
		if size == 0 {
			size = DefaultLogBytes
		}
		file, err := telemetry.OpenFile(to, size)
		if err != nil {
			return nil, err
		}
		sink = file
	}
	for _, other := range n.tellers.outlets { // two paths of one host are told apart in metrics
		if other.Name() == name {
			name = fmt.Sprintf("%s (%d)", name, len(n.tellers.outlets)+1)
			break
		}
	}
	out := telemetry.NewOutlet(name, sink, n.log)
	n.tellers.outlets[to] = out
	return out, nil
}

// engineTap returns whom the engine tells.
func (t *tellers) engineTap() engine.Tap { return t.tap }

// registerSources registers how the node is doing.
func (n *Node) registerSources() {
	t := &n.tellers
	if t.registry == nil {
		return
	}
	s := metrics.Sources{Engine: n.engine.Stats, Tap: t.tap, Version: n.version(), Throttled: n.hits.throttles}
	if l := n.cfg.Limits; l != nil {
		s.Rates = l.Rates
	}
	for _, out := range t.outlets {
		s.Outlets = append(s.Outlets, out)
	}
	if store, onDisk := n.store.(*pebblestore.Store); onDisk {
		s.Store = store.Bytes
	}
	if t.tracer != nil {
		s.Spans = t.tracer.Counts
	}
	s.Register(t.registry)
}

// close tells what is queued and ends. The engine must have ended.
func (t *tellers) close(ctx context.Context) error {
	var errs []error
	if t.tap != nil {
		errs = append(errs, t.tap.Close(ctx))
	}
	closed := make(chan error)
	for _, out := range t.outlets { // at once, for each may take its time
		go func() { closed <- out.Close(ctx) }()
	}
	if t.tracer != nil {
		errs = append(errs, t.tracer.Close(ctx))
	}
	for range t.outlets {
		errs = append(errs, <-closed)
	}
	return errors.Join(errs...)
}

// metricsHandler returns what answers /metrics.
func (n *Node) metricsHandler() http.Handler {
	if n.tellers.registry == nil {
		return http.NotFoundHandler()
	}
	h := promhttp.HandlerFor(n.tellers.registry, promhttp.HandlerOpts{
		ErrorLog: metricsLog{n.log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
	})
	if n.cfg.Telemetry.Metrics == MetricsAll {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLoopback(r.RemoteAddr) {
			h.ServeHTTP(w, r)
			return
		}
		http.Error(w, "Metrics are for this machine alone. Where others may read them, start the server with --metrics all.", http.StatusForbidden)
	})
}

// metricsLog is what promhttp tells of failures: of metrics that could not be made, and of each part of an answer that could
// not be written since the scraper has left, which is no matter for the operator.
type metricsLog struct{ *slog.Logger }

// Println logs what promhttp says.
func (l metricsLog) Println(v ...any) {
	level := slog.LevelWarn
	if len(v) > 0 && v[0] == "error encoding and sending metric family:" {
		level = slog.LevelDebug
	}
	l.Log(context.Background(), level, strings.TrimSpace(fmt.Sprintln(v...)))
}

// isLoopback reports whether HOST:PORT is of this machine.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && net.ParseIP(host).IsLoopback()
}
