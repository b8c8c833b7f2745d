package jobs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/process"
)

// Options is how a Runner works. The zero value runs programs of this machine alone.
type Options struct {
	// Commands are what runs in the place of jobs, by a name of theirs: a job definition, a task definition, an image, a Glue
	// job, a script.
	Commands map[string]Command
	// Containers runs images; nil: nothing does.
	Containers Containers
	// Others are the services of this server: logs go there, and scripts come from there. May be nil.
	Others   awswire.Caller
	Endpoint string // the AWS_ENDPOINT_URL of jobs; "": none
	// PassEnv are the variables of the server that jobs get beside those that every program needs.
	PassEnv []string
	// User is as whom jobs run, where the server is root; "": as the server.
	User string
	// AccountKeys: the access key id that jobs get is the number of their account.
	AccountKeys bool

	Concurrency int           // programs at once; 0: 16
	Queue       int           // jobs that wait for a place; 0: 10,000
	Grace       time.Duration // between SIGTERM and the end of a job that is stopped; 0: 30 s
	Log         *slog.Logger  // nil: discard
}

// Command is a program with its first arguments.
type Command struct {
	Argv []string
	Dir  string
	Env  map[string]string
}

// Job is a program that is to run once.
type Job struct {
	Place arn.Place
	// Names are those under which the configuration may have a command, the first that it has counts.
	Names []string
	Image string
	Entry []string // before Argv, where no command is configured; nil: what the image says
	Argv  []string // of the container, or the arguments of a configured command
	// Script is the S3 URI or the path of a script, which is run with python3 where no command is configured. Argv are its
	// arguments then.
	Script string
	Env    []string
	// Timeout is how long it may run; 0: for ever.
	Timeout time.Duration
	// Group and Stream are where its output goes in CloudWatch Logs, a copy of each line; "": nowhere.
	Group, Stream string

	// Before is called before the program starts; when it fails the job does not run. It makes durable that it does.
	Before func(ctx context.Context) error
	// Ended is called once, unless the Runner is closed before.
	Ended func(End)
}

// End is how a job ended.
type End struct {
	Started  bool // false: the program could not be started, see Reason
	Code     int  // exit status; 128 and the signal that killed it
	Stopped  bool // by Stop
	TimedOut bool
	Reason   string
}

// OK reports whether a job has done what it was to do.
func (e *End) OK() bool { return e.Started && e.Code == 0 && !e.Stopped && !e.TimedOut }

// ErrFull is the answer to one more job when the queue is full; ErrClosed to one that comes too late.
var (
	ErrFull   = errors.New("too many jobs wait to be run")
	ErrClosed = errors.New("the server is shutting down")
)

// Runner runs jobs, a number of them at once, the others in their turn.
type Runner struct {
	o         Options
	inherited []string
	user      *process.User
	log       *slog.Logger
	ctx       context.Context // ends when the Runner closes
	cancel    context.CancelFunc
	work      sync.WaitGroup

	mu       sync.Mutex
	launcher *process.Launcher // made for the first job
	waiting  []*Run
	active   int
	closed   bool
}

// Run is a job that was handed to a Runner.
type Run struct {
	job  Job
	r    *Runner
	stop chan struct{} // closed by Stop
	once sync.Once
}

// New makes a Runner. It starts nothing before the first job.
func New(o Options) (*Runner, error) {
	o.Concurrency, o.Queue, o.Grace = cmp.Or(o.Concurrency, 16), cmp.Or(o.Queue, 10_000), cmp.Or(o.Grace, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	user, err := process.LookUp(o.User)
	if err != nil {
		return nil, err
	}
	inherited, err := process.Inherit(os.Environ(), o.PassEnv, user)
	if err != nil {
		return nil, err
	}
	r := &Runner{o: o, inherited: inherited, user: user, log: o.Log}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Start runs a job, at once or in its turn.
func (r *Runner) Start(job Job) (*Run, error) {
	run := &Run{job: job, r: r, stop: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, ErrClosed
	case r.active < r.o.Concurrency:
		r.active++
		r.work.Go(run.work)
	case len(r.waiting) >= r.o.Queue:
		return nil, ErrFull
	default:
		r.waiting = append(r.waiting, run)
	}
	return run, nil
}

// Stop ends a job: it is asked to end, and killed when it has not done so after a while. One that waits does not run.
func (run *Run) Stop() {
	run.once.Do(func() { close(run.stop) })
	r := run.r
	r.mu.Lock()
	i := slices.Index(r.waiting, run)
	if i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
		r.work.Go(func() { run.job.Ended(End{Stopped: true}) })
	}
	r.mu.Unlock()
}

// work runs a job, and after it those that wait.
func (run *Run) work() {
	for run != nil {
		end, ran := run.run()
		if ran {
			run.job.Ended(end)
		}
		run = run.r.next()
	}
}

// next takes the next job in the place of one that has ended; nil gives the place back.
func (r *Runner) next() *Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.waiting) == 0 {
		r.active--
		return nil
	}
	run := r.waiting[0]
	r.waiting[0] = nil
	r.waiting = r.waiting[1:]
	return run
}

// Close kills what runs and returns when nothing of it is left. Nobody is told of the end of those jobs.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	r.waiting = nil
	r.mu.Unlock()
	r.cancel()
	r.work.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.launcher != nil {
		r.launcher.Close()
		r.launcher = nil
	}
}

// launch returns what starts programs.
func (r *Runner) launch() *process.Launcher {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.launcher == nil {
		r.launcher = process.NewLauncher(r.user)
	}
	return r.launcher
}
