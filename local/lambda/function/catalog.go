package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/process"
)

// Options say how a Catalog works. The zero value is one in memory, without a log.
type Options struct {
	// Settling is how long a function that was made or changed is shown as on its way, as on AWS: 0 is not at all.
	Settling    time.Duration
	EndpointURL string // the AWS_ENDPOINT_URL of functions; "": none
	// Dir is where uploaded functions are kept; "": nowhere, they go with the catalogue.
	Dir string
	// Log gets what functions print and what no caller is told; nil: nobody does.
	Log *slog.Logger
	// Output gets the lines of the logs of functions. It must not wait. nil: nobody does.
	Output func(Line)

	// PassEnv are the variables of the server that functions get, beside those that every program needs: names, or
	// patterns such as "AWS_*".
	PassEnv []string
	// User is as whom functions run, where the server is root; "": as the server.
	User string

	// AccountKeys: the access key id that functions get is the number of their account, which the server at EndpointURL
	// takes it for.
	AccountKeys bool

	Concurrency int           // invocations of one version at a time; default as the constants say
	Queue       int           // invocations of one version that wait; default 10,000
	IdleTimeout time.Duration // after which an idle sandbox is closed; default 5 minutes
	InitTimeout time.Duration // in which a runtime has to load its handler; default 30 seconds
	// EventRetries is how long after each failure an event invocation is tried again; default 1 and 2 minutes,
	// as Lambda does.
	EventRetries []time.Duration

	// Interpreters gives the program of a runtime ("python3.12"), where the one on the PATH will not do.
	Interpreters map[string]string
}

// How many invocations of one version run at once when nobody says. A process is dear, a connection is not; 1,000 is what
// Lambda gives an account.
const (
	DefaultConcurrency    = 16
	DefaultURLConcurrency = 1000
)

func (o *Options) setDefaults() {
	o.Queue = cmp.Or(o.Queue, 10_000)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 5*time.Minute)
	o.InitTimeout = cmp.Or(o.InitTimeout, 30*time.Second)
	if o.EventRetries == nil {
		o.EventRetries = []time.Duration{time.Minute, 2 * time.Minute}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Catalog holds the functions that there are: those declared by the configuration, which do not change, and
// those uploaded through Lambda's API. Its methods may be called at the same time. What they return of a
// function is not to be changed.
//
// Locks, in the order in which they are taken: writing, mu, a deployment's or a pool's. Whoever changes something
// holds writing from the first look to the end, and mu only while the change is made; so an upload of a large
// archive holds up no invocation.
type Catalog struct {
	home    arn.Place
	opts    Options
	env     *environment
	store   *store
	scratch string // removed by Close

	base   context.Context // ends with the catalogue
	cancel context.CancelFunc
	work   sync.WaitGroup // invocations, and deployments that are not gone yet
	parked atomic.Int64   // event invocations that wait for what is reserved

	writing sync.Mutex   // guards the store
	mu      sync.RWMutex // with writing, guards changes of what follows; either of them is enough to read it

	functions map[key]*entry
	hidden    []*entry // uploaded, and hidden by a declared function of the same name
	closed    bool
}

// key names a function. One that is declared is in every place, which is the zero Place here: it stands for the function
// of that name wherever a definition has it.
type key struct {
	place arn.Place
	name  string
}

// entry is a function with all its versions. It does not change once the catalogue holds it.
type entry struct {
	declared bool
	place    arn.Place // of one that is not declared
	latest   *deployment
	versions []*deployment // in the order they were published
	aliases  map[string]*Alias
	tags     map[string]string
	notes    map[string]string // JSON, by kind and qualifier
	revision string            // of the function, where it is a later one than that of latest
	next     int               // the next version's number
	reserved *int64            // invocations at a time; nil: as many as its versions may have
	busy     *atomic.Int64     // invocations, which all states of the function count together
}

// Alias is a name for a version of a function.
type Alias struct {
	Name        string
	Version     string
	Description string
	RevisionID  string
	// Weights are the parts of the invocations that go to other versions, from 0 to 1.
	Weights map[string]float64 `json:",omitempty"`
}

// draw returns the version that an invocation goes to.
func (a *Alias) draw(chance float64) string {
	for _, version := range slices.Sorted(maps.Keys(a.Weights)) {
		if chance -= a.Weights[version]; chance < 0 {
			return version
		}
	}
	return a.Version
}

// NewCatalog makes the catalogue of all regions and accounts, which are apart from each other, and loads the functions that
// were uploaded to its directory. Home is where a Ref is that does not say.
func NewCatalog(home arn.Place, o Options) (*Catalog, error) {
	o.setDefaults()
	scratch, err := scratchDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("making a directory for functions: %w", err)
	}
	c := &Catalog{home: home, opts: o, scratch: scratch, functions: make(map[key]*entry)}
	c.base, c.cancel = context.WithCancel(context.Background())
	if err := c.open(); err != nil {
		c.cancel()
		return nil, errors.Join(err, os.RemoveAll(scratch))
	}
	return c, nil
}

