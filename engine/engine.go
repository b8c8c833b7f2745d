// Package engine runs executions. It owns the clock, the goroutines and the commit; what an execution does next
// is decided by package interp, and what is kept by a statelark.Store.
//
// # How an event becomes an effect
//
//	API call, result, timer, message
//	  → owner of the execution's shard: Step, then one Change
//	  → committer: everything that is queued in one durable batch
//	  → finisher: answers callers, dispatches tasks, sets timers
//
// An owner is one goroutine and owns a part of the shards: only it touches the memory of their executions. It
// does not wait for the commit of a change before it goes on with the next event, of the same execution even:
// nothing that a change says leaves the node before the finisher has it, and the finisher gets changes in the
// order in which they were made.
//
// # When the store fails
//
// A batch whose outcome is not known makes all that is in memory doubtful. The engine then starts a new
// generation: changes of the old one are refused, their callers get an error, owners forget what they hold and
// read it again from the store, and everything outstanding is scanned as it is at start.
//
// # Queues and who may wait for whom
//
// Owners wait for the committer, the committer for the store, and nothing else: finisher, dispatcher, timers and
// inbox hand their things over without waiting, or on goroutines of their own. So there is no cycle.
//
// Locks: every type guards its own fields with its own mutex and calls nothing while it holds it.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/task"
)

// Options say how an engine runs. The zero value is ready for use.
type Options struct {
	Nesting Nesting      // needed where a target calls StartChild
	Objects s3.Store     // where Map Runs read data sets and write results; nil: nowhere
	Log     *slog.Logger // nil: discard
	Tap     Tap          // nil: nobody listens
	Node    string       // name under which shards are leased, "" : "local"

	// Owners is how many goroutines share the shards; 0: two for each processor.
	Owners int
	// MaxTasks is how many tasks run on targets at once; 0: 4,096. Calls of one resource, a function say, get at most a
	// quarter of them; one call of each resource, and what this server does itself, is not counted.
	MaxTasks int
	// MaxLive is how many executions stay in memory while they wait; 0: 8,192.
	MaxLive int
	// MaxLiveBytes is how much memory those may hold, by their own estimate; 0: 128 MiB.
	MaxLiveBytes int
	// MaxExpress is how many Express executions run at once; 0: 32,768. MaxExpressBytes is how much memory they may hold, by
	// their own estimate; 0: 128 MiB. Who starts one more is told to come again.
	MaxExpress      int
	MaxExpressBytes int
	// KeepExpress is how many Express executions that ended last are kept in memory for people to look at, with their
	// history; 0: none. KeepExpressBytes is how much memory those may hold; 0: 16 MiB.
	KeepExpress      int
	KeepExpressBytes int
	// Patience is how long an owner waits for a step before the step goes on beside it; 0: 10 ms, negative: not at all.
	Patience time.Duration
	// Limits are what executions and nouns are held to; nil: AWS's.
	Limits *limits.Limits
	// Hit is called, at times from an owner, when something failed of a limit: by the limit's name as a setting, and by
	// the ARN of what it was. It must not wait. nil: nobody is told.
	Hit func(limit, arn string)
	// LongPoll is how long ActivityTask waits; 0: as the limits say.
	LongPoll time.Duration
	// Retention is how long closed executions are kept; 0: as the limits say; negative: for ever.
	Retention time.Duration
	// Delay is how long Wait states wait, and attempts for the one after them, that are to take so many ms; nil: as long.
	Delay func(ms int64) int64
	// Now is the clock of the wall; nil: time.Now. It may be set back: the events of an execution never are.
	Now func() time.Time
}

// Queue bounds.
const (
	mailboxSize = 1024 // messages to one owner
	commitQueue = 2048 // changes to the committer
)