// scratchDir makes a directory for what goes with the catalogue. Where the catalogue has a directory it is in
// there, and what a killed server left in it goes first.
func scratchDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "statelark-functions-")
	}
	scratch, err := filepath.Abs(filepath.Join(dir, "scratch"))
	if err != nil {
		return "", err
	}
	if err := os.RemoveAll(scratch); err != nil {
		return "", err
	}
	return scratch, os.MkdirAll(scratch, 0o700)
}

func (c *Catalog) open() error {
	process.KillLeftovers(c.opts.Log)
	as, err := process.LookUp(c.opts.User)
	if err != nil {
		return fmt.Errorf("running functions as %s: %w", c.opts.User, err)
	}
	inherited, err := process.Inherit(os.Environ(), c.opts.PassEnv, as)
	if err != nil {
		return err
	}
	runtimes, err := newRuntimes(c.scratch, c.opts.Interpreters)
	if err != nil {
		return err
	}
	c.store, err = openStore(cmp.Or(c.opts.Dir, filepath.Join(c.scratch, "data")), c.opts.Dir != "")
	if err != nil {
		return err
	}
	records, err := c.store.load(c.home)
	if err != nil {
		return err
	}
	c.env = &environment{
		accountKeys: c.opts.AccountKeys,
		endpointURL: c.opts.EndpointURL,
		idleTimeout: c.opts.IdleTimeout,
		initTimeout: c.opts.InitTimeout,
		inherited:   inherited,
		launcher:    process.NewLauncher(as),
		runtimes:    runtimes,
		log:         c.opts.Log,
		output:      c.opts.Output,
	}
	for _, r := range records {
		c.functions[key{r.place, r.Latest.Name}] = c.newEntry(r)
	}
	if as != nil {
		return c.letIn()
	}
	return nil
}

// letIn lets the user as whom functions run reach the code of functions and the bootstraps, and no more.
func (c *Catalog) letIn() error {
	for _, dir := range []string{c.store.dir, filepath.Join(c.store.dir, "code"), c.scratch} {
		if err := os.Chmod(dir, 0o711); err != nil {
			return fmt.Errorf("letting %s in: %w", c.opts.User, err)
		}
	}
	return nil
}

func (c *Catalog) newEntry(r *record) *entry {
	e := &entry{place: r.place, latest: c.deploy(r.Latest), aliases: r.Aliases, tags: r.Tags, notes: r.Notes, revision: r.Revision, next: r.NextVersion,
		reserved: r.Reserved, busy: new(atomic.Int64)}
	for _, f := range r.Versions {
		e.versions = append(e.versions, c.deploy(f))
	}
	return e
}

func (c *Catalog) deploy(f *Function) *deployment {
	c.work.Add(1)
	return deploy(f, c.env, &c.opts)
}

// retire takes deployments out of use, and their code with the last that uses it.
func (c *Catalog) retire(ds ...*deployment) {
	for _, d := range ds {
		go d.retire(func() {
			c.writing.Lock()
			defer c.writing.Unlock()
			c.dropUnused(d.Code.SHA256)
			c.work.Done()
		})
	}
}

// dropUnused removes uploaded code that no function has. The caller holds writing.
func (c *Catalog) dropUnused(sha string) {
	if sha == "" || c.closed {
		return
	}
	for _, e := range slices.AppendSeq(slices.Clone(c.hidden), maps.Values(c.functions)) {
		for _, d := range e.deployments() {
			if d.Code.SHA256 == sha || slices.ContainsFunc(d.Layers, func(l Layer) bool { return l.SHA256 == sha }) {
				return
			}
		}
	}
	if err := c.store.dropCode(sha); err != nil {
		c.opts.Log.Warn("removing the code of a function", "error", err)
	}
}

func (e *entry) deployments() []*deployment {
	return append([]*deployment{e.latest}, e.versions...)
}

func (e *entry) record() *record {
	r := &record{place: e.place, Latest: e.latest.Function, Aliases: e.aliases, Tags: e.tags, Notes: e.notes, Revision: e.revision, NextVersion: e.next,
		Reserved: e.reserved}
	for _, d := range e.versions {
		r.Versions = append(r.Versions, d.Function)
	}
	return r
}

// Close ends all invocations and processes and returns when nothing of them is left, or when ctx ends.
func (c *Catalog) Close(ctx context.Context) error {
	all, first := c.shut()
	if !first {
		return nil
	}
	c.cancel()
	c.retire(all...)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		c.work.Wait()
		c.env.launcher.Close()
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		return fmt.Errorf("shutting the functions down: %w", ctx.Err())
	}
	if err := os.RemoveAll(c.scratch); err != nil {
		return fmt.Errorf("shutting the functions down: %w", err)
	}
	return nil
}

// shut refuses what comes later, and returns what there is; first says that it has not been done before.
func (c *Catalog) shut() (all []*deployment, first bool) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	first, c.closed = !c.closed, true
	for _, e := range c.functions {
		all = append(all, e.deployments()...)
	}
	return all, first
}

// Declare adds a function of the configuration, in every place. It goes before uploaded ones of the same name, for as
// long as the configuration has it.
func (c *Catalog) Declare(f Function) error {
	d := f.clone()
	d.Version, d.RevisionID, d.LastModified = Latest, uuid.NewString(), time.Now()
	if d.Code.Dir != "" {
		dir, err := realDir(d.Code.Dir)
		if err != nil {
			return fmt.Errorf("function %s: %w", d.Name, err)
		}
		d.Code.Dir = dir
	}
	if err := d.prepare(); err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.functions[key{name: d.Name}] != nil:
		return fmt.Errorf("function %s: it is declared twice", d.Name)
	}
	for k, old := range c.functions {
		if k.name == d.Name {
			c.opts.Log.Warn("a declared function hides an uploaded one", "function", k.place.FunctionARN(k.name, ""))
			c.hidden = append(c.hidden, old)
			c.retire(old.deployments()...)
			delete(c.functions, k)
		}
	}
	c.functions[key{name: d.Name}] = &entry{declared: true, latest: c.deploy(d), busy: new(atomic.Int64)}
	return nil
}

// realDir returns the absolute path of a directory without symbolic links: interpreters show code under it.
func realDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is not a directory", dir)
	}
	return abs, nil
}

// Home is the place of a Ref that does not say.
func (c *Catalog) Home() arn.Place { return c.home }

// at is the place of what a caller named.
func (c *Catalog) at(r Ref) arn.Place {
	return arn.Place{Region: cmp.Or(r.Place.Region, c.home.Region), Account: cmp.Or(r.Place.Account, c.home.Account)}
}

// ARN is the name in full of what a caller named.
func (c *Catalog) ARN(r Ref) string { return c.at(r).FunctionARN(r.Name, r.Qualifier) }

// existing returns the function that answers to a name in a place, nil when there is none. The caller holds mu or writing.
func (c *Catalog) existing(at arn.Place, name string) *entry {
	if e := c.functions[key{name: name}]; e != nil {
		return e
	}
	return c.functions[key{at, name}]
}

// find returns what r names. The caller holds mu or writing.
func (c *Catalog) find(r Ref) (*entry, *deployment, error) {
	e := c.existing(c.at(r), r.Name)
	if e == nil {
		return nil, nil, errNotFound(c.ARN(r))
	}
	version := r.Qualifier
	if a := e.aliases[version]; a != nil {
		version = a.Version
	}
	if version == "" || version == Latest {
		return e, e.latest, nil
	}
	for _, d := range e.versions {
		if d.Version == version {
			return e, d, nil
		}
	}
	return nil, nil, errNotFound(c.ARN(r))
}

// Get returns the version of a function that r names.
func (c *Catalog) Get(r Ref) (*Function, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, d, err := c.find(r)
	if err != nil {
		return nil, err
	}
	return e.shown(d), nil
}

// shown is a version with its revision.
func (e *entry) shown(d *deployment) *Function {
	if d != e.latest || e.revision == "" {
		return d.Function
	}
	f := d.clone()
	f.RevisionID = e.revision
	return f
}

// List returns the latest versions of all functions in a place, by name.
func (c *Catalog) List(at arn.Place) []*Function {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var fs []*Function
	for k, e := range c.functions {
		if e.declared || k.place == at {
			fs = append(fs, e.latest.Function)
		}
	}
	slices.SortFunc(fs, func(a, b *Function) int { return cmp.Compare(a.Name, b.Name) })
	return fs
}

// Versions returns all versions of a function, the latest first and then as they were published.
func (c *Catalog) Versions(r Ref) ([]*Function, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, _, err := c.find(Ref{Place: r.Place, Name: r.Name})
	if err != nil {
		return nil, err
	}
	return e.record().functions(), nil
}

// start finds a deployment, keeps it, and takes a place in its queue. end lets the deployment go.
func (c *Catalog) start(r Ref) (d *deployment, place pass, end func(), err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return nil, pass{}, nil, ErrClosed
	}
	e, d, err := c.choose(r)
	if err != nil {
		return nil, pass{}, nil, err
	}
	if !e.enter() {
		return nil, pass{}, nil, errReserved
	}
	place, err = d.gate.reserve()
	if err != nil {
		e.leave()
		return nil, pass{}, nil, err
	}
	if !d.acquire() { // retired only after it left the map
		e.leave()
		return nil, pass{}, nil, ErrClosed
	}
	c.work.Add(1)
	return d, place, func() { d.release(); e.leave(); c.work.Done() }, nil
}