// Engine runs the executions of a store. Its methods may be called from any goroutine between Open and Close.
type Engine struct {
	opts   Options
	store  statelark.Store
	log    *slog.Logger
	tokens tokens
	since  atomic.Pointer[time.Time] // since when callers were heard, without a break

	shards     *shards
	generation atomic.Uint64 // see "When the store fails"

	machines *machines
	census   *census
	openings *openings
	// activityRecords are what activities are; activities holds their tasks.
	activityRecords *shelf[statelark.Activity]

	owners     []*owner
	committer  *committer
	tallies    *tallies
	rows       workRows
	dispatcher *dispatcher
	activities *activities
	open       *openTasks
	recovery   *recovery
	deletions  *deletions
	mapRuns    *mapRuns
	jobs       *jobs

	express expressRoom
	seen    *expressSeen

	seats    chan struct{} // for steps that are set aside
	tests    chan struct{} // for tests of states
	patience atomic.Int64  // of Options, in ns; tests change it

	closing chan struct{} // closed when Close begins
	closed  chan struct{} // closed when everything has ended
	once    sync.Once     // of closing
	stop    context.CancelFunc
	running sync.WaitGroup // every goroutine of the engine
}

// New makes an engine on a store. It does nothing until Start; meanwhile the registry of
// its targets can be filled with what needs the engine.
func New(store statelark.Store, targets *task.Registry, o Options) *Engine {
	o.setDefaults()
	e := &Engine{
		opts: o, store: store, log: o.Log,
		machines: newMachines(store, o.Limits), census: newCensus(store), openings: newOpenings(o.Limits.OpenExecutions), activityRecords: newShelf(store, activityKind), activities: newActivities(o.Limits.ActivityPollers), open: newOpenTasks(),
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	e.generation.Store(1)
	e.shards = &shards{store: store, node: o.Node, log: e.log}
	e.committer = newCommitter(store, e.shards, &e.generation, e.failed, e.caughtUp)
	e.tallies = e.committer.tallies
	e.rows = workRows{store, e.tokens.token}
	e.dispatcher = newDispatcher(targets, e.rows, e.deliver, e.log, o.MaxTasks)
	e.recovery, e.deletions, e.mapRuns = newRecovery(e), newDeletions(e), newMapRuns(e)
	e.jobs = newJobs(e)
	e.express.max, e.express.maxBytes = int64(o.MaxExpress), int64(o.MaxExpressBytes)
	e.seen = newExpressSeen(o.KeepExpress, o.KeepExpressBytes)
	e.seats = newSeats()
	e.tests = make(chan struct{}, maxTests)
	e.patience.Store(int64(o.Patience))
	for i := range o.Owners {
		e.owners = append(e.owners, newOwner(e, i))
	}
	return e
}

// Start takes up everything that was under way. It returns when the engine can be called; what was outstanding is
// taken up meanwhile. An engine whose Start failed is of no more use.
func (e *Engine) Start(ctx context.Context) error {
	e.listening()
	e.openings.since = e.now()
	switch n, err := e.shards.take(ctx); {
	case err != nil:
		return err
	case n < statelark.Shards:
		e.log.Info("other processes hold shards; they are taken when they become free", "shards", statelark.Shards-n)
	}
	secret, err := loadSecret(ctx, e.store)
	if err != nil {
		return fmt.Errorf("reading the secret of the task tokens: %w", err)
	}
	e.tokens.use(secret)
	e.run()
	return nil
}

// listening notes that callers are heard now.
func (e *Engine) listening() {
	now := e.opts.Now()
	e.since.Store(&now)
}

// now is the time to the millisecond, which is as fine as records keep it.
func (e *Engine) now() time.Time { return e.opts.Now().Truncate(time.Millisecond).UTC() }

// Open is New and Start.
func Open(ctx context.Context, store statelark.Store, targets *task.Registry, o Options) (*Engine, error) {
	e := New(store, targets, o)
	if err := e.Start(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Node == "" {
		o.Node = "local"
	}
	if o.Owners == 0 {
		o.Owners = 2 * runtime.GOMAXPROCS(0)
	}
	if o.MaxTasks == 0 {
		o.MaxTasks = 4096
	}
	if o.MaxLive == 0 {
		o.MaxLive = 8192
	}
	if o.MaxLiveBytes == 0 {
		o.MaxLiveBytes = 128 << 20
	}
	if o.MaxExpress == 0 {
		o.MaxExpress = 32_768
	}
	if o.MaxExpressBytes == 0 {
		o.MaxExpressBytes = 128 << 20
	}
	if o.KeepExpressBytes == 0 {
		o.KeepExpressBytes = 16 << 20
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Millisecond
	}
	o.Limits = limits.Or(o.Limits)
	if o.LongPoll == 0 {
		o.LongPoll = o.Limits.PollTime
	}
	if o.Retention == 0 {
		o.Retention = o.Limits.Retention
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// run starts the goroutines.
func (e *Engine) run() {
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	e.committer.start()
	for _, o := range e.owners {
		e.running.Go(o.run)
		e.running.Go(func() { o.timers.run(ctx) })
		e.running.Go(func() { o.inbox.run(ctx) })
	}
	e.running.Go(func() { e.mapRuns.run(ctx) })
	e.running.Go(func() { e.jobs.run(ctx) })
	e.running.Go(func() { e.recovery.run(ctx) })
	e.running.Go(func() { e.deletions.run(ctx) })
	e.running.Go(func() { e.shards.keep(ctx, e.lost, e.won) })
	if e.opts.Retention > 0 {
		e.running.Go(func() { e.expire(ctx) })
	}
}

// Close stops the engine: no more calls are taken, what was decided is committed, tasks that still run are
// given up (and begin again at the next start). It returns when every goroutine has ended. The store stays open.
// A second Close waits for the first.
func (e *Engine) Close(ctx context.Context) error {
	e.once.Do(func() {
		close(e.closing)
		e.stop()
		e.dispatcher.close()
		e.activities.close()
		go e.wind()
	})
	select {
	case <-e.closed:
	case <-ctx.Done():
		return fmt.Errorf("closing the engine: %w", ctx.Err())
	}
	return e.shards.release(ctx)
}

// isClosing reports whether Close was called.
func (e *Engine) isClosing() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

// wind waits until everything has ended. Tasks go first: one that calls this very engine needs its owners.
func (e *Engine) wind() {
	e.dispatcher.wait()
	for _, o := range e.owners {
		o.close()
	}
	e.running.Wait()
	e.committer.close()
	close(e.closed)
}

// errClosing answers calls that come too late.
var errClosing = &statelark.Error{Code: statelark.CodeServiceUnavailable, Message: "The server is shutting down."}

// unavailable is what a caller is told when the store does not take what it asked for.
func unavailable(cause error) error {
	return fmt.Errorf("the request was not stored, try again: %w", cause)
}

// ownerOf returns the owner of an execution.
func (e *Engine) ownerOf(id statelark.ExecID) *owner { return e.ownerOfShard(id.Shard()) }

func (e *Engine) ownerOfShard(s statelark.ShardID) *owner { return e.owners[int(s)%len(e.owners)] }

// caughtUp lets executions in the middle of their way go on.
func (e *Engine) caughtUp() {
	for _, o := range e.owners {
		o.nudge()
	}
	e.mapRuns.nudge()
}

// lost forgets what memory has of shards that another node took.
func (e *Engine) lost(n int) {
	e.log.Error("shards were taken by another node; their executions go on there", "lost", n)
	e.renew()
}

// won takes up what is outstanding in shards that came to this node.
func (e *Engine) won(n int) {
	e.log.Info("took shards", "shards", n)
	e.recovery.request()
}

// deliver sends a message to the owner of its execution.
func (e *Engine) deliver(ctx context.Context, m message) bool {
	return e.ownerOf(m.exec).send(ctx, m)
}

// failed starts a new generation after a batch whose outcome is not known, or that was fenced.
func (e *Engine) failed(cause error) {
	e.log.Error("the store did not take a batch; executions are read again from it", "error", cause)
	e.renew()
}

// renew starts a new generation: what is in memory is read again from the store.
func (e *Engine) renew() {
	e.generation.Add(1)
	e.recovery.request()
}