// choose returns the version that an invocation goes to. The caller holds mu.
func (c *Catalog) choose(r Ref) (*entry, *deployment, error) {
	if e := c.existing(c.at(r), r.Name); e != nil && e.aliases[r.Qualifier] != nil {
		r.Qualifier = e.aliases[r.Qualifier].draw(rand.Float64())
	}
	e, d, err := c.find(r)
	if err != nil {
		r.Qualifier = cmp.Or(r.Qualifier, Latest) // as Lambda words it of an invocation
		return nil, nil, errNotFound(c.ARN(r))
	}
	return e, d, nil
}

// CheckInvoke reports whether a function could be invoked.
func (c *Catalog) CheckInvoke(r Ref) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	e, d, err := c.choose(r)
	switch {
	case err != nil:
		return err
	case e.full():
		return errReserved
	}
	place, err := d.gate.reserve()
	if err == nil {
		place.giveUp()
	}
	return err
}

// Invoke runs a function and waits for its result. RequestID is made when inv has none. An error that is an
// *Error says that the function did not run.
func (c *Catalog) Invoke(ctx context.Context, r Ref, inv Invocation) (*Result, error) {
	c.complete(&inv, r)
	d, place, end, err := c.start(r)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := checkPayload(&inv, MaxPayload, "RequestResponse"); err != nil {
		place.giveUp()
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.base, cancel)()
	return d.run(ctx, place, &inv)
}

// InvokeEvent takes an invocation whose result nobody waits for. One that fails is run again, as EventRetries says; it
// does not outlive the process.
func (c *Catalog) InvokeEvent(r Ref, inv Invocation) error {
	c.complete(&inv, r)
	d, place, end, err := c.start(r)
	if errors.Is(err, errReserved) {
		return c.invokeLater(r, inv)
	}
	if err != nil {
		return err
	}
	if err := checkPayload(&inv, MaxEventPayload, "Event"); err != nil {
		place.giveUp()
		end()
		return err
	}
	c.work.Add(1) // beside that of start, which ends with the first run
	go func() {
		defer c.work.Done()
		c.runEvents(r, inv, d, place, end)
	}()
	return nil
}

// invokeLater takes an event invocation that is more than is reserved.
func (c *Catalog) invokeLater(r Ref, inv Invocation) error {
	if err := checkPayload(&inv, MaxEventPayload, "Event"); err != nil {
		return err
	}
	leave, err := c.park()
	if err != nil {
		return err
	}
	go func() {
		defer leave()
		d, place, end, err := c.startLater(r)
		if err != nil {
			c.opts.Log.Warn("an event invocation failed for good", "function", inv.arn, "request", inv.RequestID, "error", err)
			return
		}
		c.runEvents(r, inv, d, place, end)
	}()
	return nil
}

// runEvents runs an event invocation until it succeeds or has failed too often.
func (c *Catalog) runEvents(r Ref, inv Invocation, d *deployment, place pass, end func()) {
	err := c.runEvent(d, place, inv)
	end()
	for _, delay := range c.opts.EventRetries {
		if err == nil {
			return
		}
		c.opts.Log.Warn("an event invocation failed; it is run again", "function", inv.arn, "request", inv.RequestID, "after", delay, "error", err)
		select {
		case <-c.base.Done():
			return
		case <-time.After(delay):
		}
		err = c.runEventAgain(r, inv)
	}
	if err != nil {
		c.opts.Log.Warn("an event invocation failed for good", "function", inv.arn, "request", inv.RequestID, "error", err)
	}
}

// runEvent runs an event invocation once; a failure of the function is an error.
func (c *Catalog) runEvent(d *deployment, place pass, inv Invocation) error {
	res, err := d.run(c.base, place, &inv)
	if err == nil && res.FunctionError != "" {
		err = errors.New(string(res.Payload))
	}
	return err
}

// runEventAgain is runEvent on the function as it is now.
func (c *Catalog) runEventAgain(r Ref, inv Invocation) error {
	d, place, end, err := c.startLater(r)
	if err != nil {
		return err
	}
	defer end()
	return c.runEvent(d, place, inv)
}

func (c *Catalog) complete(inv *Invocation, r Ref) {
	inv.RequestID = cmp.Or(inv.RequestID, uuid.NewString())
	inv.place, inv.arn = c.at(r), c.ARN(r)
	if len(inv.Payload) == 0 {
		inv.Payload = []byte("{}")
	}
}
